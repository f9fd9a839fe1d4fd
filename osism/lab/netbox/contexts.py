"""The configuration context of a device: the data of every context that fits it, merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from osism.lab.netbox.kinds import BY_NAME
from osism.lab.netbox.storage import Clause, Row, Store

FITS = {
    "sites": "site",
    "locations": "location",
    "device_types": "device_type",
    "roles": "role",
    "platforms": "platform",
    "tenants": "tenant",
    "tags": "tags",
}
#: What lies in another one has the contexts of that one, too. NetBox 4.4 has platforms in platforms
#: as well, and looks at the device's own one only.
NESTED = frozenset({"locations", "roles"})

Allowed = dict[str, set[int]]


def config_context(device: Row) -> dict[str, Any]:
    """The merged data: lightest first, what the device itself says last."""
    merged: dict[str, Any] = {}
    for data, allowed in device.batch.cached("contexts", _active):
        if all(ids & _has(device, name) for name, ids in allowed.items()):
            merged = _merged(merged, data)
    return _merged(merged, device["local_context_data"] or {})


def _active(store: Store) -> list[tuple[dict[str, Any], Allowed]]:
    """The data of each context, and the objects it is for; nothing named, no condition."""
    rows = store.select(BY_NAME["config_context"], Clause("t.is_active")).rows
    return [
        (row["data"], {name: {one.id for one in row.many(name)} for name in FITS if row.many(name)})
        for row in rows
    ]


def _has(device: Row, name: str) -> set[int]:
    if name == "tags":
        return {row.id for row in device.many("tags")}
    if name in NESTED:
        return {row.id for row in _line(device.one(FITS[name]))}
    return {device[FITS[name]]}


def _line(row: Row | None) -> Iterator[Row]:
    while row:
        yield row
        row = row.one("parent")


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """*other* into *one*: dictionaries merge, unless the later one is empty; all else replaces."""
    merged = dict(one)
    for key, value in other.items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict) and value:
            value = _merged(before, value)
        merged[key] = value
    return merged
