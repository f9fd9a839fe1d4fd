"""The conversation with an OVSDB server (RFC 7047) in which nothing lasts without a bound.

Framing, messages and streams are those of the library ``ovs``. Three things are done otherwise:

* JSON is read by the standard library. The library has a C extension that its wheels do not
  contain; its reader in Python takes 24 ms for the 32 kB that tell of 48 ports, ``json`` 1 ms.
* It loses a character that is cut by the end of a packet.
* Waiting is by ``poll``: its poller uses ``select``, which knows no file above number 1023.
"""

from __future__ import annotations

import codecs
import errno
import json
import os
import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any

from ovs.jsonrpc import EOF, Connection, Message
from ovs.stream import SSLStream, Stream

from osism.domain.errors import OutsideFailed
from osism.domain.intents import one_line

LIMIT = 64 * 1024 * 1024  #: characters of one message
_PIECE = 65536
_WORDS = 500  # characters of a switch's own words in a message

#: Called with what a ``monitor`` reports.
Heard = Callable[[Any], None]


class Line:
    """One connection. *who* names the switch in messages; *timeout*: seconds for one answer.

    Everything that goes wrong raises :class:`OutsideFailed`.
    """

    def __init__(self, who: str, connected: socket.socket, timeout: float) -> None:
        self.who, self.timeout = who, timeout
        self.heard: Heard = lambda _: None
        connected.setblocking(False)
        kind = _Tls if isinstance(connected, ssl.SSLSocket) else Stream
        self._socket = connected
        self._connection = _Connection(kind(connected, "ovsdb", 0))

    def close(self) -> None:
        if self._connection.stream is not None:
            self._connection.close()

    def ask(self, method: str, *params: Any) -> Any:
        """Call *method* and return its result; a refusal raises with the switch's words."""
        return self.ask_all([(method, list(params))])[0]

    def ask_all(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """Several calls (method, parameters) in one go, and their results."""
        ends = time.monotonic() + self.timeout
        requests = [Message.create_request(method, params) for method, params in calls]
        for request in requests:
            self._connection.send(request)
        return [self._answer(request, ends) for request in requests]

    def _answer(self, request: Any, ends: float) -> Any:
        """A server answers in the order in which it is asked."""
        while (message := self._receive(ends, request.method)).id != request.id or message.method:
            self._take(message)
        if message.type == Message.T_ERROR:
            raise self.failed(f"{request.method} refused: {say(message.error)}")
        return message.result

    def wait(self, ready: Callable[[], bool], until: float) -> bool:
        """Listen until *ready* or the time *until* (monotonic); whether it is ready."""
        while not ready():
            message = self._next(until)
            if message is None:
                return ready()
            self._take(message)
        return True

    @property
    def alert(self) -> str:
        """What TLS said when it ended the connection, empty if it did not."""
        return str(getattr(self._connection.stream, "alert", ""))

    def failed(self, words: str) -> OutsideFailed:
        """A failure of this switch, to be raised."""
        return OutsideFailed(f"{self.who}: {words}")

    def _take(self, message: Any) -> None:
        if message.type == Message.T_REQUEST and message.method == "echo":
            self._connection.send(Message.create_reply(message.params, message.id))
        elif message.type == Message.T_NOTIFY and message.method == "update":
            self.heard(message.params[1] if len(message.params) > 1 else None)

    def _receive(self, ends: float, what: str) -> Any:
        message = self._next(ends)
        if message is None:
            raise self.failed(f"no answer to {what} in {self.timeout:g} s")
        return message

    def _next(self, ends: float) -> Any:
        """The next message; None when the time is over."""
        while True:
            error, message = self._connection.recv()
            if not error:
                return message
            if error != errno.EAGAIN:
                words = self.alert or _named(error)
                raise self.failed(f"the connection to its database is lost: {words}")
            self._connection.run()
            if not self._ready(ends - time.monotonic()):
                return None

    def _ready(self, seconds: float) -> bool:
        if seconds <= 0:
            return False
        poll = select.poll()
        writes = select.POLLOUT if self._connection.get_backlog() else 0
        poll.register(self._socket, select.POLLIN | writes)
        return bool(poll.poll(seconds * 1000))


class _Tls(SSLStream):  # type: ignore[misc]
    """Keeps what TLS says of its failures: errno has no number for that."""

    alert = ""

    def connect(self) -> int:
        """It is connected; the library would try another handshake with every packet."""
        return 0

    def recv(self, n: int) -> tuple[int, bytes]:
        """As the library's; EPROTO for what TLS does not like."""
        try:
            return 0, self.socket.recv(n)
        except OSError as error:
            return self._number(error), b""

    def send(self, data: str) -> int:
        """As the library's: a negative number is an error."""
        try:
            return int(self.socket.send(data.encode()))
        except OSError as error:
            number = self._number(error)
            if number != errno.EAGAIN:
                self.recv(1)  # the alert that says why it is closed
            return -number

    def _number(self, error: OSError) -> int:
        if isinstance(error, (ssl.SSLWantReadError, ssl.SSLWantWriteError)):
            return errno.EAGAIN
        if isinstance(error, ssl.SSLError):
            self.alert = one_line(error.reason or str(error)).replace("_", " ").lower()
            return errno.EPROTO
        return error.errno or errno.EIO


class _Connection(Connection):  # type: ignore[misc]
    """Reads JSON with the standard library, see above."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""

    def recv(self) -> tuple[int, Any]:
        """(0, a message), or (an error number, None): ``errno.EAGAIN`` when there is none yet."""
        while not self.status:
            if self._text.endswith("}") or "}{" in self._text:
                found = self._message()
                if found is not None:
                    return 0, found
            error, data = self.stream.recv(_PIECE)
            if error == errno.EAGAIN:
                return error, None
            self._feed(error, data)
        return self.status, None

    def _feed(self, error: int, data: bytes | str) -> None:
        if error or not data:
            self.error(error or EOF)
            return
        try:
            self._text += self._decoder.decode(data if isinstance(data, bytes) else data.encode())
        except UnicodeError:
            self.error(errno.EILSEQ)
        if len(self._text) > LIMIT:
            self.error(errno.EMSGSIZE)
        elif self._text and not self._text.startswith("{"):
            self.error(errno.EPROTO)

    def _message(self) -> Any:
        """The first message if it is complete, None if not."""
        try:
            values, end = json.JSONDecoder().raw_decode(self._text)
        except RecursionError:
            self.error(errno.EPROTO)
            return None
        except ValueError:
            return None  # the rest is on its way, or the time for it ends
        self._text = self._text[end:].lstrip()
        message = Message.from_json(values)
        if isinstance(message, str):
            self.error(errno.EPROTO)
            return None
        return message


def _named(error: int) -> str:
    return "it was closed" if error == EOF else os.strerror(error)


def say(error: Any) -> str:
    """The words of an error object (RFC 7047, section 3.1)."""
    if isinstance(error, dict):
        words = ": ".join(str(error[key]) for key in ("error", "details") if error.get(key))
    else:
        words = str(error)
    return one_line(words)[:_WORDS] or "no reason given"
