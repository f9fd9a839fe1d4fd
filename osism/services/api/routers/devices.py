"""Devices: what they shall be and are; wanting a state of one."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query, Response
from pydantic import StringConstraints

from osism.domain.access import Caller
from osism.domain.secrets import masked_configuration
from osism.services.api.asking import OnBehalf, behalf
from osism.services.api.auth import Operator, Reader
from osism.services.api.devices.board import Shown, board
from osism.services.api.devices.choosing import MARK, Choice, page
from osism.services.api.devices.shapes import (
    Device,
    DeviceList,
    Plan,
    PlannedChange,
    PlannedDevice,
    WantedDevice,
)
from osism.services.api.devices.wanting import VERSION, plan_of, version_of, want
from osism.services.api.envelopes import ListMeta, Name
from osism.services.api.errors import answers
from osism.services.api.waiting import result_of

router = APIRouter(tags=["devices"])

#: Seconds that a plan is waited for.
PLANNING = 60.0

_TAGGED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {"ETag": {"description": "meta.resource-version", "schema": {"type": "string"}}}
    }
}
Condition = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=VERSION,
        description="The resource-version that the device must still have, as its ETag says it; "
        '`"0"`: nobody ever wanted anything of it',
    ),
]
Label = Annotated[str, StringConstraints(max_length=200)]


@router.get("/devices", response_model=DeviceList)
def list_devices(
    caller: Reader,
    state: Annotated[
        str | None,
        Query(max_length=64, description="Those that are in this state, or come from it."),
    ] = None,
    role: Annotated[
        str | None, Query(max_length=200, description="Those of this role; NetBox's slug.")
    ] = None,
    label: Annotated[
        list[Label] | None,
        Query(max_length=64, description="`key=value`, or `key` for any value; all have to fit."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    continue_: Annotated[
        str | None,
        Query(alias="continue", pattern=MARK, description="`meta.continue` of the page before."),
    ] = None,
) -> Response:
    """List the devices that osism manages, by name."""
    found, choice = board().all(), Choice(state, role, tuple(label or ()))
    places, following = page(choice, found.devices, limit, continue_ or "")
    around = DeviceList(meta=ListMeta(**{"continue": following}), items=[]).model_dump_json()
    items = b",".join([found.shown[place].body for place in places])
    return _json(around.removesuffix("]}").encode() + items + b"]}")


@router.get("/devices/{name}", response_model=Device, responses=_TAGGED)
def get_device(name: Name, caller: Reader) -> Response:
    """A device: the state that it shall be in, the one that it is in, and how far the way is."""
    return _object(board().one(name))


@router.put(
    "/devices/{name}",
    response_model=Device | Plan,
    responses=_TAGGED | answers(409, 412, 423),
)
async def want_device(
    name: Name,
    wanted: WantedDevice,
    caller: Operator,
    dry_run: Annotated[
        bool, Query(alias="dry-run", description="Answer with the plan; nothing is written.")
    ] = False,
    if_match: Condition = None,
    user: OnBehalf = "",
) -> Any:
    """Want a state of a device.

    It is there when `status.propagation-status.status` is `Propagation Complete` and its
    `generation-id` is that of `meta`. Wanting the same again changes nothing, and begins anew what
    has failed.
    """
    version = version_of(if_match)
    if dry_run:
        job = await run_sync(plan_of, name, wanted, version)
        return _plan(await result_of(job, caller, user, PLANNING))
    return await run_sync(_wanted, name, wanted, version, caller, user)


def _wanted(
    name: str, wanted: WantedDevice, version: int | None, caller: Caller, user: str
) -> Response:
    want(name, wanted, version, behalf(caller, user))
    return _object(board().one(name))


def _plan(result: Any) -> Plan:
    return Plan(
        devices=[PlannedDevice(**each) for each in result["devices"]],
        changes=[
            PlannedChange(verb=verb, object=object, detail=detail)
            for verb, object, detail in result["changes"]
        ],
        diffs={switch: masked_configuration(text) for switch, text in result["diffs"].items()},
    )


def _object(shown: Shown) -> Response:
    return _json(shown.body, ETag=f'"{shown.facts.version}"')


def _json(body: bytes, **headers: str) -> Response:
    """An answer that is as its model says already: validating it again would take most of the
    time."""
    return Response(body, media_type="application/json", headers=headers)
