"""Who may do what: tokens, presented as ``X-Api-Key`` or as ``Authorization: Bearer``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from osism.domain.access import Caller, Role, Token, caller, checked_token
from osism.services.api.errors import failure
from osism.settings import settings

#: Paths that need no token; the webhook is known by its signature.
OPEN = ("/health", "/api/v1/webhook/netbox")
#: Who it is where there are no tokens, and only this machine can ask.
LOCAL = Caller("this machine", Role.ADMIN)


def tokens() -> list[Token]:
    """The tokens of the settings."""
    return [checked_token(name, each) for name, each in settings().api_tokens.items()]


class Access:
    """Lets nobody in whose token is not known; puts :class:`Caller` into the request's state."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN:
            return await self.app(scope, receive, send)
        known = tokens()
        found = caller(known, presented(Headers(scope=scope))) if known else LOCAL
        if found is None:
            words = "a token is wanted, as X-Api-Key or as Authorization: Bearer"
            refusal = failure(401, words, headers={"WWW-Authenticate": 'Bearer realm="osism"'})
            return await refusal(scope, receive, send)
        scope.setdefault("state", {})["caller"] = found
        await self.app(scope, receive, send)


def presented(headers: Headers) -> str:
    """The token of a request, empty without one."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return headers.get("x-api-key") or (token.strip() if scheme.lower() == "bearer" else "")


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

    return check


# For the description: what is presented was looked at already.
_KEY = APIKeyHeader(name="X-Api-Key", auto_error=False, scheme_name="key")
_BEARER = HTTPBearer(auto_error=False, scheme_name="bearer")

Reader = Annotated[Caller, Depends(needs(Role.READER))]
Operator = Annotated[Caller, Depends(needs(Role.OPERATOR))]
Admin = Annotated[Caller, Depends(needs(Role.ADMIN))]
