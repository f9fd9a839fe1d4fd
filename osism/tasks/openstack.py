"""Jobs of the worker openstack."""

from __future__ import annotations

from typing import Any

from osism import wiring
from osism.actions.operate_nodes import Patience, operate_nodes
from osism.domain.jobs import OperateNodes
from osism.settings import settings
from osism.tasks.app import JobWork, task


@task(OperateNodes)
def operate(job: OperateNodes, work: JobWork) -> Any:
    chosen = settings()
    events = wiring.records().output(work.id)
    return operate_nodes(
        job,
        work,
        wiring.baremetal(work.id, wait=0),
        Patience(chosen.ironic_retry, chosen.node_parallel),
        [event.values for event in events if event.kind == "operation"],
    )
