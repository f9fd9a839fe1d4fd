"""The things the product can be asked to do. A job is the only thing that crosses a queue.

On the wire a job is a JSON object: its fields and ``"job": "<class>"``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, get_type_hints

from osism.domain.errors import Invalid

#: worker -> queue. The queue's name is an alias of the worker's.
QUEUES = {
    "ansible": "osism-ansible",
    "ceph": "ceph-ansible",
    "kolla": "kolla-ansible",
    "conductor": "conductor",
    "netbox": "netbox",
    "openstack": "openstack",
    "reconciler": "reconciler",
}


@dataclass(frozen=True)
class Job:
    """Base of all jobs. ``worker`` is a key of :data:`QUEUES`.

    ``once``: never begun a second time; when its worker dies it has failed. ``resumed``: begun
    again under its own id when its worker dies, for it finds out what is done already.
    """

    worker: ClassVar[str] = "netbox"
    once: ClassVar[bool] = False
    resumed: ClassVar[bool] = False

    @property
    def summary(self) -> str:
        """What is asked for, in a few words for people."""
        return verb(type(self))

    @property
    def queue(self) -> str:
        """Where it waits."""
        return QUEUES[self.worker]

    @property
    def alone(self) -> tuple[str, ...]:
        """Locks that the job waits for, outside of a worker, before it begins."""
        return ()


@dataclass(frozen=True)
class ConnectDevices(Job):
    """Bring devices into a state, through the four phases.

    ``names`` are devices or collections as ``kind`` says (``device``, ``collection``, or empty:
    whichever exists); ``collection`` narrows devices down. ``state`` None: the one in NetBox.
    ``generation``: that of the device's spec which it brings about, 0 for none; it does nothing
    when there is a newer one.
    """

    names: tuple[str, ...]
    kind: str = ""
    collection: str = ""
    state: str | None = None
    enforce: bool = False
    abort: bool = False
    dry_run: bool = False
    generation: int = 0

    @property
    def summary(self) -> str:
        what = "abort" if self.abort else "plan" if self.dry_run else "connect"
        names = _listed(self.names or (self.collection,))
        return f"{what} {names}" + (f" to {self.state}" if self.state else "")


@dataclass(frozen=True)
class GenerateConfiguration(Job):
    """Generate switches' configurations into the state repository; empty: of all switches."""

    switches: tuple[str, ...] = ()
    template: str = ""

    @property
    def summary(self) -> str:
        return f"generate {_listed(self.switches)}"


@dataclass(frozen=True)
class DeployConfiguration(Job):
    """Deploy what was generated, compare, confirm; empty: to all switches."""

    switches: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        return f"deploy {_listed(self.switches)}"


@dataclass(frozen=True)
class CheckDrift(Job):
    """Compare what runs on switches with NetBox, change nothing; empty: all at rest.

    ``show``: tell what runs, as far as it can be observed, as well.
    """

    switches: tuple[str, ...] = ()
    show: bool = False

    @property
    def summary(self) -> str:
        return f"drift {_listed(self.switches)}"


@dataclass(frozen=True)
class DisablePorts(Job):
    """Disable the ports of a device that have no cable, in NetBox."""

    device: str
    dry_run: bool = False

    @property
    def summary(self) -> str:
        return f"disable unused ports of {self.device}"


@dataclass(frozen=True)
class InitialiseNetbox(Job):
    """Create the custom fields and tags the product needs in NetBox."""


@dataclass(frozen=True)
class ImportInventory(Job):
    """Import device types and resources of the configuration repository into NetBox."""

    paths: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True)
class FollowChanges(Job):
    """Generate, and deploy where that is set, the switches that were changed in NetBox.

    One job works on all changes that NetBox's webhooks have told, once none has come for a while.
    """

    resumed = True

    @property
    def summary(self) -> str:
        return "follow changes in NetBox"

    @property
    def alone(self) -> tuple[str, ...]:
        return ("changes",)


@dataclass(frozen=True)
class ResumeTransitions(Job):
    """Take up transitions whose worker is gone, and end other jobs that lost theirs."""


@dataclass(frozen=True)
class PruneJournal(Job):
    """Forget transitions and runs that ended longer ago than the retention time."""


@dataclass(frozen=True)
class RunPlaybook(Job):
    """Play a role of an environment with Ansible.

    ``sub`` is a part of the environment, ``action`` kolla-ansible's. ``arguments`` go to
    ansible-playbook as they are, one word each. ``retries``: how often a run that failed is begun
    again; ``timeout``: seconds after which it is ended, 0 for never. ``collection``: the job of
    the collection it belongs to.
    """

    once = True

    environment: str
    role: str
    sub: str = ""
    action: str = ""
    limit: str = ""
    arguments: tuple[str, ...] = ()
    check: bool = False
    diff: bool = False
    retries: int = 0
    timeout: int = 0
    collection: str = ""

    @property
    def worker(self) -> str:  # type: ignore[override]
        return self.environment if self.environment in ("kolla", "ceph") else "ansible"

    @property
    def summary(self) -> str:
        words = ["check" if self.check else "apply", self.role, *(self.action and [self.action])]
        where = f"{self.environment}.{self.sub}" if self.sub else self.environment
        return f"{' '.join(words)} ({where}{f', {self.limit}' if self.limit else ''})"

    @property
    def alone(self) -> tuple[str, ...]:
        where = f"{self.environment}.{self.sub}" if self.sub else self.environment
        return (f"run:{where}:{self.role}" + (f":{self.limit}" if self.limit else ""),)


@dataclass(frozen=True)
class ApplyCollection(Job):
    """Play the roles of a collection in the order of their dependencies.

    Its own worker only sends the roles' jobs and looks what becomes of them.
    """

    worker = "conductor"
    resumed = True

    name: str
    limit: str = ""
    arguments: tuple[str, ...] = ()
    check: bool = False
    diff: bool = False
    retries: int = 0
    timeout: int = 0

    @property
    def summary(self) -> str:
        return f"{'check' if self.check else 'apply'} collection {self.name}"


@dataclass(frozen=True)
class ReconcileInventory(Job):
    """Make Ansible's inventory anew of the configuration repository and NetBox.

    Requests that are queued when a run begins end with it. ``dry_run``: say what would change.
    """

    worker = "reconciler"
    resumed = True

    dry_run: bool = False

    @property
    def summary(self) -> str:
        return "compare the inventory" if self.dry_run else "reconcile the inventory"


@dataclass(frozen=True)
class HandleEvents(Job):
    """Work on Ironic's notifications that the listener has kept, those of a device in their order.

    One job works on all that wait; others that were asked for meanwhile find nothing left.
    """

    worker = "conductor"
    resumed = True

    @property
    def summary(self) -> str:
        return "handle Ironic's events"


@dataclass(frozen=True)
class SyncNodes(Job):
    """Register and update NetBox's nodes in Ironic; empty: all that Ironic is to manage.

    ``prune``: remove from Ironic what is gone from NetBox; ``sure``: also when that is a lot.
    """

    worker = "conductor"
    resumed = True

    names: tuple[str, ...] = ()
    dry_run: bool = False
    prune: bool = False
    sure: bool = False

    @property
    def summary(self) -> str:
        names = ", ".join(self.names[:3]) or "all nodes"
        more = f" and {len(self.names) - 3} more" if len(self.names) > 3 else ""
        return f"{'compare' if self.dry_run else 'sync'} {names}{more} with Ironic"

    @property
    def alone(self) -> tuple[str, ...]:
        # One has a worker's place for as long as inspections take; events need the others.
        return () if self.dry_run else ("sync:nodes",)


@dataclass(frozen=True)
class WriteServers(Job):
    """Write NetBox's nodes as the inventory of bifrost; ``dry_run``: say what would change."""

    worker = "conductor"
    resumed = True

    dry_run: bool = False

    @property
    def summary(self) -> str:
        return f"{'compare' if self.dry_run else 'write'} the servers of bifrost"


@dataclass(frozen=True)
class CopyNodeStates(Job):
    """Copy the states of all nodes from Ironic to NetBox, and mend what a lost event left."""

    worker = "conductor"


@dataclass(frozen=True)
class OperateNodes(Job):
    """Ask Ironic to do something with nodes and wait for it.

    ``action`` is a key of :data:`osism.domain.operations.OPERATIONS`; ``reason`` is for people.
    ``timeout``: seconds until a node is waited for no more, 0 for what is usual for the action.
    """

    worker = "openstack"
    resumed = True

    action: str
    names: tuple[str, ...]
    reason: str = ""
    image: str = ""
    checksum: str = ""  # of an image that is not Glance's
    steps: str = ""  # of a manual cleaning, as JSON
    timeout: int = 0

    @property
    def summary(self) -> str:
        more = f" and {len(self.names) - 3} more" if len(self.names) > 3 else ""
        return f"{self.action.replace('_', ' ')} {', '.join(self.names[:3])}{more}"


JOBS: Mapping[str, type[Job]] = {
    each.__name__: each
    for each in (
        ConnectDevices,
        GenerateConfiguration,
        DeployConfiguration,
        CheckDrift,
        DisablePorts,
        InitialiseNetbox,
        ImportInventory,
        FollowChanges,
        ResumeTransitions,
        PruneJournal,
        RunPlaybook,
        ApplyCollection,
        ReconcileInventory,
        HandleEvents,
        SyncNodes,
        WriteServers,
        CopyNodeStates,
        OperateNodes,
    )
}


def verb(job: type[Job]) -> str:
    """``ConnectDevices`` -> ``connect devices``."""
    return re.sub(r"(?<!^)([A-Z])", r" \1", job.__name__).lower()


def task_name(job: type[Job], worker: str = "") -> str:
    """The Celery task of a worker (the job's own) that works on this kind of job."""
    return f"osism.tasks.{worker or job.worker}.{verb(job).replace(' ', '_')}"


def encode(job: Job) -> dict[str, Any]:
    """The job as JSON values."""
    return {"job": type(job).__name__, **asdict(job)}


def decode(data: object) -> Job:
    """The job that :func:`encode` made; anything else raises :class:`Invalid`."""
    if not isinstance(data, Mapping):
        raise Invalid(f"a job is a mapping, not {type(data).__name__}")
    kind = JOBS.get(str(data.get("job")))
    if kind is None:
        raise Invalid(f"unknown job {data.get('job')!r}; there is {', '.join(JOBS)}")
    known = {each.name for each in fields(kind)}
    unknown = set(data) - known - {"job"}
    if unknown:
        raise Invalid(f"job {kind.__name__}: unknown field {min(map(str, unknown))!r}")
    hints = get_type_hints(kind)
    values = {name: _checked(kind, name, hints[name], data[name]) for name in known & set(data)}
    try:
        return kind(**values)
    except TypeError as missing:
        raise Invalid(f"job {kind.__name__}: {missing}") from None


def _checked(kind: type[Job], name: str, hint: object, value: object) -> object:
    if hint == tuple[str, ...]:
        if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
            return tuple(value)
    elif isinstance(value, hint):  # type: ignore[arg-type]
        return value
    raise Invalid(f"job {kind.__name__}, field {name}: {value!r} is not of the right type")


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:3]) or "all switches"
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")
