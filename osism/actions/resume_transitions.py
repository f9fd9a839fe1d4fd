"""Take up transitions whose worker is gone."""

from __future__ import annotations

from typing import Any

from osism.domain.jobs import decode
from osism.domain.ports import Journal, Locks, Queue, Records, Work

#: A job that was taken up this often and lost its worker again probably kills it.
MOST = 5


def resume_transitions(
    work: Work, journal: Journal, locks: Locks, records: Records, queue: Queue
) -> dict[str, Any]:
    """Queue the jobs of orphaned transitions again, under their own ids.

    A transition is orphaned when the journal has no end for it and nobody holds its job's lock.
    The job finds its rows in the journal and goes on where NetBox says the devices are.
    """
    resumed: list[str] = []
    given_up: list[str] = []
    running = journal.running()
    jobs = {row.job: (row, request) for row, request in running}
    alive = locks.holders([f"job:{job}" for job in jobs])
    for job, (row, request) in jobs.items():
        if f"job:{job}" in alive or records.waiting(job):
            continue
        tries = sum(1 for event in journal.get(row.id)[1] if event.kind == "resumed")
        if tries >= MOST:
            reason = f"worker lost {tries + 1} times; connect again to try once more"
            journal.finish([r.id for r, _ in running if r.job == job], "failed", reason)
            records.end(job, "failed", reason)
            given_up.append(job)
            continue
        queue.send(decode(request), row.asked_by, job)
        work.tell("resumed", job=job, device=row.device)
        resumed.append(job)
    return {"resumed": resumed, "given_up": given_up, "open": sorted(jobs)}
