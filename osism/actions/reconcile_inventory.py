"""Make Ansible's inventory anew, once for everybody who has asked for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from osism.domain.errors import Busy, Invalid, LeaseLost, OsismError, OutsideFailed, TakenOver
from osism.domain.hosts import NetboxHost
from osism.domain.jobs import ReconcileInventory, encode
from osism.domain.ports import HostSource, Inventories, JobStatus, Locks, Requests, Work

#: The lock of the inventory.
LOCK = "inventory"
_OPEN = ("queued", "retrying", "started")
_ENDS = ("succeeded", "failed", "revoked")
_REQUEST = encode(ReconcileInventory())


def reconcile_inventory(
    job: ReconcileInventory,
    work: Work,
    netbox: HostSource | None,
    inventories: Inventories,
    records: Requests,
    locks: Locks,
    wait: float,
) -> Mapping[str, Any]:
    """Bring the inventory up to date; what has changed.

    One run at a time. A run reads everything after it has begun, so it answers every request that
    was there by then: they end with it. NetBox away: its last layer is used, and ``degraded`` says
    why.
    """
    if job.dry_run:
        hosts, degraded = _hosts(netbox)
        return {**inventories.compare(hosts), "degraded": degraded}
    with locks.hold([LOCK], work.owner, wait) as lease:
        mine = records.statuses([work.id]).get(work.id)
        if mine and mine.state in _ENDS:
            return {}  # the run that we waited for was ours, too
        covered = _others(work.id, records)

        def check() -> None:
            work.check()
            lease.check()

        try:
            hosts, degraded = _hosts(netbox)
            result = {**inventories.reconcile(hosts, check), "degraded": degraded}
        except (Busy, LeaseLost, TakenOver):
            raise  # somebody else goes on, and the others with them
        except OsismError as failure:
            code = 2 if isinstance(failure, Invalid) else 1
            _end(covered, records, "failed", str(failure), {"error": type(failure).__name__}, code)
            raise
        _end(covered, records, "succeeded", "", result | {"run": work.id}, 0)
    return result


def _hosts(netbox: HostSource | None) -> tuple[Sequence[NetboxHost] | None, str]:
    """NetBox's hosts, None for those of the last time; why, if it is away."""
    if netbox is None:
        return (), ""
    try:
        return netbox.hosts(), ""
    except OutsideFailed as away:
        return None, str(away)


def _others(mine: str, records: Requests) -> list[JobStatus]:
    """Requests that this run answers: whoever asked has changed something before."""
    return [
        each
        for state in _OPEN
        for each in records.recent(1000, state)
        if each.id != mine and dict(each.request) == _REQUEST
    ]


def _end(
    covered: Sequence[JobStatus],
    records: Requests,
    state: str,
    reason: str,
    result: Mapping[str, Any],
    code: int,
) -> None:
    for each in covered:
        # One that cannot be told now gets a run of its own.
        with suppress(OutsideFailed):
            records.end(each.id, state, reason, result, code)
