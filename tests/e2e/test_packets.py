"""Transitions on switches that forward packets: what reaches whom proves them.

Real Open vSwitch switches over SSH with a key from a vaulted file, real workers; NetBox is the
lab's.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from time import monotonic

import pytest

from tests.e2e.conftest import everything, wait_until
from tests.e2e.packets import LEAVES, PacketSite, packet_site
from tests.fabric import require_fabric

REVERT_IN = 10.0


@pytest.fixture(scope="module")
def packets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacketSite]:
    require_fabric()
    with packet_site(tmp_path_factory.mktemp("packets"), revert_in=REVERT_IN) as site:
        for host, own in (("deployer", "10.100.0.1/24"), ("storage", "10.200.0.1/24")):
            site.host(host).address("eth0", own)
        for number in (1, 2):
            site.host(f"quiet-{number}").address("eth0", f"10.50.0.{number}/24")
        site.host("storage").address("eth0", "10.30.0.1/24", vlan=300)
        yield site


def test_packets_prove_a_node_s_way_from_provisioning_to_production(packets: PacketSite) -> None:
    node = packets.host("node-1")
    packets.at("node-1", "a")
    node.address("eth0", "10.100.0.11/24")
    packets.comes_to_reach("deployer", "10.100.0.11")
    assert not packets.reaches("storage", "10.200.0.11")

    answer = packets.connect("node-1", "c")
    assert answer.code == 0, answer
    assert not packets.reaches("deployer", "10.100.0.11"), "the old VLAN still reaches it"
    node.bond("bond0", ["eth0", "eth1"])
    node.address("bond0", "10.200.0.11/24")
    node.address("bond0", "10.30.0.11/24", vlan=300)
    node.address("bond0", "10.100.0.12/24", vlan=100)
    packets.comes_to_reach("storage", "10.200.0.11")
    packets.comes_to_reach("storage", "10.30.0.11")
    assert node.negotiated("bond0"), "LACP"
    assert not packets.reaches("deployer", "10.100.0.12"), "VLAN 100 is still on its port"

    packets.fabric.cable(node, "eth0", up=False)
    packets.comes_to_reach("storage", "10.200.0.11")
    packets.fabric.cable(node, "eth0", up=True)

    packets.switches_agree()
    assert packets.connect("node-1", "a", "--enforce").code == 0
    assert not packets.reaches("storage", "10.200.0.11"), "production still reaches it"


def test_a_trunk_carries_what_netbox_says_and_nothing_else(packets: PacketSite) -> None:
    packets.at("node-2", "a")
    packets.host("node-2").address("eth0", "10.100.0.22/24")
    packets.comes_to_reach("deployer", "10.100.0.22")  # over the trunk, in VLAN 100
    packets.host("stowaway-1").address("eth0", "10.60.0.1/24", vlan=600)
    packets.host("stowaway-2").address("eth0", "10.60.0.2/24", vlan=600)
    assert not packets.reaches("stowaway-1", "10.60.0.2")
    for name in LEAVES:
        trunk = packets.leaf(name).vsctl("get", "port", "Port-Channel1", "trunks")
        assert trunk.strip() == "[100, 200, 300]"


def test_ports_that_a_deployment_does_not_concern_lose_no_packet(packets: PacketSite) -> None:
    packets.at("node-1", "a")
    packets.comes_to_reach("quiet-1", "10.50.0.2")
    ping = packets.host("quiet-1").start("ping", "-nq", "-i", "0.01", "-c", "1000", "10.50.0.2")
    deployed = 0
    while ping.poll() is None:
        assert packets.connect("node-1", "ca"[deployed % 2]).code == 0
        deployed += ping.poll() is None
    counted = ping.communicate()[0]
    assert deployed >= 2, "the counting was over before anything was deployed"
    assert "1000 packets transmitted, 1000 received" in counted


def test_a_port_changed_by_hand_is_drift_and_is_mended(packets: PacketSite) -> None:
    packets.comes_to_reach("quiet-1", "10.50.0.2")
    packets.leaf("leaf-1").vsctl("set", "port", "Ethernet20", "tag=501")
    answer = packets.osism("netbox", "drift", "-f", "json")
    assert answer.code == 1
    (row,) = (each for each in answer.json if each["Result"] == "drifted")
    assert (row["Switch"], row["Item"], row["Field"]) == ("leaf-1", "port Ethernet20", "untagged")
    assert (row["Wanted"], row["Found"]) == (500, 501)
    unchecked = {each["Field"] for each in answer.json if each["Result"] == "not checked"}
    assert unchecked == {"vlan.name"}
    assert not packets.reaches("quiet-1", "10.50.0.2")
    answer = packets.osism("netbox", "drift", "--fix", "-f", "json")
    assert answer.code == 0, answer
    assert {each["Result"] for each in answer.json if each["Switch"] == "leaf-1"} >= {"fixed"}
    packets.comes_to_reach("quiet-1", "10.50.0.2")


def test_a_switch_that_loses_its_power_in_a_batch(packets: PacketSite) -> None:
    packets.at("rack-1", "a")
    leaf_2 = packets.leaf("leaf-2")
    before = _ports(packets, "leaf-1")
    # It takes what it is told and does nothing: there is time until the manager gives it up.
    assert leaf_2.run("pkill", "-STOP", "ovs-vswitchd").returncode == 0
    waiting = packets.start("netbox", "connect", "rack-1", "--state", "c")
    wait_until(lambda: _ports(packets, "leaf-1") != before)
    leaf_2.power_off()
    answer = packets.finish(waiting)
    assert answer.code == 1, answer
    assert "leaf-2" in answer.out.splitlines()[-1]
    assert _ports(packets, "leaf-1") == before, "leaf-1 keeps what the batch did not come to"
    for node in ("node-1", "node-2"):
        # Not rolled back: nobody knows what leaf-2 will run when it is back.
        assert packets.rows(node)[0]["Status"] == "failed"
        assert packets.fields(node)[1] == "from_a-to_c-phase_3"
    leaf_2.power_on()
    answer = packets.connect("rack-1", "c")
    assert answer.code == 0, answer
    assert "phase 1" not in answer.out, "it begins where it stood"
    for node in ("node-1", "node-2"):
        assert packets.fields(node) == ("c", "")
    packets.switches_agree()


def test_a_switch_that_is_away_leaves_the_others_alone(packets: PacketSite) -> None:
    packets.at("rack-1", "a")
    before, commits = _ports(packets, "leaf-1"), _commit(packets, "leaf-1")
    packets.leaf("leaf-2").power_off()
    answer = packets.connect("rack-1", "c")
    assert answer.code == 1, answer
    assert "leaf-2" in answer.out.splitlines()[-1]
    assert (_ports(packets, "leaf-1"), packets.rows("node-1")[0]["Status"]) == (before, "failed")
    assert _commit(packets, "leaf-1") == commits, "something was committed"
    packets.leaf("leaf-2").power_on()
    assert packets.connect("rack-1", "c").code == 0
    packets.switches_agree()


def test_a_configuration_that_cuts_the_management_is_taken_back_by_the_switch(
    packets: PacketSite,
) -> None:
    edge = packets.leaf("edge-1")
    before = _ports(packets, "edge-1")
    answer = packets.connect("aggregation", "b")  # its uplink becomes a port of another VLAN
    ended = monotonic()
    assert answer.code == 1, answer
    assert "edge-1" in answer.out.splitlines()[-1]
    assert _ports(packets, "edge-1") != before, "it was never cut"
    wait_until(lambda: _ports(packets, "edge-1") == before, REVERT_IN + 2)
    assert monotonic() - ended < REVERT_IN + 2
    wait_until(lambda: edge.ssh("true").returncode == 0, 5)
    assert packets.osism("netbox", "connect", "aggregation", "--abort").code == 0
    assert packets.fields("aggregation") == ("a", "")
    packets.switches_agree()


def test_no_secret_is_seen_anywhere(packets: PacketSite) -> None:
    packets.at("node-1", "b")
    key = packets.fabric.key.read_text()
    pieces = [line for line in key.splitlines() if not line.startswith("-----")]
    lab = packets.lab
    told: dict[str, bytes] = {
        "journal": (lab.directory / "osism.db").read_bytes(),
        "NetBox": (lab.directory / "netbox.sqlite3").read_bytes(),
        "Redis": everything(lab.redis).encode(),
        "state": subprocess.run(
            ["git", "-C", str(lab.directory / "state"), "log", "-p", "--all"],
            check=True, capture_output=True,
        ).stdout,
    }  # fmt: skip
    told |= {log.name: log.read_bytes() for log in lab.directory.glob("*.log")}
    assert len(told["state"]) > 1000
    assert b"asyncssh" not in told["worker.log"], "each command is in the log, with all its words"
    for where, content in told.items():
        for piece in pieces:
            assert piece.encode() not in content, f"the private key is in {where}"


def _commit(site: PacketSite, name: str) -> str:
    """How often Open vSwitch has been given a configuration to apply."""
    return site.leaf(name).vsctl("get", "open_vswitch", ".", "cur_cfg").strip()


def _ports(site: PacketSite, name: str) -> dict[str, str]:
    """What the switch has of each port: VLANs, mode, LACP."""
    columns = "name,tag,trunks,vlan_mode,lacp"
    text = site.leaf(name).vsctl(
        "--format=csv", "--no-headings", f"--columns={columns}", "list", "port"
    )
    return {line.split(",", 1)[0]: line for line in text.splitlines()}
