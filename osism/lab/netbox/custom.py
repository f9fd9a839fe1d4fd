"""Custom fields: the data that objects have for them, and what they allow."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from osism.lab.netbox.errors import Invalid
from osism.lab.netbox.fields import Kind
from osism.lab.netbox.kinds import BY_TYPE
from osism.lab.netbox.storage import Clause, Row, Store

if TYPE_CHECKING:
    from osism.lab.netbox.accept import Draft


def default_data(store: Store, kind: Kind) -> dict[str, Any]:
    """What an object has that says nothing: the defaults that are any."""
    rows = store.custom_fields(kind)
    return {row["name"]: row["default"] for row in rows if row["default"] is not None}


def sent_data(store: Store, kind: Kind, before: Row | None, sent: Any) -> dict[str, Any]:
    """The data of an object: what it has, with what was sent over it, without unknown names."""
    if type(sent) is not dict:
        raise Invalid(
            "Invalid data format. Custom field data must be passed as a dictionary "
            "mapping field names to their values."
        )
    known = {row["name"] for row in store.custom_fields(kind)}
    data = before["custom_fields"] if before else default_data(store, kind)
    return {name: value for name, value in {**data, **sent}.items() if name in known}


def check_data(draft: Draft) -> None:
    """Refuse a value that its custom field does not allow."""
    data = draft.values.get("custom_fields")
    if data is None:
        return
    for row in draft.store.custom_fields(draft.kind):
        name, value = row["name"], data.get(row["name"])
        if name not in data and row["required"]:
            raise Invalid.whole(f"Missing required custom field '{name}'.")
        if name in data and (message := problem(row, value)):
            raise Invalid.whole(f"Invalid value for custom field '{name}': {message}")
        same = "json_extract(t.custom_fields, ?) = ? AND t.id IS NOT ?"
        where = Clause(same, (_path(name), value, draft.id))
        single = row["unique"] and value not in (None, "", [])
        if single and draft.store.count(draft.kind, where):
            raise Invalid.whole(f"Custom field '{name}' must have a unique value.")


def problem(row: Row | Draft, value: Any) -> str:
    """What is wrong with a custom field's value, or nothing."""
    if value in (None, ""):
        return "Required field cannot be empty." if row["required"] else ""
    low, high = row["validation_minimum"], row["validation_maximum"]
    match row["type"]:
        case "text" | "longtext" | "url":
            if type(value) is not str:
                return "Value must be a string."
            if row["validation_regex"] and not re.match(row["validation_regex"], value):
                return f"Value must match regex '{row['validation_regex']}'"
        case "integer" if type(value) is not int:
            return "Value must be an integer."
        case "integer" | "decimal":
            if isinstance(value, bool | list | dict | str):
                return "Value must be a decimal."
            if low is not None and value < low:
                return f"Value must be at least {low:g}"
            if high is not None and value > high:
                return f"Value must not exceed {high:g}"
        case "boolean" if value not in (True, False):
            return "Value must be true or false."
        case "date" if not _readable(datetime.date.fromisoformat, value):
            return "Date values must be in ISO 8601 format (YYYY-MM-DD)."
        case "datetime" if not _readable(datetime.datetime.fromisoformat, value):
            return "Date and time values must be in ISO 8601 format (YYYY-MM-DD HH:MM:SS)."
        case "select" | "multiselect":
            choices = row.one("choice_set")
            allowed = {pair[0] for pair in choices["extra_choices"]} if choices else set()
            if not {*(value if isinstance(value, list) else [value])} <= allowed:
                plural = "(s)" if row["type"] == "multiselect" else ""
                name = choices and choices["name"]
                return f"Invalid choice{plural} ({value}) for choice set {name}."
    return ""


def _readable(parse: Callable[[str], Any], value: Any) -> bool:
    try:
        parse(value)
    except (TypeError, ValueError):
        return False
    return True


def check_definition(draft: Draft) -> None:
    """Refuse a custom field that cannot be."""
    select, default = draft["type"] in ("select", "multiselect"), draft["default"]
    if "__" in draft["name"]:
        message = "Double underscores are not permitted in custom field names."
        raise Invalid.at("name", message)
    if select and not draft["choice_set"]:
        raise Invalid.at("choice_set", "Selection fields must specify a set of choices.")
    if draft["choice_set"] and not select:
        raise Invalid.at("choice_set", "Choices may be set only on selection fields.")
    if default is not None and (wrong := problem(draft, default)):
        raise Invalid.at("default", f'Invalid default value "{default}": {wrong}')


def spread(draft: Draft) -> None:
    """Objects have a custom field as soon as it exists, with its default, as long as it exists."""
    had = set(draft.before["object_types"]) if draft.before else set()
    has = set(draft["object_types"])
    if draft.before and draft.before["name"] != draft["name"]:
        old, new = _path(draft.before["name"]), _path(draft["name"])
        moved = "json_set(custom_fields, ?, json_extract(custom_fields, ?))"
        _change(draft.store, had, f"json_remove({moved}, ?)", new, old, old)
    path, default = _path(draft["name"]), json.dumps(draft["default"])
    _change(draft.store, has - had, "json_set(custom_fields, ?, json(?))", path, default)
    _change(draft.store, had - has, "json_remove(custom_fields, ?)", path)


def withdraw(row: Row) -> None:
    """Take the data of a custom field, which goes, from the objects that have it."""
    path = _path(row["name"])
    _change(row.batch.store, set(row["object_types"]), "json_remove(custom_fields, ?)", path)


def _path(name: str) -> str:
    return f'$."{name}"'


def _change(store: Store, object_types: set[str], expression: str, *values: Any) -> None:
    for kind in (BY_TYPE[name] for name in object_types if name in BY_TYPE):
        if kind.has("custom_fields"):
            sql = f'UPDATE "{kind.name}" SET custom_fields = {expression}'  # noqa: S608
            store.connection.execute(sql, values)
