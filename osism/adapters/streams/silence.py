"""What it means that a job tells nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from osism.domain.records import StreamEvent

if TYPE_CHECKING:
    from osism.domain.ports import Locks
    from osism.domain.records import JobRecord, WorkerRecord

_BLOCK = 1.5  # seconds; how often a silent job is looked at
_SURE = 2.0  # seconds that a lock has to be free while Redis answers: a worker that an outage cut
# off takes its lock back within one
_RARE = 16  # hints come rarer and rarer, up to so many times
_LATE = 0.5  # seconds; an answer that comes later says that Redis was away


class Records(Protocol):
    """What is asked of the records."""

    def get(self, job_id: str) -> JobRecord | None: ...

    def workers(self) -> list[WorkerRecord]: ...


class Silence:
    """The silence of one job, as one reader hears it.

    *hint*: seconds after which it is told that nobody works on the job. *pause*: seconds of silence
    after which :meth:`look` is to be called (again).
    """

    def __init__(self, records: Records, locks: Locks, job_id: str, hint: float) -> None:
        self._records = records
        self._locks = locks
        self._job = job_id
        self._hint = hint
        self._free_since = self._looked = 0.0
        self._waits_since = self._hinted = monotonic()
        self.pause = _BLOCK
        self._told_lost = False
        self._rarer = 1  # how many times longer than the first hint the next one is waited for

    def broken(self) -> None:
        """The job has told something."""
        self._free_since, self._told_lost = 0.0, False
        self._waits_since = self._hinted = monotonic()
        self._rarer = 1

    def unheard(self) -> None:
        """Redis was away: nobody could hear anything."""
        self._free_since = 0.0

    def look(self, last: str, read: Callable[[], list[StreamEvent]]) -> Iterator[StreamEvent]:
        """What the silence behind the event *last* means; nothing while a worker holds the job.
        *read*: reads what has come meanwhile."""
        lock = f"job:{self._job}"
        held = lock in self._locks.holders([lock])
        before, self._looked = self._looked, monotonic()
        if self._looked - before > self.pause + _LATE:
            self._free_since = 0.0
        self.pause = _BLOCK
        if held:
            self._free_since, self._told_lost = 0.0, False
            return
        record = self._records.get(self._job)
        if record is not None and record.ended:
            yield from self._closed(record, last, read)
        elif record is not None and record.state in ("queued", "retrying"):
            yield from self._waiting(record, last)
        else:
            yield from self._maybe_lost(last)

    def _closed(
        self, record: JobRecord, last: str, read: Callable[[], list[StreamEvent]]
    ) -> Iterator[StreamEvent]:
        """An end that is no longer, or not after our place, in the stream."""
        said = {
            "state": record.state,
            "reason": record.reason,
            "result": record.result,
            "exit_code": record.exit_code,
        }
        # It may have been written between our read and our look.
        events = read()
        yield from events
        if not any(event.kind == "end" for event in events):
            last = events[-1].id if events else last
            yield StreamEvent(last, "end", record.ended or datetime.now(UTC), said)

    def _waiting(self, record: JobRecord, last: str) -> Iterator[StreamEvent]:
        now = monotonic()
        if now - self._hinted < self._hint * self._rarer:
            return
        self._hinted, self._rarer = now, min(self._rarer * 2, _RARE)
        there = [each.name for each in self._records.workers() if record.queue in each.queues]
        if there and record.state == "retrying":  # readers know what it waits for
            return
        said = {
            "seconds": round(now - self._waits_since, 1),
            "queue": record.queue,
            "workers": there,
        }
        yield StreamEvent(last, "waiting", datetime.now(UTC), said)

    def _maybe_lost(self, last: str) -> Iterator[StreamEvent]:
        now = self._looked
        self._free_since = self._free_since or now
        seconds = now - self._free_since
        if seconds >= _SURE:
            said = {
                "reason": "worker lost",
                "seconds": round(seconds, 1),
                "first": not self._told_lost,
            }
            self._told_lost = True
            yield StreamEvent(last, "lost", datetime.now(UTC), said)
        else:
            self.pause = min(_BLOCK, max(_SURE - seconds, 0.01))
