"""The objects in SQLite. Rows read their relations in bulk.

A row belongs to the batch it was read with. Asking one row for a relation reads that relation for
the whole batch with one query, so reading fifty interfaces with their VLANs costs two queries and
not fifty. Cascades are the database's own (see `schema`).
"""
# ruff: noqa: S608 - names in statements come from the table of kinds, values are parameters

from __future__ import annotations

import contextlib
import functools
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from osism.lab.netbox.fields import Field, Form, Kind
from osism.lab.netbox.functions import FUNCTIONS
from osism.lab.netbox.kinds import BY_NAME, BY_TYPE, KINDS
from osism.lab.netbox.schema import (
    Hop,
    columns,
    hop,
    link_table,
    order_by,
    selected,
    statements,
)

T = TypeVar("T")
JSON_FORMS = (Form.JSON, Form.TYPES)


class Clause(NamedTuple):
    """A condition in SQL with its parameters. An empty one is always true."""

    sql: str
    values: tuple[Any, ...] = ()

    @staticmethod
    def all_of(clauses: Iterable[Clause], word: str = "AND") -> Clause:
        clauses = [clause for clause in clauses if clause.sql]
        sql = f" {word} ".join(f"({clause.sql})" for clause in clauses)
        return Clause(sql, tuple(value for clause in clauses for value in clause.values))

    @staticmethod
    def within(column: str, values: Iterable[Any]) -> Clause:
        """Any number of values as one parameter, so that statements stay few and are cached."""
        return Clause(f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(list(values)),))

    @staticmethod
    def any_of(sql: str, values: Sequence[Any]) -> Clause:
        """A test that any of the values may pass; ?1 stands for a value that is used twice."""
        times, sql = max(sql.count("?1"), 1), sql.replace("?1", "?")
        return Clause.all_of((Clause(sql, (one,) * times) for one in values), "OR")

    def negated(self) -> Clause:
        """Not so, or nothing known of it."""
        return Clause(f"({self.sql}) IS NOT TRUE", self.values)


ALWAYS = Clause("")


class Row:
    """One object as it is stored, and the way to the objects that it is related to."""

    __slots__ = ("batch", "id", "kind", "values")

    def __init__(self, batch: Batch, values: dict[str, Any]) -> None:
        self.batch = batch
        self.kind = batch.kind
        self.values = values
        self.id: int = values["id"]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def many(self, name: str) -> list[Row]:
        """The related objects, in their own order."""
        step = hop(self.kind, name)
        if step is None:
            raise KeyError(f"{self.kind.name} has no relation {name}")
        near = self.values[step.near]
        if near is None or (step.near_type and self[step.near_type[0]] != step.near_type[1]):
            return []
        return self.batch.related(name, step).get(near, [])

    def one(self, name: str) -> Row | None:
        """The object that a field refers to."""
        field = self.kind.by_name.get(name)
        if field and field.form is Form.GENERIC:
            other = BY_TYPE.get(self[field.columns[0]] or "")
            return self.one(other.name) if other else None
        found = self.many(name)
        return found[0] if found else None


class Batch:
    """Rows of one kind that were read together."""

    def __init__(self, store: Store, kind: Kind, records: Iterable[Sequence[Any]]) -> None:
        self.store = store
        self.kind = kind
        self._related: dict[str, dict[Any, list[Row]]] = {}
        self._cached: dict[str, Any] = {}
        self.rows: list[Row] = []
        names, convert = columns(kind), _converters(kind)
        for record in records:
            values = dict(zip(names, record, strict=True))
            for name, function in convert:
                if values[name] is not None:
                    values[name] = function(values[name])
            self.rows.append(Row(self, values))

    def related(self, name: str, step: Hop) -> dict[Any, list[Row]]:
        """For each row's near value, the objects that a relation leads to."""
        if name not in self._related:
            keys = {row[step.near] for row in self.rows} - {None}
            self._related[name] = self._read(step, keys) if keys else {}
        return self._related[name]

    def _read(self, step: Hop, keys: set[Any]) -> dict[Any, list[Row]]:
        found: dict[Any, list[Row]] = {}
        if step.link:
            table, near, far = step.link
            sql, values = Clause.within(near, keys)
            sources: dict[int, list[int]] = {}
            for source, target in self.store.query(
                f'SELECT {near}, {far} FROM "{table}" WHERE {sql}', values
            ):
                sources.setdefault(target, []).append(source)
            for row in self.store.select(step.kind, Clause.within("t.id", sources)).rows:
                for source in sources[row.id]:
                    found.setdefault(source, []).append(row)
            return found
        for row in self.store.select(step.kind, _far(step, keys, "t.")).rows:
            found.setdefault(row[step.far], []).append(row)
        return found

    def counts(self, name: str) -> dict[int, int]:
        """How many objects a relation leads to, per row."""

        def count(store: Store) -> dict[int, int]:
            step = hop(self.kind, name)
            if step is None:
                return {}
            where = _far(step, (row.id for row in self.rows))
            sql = f'SELECT "{step.far}", count(*) FROM "{step.kind.name}" WHERE {where.sql}'
            return dict(store.query(f"{sql} GROUP BY 1", where.values))

        return self.cached(f"count {name}", count)

    def cached(self, name: str, make: Callable[[Store], T]) -> T:
        """Something that is worked out once for these rows."""
        if name not in self._cached:
            self._cached[name] = make(self.store)
        made: T = self._cached[name]
        return made


def _far(step: Hop, keys: Iterable[Any], alias: str = "") -> Clause:
    """The rows at the far end of a step."""
    typed = ALWAYS
    if step.far_type:
        typed = Clause(f'{alias}"{step.far_type[0]}" = ?', (step.far_type[1],))
    return Clause.all_of([Clause.within(f'{alias}"{step.far}"', keys), typed])


class Store:
    """The database. One connection, used by one request at a time."""

    def __init__(self, database: Path | str) -> None:
        self.connection = sqlite3.connect(
            str(database), isolation_level=None, check_same_thread=False, cached_statements=512
        )
        for name, function in FUNCTIONS.items():
            self.connection.create_function(name, -1, function, deterministic=True)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.execute("PRAGMA case_sensitive_like = ON")
        with self.transaction():
            for statement in statements():
                self.connection.execute(statement)

    def close(self) -> None:
        self.connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; within another one, all or nothing of its part."""
        nested = self.connection.in_transaction
        self.connection.execute("SAVEPOINT part" if nested else "BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO part" if nested else "ROLLBACK")
            if nested:
                self.connection.execute("RELEASE part")
            raise
        self.connection.execute("RELEASE part" if nested else "COMMIT")

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, values).fetchall()

    def select(
        self,
        kind: Kind,
        where: Clause = ALWAYS,
        order: tuple[str, ...] = (),
        limit: int = -1,
        offset: int = 0,
        joins: str = "",
        distinct: bool = False,
    ) -> Batch:
        """Rows of a kind as `t`, ordered as the kind says unless told otherwise."""
        sql = f'SELECT {"DISTINCT " * distinct}{selected(kind)} FROM "{kind.name}" t{joins}'
        sql += f" WHERE {where.sql}" if where.sql else ""
        sql += f" ORDER BY {order_by(kind, order or kind.order)} LIMIT ? OFFSET ?"
        return Batch(self, kind, self.query(sql, (*where.values, limit, offset)))

    def count(self, kind: Kind, where: Clause = ALWAYS) -> int:
        sql = f'SELECT count(*) FROM "{kind.name}" t' + (f" WHERE {where.sql}" if where.sql else "")
        return int(self.query(sql, where.values)[0][0])

    def get(self, kind: Kind, number: int) -> Row | None:
        rows = self.select(kind, Clause("t.id = ?", (number,)), ("id",)).rows
        return rows[0] if rows else None

    def insert(self, kind: Kind, values: Mapping[str, Any]) -> int:
        names = ", ".join(f'"{name}"' for name in values)
        sql = f'INSERT INTO "{kind.name}" ({names}) VALUES ({", ".join("?" * len(values))})'
        return int(self.connection.execute(sql, _stored(kind, values)).lastrowid or 0)

    def update(self, kind: Kind, number: int, values: Mapping[str, Any]) -> None:
        if values:
            names = ", ".join(f'"{name}" = ?' for name in values)
            sql = f'UPDATE "{kind.name}" SET {names} WHERE id = ?'
            self.connection.execute(sql, (*_stored(kind, values), number))

    def delete(self, kind: Kind, number: int) -> None:
        self.connection.execute(f'DELETE FROM "{kind.name}" WHERE id = ?', (number,))

    def link(self, kind: Kind, field: Field, source: int, targets: Iterable[int]) -> None:
        """Replace the set of objects that a field holds."""
        table = link_table(kind, field)
        self.connection.execute(f'DELETE FROM "{table}" WHERE source = ?', (source,))
        rows = [(source, target) for target in dict.fromkeys(targets)]
        self.connection.executemany(f'INSERT INTO "{table}" VALUES (?, ?)', rows)

    def custom_fields(self, kind: Kind) -> list[Row]:
        """The custom fields that objects of a kind have."""
        if not kind.has("custom_fields"):
            return []
        sql = "EXISTS (SELECT 1 FROM json_each(t.object_types) WHERE value = ?)"
        return self.select(BY_NAME["custom_field"], Clause(sql, (kind.object_type,))).rows


@functools.cache
def _converters(kind: Kind) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """How columns become Python values where SQLite's own will not do."""
    made: dict[str, Callable[[Any], Any]] = dict.fromkeys(JSON_NAMES[kind.name], json.loads)
    made |= {field.name: bool for field in kind.fields if field.form is Form.BOOLEAN}
    return tuple(made.items())


JSON_NAMES = {
    kind.name: frozenset(field.name for field in kind.fields if field.form in JSON_FORMS)
    for kind in KINDS
}


def _stored(kind: Kind, values: Mapping[str, Any]) -> tuple[Any, ...]:
    coded = JSON_NAMES[kind.name]
    return tuple(
        json.dumps(value) if value is not None and name in coded else value
        for name, value in values.items()
    )
