"""How much may be asked: requests a second, and the size and the form of a body."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address
from typing import Any

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osism.domain.errors import Invalid
from osism.domain.requests import parsed
from osism.services.api.errors import failure
from osism.settings import settings

#: Wrong tokens a second from one address.
GUESSES = 10.0
#: Seconds that a body may take to come.
PATIENCE = 30.0


class Budget:
    """So much a second for each; *rate* 0 is no limit. Below one it is one in so many seconds."""

    def __init__(self, rate: float) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage()) if rate else None
        self._item = (
            RateLimitItemPerSecond(int(rate))
            if rate >= 1
            else RateLimitItemPerSecond(1, math.ceil(1 / rate) if rate else 1)
        )

    async def take(self, of: str) -> int:
        """Take one; the seconds to wait where there is none left, else 0."""
        if self._limiter is None or await self._limiter.hit(self._item, of):
            return 0
        return await self._wait(of)

    async def _wait(self, of: str) -> int:
        assert self._limiter  # noqa: S101 - asked above
        found = await self._limiter.get_window_stats(self._item, of)
        return max(1, math.ceil(found.reset_time - time.time()))


def too_many(words: str, seconds: int) -> Response:
    """The answer to who asks too often."""
    return failure(429, f"{words}; again in {seconds} s", headers={"Retry-After": str(seconds)})


def address(scope: Scope) -> str:
    """Where a request comes from; of IPv6 the network, for one machine has all of its addresses."""
    found = scope["client"][0] if scope.get("client") else ""
    if ":" in found:
        try:
            return IPv6Address(IPv6Address(found).packed[:8] + bytes(8)).compressed + "/64"
        except ValueError:
            pass
    return str(found)


class Rates:
    """Refuses who asks more often than ``api_rate``: each token, and each address of webhooks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.rate = app, settings().api_rate
        self.budget = Budget(self.rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None
        if scope["type"] == "http" and scope["path"] != "/health":
            caller = scope.get("state", {}).get("caller")
            who = f"token {caller.name}" if caller else f"address {address(scope)}"
            if seconds := await self.budget.take(who):
                refusal = too_many(f"more than {self.rate:g} requests a second", seconds)
        await (refusal or self.app)(scope, receive, send)


@dataclass(frozen=True)
class Body:
    """What came: its bytes (None: nothing was read), its JSON (or its size and digest), and what
    to answer when it is not taken."""

    content: bytes | None = None
    data: Any = None
    refusal: Response | None = None

    def again(self, receive: Receive) -> Receive:
        """Gives the body to who comes next, and then whatever follows it."""
        if self.content is None:
            return receive
        waiting: list[Message] = [{"type": "http.request", "body": self.content}]

        async def receiving() -> Message:
            return waiting.pop() if waiting else await receive()

        return receiving


async def read(scope: Scope, receive: Receive) -> Body | None:
    """The body of a request, of which no more is kept than ``api_body``; None: the client left."""
    headers, most = Headers(scope=scope), settings().api_body
    if "content-length" not in headers and "transfer-encoding" not in headers:
        return Body()
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        return _too_large(most)
    try:
        content = await asyncio.wait_for(_collected(receive, most), PATIENCE)
    except TimeoutError:
        close = {"Connection": "close"}
        words = f"the body did not come within {PATIENCE:g} s"
        return Body(refusal=failure(400, words, headers=close))
    if content is None:
        return None
    return _too_large(most) if len(content) > most else _looked_at(scope, headers, content)


async def _collected(receive: Receive, most: int) -> bytes | None:
    content = bytearray()
    while len(content) <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        content += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(content)


def _too_large(most: int) -> Body:
    return Body(refusal=failure(413, f"a body may have {most} bytes (api_body)"))


def _looked_at(scope: Scope, headers: Headers, content: bytes) -> Body:
    """Whatever follows reads JSON only: what is none is refused here, once and for all."""
    if not content:
        return Body(content)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    refusal = data = None
    try:
        if kind != "application/json" and not kind.endswith("+json"):
            raise Invalid(f"Content-Type {kind!r}: a body has to be application/json")
        data = parsed(content)
    except Invalid as mistake:
        data = {"size": len(content), "sha256": sha256(content).hexdigest()}
        # Who has not said who it is learns from the webhook whether its signature is right, first.
        refusal = failure(400, str(mistake)) if "caller" in scope.get("state", {}) else None
    return Body(content, data, refusal)
