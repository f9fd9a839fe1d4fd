"""What actions ask of the outside. Adapters keep these promises; tests bring their own keepers.

All raise :class:`osism.domain.errors.OutsideFailed` when the system behind them cannot be reached
or answers with a failure, with a message that names the system.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # a command that lists jobs need not load what a transition is
    from osism.domain.changes import Changes
    from osism.domain.conditions import Condition
    from osism.domain.definitions import Definitions
    from osism.domain.hosts import NetboxHost
    from osism.domain.intents import SwitchIntent
    from osism.domain.inventory import Device, Snapshot
    from osism.domain.ironic_events import NodeEvent
    from osism.domain.jobs import RunPlaybook
    from osism.domain.netbox_nodes import NetboxNode
    from osism.domain.nodes import Node, NodePort, WantedNode
    from osism.domain.requests import Entry
    from osism.domain.runs import Command, Outcome, Run
    from osism.domain.specs import Spec, Wish
    from osism.domain.transitions import Fields
    from osism.domain.webhooks import Hook

# --- NetBox ---------------------------------------------------------------------------------------


class Inventory(Protocol):
    """NetBox: what should exist."""

    def devices(self, names: Collection[str] | None = None) -> Sequence[Device]:
        """The devices of these names, or all that the product manages, sorted by name."""

    def snapshot(
        self,
        names: Collection[str],
        vids: Collection[int] = (),
        addresses: Collection[str] = (),
    ) -> Snapshot:
        """Everything about these devices in one read; names NetBox does not know are left out.

        *vids* and *addresses* are VLANs and addresses to look up beside those the devices have.
        """

    def owners(self, interfaces: Collection[int]) -> Mapping[int, str]:
        """The names of the devices that have these interfaces (ids); unknown ones are left out."""

    def apply(self, changes: Changes, fields: Mapping[int, Fields] | None = None) -> None:
        """Write *changes* in bulk, in their order, and at the very end *fields* (by device id)."""

    def record(self, fields: Mapping[int, Fields]) -> None:
        """Write where devices are (by device id), all of them or none."""


class DeviceSource(Protocol):
    """NetBox: where the devices are that the product manages, and little else."""

    def devices(self, names: Collection[str] | None = None) -> Sequence[Device]:
        """Those of *names* that are managed, or all, sorted by name; without addresses, models and
        contexts. All of them are read with a request per 1,000."""


class HostSource(Protocol):
    """NetBox: the hosts of the Ansible inventory."""

    def hosts(self) -> Sequence[NetboxHost]:
        """The active devices that the product manages, sorted by name.

        Raises :class:`Invalid`, with device and field, for what cannot be part of an inventory.
        """


class NodeSource(Protocol):
    """NetBox: the devices that are tagged as nodes of Ironic's."""

    def nodes(self) -> Sequence[NetboxNode]:
        """All of them, whatever their status, sorted by name; one without a name has none here.

        Raises :class:`OutsideFailed` when one that is listed cannot be read.
        """


# --- Ansible's inventory --------------------------------------------------------------------------


@dataclass(frozen=True)
class Reconciled:
    """One change of the inventory, as its history has it."""

    commit: str
    at: datetime
    summary: str
    details: tuple[str, ...] = ()


class Inventories(Protocol):
    """Ansible's inventory: made of its layers, in versions, with a history."""

    def reconcile(
        self, hosts: Sequence[NetboxHost] | None, check: Callable[[], None]
    ) -> dict[str, Any]:
        """Make the inventory anew; what has changed. *hosts* is NetBox's layer, None for the last.

        Whatever is wrong, the old one stands: :class:`Invalid` for a mistake in a file, with file
        and line. What *check* raises ends it before anything has changed.
        """

    def compare(self, hosts: Sequence[NetboxHost] | None) -> dict[str, Any]:
        """What :meth:`reconcile` would change, with the difference as a text; nothing changes."""

    def log(self, limit: int) -> Sequence[Reconciled]:
        """The newest changes first."""


# --- the configuration repository -----------------------------------------------------------------


class Repository(Protocol):
    """The configuration repository's ``netbox/`` folder."""

    def collections(self) -> Mapping[str, Sequence[str]]:
        """The devices of each collection (folders), both sorted."""

    def definitions(self, folder: str) -> Definitions:
        """Every state definition of the device folder *folder*, checked as far as files go.

        Raises :class:`NotFound` for an unknown name and :class:`Invalid`, with file and line, for a
        mistake, including a port that another device's definition of the same state claims.
        """

    def template(self, candidates: Sequence[str]) -> str:
        """The first of *candidates* that exists in ``netbox/templates``, as a file name."""

    def render(self, template: str, intent: SwitchIntent, device: Device) -> str:
        """The configuration of a switch: text that ends in one line feed."""


class Store(Protocol):
    """The state repository: one rendered configuration per switch, in git."""

    def commit(self, configurations: Mapping[str, str], message: str) -> Sequence[str]:
        """Keep these (switch -> text) in one commit; return the switches whose text is new.

        Nothing new, no commit.
        """

    def generated(self, switch: str) -> str | None:
        """The text generated last, None without one."""

    def deployed(self, switch: str) -> str | None:
        """The text at the tag ``deployed/<switch>``, None when it was never deployed."""

    def mark_deployed(self, switches: Iterable[str]) -> None:
        """Move the tags ``deployed/<switch>`` to the current commit."""


# --- switches -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Capabilities:
    """What a driver can do on its kind of switch.

    ``observes``: the fields of :data:`osism.domain.drift.FIELDS` that ``observe`` really reads.
    ``revert_timer``: the switch itself takes back a commit that nobody confirms in time; without
    it the driver keeps the previous configuration and puts it back when asked. ``template``: the
    template in the switch's own language that comes with the product, empty without one.
    """

    observes: frozenset[str] = frozenset()
    revert_timer: bool = False
    description: str = ""
    template: str = ""


@dataclass(frozen=True)
class Target:
    """How to reach a switch: its name, host and port, and whatever else its driver wants
    (``options`` of the setting ``switches``; never logged)."""

    name: str
    address: str = ""
    port: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Session(Protocol):
    """A connection to one switch. Used by one thread at a time."""

    def stage(self, configuration: str) -> str:
        """Load a candidate, replacing any earlier one, and return its difference to what runs.

        The difference is a unified diff or the switch's own form, empty when nothing would
        change. A commit of an earlier session that nobody confirmed is taken back first, so that
        "what runs" is always something that was confirmed. A configuration that the switch
        refuses raises :class:`OutsideFailed` with its words, and nothing has changed.
        """

    def commit(self, revert_in: float) -> None:
        """Make the candidate run; unless confirmed within *revert_in* seconds it is taken back."""

    def confirm(self) -> None:
        """Keep what was committed, also after a restart. Confirming twice is harmless.

        Raises :class:`OutsideFailed` when the commit has been taken back in the meantime.
        """

    def revert(self) -> None:
        """Run what ran before the last commit again, confirmed or not.

        Only a commit since the last ``stage``, in this session or an earlier one, is taken back:
        one that never arrived must not undo the deployment before it. Harmless when there is
        nothing to take back.
        """

    def observe(self) -> SwitchIntent:
        """What runs, in the intent's terms: the running state, not the text that was sent."""


class Driver(Protocol):
    """A kind of switch. The entry points ``osism.switches`` name what is called with the options of
    an entry of the setting ``switches`` and returns one: what it can do may depend on them."""

    capabilities: Capabilities

    def connect(self, target: Target) -> AbstractContextManager[Session]:
        """Open a session; leaving it closes the connection and keeps a pending commit pending."""


class Switches(Protocol):
    """Which driver and target belong to which switch."""

    def capabilities(self, device: Device) -> Capabilities:
        """What can be expected of the driver of *device*."""

    def connect(self, device: Device) -> AbstractContextManager[Session]:
        """A session with *device*."""

    def mask(self, device: Device, text: str) -> str:
        """*text* without the secrets that log in to *device*."""


# --- bare metal -----------------------------------------------------------------------------------


class Baremetal(Protocol):
    """Ironic. Everything raises :class:`OutsideFailed` when it does not answer, :class:`Busy` for a
    node that is locked (409) after waiting for a while, :class:`NotFound` for an unknown one, and
    :class:`Refused` with Ironic's words for what a node's state does not allow."""

    def nodes(self, names: Collection[str] | None = None, states: bool = False) -> Sequence[Node]:
        """These nodes (names or ids), or all, in one list call; unknown ones are left out.

        *states*: only what changes from moment to moment, for whoever asks again and again.
        """

    def node(self, name: str) -> Node:
        """One node, by name or id."""

    def ports(self, nodes: Collection[str] | None = None) -> Sequence[NodePort]:
        """The ports of these nodes (ids), or all, in one list call."""

    def create(self, wanted: WantedNode) -> Node:
        """Create a node with its ports; what a broken attempt left is taken up."""

    def update(self, node: Node, wanted: WantedNode, secrets: bool) -> Node:
        """Make the node as wanted, its ports included; *secrets*: send those too.

        What Ironic has beside what is wanted stays: inspection and operators write there as well.
        Of ports those go that were made here and are wanted no more.
        """

    def delete(self, node: Node) -> None:
        """Remove a node with its ports; gone already is fine."""

    def provision(self, node: Node, target: str, **values: Any) -> None:
        """Ask for a provision state by Ironic's verb (``manage``, ``provide``, …); not waited for.

        *values*: ``clean_steps``, ``configdrive``, …, as Ironic's API takes them.
        """

    def power(self, node: Node, target: str) -> None:
        """Ask for a power state (``power on``, ``power off``, ``rebooting``); not waited for."""

    def maintain(self, node: Node, on: bool, reason: str = "") -> None:
        """Switch maintenance on or off."""

    def instance(self, node: Node, values: Mapping[str, Any]) -> None:
        """Say what is to be deployed (``instance_info``); what is there beside it stays."""

    def interface_names(self, node: Node) -> Mapping[str, str]:
        """MAC address (lower case) -> name that the inspection has found; empty without one."""

    def image(self, name: str) -> str:
        """The id of an image; an id, a URL or a file stays as it is."""

    def network(self, name: str) -> str:
        """The id of a network; an id stays as it is."""


class Catalogues(Protocol):
    """Where images and networks are known by their names; None for what is to be left out.

    Both raise :class:`Invalid` for a name that nobody knows.
    """

    def image(self, name: str) -> str | None:
        """The id of an image; an id, a URL or a file stays as it is."""

    def network(self, name: str) -> str | None:
        """The id of a network; an id stays as it is."""


class NodeParameters(Protocol):
    """What a device of NetBox is to be in Ironic, as the conductor's file wants it."""

    def wanted(self, node: NetboxNode, catalogues: Catalogues) -> WantedNode:
        """The node for a device; :class:`Invalid` for what is wrong or missing with this one, and
        :class:`Misconfigured` for what is wrong with the file."""

    def forget(self) -> None:
        """Look names up anew: what they stood for may be gone."""


class Servers(Protocol):
    """The inventory of bifrost: server by name, in bifrost's own form."""

    def read(self) -> Mapping[str, Any]:
        """What was written last; :class:`Refused` for what somebody else has written."""

    def write(self, servers: Mapping[str, Any]) -> None:
        """Replace it, as a whole."""


@dataclass(frozen=True)
class NodeDevice:
    """A device of NetBox as far as its node is concerned. ``fields``: the custom fields that have a
    value, by name. ``state`` and ``transition`` are :class:`Fields` as texts, empty for nothing."""

    id: int
    name: str
    state: str = ""
    transition: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


class NodeDevices(Protocol):
    """NetBox: the devices that are nodes, and what it shows of Ironic."""

    def find(self, names: Collection[str]) -> Mapping[str, NodeDevice]:
        """Those of *names* that NetBox knows, in one read."""

    def write(self, fields: Mapping[int, Mapping[str, Any]]) -> None:
        """Write custom fields (by device id, then by name; None empties one) in bulk."""

    def name_interfaces(self, names: Mapping[str, Mapping[str, str]]) -> int:
        """Write ``network_interface_name`` of interfaces: device, then MAC address (lower case),
        to the name that its operating system gives. How many were changed."""


@dataclass(frozen=True)
class Rejected:
    """A message that was no notification: all that is kept of it. ``digest``: SHA-256."""

    at: datetime
    routing_key: str
    size: int  # bytes
    digest: str
    reason: str


@dataclass(frozen=True)
class Received:
    """What the listener took from the broker at once, in its order.

    ``seen``: how many of each type, those that are not kept among them; ``lags``: seconds from
    Ironic's time stamp until now, by type.
    """

    events: Sequence[NodeEvent] = ()
    rejected: Sequence[Rejected] = ()
    seen: Mapping[str, int] = field(default_factory=dict)
    ignored: Mapping[str, int] = field(default_factory=dict)
    lags: Sequence[tuple[str, float]] = ()


@dataclass(frozen=True)
class EventFigures:
    """Counters by type of event; ``lags`` are the last ones, in seconds."""

    seen: Mapping[str, int] = field(default_factory=dict)
    acted: Mapping[str, int] = field(default_factory=dict)
    ignored: Mapping[str, int] = field(default_factory=dict)
    lags: Mapping[str, Sequence[float]] = field(default_factory=dict)
    malformed: int = 0
    waiting: int = 0


class Events(Protocol):
    """Ironic's events that wait for somebody to act on them, in their order."""

    def add(self, received: Received) -> int:
        """Keep events, all of them or none; how many were new.

        One whose id was kept lately is passed over: a broker may deliver twice. Raises
        :class:`Busy` when no more can be kept.
        """

    def waiting(self, limit: int, after: str = "") -> Sequence[tuple[str, NodeEvent]]:
        """The oldest *limit* events behind the place *after*, each with its place."""

    def done(
        self,
        places: Collection[str],
        acted: Mapping[str, int] | None = None,
        ignored: Mapping[str, int] | None = None,
    ) -> None:
        """Forget events, and count them by type."""


class Conditions(Protocol):
    """What is wrong with devices."""

    def set(self, device: str, kind: str, reason: str, since: datetime) -> None:
        """A condition begins; one that is there keeps its time and gets the reason."""

    def clear(self, device: str, kinds: Collection[str]) -> int:
        """Conditions end; how many there were."""

    def of(self, devices: Collection[str] | None = None) -> Sequence[Condition]:
        """The conditions of these devices, or of all, by device and time."""


class Specs(Protocol):
    """What devices shall be. A device without a spec was never asked for."""

    def of(self, devices: Collection[str] | None = None) -> Mapping[str, Spec]:
        """The specs of these devices, or all, by device."""

    def stamp(self) -> tuple[int, int]:
        """Another one than before whenever any spec has changed."""

    def want(self, wish: Wish, version: int | None = None) -> Spec:
        """Write what a device shall be, in one step with what is there; the spec of now.

        The generation rises when the state is another one than before, the version with every
        change; a wish for what is wanted already changes nothing but the job, when it names
        another. *version*: what the spec must still have, 0 for none; else :class:`Changed`.
        """

    def unsent(self, after: datetime, before: datetime) -> Sequence[Spec]:
        """Specs that were modified between these times and whose job began no transition."""


class Audit(Protocol):
    """Who asked for what through the HTTP API."""

    def begin(self, entry: Entry) -> int:
        """Write a request that is about to be worked on; its number."""

    def finish(self, number: int, status: int, result: str) -> None:
        """Write how it was answered (HTTP status, and a few words without secrets)."""

    def entries(
        self,
        who: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
        before: int = 0,
    ) -> Sequence[Entry]:
        """The newest requests first; *who*: of this token, whichever user has it; *before*: those
        with smaller numbers than this."""

    def prune(self, before: datetime) -> int:
        """Forget requests older than this; how many there were."""


# --- NetBox's webhooks ----------------------------------------------------------------------------


@dataclass(frozen=True)
class PendingChange:
    """That a place was changed in NetBox. ``first`` and ``last`` are seconds since 1970, as
    :meth:`NetboxChanges.pending` has them; ``requests`` are the ids of the requests to NetBox,
    empty for one that is not known; ``read`` is what tells it from a later one."""

    first: float
    last: float
    requests: tuple[str, ...]
    read: str


class NetboxChanges(Protocol):
    """What was changed in NetBox and is to be worked on, and the one job that does it.

    Places are names of devices, or interfaces (:func:`osism.domain.webhooks.interface`).
    """

    def keep(self, hook: Hook) -> bool:
        """Keep the places of a webhook; False where nothing is to be done: it concerns nobody,
        or comes of our own write. Raises :class:`Refused` for one that has come before: what could
        not be kept has not."""

    def own(self, requests: Collection[str]) -> frozenset[str]:
        """Those of these requests to NetBox that were our own, as long as that is remembered."""

    def waiting(self) -> bool:
        """Whether there are any changes."""

    def pending(self) -> tuple[float, Mapping[str, PendingChange]]:
        """The time of now (seconds since 1970), and the changes by place."""

    def done(self, changes: Mapping[str, PendingChange]) -> None:
        """Forget changes (by place), but for those that were changed again since."""

    def job(self) -> str:
        """The job that is to work on them, empty without one."""

    def claim(self, job: str, instead: str, after: float = 0.0) -> bool:
        """Make *job* the one, *instead* of another (empty: of none); False when it is a third, or
        when the other has been the one for less than *after* seconds."""

    def leave(self, job: str, anyhow: bool = False) -> bool:
        """Say that *job* ends, unless there are changes: False then, *anyhow* True."""


# --- locks, records, journal ----------------------------------------------------------------------


@dataclass(frozen=True)
class Owner:
    """Who holds a lock and what for."""

    job: str
    purpose: str
    worker: str = ""

    def __str__(self) -> str:
        return f"{self.purpose} (job {self.job}{f' on {self.worker}' if self.worker else ''})"


class Lease(Protocol):
    """Locks that are held and renewed in the background."""

    def check(self) -> None:
        """Raise :class:`LeaseLost` when a lock is no longer ours, :class:`TakenOver` when somebody
        asked for it with ``ask``. To be called before every write."""


class Locks(Protocol):
    """Locks with an owner and a lease."""

    def hold(
        self,
        names: Iterable[str],
        owner: Owner,
        wait: float,
        *,
        lease: float | None = None,
        patient: bool = False,
    ) -> AbstractContextManager[Lease]:
        """Hold all of *names*, acquired in sorted order, until the context ends.

        Waits at most *wait* seconds in all, then raises :class:`Busy` naming the holder. *lease*
        (seconds) is for these locks only. A holder that cannot renew them for a whole lease has
        lost them; a *patient* one only when somebody else holds one.
        """

    def ask(self, name: str, by: str) -> Owner | None:
        """Ask the present holder of *name*, if any, to stop between two steps; return it.

        See :meth:`Lease.check`.
        """

    def holders(self, names: Iterable[str]) -> Mapping[str, Owner]:
        """Those of *names* that are held, and by whom."""


class Work(Protocol):
    """The job an action works on: who it is, where it tells, whether it shall go on."""

    @property
    def id(self) -> str:
        """The job's id."""

    @property
    def by(self) -> str:
        """Who asked."""

    @property
    def owner(self) -> Owner:
        """How this job holds locks."""

    def tell(self, kind: str, **values: Any) -> None:
        """Tell every reader of the job: *kind* is ``phase``, ``switch``, ``note``, ``wait``;
        values are JSON. Never fails: what cannot be delivered now is delivered later."""

    def check(self) -> None:
        """Raise :class:`TakenOver` when the job was revoked, :class:`LeaseLost` when its lease is
        gone. To be called between steps."""


@dataclass(frozen=True)
class Row:
    """One transition of one device in the journal."""

    id: str
    job: str
    device: str
    source: str
    target: str
    status: str
    asked_by: str
    started: datetime
    ended: datetime | None = None
    phase: int = 0
    error: str = ""
    switches: tuple[str, ...] = ()
    generation: int = 0  # of the spec that it brings about


@dataclass(frozen=True)
class Event:
    """One step of a transition."""

    transition: str
    at: datetime
    phase: int
    kind: str
    detail: Mapping[str, Any]


class Journal(Protocol):
    """The history of transitions. Status: running, succeeded, failed, rolled-back, aborted."""

    def begin(
        self,
        rows: Sequence[Row],
        request: Mapping[str, Any],
        left: Collection[str] = (),
        how: str = "failed",
    ) -> None:
        """Write rows that do not exist yet; *request* is the job as it crosses the queue.

        In the same step the specs of their devices become what these transitions lead to, and the
        rows get the specs' generations. A row's ``generation`` is the one that its job is about, 0
        for none; raises :class:`TakenOver`, and writes nothing, when there is a newer one.
        *left*: running transitions that this job takes up; they end *how*.
        """

    def event(self, ids: Collection[str], phase: int, kind: str, **detail: Any) -> None:
        """Write one event for each of these transitions; phase 0 belongs to none."""

    def finish(self, ids: Collection[str], status: str, error: str = "") -> None:
        """End transitions that are still running; one that has ended stays as it is."""

    def of_job(self, job: str) -> Sequence[Row]:
        """The transitions of a job, by device."""

    def of_jobs(self, jobs: Collection[str]) -> Sequence[Row]:
        """The transitions of these jobs."""

    def latest(self, devices: Collection[str] | None = None) -> Mapping[str, Row]:
        """The newest transition of each of these devices, or of each that has a spec."""

    def results(self, ids: Collection[str]) -> Mapping[str, Mapping[str, tuple[str, str]]]:
        """What switches said last in each of these transitions: switch -> result and reason. See
        :func:`osism.domain.specs.last_results`."""

    def running(self) -> Sequence[tuple[Row, Mapping[str, Any]]]:
        """The transitions without an end, with the request that began them."""

    def find(
        self,
        device: str | None = None,
        status: str | None = None,
        limit: int = 50,
        before: tuple[datetime, str] | None = None,
    ) -> Sequence[Row]:
        """The newest transitions first; *before*: those behind this beginning and id."""

    def prune(self, before: datetime) -> int:
        """Forget transitions that ended before this, but the last one of each device; how many
        there were."""

    def get(self, transition: str) -> tuple[Row, Sequence[Event]]:
        """One transition with its events; an unknown id raises :class:`NotFound`."""


class PlayRunner(Protocol):
    """Ansible."""

    def run(
        self, command: Command, tell: Callable[..., None], check: Callable[[], None]
    ) -> Outcome:
        """Run ansible-playbook to its end, whatever that is.

        Everything it prints and does is told as it happens: ``tell(kind, text=…, …)`` with the
        kinds of :mod:`osism.adapters.ansible.telling`. What *check* raises, looked at four times a
        second, ends the play with all its processes and is raised.
        """


class Playbooks(Protocol):
    """The plays of one worker."""

    def command(self, job: RunPlaybook, inventory: Path) -> Command:
        """How Ansible is to be started; :class:`NotFound` for a role that is not there."""


class RunJournal(Protocol):
    """The history of runs. A run has the id of its job."""

    def begin_run(self, run: Run) -> None:
        """Write a run that begins; one that is there already stays as it is."""

    def finish_run(
        self,
        run: str,
        status: str,
        exit_code: int | None,
        reason: str = "",
        hosts: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        """End a run that has no end yet."""

    def runs(
        self,
        role: str | None = None,
        status: str | None = None,
        limit: int = 50,
        before: tuple[datetime, str] | None = None,
        collection: str | None = None,
    ) -> Sequence[Run]:
        """The newest runs first; *before*: those that come after this (start, id).

        *collection*: those that the job of a collection has asked for.
        """

    def run(self, run: str) -> Run:
        """One run, by its id or the beginning of one; :class:`NotFound`, and :class:`Invalid` for
        the beginning of several."""

    def begun(self, ids: Collection[str]) -> set[str]:
        """Those of *ids* that are here."""

    def prune_runs(self, before: datetime) -> int:
        """Forget runs that ended before this; how many there were."""


class Queue(Protocol):
    """Where jobs are sent."""

    def send(self, job: Any, by: str, id: str | None = None) -> str:
        """Queue a job of :mod:`osism.domain.jobs`, return its id."""


class JobStatus(Protocol):
    """What a record says of a job."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def exit_code(self) -> int | None: ...
    @property
    def by(self) -> str: ...
    @property
    def request(self) -> Mapping[str, Any]: ...


class JobRecords(Protocol):
    """What became of several jobs, and ending them."""

    def statuses(self, jobs: Iterable[str]) -> Mapping[str, JobStatus]:
        """Those of *jobs* that have a record, in one round trip."""

    def end_lost(self, job: str, reason: str) -> bool:
        """End a job as failed with exit code 4, unless somebody holds its lock in this moment."""

    def end(
        self,
        job: str,
        state: str,
        reason: str = "",
        result: Any = None,
        exit_code: int | None = None,
    ) -> bool:
        """See :class:`Records`."""


class JobStates(Protocol):
    """How jobs stand."""

    def statuses(self, jobs: Iterable[str]) -> Mapping[str, JobStatus]:
        """See :class:`JobRecords`."""

    def waiting(self, job: str) -> bool:
        """See :class:`Records`."""


class Requests(Protocol):
    """Jobs that others have asked for."""

    def recent(self, limit: int = 50, state: str | None = None) -> Sequence[JobStatus]:
        """The newest jobs first, all or those in one state."""

    def statuses(self, jobs: Iterable[str]) -> Mapping[str, JobStatus]:
        """See :class:`JobRecords`."""

    def end(
        self,
        job: str,
        state: str,
        reason: str = "",
        result: Any = None,
        exit_code: int | None = None,
    ) -> bool:
        """See :class:`Records`."""


class Records(Protocol):
    """What became of jobs, and their output, kept for the retention time."""

    def waiting(self, job: str) -> bool:
        """Whether the job was queued, or queued again, lately and has not begun since."""

    def lost(self) -> Iterator[str]:
        """Jobs that began, did not end, and whose lease nobody holds."""

    def end(self, job: str, state: str, reason: str = "", result: Any = None) -> bool:
        """End a job: succeeded, failed or revoked. The first end stands; False for a later one."""
