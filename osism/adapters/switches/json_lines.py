"""A conversation of JSON lines over TCP in which nothing can last or grow without a bound."""

from __future__ import annotations

import json
import socket
import time
from types import TracebackType
from typing import Any

from osism.domain.errors import OutsideFailed
from osism.domain.intents import one_line

LIMIT = 32 * 1024 * 1024  #: bytes of one answer
_WORDS = 500  # characters of a peer's own words in a message


class JsonLines:
    """One request, one answer, in turns.

    *who* names the peer in messages; *connect_timeout* and *timeout* are seconds, the latter for
    one request with its answer. After a failure of the connection it stays closed. Everything that
    goes wrong raises :class:`OutsideFailed`.
    """

    def __init__(
        self,
        who: str,
        address: str,
        port: int,
        connect_timeout: float,
        timeout: float,
    ) -> None:
        self._who, self._timeout = who, timeout
        self._buffer = bytearray()
        self._socket: socket.socket | None = None
        try:
            self._socket = socket.create_connection((address, port), connect_timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, UnicodeError) as error:
            self.close()
            raise self.failed(f"cannot connect to {address} port {port}: {_say(error)}") from error

    def ask(self, do: str, **values: Any) -> dict[str, Any]:
        """Send the request *do* and return the answer; a refusal raises with the peer's words."""
        try:
            answer = self._exchange(do, values)
        except (OSError, EOFError) as error:
            self.close()
            raise self.failed(f"no answer to {do}: {_say(error)}") from error
        except (ValueError, RecursionError) as error:
            self.close()
            raise self.failed(f"garbage in answer to {do}: {_say(error)}") from error
        if answer.get("ok") is not True:
            words = one_line(str(answer.get("error") or "no reason given"))
            raise self.failed(f"{do} refused: {words[:_WORDS]}")
        return answer

    def failed(self, words: str) -> OutsideFailed:
        """A failure of this peer, to be raised."""
        return OutsideFailed(f"{self._who}: {words}")

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> JsonLines:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _exchange(self, do: str, values: dict[str, Any]) -> dict[str, Any]:
        if self._socket is None:
            raise EOFError("the connection is closed")
        if self._buffer:
            raise ValueError("it spoke without being asked")
        ends = time.monotonic() + self._timeout
        self._socket.settimeout(self._timeout)
        self._socket.sendall(json.dumps({"do": do, **values}).encode() + b"\n")
        answer = json.loads(self._line(self._socket, ends))
        if not isinstance(answer, dict):
            raise ValueError("not an object")
        return answer

    def _line(self, connection: socket.socket, ends: float) -> bytes:
        """The bytes up to the next line feed."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > LIMIT:
                raise ValueError(f"longer than {LIMIT} bytes")
            left = ends - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
            data = connection.recv(65536)
            if not data:
                raise EOFError("it closed the connection")
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line


def _say(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return one_line(str(error))[:_WORDS] or type(error).__name__
