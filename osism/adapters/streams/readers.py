"""Following the output of a job: from the first event, through outages, to the end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSlow

from osism.adapters.connections import reaching
from osism.adapters.streams.events import PAGE, decode, page
from osism.adapters.streams.silence import Records, Silence
from osism.domain.errors import OutsideFailed
from osism.domain.records import StreamEvent

if TYPE_CHECKING:
    import redis

    from osism.domain.ports import Locks

_log = logging.getLogger(__name__)

_FEW, _PAGE = 100, 1000  # events at once: while they come, and to catch up


class Reader:
    """One reader of one job, which waits by itself. It takes nothing away: any number may read."""

    def __init__(
        self, client: redis.Redis, records: Records, locks: Locks, job_id: str, hint: float
    ) -> None:
        self._redis: Any = client  # Any: the library types every reply as sync or async
        self._job = job_id
        self._last = "0"
        self._silence = Silence(records, locks, job_id, hint)
        self._page = self._redis.register_script(PAGE)
        self._behind = False

    def follow(self, after: str, outage: float) -> Iterator[StreamEvent]:
        """See :meth:`osism.adapters.streams.records.RedisRecords.follow`."""
        self._last = after
        away = 0.0
        while True:
            try:
                with reaching("Redis", self._redis):
                    events = self._read()
                added = [] if events else list(self._silence.look(self._last, self._read))
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
        self._silence.unheard()
        sleep(min(0.05 if not away else 0.5, outage))
        return away or now

    def _read(self) -> list[StreamEvent]:
        events = page(self._page, self._job, self._last, _PAGE) if self._behind else []
        if not events:
            key, block = f"osism:stream:{self._job}", int(self._silence.pause * 1000)
            answer = self._redis.xread({key: self._last}, count=_FEW, block=block)
            events = [decode(id, fields) for _, entries in answer or () for id, fields in entries]
        self._behind = len(events) >= _FEW
        if events:
            self._last = events[-1].id
            self._silence.broken()
        return events
