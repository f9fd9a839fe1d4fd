"""The filters of GraphQL: their input types, and the conditions in SQL that they stand for."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
)

from osism.lab.netbox.accept import Invalid, mac_address
from osism.lab.netbox.fields import Field, Form, Kind
from osism.lab.netbox.filters import SPECIAL
from osism.lab.netbox.kinds import KINDS, relations
from osism.lab.netbox.storage import Clause, hop

PREFIXES = {"DeviceStatusEnum": "STATUS", "SiteStatusEnum": "STATUS", "LocationStatusEnum": "STATUS",
            "RackStatusEnum": "STATUS", "LinkStatusEnum": "STATUS", "IPAddressStatusEnum": "STATUS",
            "PrefixStatusEnum": "STATUS", "VLANStatusEnum": "STATUS", "DeviceFaceEnum": "FACE",
            "DeviceAirflowEnum": "AIRFLOW", "InterfaceTypeEnum": "TYPE", "InterfaceModeEnum": "MODE",
            "InterfaceDuplexEnum": "DUPLEX", "InterfacePoEModeEnum": "MODE", "WirelessRoleEnum": "ROLE",
            "CableTypeEnum": "TYPE", "CableLengthUnitEnum": "UNIT", "CableEndEnum": "SIDE",
            "IPAddressRoleEnum": "ROLE", "VLANQinQRoleEnum": "ROLE", "SubdeviceRoleEnum": "ROLE",
            "RackDimensionUnitEnum": "UNIT", "RackFormFactorEnum": "TYPE", "RackWidthEnum": "WIDTH",
            "CustomFieldTypeEnum": "TYPE", "CustomFieldFilterLogicEnum": "FILTER"}  # fmt: skip
BOOLEANS = {
    "ip_address": ("assigned",),
    "mac_address": ("assigned", "primary"),
    "interface": ("connected",),
}
# what NetBox 4.4 has no filter for, or one of a kind that the lab does without
WITHOUT = {"device.platform_id", "device.location_id", "rack.location_id", "rack.weight", "tag.weight",
           "device_type.weight", "interface.untagged_vlan_id", "interface.qinq_svlan_id", "interface.cable_end",
           "vlan_group.tenant", "vlan_group.tenant_id"}  # fmt: skip
WITHOUT |= {
    f"{kind}.{name}"
    for kind in ("platform", "device_role", "location")
    for name in ("parent", "comments")
}
WITHOUT |= {f"{kind}.parent_id" for kind in ("platform", "device_role")}
BACKWARDS = {"device": {"interfaces"}, "interface": {"ip_addresses", "mac_addresses"}, "cable": {"terminations"},
             "site": {"prefixes", "vlan_groups"}, "location": {"prefixes", "vlan_groups"}, "rack": {"vlan_groups"},
             "ip_address": {"nat_outside"}, "vlan": {"qinq_cvlans"},
             "tenant": {"cables", "devices", "ip_addresses", "locations", "sites", "vlans"}}  # fmt: skip
FURTHER = {"ip_address.family", "ip_address.parent", "interface.kind"}
OPERATORS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
MATCHES = {"i_exact": "lower({0}) = lower(?)", "contains": "instr({0}, ?) > 0",
           "i_contains": "instr(lower({0}), lower(?)) > 0", "starts_with": "substr({0}, 1, length(?1)) = ?1",
           "i_starts_with": "substr(lower({0}), 1, length(?1)) = lower(?1)",
           "ends_with": "substr({0}, -length(?1)) = ?1", "i_ends_with": "substr(lower({0}), -length(?1)) = lower(?1)",
           "regex": "{0} REGEXP ?", "i_regex": "{0} REGEXP '(?i)' || ?"}  # fmt: skip


def filter_types() -> tuple[dict[str, GraphQLInputObjectType], GraphQLInputObjectType]:
    """An input type per kind, and the one for pagination."""
    made: dict[str, GraphQLInputObjectType] = {}
    for kind in KINDS:
        fields = functools.partial(_fields, kind, made)
        made[kind.name] = GraphQLInputObjectType(f"{kind.model}Filter", fields)
    pagination = GraphQLInputObjectType("OffsetPaginationInput", {
        "offset": GraphQLInputField(GraphQLNonNull(GraphQLInt), default_value=0),
        "limit": GraphQLInputField(GraphQLInt),
    })  # fmt: skip
    return made, pagination


def _fields(kind: Kind, made: Mapping[str, GraphQLInputObjectType]) -> dict[str, GraphQLInputField]:
    fields: dict[str, Any] = {"id": GraphQLID}
    for field in kind.fields:
        if field.form is Form.REFERENCE:
            fields[field.name] = made[field.to[0]]
            fields[f"{field.name}_id"] = GraphQLID
        elif field.form is Form.MANY:
            fields[field.name] = made[field.to[0]]
        elif field.form is Form.GENERIC:
            fields[f"{field.name}_id"] = GraphQLID
        elif field.name == "custom_fields":
            fields["custom_field_data"] = JSON_FILTER
        elif field.form is Form.CHOICE:
            fields[field.name] = enum(field)
        elif field.form in LOOKUPS and not field.hidden and field.rule != "color":
            fields[field.name] = LOOKUPS[field.form]
    for name, (other, _) in relations(kind).items():
        if name in BACKWARDS.get(kind.name, ()):
            fields[name] = made[other.name]
    for name in BOOLEANS.get(kind.name, ()):
        fields[name] = GraphQLBoolean
    if kind.name == "interface":
        fields["kind"] = KIND_ENUM
    if kind.name == "ip_address":
        fields |= {"family": FAMILY_ENUM, "parent": GraphQLList(GraphQLNonNull(GraphQLString))}
    fields |= {
        "AND": made[kind.name],
        "OR": made[kind.name],
        "NOT": made[kind.name],
        "DISTINCT": GraphQLBoolean,
    }
    return {
        name: GraphQLInputField(of)
        for name, of in fields.items()
        if f"{kind.name}.{name}" not in WITHOUT
    }


_ENUMS: dict[str, GraphQLEnumType] = {}


def enum(field: Field) -> GraphQLEnumType:
    """A choice as an enumeration: TYPE_10GBASE_X_SFPP stands for 10gbase-x-sfpp."""
    name = field.enum
    if name not in _ENUMS:
        prefix = PREFIXES.get(name, "")
        members = {"_".join(filter(None, (prefix, re.sub(r"[^_A-Z0-9]", "_", str(value).upper())))): value
                   for value in field.choices or {}}  # fmt: skip
        _ENUMS[name] = GraphQLEnumType(
            name, {key: GraphQLEnumValue(value) for key, value in members.items()}
        )
    return _ENUMS[name]


def _input(name: str, **fields: Any) -> GraphQLInputObjectType:
    return GraphQLInputObjectType(name, {key: GraphQLInputField(of) for key, of in fields.items()})


def _lookup(name: str, of: GraphQLScalarType) -> GraphQLInputObjectType:
    fields = {"exact": of, "is_null": GraphQLBoolean, "in_list": GraphQLList(GraphQLNonNull(of))}
    return _input(name, **fields, **{match: of for match in MATCHES})


def _comparison(
    name: str, of: GraphQLScalarType, between: GraphQLInputObjectType
) -> GraphQLInputObjectType:
    fields: dict[str, Any] = {operator: of for operator in OPERATORS}
    return _input(
        name,
        **fields,
        is_null=GraphQLBoolean,
        in_list=GraphQLList(GraphQLNonNull(of)),
        range=between,
    )


STRINGS = _lookup("StrFilterLookup", GraphQLString)
FLAGS = _lookup("BoolFilterLookup", GraphQLBoolean)
INT_RANGE = _input("IntRangeLookup", start=GraphQLInt, end=GraphQLInt)
INT_COMPARISON = _comparison("IntComparisonFilterLookup", GraphQLInt, INT_RANGE)
FLOAT_RANGE = _input("FloatRangeLookup", start=GraphQLFloat, end=GraphQLFloat)
FLOAT_COMPARISON = _comparison("FloatComparisonFilterLookup", GraphQLFloat, FLOAT_RANGE)
INTEGERS = _input("IntegerLookup", filter_lookup=_lookup("IntFilterLookup", GraphQLInt),
                  range_lookup=INT_RANGE, comparison_lookup=INT_COMPARISON)  # fmt: skip
FLOATS = _input("FloatLookup", filter_lookup=_lookup("FloatFilterLookup", GraphQLFloat),
                range_lookup=FLOAT_RANGE, comparison_lookup=FLOAT_COMPARISON)  # fmt: skip
JSON_LOOKUP = _input("JSONLookup", string_lookup=STRINGS, int_range_lookup=INT_RANGE,
                     int_comparison_lookup=INT_COMPARISON, float_range_lookup=FLOAT_RANGE,
                     float_comparison_lookup=FLOAT_COMPARISON, boolean_lookup=FLAGS)  # fmt: skip
JSON_FILTER = _input(
    "JSONFilter", path=GraphQLNonNull(GraphQLString), lookup=GraphQLNonNull(JSON_LOOKUP)
)
LOOKUPS = {Form.TEXT: STRINGS, Form.BOOLEAN: FLAGS, Form.INTEGER: INTEGERS, Form.DECIMAL: FLOATS}
KIND_ENUM = GraphQLEnumType("InterfaceKindEnum", {
    f"KIND_{name.upper()}": GraphQLEnumValue(name) for name in ("physical", "virtual", "wireless")})  # fmt: skip
FAMILY_ENUM = GraphQLEnumType(
    "IPAddressFamilyEnum", {f"FAMILY_{n}": GraphQLEnumValue(n) for n in (4, 6)}
)


class Conditions:
    """One `filters` argument as a condition; relations it follows become joins, each once."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.joins = ""
        self.distinct = False
        self._aliases: dict[str, str] = {}

    def of(self, filters: Mapping[str, Any]) -> Clause:
        return self._clause(self.kind, "t", "", filters, joined=True)

    def _clause(
        self, kind: Kind, alias: str, path: str, filters: Mapping[str, Any], joined: bool
    ) -> Clause:
        plain, further = [], []
        for name, value in filters.items():
            if value is None:
                continue
            if name == "DISTINCT":
                self.distinct = self.distinct or value
            elif name in ("AND", "OR", "NOT"):
                further.append(
                    (name, self._clause(kind, alias, path, value, joined and name != "NOT"))
                )
            else:
                plain.append(self._one(kind, alias, path, name, value, joined))
        clause = Clause.all_of(plain)
        for name, other in sorted(further, key=lambda pair: len(pair[0])):
            if name == "NOT" and other.sql:
                other = Clause(f"NOT ({other.sql})", other.values)
            clause = Clause.all_of([clause, other], "OR" if name == "OR" else "AND")
        return clause

    def _one(
        self, kind: Kind, alias: str, path: str, name: str, value: Any, joined: bool
    ) -> Clause:
        special = SPECIAL.get(f"{kind.name}.{name}")
        if special and (name in BOOLEANS.get(kind.name, ()) or f"{kind.name}.{name}" in FURTHER):
            clause = special(
                [str(item) for item in value] if isinstance(value, list) else [str(value)]
            )
            return Clause(re.sub(r"\bt\.", f"{alias}.", clause.sql), clause.values)
        if name == "custom_field_data":
            return _json_clause(alias, value)
        step = hop(kind, name)
        if step and isinstance(value, Mapping):
            return self._related(kind, alias, f"{path}.{name}", name, value, joined)
        column = (
            name.removesuffix("_id")
            if not kind.has(name) and kind.has(name.removesuffix("_id"))
            else name
        )
        field = kind.by_name.get(column)
        if name == "id" or (field and field.form in (Form.REFERENCE, Form.GENERIC)):
            column = name if field and field.form is Form.GENERIC else column
            return Clause(f'{alias}."{column}" = ?', (_number(column, value),))
        if not isinstance(value, Mapping):
            return Clause(f'{alias}."{column}" = ?', (value,))
        fold = mac if field and field.rule == "mac" else None
        return compare(f'{alias}."{column}"', value, fold)

    def _related(
        self, kind: Kind, alias: str, path: str, name: str, value: Mapping[str, Any], joined: bool
    ) -> Clause:
        step = hop(kind, name)
        assert step
        inner = self._aliases.get(path) if joined else None
        new = inner is None
        if inner is None:
            inner = f"j{len(self._aliases)}"
            self._aliases[path if joined else f"{path} {inner}"] = inner
        typed = (
            f" AND {inner}.\"{step.far_type[0]}\" = '{step.far_type[1]}'" if step.far_type else ""
        )
        if joined and new:
            if step.link:
                table, near, far = step.link
                self.joins += f' LEFT JOIN "{table}" {inner}l ON {inner}l.{near} = {alias}.id'
                self.joins += (
                    f' LEFT JOIN "{step.kind.name}" {inner} ON {inner}.id = {inner}l.{far}'
                )
            else:
                on = f'{inner}."{step.far}" = {alias}."{step.near}"{typed}'
                self.joins += f' LEFT JOIN "{step.kind.name}" {inner} ON {on}'
        clause = self._clause(step.kind, inner, path, value, joined)
        if joined or not clause.sql:
            return clause
        if step.link:
            table, near, far = step.link
            source = (
                f'"{table}" {inner}l JOIN "{step.kind.name}" {inner} ON {inner}.id = {inner}l.{far}'
            )
            sub = f"SELECT {inner}l.{near} FROM {source} WHERE {clause.sql}"
        else:
            sub = f'SELECT {inner}."{step.far}" FROM "{step.kind.name}" {inner} WHERE ({clause.sql}){typed}'
        return Clause(f'{alias}."{step.near}" IN ({sub})', clause.values)


def mac(value: Any) -> Any:
    try:
        return mac_address(value)
    except Invalid:
        return value


def _number(name: str, value: Any) -> int:
    try:
        return int(value)
    except ValueError:
        raise ValueError(f"Field '{name}' expected a number but got '{value}'.") from None


def compare(
    column: str, lookup: Mapping[str, Any], fold: Callable[[Any], Any] | None = None
) -> Clause:
    """A lookup on a column: {exact: ...}, {in_list: [...]}, or one that holds another lookup."""
    clauses = []
    for name, value in lookup.items():
        if value is None:
            continue
        if name in ("filter_lookup", "comparison_lookup"):
            clauses.append(compare(column, value))
        elif name == "is_null":
            clauses.append(Clause(f"{column} IS {'' if value else 'NOT '}NULL"))
        elif name == "in_list":
            clauses.append(Clause.within(column, [fold(item) for item in value] if fold else value))
        elif name == "range_lookup":  # as NetBox 4.4 has it
            span = [value.get("start"), value.get("end")]
            name = column.rpartition(".")[2].strip('"')
            raise ValueError(f"Field '{name}' expected a number but got {span}.")
        elif name in ("start", "end"):
            clauses.append(Clause(f"{column} {'>=' if name == 'start' else '<='} ?", (value,)))
        elif name == "range":
            clauses.append(compare(column, value))
        elif name in OPERATORS:
            clauses.append(
                Clause(f"{column} {OPERATORS[name]} ?", (fold(value) if fold else value,))
            )
        else:
            sql = MATCHES[name].format(column)
            clauses.append(Clause(sql.replace("?1", "?"), (value,) * max(sql.count("?1"), 1)))
    return Clause.all_of(clauses)


def _json_clause(alias: str, value: Mapping[str, Any]) -> Clause:
    """A lookup inside the custom field data; null is for a key that is not there."""
    path = "$" + "".join(f'."{part}"' for part in value["path"].split("__"))
    literal = path.replace("'", "''")
    column = f"json_extract({alias}.custom_fields, '{literal}')"
    kind = f"json_type({alias}.custom_fields, '{literal}')"
    clauses = []
    for lookup in value["lookup"].values():
        if lookup and lookup.get("is_null") is not None:
            clauses.append(Clause(f"{kind} IS {'' if lookup['is_null'] else 'NOT '}NULL"))
            lookup = {name: item for name, item in lookup.items() if name != "is_null"}
        clauses.append(compare(column, lookup or {}))
    return Clause.all_of(clauses)
