"""SSH to switches: commands, and connections to sockets there. The host's key is always checked.

Options of an entry: ``username`` (``root`` without one); ``password``, or ``private_key`` (PEM,
with ``passphrase`` where it has one), or ``private_key_file`` (without any of them an agent and the
user's own keys are tried); ``host_key`` (the switch's public key, as in ``known_hosts``, without
the name), or ``known_hosts`` (a file; without both the user's and the machine's own);
``ssh_config`` (a file, for jump hosts); ``connect_timeout`` (seconds, 10); ``timeout`` (seconds
for one command, 30).
"""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from osism.adapters.switches.options import file, seconds, text, wrong
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.intents import one_line
from osism.domain.ports import Target

#: The options above, for drivers that refuse unknown ones.
OPTIONS = (
    "username", "password", "private_key", "passphrase", "private_key_file", "host_key",
    "known_hosts", "ssh_config", "connect_timeout", "timeout",
)  # fmt: skip
_WORDS = 500  # characters of a switch's own words in a message
_PIECE = 65536

Result = TypeVar("Result")


@dataclass(frozen=True)
class Ran:
    """What a command on the switch came to; ``code`` is -1 when a signal ended it."""

    code: int
    out: bytes
    err: bytes

    def words(self) -> str:
        """What it said of its failure, in one line."""
        said = (self.err or self.out).decode(errors="replace")
        return one_line(said)[:_WORDS] or f"exit code {self.code}"


class Shell:
    """A connection to one switch. Everything that goes wrong raises :class:`OutsideFailed`."""

    def __init__(
        self,
        who: str,
        connection: asyncssh.SSHClientConnection,
        loop: asyncio.AbstractEventLoop,
        timeout: float,
    ) -> None:
        self._who, self._connection, self._loop = who, connection, loop
        self._timeout = timeout

    def run(self, *command: str, stdin: bytes = b"", timeout: float | None = None) -> Ran:
        """Run *command* on the switch and return what it came to, whatever its exit code.

        SSH hands every command to the login shell there; each word is quoted for it.
        """
        line = shlex.join(command)
        done = self._do(
            self._connection.run(line, input=stdin, encoding=None), timeout or self._timeout, line
        )
        code = done.exit_status if done.exit_status is not None else -1
        return Ran(code, _bytes(done.stdout), _bytes(done.stderr))

    def check(self, *command: str, stdin: bytes = b"", timeout: float | None = None) -> bytes:
        """Run *command* and return its output; raises when its exit code is not 0."""
        ran = self.run(*command, stdin=stdin, timeout=timeout)
        if ran.code:
            raise OutsideFailed(f"{self._who}: {command[0]} failed: {ran.words()}")
        return ran.out

    def open(self, path: str) -> socket.socket:
        """A connection to the Unix socket *path* on the switch; closing it ends it there too."""
        reader, writer = self._do(
            self._connection.open_unix_connection(path, encoding=None), self._timeout, path
        )
        here, there = socket.socketpair()
        there.setblocking(False)
        asyncio.run_coroutine_threadsafe(self._relay(there, reader, writer), self._loop)
        return here

    async def _relay(self, end: socket.socket, reader: Any, writer: Any) -> None:
        """Pass bytes on in both directions until both ends are done."""
        loop = self._loop

        async def up() -> None:
            while data := await loop.sock_recv(end, _PIECE):
                writer.write(data)
                await writer.drain()
            writer.write_eof()

        async def down() -> None:
            while data := await reader.read(_PIECE):
                await loop.sock_sendall(end, data)
            with suppress(OSError):
                end.shutdown(socket.SHUT_WR)

        try:
            await asyncio.gather(up(), down())
        except (OSError, asyncssh.Error):
            pass  # whoever reads at the other end of the pair sees that it is over
        finally:
            end.close()
            writer.close()

    def _do(self, work: Coroutine[Any, Any, Result], timeout: float, what: str) -> Result:
        shown = one_line(what)[:80]
        try:
            return _in(self._loop, asyncio.wait_for(work, timeout))
        except TimeoutError as error:
            raise OutsideFailed(f"{self._who}: no answer to {shown} in {timeout:g} s") from error
        except (OSError, asyncssh.Error) as error:
            raise OutsideFailed(f"{self._who}: {shown}: {_say(error)}") from error


@contextmanager
def connected(target: Target) -> Iterator[Shell]:
    """Log in to *target*; the connection is closed at the end.

    Raises :class:`Misconfigured` for a host key that is unknown or another one, and for a login
    that is refused; :class:`OutsideFailed` when there is no answer.
    """
    who = f"switch {target.name!r}"
    if not target.address:
        raise wrong(target, "it has no address: neither in switches nor a primary one in NetBox")
    timeout = seconds(target, "timeout", 30.0)
    options = _options(target)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=f"ssh {target.name}", daemon=True)
    thread.start()
    try:
        connection = _open(target, who, options, loop)
        try:
            yield Shell(who, connection, loop, timeout)
        finally:
            _in(loop, _close(connection))
    finally:
        _in(loop, _cancel_all())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _open(
    target: Target, who: str, options: dict[str, Any], loop: asyncio.AbstractEventLoop
) -> asyncssh.SSHClientConnection:
    where = f"{target.address} port {target.port or 22}"
    wait = seconds(target, "connect_timeout", 10.0)

    async def connect() -> asyncssh.SSHClientConnection:
        return await asyncssh.connect(target.address, target.port or 22, **options)

    try:
        # The bounds of the library are for one step each; this one is for all of them.
        return _in(loop, asyncio.wait_for(connect(), wait))
    except TimeoutError as error:
        raise OutsideFailed(f"{who}: no answer from {where} in {wait:g} s") from error
    except asyncssh.HostKeyNotVerifiable as error:
        raise Misconfigured(
            f"{who}: the host key of {where} is not the known one: {_say(error)} "
            "(set host_key or known_hosts after checking it)"
        ) from error
    except asyncssh.PermissionDenied as error:
        raise Misconfigured(f"{who}: {where} refuses the login: {_say(error)}") from error
    except (OSError, asyncssh.Error) as error:
        raise OutsideFailed(f"{who}: cannot connect to {where}: {_say(error)}") from error
    except ValueError as error:  # what the library reads itself
        raise wrong(
            target, f"ssh_config, known_hosts or the address cannot be read: {_say(error)}"
        ) from None


def _options(target: Target) -> dict[str, Any]:
    options: dict[str, Any] = {
        "username": text(target, "username", "root"),
        "config": None,
        "known_hosts": _known_hosts(target),
        "keepalive_interval": 5,
        "keepalive_count_max": 3,
    }
    if config := file(target, "ssh_config"):
        options["config"] = [str(config)]
    key, path = text(target, "private_key"), file(target, "private_key_file")
    if key or path:
        phrase = text(target, "passphrase") or None
        try:
            options["client_keys"] = [
                asyncssh.import_private_key(key or path.read_text(), phrase)  # type: ignore[union-attr]
            ]
        except (OSError, ValueError) as error:  # the library's errors are ValueErrors
            raise wrong(target, f"the private key cannot be read: {type(error).__name__}") from None
        options["agent_path"] = None
    if password := text(target, "password"):
        options["password"] = password
        if not (key or path):
            options |= {"client_keys": None, "agent_path": None}
    return options


def _known_hosts(target: Target) -> Any:
    if key := text(target, "host_key"):
        try:
            return [asyncssh.import_public_key(key)], [], []
        except ValueError:
            raise wrong(target, "host_key is no public key (ssh-ed25519 AAAA…)") from None
    if path := file(target, "known_hosts"):
        return str(path)
    own = (Path("~/.ssh/known_hosts").expanduser(), Path("/etc/ssh/ssh_known_hosts"))
    # An empty list would switch the check off; one that is never right does not.
    return [str(each) for each in own if each.is_file()] or ([], [], [])


async def _close(connection: asyncssh.SSHClientConnection) -> None:
    connection.close()
    with suppress(TimeoutError, OSError, asyncssh.Error):
        await asyncio.wait_for(connection.wait_closed(), 2)


async def _cancel_all() -> None:
    others = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _in(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run_coroutine_threadsafe(work, loop).result()


def _bytes(output: bytes | str | None) -> bytes:
    return output.encode() if isinstance(output, str) else bytes(output or b"")


def _say(error: Exception) -> str:
    if isinstance(error, OSError) and (error.errno or 0) > 0 and not error.filename:
        return os.strerror(error.errno or 0)  # asyncio's own words do not say why
    return one_line(str(error))[:_WORDS] or type(error).__name__
