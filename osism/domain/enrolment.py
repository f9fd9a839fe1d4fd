"""What has to be done so that Ironic has the nodes that NetBox wants: data in, decisions out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from osism.domain.errors import NotFound
from osism.domain.names import nearest
from osism.domain.netbox_nodes import NetboxNode
from osism.domain.node_differences import described, differences
from osism.domain.nodes import Node, NodePort, WantedNode
from osism.domain.operations import ENROLL, VERIFYING

CREATE, UPDATE, UNCHANGED, GONE, REFUSED, SKIPPED = (
    "create", "update", "unchanged", "gone", "refused", "skipped",
)  # fmt: skip
#: States before a node is registered: Ironic has not yet reached its management board.
_NOT_YET = frozenset({"", ENROLL, VERIFYING})
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


def registered(node: Node) -> bool:
    """Whether Ironic has the node and has reached its management board."""
    return node.provision_state not in _NOT_YET


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
