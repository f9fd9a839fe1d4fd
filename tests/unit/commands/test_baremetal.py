"""``osism baremetal list|show|ping``: what is shown, what is not, and the exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from osism import wiring
from osism.adapters import pings
from osism.commands import baremetal
from osism.domain.errors import Invalid, NotFound
from osism.domain.inventory import IRONIC, Device
from osism.domain.nodes import Echo
from tests.fakes.baremetal import MemoryIronic


@pytest.fixture
def ironic(monkeypatch: pytest.MonkeyPatch) -> MemoryIronic:
    ironic = MemoryIronic()
    ironic.add("node-2", "active", power_state="power on", instance="i-1")
    ironic.add("node-1", "clean failed", maintenance=True, last_error="x" * 100)
    monkeypatch.setattr(wiring, "baremetal", lambda *_, **__: ironic)
    return ironic


def run(kind: Any, *words: str) -> tuple[Sequence[str], list[Any], int]:
    command = kind(None, None)
    parsed = command.get_parser("osism baremetal x").parse_args(list(words))
    titles, rows = command.take_action(parsed)
    return titles, list(rows), getattr(command, "code", 0)


def test_nodes_are_listed_by_name(ironic: MemoryIronic) -> None:
    _, rows, _ = run(baremetal.List)
    assert rows == [
        ("node-1", "clean failed", None, True, None, "x" * 59 + "…"),
        ("node-2", "active", "power on", False, "i-1", ""),
    ]
    _, rows, _ = run(baremetal.List, "-f", "json", "--maintenance")
    assert [row[-1] for row in rows] == ["x" * 100]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--no-maintenance"], ["node-2"]),
        (["--provision-state", "active", "--provision-state", "error"], ["node-2"]),
        (["--power-state", "power off"], []),
        (["--resource-class", "big"], []),
        (["node-2", "node-1"], ["node-1", "node-2"]),
    ],
)
def test_filters(ironic: MemoryIronic, words: list[str], names: list[str]) -> None:
    assert [row[0] for row in run(baremetal.List, *words)[1]] == names


def test_unknown_names(ironic: MemoryIronic) -> None:
    with pytest.raises(NotFound, match="no node 'node-3'; did you mean"):
        run(baremetal.List, "node-3", "node-1")


def test_everything_of_a_node_is_shown_but_secrets(ironic: MemoryIronic) -> None:
    ironic.change(
        "node-1",
        driver_info={"address": "10.0.0.1", "redfish_password": "geheim"},
        extra={
            "instance_info": '{"configdrive": "geheim"}',
            "frr_parameters": '{"bgp_password": "geheim", "asn": 65000}',
            "site": "a",
        },
    )
    titles, values, _ = run(baremetal.Show, "node-1", "-f", "json")
    found = dict(zip(titles, values, strict=True))
    assert "geheim" not in repr(found)
    assert found["driver_info"] == {"address": "10.0.0.1", "redfish_password": "********"}
    assert found["extra"]["frr_parameters"] == {"bgp_password": "********", "asn": 65000}
    assert found["extra"]["site"] == "a"
    assert (found["provision_state"], found["maintenance"]) == ("clean failed", True)


# --- ping


class Devices:
    def __init__(self) -> None:
        tags = frozenset({IRONIC})
        self.known = [
            Device(1, "leaf-1", management="10.0.0.1"),
            Device(2, "node-1", management="10.0.0.2", tags=tags),
            Device(3, "node-2", tags=tags),
        ]

    def devices(self, names: Any = None) -> list[Device]:
        return [each for each in self.known if names is None or each.name in names]


@pytest.fixture
def echoes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Echo]:
    echoes = {"10.0.0.1": Echo(3, 3, 0.2), "10.0.0.2": Echo(3, 0)}
    devices = Devices()
    monkeypatch.setattr(wiring, "inventory", lambda: devices)

    def ping(addresses: Any) -> Mapping[str, Echo]:
        return {each: echoes[each] for each in addresses}

    monkeypatch.setattr(wiring, "ping", ping)
    return echoes


def test_an_answer_and_no_answer(echoes: dict[str, Echo]) -> None:
    assert run(baremetal.Ping, "leaf-1")[1:] == ([("leaf-1", "10.0.0.1", "ok", "3/3", 0.2)], 0)
    assert run(baremetal.Ping, "--all")[1:] == (
        [
            ("node-1", "10.0.0.2", "no answer", "0/3", None),
            ("node-2", None, "no primary address in NetBox", "", None),
        ],
        1,
    )
    echoes["10.0.0.2"] = Echo(3, 1, 5.0)
    assert run(baremetal.Ping, "node-1")[1:] == (
        [("node-1", "10.0.0.2", "lossy", "1/3", 5.0)],
        0,
    )


def test_devices_that_netbox_does_not_know(echoes: dict[str, Echo]) -> None:
    with pytest.raises(NotFound, match="does not know the device 'node-9'; did you mean 'node-"):
        run(baremetal.Ping, "node-9")
    for words in ([], ["node-1", "--all"]):
        with pytest.raises(Invalid):
            run(baremetal.Ping, *words)


def test_the_systems_ping() -> None:
    found = pings.ping(["127.0.0.1", "240.0.0.1"])
    assert found["127.0.0.1"].received == 3
    assert found["127.0.0.1"].average is not None
    assert found["240.0.0.1"] == Echo(3, 0)
    assert pings.ping([]) == {}
    with pytest.raises(Invalid, match="no IP address"):
        pings.ping(["-f"])
