"""Waiting for the end of a job, for no longer than a client waits for an answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

import anyio
from anyio.to_thread import run_sync

from osism import wiring
from osism.domain.access import Caller
from osism.domain.errors import Busy, Invalid, NotFound, OsismError, OutsideFailed, Refused
from osism.domain.jobs import Job
from osism.domain.records import ENDS, JobRecord
from osism.services.api.asking import ask

_FIRST, _LONGEST = 0.05, 0.5  # seconds between two looks
_TOLD: Mapping[str, type[OsismError]] = {
    each.__name__: each for each in (NotFound, Invalid, Refused, Busy)
}


async def result_of(job: Job, caller: Caller, user: str, seconds: float) -> Any:
    """What a job ends with that is asked for here and now, and that nobody needs later.

    :class:`OutsideFailed` when no worker is there for it, and when it has not ended within
    *seconds*: it is revoked then. What it refused is raised here. No thread waits meanwhile.
    """
    id = await run_sync(_asked, job, caller, user)
    try:
        record = await _end_of(id, seconds)
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True):
            await run_sync(_give_up, id, caller)
        raise
    if record is None:
        await run_sync(_give_up, id, caller)
        raise OutsideFailed(
            f"{job.summary}: no answer within {seconds:g} s; the worker {job.worker} is busy, or "
            "what it talks to is slow"
        )
    if record.state == "succeeded":
        return record.result
    raise _failure(record)(f"{job.summary}: {record.reason}")


def _failure(record: JobRecord) -> type[OsismError]:
    """What a job has failed with, as far as it makes a difference to whoever asked."""
    if record.state == "revoked":
        return Refused
    error = record.result.get("error") if isinstance(record.result, Mapping) else None
    return _TOLD.get(str(error), OutsideFailed)


def _asked(job: Job, caller: Caller, user: str) -> str:
    if not any(job.queue in each.queues for each in wiring.records().workers()):
        raise OutsideFailed(
            f"{job.summary}: no worker listens to the queue {job.queue}; "
            f"start one: osism worker {job.worker}"
        )
    return ask(job, caller, user)


async def _end_of(id: str, seconds: float) -> JobRecord | None:
    deadline, pause = monotonic() + seconds, _FIRST
    while monotonic() < deadline:
        record = await run_sync(wiring.records().get, id)
        if record and record.state in ENDS:
            return record
        await anyio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST)
    return None


def _give_up(id: str, caller: Caller) -> None:
    with suppress(Refused, OutsideFailed):
        wiring.revoke(id, caller.name)
