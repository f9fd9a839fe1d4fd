"""What a job tells, so far as text or followed as server-sent events."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from fastapi import Depends, Header, Query, Request, Response

from osism.services.api import errors

#: A place in a stream: the id of an event, to go on behind it.
_PLACE = r"^$|^[0-9]{1,20}(-[0-9]{1,20})?$"


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
        str, Query(pattern=_PLACE, description="Go on behind the event with this id")
    ] = "",
    last: Annotated[
        str,
        Header(
            alias="Last-Event-ID",
            pattern=_PLACE,
            description="Go on behind this event, as browsers ask for it; stronger than `after`",
        ),
    ] = "",
    timeout: Annotated[
        float,
        Query(
            alias="timeout-seconds",
            ge=0,
            le=604800,
            description="Seconds after which a followed stream ends in order; 0: never",
        ),
    ] = 0,
    form: Annotated[
        Literal["text", "json"],
        Query(alias="format", description="Without `follow`: text, or one JSON object per line"),
    ] = "text",
) -> Asked:
    return Asked(follow, last or after, timeout, form)


#: The query parameters of a job's output: ``asked: Output``, then ``job_output(request, id,
#: *asked)``.
Output = Annotated[Asked, Depends(asked)]

#: ``responses`` of a route that answers with :func:`job_output`; ``response_class=Response``.
OUTPUT: dict[int | str, dict[str, Any]] = {
    200: {"description": "What the job has told", "content": {"text/plain": {}}},
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
    id *after* until its end, or for *timeout* seconds. Raises :class:`NotFound` and
    :class:`OutsideFailed` before anything is sent.
    """
    raise NotImplementedError
