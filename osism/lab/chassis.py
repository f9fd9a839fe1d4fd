"""A switch of the lab from the inside: its configurations, what it runs, its revert timer."""

from __future__ import annotations

import asyncio
import difflib
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from osism.domain.errors import Invalid
from osism.domain.intents import (
    LagIntent,
    PortIntent,
    SwitchIntent,
    VlanIntent,
    natural,
)
from osism.domain.names import checked
from osism.lab.faults import Faults
from osism.lab.syntaxes import SYNTAXES, Rejected

LONGEST_REVERT = 86400.0  #: seconds that a revert timer can be set to
_MTU = 1500  # of a port that nothing was said about

log = logging.getLogger(__name__)


class SwitchRefuses(Exception):
    """The switch's words when it does not do what it was asked for."""


@dataclass
class Counters:
    """What happened since the switch was made. ``deploying`` are the sessions at this moment that
    staged and neither confirmed nor reverted nor ended; ``deploying_peak`` is the most of them."""

    sessions: int = 0
    stages: int = 0
    refusals: int = 0
    commits: int = 0
    confirms: int = 0
    reverts: int = 0  # configurations taken back, whoever wanted it
    expiries: int = 0  # of those, by the timer
    reboots: int = 0
    deploying: int = 0
    deploying_peak: int = 0


@dataclass(frozen=True)
class Setup:
    """A configuration with the state that came of it."""

    text: str
    state: SwitchIntent


@dataclass(frozen=True)
class Candidate:
    """A configuration that a session loaded, and the revision it was compared with."""

    setup: Setup
    revision: int


class LabSwitch:
    """A switch with a fixed set of physical ports.

    *syntax* is one of :data:`osism.lab.syntaxes.SYNTAXES`, *secret* what a session has to know.
    With a *directory*, the start-up configuration is kept there as ``<name>.cfg`` and a switch
    that is made again starts with it. *port* is the TCP port to listen on (0: any), *latency* the
    seconds that each answer takes. Everything but making one needs a running event loop.
    """

    def __init__(
        self,
        name: str,
        syntax: str,
        ports: Iterable[str],
        secret: str,
        directory: Path | str | None = None,
        *,
        port: int = 0,
        latency: float = 0.0,
    ) -> None:
        if syntax not in SYNTAXES:
            raise Invalid(f"switch {name!r}: syntax {syntax!r} is none of {', '.join(SYNTAXES)}")
        self.name, self.syntax, self.secret = checked("switch", name), syntax, secret
        self.ports = frozenset(ports)
        self.port, self.latency = port, latency
        self.counters, self.faults = Counters(), Faults()
        self.drop_sessions: Callable[[], None] = lambda: None  # set by whoever serves the switch
        self.cut = False  # a commit cut the management connection
        self._saved_file = Path(directory) / f"{name}.cfg" if directory else None
        self._pending_file = Path(directory) / f".{name}.pending" if directory else None
        self._revision = 0
        self._timer: asyncio.TimerHandle | None = None
        self._previous: Setup | None = None  # what a revert brings back
        self._outcome = "none"  # of the last commit: none, pending, confirmed, reverted
        self.saved = self.running = self._started()

    # --- deploying ----------------------------------------------------------------------------

    def stage(self, text: str) -> tuple[Candidate, str]:
        """Read a candidate and return it with its difference to what runs (unified diff)."""
        self.counters.stages += 1
        if self._outcome == "pending":
            self._take_back("another candidate is loaded")
        # From here on a revert is about the commit to come, not about one that was confirmed.
        self._previous, self._outcome = None, "none"
        self._maybe_reject("stage")
        try:
            text.encode()
            setup = Setup(text, self._state(text))
        except (Rejected, UnicodeError) as error:
            self.counters.refusals += 1
            raise SwitchRefuses(str(error)) from error
        lines = difflib.unified_diff(
            self.running.text.split("\n"), text.split("\n"), "running", "candidate", lineterm=""
        )
        return Candidate(setup, self._revision), "".join(f"{line}\n" for line in lines)

    def commit(self, candidate: Candidate, revert_in: float) -> None:
        """Run *candidate*; unless confirmed within *revert_in* seconds it is taken back."""
        if not 0 < revert_in <= LONGEST_REVERT:
            raise SwitchRefuses(f"revert_in must be above 0 and at most {LONGEST_REVERT:.0f}")
        if candidate.revision != self._revision:
            raise SwitchRefuses("the configuration has changed since the candidate was loaded")
        self._maybe_reject("commit")
        self.counters.commits += 1
        setup = candidate.setup
        if self.faults.strikes("half"):
            setup = replace(setup, state=half(self.running.state, setup.state))
        self._previous, self._outcome = self.running, "pending"
        self._remember_pending()
        self._run(setup)
        self._timer = asyncio.get_running_loop().call_later(revert_in, self._expire)
        self.cut = self.faults.strikes("cuts") is not None

    def confirm(self) -> None:
        """Keep what was committed, also after a reboot."""
        if self._outcome not in ("pending", "confirmed"):
            raise SwitchRefuses("there is no commit to confirm, or it has been taken back")
        if self._outcome == "pending":
            self.counters.confirms += 1
            self._end_commit("confirmed")
            self._save(self.running)

    def revert(self) -> None:
        """Run what ran before the last commit again, confirmed or not."""
        if self._outcome in ("pending", "confirmed") and self._previous:
            self._take_back("asked for")

    # --- the machine --------------------------------------------------------------------------

    def reboot(self) -> None:
        """Start again with the start-up configuration; every session ends."""
        self.counters.reboots += 1
        if self._outcome == "pending":
            self._take_back("a reboot")
        self._previous = None
        if self.faults.strikes("forgets"):
            self._outcome = "reverted"
            self._save(Setup("", self._state("")))
        self._run(self.saved)
        self.drop_sessions()

    def stop(self) -> None:
        """Switch the power off: a commit that is not confirmed will not be there afterwards."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def status(self) -> dict[str, object]:
        """Name, syntax, counters, what became of the last commit, and the faults that are on."""
        return {
            "name": self.name,
            "syntax": self.syntax,
            "commit": self._outcome,
            "saved": self.running.text == self.saved.text,
            "faults": self.faults.names(),
            **asdict(self.counters),
        }

    def _run(self, setup: Setup) -> None:
        self._revision += 1
        self.running = setup

    def _expire(self) -> None:
        self.counters.expiries += 1
        self._take_back("nobody confirmed it in time")

    def _take_back(self, reason: str) -> None:
        log.info("switch %s: the last commit is taken back: %s", self.name, reason)
        self.counters.reverts += 1
        was_saved = self._outcome == "confirmed"
        self._end_commit("reverted")
        if self._previous:
            self._run(self._previous)
            self._previous = None
        if was_saved:
            self._save(self.running)

    def _end_commit(self, outcome: str) -> None:
        self.stop()
        self._outcome, self.cut = outcome, False

    def _maybe_reject(self, at: str) -> None:
        fault = self.faults.on("rejects")
        if fault and (fault.value or "stage") == at:
            self.faults.strikes("rejects")
            self.counters.refusals += 1
            raise SwitchRefuses("configuration rejected: not enough resources")

    def _state(self, text: str) -> SwitchIntent:
        """What *text* makes of this switch, together with what it says nothing about."""
        state = SYNTAXES[self.syntax].parse(text, self.ports, self.name)
        if state.name != self.name:
            raise Rejected(1, f"hostname {state.name}", f"this switch is called {self.name}")
        mentioned = {each.name: each for each in state.ports}
        every = (mentioned.get(name, PortIntent(name)) for name in by_number(self.ports))
        vlans = state.vlans
        if all(each.vid != 1 for each in vlans):
            vlans = (VlanIntent(1, "default"), *vlans)
        ports = tuple(replace(each, mtu=each.mtu or _MTU) for each in every)
        lags = tuple(replace(each, mtu=each.mtu or _MTU) for each in state.lags)
        return replace(state, ports=ports, lags=lags, vlans=vlans)

    # --- the start-up configuration ------------------------------------------------------------

    def _started(self) -> Setup:
        text = ""
        if self._saved_file and self._saved_file.exists():
            text = self._saved_file.read_text(encoding="utf-8")
        if self._pending_file and self._pending_file.exists():
            self._pending_file.unlink()
            self._outcome = "reverted"
        try:
            return Setup(text, self._state(text))
        except Rejected as error:
            raise Invalid(f"switch {self.name!r}: {self._saved_file}: {error}") from error

    def _save(self, setup: Setup) -> None:
        self.saved = setup
        if self._saved_file and self._pending_file:
            beside = self._saved_file.with_name(f".{self._saved_file.name}.{os.getpid()}")
            beside.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(setup.text, encoding="utf-8")
            beside.replace(self._saved_file)
            self._pending_file.unlink(missing_ok=True)

    def _remember_pending(self) -> None:
        """So that a switch which is made again knows that a commit was lost."""
        if self._pending_file:
            self._pending_file.parent.mkdir(parents=True, exist_ok=True)
            self._pending_file.touch()


def half(before: SwitchIntent, wanted: SwitchIntent) -> SwitchIntent:
    """*wanted*, but with the second half of the ports that change left as they were *before*."""
    old = {each.name: each for each in before.ports}
    changing = [each.name for each in wanted.ports if old[each.name] != each]
    left = set(changing[len(changing) // 2 :])
    ports = tuple(old[each.name] if each.name in left else each for each in wanted.ports)
    lags = tuple(_with_members(each, ports) for each in wanted.lags)
    return replace(wanted, ports=ports, lags=lags)


def _with_members(lag: LagIntent, ports: Iterable[PortIntent]) -> LagIntent:
    return replace(lag, members=tuple(each.name for each in ports if each.lag == lag.name))


def by_number(names: Iterable[str]) -> list[str]:
    """Names of ports in the order of their numbers."""
    return sorted(names, key=lambda name: (natural(name), name))
