"""Jobs: asking for any, what became of them, their output, their end."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response
from pydantic import StringConstraints

from osism import wiring
from osism.domain import admissions
from osism.domain.access import Caller
from osism.domain.errors import NotFound, OsismError
from osism.domain.jobs import Job, RunPlaybook, decode
from osism.domain.records import MOST, JobRecord
from osism.domain.roles import located
from osism.domain.schedules import SCHEDULE
from osism.domain.secrets import masked
from osism.services.api.asking import OnBehalf, ask, behalf
from osism.services.api.auth import Forbidden, Operator, Reader
from osism.services.api.envelopes import Json, ListMeta, Meta, Name, Shape
from osism.services.api.errors import answers
from osism.services.api.job_shapes import AskedJob
from osism.services.api.streaming import OUTPUT, Output, job_output

router = APIRouter(tags=["jobs"])

State = Literal["queued", "started", "retrying", "succeeded", "failed", "revoked"]
JobId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class JobStatus(Shape):
    """What is so. ``retrying``: it waits for something and is looked at again.

    ``result``: what it ended with. ``exit-code``: what a command that waits for it ends with.
    """

    state: State
    summary: str
    queue: str
    by: str
    worker: str
    reason: str
    exit_code: int | None
    result: Any
    queued: datetime | None
    started: datetime | None
    ended: datetime | None


class JobObject(Shape):
    """A job. ``spec`` is what was asked for, as `POST /jobs` takes it."""

    kind: Literal["Job"] = "Job"
    api_version: Literal["v1"] = "v1"
    meta: Meta
    spec: Json
    status: JobStatus


class JobList(Shape):
    """Jobs, the newest first."""

    kind: Literal["JobList"] = "JobList"
    api_version: Literal["v1"] = "v1"
    meta: ListMeta
    items: list[JobObject]


class Revocation(Shape):
    """What was done to end a job."""

    kind: Literal["Revocation"] = "Revocation"
    api_version: Literal["v1"] = "v1"
    message: str


class Ending(Shape):
    """Whether a job was ended because nobody works on it any more."""

    kind: Literal["Ending"] = "Ending"
    api_version: Literal["v1"] = "v1"
    ended: bool


_QUEUED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "Queued",
        "headers": {"Location": {"description": "The job.", "schema": {"type": "string"}}},
    },
    **answers(409, 423),
}


@router.post("/jobs", status_code=202, responses=_QUEUED)
def ask_for_job(
    wanted: Annotated[AskedJob, Body()],
    caller: Operator,
    response: Response,
    user: OnBehalf = "",
    id: Annotated[
        JobId | None,
        Header(
            alias="X-Job-Id",
            description="The id that the job is to have (a UUID of the client's): asking for the "
            "same again, after an answer was lost, queues nothing twice",
        ),
    ] = None,
) -> JobObject:
    """Queue a job.

    Some want the role admin: what removes nodes, changes NetBox's own fields or forgets history.
    """
    job = decode(wanted.model_dump())
    _admit(job, caller)
    asked = ask(job, caller, user, id)
    response.headers["Location"] = f"/api/v1/jobs/{asked}"
    return _shown(_known(asked))


def _admit(job: Job, caller: Caller) -> None:
    admissions.check(job)
    needed = admissions.role(job)
    if caller.role < needed:
        raise Forbidden(needed, caller)
    if isinstance(job, RunPlaybook):
        located(job.role, job.environment, wiring.roles())


@router.get("/jobs")
def list_jobs(
    caller: Reader,
    state: Annotated[State | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    all: Annotated[bool, Query(description="With those of the schedule.")] = False,
) -> JobList:
    """List jobs, the newest first."""
    found = wiring.records().newest(limit, state, "" if all else SCHEDULE)
    return JobList(meta=ListMeta(), items=[_shown(each) for each in found])


@router.get("/jobs/{id}")
def get_job(id: Name, caller: Reader) -> JobObject:
    """A job, by its id or the beginning of it that no other has."""
    return _shown(_known(_full_id(id)))


def _full_id(id: Name) -> str:
    return wiring.records().find(_printable(id))


@router.get("/jobs/{id}/output", response_class=Response, responses=OUTPUT)
async def get_job_output(
    request: Request, caller: Reader, job: Annotated[str, Depends(_full_id)], asked: Output
) -> Response:
    """What a job tells, from its beginning: so far, or with `follow` until its end."""
    return await job_output(request, job, *asked)


@router.post("/jobs/{id}/revoke", status_code=202, responses=answers(409))
def revoke_job(id: Name, caller: Operator, user: OnBehalf = "") -> Revocation:
    """Ask for the end of a job: one that waits never begins, one that runs stops."""
    found = _full_id(id)
    return Revocation(message=wiring.revoke(found, behalf(caller, user)))


@router.post("/jobs/{id}/end-lost")
def end_lost_job(id: Name, caller: Operator) -> Ending:
    """End a job as failed whose worker is gone, as an event `lost` of its output has told.

    Nothing happens while somebody works on it, nor to one that has not begun or has ended.
    """
    found = _full_id(id)
    ended = wiring.records().end_lost(found, "worker lost")
    if ended:
        with suppress(OsismError):  # the schedule makes up for a journal that is away
            wiring.run_journal().finish_run(found, "failed", 4, "worker lost")
    return Ending(ended=ended)


def _printable(id: str) -> str:
    if not id.isascii() or not id.isprintable():
        raise NotFound(f"no job whose id begins with {id!r}")
    return id


def _known(id: str) -> JobRecord:
    record = wiring.records().get(id)
    if record is None:
        raise NotFound(f"job {id} has just expired")
    return record


def _shown(record: JobRecord) -> JobObject:
    changed = record.ended or record.started or record.queued
    return JobObject(
        meta=Meta(
            name=record.id,
            generation_id="1",
            creation_time=record.queued,
            mod_time=changed,
            self_link=f"/api/v1/jobs/{record.id}",
        ),
        spec=masked(record.request),
        status=JobStatus(
            state=record.state,  # type: ignore[arg-type]
            summary=record.summary,
            queue=record.queue,
            by=record.by,
            worker=record.worker,
            reason=record.reason,
            exit_code=record.exit_code,
            result=masked(record.result),
            queued=record.queued,
            started=record.started,
            ended=record.ended,
        ),
    )
