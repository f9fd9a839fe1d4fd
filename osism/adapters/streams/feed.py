"""Everything that happens in the site, in one stream: ``osism:feed``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from time import time
from typing import TYPE_CHECKING, Any

from osism.adapters.connections import reaching
from osism.adapters.streams import places
from osism.adapters.streams.events import encode, moment
from osism.adapters.streams.pages import FeedPages
from osism.adapters.streams.told import FEED, MOST, TELL
from osism.domain.feeds import FeedEvent

if TYPE_CHECKING:
    import redis

# KEYS: feed, a record that is not there. ARGV: life in ms, event.
_ADD = f"{TELL}\ntell(KEYS[1], KEYS[2], ARGV[1], ARGV[2])"


class Feed:
    """The feed. *retention* (seconds): how long its events are kept; at most about 100,000 are.

    All methods raise :class:`OutsideFailed` when Redis cannot be reached.
    """

    key = FEED

    def __init__(self, client: redis.Redis, retention: float) -> None:
        self._redis: Any = client  # Any: the library types every reply as sync or async
        self._life = int(retention * 1000)
        self._add = self._redis.register_script(_ADD)

    def add(self, kind: str, **values: Any) -> None:
        """Tell of something that no job tells."""
        with reaching("Redis", self._redis):
            self._add(keys=[FEED, f"{FEED}:none"], args=[self._life, encode(kind, values)])

    def read(self, after: str, limit: int = 1000) -> list[FeedEvent]:
        """The events behind a place."""
        with reaching("Redis", self._redis):
            rows = self._redis.xrange(FEED, f"({after}", "+", count=limit)
        return [_event(id, fields) for id, fields in rows]

    def pages(
        self, wanted: Callable[[FeedEvent], bool], since: str = "", after: str = ""
    ) -> FeedPages:
        """The events that are *wanted*, for a reader that waits elsewhere: behind the one with the
        id *after*, else from *since* (see :meth:`place`), else from now on."""
        place = places.checked_place(after) if after else self.place(since) if since else self.now()
        return FeedPages(self, place, self.complete(place), wanted)

    def place(self, since: str) -> str:
        """The place that an id, a time or a number of seconds stands for: see
        :func:`osism.adapters.streams.places.place`."""
        return places.place(since)

    def now(self) -> str:
        """The place behind all that has happened."""
        return self._end("xrevrange", "+", "-") or places.BEGIN

    def complete(self, place: str) -> bool:
        """Whether all that happened behind a place is still kept, as far as one can know."""
        if place != places.BEGIN and places.numbers(place)[0] < time() * 1000 - self._life:
            return False
        oldest = self._end("xrange", "-", "+")
        if oldest and places.numbers(oldest) <= places.numbers(place):
            return True
        return places.is_time(place) and not self._full()

    def _full(self) -> bool:
        with reaching("Redis", self._redis):
            return bool(self._redis.xlen(FEED) >= MOST)

    def _end(self, how: str, *ends: str) -> str:
        with reaching("Redis", self._redis):
            rows: Sequence[Any] = getattr(self._redis, how)(FEED, *ends, count=1)
        return str(rows[0][0]) if rows else ""


def _event(id: str, fields: Mapping[str, str]) -> FeedEvent:
    said = json.loads(fields["event"])
    about = {key: fields[key] for key in ("job", "name", "summary", "by")}
    return FeedEvent(id, said["kind"], moment(said["at"]), said["values"], **about)
