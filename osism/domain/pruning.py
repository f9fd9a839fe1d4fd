"""What may be removed from Ironic because NetBox has it no more.

A wrong answer of NetBox (a filter, a right that is missing, a tag that somebody renamed) looks just
as if nodes were gone. Hence limits for what goes at once, and for what can go at all.
"""

from __future__ import annotations

from osism.domain.errors import Refused
from osism.domain.nodes import Node
from osism.domain.operations import OPERATIONS
from osism.domain.verdicts import ASK, verdict

#: At once without an explicit word: so many nodes, and so many percent of those in Ironic.
MOST, PERCENT = 3, 10
WORD = "--sure"


def require_an_answer(tagged: int, known: int) -> None:
    """Refuse an answer of NetBox without any node while Ironic has some."""
    if known and not tagged:
        raise Refused(
            f"NetBox has no device with the tag 'managed-by-ironic', and Ironic has {known} nodes: "
            "that cannot be meant; nothing was done"
        )


def require_reason(tagged: int, known: int, gone: int, named: bool, sure: bool) -> None:
    """Refuse to remove *gone* of the *known* nodes where that looks like a mistake.

    *tagged*: devices that NetBox told of; *named*: only nodes that were named are removed.
    """
    if not named and gone and 2 * tagged < known:
        raise Refused(
            f"NetBox told of {tagged} nodes and Ironic has {known}: with fewer than half of them "
            f"nothing is removed, not even with {WORD}; name the nodes to remove"
        )
    if not sure and (gone > MOST or 100 * gone > PERCENT * known):
        raise Refused(
            f"{gone} of {known} nodes would be removed; more than {MOST}, or {PERCENT} %, at once "
            f"need {WORD} as well"
        )


def why_kept(node: Node, sure: bool) -> str:
    """Why a node that is gone from NetBox stays in Ironic, empty if it goes."""
    if node.instance:
        return f"it has the instance {node.instance}"
    possible = verdict(OPERATIONS["delete"], node, None)
    if possible.step != ASK:
        return f"it {possible.reason}"
    doubts = []
    if node.maintenance:
        doubts.append(f"is in maintenance ({node.maintenance_reason or 'no reason given'})")
    if node.reservation:
        doubts.append(f"is locked by {node.reservation}")
    if node.power_state == "power on":
        doubts.append("is switched on")
    return "" if sure or not doubts else f"it {' and '.join(doubts)}; {WORD} removes it"
