"""A switch's console: commands go in, their output comes out.

What is typed is echoed, repainted and scrolled by the console, and prompts look as people like
them. So every command is put between two lines that say which one it was; they are put together
from two pieces, so that their echo is not taken for them. The second one is typed ahead, as when
a page of commands is pasted: it comes whatever became of the command.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from osism.domain.errors import OutsideFailed
from osism.domain.intents import one_line
from osism.domain.texts import plain

_WORDS = 500  # characters of a switch's own words in a message
_LONGEST = 32 * 1024 * 1024  # bytes of one answer
_PROMPT = re.compile(rb"> ?(?:\x1b\[[0-?]*[ -/]*[@-~])*$")
#: A prompt, or the echo of a line that begins or ends a command.
_TYPED = re.compile(r'\("osism"\."|^\[[^\s@]+@.*\] [^>]*[>]\s*$')
_PATIENCE = 2.0  # seconds without a word at a prompt until we ask again
#: How MikroTik's console begins what it says of a command that failed.
_FAILED = re.compile(
    r"(failure: |syntax error|expected |bad command name|no such |input does not match|invalid |"
    r"ambiguous |value of |not enough permissions|interrupted|missing |unknown parameter|"
    r"already have |cannot |couldn't |can't |script error|error |out of range|#error|timeout)",
    re.IGNORECASE,
)


class Console:
    """One login. *channel* has ``recv``, ``sendall`` and ``settimeout`` as Paramiko's have it;
    *who* names the switch in messages; *timeout* is for one command, in seconds."""

    def __init__(self, channel: Any, who: str, timeout: float, peer: str = "") -> None:
        self._channel, self._timeout = channel, timeout
        self.who, self.peer = who, peer
        self._number = 0

    def run(self, command: str, what: str = "") -> str:
        """The output of *command* (one line, ASCII); *what* is how messages call it.

        Raises :class:`OutsideFailed` when the switch refuses it, with its words, when it says
        nothing in time, or when the connection ends.
        """
        output = self.ask(command, what)
        for line in output.split("\n"):
            if _FAILED.match(line.strip()):
                raise self.failed(f"{what or _short(command)}: {said(output)}")
        return output

    def ask(self, command: str, what: str = "", patience: float = 1) -> str:
        """As :meth:`run`, whatever the answer says; waits *patience* times as long."""
        self._number += 1
        begin, end = f"-b{self._number}", f"-e{self._number}"
        lines = f"{_mark(begin)};{command}\r\n{_mark(end)}\r\n"
        wait = self._timeout * patience
        data = self._answer(
            lines, _mark(end), f"osism{end}".encode(), what or _short(command), wait
        )
        text = data.decode("utf-8", "surrogateescape").replace("\r", "")
        said_lines = [each for each in text.split("\n") if not _TYPED.search(plain(each))]
        opened = f"osism{begin}"
        after = [at + 1 for at, each in enumerate(said_lines) if plain(each).strip() == opened]
        return "\n".join(said_lines[after[0] if after else 0 :]).strip("\n")

    def failed(self, words: str) -> OutsideFailed:
        """An error that names the switch, to be raised."""
        return OutsideFailed(f"{self.who}: {words}")

    def _answer(self, lines: str, again: str, end: bytes, what: str, wait: float) -> bytes:
        """What comes until a line says *end*."""
        done = re.compile(rb"(?:^|[\r\n])" + re.escape(end) + rb"[\r\n]")
        until = time.monotonic() + wait
        data, seen = bytearray(), 0
        self._guarded(lambda: self._channel.sendall(lines.encode("ascii")), what)
        while not (found := done.search(data, max(0, seen - len(end) - 2))):
            seen = len(data)
            left = until - time.monotonic()
            if left <= 0:
                raise self.failed(f"no answer to {what} in {wait:g} s")
            piece = self._piece(min(left, _PATIENCE), what)
            data += piece
            if not piece and _PROMPT.search(data):  # what was typed ahead has been lost
                self._guarded(lambda: self._channel.sendall(f"{again}\r\n".encode()), what)
            if len(data) > _LONGEST:
                raise self.failed(f"the answer to {what} has no end")
        return bytes(data[: found.start()])

    def _piece(self, wait: float, what: str) -> bytes:
        """What comes next; nothing when nothing came in time."""
        self._channel.settimeout(max(wait, 0.01))
        try:
            piece = self._guarded(lambda: self._channel.recv(65536), what)
        except TimeoutError:
            return b""
        if not piece:
            raise self.failed(f"the connection ended during {what}")
        return bytes(piece)

    def _guarded(self, do: Callable[[], Any], what: str) -> Any:
        try:
            return do()
        except TimeoutError:
            raise
        except (OSError, EOFError) as error:
            reason = one_line(str(error)) or type(error).__name__
            raise self.failed(f"the connection ended during {what}: {reason}") from error


def said(output: str) -> str:
    """A switch's words in one line."""
    return one_line(output.encode("utf-8", "replace").decode())[:_WORDS]


def _mark(name: str) -> str:
    return f':put ("osism"."{name}")'


def _short(command: str) -> str:
    return one_line(command)[:60]
