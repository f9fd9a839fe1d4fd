"""How a client of Redis fails whose users wait for each answer."""

from __future__ import annotations

from time import monotonic
from typing import Any

from redis.backoff import AbstractBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry

_PAUSE = 1.0  # seconds


class Impatience(Retry):
    """A connection that broke is made anew; what was not answered in time is not asked again, and
    for a second after it nothing else is: a hundred who wait would each wait for it, one after the
    other. All connections of a client have the same one."""

    def __init__(self, pauses: AbstractBackoff) -> None:
        super().__init__(pauses, 3, (ConnectionError,))
        self._silent = 0.0

    def __deepcopy__(self, memo: Any) -> Impatience:
        return self

    def call_with_retry(self, *values: Any, **named: Any) -> Any:
        if monotonic() < self._silent:
            raise TimeoutError("did not answer a moment ago")
        try:
            return super().call_with_retry(*values, **named)
        except TimeoutError:
            self._silent = monotonic() + _PAUSE
            raise
