"""A database of the product: its tables are there, its failures are ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, RowMapping

from osism.adapters.database import schema
from osism.adapters.database.engine import connect_to, failures


class Database:
    """The database *url*: ``sqlite:///<path>`` (file and directory are made when missing) or
    ``postgresql://<user>:<password>@<host>/<database>``; anything else raises
    :class:`Misconfigured`.

    The tables are made or upgraded before the first use. An instance can be shared between threads
    and survives a fork. A database that cannot be reached, read or written raises
    :class:`OutsideFailed`.
    """

    def __init__(self, url: str) -> None:
        self._engine = connect_to(url)
        self._ready = False

    def close(self) -> None:
        """Close the connections of this process; a later call opens new ones."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, doing: str) -> Iterator[Connection]:
        try:
            with failures(self._engine.url, doing):
                if not self._ready:
                    schema.prepare(self._engine)
                    self._ready = True
                with self._engine.begin() as connection:
                    yield connection
        except Exception:
            # The file may have been taken away, or another database put in its place.
            self._ready = False
            raise

    def _read(self, statement: Any, **values: Any) -> Sequence[RowMapping]:
        with self._transaction("read") as connection:
            return connection.execute(statement, values).mappings().all()
