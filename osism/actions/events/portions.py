"""The events of a device that can be worked on at once: up to the first that takes its time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from osism.domain.event_rules import Rule, Steps, Values, decide, different
from osism.domain.ironic_events import NodeEvent
from osism.domain.ports import NodeDevice

Placed = tuple[str, NodeEvent]


@dataclass(frozen=True)
class Portion:
    """Some events of one device, in their order, and what follows from each; what takes its time
    (``steps``) follows from the last one only."""

    device: str
    events: tuple[Placed, ...]
    each: tuple[Steps, ...] = field(repr=False)

    @property
    def places(self) -> list[str]:
        return [place for place, _ in self.events]

    @property
    def last(self) -> NodeEvent:
        return self.events[-1][1]

    @property
    def steps(self) -> Steps:
        return self.each[-1]

    @property
    def takes_time(self) -> bool:
        return takes_time(self.steps)

    def fields(self, known: NodeDevice) -> Values:
        """What NetBox shows otherwise: the last event that speaks of a field counts. What a
        comparison has found was written by it."""
        wanted: dict[str, str | bool | None] = {}
        for (_, event), steps in zip(self.events, self.each, strict=True):
            wanted |= {} if event.found else steps.fields
        return different(wanted, known.fields)

    def counts(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """How many were acted on, and how many there was nothing to do for, by type."""
        acted: Counter[str] = Counter()
        ignored: Counter[str] = Counter()
        for (_, event), steps in zip(self.events, self.each, strict=True):
            if not event.found:
                (acted if steps else ignored)[event.type] += 1
        return acted, ignored


def takes_time(steps: Steps) -> bool:
    return bool(steps.state or steps.provide or steps.interface_names)


def portion(device: str, waiting: Iterable[Placed], rules: Sequence[Rule]) -> Portion:
    """The first portion of the events that wait for a device; there is one at least."""
    events, found = [], []
    for place, event in waiting:
        steps = decide(event, rules)
        events.append((place, event))
        found.append(steps)
        if takes_time(steps):
            break
    return Portion(device, tuple(events), tuple(found))
