"""Rows of a switch's menus: those a configuration asks for, and those that a switch exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from osism.adapters.switches.routeros.sections import (
    BONDING,
    BRIDGE,
    BRIDGE_VLAN,
    BY_PATH,
    MARK,
    MLAG,
    PORT,
    VLAN,
    Section,
    normal,
    vids,
)
from osism.adapters.switches.routeros.words import Command, Wrong, commands


@dataclass(frozen=True)
class Row:
    """One row: all that is known of it, ours in its normal form. ``line`` of the configuration."""

    section: Section
    values: Mapping[str, str]
    line: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(self.values.get(name, "") for name in self.section.key)

    def value(self, name: str) -> str:
        return self.values.get(name, self.section.default(name))

    def items(self, name: str) -> tuple[str, ...]:
        """The members of a list."""
        return tuple(each for each in self.value(name).split(",") if each)


class Rows:
    """The rows of a switch, by menu and key."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: dict[str, dict[tuple[str, ...], Row]] = {}
        for row in rows:
            of = self._rows.setdefault(row.section.path, {})
            if row.key in of and row.line:
                raise Wrong(row.line, f"{row.section.path} {' '.join(row.key)} is there twice")
            of.setdefault(row.key, row)

    def of(self, section: Section) -> Mapping[tuple[str, ...], Row]:
        return self._rows.get(section.path, {})

    def find(self, row: Row) -> Row | None:
        return self.of(row.section).get(row.key)

    def names(self, section: Section) -> frozenset[str]:
        """The names of a menu's interfaces."""
        return frozenset(each.values[section.key[0]] for each in self.of(section).values())


def wanted(text: str) -> Rows:
    """The rows of a configuration; raises :class:`Wrong` for whatever is not understood.

    It is text that a template made of what people typed into NetBox: nothing is passed on that is
    not known to be a name, a number or one of a few words.
    """
    asked = [_asked(command) for command in commands(text)]
    if not any(row.section is MLAG for row in asked):
        asked.append(Row(MLAG, {}))  # what it does not say, it does not want
    rows = Rows(asked)
    if not rows.of(BRIDGE):
        raise Wrong(1, "a configuration without a bridge is refused: it would take everything away")
    _check(rows)
    return rows


def running(exports: Iterable[str]) -> Rows:
    """The rows that a switch exports; values that have no normal form stay as they are."""
    paths = frozenset(BY_PATH)
    rows = []
    for text in exports:
        for command in commands(text, paths):
            section = BY_PATH[command.path]
            values = dict(command.values) | dict(command.where)
            ours = {name: _lenient(section, name, value) for name, value in values.items()}
            rows.append(Row(section, ours))
    return Rows(rows)


def _asked(command: Command) -> Row:
    section = BY_PATH.get(command.path)
    if section is None:
        raise Wrong(command.line, f"unknown menu: {command.path[:60]}")
    verb = "add" if section.key and not section.fixed else "set"
    where = section.key if section.fixed else ()
    if command.verb != verb or tuple(command.where) != where:
        what = f"{verb} [ find {where[0]}=... ]" if where else verb
        raise Wrong(command.line, f"{section.path} knows {what} only")
    values = {**command.where, **command.values}
    for name in values:
        if name not in section.known:
            raise Wrong(command.line, f"unknown property {name[:60]} in {section.path}")
    try:
        values = {name: normal(section, name, value) for name, value in values.items()}
    except ValueError as error:
        raise Wrong(command.line, str(error)) from None
    for name in section.key:
        if not values.get(name):
            raise Wrong(command.line, f"{section.path} needs {name}")
    if section.marked:
        values["comment"] = MARK
    return Row(section, values, command.line)


def _lenient(section: Section, name: str, value: str) -> str:
    try:
        return normal(section, name, value) if name in {*section.known, "comment"} else value
    except ValueError:
        return value


def _check(rows: Rows) -> None:
    """Refuse what contradicts itself."""
    bridges, ports = rows.names(BRIDGE), rows.names(PORT)
    seen: dict[tuple[str, int], int] = {}
    for row in (*rows.of(PORT).values(), *rows.of(BRIDGE_VLAN).values()):
        if row.value("bridge") not in bridges:
            raise Wrong(row.line, f"no such bridge {row.value('bridge')!r}")
    for row in rows.of(BRIDGE_VLAN).values():
        for vid in vids(row.value("vlan-ids")):
            if (row.value("bridge"), vid) in seen:
                raise Wrong(row.line, f"VLAN {vid} is there twice")
            seen[row.value("bridge"), vid] = row.line
        if both := set(row.items("tagged")) & set(row.items("untagged")):
            raise Wrong(row.line, f"{min(both)} is tagged and untagged")
    slaves: dict[str, str] = {}
    for row in rows.of(BONDING).values():
        for slave in row.items("slaves"):
            other = "a bridge" if slave in ports else slaves.get(slave)
            if other:
                raise Wrong(row.line, f"{slave} belongs to {other} already")
            slaves[slave] = row.value("name")
    for row in rows.of(VLAN).values():
        if row.value("name") in bridges | rows.names(BONDING):
            raise Wrong(row.line, f"{row.value('name')!r} is there twice")
