"""Values of OVSDB in JSON (RFC 7047, section 5.1): sets, maps, references, and conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]  #: column -> value as it is on the wire
Operation = dict[str, Any]  #: one operation of a transaction (RFC 7047, section 5.2)


def items(value: Any) -> tuple[Any, ...]:
    """The members of a set; a set of one is also written as its member.

    Raises :class:`ValueError` for what is no such value.
    """
    if isinstance(value, list):
        if len(value) != 2 or value[0] not in ("set", "uuid", "named-uuid"):
            raise ValueError("no set")
        if value[0] != "set":
            return (value[1],)
        if not isinstance(value[1], list):
            raise ValueError("no set")
        return tuple(each[1] if isinstance(each, list) else each for each in value[1])
    return (value,)


def one(value: Any) -> Any:
    """The member of a set of at most one; None without."""
    found = items(value)
    return found[0] if found else None


def table(value: Any) -> dict[str, str]:
    """A map of texts; raises :class:`ValueError` for anything else."""
    if not isinstance(value, list) or len(value) != 2 or value[0] != "map":
        raise ValueError("no map")
    return {str(key): str(each) for key, each in value[1]}


def a_set(members: Iterable[Any]) -> list[Any]:
    return ["set", list(members)]


def a_map(pairs: Mapping[str, str]) -> list[Any]:
    return ["map", [[key, value] for key, value in sorted(pairs.items())]]


def optional(value: Any) -> Any:
    """A column that may be empty."""
    return a_set(()) if value is None else value


def reference(uuid: str) -> list[str]:
    return ["uuid", uuid]


def same(left: Any, right: Any) -> bool:
    """Whether two values of a column are equal, whatever the order in them."""
    return bool(_comparable(left) == _comparable(right))


def _comparable(value: Any) -> Any:
    if isinstance(value, list) and value and value[0] == "map":
        return frozenset((str(key), str(each)) for key, each in value[1])
    return frozenset(str(each) for each in items(value))


def named(name: str) -> list[list[Any]]:
    """The condition: the row of this name."""
    return [["name", "==", name]]


def expect(table_: str, where: list[Any], row: Row) -> Operation:
    """The transaction goes on only if the row is as it was read."""
    return {
        "op": "wait", "table": table_, "where": where, "timeout": 0,
        "columns": sorted(row), "until": "==", "rows": [dict(row)],
    }  # fmt: skip


def exists(table_: str, where: list[Any]) -> Operation:
    """The transaction goes on only if there is a row like this."""
    return {
        "op": "wait", "table": table_, "where": where, "timeout": 0,
        "columns": ["_uuid"], "until": "!=", "rows": [],
    }  # fmt: skip
