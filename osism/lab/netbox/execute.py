"""Runs GraphQL queries. Each query becomes a plan of plain functions, once, before any row is read.

graphql-core parses, validates and coerces; its executor takes several times as long as reading the
rows does, and the lab needs little of it: nothing fails below the root, nothing is asynchronous.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    get_nullable_type,
    get_variable_values,
    graphql_sync,
    parse,
    validate,
)

Read = Callable[[Any], Any]
Answer = dict[str, Any]


@functools.lru_cache(maxsize=256)
def _document(schema: GraphQLSchema, query: str) -> DocumentNode | list[GraphQLError]:
    try:
        document = parse(query)
    except GraphQLError as error:
        return [error]
    return validate(schema, document) or document


def execute(
    schema: GraphQLSchema,
    root: Any,
    query: str,
    variables: dict[str, Any] | None = None,
    operation: str | None = None,
    aliases: int = 10,
) -> Answer:
    """The body of the answer to a query; errors are part of it."""
    document = _document(schema, query)
    if isinstance(document, list):
        return _failed(document)
    plan = Plan(schema, document)
    if plan.aliases > aliases:
        message = f"{plan.aliases} aliases found. Allowed: {aliases}"
        return {"data": None, "errors": [{"message": message}]}
    if "__schema" in query or "__type(" in query:
        result = graphql_sync(schema, query, root, None, variables, operation)
        return _failed(result.errors) if result.errors else {"data": result.data}
    try:
        return {"data": plan.run(root, variables or {}, operation)}
    except GraphQLError as error:
        return _failed([error])


def _failed(errors: Iterable[GraphQLError]) -> Answer:
    return {"data": None, "errors": [error.formatted for error in errors]}


class Plan:
    """One document against one schema."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        nodes = document.definitions
        self.schema = schema
        self.operations = [one for one in nodes if isinstance(one, OperationDefinitionNode)]
        fragments = [one for one in nodes if isinstance(one, FragmentDefinitionNode)]
        self.fragments = {one.name.value: one for one in fragments}
        sets = [one.selection_set for one in (*self.operations, *fragments)]
        self.aliases = sum(map(_aliases, sets))
        self.variables: Any = {}

    def run(self, root: Any, variables: dict[str, Any], name: str | None) -> Answer:
        chosen = [
            one
            for one in self.operations
            if name is None or (one.name is not None and one.name.value == name)
        ]
        if len(chosen) != 1:
            several = "Must provide operation name if query contains multiple operations."
            raise GraphQLError(several if chosen else f'Unknown operation named "{name}".')
        declared = chosen[0].variable_definitions or ()
        self.variables = get_variable_values(self.schema, declared, variables)
        if isinstance(self.variables, list):
            raise self.variables[0]
        answer: Answer = {}
        if query := self.schema.query_type:
            for key, nodes in self._fields(query, [chosen[0].selection_set]).items():
                try:
                    answer[key] = self._read(query, nodes)(root)
                except ValueError as error:
                    raise GraphQLError(str(error), nodes, path=[key]) from None
        return answer

    def _fields(
        self, of: GraphQLObjectType, sets: Iterable[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """The fields that are asked of a type, by the name they are answered under."""
        found: dict[str, list[FieldNode]] = {}
        for node in self._flat(of, sets):
            found.setdefault((node.alias or node.name).value, []).append(node)
        return found

    def _flat(self, of: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> Iterator[FieldNode]:
        for node in (node for one in sets for node in one.selections):
            skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
            include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
            if (skip and skip["if"]) or (include and not include["if"]):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
            elif not isinstance(node, InlineFragmentNode):
                continue
            condition = fragment.type_condition
            if condition is None or condition.name.value == of.name:
                yield from self._flat(of, [fragment.selection_set])

    def _read(self, of: GraphQLObjectType, nodes: list[FieldNode]) -> Read:
        """A function from an object to what one field of it answers."""
        name = nodes[0].name.value
        if name == "__typename":
            return lambda row: of.name
        field = of.fields[name]
        given = get_argument_values(field, nodes[0], self.variables)
        resolve: Callable[..., Any] = field.resolve or (lambda row, info: row[name])
        sets = [node.selection_set for node in nodes if node.selection_set]
        complete = self._complete(get_named_type(field.type), sets)
        if complete is None:
            return lambda row: resolve(row, None, **given)
        if isinstance(get_nullable_type(field.type), GraphQLList):
            return lambda row: [complete(one) for one in resolve(row, None, **given)]
        return lambda row: None if (one := resolve(row, None, **given)) is None else complete(one)

    def _complete(self, of: Any, sets: list[SelectionSetNode]) -> Read | None:
        """A function from an object to the fields that are asked of it; none for a plain value."""
        if isinstance(of, GraphQLUnionType):
            members = {one.name: self._complete(one, sets) for one in of.types}
            return lambda row: members[row.kind.graphql](row)  # type: ignore[misc]
        if not isinstance(of, GraphQLObjectType):
            return None
        asked = self._fields(of, sets).items()
        reads = tuple((key, self._read(of, nodes)) for key, nodes in asked)
        return lambda row: {key: read(row) for key, read in reads}


def _aliases(selections: SelectionSetNode | None) -> int:
    nodes = selections.selections if selections else ()
    inner = sum(_aliases(getattr(node, "selection_set", None)) for node in nodes)
    return inner + sum(isinstance(node, FieldNode) and node.alias is not None for node in nodes)
