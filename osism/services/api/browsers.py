"""What pages in a browser may do, and what a browser is told of every answer."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osism.services.api.errors import failure
from osism.settings import settings

#: Methods that change nothing.
SAFE = ("GET", "HEAD", "OPTIONS")
#: How this machine is called by whoever is on it.
_HERE = ("127.0.0.1", "[::1]", "localhost")


class AnswerHeaders:
    """Says with every answer that it is what its type says, and that it is not to be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


class Pages(CORSMiddleware):
    """Lets pages of the origins in the settings use the API, and read what it answers."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            app,
            allow_origins=origins(),
            allow_methods=("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"),
            allow_headers=(
                *("Authorization", "X-Api-Key", "Content-Type"),
                *("If-Match", "If-None-Match", "Last-Event-ID", "X-Osism-User", "X-Job-Id"),
            ),
            expose_headers=("ETag", "Location", "Retry-After"),
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        found = super().preflight_response(request_headers)
        if found.status_code == 200:
            return found
        return failure(403, bytes(found.body).decode(), headers={"Vary": "Origin"})


def origins() -> list[str]:
    """The origins whose pages may use the API."""
    return settings().api_origins.lower().split()


def foreign(scope: Scope, headers: Headers) -> Response | None:
    """The refusal of what may come from elsewhere, where no token is needed: through a proxy, or
    from a page of somebody else's.

    A name of theirs that leads to this machine is in ``Host``; the page that writes in ``Origin``.
    """
    if "x-forwarded-for" in headers or "forwarded" in headers:
        return failure(403, "without api_tokens nothing is taken from a proxy")
    host = headers.get("host", "").lower()
    name, colon, port = host.rpartition(":")
    if (name if colon and port.isdecimal() else host) not in _HERE:
        return failure(
            403, f"without api_tokens the API is asked as 127.0.0.1 or localhost, not as {host!r}"
        )
    origin = headers.get("origin", "").lower()
    ours = ("", f"{scope['scheme']}://{host}", *origins())
    if scope["method"] not in SAFE and origin not in ours:
        return failure(403, f"pages of {origin} may not write; api_origins names those that may")
    return None
