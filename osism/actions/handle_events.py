"""Work on Ironic's events that wait: in their order for each device, all devices side by side.

Nothing is remembered here. An event is forgotten when it was acted on, so that whoever takes over
begins with those that were not; and whatever is done a second time changes nothing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any

from osism.actions.events.asks import Answered, Asks
from osism.actions.events.batches import Batches, Ended, Wish
from osism.actions.events.names import Names
from osism.actions.events.portions import Placed, Portion, portion
from osism.actions.events.turns import LOCK, in_turn
from osism.domain.errors import OutsideFailed, Refused
from osism.domain.event_rules import QUIET, Rule, Values
from osism.domain.ports import (
    Baremetal,
    Conditions,
    Events,
    JobRecords,
    Lease,
    Locks,
    NodeDevice,
    NodeDevices,
    Queue,
    Work,
)
from osism.domain.secrets import masked

__all__ = ["LOCK", "handle_events"]

#: Seconds between two looks; that NetBox, Redis or the database may be away; between two attempts;
#: that more events of a burst are waited for, which needs no other job then.
_PAUSE, _OUTAGE, _AGAIN, _LINGER = 0.2, 3600.0, 2.0, 1.0
#: Events that are read at once, and that are in memory at most.
_PAGE, _MOST = 1_000, 20_000


def handle_events(
    work: Work,
    events: Events,
    rules: Sequence[Rule],
    devices: NodeDevices,
    managed: Iterable[str],
    conditions: Conditions,
    ironic: Callable[[], Baremetal],
    records: JobRecords,
    locks: Locks,
    queue: Queue,
) -> Mapping[str, Any]:
    """Work on all events that wait, until none is left; how many were acted on, by type.

    *managed* are the devices of collections. Ends at once when another job is at it: that one looks
    again after it has let go of its lock.
    """
    done: Counter[str] = Counter()

    def work_on(lease: Lease) -> None:
        batches = Batches(work, devices, managed, records, locks, queue)
        asks, names = Asks(ironic, devices), Names(ironic)
        handling = _Handling(work, lease, events, rules, devices, conditions, batches, asks, names)
        try:
            handling.go()
        finally:
            done.update(handling.acted)

    other = in_turn(work, locks, lambda: bool(events.waiting(1)), work_on)
    return {"acted": dict(sorted(done.items())), **({"left_to": other} if other else {})}


class _Handling:
    """The events of all devices, from when they are read until they are forgotten."""

    def __init__(
        self,
        work: Work,
        lease: Lease,
        events: Events,
        rules: Sequence[Rule],
        devices: NodeDevices,
        conditions: Conditions,
        batches: Batches,
        asks: Asks,
        names: Names,
    ) -> None:
        self.work, self.lease, self.events, self.rules = work, lease, events, rules
        self.devices, self.conditions = devices, conditions
        self.batches, self.asks, self.names = batches, asks, names
        self.waiting: dict[str, deque[Placed]] = {}  # device -> its events
        self.ended: list[Ended] = []  # what an outage has kept from being written down
        self.answered: list[Answered] = []
        self.under_way: dict[str, Portion] = {}
        self.last = ""
        self.acted: Counter[str] = Counter()
        self.told: set[str] = set()

    def go(self) -> None:
        """Until nothing waits and nothing is under way; an outage is waited for."""
        away, busy = 0.0, monotonic()
        while True:
            self.work.check()
            self.lease.check()
            try:
                more = self._round()
                away = 0.0
            except OutsideFailed as failure:
                self._once(f"waiting: {failure}")
                away = away or monotonic()
                if monotonic() - away > _OUTAGE:
                    raise
                sleep(_AGAIN)
                continue
            if more or self.waiting or self.names.waiting:
                busy = monotonic()
            elif monotonic() - busy >= _LINGER:
                return
            if not more:
                sleep(_PAUSE)

    def _round(self) -> bool:
        """One look at everything; whether events have come."""
        more = self._read()
        self._advance()
        self.ended += self.batches.look()
        while self.ended:
            self._arrived(self.ended[0])
            del self.ended[0]
        self.answered += self.asks.look()
        while self.answered:
            self._answer(self.answered[0])
            del self.answered[0]
        return more

    # --- reading

    def _read(self) -> bool:
        held = sum(map(len, self.waiting.values()))
        found = self.events.waiting(_PAGE, self.last) if held < _MOST else ()
        if found:
            self.last = found[-1][0]
        for name, placed in self.names.sort(found):
            self.waiting.setdefault(name, deque()).append(placed)
        return bool(found)

    # --- what takes no time

    def _advance(self) -> None:
        """Write what NetBox is to show, and begin what takes its time."""
        idle = [name for name in self.waiting if name not in self.under_way]
        portions = [portion(name, self.waiting[name], self.rules) for name in idle]
        known = self.devices.find([name for name in idle if name]) if idle else {}
        found = [each for each in portions if each.device in known]
        self._write({known[e.device].id: f for e in found if (f := e.fields(known[e.device]))})
        self._conditions(found)
        for each in portions:
            self._wonder(each)
            if each.device not in known:
                self._once(f"{each.device or 'a node without a name'}: NetBox does not know it")
                self._forget(each, acted=False)
            elif not each.takes_time or self._outdated(each, known[each.device]):
                self._forget(each)
            else:
                self._begin(each)

    def _write(self, fields: Mapping[int, Values]) -> None:
        if not fields:
            return
        try:
            self.devices.write(fields)
        except Refused:
            for number, each in fields.items():  # one that is refused holds up no other
                try:
                    self.devices.write({number: each})
                except Refused as refused:
                    self._once(str(refused))

    def _conditions(self, found: Sequence[Portion]) -> None:
        """Conditions begin and end, in the order of the events."""
        speaking = [each for each in found if any(e.condition or e.ends for e in each.each)]
        if not speaking:
            return
        there = {(e.device, e.kind) for e in self.conditions.of([e.device for e in speaking])}
        for each in speaking:
            for (_, event), steps in zip(each.events, each.each, strict=True):
                if event.found:
                    continue
                ends = {kind for kind in steps.ends if (each.device, kind) in there}
                self.conditions.clear(each.device, ends)
                if steps.condition:
                    self.conditions.set(each.device, steps.condition, steps.reason, event.at)
                    there.add((each.device, steps.condition))

    def _wonder(self, found: Portion) -> None:
        """Say once that nothing follows from a kind of event that the rules do not know."""
        for (_, event), steps in zip(found.events, found.each, strict=True):
            if not steps and event.type not in QUIET:
                self._once(f"nothing follows from events of the kind {event.type}")

    def _outdated(self, found: Portion, known: NodeDevice) -> bool:
        """Whether events that came since a comparison tell something else than it has found."""
        shown = {**known.fields, **found.fields(known)}.get("provision_state") or ""
        return found.last.found and shown != found.last.provision_state

    # --- what takes its time

    def _begin(self, found: Portion) -> None:
        self.under_way[found.device] = found
        if job := found.last.request.removeprefix("req-"):
            self._once(f"{found.device}: {found.last} came of job {job}")
        if found.steps.state:
            self.batches.want(Wish(found.device, found.steps.state, found.last.id))
        else:
            self.asks.add(found)

    def _arrived(self, ended: Ended) -> None:
        """A device is in its state, or it is not."""
        found = self.under_way[ended.wish.device]
        if not ended.known:
            self._once(f"{found.device}: {ended.reason}")
            self._forget(found, acted=False)
            return
        if ended.good:
            self.conditions.clear(found.device, ["transition"])
        else:
            self._failed(found.device, "transition", f"to {found.steps.state}: {ended.reason}")
        if ended.good and (found.steps.provide or found.steps.interface_names):
            self.asks.add(found)
        else:
            self._forget(found)

    def _answer(self, answer: Answered) -> None:
        found, reason = answer.portion, answer.reason
        if reason and found.steps.provide:
            self._failed(found.device, "provision", f"provide: {reason}")
        elif reason:
            self._once(f"{found.device}: {reason}")
        self._forget(found)

    def _failed(self, device: str, kind: str, reason: str) -> None:
        text = str(masked(reason))
        self.conditions.set(device, kind, text, datetime.now(UTC))
        self.work.tell("note", text=f"{device}: {kind}: {text}")

    def _forget(self, found: Portion, acted: bool = True) -> None:
        """It was acted on."""
        counts, nothing = found.counts()
        if not acted:
            counts, nothing = {}, Counter(event.type for _, event in found.events)
        self.events.done(found.places, counts, nothing)
        self.acted.update(counts)
        self.under_way.pop(found.device, None)
        queue = self.waiting[found.device]
        for _ in found.events:
            queue.popleft()
        if not queue:
            del self.waiting[found.device]

    def _once(self, text: str) -> None:
        if text not in self.told:
            self.told.add(text)
            self.work.tell("note", text=text)
