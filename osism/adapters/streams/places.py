"""Places in a stream: ids of its entries, ``<milliseconds since 1970>-<number>``."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from osism.domain.errors import Invalid

BEGIN = "0-0"
_LAST = 2**64 - 1
_ID = re.compile(r"([0-9]{1,20})-([0-9]{1,20})")
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


def checked_place(id: str) -> str:
    """An id as Redis understands it, empty: the begin; raises :class:`Invalid`."""
    whole = id if "-" in id else f"{id}-0"
    if not id:
        return BEGIN
    found = _ID.fullmatch(whole)
    if not found or max(map(int, found.groups())) > _LAST:
        raise Invalid(f"{id!r} is no id of an event")
    return whole


def place(since: str) -> str:
    """The place that an id of an event, a time in ISO 8601 (UTC where it names no zone) or in
    seconds since 1970 stands for; raises :class:`Invalid`."""
    if _ID.fullmatch(since):
        return checked_place(since)
    return before(_seconds(since))


def before(seconds: float) -> str:
    """The place before all that happened at a time or later. No event has such an id."""
    milliseconds = int(seconds * 1000)
    return f"{milliseconds - 1}-{_LAST}" if milliseconds > 0 else BEGIN


def is_time(place: str) -> bool:
    """Whether a place was made of a time."""
    return place == BEGIN or numbers(place)[1] == _LAST


def numbers(place: str) -> tuple[int, int]:
    """A place as something that compares."""
    milliseconds, _, number = place.partition("-")
    return int(milliseconds), int(number or 0)


def _seconds(since: str) -> float:
    if _SECONDS.fullmatch(since):
        return float(since)
    try:
        # In a query a plus that is not encoded arrives as a space.
        at = datetime.fromisoformat(re.sub(r" (?=[0-9]{2}:?[0-9]{2}$)", "+", since, count=1))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as mistake:
        raise Invalid(
            f"{since[:60]!r} is no time in ISO 8601, no number of seconds and no id of an event"
        ) from mistake
