"""Whose event it is: notifications about ports name the node by its id only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from time import monotonic

from osism.actions.events.portions import Placed
from osism.domain.errors import OsismError
from osism.domain.ports import Baremetal

#: Seconds between two questions to an Ironic that does not answer, and until they end.
_AGAIN, _LONGEST = 5.0, 600.0


class Names:
    """Node's id -> its name, as events and Ironic tell it."""

    def __init__(self, ironic: Callable[[], Baremetal]) -> None:
        self.ironic = ironic
        self.known: dict[str, str] = {}
        self.waiting: list[Placed] = []  # events of nodes that nobody has named yet
        self.since = self.at = 0.0

    def sort(self, events: Sequence[Placed]) -> list[tuple[str, Placed]]:
        """Events with the names of their nodes; empty for a node that has none, or that is gone.

        Those of nodes that Ironic has to be asked for come with a later call.
        """
        self.known |= {event.node: event.name for _, event in events if event.name}
        asked = [*self.waiting, *events]
        if unknown := {event.node for _, event in asked if not event.name} - set(self.known):
            self._ask(unknown)
        found, self.waiting = [], []
        for place, event in asked:
            name = event.name or self.known.get(event.node)
            if name is None:
                self.waiting.append((place, event))
            else:
                found.append((name, (place, event)))
        return found

    def _ask(self, nodes: Iterable[str]) -> None:
        now = monotonic()
        if not self.waiting:
            self.since = self.at = now
        if now < self.at:
            return
        self.at = now + _AGAIN
        unknown = sorted(nodes)
        with suppress(OsismError):  # asked for again later
            found = {each.id: each.name for each in self.ironic().nodes(unknown, states=True)}
            self.known |= {id: found.get(id, "") for id in unknown}
        if now - self.since > _LONGEST:
            self.known |= dict.fromkeys(unknown, "")
