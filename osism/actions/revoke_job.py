"""End a job, whoever works on it."""

from __future__ import annotations

from typing import Protocol

from osism.domain.errors import Refused
from osism.domain.ports import JobStatus, Locks
from osism.domain.runs import REVOKED


class Endings(Protocol):
    """What is asked of the records here."""

    def get(self, job_id: str) -> JobStatus | None: ...
    def end(
        self, job: str, state: str, reason: str = "", result: object = None, exit_code: int = 0
    ) -> bool: ...


def revoke_job(job: str, by: str, records: Endings, locks: Locks) -> str:
    """Ask for the end of a job; what was done about it, in words.

    One that nobody has begun ends at once. Raises :class:`Refused` when it has ended already.
    """
    if locks.ask(f"job:{job}", by):
        return f"job {job} was asked to stop"
    if records.end(job, "revoked", f"revoked by {by}", exit_code=REVOKED):
        locks.ask(f"job:{job}", by)  # whoever began it between the two
        return f"job {job} is revoked"
    record = records.get(job)
    raise Refused(f"job {job} has {record.state if record else 'ended'} already")
