"""The filters of list requests: a query string becomes a condition in SQL.

Which filters there are follows from the kinds: a text gives `name`, `name__ic` and so on, a
reference gives `site` and `site_id`, a kind's `paths` give those that look further. As in NetBox,
the same filter twice means either value, a filter that does not exist changes nothing, and a value
that cannot be is an error.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from osism.lab.netbox.accept import FALSE, TRUE, Invalid, mac_address
from osism.lab.netbox.fields import Field, Form, Kind
from osism.lab.netbox.kinds import BY_NAME, VIRTUAL
from osism.lab.netbox.storage import Clause, Store, custom_fields, hop

Test = Callable[[str], Clause]
Params = Mapping[str, Sequence[str]]

TEXT_LOOKUPS = {"ic": "instr(lower({0}), lower(?)) > 0", "ie": "lower({0}) = lower(?)",
                "isw": "substr(lower({0}), 1, length(?1)) = lower(?1)",
                "iew": "substr(lower({0}), -length(?1)) = lower(?1)",
                "regex": "{0} REGEXP ?", "iregex": "{0} REGEXP '(?i)' || ?"}  # fmt: skip
NUMBER_LOOKUPS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
NUMBERS = (Form.INTEGER, Form.DECIMAL, Form.TIME)


def where(store: Store, kind: Kind, params: Params) -> Clause:
    """The condition that a query string stands for."""
    clauses, errors = [], {}
    for name, given in params.items():
        values = [value for value in given if value != ""]
        if not values:
            continue
        try:
            clauses.append(_clause(store, kind, name, values))
        except Invalid as error:
            errors[name] = [error.errors]
    if errors:
        raise Invalid(errors)
    return Clause.all_of(clauses)


def _clause(store: Store, kind: Kind, name: str, values: list[str]) -> Clause:
    base, _, lookup = name.partition("__")
    if special := SPECIAL.get(f"{kind.name}.{base}"):
        return special(values) if not lookup else Clause("")
    if base == "q":
        return search(kind, values[0])
    if base.startswith("cf_"):
        return _custom(store, kind, base[3:], lookup, values)
    if base in ("tag", "tag_id") and kind.has("custom_fields"):
        return _tags(store, kind, base, lookup, values)
    if base == "id":
        return compare('t."id"', Form.INTEGER, lookup, values)
    path, key = _path(kind, base)
    if path is None:
        return Clause("")
    return _at_path(store, kind, path, key, lookup, values)


@functools.cache
def _path(kind: Kind, base: str) -> tuple[str | None, bool]:
    """What a filter looks at, and whether it names an object by its key instead of its number."""
    field = kind.by_name.get(base)
    relational = (Form.REFERENCE, Form.GENERIC)
    if field and field.form.stored and field.form not in relational and field.filters != "none":
        return base, False
    for name, part in ((base.removesuffix("_type"), "_type"), (base.removesuffix("_id"), "_id")):
        generic = kind.by_name.get(name)
        if base.endswith(part) and generic and generic.form is Form.GENERIC:
            return base, False
    for by_key, name in ((True, base), (False, base.removesuffix("_id"))):
        if not by_key and name == base:
            continue
        if name in kind.paths and (by_key or end_of(kind, kind.paths[name])[0]):
            return kind.paths[name], by_key
        field = kind.by_name.get(name)
        if (
            field
            and field.form is Form.REFERENCE
            and field.filters in ("both", "key" if by_key else "id")
        ):
            return name, by_key
    return None, False


def _at_path(
    store: Store, kind: Kind, path: str, key: bool, lookup: str, values: list[str]
) -> Clause:
    target, field = end_of(kind, path)
    if field is None and target is not None:
        _exists(store, target, key, values)
        if lookup not in ("", "n"):
            return Clause("")
        column = target.handle if key else "id"
        found = [value for value in values if value != "null"]
        typed = [_typed(target, column, value) for value in found]
        clause = reach(kind, f"{path}.{column}", lambda name: Clause.within(name, typed))
        if "null" in values:
            clause = Clause.all_of([clause, _without(kind, path)], "OR")
        return Clause(f"NOT ({clause.sql})", clause.values) if lookup == "n" else clause
    form = field.form if field else (Form.INTEGER if path.endswith("_id") else Form.TEXT)
    if field and field.form is Form.CHOICE and not lookup:
        for value in values:
            if value not in {str(known) for known in field.choices or {}}:
                raise Invalid(
                    f"Select a valid choice. {value} is not one of the available choices."
                )
    if field and field.rule == "mac":
        values = [_mac(value) for value in values] if lookup in ("", "n") else values
    return reach(kind, path, lambda column: compare(column, form, lookup, values))


def _mac(value: str) -> str:
    try:
        return mac_address(value)
    except Invalid:
        return value


def _typed(kind: Kind, column: str, value: str) -> Any:
    field = kind.by_name.get(column)
    if column == "id" or (field and field.form is Form.INTEGER):
        return int(value) if value.isdigit() else -1
    return _mac(value) if field and field.rule == "mac" else value


def _exists(store: Store, kind: Kind, key: bool, values: Iterable[str]) -> None:
    """Refuse a value that names no object."""
    for value in values:
        if value == "null":
            continue
        if not key and not value.isdigit():
            raise Invalid(f"“{value}” is not a valid value.")
        column = kind.handle if key else "id"
        found = Clause(f't."{column}" = ?', (_typed(kind, column, value),))
        if (key or int(value) < 1 << 62) and store.count(kind, found):
            continue
        raise Invalid(f"Select a valid choice. {value} is not one of the available choices.")


def _without(kind: Kind, path: str) -> Clause:
    """Objects that have nothing at the end of a path."""
    step = hop(kind, path)
    if step and step.near != "id":
        return Clause(f't."{step.near}" IS NULL')
    there = reach(kind, f"{path}.id", lambda column: Clause(f"{column} IS NOT NULL"))
    return Clause(f"NOT ({there.sql})", there.values)


def end_of(kind: Kind, path: str) -> tuple[Kind | None, Field | None]:
    """The kind or the plain field at the end of a path."""
    for name in path.split("."):
        if step := hop(kind, name):
            kind, field = step.kind, None
        else:
            field = kind.by_name.get(name)
            return (None, field) if field else (None, None)
    return kind, None


def reach(kind: Kind, path: str, test: Test, alias: str = "t") -> Clause:
    """A test on a column, reached over relations by subqueries."""
    head, _, rest = path.partition(".")
    step = hop(kind, head)
    if step is None or not rest:
        return test(f'{alias}."{head}"')
    inner = alias + "x"
    found = reach(step.kind, rest, test, inner)
    guards = []
    if step.near_type:
        guards.append(f"{alias}.\"{step.near_type[0]}\" = '{step.near_type[1]}'")
    if step.link:
        table, near, far = step.link
        sub = (f'SELECT link.{near} FROM "{table}" link JOIN "{step.kind.name}" {inner} ON {inner}.id = link.{far} '
               f"WHERE {found.sql}")  # fmt: skip
    else:
        typed = (
            f" AND {inner}.\"{step.far_type[0]}\" = '{step.far_type[1]}'" if step.far_type else ""
        )
        sub = f'SELECT {inner}."{step.far}" FROM "{step.kind.name}" {inner} WHERE ({found.sql}){typed}'
    guards.append(f'{alias}."{step.near}" IN ({sub})')
    return Clause(" AND ".join(guards), found.values)


def compare(column: str, form: Form, lookup: str, values: Sequence[Any]) -> Clause:
    """One column against the values of one filter."""
    if lookup == "empty":
        empty = f"{column} IS NULL" + (f" OR {column} = ''" if form not in NUMBERS else "")
        return Clause(empty if truth(values[0]) else f"NOT ({empty})")
    if form is Form.BOOLEAN:
        wanted = truth(values[-1])
        return Clause("") if wanted is None or lookup else Clause(f"{column} = ?", (int(wanted),))
    if form in NUMBERS:
        values = [_number(form, value) for value in values]
        if lookup in NUMBER_LOOKUPS:
            return _any(f"{column} {NUMBER_LOOKUPS[lookup]} ?", values)
    elif lookup.removeprefix("n") in TEXT_LOOKUPS and lookup != "n":
        clause = _any(TEXT_LOOKUPS[lookup.removeprefix("n")].format(column), values)
        if lookup.startswith("n"):
            return Clause(f"{column} IS NULL OR NOT ({clause.sql})", clause.values)
        return clause
    if lookup not in ("", "n"):
        return Clause("")
    clause = Clause.within(column, values)
    return Clause(f"{column} IS NULL OR NOT ({clause.sql})", clause.values) if lookup else clause


def _any(sql: str, values: Sequence[Any]) -> Clause:
    """A test that any of the values may pass; ?1 stands for a value that is used twice."""
    times = max(sql.count("?1"), 1)
    one = sql.replace("?1", "?")
    return Clause.all_of((Clause(one, (value,) * times) for value in values), "OR")


def _number(form: Form, value: Any) -> Any:
    if form is Form.TIME:
        if not re.match(r"\d{4}-\d\d-\d\d", str(value)):
            raise Invalid("Enter a valid date/time.")
        return value
    try:
        return int(value) if form is Form.INTEGER else float(value)
    except ValueError:
        raise Invalid(
            "Enter a whole number." if form is Form.INTEGER else "Enter a number."
        ) from None


def truth(value: Any) -> bool | None:
    word = str(value).lower()
    return True if word in TRUE else False if word in FALSE else None


def search(kind: Kind, text: str) -> Clause:
    """NetBox's `q`: the text anywhere in the fields that are searched."""
    if not text.strip():
        return Clause("")
    tests = []
    for path in kind.search:
        like = TEXT_LOOKUPS["ic"]
        tests.append(
            reach(
                kind, path, lambda column, like=like: Clause(like.format(column), (text.strip(),))
            )
        )  # type: ignore[misc]
    return Clause.all_of(tests, "OR")


def _tags(store: Store, kind: Kind, base: str, lookup: str, values: list[str]) -> Clause:
    """Objects that have every one of the tags."""
    tag = BY_NAME["tag"]
    _exists(store, tag, base == "tag", values)
    column = "slug" if base == "tag" else "id"
    clauses = []
    for value in values:
        typed = _typed(tag, column, value)
        clauses.append(
            reach(kind, f"tags.{column}", lambda name, typed=typed: Clause(f"{name} = ?", (typed,)))
        )  # type: ignore[misc]
    clause = Clause.all_of(clauses)
    return (
        Clause(f"NOT ({clause.sql})", clause.values)
        if lookup == "n"
        else clause
        if not lookup
        else Clause("")
    )


def _custom(store: Store, kind: Kind, name: str, lookup: str, values: list[str]) -> Clause:
    """A custom field: texts anywhere in the value when the field's filter logic is loose."""
    known = (
        {row["name"]: row for row in custom_fields(store, kind)}
        if kind.has("custom_fields")
        else {}
    )
    row = known.get(name)
    if row is None or row["filter_logic"] == "disabled":
        return Clause("")
    column = f"json_extract(t.custom_fields, '$.\"{name}\"')"
    match row["type"]:
        case "text" | "longtext" | "url" if row["filter_logic"] == "loose":
            return compare(column, Form.TEXT, "ic", values) if not lookup else Clause("")
        case "integer" | "decimal":
            form = Form.INTEGER if row["type"] == "integer" else Form.DECIMAL
            return compare(column, form, lookup, values)
        case "boolean":
            return compare(column, Form.BOOLEAN, lookup, values)
        case "multiselect":
            inside = (
                f"EXISTS (SELECT 1 FROM json_each(t.custom_fields, '$.\"{name}\"') WHERE value = ?)"
            )
            return _any(inside, values)
    return compare(column, Form.TEXT, lookup, values)


def _yes(sql: str) -> Callable[[list[str]], Clause]:
    """A filter that asks whether something is so."""

    def clause(values: list[str]) -> Clause:
        wanted = truth(values[-1])
        return Clause("") if wanted is None else Clause(sql if wanted else f"NOT ({sql})")

    return clause


def _each(sql: str) -> Callable[[list[str]], Clause]:
    return lambda values: _any(sql, values)


def _kinds(values: list[str]) -> Clause:
    virtual = ", ".join(f"'{name}'" for name in sorted(VIRTUAL))
    wireless = "t.type LIKE 'ieee802.1%' OR t.type LIKE 'other-wireless%'"
    return {
        "physical": Clause(f"NOT (t.type IN ({virtual}) OR {wireless})"),
        "virtual": Clause(f"t.type IN ({virtual})"),
        "wireless": Clause(wireless),
    }.get(values[-1], Clause("0"))


def _addresses(values: list[str]) -> Clause:
    with_mask = [value for value in values if "/" in value]
    hosts = [f"{value}/%" for value in values if "/" not in value]
    return Clause.all_of(
        [_any("lower(t.address) = lower(?)", with_mask), _any("t.address LIKE ?", hosts)], "OR"
    )


PEER = ("t.cable IN (SELECT near.cable FROM cable_termination near JOIN cable_termination far "
        "ON far.cable = near.cable AND far.cable_end <> near.cable_end)")  # fmt: skip
SPECIAL: dict[str, Callable[[list[str]], Clause]] = {
    "device.has_primary_ip": _yes("t.primary_ip4 IS NOT NULL OR t.primary_ip6 IS NOT NULL"),
    "device.has_oob_ip": _yes("t.oob_ip IS NOT NULL"),
    "device.interfaces": _yes("t.id IN (SELECT device FROM interface)"),
    "interface.cabled": _yes("t.cable IS NOT NULL"),
    "interface.connected": _yes(PEER),
    "interface.occupied": _yes("t.cable IS NOT NULL OR t.mark_connected"),
    "interface.kind": _kinds,
    "interface.vlan_id": _each(
        't.untagged_vlan = ?1 OR t.id IN (SELECT source FROM "interface.tagged_vlans" WHERE target = ?1)'),
    "interface.vlan": _each(
        "t.untagged_vlan IN (SELECT id FROM vlan WHERE vid = ?1) OR t.id IN (SELECT source FROM "
        '"interface.tagged_vlans" WHERE target IN (SELECT id FROM vlan WHERE vid = ?1))'),
    "vlan.interface_id": _each(
        "t.id IN (SELECT untagged_vlan FROM interface WHERE id = ?1) OR t.id IN (SELECT target FROM "
        '"interface.tagged_vlans" WHERE source = ?1)'),
    "vlan.available_at_site": _each("t.site IS NULL OR t.site = ?"),
    "vlan.available_on_device": _each("t.site IS NULL OR t.site IN (SELECT site FROM device WHERE id = ?)"),
    "ip_address.address": _addresses,
    "ip_address.parent": _each("in_network(substr(t.address, 1, instr(t.address, '/') - 1), ?)"),
    "ip_address.family": _each("family(t.address) = CAST(? AS INTEGER)"),
    "ip_address.mask_length": _each("substr(t.address, instr(t.address, '/') + 1) = ?"),
    "ip_address.assigned": _yes("t.assigned_object_id IS NOT NULL"),
    "ip_address.assigned_to_interface": _yes("t.assigned_object_id IS NOT NULL"),
    "mac_address.assigned": _yes("t.assigned_object_id IS NOT NULL"),
    "mac_address.primary": _yes("t.id IN (SELECT primary_mac_address FROM interface)"),
    "prefix.family": _each("family(t.prefix) = CAST(? AS INTEGER)"),
    "prefix.mask_length": _each("substr(t.prefix, instr(t.prefix, '/') + 1) = ?"),
    "prefix.contains": _each("in_network(?, t.prefix)"),
    "prefix.within": _each("in_network(t.prefix, ?1) AND t.prefix <> ?1"),
    "prefix.within_include": _each("in_network(t.prefix, ?)"),
    "cable.termination_a_id": _each(
        "t.id IN (SELECT cable FROM cable_termination WHERE cable_end = 'A' AND termination_id = ?)"),
    "cable.termination_b_id": _each(
        "t.id IN (SELECT cable FROM cable_termination WHERE cable_end = 'B' AND termination_id = ?)"),
    "cable.interface_id": _each("t.id IN (SELECT cable FROM interface WHERE id = ?)"),
    "cable.unterminated": _yes(
        "(SELECT count(DISTINCT cable_end) FROM cable_termination WHERE cable = t.id) < 2"),
    "custom_field.object_type": _each("EXISTS (SELECT 1 FROM json_each(t.object_types) WHERE value = ?)"),
}  # fmt: skip
