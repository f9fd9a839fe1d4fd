"""Bring devices into a state: the four-phase transition. This is the heart of the product.

Each phase is recorded in NetBox before its work begins, so that whoever looks, and whoever has to
take over from a dead worker, knows where the devices are. Nothing a later phase needs is kept in
memory only: what is not in NetBox, the state repository or the journal is computed again.
"""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from osism.actions.phases.deploy import Rollout
from osism.actions.phases.generate import Configuration, generate
from osism.domain.changes import Changes, after
from osism.domain.definitions import Definitions
from osism.domain.errors import (
    Busy,
    LeaseLost,
    NotFound,
    OsismError,
    OutsideFailed,
    Refused,
    TakenOver,
    Unsure,
)
from osism.domain.inventory import Snapshot
from osism.domain.jobs import ConnectDevices, encode
from osism.domain.plans import changes
from osism.domain.ports import (
    Inventory,
    Journal,
    Lease,
    Locks,
    Repository,
    Row,
    Store,
    Switches,
    Work,
)
from osism.domain.selections import Way, folders, resumed, way
from osism.domain.specs import refuse_superseded
from osism.domain.transitions import DOES, Fields, Phase, standing

#: How often phase 1 looks again what NetBox took, when an answer to a write was lost.
LOOKS = 5


@dataclass(frozen=True)
class Limits:
    """``revert_in``: seconds until a switch takes back what nobody confirmed. ``wait``: seconds to
    wait for locks. ``parallel``: switches worked on at once."""

    revert_in: float = 120.0
    wait: float = 60.0
    parallel: int = 10


def connect_devices(
    job: ConnectDevices,
    work: Work,
    inventory: Inventory,
    repository: Repository,
    store: Store,
    switches: Switches,
    locks: Locks,
    journal: Journal,
    limits: Limits,
) -> dict[str, Any]:
    """Do it, and return what became of each device and switch."""
    rows = journal.of_job(work.id)
    if ended := _ended(rows):
        return ended
    chosen = [repository.definitions(name) for name in folders(job, repository.collections())]
    by_device = {device: each for each in chosen for device in each.devices}
    if rows:  # taken up again: others of its devices may be somebody else's by now
        left = {row.device for row in rows if row.status == "running"}
        by_device = {device: each for device, each in by_device.items() if device in left}
    far = {name for each in by_device.values() for name in _far_devices(each)}
    if job.dry_run:
        run = _Run(
            job, work, inventory, repository, store, switches, journal, limits, by_device, far
        )
        return run.plan()
    _make_way(job, work, by_device, locks, journal)
    names = {f"device:{name}" for name in (*by_device, *far)}
    with locks.hold(names, work.owner, limits.wait) as lease:
        run = _Run(
            job,
            work,
            inventory,
            repository,
            store,
            switches,
            journal,
            limits,
            by_device,
            far,
            lease,
        )
        return run.go()


def _ended(rows: Sequence[Row]) -> dict[str, Any] | None:
    """The result of a job that ended already, and is delivered once more: its worker died before it
    could say so, or another job has taken its devices over."""
    if not rows or any(row.status == "running" for row in rows):
        return None
    failed = [row for row in rows if row.status != "succeeded"]
    if failed:
        raise Refused(failed[0].error or f"the transition was {failed[0].status}")
    return {
        "devices": [
            {"device": row.device, "source": row.source, "target": row.target, "result": row.status}
            for row in rows
        ],
        "switches": [],
    }


def _far_devices(definitions: Definitions) -> frozenset[str]:
    every = (each for state in definitions.states.values() for each in state.values())
    return frozenset().union(*(each.far_devices for each in every))


def _make_way(
    job: ConnectDevices,
    work: Work,
    devices: Collection[str],
    locks: Locks,
    journal: Journal,
) -> None:
    """Look who works on the devices: the same wish is waited for, another one refuses this job,
    or, when enforced, is asked to stop after its phase."""
    holders = locks.holders([f"device:{name}" for name in devices])
    for owner in set(holders.values()):
        if owner.job == work.id:
            continue
        work.tell("wait", job=owner.job, purpose=owner.purpose, worker=owner.worker)
        for row in journal.of_job(owner.job):
            if row.device not in devices or row.status != "running":
                continue
            # An older wish must not stop a newer one that began before it.
            refuse_superseded(row.generation, row.target, job.generation, row.asked_by)
            if job.state in (None, row.target) and not job.abort:
                continue
            if job.enforce or job.abort:
                for name in holders:
                    if holders[name] == owner:
                        locks.ask(name, f"{work.by}: {job.summary}")
            else:
                raise Refused(
                    f"device {row.device!r} is under way from {row.source} to {row.target} "
                    f"(job {row.job}, asked for by {row.asked_by}); --enforce takes it over"
                )


@dataclass
class _Run:
    """One batch of devices on their way together."""

    job: ConnectDevices
    work: Work
    inventory: Inventory
    repository: Repository
    store: Store
    switches: Switches
    journal: Journal
    limits: Limits
    by_device: Mapping[str, Definitions]
    far: Collection[str]
    lease: Lease | None = None
    phase: Phase | None = None
    ids: dict[str, str] = field(default_factory=dict)  # device -> transition
    ways: list[Way] = field(default_factory=list)
    rollout: Rollout | None = None

    @cached_property
    def rows(self) -> Sequence[Row]:
        """What the journal has of this job: something, when it is taken up again."""
        return self.journal.of_job(self.work.id)

    # --- deciding -----------------------------------------------------------------------------

    def read(self) -> Snapshot:
        """NetBox, as far as any definition of the devices reaches."""
        known = [d for name, each in self.by_device.items() for d in each.of(name).values()]
        vids = {vid for each in known for vid in each.vids}
        addresses = {address for each in known for address in each.addresses}
        return self.inventory.snapshot({*self.by_device, *self.far}, vids, addresses)

    def look(self) -> Snapshot:
        """Read NetBox and decide the way of each device."""
        snapshot = self.read()
        unknown = snapshot.missing(self.by_device)
        if unknown:
            raise NotFound(f"NetBox does not know the device {', '.join(map(repr, unknown))}")
        begun = {row.device: row for row in self.rows if row.status == "running"}
        for name, definitions in self.by_device.items():
            device, row = snapshot.devices[name], begun.get(name)
            if self.rows and not row:
                continue  # it had arrived before, or another job has taken it over since
            if row:
                found = resumed(device, definitions, row.source, row.target)
            else:
                found = way(self.job, device, definitions)
            if found is None:
                self.journal.finish([row.id] if row else [], "succeeded")
                state = standing(snapshot.devices[name].state, "").source
                self.work.tell("device", device=name, state=state, result="already there")
            else:
                self.ways.append(found)
        return snapshot

    def affected(self, snapshot: Snapshot, todo: Changes) -> list[str]:
        """The switches that have to be generated and deployed."""
        names = {name for each in self.ways for name in each.far_devices}
        names |= {each.device.name for each in self.ways} | todo.devices()
        names |= {name for row in self.rows for name in row.switches}
        known = (snapshot.devices.get(name) for name in sorted(names))
        return [each.name for each in known if each and each.managed_switch]

    def plan(self) -> dict[str, Any]:
        """What would happen; writes nothing."""
        snapshot = self.look()
        todo = changes(snapshot, [each.plan for each in self.ways])
        will_be = after(snapshot, todo)
        switches = self.affected(snapshot, todo) if self.ways else []
        configurations = generate(will_be, switches, self.repository, self.switches)
        lines = [list(line) for line in todo.lines()]
        diffs = {name: self._diff(name, each.text) for name, each in configurations.items()}
        self.work.tell("plan", changes=lines, diffs=diffs)
        return {
            "devices": [self._device(each, "would go") for each in self.ways],
            "changes": lines,
            "diffs": diffs,
        }

    def _diff(self, name: str, text: str) -> str:
        before = (self.store.deployed(name) or "").splitlines(keepends=True)
        lines = difflib.unified_diff(
            before, text.splitlines(keepends=True), f"{name} deployed", f"{name} planned"
        )
        return "".join(lines)

    # --- doing --------------------------------------------------------------------------------

    def go(self) -> dict[str, Any]:
        """The transition, from where the devices are."""
        if ended := _ended(self.rows):  # another job took over while we waited for the locks
            return ended
        try:
            snapshot = self.look()
        except OutsideFailed as failure:
            if not self.rows:
                raise
            # After a reboot workers are there before NetBox: a device half-way is not left there.
            raise Busy(str(failure)) from failure
        if not self.ways:
            return {"devices": [], "switches": []}
        todo = changes(snapshot, [each.plan for each in self.ways])
        affected = self.affected(snapshot, todo)
        # Rendered before anything is touched: a mistake in a template shall refuse the job.
        planned = generate(after(snapshot, todo), affected, self.repository, self.switches)
        self._begin(affected)
        phases = [phase for each in self.ways for phase in each.phases]
        first = Phase.RECORD if todo else min(phases)
        with self._ending():
            self._enter(first)
            if first is Phase.RECORD:
                self._record(todo)
            configurations = self._generate(affected, planned)
            rollout = self._deploy(configurations)
            self._validate(rollout)
        # NetBox says that they are there: a journal that is away must not take the switches back.
        self.journal.finish(self.ids.values(), "succeeded")
        for each in self.ways:
            self.work.tell(
                "device", device=each.device.name, state=each.transition.target, result="succeeded"
            )
        return {
            "devices": [self._device(each, "succeeded") for each in self.ways],
            "switches": rollout.results(),
        }

    def _record(self, todo: Changes) -> None:
        self._tell_phase(Phase.RECORD, changes=sum(1 for _ in todo.lines()))
        for _ in range(LOOKS):
            self._check()
            try:
                # The end of phase 1 and the begin of phase 2 are one write.
                self.inventory.apply(todo, self._fields(Phase.GENERATE))
                return
            except Unsure as unsure:
                self.work.tell("note", text=f"{unsure}; looking what was written")
                todo = changes(self.read(), [each.plan for each in self.ways])
        raise OutsideFailed("NetBox did not take the changes; what it has taken stays")

    def _generate(
        self, affected: Sequence[str], planned: Mapping[str, Configuration]
    ) -> Mapping[str, Configuration]:
        self._tell_phase(Phase.GENERATE, switches=list(affected))
        fresh = self.inventory.snapshot(affected) if affected else None
        configurations = (
            generate(fresh, affected, self.repository, self.switches, known=planned)
            if fresh
            else {}
        )
        self._check()
        new = self.store.commit(
            {name: each.text for name, each in configurations.items()},
            f"{self.job.summary}\n\nJob: {self.work.id}\nAsked by: {self.work.by}",
        )
        for name, each in configurations.items():
            result = "generated" if name in new else "as before"
            self._tell_switch(name, result, template=each.template)
        return configurations

    def _deploy(self, configurations: Mapping[str, Configuration]) -> Rollout:
        self._enter(Phase.DEPLOY)
        self._tell_phase(Phase.DEPLOY)
        limits = self.limits
        rollout = Rollout(
            self.switches,
            configurations,
            self._tell_switch,
            self._check_lease,
            limits.revert_in,
            limits.parallel,
        )
        self.rollout = rollout
        rollout.deploy()
        return rollout

    def _validate(self, rollout: Rollout) -> None:
        self._enter(Phase.VALIDATE)
        self._tell_phase(Phase.VALIDATE)
        rollout.validate()
        self._check()
        self.inventory.record({each.device.id: each.transition.confirming() for each in self.ways})
        rollout.confirm()
        self.store.mark_deployed(rollout.enabled)
        self.inventory.record({each.device.id: each.transition.done() for each in self.ways})

    # --- keeping the books --------------------------------------------------------------------

    def _begin(self, affected: Sequence[str]) -> None:
        """Write the journal's rows; a job that is taken up again finds its own.

        Nothing was touched until here: a job that a newer generation superseded ends with that.
        """
        mine = {row.device: row.id for row in self.rows}
        self.ids = {
            each.device.name: mine.get(each.device.name, str(uuid.uuid4())) for each in self.ways
        }
        now = datetime.now(UTC)
        rows = [
            Row(
                id=self.ids[each.device.name],
                job=self.work.id,
                device=each.device.name,
                source=each.transition.source,
                target=each.transition.target,
                status="running",
                asked_by=self.work.by,
                started=now,
                switches=tuple(affected),
                generation=self.job.generation,
            )
            for each in self.ways
        ]
        # Whoever worked on these devices before is no longer there: we hold their locks.
        left = [
            row.id
            for row, _ in self.journal.running()
            if row.device in self.ids and row.job != self.work.id
        ]
        how = "aborted" if self.job.abort or self.job.enforce else "failed"
        self.journal.begin(rows, encode(self.job), left, how)
        if mine:
            self.journal.event(self.ids.values(), 0, "resumed", worker=self.work.owner.worker)
        self.work.tell(
            "transition",
            transitions=self.ids,
            ways={e.device.name: [e.transition.source, e.transition.target] for e in self.ways},
            resumed=bool(mine),
            switches=list(affected),
        )

    def _fields(self, phase: Phase) -> dict[int, Fields]:
        return {each.device.id: each.transition.working_on(phase) for each in self.ways}

    def _enter(self, phase: Phase) -> None:
        """Record that *phase* begins."""
        self._check()
        self.phase = phase
        self.inventory.record(self._fields(phase))

    def _check(self) -> None:
        self.work.check()
        self._check_lease()

    def _check_lease(self) -> None:
        if self.lease:
            self.lease.check()

    def _tell_phase(self, phase: Phase, **values: Any) -> None:
        self.phase = phase
        self.journal.event(self.ids.values(), int(phase), "begin", **values)
        self.work.tell(
            "phase", phase=int(phase), does=DOES[phase], devices=sorted(self.ids), **values
        )

    def _tell_switch(self, name: str, result: str, **values: Any) -> None:
        phase = int(self.phase or 0)
        self.journal.event(self.ids.values(), phase, "switch", switch=name, result=result, **values)
        self.work.tell("switch", switch=name, result=result, phase=phase, **values)

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Whatever ends the phases early takes the switches back and is written down.

        A lost lease is the exception: another worker may be at it, so nothing is touched any more
        and the transition stays open for whoever resumes it.
        """
        try:
            yield
        except LeaseLost:
            raise
        except TakenOver as asked:
            self._revert()
            self.journal.finish(self.ids.values(), "aborted", str(asked))
            raise
        except OsismError as failure:
            taken_back = self._revert()
            message = self._with_phase(failure)
            self.journal.finish(
                self.ids.values(), "rolled-back" if taken_back else "failed", message
            )
            raise type(failure)(message) from failure
        except Exception as failure:
            self._revert()
            self.journal.finish(self.ids.values(), "failed", self._with_phase(failure))
            raise
        finally:
            if self.rollout:
                self.rollout.close()

    def _revert(self) -> bool:
        """Take back what this batch committed; True when something was, and all of it is."""
        if self.rollout is None:
            return False
        self.rollout.revert()
        return bool(self.rollout.committed) and self.rollout.all_reverted

    def _with_phase(self, failure: Exception) -> str:
        if self.phase is None:
            return str(failure)
        return f"phase {int(self.phase)} ({DOES[self.phase]}): {failure}"

    @staticmethod
    def _device(each: Way, result: str) -> dict[str, str]:
        return {
            "device": each.device.name,
            "source": each.transition.source,
            "target": each.transition.target,
            "result": result,
        }
