"""The GraphQL API: NetBox 4.4's names, types and filters, made from the kinds.

Lists take `filters` and `pagination`; a filter on a relation to many repeats an object per match
unless DISTINCT is given, as NetBox's does. Relations are read in bulk (see `storage`).
"""

from __future__ import annotations

import functools
import ipaddress
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
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from osism.lab.netbox.conditions import Conditions, filter_types
from osism.lab.netbox.execute import execute
from osism.lab.netbox.fields import Field, Form, Kind
from osism.lab.netbox.kinds import (
    BY_NAME,
    BY_TYPE,
    DEVICE_COUNTS,
    KINDS,
    TEMPLATE_COUNTS,
    relations,
)
from osism.lab.netbox.represent import config_context, counted, display, ends, peers
from osism.lab.netbox.storage import Clause, Row, Store

Resolver = Callable[..., Any]

MOST_ALIASES, DEFAULT_PAGE = 10, 100
JSON = GraphQLScalarType("JSON")
DECIMAL = GraphQLScalarType("Decimal")
TIME = GraphQLScalarType("DateTime")
BIG = GraphQLScalarType("Union", description="BigInt field")
FAMILY = GraphQLObjectType("IPAddressFamilyType", {
    "value": GraphQLField(GraphQLNonNull(GraphQLInt)), "label": GraphQLField(GraphQLNonNull(GraphQLString)),
})  # fmt: skip
CONTENT_TYPE = GraphQLObjectType("ContentTypeType", {
    "id": GraphQLField(GraphQLNonNull(GraphQLID)), "app_label": GraphQLField(GraphQLNonNull(GraphQLString)),
    "model": GraphQLField(GraphQLNonNull(GraphQLString)),
})  # fmt: skip
UNIONS = {"cable_termination.termination": "CableTerminationTerminationType",
          "ip_address.assigned_object": "IPAddressAssignmentType",
          "mac_address.assigned_object": "MACAddressAssignmentType",
          "prefix.scope": "PrefixScopeType", "vlan_group.scope": "VLANGroupScopeType"}  # fmt: skip
NOT_SHOWN = {
    "cable.interfaces",
    "interface.cable_terminations",
    "vlan.qinq_cvlans",
    "location.prefixes",
}
KEPT_COUNTS = {"device": {field.name for field in DEVICE_COUNTS},
               "device_type": {field.name for field in TEMPLATE_COUNTS}}  # fmt: skip
EMPTY_TYPES = {"cluster": "Cluster", "virtual_chassis": "VirtualChassis", "region": "Region",
               "config_template": "ConfigTemplate", "rack.role": "RackRole", "prefix.role": "Role",
               "vlan.role": "Role", "site.group": "SiteGroup", "tenant.group": "TenantGroup"}  # fmt: skip


class GraphQL:
    """Answers /graphql/."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def answer(self, request: Request) -> Response:
        if request.method == "GET":
            return self._execute(dict(request.query_params))
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            return PlainTextResponse("Unsupported content type", 400)
        try:
            asked = await request.json()
        except ValueError:
            return PlainTextResponse("Unable to parse request body as JSON", 400)
        if isinstance(asked, list):
            return PlainTextResponse("Batching is not enabled", 400)
        return self._execute(asked)

    def _execute(self, asked: dict[str, Any]) -> Response:
        query, variables = asked.get("query"), asked.get("variables")
        if not query:
            return PlainTextResponse("No GraphQL query found in the request", 400)
        if isinstance(variables, str):
            variables = json.loads(variables or "null")
        answer = execute(
            schema(), self.store, query, variables, asked.get("operationName"), MOST_ALIASES
        )
        return JSONResponse(answer)


@functools.cache
def schema() -> GraphQLSchema:
    """The schema of all kinds. It is the same for every store, which comes as the root value."""
    return Types().schema()


class Types:
    """Makes the types; each once, their fields when they are first needed."""

    def __init__(self) -> None:
        self.filters, self.pagination = filter_types()
        self.empty: dict[str, GraphQLObjectType] = {}
        self.objects = {
            kind.name: GraphQLObjectType(kind.graphql, functools.partial(self._fields, kind))
            for kind in KINDS
        }
        interface = [self.objects["interface"]]
        self.ends = GraphQLUnionType("CableTerminationTerminationType", interface, self._type_of)
        self.peers = GraphQLUnionType("LinkPeerType", interface, self._type_of)
        self.endpoints = GraphQLUnionType("ConnectedEndpointType", interface, self._type_of)
        self.unions = {"CableTerminationTerminationType": self.ends}

    def schema(self) -> GraphQLSchema:
        query: dict[str, GraphQLField] = {}
        for kind in KINDS:
            if kind.name == "cable_termination":
                continue
            shown = self.objects[kind.name]
            query[kind.name] = GraphQLField(
                GraphQLNonNull(shown),
                {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))},
                _resolve_one(kind),
            )
            query[f"{kind.name}_list"] = GraphQLField(
                _listed(shown), self._arguments(kind), _resolve_list(kind)
            )
        return GraphQLSchema(GraphQLObjectType("Query", query))

    def _type_of(self, row: Row, info: GraphQLResolveInfo, union: Any) -> str:
        return row.kind.graphql

    def _arguments(self, kind: Kind) -> dict[str, GraphQLArgument]:
        return {
            "filters": GraphQLArgument(self.filters[kind.name]),
            "pagination": GraphQLArgument(self.pagination),
        }

    def _fields(self, kind: Kind) -> dict[str, GraphQLField]:
        made = {
            "id": GraphQLField(GraphQLNonNull(GraphQLID), resolve=lambda row, info: str(row.id)),
            "display": GraphQLField(
                GraphQLNonNull(GraphQLString), resolve=lambda row, info: display(row)
            ),
            "class_type": GraphQLField(
                GraphQLNonNull(GraphQLString), resolve=lambda row, info: row.kind.model
            ),
        }
        for field in kind.fields:
            made.update(self._field(kind, field))
        for name, (other, _) in relations(kind).items():
            if f"{kind.name}.{name}" not in NOT_SHOWN:
                made[name] = self._many(other, name)
        return made

    def _many(self, kind: Kind, name: str) -> GraphQLField:
        return GraphQLField(
            _listed(self.objects[kind.name]), self._arguments(kind), _resolve_many(kind, name)
        )

    def _field(self, kind: Kind, field: Field) -> dict[str, GraphQLField]:
        name = field.name
        match field.form:
            case Form.REFERENCE:
                shown: Any = self.objects[field.to[0]]
                return {name: GraphQLField(shown if field.null else GraphQLNonNull(shown),
                                           resolve=lambda row, info: row.one(name))}  # fmt: skip
            case Form.MANY:
                return {name: self._many(BY_NAME[field.to[0]], name)}
            case Form.GENERIC:
                return {name: GraphQLField(self._union(UNIONS[f"{kind.name}.{name}"], field),
                                           resolve=lambda row, info: row.one(name))}  # fmt: skip
            case Form.COUNT if name in KEPT_COUNTS.get(kind.name, ()):
                back = field.back
                return {name: GraphQLField(GraphQLNonNull(BIG),
                                           resolve=lambda row, info: counted(row, back) if back else 0)}  # fmt: skip
            case Form.TYPES if kind.name == "tag":
                return {
                    name: GraphQLField(
                        _listed(CONTENT_TYPE), resolve=lambda row, info: _types(row[name])
                    )
                }
            case Form.FIXED:
                title = EMPTY_TYPES.get(f"{kind.name}.{name}") or EMPTY_TYPES.get(name)
                return (
                    {name: GraphQLField(self._empty(title))}
                    if title and field.default is None
                    else {}
                )
            case Form.COMPUTED:
                return self._computed(kind, name)
            case Form.COUNT | Form.TYPES:
                return {}
        made = GraphQLField(_scalar(kind, field), resolve=_resolve_value(field))
        return {name: made, "custom_field_data": made} if name == "custom_fields" else {name: made}

    def _computed(self, kind: Kind, name: str) -> dict[str, GraphQLField]:
        if name in ("link_peers", "connected_endpoints"):
            union = self.peers if name == "link_peers" else self.endpoints
            return {name: GraphQLField(_listed(union), resolve=lambda row, info: peers(row))}
        if name in ("a_terminations", "b_terminations"):
            side = name[0].upper()
            return {
                name: GraphQLField(_listed(self.ends), resolve=lambda row, info: ends(row, side))
            }
        if name == "family":
            return {name: GraphQLField(GraphQLNonNull(FAMILY), resolve=_family)}
        if name == "config_context":
            return {
                name: GraphQLField(
                    GraphQLNonNull(JSON), resolve=lambda row, info: config_context(row)
                )
            }
        return {}

    def _union(self, name: str, field: Field) -> GraphQLUnionType:
        if name not in self.unions:
            types = [self.objects[other] for other in field.to]
            self.unions[name] = GraphQLUnionType(name, types, self._type_of)
        return self.unions[name]

    def _empty(self, title: str) -> GraphQLObjectType:
        """A type of NetBox that the lab has no objects of."""
        if title not in self.empty:
            text = GraphQLField(GraphQLNonNull(GraphQLString))
            self.empty[title] = GraphQLObjectType(f"{title}Type", {
                "id": GraphQLField(GraphQLNonNull(GraphQLID)), "display": text, "name": text,
            })  # fmt: skip
        return self.empty[title]


def _listed(shown: Any) -> Any:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(shown)))


def _scalar(kind: Kind, field: Field) -> Any:
    kinds: dict[Form, Any] = {
        Form.INTEGER: GraphQLInt, Form.DECIMAL: DECIMAL, Form.BOOLEAN: GraphQLBoolean, Form.TIME: TIME,
        Form.JSON: JSON,
    }  # fmt: skip
    shown = GraphQLInt if field.name == "width" else kinds.get(field.form, GraphQLString)
    empty = field.null or (field.form is Form.CHOICE and not field.required and not field.default)
    return shown if empty else GraphQLNonNull(shown)


def _resolve_value(field: Field) -> Resolver:
    name = field.name
    if field.form is Form.DECIMAL:
        return lambda row, info: (
            None if row.values[name] is None else f"{row.values[name]:.{field.places}f}"
        )
    if field.form is Form.TIME:
        return lambda row, info: row.values[name] and row.values[name].replace("Z", "+00:00")
    return lambda row, info: row.values[name]


def _family(row: Row, info: GraphQLResolveInfo) -> dict[str, Any]:
    version = ipaddress.ip_interface(row[row.kind.title]).version
    return {"value": version, "label": f"IPv{version}"}


def _types(names: list[str]) -> list[dict[str, str]]:
    known = list(BY_TYPE)
    return [{"id": str(known.index(name) + 1 if name in known else 0), "app_label": name.partition(".")[0],
             "model": name.partition(".")[2]} for name in names]  # fmt: skip


def _resolve_one(kind: Kind) -> Resolver:
    def resolve(store: Store, info: GraphQLResolveInfo, id: str) -> Row:
        if not id.lstrip("-").isdigit():
            raise ValueError(f"Field 'id' expected a number but got '{id}'.")
        row = store.get(kind, int(id))
        if row is None:
            raise ValueError(f"{kind.model} matching query does not exist.")
        return row

    return resolve


def _resolve_list(kind: Kind) -> Resolver:
    def resolve(
        store: Store, info: GraphQLResolveInfo, filters: Any = None, pagination: Any = None
    ) -> list[Row]:
        conditions = Conditions(kind)
        clause = conditions.of(filters or {})
        limit, offset = _slice(pagination)
        return store.select(
            kind, clause, None, limit, offset, conditions.joins, conditions.distinct
        ).rows

    return resolve


def _resolve_many(kind: Kind, name: str) -> Resolver:
    def resolve(
        row: Row, info: GraphQLResolveInfo, filters: Any = None, pagination: Any = None
    ) -> list[Row]:
        rows = row.many(name)
        if filters:
            allowed = row.batch.cached(
                f"{name} {filters}", lambda store: _matching(store, kind, filters)
            )
            rows = [one for one in rows if one.id in allowed]
        limit, offset = _slice(pagination)
        return rows[offset:] if limit < 0 else rows[offset : offset + limit]

    return resolve


def _matching(store: Store, kind: Kind, filters: Any) -> set[int]:
    conditions = Conditions(kind)
    clause = conditions.of(filters)
    sql = f'SELECT t.id FROM "{kind.name}" t{conditions.joins}' + (
        f" WHERE {clause.sql}" if clause.sql else ""
    )
    return {number for (number,) in store.query(sql, clause.values)}


def _slice(pagination: Any) -> tuple[int, int]:
    """Limit and offset; a negative limit is none."""
    if pagination is None:
        return -1, 0
    limit = pagination.get("limit", DEFAULT_PAGE)
    return -1 if limit is None else limit, pagination.get("offset") or 0
