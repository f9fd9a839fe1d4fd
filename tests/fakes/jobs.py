"""Jobs in memory: their records, their locks and their queue, and workers that a test moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from osism.domain.errors import OutsideFailed
from osism.domain.jobs import Job, encode
from osism.domain.ports import Owner

ENDS = ("succeeded", "failed", "revoked")


@dataclass
class Known:
    """Keeps :class:`osism.domain.ports.JobStatus`."""

    id: str
    state: str = "queued"
    reason: str = ""
    exit_code: int | None = None
    by: str = "dragon"
    request: Mapping[str, Any] = field(default_factory=dict)


class MemoryJobs:
    """Keeps :class:`osism.domain.ports.JobRecords`, :class:`osism.domain.ports.Queue` and what
    actions ask of :class:`osism.domain.ports.Locks`, as Redis does: the first end stands, and a
    job that has one is not sent again."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}
        self.held: set[str] = set()
        self.sent: list[str] = []
        self.asked: list[str] = []
        self.away = False

    # what actions ask

    def send(self, job: Job, by: str, id: str | None = None) -> str:
        self._reach()
        assert id, "a test that sends jobs without an id would not find them"
        known = self.known.setdefault(id, Known(id, by=by, request=encode(job)))
        if known.state not in ENDS:
            self.sent.append(id)
        return id

    def statuses(self, jobs: Iterable[str]) -> dict[str, Known]:
        self._reach()
        found = [self.known[each] for each in jobs if each in self.known]
        return {each.id: Known(**vars(each)) for each in found}

    def end(
        self,
        job: str,
        state: str,
        reason: str = "",
        result: Any = None,
        exit_code: int | None = None,
    ) -> bool:
        self._reach()
        known = self.known.setdefault(job, Known(job))
        if known.state in ENDS:
            return False
        known.state, known.reason, known.exit_code = state, reason, exit_code
        return True

    def end_lost(self, job: str, reason: str) -> bool:
        self._reach()
        if job in self.held or self.known[job].state != "started":
            return False
        return self.end(job, "failed", reason, None, 4)

    def ask(self, name: str, by: str) -> Owner | None:
        self._reach()
        job = name.removeprefix("job:")
        if job not in self.held:
            return None
        self.asked.append(job)
        return Owner(job, "a test")

    def holders(self, names: Iterable[str]) -> dict[str, Owner]:
        self._reach()
        return {name: Owner(name[4:], "a test") for name in names if name[4:] in self.held}

    def get(self, job: str) -> Known | None:
        return self.known.get(job)

    # what workers do

    def begin(self, job: str) -> None:
        assert self.known[job].state not in ENDS
        self.known[job].state = "started"
        self.held.add(job)

    def finish(self, job: str, state: str = "succeeded", exit_code: int = 0) -> None:
        self.held.discard(job)
        known = self.known[job]
        known.state, known.exit_code = state, exit_code

    def die(self, job: str) -> None:
        self.held.discard(job)

    def _reach(self) -> None:
        if self.away:
            raise OutsideFailed("Redis is away")
