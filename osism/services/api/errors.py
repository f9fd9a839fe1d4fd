"""Every failure becomes one body: the product's errors by a table, and the framework's own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from osism.domain import errors
from osism.domain.admissions import ASKED, OWN
from osism.domain.jobs import JOBS
from osism.domain.names import nearest
from osism.services.api.envelopes import ObjectRef, Result, Status

log = logging.getLogger(__name__)

#: Error -> HTTP status; the first that fits counts.
STATUSES: tuple[tuple[type[errors.OsismError], int], ...] = (
    (errors.NotFound, 404),
    (errors.Invalid, 400),
    (errors.Changed, 412),
    (errors.Refused, 409),
    (errors.Busy, 423),
    (errors.TakenOver, 409),
    (errors.Absent, 501),
    (errors.OsismError, 503),
)
#: Seconds after which whoever was told 503 or 429 may ask again.
RETRY_AFTER = {503: "5", 429: "1"}

#: What may come back from every path, whatever it does.
COMMON = (400, 401, 403, 404, 405, 413, 429, 500, 503)


#: What comes beside the body.
_RETRY = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
_HEADERS = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    405: {"Allow": {"schema": {"type": "string"}}},
    429: _RETRY,
    503: _RETRY,
}


def phrase(code: int) -> str:
    """An HTTP status in words; the same with every Python."""
    return "Content Too Large" if code == 413 else HTTPStatus(code).phrase


def answers(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The description of failures with these *codes*, for a route's ``responses``."""
    return {
        code: {"model": Status, "description": phrase(code), "headers": _HEADERS.get(code, {})}
        for code in codes
    }


def failure(
    code: int,
    *message: str,
    about: ObjectRef | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer to a request that failed."""
    said = Status(
        result=Result(str=phrase(code)),
        message=list(message),
        code=code,
        object_ref=about,
    )
    sent = dict(headers or {})
    if code in RETRY_AFTER:
        sent.setdefault("Retry-After", RETRY_AFTER[code])
    return JSONResponse(said.model_dump(mode="json"), code, sent)


def status_of(error: errors.OsismError) -> int:
    """The HTTP status that an error becomes."""
    return next(code for kind, code in STATUSES if isinstance(error, kind))


def register(app: FastAPI) -> None:
    """Make *app* answer every failure with the one body."""
    app.add_exception_handler(errors.OsismError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.OsismError)  # noqa: S101 - registered for these
    code = status_of(error)
    if code == 503:
        log.warning("%s %r: %s", request.method, request.url.path, error)
    return failure(code, str(error), about=_about(request))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return failure(400, *(_told(each) for each in error.errors()), about=_about(request))


def _told(mistake: Mapping[str, Any]) -> str:
    # Pydantic puts the kind of a job between the body and its fields, where the client has nothing.
    place = [str(each) for at, each in enumerate(mistake["loc"]) if at != 1 or each not in JOBS]
    return f"{'.'.join(place)}: {_words(mistake['type'], mistake)}"


def _words(kind: str, mistake: Mapping[str, Any]) -> str:
    about = mistake.get("ctx", {})
    if kind == "union_tag_invalid":
        return _no_job(str(about["tag"]))
    words = {
        "extra_forbidden": "is not known here",
        "missing": "is missing",
        "union_tag_not_found": f"job is missing; it is one of {', '.join(ASKED)}",
        "string_pattern_mismatch": f"is to match {about.get('pattern')}",
        "model_attributes_type": "is to be an object",
    }
    return words.get(kind, str(mistake["msg"]))


def _no_job(name: str) -> str:
    if name in OWN:
        return f"job {name}: {OWN[name]} asks for it; nobody else can"
    return f"job {name[:80]!r} is unknown" + (
        nearest(name, ASKED) or f"; there are {', '.join(ASKED)}"
    )


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    words = {
        404: f"there is no {request.url.path}; the paths are described at /openapi.json",
        405: f"{request.url.path} does not know {request.method}",
    }
    message = words.get(error.status_code, str(error.detail))
    headers = dict(error.headers or {})
    if "Allow" in headers:
        headers["Allow"] = ", ".join(_methods(request)) or headers["Allow"]
    return failure(error.status_code, message, headers=headers)


def _methods(request: Request) -> list[str]:
    """What a path knows, of all its routes: the router tells those of the first one."""
    return [
        method
        for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %r", request.method, request.url.path, exc_info=error)
    return failure(500, f"internal error: {type(error).__name__}; the log of the API has more")


def _about(request: Request) -> ObjectRef | None:
    """The object of a path such as ``/api/v1/devices/{name}``."""
    found = request.path_params
    name = found.get("name") or found.get("id")
    words = request.url.path.split("/")
    if not name or len(words) < 4:
        return None
    return ObjectRef(kind=KINDS.get(words[3], words[3]), name=str(name))


#: Noun of a path -> kind of the object.
KINDS = {
    "devices": "Device",
    "switches": "Switch",
    "transitions": "Transition",
    "runs": "Run",
    "jobs": "Job",
    "nodes": "Node",
    "hosts": "Host",
}
