"""Progress of a run, or of a collection of runs, in the last line of a terminal."""

from __future__ import annotations

import shutil
import sys
from time import monotonic
from typing import TYPE_CHECKING, Any

from osism.domain.tellings import TEXTS, lines

if TYPE_CHECKING:
    from osism.domain.records import StreamEvent

#: States of a role of a collection that has no end yet.
_UNDER_WAY = ("queued", "retrying", "started")
_PAUSE = 0.1  # seconds between two drawings of the line
_COLOURS = {"ok": "32", "changed": "33", "failed": "31", "unreachable": "31"}


class Progress:
    """Ansible's output as it comes, and below it where the run is."""

    def __init__(self) -> None:
        self.began = self.drawn = monotonic()
        self.waits = ""
        self.play = self.task = ""
        self.hosts: dict[str, str] = {}
        self.roles: dict[str, str] = {}
        self.total = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        self._write("")

    def note(self, text: str) -> None:
        self._write(f"{text.strip()}\n")

    def show(self, event: StreamEvent) -> None:
        self._learn(event.kind, event.values)
        if event.kind in TEXTS:
            if "text" in event.values:
                self._write(f"{event.values['text']}\n")
        else:
            clock = event.at.astimezone().strftime("%H:%M:%S")
            told = lines(event.kind, event.values)
            self._write("".join(f"{clock} {line}\n" for line in told))
        if event.kind != "end" and monotonic() - self.drawn > _PAUSE:
            self.drawn = monotonic()
            self._draw()

    def _learn(self, kind: str, values: Any) -> None:
        self.waits = "waiting" if kind in ("queued", "waiting", "retrying") else ""
        if kind == "play":
            self.play, self.task = values["name"], ""
            self.drawn = 0.0
        elif kind == "task":
            of = f"/{values['tasks']}" if values.get("tasks") else ""
            plays = (
                f"play {values['play']}/{values['plays']} " if values.get("plays", 1) > 1 else ""
            )
            self.task = f"{plays}task {values['number']}{of} {values['name']}"
            self.drawn = 0.0
        elif kind == "result":
            self._result(values["host"], values["status"])
        elif kind == "retry":
            self.play = self.task = ""
            self.hosts.clear()
        elif kind == "roles":
            self.total = len(values["roles"])
        elif kind == "role":
            self.roles[values["role"]] = values["state"]
            self.drawn = 0.0

    def _result(self, host: str, status: str) -> None:
        """The worst that a host has seen counts."""
        ranks = ("ok", "changed", "failed", "unreachable")
        status = status if status in ranks else "ok"
        if ranks.index(status) >= ranks.index(self.hosts.get(host, "ok")):
            self.hosts[host] = status

    def _draw(self) -> None:
        seconds = monotonic() - self.began
        parts = [f"{seconds // 60:02.0f}:{seconds % 60:02.0f}"]
        if self.waits:
            parts.append(self.waits)
        if self.total:
            done = sum(1 for state in self.roles.values() if state not in _UNDER_WAY)
            running = [role for role, state in self.roles.items() if state == "started"]
            parts += [f"roles {done}/{self.total}", ", ".join(running)]
        if self.task:
            parts.append(self.task)
        counts: dict[str, int] = {}
        for status in self.hosts.values():
            counts[status] = counts.get(status, 0) + 1
        width = shutil.get_terminal_size().columns - 1
        text = "  ".join(part for part in parts if part)
        room = width - sum(len(f"  {kind} {number}") for kind, number in counts.items())
        shown = text if len(text) <= room else f"{text[: max(room - 1, 0)]}…"
        for kind in _COLOURS:
            if counts.get(kind):
                shown += f"  \x1b[{_COLOURS[kind]}m{kind} {counts[kind]}\x1b[0m"
        sys.stdout.write(f"\r\x1b[K{shown}")
        sys.stdout.flush()

    def _write(self, text: str) -> None:
        sys.stdout.write(f"\r\x1b[K{text}")
        sys.stdout.flush()
