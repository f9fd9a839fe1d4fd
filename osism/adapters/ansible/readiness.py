"""One Ansible that is loaded and waits for the next run."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Program:
    """A way to start Ansible. Two that are equal can stand for one another: the same command, the
    same environment, the same ansible.cfg (*config*: when it was changed, ns)."""

    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = field(repr=False)
    config: int = 0

    def start(self) -> subprocess.Popen[bytes]:
        """Start it: what it prints comes as one stream, what it is to do is awaited."""
        return subprocess.Popen(  # noqa: S603 - a list, no shell
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(self.environment),
            cwd="/",
            start_new_session=True,
        )


class Ready:
    """Keeps one started program for *seconds*; 0 keeps none."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._turn = threading.Lock()
        self._kept: tuple[Program, subprocess.Popen[bytes]] | None = None
        self._timer: threading.Timer | None = None

    def take(self, program: Program) -> subprocess.Popen[bytes]:
        """A started *program*: the one that waits, or a new one when none does."""
        kept = self._let_go()
        if kept:
            known, process = kept
            if known == program and process.poll() is None:
                return process
            _end(process)
        return program.start()

    def prepare(self, program: Program) -> None:
        """Start *program* for whoever takes it next; where that fails, the next run says why."""
        if not self._seconds:
            return
        self.drop()
        try:
            process = program.start()
        except OSError:
            return
        with self._turn:
            self._kept = program, process
            self._timer = threading.Timer(self._seconds, self.drop)
            self._timer.daemon = True
            self._timer.start()

    def drop(self) -> None:
        """End the one that waits."""
        if kept := self._let_go():
            _end(kept[1])

    def _let_go(self) -> tuple[Program, subprocess.Popen[bytes]] | None:
        with self._turn:
            kept, self._kept = self._kept, None
            if self._timer:
                self._timer.cancel()
                self._timer = None
            return kept


def _end(process: subprocess.Popen[bytes]) -> None:
    """It reads the end of its input, and ends."""
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()
    process.terminate()
    process.wait()
