"""How the events of a job are shown: live on a terminal, as lines in a pipe, as JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from osism.commands.edge import say
from osism.domain.tellings import TEXTS, lines, told
from osism.domain.texts import plain

if TYPE_CHECKING:
    from osism.domain.records import StreamEvent


class Display(Protocol):
    """Something that shows the events of one job, in order."""

    def show(self, event: StreamEvent) -> None: ...

    def note(self, text: str) -> None: ...


#: Jobs that Ansible works on: they have output of its own.
RUNS = ("RunPlaybook", "ApplyCollection")
#: So many hosts that failed are named where nothing else is shown.
_FAILURES = 5


@contextmanager
def display(form: str, job: str) -> Iterator[Display]:
    """The display for *form* (``log``, ``script``, ``json``, ``quiet``), a kind of *job*, and this
    output."""
    if form == "json":
        yield JsonLines()
    elif form == "quiet":
        yield Quiet()
    elif form == "script":
        yield Script()
    elif not sys.stdout.isatty():
        yield Lines()
    elif job in RUNS:
        from osism.commands.progress import Progress

        with Progress() as progress:
            yield progress
    else:
        from osism.commands.live import Live

        with Live() as live:
            yield live


class JsonLines:
    """One JSON object per event; the last one, of kind ``end``, has the result."""

    def show(self, event: StreamEvent) -> None:
        say(
            json.dumps(
                {"at": event.at.isoformat(), "kind": event.kind, **event.values}, default=str
            )
        )

    def note(self, text: str) -> None:
        say(text.strip(), error=True)


class Quiet:
    """Nothing but why it failed, for commands that show the result their own way."""

    def __init__(self) -> None:
        self._failures: list[str] = []

    def show(self, event: StreamEvent) -> None:
        said = event.values
        if event.kind == "result" and said["status"] in ("failed", "unreachable"):
            self._failures += [f"{said['host']}: {said['task']}: {said.get('message', '')}"]
        if event.kind == "end" and said.get("state") != "succeeded":
            self.note("\n".join(self._failures[-_FAILURES:]))
        if event.kind in ("waiting", "lost", "end"):
            words = lines(event.kind, event.values)
            if words and event.values.get("state") != "succeeded":
                self.note("\n".join(words))

    def note(self, text: str) -> None:
        if text.strip():
            say(text.strip(), error=True)


class Script:
    """What Ansible prints and nothing else; why it failed goes to standard error."""

    def show(self, event: StreamEvent) -> None:
        if event.kind in TEXTS:
            printed(event.values.get("text"))
        elif event.kind in ("waiting", "lost", "retrying", "end"):
            words = lines(event.kind, event.values)
            if words and event.values.get("state") != "succeeded":
                self.note("\n".join(words))

    def note(self, text: str) -> None:
        say(text.strip(), error=True)


class Lines:
    """One line per thing worth telling, with the time of day; what Ansible prints as it is."""

    def show(self, event: StreamEvent) -> None:
        for line in told(event.kind, event.at, event.values):
            say(line)

    def note(self, text: str) -> None:
        say(text.strip(), error=True)


def printed(text: str | None) -> None:
    """Print a text of Ansible's, if there is one, with its colours where somebody sees them."""
    if text is None:
        return
    sys.stdout.write((text if sys.stdout.isatty() else plain(text)) + "\n")
    sys.stdout.flush()
