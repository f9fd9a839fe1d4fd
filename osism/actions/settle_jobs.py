"""Jobs that nobody works on any more: begin them again, or say that they have ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from osism.domain.errors import Invalid
from osism.domain.jobs import Job, decode
from osism.domain.ports import JobRecords, JobStatus, Locks, Queue, RunJournal, Work


def settle_jobs(
    work: Work,
    lost: Iterable[str],
    waiting: Iterable[JobStatus],
    records: JobRecords,
    locks: Locks,
    queue: Queue,
    runs: RunJournal,
) -> dict[str, Any]:
    """See to jobs that have *lost* their worker, and to jobs that wait without a message.

    A job that finds out what is done already begins again under its id; any other ends as failed.
    Runs in the journal end as their jobs did.
    """
    again, ended = [], []
    for id, known in records.statuses(lost).items():
        job = _job(known)
        if job and job.resumed:
            queue.send(job, known.by, id)
            again.append(id)
        elif records.end_lost(id, "worker lost"):
            work.tell("lost", job=id)
            ended.append(id)
    for known in waiting:
        if job := _job(known):
            queue.send(job, known.by, known.id)
            again.append(known.id)
    _end_runs(records, locks, runs)
    return {"again": again, "lost": ended}


def _job(known: JobStatus) -> Job | None:
    try:
        return decode(known.request)
    except Invalid:
        return None


def _end_runs(records: JobRecords, locks: Locks, runs: RunJournal) -> None:
    """Runs without an end whose jobs have one, or are forgotten.

    A Redis that came back empty has forgotten jobs that go on: their workers hold their locks.
    """
    running = runs.runs(status="running", limit=1000)
    known = records.statuses([each.id for each in running])
    held = locks.holders(f"job:{each.id}" for each in running if each.id not in known)
    for run in running:
        job = known.get(run.id)
        if f"job:{run.id}" in held:
            continue
        if job is None:
            runs.finish_run(run.id, "failed", 4, "worker lost")
        elif job.state in ("succeeded", "failed", "revoked"):
            runs.finish_run(run.id, job.state, job.exit_code, job.reason)
