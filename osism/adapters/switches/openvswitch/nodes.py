"""YAML read strictly: every mistake has its line, every value is the text that stands there."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import yaml

from osism.domain.intents import one_line
from osism.domain.names import nearest

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Wrong(Exception):
    """A mistake in a document, with its line."""

    def __init__(self, node: yaml.Node | int, words: str) -> None:
        line = node if isinstance(node, int) else node.start_mark.line + 1
        super().__init__(f"line {line}: {words}")


def compose(text: str) -> yaml.Node:
    """The document in *text*; it is not empty."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as mistake:
        line = mistake.problem_mark.line + 1 if mistake.problem_mark else 1
        raise Wrong(line, f"no valid YAML: {mistake.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as mistake:
        raise Wrong(1, f"no valid YAML: {one_line(str(mistake))[:200]}") from None
    if node is None:
        raise Wrong(1, "an empty configuration")
    return node


def pairs(node: yaml.Node, where: str) -> Iterator[tuple[str, yaml.Node]]:
    """The keys and values of a mapping; nothing at all is an empty one."""
    if _nothing(node):
        return
    if not isinstance(node, yaml.MappingNode):
        raise Wrong(node, f"{where}: not a table of names and values")
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise Wrong(key, f"{where}: a name is not a text")
        if key.value in seen:
            raise Wrong(key, f"{where}: {key.value!r} is there twice")
        seen.add(key.value)
        yield key.value, value


def known(node: yaml.Node, where: str, keys: Collection[str]) -> dict[str, yaml.Node]:
    """A mapping that has no other keys than these."""
    found = dict(pairs(node, where))
    for key in found:
        if key not in keys:
            hint = nearest(key, keys) or f" ({', '.join(sorted(keys))})"
            raise Wrong(found[key], f"{where}: there is no {key!r}{hint}")
    return found


def text(node: yaml.Node, where: str) -> str:
    """A value as it stands there."""
    if not isinstance(node, yaml.ScalarNode):
        raise Wrong(node, f"{where}: not a text")
    return "" if _nothing(node) else str(node.value)


def number(node: yaml.Node, where: str, low: int, high: int) -> int:
    found = text(node, where)
    if not (found.isascii() and found.isdecimal() and low <= int(found[:9]) <= high):
        raise Wrong(node, f"{where}: {found[:20]!r} is not a number from {low} to {high}")
    return int(found)


def flag(node: yaml.Node, where: str) -> bool:
    found = text(node, where)
    if found not in ("true", "false"):
        raise Wrong(node, f"{where}: {found[:20]!r} is neither true nor false")
    return found == "true"


def choice(node: yaml.Node, where: str, words: Collection[str]) -> str:
    found = text(node, where)
    if found not in words:
        raise Wrong(node, f"{where}: {found[:40]!r} is none of {', '.join(words)}")
    return found


def texts(node: yaml.Node, where: str) -> list[str]:
    """A list, or a text with commas."""
    if isinstance(node, yaml.SequenceNode):
        return [text(each, where) for each in node.value]
    return [each.strip() for each in text(node, where).split(",")]


def _nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
