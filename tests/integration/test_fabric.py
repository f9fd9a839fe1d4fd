"""The fabric of real switches does what tests rely on, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.fabric import Credentials, Fabric, Host, Switch, require_fabric, until
from tests.integration.conftest import Python

PORTS = ["Ethernet0", "Ethernet4", "Ethernet8", "swp1", "sfp-sfpplus1", "Ethernet48"]


@pytest.fixture
def fabric(tmp_path: Path) -> Iterator[Fabric]:
    require_fabric()
    with Fabric(tmp_path / "fabric") as fabric:
        yield fabric


def hosts(fabric: Fabric, switch: Switch, *ports: str, first: int = 1) -> list[Host]:
    """A host at each of the ports, with addresses 10.0.0.<first> and up."""
    found = []
    for number, port in enumerate(ports, first):
        host = fabric.host(f"node-{number}", {"eth0": (switch, port)})
        host.address("eth0", f"10.0.0.{number}/24")
        found.append(host)
    return found


def test_hosts_of_one_vlan_reach_each_other_and_no_others(fabric: Fabric) -> None:
    leaf = fabric.switch("leaf-1", PORTS)
    one, _two, _three = hosts(fabric, leaf, "Ethernet0", "swp1", "sfp-sfpplus1")
    assert leaf.vsctl("list-ports", "br0") == ""
    assert not one.ping("10.0.0.2", timeout=0.5)
    for port, vlan in (("Ethernet0", 10), ("swp1", 10), ("sfp-sfpplus1", 20)):
        leaf.vsctl("add-port", "br0", port, f"tag={vlan}")
    before = one.counters("eth0")["rx_packets"]
    assert one.ping("10.0.0.2", count=3)
    assert one.counters("eth0")["rx_packets"] >= before + 3
    assert not one.ping("10.0.0.3", timeout=0.5)
    leaf.vsctl("set", "port", "sfp-sfpplus1", "tag=10")
    assert one.ping("10.0.0.3")


def test_tcp_passes_whole_between_hosts(fabric: Fabric) -> None:
    leaf = fabric.switch("leaf-1", PORTS)
    one, two = hosts(fabric, leaf, "Ethernet0", "Ethernet4")
    leaf.vsctl("add-port", "br0", "Ethernet0", "--", "add-port", "br0", "Ethernet4")
    assert one.ping("10.0.0.2")
    receive = """
import socket
with socket.create_server(("10.0.0.2", 5000)) as server:
    connection, _ = server.accept()
    print(sum(map(len, iter(lambda: connection.recv(1 << 20), b""))))
"""
    send = """
import socket, time
for _ in range(500):
    try:
        connection = socket.create_connection(("10.0.0.2", 5000), timeout=10)
        break
    except ConnectionRefusedError:
        time.sleep(0.01)
connection.sendall(bytes(10_000_000))
"""
    started = two.start("python3", "-c", receive)
    assert one.run("python3", "-c", send, timeout=30).returncode == 0
    assert started.communicate(timeout=30)[0] == "10000000\n"


def bond(fabric: Fabric) -> tuple[Switch, Host, Host]:
    """node-1 with a bond of two legs at leaf-1, node-2 with one; VLAN 10 on both."""
    leaf = fabric.switch("leaf-1", PORTS)
    one = fabric.host("node-1", {"eth0": (leaf, "Ethernet0"), "eth1": (leaf, "Ethernet4")})
    two = fabric.host("node-2", {"eth0": (leaf, "swp1")})
    one.bond("bond0", ["eth0", "eth1"])
    assert one.address("bond0", "10.0.0.1/24", vlan=10) == "bond0.10"
    assert two.address("eth0", "10.0.0.2/24", vlan=10) == "eth0.10"
    leaf.vsctl(
        *("add-bond", "br0", "bond-1", "Ethernet0", "Ethernet4", "bond_mode=balance-tcp"),
        *("lacp=active", "other_config:lacp-time=fast", "trunks=10"),
        *("--", "add-port", "br0", "swp1", "trunks=10"),
    )
    return leaf, one, two


def test_a_bond_is_negotiated_and_one_leg_carries_on(fabric: Fabric) -> None:
    leaf, one, two = bond(fabric)
    until(lambda: leaf.negotiated("bond-1") and one.negotiated("bond0"))
    assert until(lambda: one.ping("10.0.0.2", timeout=1))

    def both() -> bool:
        return leaf.appctl("bond/show", "bond-1").count(": enabled") == 2

    until(both)
    for leg, interface in (("Ethernet0", "eth0"), ("Ethernet4", "eth1")):
        fabric.cable(leaf, leg, up=False)
        assert not leaf.carrier(leg)
        assert not one.carrier(interface)
        assert until(lambda: one.ping("10.0.0.2", timeout=1))
        assert two.ping("10.0.0.1", count=3)
        assert leaf.negotiated("bond-1")
        fabric.cable(leaf, leg, up=True)
        until(both)


def test_a_switch_that_does_not_speak_lacp_gets_no_bond(fabric: Fabric) -> None:
    leaf, one, _ = bond(fabric)
    until(lambda: one.negotiated("bond0"))
    leaf.vsctl("set", "port", "bond-1", "lacp=off")
    until(lambda: not one.negotiated("bond0"))
    assert not one.ping("10.0.0.2", timeout=0.5)


def test_a_host_comes_back_as_it_was(fabric: Fabric) -> None:
    leaf, one, _ = bond(fabric)
    assert until(lambda: one.ping("10.0.0.2", timeout=1))
    one.power_off()
    assert not one.alive
    assert not leaf.carrier("Ethernet0")
    one.power_on()
    assert one.alive
    assert until(lambda: one.ping("10.0.0.2", timeout=1))


def test_a_trunk_carries_the_vlans_that_are_listed(fabric: Fabric) -> None:
    leaves = [fabric.switch(name, PORTS) for name in ("leaf-1", "leaf-2")]
    fabric.link(leaves[0], "Ethernet48", leaves[1], "Ethernet48")
    nodes = []
    for number, leaf in enumerate(leaves, 1):
        node = fabric.host(f"node-{number}", {"eth0": (leaf, "Ethernet0")})
        for vlan in (10, 20, 30):
            node.address("eth0", f"10.0.{vlan}.{number}/24", vlan=vlan)
        nodes.append(node)
        leaf.vsctl("add-port", "br0", "Ethernet48", "trunks=10,20")
        leaf.vsctl("add-port", "br0", "Ethernet0", "trunks=10,20,30")
    one = nodes[0]
    assert [one.ping(f"10.0.{vlan}.2", timeout=1) for vlan in (10, 20, 30)] == [True, True, False]
    leaves[1].vsctl("set", "port", "Ethernet48", "trunks=10")
    assert [one.ping(f"10.0.{vlan}.2", timeout=1) for vlan in (10, 20)] == [True, False]
    fabric.cable(leaves[0], "Ethernet48", up=False)
    assert not one.ping("10.0.10.2", timeout=0.5)
    fabric.cable(leaves[0], "Ethernet48", up=True)
    assert until(lambda: one.ping("10.0.10.2", timeout=1))


def test_switches_are_cabled_in_service(fabric: Fabric) -> None:
    one, two = fabric.switch("leaf-1", PORTS), fabric.switch("leaf-2", PORTS)
    node, _ = *hosts(fabric, one, "Ethernet0"), *hosts(fabric, two, "Ethernet0", first=2)
    one.vsctl("add-port", "br0", "Ethernet0")
    two.vsctl("add-port", "br0", "Ethernet0", "--", "add-port", "br0", "Ethernet48")
    assert not two.carrier("Ethernet48")
    fabric.link(one, "Ethernet48", two, "Ethernet48")
    one.vsctl("add-port", "br0", "Ethernet48")
    assert until(lambda: node.ping("10.0.0.2", timeout=1))


def test_a_switch_without_power_keeps_its_disk(fabric: Fabric) -> None:
    leaf, other = fabric.switch("leaf-1", PORTS), fabric.switch("leaf-2", PORTS)
    fabric.link(leaf, "Ethernet48", other, "Ethernet48")
    one, _ = hosts(fabric, leaf, "Ethernet0", "Ethernet4")
    leaf.vsctl("add-port", "br0", "Ethernet0", "--", "add-port", "br0", "Ethernet4")
    assert leaf.run("sh", "-c", "echo kept > /etc/kept; echo $(hostname)").stdout == "leaf-1\n"
    assert not Path("/etc/kept").exists()
    fabric.cable(other, "Ethernet48", up=False)
    assert one.ping("10.0.0.2")
    leaf.power_off()
    assert not leaf.alive
    assert not one.carrier("eth0")
    assert not one.ping("10.0.0.2", timeout=0.5)
    leaf.power_on()
    assert leaf.alive
    assert leaf.vsctl("list-ports", "br0").split() == ["Ethernet0", "Ethernet4"]
    assert leaf.run("cat", "/etc/kept").stdout == "kept\n"
    assert until(lambda: one.ping("10.0.0.2", timeout=1))
    # A cable that was pulled before is still pulled.
    assert not other.carrier("Ethernet48")


def test_ssh_checks_who_answers_and_who_asks(fabric: Fabric, tmp_path: Path) -> None:
    leaf, other = fabric.switch("leaf-1", PORTS), fabric.switch("leaf-2", PORTS)
    assert leaf.ssh("hostname; ovs-vsctl list-br").stdout == "leaf-1\nbr0\n"
    assert other.ssh("hostname").stdout == "leaf-2\n"
    entry = leaf.entry()
    assert entry == {
        "driver": "openvswitch", "address": leaf.address, "port": 22, "username": "root",
        "private_key_file": str(leaf.key), "known_hosts": str(leaf.known_hosts),
    }  # fmt: skip
    known = leaf.known_hosts.read_text()
    leaf.known_hosts.write_text(known.replace(other.address, "x").replace(leaf.address, "y"))
    assert "Host key verification failed" in leaf.ssh("hostname").stderr
    leaf.known_hosts.write_text(known)
    leaf.key.write_text((leaf.disk / "etc" / "fabric" / "host_key").read_text())
    assert "Permission denied" in leaf.ssh("hostname").stderr


def list_databases(switch: Switch, of: Credentials, ca: Path) -> subprocess.CompletedProcess[str]:
    words = ["--certificate", of.certificate, "--private-key", of.private_key, "--ca-cert", ca]
    at = f"ssl:{switch.address}:{switch.tls_port}"
    words = ["ovsdb-client", "--timeout=5", *map(str, words), "list-dbs", at]
    return subprocess.run(words, capture_output=True, text=True)


def test_tls_wants_a_certificate_of_the_lab(fabric: Fabric) -> None:
    leaf, plain = fabric.switch("leaf-1", PORTS, tls=True), fabric.switch("leaf-2", PORTS)
    entry = leaf.entry()
    assert (entry["transport"], entry["port"]) == ("tls", 6640)
    assert plain.entry()["port"] == 22
    good = list_databases(leaf, fabric.tls, leaf.tls_ca)
    assert "Open_vSwitch" in good.stdout.split(), good
    assert list_databases(leaf, fabric.outsider, leaf.tls_ca).returncode != 0
    assert list_databases(leaf, fabric.tls, fabric.outsider.ca).returncode != 0
    assert list_databases(plain, fabric.tls, leaf.tls_ca).returncode != 0


@pytest.mark.parametrize("vlan", [None, 4000])
def test_a_switch_managed_in_band_can_be_cut_by_its_configuration(
    fabric: Fabric, vlan: int | None
) -> None:
    leaf = fabric.switch("leaf-1", PORTS, inband=True, management_vlan=vlan)
    other = fabric.switch("leaf-2", PORTS, inband=True, management_vlan=vlan)
    assert (leaf.uplink, other.ssh("hostname").stdout) == ("Ethernet48", "leaf-2\n")
    assert leaf.vsctl("list-ports", "br0").split()[0] == "Ethernet48"
    assert leaf.ssh("hostname").stdout == "leaf-1\n"
    wrong, right = ("trunks=10", "trunks=10,4000") if vlan else ("tag=10", "tag=0")
    leaf.vsctl("set", "port", "Ethernet48", wrong)
    assert not reachable(leaf)
    leaf.vsctl("set", "port", "Ethernet48", right)
    assert until(lambda: reachable(leaf))
    leaf.power_off()
    assert not reachable(leaf)
    leaf.power_on()
    assert until(lambda: reachable(leaf))


def reachable(switch: Switch) -> bool:
    try:
        with socket.create_connection((switch.address, switch.ssh_port), timeout=0.5):
            return True
    except OSError:
        return False


def test_a_management_cable_is_cut_and_mended(fabric: Fabric) -> None:
    leaf = fabric.switch("leaf-1", PORTS)
    leaf.wait()
    assert reachable(leaf)
    leaf.cut()
    assert not reachable(leaf)
    leaf.mend()
    assert until(lambda: reachable(leaf))


def test_fabrics_do_not_meet(fabric: Fabric, tmp_path: Path) -> None:
    with Fabric(tmp_path / "other") as other:
        switches = [each.switch("leaf-1", PORTS) for each in (fabric, other)]
        assert switches[0].address != switches[1].address
        (one,) = hosts(fabric, switches[0], "Ethernet0", first=1)
        hosts(other, switches[1], "Ethernet0", first=2)
        for switch in switches:
            switch.vsctl("add-port", "br0", "Ethernet0")
            assert switch.ssh("hostname").stdout == "leaf-1\n"
        assert not one.ping("10.0.0.2", timeout=0.5)
    assert switches[0].ssh("hostname").stdout == "leaf-1\n"


def test_twenty_switches_come_up(fabric: Fabric) -> None:
    switches = [fabric.switch(f"leaf-{number}", PORTS) for number in range(1, 21)]
    for one, two in pairwise(switches):
        fabric.link(one, "Ethernet48", two, "sfp-sfpplus1")
    fabric.wait()
    assert all(reachable(switch) for switch in switches)
    assert list(fabric.entries()) == [switch.name for switch in switches]


def test_a_switch_that_does_not_boot_says_why(
    fabric: Fabric, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fabric._INIT", "echo no power >&2; exit 1")
    leaf = fabric.switch("leaf-1", PORTS)
    with pytest.raises(AssertionError, match="leaf-1: no power"):
        fabric.wait()
    until(lambda: not leaf.alive)


FULL = """
import sys
from pathlib import Path
from tests.fabric import Fabric
fabric = Fabric(Path(sys.argv[1])).__enter__()
leaf, other = (fabric.switch(name, ["swp1", "swp2"]) for name in ("leaf-1", "leaf-2"))
node = fabric.host("node-1", {"eth0": (leaf, "swp1"), "eth1": (other, "swp1")})
fabric.link(leaf, "swp2", other, "swp2")
if sys.argv[2] == "up":
    fabric.switch("leaf-3", ["swp1"], inband=True, management_vlan=10)
    node.bond("bond0", ["eth0", "eth1"])
    fabric.wait()
print(fabric.interface, flush=True)
sys.stdin.readline()
fabric.close()
print("closed", flush=True)
sys.stdin.readline()
"""


def below(process: int) -> list[int]:
    """All processes that a process has started, and theirs."""
    found: list[int] = []
    try:
        for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
            found += [int(child), *below(int(child))]
    except OSError:
        pass
    return found


def marked(mark: str) -> list[int]:
    """All processes that have a word in their environment."""
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark.encode() in file.read_bytes().split(b"\0"):
                found.append(int(file.parent.name))
    return found


@pytest.mark.parametrize("state", ["booting", "up"])
@pytest.mark.parametrize("end", ["close", "kill"])
def test_nothing_is_left(python: Python, tmp_path: Path, end: str, state: str) -> None:
    require_fabric()
    process = python(FULL, str(tmp_path / "fabric"), state)
    assert process.stdin is not None and process.stdout is not None
    interface = Path("/sys/class/net") / process.stdout.readline().strip()
    assert interface.name and interface.exists()
    started = below(process.pid)
    assert len(started) > (20 if state == "up" else 3)

    def left() -> list[str]:
        # Those of a switch that boots come and go.
        pids = {*started, *marked(f"OSISM_FABRIC={tmp_path}/fabric")}
        found = [f"process {pid}" for pid in pids if Path(f"/proc/{pid}").exists()]
        return found + ([interface.name] if interface.exists() else [])

    assert left()
    if end == "kill":
        process.kill()
        process.wait()
        until(lambda: not left())
    else:
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "closed\n"
        assert left() == []
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()


@pytest.mark.parametrize(("where", "outcome"), [("", "Skipped"), ("true", "Failed")])
def test_without_root_it_is_said(monkeypatch: pytest.MonkeyPatch, where: str, outcome: str) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setenv("CI", where)
    with pytest.raises((pytest.skip.Exception, pytest.fail.Exception)) as raised:
        require_fabric()
    assert (type(raised.value).__name__, "root" in str(raised.value)) == (outcome, True)
