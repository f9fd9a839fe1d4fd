"""Jobs of the worker reconciler."""

from __future__ import annotations

from typing import Any

from osism import wiring
from osism.actions.reconcile_inventory import reconcile_inventory
from osism.domain.jobs import ReconcileInventory
from osism.settings import settings
from osism.tasks.app import JobWork, task


@task(ReconcileInventory)
def reconcile(job: ReconcileInventory, work: JobWork) -> Any:
    return reconcile_inventory(
        job,
        work,
        wiring.host_source(),
        wiring.inventories(),
        wiring.records(),
        wiring.locks(),
        settings().lock_wait,
    )
