"""The output of a job as server-sent events: taken up where it broke off, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
from httpx_sse import EventSource, SSEError

from osism.adapters.remote.session import Outage, Session, away, part
from osism.domain.errors import OutsideFailed
from osism.domain.records import StreamEvent

#: Seconds without a byte after which a connection counts as broken; the API sends one more often.
SILENCE = 60.0
#: Seconds that the API may be away while output is read that is there already.
_PATIENCE = 10.0


def follow(session: Session, job: str, after: str, longest: float) -> Iterator[StreamEvent]:
    """The events of a job behind *after* until its end; *longest*: seconds the API may be away."""
    place, outage = after, Outage(longest)
    while True:
        try:
            for event in _connected(session, job, place):
                outage.over()
                place = event.id or place
                yield event
                if event.kind == "end":
                    return
        except OutsideFailed as failure:
            outage.bear(failure)


def _connected(session: Session, job: str, place: str) -> Iterator[StreamEvent]:
    """The events of one connection; how ever it ends without an end of the job, it is a failure."""
    headers = {"Accept": "text/event-stream"}
    if place != "0":
        headers["Last-Event-ID"] = place
    with (
        _reaching(session.url),
        session.stream(
            f"/jobs/{part(job)}/output", query={"follow": "true"}, headers=headers, silence=SILENCE
        ) as answer,
    ):
        for sent in EventSource(answer).iter_sse():
            if sent.data:
                yield _event(json.loads(sent.data), sent.id)
    raise OutsideFailed(f"the API at {session.url} has ended the stream")


def output(session: Session, job: str) -> Iterator[StreamEvent]:
    """The events of a job so far."""
    place, outage = "", Outage(_PATIENCE)
    while True:
        try:
            for event in _so_far(session, job, place):
                outage.over()
                place = event.id or place
                yield event
            return
        except OutsideFailed as failure:
            outage.bear(failure)


def _so_far(session: Session, job: str, place: str) -> Iterator[StreamEvent]:
    query, path = {"format": "json", "after": place or None}, f"/jobs/{part(job)}/output"
    with (
        _reaching(session.url),
        session.stream(path, query=query, headers={}, silence=SILENCE) as answer,
    ):
        for line in answer.iter_lines():
            if line:
                said = json.loads(line)
                yield _event(said, said["id"])


def _event(said: Mapping[str, Any], id: str) -> StreamEvent:
    return StreamEvent(id, said["kind"], datetime.fromisoformat(said["at"]), said["values"])


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, SSEError) as failure:
        raise away(url, failure) from None
