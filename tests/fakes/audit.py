"""The audit log in memory; passes the contract suite of the real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from osism.domain.errors import OutsideFailed
from osism.domain.requests import Entry


class MemoryAudit:
    """Keeps :class:`osism.domain.ports.Audit`. ``away``: the database does not answer."""

    def __init__(self) -> None:
        self.rows: list[Entry] = []
        self.away = False
        self._number = 0

    def begin(self, entry: Entry) -> int:
        if self.away:
            raise OutsideFailed("the database is away")
        self._number += 1
        self.rows.append(replace(entry, at=entry.at.astimezone(UTC), number=self._number))
        return self._number

    def finish(self, number: int, status: int, result: str) -> None:
        if self.away:
            raise OutsideFailed("the database is away")
        self.rows = [
            replace(each, status=status, result=result) if each.number == number else each
            for each in self.rows
        ]

    def entries(
        self,
        who: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
        before: int = 0,
    ) -> Sequence[Entry]:
        found = [
            each
            for each in reversed(self.rows)
            if who in (None, each.who, each.who.partition(" (")[0])
            and (since is None or each.at >= since)
            and (not before or each.number < before)
        ]
        return found[:limit]

    def prune(self, before: datetime) -> int:
        kept = [each for each in self.rows if each.at >= before]
        gone, self.rows = len(self.rows) - len(kept), kept
        return gone
