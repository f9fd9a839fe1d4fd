"""What Ironic is asked for because of an event: to make a node available, or for names that an
inspection has found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from osism.actions.events.portions import Portion
from osism.domain.errors import Busy, NotFound, OsismError, OutsideFailed, Refused
from osism.domain.ports import Baremetal, NodeDevices

#: Seconds between two attempts while Ironic is away or the node is locked; until it is given up.
AGAIN, LONGEST = 5.0, 600.0


@dataclass
class _Ask:
    portion: Portion
    since: float
    at: float


@dataclass(frozen=True)
class Answered:
    """What became of it; ``reason`` why it was not done."""

    portion: Portion
    reason: str = ""


class Asks:
    """Requests to Ironic, repeated until they are answered."""

    def __init__(self, ironic: Callable[[], Baremetal], devices: NodeDevices) -> None:
        self.ironic, self.devices = ironic, devices
        self.open: list[_Ask] = []

    def __bool__(self) -> bool:
        return bool(self.open)

    def add(self, portion: Portion) -> None:
        now = monotonic()
        self.open.append(_Ask(portion, now, now))

    def look(self) -> list[Answered]:
        """Ask what is due, up to the first that gets no answer: other events wait while an Ironic
        that is silent is waited for. What was answered."""
        now = monotonic()
        answered = []
        for each in [ask for ask in self.open if ask.at <= now]:
            self.open.remove(each)
            silent = False
            try:
                reason: str | None = self._ask(each.portion)
            except (Busy, OutsideFailed) as failure:
                each.at, reason = monotonic() + AGAIN, str(failure)
                silent = isinstance(failure, OutsideFailed)
                if now - each.since < LONGEST:
                    self.open.append(each)  # its turn comes after those of the others
                    reason = None
            if reason is not None:
                answered.append(Answered(each.portion, reason))
            if silent:
                break
        return answered

    def _ask(self, portion: Portion) -> str:
        """Do it; why it cannot be done."""
        steps, id = portion.steps, portion.last.node
        try:
            ironic = self.ironic()
            node = ironic.node(id)
            if steps.interface_names:
                self._name(portion.device, ironic.interface_names(node))
            # Asked for twice, it would be refused: by then the node is cleaned, or available.
            if steps.provide and node.provision_state == "manageable":
                ironic.provision(node, "provide")
        except NotFound:
            return ""  # gone meanwhile; the event of that comes
        except (Busy, OutsideFailed):
            raise
        except OsismError as refused:
            return str(refused)
        return ""

    def _name(self, device: str, names: Mapping[str, str]) -> None:
        try:
            self.devices.name_interfaces({device: names})
        except Refused as refused:
            raise Refused(f"names of interfaces: {refused}") from refused
