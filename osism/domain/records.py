"""What is kept of jobs and workers: records, events, heartbeats, the lock of the site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

STATES = ("queued", "started", "retrying", "succeeded", "failed", "revoked")
ENDS = ("succeeded", "failed", "revoked")


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
