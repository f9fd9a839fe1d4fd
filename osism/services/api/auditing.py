"""Every writing request is in the audit log before it is worked on, and its answer after."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osism import wiring
from osism.domain.access import Caller
from osism.domain.errors import OsismError
from osism.domain.requests import Entry, recorded
from osism.domain.secrets import masked
from osism.domain.webhooks import named, verify
from osism.services.api.asking import USER, behalf
from osism.services.api.auth import WEBHOOK
from osism.services.api.browsers import SAFE
from osism.services.api.errors import failure, status_of
from osism.services.api.limits import Body, read
from osism.settings import settings

log = logging.getLogger(__name__)

#: Who it is that sends webhooks.
NETBOX = "webhook"
#: Bytes of an answer in which words for the log are looked for.
_MOST = 16_384


class Bodies:
    """Reads bodies and refuses wrong ones; what writes is in the audit log, refused or not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        body = await read(scope, receive)
        if body is None:
            return
        work: ASGIApp = body.refusal or self.app
        entry = None
        if scope["method"] not in SAFE:
            # To look for secrets in a large body takes a while, in which others are answered.
            entry = await run_in_threadpool(_entry, scope, body)
        if entry:
            return await _audited(entry, work, scope, body.again(receive), send)
        await work(scope, body.again(receive), send)


async def _audited(entry: Entry, work: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    try:
        number = await run_in_threadpool(lambda: wiring.audit().begin(entry))
    except OsismError as error:
        log.warning("%s %r: nothing was done: %s", entry.method, entry.path, error)
        refusal = failure(status_of(error), f"nothing was done: {error}")
        return await refusal(scope, receive, send)
    answer = _Answer(number, scope, send)
    try:
        await work(scope, receive, answer)
    except Exception as error:
        await answer.finish(500, f"internal error: {type(error).__name__}")
        raise


def _entry(scope: Scope, body: Body) -> Entry | None:
    """What the log keeps of a request, None for one that it does not keep."""
    caller: Caller | None = scope.get("state", {}).get("caller")
    if caller is None and not _signed(scope, body):
        return None
    return Entry(
        at=datetime.now(UTC),
        who=behalf(caller, _user(scope)) if caller else NETBOX,
        role=str(caller.role) if caller else "",
        address=scope["client"][0] if scope.get("client") else "",
        method=scope["method"],
        path=_path(scope),
        body=recorded(body.data if caller else named(body.data)),
    )


def _signed(scope: Scope, body: Body) -> bool:
    """Whether NetBox asks; nobody else is to fill the log without a token."""
    secret = settings().webhook_secret.get_secret_value()
    given = Headers(scope=scope).get("x-hook-signature", "")
    return bool(scope["path"] == WEBHOOK and secret and verify(body.content or b"", given, secret))


def _user(scope: Scope) -> str:
    """Who is said to ask with a token of several; what no endpoint would take is left out."""
    said = Headers(scope=scope).get("x-osism-user", "")
    return said if len(said) <= 64 and re.fullmatch(USER, said) else ""


def _path(scope: Scope) -> str:
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    query = "&".join(f"{name}={value}" for name, value in masked(dict(pairs)).items())
    return f"{scope['path']}?{query}" if query else str(scope["path"])


class _Answer:
    """Sends an answer on, and writes how it ended before its end is sent."""

    def __init__(self, number: int, scope: Scope, send: Send) -> None:
        self._number, self._scope, self._send = number, scope, send
        self._status, self._headers, self._content = 0, Headers(), b""
        self._finished = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], Headers(raw=message["headers"])
        elif message["type"] == "http.response.body":
            self._content += message.get("body", b"")[: _MOST - len(self._content)]
            if not message.get("more_body", False):
                await self.finish(self._status, self._words())
        await self._send(message)

    async def finish(self, status: int, words: str) -> None:
        if self._finished:
            return
        self._finished = True
        try:
            await run_in_threadpool(lambda: wiring.audit().finish(self._number, status, words))
        except OsismError as error:
            log.error("request %d was answered %d: %s", self._number, status, error)

    def _words(self) -> str:
        """What an endpoint says of itself (``request.state.result``), else what its answer does."""
        said = self._scope.get("state", {}).get("result")
        if said:
            return str(said)
        if location := self._headers.get("location"):
            return location.rstrip("/").rpartition("/")[2]
        try:
            return _told(json.loads(self._content))
        except (ValueError, RecursionError):
            return ""


def _told(answer: Any) -> str:
    """The message of a failure, else the job of an object."""
    if not isinstance(answer, Mapping):
        return ""
    if answer.get("kind") == "Status":
        return str(masked("; ".join(map(str, answer.get("message", ())))))
    for part in (answer, answer.get("meta"), answer.get("spec"), answer.get("status")):
        found = part.get("job") if isinstance(part, Mapping) else None
        if isinstance(found, str):
            return found
    return ""
