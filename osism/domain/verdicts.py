"""Where a node stands on the way of an operation, and so what is next: data in, a verdict out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from osism.domain.nodes import Node
from osism.domain.operations import (
    DELETED_IN_MAINTENANCE,
    DELETION,
    MAINTENANCE,
    MANAGEABLE,
    OPERATIONS,
    POWER,
    PROVISION,
    VERIFYING,
    Operation,
)

ASK, WAIT, DONE, UNCHANGED, FAILED, REFUSED = (
    "ask",
    "wait",
    "done",
    "unchanged",
    "failed",
    "refused",
)
#: What becomes of a node in the end.
ENDS = frozenset({DONE, UNCHANGED, FAILED, REFUSED})


@dataclass(frozen=True)
class Verdict:
    """``step`` is one of the words above; ``verb``: what to ask for; ``reason``: why not."""

    step: str
    verb: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Asked:
    """What a node was asked for: the verb, the state it was in, and whether Ironic took it."""

    verb: str
    state: str
    taken: bool = False


def state(operation: Operation, node: Node) -> str:
    """The state of the node that the operation changes."""
    if operation.kind == MAINTENANCE:
        return "in maintenance" if node.maintenance else "not in maintenance"
    return node.power_state if operation.kind == POWER else node.provision_state


def verdict(operation: Operation, node: Node, asked: Asked | None) -> Verdict:
    """What is next for a node that Ironic has, *asked* being what it was asked for last.

    An answer may have been lost: a node that has left the state it was in was asked.
    """
    verb = asked.verb if asked and (asked.taken or state(operation, node) != asked.state) else ""
    return _VERDICTS[operation.kind](operation, node, verb)


def gone(operation: Operation) -> Verdict:
    """What is next for a node that Ironic does not have any more."""
    if operation.kind == DELETION:
        return Verdict(DONE)
    return Verdict(FAILED, reason="is gone from Ironic; somebody removed it meanwhile")


def possible(operation: Operation, node: Node) -> bool:
    """Whether there is something to ask the node for: ``--all`` passes over the others."""
    return verdict(operation, node, None).step == ASK


def _provision(operation: Operation, node: Node, asked: str) -> Verdict:
    now = node.provision_state
    if asked == operation.verb:
        return _end(operation, node)
    if now == VERIFYING and operation.first:
        return Verdict(WAIT)
    if asked and now != MANAGEABLE:  # of what had to come first
        return _failed(node, f"could not be brought into the state {MANAGEABLE!r}")
    if now in operation.done and not operation.again:
        return Verdict(UNCHANGED)
    if now in operation.possible:
        return Verdict(ASK, operation.verb)
    if now in operation.first:
        return Verdict(ASK, operation.first[now])
    if _on_its_way(operation, node):
        return Verdict(WAIT, operation.verb)
    return Verdict(REFUSED, reason=_impossible(operation, node))


def _on_its_way(operation: Operation, node: Node) -> bool:
    target = node.target_provision_state
    return node.provision_state in operation.busy and operation.end in ("", target)


def _end(operation: Operation, node: Node) -> Verdict:
    """What became of a node that was asked."""
    now = node.provision_state
    if _on_its_way(operation, node):
        return Verdict(WAIT)
    if now in operation.done | operation.beyond:
        return Verdict(DONE)
    if now in operation.failed:
        return _failed(node, f"is {now!r}")
    return _failed(node, f"is {now!r} now; somebody else asked for something else")


def _failed(node: Node, what: str) -> Verdict:
    return Verdict(FAILED, reason=f"{what}: {node.last_error}" if node.last_error else what)


def _impossible(operation: Operation, node: Node) -> str:
    now, target = node.provision_state, node.target_provision_state
    if target and now.endswith(("ing", "wait", "call-back", "hold")):
        return f"is {now!r} on its way to {target!r}; it has to end first (or be aborted)"
    starts = operation.possible | set(operation.first)
    states = ", ".join(map(repr, sorted(starts)))
    words = f"is {now!r}; possible from {states}"
    ways = {name: each for name, each in OPERATIONS.items() if each.kind == PROVISION}
    for name in ("manage", "undeploy", "provide"):  # what leads there in one step
        if ways[name].done & starts and now in ways[name].possible:
            return f"{words}: {name} it first"
    return words


def _power(operation: Operation, node: Node, asked: str) -> Verdict:
    now, target = node.power_state, node.target_power_state
    if not asked:
        if now == operation.end and not target and not operation.again:
            return Verdict(UNCHANGED)
        return Verdict(ASK, operation.verb)
    if target or (node.reservation and (operation.again or now != operation.end)):
        return Verdict(WAIT)
    if now != operation.end or (operation.again and node.last_error):
        return _failed(node, f"is {now or 'in an unknown power state'!r} still")
    return Verdict(DONE)


def _maintenance(operation: Operation, node: Node, asked: str) -> Verdict:
    there = node.maintenance == (operation.verb == "on")
    if asked:
        reason = "" if there else f"is {state(operation, node)}; somebody else changed it"
        return Verdict(DONE if there else FAILED, reason=reason)
    if not there:
        return Verdict(ASK, operation.verb)
    return Verdict(ASK, operation.verb) if operation.again else Verdict(UNCHANGED)


def _deletion(operation: Operation, node: Node, asked: str) -> Verdict:
    now = node.provision_state
    if asked:
        return Verdict(FAILED, reason="is there again; somebody else made it anew")
    if now in operation.possible or (node.maintenance and now in DELETED_IN_MAINTENANCE):
        return Verdict(ASK, operation.verb)
    if now in DELETED_IN_MAINTENANCE:
        words = "bring it into one of these, or put it into maintenance if it is broken for good"
        states = ", ".join(map(repr, sorted(operation.possible)))
        return Verdict(REFUSED, reason=f"is {now!r}; possible from {states}: {words}")
    return Verdict(REFUSED, reason=_impossible(operation, node))


_VERDICTS: Mapping[str, Callable[[Operation, Node, str], Verdict]] = {
    PROVISION: _provision,
    POWER: _power,
    MAINTENANCE: _maintenance,
    DELETION: _deletion,
}
