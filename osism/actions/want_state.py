"""Want a state of a device: write it down, and queue the job that brings it about."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from osism.domain.errors import Busy, Changed, Invalid, OutsideFailed
from osism.domain.ports import JobStatus, Journal, Queue, Specs
from osism.domain.records import SiteLock
from osism.domain.specs import Propagation, Spec, Wish, job_for, needs_job, propagation
from osism.domain.transitions import NEW, checked_state

#: How often it is decided anew when somebody else has changed the spec meanwhile.
TRIES = 20


class SiteRecords(Protocol):
    """Whether the site takes work, and what became of jobs."""

    def site_lock(self) -> SiteLock | None:
        """The lock of the site, None when there is none."""

    def statuses(self, jobs: Iterable[str]) -> Mapping[str, JobStatus]:
        """Those of *jobs* that have a record, in one round trip."""


def want_state(
    device: str,
    state: str,
    labels: Mapping[str, str] | None,
    by: str,
    version: int | None,
    specs: Specs,
    journal: Journal,
    records: SiteRecords,
    queue: Queue,
    undone: bool = False,
) -> Spec:
    """Write that *device* shall be in *state*, and queue the job for it; the spec of now.

    Nothing is queued while the same state is under way or reached; after a failure it is, for the
    same generation, and when what was reached is *undone*: NetBox says that it is not so any more.
    *version*: what the spec must still have (0: there is none), else
    :class:`Changed`. Raises :class:`Busy` when the site is locked. The spec is written first: when
    the job cannot be queued (:class:`OutsideFailed`), the schedule does it later.
    """
    if checked_state(state) == NEW:
        raise Invalid("state '0' is reserved for new devices; abort leads back to where one was")
    if lock := records.site_lock():
        raise Busy(f"{lock}; nothing was queued")
    for _ in range(TRIES):
        known = specs.of([device]).get(device)
        if version is not None and version != (known.version if known else 0):
            raise Changed(f"device {device!r}: its spec has changed meanwhile; read it again")
        progress = _progress(known, journal, records) if known else None
        fresh = needs_job(known, state, progress, undone)
        job = str(uuid.uuid4()) if known is None or fresh else known.job
        wish = Wish(device, state, job, by, labels)
        try:
            # What was decided holds for this version only.
            spec = specs.want(wish, known.version if known else 0)
        except Changed:
            continue
        if fresh:
            _queue(spec, by, records, queue)
        return spec
    raise Busy(f"device {device!r}: its spec changes all the time; try again")


def _progress(spec: Spec, journal: Journal, records: SiteRecords) -> Propagation:
    rows = [row for row in journal.of_jobs([spec.job]) if row.device == spec.device]
    job = None if rows else records.statuses([spec.job]).get(spec.job)
    return propagation(spec, rows[0] if rows else None, {}, job, datetime.now(UTC))


def _queue(spec: Spec, by: str, records: SiteRecords, queue: Queue) -> None:
    try:
        queue.send(job_for(spec), by, spec.job)
    except OutsideFailed as failure:
        raise OutsideFailed(
            f"{failure}; what is wanted is kept, {_later(spec.job, records)}"
        ) from failure


def _later(job: str, records: SiteRecords) -> str:
    """What becomes of a job that could not be sent."""
    try:
        known = records.statuses([job]).get(job)
    except OutsideFailed:
        known = None
    if known and known.state == "failed":  # the broker is another system than the records
        return "its job has failed; want it again"
    return "and is queued once Redis is back"
