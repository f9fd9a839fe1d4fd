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
from osism.lab.netbox.faults import Faults
from osism.lab.netbox.kinds import KINDS
from osism.lab.netbox.storage import Store

VERSION = "4.4.10"


def application(database: Path | str = ":memory:", token: str | None = None) -> Starlette:
    """NetBox 4.4's API over one SQLite file. Without a token, everybody may do everything."""
    store = Store(database)
    faults = Faults()
    routes = [
        Route("/api/", rest.root),
        Route("/api/status/", _status),
        Route("/login/", lambda request: HTMLResponse("<!DOCTYPE html><title>Log In</title>")),
        Route("/graphql/", graphql.GraphQL(store).answer, methods=["GET", "POST"]),
        *faults.routes(),
    ]
    for kind in KINDS:
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        api = rest.Rest(store, kind)
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
    app.add_middleware(
        Gate, token=token
    )  # runs inside the faults: a refused request is counted too
    app.add_middleware(faults.middleware)
    return app


def _status(request: Request) -> Response:
    return JSONResponse({"django-version": "5.2.9", "hostname": "lab", "installed_apps": {},
                         "netbox-version": VERSION, "netbox-full-version": VERSION, "plugins": {},
                         "python-version": "3.11.7", "rq-workers-running": 0})  # fmt: skip


class Gate:
    """Asks for the token, and puts NetBox's headers on every answer."""

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/api", "/graphql")):
            return await self.app(scope, receive, send)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                message["headers"] = [*message["headers"], (b"api-version", VERSION[:3].encode()),
                                      (b"x-request-id", str(uuid.uuid4()).encode())]  # fmt: skip
            await send(message)

        refusal = self._refusal(Request(scope))
        await (refusal or self.app)(scope, receive, answer)

    def _refusal(self, request: Request) -> Response | None:
        """NetBox's answer to a missing or wrong token."""
        words = request.headers.get("authorization", "").split()
        graphql = request.url.path.startswith("/graphql")
        if self.token is None:
            return None
        if not words or words[0].lower() != "token":
            if graphql:
                return RedirectResponse(f"/login/?next={request.url.path}", 302)
            detail = "Authentication credentials were not provided."
        elif len(words) != 2:
            detail = ("Invalid token header. No credentials provided." if len(words) == 1 else
                      "Invalid token header. Token string should not contain spaces.")  # fmt: skip
        elif not secrets.compare_digest(words[1].encode(), self.token.encode()):
            detail = "Invalid token"
        else:
            return None
        return PlainTextResponse(detail, 403) if graphql else JSONResponse({"detail": detail}, 403)


@contextlib.contextmanager
def serve(
    database: Path | str = ":memory:",
    token: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[str]:
    """Serve from a thread for as long as the block lasts; gives the URL."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)  # whoever connects before the thread serves, waits
    config = uvicorn.Config(
        application(database, token), log_level="error", lifespan="on", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="lab-netbox", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
