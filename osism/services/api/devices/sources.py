"""Where the facts of devices come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from osism import wiring
from osism.domain.errors import Misconfigured
from osism.domain.ports import Conditions, JobStatus, Journal, Specs
from osism.services.api.standings import Standings

#: Seconds for which the folders of the configuration repository are remembered.
FOLDERS = 10.0


class Statuses(Protocol):
    """What became of jobs."""

    def statuses(self, jobs: Iterable[str]) -> Mapping[str, JobStatus]:
        """See :class:`osism.domain.ports.JobRecords`."""


@dataclass(frozen=True)
class Sources:
    """Where it all is. ``homes``: device -> collection, empty where there is no repository."""

    standings: Standings
    specs: Specs
    journal: Journal
    conditions: Conditions
    records: Statuses
    homes: Callable[[], Mapping[str, str]]


class Homes:
    """The collections of devices, read again after :data:`FOLDERS` seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._read = float("-inf")
        self._known: Mapping[str, str] = {}

    def of(self) -> Mapping[str, str]:
        """Device -> collection; empty where there is no configuration repository."""
        if self._clock() - self._read > FOLDERS:
            try:
                found = wiring.repository().collections()
            except Misconfigured:
                found = {}
            self._known = {name: each for each, names in found.items() for name in names}
            self._read = self._clock()
        return self._known


def sources() -> Sources:
    """Those of this process."""
    return Sources(
        Standings(wiring.device_source()),
        wiring.specs(),
        wiring.journal(),
        wiring.conditions(),
        wiring.records(),
        Homes().of,
    )
