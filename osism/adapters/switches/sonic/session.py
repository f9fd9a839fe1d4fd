"""A deployment on a SONiC switch, step by step; see :class:`osism.domain.ports.Session`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

from osism.adapters.switches.sonic.candidates import Wrong, parse
from osism.adapters.switches.sonic.differences import difference, owned
from osism.adapters.switches.sonic.host import SonicHost
from osism.adapters.switches.sonic.merges import merge
from osism.adapters.switches.sonic.observed import switch
from osism.adapters.switches.sonic.tables import Config
from osism.domain.errors import OutsideFailed
from osism.domain.intents import SwitchIntent

Result = TypeVar("Result")
_LONGEST = 86400  # seconds that a commit may wait to be confirmed


@dataclass(frozen=True)
class _Candidate:
    number: str
    wanted: Config
    running: Config  # as it was when the candidate was loaded


class SonicSession:
    """A session with one switch. *prefix*: how LAGs are called in NetBox, before their number."""

    def __init__(self, name: str, host: SonicHost, prefix: str) -> None:
        self._name, self._host, self._prefix = name, host, prefix
        self._candidate: _Candidate | None = None
        self._committed = ""  # the number of this session's own commit

    def stage(self, configuration: str) -> str:
        """Check *configuration*, take back what nobody confirmed, and compare with what runs."""
        self._candidate, self._committed = None, ""
        wanted = self._checked(lambda: parse(configuration))
        number = uuid4().hex[:12]
        self._host.stage(number)
        running = self._host.running()
        merged = self._checked(lambda: merge(running, wanted))
        self._candidate = _Candidate(number, wanted, running)
        return difference(running, merged, wanted)

    def commit(self, revert_in: float) -> None:
        if self._candidate is None:
            raise self._failed("nothing is staged")
        if not 0 < revert_in <= _LONGEST:
            raise self._failed(f"revert_in must be more than 0 and at most {_LONGEST} s")
        staged = self._candidate
        # What others change meanwhile beside our tables must not be undone by ours.
        running = self._host.running()
        if owned(running, staged.wanted) != owned(staged.running, staged.wanted):
            raise self._failed("its configuration has changed since the candidate was loaded")
        merged = self._checked(lambda: merge(running, staged.wanted))
        self._candidate, self._committed = None, staged.number
        self._host.commit(staged.number, merged, revert_in)

    def confirm(self) -> None:
        self._host.confirm(self._committed)

    def revert(self) -> None:
        self._candidate = None
        self._host.revert(self._committed)

    def observe(self) -> SwitchIntent:
        running = self._host.running()
        try:
            return switch(self._name, running, self._host.states(), self._prefix)
        except (ValueError, TypeError, AttributeError) as error:
            raise self._failed(
                f"show runningconfiguration all: a value of a wrong shape ({type(error).__name__})"
            ) from None

    def _checked(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except Wrong as mistake:
            raise self._failed(f"the configuration is refused: {mistake}") from None

    def _failed(self, words: str) -> OutsideFailed:
        return OutsideFailed(f"switch {self._name!r}: {words}")
