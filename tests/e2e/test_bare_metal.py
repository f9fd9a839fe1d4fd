"""A node's whole life: NetBox, a real Ironic, its notifications over RabbitMQ, real switches.

Nobody types a transition here: Ironic's events drive them, and packets prove them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import Answer, wait_until
from tests.e2e.packets import PacketSite, mac, packet_site
from tests.fabric import require_fabric
from tests.ironics import Ironic, RabbitMq, running


@dataclass
class BareMetalSite:
    packets: PacketSite
    ironic: Ironic
    broker: RabbitMq

    def osism(self, *words: str) -> Answer:
        return self.packets.osism(*words)

    def fields(self, name: str) -> dict[str, Any]:
        """The custom fields of a device in NetBox that have a value."""
        custom = self.packets.netbox("dcim/devices", name=name)[0]["custom_fields"]
        return {key: value for key, value in custom.items() if value not in (None, "")}

    def comes_to(self, name: str, **wanted: Any) -> None:
        """Wait until NetBox shows these fields, and no transition."""

        def there() -> bool:
            found = self.fields(name)
            return "device_transition" not in found and all(
                found.get(key) == value for key, value in wanted.items()
            )

        try:
            wait_until(there, 60)
        except AssertionError:
            raise AssertionError(f"{name}: {self.fields(name)}, wanted {wanted}") from None

    def fails(self, what: str, name: str, *words: str) -> None:
        """Something that fails in Ironic: whoever asked is told, and so is who looks at NetBox."""
        self.ironic.fail(name, **{what: f"no {what} today"})
        answer = self.osism("baremetal", *words, name)
        assert (answer.code, f"no {what} today" in answer.out) == (1, True), answer
        wait_until(lambda: _condition(self, name).startswith(f"{what}: "), 30)
        assert f"no {what} today" in _condition(self, name)

    def succeeds(self, what: str, name: str, *words: str) -> None:
        """The same, mended: nothing is wrong any more."""
        self.ironic.mend(name)
        answer = self.osism("baremetal", *words, name)
        assert answer.code == 0, answer
        wait_until(lambda: not _condition(self, name), 30)

    def states(self, name: str) -> list[str]:
        """The states that transitions have brought a device into, the oldest first."""
        rows = self.packets.rows(name)
        return [row["To"] for row in reversed(rows) if row["Status"] == "succeeded"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareMetalSite]:
    require_fabric()
    directory = tmp_path_factory.mktemp("metal")
    with ExitStack() as stack:
        broker = RabbitMq(directory / "rabbit")
        stack.enter_context(running(broker))
        ironic = Ironic(directory / "ironic", broker.url, delay=0.3)
        stack.enter_context(running(ironic))
        packets = stack.enter_context(
            packet_site(
                directory,
                ironic_url=ironic.url,
                notifications_url=broker.url,
                schedule_node_states=5.0,
            )
        )
        packets.lab.start("listener", "service", "listener")
        packets.host("deployer").address("eth0", "10.100.0.1/24")
        packets.host("storage").address("eth0", "10.200.0.1/24")
        yield BareMetalSite(packets, ironic, broker)


def test_a_node_s_life_from_netbox_to_production_and_out_again(site: BareMetalSite) -> None:
    node = site.packets.host("node-1")
    node.address("eth0", "10.100.0.11/24")

    # Registered, managed, inspected (a), then Ironic cleans it (b) and has it available (c).
    answer = site.osism("netbox", "sync", "ironic", "node-1")
    assert answer.code == 0, answer
    site.comes_to(
        "node-1",
        device_state="c",
        provision_state="available",
        ironic_state="registered",
        introspection_state="introspected",
    )
    assert site.states("node-1") == ["a", "b", "c"]
    assert {port.address for port in _ports(site, "node-1")} == {
        mac("node-1", nic).lower() for nic in ("eth0", "eth1")
    }
    assert not site.packets.reaches("deployer", "10.100.0.11"), "provisioning still reaches it"
    node.bond("bond0", ["eth0", "eth1"])
    node.address("bond0", "10.200.0.11/24")
    site.packets.comes_to_reach("storage", "10.200.0.11")

    answer = site.osism("baremetal", "deploy", "node-1", "--image", "http://images/ubuntu")
    assert answer.code == 0, answer
    site.comes_to("node-1", device_state="c", provision_state="active", deployment_state="deployed")
    assert site.packets.reaches("storage", "10.200.0.11")

    # Ironic cleans what it undeploys: back to b, and to c when it is clean.
    answer = site.osism("baremetal", "undeploy", "node-1", "--yes")
    assert answer.code == 0, answer
    site.comes_to("node-1", device_state="c", provision_state="available")
    assert site.states("node-1") == ["a", "b", "c", "b", "c"]

    answer = site.osism("baremetal", "delete", "node-1", "--yes")
    assert answer.code == 0, answer
    wait_until(lambda: site.fields("node-1").get("device_state") == "a", 60)
    left = site.fields("node-1")
    for field in ("ironic_state", "provision_state", "power_state", "introspection_state"):
        assert field not in left, left
    assert not site.packets.reaches("storage", "10.200.0.11"), "production still reaches it"
    site.packets.switches_agree()


def test_a_failed_inspection_is_a_condition_and_recovers(site: BareMetalSite) -> None:
    site.ironic.create("node-2", driver_info={"lab_fail": {"inspect": "no such firmware"}})
    site.ironic.provision("node-2", "manage", "manageable")
    site.ironic.provision("node-2", "inspect", "inspect failed")
    site.comes_to("node-2", provision_state="inspect failed", introspection_state="failed")
    condition = wait_until(lambda: _condition(site, "node-2"), 30)
    assert "inspect" in condition and "no such firmware" in condition
    site.ironic.mend("node-2")
    site.ironic.provision("node-2", "inspect", "manageable")
    site.comes_to("node-2", device_state="c", introspection_state="introspected")
    wait_until(lambda: not _condition(site, "node-2"), 30)


def test_what_fails_is_a_condition_until_it_succeeds(site: BareMetalSite) -> None:
    name, image = "node-2", ("--image", "http://images/ubuntu")
    site.comes_to(name, device_state="c", provision_state="available")

    site.fails("clean", name, "clean", "--yes")
    site.comes_to(name, device_state="b", provision_state="clean failed", maintenance=True)
    assert site.osism("baremetal", "maintenance", "unset", name).code == 0
    site.succeeds("clean", name, "clean", "--yes")
    site.comes_to(name, provision_state="manageable", maintenance=False)
    site.succeeds("clean", name, "provide")
    site.comes_to(name, device_state="c", provision_state="available")

    site.fails("deploy", name, "deploy", *image)
    site.comes_to(
        name, device_state="c", provision_state="deploy failed", deployment_state="failed"
    )
    site.succeeds("deploy", name, "deploy", *image)
    site.comes_to(name, provision_state="active", deployment_state="deployed")

    site.fails("power", name, "power", "on")
    site.comes_to(name, power_state=site.ironic.node(name).power_state)
    site.succeeds("power", name, "power", "on")
    site.comes_to(name, power_state="power on")

    site.fails("undeploy", name, "undeploy", "--yes")
    site.comes_to(name, device_state="c", provision_state="error")
    assert "deployment_state" not in site.fields(name)
    site.succeeds("undeploy", name, "undeploy", "--yes")
    site.comes_to(name, device_state="c", provision_state="available")

    # Whoever has it inspected is told that it was, although events provide it at once.
    site.succeeds("inspect", name, "inspect")
    site.comes_to(name, device_state="c", provision_state="available")
    site.packets.switches_agree()


def test_events_that_were_lost_are_made_up_for(site: BareMetalSite) -> None:
    site.comes_to("node-2", device_state="c", provision_state="available")
    site.broker.stop()
    try:
        site.ironic.provision("node-2", "manage", "manageable")  # said to nobody
    finally:
        site.broker.start()
    site.comes_to("node-2", provision_state="manageable")  # the comparison has found it
    site.ironic.provision("node-2", "provide", "available")
    site.comes_to("node-2", device_state="c", provision_state="available")


def _condition(site: BareMetalSite, name: str) -> str:
    rows = site.osism("netbox", "states", name, "-f", "json").json
    return str(rows[0]["Condition"] or "")


def _ports(site: BareMetalSite, name: str) -> list[Any]:
    with site.ironic.client() as cloud:
        id = cloud.baremetal.get_node(name).id
        return list(cloud.baremetal.ports(details=True, node=id))
