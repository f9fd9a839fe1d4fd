"""Following the output of a job: from the first event, through outages, to the end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Protocol

from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSlow

from osism.adapters.connections import reaching
from osism.adapters.streams.events import PAGE, decode, page
from osism.domain.errors import OutsideFailed
from osism.domain.records import StreamEvent

if TYPE_CHECKING:
    import redis

    from osism.domain.ports import Locks
    from osism.domain.records import JobRecord, WorkerRecord

_log = logging.getLogger(__name__)

_FEW, _PAGE = 100, 1000  # events at once: while they come, and to catch up
_BLOCK = 1.5  # seconds; how often a silent job is looked at
_SURE = 2.0  # seconds that a lock has to be free while Redis answers: a worker that an outage cut
# off takes its lock back within one
_RARE = 16  # hints come rarer and rarer, up to so many times
_LATE = 0.5  # seconds; an answer that comes later says that Redis was away


class _Records(Protocol):
    def get(self, job_id: str) -> JobRecord | None: ...

    def workers(self) -> list[WorkerRecord]: ...


class Reader:
    """One reader of one job. It takes nothing away: any number may read."""

    def __init__(self, client: redis.Redis, records: _Records, locks: Locks, job_id: str) -> None:
        self._redis: Any = client  # Any: the library types every reply as sync or async
        self._records = records
        self._locks = locks
        self._job = job_id
        self._last = "0"
        self._free_since = self._hinted = self._waits_since = self._looked = 0.0
        self._block = _BLOCK
        self._page = self._redis.register_script(PAGE)
        self._behind = False
        self._told_lost = False
        self._rarer = 1  # how many times longer than the first hint the next one is waited for

    def follow(self, after: str, hint: float, outage: float) -> Iterator[StreamEvent]:
        """See :meth:`osism.adapters.streams.records.RedisRecords.follow`."""
        self._last = after
        self._waits_since = self._hinted = monotonic()
        away = 0.0
        while True:
            try:
                with reaching("Redis", self._redis):
                    events = self._read()
                added = [] if events else list(self._look(hint))
                away = 0.0
            except OutsideFailed as error:
                if not isinstance(error.__cause__, RedisAway | RedisSlow):
                    raise
                away = self._bear(error, away, outage)
                continue
            for event in events or added:
                yield event
                if event.kind == "end":
                    return

    def _bear(self, error: OutsideFailed, away: float, outage: float) -> float:
        """Wait a moment for Redis to come back; return since when it is away."""
        now = monotonic()
        if not away:
            _log.info("reading job %s waits for Redis: %s", self._job, error)
        if away and now - away > outage:
            raise error
        self._free_since = 0.0
        sleep(min(0.05 if not away else 0.5, outage))
        return away or now

    def _read(self) -> list[StreamEvent]:
        events = page(self._page, self._job, self._last, _PAGE) if self._behind else []
        if not events:
            key = f"osism:stream:{self._job}"
            answer = self._redis.xread({key: self._last}, count=_FEW, block=int(self._block * 1000))
            events = [decode(id, fields) for _, entries in answer or () for id, fields in entries]
        self._behind = len(events) >= _FEW
        if events:
            self._last = events[-1].id
            self._free_since, self._told_lost = 0.0, False
            self._waits_since = self._hinted = monotonic()
            self._rarer = 1
        return events

    def _look(self, hint: float) -> Iterator[StreamEvent]:
        """What the silence means; nothing while a worker holds the job."""
        lock = f"job:{self._job}"
        held = lock in self._locks.holders([lock])
        before, self._looked = self._looked, monotonic()
        if self._looked - before > self._block + _LATE:
            self._free_since = 0.0
        self._block = _BLOCK
        if held:
            self._free_since, self._told_lost = 0.0, False
            return
        record = self._records.get(self._job)
        if record is not None and record.ended:
            yield from self._closed(record)
        elif record is not None and record.state in ("queued", "retrying"):
            yield from self._waiting(record, hint)
        else:
            yield from self._maybe_lost()

    def _closed(self, record: JobRecord) -> Iterator[StreamEvent]:
        """An end that is no longer, or not after our place, in the stream."""
        said = {
            "state": record.state,
            "reason": record.reason,
            "result": record.result,
            "exit_code": record.exit_code,
        }
        # It may have been written between our read and our look.
        events = self._read()
        yield from events
        if not any(event.kind == "end" for event in events):
            yield StreamEvent(self._last, "end", record.ended or datetime.now(UTC), said)

    def _waiting(self, record: JobRecord, hint: float) -> Iterator[StreamEvent]:
        now = monotonic()
        if now - self._hinted < hint * self._rarer:
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
        yield StreamEvent(self._last, "waiting", datetime.now(UTC), said)

    def _maybe_lost(self) -> Iterator[StreamEvent]:
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
            yield StreamEvent(self._last, "lost", datetime.now(UTC), said)
        else:
            self._block = min(_BLOCK, max(_SURE - seconds, 0.01))
