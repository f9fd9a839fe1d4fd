"""The application: middlewares, routers, errors, description."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.requests import Request

from osism.services.api import errors, parameters
from osism.services.api.auditing import Bodies
from osism.services.api.auth import Access, Forbidden
from osism.services.api.browsers import AnswerHeaders, Pages, origins
from osism.services.api.limits import Rates
from osism.services.api.metrics import Measured
from osism.services.api.routers import (
    audit,
    devices,
    events,
    hosts,
    jobs,
    nodes,
    pages,
    reconciler,
    roles,
    runs,
    schedule,
    site,
    switches,
    system,
    transitions,
    webhook,
    workers,
)
from osism.services.api.tokens import Tokens
from osism.version import VERSION

PREFIX = "/api/v1"
ROUTERS = (
    devices,
    transitions,
    switches,
    roles,
    runs,
    workers,
    schedule,
    reconciler,
    jobs,
    nodes,
    hosts,
    site,
    events,
    webhook,
    audit,
)


def application(tokens: Tokens | None = None) -> FastAPI:
    """The API as an ASGI application, for who has one of the *tokens*."""
    app = FastAPI(
        title="osism",
        version=VERSION,
        summary="The manager of a cloud site.",
        description=DESCRIPTION,
        generate_unique_id_function=_operation,
        responses=errors.answers(*errors.COMMON),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        redirect_slashes=False,
        docs_url=None,  # routers/pages.py
        redoc_url=None,
    )
    errors.register(app)
    app.add_exception_handler(Forbidden, _forbidden)
    protect(app, tokens or Tokens())
    for router in ROUTERS:
        # Who sends webhooks without being known learns of its signature alone.
        looks = [] if router is webhook else [Depends(parameters.check)]
        app.include_router(router.router, prefix=PREFIX, dependencies=looks)
    app.include_router(system.router)
    app.include_router(pages.router)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def protect(app: FastAPI, tokens: Tokens) -> None:
    """Put everything before the paths that a request has to pass."""
    # Whoever is further out sees a request earlier and its answer later. From outside: headers are
    # for every answer, refusals too. A browser asks without a token whether its page may ask at
    # all, and the page is to be able to read refusals: origins come before tokens. Only who is
    # known has an allowance, so tokens come before rates; what is too often costs the database
    # nothing, so rates come before the audit log. The log has every body that is worked on or
    # refused: both are one layer, which reads no body of somebody unknown.
    pages = [Pages] if origins() else []
    access = partial(Access, tokens=tokens)
    layers: list[Any] = [Measured, AnswerHeaders, *pages, access, Rates, Bodies]
    for each in reversed(layers):
        app.add_middleware(each)


async def _forbidden(request: Request, error: Exception) -> JSONResponse:
    return errors.failure(403, str(error))


def _operation(route: APIRoute) -> str:
    """The name of an operation, which becomes the name of the client's function."""
    return route.name


def _described(app: FastAPI) -> dict[str, Any]:
    """FastAPI's description without its own failure, which nobody gets, and without parameters
    that are null: in an address or a header that is a word like any other."""
    if not app.openapi_schema:
        found = FastAPI.openapi(app)
        for operations in found["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                for parameter in operation.get("parameters", ()):
                    _without_null(parameter["schema"])
        for name in ("HTTPValidationError", "ValidationError"):
            found["components"]["schemas"].pop(name, None)
        app.openapi_schema = found
    return app.openapi_schema


def _without_null(schema: dict[str, Any]) -> None:
    kinds = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema |= kinds[0]


DESCRIPTION = """\
Every object that has a wanted and an observed side has one envelope: `kind`, `api-version`, `meta`,
`spec` (what shall be) and `status` (what is). A device is there when
`status.propagation-status.status` is `Propagation Complete` and its `generation-id` is that of
`meta`.

Present a token as `X-Api-Key` or as `Authorization: Bearer`; `osism token create` makes one. Every
failure has one body, a `Status`.

A body is JSON in UTF-8 and says so (`Content-Type: application/json`), at most 50 levels deep; else
400. A larger one than the setting `api_body` gets 413. Who asks more often than `api_rate` times a
second gets 429, and `Retry-After` says when to ask again. What writes is in the audit log.
"""
