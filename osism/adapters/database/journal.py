"""The journal: the history of transitions, kept in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    Integer,
    RowMapping,
    String,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from osism.adapters.database.session import Database
from osism.adapters.database.specs import bumping, locked, portions, write
from osism.adapters.database.tables import Utc, events, specs, transitions
from osism.adapters.database.texts import cut, plain
from osism.domain.errors import NotFound
from osism.domain.ports import Event, Row
from osism.domain.specs import begun, last_results

# Longest texts, in characters. The error is a sentence or a list of differences.
_NAME, _ERROR = 255, 8_000

# Transitions forgotten in one go; other writers of SQLite wait meanwhile.
_PORTION = 500


class SqlJournal(Database):
    """Keeps :class:`osism.domain.ports.Journal` in the database *url*.

    Long texts are cut: names at 255 characters, errors at 8,000, texts in details at 100,000.
    Secrets have to be masked by the caller.
    """

    # --- the promises of Journal ------------------------------------------------------------------

    def begin(
        self,
        rows: Sequence[Row],
        request: Mapping[str, Any],
        left: Collection[str] = (),
        how: str = "failed",
    ) -> None:
        """Write rows that do not exist yet, what their devices shall be from now on, and the end
        of the transitions *left*; *request* is the job as it crosses the queue.

        Raises :class:`TakenOver`, and writes nothing, when a newer generation is wanted.
        """
        if not rows:
            return
        with self._transaction("begin transitions") as connection:
            fresh = _wanted(connection, rows)
            if left:
                over = _ending(how, f"taken up by job {rows[0].job}")
                connection.execute(_END, {"ids": list(left)} | over)
            if fresh:
                values = [_values(row) | {"request": dict(request)} for row in fresh]
                connection.execute(_INSERT, values)

    def event(self, ids: Collection[str], phase: int, kind: str, **detail: Any) -> None:
        """Write one event for each of these transitions; phase 0 belongs to none.

        A transition that is running is in this *phase* from now on. Unknown ids are passed over.
        """
        if not ids:
            return
        these = {"ids": list(ids), "entered": int(phase)}
        told = {"now": datetime.now(UTC), "called": cut(kind, _NAME), "told": plain(detail)}
        with self._transaction("write events") as connection:
            connection.execute(_BUMP, these)
            if phase:
                connection.execute(_ENTER, these)
            connection.execute(_TELL, these | told)

    def finish(self, ids: Collection[str], status: str, error: str = "") -> None:
        """End transitions that are still running; one that has ended stays as it is."""
        if not ids:
            return
        these = {"ids": list(ids)}
        with self._transaction("end transitions") as connection:
            connection.execute(_BUMP_RUNNING, these)
            connection.execute(_END, these | _ending(status, error))

    def of_job(self, job: str) -> Sequence[Row]:
        """The transitions of a job, by device."""
        return [_row(each) for each in self._read(_OF_JOB, job=job)]

    def of_jobs(self, jobs: Collection[str]) -> Sequence[Row]:
        """The transitions of these jobs."""
        return [
            _row(each)
            for some in portions(jobs)
            for each in self._read(select(transitions).where(transitions.c.job.in_(some)))
        ]

    def latest(self, devices: Collection[str] | None = None) -> Mapping[str, Row]:
        """The newest transition of each of these devices, or of each that has a spec."""
        if devices is None:
            found = [_row(each) for each in self._read(_newest(select(specs.c.device)))]
        else:
            column = transitions.c.device
            found = [
                _row(each)
                for some in portions(devices)
                for each in self._read(_newest(select(column).where(column.in_(some)).distinct()))
            ]
        return {each.device: each for each in found}

    def results(self, ids: Collection[str]) -> Mapping[str, Mapping[str, tuple[str, str]]]:
        """What switches said last in each of these transitions: switch -> result and reason."""
        names = ("switch", "result", "reason", "differences")
        said: dict[str, list[dict[str, Any]]] = {}
        for some in portions(ids):
            chosen = events.c.transition.in_(some) & (events.c.kind == "switch")
            # Only these: the differences of whole configurations stand beside them.
            parts = [events.c.detail[name].label(name) for name in names]
            statement = select(events.c.transition, *parts).where(chosen).order_by(events.c.id)
            for each in self._read(statement):
                said.setdefault(each["transition"], []).append({n: each[n] for n in names})
        return {each: last_results(details) for each, details in said.items()}

    def running(self) -> Sequence[tuple[Row, Mapping[str, Any]]]:
        """The transitions without an end, oldest first, with the request that began them."""
        return [(_row(each), each["request"]) for each in self._read(_OPEN)]

    def find(
        self,
        device: str | None = None,
        status: str | None = None,
        limit: int = 50,
        before: tuple[datetime, str] | None = None,
    ) -> Sequence[Row]:
        """The newest transitions first; *before*: those behind this beginning and id."""
        statement = select(transitions).order_by(
            transitions.c.started.desc(), transitions.c.id.desc()
        )
        if device is not None:
            statement = statement.where(transitions.c.device == device)
        if status is not None:
            statement = statement.where(transitions.c.status == status)
        if before is not None:
            begun, last = transitions.c.started, before[0]
            same = (begun == last) & (transitions.c.id < before[1])
            statement = statement.where((begun < last) | same)
        return [_row(each) for each in self._read(statement.limit(limit))]

    def get(self, transition: str) -> tuple[Row, Sequence[Event]]:
        """One transition with its events; an unknown id raises :class:`NotFound`."""
        rows = self._read(select(transitions).where(transitions.c.id == transition))
        if not rows:
            raise NotFound(f"transition {transition!r}: the journal does not know it")
        found = self._read(
            select(events).where(events.c.transition == transition).order_by(events.c.id)
        )
        return _row(rows[0]), [_event(each) for each in found]

    # --- upkeep -----------------------------------------------------------------------------------

    def prune(self, before: datetime) -> int:
        """Forget transitions that ended before this time; return how many.

        Running ones stay, and the last one of each device: it says how the device came to be so.
        """
        forgotten = 0
        last = transitions.c.id == _last(transitions.c.device)
        old = select(transitions.c.id).where(transitions.c.ended < before, ~last).limit(_PORTION)
        while True:
            with self._transaction("forget old transitions") as connection:
                count = connection.execute(
                    delete(transitions).where(transitions.c.id.in_(old.scalar_subquery()))
                ).rowcount
            forgotten += count
            if count < _PORTION:
                return forgotten


def _wanted(connection: Connection, rows: Sequence[Row]) -> list[Row]:
    """Write what the devices of *rows* shall be; return the new rows, with its generation."""
    rows = [replace(row, device=cut(row.device, _NAME)) for row in rows]
    known = locked(connection, [row.device for row in rows])
    these = {"ids": [row.id for row in rows]}
    there = set(connection.execute(_THERE, these).scalars())
    fresh, changed, now = [], {}, datetime.now(UTC)
    for row in rows:
        if row.id in there and known[row.device]:
            continue  # taken up again; whoever wants something else asks it to stop
        spec = known[row.device] = changed[row.device] = begun(known[row.device], row, now)
        if row.id not in there:
            fresh.append(replace(row, generation=spec.generation))
    write(connection, list(changed.values()))
    return fresh


def _newest(devices: Any) -> Any:
    """A statement for the newest transition of each of *devices*, one lookup each."""
    chosen = devices.subquery()
    return select(transitions).join(chosen, transitions.c.id == _last(chosen.c.device))


def _last(device: Any) -> Any:
    """The id of the newest transition of *device*, a column of a statement around this."""
    other = transitions.alias()
    return (
        select(other.c.id)
        .where(other.c.device == device)
        .order_by(other.c.started.desc(), other.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _ending(status: str, error: str) -> dict[str, Any]:
    """The values of :data:`_END`."""
    return {"how": status, "why": cut(error, _ERROR), "now": datetime.now(UTC)}


# Every step of a transition writes these; making a statement takes longer than writing.
_THESE = transitions.c.id.in_(bindparam("ids", expanding=True))
_RUNNING = _THESE & (transitions.c.status == "running")
_BUMP = bumping(select(transitions.c.device).where(_THESE))
_BUMP_RUNNING = bumping(select(transitions.c.device).where(_RUNNING))
_THERE = select(transitions.c.id).where(_THESE)
_INSERT = insert(transitions)
_OF_JOB = (
    select(transitions)
    .where(transitions.c.job == bindparam("job"))
    .order_by(transitions.c.device, transitions.c.id)
)
_OPEN = (
    select(transitions)
    .where(transitions.c.status == "running")
    .order_by(transitions.c.started, transitions.c.id)
)
_ENTER = update(transitions).where(_RUNNING).values(phase=bindparam("entered"))
_END = (
    update(transitions)
    .where(_RUNNING)
    .values(status=bindparam("how"), error=bindparam("why"), ended=bindparam("now"))
)
_TELL = insert(events).from_select(
    ["transition", "at", "phase", "kind", "detail"],
    select(
        transitions.c.id,
        bindparam("now", type_=Utc),
        bindparam("entered", type_=Integer),
        bindparam("called", type_=String),
        bindparam("told", type_=JSON),
    ).where(_THESE),
)


def _values(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "job": row.job,
        "device": row.device,
        "source": row.source,
        "target": row.target,
        "status": row.status,
        "asked_by": cut(row.asked_by, _NAME),
        "started": row.started,
        "ended": row.ended,
        "phase": int(row.phase),
        "error": cut(row.error, _ERROR),
        "switches": list(row.switches),
        "generation": row.generation,
    }


def _row(values: RowMapping) -> Row:
    kept = {key: value for key, value in values.items() if key not in ("request", "switches")}
    return Row(**kept, switches=tuple(values["switches"]))


def _event(values: RowMapping) -> Event:
    return Event(**{key: value for key, value in values.items() if key != "id"})
