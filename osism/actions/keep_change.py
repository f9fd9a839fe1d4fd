"""Keep what NetBox's webhook tells, and see that a job works on it."""

from __future__ import annotations

import logging
from uuid import uuid4

from osism.domain.errors import OsismError
from osism.domain.jobs import FollowChanges
from osism.domain.ports import JobStates, NetboxChanges, Queue
from osism.domain.webhooks import Hook

log = logging.getLogger(__name__)

#: Who asks for the job.
NETBOX = "NetBox"


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
    if known and _lives(known, records):
        return False
    job = str(uuid4())
    if not changes.claim(job, known):  # another process asks just now
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


def _lives(job: str, records: JobStates) -> bool:
    """Whether the job is at work, or queued; one that lost its worker begins again."""
    record = records.statuses([job]).get(job)
    return record is not None and (record.state == "started" or records.waiting(job))
