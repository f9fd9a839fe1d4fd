"""What a client sends becomes values to store, or errors in NetBox's words.

This is the part of validation that a field's description decides. What concerns an object as a
whole is in `rules`.
"""

from __future__ import annotations

import datetime
import decimal
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from osism.lab.netbox.fields import Field, Form, Kind
from osism.lab.netbox.kinds import BY_NAME, BY_TYPE
from osism.lab.netbox.storage import Clause, Row, Store, custom_fields, hop

NOT_NULL = "This field may not be null."
NOT_BLANK = "This field may not be blank."
REQUIRED = "This field is required."
TRUE = frozenset({"t", "true", "on", "yes", "1", "y"})
FALSE = frozenset({"f", "false", "off", "no", "0", "n"})
OTHER_TYPES = frozenset({
    "virtualization.virtualmachine", "virtualization.vminterface", "virtualization.cluster", "dcim.region",
    "dcim.sitegroup", "dcim.module", "dcim.moduletype", "dcim.inventoryitem", "dcim.virtualchassis",
    "dcim.powerport", "dcim.consoleport", "dcim.frontport", "dcim.rearport", "dcim.powerfeed",
    "circuits.circuit", "circuits.provider", "ipam.aggregate", "ipam.asn", "ipam.iprange", "ipam.role",
    "ipam.service", "tenancy.contact", "tenancy.tenantgroup",
})  # fmt: skip


class Invalid(Exception):
    """Data that NetBox refuses, with the body of its answer."""

    def __init__(self, errors: Any, status: int = 400) -> None:
        super().__init__(errors)
        self.errors = errors
        self.status = status

    @classmethod
    def at(cls, name: str, message: str) -> Invalid:
        return cls({name: [message]})


@dataclass
class Draft:
    """An object as it will be: what changes, over what is stored or defaulted."""

    store: Store
    kind: Kind
    before: Row | None
    values: dict[str, Any] = field(default_factory=dict)
    links: dict[str, list[int]] = field(default_factory=dict)
    ends: dict[str, list[Row]] = field(default_factory=dict)  # the ends of a cable, by side
    id: int | None = None

    def __getitem__(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        return self.before[name] if self.before else None

    def one(self, name: str) -> Row | None:
        """The object that a reference will lead to."""
        if name not in self.values and self.before:
            return self.before.one(name)
        step = hop(self.kind, name)
        assert step
        return self.store.get(step.kind, self[name]) if self[name] is not None else None


def accept(
    store: Store, kind: Kind, data: Any, before: Row | None = None, partial: bool = False
) -> Draft:
    """Check each field of what was sent; raise Invalid with the errors of all of them."""
    if wrong := _dictionary(data):
        raise Invalid(wrong)
    draft = Draft(store, kind, before, id=before.id if before else None)
    errors: dict[str, Any] = {}
    for one in kind.fields:
        if (
            one.readonly
            or not (one.form.stored or one.form is Form.MANY)
            or one.form is Form.GENERIC
        ):
            continue
        try:
            if one.name in data:
                _accept_field(draft, one, data[one.name])
            elif one.required and not partial:
                raise Invalid(REQUIRED)
            elif before is None and one.form is not Form.MANY:
                _accept_default(draft, one)
        except Invalid as error:
            if error.status != 400:
                raise
            errors[one.name] = (
                error.errors if isinstance(error.errors, dict | list) else [error.errors]
            )
    for one in kind.fields:
        if one.form is Form.GENERIC and not one.readonly:
            _accept_generic(draft, one, data, errors)
    if kind.name == "cable":
        _accept_ends(draft, data, errors)
    if errors:
        raise Invalid(errors)
    return draft


def _dictionary(data: Any) -> dict[str, Any]:
    """What is wrong with data that is no dictionary; nothing if it is one."""
    if isinstance(data, Mapping):
        return {}
    name = type(data).__name__
    return {"non_field_errors": [f"Invalid data. Expected a dictionary, but got {name}."]}


def identified(data: Any) -> list[dict[str, Any]]:
    """A list of dictionaries, each with the number of its object."""
    if not isinstance(data, list):
        kind = type(data).__name__
        raise Invalid({"non_field_errors": [f'Expected a list of items but got type "{kind}".']})
    errors = [_dictionary(item) or _number_of(item) for item in data]
    if any(errors):
        raise Invalid(errors)
    return data


def _number_of(item: Mapping[str, Any]) -> dict[str, Any]:
    if "id" not in item:
        return {"id": [REQUIRED]}
    return {} if str(item["id"]).isdigit() else {"id": ["A valid integer is required."]}


def _accept_default(draft: Draft, one: Field) -> None:
    if one.name == "custom_fields":
        known = custom_fields(draft.store, draft.kind)
        draft.values[one.name] = {row["name"]: row["default"] for row in known}
    else:
        draft.values[one.name] = one.default


def _accept_field(draft: Draft, one: Field, value: Any) -> None:
    if one.name == "custom_fields":
        if type(value) is not dict:
            raise Invalid("Invalid data format. Custom field data must be passed as a dictionary "
                          "mapping field names to their values.")  # fmt: skip
        draft.values[one.name] = custom_data(draft, value)
    elif one.form is Form.MANY:
        draft.links[one.name] = _many(draft.store, one, value)
    elif value is None and one.form is not Form.CHOICE:
        if not one.null:
            raise Invalid(NOT_NULL)
        draft.values[one.name] = None
    else:
        made = PARSERS[one.form](draft.store, one, value)
        if one.unique and made is not None and _taken(draft, one, made):
            label = {"rd": "route distinguisher"}.get(one.name, one.name.replace("_", " "))
            raise Invalid(f"{draft.kind.verbose} with this {label} already exists.")
        draft.values[one.name] = made


def _taken(draft: Draft, one: Field, value: Any) -> bool:
    where = Clause(f't."{one.name}" = ? AND t.id IS NOT ?', (value, draft.id))
    return draft.store.count(draft.kind, where) > 0


def _text(store: Store, one: Field, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Invalid("Not a valid string.")
    value = str(value).strip()
    if value == "" and not one.blank:
        raise Invalid("Invalid MAC address format: " if one.rule == "mac" else NOT_BLANK)
    if one.length is not None and len(value) > one.length:
        raise Invalid(f"Ensure this field has no more than {one.length} characters.")
    if value and one.rule:
        return TEXT_RULES[one.rule](value)
    return value


def _integer(store: Store, one: Field, value: Any) -> int:
    try:
        if isinstance(value, bool | list | dict):
            raise ValueError
        number = int(str(value))
    except ValueError:
        raise Invalid("A valid integer is required.") from None
    return int(_bounded(one, number))


def _decimal(store: Store, one: Field, value: Any) -> float:
    try:
        if isinstance(value, bool | list | dict):
            raise decimal.InvalidOperation
        number = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        raise Invalid("A valid number is required.") from None
    if -int(number.normalize().as_tuple().exponent) > one.places:
        plural = "" if one.places == 1 else "s"
        raise Invalid(f"Ensure that there are no more than {one.places} decimal place{plural}.")
    return _bounded(one, float(number))


def _bounded(one: Field, number: float) -> float:
    if one.low is not None and number < one.low:
        raise Invalid(f"Ensure this value is greater than or equal to {one.low}.")
    if one.high is not None and number > one.high:
        raise Invalid(f"Ensure this value is less than or equal to {one.high}.")
    return number


def _boolean(store: Store, one: Field, value: Any) -> bool:
    word = str(value).lower()
    if isinstance(value, list | dict) or word not in TRUE | FALSE:
        raise Invalid("Must be a valid boolean.")
    return word in TRUE


def _choice(store: Store, one: Field, value: Any) -> Any:
    choices = one.choices or {}
    if value is None or value == "":
        if one.blank:
            return value if one.null else ""
        raise Invalid(NOT_BLANK)
    if isinstance(value, dict | list):
        raise Invalid(
            'Value must be passed directly (e.g. "foo": 123); do not use a dictionary or list.'
        )
    if isinstance(value, str) and value.isdigit() and int(value) in choices:
        value = int(value)
    if value not in choices:
        shown = f'"{value}"' if one.form_of == "value" else value
        raise Invalid(f"{shown} is not a valid choice.")
    return value


def _reference(store: Store, one: Field, value: Any) -> int:
    return related(store, BY_NAME[one.to[0]], value).id


def related(store: Store, kind: Kind, value: Any) -> Row:
    """The object that a number, or a dictionary of attributes, stands for."""
    if isinstance(value, Mapping):
        params = _flat(value)
        rows = store.select(
            kind, Clause.all_of(_attribute(kind, *pair) for pair in params.items()), limit=2
        ).rows
        if len(rows) == 1:
            return rows[0]
        if rows:
            raise Invalid(f"Multiple objects match the provided attributes: {params}")
        raise Invalid(f"Related object not found using the provided attributes: {params}")
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise Invalid("Related objects must be referenced by numeric ID or by dictionary of attributes. "
                      f"Received an unrecognized value: {value}") from None  # fmt: skip
    if row := store.get(kind, number):
        return row
    raise Invalid(f"Related object not found using the provided numeric ID: {number}")


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        flat.update(
            _flat(inner, f"{prefix}{key}__")
            if isinstance(inner, Mapping)
            else {prefix + key: inner}
        )
    return flat


def _attribute(kind: Kind, path: str, value: Any, alias: str = "t") -> Clause:
    head, _, rest = path.partition("__")
    head = head.removesuffix("_id") if head not in ("id",) and not kind.has(head) else head
    step = hop(kind, head)
    if step and rest:
        inner = _attribute(step.kind, rest, value, alias + "x")
        sql = f'{alias}."{step.near}" IN (SELECT "{step.far}" FROM "{step.kind.name}" {alias}x WHERE {inner.sql})'
        return Clause(sql, inner.values)
    if head != "id" and not kind.has(head):
        raise Invalid(f"Cannot resolve keyword '{head}' into field.")
    return Clause(f'{alias}."{head}" IS ?', (value,))


def _many(store: Store, one: Field, value: Any) -> list[int]:
    if value is None:
        raise Invalid(NOT_NULL)
    if not isinstance(value, list):
        message = f'Expected a list of items but got type "{type(value).__name__}".'
        raise Invalid({"non_field_errors": [message]} if one.form_of == "nested" else message)
    kind = BY_NAME[one.to[0]]
    if one.form_of != "brief":
        return [
            related(store, kind, {kind.handle: item} if one.form_of == "key" else item).id
            for item in value
        ]
    found = []
    for item in value:
        if isinstance(item, bool) or not str(item).isdigit():
            raise Invalid(f"Incorrect type. Expected pk value, received {type(item).__name__}.")
        if store.get(kind, int(item)) is None:
            raise Invalid(f'Invalid pk "{item}" - object does not exist.')
        found.append(int(item))
    return found


def _json(store: Store, one: Field, value: Any) -> Any:
    if one.required and not value:
        raise Invalid("This field cannot be blank.")
    if one.rule == "pairs":
        wrong = {str(at): [f'Expected a list of items but got type "{type(pair).__name__}".']
                 for at, pair in enumerate(value) if not isinstance(pair, list)}  # fmt: skip
        if wrong:
            raise Invalid(wrong)
    if one.rule == "object" and not isinstance(value, dict):
        raise Invalid('JSON data must be in object form. Example: {"foo": 123}')
    return value


def _types(store: Store, one: Field, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Invalid(f'Expected a list of items but got type "{type(value).__name__}".')
    for name in value:
        if not isinstance(name, str) or name.count(".") != 1:
            raise Invalid("Invalid value. Specify a content type as '<app_label>.<model_name>'.")
        if name not in BY_TYPE and name not in OTHER_TYPES:
            raise Invalid(f"Invalid content type: {name}")
    return list(dict.fromkeys(value))


PARSERS: dict[Form, Callable[[Store, Field, Any], Any]] = {
    Form.TEXT: _text, Form.INTEGER: _integer, Form.DECIMAL: _decimal, Form.BOOLEAN: _boolean,
    Form.CHOICE: _choice, Form.REFERENCE: _reference, Form.JSON: _json, Form.TYPES: _types,
}  # fmt: skip


def _accept_generic(
    draft: Draft, one: Field, data: Mapping[str, Any], errors: dict[str, Any]
) -> None:
    """Take `<name>_type` and `<name>_id` together: both or neither, and of an object that exists."""
    type_name, id_name = f"{one.name}_type", f"{one.name}_id"
    if type_name in data:
        allowed = {BY_NAME[other].object_type for other in one.to}
        if data[type_name] is not None and data[type_name] not in allowed:
            errors[type_name] = [f"Invalid content type: {data[type_name]}"]
            return
        draft.values[type_name] = data[type_name]
    if id_name in data:
        if data[id_name] is not None and not str(data[id_name]).isdigit():
            errors[id_name] = ["A valid integer is required."]
            return
        draft.values[id_name] = None if data[id_name] is None else int(data[id_name])
    kind, number = draft[type_name], draft[id_name]
    if (kind is None) != (number is None):
        errors[type_name if kind is None else id_name] = ["This field cannot be null."]
    elif kind is not None and (type_name in data or id_name in data):
        if draft.store.get(BY_TYPE[kind], number) is None:
            errors[id_name] = [f"Related object not found using the provided value: {number}."]


def _accept_ends(draft: Draft, data: Mapping[str, Any], errors: dict[str, Any]) -> None:
    """Take the two ends of a cable: lists of {object_type, object_id}."""
    for side in "AB":
        name = f"{side.lower()}_terminations"
        if name not in data:
            continue
        if not isinstance(data[name], list):
            kind = type(data[name]).__name__
            errors[name] = {
                "non_field_errors": [f'Expected a list of items but got type "{kind}".']
            }
            continue
        found, wrong = [], []
        for end in data[name]:
            kind_name = end.get("object_type") if isinstance(end, Mapping) else None
            problem = _dictionary(end) or {
                key: [REQUIRED] for key in ("object_type", "object_id") if key not in end
            }
            if not problem and kind_name != "dcim.interface":
                problem = {"object_type": [f"Invalid content type: {kind_name}"]}
            row = None if problem else draft.store.get(BY_TYPE[str(kind_name)], end["object_id"])
            if not problem and row is None:
                raise Invalid({"error": "Interface matching query does not exist.", "exception": "DoesNotExist",
                               "netbox_version": "4.4.10"}, 500)  # fmt: skip
            wrong.append(problem)
            found += [row] if row else []
        if any(wrong):
            errors[name] = wrong
        draft.ends[side] = found


def custom_data(draft: Draft, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The custom field data of an object: what is stored, with what was sent over it."""
    known = {row["name"]: row for row in custom_fields(draft.store, draft.kind)}
    before = (
        draft.before["custom_fields"] if draft.before else default_data(draft.store, draft.kind)
    )
    return {name: value for name, value in {**before, **sent}.items() if name in known}


def default_data(store: Store, kind: Kind) -> dict[str, Any]:
    """The custom field data of an object that says nothing about it."""
    rows = custom_fields(store, kind)
    return {row["name"]: row["default"] for row in rows if row["default"] is not None}


def custom_errors(draft: Draft) -> None:
    """Refuse a value that its custom field does not allow."""
    data = draft.values.get("custom_fields")
    for row in custom_fields(draft.store, draft.kind) if data is not None else ():
        name = row["name"]
        message = custom_problem(row, data[name]) if name in data else ""
        if name not in data and row["required"]:
            raise Invalid.at("__all__", f"Missing required custom field '{name}'.")
        if message:
            raise Invalid.at("__all__", f"Invalid value for custom field '{name}': {message}")
        if row["unique"] and data.get(name) not in (None, "", []):
            path = f'$."{name}"'
            where = Clause(
                "json_extract(t.custom_fields, ?) = ? AND t.id IS NOT ?",
                (path, data[name], draft.id),
            )
            if draft.store.count(draft.kind, where):
                raise Invalid.at("__all__", f"Custom field '{name}' must have a unique value.")


def custom_problem(row: Row | Draft, value: Any) -> str:
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
            if isinstance(value, bool | list | dict) or isinstance(value, str):
                return "Value must be a decimal."
            if low is not None and value < low:
                return f"Value must be at least {low:g}"
            if high is not None and value > high:
                return f"Value must not exceed {high:g}"
        case "boolean" if value not in (True, False):
            return "Value must be true or false."
        case "date" if not _iso(datetime.date.fromisoformat, value):
            return "Date values must be in ISO 8601 format (YYYY-MM-DD)."
        case "datetime" if not _iso(datetime.datetime.fromisoformat, value):
            return "Date and time values must be in ISO 8601 format (YYYY-MM-DD HH:MM:SS)."
        case "select" | "multiselect":
            choices = row.one("choice_set")
            allowed = {pair[0] for pair in choices["extra_choices"]} if choices else set()
            if row["type"] == "select" and value not in allowed:
                return f"Invalid choice ({value}) for choice set {choices and choices['name']}."
            if row["type"] == "multiselect" and not set(value) <= allowed:
                return f"Invalid choice(s) ({value}) for choice set {choices and choices['name']}."
    return ""


def _iso(parse: Callable[[str], Any], value: Any) -> bool:
    try:
        parse(value)
    except (TypeError, ValueError):
        return False
    return True


def _pattern(pattern: str, message: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise Invalid(message)
        return value

    return check


def mac_address(value: str) -> str:
    """A MAC address in any usual writing, as NetBox writes it: 18:C0:86:3A:B7:F1."""
    digits = re.sub(r"[:.-]", "", value)
    if not re.fullmatch(r"[0-9A-Fa-f]{12}", digits):
        raise Invalid(f"Invalid MAC address format: {value}")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2)).upper()


def wwn(value: str) -> str:
    """A World Wide Name: eight bytes, 10:00:00:05:1E:12:34:56."""
    if not re.fullmatch(r"([0-9A-Fa-f]{2}[:-]?){7}[0-9A-Fa-f]{2}", value):
        raise Invalid(f"Invalid WWN format: {value}")
    digits = re.sub("[:-]", "", value).upper()
    return ":".join(digits[at : at + 2] for at in range(0, 16, 2))


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_interface(value))
    except ValueError:
        raise Invalid(
            {"error": "'data'", "exception": "KeyError", "netbox_version": "4.4.10"}, 500
        ) from None


def _prefix(value: str) -> str:
    wanted = ipaddress.ip_interface(_address(value))
    if wanted.ip != wanted.network.network_address:
        raise Invalid(f"{value} is not a valid prefix. Did you mean {wanted.network}?")
    return str(wanted.network)


TEXT_RULES: dict[str, Callable[[str], str]] = {
    "slug": _pattern(r"[-a-zA-Z0-9_]+", 'Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'),
    "color": _pattern(r"[0-9a-f]{6}", "Enter a valid hexadecimal RGB color code."),
    "word": _pattern(r"[a-z0-9_]+", "Only alphanumeric characters and underscores are allowed."),
    "mac": mac_address,
    "wwn": wwn,
    "address": _address,
    "prefix": _prefix,
}  # fmt: skip
