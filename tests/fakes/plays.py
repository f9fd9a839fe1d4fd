"""Plays and an Ansible that does what a test says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from osism.domain.errors import NotFound
from osism.domain.jobs import RunPlaybook
from osism.domain.runs import Command, Outcome


class OnePlay:
    """Keeps :class:`osism.domain.ports.Playbooks`: there is one role."""

    def __init__(self, role: str = "facts") -> None:
        self._role = role

    def command(self, job: RunPlaybook, inventory: Path) -> Command:
        if job.role != self._role:
            raise NotFound(f"no play of role {job.role!r} in environment {job.environment!r}")
        return Command((f"/plays/{job.role}.yml",), "/e", inventory=str(inventory))


class ScriptedRunner:
    """Keeps :class:`osism.domain.ports.PlayRunner`: each run looks whether it shall go on, then
    ends as the next of *ends* says, the last one again and again. *begins*: called with each."""

    def __init__(self, *ends: Outcome | BaseException) -> None:
        self._ends = list(ends)
        self.commands: list[Command] = []
        self.begins: Callable[[], None] = lambda: None

    def run(
        self, command: Command, tell: Callable[..., None], check: Callable[[], None]
    ) -> Outcome:
        self.commands.append(command)
        self.begins()
        tell("output", text="PLAY")
        check()
        end = self._ends.pop(0) if len(self._ends) > 1 else self._ends[0]
        if isinstance(end, BaseException):
            raise end
        return end
