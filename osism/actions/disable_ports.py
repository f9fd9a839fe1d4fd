"""Disable the ports of a device that have no cable, in NetBox; the next deployment shuts them."""

from __future__ import annotations

from typing import Any

from osism.domain.changes import Changes, InterfaceUpdate
from osism.domain.errors import NotFound
from osism.domain.jobs import DisablePorts
from osism.domain.names import checked
from osism.domain.ports import Inventory, Locks, Work


def disable_ports(
    job: DisablePorts, work: Work, inventory: Inventory, locks: Locks, wait: float
) -> dict[str, Any]:
    """Management ports, LAGs and virtual interfaces stay as they are."""
    name = checked("device", job.device)
    with locks.hold([f"device:{name}"], work.owner, wait) as lease:
        snapshot = inventory.snapshot([name])
        if snapshot.missing([name]):
            raise NotFound(f"NetBox does not know the device {name!r}")
        unused = [
            each.port
            for each in snapshot.by_device[name]
            if each.has_socket and each.enabled and not each.mgmt_only and each.cable is None
        ]
        todo = Changes(
            update_interfaces=tuple(InterfaceUpdate(port, {"enabled": False}) for port in unused),
            snapshot=snapshot,
        )
        if todo and not job.dry_run:
            lease.check()
            inventory.apply(todo)
    ports = [port.interface for port in unused]
    work.tell("ports", device=name, disabled=ports, dry_run=job.dry_run)
    return {"device": name, "disabled": ports}
