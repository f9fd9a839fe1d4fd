"""Jobs of the worker conductor."""

from __future__ import annotations

from typing import Any

from osism import wiring
from osism.actions.apply_collection import apply_collection
from osism.actions.copy_node_states import copy_node_states
from osism.actions.handle_events import handle_events
from osism.actions.operate_nodes import Patience
from osism.actions.sync_nodes import Sides, sync_nodes
from osism.actions.write_servers import write_servers
from osism.domain.jobs import ApplyCollection, CopyNodeStates, HandleEvents, SyncNodes, WriteServers
from osism.settings import settings
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


@task(HandleEvents)
def handle(job: HandleEvents, work: JobWork) -> Any:
    return handle_events(
        work,
        wiring.events(),
        wiring.event_rules(),
        wiring.node_devices(),
        wiring.managed(),
        wiring.conditions(),
        lambda: wiring.baremetal(work.id, 0),
        wiring.records(),
        wiring.locks(),
        wiring.queue(),
    )


@task(CopyNodeStates)
def copy_states(job: CopyNodeStates, work: JobWork) -> Any:
    return copy_node_states(
        work,
        lambda: wiring.baremetal(work.id, 5),
        wiring.node_devices(),
        wiring.managed(),
        wiring.events(),
        wiring.event_rules(),
        wiring.conditions(),
        wiring.locks(),
        wiring.queue(),
    )


@task(SyncNodes)
def sync(job: SyncNodes, work: JobWork) -> Any:
    chosen = settings()
    sides = Sides(
        wiring.node_source(),
        wiring.node_devices(),
        wiring.node_parameters(),
        wiring.baremetal(work.id),
        wiring.baremetal(work.id, 0),
        wiring.conditions(),
    )
    patience = Patience(chosen.ironic_retry, chosen.node_parallel)
    return sync_nodes(job, work, sides, patience)


@task(WriteServers)
def write(job: WriteServers, work: JobWork) -> Any:
    return write_servers(
        job,
        work,
        wiring.node_source(),
        wiring.node_parameters("bifrost"),
        wiring.standalone(),
        wiring.servers(),
        wiring.locks(),
        settings().lock_wait,
    )
