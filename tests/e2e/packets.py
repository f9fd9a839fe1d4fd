"""A site with real Open vSwitch switches, hosts behind them, and workers that deploy to them.

    deployer  quiet-1 quiet-2     stowaway-1            stowaway-2    storage
        |10      |20     |21         |30                   |30          |10
      +------------------------------------+  LAG of 2   +------------------------+
      |               leaf-1               |=============|         leaf-2         |
      +------------------------------------+ 100,200,300 +------------------------+
          |1     |2                                           |1     |2
          eth0   eth1                                         eth0   eth1
           node-1                                              node-2

There is also edge-1, which is managed through its own bridge, in VLAN 4000 on Ethernet48.

In state a and b a node's eth0 is in VLAN 100; in c both ports are one LAG with VLAN 200 untagged
and VLAN 300 tagged. The nodes are for an Ironic, where a test brings one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from osism.lab.processes import Lab
from tests.e2e.conftest import QUICK, Site, wait_until
from tests.fabric import Fabric, Host, Switch

PROVISIONING, PRODUCTION, STORAGE = 100, 200, 300
VAULT = "the vault's own password"
PORTS = [f"Ethernet{number}" for number in range(1, 49)]

#: host -> its interfaces' switches and ports
CABLES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "node-1": {"eth0": ("leaf-1", "Ethernet1"), "eth1": ("leaf-1", "Ethernet2")},
    "node-2": {"eth0": ("leaf-2", "Ethernet1"), "eth1": ("leaf-2", "Ethernet2")},
    "deployer": {"eth0": ("leaf-1", "Ethernet10")},
    "storage": {"eth0": ("leaf-2", "Ethernet10")},
    "quiet-1": {"eth0": ("leaf-1", "Ethernet20")},
    "quiet-2": {"eth0": ("leaf-1", "Ethernet21")},
    "stowaway-1": {"eth0": ("leaf-1", "Ethernet30")},
    "stowaway-2": {"eth0": ("leaf-2", "Ethernet30")},
}
#: what hangs on the switches and never changes: host -> VLANs of its port
STANDING: Mapping[str, Mapping[int, str]] = {
    "deployer": {PROVISIONING: "untagged"},
    "storage": {PRODUCTION: "untagged", STORAGE: "tagged"},
    "quiet-1": {500: "untagged"},
    "quiet-2": {500: "untagged"},
    "stowaway-1": {600: "tagged"},
    "stowaway-2": {600: "tagged"},
}
LEAVES = ("leaf-1", "leaf-2")
NODES = ("node-1", "node-2")
EDGE, MANAGEMENT = "edge-1", 4000
PARAMETERS = {
    "driver": "fake-hardware",
    "driver_info": {"redfish_address": "https://{{ remote_board_address }}"},
    "properties": {"cpu_arch": "x86_64"},
}


@dataclass
class PacketSite(Site):
    """The lab, with a hand on real switches and hosts."""

    fabric: Fabric

    def leaf(self, name: str) -> Switch:
        found = self.fabric.devices[name]
        assert isinstance(found, Switch)
        return found

    def host(self, name: str) -> Host:
        found = self.fabric.devices[name]
        assert isinstance(found, Host)
        return found

    def reaches(self, host: str, address: str) -> bool:
        """Whether *host* gets an answer, with the patience that learning addresses takes."""
        return self.host(host).ping(address, timeout=3)

    def comes_to_reach(self, host: str, address: str, within: float = 30.0) -> None:
        """Wait for it: LACP takes seconds to agree, and nothing says when it has."""
        wait_until(lambda: self.host(host).ping(address, timeout=1), within)

    def switches_agree(self) -> None:
        answer = self.osism("netbox", "drift", "-f", "json")
        assert answer.code == 0, answer


@contextmanager
def packet_site(directory: Path, **settings: Any) -> Iterator[PacketSite]:
    """Fabric, lab, workers; all in NetBox and the standing part deployed."""
    with Fabric(directory / "fabric") as fabric:
        for name in LEAVES:
            fabric.switch(name, PORTS)
        fabric.switch(EDGE, PORTS, inband=True, uplink="Ethernet48", management_vlan=MANAGEMENT)
        leaves = {name: fabric.switches[name] for name in LEAVES}
        for number in (47, 48):
            fabric.link(
                leaves["leaf-1"], f"Ethernet{number}", leaves["leaf-2"], f"Ethernet{number}"
            )
        for host, cables in CABLES.items():
            fabric.host(host, {nic: (leaves[leaf], port) for nic, (leaf, port) in cables.items()})
        fabric.wait()
        configuration = directory / "made"
        write(configuration, fabric)
        entries = {name: dict(each) for name, each in fabric.entries().items()}
        for each in entries.values():
            del each["private_key_file"]  # the vaulted file has the key
        entries[EDGE] |= {"connect_timeout": 3, "timeout": 5}
        with Lab(
            directory / "lab", {**QUICK, "switches": entries, **settings}, configuration
        ) as lab:
            site = PacketSite(lab, fabric)
            vault = site.with_input("vault", "password", "set", text=f"{VAULT}\n")
            assert vault.code == 0, vault
            for words in (["init"], ["import"]):
                assert site.osism("netbox", *words).code == 0
            for collection in ("fabric", "standing", "edge"):
                answer = site.connect(collection, "a")
                assert answer.code == 0, answer
            yield site


def write(directory: Path, fabric: Fabric) -> None:
    """The configuration repository: what NetBox shall know, states, vaulted credentials."""
    netbox = directory / "netbox"
    _dump(netbox / "resources" / "100-site.yaml", list(_resources()))
    _dump(netbox / "device-types" / "Acme" / "switch.yaml", _type("switch", "mgmt", PORTS))
    _dump(netbox / "device-types" / "Acme" / "node.yaml", _type("node", "bmc", ["eth0", "eth1"]))
    _dump(directory / "environments" / "conductor.yml", {"ironic_parameters": PARAMETERS})
    for host in NODES:
        cables = {
            nic: {"type": "cat6a", "device": leaf, "interface": port, "mac_address": mac(host, nic)}
            for nic, (leaf, port) in CABLES[host].items()
        }
        first = {"eth0": {**cables["eth0"], "vlans": {PROVISIONING: "untagged"}}}
        bond = {
            "type": "port-channel",
            "channel": 10 + int(host[-1]),
            "interfaces": ["eth0", "eth1"],
            "vlans": {PRODUCTION: "untagged", STORAGE: "tagged"},
        }
        for state, ports in (("a", first), ("b", first), ("c", {**cables, "bond0": bond})):
            _dump(netbox / "rack-1" / host / f"{state}.yaml", {host: ports})
    for host, vlans in STANDING.items():
        leaf, port = CABLES[host]["eth0"]
        cable = {"type": "cat6a", "device": leaf, "interface": port, "vlans": dict(vlans)}
        _dump(netbox / "standing" / host / "a.yaml", {host: {"eth0": cable}})
    for state, vlans in (("a", {MANAGEMENT: "tagged"}), ("b", {PROVISIONING: "untagged"})):
        cable = {"type": "cat6a", "device": EDGE, "interface": "Ethernet48", "vlans": vlans}
        _dump(netbox / "edge" / "aggregation" / f"{state}.yaml", {"aggregation": {"eth0": cable}})
    trunk: dict[str, Any] = {
        name: {"type": "dac-passive", "device": "leaf-2", "interface": name}
        for name in ("Ethernet47", "Ethernet48")
    }
    trunk["Port-Channel1"] = {
        "type": "port-channel",
        "channel": 1,
        "interfaces": list(trunk),
        "vlans": dict.fromkeys((PROVISIONING, PRODUCTION, STORAGE), "tagged"),
    }
    _dump(netbox / "fabric" / "leaf-1" / "a.yaml", {"leaf-1": trunk})
    secrets = yaml.safe_dump({"default": {"private_key": fabric.key.read_text()}})
    vault = VaultLib([("default", VaultSecret(VAULT.encode()))])
    (netbox / "secrets.yml").write_bytes(vault.encrypt(secrets))


def _resources() -> Iterator[dict[str, Any]]:
    yield {"site": {"name": "Fabric", "slug": "fabric", "status": "active"}}
    yield {"manufacturer": {"name": "Acme", "slug": "acme"}}
    yield {"platform": {"name": "Open vSwitch", "slug": "openvswitch"}}
    for role in ("leaf", "node"):
        yield {"device_role": {"name": role, "slug": role, "color": "2196f3", "vm_role": False}}
    for vid, name in ((PROVISIONING, "Provisioning"), (PRODUCTION, "Production")):
        yield {"vlan": {"vid": vid, "name": name, "site": "fabric"}}
    for leaf in (*LEAVES, EDGE):
        yield {
            "device": {
                "name": leaf,
                "device_type": "acme-switch",
                "role": "leaf",
                "platform": "openvswitch",
                "site": "fabric",
                "tags": ["managed-by-osism"],
                "custom_fields": {"device_type": "switch"},
            }
        }
    for host in (*CABLES, "aggregation"):
        device: dict[str, Any] = {
            "name": host,
            "device_type": "acme-node",
            "role": "node",
            "site": "fabric",
            "tags": ["managed-by-osism"],
        }
        if host not in NODES:
            yield {"device": device}
            continue
        board = f"10.0.0.{10 + NODES.index(host)}/24"
        device["tags"].append("managed-by-ironic")
        yield {"device": {**device, "custom_fields": {"ironic_enabled": True}, "oob_ip": board}}
        yield {"ip_address": {"address": board, "device": host, "interface": "bmc"}}
        for nic in CABLES[host]:
            label = {"device": host, "interface": nic, "mac_address": mac(host, nic)}
            yield {"mac_address": label}


def _type(name: str, management: str, ports: list[str]) -> dict[str, Any]:
    return {
        "manufacturer": "Acme",
        "model": name,
        "slug": f"acme-{name}",
        "u_height": 1,
        "interfaces": [
            {"name": management, "type": "1000base-t", "mgmt_only": True},
            *({"name": port, "type": "10gbase-t"} for port in ports),
        ],
    }


def mac(host: str, nic: str) -> str:
    """The MAC address that NetBox has of a node's interface."""
    return f"AA:00:00:00:{NODES.index(host) + 1:02X}:{list(CABLES[host]).index(nic):02X}"


def _dump(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
