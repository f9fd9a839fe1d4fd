"""GraphQL filters as conditions in SQL.

A relation becomes a join, so that a filter on a relation to many repeats an object per match, as
NetBox's does; inside NOT it becomes a subquery.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from osism.lab.netbox.errors import Invalid
from osism.lab.netbox.fields import Form, Kind
from osism.lab.netbox.functions import interface
from osism.lab.netbox.inputs import ASKED, OPERATORS
from osism.lab.netbox.schema import hop
from osism.lab.netbox.specials import SPECIALS
from osism.lab.netbox.storage import ALWAYS, Clause
from osism.lab.netbox.texts import mac_address

Filters = Mapping[str, Any]
Fold = Callable[[Any], Any]

MATCHES = {
    "i_exact": "lower({0}) = lower(?)",
    "contains": "instr({0}, ?) > 0",
    "i_contains": "instr(lower({0}), lower(?)) > 0",
    "starts_with": "substr({0}, 1, length(?1)) = ?1",
    "i_starts_with": "substr(lower({0}), 1, length(?1)) = lower(?1)",
    "ends_with": "substr({0}, -length(?1)) = ?1",
    "i_ends_with": "substr(lower({0}), -length(?1)) = lower(?1)",
    "regex": "{0} REGEXP ?",
    "i_regex": "{0} REGEXP '(?i)' || ?",
}


class Conditions:
    """One `filters` argument; each relation that it follows is joined once."""

    def __init__(self, kind: Kind, filters: Filters | None) -> None:
        self.joins = ""
        self.distinct = False
        self._aliases: dict[str, str] = {}
        self.clause = self._all(kind, "t", "", filters or {}, joined=True)

    def _all(self, kind: Kind, alias: str, path: str, filters: Filters, joined: bool) -> Clause:
        """Plain filters together, then what OR adds, then what AND and NOT leave."""
        given = {name: value for name, value in filters.items() if value is not None}
        self.distinct = given.pop("DISTINCT", False) or self.distinct
        parts = {name: given.pop(name) for name in ("OR", "AND", "NOT") if name in given}
        clause = Clause.all_of(
            self._one(kind, alias, path, name, value, joined) for name, value in given.items()
        )
        for name, inner in parts.items():
            other = self._all(kind, alias, path, inner, joined and name != "NOT")
            other = other.negated() if name == "NOT" and other.sql else other
            clause = Clause.all_of([clause, other], "OR" if name == "OR" else "AND")
        return clause

    def _one(
        self, kind: Kind, alias: str, path: str, name: str, value: Any, joined: bool
    ) -> Clause:
        if name in ASKED.get(kind.name, ()):
            values = [str(item) for item in (value if isinstance(value, list) else [value])]
            sql, values_ = SPECIALS[f"{kind.name}.{name}"](values)
            return Clause(re.sub(r"\bt\.", f"{alias}.", sql), values_)
        if name == "custom_field_data":
            return _custom(alias, value)
        if isinstance(value, Mapping) and hop(kind, name):
            return self._related(kind, alias, path, name, value, joined)
        field = kind.by_name.get(name)
        if isinstance(value, Mapping):
            return compare(f'{alias}."{name}"', value, FOLDS.get(field.rule) if field else None)
        reference = kind.by_name.get(name.removesuffix("_id"))
        if name == "id" or (reference and reference.form in (Form.REFERENCE, Form.GENERIC)):
            value = _number(name, value)
            if reference and reference.form is Form.REFERENCE:
                name = reference.name
        return Clause(f'{alias}."{name}" = ?', (value,))

    def _related(
        self, kind: Kind, alias: str, path: str, name: str, value: Filters, joined: bool
    ) -> Clause:
        step = hop(kind, name)
        if step is None:
            return ALWAYS
        path = f"{path}.{name}"
        if not joined:
            inner = f"n{path.count('.')}"
            found = self._all(step.kind, inner, path, value, joined=False)
            return Clause(step.within(alias, inner, found.sql or "1"), found.values)
        if path not in self._aliases:
            self._aliases[path] = f"j{len(self._aliases)}"
            self.joins += step.join(alias, self._aliases[path])
        return self._all(step.kind, self._aliases[path], path, value, joined=True)


def _mac(value: Any) -> Any:
    try:
        return mac_address(value)
    except Invalid:
        return value


def _address(value: Any) -> str:
    try:
        return str(interface(value))
    except ValueError:
        raise ValueError(f"Invalid IP address format: {value}") from None


# how the values of a field are written before they are compared
FOLDS: dict[str, Fold] = {"mac": _mac, "address": _address, "prefix": _address}


def _number(name: str, value: Any) -> int:
    try:
        return int(value)
    except ValueError:
        raise ValueError(f"Field '{name}' expected a number but got '{value}'.") from None


def compare(column: str, lookup: Filters, fold: Fold | None = None) -> Clause:
    """A lookup on a column: {exact: ...}, {in_list: [...]}, or one that holds another lookup."""
    given = {name: value for name, value in lookup.items() if value is not None}
    return Clause.all_of(_compare(column, name, value, fold) for name, value in given.items())


def _compare(column: str, name: str, value: Any, fold: Fold | None) -> Clause:
    match name:
        case "filter_lookup" | "comparison_lookup" | "range":
            return compare(column, value)
        case "range_lookup":  # as NetBox 4.4 has it
            field, span = (
                column.rpartition(".")[2].strip('"'),
                [value.get("start"), value.get("end")],
            )
            raise ValueError(f"Field '{field}' expected a number but got {span}.")
        case "start" | "end":
            return Clause(f"{column} {'>=' if name == 'start' else '<='} ?", (value,))
        case "is_null":
            return Clause(f"{column} IS {'' if value else 'NOT '}NULL")
        case "in_list":
            return Clause.within(column, [fold(item) for item in value] if fold else value)
    if name in OPERATORS:
        return Clause(f"{column} {OPERATORS[name]} ?", (fold(value) if fold else value,))
    sql = MATCHES[name].format(column)
    return Clause(sql.replace("?1", "?"), (value,) * max(sql.count("?1"), 1))


def _custom(alias: str, value: Filters) -> Clause:
    """A lookup inside the custom field data; null is for a key that is not there."""
    parts = re.findall(r"\w+?(?=__|$)", value["path"])
    arguments = "{}.custom_fields, '${}'".format(alias, "".join(f'."{part}"' for part in parts))
    clauses = []
    for lookup in value["lookup"].values():
        given = dict(lookup or {})
        missing = given.pop("is_null", None)
        if missing is not None:
            clauses.append(_compare(f"json_type({arguments})", "is_null", missing, None))
        clauses.append(compare(f"json_extract({arguments})", given))
    return Clause.all_of(clauses)
