"""Waking many readers of streams with one connection and one thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import sleep
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from osism.adapters.streams.places import numbers

if TYPE_CHECKING:
    import redis

_log = logging.getLogger(__name__)

_BLOCK = 50  # milliseconds; so long a stream that nobody waited for may wait to be joined
_PACE = 0.005  # seconds between two looks: while much comes, readers get it by the page
_AWAY = 0.5  # seconds until Redis is asked again


class Waiting:
    """Somebody who waits for a stream to go on."""

    __slots__ = ("after", "key", "wake")

    def __init__(self, key: str, after: str, wake: Callable[[], None]) -> None:
        self.key, self.after, self.wake = key, after, wake


class Hub:
    """Says when a stream has more than its readers have seen; the readers fetch it themselves.

    While nobody waits it does nothing, and has no connection in use. While Redis is away nobody is
    woken. To be shared by all threads of a process.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis: Any = client  # Any: the library types every reply as sync or async
        self._waiting: dict[str, set[Waiting]] = {}
        self._turn = threading.Condition()
        self._thread: threading.Thread | None = None
        self._away = False

    def wait(self, key: str, after: str, wake: Callable[[], None]) -> Waiting:
        """Call *wake* once, in another thread, when the stream *key* has something after an id.

        Returns at once. Whoever does not want it any more calls :meth:`forget`.
        """
        waiting = Waiting(key, after, wake)
        with self._turn:
            self._waiting.setdefault(key, set()).add(waiting)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="hub", daemon=True)
                self._thread.start()
            self._turn.notify_all()
        return waiting

    def forget(self, waiting: Waiting) -> None:
        """Do not wake it; harmless when it was woken."""
        with self._turn:
            self._drop(waiting)

    def __len__(self) -> int:
        """How many wait."""
        with self._turn:
            return sum(map(len, self._waiting.values()))

    def _drop(self, waiting: Waiting) -> None:
        others = self._waiting.get(waiting.key, set())
        others.discard(waiting)
        if not others:
            self._waiting.pop(waiting.key, None)

    def _run(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._waiting)
                places = {
                    key: min((each.after for each in waiting), key=numbers)
                    for key, waiting in self._waiting.items()
                }
            for key, entries in self._look(places):
                self._wake(key, entries[0][0])
            sleep(_PACE)

    def _look(self, places: dict[str, str]) -> Any:
        try:
            # One entry of each: only that there is more is asked for.
            found = self._redis.xread(places, count=1, block=_BLOCK) or ()
        except RedisError as error:
            if not self._away:
                _log.warning("readers of streams wait for Redis: %s", error)
            self._away = True
            sleep(_AWAY)
            return ()
        self._away = False
        return found

    def _wake(self, key: str, came: str) -> None:
        with self._turn:
            woken = [
                each for each in self._waiting.get(key, ()) if numbers(each.after) < numbers(came)
            ]
            for each in woken:
                self._drop(each)
        for each in woken:
            each.wake()
