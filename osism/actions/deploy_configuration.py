"""Deploy what NetBox wants to switches, compare, confirm; all of them or none."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from osism.actions.generate_configuration import managed_switches
from osism.actions.phases.deploy import Rollout
from osism.actions.phases.generate import generate, require_switch
from osism.domain.errors import LeaseLost, NotFound
from osism.domain.jobs import DeployConfiguration
from osism.domain.names import checked
from osism.domain.ports import Inventory, Locks, Repository, Store, Switches, Work


def deploy_configuration(
    job: DeployConfiguration,
    work: Work,
    inventory: Inventory,
    repository: Repository,
    store: Store,
    switches: Switches,
    locks: Locks,
    wait: float,
    revert_in: float,
    parallel: int,
) -> dict[str, Any]:
    """Phases 2 to 4 for switches, without a device that changes its state."""
    names = [checked("switch", name) for name in job.switches] or managed_switches(inventory)
    with locks.hold({f"device:{name}" for name in names}, work.owner, wait) as lease:
        snapshot = inventory.snapshot(names)
        if unknown := snapshot.missing(names):
            raise NotFound(f"NetBox does not know the device {', '.join(map(repr, unknown))}")
        for name in names:
            require_switch(snapshot, name)
        configurations = generate(snapshot, names, repository, switches)
        lease.check()
        texts = {name: each.text for name, each in configurations.items()}
        store.commit(texts, f"{job.summary}\n\nJob: {work.id}\nAsked by: {work.by}")

        def tell(name: str, result: str, **values: Any) -> None:
            work.tell("switch", switch=name, result=result, **values)

        rollout = Rollout(switches, configurations, tell, lease.check, revert_in, parallel)
        with closing(rollout):
            try:
                rollout.deploy()
                rollout.validate()
                work.check()
                rollout.confirm()
            except LeaseLost:
                raise
            except Exception:
                rollout.revert()
                raise
        store.mark_deployed(rollout.enabled)
    return {"switches": rollout.results()}
