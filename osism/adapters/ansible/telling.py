"""Ansible's events in our words.

Kinds: ``play``, ``task``, ``result`` (one host did one task), ``item`` (one round of a loop),
``recap`` and ``output`` (everything else that is printed). ``text`` is what Ansible printed for it,
colours included and less its last line feed; where nothing was printed there is none. Put one after
the other, each with a line feed, the texts are Ansible's output.
Source of the events: ansible-runner's ``display_callback``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from osism.domain.runs import recap
from osism.domain.texts import plain

#: Longer texts are cut into several events at ends of lines, characters. A line stays whole.
_LONGEST = 64 * 1024
#: Of a result's message so much is kept beside the text, characters.
_MESSAGE = 2000
#: What a line begins with that says what is wrong.
_ERRORS = ("[ERROR]", "ERROR!", "ansible-playbook: error:")

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
        printed = _printed(event)
        text = None if printed is None else self._mask(printed)
        data: Mapping[str, Any] = event.get("event_data") or {}
        if kind == "output":
            if text is not None:
                self._output(text)
        elif kind == "play":
            self._play, self._task = self._play + 1, 0
            self._say("play", text, name=self._name(data, "name"), number=self._play)
        elif kind == "task":
            self._task += 1
            name = self._name(data, "name")
            self._say("task", text, name=name, number=self._task, **self._counts())
        elif kind == "recap":
            self.hosts = recap(data)
            self._say("recap", text, hosts=self.hosts)
        else:
            self._result(kind, status, text, data)
        return False

    def _output(self, text: str) -> None:
        for line in plain(text).strip().splitlines():
            # Below an error Ansible shows the lines of the file that it found it in.
            if line.startswith(_ERRORS) or not self._error_said:
                self.last_words = line
                self._error_said = line.startswith(_ERRORS)
        for piece in _pieces(text):
            self._tell("output", text=piece)

    def _name(self, data: Mapping[str, Any], key: str) -> str:
        """A name as the author of a play wrote it, with the values of variables in it."""
        return self._mask(str(data.get(key) or ""))

    def _result(self, kind: str, status: str, text: str | None, data: Mapping[str, Any]) -> None:
        result = data.get("res") if isinstance(data.get("res"), dict) else {}
        assert isinstance(result, dict)  # noqa: S101 - for the type checker
        if status == "ok" and result.get("changed"):
            status = "changed"
        elif status == "failed" and data.get("ignore_errors"):
            status = "ignored"
        said: dict[str, Any] = {
            "host": data.get("host", ""),
            "task": self._name(data, "task"),
            "status": status,
        }
        message = result.get("msg") or result.get("reason")
        if kind == "result" and data.get("task") == "Result":
            self.result = _hidden(result.get("msg"), self._mask)
        if status in ("failed", "unreachable") and message:
            said["message"] = _short(message, self._mask) + _complaint(result, self._mask)
        self._say(kind, text, **said)

    def _say(self, kind: str, text: str | None, **values: Any) -> None:
        if text is None:
            self._tell(kind, **values)
            return
        first, *others = _pieces(text)
        self._tell(kind, text=first, **values)
        for piece in others:
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


def _printed(event: Mapping[str, Any]) -> str | None:
    """What was printed for an event, less one line feed: ansible-runner takes all that end it."""
    text = str(event.get("stdout") or "")
    lines = int(event.get("end_line", 0)) - int(event.get("start_line", 0))
    if not text and not lines:
        return None
    return text + "\n" * max(lines - text.count("\n") - 1, 0)


def _pieces(text: str) -> Iterator[str]:
    begin = 0
    while len(text) - begin > _LONGEST:
        end = text.rfind("\n", begin, begin + _LONGEST + 1)
        end = text.find("\n", begin) if end < 0 else end
        if end < 0:
            break
        yield text[begin:end]
        begin = end + 1
    yield text[begin:]


def _complaint(result: Mapping[str, Any], mask: Callable[[str], str]) -> str:
    """The last line that a command has written to standard error: Ansible's message is the same for
    every command that failed."""
    said = result.get("stderr")
    written = plain(mask(said)).split("\n") if isinstance(said, str) else []
    last = next((line.strip() for line in reversed(written) if line.strip()), "")
    return f": {last[:_MESSAGE]}" if last else ""


def _short(message: Any, mask: Callable[[str], str]) -> str:
    text = mask(message if isinstance(message, str) else json.dumps(message, default=str))
    return text if len(text) <= _MESSAGE else f"{text[:_MESSAGE]}…"


def _hidden(value: Any, mask: Callable[[str], str]) -> Any:
    """JSON *value* with *mask* over every text in it, and over numbers as they are printed."""
    if isinstance(value, Mapping):
        return {mask(str(name)): _hidden(each, mask) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(each, mask) for each in value]
    if value is None or isinstance(value, bool):
        return value
    printed = mask(str(value))
    return printed if isinstance(value, str) or printed != str(value) else value
