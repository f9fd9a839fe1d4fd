"""Sending jobs to the workers' queues, with their records."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from osism.adapters.senders import Message
from osism.domain.errors import OsismError
from osism.domain.jobs import QUEUES, Job, encode, task_name

if TYPE_CHECKING:
    from osism.adapters.senders import Sender
    from osism.adapters.streams import RedisRecords


class CeleryQueue:
    """Sends jobs; keeps :class:`osism.domain.ports.Queue`."""

    def __init__(self, sender: Sender, records: RedisRecords) -> None:
        self.sender = sender
        self.records = records

    def send(self, job: Job, by: str, id: str | None = None, expires: float | None = None) -> str:
        """Record the job, queue it, return its id.

        *expires*: seconds after which nobody needs it any more. Such a job (a tick of the
        schedule) has a record only once a worker begins it.
        """
        job_id = id or str(uuid4())
        if expires is None:
            self.record(job_id, job, by)
        name, request = task_name(type(job), job.worker), encode(job)
        message = Message(name, job_id, {"request": request, "by": by}, expires)
        try:
            self.sender.send(QUEUES[job.worker], message)
        except OsismError as failure:
            self.records.end(job_id, "failed", str(failure))
            raise
        return job_id

    def record(self, job_id: str, job: Job, by: str) -> None:
        """Write down that a job is queued."""
        self.records.queued(
            job_id,
            name=type(job).__name__,
            queue=QUEUES[job.worker],
            summary=job.summary,
            by=by,
            request=encode(job),
        )

    def lengths(self) -> dict[str, int]:
        """Queue -> jobs that wait in it."""
        return self.sender.lengths(list(QUEUES.values()))
