"""Makes configuration repositories: pairs of 48-port leaf switches with nodes below them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from osism.lab.processes import sample_configuration

VLANS = {100: "Provisioning", 200: "Storage", 300: "Internal", 400: "Tenants"}
SWITCH = "edgecore-5835-54x-o-ac-f"
PORTS = 48


@dataclass(frozen=True)
class Group:
    """A collection of ``nodes`` (their names) on one pair of leaf switches.

    ``ports``: interfaces of a node, every second one to the other switch. ``first``: where on the
    switches its ports begin.
    """

    collection: str
    pair: int
    nodes: Sequence[str]
    ports: int = 2
    first: int = 0

    @property
    def leaves(self) -> tuple[str, str]:
        return f"leaf-{self.pair}a", f"leaf-{self.pair}b"


def write(directory: Path, groups: Sequence[Group]) -> Path:
    """Write the repository into *directory* and return that."""
    netbox, sample = directory / "netbox", sample_configuration() / "netbox"
    shutil.copytree(sample / "templates", netbox / "templates")
    (netbox / "device-types").mkdir()
    shutil.copytree(sample / "device-types" / "Edgecore", netbox / "device-types" / "Edgecore")
    for ports in {_sockets(each.ports) for each in groups}:
        _dump(netbox / "device-types" / f"node-{ports}.yaml", _node_type(ports))
    _dump(netbox / "resources" / "100-site.yaml", list(_resources(groups)))
    number = 0
    for group in groups:
        for index, node in enumerate(group.nodes):
            number += 1
            for state, definition in _states(group, index, number).items():
                _dump(netbox / group.collection / node / f"{state}.yaml", {node: definition})
    return directory


def _sockets(ports: int) -> int:
    """How many interfaces a node's type has."""
    return max(ports, 4)


def _node_type(ports: int) -> dict[str, Any]:
    names = [{"name": f"eno{n}", "type": "10gbase-t"} for n in range(1, ports + 1)]
    return {
        "manufacturer": "Bench",
        "model": f"Node {ports}",
        "slug": f"bench-node-{ports}",
        "u_height": 1,
        "is_full_depth": True,
        "interfaces": names,
    }


def _resources(groups: Sequence[Group]) -> Iterator[dict[str, Any]]:
    yield {"site": {"name": "Bench", "slug": "bench", "status": "active"}}
    yield {"manufacturer": {"name": "Edgecore", "slug": "edgecore"}}
    yield {"manufacturer": {"name": "Bench", "slug": "bench"}}
    platform = {"name": "Enterprise SONiC", "slug": "enterprise-sonic", "manufacturer": "edgecore"}
    yield {"platform": platform}
    for name, slug in (("Leaf switch", "leaf"), ("Node", "node")):
        yield {"device_role": {"name": name, "slug": slug, "color": "2196f3", "vm_role": False}}
    for vid, name in VLANS.items():
        yield {"vlan": {"vid": vid, "name": name, "site": "bench"}}
    for name in sorted({leaf for each in groups for leaf in each.leaves}):
        yield {
            "device": {
                "name": name,
                "device_type": SWITCH,
                "role": "leaf",
                "platform": "enterprise-sonic",
                "site": "bench",
                "tags": ["managed-by-osism"],
                "custom_fields": {"device_type": "switch"},
            }
        }
    for group in groups:
        for node in group.nodes:
            yield {
                "device": {
                    "name": node,
                    "device_type": f"bench-node-{_sockets(group.ports)}",
                    "role": "node",
                    "site": "bench",
                    "tags": ["managed-by-osism"],
                }
            }


def _states(group: Group, index: int, number: int) -> dict[str, Any]:
    """a: one port in one VLAN; b: a second VLAN and an address; c: all ports as one, with three
    VLANs, two virtual interfaces and three addresses."""
    ports = {
        f"eno{n + 1}": {
            "type": "cat6a",
            "device": group.leaves[n % 2],
            "interface": f"Ethernet{group.first + index * ((group.ports + 1) // 2) + n // 2}",
            "mac_address": f"02:00:{number >> 8:02X}:{number & 255:02X}:00:{n:02X}",
        }
        for n in range(group.ports)
    }
    host = f"{number >> 8}.{number & 255}/16"
    first = {"eno1": ports["eno1"] | {"vlans": {100: "untagged"}}}
    second = ports["eno1"] | {
        "vlans": {100: "untagged", 200: "tagged"},
        "addresses": [f"10.1.{host}"],
    }
    bond = {
        "type": "port-channel",
        "channel": group.first + index + 1,
        "interfaces": list(ports),
        "vlans": {300: "untagged", 200: "tagged", 400: "tagged"},
        "addresses": [{"address": f"10.3.{host}", "primary": True}],
    }
    virtual = {
        f"vlan{vid}": {
            "type": "virtual",
            "data": {"parent": "bond0"},
            "vlans": {vid: "untagged"},
            "addresses": [f"10.{vid // 100}.{host}"],
        }
        for vid in (200, 400)
    }
    return {"a": first, "b": {"eno1": second}, "c": {**ports, "bond0": bond, **virtual}}


def _dump(file: Path, value: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(value, sort_keys=False), encoding="utf-8")
