"""Runs of playbooks: asking for one, looking at it, its output, its end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from osism import wiring
from osism.domain.applying import RETRIES, TIMEOUT, Wanted, job
from osism.domain.errors import Refused
from osism.domain.known_runs import KnownRun, Wish, mark, placed
from osism.domain.records import ENDS
from osism.domain.secrets import masked
from osism.services.api import reading_runs
from osism.services.api.asking import OnBehalf, ask, behalf
from osism.services.api.auth import Operator, Reader
from osism.services.api.envelopes import ListMeta, Meta, Name, Shape, Text, Word, WordOrNone
from osism.services.api.errors import answers
from osism.services.api.streaming import OUTPUT, Output, job_output

router = APIRouter(tags=["runs"])

State = Literal["queued", "waiting", "running", "succeeded", "failed", "revoked"]
Argument = Annotated[str, Field(max_length=131_072)]


class WantedRun(Shape):
    """What to apply. ``role``: a role, or a collection of roles unless a role has its name.

    ``environment``: needed where several have the role. ``sub``: a part of it. ``action``:
    kolla-ansible's. ``arguments`` go to ansible-playbook, one word each. ``limit``: a pattern of
    hosts; null for all hosts of the role. ``check``: change nothing. ``retries``: how often a run
    that failed is begun again. ``timeout``: seconds after which it is ended, 0 for never.
    """

    role: Word
    environment: WordOrNone = ""
    sub: WordOrNone = ""
    action: WordOrNone = ""
    arguments: list[Argument] = Field(default_factory=list, max_length=1000)
    limit: Annotated[str, Field(max_length=65_536)] | None = None
    check: bool = False
    diff: bool = False
    retries: int = Field(0, ge=0, le=RETRIES)
    timeout: int = Field(0, ge=0, le=TIMEOUT)


class RunSpec(Shape):
    """What was asked for. A collection has its name in ``apply`` and no role; a run that belongs to
    one has the id of the collection's run in ``collection``."""

    apply: str = ""
    environment: str = ""
    role: str = ""
    sub: str = ""
    action: str = ""
    arguments: list[str] = Field(default_factory=list)
    limit: str = ""
    check: bool = False
    diff: bool = False
    retries: int = 0
    timeout: int = 0
    collection: str = ""


class RunStatus(Shape):
    """What is so. ``state``: ``waiting`` is for another run of the role, or for the site's lock.

    ``exit_code``: Ansible's own, 124 after ``timeout``, 130 when revoked. ``hosts``: host to what
    Ansible's recap counts (ok, changed, unreachable, failed, skipped, rescued, ignored).
    ``result``: what the play itself left (the message of its task ``Result``), of a collection
    what became of its roles; kept for as long as the output.
    """

    state: State
    by: str
    queued: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    worker: str = ""
    exit_code: int | None = None
    reason: str = ""
    hosts: dict[str, dict[str, int]] = Field(default_factory=dict)
    result: Any = None


class Run(Shape):
    """A run of a role, or of the roles of a collection."""

    kind: Literal["Run"] = "Run"
    api_version: Literal["v1"] = "v1"
    meta: Meta
    spec: RunSpec
    status: RunStatus


class RunList(Shape):
    """Runs, the newest first."""

    kind: Literal["RunList"] = "RunList"
    api_version: Literal["v1"] = "v1"
    meta: ListMeta
    items: list[Run]


_QUEUED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "Queued",
        "headers": {"Location": {"description": "The run.", "schema": {"type": "string"}}},
    },
    **answers(423),
}


@router.post("/runs", status_code=202, responses=_QUEUED)
def start_run(wanted: WantedRun, caller: Operator, response: Response, user: OnBehalf = "") -> Run:
    """Queue a run of a role, or of the roles of a collection.

    Secrets in arguments are refused: a command line is seen by everybody on the machine. Follow the
    run with `GET /runs/{id}/output?follow=true`.
    """
    values = wanted.model_dump(by_alias=False) | {"arguments": tuple(wanted.arguments)}
    id = ask(job(Wanted(**values), wiring.roles(), wiring.collections), caller, user)
    response.headers["Location"] = f"/api/v1/runs/{id}"
    return _run(reading_runs.find(id))


@router.get("/runs")
def list_runs(
    caller: Reader,
    role: Annotated[Text | None, Query()] = None,
    status: Annotated[State | None, Query()] = None,
    collection: Annotated[Text | None, Query(description="The run of a collection.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    continue_: Annotated[
        str | None, Query(alias="continue", pattern=r"^[0-9]{1,16}\.[0-9A-Za-z._-]{1,255}$")
    ] = None,
) -> RunList:
    """List runs, the newest first, those that have not begun among them.

    A collection's own run is not listed; those of its roles are.
    """
    before = placed(continue_) if continue_ else None
    found, following = reading_runs.listed(Wish(role, status, collection), limit, before)
    meta = ListMeta(**{"continue": mark(following) if following else None})
    return RunList(meta=meta, items=[_run(each) for each in found])


@router.get("/runs/{id}")
def get_run(id: Name, caller: Reader) -> Run:
    """A run, by its id or the beginning of it."""
    return _run(reading_runs.find(id))


def _full_id(id: Name) -> str:
    return reading_runs.find(id).id


@router.get("/runs/{id}/output", response_class=Response, responses=OUTPUT)
async def get_run_output(
    request: Request, caller: Reader, run: Annotated[str, Depends(_full_id)], asked: Output
) -> Response:
    """What a run has told, or with `follow` what it tells until its end, as server-sent events."""
    return await job_output(request, run, *asked)


@router.post("/runs/{id}/revoke", status_code=202, responses=answers(409))
def revoke_run(id: Name, caller: Operator, user: OnBehalf = "") -> Run:
    """Ask for the end of a run. One that has not begun ends at once."""
    found = reading_runs.find(id)
    if found.state in ENDS:
        raise Refused(f"run {found.id} has {found.state} already")
    wiring.revoke(found.id, behalf(caller, user))
    return _run(reading_runs.find(found.id))


def _run(known: KnownRun) -> Run:
    changed = known.ended or known.started or known.queued
    return Run(
        meta=Meta(
            name=known.id,
            generation_id="1",
            creation_time=known.queued or known.started,
            mod_time=changed,
            self_link=f"/api/v1/runs/{known.id}",
        ),
        spec=_spec(known.request),
        status=RunStatus(
            state=cast(State, known.state),
            by=known.by,
            queued=known.queued,
            started=known.started,
            ended=known.ended,
            worker=known.worker,
            exit_code=known.exit_code,
            reason=known.reason,
            hosts={host: dict(counts) for host, counts in known.hosts.items()},
            result=masked(known.result),
        ),
    )


def _spec(request: Any) -> RunSpec:
    """The job as it crossed the queue, in the words of the API."""
    values = {name: value for name, value in masked(request).items() if name != "job"}
    if request.get("job") == "ApplyCollection":
        values["apply"] = values.pop("name")
    return RunSpec.model_validate({name: values[name] for name in values if name in _FIELDS})


_FIELDS = frozenset(RunSpec.model_fields)
