"""Transitions that events lead to, as few jobs as possible.

Devices that go to the same state go together, so that a burst for one switch becomes one
deployment. A batch that fails is tried device by device. The ids of the jobs follow from the
events: whoever takes over finds what was sent, and sends nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from uuid import UUID, uuid5

from osism.domain.errors import Invalid
from osism.domain.jobs import ConnectDevices
from osism.domain.ports import (
    JobRecords,
    JobStatus,
    Locks,
    NodeDevice,
    NodeDevices,
    Owner,
    Queue,
    Work,
)
from osism.domain.transitions import standing

#: Who asks for these transitions.
IRONIC = "ironic"
_NAMES = UUID("5b0f9f0e-6d5c-4f5e-9d0e-3f1b7a2c8e41")  # the name space of the jobs' ids
#: Seconds without another wish after which a batch goes, and that the first wish waits at most.
QUIET, LONGEST = 0.3, 2.0
#: Seconds between two looks at a device that somebody else works on.
LATER = 1.0
#: Devices in one batch; a rack has fewer.
MOST = 100
_ENDS = ("succeeded", "failed", "revoked")
_LOST = 4  # the exit code of a job whose worker died


@dataclass(frozen=True)
class Wish:
    """A device that is to go to a state, because of the event with the id ``event``."""

    device: str
    state: str
    event: str


@dataclass(frozen=True)
class Ended:
    """What became of a wish; ``reason`` why not. ``known``: whether NetBox has the device."""

    wish: Wish
    good: bool
    reason: str = ""
    known: bool = True


@dataclass
class _Pending:
    """A wish that was not sent yet; ``at``: when to look at it."""

    wish: Wish
    at: float
    alone: bool = False


class Batches:
    """Wishes, from when they come until they have ended. *managed*: devices of collections."""

    def __init__(
        self,
        work: Work,
        devices: NodeDevices,
        managed: Iterable[str],
        records: JobRecords,
        locks: Locks,
        queue: Queue,
    ) -> None:
        self.work, self.devices, self.managed = work, devices, frozenset(managed)
        self.records, self.locks, self.queue = records, locks, queue
        self.new: list[Wish] = []  # it may be that they were sent before
        self.pending: list[_Pending] = []
        self.jobs: dict[str, Sequence[Wish]] = {}
        self.sent: dict[str, ConnectDevices] = {}
        self.over: list[Ended] = []
        self.told: set[str] = set()
        self.first = self.newest = 0.0

    def __bool__(self) -> bool:
        return bool(self.new or self.pending or self.jobs)

    def want(self, wish: Wish) -> None:
        """Lead a device somewhere; at most one wish for a device at a time."""
        self.newest = monotonic()
        if not (self.new or self.pending):
            self.first = self.newest
        self.new.append(wish)

    def look(self) -> list[Ended]:
        """Send what can be sent; what has ended meanwhile. After an outage it goes on."""
        if self.new:
            self._adopt()
        self._send()
        self._read()
        ended, self.over = self.over, []
        return ended

    # --- what was sent before

    def _adopt(self) -> None:
        """Take up the jobs of a worker that was here before."""
        found = self.records.statuses(
            [_id(kind, each) for each in self.new for kind in ("alone", "batch")]
        )
        left = list(self.new)
        for kind in ("alone", "batch"):  # one that was tried alone was in a batch that failed
            for wish in self.new:
                job = found.get(_id(kind, wish))
                if job and wish in left and (members := _members(job, left)):
                    self.jobs[job.id] = members
                    left = [each for each in left if each not in members]
        self._wait(left)
        self.new.clear()

    def _wait(self, wishes: Iterable[Wish], alone: bool = False) -> None:
        now = monotonic()
        self.pending += [_Pending(each, now, alone) for each in wishes]

    # --- sending

    def _send(self) -> None:
        now = monotonic()
        due = [each for each in self.pending if each.at <= now]
        if not due or now < min(self.newest + QUIET, self.first + LONGEST):
            return
        known = self.devices.find([each.wish.device for each in due])
        held = self.locks.holders(f"device:{each.wish.device}" for each in due)
        ready: dict[tuple[str, bool], list[Wish]] = {}
        for each in due:
            wish, device = each.wish, known.get(each.wish.device)
            if end := self._needless(wish, device):
                self.over.append(end)
                self.pending.remove(each)
            elif owner := held.get(f"device:{wish.device}"):
                each.at = now + LATER
                self._tell(owner)
            elif device and each.alone:
                self._go("alone", wish.state, _elsewhere(device, wish.state), [wish])
            elif device:
                ready.setdefault((wish.state, _elsewhere(device, wish.state)), []).append(wish)
        for (state, enforce), wishes in ready.items():
            for start in range(0, len(wishes), MOST):
                self._go("batch", state, enforce, wishes[start : start + MOST])

    def _tell(self, owner: Owner) -> None:
        """Somebody else works on a device: said once."""
        if owner.job not in self.told:
            self.told.add(owner.job)
            self.work.tell("wait", job=owner.job, purpose=owner.purpose, worker=owner.worker)

    def _needless(self, wish: Wish, device: NodeDevice | None) -> Ended | None:
        """The end of a wish that needs no job."""
        if device is None:
            return Ended(wish, False, "NetBox does not know it", known=False)
        if wish.device not in self.managed:
            return Ended(wish, False, "it is in no collection", known=False)
        try:
            at = standing(device.state, device.transition)
        except Invalid as mistake:
            return Ended(wish, False, str(mistake))
        return Ended(wish, True) if at.at_rest and at.source == wish.state else None

    def _go(self, kind: str, state: str, enforce: bool, wishes: Sequence[Wish]) -> None:
        id, names = _id(kind, wishes[0]), tuple(sorted(each.device for each in wishes))
        job = ConnectDevices(names, "device", state=state, enforce=enforce)
        self.queue.send(job, IRONIC, id)
        self.jobs[id], self.sent[id] = tuple(wishes), job
        self.pending = [each for each in self.pending if each.wish not in wishes]
        self.work.tell("note", text=f"{job.summary} (job {id})")

    # --- what became of it

    def _read(self) -> None:
        found = self.records.statuses(self.jobs) if self.jobs else {}
        for id, wishes in list(self.jobs.items()):
            job = found.get(id)
            if job and job.state in _ENDS:
                self.over += self._ended(job, wishes)
                del self.jobs[id]
            elif job is None and id in self.sent:  # Redis has forgotten it; twice is harmless
                self.queue.send(self.sent[id], IRONIC, id)
            elif job is None:
                self._wait(wishes)
                del self.jobs[id]

    def _ended(self, job: JobStatus, wishes: Sequence[Wish]) -> list[Ended]:
        lost = job.exit_code == _LOST and job.id != _id("alone", wishes[0])
        if job.state == "failed" and (lost or len(wishes) > 1):
            self.work.tell("note", text=f"each on its own, for together: {job.reason}")
            self._wait(wishes, alone=True)
            return []
        return [Ended(each, job.state == "succeeded", job.reason) for each in wishes]


def _id(kind: str, wish: Wish) -> str:
    return str(uuid5(_NAMES, f"{kind} {wish.state} {wish.event}"))


def _members(job: JobStatus, wishes: Iterable[Wish]) -> Sequence[Wish]:
    """Those of the wishes that a job is about."""
    names, state = job.request.get("names", ()), job.request.get("state")
    return tuple(each for each in wishes if each.device in names and each.state == state)


def _elsewhere(device: NodeDevice, state: str) -> bool:
    """Whether it was left half-way to another state: nobody works on it, so it is taken over."""
    target = standing(device.state, device.transition).target
    return target is not None and target != state
