"""Which jobs a program may ask for, with which role, and what is looked at before one is queued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from osism.domain.access import Role
from osism.domain.errors import Invalid
from osism.domain.jobs import (
    ApplyCollection,
    ConnectDevices,
    Job,
    OperateNodes,
    RunPlaybook,
    SyncNodes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_WORK = "work on devices, hosts and nodes"
#: Job -> (the least role that may ask for it, why).
ASKED: Mapping[str, tuple[Role, str]] = {
    "ConnectDevices": (Role.OPERATOR, _WORK),
    "GenerateConfiguration": (Role.OPERATOR, _WORK),
    "DeployConfiguration": (Role.OPERATOR, _WORK),
    "CheckDrift": (Role.OPERATOR, "looks only, but logs in to every switch"),
    "DisablePorts": (Role.OPERATOR, _WORK),
    "RunPlaybook": (Role.OPERATOR, _WORK),
    "ApplyCollection": (Role.OPERATOR, _WORK),
    "ReconcileInventory": (Role.OPERATOR, _WORK),
    "SyncNodes": (Role.OPERATOR, f"{_WORK}; with prune it removes nodes: admin"),
    "WriteServers": (Role.OPERATOR, _WORK),
    "OperateNodes": (Role.OPERATOR, f"{_WORK}; the action delete removes nodes: admin"),
    "InitialiseNetbox": (Role.ADMIN, "changes NetBox's own fields"),
    "ImportInventory": (Role.ADMIN, "creates and changes devices in NetBox"),
    "PruneJournal": (Role.ADMIN, "forgets history"),
}
#: Jobs that the product sends itself, and who does.
OWN: Mapping[str, str] = {
    "ResumeTransitions": "the schedule",
    "CopyNodeStates": "the schedule",
    "HandleEvents": "the listener",
    "FollowChanges": "NetBox's webhook",
}


def role(job: Job) -> Role:
    """The least role that may ask for this job."""
    removes = (isinstance(job, SyncNodes) and job.prune and not job.dry_run) or (
        isinstance(job, OperateNodes) and job.action == "delete"
    )
    return Role.ADMIN if removes else ASKED[type(job).__name__][0]


def check(job: Job) -> None:
    """Refuse what cannot be done, before anything is queued; raises :class:`Invalid`."""
    name = type(job).__name__
    if name not in ASKED:
        raise Invalid(f"job {name}: {OWN.get(name, 'the product')} asks for it; nobody else can")
    looks: Mapping[type[Job], Callable[..., None]] = {
        ConnectDevices: _connect,
        RunPlaybook: _run,
        ApplyCollection: _collection,
        OperateNodes: _operate,
    }
    if look := looks.get(type(job)):
        look(job)


def _connect(job: ConnectDevices) -> None:
    if not job.names and not job.collection:
        raise Invalid("name a device or a collection")
    if job.kind not in ("", "device", "collection"):
        raise Invalid(f"kind {job.kind!r}: device or collection, or empty for whichever exists")


def _run(job: RunPlaybook) -> None:
    from osism.domain import runs
    from osism.domain.names import checked

    checked("role", job.role)
    checked("environment", job.environment)
    if job.sub:
        checked("part of an environment", job.sub)
    _limits(job)
    runs.check(job)


def _collection(job: ApplyCollection) -> None:
    from osism.domain.names import checked
    from osism.domain.runs import check_arguments

    checked("collection", job.name)
    _limits(job)
    check_arguments(job.arguments, job.limit)


def _limits(job: RunPlaybook | ApplyCollection) -> None:
    from osism.domain.applying import RETRIES, TIMEOUT

    if not 0 <= job.retries <= RETRIES or not 0 <= job.timeout <= TIMEOUT:
        raise Invalid(f"retries are 0 to {RETRIES}, timeout is 0 (never) to {TIMEOUT} seconds")


def _operate(job: OperateNodes) -> None:
    from osism.domain.cleanings import steps
    from osism.domain.names import nearest
    from osism.domain.operations import OPERATIONS
    from osism.domain.secrets import masked

    if job.action not in OPERATIONS:
        raise Invalid(f"action {job.action!r}: unknown{nearest(job.action, OPERATIONS)}")
    if job.timeout < 0:
        raise Invalid(f"--timeout {job.timeout}: must not be negative")
    for name, value in (("image", job.image), ("checksum", job.checksum)):
        if masked(value) != value:
            raise Invalid(f"--{name}: there is a password in the URL, and jobs are kept")
    steps(job.steps)
