"""Records of jobs: written before the work, read without any worker."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from osism.adapters.connections import reaching
from osism.adapters.streams.events import (
    APPEND,
    PAGE,
    append,
    encode,
    job_keys,
    page,
)
from osism.adapters.streams.jobs import FIELDS, record_of
from osism.adapters.streams.maintenance import Maintenance
from osism.adapters.streams.pages import JobPages
from osism.adapters.streams.presence import Presence
from osism.adapters.streams.readers import Reader
from osism.adapters.streams.told import FEED, TELL
from osism.adapters.streams.writer import Writer
from osism.domain.errors import Invalid, NotFound
from osism.domain.records import ENDS, STATES, JobRecord, StreamEvent, newest
from osism.domain.schedules import SCHEDULE

if TYPE_CHECKING:
    import redis

    from osism.domain.ports import Locks

_PAGE = 1000  # events at once
_SURE = 2.5  # seconds that a lock has to be free, see lost()
_LATE = 0.5  # seconds; an answer that comes later says that Redis was away

# KEYS: stream, record, index by time, index of ids, feed, and a lock when the move is only for a
# job that began and has no worker any more. ARGV: id, state, life in ms, event, 1 when it is an
# end, what the feed is told, then names and values of fields, first the one that makes the same
# state something new. What is not new is not told again. The first end stands: 0 for whatever comes
# later. Times are the server's, so that they compare. Forgets up to 100 ids whose records have
# expired. Of the schedule's jobs the feed hears only when they fail: some come every minute.
_MOVE = """'TELL'
local id, state, life, event, ends = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local record, index, ids = KEYS[2], KEYS[3], KEYS[4]
if redis.call('HEXISTS', record, 'ended') == 1 then return 0 end
local before = redis.call('HGET', record, 'state')
local clock = redis.call('TIME')
local now = clock[1] .. '.' .. string.format('%06d', clock[2])
if KEYS[6] and (before ~= 'started' or redis.call('EXISTS', KEYS[6]) == 1) then return 0 end
if before == state and (state == 'queued' or redis.call('HGET', record, ARGV[7]) == ARGV[8]) then
  redis.call('HSET', record, 'since', now)
  for _, key in ipairs({KEYS[1], record, index, index .. ':' .. state, ids}) do
    redis.call('PEXPIRE', key, life)
  end
  return 1
end
redis.call('HSET', record, 'id', id, 'state', state, 'since', now, unpack(ARGV, 7))
redis.call('HSETNX', record, 'queued', now)
if state == 'started' then redis.call('HSETNX', record, 'started', now) end
if ends == '1' then redis.call('HSET', record, 'ended', now) end
redis.call('XADD', KEYS[1], '*', 'event', event)
if state == 'failed' or redis.call('HGET', record, 'by') ~= 'SCHEDULE' then
  tell(KEYS[5], record, life, ARGV[6])
end
local queued = redis.call('HGET', record, 'queued')
if before then redis.call('ZREM', index .. ':' .. before, id) end
redis.call('ZADD', index, queued, id)
redis.call('ZADD', index .. ':' .. state, queued, id)
redis.call('ZADD', ids, 0, id)
for _, key in ipairs({KEYS[1], record, index, index .. ':' .. state, ids}) do
  redis.call('PEXPIRE', key, life)
end
local prefix = string.sub(record, 1, -#id - 1)
local old = redis.call('ZRANGEBYSCORE', index, '-inf', clock[1] - life / 1000, 'LIMIT', 0, 100)
for _, gone in ipairs(old) do
  if redis.call('EXISTS', prefix .. gone) == 0 then
    redis.call('ZREM', index, gone)
    redis.call('ZREM', ids, gone)
    for _, each in ipairs({'STATES'}) do redis.call('ZREM', index .. ':' .. each, gone) end
  end
end
return 1
"""
for _name, _text in {
    "'TELL'": TELL,
    "'STATES'": ", ".join(f"'{state}'" for state in STATES),
    "'SCHEDULE'": f"'{SCHEDULE}'",
}.items():
    _MOVE = _MOVE.replace(_name, _text)


class RedisRecords(Presence, Maintenance):
    """Keeps :class:`osism.domain.ports.Records`; beside them output, workers, ticks, site lock.

    *retention* (seconds): how long everything about a job is kept after its last event. All
    methods raise :class:`OutsideFailed` when Redis cannot be reached.
    """

    def __init__(
        self, client: redis.Redis, locks: Locks, retention: float = 7 * 86400, silence: float = 30.0
    ) -> None:
        Presence.__init__(self, client, retention, silence)
        self._client = client
        self._locks = locks
        self._retention = retention
        self._move = self._redis.register_script(_MOVE)
        self._append = self._redis.register_script(APPEND)
        self._page = self._redis.register_script(PAGE)

    # --- writing ---

    def queued(
        self,
        job_id: str,
        *,
        name: str,
        queue: str,
        summary: str,
        by: str,
        request: Mapping[str, Any],
    ) -> bool:
        """Record a job that is about to be sent; False when it has ended already."""
        said = {"name": name, "queue": queue, "summary": summary, "by": by}
        return self._moved(job_id, "queued", said, said | {"request": json.dumps(request)})

    def started(self, job_id: str, worker: str) -> bool:
        """Record that *worker* begins; False when the job has an end and is to be dropped.

        To be called with the lock ``job:<id>`` held: :meth:`lost` looks for it. Readers are told
        once, however often the same worker says it.
        """
        return self._moved(job_id, "started", {"worker": worker}, {"worker": worker})

    def retrying(self, job_id: str, reason: str, turn: str = "") -> bool:
        """Record that the job will begin again later; False when it has ended.

        Readers are told once for the same reason, however often it is tried meanwhile. *turn*:
        which row of deliveries is the one that counts.
        """
        kept = {"reason": reason, "turn": turn}
        return self._moved(job_id, "retrying", {"reason": reason}, kept)

    def end(
        self,
        job: str,
        state: str,
        reason: str = "",
        result: Any = None,
        exit_code: int | None = None,
    ) -> bool:
        """End a job: succeeded, failed or revoked. The first end stands; False for a later one.

        *result* is JSON; what it cannot say becomes text.
        """
        return self._end(job, state, reason, result, exit_code)

    def end_lost(self, job: str, reason: str = "worker lost") -> bool:
        """End a job that began as failed (exit code 4), if it has no worker in this moment.

        To be asked for by whoever has seen for a while that it is lost, see :meth:`follow` and
        :meth:`lost`: in the moment after an outage a worker that lives has no lock either.
        """
        return self._end(job, "failed", reason, None, 4, lock=f"osism:lock:job:{job}")

    def _end(
        self,
        job: str,
        state: str,
        reason: str,
        result: Any,
        exit_code: int | None,
        lock: str = "",
    ) -> bool:
        if state not in ENDS:
            raise ValueError(f"a job does not end as {state!r}")
        said = {"state": state, "reason": reason, "result": result, "exit_code": exit_code}
        kept = {"reason": reason, "result": json.dumps(result, default=str)}
        if exit_code is not None:
            kept["exit_code"] = str(exit_code)
        return self._moved(job, state, said, kept, kind="end", lock=lock)

    def _moved(
        self,
        job_id: str,
        state: str,
        said: Mapping[str, Any],
        kept: Mapping[str, str],
        kind: str = "",
        lock: str = "",
    ) -> bool:
        event = encode(kind or state, said)
        # A result can be long; whoever wants it reads the job.
        brief = {name: value for name, value in said.items() if name != "result"}
        told = encode(kind or state, brief)
        fields = [text for pair in kept.items() for text in pair]
        with reaching("Redis", self._redis):
            moved = self._move(
                keys=[
                    *job_keys(job_id),
                    "osism:jobs",
                    "osism:ids",
                    FEED,
                    *([lock] if lock else []),
                ],
                args=[job_id, state, self._life, event, int(state in ENDS), told, *fields],
            )
        return bool(moved)

    # --- reading ---

    def get(self, job_id: str) -> JobRecord | None:
        """The record of a job, None when there is none (any more)."""
        with reaching("Redis", self._redis):
            values = self._redis.hmget(f"osism:job:{job_id}", FIELDS)
        return record_of(values)

    def statuses(self, jobs: Iterable[str]) -> dict[str, JobRecord]:
        """The records of those of *jobs* that have one, in one round trip."""
        asked = list(jobs)
        if not asked:
            return {}
        with reaching("Redis", self._redis):
            pipe = self._redis.pipeline(transaction=False)
            for job_id in asked:
                pipe.hmget(f"osism:job:{job_id}", FIELDS)
            rows = pipe.execute()
        found = (record_of(row) for row in rows)
        return {record.id: record for record in found if record}

    def silent(self, seconds: float = 60.0) -> list[JobRecord]:
        """Jobs that are to be looked at again every few seconds and were not for *seconds*: the
        broker has lost them, or a worker has taken them along."""
        return [
            each for each in self.recent(1000, "retrying") if not self.waiting(each.id, seconds)
        ]

    def recent(self, limit: int = 50, state: str | None = None) -> list[JobRecord]:
        """The newest jobs first, all or those in one state, in one round trip."""
        if state is not None and state not in STATES:
            raise Invalid(f"state {state!r}: must be one of {', '.join(STATES)}")
        rows = self._rows("osism:jobs" if state is None else f"osism:jobs:{state}", limit)
        return [record for row in rows if (record := record_of(row))]

    def counts(self) -> dict[str, int]:
        """State -> jobs in it."""
        with reaching("Redis", self._redis):
            pipe = self._redis.pipeline(transaction=False)
            for state in STATES:
                pipe.zcard(f"osism:jobs:{state}")
            return dict(zip(STATES, pipe.execute(), strict=True))

    def newest(
        self, limit: int = 50, state: str | None = None, but: str = ""
    ) -> Sequence[JobRecord]:
        """The newest jobs first, without those that *but* asked for."""
        return newest(self.recent, limit, state, but)

    def _rows(self, index: str, limit: int) -> Sequence[Sequence[str | None]]:
        with reaching("Redis", self._redis):
            rows: Sequence[Sequence[str | None]] = self._redis.sort(
                index,
                start=0,
                num=limit,
                by="nosort",
                desc=True,
                get=[f"osism:job:*->{name}" for name in FIELDS],
                groups=True,
            )
        return rows

    def find(self, prefix: str) -> str:
        """The one id that begins with *prefix*.

        Raises :class:`NotFound` when there is none and :class:`Invalid` when there are several.
        """
        with reaching("Redis", self._redis):
            ids = self._redis.zrangebylex(
                "osism:ids", f"[{prefix}", f"[{prefix}\U0010ffff", start=0, num=6
            )
        if prefix in ids or (len(ids) == 1 and prefix):
            return str(ids[0])
        if not prefix or not ids:
            raise NotFound(f"no job whose id begins with {prefix!r}")
        raise Invalid(f"job {prefix!r} is ambiguous: {', '.join(ids[:5])}{' …' * (len(ids) > 5)}")

    def waiting(self, job: str, lately: float = 900.0) -> bool:
        """Whether the job was queued, or queued again, in the last *lately* seconds and has not
        begun since."""
        with reaching("Redis", self._redis):
            pipe = self._redis.pipeline(transaction=False)
            pipe.time()
            pipe.hmget(f"osism:job:{job}", "state", "since")
            now, (state, since) = pipe.execute()
        return state in ("queued", "retrying") and _seconds(now) - float(since) < lately

    def lost(self, grace: float = 5.0) -> Iterator[str]:
        """Jobs that began more than *grace* seconds ago, did not end, and whose lease is free.

        That is looked at for a moment, when there are any: after an outage a worker that lives
        comes back before it counts as lost.
        """
        with reaching("Redis", self._redis):
            pipe = self._redis.pipeline(transaction=False)
            pipe.time()
            pipe.sort(
                "osism:jobs:started", by="nosort", get=["#", "osism:job:*->since"], groups=True
            )
            now, rows = pipe.execute()
        begun = [job for job, since in rows if since and _seconds(now) - float(since) > grace]
        free = self._free(begun)
        since = looked = monotonic()
        while free and looked - since < _SURE:
            sleep(min(_SURE / 4, 0.5))
            free = self._free(free)
            before, looked = looked, monotonic()
            if looked - before > 0.5 + _LATE:
                since = looked  # Redis was away meanwhile
        # One that has ended meanwhile has no lock either.
        yield from (job for job in free if (known := self.get(job)) and known.state == "started")

    def _free(self, jobs: Sequence[str]) -> list[str]:
        held = self._locks.holders(f"job:{job}" for job in jobs)
        return [job for job in jobs if f"job:{job}" not in held]

    # --- output ---

    def emit(self, job_id: str, kind: str, **values: Any) -> bool:
        """Tell the readers of a job one thing now; False when it has ended.

        A connection that breaks at the wrong moment may tell it twice; a :meth:`writer` does not.
        """
        event = encode(kind, values)
        with reaching("Redis", self._redis):
            return append(self._append, job_id, "", 1, self._life, [event])

    def output(self, job_id: str) -> Iterator[StreamEvent]:
        """The events of a job so far."""
        yield from self._dropped(job_id)
        last = "0"
        while last:
            with reaching("Redis", self._redis):
                events = page(self._page, job_id, last, _PAGE)
            yield from events
            last = events[-1].id if len(events) == _PAGE else ""

    def pages(self, job_id: str, after: str = "0") -> JobPages:
        """The events of a job after the one with the id *after*, for a reader that waits elsewhere.

        Raises :class:`NotFound` for a job that nobody knows, :class:`Invalid` for no id.
        """
        found = JobPages(
            self._client, self, self._locks, job_id, after, lambda: list(self._dropped(job_id))
        )
        if self.get(job_id) is None:
            raise NotFound(f"no job {job_id!r}")
        return found

    def _dropped(self, job_id: str) -> Iterator[StreamEvent]:
        with reaching("Redis", self._redis):
            count = int(self._redis.hget(f"osism:job:{job_id}", "dropped") or 0)
        if count:
            yield StreamEvent("0", "dropped", datetime.now(UTC), {"count": count})

    def writer(self, job_id: str) -> Writer:
        """A writer for the output of a job, which outlives an outage of Redis."""
        return Writer(self._client, job_id, self._retention)

    def follow(
        self, job_id: str, after: str = "0", hint: float = 5.0, outage: float = 300.0
    ) -> Iterator[StreamEvent]:
        """The events of a job after the one with the id *after*, as they come, until its end.

        Adds ``waiting`` (``seconds`` of silence, ``queue``, ``workers``: who listens there) every
        *hint* seconds while nobody works on the job, and ``lost`` when its worker is gone. Survives
        *outage* seconds without Redis, then raises :class:`OutsideFailed`. Raises
        :class:`NotFound` at once for a job that nobody knows.
        """
        if self.get(job_id) is None:
            raise NotFound(f"no job {job_id!r}")
        events = Reader(self._client, self, self._locks, job_id, hint).follow(after, outage)
        return chain(list(self._dropped(job_id)), events) if after == "0" else events


def _seconds(clock: tuple[int, int]) -> float:
    """The server's TIME as seconds since 1970."""
    return clock[0] + clock[1] / 1_000_000
