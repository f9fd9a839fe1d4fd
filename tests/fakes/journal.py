"""A journal in memory; passes the contract suite of the real one."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from osism.domain.errors import NotFound
from osism.domain.ports import Event, Row
from osism.domain.specs import begun, last_results
from tests.fakes.specs import MemorySpecs


class MemoryJournal:
    """Keeps :class:`osism.domain.ports.Journal`."""

    def __init__(self, specs: MemorySpecs | None = None) -> None:
        self.specs = specs or MemorySpecs()
        self.specs.journal = self
        self._rows: dict[str, Row] = {}
        self._requests: dict[str, str] = {}
        self._events: list[Event] = []

    def begin(
        self,
        rows: Sequence[Row],
        request: Mapping[str, Any],
        left: Collection[str] = (),
        how: str = "failed",
    ) -> None:
        known, fresh = dict(self.specs.known), {}
        for row in rows:
            if row.id in self._rows and row.device in known:
                continue
            spec = known[row.device] = begun(known.get(row.device), row, datetime.now(UTC))
            if row.id not in self._rows:
                fresh[row.id] = replace(row, generation=spec.generation)
        self.specs.known = known
        if rows:
            self._end(left, how, f"taken up by job {rows[0].job}")
        self._rows |= fresh
        self._requests |= dict.fromkeys(fresh, json.dumps(dict(request)))

    def event(self, ids: Collection[str], phase: int, kind: str, **detail: Any) -> None:
        kept = json.loads(json.dumps(detail, default=_plain))
        self.specs.bump(self._rows[each].device for each in ids if each in self._rows)
        for known in (each for each in ids if each in self._rows):
            self._events.append(Event(known, datetime.now(UTC), int(phase), kind, kept))
            if phase and self._rows[known].status == "running":
                self._rows[known] = replace(self._rows[known], phase=int(phase))

    def finish(self, ids: Collection[str], status: str, error: str = "") -> None:
        self.specs.bump(self._end(ids, status, error))

    def _end(self, ids: Collection[str], status: str, error: str) -> list[str]:
        rows = [self._rows[each] for each in ids if each in self._rows]
        running = [row for row in rows if row.status == "running"]
        ended = {"status": status, "error": error, "ended": datetime.now(UTC)}
        self._rows |= {row.id: replace(row, **ended) for row in running}
        return [row.device for row in running]

    def of_job(self, job: str) -> Sequence[Row]:
        rows = [row for row in self._rows.values() if row.job == job]
        return sorted(rows, key=lambda row: (row.device, row.id))

    def of_jobs(self, jobs: Collection[str]) -> Sequence[Row]:
        return [row for each in set(jobs) for row in self.of_job(each)]

    def latest(self, devices: Collection[str] | None = None) -> Mapping[str, Row]:
        chosen = self.specs.known if devices is None else devices
        rows = self.find(limit=len(self._rows))
        return {row.device: row for row in reversed(rows) if row.device in chosen}

    def results(self, ids: Collection[str]) -> Mapping[str, Mapping[str, tuple[str, str]]]:
        said = {
            each: [e.detail for e in self._events if e.transition == each and e.kind == "switch"]
            for each in ids
        }
        return {each: last_results(details) for each, details in said.items() if details}

    def running(self) -> Sequence[tuple[Row, Mapping[str, Any]]]:
        rows = reversed(self.find(status="running", limit=len(self._rows)))
        return [(row, json.loads(self._requests[row.id])) for row in rows]

    def find(
        self,
        device: str | None = None,
        status: str | None = None,
        limit: int = 50,
        before: tuple[datetime, str] | None = None,
    ) -> Sequence[Row]:
        rows = [
            row
            for row in self._rows.values()
            if device in (None, row.device)
            and status in (None, row.status)
            and (before is None or (row.started, row.id) < before)
        ]
        return sorted(rows, key=lambda row: (row.started, row.id), reverse=True)[:limit]

    def get(self, transition: str) -> tuple[Row, Sequence[Event]]:
        if transition not in self._rows:
            raise NotFound(f"transition {transition!r}: the journal does not know it")
        events = [event for event in self._events if event.transition == transition]
        return self._rows[transition], events

    def prune(self, before: datetime) -> int:
        devices = {row.device for row in self._rows.values()}
        last = {row.id for row in self.latest(devices).values()}
        old = {
            row.id
            for row in self._rows.values()
            if row.ended and row.ended < before and row.id not in last
        }
        self._rows = {key: row for key, row in self._rows.items() if key not in old}
        self._events = [event for event in self._events if event.transition not in old]
        return len(old)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)
