"""Compare Ironic's nodes with what NetBox shows of them, and mend what a lost event has left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from osism.actions.events.batches import IRONIC
from osism.actions.events.turns import LOCK
from osism.domain.errors import Refused
from osism.domain.event_rules import Rule
from osism.domain.jobs import HandleEvents
from osism.domain.node_states import Finding, compared, gone, had_node
from osism.domain.nodes import Node
from osism.domain.ports import (
    Baremetal,
    Conditions,
    Events,
    Locks,
    NodeDevice,
    NodeDevices,
    Queue,
    Received,
    Work,
)

log = logging.getLogger(__name__)

_PAGE = 1_000
#: So many nodes, and of all this part, can be gone at once; more are Ironic's mistake, or a user's
#: who may not see them.
_FEW, _PART = 3, 0.1


def copy_node_states(
    work: Work,
    ironic: Callable[[], Baremetal],
    devices: NodeDevices,
    managed: Iterable[str],
    events: Events,
    rules: Sequence[Rule],
    conditions: Conditions,
    locks: Locks,
    queue: Queue,
) -> Mapping[str, Any]:
    """Bring NetBox up to date, and queue what takes its time as events would.

    *managed* are the devices of collections. Devices with events that wait are left to these.
    Raises :class:`Busy` while events are worked on: what they write must not be written over.
    """
    held = False
    try:
        # Not waited for here: who works on events waits for jobs that need this worker's places.
        with locks.hold([LOCK], work.owner, 0):
            held = True
            comparison = _Comparison(work, devices, events, rules, conditions, locks)
            return comparison.go(ironic, frozenset(managed))
    finally:
        # Whoever found the lock held has left its events to us.
        if held and events.waiting(1):
            queue.send(HandleEvents(), IRONIC)


class _Comparison:
    def __init__(
        self,
        work: Work,
        devices: NodeDevices,
        events: Events,
        rules: Sequence[Rule],
        conditions: Conditions,
        locks: Locks,
    ) -> None:
        self.work, self.devices, self.events = work, devices, events
        self.rules, self.conditions, self.locks = rules, conditions, locks

    def go(self, ironic: Callable[[], Baremetal], managed: frozenset[str]) -> Mapping[str, Any]:
        busy, at = self._busy(), datetime.now(UTC)
        nodes = {each.name: each for each in ironic().nodes() if each.name}
        known = self.devices.find(managed | set(nodes))
        left = [each for each in known.values() if each.name not in nodes and had_node(each)]
        if doubt := _doubted(left, known, len(nodes)):
            self.work.tell("note", text=doubt)
            log.warning("%s", doubt)
            left = []
        looked = [each for each in known if each in nodes and not busy & {each, nodes[each].id}]
        there = self._conditions([*looked, *(each.name for each in left)])
        found = {
            name: compared(nodes[name], known[name], there.get(name, {}), self.rules, at)
            for name in looked
        }
        for each in left:
            if each.name not in busy:
                mine = there.get(each.name, {})
                found[each.name] = gone(each, mine, self.rules, at)
        return self._mend(found, known, nodes, managed, at)

    def _busy(self) -> set[str]:
        """Names and ids of nodes that events tell of which nobody has worked on yet."""
        found: set[str] = set()
        place = ""
        while page := self.events.waiting(_PAGE, place):
            found |= {word for _, event in page for word in (event.node, event.name) if word}
            place = page[-1][0]
        return found

    def _conditions(self, names: Sequence[str]) -> Mapping[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for each in self.conditions.of(names):
            found.setdefault(each.device, {})[each.kind] = each.reason
        return found

    def _mend(
        self,
        found: Mapping[str, Finding],
        known: Mapping[str, NodeDevice],
        nodes: Mapping[str, Node],
        managed: frozenset[str],
        at: datetime,
    ) -> Mapping[str, Any]:
        held = self.locks.holders(f"device:{name}" for name in found)
        # What is shown is not found again. So where there is something to do, it is shown when that
        # can begin, and not before it is kept.
        found = {n: e for n, e in found.items() if not e.event or f"device:{n}" not in held}
        late = [
            each.event
            for name, each in found.items()
            if each.event and (name in managed or not each.moves)
        ]
        if late:
            self.events.add(Received(late))
            names = ", ".join(event.name for event in late[:5])
            more = f" and {len(late) - 5} more" if len(late) > 5 else ""
            self.work.tell("note", text=f"missed: {names}{more}")
        written = self._write(
            {known[name].id: each.fields for name, each in found.items() if each.fields}
        )
        for name, each in found.items():
            for kind, reason in each.begins.items():
                self.conditions.set(name, kind, reason, at)
            self.conditions.clear(name, each.ends)
        return {
            "nodes": len(nodes),
            "unknown": sorted(set(nodes) - set(known))[:100],
            "written": written,
            "missed": sorted(event.name for event in late),
        }

    def _write(self, fields: Mapping[int, Mapping[str, Any]]) -> int:
        if not fields:
            return 0
        try:
            self.devices.write(fields)
        except Refused as refused:
            self.work.tell("note", text=str(refused))
            for number, each in fields.items():  # one that is refused holds up no other
                with suppress(Refused):
                    self.devices.write({number: each})
        return len(fields)


def _doubted(left: Sequence[NodeDevice], known: Mapping[str, NodeDevice], nodes: int) -> str:
    """Why nothing is done about nodes that are gone, empty when something is. *nodes*: so many
    Ironic has."""
    if left and not nodes:
        return (
            f"Ironic shows no node at all, and NetBox has {len(left)}, {left[0].name!r} among "
            "them: that is not believed; may its user see all nodes?"
        )
    most = max(_FEW, _PART * sum(1 for each in known.values() if had_node(each)))
    if len(left) <= most:
        return ""
    return (
        f"Ironic does not show {len(left)} nodes that NetBox has, {left[0].name!r} among them: too "
        "many to be gone at once; may its user see all nodes?"
    )
