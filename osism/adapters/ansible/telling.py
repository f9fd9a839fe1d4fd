"""Ansible's events in our words.

Kinds: ``play``, ``task``, ``result`` (one host did one task), ``item`` (one round of a loop),
``recap`` and ``output`` (everything else that is printed). Each has ``text``, what Ansible printed
for it, colours included; put one after the other the texts are Ansible's output.
Source of the events: ansible-runner's ``display_callback``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from osism.domain.runs import recap
from osism.domain.texts import plain

#: Longer texts are cut into several events at ends of lines, characters.
_LONGEST = 64 * 1024
#: Of a result's message so much is kept beside the text, characters.
_MESSAGE = 2000

_KINDS: Mapping[str, tuple[str, str]] = {
    "playbook_on_play_start": ("play", ""),
    "playbook_on_task_start": ("task", ""),
    "playbook_on_stats": ("recap", ""),
    "runner_on_ok": ("result", "ok"),
    "runner_on_failed": ("result", "failed"),
    "runner_on_unreachable": ("result", "unreachable"),
    "runner_on_skipped": ("result", "skipped"),
    "runner_item_on_ok": ("item", "ok"),
    "runner_item_on_failed": ("item", "failed"),
    "runner_item_on_skipped": ("item", "skipped"),
}

Tell = Callable[..., None]


class Telling:
    """Tells one run's events through *tell*, with *mask* over everything; remembers its end."""

    def __init__(self, tell: Tell, mask: Callable[[str], str], directory: Path) -> None:
        self._tell = tell
        self._mask = mask
        self._directory = directory
        self._play = self._task = 0
        self.hosts: dict[str, dict[str, int]] = {}
        self.result: Any = None
        self.last_words = ""
        self._error_said = False

    def __call__(self, event: Mapping[str, Any]) -> bool:
        """Tell one event of ansible-runner; False: it need not be kept in a file."""
        kind, status = _KINDS.get(event["event"], ("output", ""))
        text = self._mask(_printed(event))
        data: Mapping[str, Any] = event.get("event_data") or {}
        if kind == "output":
            if event.get("end_line", 0) > event.get("start_line", 0) or text:
                self._output(text)
        elif kind == "play":
            self._play, self._task = self._play + 1, 0
            self._say("play", text, name=data.get("name", ""), number=self._play)
        elif kind == "task":
            self._task += 1
            self._say("task", text, name=data.get("name", ""), number=self._task, **self._counts())
        elif kind == "recap":
            self.hosts = recap(data)
            self._say("recap", text, hosts=self.hosts)
        else:
            self._result(kind, status, text, data)
        return False

    def _output(self, text: str) -> None:
        for line in plain(text).strip().splitlines():
            # Below an error Ansible shows the lines of the file that it found it in.
            if line.startswith(("[ERROR]", "ERROR!")) or not self._error_said:
                self.last_words = line
                self._error_said = line.startswith(("[ERROR]", "ERROR!"))
        for piece in _pieces(text):
            self._tell("output", text=piece)

    def _result(self, kind: str, status: str, text: str, data: Mapping[str, Any]) -> None:
        result = data.get("res") if isinstance(data.get("res"), dict) else {}
        assert isinstance(result, dict)  # noqa: S101 - for the type checker
        if status == "ok" and result.get("changed"):
            status = "changed"
        elif status == "failed" and data.get("ignore_errors"):
            status = "ignored"
        said: dict[str, Any] = {
            "host": data.get("host", ""),
            "task": data.get("task", ""),
            "status": status,
        }
        message = result.get("msg") or result.get("reason")
        if kind == "result" and data.get("task") == "Result":
            self.result = message
        if status in ("failed", "unreachable") and message:
            said["message"] = self._mask(_short(message))
        self._say(kind, text, **said)

    def _say(self, kind: str, text: str, **values: Any) -> None:
        pieces = list(_pieces(text))
        self._tell(kind, text=pieces[0] if pieces else "", **values)
        for piece in pieces[1:]:
            self._tell("output", text=piece)

    def _counts(self) -> dict[str, int]:
        """How many tasks the play has and how many plays there are, where that is known."""
        try:
            said = json.loads((self._directory / "progress").read_text())
        except (OSError, ValueError):
            return {}
        if said.get("play") != self._play:
            return {}
        tasks = max(int(said["tasks"]), self._task)
        return {"play": self._play, "plays": int(said["plays"]), "tasks": tasks}


def _printed(event: Mapping[str, Any]) -> str:
    """What was printed for an event, less one line feed: ansible-runner takes all that end it."""
    text = str(event.get("stdout") or "")
    lines = int(event.get("end_line", 0)) - int(event.get("start_line", 0))
    return text + "\n" * max(lines - text.count("\n") - 1, 0)


def _pieces(text: str) -> Iterator[str]:
    if len(text) <= _LONGEST:
        yield text
        return
    begin = 0
    while len(text) - begin > _LONGEST:
        end = text.rfind("\n", begin, begin + _LONGEST)
        if end <= begin:
            end = begin + _LONGEST
            yield text[begin:end]
            begin = end
            continue
        yield text[begin:end]
        begin = end + 1
    yield text[begin:]


def _short(message: Any) -> str:
    text = message if isinstance(message, str) else json.dumps(message, default=str)
    return text if len(text) <= _MESSAGE else f"{text[:_MESSAGE]}…"
