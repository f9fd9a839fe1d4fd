"""The history of runs of playbooks, kept in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update

from osism.adapters.database.session import Database
from osism.adapters.database.tables import runs
from osism.adapters.database.texts import NAME, cut, plain
from osism.domain.errors import Invalid, NotFound
from osism.domain.runs import Run

# The longest reason, in characters; it is a sentence.
_REASON = 8_000


class SqlRunJournal(Database):
    """Keeps :class:`osism.domain.ports.RunJournal`. Secrets have to be masked by the caller."""

    def begin_run(self, run: Run) -> None:
        """Write a run that begins; one that is there already stays as it is."""
        values = {
            "id": cut(run.id, NAME),
            "environment": cut(run.environment, NAME),
            "role": cut(run.role, NAME),
            "status": run.status,
            "asked_by": cut(run.asked_by, NAME),
            "worker": cut(run.worker, NAME),
            "collection": cut(run.collection, NAME),
            "started": run.started,
            "ended": run.ended,
            "exit_code": run.exit_code,
            "reason": cut(run.reason, _REASON),
            "request": plain(run.request),
            "hosts": plain(run.hosts),
        }
        with self._transaction("begin a run") as connection:
            chosen = select(runs.c.id).where(runs.c.id == values["id"])
            known = connection.execute(chosen).first()
            if known is None:
                connection.execute(insert(runs), values)

    def finish_run(
        self,
        run: str,
        status: str,
        exit_code: int | None,
        reason: str = "",
        hosts: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        """End a run that has no end yet."""
        ended: dict[str, Any] = {
            "status": status,
            "exit_code": exit_code,
            "reason": cut(reason, _REASON),
            "ended": datetime.now(UTC),
        }
        if hosts is not None:
            ended["hosts"] = plain(hosts)
        chosen = (runs.c.id == cut(run, NAME)) & (runs.c.status == "running")
        with self._transaction("end a run") as connection:
            connection.execute(update(runs).where(chosen).values(ended))

    def runs(
        self,
        role: str | None = None,
        status: str | None = None,
        limit: int = 50,
        before: tuple[datetime, str] | None = None,
        collection: str | None = None,
    ) -> Sequence[Run]:
        """The newest runs first; *before*: those that come after this (start, id).

        *collection*: those that the job of a collection has asked for.
        """
        statement = select(runs).order_by(runs.c.started.desc(), runs.c.id.desc())
        if role is not None:
            statement = statement.where(runs.c.role == cut(role, NAME))
        if status is not None:
            statement = statement.where(runs.c.status == status)
        if collection is not None:
            statement = statement.where(runs.c.collection == cut(collection, NAME))
        if before is not None:
            at, id = before
            same = (runs.c.started == at) & (runs.c.id < cut(id, NAME))
            statement = statement.where((runs.c.started < at) | same)
        return [_run(each) for each in self._read(statement.limit(limit))]

    def run(self, run: str) -> Run:
        """One run, by its id or the beginning of one."""
        begun = cut(run, NAME)
        # LIKE would not tell upper from lower case in SQLite.
        chosen = func.substr(runs.c.id, 1, len(begun)) == begun
        shortest = select(runs).where(chosen).order_by(func.length(runs.c.id)).limit(2)
        found = self._read(shortest) if run else ()
        exact = [each for each in found if each["id"] == begun] or found
        if not exact:
            raise NotFound(f"no run whose id begins with {run!r}: the journal does not know it")
        if len(exact) > 1:
            raise Invalid(f"run {run!r} is ambiguous: give more of the id")
        return _run(exact[0])

    def begun(self, ids: Collection[str]) -> set[str]:
        """Those of *ids* that are here."""
        chosen = select(runs.c.id).where(runs.c.id.in_(cut(each, NAME) for each in ids))
        return {each["id"] for each in self._read(chosen)} if ids else set()

    def prune_runs(self, before: datetime) -> int:
        """Forget runs that ended before this; how many there were."""
        with self._transaction("forget old runs") as connection:
            return connection.execute(delete(runs).where(runs.c.ended < before)).rowcount


def _run(values: RowMapping) -> Run:
    return Run(**values)
