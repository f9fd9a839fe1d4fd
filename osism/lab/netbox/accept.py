"""What a client sends becomes values to store, or errors in NetBox's words.

This is the part of validation that a field's description decides. What concerns an object as a
whole is in `rules`.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from osism.lab.netbox import texts
from osism.lab.netbox.custom import sent_data
from osism.lab.netbox.errors import (
    NOT_BLANK,
    NOT_NULL,
    REQUIRED,
    Invalid,
    not_a_dictionary,
    not_a_list,
)
from osism.lab.netbox.fields import Field, Form, Kind
from osism.lab.netbox.kinds import BY_NAME, BY_TYPE, OTHER_TYPES
from osism.lab.netbox.related import related
from osism.lab.netbox.storage import Clause, Row, Store


@dataclass
class Draft:
    """An object as it will be: what changes, over what is stored or defaulted."""

    store: Store
    kind: Kind
    before: Row | None = None
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
        number = self[name]
        return None if number is None else self.store.get(_target(self.kind, name), number)


def _target(kind: Kind, name: str) -> Kind:
    return BY_NAME[kind.by_name[name].to[0]]


def accept(
    store: Store, kind: Kind, data: Any, before: Row | None = None, partial: bool = False
) -> Draft:
    """Check each field of what was sent; raise Invalid with the errors of all of them."""
    if not isinstance(data, Mapping):
        raise Invalid(not_a_dictionary(data))
    draft = Draft(store, kind, before, id=before.id if before else None)
    errors: dict[str, Any] = {}
    for one in kind.fields:
        if one.readonly or not (one.form.stored or one.form is Form.MANY):
            continue
        try:
            if one.form is Form.GENERIC:
                _accept_generic(draft, one, data)
            elif one.name in data:
                _accept_field(draft, one, data[one.name])
            elif one.required and not partial:
                raise Invalid(REQUIRED)
            elif before is None and one.form is not Form.MANY:
                draft.values[one.name] = _default(draft, one)
        except Invalid as error:
            if error.status != 400:
                raise
            found = error.errors
            if one.form is Form.GENERIC:
                errors.update(found)
            else:
                errors[one.name] = found if isinstance(found, dict) else [found]
    if kind.name == "cable":
        errors.update(_accept_ends(draft, data))
    if errors:
        raise Invalid(errors)
    return draft


def _default(draft: Draft, one: Field) -> Any:
    if one.name == "custom_fields":
        return {row["name"]: row["default"] for row in draft.store.custom_fields(draft.kind)}
    return one.default


def _accept_field(draft: Draft, one: Field, value: Any) -> None:
    if one.name == "custom_fields":
        draft.values[one.name] = sent_data(draft.store, draft.kind, draft.before, value)
    elif one.form is Form.MANY:
        draft.links[one.name] = _many(draft.store, one, value)
    elif value is None and one.form is not Form.CHOICE:
        if not one.null:
            raise Invalid(NOT_NULL)
        draft.values[one.name] = None
    else:
        made = PARSERS[one.form](draft.store, one, value)
        taken = Clause(f't."{one.name}" = ? AND t.id IS NOT ?', (made, draft.id))
        if one.unique and made is not None and draft.store.count(draft.kind, taken):
            label = {"rd": "route distinguisher"}.get(one.name, one.name.replace("_", " "))
            raise Invalid(f"{draft.kind.verbose} with this {label} already exists.")
        draft.values[one.name] = made


def _text(store: Store, one: Field, value: Any) -> Any:
    if isinstance(value, bool | list | dict):
        raise Invalid("Not a valid string.")
    value = str(value).strip()
    if value == "" and not one.blank and one.rule != "mac":
        raise Invalid(NOT_BLANK)
    if one.length is not None and len(value) > one.length:
        raise Invalid(f"Ensure this field has no more than {one.length} characters.")
    return texts.RULES[one.rule](value) if one.rule and (value or not one.blank) else value


def _integer(store: Store, one: Field, value: Any) -> int:
    try:
        number = int("" if isinstance(value, bool | list | dict) else str(value))
    except ValueError:
        raise Invalid("A valid integer is required.") from None
    return int(_bounded(one, number))


def _decimal(store: Store, one: Field, value: Any) -> float:
    try:
        number = decimal.Decimal("" if isinstance(value, bool | list | dict) else str(value))
    except decimal.InvalidOperation:
        raise Invalid("A valid number is required.") from None
    if -int(number.normalize().as_tuple().exponent) > one.places:
        places = f"{one.places} decimal place{'' if one.places == 1 else 's'}"
        raise Invalid(f"Ensure that there are no more than {places}.")
    return _bounded(one, float(number))


def _bounded(one: Field, number: float) -> float:
    if one.low is not None and number < one.low:
        raise Invalid(f"Ensure this value is greater than or equal to {one.low}.")
    if one.high is not None and number > one.high:
        raise Invalid(f"Ensure this value is less than or equal to {one.high}.")
    return number


def _boolean(store: Store, one: Field, value: Any) -> bool:
    made = texts.truth(value)
    if made is None:
        raise Invalid("Must be a valid boolean.")
    return made


def _choice(store: Store, one: Field, value: Any) -> Any:
    choices: Mapping[str | int, str] = one.choices or {}
    if value is None or value == "":
        if one.blank:
            return value if one.null else ""
        raise Invalid(NOT_BLANK)
    if isinstance(value, dict | list):
        raise Invalid(
            'Value must be passed directly (e.g. "foo": 123); do not use a dictionary or list.'
        )
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if value not in choices:
        shown = f'"{value}"' if one.form_of == "value" else value
        raise Invalid(f"{shown} is not a valid choice.")
    return value


def _reference(store: Store, one: Field, value: Any) -> int:
    return related(store, BY_NAME[one.to[0]], value).id


def _many(store: Store, one: Field, value: Any) -> list[int]:
    if value is None:
        raise Invalid(NOT_NULL)
    if not isinstance(value, list):
        nested = one.form_of == "nested"
        raise Invalid({"non_field_errors": [not_a_list(value)]} if nested else not_a_list(value))
    kind = BY_NAME[one.to[0]]
    if one.form_of == "key":
        value = [{kind.handle: item} for item in value]
    if one.form_of != "brief":
        return [related(store, kind, item).id for item in value]
    for item in value:
        if isinstance(item, bool) or not str(item).isdigit():
            name = type(item).__name__
            raise Invalid(f"Incorrect type. Expected pk value, received {name}.")
        if store.get(kind, int(item)) is None:
            raise Invalid(f'Invalid pk "{item}" - object does not exist.')
    return [int(item) for item in value]


def _json(store: Store, one: Field, value: Any) -> Any:
    if one.required and not value:
        raise Invalid("This field cannot be blank.")
    if one.rule == "pairs":
        wrong = {str(at): [not_a_list(p)] for at, p in enumerate(value) if not isinstance(p, list)}
        if wrong:
            raise Invalid(wrong)
    if one.rule == "object" and not isinstance(value, dict):
        raise Invalid('JSON data must be in object form. Example: {"foo": 123}')
    return value


def _types(store: Store, one: Field, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Invalid(not_a_list(value))
    for name in value:
        if name not in BY_TYPE and name not in OTHER_TYPES:
            raise Invalid(f"Invalid content type: {name}")
    return list(dict.fromkeys(value))


PARSERS: dict[Form, Callable[[Store, Field, Any], Any]] = {
    Form.TEXT: _text,
    Form.INTEGER: _integer,
    Form.DECIMAL: _decimal,
    Form.BOOLEAN: _boolean,
    Form.CHOICE: _choice,
    Form.REFERENCE: _reference,
    Form.JSON: _json,
    Form.TYPES: _types,
}


def _accept_generic(draft: Draft, one: Field, data: Mapping[str, Any]) -> None:
    """Take `<name>_type` and `<name>_id` together: both or neither, of an object that exists."""
    type_name, id_name = one.columns
    for name in one.columns:
        if name in data:
            draft.values[name] = data[name]
    kind, number = draft[type_name], draft[id_name]
    if kind is not None and kind not in {BY_NAME[other].object_type for other in one.to}:
        raise Invalid.at(type_name, f"Invalid content type: {kind}")
    if (kind is None) != (number is None):
        raise Invalid.at(type_name if kind is None else id_name, "This field cannot be null.")
    if kind is not None and not str(number).isdigit():
        raise Invalid.at(id_name, "A valid integer is required.")
    if kind is not None and draft.store.get(BY_TYPE[kind], number) is None:
        raise Invalid.at(id_name, f"Related object not found using the provided value: {number}.")


def _accept_ends(draft: Draft, data: Mapping[str, Any]) -> dict[str, Any]:
    """Take the two ends of a cable, lists of {object_type, object_id}; gives the errors."""
    errors: dict[str, Any] = {}
    for side, name in (("A", "a_terminations"), ("B", "b_terminations")):
        ends = data.get(name, [])
        if not isinstance(ends, list):
            errors[name] = {"non_field_errors": [not_a_list(ends)]}
        elif any(wrong := [_end_errors(end) for end in ends]):
            errors[name] = wrong
        elif name in data:
            draft.ends[side] = [_end(draft.store, end["object_id"]) for end in ends]
    return errors


def _end_errors(end: Any) -> dict[str, list[str]]:
    if not isinstance(end, Mapping):
        return not_a_dictionary(end)
    if missing := [name for name in ("object_type", "object_id") if name not in end]:
        return {name: [REQUIRED] for name in missing}
    if end["object_type"] != "dcim.interface":
        return {"object_type": [f"Invalid content type: {end['object_type']}"]}
    return {}


def _end(store: Store, number: int) -> Row:
    if row := store.get(BY_NAME["interface"], number):
        return row
    raise Invalid.crash("DoesNotExist", "Interface matching query does not exist.")


def identified(data: Any) -> list[dict[str, Any]]:
    """A list of dictionaries, each with the number of its object."""
    if not isinstance(data, list):
        raise Invalid({"non_field_errors": [not_a_list(data)]})
    errors: list[Any] = []
    for item in data:
        if not isinstance(item, Mapping):
            errors.append(not_a_dictionary(item))
        elif "id" not in item:
            errors.append({"id": [REQUIRED]})
        else:
            valid = str(item["id"]).isdigit()
            errors.append({} if valid else {"id": ["A valid integer is required."]})
    if any(errors):
        raise Invalid(errors)
    return data
