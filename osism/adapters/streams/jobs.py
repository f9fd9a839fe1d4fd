"""What a record says of a job."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from osism.adapters.streams.events import moment
from osism.domain.records import JobRecord

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
