"""An Ironic in memory: its states, its locks, its work that takes a while, its failures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import uuid4

from osism.domain.errors import Busy, Invalid, NotFound, OutsideFailed, Refused
from osism.domain.nodes import Node, NodePort, WantedNode

HOST = "ironic-1"
MAC = "52:54:00:00:00:01"
#: What is asked for -> from where, and the work that it is: (state meanwhile, what can fail, and
#: where that leads).
_WAYS: Mapping[str, tuple[frozenset[str], tuple[tuple[str, str, str], ...], str]] = {
    "manage": (frozenset({"enroll"}), (("verifying", "power_get", "enroll"),), "manageable"),
    "inspect": (
        frozenset({"manageable", "inspect failed"}),
        (("inspecting", "inspect", "inspect failed"),),
        "manageable",
    ),
    "provide": (frozenset({"manageable"}), (("cleaning", "clean", "clean failed"),), "available"),
    "clean": (frozenset({"manageable"}), (("cleaning", "clean", "clean failed"),), "manageable"),
    "active": (
        frozenset({"available", "deploy failed"}),
        (("deploying", "deploy", "deploy failed"),),
        "active",
    ),
    "rebuild": (
        frozenset({"active", "error", "deploy failed"}),
        (("deploying", "deploy", "deploy failed"),),
        "active",
    ),
    "deleted": (
        frozenset({"active", "deploy failed", "error", "wait call-back"}),
        (("deleting", "undeploy", "error"), ("cleaning", "clean", "clean failed")),
        "available",
    ),
}
_AT_ONCE = {
    ("manage", "available"): "manageable",
    ("manage", "clean failed"): "manageable",
    ("manage", "inspect failed"): "manageable",
    ("abort", "clean wait"): "clean failed",
}


@dataclass
class _Kept:
    node: Node
    todo: list[tuple[float, Callable[[Node], Node]]] = field(default_factory=list)
    fail: dict[str, str] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    instance: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)


class MemoryIronic:
    """Keeps :class:`osism.domain.ports.Baremetal`.

    ``away``: it does not answer; ``lost``: so many requests from now on are done and their answers
    lost. ``asked`` are the requests that changed something; ``looks`` how often it was read.
    """

    def __init__(self, delay: float = 0.05, clock: Callable[[], float] = monotonic) -> None:
        self.delay, self.away, self.lost, self.looks = delay, False, 0, 0
        self.clock = clock
        self.asked: list[tuple[str, str]] = []
        self.kept: dict[str, _Kept] = {}
        self.attached: dict[str, NodePort] = {}

    # what tests do

    def add(self, name: str, state: str = "enroll", **fields: Any) -> Node:
        """A node that is there already."""
        node = Node(str(uuid4()), name, state, driver="fake-hardware", **fields)
        self.kept[node.id] = _Kept(node)
        return node

    def fail(self, name: str, **why: str) -> None:
        self._named(name).fail = dict(why)

    def slow(self, name: str, **seconds: float) -> None:
        self._named(name).slow = dict(seconds)

    def mend(self, name: str) -> None:
        self._named(name).fail, self._named(name).slow = {}, {}

    def change(self, name: str, **fields: Any) -> None:
        """Somebody else did something."""
        kept = self._named(name)
        kept.node = replace(kept.node, **fields)

    # what actions ask

    def nodes(self, names: Collection[str] | None = None, states: bool = False) -> Sequence[Node]:
        self._reach()
        self.looks += 1
        found = [self._now(each) for each in list(self.kept.values())]
        return [each for each in found if names is None or {each.name, each.id} & set(names)]

    def node(self, name: str) -> Node:
        self._reach()
        return self._now(self._named(name))

    def ports(self, nodes: Collection[str] | None = None) -> Sequence[NodePort]:
        self._reach()
        return [each for each in self.attached.values() if nodes is None or each.node in nodes]

    def create(self, wanted: WantedNode) -> Node:
        self._reach()
        for kept in self.kept.values():
            if kept.node.name == wanted.name:
                return self.update(kept.node, wanted, secrets=True)
        made = Node(str(uuid4()), wanted.name, "enroll", driver=wanted.driver)
        self.kept[made.id] = _Kept(made)
        return self.update(made, wanted, secrets=True)

    def update(self, node: Node, wanted: WantedNode, secrets: bool) -> Node:
        kept = self._held(node)
        before = kept.node
        if secrets:
            kept.secrets |= wanted.secrets
        kept.node = replace(
            before,
            driver=wanted.driver,
            driver_info={
                **before.driver_info,
                **wanted.driver_info,
                **dict.fromkeys(kept.secrets, "******"),
            },
            properties={**before.properties, **wanted.properties},
            extra={**before.extra, **wanted.extra},
            resource_class=wanted.resource_class or before.resource_class,
            traits=before.traits | wanted.traits,
            interfaces={**before.interfaces, **wanted.interfaces},
        )
        self._attach(kept.node, wanted)
        return kept.node

    def delete(self, node: Node) -> None:
        self._reach()
        if node.id not in self.kept:
            return
        now = self._held(node).node
        if not now.maintenance and now.provision_state not in (
            "enroll", "manageable", "available", "adopt failed",
        ):  # fmt: skip
            raise Refused(
                f'Ironic: Can not delete node "{now.id}" while it is in provision state '
                f'"{now.provision_state}".'
            )
        del self.kept[node.id]
        self.attached = {a: each for a, each in self.attached.items() if each.node != node.id}
        self._done("delete", node)

    def provision(self, node: Node, target: str, **values: Any) -> None:
        kept = self._held(node)
        now = kept.node
        if end := _AT_ONCE.get((target, now.provision_state)):
            kept.node = replace(now, provision_state=end, last_error="")
            self._done(target, now)
            return
        states, steps, end = _WAYS.get(target, (frozenset(), (), ""))
        if now.provision_state not in states:
            raise Refused(
                f'Ironic: The requested action "{target}" can not be performed on node '
                f'"{now.id}" while it is in state "{now.provision_state}".'
            )
        if now.maintenance and target in ("active", "rebuild", "provide", "clean"):
            raise Refused(
                f"Ironic: The operation can't be performed on node {now.id} because it's in "
                "maintenance mode."
            )
        self._work(kept, steps, end)
        self._done(target, now)

    def power(self, node: Node, target: str) -> None:
        kept = self._held(node)
        end = "power off" if target.endswith("off") else "power on"
        kind = "reboot" if target == "rebooting" else "power"

        def finish(now: Node) -> Node:
            now = replace(now, target_power_state="", reservation="")
            if why := kept.fail.get(kind):
                return replace(now, last_error=f"Failed to change power state to '{end}': {why}")
            return replace(now, power_state=end)

        kept.node = replace(kept.node, target_power_state=end, reservation=HOST, last_error="")
        kept.todo = [(self.clock() + kept.slow.get(kind, self.delay), finish)]
        self._done(target, node)

    def maintain(self, node: Node, on: bool, reason: str = "") -> None:
        kept = self._held(node)
        kept.node = replace(kept.node, maintenance=on, maintenance_reason=reason if on else "")
        self._done("maintain" if on else "unmaintain", node)

    def instance(self, node: Node, values: Mapping[str, Any]) -> None:
        self._held(node).instance.update(values)

    def interface_names(self, node: Node) -> Mapping[str, str]:
        self._reach()
        return dict(self._named(node.id).names)

    def image(self, name: str) -> str:
        if "://" not in name:
            raise Invalid(f"image {name!r}: an Ironic without Keystone knows no names")
        return name

    def network(self, name: str) -> str:
        return name

    # how it works

    def _reach(self) -> None:
        if self.away:
            raise OutsideFailed("Ironic at http://nowhere cannot be reached: Connection refused")

    def _named(self, name: str) -> _Kept:
        for kept in self.kept.values():
            if name in (kept.node.id, kept.node.name):
                return kept
        raise NotFound(f"Ironic: Node {name} could not be found.")

    def _held(self, node: Node) -> _Kept:
        """A node for a change; :class:`Busy` while Ironic works on it."""
        self._reach()
        kept = self._named(node.id)
        if self._now(kept).reservation:
            raise Busy(f"Ironic: Node {node.id} is locked by host {HOST}, please retry later.")
        return kept

    def _now(self, kept: _Kept) -> Node:
        while kept.todo and kept.todo[0][0] <= self.clock():
            kept.node = kept.todo.pop(0)[1](kept.node)
        return kept.node

    def _done(self, what: str, node: Node) -> None:
        self.asked.append((what, node.name))
        if self.lost:
            self.lost -= 1
            raise OutsideFailed("Ironic at http://nowhere cannot be reached: Connection reset")

    def _work(self, kept: _Kept, steps: tuple[tuple[str, str, str], ...], end: str) -> None:
        moment = self.clock()
        kept.node = replace(
            kept.node,
            provision_state=steps[0][0],
            target_provision_state=end,
            reservation=HOST,
            last_error="",
        )
        for number, (_, kind, broken) in enumerate(steps):
            moment += kept.slow.get(kind, self.delay)
            after = steps[number + 1][0] if number + 1 < len(steps) else ""
            kept.todo.append((moment, self._finish(kept, kind, broken, after, end)))

    def _finish(
        self, kept: _Kept, kind: str, broken: str, after: str, end: str
    ) -> Callable[[Node], Node]:
        def finish(now: Node) -> Node:
            if why := kept.fail.get(kind):
                kept.todo = []
                cleaning = broken == "clean failed"
                return replace(
                    now,
                    provision_state=broken,
                    last_error=f"Failed to {kind}: {' '.join(why.split())}",
                    reservation="",
                    target_provision_state="" if broken == "enroll" else end,
                    maintenance=cleaning or now.maintenance,
                    fault="clean failure" if cleaning else now.fault,
                )
            if after:
                return replace(now, provision_state=after)
            if kind == "inspect":
                kept.names = {MAC: "eth0"}
                now = replace(now, inspected=datetime.now(UTC).isoformat())
            return replace(now, provision_state=end, target_provision_state="", reservation="")

        return finish

    def _attach(self, node: Node, wanted: WantedNode) -> None:
        for address in (each.lower() for each in wanted.ports):
            known = self.attached.get(address)
            if known and known.node != node.id:
                raise Refused(f"{node.name}: the MAC address {address} is that of another node")
            made = NodePort(str(uuid4()), address, node.id, {"made_by": "osism"})
            self.attached.setdefault(address, made)
        keep = {each.lower() for each in wanted.ports}
        for address, port in list(self.attached.items()):
            if port.node == node.id and address not in keep and port.extra:
                del self.attached[address]
