"""Queue what was wanted and never queued: its process died, or Redis was away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from osism.domain.ports import JobStatus, Queue, Specs, Work
from osism.domain.specs import job_for

#: Whoever wants something queues it in the next moment; until then nobody else does.
MOMENT = timedelta(seconds=30)


class SentJobs(Protocol):
    """What became of jobs."""

    def statuses(self, jobs: Iterable[str]) -> Mapping[str, JobStatus]:
        """Those of *jobs* that have a record, in one round trip."""

    def waiting(self, job: str) -> bool:
        """Whether the job was queued lately and has not begun since."""


def queue_wishes(
    work: Work, specs: Specs, records: SentJobs, queue: Queue, retention: float
) -> dict[str, Any]:
    """Send the jobs of specs that nobody has heard of, under their own ids.

    *retention*: days that records of jobs are kept. After half of them a job without a record may
    be one that ended, and whoever wants it still has to say so.
    """
    now = datetime.now(UTC)
    unsent = specs.unsent(now - timedelta(days=retention / 2), now - MOMENT)
    known = records.statuses([each.job for each in unsent]) if unsent else {}
    late = [each for each in unsent if _is_late(known.get(each.job), records)]
    for each in late:
        queue.send(job_for(each), each.asked_by, each.job)
        work.tell("note", text=f"{each.device} to {each.state} is queued now (job {each.job})")
    return {"wishes": [each.job for each in late]}


def _is_late(job: JobStatus | None, records: SentJobs) -> bool:
    """Without a record, or with one whose message the broker has lost."""
    return job is None or (job.state in ("queued", "retrying") and not records.waiting(job.id))
