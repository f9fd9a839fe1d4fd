"""Events that wait, in memory; passes the contract suite of the real ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from osism.domain.errors import Busy, OutsideFailed
from osism.domain.ironic_events import NodeEvent
from osism.domain.ports import Received


class MemoryEvents:
    """Keeps :class:`osism.domain.ports.Events`. ``away``: it does not answer."""

    def __init__(self, most: int = 1000) -> None:
        self.most, self.away = most, False
        self.kept: dict[str, NodeEvent] = {}
        self.known: set[str] = set()
        self.acted: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()
        self._last = 0

    def add(self, received: Received) -> int:
        self._reach()
        if len(self.kept) + len(received.events) > self.most:
            raise Busy(f"{self.most} events wait already")
        new = [each for each in received.events if each.id not in self.known]
        for each in new:
            self._last += 1
            self.kept[f"{self._last:09}"] = each
        self.known |= {each.id for each in new}
        return len(new)

    def waiting(self, limit: int, after: str = "") -> Sequence[tuple[str, NodeEvent]]:
        self._reach()
        return [(place, each) for place, each in self.kept.items() if place > after][:limit]

    def done(
        self,
        places: Collection[str],
        acted: Mapping[str, int] | None = None,
        ignored: Mapping[str, int] | None = None,
    ) -> None:
        self._reach()
        for each in places:
            self.kept.pop(each, None)
        self.acted.update(acted or {})
        self.ignored.update(ignored or {})

    def _reach(self) -> None:
        if self.away:
            raise OutsideFailed("Redis is away")
