"""The lab's configuration repository: it loads, and its definitions lead where they should."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from osism.adapters.repository import FileRepository
from osism.domain.changes import Changes, after
from osism.domain.definitions import DeviceDefinition
from osism.domain.drift import FIELDS, compare
from osism.domain.intents import intent
from osism.domain.inventory import Address, Device, Interface, Port, Snapshot
from osism.domain.plans import Plan, changes
from osism.domain.resources.files import Resource, read
from osism.lab.syntaxes import SYNTAXES

LAB = Path(__file__).parents[2] / "contrib" / "lab"
NODES = [f"node-{number}" for number in range(1, 9)]
FABRIC = ["leaf-1", "leaf-2", "spine-1"]


@pytest.fixture(scope="module")
def repository() -> FileRepository:
    return FileRepository(LAB)


@pytest.fixture(scope="module")
def empty(repository: FileRepository) -> Snapshot:
    """NetBox after the import, before any transition."""
    return _snapshot(read(repository.documents()))


def _snapshot(resources: Sequence[Resource]) -> Snapshot:
    of = {kind: [each.values for each in resources if each.kind.name == kind] for kind in (
        "device", "interface_template", "interface", "ip_address", "vlan", "device_type",
    )}  # fmt: skip
    makers = {each["slug"]: each["manufacturer"] for each in of["device_type"]}
    numbers = iter(range(1, 10_000))
    said = {(each["device"], each["name"]): each for each in of["interface"]}
    interfaces = {}
    for device in of["device"]:
        for part in of["interface_template"]:
            if part["device_type"] == device["device_type"]:
                port = Port(device["name"], part["name"])
                values = {**part, **said.get(port, {})}
                only = values.get("mgmt_only", False)
                interfaces[port] = Interface(next(numbers), port, values["type"], mgmt_only=only)
    addresses = tuple(
        Address(next(numbers), each["address"], Port(each["device"], each["interface"]))
        for each in of["ip_address"]
    )
    ids = {each.address: each.id for each in addresses}
    assert {each.port for each in addresses} <= set(interfaces)
    devices = {
        each["name"]: Device(
            next(numbers),
            each["name"],
            kind=each.get("custom_fields", {}).get("device_type", ""),
            role=each["role"],
            site=each["site"],
            rack=each["rack"],
            position=each["position"],
            manufacturer_name=makers[each["device_type"]],
            tags=frozenset(each["tags"]),
            primary={4: ids[each["primary_ip4"]]} if "primary_ip4" in each else {},
        )
        for each in of["device"]
    }
    vlans = {each["vid"]: (next(numbers), each["name"]) for each in of["vlan"]}
    return Snapshot(devices, interfaces, {}, addresses, vlans)


def _plans(repository: FileRepository, names: Sequence[str], state: str) -> list[Plan]:
    plans = []
    for name in names:
        known = repository.definitions(name).of(name)
        plans.append(Plan(name, known[state], tuple(known.values())))
    return plans


def _go(
    repository: FileRepository, snapshot: Snapshot, names: Sequence[str], state: str
) -> tuple[Changes, Snapshot]:
    """What changes on the way to *state*, and what is then; there, nothing is left to do."""
    plans = _plans(repository, names, state)
    todo = changes(snapshot, plans)
    there = after(snapshot, todo)
    assert not changes(there, plans)
    return todo, there


def _counts(todo: Changes) -> dict[str, int]:
    every = {name: getattr(todo, name) for name in todo.__dataclass_fields__ if name != "snapshot"}
    return {name: len(each) for name, each in every.items() if each}


def test_every_definition_loads(repository: FileRepository) -> None:
    assert repository.collections() == {"fabric": FABRIC, "rack-1": NODES}
    for devices in repository.collections().values():
        for device in devices:
            definitions = repository.definitions(device)
            assert definitions.devices == (device,)
            assert set(definitions.states) == ({"a"} if device in FABRIC else {"a", "b", "c"})


def test_every_definition_names_ports_that_exist(
    repository: FileRepository, empty: Snapshot
) -> None:
    for devices in repository.collections().values():
        for device in devices:
            for definition in repository.definitions(device).of(device).values():
                _check_ports(definition, empty)


def _check_ports(definition: DeviceDefinition, snapshot: Snapshot) -> None:
    assert definition.vids <= set(snapshot.vlans)
    assert definition.far_devices <= {
        name for name, device in snapshot.devices.items() if device.managed_switch
    }
    changes(snapshot, [Plan(definition.device, definition, (definition,))])


def test_switches_are_managed_and_reached(empty: Snapshot) -> None:
    switches = [each for each in empty.devices.values() if each.managed_switch]
    assert [each.name for each in switches] == FABRIC
    assert all(4 in each.primary for each in switches)


def test_the_fabric_is_built(repository: FileRepository, empty: Snapshot) -> None:
    todo, there = _go(repository, empty, FABRIC, "a")
    assert _counts(todo) == {
        "create_interfaces": 7,  # per leaf: peer LAG, its VLAN, uplink; the spine's LAG
        "create_addresses": 2,
        "create_cables": 4,  # two between the leaves, one up from each
        "update_interfaces": 15,
    }
    leaf = intent(there, "leaf-1")
    assert leaf.mlag and leaf.mlag.peer_address == "10.255.0.2"
    assert [(each.name, each.members, each.tagged) for each in leaf.lags] == [
        ("Port-Channel1", ("Ethernet48", "Ethernet52"), (4094,)),
        ("Port-Channel2", ("Ethernet47",), (100, 200, 300, 400)),
    ]


def test_nodes_from_new_to_a(repository: FileRepository, empty: Snapshot) -> None:
    todo, there = _go(repository, empty, NODES, "a")
    assert _counts(todo) == {
        "create_macs": 8,
        "create_cables": 8,
        "update_interfaces": 24,  # both ends, and the second port, which c uses, is switched off
    }
    assert {each.untagged for each in _ports(there, "leaf-1")} == {100}
    label = there.interfaces[Port("node-3", "eno1")].label
    assert label == "3:1 / 40:3"


def test_nodes_from_a_to_b(repository: FileRepository, empty: Snapshot) -> None:
    _, a = _go(repository, empty, NODES, "a")
    todo, there = _go(repository, a, NODES, "b")
    assert _counts(todo) == {"create_addresses": 8, "update_interfaces": 16}
    assert {each.tagged for each in _ports(there, "leaf-1")} == {frozenset({200})}


def test_nodes_from_b_to_c(repository: FileRepository, empty: Snapshot) -> None:
    _, b = _go(repository, empty, NODES, "b")
    todo, there = _go(repository, b, NODES, "c")
    assert _counts(todo) == {
        "delete_addresses": 8,
        "create_interfaces": 40,  # per node a bond and two VLANs, and a LAG on each leaf
        "create_macs": 8,
        "create_cables": 8,
        "create_addresses": 24,
        "update_interfaces": 72,
        "primaries": 8,
    }
    for leaf in ("leaf-1", "leaf-2"):
        lags = intent(there, leaf).lags
        assert [each.name for each in lags] == [f"Port-Channel{10 + n}" for n in range(1, 9)]
        assert {(each.untagged, each.tagged) for each in lags} == {(300, (200, 400))}


def test_nodes_back_from_c_to_a(repository: FileRepository, empty: Snapshot) -> None:
    _, a = _go(repository, empty, NODES, "a")
    _, c = _go(repository, a, NODES, "c")
    _, back = _go(repository, c, NODES, "a")
    assert set(back.interfaces) == set(a.interfaces)
    assert intent(back, "leaf-1") == intent(a, "leaf-1")


def _ports(snapshot: Snapshot, device: str) -> list[Interface]:
    return [each for each in snapshot.by_device[device] if each.mode]


def test_the_labs_switches_accept_every_configuration(
    repository: FileRepository, empty: Snapshot
) -> None:
    _, there = _go(repository, empty, FABRIC, "a")
    for state in ("a", "b", "c"):
        _, there = _go(repository, there, NODES, state)
        for name in FABRIC:
            maker = there.devices[name].manufacturer_name.lower()
            wanted = intent(there, name)
            assert not [each.name for each in wanted.ports if each.name in ("eth0", "ether1")]
            text = repository.render(f"{maker}.cfg.j2", wanted, there.devices[name])
            runs = SYNTAXES[maker].parse(text, [each.name for each in wanted.ports], name)
            assert compare(wanted, runs, FIELDS).clean
