"""A journal in memory; passes the contract suite of the real one."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from osism.domain.errors import NotFound
from osism.domain.ports import Event, Row


class MemoryJournal:
    """Keeps :class:`osism.domain.ports.Journal`."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._requests: dict[str, str] = {}
        self._events: list[Event] = []

    def begin(self, rows: Sequence[Row], request: Mapping[str, Any]) -> None:
        for row in rows:
            if row.id not in self._rows:
                self._rows[row.id] = row
                self._requests[row.id] = json.dumps(dict(request))

    def event(self, ids: Collection[str], phase: int, kind: str, **detail: Any) -> None:
        kept = json.loads(json.dumps(detail, default=_plain))
        for known in (each for each in ids if each in self._rows):
            self._events.append(Event(known, datetime.now(UTC), int(phase), kind, kept))
            if phase and self._rows[known].status == "running":
                self._rows[known] = replace(self._rows[known], phase=int(phase))

    def finish(self, ids: Collection[str], status: str, error: str = "") -> None:
        for known in (each for each in ids if each in self._rows):
            if self._rows[known].status == "running":
                self._rows[known] = replace(
                    self._rows[known], status=status, error=error, ended=datetime.now(UTC)
                )

    def of_job(self, job: str) -> Sequence[Row]:
        rows = [row for row in self._rows.values() if row.job == job]
        return sorted(rows, key=lambda row: (row.device, row.id))

    def running(self) -> Sequence[tuple[Row, Mapping[str, Any]]]:
        rows = reversed(self.find(status="running", limit=len(self._rows)))
        return [(row, json.loads(self._requests[row.id])) for row in rows]

    def find(
        self, device: str | None = None, status: str | None = None, limit: int = 50
    ) -> Sequence[Row]:
        rows = [
            row
            for row in self._rows.values()
            if device in (None, row.device) and status in (None, row.status)
        ]
        return sorted(rows, key=lambda row: (row.started, row.id), reverse=True)[:limit]

    def get(self, transition: str) -> tuple[Row, Sequence[Event]]:
        if transition not in self._rows:
            raise NotFound(f"transition {transition!r}: the journal does not know it")
        events = [event for event in self._events if event.transition == transition]
        return self._rows[transition], events

    def prune(self, before: datetime) -> int:
        old = {row.id for row in self._rows.values() if row.ended and row.ended < before}
        self._rows = {key: row for key, row in self._rows.items() if key not in old}
        self._events = [event for event in self._events if event.transition not in old]
        return len(old)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)
