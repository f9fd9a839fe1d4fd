"""What a sync of nodes asks of NetBox, of the conductor's file and of the database, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime
from typing import Any

from osism.domain.conditions import Condition
from osism.domain.errors import Busy, Invalid, OutsideFailed
from osism.domain.netbox_nodes import NetboxNode
from osism.domain.nodes import WantedNode
from tests.fakes.work import RecordedWork

SECRET = "vErY-s3cret"


class Netbox:
    """Keeps what a sync asks of NetBox."""

    def __init__(self) -> None:
        self.devices: dict[int, dict[str, Any]] = {}
        self.writes: list[dict[int, Mapping[str, Any]]] = []
        self.away = 0

    def device(self, number: int, **fields: Any) -> None:
        usual: dict[str, Any] = {"name": f"node-{number}", "enabled": True, "fields": {}}
        usual["macs"] = (f"aa:00:00:00:00:{number:02x}",)
        self.devices[number] = {"id": number, **usual, **fields}

    def nodes(self) -> Sequence[NetboxNode]:
        rows = deepcopy(list(self.devices.values()))  # as they are now, whatever comes later
        return sorted((NetboxNode(**each) for each in rows), key=lambda each: each.name)

    def write(self, fields: Mapping[int, Mapping[str, Any]]) -> None:
        if self.away:
            self.away -= 1
            raise OutsideFailed("NetBox is away")
        self.writes.append({number: dict(each) for number, each in fields.items()})
        for number, each in fields.items():
            self.devices[number]["fields"] |= each

    def find(self, names: Any) -> Any:
        raise AssertionError("not asked")

    name_interfaces = find


class Parameters:
    """Keeps :class:`osism.domain.ports.NodeParameters`."""

    def __init__(self) -> None:
        self.wrong: dict[str, str] = {}
        self.more: dict[str, Any] = {}
        self.forgotten = 0

    def wanted(self, node: NetboxNode, catalogues: Any) -> WantedNode:
        if node.name in self.wrong:
            raise Invalid(self.wrong[node.name])
        told: dict[str, Any] = {
            "driver": "fake-hardware",
            "driver_info": {"address": f"10.0.0.{node.id}"},
            "secrets": {"password": SECRET},
            "resource_class": node.name,
            "ports": node.macs,
        }
        return WantedNode(node.name, **{**told, **self.more})

    def forget(self) -> None:
        self.forgotten += 1


class Conditions:
    """Keeps :class:`osism.domain.ports.Conditions`."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Condition] = {}

    def set(self, device: str, kind: str, reason: str, since: datetime) -> None:
        self.known[device, kind] = Condition(device, kind, reason, since)

    def clear(self, device: str, kinds: Any) -> int:
        return sum(1 for kind in kinds if self.known.pop((device, kind), None))

    def of(self, devices: Any = None) -> Sequence[Condition]:
        return list(self.known.values())


class Locks:
    def __init__(self) -> None:
        self.held: list[str] = []
        self.busy = False

    @contextmanager
    def hold(self, names: Any, owner: Any, wait: float, **_: Any) -> Iterator[RecordedWork]:
        if self.busy:
            raise Busy("another sync")
        self.held += names
        yield RecordedWork()
