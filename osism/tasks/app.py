"""The Celery application of the workers, and what every job has in common.

A job is worked on under the lock ``job:<id>``: it says that the job has a worker, and a second
delivery of the same job waits for it and then finds the job ended. Every job ends as succeeded,
failed or revoked, with a reason, in the records that whoever waits is reading.

A job that has to wait, for a lock of its own (two runs of one role) or because the site is locked
for maintenance, does not wait in a worker: it goes back to the queue and is looked at again.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib import import_module
from time import monotonic, sleep
from typing import Any, TypeVar
from uuid import uuid4

from celery import Task
from celery.exceptions import Retry
from celery.signals import setup_logging, worker_init, worker_process_init

from osism import logs, wiring
from osism.adapters.streams import Writer
from osism.domain.errors import (
    Busy,
    Drifted,
    Invalid,
    LeaseLost,
    Misconfigured,
    OsismError,
    OutsideFailed,
    PlayFailed,
    Refused,
    Revoked,
    TakenOver,
    WorkerLost,
)
from osism.domain.jobs import ApplyCollection, HandleEvents, Job, decode, task_name
from osism.domain.ports import Lease, Owner
from osism.domain.roles import WORKERS, waits_for_itself
from osism.domain.schedules import SCHEDULE
from osism.settings import settings
from osism.tasks.presence import Presence

log = logging.getLogger(__name__)
app = wiring.celery()

#: Error -> (how the job ends, exit code of the command that waits); the first that fits counts.
ENDS: tuple[tuple[type[BaseException], str, int], ...] = (
    (Invalid, "failed", 2),
    (Refused, "failed", 3),
    (Busy, "failed", 3),
    (Revoked, "revoked", 130),
    (TakenOver, "revoked", 3),
    (Drifted, "failed", 1),
    (WorkerLost, "failed", 4),
    (Misconfigured, "failed", 1),
    (BaseException, "failed", 1),
)
#: Jobs that wait for other jobs while they are worked on.
WAITING = (ApplyCollection, HandleEvents)
#: Seconds until a job that found its devices busy is tried again, and how often.
AGAIN, MOST = 5, 100
#: Seconds until a job that waits outside of a worker is looked at again, as often as it takes.
LOOK = 1
#: Seconds that the last words of a job wait for a Redis that is away.
OUTAGE = 60.0

AnyJob = TypeVar("AnyJob", bound=Job)


@dataclass(frozen=True)
class JobWork:
    """Keeps :class:`osism.domain.ports.Work` for one delivery of a job."""

    id: str
    by: str
    owner: Owner
    writer: Writer
    leases: tuple[Lease, ...]

    def tell(self, kind: str, **values: Any) -> None:
        self.writer.emit(kind, **values)

    def check(self) -> None:
        for lease in self.leases:
            try:
                lease.check()
            except TakenOver as asked:  # only a revocation asks for a job's own lock
                raise Revoked(f"revoked by {asked.by}", asked.by) from asked


def task(
    kind: type[AnyJob], worker: str = ""
) -> Callable[[Callable[[AnyJob, JobWork], Any]], Callable[[AnyJob, JobWork], Any]]:
    """Make a function the task of a *worker* (the job's own) that works on jobs of this *kind*."""

    def register(function: Callable[[AnyJob, JobWork], Any]) -> Callable[[AnyJob, JobWork], Any]:
        def run(self: Task, request: Mapping[str, Any], by: str, turn: str = "") -> None:
            perform(self, function, request, by, turn)

        run.__name__, run.__doc__ = function.__name__, function.__doc__
        app.task(run, name=task_name(kind, worker), bind=True, max_retries=None)
        return function

    return register


def perform(
    task: Task,
    function: Callable[[Any, JobWork], Any],
    request: Mapping[str, Any],
    by: str,
    turn: str = "",
) -> None:
    """Work on one delivery of a job, and see to its end.

    *turn* names the deliveries of a job that waits: one follows the other. When a job was sent
    again because nothing was heard of it, only one such row goes on.
    """
    records, job_id = wiring.records(), str(task.request.id)
    try:
        job = decode(request)
    except Invalid as mistake:
        records.end(job_id, "failed", str(mistake), exit_code=2)
        return
    owner = Owner(job_id, job.summary, worker_name(task))
    waits = settings().lease + 5  # as long as a dead worker's lease may last
    how: dict[str, Any] = {}
    if job.once or job.resumed:
        # Nobody's work is safer for ending after an outage of Redis: the play goes on anyway.
        waits, how = settings().job_lease + 5, {"lease": settings().job_lease, "patient": True}
    try:
        with wiring.locks().hold([f"job:{job_id}"], owner, waits, **how) as lease:
            known = records.get(job_id)
            if turn and known and known.turn not in ("", turn):
                return
            if by == SCHEDULE:
                wiring.queue().record(job_id, job, by)
            obstacle = _begin(task, function, job, owner, by, lease)
    except Busy:
        log.info("job %s is being worked on elsewhere; this delivery is dropped", job_id)
        return
    if obstacle:
        turn = turn or uuid4().hex
        records.retrying(job_id, obstacle, turn)
        task.apply_async(
            kwargs={"request": request, "by": by, "turn": turn},
            task_id=job_id,
            countdown=LOOK,
            retries=task.request.retries,
        )


def _begin(
    task: Task,
    function: Callable[[Any, JobWork], Any],
    job: Job,
    owner: Owner,
    by: str,
    lease: Lease,
) -> str:
    """Work on a job whose lock we hold; what is in the way, if it has to wait."""
    records, job_id = wiring.records(), owner.job
    if job.once and (record := records.get(job_id)) and record.state == "started":
        # Its worker is gone, or we would not hold its lock. It is not begun a second time.
        _end(job_id, WorkerLost("worker lost"))
        return ""
    if (site := records.site_lock()) and not (by == SCHEDULE and not job.once):
        return f"the site is locked by {site.by}" + (f": {site.reason}" if site.reason else "")
    with ExitStack() as stack:
        leases = [lease]
        if isinstance(job, WAITING) and (full := _full(task, owner, stack)):
            return full
        if job.alone:
            try:
                leases.append(
                    stack.enter_context(wiring.locks().hold(job.alone, owner, 0, patient=True))
                )
            except Busy as busy:
                return str(busy)
        if not records.started(job_id, owner.worker):
            log.info("job %s has ended already; this delivery is dropped", job_id)
            return ""
        writer = records.writer(job_id)
        _work(task, function, job, JobWork(job_id, by, owner, writer, tuple(leases)))
    return ""


def _full(task: Task, owner: Owner, stack: ExitStack) -> str:
    """Take a place for a job that waits for others, until the end of *stack*; what is in the way.

    A collection waits for the jobs of its roles. Where one worker has both, collections leave it a
    place for roles: else all would wait for each other.
    """
    if not waits_for_itself(os.environ.get("OSISM_WORKER", "").split(",")):
        return ""
    worker = task.request.hostname
    for number in range(1, settings().concurrency):
        place, lease = f"collections:{worker}:{number}", settings().job_lease
        with suppress(Busy):
            stack.enter_context(wiring.locks().hold([place], owner, 0, lease=lease, patient=True))
            return ""
    return f"worker {worker} has no more places for jobs that wait for others"


def _work(task: Task, function: Callable[[Any, JobWork], Any], job: Job, work: JobWork) -> None:
    records = wiring.records()
    log.info("job %s: %s (asked for by %s)", work.id, job.summary, work.by)
    try:
        try:
            result = function(job, work)
        finally:
            work.writer.close(OUTAGE)
    except LeaseLost as lost:
        if job.once:
            _end(work.id, lost)
            return
        # Redis was away for longer than the lease: somebody else may be at it. A transition is
        # taken up again by the schedule; the job gets its end there.
        log.warning("job %s: %s", work.id, lost)
    except Busy as busy:
        if task.request.retries >= MOST:
            _end(work.id, busy)
            return
        records.retrying(work.id, str(busy))
        log.info("job %s waits: %s", work.id, busy)
        raise task.retry(countdown=AGAIN, exc=busy) from busy
    except Retry:
        raise
    except Exception as failure:
        _end(work.id, failure)
    else:
        _finish(work.id, "succeeded", "", result, 0)
        log.info("job %s succeeded", work.id)


def _finish(job_id: str, state: str, reason: str, result: Any, exit_code: int) -> None:
    """Write the end of a job; a Redis that is away is waited for."""
    deadline = monotonic() + OUTAGE
    while True:
        try:
            wiring.records().end(job_id, state, reason, result, exit_code)
            return
        except OutsideFailed:
            if monotonic() > deadline:
                raise
            sleep(0.5)


def _end(job_id: str, failure: Exception) -> None:
    state, code = next((state, code) for kind, state, code in ENDS if isinstance(failure, kind))
    result: dict[str, Any] = {"error": type(failure).__name__}
    if isinstance(failure, PlayFailed):
        code, result = failure.exit_code, result | {"run": failure.result}
    if isinstance(failure, OsismError):
        reason = str(failure)
        log.warning("job %s %s: %s", job_id, state, reason)
    else:
        reason = f"internal error: {type(failure).__name__}: {failure}"
        log.exception("job %s %s", job_id, state)
    _finish(job_id, state, reason, result, code)


def worker_name(task: Task) -> str:
    """``netbox@host (pid 42)``: which process works on it."""
    return f"{task.request.hostname or socket.gethostname()} (pid {os.getpid()})"


# --- the worker's own life ------------------------------------------------------------------------


@setup_logging.connect  # type: ignore[untyped-decorator]
def _log(**_: Any) -> None:
    logs.configure(settings().log_level, settings().log_format)


@worker_init.connect  # type: ignore[untyped-decorator]
def _load(**_: Any) -> None:
    """Load what jobs need before the worker forks: its processes share the memory."""
    for worker in os.environ.get("OSISM_WORKER", "").split(","):
        for module in wiring.loads(worker):
            import_module(module)
        if worker in WORKERS:
            wiring.clean_up_runs()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _own_connections(**_: Any) -> None:
    wiring.forget()


app.steps["consumer"].add(Presence)
