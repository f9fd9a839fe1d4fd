"""What the driver openvswitch deploys forwards what it says, and nothing else: real packets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from osism.domain.drift import compare
from osism.domain.errors import OutsideFailed
from osism.domain.intents import LagIntent, PortIntent, SwitchIntent
from tests.contract.test_openvswitch import LONG, PORTS, Rig, clear, rig_of
from tests.fabric import Fabric, Host, Switch, require_fabric, until


@pytest.fixture(scope="module")
def fabric(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fabric]:
    require_fabric()
    with Fabric(tmp_path_factory.mktemp("openvswitch")) as fabric:
        yield fabric


@pytest.fixture(scope="module")
def leaf(fabric: Fabric) -> Switch:
    return fabric.switch("leaf-1", PORTS, tls=True)


@pytest.fixture(scope="module")
def node(fabric: Fabric, leaf: Switch) -> Callable[[int], Host]:
    """The host at the port of a number, with the address 10.0.0.<number>."""
    made: dict[int, Host] = {}

    def node(number: int) -> Host:
        if number not in made:
            made[number] = fabric.host(f"node-{number}", {"eth0": (leaf, f"swp{number}")})
            made[number].address("eth0", f"10.0.0.{number}/24")
        return made[number]

    return node


@pytest.fixture
def rig(leaf: Switch) -> Rig:
    clear(leaf)
    return rig_of(leaf, "tls")


def document(*ports: str) -> str:
    return "\n".join(["ports:", *(f"  {port}" for port in ports), ""])


def test_ports_carry_their_vlans(
    rig: Rig, node: Callable[[int], Host], fabric: Fabric, leaf: Switch
) -> None:
    one, two = node(1), node(2)
    trunk = fabric.host("trunk", {"eth0": (leaf, "swp5")})
    two.address("eth0", "10.0.20.2/24", vlan=20)
    trunk.address("eth0", "10.0.0.5/24", vlan=10)
    trunk.address("eth0", "10.0.20.5/24", vlan=20)
    trunk.address("eth0", "10.0.99.5/24")
    one.address("eth0", "10.0.99.1/24")
    rig.run(
        document(
            "swp1: {vlan_mode: access, tag: 10}",
            "swp2: {vlan_mode: native-untagged, tag: 10, trunks: 20}",
            "swp5: {vlan_mode: trunk, trunks: '10,20'}",
        )
    )
    assert until(lambda: one.ping("10.0.0.2", timeout=1))
    assert one.ping("10.0.0.5", timeout=1)  # untagged here, tagged there
    assert two.ping("10.0.20.5", timeout=1)  # tagged on both
    assert not trunk.ping("10.0.99.1", timeout=0.3)  # untagged on a trunk
    rig.run(document("swp1: {vlan_mode: access, tag: 20}", "swp2: {vlan_mode: access, tag: 10}"))
    assert not one.ping("10.0.0.2", timeout=0.3)


def test_ports_without_vlans_and_disabled_ones_carry_nothing(
    rig: Rig, node: Callable[[int], Host]
) -> None:
    quiet = [node(3), node(4), node(6), node(7)]
    rig.run(
        document(
            "swp1: {vlan_mode: access, tag: 10}",
            "swp2: {vlan_mode: access, tag: 10}",
            "swp3: {}",
            "swp4: {enabled: false, vlan_mode: access, tag: 10}",
            "swp6: {}",
            "swp7: {enabled: false, vlan_mode: trunk, trunks: 1-4094}",
        )
    )
    assert until(lambda: node(1).ping("10.0.0.2", timeout=1))
    before = [host.counters("eth0")["rx_packets"] for host in quiet]
    assert not node(1).ping("10.0.0.9", timeout=0.3)  # asks all for an address
    for host in quiet:
        for number in (1, 3, 4, 6, 7):
            if host is not node(number):
                assert not host.ping(f"10.0.0.{number}", timeout=0.2)
    assert [host.counters("eth0")["rx_packets"] for host in quiet] == before
    rig.run(document(*(f"swp{n}: {{vlan_mode: access, tag: 10}}" for n in (3, 4))))
    assert until(lambda: node(3).ping("10.0.0.4", timeout=1))


def test_ports_that_do_not_change_lose_no_packet(rig: Rig, node: Callable[[int], Host]) -> None:
    kept = ["swp1: {vlan_mode: access, tag: 10}", "swp2: {vlan_mode: access, tag: 10}"]
    rig.run(document(*kept))
    one = node(1)
    assert node(2).address("eth0", "10.0.0.2/24") == "eth0"
    assert until(lambda: one.ping("10.0.0.2", timeout=1))
    pinging = one.start("ping", "-n", "-q", "-i", "0.005", "-c", "400", "10.0.0.2")
    deployments = 0
    while pinging.poll() is None:
        others = [
            "swp3: {vlan_mode: access, tag: 10, mtu: 1400}",
            "swp4: {}",
            f"swp7: {{enabled: false, description: '{deployments}'}}",
            "bonds:",
        ]
        bond = "  bond1: {vlan_mode: trunk, trunks: 1-4094, members: {swp5: {}, swp6: {}}}\n"
        text = document(*kept, *others).replace("  bonds:", "bonds:") + bond
        with rig.session() as session:
            session.stage(text if deployments % 2 else document(*kept))
            session.commit(LONG)
            session.revert() if deployments % 3 == 2 else session.confirm()
        deployments += 1
    said = pinging.communicate()[0]
    sent, received = map(int, re.findall(r"(\d+) (?:packets transmitted|received)", said))
    assert deployments > 3
    assert received == sent == 400, said


BONDED = """
ports: {{}}
bonds:
  Port-Channel1:
    enabled: {enabled}
    vlan_mode: trunk
    trunks: 10
    members: {{swp1: {{}}, swp2: {{enabled: {both}}}}}
"""


def test_members_of_a_bond_come_and_go(tmp_path_factory: pytest.TempPathFactory) -> None:
    require_fabric()
    with Fabric(tmp_path_factory.mktemp("bonds")) as fabric:
        leaf = fabric.switch("leaf-1", PORTS, tls=True)
        pair = fabric.host("pair", {"eth0": (leaf, "swp1"), "eth1": (leaf, "swp2")})
        other = fabric.host("other", {"eth0": (leaf, "swp3")})
        pair.bond("bond0", ["eth0", "eth1"])
        pair.address("bond0", "10.0.10.1/24", vlan=10)
        other.address("eth0", "10.0.10.2/24")
        rig = rig_of(leaf, "tls")
        ports = "ports: {swp3: {vlan_mode: access, tag: 10}}"

        def deploy(enabled: str, both: str) -> None:
            rig.run(BONDED.format(enabled=enabled, both=both).replace("ports: {}", ports))

        deploy("true", "true")
        until(lambda: pair.negotiated("bond0"))
        assert until(lambda: other.ping("10.0.10.1", timeout=1))
        with rig.session() as session:
            found = session.observe()
        links = {each.name: each for each in found.links}
        assert [links[each].lacp for each in ("swp1", "swp2", "swp3")] == [True, True, None]
        assert links["Port-Channel1"].up
        assert found.lags[0].members == ("swp1", "swp2")

        deploy("true", "false")  # one leg is parked, the other one carries on
        assert until(lambda: other.ping("10.0.10.1", timeout=1))
        with rig.session() as session:
            found = session.observe()
        assert found.lags[0].members == ("swp1", "swp2")
        assert [each.enabled for each in found.ports] == [True, False, True]

        deploy("false", "true")
        until(lambda: not pair.negotiated("bond0"))
        assert not other.ping("10.0.10.1", timeout=0.3)
        wanted = SwitchIntent(
            "leaf-1",
            (
                PortIntent("swp1", lag="Port-Channel1"),
                PortIntent("swp2", lag="Port-Channel1"),
                PortIntent("swp3", mode="access", untagged=10),
            ),
            (
                LagIntent(
                    "Port-Channel1", False, mode="tagged", tagged=(10,), number=1,
                    members=("swp1", "swp2"),
                ),
            ),
        )  # fmt: skip
        with rig.session() as session:
            assert compare(wanted, session.observe(), rig.capabilities.observes).clean


def test_a_configuration_that_cuts_management_is_taken_back_by_the_switch(
    fabric: Fabric,
) -> None:
    """The management address is on the bridge, and the way there leads through one of its ports."""
    leaf = fabric.switch("leaf-2", PORTS, inband=True)
    rig = rig_of(leaf, "ssh").with_options(timeout=1.0, connect_timeout=2.0)
    text = document("swp1: {vlan_mode: access, tag: 10}")
    keeping = rig.with_options(keep=[leaf.uplink])
    keeping.run(text)
    with keeping.session() as session:
        assert session.stage(text) == ""
    with rig.session() as session:
        assert f'-  "{leaf.uplink}":' in session.stage(text).splitlines()
        with pytest.raises(OutsideFailed, match="leaf-2"):
            session.commit(2.5)
    assert leaf.uplink not in leaf.vsctl("list-ports", "br0")
    hasty = rig.with_options(connect_timeout=0.2)
    with pytest.raises(OutsideFailed, match="leaf-2"), hasty.session():
        pass
    until(lambda: leaf.uplink in leaf.vsctl("list-ports", "br0"))
    assert reachable(rig)
    with keeping.session() as session, pytest.raises(OutsideFailed, match="taken back"):
        session.confirm()


def reachable(rig: Rig) -> bool:
    def reached() -> bool:
        try:
            with rig.session():
                return True
        except OutsideFailed:
            return False

    return until(reached)
