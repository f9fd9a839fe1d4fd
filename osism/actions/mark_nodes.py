"""What NetBox shows of nodes while they are verified and inspected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from time import monotonic
from typing import Any

from osism.domain.enrolment import registered
from osism.domain.errors import OutsideFailed
from osism.domain.netbox_nodes import NetboxNode
from osism.domain.nodes import Node
from osism.domain.operations import INSPECT_FAILED
from osism.domain.ports import NodeDevices, Owner, Work
from osism.domain.registration import marks
from osism.domain.verdicts import DONE

#: Seconds between two writes, so that nodes that end together are written together.
_PAUSE = 1.0


class Marking:
    """The job's :class:`~osism.domain.ports.Work`, which writes to NetBox what it hears of nodes.

    A NetBox that is away holds nothing up: what could not be written waits for the next time.
    *mask* takes secrets out of what Ironic says.
    """

    def __init__(self, work: Work, netbox: NodeDevices, mask: Callable[[str], str]) -> None:
        self._work, self._netbox, self.mask = work, netbox, mask
        self._devices: dict[str, NetboxNode] = {}
        self._waiting: dict[int, dict[str, Any]] = {}
        self._shown: dict[int, dict[str, Any]] = {}
        self._written = 0.0
        self._inspecting = False

    @property
    def id(self) -> str:
        return self._work.id

    @property
    def by(self) -> str:
        return self._work.by

    @property
    def owner(self) -> Owner:
        return self._work.owner

    def check(self) -> None:
        self._work.check()
        if self._waiting and monotonic() - self._written >= _PAUSE:
            try:
                self.write()
            except OutsideFailed as away:
                self._written = monotonic()
                self._work.tell("note", text=f"{away}; NetBox is written later")

    def tell(self, kind: str, **values: Any) -> None:
        if values.get("reason"):
            values["reason"] = self.mask(str(values["reason"]))
        self._work.tell(kind, **values)
        if kind == "operation" and values["node"] in self._devices:
            self._heard(self._devices[values["node"]], values)

    def follow(self, devices: Iterable[NetboxNode], inspecting: bool) -> None:
        """Listen for these from now on."""
        self._devices, self._inspecting = {each.name: each for each in devices}, inspecting

    def note(self, device: NetboxNode, node: Node | None) -> None:
        """NetBox shall show how *node* is, None for one that is not there."""
        shown = {**device.fields, **self._shown.get(device.id, {})}
        if fields := marks(replace(device, fields=shown), node):
            self._waiting.setdefault(device.id, {}).update(fields)

    def write(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._netbox.write(self._waiting)
            for id, fields in self._waiting.items():
                self._shown.setdefault(id, {}).update(fields)
            self._waiting = {}
        self._written = monotonic()

    def _heard(self, device: NetboxNode, said: Mapping[str, Any]) -> None:
        node = Node("", device.name, str(said["state"]))
        if self._inspecting and said["result"] == DONE and node.provision_state != INSPECT_FAILED:
            node = Node("", device.name, node.provision_state, inspected="now")
        if registered(node):
            self.note(device, node)
