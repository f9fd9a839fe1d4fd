"""Generate switches' configurations into the state repository."""

from __future__ import annotations

from typing import Any

from osism.actions.phases.generate import generate, require_switch
from osism.domain.errors import NotFound
from osism.domain.jobs import GenerateConfiguration
from osism.domain.names import checked
from osism.domain.ports import Inventory, Locks, Repository, Store, Switches, Work


def generate_configuration(
    job: GenerateConfiguration,
    work: Work,
    inventory: Inventory,
    repository: Repository,
    store: Store,
    switches: Switches,
    locks: Locks,
    wait: float,
) -> dict[str, Any]:
    """Render the intent of each switch; returns which configurations are new."""
    if job.template:
        checked("template", job.template)
    names = [checked("switch", name) for name in job.switches] or managed_switches(inventory)
    with locks.hold({f"device:{name}" for name in names}, work.owner, wait) as lease:
        snapshot = inventory.snapshot(names)
        if unknown := snapshot.missing(names):
            raise NotFound(f"NetBox does not know the device {', '.join(map(repr, unknown))}")
        for name in names:
            require_switch(snapshot, name)
        configurations = generate(snapshot, names, repository, switches, job.template)
        lease.check()
        texts = {name: each.text for name, each in configurations.items()}
        new = store.commit(texts, f"{job.summary}\n\nJob: {work.id}\nAsked by: {work.by}")
    for name, each in configurations.items():
        result = "generated" if name in new else "as before"
        work.tell("switch", switch=name, result=result, template=each.template)
    return {
        "switches": [
            {
                "switch": name,
                "result": "generated" if name in new else "as before",
                "template": each.template,
            }
            for name, each in configurations.items()
        ]
    }


def managed_switches(inventory: Inventory) -> list[str]:
    """Every switch that the product manages."""
    return [each.name for each in inventory.devices() if each.managed_switch]
