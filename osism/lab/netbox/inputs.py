"""The input types of GraphQL filters, made from the kinds."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
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

from osism.lab.netbox.choices import Choices
from osism.lab.netbox.fields import Form, Kind
from osism.lab.netbox.kinds import KINDS, relations

# the ways back that NetBox 4.4 filters by
BACKWARDS = {
    "device": {"interfaces"},
    "interface": {"ip_addresses", "mac_addresses"},
    "cable": {"terminations"},
    "site": {"prefixes", "vlan_groups"},
    "location": {"prefixes", "vlan_groups"},
    "rack": {"vlan_groups"},
    "ip_address": {"nat_outside"},
    "vlan": {"qinq_cvlans"},
    "tenant": {"cables", "devices", "ip_addresses", "locations", "sites", "vlans"},
}
# what NetBox 4.4 has no filter for, or one of a kind that the lab does without
WITHOUT = set(
    "device.platform_id device.location_id rack.location_id rack.weight tag.weight "
    "device_type.weight interface.untagged_vlan_id interface.qinq_svlan_id interface.cable_end "
    "interface.rf_channel vlan_group.tenant vlan_group.tenant_id platform.parent "
    "platform.parent_id platform.comments device_role.parent device_role.parent_id "
    "device_role.comments location.parent location.comments".split()
)
# filters that ask what `specials` works out
ASKED: dict[str, dict[str, Any]] = {
    "mac_address": {"assigned": GraphQLBoolean, "primary": GraphQLBoolean},
    "interface": {"connected": GraphQLBoolean},
    "ip_address": {"assigned": GraphQLBoolean},
}
MATCHES = (
    "i_exact contains i_contains starts_with i_starts_with ends_with i_ends_with regex i_regex"
).split()
OPERATORS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def filter_types() -> dict[str, GraphQLInputObjectType]:
    """An input type per kind."""
    made: dict[str, GraphQLInputObjectType] = {}
    for kind in KINDS:
        fields = functools.partial(_fields, kind, made)
        made[kind.name] = GraphQLInputObjectType(f"{kind.model}Filter", fields)
    return made


def pagination_type() -> GraphQLInputObjectType:
    offset = GraphQLInputField(GraphQLNonNull(GraphQLInt), default_value=0)
    fields = {"offset": offset, "limit": GraphQLInputField(GraphQLInt)}
    return GraphQLInputObjectType("OffsetPaginationInput", fields)


def _fields(kind: Kind, made: Mapping[str, GraphQLInputObjectType]) -> dict[str, GraphQLInputField]:
    fields: dict[str, Any] = {"id": GraphQLID}
    for field in kind.fields:
        if field.form in (Form.REFERENCE, Form.MANY):
            fields[field.name] = made[field.to[0]]
        if field.form in (Form.REFERENCE, Form.GENERIC):
            fields[f"{field.name}_id"] = GraphQLID
        if field.name == "custom_fields":
            fields["custom_field_data"] = JSON_FILTER
        if field.choices is not None:
            fields[field.name] = enum_type(field.choices)
        if field.form in LOOKUPS and not field.hidden and field.rule != "color":
            fields[field.name] = LOOKUPS[field.form]
    for name, (other, _) in relations(kind).items():
        if name in BACKWARDS.get(kind.name, ()):
            fields[name] = made[other.name]
    fields |= ASKED.get(kind.name, {})
    for name in ("AND", "OR", "NOT"):
        fields[name] = made[kind.name]
    fields["DISTINCT"] = GraphQLBoolean
    return {
        name: GraphQLInputField(of)
        for name, of in fields.items()
        if f"{kind.name}.{name}" not in WITHOUT
    }


_ENUMS: dict[str, GraphQLEnumType] = {}


def enum_type(choices: Choices) -> GraphQLEnumType:
    """Choices as an enumeration: TYPE_10GBASE_X_SFPP stands for 10gbase-x-sfpp."""
    if choices.enum not in _ENUMS:
        members = {}
        for value in choices:
            name = re.sub(r"[^_A-Z0-9]", "_", str(value).upper())
            members[f"{choices.prefix}_{name}".lstrip("_")] = GraphQLEnumValue(value)
        _ENUMS[choices.enum] = GraphQLEnumType(choices.enum, members)
    return _ENUMS[choices.enum]


def _input(name: str, fields: Mapping[str, Any]) -> GraphQLInputObjectType:
    return GraphQLInputObjectType(name, {key: GraphQLInputField(of) for key, of in fields.items()})


def _listed(of: GraphQLScalarType) -> Any:
    return GraphQLList(GraphQLNonNull(of))


def _lookup(name: str, of: GraphQLScalarType) -> GraphQLInputObjectType:
    fields = {"exact": of, "is_null": GraphQLBoolean, "in_list": _listed(of)}
    return _input(name, fields | dict.fromkeys(MATCHES, of))


def _numeric(prefix: str, of: GraphQLScalarType) -> dict[str, GraphQLInputObjectType]:
    between = _input(f"{prefix}RangeLookup", {"start": of, "end": of})
    fields = {"is_null": GraphQLBoolean, "in_list": _listed(of), "range": between}
    comparison = fields | dict.fromkeys(OPERATORS, of)
    return {
        "filter_lookup": _lookup(f"{prefix}FilterLookup", of),
        "range_lookup": between,
        "comparison_lookup": _input(f"{prefix}ComparisonFilterLookup", comparison),
    }


_STRINGS = _lookup("StrFilterLookup", GraphQLString)
_FLAGS = _lookup("BoolFilterLookup", GraphQLBoolean)
_INTEGERS, _FLOATS = _numeric("Int", GraphQLInt), _numeric("Float", GraphQLFloat)
_JSON_LOOKUP = _input(
    "JSONLookup",
    {
        "string_lookup": _STRINGS,
        "int_range_lookup": _INTEGERS["range_lookup"],
        "int_comparison_lookup": _INTEGERS["comparison_lookup"],
        "float_range_lookup": _FLOATS["range_lookup"],
        "float_comparison_lookup": _FLOATS["comparison_lookup"],
        "boolean_lookup": _FLAGS,
    },
)
JSON_FILTER = _input(
    "JSONFilter", {"path": GraphQLNonNull(GraphQLString), "lookup": GraphQLNonNull(_JSON_LOOKUP)}
)
LOOKUPS = {
    Form.TEXT: _STRINGS,
    Form.BOOLEAN: _FLAGS,
    Form.INTEGER: _input("IntegerLookup", _INTEGERS),
    Form.DECIMAL: _input("FloatLookup", _FLOATS),
}
KINDS_OF_INTERFACES = Choices(
    "InterfaceKindEnum", "KIND", "physical = Physical; virtual = Virtual; wireless = Wireless"
)
FAMILIES = Choices("IPAddressFamilyEnum", "FAMILY", "4 = IPv4; 6 = IPv6")
ASKED["interface"]["kind"] = enum_type(KINDS_OF_INTERFACES)
ASKED["ip_address"] |= {"family": enum_type(FAMILIES), "parent": _listed(GraphQLString)}
