"""The GraphQL API: NetBox 4.4's names and types, made from the kinds.

Lists take `filters` and `pagination`. Relations are read in bulk (see `storage`).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from osism.lab.netbox.conditions import Conditions
from osism.lab.netbox.contexts import config_context
from osism.lab.netbox.dcim import DEVICE_COUNTS, TEMPLATE_COUNTS
from osism.lab.netbox.execute import execute
from osism.lab.netbox.fields import Field, Form, Kind
from osism.lab.netbox.inputs import filter_types, pagination_type
from osism.lab.netbox.kinds import BY_NAME, KINDS, relations
from osism.lab.netbox.represent import counted, display, ends, family, peers
from osism.lab.netbox.storage import Row, Store

MOST_ALIASES, DEFAULT_PAGE = 10, 100
JSON, DECIMAL, TIME, BIG = map(GraphQLScalarType, ("JSON", "Decimal", "DateTime", "Union"))
SCALARS = {
    Form.INTEGER: GraphQLInt,
    Form.DECIMAL: DECIMAL,
    Form.BOOLEAN: GraphQLBoolean,
    Form.TIME: TIME,
    Form.JSON: JSON,
}
UNIONS = {
    "cable_termination.termination": "CableTerminationTerminationType",
    "ip_address.assigned_object": "IPAddressAssignmentType",
    "mac_address.assigned_object": "MACAddressAssignmentType",
    "prefix.scope": "PrefixScopeType",
    "vlan_group.scope": "VLANGroupScopeType",
}
# types of NetBox that the lab has no objects of, and the fields that would hold them
EMPTY = {
    "cluster": "ClusterType",
    "virtual_chassis": "VirtualChassisType",
    "region": "RegionType",
    "config_template": "ConfigTemplateType",
    "rack.role": "RackRoleType",
    "prefix.role": "RoleType",
    "vlan.role": "RoleType",
    "site.group": "SiteGroupType",
    "tenant.group": "TenantGroupType",
}
# what the lab keeps and NetBox does not show
NOT_SHOWN = set(
    "cable.interfaces interface.cable_terminations vlan.qinq_cvlans location.prefixes "
    "vlan_group.vid_ranges custom_field.object_types custom_field_choice_set.extra_choices".split()
)


class GraphQL:
    """Answers /graphql/."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def answer(self, request: Request) -> Response:
        asked: Any = dict(request.query_params)
        if request.method == "POST":
            media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media != "application/json":
                return PlainTextResponse("Unsupported content type", 400)
            try:
                asked = await request.json()
            except ValueError:
                return PlainTextResponse("Unable to parse request body as JSON", 400)
        if isinstance(asked, list):
            return PlainTextResponse("Batching is not enabled", 400)
        query, variables = asked.get("query"), asked.get("variables")
        if not query:
            return PlainTextResponse("No GraphQL query found in the request", 400)
        if isinstance(variables, str):
            variables = json.loads(variables)
        operation = asked.get("operationName")
        return JSONResponse(
            execute(schema(), self.store, query, variables, operation, MOST_ALIASES)
        )


@functools.cache
def schema() -> GraphQLSchema:
    """The schema of all kinds. It is the same for every store, which comes as the root value."""
    return Types().schema()


class Types:
    """Makes the types; each once, their fields when they are first needed."""

    def __init__(self) -> None:
        self.filters, self.pagination = filter_types(), pagination_type()
        self.objects = {
            kind.name: GraphQLObjectType(kind.graphql, functools.partial(self._fields, kind))
            for kind in KINDS
        }
        self._unions: dict[str, GraphQLUnionType] = {}
        self._empty: dict[str, GraphQLObjectType] = {}

    def schema(self) -> GraphQLSchema:
        query: dict[str, GraphQLField] = {}
        for kind in KINDS:
            if kind.name != "cable_termination":
                number = {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))}
                one = GraphQLNonNull(self.objects[kind.name])
                query[kind.name] = GraphQLField(one, number, functools.partial(_get, kind))
                query[f"{kind.name}_list"] = self._list(kind, functools.partial(_select, kind))
        return GraphQLSchema(GraphQLObjectType("Query", query))

    def _list(self, kind: Kind, resolve: Callable[..., list[Row]]) -> GraphQLField:
        filters = GraphQLArgument(self.filters[kind.name])
        arguments = {"filters": filters, "pagination": GraphQLArgument(self.pagination)}
        return GraphQLField(_listed(self.objects[kind.name]), arguments, resolve)

    def _fields(self, kind: Kind) -> dict[str, GraphQLField]:
        made = {
            "id": _field(GraphQLNonNull(GraphQLID), lambda row: str(row.id)),
            "display": _field(GraphQLNonNull(GraphQLString), display),
            "class_type": _field(GraphQLNonNull(GraphQLString), lambda row: row.kind.model),
        }
        for field in kind.fields:
            if shown := self._shown(kind, field):
                made[field.name] = shown
        if kind.has("custom_fields"):
            made["custom_field_data"] = made["custom_fields"]
        for name, (other, _) in relations(kind).items():
            made[name] = self._list(other, functools.partial(_related, other, name))
        return {name: of for name, of in made.items() if f"{kind.name}.{name}" not in NOT_SHOWN}

    def _shown(self, kind: Kind, field: Field) -> GraphQLField | None:
        name = field.name
        match field.form:
            case Form.REFERENCE:
                shown: Any = self.objects[field.to[0]]
                wrapped = shown if field.null else GraphQLNonNull(shown)
                return _field(wrapped, lambda row: row.one(name))
            case Form.MANY:
                other = BY_NAME[field.to[0]]
                return self._list(other, functools.partial(_related, other, name))
            case Form.GENERIC:
                union = self._union(UNIONS[f"{kind.name}.{name}"], field.to)
                return _field(union, lambda row: row.one(name))
            case Form.COUNT if field in (*DEVICE_COUNTS, *TEMPLATE_COUNTS):
                return _field(GraphQLNonNull(BIG), lambda row: counted(row, field.back))
            case Form.FIXED:
                title = EMPTY.get(f"{kind.name}.{name}") or EMPTY.get(name)
                return GraphQLField(self._nothing(title)) if title else None
            case Form.COMPUTED:
                return self._computed(name)
            case Form.TYPES:
                return _field(_listed(CONTENT_TYPE), lambda row: list(map(_content, row[name])))
        return _field(_scalar(field), _value(field)) if field.form.stored else None

    def _computed(self, name: str) -> GraphQLField | None:
        interface = ("interface",)
        match name:
            case "link_peers":
                return _field(_listed(self._union("LinkPeerType", interface)), peers)
            case "connected_endpoints":
                return _field(_listed(self._union("ConnectedEndpointType", interface)), peers)
            case "a_terminations" | "b_terminations":
                union = self._union("CableTerminationTerminationType", interface)
                return _field(_listed(union), lambda row: ends(row, name[0].upper()))
            case "family":
                return _field(GraphQLNonNull(FAMILY), family)
            case "config_context":
                return _field(GraphQLNonNull(JSON), config_context)
        return None

    def _union(self, name: str, kinds: tuple[str, ...]) -> GraphQLUnionType:
        if name not in self._unions:
            self._unions[name] = GraphQLUnionType(name, [self.objects[kind] for kind in kinds])
        return self._unions[name]

    def _nothing(self, title: str) -> GraphQLObjectType:
        if title not in self._empty:
            text = GraphQLField(GraphQLNonNull(GraphQLString))
            fields = {"id": GraphQLField(GraphQLNonNull(GraphQLID)), "display": text, "name": text}
            self._empty[title] = GraphQLObjectType(title, fields)
        return self._empty[title]


def _field(of: Any, read: Callable[[Row], Any]) -> GraphQLField:
    return GraphQLField(of, resolve=lambda row, info: read(row))


def _listed(of: Any) -> Any:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(of)))


def _object(title: str, **fields: Any) -> GraphQLObjectType:
    shown = {name: GraphQLField(GraphQLNonNull(of)) for name, of in fields.items()}
    return GraphQLObjectType(title, shown)


FAMILY = _object("IPAddressFamilyType", value=GraphQLInt, label=GraphQLString)
CONTENT_TYPE = _object(
    "ContentTypeType", id=GraphQLID, app_label=GraphQLString, model=GraphQLString
)


def _content(name: str) -> dict[str, str]:
    app, _, model = name.partition(".")
    return {"id": name, "app_label": app, "model": model}


def _scalar(field: Field) -> Any:
    numbered = field.choices is not None and all(isinstance(one, int) for one in field.choices)
    shown = GraphQLInt if numbered else SCALARS.get(field.form, GraphQLString)
    empty = field.null or (field.choices is not None and field.blank)
    return shown if empty else GraphQLNonNull(shown)


def _value(field: Field) -> Callable[[Row], Any]:
    name, places = field.name, field.places
    match field.form:
        case Form.DECIMAL:
            return lambda row: None if row[name] is None else f"{row[name]:.{places}f}"
        case Form.TIME:
            return lambda row: row[name] and row[name].replace("Z", "+00:00")
    return lambda row: row.values[name]


def _get(kind: Kind, store: Store, info: Any, id: str) -> Row:
    if not id.lstrip("-").isdigit():
        raise ValueError(f"Field 'id' expected a number but got '{id}'.")
    row = store.get(kind, int(id))
    if row is None:
        raise ValueError(f"{kind.model} matching query does not exist.")
    return row


def _select(
    kind: Kind, store: Store, info: Any, filters: Any = None, pagination: Any = None
) -> list[Row]:
    made = Conditions(kind, filters)
    limit, offset = _slice(pagination)
    return store.select(kind, made.clause, (), limit, offset, made.joins, made.distinct).rows


def _related(
    kind: Kind, name: str, row: Row, info: Any, filters: Any = None, pagination: Any = None
) -> list[Row]:
    rows = row.many(name)
    if filters:

        def matching(store: Store) -> set[int]:
            return {one.id for one in _select(kind, store, None, filters)}

        allowed = row.batch.cached(f"{name} {filters}", matching)
        rows = [one for one in rows if one.id in allowed]
    limit, offset = _slice(pagination)
    return rows[offset:] if limit < 0 else rows[offset : offset + limit]


def _slice(pagination: Any) -> tuple[int, int]:
    """Limit and offset; a negative limit is none."""
    if pagination is None:
        return -1, 0
    limit = pagination.get("limit", DEFAULT_PAGE)
    return -1 if limit is None else limit, pagination.get("offset") or 0
