"""What is known of a run by its job's record and by the journal, as one.

The record is there at once and kept for some days; the journal has a run from its beginning, and
for long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from osism.domain.errors import Invalid
from osism.domain.records import ENDS, JobRecord
from osism.domain.runs import Run

#: The jobs that count as runs.
KINDS = ("RunPlaybook", "ApplyCollection")
#: State of a job's record -> state of a run.
STATES: Mapping[str, str] = {
    "queued": "queued",
    "retrying": "waiting",
    "started": "running",
    **{each: each for each in ENDS},
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Where a run stands in a list: when it began, or was asked for, and its id.
Place = tuple[datetime, str]


@dataclass(frozen=True)
class KnownRun:
    """A run from the moment on in which it was asked for. State: queued, waiting (for another run
    or the lock of the site), running, succeeded, failed, revoked. *request*: the job."""

    id: str
    state: str
    by: str
    request: Mapping[str, Any]
    queued: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    worker: str = ""
    exit_code: int | None = None
    reason: str = ""
    hosts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    result: Any = None

    @property
    def place(self) -> Place:
        return self.started or self.queued or _EPOCH, self.id

    @property
    def role(self) -> str:
        return str(self.request.get("role", ""))

    @property
    def collection(self) -> str:
        """The job of the collection it belongs to."""
        return str(self.request.get("collection", ""))


def known(record: JobRecord | None, run: Run | None) -> KnownRun:
    """The run of a record, of a row of the journal, or of both."""
    if record is None:
        assert run is not None  # noqa: S101 - one of them
        return _of_journal(run)
    if run is None:
        return _of_record(record)
    # What the record has and the journal has not: when it was queued, what the play left, and an
    # end that the journal could not take.
    ended = run.status == "running" and record.state in ENDS
    return KnownRun(
        id=run.id,
        state=record.state if ended else run.status,
        by=run.asked_by,
        request=run.request,
        queued=record.queued,
        started=run.started,
        ended=run.ended or record.ended,
        worker=run.worker,
        exit_code=record.exit_code if ended else run.exit_code,
        reason=record.reason if ended else run.reason,
        hosts=run.hosts,
        result=_result(record),
    )


def _of_journal(run: Run) -> KnownRun:
    return KnownRun(
        id=run.id,
        state=run.status,
        by=run.asked_by,
        request=run.request,
        started=run.started,
        ended=run.ended,
        worker=run.worker,
        exit_code=run.exit_code,
        reason=run.reason,
        hosts=run.hosts,
    )


def _of_record(record: JobRecord) -> KnownRun:
    return KnownRun(
        id=record.id,
        state=STATES[record.state],
        by=record.by,
        request=record.request,
        queued=record.queued,
        started=record.started,
        ended=record.ended,
        worker=record.worker,
        exit_code=record.exit_code,
        reason=record.reason,
        hosts=_told(record).get("hosts") or {},
        result=_result(record),
    )


def _told(record: JobRecord) -> Mapping[str, Any]:
    """What the job ended with; that of one that failed is below ``run``."""
    found = record.result if isinstance(record.result, Mapping) else {}
    inner = found.get("run", found)
    return inner if isinstance(inner, Mapping) else {}


def _result(record: JobRecord) -> Any:
    if record.name == "ApplyCollection":
        return _told(record) or None
    return _told(record).get("result")


@dataclass(frozen=True)
class Wish:
    """Which runs are asked for; ``None``: all."""

    role: str | None = None
    state: str | None = None
    collection: str | None = None

    def fits(self, run: KnownRun) -> bool:
        """Whether it is one of them."""
        return (
            self.role in (None, run.role)
            and self.state in (None, run.state)
            and self.collection in (None, run.collection)
        )


def unwritten(
    wish: Wish, records: Iterable[JobRecord], runs: Sequence[Run], limit: int, before: Place | None
) -> list[KnownRun]:
    """The runs of *records* that belong on the page of the journal's *runs* (*limit* of them, those
    behind *before*) and are not on it. Whether the journal has one that has begun has to be looked
    up: it may be on another page."""
    there = {each.id for each in runs}
    last = (runs[-1].started, runs[-1].id) if len(runs) >= limit else None
    found = (
        known(each, None) for each in records if each.name == "RunPlaybook" and each.id not in there
    )
    return [
        each
        for each in found
        if wish.fits(each)
        and (before is None or each.place < before)
        and (last is None or each.place > last)
    ]


def page(
    wish: Wish, records: Mapping[str, JobRecord], runs: Iterable[Run], more: Iterable[KnownRun]
) -> list[KnownRun]:
    """The journal's *runs*, with what *records* add, and *more*; the newest first."""
    found = (known(records.get(each.id), each) for each in runs)
    chosen = [*(each for each in found if wish.fits(each)), *more]
    return sorted(chosen, key=lambda each: each.place, reverse=True)


def mark(place: Place) -> str:
    """A place in the list as a text: microseconds since 1970 and the id."""
    at, id = place
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}.{id}"


def placed(text: str) -> Place:
    """The place that :func:`mark` has written; raises :class:`Invalid`."""
    number, _, id = text.partition(".")
    try:
        return _EPOCH + timedelta(microseconds=int(number)), id
    except (ValueError, OverflowError):
        raise Invalid(f"continue {text[:100]!r}: not what a list has answered with") from None
