"""Runs GraphQL queries. Each query becomes a plan of plain functions, once, before any row is read.

graphql-core parses, validates and coerces; its executor takes ten times as long as reading the
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
    Source,
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
def _document(
    schema: GraphQLSchema, query: str
) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    try:
        document = parse(Source(query))
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(schema, document))


def execute(
    schema: GraphQLSchema,
    root: Any,
    query: str,
    variables: Any,
    operation: str | None,
    aliases: int,
) -> Answer:
    """The body of the answer to a query; errors are part of it."""
    document, errors = _document(schema, query)
    if document is None or errors:
        return _failed(errors)
    plan = Plan(schema, document)
    if plan.aliases > aliases:
        return {
            "data": None,
            "errors": [{"message": f"{plan.aliases} aliases found. Allowed: {aliases}"}],
        }
    if "__schema" in query or "__type(" in query:
        result = graphql_sync(
            schema, query, root, variable_values=variables, operation_name=operation
        )
        return {"data": result.data} if not result.errors else _failed(result.errors)
    try:
        return {"data": plan.run(root, variables or {}, operation)}
    except GraphQLError as error:
        return _failed([error])


def _failed(errors: Iterable[GraphQLError]) -> Answer:
    return {"data": None, "errors": [error.formatted for error in errors]}


class Plan:
    """One document against one schema."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.schema = schema
        self.operations = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]
        fragments = [
            node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        ]
        self.fragments = {node.name.value: node for node in fragments}
        self.aliases = sum(_aliases(node.selection_set) for node in (*self.operations, *fragments))
        self.variables: Any = {}

    def run(self, root: Any, variables: dict[str, Any], name: str | None) -> Answer:
        chosen = [
            node
            for node in self.operations
            if name is None or (node.name and node.name.value == name)
        ]
        if len(chosen) != 1:
            raise GraphQLError("Must provide operation name if query contains multiple operations."
                               if chosen else f'Unknown operation named "{name}".')  # fmt: skip
        coerced = get_variable_values(self.schema, chosen[0].variable_definitions or (), variables)
        if isinstance(coerced, list):
            raise coerced[0]
        self.variables = coerced
        query = self.schema.query_type
        assert query
        answer: Answer = {}
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
            found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        return found

    def _flat(self, of: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> Iterator[FieldNode]:
        for one in sets:
            for node in one.selections:
                skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
                include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
                if (skip and skip["if"]) or (include and not include["if"]):
                    continue
                if isinstance(node, FieldNode):
                    yield node
                elif isinstance(node, FragmentSpreadNode | InlineFragmentNode):
                    fragment = (
                        self.fragments[node.name.value]
                        if isinstance(node, FragmentSpreadNode)
                        else node
                    )
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
        resolve = field.resolve or (lambda row, info: row[name])
        complete = self._complete(
            get_named_type(field.type), [node.selection_set for node in nodes if node.selection_set]
        )
        if complete is None:
            return lambda row: resolve(row, None, **given)
        if isinstance(get_nullable_type(field.type), GraphQLList):
            return lambda row: [complete(one) for one in resolve(row, None, **given)]
        return lambda row: None if (one := resolve(row, None, **given)) is None else complete(one)

    def _complete(self, of: Any, sets: list[SelectionSetNode]) -> Read | None:
        """A function from an object to the fields that are asked of it; none for a plain value."""
        if isinstance(of, GraphQLObjectType):
            reads = {key: self._read(of, nodes) for key, nodes in self._fields(of, sets).items()}
            pairs = tuple(reads.items())
            return lambda row: {key: read(row) for key, read in pairs}
        if isinstance(of, GraphQLUnionType):
            members = {one.name: self._complete(one, sets) for one in of.types}
            return lambda row: members[row.kind.graphql](row)  # type: ignore[misc]
        return None


def _aliases(selections: SelectionSetNode | None) -> int:
    return sum(
        int(isinstance(node, FieldNode) and node.alias is not None)
        + _aliases(getattr(node, "selection_set", None))
        for node in (selections.selections if selections else ())
    )
