"""What Ironic has otherwise than it is wanted, in words and without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from osism.domain.nodes import Node, NodePort, WantedNode
from osism.domain.secrets import MASK, masked

#: What a secret of driver_info looks like in Ironic's answers.
_HIDDEN = "******"
#: In the ``extra`` of ports that were made here.
_MADE_HERE = "made_by"


def differences(node: Node, ports: Sequence[NodePort], wanted: WantedNode) -> Iterator[str]:
    """What Ironic has otherwise, in words. What it has beside is not looked at."""
    yield from _difference("driver", node.driver, wanted.driver)
    yield from _difference("resource_class", node.resource_class, wanted.resource_class)
    for name, value in sorted(wanted.interfaces.items()):
        yield from _difference(name, node.interfaces.get(name), value)
    for part in ("driver_info", "properties"):
        before = getattr(node, part)
        for name, value in sorted(getattr(wanted, part).items()):
            if before.get(name) != _HIDDEN:
                yield from _difference(f"{part}.{name}", before.get(name), value, name)
    for name, value in sorted(wanted.secrets.items()):
        if node.driver_info.get(name) not in (_HIDDEN, value):
            yield f"driver_info.{name}: {MASK}"
    for name, value in sorted(wanted.extra.items()):
        if node.extra.get(name) != value:
            yield f"extra.{name}: {'other' if name in node.extra else 'new'}"
    for trait in sorted(wanted.traits - node.traits):
        yield f"traits: + {trait}"
    there = {each.address for each in ports}
    ours = {each.address for each in ports if _MADE_HERE in each.extra}
    for mac in sorted(set(wanted.ports) - there):
        yield f"ports: + {mac}"
    for mac in sorted(ours - set(wanted.ports)):
        yield f"ports: - {mac}"


def described(wanted: WantedNode) -> tuple[str, ...]:
    """A node that Ironic does not have, in words."""
    return tuple(differences(Node("", wanted.name), (), wanted))


def _difference(what: str, before: Any, after: Any, name: str = "") -> Iterator[str]:
    if before != after:
        shown = [masked({name: each})[name] if name else each for each in (before, after)]
        yield f"{what}: {shown[1]}" if before in (None, "") else f"{what}: {shown[0]} -> {shown[1]}"
