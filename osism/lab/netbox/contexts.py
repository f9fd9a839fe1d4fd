"""The configuration context of a device: the data of every context that fits it, merged."""

from __future__ import annotations

from collections.abc import Mapping
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


def config_context(device: Row) -> dict[str, Any]:
    """The merged data: lightest first, what the device itself says last."""
    merged: dict[str, Any] = {}
    for context in device.batch.cached("contexts", _active):
        if all(_fits(device, context, *pair) for pair in FITS.items()):
            _merge(merged, context["data"])
    _merge(merged, device["local_context_data"] or {})
    return merged


def _active(store: Store) -> list[Row]:
    return store.select(BY_NAME["config_context"], Clause("t.is_active")).rows


def _fits(device: Row, context: Row, wanted: str, field: str) -> bool:
    allowed = {row.id for row in context.many(wanted)}
    has = {row.id for row in device.many("tags")} if field == "tags" else {device[field]}
    return not allowed or bool(allowed & has)


def _merge(into: dict[str, Any], data: Mapping[str, Any]) -> None:
    for key, value in data.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            into[key] = {**into[key]}
            _merge(into[key], value)
        else:
            into[key] = value
