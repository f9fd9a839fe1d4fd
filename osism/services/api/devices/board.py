"""The objects of devices, made once for each of their versions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from math import inf
from time import monotonic

from osism.domain.conditions import Condition
from osism.domain.errors import NotFound
from osism.domain.inventory import MANAGED, Device
from osism.domain.specs import Spec
from osism.services.api.devices import shapes
from osism.services.api.devices.facts import Facts, shown
from osism.services.api.devices.sources import Sources, sources
from osism.services.api.standings import KEPT, Seen
from osism.services.api.turns import Turns

#: How often it is looked again, while the journal goes on and NetBox is read.
LOOKS = 3
#: Seconds for which a list is good while jobs of it wait, whose records have no version.
BRIEFLY = 0.2


@dataclass(frozen=True)
class Shown:
    """A device as it is shown. ``at``: when NetBox was read for it."""

    facts: Facts
    device: shapes.Device
    body: bytes
    at: float


@dataclass(frozen=True)
class Edition:
    """All devices, by name, as they were at one time; ``stamp``: that of the specs before; ``at``:
    when NetBox was read for it; ``until``: when it is too old whenever that was."""

    shown: Sequence[Shown]
    stamp: tuple[int, int]
    at: float
    until: float
    devices: Sequence[shapes.Device]


class Board:
    """What is shown is never older than the spec's version of now, nor than :data:`KEPT`."""

    def __init__(self, sources: Sources, clock: Callable[[], float] = monotonic) -> None:
        self._from, self._clock = sources, clock
        self._turns = Turns(clock)
        self._kept: Mapping[str, Shown] = {}
        self._edition: Edition | None = None

    def one(self, name: str) -> Shown:
        """A device; raises :class:`NotFound` when NetBox has none that is managed."""
        spec = self._from.specs.of([name]).get(name)
        kept = self._kept.get(name)
        if kept and self._good(kept, spec.version if spec else 0):
            return kept
        return self._read_one(name, self._clock() - KEPT)

    def anew(self, name: str) -> Shown:
        """A device, as NetBox has it now; see :meth:`one`."""
        return self._read_one(name, self._clock())

    def _read_one(self, name: str, since: float) -> Shown:
        found = self._look([name], since).get(name)
        if found is None:
            raise NotFound(f"NetBox has no device {name!r} with the tag {MANAGED!r}")
        self._kept = {**self._kept, name: found}
        return found

    def all(self) -> Edition:
        """All devices."""
        # Also for who waits while NetBox is read for longer than that is kept.
        since = self._clock() - KEPT
        if edition := self._current(since):
            return edition
        with self._turns.take():
            return self._current(since) or self._print(since)

    def _current(self, since: float) -> Edition | None:
        """The last edition, if nothing was told since it was made and it is young enough."""
        edition, stamp = self._edition, self._from.specs.stamp()
        if edition is None or edition.stamp != stamp or edition.at <= since:
            return None
        return edition if self._clock() < edition.until else None

    def _print(self, since: float) -> Edition:
        """Make all objects of now, those anew that changed."""
        stamp = self._from.specs.stamp()
        found = self._look(None, since)
        shown, now = tuple(found.values()), self._clock()
        settled = all(each.facts.settled for each in shown)
        self._kept = found
        self._edition = Edition(
            shown,
            stamp,
            min((each.at for each in shown), default=now),
            inf if settled else now + BRIEFLY,
            tuple(each.device for each in shown),
        )
        return self._edition

    def _good(self, kept: Shown, version: int) -> bool:
        young = kept.at > self._clock() - KEPT
        return young and kept.facts.settled and kept.facts.version == version

    # --- reading ----------------------------------------------------------------------------------

    def _look(
        self, names: Collection[str] | None, since: float, again: int = LOOKS
    ) -> dict[str, Shown]:
        """These devices, or all, read from NetBox after *since*. Specs are read first: what comes
        later is as new at least."""
        specs = self._from.specs.of(names)
        versions = {name: each.version for name, each in specs.items()}
        if names is None:
            seen = self._from.standings.all(versions, since)
        else:
            asked = {name: versions.get(name, 0) for name in names}
            seen = self._from.standings.of(asked, since)
        found = self._shown(seen, specs)
        if again and (doubtful := [name for name, each in found.items() if self._doubtful(each)]):
            found |= self._look(doubtful, since, again - 1)
        return found

    def _doubtful(self, shown: Shown) -> bool:
        """Whether the journal says done and NetBox was read before that."""
        facts = shown.facts
        if not facts.undone(facts.progress(datetime.now(UTC))):
            return False
        now = self._from.specs.of([facts.device.name]).get(facts.device.name)
        return now is not None and now.version != facts.version

    def _shown(self, seen: Mapping[str, Seen], specs: Mapping[str, Spec]) -> dict[str, Shown]:
        """The objects of what was seen, in that order; one that is as it was is not made anew."""
        wrong = self._wrong(seen)
        homes = self._from.homes()
        told = self._told({name: each for name, each in specs.items() if name in seen})
        found = {}
        for name, each in seen.items():
            assert each.device  # noqa: S101 - else it was not seen
            facts = replace(
                told.get(name) or Facts(each.device),
                device=each.device,
                conditions=tuple(wrong.get(name, ())),
                collection=homes.get(name, ""),
            )
            found[name] = _made(facts, self._kept.get(name), each.at)
        return found

    def _wrong(self, names: Collection[str]) -> Mapping[str, Sequence[Condition]]:
        found: dict[str, list[Condition]] = {}
        for each in self._from.conditions.of(names if len(names) == 1 else None):
            found.setdefault(each.device, []).append(each)
        return found

    def _told(self, specs: Mapping[str, Spec]) -> dict[str, Facts]:
        """What journal and records say of the specs, read where it is not known yet."""
        known = {name: self._kept[name].facts for name in specs if name in self._kept}
        found = {
            name: facts
            for name, facts in known.items()
            if facts.settled and facts.version == specs[name].version
        }
        return found | self._read({name: specs[name] for name in specs if name not in found})

    def _read(self, specs: Mapping[str, Spec]) -> dict[str, Facts]:
        if not specs:
            return {}
        journal = self._from.journal
        latest = journal.latest(list(specs))
        rows = {name: row for name, row in latest.items() if row.job == specs[name].job}
        older = {each.job for name, each in specs.items() if name not in rows}
        rows |= {
            row.device: row
            for row in journal.of_jobs(older)
            if row.device in specs and specs[row.device].job == row.job
        }
        results = journal.results([row.id for row in rows.values()])
        jobs = self._from.records.statuses(
            each.job for name, each in specs.items() if name not in rows
        )
        return {
            name: Facts(
                _NOBODY,
                spec,
                rows.get(name),
                latest.get(name),
                results.get(rows[name].id, {}) if name in rows else {},
                None if name in rows else jobs.get(spec.job),
            )
            for name, spec in specs.items()
        }


_NOBODY = Device(0, "")


def _made(facts: Facts, kept: Shown | None, at: float) -> Shown:
    if kept and kept.facts == facts:
        return replace(kept, at=at)
    device = shown(facts)
    return Shown(facts, device, device.model_dump_json().encode(), at)


@cache
def board() -> Board:
    """The one of this process."""
    return Board(sources())
