"""Compare what runs on switches with NetBox; change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from osism.actions.generate_configuration import managed_switches
from osism.actions.phases.generate import require_switch
from osism.domain.drift import Comparison, compare
from osism.domain.errors import NotFound, OsismError
from osism.domain.intents import SwitchIntent, intent
from osism.domain.inventory import Device, Snapshot
from osism.domain.jobs import CheckDrift
from osism.domain.names import checked
from osism.domain.ports import Inventory, Locks, Switches, Work

#: Of an intent: what no driver observes, or what is told in words.
_NOT_COMPARED = ("name", "links", "system")


def check_drift(
    job: CheckDrift,
    work: Work,
    inventory: Inventory,
    switches: Switches,
    locks: Locks,
    parallel: int,
) -> dict[str, Any]:
    """Look at each switch; one that is being worked on is left out, one that does not answer is
    reported and does not stop the others."""
    names = [checked("switch", name) for name in job.switches] or managed_switches(inventory)
    busy = {name.removeprefix("device:") for name in locks.holders([f"device:{n}" for n in names])}
    snapshot = inventory.snapshot(names)
    if unknown := snapshot.missing(names):
        raise NotFound(f"NetBox does not know the device {', '.join(map(repr, unknown))}")
    devices = [require_switch(snapshot, name) for name in names]
    found = _look(snapshot, devices, busy, switches, parallel, job.show)
    for each in found:
        work.tell("drift", **each)
    return {"switches": found, "clean": all(each["result"] != "drifted" for each in found)}


def _look(
    snapshot: Snapshot,
    devices: Sequence[Device],
    busy: set[str],
    switches: Switches,
    parallel: int,
    show: bool,
) -> list[dict[str, Any]]:
    def look(device: Device) -> dict[str, Any]:
        if device.name in busy:
            return _result(device, "busy")
        if not device.deployment_enabled:
            return _result(device, "skipped", "deployment_enabled is false in NetBox")
        try:
            capabilities = switches.capabilities(device)
            if not capabilities.observes:
                return _result(device, "not checked", capabilities.description)
            wanted = intent(snapshot, device.name)
            with switches.connect(device) as session:
                running = session.observe()
        except OsismError as failure:
            return _result(device, "failed", str(failure))
        found = _compared(device, compare(wanted, running, capabilities.observes))
        return found | {"running": _shown(running)} if show else found

    if not devices:
        return []
    with ThreadPoolExecutor(min(parallel, len(devices)), "switch") as pool:
        return list(pool.map(look, devices))


def _result(device: Device, result: str, reason: str = "") -> dict[str, Any]:
    return {
        "switch": device.name,
        "result": result,
        "reason": reason,
        "differences": [],
        "unchecked": [],
        "links": [],
    }


def _compared(device: Device, comparison: Comparison) -> dict[str, Any]:
    return {
        **_result(device, "clean" if comparison.clean else "drifted"),
        "differences": [
            {"item": each.item, "field": each.field, "wanted": each.wanted, "found": each.found}
            for each in comparison.differences
        ],
        "unchecked": list(comparison.unchecked),
        "links": list(comparison.links),
    }


def _shown(running: SwitchIntent) -> dict[str, Any]:
    """What runs, as JSON; what is never compared is left out."""
    return {name: each for name, each in asdict(running).items() if name not in _NOT_COMPARED}
