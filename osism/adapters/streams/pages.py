"""Streams by the page, for readers that do not wait by themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from osism.adapters.connections import reaching
from osism.adapters.streams import places
from osism.adapters.streams.events import LINES, PAGE, Written, job_keys, lines, page
from osism.adapters.streams.silence import Records, Silence
from osism.domain.feeds import FeedEvent
from osism.domain.records import StreamEvent

if TYPE_CHECKING:
    import redis

    from osism.adapters.streams.feed import Feed
    from osism.domain.ports import Locks

_PAGE, _BYTES = 1000, 1 << 20  # of events; one that is larger comes alone
_HINT = 5.0  # seconds; see RedisRecords.follow


class JobPages:
    """The events of one job behind a place, by the page.

    *key*: its stream. *place*: the last event that was read. *ended*: the end was read. *pause*:
    seconds of silence after which :meth:`silent` is to be asked. All methods raise
    :class:`OutsideFailed` when Redis cannot be reached, and may be called again.
    """

    def __init__(
        self,
        client: redis.Redis,
        records: Records,
        locks: Locks,
        job_id: str,
        after: str,
        dropped: Callable[[], list[StreamEvent]],
    ) -> None:
        self._redis: Any = client  # Any: the library types every reply as sync or async
        self._page = self._redis.register_script(PAGE)
        self._lines = self._redis.register_script(LINES)
        self._job = job_id
        self._silence = Silence(records, locks, job_id, _HINT)
        self._dropped = dropped
        self._begun = False
        self.key = job_keys(job_id)[0]
        self.place = places.checked_place(after)
        self.ended = False

    @property
    def pause(self) -> float:
        return self._silence.pause

    def next(self) -> list[Written] | None:
        """The next events; None where there are no more by now."""
        with reaching("Redis", self._redis):
            first = [] if self._begun else self._gone()
            events = lines(self._lines, self._job, self.place, _PAGE, _BYTES)
        self._begun = True
        if events:
            self._went_on(events[-1])
        return [*map(Written.of, first), *events] or None

    def silent(self) -> list[Written]:
        """What the silence means, told as events that no stream holds."""
        with reaching("Redis", self._redis):
            told = list(self._silence.look(self.place, self._read))
        self.ended = self.ended or any(each.kind == "end" for each in told)
        return [*map(Written.of, told)]

    def unheard(self) -> None:
        """Redis was away: the silence means nothing."""
        self._silence.unheard()

    def _read(self) -> list[StreamEvent]:
        events = page(self._page, self._job, self.place, _PAGE, _BYTES)
        if events:
            self._went_on(events[-1])
        return events

    def _went_on(self, last: StreamEvent | Written) -> None:
        self._silence.broken()
        self.place, self.ended = last.id, last.kind == "end"

    def _gone(self) -> list[StreamEvent]:
        """What is said of events behind our place that are no longer kept."""
        told = self._dropped()
        if told and self.place != places.BEGIN:
            oldest = self._redis.xrange(self.key, count=1)
            if oldest and places.numbers(oldest[0][0]) <= places.numbers(self.place):
                return []
        return told


class FeedPages:
    """The events of the feed behind a place, by the page; else as :class:`JobPages`.

    *wanted*: which events. Where not all behind the place are kept (*complete*), the first one is
    ``dropped``.
    """

    pause = 30.0  # then it is asked whether Redis is still there
    ended = False

    def __init__(
        self, feed: Feed, place: str, complete: bool, wanted: Callable[[FeedEvent], bool]
    ) -> None:
        self._feed = feed
        self._wanted = wanted
        self._complete = complete
        self.key, self.place = feed.key, place

    def next(self) -> list[FeedEvent] | None:
        """The next events that are wanted, perhaps none; None where there are no more by now."""
        if not self._complete:
            self._complete = True
            return [FeedEvent(self.place, "dropped", datetime.now(UTC), {})]
        if not (events := self._feed.read(self.place, _PAGE)):
            return None
        self.place = events[-1].id
        return [each for each in events if self._wanted(each)]

    def silent(self) -> list[FeedEvent]:
        """Silence means that nothing happens."""
        return []

    def unheard(self) -> None:
        """See :class:`JobPages`."""
