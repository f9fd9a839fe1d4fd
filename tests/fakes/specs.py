"""Specs in memory; pass the contract suite of the real ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from osism.domain.errors import Changed
from osism.domain.specs import Spec, Wish, wanted

if TYPE_CHECKING:
    from tests.fakes.journal import MemoryJournal


class MemorySpecs:
    """Keeps :class:`osism.domain.ports.Specs`; ``journal``: the one that has the transitions."""

    def __init__(self) -> None:
        self.known: dict[str, Spec] = {}
        self.journal: MemoryJournal | None = None

    def of(self, devices: Collection[str] | None = None) -> Mapping[str, Spec]:
        names = sorted(each for each in self.known if devices is None or each in devices)
        return {each: self.known[each] for each in names}

    def stamp(self) -> tuple[int, int]:
        return len(self.known), sum(each.version for each in self.known.values())

    def want(self, wish: Wish, version: int | None = None) -> Spec:
        known = self.known.get(wish.device)
        if version is not None and version != (known.version if known else 0):
            raise Changed("its spec has changed meanwhile; read it again")
        self.known[wish.device] = wanted(known, wish, datetime.now(UTC))
        return self.known[wish.device]

    def unsent(self, after: datetime, before: datetime) -> Sequence[Spec]:
        return [
            each
            for each in self.known.values()
            if after <= each.modified <= before and not self._begun(each)
        ]

    def bump(self, devices: Iterable[str]) -> None:
        for each in set(devices) & set(self.known):
            self.known[each] = replace(self.known[each], version=self.known[each].version + 1)

    def _begun(self, spec: Spec) -> bool:
        rows = self.journal.of_job(spec.job) if self.journal else ()
        return any(row.device == spec.device for row in rows)
