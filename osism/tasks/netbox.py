"""Jobs of the worker netbox."""

from __future__ import annotations

from typing import Any

from osism import wiring
from osism.actions.check_drift import check_drift
from osism.actions.connect_devices import Limits, connect_devices
from osism.actions.deploy_configuration import deploy_configuration
from osism.actions.disable_ports import disable_ports
from osism.actions.follow_changes import follow_changes
from osism.actions.generate_configuration import generate_configuration
from osism.actions.import_inventory import import_inventory
from osism.actions.initialise_netbox import initialise_netbox
from osism.actions.keep_change import ask_if_forgotten
from osism.actions.prune_journal import prune_journal
from osism.actions.queue_wishes import queue_wishes
from osism.actions.resume_transitions import resume_transitions
from osism.actions.settle_jobs import settle_jobs
from osism.domain.jobs import (
    CheckDrift,
    ConnectDevices,
    DeployConfiguration,
    DisablePorts,
    FollowChanges,
    GenerateConfiguration,
    ImportInventory,
    InitialiseNetbox,
    PruneJournal,
    ResumeTransitions,
)
from osism.settings import settings
from osism.tasks.app import JobWork, task


@task(ConnectDevices)
def connect(job: ConnectDevices, work: JobWork) -> Any:
    return connect_devices(
        job,
        work,
        wiring.inventory(),
        wiring.repository(),
        wiring.store(),
        wiring.switches(),
        wiring.locks(),
        wiring.journal(),
        Limits(settings().revert_in, settings().lock_wait, settings().switch_parallel),
    )


@task(GenerateConfiguration)
def generate(job: GenerateConfiguration, work: JobWork) -> Any:
    return generate_configuration(
        job,
        work,
        wiring.inventory(),
        wiring.repository(),
        wiring.store(),
        wiring.switches(),
        wiring.locks(),
        settings().lock_wait,
    )


@task(DeployConfiguration)
def deploy(job: DeployConfiguration, work: JobWork) -> Any:
    return deploy_configuration(
        job,
        work,
        wiring.inventory(),
        wiring.repository(),
        wiring.store(),
        wiring.switches(),
        wiring.locks(),
        settings().lock_wait,
        settings().revert_in,
        settings().switch_parallel,
    )


@task(CheckDrift)
def drift(job: CheckDrift, work: JobWork) -> Any:
    return check_drift(
        job,
        work,
        wiring.inventory(),
        wiring.switches(),
        wiring.locks(),
        settings().switch_parallel,
    )


@task(DisablePorts)
def disable(job: DisablePorts, work: JobWork) -> Any:
    return disable_ports(job, work, wiring.inventory(), wiring.locks(), settings().lock_wait)


@task(FollowChanges)
def follow(job: FollowChanges, work: JobWork) -> Any:
    def bring(names: tuple[str, ...]) -> Any:
        if settings().webhook_deploys:
            return deploy(DeployConfiguration(names), work)
        return generate(GenerateConfiguration(names), work)

    return follow_changes(
        work,
        wiring.changes(),
        wiring.inventory(),
        wiring.locks(),
        bring,
        settings().webhook_quiet,
    )


@task(InitialiseNetbox)
def initialise(job: InitialiseNetbox, work: JobWork) -> Any:
    return initialise_netbox(work, wiring.catalogue())


@task(ImportInventory)
def import_(job: ImportInventory, work: JobWork) -> Any:
    return import_inventory(job, work, wiring.repository(), wiring.catalogue())


@task(ResumeTransitions)
def resume(job: ResumeTransitions, work: JobWork) -> Any:
    records, locks, queue = wiring.records(), wiring.locks(), wiring.queue()
    ask_if_forgotten(wiring.changes(), records, queue)
    resumed = resume_transitions(work, wiring.journal(), locks, records, queue)
    lost = [each for each in records.lost() if each not in resumed["open"]]
    silent = records.silent(settings().lease)
    settled = settle_jobs(work, lost, silent, records, locks, queue, wiring.run_journal())
    late = queue_wishes(work, wiring.specs(), records, queue, settings().retention)
    return resumed | settled | late


@task(PruneJournal)
def prune(job: PruneJournal, work: JobWork) -> Any:
    return prune_journal(
        work,
        wiring.journal(),
        wiring.run_journal(),
        wiring.audit(),
        settings().journal_retention,
        settings().audit_retention,
    )
