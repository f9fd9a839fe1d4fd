"""The console of a :class:`Machine` over SSH: banner, prompt, echo, paging, colours.

MikroTik's manual, "Console login process" (``user+ct80w``: options after the name), "Command Line
Interface" (prompt, continuation prompt, Ctrl-C, Ctrl-D, ``quit``). That a terminal is asked where
its cursor is (``ESC [6n``), that lines are repainted while they are typed, and that the prompt
comes after ``ESC [9999B``, is from transcripts in the issues of Netmiko (1016, 2512, 3405, 3453).
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import asyncssh

from tests.fakes.routeros.machine import Cut, Machine
from tests.fakes.routeros.script import Incomplete, Parser, Refused

_BANNER = """

  MMM      MMM       KKK                          TTTTTTTTTTT      KKK
  MMM MMMM MMM  III  KKK  KKK  RRRRRR     OOOOOO      TTT     III  KKK  KKK
  MMM      MMM  III  KKK  KKK  RRR  RRR   OOOOOO      TTT     III  KKK  KKK

  MikroTik RouterOS 7.16.2 (c) 1999-2024       https://www.mikrotik.com/


Press F1 for help

"""
_PAGE = "-- [Q quit|D dump|down]"


class Server:
    """*user* logs in with *password* or *key* (an authorised public key). ``latency``: seconds
    before each answer. ``mute``: no answer any more. ``forgets``: what is typed ahead while
    a command runs is lost this many times. ``screen``: the height for which output is paged."""

    def __init__(self, machine: Machine, user: str, password: str, key: Any = None) -> None:
        self.machine, self.user, self.password, self.key = machine, user, password, key
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.latency, self.mute, self.forgets, self.logins = 0.0, False, 0, 0
        self.mistakes: list[Exception] = []
        self.noise = ""  # printed before the first prompt
        self.port = 0
        self.open: set[asyncssh.SSHServerConnection] = set()
        self.loop = asyncio.new_event_loop()
        machine.sessions = self.drop

    @property
    def public_key(self) -> str:
        return str(self.host_key.export_public_key().decode().strip())

    def drop(self) -> None:
        """End all connections at once, from any thread."""

        def abort() -> None:
            for each in list(self.open):
                each.abort()

        self.loop.call_soon_threadsafe(abort)

    @contextmanager
    def serving(self) -> Iterator[Server]:
        thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        thread.start()
        listener = asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result()
        self.port = listener.get_port()
        try:
            yield self
            if self.mistakes:
                raise self.mistakes[0]
        finally:
            self.machine.off()
            asyncio.run_coroutine_threadsafe(self._end(listener), self.loop).result()
            self.loop.call_soon_threadsafe(self.loop.stop)
            thread.join()
            self.loop.close()

    async def _listen(self) -> Any:
        return await asyncssh.create_server(
            lambda: _Login(self),
            "127.0.0.1",
            0,
            server_host_keys=[self.host_key],
            process_factory=self._session,
            encoding=None,
            line_editor=False,
        )

    async def _end(self, listener: Any) -> None:
        listener.close()
        for each in list(self.open):
            each.abort()
        await listener.wait_closed()
        others = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _session(self, process: Any) -> None:
        name = process.get_extra_info("username")
        terminal = Terminal(self, process, name)
        try:
            with suppress(asyncssh.Error, OSError, asyncio.IncompleteReadError, Cut):
                await terminal.run()
        except Exception as error:  # a mistake of ours is not a switch that hangs up
            self.mistakes.append(error)
        process.exit(0)


class _Login(asyncssh.SSHServer):
    def __init__(self, server: Server) -> None:
        self._server = server

    def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connection = connection
        self._server.open.add(connection)
        if not self._server.machine.reached():
            connection.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._server.open.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return self._server.key is not None

    def validate_password(self, username: str, password: str) -> bool:
        name = username.partition("+")[0]
        return name == self._server.user and password == self._server.password

    def validate_public_key(self, username: str, key: Any) -> bool:
        return username.partition("+")[0] == self._server.user and key == self._server.key


class Terminal:
    """One console session."""

    def __init__(self, server: Server, process: Any, login: str) -> None:
        self._server, self._process, self._machine = server, process, server.machine
        user, _, options = login.partition("+")
        found = {letter: number for number, letter in re.findall(r"([0-9]*)([a-z])", options)}
        self._user, self._colours = user, "c" not in found
        self._probes = "t" not in found
        size = process.get_terminal_size() if process.term_type else (80, 24)
        self._width = int(found.get("w") or size[0] or 80)
        self._height = int(found.get("h") or size[1] or 24)
        self._typed = bytearray()

    async def run(self) -> None:
        self._server.logins += 1
        self._write(_BANNER)
        if self._probes:
            self._process.stdout.write(b"\x1bZ  \x1b[6n")
        if self._server.noise:
            self._write(self._server.noise)
        entered = ""
        while True:
            self._prompt(entered)
            line = await self._line(entered)
            if line is None or (not entered and line.strip() == "quit"):
                return
            entered += line
            try:
                Parser(entered, self._machine.knows).statements()
            except Incomplete:
                entered += "\n"
                continue
            except Refused:
                pass
            text, entered = entered, ""
            if text.strip():
                await self._command(text)

    async def _command(self, text: str) -> None:
        self._machine.lines.append(text)
        while self._server.mute:
            await asyncio.sleep(3600)
        if self._server.forgets:
            await asyncio.sleep(0.05)
            self._server.forgets -= 1
            self._typed.clear()
        if self._server.latency:
            await asyncio.sleep(self._server.latency)
        output = self._machine.type(text)
        if not self._machine.reached():
            self._server.drop()
            raise Cut
        await self._page(output)

    async def _page(self, output: str) -> None:
        lines = output.split("\n")
        while len(lines) > self._height and lines[0].startswith("Flags: X"):
            self._write("\n".join(lines[: self._height - 1]) + "\n" + _PAGE)
            lines = lines[self._height - 1 :]
            key = await self._key()
            self._process.stdout.write(b"\r" + b" " * len(_PAGE) + b"\r")
            if key in (b"q", b"Q"):
                return
            if key in (b"d", b"D"):
                break
        self._write("\n".join(lines))

    def _prompt(self, entered: str) -> None:
        if entered:
            self._process.stdout.write(b"{... ")
            return
        identity = self._machine.tables["system", "identity"][0].values["name"]
        prompt = f"[{self._user}@{identity}] > "
        if self._colours:
            prompt = f"\x1b[m[\x1b[36m{self._user}\x1b[m@\x1b[33m{identity}\x1b[m] > "
        self._shown = f"[{self._user}@{identity}] > "
        before = "\r\n" if self._colours else "\r\n\x1b[9999B"
        self._process.stdout.write((before + prompt).encode("utf-8", "surrogateescape"))

    async def _line(self, entered: str) -> str | None:
        typed = bytearray()
        while True:
            more = re.match(rb"[^\x00-\x1f]+", self._typed)
            if more:  # what came at once is shown at once
                typed += more[0]
                del self._typed[: more.end()]
                self._echo(typed, more[0])
                continue
            key = await self._key()
            if key in (b"\r", b"\n"):
                if key == b"\r" and self._typed[:1] == b"\n":
                    del self._typed[:1]
                self._process.stdout.write(b"\r\n")
                return typed.decode("utf-8", "surrogateescape")
            if key == b"\x03":
                return ""
            if key == b"\x04" and not typed:
                return None
            if key >= b" ":
                self._typed[:0] = key

    def _echo(self, typed: bytearray, more: bytes) -> None:
        """The letters, and the line anew; of a line that is too long only its end."""
        if len(self._shown) + len(typed) < self._width:
            anew = b"\r" + self._shown.encode("utf-8", "surrogateescape") + bytes(typed)
            self._process.stdout.write(more + anew)
        else:
            self._process.stdout.write(b"\r<" + bytes(typed[-(self._width - 2) :]) + b"\x1b[K")

    async def _key(self) -> bytes:
        while not self._typed:
            data = await self._process.stdin.read(65536)
            if not data:
                raise Cut
            self._typed += data
        key = bytes(self._typed[:1])
        del self._typed[:1]
        return key

    def _write(self, text: str) -> None:
        data = text.replace("\n", "\r\n").encode("utf-8", "surrogateescape")
        self._process.stdout.write(data)
