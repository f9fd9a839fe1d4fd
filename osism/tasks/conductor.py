"""Jobs of the worker conductor."""

from __future__ import annotations

from typing import Any

from osism import wiring
from osism.actions.apply_collection import apply_collection
from osism.domain.jobs import ApplyCollection
from osism.tasks.app import JobWork, task


@task(ApplyCollection)
def apply(job: ApplyCollection, work: JobWork) -> Any:
    return apply_collection(
        job,
        work,
        wiring.collections(),
        wiring.roles(),
        wiring.records(),
        wiring.locks(),
        wiring.queue(),
    )
