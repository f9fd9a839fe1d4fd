"""What follows from the kinds in SQL: tables, triggers, orders, steps along relations."""
# ruff: noqa: S608 - names in statements come from the table of kinds, values are parameters

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from osism.lab.netbox.fields import Field, Form, Gone, Kind
from osism.lab.netbox.kinds import BY_NAME, KINDS, relations

SOUGHT = ("name", "slug", "_name", "address", "vid")  # columns with an index
AFFINITY = {
    Form.INTEGER: "INTEGER",
    Form.BOOLEAN: "INTEGER",
    Form.REFERENCE: "INTEGER",
    Form.DECIMAL: "REAL",
    Form.CHOICE: "",
}


@dataclass(frozen=True, slots=True)
class Hop:
    """One step along a relation: from `near` of this kind to `far` of another.

    A generic relation has, on the side that refers, a column with the type of what it refers to.
    """

    kind: Kind
    near: str
    far: str
    link: tuple[str, str, str] | None = None  # link table, column of this, column of the other
    near_type: tuple[str, str] | None = None
    far_type: tuple[str, str] | None = None

    def join(self, alias: str, inner: str) -> str:
        """The other kind as a left join."""
        if self.link:
            table, near, far = self.link
            return (
                f' LEFT JOIN "{table}" {inner}l ON {inner}l.{near} = {alias}.id'
                f' LEFT JOIN "{self.kind.name}" {inner} ON {inner}.id = {inner}l.{far}'
            )
        on = f'{inner}."{self.far}" = {alias}."{self.near}"{self._typed(inner)}'
        return f' LEFT JOIN "{self.kind.name}" {inner} ON {on}'

    def within(self, alias: str, inner: str, condition: str) -> str:
        """That a condition holds for one of the other kind."""
        near = f'{alias}."{self.near}"'
        if self.link:
            table, source, target = self.link
            rows = f'"{table}" l JOIN "{self.kind.name}" {inner} ON {inner}.id = l.{target}'
            return f"{near} IN (SELECT l.{source} FROM {rows} WHERE {condition})"
        rows = f'"{self.kind.name}" {inner} WHERE ({condition}){self._typed(inner)}'
        found = f'{near} IN (SELECT {inner}."{self.far}" FROM {rows})'
        if self.near_type:
            found += " AND {}.\"{}\" = '{}'".format(alias, *self.near_type)
        return found

    def _typed(self, inner: str) -> str:
        return " AND {}.\"{}\" = '{}'".format(inner, *self.far_type) if self.far_type else ""


def link_table(kind: Kind, field: Field) -> str:
    return f"{kind.name}.{field.name}"


@functools.cache
def hop(kind: Kind, name: str) -> Hop | None:
    """The step that a name stands for: a field, a kind a generic field allows, a way back."""
    field = kind.by_name.get(name)
    if field and field.form is Form.REFERENCE:
        return Hop(BY_NAME[field.to[0]], name, "id")
    if field and field.form is Form.MANY:
        return Hop(BY_NAME[field.to[0]], "id", "id", (link_table(kind, field), "source", "target"))
    for field in kind.fields:
        if field.form is Form.GENERIC and name in field.to:
            type_column, id_column = field.columns
            other = BY_NAME[name]
            return Hop(other, id_column, "id", near_type=(type_column, other.object_type))
    if back := relations(kind).get(name):
        other, field = back
        if field.form is Form.MANY:
            return Hop(other, "id", "id", (link_table(other, field), "target", "source"))
        if field.form is Form.GENERIC:
            type_column, id_column = field.columns
            return Hop(other, "id", id_column, far_type=(type_column, kind.object_type))
        return Hop(other, "id", field.name)
    return None


@functools.cache
def columns(kind: Kind) -> tuple[str, ...]:
    return ("id", *(name for field in kind.fields for name in field.columns))


@functools.cache
def selected(kind: Kind) -> str:
    return ", ".join(f't."{name}"' for name in columns(kind))


@functools.cache
def order_by(kind: Kind, order: tuple[str, ...]) -> str:
    """The ORDER BY of a kind: references sort as what they refer to, texts naturally."""
    return ", ".join(term for name in order for term in _order_terms(kind, name, "t", 0))


def _order_terms(kind: Kind, name: str, alias: str, depth: int) -> Iterator[str]:
    down = " DESC" if name.startswith("-") else ""
    name = name.lstrip("-")
    field = kind.by_name.get(name)
    column = f'{alias}."{name}"'
    if field and field.null:
        yield f"{column} IS NULL{down}"
    if field and field.form is Form.REFERENCE and depth < 2:
        other, inner = BY_NAME[field.to[0]], f"o{depth}"
        for term in (t for one in other.order for t in _order_terms(other, one, inner, depth + 1)):
            yield f'(SELECT {term} FROM "{other.name}" {inner} WHERE {inner}.id = {column}){down}'
    elif field and field.form is Form.TEXT and not field.hidden and field.rule != "mac":
        yield f"sort_key({column}){down}"
    else:
        yield f"{column}{down}"


def statements() -> Iterator[str]:
    """The statements that make the database, in an order that SQLite accepts."""
    for kind in KINDS:
        parts = ["id INTEGER PRIMARY KEY AUTOINCREMENT", *map(_column, kind.fields)]
        yield f'CREATE TABLE IF NOT EXISTS "{kind.name}" ({", ".join(filter(None, parts))})'
        for field in kind.fields:
            index = f'INDEX IF NOT EXISTS "{kind.name}.{field.name}" ON "{kind.name}"'
            if field.form is Form.MANY:
                yield from _link(kind, field)
            elif field.form is Form.GENERIC:
                yield f'CREATE {index} ("{field.columns[1]}")'
                yield from _triggers(kind, field)
            elif field.form is Form.REFERENCE or field.unique or field.name in SOUGHT:
                yield f'CREATE {index} ("{field.name}")'


def _column(field: Field) -> str:
    if field.form is Form.REFERENCE:
        target = f'REFERENCES "{field.to[0]}" ON DELETE {field.gone.value}'
        return f'"{field.name}" INTEGER {target}'
    if field.form is Form.GENERIC:
        return '"{}" TEXT, "{}" INTEGER'.format(*field.columns)
    return f'"{field.name}" {AFFINITY.get(field.form, "TEXT")}' if field.form.stored else ""


def _link(kind: Kind, field: Field) -> Iterator[str]:
    table = link_table(kind, field)
    yield (
        f'CREATE TABLE IF NOT EXISTS "{table}" ('
        f'source INTEGER NOT NULL REFERENCES "{kind.name}" ON DELETE CASCADE, '
        f'target INTEGER NOT NULL REFERENCES "{field.to[0]}" ON DELETE CASCADE, '
        "PRIMARY KEY (source, target)) WITHOUT ROWID"
    )
    yield f'CREATE INDEX IF NOT EXISTS "{table}.back" ON "{table}" (target, source)'


def _triggers(kind: Kind, field: Field) -> Iterator[str]:
    """A generic reference cannot be a foreign key; what goes with the other goes by trigger."""
    type_column, id_column = field.columns
    for other in field.to:
        where = f'"{type_column}" = \'{BY_NAME[other].object_type}\' AND "{id_column}" = OLD.id'
        action = f'UPDATE "{kind.name}" SET "{type_column}" = NULL, "{id_column}" = NULL'
        if field.gone is Gone.CASCADE:
            action = f'DELETE FROM "{kind.name}"'
        yield (
            f'CREATE TRIGGER IF NOT EXISTS "{kind.name}.{field.name}.{other}" '
            f'AFTER DELETE ON "{other}" BEGIN {action} WHERE {where}; END'
        )
