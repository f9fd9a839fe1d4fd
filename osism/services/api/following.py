"""Streams that are followed: as server-sent events, for as long as somebody listens."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from datetime import UTC, datetime
from functools import cache
from time import monotonic
from typing import Any, Protocol, TypeVar

from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Send

from osism import wiring
from osism.domain.errors import OsismError, OutsideFailed

log = logging.getLogger(__name__)
Value = TypeVar("Value")

PING = 15.0  # seconds of silence after which a comment says that we are still there
OUTAGE = 300.0  # seconds without Redis that a stream outlives
AGAIN = 0.5  # seconds until Redis is asked again
RETRY = 2000  # milliseconds after which a client shall come back
#: Pages are fetched and formatted by so many threads, whatever the number of readers.
THREADS = 4

#: JSON in one line; made once, for making it takes longer than a line of output.
encoded = json.JSONEncoder(separators=(",", ":"), default=str).encode

_open = 0
_pending: set[asyncio.Future[bytes]] = set()
_ends = False


def open_streams() -> int:
    """How many streams this process is sending."""
    return _open


def end_streams() -> None:
    """End all that are followed, in order, for the process ends: who reads them comes back
    elsewhere. May be called by a signal's handler."""
    global _ends
    _ends = True
    for each in tuple(_pending):
        each.get_loop().call_soon_threadsafe(each.cancel)


class Pages(Protocol):
    """What is followed; see :class:`osism.adapters.streams.pages.JobPages`."""

    @property
    def key(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def ended(self) -> bool: ...
    @property
    def pause(self) -> float: ...
    def next(self) -> list[Any] | None: ...
    def silent(self) -> list[Any]: ...
    def unheard(self) -> None: ...


Form = Callable[[list[Any]], bytes]


class _Counted(StreamingResponse):
    """Counts itself while it is sent, and closes its source however the sending ends."""

    async def stream_response(self, send: Send) -> None:
        global _open
        _open += 1
        try:
            async with aclosing(self.body_iterator):  # type: ignore[type-var]
                await super().stream_response(send)
        finally:
            _open -= 1


class TextStream(_Counted):
    """What is there, by the page."""


class EventStream(_Counted, EventSourceResponse):
    """Server-sent events."""


def followed(
    pages: Pages, form: Form, timeout: float, first: Callable[[], bytes] = bytes
) -> EventStream:
    """The events of *pages* in their *form* behind *first*, as they come; for *timeout* seconds, 0:
    without an end."""
    chunks = _lively(_going_on(pages, form, first), timeout)
    # Proxies (nginx) shall not collect what is to arrive at once.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(chunks, headers=headers)


async def told(pages: Pages, form: Form) -> AsyncIterator[bytes]:
    """What is there by now."""
    while (events := await worked(_page, pages, form)) is not None:
        yield events


def sse(kind: str, data: Any, id: str | None = None, retry: int | None = None) -> bytes:
    """One server-sent event; *data* is JSON, or its text."""
    text = data if isinstance(data, str) else encoded(data)
    return format_sse_event(data_str=text, event=kind, id=id, retry=retry)


async def worked(function: Callable[..., Value], *arguments: Any) -> Value:
    """Call *function* in a thread of the streams' own: many streams shall not keep others from
    being answered."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), function, *arguments)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, "streams")


def _page(pages: Pages, form: Form) -> bytes | None:
    events = pages.next()
    return None if events is None else form(events)


def _silence(pages: Pages, form: Form) -> bytes:
    return form(pages.silent())


async def _going_on(pages: Pages, form: Form, first: Callable[[], bytes]) -> AsyncIterator[bytes]:
    if begin := first():
        yield begin
    away = 0.0
    while not pages.ended:
        try:
            chunk = await worked(_page, pages, form)
            if chunk is None and not await _woken(pages):
                chunk = await worked(_silence, pages, form)
            away = 0.0
        except OutsideFailed as error:
            away = away or monotonic()
            if monotonic() - away > OUTAGE:
                yield _failed(error)
                return
            pages.unheard()
            await asyncio.sleep(AGAIN)
            continue
        if chunk:
            yield chunk


async def _woken(pages: Pages) -> bool:
    """Wait until there is more; False after a while of silence."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        try:
            loop.call_soon_threadsafe(came.set)
        except RuntimeError:  # the process ends
            return

    hub = wiring.hub()
    waiting = hub.wait(pages.key, pages.place, wake)
    try:
        async with asyncio.timeout(pages.pause):
            await came.wait()
    except TimeoutError:
        return False
    finally:
        hub.forget(waiting)
    return True


async def _lively(chunks: AsyncIterator[bytes], timeout: float) -> AsyncIterator[bytes]:
    """*chunks*, a comment wherever there is none for long, and an end in time."""
    deadline = monotonic() + timeout if timeout else float("inf")
    pending: asyncio.Future[bytes] | None = None
    try:
        while (left := deadline - monotonic()) > 0:
            pending = pending or _begun(chunks)
            await asyncio.wait({pending}, timeout=min(PING, left))
            if pending.done():
                if (chunk := _came(pending)) is None or _ends:
                    return
                pending = None
                yield chunk
            elif left > PING:
                yield KEEPALIVE_COMMENT
        yield sse("timeout", {"at": datetime.now(UTC).isoformat(), "kind": "timeout", "values": {}})
    finally:
        if pending:
            pending.cancel()


def _begun(chunks: AsyncIterator[bytes]) -> asyncio.Future[bytes]:
    pending: asyncio.Future[bytes] = asyncio.ensure_future(anext(chunks))
    _pending.add(pending)
    pending.add_done_callback(_pending.discard)
    return pending


def _came(pending: asyncio.Future[bytes]) -> bytes | None:
    """The next chunk, None after the last one and where no more are wanted."""
    try:
        return pending.result()
    except (StopAsyncIteration, asyncio.CancelledError):
        return None


def _failed(error: OsismError) -> bytes:
    log.warning("a stream ends: %s", error)
    values = {"message": str(error)}
    return sse("error", {"at": datetime.now(UTC).isoformat(), "kind": "error", "values": values})
