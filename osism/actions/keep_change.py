"""Keep what NetBox's webhook tells, and see that a job works on it."""

from __future__ import annotations

import logging
from uuid import uuid4

from osism.domain.errors import OsismError
from osism.domain.jobs import FollowChanges
from osism.domain.ports import JobStates, JobStatus, NetboxChanges, Queue
from osism.domain.webhooks import Hook

log = logging.getLogger(__name__)

#: Who asks for the job.
NETBOX = "NetBox"
#: Seconds in which a job that was claimed is queued.
MOMENT = 10.0


def keep_change(
    hook: Hook, changes: NetboxChanges, records: JobStates, queue: Queue
) -> tuple[bool, bool]:
    """Whether there was something to keep, and whether a job was asked for. Raises
    :class:`Refused` for a hook that has come before."""
    if not changes.keep(hook):
        return False, False
    try:
        return True, ask(changes, records, queue)
    except OsismError as failure:  # it is kept: the schedule asks for the job
        log.warning("a change in NetBox waits for a job: %s", failure)
        return True, False


def ask(changes: NetboxChanges, records: JobStates, queue: Queue) -> bool:
    """Ask for a job, unless one is there that will see all that is kept in this moment."""
    known = changes.job()
    record = records.statuses([known]).get(known) if known else None
    if record and _lives(record, records):
        return False
    job = str(uuid4())
    # One without a record is about to be queued, or whoever claimed it has died.
    if not changes.claim(job, known, 0 if record else MOMENT):  # another process asks just now
        return False
    try:
        queue.send(FollowChanges(), NETBOX, job)
    except OsismError:
        changes.leave(job, anyhow=True)
        raise
    return True


def ask_if_forgotten(changes: NetboxChanges, records: JobStates, queue: Queue) -> bool:
    """Ask for a job when changes wait and none was ever queued for them: whoever kept them ended
    in between. One that failed is not tried again until the next change."""
    if not changes.waiting():
        return False
    known = changes.job()
    return not (known and records.statuses([known])) and ask(changes, records, queue)


def _lives(job: JobStatus, records: JobStates) -> bool:
    """Whether the job is at work, or queued; one that lost its worker begins again."""
    return job.state == "started" or records.waiting(job.id)
