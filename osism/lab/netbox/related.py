"""Finding the object that a write refers to: by its number, or by attributes that only it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osism.lab.netbox.errors import Invalid
from osism.lab.netbox.fields import Kind
from osism.lab.netbox.schema import hop
from osism.lab.netbox.storage import Clause, Row, Store


def related(store: Store, kind: Kind, value: Any) -> Row:
    """The object that a number, or a dictionary of attributes, stands for."""
    if isinstance(value, Mapping):
        params = _flat(value)
        where = Clause.all_of(_attribute(kind, *pair) for pair in params.items())
        rows = store.select(kind, where, limit=2).rows
        if len(rows) == 1:
            return rows[0]
        found = "Multiple objects match" if rows else "Related object not found using"
        raise Invalid(f"{found} the provided attributes: {params}")
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise Invalid(
            "Related objects must be referenced by numeric ID or by dictionary of attributes. "
            f"Received an unrecognized value: {value}"
        ) from None
    if row := store.get(kind, number):
        return row
    raise Invalid(f"Related object not found using the provided numeric ID: {number}")


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        nested = isinstance(inner, Mapping)
        flat |= _flat(inner, f"{prefix}{key}__") if nested else {prefix + key: inner}
    return flat


def _attribute(kind: Kind, path: str, value: Any, alias: str = "t") -> Clause:
    head, _, rest = path.partition("__")
    head = head if head == "id" or kind.has(head) else head.removesuffix("_id")
    step = hop(kind, head)
    if step and rest:
        inner = _attribute(step.kind, rest, value, alias + "x")
        return Clause(step.within(alias, alias + "x", inner.sql), inner.values)
    if head != "id" and not kind.has(head):
        raise Invalid(f"Cannot resolve keyword '{head}' into field.")
    return Clause(f'{alias}."{head}" IS ?', (value,))
