"""Conditions in memory; passes the contract suite of the real ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from osism.domain.conditions import Condition


class MemoryConditions:
    """Keeps :class:`osism.domain.ports.Conditions`."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Condition] = {}

    def set(self, device: str, kind: str, reason: str, since: datetime) -> None:
        reason = " ".join(reason.split())
        new = Condition(device, kind, reason, since)
        self._known[device, kind] = replace(self._known.get((device, kind), new), reason=reason)

    def clear(self, device: str, kinds: Collection[str]) -> int:
        return sum(1 for kind in set(kinds) if self._known.pop((device, kind), None))

    def of(self, devices: Collection[str] | None = None) -> Sequence[Condition]:
        found = [each for each in self._known.values() if devices is None or each.device in devices]
        return sorted(found, key=lambda each: (each.device, each.since, each.kind))
