"""The lab's NetBox as an ASGI application, and a way to serve it from a thread.

with serve("lab.sqlite3", token="0123456789abcdef") as url:
    pynetbox.api(url, token="0123456789abcdef").dcim.devices.all()
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osism.lab.netbox import graphql, rest
from osism.lab.netbox.faults import Counter, Faults
from osism.lab.netbox.kinds import KINDS
from osism.lab.netbox.storage import Store
from osism.lab.netbox.webhooks import Webhooks

VERSION = "4.4.10"


def application(database: Path | str = ":memory:", token: str | None = None) -> Starlette:
    """NetBox 4.4's API over one SQLite file. Without a token, everybody may do everything."""
    store = Store(database)
    faults, webhooks = Faults(), Webhooks()
    routes = [
        Route("/api/", rest.root),
        Route("/api/status/", _status),
        Route("/login/", _login),
        Route("/graphql/", graphql.GraphQL(store).answer, methods=["GET", "POST"]),
        *faults.routes(),
        *webhooks.routes(),
    ]
    for kind in KINDS:
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        api = rest.Rest(store, kind, webhooks)
        path = f"/api/{kind.endpoint}"
        routes += [
            Route(f"{path}/", api.collection, methods=methods),
            Route(path, api.collection, methods=methods),
            Route(f"{path}/{{id:int}}/", api.object, methods=methods),
        ]
    routes += [Route("/api/{app}/", rest.app_root), Route("/api/{rest:path}", rest.not_found)]

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> Any:
        yield
        store.close()

    app = Starlette(routes=routes, lifespan=lifespan)
    app.add_middleware(Gate, token=token)
    app.add_middleware(Counter, faults=faults)  # around the gate: what it refuses counts as well
    return app


async def _status(request: Request) -> Response:
    versions = {"netbox-version": VERSION, "netbox-full-version": VERSION, "plugins": {}}
    server = {"django-version": "5.2.9", "hostname": "lab", "installed_apps": {}}
    return JSONResponse({**server, **versions, "python-version": "3.11.7", "rq-workers-running": 0})


async def _login(request: Request) -> Response:
    return HTMLResponse("<!DOCTYPE html><title>Log In</title>")


class Gate:
    """Asks for the token, and puts NetBox's headers on every answer."""

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/api", "/graphql")):
            return await self.app(scope, receive, send)

        identity = str(uuid.uuid4())
        scope.setdefault("state", {})["id"] = identity

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(b"api-version", VERSION[:3].encode()), (b"x-request-id", identity.encode())]
                message["headers"] = [*message.get("headers", ()), *own]
            await send(message)

        refusal = self._refusal(Request(scope))
        await (refusal or self.app)(scope, receive, answer)

    def _refusal(self, request: Request) -> Response | None:
        """NetBox's answer to a missing or wrong token."""
        if self.token is None:
            return None
        scheme, *words = request.headers.get("authorization", "").split() or [""]
        graphql = request.url.path.startswith("/graphql")
        if scheme.lower() != "token":
            if graphql:
                return RedirectResponse(f"/login/?next={request.url.path}", 302)
            detail = "Authentication credentials were not provided."
        elif not words:
            detail = "Invalid token header. No credentials provided."
        elif len(words) > 1:
            detail = "Invalid token header. Token string should not contain spaces."
        elif not secrets.compare_digest(words[0].encode(), self.token.encode()):
            detail = "Invalid token"
        else:
            return None
        return PlainTextResponse(detail, 403) if graphql else JSONResponse({"detail": detail}, 403)


def listening(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A socket to serve from; whoever connects before that, waits.

    An answer leaves in two pieces, headers and body. Without TCP_NODELAY, which connections
    inherit, the second would wait 40 ms for the receipt of the first.
    """
    listener = socket.create_server((host, port), backlog=1024)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextlib.contextmanager
def serve(
    database: Path | str = ":memory:",
    token: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[str]:
    """Serve from a thread for as long as the block lasts; gives the URL."""
    listener = listening(host, port)
    app = application(database, token)
    config = uvicorn.Config(app, log_level="error", lifespan="on", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="lab-netbox", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
