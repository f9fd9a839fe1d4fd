"""Who may do what: tokens, presented as ``X-Api-Key`` or as ``Authorization: Bearer``."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from osism.domain.access import Caller, Role, caller
from osism.services.api.browsers import foreign
from osism.services.api.errors import failure
from osism.services.api.limits import GUESSES, Budget, address, too_many
from osism.services.api.tokens import Tokens
from osism.settings import settings

log = logging.getLogger(__name__)

#: What needs no token; the webhook is known by its signature.
HEALTH = "/health"
WEBHOOK = "/api/v1/webhook/netbox"
#: Who it is where there are no tokens, and only this machine can ask.
LOCAL = Caller("this machine", Role.ADMIN)
_ASK = {"WWW-Authenticate": 'Bearer realm="osism"'}


class Access:
    """Lets nobody in whose token is not known; puts :class:`Caller` into the request's state."""

    def __init__(self, app: ASGIApp, tokens: Tokens) -> None:
        self.app, self.tokens = app, tokens
        rate = settings().api_rate
        self.guesses = Budget(min(rate, GUESSES) if rate else 0)
        self.lines = Budget(0.1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        refusal = None
        if scope["type"] == "http" and not _open(scope):
            refusal = await self._refusal(scope)
        await (refusal or self.app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        headers, known = Headers(scope=scope), self.tokens.known()
        if self.tokens.open:
            scope.setdefault("state", {})["caller"] = LOCAL
            return foreign(scope, headers)
        given = presented(headers)
        if not given:
            words = "a token is wanted, as X-Api-Key or as Authorization: Bearer"
            return await self._unknown(scope, words)
        found = caller(known, given.pop()) if len(given) == 1 else None
        if found is None:
            # Who has a right one is never kept out: everybody behind a proxy has one address, and
            # a token is nothing that could be guessed. This spares the log and the processor.
            if seconds := await self.guesses.take(address(scope)):
                return too_many("too many wrong tokens came from this address", seconds)
            several = "X-Api-Key and Authorization differ" if given else "the token is not known"
            return await self._unknown(scope, several)
        scope.setdefault("state", {})["caller"] = found
        return None

    async def _unknown(self, scope: Scope, words: str) -> Response:
        if not await self.lines.take(address(scope)):
            log.warning(
                "%s %r from %s: %s; more of it within 10 s is not told",
                scope["method"], scope["path"][:200], address(scope), words,
            )  # fmt: skip
        return failure(401, words, headers=_ASK)


def _open(scope: Scope) -> bool:
    path = scope["path"]
    return bool(path == HEALTH or (path == WEBHOOK and scope["method"] == "POST"))


def presented(headers: Headers) -> set[str]:
    """The tokens of a request: none, one, or several that differ."""
    given = headers.getlist("x-api-key")
    for value in headers.getlist("authorization"):
        scheme, _, token = value.partition(" ")
        given += [token] if scheme.lower() == "bearer" else []
    # Headers are read as Latin-1; what a token really consists of is its bytes.
    told = (each.strip().encode("latin-1") for each in given)
    return {each.decode(errors="surrogateescape") for each in told if each}


class Forbidden(Exception):
    """The token's role does not allow it."""

    def __init__(self, needed: Role, caller: Caller) -> None:
        super().__init__(f"needs the role {needed}; {caller.name!r} is {caller.role}")


def needs(role: Role) -> Callable[..., Awaitable[Caller]]:
    """A dependency: whoever asks has at least this *role*."""

    async def check(
        request: Request,
        key: Annotated[str | None, Security(_KEY)] = None,
        bearer: Annotated[Any, Security(_BEARER)] = None,
    ) -> Caller:
        found: Caller = request.state.caller
        if found.role < role:
            raise Forbidden(role, found)
        return found

    check.role = role  # type: ignore[attr-defined]  # what the walk over all routes looks for
    return check


# For the description: what is presented was looked at already.
_KEY = APIKeyHeader(name="X-Api-Key", auto_error=False, scheme_name="key")
_BEARER = HTTPBearer(auto_error=False, scheme_name="bearer")

Reader = Annotated[Caller, Depends(needs(Role.READER))]
Operator = Annotated[Caller, Depends(needs(Role.OPERATOR))]
Admin = Annotated[Caller, Depends(needs(Role.ADMIN))]
