"""Play the roles of a collection: each as a job of its own, as soon as those before it are done.

Nothing is remembered here. The ids of the roles' jobs follow from the collection's own, and the
records say what became of them, so that a worker that takes the job up again goes on where the one
before it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid5

from osism.domain.collections import (
    ENDS,
    SKIPPED,
    WAITING,
    Collection,
    Step,
    missing,
    plan,
    ready,
    states,
)
from osism.domain.errors import OutsideFailed, PlayFailed, Revoked
from osism.domain.jobs import ApplyCollection
from osism.domain.ports import JobRecords, JobStatus, Locks, Queue, Work
from osism.domain.roles import Catalogue
from osism.domain.runs import REVOKED

#: Seconds between two looks at the roles' jobs; until a job whose lock is free counts as lost; that
#: Redis may be away; that the roles of a collection that is revoked have to end.
_PAUSE, _SURE, _OUTAGE, _ENDING = 0.3, 4.0, 300.0, 60.0


def apply_collection(
    job: ApplyCollection,
    work: Work,
    collections: Mapping[str, Collection],
    catalogue: Catalogue,
    records: JobRecords,
    locks: Locks,
    queue: Queue,
) -> Mapping[str, Any]:
    """Bring every role to its end; what became of each. Raises :class:`PlayFailed` with the exit
    code of the first that failed, :class:`Revoked` after it has ended those that ran."""
    steps = plan(job, collections, catalogue, work.id)
    roles = _Roles(steps, work, records, locks, queue)
    work.tell("roles", roles=[{"role": each.name, "after": sorted(each.after)} for each in steps])
    try:
        _play(roles, work)
    except Revoked as asked:
        roles.revoke(asked.by)
        raise
    return roles.result()


def _play(roles: _Roles, work: Work) -> None:
    away = 0.0
    while True:
        work.check()
        try:
            if roles.look():
                return
            away = 0.0
        except OutsideFailed:
            away = away or monotonic()
            if monotonic() - away > _OUTAGE:
                raise
        sleep(_PAUSE)


class _Roles:
    """The roles of one collection and their jobs."""

    def __init__(
        self, steps: Sequence[Step], work: Work, records: JobRecords, locks: Locks, queue: Queue
    ) -> None:
        self.steps = steps
        self.work, self.records, self.locks, self.queue = work, records, locks, queue
        self.ids = {each.name: str(uuid5(UUID(work.id), each.name)) for each in steps}
        self.found: Mapping[str, JobStatus] = {}
        self.states: dict[str, str] = {}
        self.sent: set[str] = set()
        self.free: dict[str, float] = {}

    def look(self) -> bool:
        """Tell what has changed and send what can begin; whether all have ended."""
        now = self._read()
        for step in self.steps:
            # A job that is queued and not ours may have been recorded by a worker that died before
            # it was sent. Sent twice, it is played once.
            if now[step.name] == "queued" and step.name not in self.sent:
                self._send(step)
        for step in ready(self.steps, now):
            self._send(step)
        self._end_lost()
        return all(state in ENDS for state in now.values())

    def _read(self) -> Mapping[str, str]:
        """The states as they are now; those that have changed are told."""
        by_id = self.records.statuses(self.ids.values())
        self.found = {name: by_id[id] for name, id in self.ids.items() if id in by_id}
        now = states(self.steps, {name: each.state for name, each in self.found.items()})
        for step in self.steps:
            if now[step.name] != self.states.get(step.name, WAITING):
                self._tell(step, now)
        self.states = now
        return now

    def _send(self, step: Step) -> None:
        self.queue.send(step.job, self.work.by, self.ids[step.name])
        self.sent.add(step.name)

    def _tell(self, step: Step, now: Mapping[str, str]) -> None:
        known = self.found.get(step.name)
        said: dict[str, Any] = {"role": step.name, "state": now[step.name]}
        if known:
            said |= {"job": known.id, "reason": known.reason, "exit_code": known.exit_code}
        elif now[step.name] == SKIPPED:
            said["reason"] = f"needs {', '.join(missing(step, now))}"
        self.work.tell("role", **said)

    def _end_lost(self) -> None:
        """End roles whose worker is gone, for nobody else may be waiting for them."""
        begun = [each for each in self.found.values() if each.state == "started"]
        held = self.locks.holders(f"job:{each.id}" for each in begun)
        for each in begun:
            if f"job:{each.id}" in held:
                self.free.pop(each.id, None)
            elif monotonic() - self.free.setdefault(each.id, monotonic()) > _SURE:
                self.records.end_lost(each.id, "worker lost")

    def revoke(self, by: str) -> None:
        """End every role that has not ended, and wait until it has."""
        deadline = monotonic() + _ENDING
        while monotonic() < deadline:
            with suppress(OutsideFailed):
                self._read()  # what was sent a moment ago is seen here for the first time
                open_ = [each for each in self.found.values() if each.state not in ENDS]
                if not open_:
                    return
                for each in open_:
                    self._revoke(each, by)
                self._end_lost()
            sleep(_PAUSE)

    def _revoke(self, role: JobStatus, by: str) -> None:
        """Ask its worker; one that nobody works on yet is ended here."""
        lock = f"job:{role.id}"
        if not self.locks.ask(lock, by) and role.state != "started":
            self.records.end(role.id, "revoked", f"revoked by {by}", exit_code=REVOKED)
            self.locks.ask(lock, by)  # whoever began it between the two

    def result(self) -> Mapping[str, Any]:
        """What became of each role; raises :class:`PlayFailed` unless all succeeded."""
        told = {
            step.name: {
                "state": self.states[step.name],
                "job": self.ids[step.name] if step.name in self.found else None,
                "exit_code": self.found[step.name].exit_code if step.name in self.found else None,
            }
            for step in self.steps
        }
        result = {"roles": told}
        bad = [name for name, state in self.states.items() if state in ("failed", "revoked")]
        if bad:
            skipped = [name for name, state in self.states.items() if state == SKIPPED]
            reason = f"{len(bad)} of {len(self.steps)} roles failed: {', '.join(bad)}"
            reason += f"; skipped: {', '.join(skipped)}" if skipped else ""
            code = next((self.found[each].exit_code for each in bad), None)
            raise PlayFailed(reason, code or 1, result)
        return result
