"""What devices shall be, and how far that is so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from osism.domain.errors import TakenOver
from osism.domain.jobs import ConnectDevices
from osism.domain.transitions import DOES, Phase, Standing

if TYPE_CHECKING:
    from osism.domain.ports import JobStatus, Row

PENDING, COMPLETE, FAILED = "Pending", "Propagation Complete", "Propagation Failed"

#: Until then a job that nobody has heard of is one that is still to be queued.
LATELY = timedelta(hours=1)

#: What is being done in a phase, in one word; 0: none of them yet.
REASONS = {
    0: "Beginning",
    Phase.RECORD: "Recording",
    Phase.GENERATE: "Generating",
    Phase.DEPLOY: "Deploying",
    Phase.VALIDATE: "Validating",
}

_AT_REST, _CONFIRMING = "AtRest", "Confirming"

#: Last words of a switch that runs what it shall; of one that nobody asks to; of one that failed.
_RUNS = frozenset({"unchanged", "validated", "confirmed"})
_SKIPPED = "skipped"
_BROKEN = frozenset({"failed", "drifted", "revert failed"})

#: Switch -> its last result in a transition, and the reason it gave.
Results = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Wish:
    """What somebody wants of a device. ``labels`` None: those that it has. ``job``: the one that
    is to bring it about."""

    device: str
    state: str
    job: str
    by: str
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Spec:
    """What a device shall be.

    ``generation`` rises when the spec really changes, ``version`` also with every step towards it.
    ``job`` is the one that brings (or brought) this generation about.
    """

    device: str
    state: str
    generation: int
    version: int
    job: str
    asked_by: str
    created: datetime
    modified: datetime
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Propagation:
    """How far a generation has come.

    ``status``: Pending, Propagation Complete or Propagation Failed. ``reason``: why, in one word
    (CamelCase), ``message`` in a sentence. ``updated``: how many switches run it; ``pending``:
    those that do not yet; ``failed``: those that could not. ``since``: when it came to be so.
    """

    generation: int
    status: str
    reason: str
    message: str
    since: datetime
    updated: int = 0
    pending: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class InState:
    """Whether a device is in the state that it shall be in: ``status`` True, False or Unknown."""

    status: str
    reason: str
    message: str
    last_transition_time: datetime | None
    type: str = "InState"


# --- changing a spec ------------------------------------------------------------------------------


def wanted(known: Spec | None, wish: Wish, now: datetime) -> Spec:
    """The spec when *wish* is granted; *known* itself when that changes nothing."""
    if known is None:
        return Spec(wish.device, wish.state, 1, 1, wish.job, wish.by, now, now, wish.labels or {})
    labels = known.labels if wish.labels is None else wish.labels
    if (wish.state, wish.job, dict(labels)) == (known.state, known.job, dict(known.labels)):
        return known
    other = wish.state != known.state
    return replace(
        known,
        state=wish.state,
        generation=known.generation + other,
        version=known.version + 1,
        job=wish.job,
        asked_by=wish.by if other or wish.job != known.job else known.asked_by,
        modified=now,
        labels=labels,
    )


def begun(known: Spec | None, row: Row, now: datetime) -> Spec:
    """The spec when the transition *row* begins, whoever asked for it.

    ``row.generation`` is the one that its job is about, 0 for none. Raises :class:`TakenOver` when
    the spec is a newer one by now.
    """
    if known:
        refuse_superseded(known.generation, known.state, row.generation, known.asked_by)
    spec = wanted(known, Wish(row.device, row.target, row.job, row.asked_by), now)
    return replace(spec, version=spec.version + 1) if spec is known else spec


def refuse_superseded(newest: int, state: str, generation: int, by: str) -> None:
    """Raise :class:`TakenOver` when a job for this *generation* (0: for none) is too late."""
    if 0 < generation < newest:
        raise TakenOver(f"superseded by generation {newest} (state {state})", by)


def needs_job(
    known: Spec | None, state: str, progress: Propagation | None, undone: bool = False
) -> bool:
    """Whether a wish for *state* has to be queued: not while the same one is under way or done,
    unless what was done is *undone*."""
    if known is None or known.state != state or progress is None:
        return True
    return progress.status == FAILED or (undone and progress.status == COMPLETE)


def job_for(spec: Spec) -> ConnectDevices:
    """The job that brings a device to what its spec says."""
    return ConnectDevices(
        (spec.device,),
        kind="device",
        state=spec.state,
        enforce=True,
        generation=spec.generation,
    )


# --- how far it is --------------------------------------------------------------------------------


def last_results(events: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """The last result of each switch, from the details of switch events in their order.

    A switch that took back what it got keeps the reason of its own failure, if it had one.
    """
    found: dict[str, tuple[str, str]] = {}
    for each in events:
        switch, result = str(each.get("switch", "")), str(each.get("result", ""))
        reason = str(each.get("reason") or "; ".join(map(str, each.get("differences") or ())))
        if result == "reverted" and not reason:
            before, reason = found.get(switch, ("", ""))
            reason = reason if before in _BROKEN else ""
        found[switch] = (result, reason)
    return found


def propagation(
    spec: Spec, row: Row | None, results: Results, job: JobStatus | None, now: datetime
) -> Propagation:
    """How far *spec* has come.

    *row*: the transition of the device by ``spec.job``, if it began; *results*: what its switches
    said last (may be empty for one that succeeded); *job*: the record of ``spec.job``, if any.
    """
    return _of_row(spec, row, results) if row else _of_job(spec, job, now)


def _of_row(spec: Spec, row: Row, results: Results) -> Propagation:
    skipped = [name for name in row.switches if results.get(name, ("", ""))[0] == _SKIPPED]
    switches = [name for name in row.switches if name not in skipped]
    run = {name for name in switches if results.get(name, ("", ""))[0] in _RUNS}
    if row.status == "succeeded":
        message = f"in state {row.target}"
        if skipped:
            message += f"; deployment is disabled on {', '.join(skipped)}"
        since = row.ended or row.started
        return Propagation(spec.generation, COMPLETE, _AT_REST, message, since, len(switches))
    failed = tuple(name for name in switches if _broken(results.get(name)))
    if row.status == "running":
        pending = tuple(name for name in switches if name not in run and name not in failed)
        doing = f", phase {row.phase}: {DOES[Phase(row.phase)]}" if row.phase else ""
        message = f"under way from {row.source} to {row.target}{doing}"
        reason = REASONS[row.phase]
        return Propagation(
            spec.generation, PENDING, reason, message, row.started, len(run), pending, failed
        )
    reason, message = _why(row.status, row.error), row.error or f"the transition was {row.status}"
    since = row.ended or row.started
    return Propagation(spec.generation, FAILED, reason, message, since, len(run), (), failed)


def _broken(result: tuple[str, str] | None) -> bool:
    return result is not None and (
        result[0] in _BROKEN or (result[0] == "reverted" and bool(result[1]))
    )


def _why(status: str, error: str) -> str:
    """The word for an end that is no success."""
    if error.startswith("revoked by"):
        return "Revoked"
    return "Superseded" if status in ("aborted", "revoked") else "Failed"


def _of_job(spec: Spec, job: JobStatus | None, now: datetime) -> Propagation:
    def be(status: str, reason: str, message: str) -> Propagation:
        return Propagation(spec.generation, status, reason, message, spec.modified)

    if job is None:
        if now - spec.modified < LATELY:
            return be(PENDING, "Queued", f"job {spec.job} is about to be queued")
        return be(FAILED, "Forgotten", f"nobody knows job {spec.job} any more; want it again")
    if job.state in ("failed", "revoked"):
        reason = _why(job.state, job.reason)
        return be(FAILED, reason, job.reason or f"job {spec.job} {job.state}")
    if job.state == "succeeded":
        if _about(job, spec):
            return be(COMPLETE, _AT_REST, f"in state {spec.state} already")
        return be(FAILED, "Failed", f"job {spec.job} ended without a transition; want it again")
    why = f": {job.reason}" if job.reason else ""
    return be(PENDING, "Queued", f"job {spec.job} is {job.state}{why}")


def _about(job: JobStatus, spec: Spec) -> bool:
    """Whether a job without a transition was one that would have made this spec so."""
    asked = job.request
    return (
        asked.get("job") == "ConnectDevices"
        and not asked.get("dry_run")
        and asked.get("state") == spec.state
        and spec.device in asked.get("names", ())
    )


def in_state(at: Standing | None, spec: Spec | None, progress: Propagation | None) -> InState:
    """Whether a device is in the state that it shall be in.

    *at*: where NetBox says that it is, None when that cannot be read. A device that nobody wanted
    anything of is where it shall be when it is at rest.
    """
    since = progress.since if progress else None
    if at is None:
        return InState("Unknown", "Unreadable", "NetBox does not say where the device is", since)
    if spec is None or progress is None:
        return InState("True" if at.at_rest else "False", _stands(at), str(at), since)
    if progress.status != COMPLETE:
        under_way = progress.status == PENDING and not at.at_rest
        confirming = progress.reason == REASONS[Phase.VALIDATE] and not at.phase
        reason = _CONFIRMING if under_way and confirming else progress.reason
        # On the way, both say the same.
        message = str(at) if under_way else f"{at}; {progress.message}"
        return InState("False", reason, message, since)
    if at.at_rest and at.source == spec.state:
        return InState("True", _AT_REST, str(at), since)
    return InState("False", _stands(at), f"{at}; state {spec.state} is wanted", since)


def _stands(at: Standing) -> str:
    return _AT_REST if at.at_rest else REASONS[at.phase] if at.phase else _CONFIRMING
