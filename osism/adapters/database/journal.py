"""The journal: the history of transitions, kept in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Integer,
    RowMapping,
    String,
    delete,
    insert,
    literal,
    select,
    update,
)

from osism.adapters.database.session import Database
from osism.adapters.database.tables import Utc, events, transitions
from osism.adapters.database.texts import cut, plain
from osism.domain.errors import NotFound
from osism.domain.ports import Event, Row

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

    def begin(self, rows: Sequence[Row], request: Mapping[str, Any]) -> None:
        """Write rows that do not exist yet; *request* is the job as it crosses the queue."""
        if not rows:
            return
        values = [_values(row) | {"request": dict(request)} for row in rows]
        with self._transaction("begin transitions") as connection:
            connection.execute(_insert_new(connection.dialect.name), values)

    def event(self, ids: Collection[str], phase: int, kind: str, **detail: Any) -> None:
        """Write one event for each of these transitions; phase 0 belongs to none.

        A transition that is running is in this *phase* from now on. Unknown ids are passed over.
        """
        if not ids:
            return
        now = datetime.now(UTC)
        chosen = select(
            transitions.c.id,
            literal(now, Utc),
            literal(int(phase), Integer),
            literal(cut(kind, _NAME), String),
            literal(plain(detail), JSON),
        ).where(transitions.c.id.in_(ids))
        columns = ["transition", "at", "phase", "kind", "detail"]
        with self._transaction("write events") as connection:
            if phase:
                connection.execute(
                    update(transitions).where(_running(ids)).values(phase=int(phase))
                )
            connection.execute(insert(events).from_select(columns, chosen))

    def finish(self, ids: Collection[str], status: str, error: str = "") -> None:
        """End transitions that are still running; one that has ended stays as it is."""
        if not ids:
            return
        ended = {"status": status, "error": cut(error, _ERROR), "ended": datetime.now(UTC)}
        with self._transaction("end transitions") as connection:
            connection.execute(update(transitions).where(_running(ids)).values(ended))

    def of_job(self, job: str) -> Sequence[Row]:
        """The transitions of a job, by device."""
        statement = (
            select(transitions)
            .where(transitions.c.job == job)
            .order_by(transitions.c.device, transitions.c.id)
        )
        return [_row(each) for each in self._read(statement)]

    def running(self) -> Sequence[tuple[Row, Mapping[str, Any]]]:
        """The transitions without an end, oldest first, with the request that began them."""
        statement = (
            select(transitions)
            .where(transitions.c.status == "running")
            .order_by(transitions.c.started, transitions.c.id)
        )
        return [(_row(each), each["request"]) for each in self._read(statement)]

    def find(
        self, device: str | None = None, status: str | None = None, limit: int = 50
    ) -> Sequence[Row]:
        """The newest transitions first."""
        statement = select(transitions).order_by(
            transitions.c.started.desc(), transitions.c.id.desc()
        )
        if device is not None:
            statement = statement.where(transitions.c.device == device)
        if status is not None:
            statement = statement.where(transitions.c.status == status)
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
        """Forget transitions that ended before this time; return how many. Running ones stay."""
        forgotten = 0
        old = select(transitions.c.id).where(transitions.c.ended < before).limit(_PORTION)
        while True:
            with self._transaction("forget old transitions") as connection:
                count = connection.execute(
                    delete(transitions).where(transitions.c.id.in_(old.scalar_subquery()))
                ).rowcount
            forgotten += count
            if count < _PORTION:
                return forgotten


def _insert_new(dialect: str) -> Any:
    # Only the dialect in use is imported; the other one costs a worker memory for nothing.
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as insert_sqlite

        return insert_sqlite(transitions).on_conflict_do_nothing(index_elements=["id"])
    from sqlalchemy.dialects.postgresql import insert as insert_postgresql

    return insert_postgresql(transitions).on_conflict_do_nothing(index_elements=["id"])


def _running(ids: Collection[str]) -> Any:
    return transitions.c.id.in_(ids) & (transitions.c.status == "running")


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
    }


def _row(values: RowMapping) -> Row:
    kept = {key: value for key, value in values.items() if key not in ("request", "switches")}
    return Row(**kept, switches=tuple(values["switches"]))


def _event(values: RowMapping) -> Event:
    return Event(**{key: value for key, value in values.items() if key != "id"})
