"""What has to be done so that Ironic has the nodes that NetBox wants: data in, decisions out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from osism.domain.errors import NotFound
from osism.domain.names import nearest
from osism.domain.nodes import Node, NodePort, WantedNode
from osism.domain.operations import (
    ENROLL,
    INSPECT_FAILED,
    INSPECT_WAIT,
    INSPECTING,
    MANAGEABLE,
    VERIFYING,
)
from osism.domain.secrets import MASK, masked
from osism.domain.wanted_nodes import NetboxNode

CREATE, UPDATE, UNCHANGED, GONE, REFUSED, SKIPPED = (
    "create", "update", "unchanged", "gone", "refused", "skipped",
)  # fmt: skip
#: What a secret of driver_info looks like in Ironic's answers.
_HIDDEN = "******"
#: In the ``extra`` of ports that were made here.
_MADE_HERE = "made_by"
#: States before a node is registered: Ironic has not yet reached its management board.
_NOT_YET = frozenset({"", ENROLL, VERIFYING})
_INSPECTING = frozenset({INSPECTING, INSPECT_WAIT})
_INSPECTED_FROM = frozenset({MANAGEABLE, INSPECT_FAILED}) | _INSPECTING
#: Ironic's word for a node whose board does not answer any more, as after a new password.
_NO_POWER = "power failure"
_SENT_AGAIN = "driver_info: secrets are sent again, Ironic does not show them"


@dataclass(frozen=True)
class Decision:
    """What is to be done about one node. ``changes`` are for people, without secrets."""

    name: str
    step: str
    device: NetboxNode | None = None
    node: Node | None = None
    wanted: WantedNode | None = None
    reason: str = ""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What there is: NetBox's devices, what they are to be (by name; or why they cannot be, in
    ``wrong``), and Ironic's nodes and ports."""

    devices: Sequence[NetboxNode]
    nodes: Sequence[Node]
    ports: Sequence[NodePort]
    wanted: Mapping[str, WantedNode] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)


def passed_over(device: NetboxNode) -> str:
    """Why a device is left alone, empty if it is not."""
    if not device.name:
        return f"device {device.id} of NetBox has no name"
    if device.status != "active":
        return f"its status in NetBox is {device.status!r}, not 'active'"
    return "" if device.enabled else "its custom field ironic_enabled is not set"


def chosen(devices: Sequence[NetboxNode], names: Collection[str]) -> list[NetboxNode]:
    """The devices whose node is wanted, those of *names* if there are any."""
    return [e for e in devices if not passed_over(e) and (not names or e.name in names)]


def decide(found: Found, names: Collection[str] = ()) -> list[Decision]:
    """What to do about every node, or those of *names*; sorted by name.

    Raises :class:`NotFound` for a name that neither NetBox nor Ironic knows.
    """
    nodes = {each.name: each for each in found.nodes if each.name}
    tagged = {each.name for each in found.devices}
    if unknown := sorted(set(names) - tagged - nodes.keys()):
        close = nearest(unknown[0], tagged | nodes.keys())
        raise NotFound(
            f"no device {', '.join(map(repr, unknown))} with the tag 'managed-by-ironic' in "
            f"NetBox, and no such node in Ironic{close}"
        )
    deciding = _Deciding(found, nodes, bool(names))
    decisions = [deciding.of(each) for each in found.devices if not names or each.name in names]
    gone = [
        Decision(name, GONE, node=node, reason="no device of NetBox with the tag is called so")
        for name, node in nodes.items()
        if name not in tagged and (not names or name in names)
    ]
    return sorted([*decisions, *gone], key=lambda each: each.name)


class _Deciding:
    def __init__(self, found: Found, nodes: Mapping[str, Node], named: bool) -> None:
        self.found, self.nodes, self.named = found, nodes, named
        self.names = {each.id: each.name or each.id for each in found.nodes}
        self.ports: dict[str, list[NodePort]] = defaultdict(list)
        for port in found.ports:
            self.ports[port.node].append(port)
        self.holders = {port.address: port for port in found.ports}
        self.twins: dict[str, list[NetboxNode]] = defaultdict(list)
        self.claims: dict[str, set[str]] = defaultdict(set)
        for device in chosen(found.devices, ()):
            self.twins[device.name].append(device)
            for mac in device.macs:
                self.claims[mac].add(device.name)

    def of(self, device: NetboxNode) -> Decision:
        decision = Decision(device.name, REFUSED, device, self.nodes.get(device.name))
        if reason := passed_over(device):
            return replace(decision, step=REFUSED if self.named else SKIPPED, reason=reason)
        reason = self._conflict(device) or self.found.wrong.get(device.name, "")
        if reason:
            return replace(decision, reason=reason)
        wanted = self.found.wanted[device.name]
        if decision.node is None:
            return replace(decision, step=CREATE, wanted=wanted, changes=described(wanted))
        changes = self._changes(decision.node, wanted)
        step = UPDATE if changes else UNCHANGED
        return replace(decision, step=step, wanted=wanted, changes=changes)

    def _conflict(self, device: NetboxNode) -> str:
        """Why Ironic cannot have this node beside the others."""
        twins = self.twins[device.name]
        if len(twins) > 1:
            numbers = ", ".join(str(each.id) for each in twins)
            return f"NetBox has {len(twins)} devices of this name (ids {numbers})"
        for mac in device.macs:
            if others := sorted(self.claims[mac] - {device.name}):
                return f"its MAC address {mac} is also that of {', '.join(others)} in NetBox"
            port = self.holders.get(mac)
            other = self.names.get(port.node, port.node) if port else device.name
            if other != device.name:
                return f"its MAC address {mac} is that of a port of {other} in Ironic"
        return ""

    def _changes(self, node: Node, wanted: WantedNode) -> tuple[str, ...]:
        changes = tuple(differences(node, self.ports[node.id], wanted))
        unsure = self.named or node.provision_state == ENROLL or node.fault == _NO_POWER
        if not changes and unsure and wanted.secrets:
            return (_SENT_AGAIN,)
        return changes


# --- differences ----------------------------------------------------------------------------------


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


# --- where a node stands --------------------------------------------------------------------------


def registered(node: Node) -> bool:
    """Whether Ironic has the node and has reached its management board."""
    return node.provision_state not in _NOT_YET


def inspectable(node: Node) -> bool:
    """Whether somebody can inspect it."""
    return node.interfaces.get("inspect_interface") != "no-inspect"


def unfinished(node: Node) -> bool:
    """Whether a node is still to be verified or inspected for the first time. One in maintenance is
    left to whoever put it there."""
    state = node.provision_state
    if node.maintenance:
        return False
    return state in _NOT_YET or (
        state in _INSPECTED_FROM and inspectable(node) and not node.inspected
    )


def marks(device: NetboxNode, node: Node | None) -> dict[str, str | None]:
    """The custom fields of a device that say otherwise than Ironic does, as they have to be."""
    wanted: dict[str, str | None] = {}
    if node is None:
        wanted = {"ironic_state": None}
    elif registered(node):
        wanted = {"ironic_state": "registered"}
        if node.provision_state == INSPECT_FAILED:
            wanted["introspection_state"] = "failed"
        elif node.inspected and node.provision_state not in _INSPECTING:
            wanted["introspection_state"] = "introspected"
    return {name: value for name, value in wanted.items() if _text(device, name) != (value or "")}


def _text(device: NetboxNode, name: str) -> str:
    """A custom field's text; a site may have made it a selection."""
    value = device.fields.get(name)
    if isinstance(value, Mapping):
        value = value.get("value")
    return str(value or "")
