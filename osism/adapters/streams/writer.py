"""Output of a job on its way to Redis: never waits, never fails, catches up."""

from __future__ import annotations

import logging
import threading
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from redis.exceptions import RedisError

from osism.adapters.streams.events import APPEND, append, encode

if TYPE_CHECKING:
    import redis

_log = logging.getLogger(__name__)

_BATCH = 1000  # events; a reader sees the first of them when the last one has arrived
_BATCH_BYTES = 1 << 20
_PATIENCE = 5.0  # seconds that whoever emits is held up by a full buffer
_LONGEST_PAUSE = 1.0  # seconds between two attempts while Redis is away


class Writer:
    """Tells the readers of one job, in order and once, from a buffer and a thread of its own.

    At most *events* events and *size* bytes wait for Redis. When they come faster than Redis takes
    them, whoever emits is held up; while Redis is away the oldest are dropped, and an event
    ``dropped`` says how many (``count``) in their place. Use it as a context manager
    or :meth:`close` it. It may be shared between threads, not between processes.
    """

    def __init__(
        self,
        client: redis.Redis,
        job_id: str,
        retention: float,
        events: int = 100_000,
        size: int = 64 << 20,
    ) -> None:
        self.job_id = job_id
        self._append: Any = client.register_script(APPEND)
        self._life = int(retention * 1000)
        self._most, self._largest = events, size
        self._name = uuid4().hex[:12]
        self._buffer: deque[str] = deque()
        self._size = self._dropped = self._pending = 0
        self._next = 1
        self._closed = self._away = False
        self._turn = threading.Condition()
        self._thread = threading.Thread(target=self._deliver, name="output", daemon=True)
        self._thread.start()

    def emit(self, kind: str, **values: Any) -> None:
        """Add one event. Raises nothing; after :meth:`close` it is lost.

        Returns at once unless the buffer is full and Redis there.
        """
        event = encode(kind, values)
        with self._turn:
            if self._closed:
                return
            if self._full() and not self._away:
                # Redis takes them, only not as fast as they come: the writer is held up, for a
                # while at most. One that is away holds nobody up.
                self._away = not self._turn.wait_for(
                    lambda: not self._full() or self._away or self._closed, _PATIENCE
                )
            self._buffer.append(event)
            self._size += len(event)
            while len(self._buffer) > self._most or (
                self._size > self._largest and len(self._buffer) > 1
            ):
                self._size -= len(self._buffer.popleft())
                self._dropped += 1
            if len(self._buffer) == 1:
                self._turn.notify_all()

    def _full(self) -> bool:
        return len(self._buffer) >= self._most or self._size >= self._largest

    def flush(self, within: float) -> bool:
        """Wait until everything has been delivered, *within* seconds; False when it was not."""
        with self._turn:
            return self._turn.wait_for(lambda: not (self._buffer or self._pending), within)

    def close(self, within: float = 5.0) -> bool:
        """:meth:`flush` and end the thread; what is left then is lost (False)."""
        delivered = self.flush(within)
        with self._turn:
            self._closed = True
            self._turn.notify_all()
        if not delivered:
            left = len(self._buffer) + self._pending
            _log.error("%d events of job %s could not be delivered", left, self.job_id)
        return delivered

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _deliver(self) -> None:
        while batch := self._batch():
            if not self._send(batch):
                return
            self._next += len(batch)
            with self._turn:
                self._pending, self._away = 0, False
                self._turn.notify_all()

    def _batch(self) -> list[str]:
        """The events to send next, as soon as there are any; empty when closed."""
        with self._turn:
            self._turn.wait_for(lambda: self._buffer or self._closed)
            if self._closed:
                return []
            batch, size = [], 0
            if self._dropped:
                batch.append(encode("dropped", {"count": self._dropped}))
                self._dropped = 0
            while self._buffer and len(batch) < _BATCH and size < _BATCH_BYTES:
                event = self._buffer.popleft()
                size += len(event)
                batch.append(event)
            self._size -= size
            self._pending = len(batch)
            return batch

    def _send(self, batch: list[str]) -> bool:
        """Deliver *batch*, however long Redis is away; False when closed before it came back."""
        pause, away = 0.01, 0.0
        while not self._closed:
            try:
                append(self._append, self.job_id, self._name, self._next, self._life, batch)
            except RedisError as error:
                if not away:
                    away = monotonic()
                    with self._turn:
                        self._away = True
                        self._turn.notify_all()
                    _log.warning("output of job %s waits for Redis: %s", self.job_id, error)
            else:
                if away:
                    waited = monotonic() - away
                    _log.info("output of job %s goes on after %.1f s", self.job_id, waited)
                return True
            with self._turn:
                self._turn.wait_for(lambda: self._closed, pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        return False
