"""What a job tells, so far as text or followed as server-sent events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import Depends, Header, Query, Request, Response

from osism import wiring
from osism.adapters.streams import Written
from osism.domain.tellings import told as words
from osism.services.api import errors
from osism.services.api.envelopes import Json
from osism.services.api.following import (
    RETRY,
    TextStream,
    followed,
    open_streams,
    sse,
    told,
    worked,
)

__all__ = ["OUTPUT", "PLACE", "Output", "Timeout", "event_schema", "job_output", "open_streams"]

LINES = "application/x-ndjson"
#: A place in a stream: the id of an event, to go on behind it.
PLACE = r"^$|^[0-9]{1,20}(-[0-9]{1,20})?$"


Timeout = Annotated[
    float,
    Query(
        alias="timeout-seconds",
        ge=0,
        le=604800,
        description="Seconds after which a followed stream ends, with an event `timeout`; 0: never",
    ),
]


class Asked(NamedTuple):
    """How the output of a job was asked for."""

    follow: bool
    after: str
    timeout: float
    form: str


def asked(
    follow: Annotated[
        bool, Query(description="Server-sent events, as they come, until the end of the job")
    ] = False,
    after: Annotated[
        str, Query(pattern=PLACE, description="Go on behind the event with this id")
    ] = "",
    last: Annotated[
        str,
        Header(
            alias="Last-Event-ID",
            pattern=PLACE,
            description="Go on behind this event, as browsers ask for it; stronger than `after`",
        ),
    ] = "",
    timeout: Timeout = 0,
    form: Annotated[
        Literal["text", "json"],
        Query(alias="format", description="Without `follow`: text, or one JSON object per line"),
    ] = "text",
) -> Asked:
    return Asked(follow, last or after, timeout, form)


def event_schema(*fields: str) -> Json:
    """The description of a server-sent event with the data of an event."""
    text = {"type": "string"}
    data = {
        "type": "object",
        "properties": {
            "at": {"type": "string", "format": "date-time"},
            "kind": text,
            "values": {"type": "object", "additionalProperties": True},
            **dict.fromkeys(fields, text),
        },
        "required": ["at", "kind", "values"],
    }
    sent = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": data,
    }
    properties = {"event": text, "id": text, "data": sent, "retry": {"type": "integer"}}
    return {"type": "object", "properties": properties}


#: The query parameters of a job's output: ``asked: Output``, then ``job_output(request, id,
#: *asked)``.
Output = Annotated[Asked, Depends(asked)]

#: ``responses`` of a route that answers with :func:`job_output`; ``response_class=Response``.
OUTPUT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What the job has told: text, JSON lines, or as server-sent events",
        "content": {
            "text/plain": {"schema": {"type": "string"}},
            LINES: {"schema": {"type": "string"}},
            "text/event-stream": {"schema": event_schema()},
        },
    },
    **errors.answers(400, 404, 503),
}


async def job_output(
    request: Request,
    job_id: str,
    follow: bool = False,
    after: str = "",
    timeout: float = 0,
    form: str = "text",
) -> Response:
    """What a job tells.

    Without *follow* what it has told so far, as *form* says; with it events behind the one with the
    id *after* until its end, or for *timeout* seconds. Raises :class:`NotFound`, :class:`Invalid`
    and :class:`OutsideFailed` before anything is sent.
    """
    pages = await worked(wiring.records().pages, job_id, after)
    if follow:
        return followed(pages, _Events(), timeout)
    if form == "json":
        return TextStream(told(pages, _json_lines), media_type=LINES)
    return TextStream(told(pages, _text), media_type="text/plain")


class _Events:
    """Events of a job as server-sent ones; the first one says when to come back."""

    def __init__(self) -> None:
        self._retry: int | None = RETRY

    def __call__(self, events: list[Written]) -> bytes:
        chunks = []
        for each in events:
            chunks.append(sse(each.kind, f"{{{_said(each)}}}", each.id, self._retry))
            self._retry = None
        return b"".join(chunks)


def _said(event: Written) -> str:
    """The members of a JSON object; the values stay as they were written."""
    at = datetime.fromtimestamp(event.at, UTC).isoformat()
    return f'"at":"{at}","kind":"{event.kind}","values":{event.values}'


def _json_lines(events: list[Written]) -> bytes:
    lines = [f'{{"id":"{each.id}",{_said(each)}}}\n' for each in events]
    return "".join(lines).encode()


def _text(events: list[Written]) -> bytes:
    known = [each.read() for each in events]
    lines = [line for each in known for line in words(each.kind, each.at, each.values)]
    return "".join(f"{line}\n" for line in lines).encode(errors="replace")
