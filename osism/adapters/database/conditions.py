"""Conditions of devices, kept in the database of the journal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from osism.adapters.database.session import Database
from osism.adapters.database.specs import bumping
from osism.adapters.database.tables import conditions
from osism.adapters.database.texts import NAME, cut
from osism.domain.conditions import Condition

# The longest reason, in characters; it is a sentence.
_REASON = 2_000
#: Names in one statement; SQLite takes 32,766 values.
_SOME = 1_000


class SqlConditions(Database):
    """Keeps :class:`osism.domain.ports.Conditions`. Secrets have to be masked by the caller."""

    def set(self, device: str, kind: str, reason: str, since: datetime) -> None:
        """A condition begins; one that is there keeps its time and gets the reason."""
        values = {
            "device": cut(device, NAME),
            "kind": cut(kind, NAME),
            "reason": cut(" ".join(reason.split()), _REASON),
            "since": since,
        }
        with self._transaction("write a condition") as connection:
            said = _insert_or_say(connection.dialect.name).returning(conditions.c.device)
            connection.execute(bumping(connection.execute(said, values).scalars().all()))

    def clear(self, device: str, kinds: Collection[str]) -> int:
        """Conditions end; how many there were."""
        if not kinds:
            return 0
        chosen = (conditions.c.device == cut(device, NAME)) & conditions.c.kind.in_(kinds)
        with self._transaction("end conditions") as connection:
            count = connection.execute(delete(conditions).where(chosen)).rowcount
            if count:
                connection.execute(bumping([cut(device, NAME)]))
            return count

    def of(self, devices: Collection[str] | None = None) -> Sequence[Condition]:
        """The conditions of these devices, or of all, by device and time."""
        ordered = select(conditions).order_by(
            conditions.c.device, conditions.c.since, conditions.c.kind
        )
        if devices is None:
            return [Condition(**each) for each in self._read(ordered)]
        names = sorted(cut(each, NAME) for each in devices)
        return [
            Condition(**each)
            for start in range(0, len(names), _SOME)
            for each in self._read(
                ordered.where(conditions.c.device.in_(names[start : start + _SOME]))
            )
        ]


def _insert_or_say(dialect: str) -> Any:
    """An insert that gives the reason to a condition that is there already."""
    # Only the dialect in use is imported; the other one costs a worker memory for nothing.
    statement: Any
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as insert_sqlite

        statement = insert_sqlite(conditions)
    else:
        from sqlalchemy.dialects.postgresql import insert as insert_postgresql

        statement = insert_postgresql(conditions)
    return statement.on_conflict_do_update(
        index_elements=["device", "kind"],
        set_={"reason": statement.excluded.reason},
        where=conditions.c.reason != statement.excluded.reason,
    )
