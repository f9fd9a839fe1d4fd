"""A connection over which HTTP comes: what uvicorn leaves without a limit has one here.

Without them somebody unknown could fill the memory with headers, or hold connections for ever.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from osism.services.api.errors import failure

#: Bytes that line and headers of a request may have, about.
HEAD = 65_536
#: Seconds in which they have to come; also the first of a new connection.
PATIENCE = 20.0
#: Bytes of a body that are still taken, and thrown away, after its request was answered: a client
#: that has not finished sending does not read its answer yet.
REST = 16 << 20


# uvicorn warns of every request that is no HTTP, which would let strangers fill the log.
_log = logging.getLogger(f"{__name__}.uvicorn")
_log.setLevel(logging.ERROR)


class Connection(HttpToolsProtocol):
    """uvicorn's, with limits for the head of a request and for what nobody waits for."""

    _head = _rest = 0
    _late: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.logger = _log

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._come()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _unsupported_upgrade_warning(self) -> None:
        """It is answered as if nobody had asked for one, and is nothing to warn of."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0
        self._expect()

    def on_headers_complete(self) -> None:
        self._come()
        self._rest = 0
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._late is None:
            return
        self._head += len(data)
        if self._head > HEAD:
            self._refuse(431, f"a request's line and headers may have {HEAD} bytes")

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if self.cycle.response_complete:
            self._rest += len(body)
            if self._rest > REST:
                self.transport.abort()

    def _expect(self) -> None:
        self._come()
        self._late = self.loop.call_later(PATIENCE, self._too_late)

    def _come(self) -> None:
        if self._late:
            self._late.cancel()
        self._late = None

    def _too_late(self) -> None:
        self._refuse(408, f"the headers did not come within {PATIENCE:g} s")

    def _refuse(self, code: int, words: str) -> None:
        self._come()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:  # else it would be in its answer
            answer = failure(code, words, headers={"Connection": "close"})
            lines = [f"HTTP/1.1 {code} {HTTPStatus(code).phrase}".encode()]
            lines += [name + b": " + value for name, value in answer.raw_headers]
            self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        self.transport.close()
