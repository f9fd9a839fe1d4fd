"""Phases 3 and 4: bring configurations onto switches, all of them or none.

A rollout is a batch: ``deploy`` stages on all and then commits with a revert timer, ``validate``
compares what runs with the intent, ``confirm`` makes it last. When one of these raises, the caller
says ``revert`` and all switches take back what they got.

Switches are worked on beside each other. Each is connected to anew after the commit: that it can
still be reached is part of the proof. That connection also confirms, or takes back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar

from osism.actions.phases.generate import Configuration
from osism.domain.drift import Comparison, compare
from osism.domain.errors import Drifted, LeaseLost, OsismError, OutsideFailed, TakenOver
from osism.domain.ports import Session, Switches

Result = TypeVar("Result")
#: Seconds that a session may wait for the next step: OVSDB servers end silent ones after about ten.
FRESH = 5.0
#: Called with the switch, what happened to it, and details: staged, committed, validated, …
Tell = Callable[..., None]


@dataclass(frozen=True)
class Held:
    """A session that is kept for the next step."""

    stack: ExitStack
    session: Session
    since: float  # of the monotonic clock


@dataclass
class Rollout:
    """One batch of switches on its way. Close it at the end, whatever came of it."""

    switches: Switches
    configurations: Mapping[str, Configuration]
    tell: Tell
    check: Callable[[], None]  # raises when the locks are lost; asked before each write
    revert_in: float
    parallel: int = 10
    committed: set[str] = field(default_factory=set)
    diffs: dict[str, str] = field(default_factory=dict)
    staged: dict[str, Session] = field(default_factory=dict)
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    all_reverted: bool = True
    held: dict[str, Held] = field(default_factory=dict)

    @property
    def enabled(self) -> list[str]:
        return [
            name for name, each in self.configurations.items() if each.device.deployment_enabled
        ]

    def deploy(self) -> None:
        """Stage, and when all have taken their candidate, commit; raises :class:`OutsideFailed`
        when a switch does not. One that cannot be reached leaves the others as they are."""
        for name in self.configurations:
            if name not in self.enabled:
                self.tell(name, "skipped", reason="deployment_enabled is false in NetBox")
        self.diffs = self._each(self.enabled, self._stage, hold=self.enabled)
        for name in self.enabled:
            if not self.diffs[name]:
                self.held.pop(name).stack.close()
                self.tell(name, "unchanged")
        self._each([each for each in self.enabled if self.diffs[each]], self._commit, again=False)

    def validate(self) -> None:
        """Compare; raises :class:`Drifted` with the differences."""
        self.comparisons = self._each(self.enabled, self._compare, hold=self.committed)
        drifted = [each for each in self.comparisons.values() if not each.clean]
        if drifted:
            lines = [str(line) for each in drifted for line in each.differences]
            raise Drifted(_some(lines, "not as wanted after the deployment: "))

    def confirm(self) -> None:
        """Make what was committed last; raises :class:`OutsideFailed` when a switch does not."""
        self._each(sorted(self.committed), self._confirm)

    def revert(self) -> None:
        """Take back what was committed. A switch that cannot be reached does so by its timer,
        where it has one; ``all_reverted`` says whether all are known to have done it."""

        def take_back(name: str, session: Session) -> None:
            session.revert()
            self.tell(name, "reverted")

        for name, failure in self._try(sorted(self.committed), take_back)[1].items():
            self.all_reverted = False
            timer = self.switches.capabilities(self.configurations[name].device).revert_timer
            self.tell(name, "revert failed", reason=str(failure), timer=timer)

    def close(self) -> None:
        """End the connections that are still open."""
        while self.held:
            with suppress(OsismError):
                self.held.popitem()[1].stack.close()

    def results(self) -> list[dict[str, Any]]:
        """What became of each switch, as JSON values."""
        return [self._result(name) for name in self.configurations]

    def _result(self, name: str) -> dict[str, Any]:
        comparison = self.comparisons.get(name)
        if comparison is None:
            return {"switch": name, "result": "skipped", "unchecked": []}
        result = "deployed" if name in self.committed else "unchanged"
        return {"switch": name, "result": result, "unchecked": list(comparison.unchecked)}

    # one switch

    def _stage(self, name: str, session: Session) -> str:
        diff = session.stage(self.configurations[name].text)
        self.tell(name, "staged", diff=diff)
        self.staged[name] = session
        return diff

    def _commit(self, name: str, session: Session) -> None:
        if self.staged.pop(name, None) is not session:
            session.stage(self.configurations[name].text)  # a candidate goes with its session
        self.check()
        self.committed.add(name)  # before the command: a lost answer is taken back too
        session.commit(self.revert_in)
        self.tell(name, "committed", revert_in=self.revert_in)

    def _compare(self, name: str, session: Session) -> Comparison:
        configuration = self.configurations[name]
        observes = self.switches.capabilities(configuration.device).observes
        comparison = compare(configuration.intent, session.observe(), observes)
        self.tell(
            name,
            "validated" if comparison.clean else "drifted",
            differences=[str(each) for each in comparison.differences],
            unchecked=list(comparison.unchecked),
            links=list(comparison.links),
        )
        return comparison

    def _confirm(self, name: str, session: Session) -> None:
        self.check()
        session.confirm()
        self.tell(name, "confirmed")

    # all of them

    def _each(
        self,
        names: Iterable[str],
        step: Callable[[str, Session], Result],
        hold: Collection[str] = (),
        again: bool = True,
    ) -> dict[str, Result]:
        done, failed = self._try(names, step, hold, again)
        if failed:
            for name, failure in failed.items():
                self.tell(name, "failed", reason=str(failure))
            raise OutsideFailed(_some([str(each) for each in failed.values()], ""))
        return done

    def _try(
        self,
        names: Iterable[str],
        step: Callable[[str, Session], Result],
        hold: Collection[str] = (),
        again: bool = True,
    ) -> tuple[dict[str, Result], dict[str, OsismError]]:
        def once(name: str) -> Result | OsismError:
            try:
                with self._session(name, name in hold) as session:
                    return step(name, session)
            except (LeaseLost, TakenOver):
                raise  # no failure of a switch: whoever runs the rollout decides
            except OsismError as failure:
                return failure

        def attempt(name: str) -> Result | OsismError:
            # A switch may end a connection that waits for the others: it is no failure of it.
            waited = again and name in self.held
            result = once(name)
            return once(name) if waited and isinstance(result, OsismError) else result

        ordered = list(names)
        if not ordered:
            return {}, {}
        with ThreadPoolExecutor(min(self.parallel, len(ordered)), "switch") as pool:
            results = dict(zip(ordered, pool.map(attempt, ordered), strict=True))
        failed = {name: each for name, each in results.items() if isinstance(each, OsismError)}
        done = {name: each for name, each in results.items() if not isinstance(each, OsismError)}
        return done, failed

    @contextmanager
    def _session(self, name: str, hold: bool) -> Iterator[Session]:
        """The session that is held, or a new one; *hold* it for the next step if this one is
        good."""
        held = self.held.pop(name, None)
        if held and monotonic() - held.since > FRESH:
            with suppress(OsismError):
                held.stack.close()
            held = None
        with held.stack if held else ExitStack() as stack:
            device = self.configurations[name].device
            session = held.session if held else stack.enter_context(self.switches.connect(device))
            yield session
            if hold:
                self.held[name] = Held(stack.pop_all(), session, monotonic())


def _some(lines: list[str], prefix: str, most: int = 5) -> str:
    more = f"; and {len(lines) - most} more" if len(lines) > most else ""
    return prefix + "; ".join(lines[:most]) + more
