"""Asking for work on somebody's behalf."""

from __future__ import annotations

from osism import wiring
from osism.domain.access import Caller
from osism.domain.errors import Busy
from osism.domain.jobs import Job


def ask(job: Job, caller: Caller) -> str:
    """Queue a job; its id. Raises :class:`Busy`, with who and why, while the site is locked."""
    require_open()
    return wiring.queue().send(job, by=caller.name)


def require_open() -> None:
    """Raise :class:`Busy` while the site is locked for maintenance."""
    if lock := wiring.records().site_lock():
        reason = f": {lock.reason}" if lock.reason else ""
        at = lock.at.isoformat(timespec="seconds")
        raise Busy(f"the site is locked by {lock.by} since {at}{reason}; nothing was queued")
