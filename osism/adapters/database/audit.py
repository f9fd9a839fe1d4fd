"""The audit log of the HTTP API, kept in the database of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, update

from osism.adapters.database.session import Database
from osism.adapters.database.tables import audit
from osism.adapters.database.texts import NAME, cut, plain
from osism.domain.requests import Entry

# The longest path and the longest words of an answer, in characters.
_PATH, _WORDS = 2_000, 1_000


class SqlAudit(Database):
    """Keeps :class:`osism.domain.ports.Audit`. Secrets have to be masked by the caller."""

    def begin(self, entry: Entry) -> int:
        """Write a request that is about to be worked on; its number."""
        values = {
            "at": entry.at,
            "who": cut(entry.who, NAME),
            "role": cut(entry.role, NAME),
            "address": cut(entry.address, NAME),
            "method": cut(entry.method, NAME),
            "path": cut(entry.path, _PATH),
            "body": plain(entry.body),
            "status": entry.status,
            "result": cut(entry.result, _WORDS),
        }
        with self._transaction("write into the audit log") as connection:
            number: int = connection.execute(
                insert(audit).returning(audit.c.id), values
            ).scalar_one()
            return number

    def finish(self, number: int, status: int, result: str) -> None:
        """Write how it was answered."""
        ended = {"status": status, "result": cut(result, _WORDS)}
        with self._transaction("write into the audit log") as connection:
            connection.execute(update(audit).where(audit.c.id == number).values(ended))

    def entries(
        self,
        who: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
        before: int = 0,
    ) -> Sequence[Entry]:
        """The newest requests first; *before*: those with smaller numbers than this."""
        statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if who is not None:
            statement = statement.where(_is_by(cut(who, NAME)))
        if since is not None:
            statement = statement.where(audit.c.at >= since)
        if before:
            statement = statement.where(audit.c.id < before)
        return [_entry(each) for each in self._read(statement)]

    def prune(self, before: datetime) -> int:
        """Forget requests older than this; how many there were."""
        with self._transaction("forget old requests") as connection:
            return connection.execute(delete(audit).where(audit.c.at < before)).rowcount


def _is_by(who: str) -> ColumnElement[bool]:
    """Of a token, also for one of its users: ``ci`` and ``ci (alice)``."""
    # LIKE would not tell upper from lower case in SQLite.
    begun = f"{who} ("
    return (audit.c.who == who) | (func.substr(audit.c.who, 1, len(begun)) == begun)


def _entry(values: RowMapping) -> Entry:
    known = dict(values)
    return Entry(number=known.pop("id"), **known)
