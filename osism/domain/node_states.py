"""A node as Ironic has it, compared with what NetBox shows of it.

Notifications get lost: Ironic forgets some when a step takes no time, and drops all while its
broker is away. What the node is says what the last of them was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from osism.domain.conditions import FAILED, FAULTS
from osism.domain.enrolment import registered
from osism.domain.errors import Invalid
from osism.domain.event_rules import Rule, Steps, Values, decide, different, led_to
from osism.domain.ironic_events import NodeEvent, said
from osism.domain.nodes import Node
from osism.domain.ports import NodeDevice
from osism.domain.transitions import NEW, standing

#: Provision state -> how the event ended that led there, its name, and the state before.
_LAST: Mapping[str, tuple[str, str, str]] = {
    "inspecting": ("start", "inspect", "manageable"),
    "inspect wait": ("start", "inspect", "manageable"),
    "cleaning": ("start", "provide", "manageable"),
    "clean wait": ("start", "provide", "manageable"),
    "available": ("end", "done", "cleaning"),
    "deploying": ("start", "deploy", "available"),
    "wait call-back": ("start", "deploy", "available"),
    "active": ("end", "done", "deploying"),
    **dict.fromkeys(FAILED, ("error", "fail", "")),
}
_INSPECTING = ("inspecting", "inspect wait")
_INTROSPECTION = "introspection_state"


@dataclass(frozen=True)
class Finding:
    """What a comparison has found: ``fields`` that NetBox has otherwise, conditions that begin
    (kind -> reason) and end, and an ``event`` where there is something to do that takes time;
    ``moves``: a transition of the device."""

    fields: Values = field(default_factory=dict)
    begins: Mapping[str, str] = field(default_factory=dict)
    ends: frozenset[str] = frozenset()
    event: NodeEvent | None = None
    moves: bool = False


def compared(
    node: Node,
    device: NodeDevice,
    conditions: Mapping[str, str],
    rules: Sequence[Rule],
    at: datetime,
) -> Finding:
    """What is to be done about a node. *conditions* of the device: kind -> reason."""
    event = _event(node, device, at)
    steps = decide(event, rules)
    fields: dict[str, str | bool | None] = dict(steps.fields)
    if registered(node):
        fields["ironic_state"] = "registered"
    if node.inspected and node.provision_state not in (*_INSPECTING, "inspect failed"):
        fields[_INTROSPECTION] = "introspected"
    begins = _begins(node, event, steps)
    ends = set(steps.ends) | ({"power"} if not (node.last_error or node.fault) else set())
    if _in_place(device, steps):
        ends.add("transition")
    return Finding(
        fields=different(fields, device.fields),
        begins={kind: text for kind, text in begins.items() if conditions.get(kind) != text},
        ends=frozenset((ends - set(begins)) & set(conditions)),
        event=event if _to_do(device, steps, rules) else None,
        moves=bool(steps.state),
    )


def gone(
    device: NodeDevice, conditions: Collection[str], rules: Sequence[Rule], at: datetime
) -> Finding:
    """What is to be done about a device whose node is no longer there."""
    event = NodeEvent(str(uuid4()), "node.delete.end", at, "", device.name, found=True)
    steps = decide(event, rules)
    return Finding(
        fields=different(steps.fields, device.fields),
        ends=steps.ends & set(conditions),
        event=event if _to_do(device, steps, rules) else None,
        moves=bool(steps.state),
    )


def had_node(device: NodeDevice) -> bool:
    """Whether NetBox says that Ironic has the device."""
    return bool(device.fields.get("ironic_state") or device.fields.get("provision_state"))


def _event(node: Node, device: NodeDevice, at: datetime) -> NodeEvent:
    """The event that must have led to where the node is."""
    state = node.provision_state
    how, event, before = _LAST.get(state, ("end", "", ""))
    if state == "manageable" and node.inspected and _was_inspecting(device):
        event, before = "done", "inspecting"
    return NodeEvent(
        id=str(uuid4()),
        type=f"node.provision_set.{how}",
        at=at,
        node=node.id,
        name=node.name,
        failed=how == "error",
        event=event,
        provision_state=state,
        previous_provision_state=before,
        target_provision_state=node.target_provision_state,
        power_state=node.power_state,
        target_power_state=node.target_power_state,
        maintenance=node.maintenance,
        maintenance_reason=said(node.maintenance_reason),
        fault=node.fault,
        last_error=said(node.last_error),
        found=True,
    )


def _was_inspecting(device: NodeDevice) -> bool:
    """Whether the inspection is one that we have seen begin: what follows from its end erases
    disks, so that one of long ago, before the site used osism, does not count."""
    shown = device.fields
    return (
        shown.get("provision_state") in _INSPECTING or shown.get(_INTROSPECTION) == "introspecting"
    )


def _begins(node: Node, event: NodeEvent, steps: Steps) -> Mapping[str, str]:
    kind = steps.condition
    if not kind and node.maintenance:
        kind = FAULTS.get(node.fault, "")
    if node.provision_state == "enroll" and node.last_error and not node.target_provision_state:
        kind = "verify"
    return {kind: event.last_error or event.maintenance_reason or event.fault} if kind else {}


def _in_place(device: NodeDevice, steps: Steps) -> bool:
    """Whether the device rests where the node's state wants it, if it wants it somewhere."""
    try:
        at = standing(device.state, device.transition)
    except Invalid:
        return False
    return at.at_rest and steps.state in ("", at.source)


def _to_do(device: NodeDevice, steps: Steps, rules: Sequence[Rule]) -> bool:
    if steps.provide or steps.interface_names:
        return True
    if not steps.state or _in_place(device, steps):
        return False
    try:
        at = standing(device.state, device.transition)
    except Invalid:
        return True  # whoever tries says what is wrong
    # A device in a state that no event leads to was brought there by hand.
    return (at.target or at.source) in {NEW, *led_to(rules)}
