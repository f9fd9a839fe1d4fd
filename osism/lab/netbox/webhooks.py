"""NetBox's webhooks: every change by REST is told to one address, once it was answered.

`POST /lab/webhook` with `{"url": …, "secret": …}` sets the address (a list of them as `urls` gets
the hooks in turns), `DELETE` ends it, `GET` says how the last hooks were answered. Needs no token
and answers loopback only. Sent are the bodies of NetBox 4.4, one for each object.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from osism.lab.netbox.represent import Show
from osism.lab.netbox.storage import Row, Store

TIMEOUT = 10.0  # seconds for an answer


@dataclass
class Change:
    """What a request did to one object; a deleted one is shown as it was."""

    event: str
    row: Row
    before: dict[str, Any] | None = None
    data: dict[str, Any] | None = None


@dataclass
class Webhooks:
    """Where hooks go, and what is to be sent."""

    urls: Iterator[str] | None = None
    secret: str = ""
    told: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=1000))
    waiting: SimpleQueue[bytes] = field(default_factory=SimpleQueue)
    made: int = 0
    done: int = 0
    sender: threading.Thread | None = None

    def routes(self) -> list[Route]:
        return [Route("/lab/webhook", self._answer, methods=["GET", "POST", "DELETE"])]

    def bodies(self, store: Store, request_id: str, changes: Sequence[Change]) -> list[bytes]:
        """The hooks for what a request changed, in NetBox's words; none without an address."""
        if not self.urls:
            return []
        show = Show(store, "")
        self.made += len(changes)
        return [json.dumps(_hook(show, request_id, each), default=str).encode() for each in changes]

    def going(self, store: Store, rows: Sequence[Row]) -> list[Change]:
        """What is about to be deleted, as it is now."""
        show = Show(store, "")
        known = rows if self.urls else ()
        return [Change("deleted", row, dict(row.values), show.full(row)) for row in known]

    def send(self, bodies: Sequence[bytes]) -> None:
        """Send hooks in the background, one after the other."""
        if bodies and not self.sender:
            self.sender = threading.Thread(target=self._send, name="lab-webhooks", daemon=True)
            self.sender.start()
        for body in bodies:
            self.waiting.put(body)

    def _send(self) -> None:
        with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
            while True:
                body = self.waiting.get()
                if urls := self.urls:
                    self._post(client, next(urls), body)
                self.done += 1

    def _post(self, client: httpx.Client, url: str, body: bytes) -> None:
        signature = hmac.new(self.secret.encode(), body, hashlib.sha512).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hook-Signature": signature}
        try:
            status: int | None = client.post(url, content=body, headers=headers).status_code
        except httpx.HTTPError:
            status = None
        self.told.append({"url": url, "status": status, "body": body.decode()})

    async def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            said = await request.json()
            self.secret = str(said.get("secret", ""))
            self.urls = itertools.cycle(said.get("urls") or [said["url"]])
        elif request.method == "DELETE":
            self.urls = None
            self.told.clear()
        return JSONResponse({"waiting": self.made - self.done, "told": list(self.told)})


def _hook(show: Show, request_id: str, change: Change) -> dict[str, Any]:
    kind, gone = change.row.kind, change.event == "deleted"
    return {
        "event": change.event,
        "timestamp": datetime.now(UTC).isoformat(),
        "object_type": kind.object_type,
        "model": kind.object_type.partition(".")[2],
        "username": "admin",
        "request_id": request_id,
        "data": change.data or show.full(change.row),
        "snapshots": {
            "prechange": change.before,
            "postchange": None if gone else dict(change.row.values),
        },
    }
