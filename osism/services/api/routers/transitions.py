"""Transitions: the history of devices, and the way back from one that is under way."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Annotated, Any, Literal, cast
from uuid import UUID, uuid5

from fastapi import APIRouter, Query, Response

from osism import wiring
from osism.domain.errors import Refused
from osism.domain.jobs import ConnectDevices
from osism.domain.known_runs import mark, placed
from osism.domain.ports import Event, Row
from osism.domain.secrets import masked_configuration
from osism.services.api.asking import OnBehalf, ask
from osism.services.api.auth import Operator, Reader
from osism.services.api.devices.board import board
from osism.services.api.envelopes import Json, ListMeta, Meta, Name, Shape
from osism.services.api.errors import answers

router = APIRouter(tags=["transitions"])

State = Literal["running", "succeeded", "failed", "rolled-back", "aborted"]
Limit = Annotated[int, Query(ge=1, le=1000)]
Continue = Annotated[
    str | None,
    Query(
        alias="continue",
        pattern=r"^[0-9]{1,16}\.[0-9A-Za-z._-]{1,255}$",
        description="`meta.continue` of the page before.",
    ),
]


class TransitionSpec(Shape):
    """The way of a device from one state to another."""

    device: str
    source: str
    target: str


class Step(Shape):
    """One step. ``phase``: 0 for what belongs to none; ``detail`` depends on the kind."""

    at: datetime
    phase: int
    kind: str
    detail: Json


class TransitionStatus(Shape):
    """What became of it. ``phase``: the one that it is in, or has ended in; ``error``: why it did
    not succeed; ``switches``: those that are concerned; ``events``: null in lists."""

    state: State
    phase: int
    error: str
    switches: list[str]
    job: str
    by: str
    started: datetime
    ended: datetime | None
    events: list[Step] | None


class Transition(Shape):
    """One transition of one device. ``meta.generation-id`` is that of the device's spec."""

    kind: Literal["Transition"] = "Transition"
    api_version: Literal["v1"] = "v1"
    meta: Meta
    spec: TransitionSpec
    status: TransitionStatus


class TransitionList(Shape):
    """Transitions, the newest first."""

    kind: Literal["TransitionList"] = "TransitionList"
    api_version: Literal["v1"] = "v1"
    meta: ListMeta
    items: list[Transition]


class Abort(Shape):
    """A device is led back to where it came from; ``job`` does it."""

    kind: Literal["Abort"] = "Abort"
    api_version: Literal["v1"] = "v1"
    device: str
    transition: str
    job: str


#: Where the ids of these jobs come from.
_ABORTS = UUID("9f0c1a4e-52f3-4c8b-8f0a-5d0a7c1be6a3")

_QUEUED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "Queued",
        "headers": {"Location": {"description": "The job.", "schema": {"type": "string"}}},
    },
    **answers(409, 423),
}


@router.get("/transitions")
def list_transitions(
    caller: Reader,
    device: Annotated[Name | None, Query()] = None,
    status: Annotated[State | None, Query()] = None,
    limit: Limit = 100,
    continue_: Continue = None,
) -> TransitionList:
    """List transitions, the newest first."""
    return _listed(device, status, limit, continue_)


@router.get("/devices/{name}/transitions")
def list_device_transitions(
    name: Name, caller: Reader, limit: Limit = 100, continue_: Continue = None
) -> TransitionList:
    """List the transitions of a device, the newest first."""
    found = _listed(name, None, limit, continue_)
    if not found.items and continue_ is None:
        board().one(name)  # is there one of this name?
    return found


@router.get("/transitions/{id}")
def get_transition(id: Name, caller: Reader) -> Transition:
    """A transition with its steps."""
    return _shown(*wiring.journal().get(id))


@router.post("/transitions/{id}/abort", status_code=202, responses=_QUEUED)
def abort_transition(id: Name, caller: Operator, response: Response, user: OnBehalf = "") -> Abort:
    """Lead a device back to where it came from, through all phases.

    For a transition that is under way, or has stopped on its way.
    """
    row, _ = wiring.journal().get(id)
    _require_under_way(row)
    abort = ConnectDevices((row.device,), kind="device", abort=True)
    job = ask(abort, caller, user, _job_of_abort(row.id))
    response.headers["Location"] = f"/api/v1/jobs/{job}"
    return Abort(device=row.device, transition=row.id, job=job)


def _job_of_abort(transition: str) -> str:
    """The id of the job, the same until that has ended without leading back: a second job would
    stop the first one, and turn the device round once more."""
    jobs = (str(uuid5(_ABORTS, f"{transition}:{number}")) for number in count())
    records = wiring.records()
    return next(job for job in jobs if not ((known := records.get(job)) and known.ended))


def _require_under_way(row: Row) -> None:
    """Raise :class:`Refused` unless the device is in this very transition."""
    latest = wiring.journal().latest([row.device]).get(row.device)
    if latest is not None and latest.id != row.id:
        raise Refused(f"transition {row.id} is over: {row.device} has begun {latest.id} since")
    if row.status == "succeeded":
        raise Refused(f"transition {row.id} has succeeded; there is nothing to abort")
    at = board().one(row.device).facts.standing
    if at is None or (at.source, at.target) != (row.source, row.target):
        raise Refused(
            f"NetBox has {row.device} {at or 'in no state'}, not in transition {row.id}; there is "
            "nothing to abort"
        )


def _listed(
    device: str | None, status: str | None, limit: int, after: str | None
) -> TransitionList:
    before = placed(after) if after else None
    rows = wiring.journal().find(device, status, limit + 1, before)
    following = mark((rows[limit - 1].started, rows[limit - 1].id)) if len(rows) > limit else None
    items = [_shown(row) for row in rows[:limit]]
    return TransitionList(meta=ListMeta(**{"continue": following}), items=items)


def _shown(row: Row, events: Any = None) -> Transition:
    return Transition(
        meta=Meta(
            name=row.id,
            generation_id=str(row.generation),
            creation_time=row.started,
            mod_time=row.ended or row.started,
            self_link=f"/api/v1/transitions/{row.id}",
        ),
        spec=TransitionSpec(device=row.device, source=row.source, target=row.target),
        status=TransitionStatus(
            state=cast(State, row.status),
            phase=row.phase,
            error=row.error,
            switches=list(row.switches),
            job=row.job,
            by=row.asked_by,
            started=row.started,
            ended=row.ended,
            events=None if events is None else [_step(each) for each in events],
        ),
    )


def _step(event: Event) -> Step:
    detail = {
        name: masked_configuration(value) if isinstance(value, str) else value
        for name, value in event.detail.items()
    }
    return Step(at=event.at, phase=event.phase, kind=event.kind, detail=detail)
