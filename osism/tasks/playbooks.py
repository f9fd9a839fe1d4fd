"""What the workers ansible, ceph and kolla have in common: they run playbooks."""

from __future__ import annotations

from typing import Any

from osism import wiring
from osism.actions.run_playbook import run_playbook
from osism.domain.jobs import RunPlaybook
from osism.tasks.app import JobWork


def run(job: RunPlaybook, work: JobWork) -> Any:
    """Run a playbook with the runtime of the worker that it belongs to."""
    return run_playbook(
        job,
        work,
        wiring.plays(job.worker),
        wiring.play_runner(job.worker),
        wiring.run_journal(),
        wiring.inventory_path(),
    )
