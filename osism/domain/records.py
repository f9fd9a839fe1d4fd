"""What is kept of jobs and workers: records, events, heartbeats, the lock of the site."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

STATES = ("queued", "started", "retrying", "succeeded", "failed", "revoked")
ENDS = ("succeeded", "failed", "revoked")
#: Jobs that are looked at for those that somebody asked for.
MOST = 12800


@dataclass(frozen=True)
class JobRecord:
    """What is known of a job. State: queued, started, retrying, succeeded, failed, revoked.

    *started* is the first time, *worker* the last one that began it; *request* is the job as it
    crossed the queue, *result* whatever it ended with, both JSON; *turn*: the row of deliveries
    that counts, of a job that is looked at again and again.
    """

    id: str
    name: str = ""
    queue: str = ""
    summary: str = ""
    by: str = ""
    state: str = "queued"
    queued: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    worker: str = ""
    reason: str = ""
    exit_code: int | None = None
    result: Any = None
    request: Mapping[str, Any] = field(default_factory=dict)
    turn: str = ""


def newest(
    recent: Callable[[int, str | None], Sequence[JobRecord]],
    limit: int,
    state: str | None,
    but: str,
) -> Sequence[JobRecord]:
    """The newest *limit* jobs without those that *but* asked for: the schedule, which has one every
    minute, takes no one's place. *recent*: the newest of all, so many, in a state."""
    asked = limit
    while True:
        rows = recent(asked, state)
        found = [each for each in rows if each.by != but]
        if len(found) >= limit or len(rows) < asked or asked >= MOST:
            return found[:limit]
        asked = min(asked * 8, MOST)


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event: *id* is its place in the stream (to go on after it), *at* when it happened.

    Kinds of the records: ``queued``, ``started``, ``retrying``, ``end``. Kinds that a reader adds
    and no stream holds: ``waiting`` (nobody began the job yet), ``lost`` (its worker is gone),
    ``dropped`` (``count`` events at the beginning are no longer kept).
    """

    id: str
    kind: str
    at: datetime
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkerRecord:
    """A worker at its last heartbeat: *concurrency* jobs at once from *queues*."""

    name: str
    queues: tuple[str, ...]
    pid: int
    concurrency: int
    seen: datetime


@dataclass(frozen=True)
class SiteLock:
    """Who locked the site, why and when."""

    by: str
    reason: str
    at: datetime

    def __str__(self) -> str:
        reason = f": {self.reason}" if self.reason else ""
        since = self.at.isoformat(timespec="seconds")
        return f"the site is locked by {self.by} since {since}{reason}"
