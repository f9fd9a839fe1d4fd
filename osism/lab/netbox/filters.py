"""The filters of list requests: a query string becomes a condition in SQL.

Which filters there are follows from the kinds: a text gives `name`, `name__ic` and so on, a
reference gives `site` and `site_id`, a kind's `paths` give those that look further, and `specials`
has the rest. As in NetBox, the same filter twice means either value, a filter that does not exist
changes nothing, and a value that cannot be is an error.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from osism.lab.netbox.errors import Invalid
from osism.lab.netbox.extras import TAG
from osism.lab.netbox.fields import Field, Form, Kind
from osism.lab.netbox.schema import hop
from osism.lab.netbox.specials import SPECIALS
from osism.lab.netbox.storage import ALWAYS, Clause, Store
from osism.lab.netbox.texts import mac_address, truth

Test = Callable[[str], Clause]

NUMBERS = (Form.INTEGER, Form.DECIMAL, Form.TIME)
NUMBER_LOOKUPS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
TEXT_LOOKUPS = {
    "ic": "instr(lower({0}), lower(?)) > 0",
    "ie": "lower({0}) = lower(?)",
    "isw": "substr(lower({0}), 1, length(?1)) = lower(?1)",
    "iew": "substr(lower({0}), -length(?1)) = lower(?1)",
    "regex": "{0} REGEXP ?",
    "iregex": "{0} REGEXP '(?i)' || ?",
}


def where(store: Store, kind: Kind, params: Mapping[str, Sequence[str]]) -> Clause:
    """The condition that a query string stands for."""
    clauses, errors = [], {}
    for name, given in params.items():
        if values := [value for value in given if value != ""]:
            try:
                clauses.append(_clause(store, kind, name, values))
            except Invalid as error:
                errors[name] = [error.errors]
    if errors:
        raise Invalid(errors)
    return Clause.all_of(clauses)


def _clause(store: Store, kind: Kind, name: str, values: list[str]) -> Clause:
    base, _, lookup = name.partition("__")
    if special := SPECIALS.get(f"{kind.name}.{base}"):
        return ALWAYS if lookup else special(values)
    if base == "q":
        return _search(kind, values[0].strip())
    if base == "id":
        return compare("t.id", Form.INTEGER, lookup, values)
    if base.startswith("cf_"):
        return _custom(store, kind, base[3:], lookup, values)
    if base in ("tag", "tag_id") and kind.has("custom_fields"):
        return _tags(store, kind, base == "tag", lookup, values)
    path, by_key = _path(kind, base)
    if path is None:
        return ALWAYS
    target, field = _end(kind, path)
    if target:
        return _objects(store, kind, path, target, by_key, lookup, values)
    return _plain(kind, path, field, lookup, values)


@functools.cache
def _path(kind: Kind, base: str) -> tuple[str | None, bool]:
    """What a filter looks at, and whether it names an object by its key instead of its number."""
    for field in kind.fields:
        if base in field.columns and field.form is not Form.REFERENCE and field.filters != "none":
            return base, False
    for by_key, name in ((True, base), (False, base.removesuffix("_id"))):
        if not by_key and name == base:
            continue
        if name in kind.paths and (by_key or _end(kind, kind.paths[name])[0]):
            return kind.paths[name], by_key
        named = kind.by_name.get(name)
        given = named.filters if named and named.form is Form.REFERENCE else "none"
        if given in ("both", "key" if by_key else "id"):
            return name, by_key
    return None, False


@functools.cache
def _end(kind: Kind, path: str) -> tuple[Kind | None, Field | None]:
    """The kind or the plain field at the end of a path."""
    for name in path.split("."):
        step = hop(kind, name)
        if step is None:
            return None, kind.by_name.get(name)
        kind = step.kind
    return kind, None


def _plain(kind: Kind, path: str, field: Field | None, lookup: str, values: list[str]) -> Clause:
    """A filter on a field that refers to nothing."""
    form = field.form if field else Form.INTEGER if path.endswith("_id") else Form.TEXT
    if field and field.choices is not None and not lookup:
        known = {str(value) for value in field.choices}
        for value in values:
            if value not in known:
                raise _unavailable(value)
    if field and field.rule == "mac" and lookup in ("", "n"):
        values = [_mac(value) for value in values]
    return _reach(kind, path, lambda column: compare(column, form, lookup, values))


def _objects(
    store: Store, kind: Kind, path: str, target: Kind, key: bool, lookup: str, values: list[str]
) -> Clause:
    """A filter that names related objects; `null` stands for there being none."""
    if lookup not in ("", "n"):
        return ALWAYS
    column = target.handle if key else "id"
    found = _numbers(store, target, column, [value for value in values if value != "null"])
    clause = _reach(kind, f"{path}.id", lambda name: Clause.within(name, found))
    if "null" in values:
        some = _reach(kind, f"{path}.id", lambda name: Clause(f"{name} IS NOT NULL"))
        clause = Clause.all_of([clause, some.negated()], "OR")
    return clause.negated() if lookup else clause


def _numbers(store: Store, kind: Kind, column: str, values: Iterable[str]) -> list[int]:
    """The numbers of the objects that values name; refuses a value that names none."""
    numbers: list[int] = []
    field = kind.by_name.get(column)
    for value in values:
        if column == "id" and not value.isdigit():
            raise Invalid(f"“{value}” is not a valid value.")
        wanted: Any = _mac(value) if field and field.rule == "mac" else value
        if column == "id" or (field and field.form is Form.INTEGER):
            wanted = min(int(value), 1 << 62) if value.isdigit() else -1
        rows = store.select(kind, Clause(f't."{column}" = ?', (wanted,))).rows
        if not rows:
            raise _unavailable(value)
        numbers += [row.id for row in rows]
    return numbers


def _unavailable(value: str) -> Invalid:
    return Invalid(f"Select a valid choice. {value} is not one of the available choices.")


def _mac(value: str) -> str:
    try:
        return mac_address(value)
    except Invalid:
        return value


def _reach(kind: Kind, path: str, test: Test, alias: str = "t") -> Clause:
    """A test on a column, reached over relations by subqueries."""
    head, _, rest = path.partition(".")
    step = hop(kind, head)
    if step is None or not rest:
        return test(f'{alias}."{head}"')
    found = _reach(step.kind, rest, test, f"{alias}x")
    return Clause(step.within(alias, f"{alias}x", found.sql), found.values)


def compare(column: str, form: Form, lookup: str, values: Sequence[Any]) -> Clause:
    """One column against the values of one filter."""
    if lookup == "empty":
        empty = Clause(f"{column} IS NULL" + ("" if form in NUMBERS else f" OR {column} = ''"))
        return empty if truth(values[0]) else empty.negated()
    if form is Form.BOOLEAN:
        wanted = truth(values[-1])
        return ALWAYS if wanted is None or lookup else Clause(f"{column} = ?", (int(wanted),))
    if form in NUMBERS:
        values = [_number(form, value) for value in values]
        if lookup in NUMBER_LOOKUPS:
            return Clause.any_of(f"{column} {NUMBER_LOOKUPS[lookup]} ?", values)
    not_so = lookup.startswith("n")
    lookup = lookup.removeprefix("n")
    if lookup in TEXT_LOOKUPS and form not in NUMBERS:
        clause = Clause.any_of(TEXT_LOOKUPS[lookup].format(column), values)
    elif lookup:
        return ALWAYS
    else:
        clause = Clause.within(column, values)
    return clause.negated() if not_so else clause


def _number(form: Form, value: Any) -> Any:
    if form is Form.TIME:
        if not re.match(r"\d{4}-\d\d-\d\d", str(value)):
            raise Invalid("Enter a valid date/time.")
        return value
    try:
        return int(value) if form is Form.INTEGER else float(value)
    except ValueError:
        whole = "whole " if form is Form.INTEGER else ""
        raise Invalid(f"Enter a {whole}number.") from None


def _search(kind: Kind, text: str) -> Clause:
    """NetBox's `q`: the text anywhere in the fields that are searched."""

    def test(column: str) -> Clause:
        return Clause(TEXT_LOOKUPS["ic"].format(column), (text,))

    return Clause.all_of((_reach(kind, path, test) for path in kind.search if text), "OR")


def _tags(store: Store, kind: Kind, by_slug: bool, lookup: str, values: list[str]) -> Clause:
    """Objects that have every one of the tags."""
    numbers = _numbers(store, TAG, "slug" if by_slug else "id", values)
    step = hop(kind, "tags")
    sql = step.within("t", "x", "x.id = ?") if step else ""
    clause = Clause.all_of(Clause(sql, (number,)) for number in numbers)
    return clause.negated() if lookup == "n" else ALWAYS if lookup else clause


def _custom(store: Store, kind: Kind, name: str, lookup: str, values: list[str]) -> Clause:
    """A custom field: texts anywhere in the value when the field's filter logic is loose."""
    for row in store.custom_fields(kind):
        if row["name"] != name or row["filter_logic"] == "disabled":
            continue
        column = f"json_extract(t.custom_fields, '$.\"{name}\"')"
        match row["type"]:
            case "text" | "longtext" | "url" if row["filter_logic"] == "loose":
                return ALWAYS if lookup else compare(column, Form.TEXT, "ic", values)
            case "multiselect":
                inside = f"json_each(t.custom_fields, '$.\"{name}\"') WHERE value = ?"
                return Clause.any_of(f"EXISTS (SELECT 1 FROM {inside})", values)  # noqa: S608
        forms = {"integer": Form.INTEGER, "decimal": Form.DECIMAL, "boolean": Form.BOOLEAN}
        return compare(column, forms.get(row["type"], Form.TEXT), lookup, values)
    return ALWAYS
