"""Runs as the API knows them: from the records of their jobs and from the journal."""

from __future__ import annotations

from osism import wiring
from osism.domain.errors import NotFound
from osism.domain.known_runs import KINDS, STATES, KnownRun, Place, Wish, known, page, unwritten
from osism.domain.records import ENDS, JobRecord
from osism.domain.runs import Run

#: Jobs in one state that are looked through for runs that the journal has not; of those that have
#: ended there are many, with all that they ended with, and the journal has nearly all of them.
_MOST, _MOST_ENDED = 1000, 100
#: States of which the journal has every run.
_WRITTEN = ("succeeded",)


def find(id: str) -> KnownRun:
    """The run of this id, or with the only id that begins so; raises :class:`NotFound`, and
    :class:`Invalid` for the beginning of several."""
    record = _record(id)
    if record and record.state in ("queued", "retrying"):
        return known(record, None)  # not in the journal yet
    run = _row(record.id if record else id)
    if record is None:
        record = _record(run.id) if run else _begins(id)
    if record is None and run is None:
        raise NotFound(f"no run {id!r}: neither the jobs nor the journal know it")
    return known(record, run)


def _record(id: str) -> JobRecord | None:
    record = wiring.records().get(id)
    return record if record and record.name in KINDS else None


def _begins(id: str) -> JobRecord | None:
    try:
        return _record(wiring.records().find(id))
    except NotFound:
        return None


def _row(id: str) -> Run | None:
    try:
        return wiring.run_journal().run(id)
    except NotFound:
        return None


def listed(wish: Wish, limit: int, before: Place | None) -> tuple[list[KnownRun], Place | None]:
    """A page of runs, the newest first, and the place to read on from; None at the end."""
    runs = _rows(wish, limit + 1, before)
    records = [each for state in _states(wish) for each in _recent(state)]
    more = unwritten(wish, records, runs, limit + 1, before)
    begun = wiring.run_journal().begun([each.id for each in more if each.started])
    told = wiring.records().statuses(each.id for each in runs)
    found = page(wish, told, runs, (each for each in more if each.id not in begun))
    return found[:limit], found[limit - 1].place if len(found) > limit else None


def _states(wish: Wish) -> list[str]:
    """The states of records in which there may be something that the journal has not."""
    return [job for job, run in STATES.items() if wish.state in (None, run) and run not in _WRITTEN]


def _recent(state: str) -> list[JobRecord]:
    most = _MOST_ENDED if state in ENDS else _MOST
    return [each for each in wiring.records().recent(most, state) if each.name in KINDS]


def _rows(wish: Wish, limit: int, before: Place | None) -> list[Run]:
    if wish.state in ("queued", "waiting"):
        return []
    journal = wiring.run_journal()
    return list(journal.runs(wish.role, wish.state, limit, before, wish.collection))
