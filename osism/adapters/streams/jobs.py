"""What a record says of a job."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from osism.adapters.streams.events import moment

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


#: The fields of a record in Redis, in the order in which they are read.
FIELDS = tuple(each.name for each in fields(JobRecord))

_READ: Mapping[str, Any] = {
    "queued": moment,
    "started": moment,
    "ended": moment,
    "exit_code": int,
    "result": json.loads,
    "request": json.loads,
}


def record_of(values: Sequence[str | None]) -> JobRecord | None:
    """The record from the values of :data:`FIELDS`, None when it has expired."""
    known: dict[str, Any] = {
        name: _READ[name](value) if name in _READ else value
        for name, value in zip(FIELDS, values, strict=True)
        if value is not None
    }
    return JobRecord(**known) if "id" in known else None
