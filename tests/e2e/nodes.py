"""A site whose NetBox has nodes for a real Ironic: boards, MAC addresses, vaulted passwords."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from osism.adapters.netbox import Connection
from osism.lab.processes import Lab
from tests.e2e.conftest import QUICK, Answer, Site, everything
from tests.ironics import Ironic

VAULT = "the vault's own password"
PASSWORD, OTHER = "hunter2-of-the-bmc", "of-node-2-alone"
#: What is to be found nowhere but in Ironic.
SECRETS = (VAULT, PASSWORD, OTHER)
PARAMETERS: dict[str, Any] = {
    "driver": "fake-hardware",
    "driver_info": {
        "redfish_address": "https://{{ remote_board_address }}",
        "redfish_username": "{{ remote_board_username }}",
        "redfish_password": "{{ remote_board_password }}",
        "deploy_kernel": "http://images/kernel",
        "deploy_ramdisk": "file:///images/ramdisk",
    },
    "instance_info": {"image_source": "http://images/ubuntu"},
    "properties": {"cpu_arch": "x86_64"},
    "traits": ["CUSTOM_RACK_1"],
}

_REQUEST = re.compile(r" - (GET|PUT|POST|PATCH|DELETE) /v1/(\w+)")


def vaulted(text: str) -> str:
    return VaultLib([("default", VaultSecret(VAULT.encode()))]).encrypt(text).decode()


class NodeSite(Site):
    """The lab, its NetBox filled, and an Ironic that is empty at first."""

    def __init__(self, lab: Lab, ironic: Ironic) -> None:
        super().__init__(lab)
        self.ironic = ironic
        at = lab.site["netbox"]
        self.connection = Connection(at["url"], at["token"])
        self.ids: dict[str, int] = {}
        self.macs: dict[str, int] = {}
        self.numbers = count(1)
        self.said: list[Answer] = []

    def finish(self, process: subprocess.Popen[str], within: float = 100.0) -> Answer:
        self.said.append(super().finish(process, within))
        return self.said[-1]

    # NetBox

    def take(self, many: int) -> list[str]:
        """The next nodes that nobody has used, enabled."""
        names = [f"node-{next(self.numbers)}" for _ in range(many)]
        rows = [{"id": self.ids[n], "custom_fields": {"ironic_enabled": True}} for n in names]
        self.connection.update("dcim.devices", rows)
        return names

    def fill(self, *names: str, enabled: bool) -> None:
        """Devices, each with a board at 10.0.<number> and a MAC address."""
        place = {
            kind: self.connection.create(f"dcim.{kind}", [{"name": "x", "slug": "x"}])[0]
            for kind in ("manufacturers", "sites", "device_roles")
        }
        model = {"manufacturer": place["manufacturers"], "model": "x", "slug": "x"}
        usual: dict[str, Any] = {
            "device_type": self.connection.create("dcim.device_types", [model])[0],
            "role": place["device_roles"],
            "site": place["sites"],
            "tags": [{"slug": "managed-by-ironic"}],
            "custom_fields": {"ironic_enabled": enabled},
        }
        rows = [{"name": name, **usual} for name in names]
        self.ids = dict(zip(names, self.connection.create("dcim.devices", rows), strict=True))
        ports = [
            {"device": id, "name": port, "type": "1000base-t", "mgmt_only": port == "bmc"}
            for id in self.ids.values()
            for port in ("bmc", "eth0")
        ]
        made = self.connection.create("dcim.interfaces", ports)
        boards, nics = made[0::2], made[1::2]
        addresses = [f"10.0.{n >> 8}.{n & 255}/16" for n, _ in enumerate(names, 1)]
        self._assign("ipam.ip_addresses", "address", addresses, boards)
        macs = [f"AA:00:00:00:{n >> 8:02X}:{n & 255:02X}" for n, _ in enumerate(names, 1)]
        self.macs = dict(
            zip(names, self._assign("dcim.mac_addresses", "mac_address", macs, nics), strict=True)
        )

    def _assign(self, kind: str, field: str, values: list[str], ports: list[int]) -> list[int]:
        holder = {"assigned_object_type": "dcim.interface"}
        pairs = zip(values, ports, strict=True)
        rows = [{field: value, "assigned_object_id": port, **holder} for value, port in pairs]
        return self.connection.create(kind, rows)

    def say(self, name: str, **fields: Any) -> None:
        """Change custom fields of a device."""
        self.connection.update("dcim.devices", [{"id": self.ids[name], "custom_fields": fields}])

    def shown(self, name: str) -> tuple[Any, Any]:
        """What NetBox shows of a node: ``ironic_state`` and ``introspection_state``."""
        fields = self.netbox("dcim/devices", name=name)[0]["custom_fields"]
        return fields["ironic_state"], fields["introspection_state"]

    def all_shown(self) -> dict[str, Any]:
        rows = self.netbox("dcim/devices", tag="managed-by-ironic")
        return {row["name"]: row["custom_fields"]["ironic_state"] for row in rows}

    # the conductor's file

    def conductor(self, **more: Any) -> None:
        write_conductor(self.lab.directory / "configuration", {**PARAMETERS, **more})

    def settings(self, name: str) -> str:
        rows = self.osism("settings", "-f", "json").json
        return next(str(row["Value"]) for row in rows if row["Name"] == name)

    # the sync

    def sync(self, *words: str) -> Answer:
        return self.osism("netbox", "sync", "ironic", *words)

    def results(self, *words: str) -> dict[str, Any]:
        """What became of the nodes, whatever the exit code."""
        result = self.sync(*words, "--format", "json").events[-1]["result"]
        found: dict[str, Any] = result.get("run", result)
        return found

    def states(self) -> dict[str, str]:
        with self.ironic.client() as cloud:
            return {each.name: each.provision_state for each in cloud.baremetal.nodes()}

    def use(self, name: str, instance: str | None) -> None:
        """Somebody has an instance on a node, or none any more."""
        with self.ironic.client() as cloud:
            cloud.baremetal.update_node(name, instance_id=instance)

    def asked(self) -> Counter[str]:
        """How often Ironic was asked for what, by method and kind: ``POST nodes``."""
        log = (self.ironic.directory / "log" / "ironic.log").read_text()
        return Counter(" ".join(each) for each in _REQUEST.findall(log))

    def ports(self) -> dict[str, str]:
        """MAC address -> the node's name."""
        with self.ironic.client() as cloud:
            names = {each.id: each.name for each in cloud.baremetal.nodes()}
            return {e.address: names[e.node_id] for e in cloud.baremetal.ports(details=True)}

    def conditions(self) -> dict[str, str]:
        """Device -> what is wrong with it."""
        with closing(sqlite3.connect(self.lab.directory / "osism.db")) as database:
            rows = database.execute("SELECT device, kind, reason FROM conditions")
            return {device: f"{kind}: {reason}" for device, kind, reason in rows}

    def leaks(self) -> Mapping[str, list[str]]:
        """Secret -> where it can be read: in what was said, logged, kept."""
        places = {path.name: path.read_bytes() for path in self.lab.directory.glob("*.log")}
        places["redis"] = everything(self.lab.redis).encode()
        for name in ("osism.db", "netbox.sqlite3"):
            with closing(sqlite3.connect(self.lab.directory / name)) as database:
                places[name] = "\n".join(database.iterdump()).encode()
        places["answers"] = "\n".join(each.out + each.err for each in self.said).encode()
        for name in ("worker.log", "redis", "netbox.sqlite3", "answers"):
            assert len(places[name]) > 20, f"{name} is empty: nothing was searched"
        found = {
            word: [place for place, text in places.items() if word.encode() in text]
            for word in SECRETS
        }
        return {word: each for word, each in found.items() if each}


def write_conductor(configuration: Path, parameters: Mapping[str, Any]) -> None:
    file = configuration / "environments" / "conductor.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({"ironic_parameters": dict(parameters)}))


@contextmanager
def node_site(
    directory: Path, *names: str, enabled: bool = True, delay: float = 0.3, **more: Any
) -> Iterator[NodeSite]:
    configuration = directory / "made"
    (configuration / "netbox").mkdir(parents=True)
    write_conductor(configuration, PARAMETERS)
    logins = {"default": {"remote_board_username": "admin", "remote_board_password": PASSWORD}}
    (configuration / "netbox" / "node-secrets.yml").write_text(vaulted(yaml.safe_dump(logins)))
    with Ironic(directory / "ironic", delay=delay) as ironic:
        settings = {
            "ironic_url": ironic.url,
            "ironic_retry": 4.0,
            "ironic_timeout": 3.0,
            "log_level": "DEBUG",
            "schedule_node_states": 0.0,  # it asks NetBox, and requests are counted
            **more,
        }
        with Lab(directory / "lab", {**QUICK, **settings}, configuration) as lab:
            site = NodeSite(lab, ironic)
            assert site.with_input("vault", "password", "set", text=f"{VAULT}\n").code == 0
            made = site.osism("netbox", "init")
            assert made.code == 0, made
            for name in ("ironic_parameters", "secrets"):
                field = {"name": name, "type": "json", "object_types": ["dcim.device"]}
                site.connection.create("extras.custom_fields", [field])
            site.fill(*names, enabled=enabled)
            yield site
