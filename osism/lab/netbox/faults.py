"""Faults on demand, and a count of what was asked: for testing what uses a NetBox.

`POST /lab/faults` makes requests fail, one fault after the other in the order they were set:

    {"status": 502, "seconds": 20}              answer with this status for that long
    {"drop": true, "seconds": 5}                close the connection without an answer
    {"lose": true, "times": 1}                  do what is asked, then close without an answer
    {"delay": 0.5, "seconds": 10}               answer late
    {"after": 3, "status": 500}                 let 3 requests succeed first
    {"times": 1, "status": 500}                 only so often
    {"method": "PATCH", "path": "/api/dcim/"}   only such requests (path: a prefix)

`DELETE /lab/faults` ends them, `GET /lab/faults` lists them. `GET /lab/requests` answers how many
requests there were (a GraphQL query is a read), how long they took and the last of them;
`DELETE /lab/requests` forgets them. These addresses need no token and answer loopback only.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READS = ("GET", "HEAD", "OPTIONS")


@dataclass
class Fault:
    status: int | None = None
    drop: bool = False
    lose: bool = False
    delay: float = 0.0
    seconds: float | None = None
    after: int = 0
    times: int | None = None
    method: str | None = None
    path: str = "/"
    since: float = field(default_factory=time.monotonic)

    def over(self) -> bool:
        late = self.seconds is not None and time.monotonic() > self.since + self.seconds
        return late or self.times == 0

    def strikes(self, method: str, path: str) -> bool:
        """Whether it hits this request; counts the request if it is one that it may hit."""
        if self.over() or self.method not in (None, method) or not path.startswith(self.path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The faults that are set, and the record of the requests."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.forget()

    def forget(self) -> None:
        self.reads = self.writes = 0
        self.seconds = 0.0
        self.log: deque[dict[str, Any]] = deque(maxlen=1000)

    def routes(self) -> list[Route]:
        return [
            Route("/lab/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route("/lab/requests", self._requests, methods=["GET", "DELETE"]),
        ]

    def strike(self, method: str, path: str) -> Fault | None:
        self.faults = [fault for fault in self.faults if not fault.over()]
        return next((fault for fault in self.faults if fault.strikes(method, path)), None)

    def record(self, scope: Scope, status: int | None, seconds: float) -> None:
        read = scope["method"] in READS or scope["path"].startswith("/graphql")
        self.reads += read
        self.writes += not read
        self.seconds += seconds
        entry = {"method": scope["method"], "path": scope["path"]}
        query = scope["query_string"].decode("latin-1")
        self.log.append({**entry, "query": query, "status": status, "seconds": seconds})

    async def _faults(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self.faults.append(Fault(**await request.json()))
            except (TypeError, ValueError) as error:
                return JSONResponse({"detail": str(error)}, 400)
        elif request.method == "DELETE":
            self.faults.clear()
        return JSONResponse([asdict(fault) for fault in self.faults if not fault.over()])

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.forget()
        counts = {"reads": self.reads, "writes": self.writes, "seconds": self.seconds}
        total = self.reads + self.writes
        return JSONResponse({"total": total, **counts, "log": list(self.log)})


class Counter:
    """Records each request and lets a fault that is set strike it."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if scope["type"] != "http":
            return await app(scope, receive, send)
        if scope["path"].startswith("/lab/"):
            app = app if _on_loopback(scope) else Response(status_code=404)
            return await app(scope, receive, send)
        fault = self.faults.strike(scope["method"], scope["path"])
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and fault.drop:
            self.faults.record(scope, None, 0.0)
            return await _drop(receive)
        if fault and fault.status:
            app = JSONResponse({"detail": "A fault was asked for."}, fault.status)
        started = time.perf_counter()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.faults.record(scope, message["status"], time.perf_counter() - started)
            if not (fault and fault.lose):
                await send(message)

        await app(scope, receive, answer)
        if fault and fault.lose:
            await _drop(receive)


async def _drop(receive: Receive) -> None:
    """Close the connection. The server's own transport is the only way to do it unanswered."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("the connection was to be dropped")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def _on_loopback(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        return client is None or ipaddress.ip_address(client[0]).is_loopback
    except ValueError:  # a name, as test clients give
        return True
