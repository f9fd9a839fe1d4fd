"""Everything that happens in the site, as it happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from osism import wiring
from osism.domain.feeds import FeedEvent, devices
from osism.services.api import errors
from osism.services.api.auth import Reader
from osism.services.api.envelopes import Name
from osism.services.api.following import RETRY, followed, sse, worked
from osism.services.api.streaming import PLACE, Timeout, event_schema

router = APIRouter(tags=["events"])

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events",
        "content": {"text/event-stream": {"schema": event_schema("job", "name", "summary", "by")}},
    },
    **errors.answers(400, 503),
}


@router.get("/events", response_class=Response, responses=EVENTS)
async def follow_events(
    caller: Reader,
    since: Annotated[
        str,
        Query(
            max_length=60,
            description="From this time on (ISO 8601, or seconds since 1970), or behind the event "
            "with this id; without it from now on",
        ),
    ] = "",
    last: Annotated[
        str,
        Header(
            alias="Last-Event-ID",
            pattern=PLACE,
            description="Go on behind this event, as browsers ask for it; stronger than `since`",
        ),
    ] = "",
    kind: Annotated[
        list[Name], Query(max_length=50, description="Events of these kinds only")
    ] = [],  # noqa: B006
    device: Annotated[str, Query(max_length=255, description="Events that name this device")] = "",
    timeout: Timeout = 0,
) -> Response:
    """Server-sent events of everything that happens: states of jobs (`queued`, `started`,
    `retrying`, `end`), what devices shall be (`spec`), transitions and their phases, switches,
    devices, nodes, roles, drift.

    The first one is `open`; it has the id of the place from which on they are told. An event
    `dropped` comes first where not all that was asked for is kept any more. Output of jobs is not
    told here; of the schedule's jobs only what they find and that they fail.
    """
    pages = await worked(wiring.feed().pages, _wanted(set(kind), device), since, last)
    place = pages.place
    return followed(pages, _events, timeout, lambda: _opened(place))


def _wanted(kinds: set[str], device: str) -> Callable[[FeedEvent], bool]:
    def wanted(event: FeedEvent) -> bool:
        return (not kinds or event.kind in kinds) and (
            not device or device in devices(event.values)
        )

    return wanted


def _opened(place: str) -> bytes:
    data = {"at": datetime.now(UTC).isoformat(), "kind": "open", "values": {}}
    return sse("open", data, place, RETRY)


def _events(events: list[FeedEvent]) -> bytes:
    return b"".join(sse(each.kind, _said(each), each.id) for each in events)


def _said(event: FeedEvent) -> dict[str, Any]:
    about = {name: getattr(event, name) for name in ("job", "name", "summary", "by")}
    known = {name: value for name, value in about.items() if value}
    return {"at": event.at.isoformat(), "kind": event.kind, "values": event.values, **known}
