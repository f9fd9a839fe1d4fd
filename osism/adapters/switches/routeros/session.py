"""A session with a RouterOS switch: what :class:`osism.domain.ports.Session` asks for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from osism.adapters.switches.routeros import commits, observing, plan, reading, scope
from osism.adapters.switches.routeros.console import Console
from osism.adapters.switches.routeros.rows import Rows, wanted
from osism.adapters.switches.routeros.words import Wrong
from osism.domain.errors import OutsideFailed
from osism.domain.intents import SwitchIntent


@dataclass(frozen=True)
class Candidate:
    """What is to be done, worked out against what ran when it was staged."""

    rows: Rows
    steps: tuple[plan.Step, ...]
    difference: str


class RouterosSession:
    """See :class:`osism.domain.ports.Session`."""

    def __init__(self, name: str, console: Console, management: frozenset[str]) -> None:
        self._name, self._console, self._management = name, console, management
        self._candidate: Candidate | None = None

    def stage(self, configuration: str) -> str:
        self._candidate = None
        if commits.state(self._console) in ("pending", "undoing"):
            commits.take_back(self._console)
        # From here on a revert is about the commit to come, not about one that was confirmed.
        commits.forget(self._console)
        try:
            rows = wanted(configuration)
        except Wrong as error:
            raise self._console.failed(f"stage refused: {error}") from error
        candidate = self._planned(rows)
        self._look_up(candidate.steps)
        self._candidate = candidate
        return candidate.difference

    def commit(self, revert_in: float) -> None:
        candidate = self._candidate
        if candidate is None:
            raise self._console.failed("nothing is staged")
        if not 0 < revert_in <= commits.LONGEST:
            most = f"{commits.LONGEST:.0f}"
            raise self._console.failed(f"revert_in must be above 0 and at most {most} seconds")
        if commits.state(self._console) != "none":
            raise self._console.failed("there has been a commit since the candidate was loaded")
        if self._planned(candidate.rows).steps != candidate.steps:
            raise self._console.failed("the switch has changed since the candidate was loaded")
        self._candidate = None
        try:
            commits.arm(self._console, candidate.steps, revert_in)
        except OutsideFailed:
            with suppress(OutsideFailed):
                commits.forget(self._console)
            raise
        try:
            commits.apply(self._console, candidate.steps)
            if commits.state(self._console) != "pending":
                raise self._console.failed("the commit has been taken back: its timer ran out")
        except OutsideFailed:
            with suppress(OutsideFailed):  # where this fails too, there is the timer
                self._give_up(candidate)
            raise

    def _give_up(self, candidate: Candidate) -> None:
        """Undo what has been applied. A timer that ran out meanwhile has undone a part only."""
        if commits.state(self._console) == "none":
            commits.forget(self._console)
            commits.arm(self._console, candidate.steps, commits.LONGEST)
        commits.take_back(self._console)

    def confirm(self) -> None:
        commits.confirm(self._console)

    def revert(self) -> None:
        self._candidate = None
        if commits.state(self._console) == "none":
            commits.check_undone(self._console)
        else:
            commits.take_back(self._console)

    def observe(self) -> SwitchIntent:
        tables = observing.read(self._console, self._management)
        try:
            return observing.intent(self._name, tables)
        except ValueError as error:
            raise self._console.failed(f"garbage in what it shows: {error}") from error

    def _planned(self, rows: Rows) -> Candidate:
        have = reading.exported(self._console)
        facts = reading.facts(self._console, self._management)
        gone = scope.gone(rows, have, facts)
        try:
            scope.check(self._name, rows, have, gone, facts)
            steps = plan.steps(rows, have, gone)
            for step in scope.refused(steps, facts.kept(rows, have)):
                raise Wrong(step.row.line, f"it would change what is left alone: {step.do}")
        except Wrong as error:
            raise self._console.failed(f"stage refused: {error}") from error
        return Candidate(rows, steps, plan.text(rows, have, gone))

    def _look_up(self, steps: tuple[plan.Step, ...]) -> None:
        """Every row that a command names is there, once: nothing else is ever changed."""
        sure = [step for step in steps if step.finds]
        for step, found in zip(
            sure, reading.count(self._console, [each.finds for each in sure]), strict=True
        ):
            if found != 1:
                raise self._console.failed(
                    f"stage refused: {found} rows instead of one answer to {step.finds[:200]}"
                )
