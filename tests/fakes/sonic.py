"""A SONiC switch behind SSH: a login shell with SONiC's commands.

The shell, its redirections, locks and files are those of this machine, in a directory of the
switch's own; ``config``, ``show``, ``systemd-run``, ``systemctl`` and ``sonic-db-dump`` are small
programs that ask :class:`tests.fakes.sonic_commands.Machine`; ``sudo`` runs what it is told. As
with OpenSSH, what was started goes on when the connection is lost (sshd closes its pipes and does
not kill a session without a terminal).
"""

from __future__ import annotations

import asyncio
import os
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from osism.domain.ports import Target
from tests.fakes.sonic_commands import Machine
from tests.fakes.sonic_database import Config, factory

PASSWORD = "YourPaSsWoRd"  # SONiC's own after its installation
_PROGRAMS = ("config", "show", "systemd-run", "systemctl", "sonic-db-dump")
# What takes long is to start Python: no module that is written in Python.
_STUB = """#!{python} -IS
import _socket, sys
line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
line.connect({path!r})
line.send("\\0".join([sys.argv[0].rsplit("/", 1)[1], *sys.argv[1:]]).encode() + b"\\n")
pieces = []
while piece := line.recv(1 << 20):
    pieces.append(piece)
code, out, err = b"".join(pieces).split(b"\\0")
sys.stdout.buffer.write(out)
sys.stderr.buffer.write(err)
sys.exit(int(code))
"""


@dataclass
class Served:
    """A switch that can be reached, and what a test may do to it."""

    machine: Machine
    target: Target
    directory: Path
    boot: Path
    _server: _Server = field(repr=False)

    def drop(self) -> None:
        """Cut every connection, as a broken link does."""
        self._server.drop()

    def reboot(self) -> None:
        self.machine.reboot()
        self.drop()


@contextmanager
def served(root: Path, config: Config | None = None, second: float = 0.01) -> Iterator[Served]:
    """A switch in the directory *root*; *second*: how long a second of its timers takes."""
    programs, directory = root / "bin", root / "var-lib-osism"
    programs.mkdir(parents=True)
    # A path of a Unix socket has at most 107 characters, more than a test's directory may have.
    path = f"/tmp/sonic-{os.getpid()}-{id(root)}"
    for name in _PROGRAMS:
        _write(programs / name, _STUB.format(python=sys.executable, path=path))
    _write(programs / "sudo", '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n')
    env = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(root)}
    machine = Machine(config or factory(), env, root / "boot_id", second)
    answering = _Answering(path, _Handler)
    answering.machine = machine
    threading.Thread(target=answering.serve_forever, args=(0.02,), daemon=True).start()
    server = _Server(env)
    try:
        port, key = server.start()
        options: dict[str, Any] = {
            "password": PASSWORD, "host_key": key, "directory": str(directory), "timeout": 20,
            "commit_timeout": 20,
        }  # fmt: skip
        target = Target("leaf-1", "127.0.0.1", port, options)
        yield Served(machine, target, directory, root / "boot_id", server)
    finally:
        for timer in list(machine.timers.values()):
            timer.stop()
        server.stop()
        answering.shutdown()
        answering.server_close()
        Path(path).unlink()


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        machine: Machine = self.server.machine  # type: ignore[attr-defined]
        code, out, err = machine.run(self.rfile.readline().decode().rstrip("\n").split("\0"))
        self.wfile.write(b"\0".join((b"%d" % code, out.encode(), err.encode())))


class _Answering(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    machine: Machine


class _Login(asyncssh.SSHServer):
    def __init__(self, open_: set[asyncssh.SSHServerConnection]) -> None:
        self._open = open_

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn = conn
        self._open.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self._conn)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("admin", PASSWORD)


class _Server:
    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._open: set[asyncssh.SSHServerConnection] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> tuple[int, str]:
        """The port and the host's public key."""
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def drop(self) -> None:
        async def abort() -> None:
            for each in list(self._open):
                each.abort()

        asyncio.run_coroutine_threadsafe(abort(), self._loop).result()

    def stop(self) -> None:
        async def close() -> None:
            self._listener.close()
            for each in list(self._open):
                each.abort()
            if self._running:
                await asyncio.wait(self._running, timeout=10)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> tuple[int, str]:
        key = asyncssh.generate_private_key("ssh-ed25519")
        self._listener = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=lambda: _Login(self._open),
            server_host_keys=[key],
            process_factory=self._shell,
            encoding=None,
        )
        public = key.export_public_key().decode().strip()
        return self._listener.get_port(), public

    async def _shell(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        task = asyncio.current_task()
        assert task
        self._running.add(task)
        try:
            child = await asyncio.create_subprocess_exec(
                "/bin/sh",
                "-c",
                process.command or "true",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._env,
                start_new_session=True,
            )
            asked = asyncio.create_task(self._feed(process, child))
            out, err = await asyncio.gather(child.stdout.read(), child.stderr.read())  # type: ignore[union-attr]
            code = await child.wait()
            asked.cancel()
            process.stdout.write(out)
            process.stderr.write(err)
            process.exit(code)
        except (OSError, asyncssh.Error):
            pass  # whoever asked has gone
        finally:
            self._running.discard(task)

    async def _feed(
        self, process: asyncssh.SSHServerProcess[bytes], child: asyncio.subprocess.Process
    ) -> None:
        assert child.stdin
        try:
            while data := await process.stdin.read(65536):
                child.stdin.write(data)
                await child.stdin.drain()
        except (OSError, asyncssh.Error):
            pass
        finally:
            child.stdin.close()
