"""What of all that jobs tell is worth telling to whoever watches the whole site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: Kinds of a job's events, beside its states.
KINDS = frozenset(
    ("transition", "phase", "switch", "device", "role", "operation", "drift", "ports", "resumed")
)
#: Results that are nothing to tell: the schedule looks at every switch again and again.
_QUIET: Mapping[str, tuple[str, ...]] = {"drift": ("clean", "busy", "skipped", "not checked")}
#: Values that can be long; the output of the job has them.
_LONG = frozenset(("diff", "diffs", "links", "unchecked"))


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One event: *id* is its place in the feed, *at* when it happened; *job*, its *name*, *summary*
    and who it is *by*: of the job that told it, empty for what no job did.

    Kinds: states of jobs (``queued``, ``started``, ``retrying``, ``end``), what they tell of
    devices (:data:`KINDS`), and what others have added.
    """

    id: str
    kind: str
    at: datetime
    values: Mapping[str, Any]
    job: str = ""
    name: str = ""
    summary: str = ""
    by: str = ""


def tells(kind: str, values: Mapping[str, Any]) -> bool:
    """Whether an event of a job is told to those who watch the site."""
    return kind in KINDS and values.get("result") not in _QUIET.get(kind, ())


def brief(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of an event's values."""
    return {name: value for name, value in values.items() if name not in _LONG}


def devices(values: Mapping[str, Any]) -> set[str]:
    """The devices that an event names."""
    named = [values.get(key) for key in ("device", "switch", "node")]
    for key in ("devices", "switches", "ways"):
        several = values.get(key)
        named += several if isinstance(several, list | tuple | dict) else ()
    return {each for each in named if isinstance(each, str)}
