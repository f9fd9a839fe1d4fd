"""Take up transitions whose worker is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from osism.domain.errors import Invalid
from osism.domain.jobs import Job, decode
from osism.domain.ports import JobStates, Journal, Locks, Queue, Row, Work

#: A job that was taken up this often and lost its worker again probably kills it.
MOST = 5


class Records(JobStates, Protocol):
    """What became of jobs, and ending them."""

    def end(self, job: str, state: str, reason: str = "", result: Any = None) -> bool: ...


def resume_transitions(
    work: Work, journal: Journal, locks: Locks, records: Records, queue: Queue
) -> dict[str, Any]:
    """Queue the jobs of orphaned transitions again, under their own ids.

    A transition is orphaned when the journal has no end for it and nobody holds its job's lock.
    The job finds its rows in the journal and goes on where NetBox says the devices are. One whose
    job was ended meanwhile ends as well: no worker begins that job any more.
    """
    resumed: list[str] = []
    given_up: list[str] = []
    running = journal.running()
    jobs = {row.job: (row, request) for row, request in running}
    alive = locks.holders([f"job:{job}" for job in jobs])
    known = records.statuses(jobs)
    for job, (row, request) in jobs.items():
        if f"job:{job}" in alive or records.waiting(job):
            continue
        record, ids = known.get(job), [each.id for each, _ in running if each.job == job]
        if record and record.state in ("succeeded", "failed", "revoked"):
            how = "aborted" if record.state == "revoked" else "failed"
            journal.finish(ids, how, record.reason or f"its job has {record.state}")
            continue
        again = _again(row, request, journal)
        if isinstance(again, str):
            journal.finish(ids, "failed", again)
            records.end(job, "failed", again)
            given_up.append(job)
            continue
        queue.send(again, row.asked_by, job)
        work.tell("resumed", job=job, device=row.device)
        resumed.append(job)
    return {"resumed": resumed, "given_up": given_up, "open": sorted(jobs)}


def _again(row: Row, request: Mapping[str, Any], journal: Journal) -> Job | str:
    """The job that takes a transition up, or why none does."""
    tries = sum(1 for event in journal.get(row.id)[1] if event.kind == "resumed")
    if tries >= MOST:
        return f"worker lost {tries + 1} times; connect again to try once more"
    try:
        return decode(request)
    except Invalid as mistake:  # of another version; the others must not wait for it
        return f"worker lost, and the job cannot be taken up: {mistake}"
