"""One thread at a time does what all of them need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from osism.domain.errors import OsismError


class Turns:
    """Who waits for a turn while another one fails, fails with it: what does not answer is not
    asked again by each of them, one after the other."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failed: tuple[float, OsismError] | None = None

    @contextmanager
    def take(self) -> Iterator[None]:
        """Have the turn; raises the error of the one before, if that came while we waited."""
        asked = self._clock()
        with self._lock:
            if self._failed and self._failed[0] > asked:
                error = self._failed[1]
                raise type(error)(str(error)) from error
            try:
                yield
            except OsismError as error:
                self._failed = self._clock(), error
                raise
