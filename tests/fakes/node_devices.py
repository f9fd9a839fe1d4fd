"""NetBox's nodes in memory; passes the contract suite of the real ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from osism.domain.errors import OutsideFailed, Refused
from osism.domain.ports import NodeDevice


class MemoryNodeDevices:
    """Keeps :class:`osism.domain.ports.NodeDevices`. ``away``: it does not answer; ``refused``: ids
    whose fields it does not take. ``writes``: what each write was about."""

    def __init__(self) -> None:
        self.away = False
        self.refused: set[int] = set()
        self.known: dict[str, NodeDevice] = {}
        self.interfaces: dict[tuple[str, str], str] = {}  # device, MAC -> name
        self.writes: list[dict[int, dict[str, Any]]] = []

    # what tests do

    def add(self, name: str, state: str = "", transition: str = "", **fields: Any) -> NodeDevice:
        self.known[name] = NodeDevice(len(self.known) + 1, name, state, transition, fields)
        return self.known[name]

    def at(self, name: str, state: str, transition: str = "") -> None:
        self.known[name] = replace(self.known[name], state=state, transition=transition)

    # what actions ask

    def find(self, names: Collection[str]) -> Mapping[str, NodeDevice]:
        self._reach()
        return {each: self.known[each] for each in names if each in self.known}

    def write(self, fields: Mapping[int, Mapping[str, Any]]) -> None:
        self._reach()
        if refused := self.refused & set(fields):
            raise Refused(f"NetBox refused {sorted(refused)}")
        if not fields:
            return
        self.writes.append({number: dict(each) for number, each in fields.items()})
        for name, device in self.known.items():
            merged = {**device.fields, **fields.get(device.id, {})}
            told = {key: value for key, value in merged.items() if value not in (None, "")}
            self.known[name] = replace(device, fields=told)

    def name_interfaces(self, names: Mapping[str, Mapping[str, str]]) -> int:
        self._reach()
        changed = 0
        for device, by_mac in names.items():
            for mac, name in by_mac.items():
                known = self.interfaces.get((device, mac))
                if known is not None and known != name:
                    self.interfaces[device, mac] = name
                    changed += 1
        return changed

    def _reach(self) -> None:
        if self.away:
            raise OutsideFailed("NetBox is away")
