"""Switches: which there are, what they are to run, what they run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from pydantic import Field

from osism import wiring
from osism.domain import inventory
from osism.domain.access import Caller, Role
from osism.domain.errors import Misconfigured, NotFound, OsismError
from osism.domain.inventory import SWITCH
from osism.domain.jobs import CheckDrift
from osism.domain.names import checked, nearest
from osism.domain.secrets import masked_configuration
from osism.services.api.asking import OnBehalf
from osism.services.api.auth import Forbidden, Operator, Reader
from osism.services.api.envelopes import Json, ListMeta, Shape, Word
from osism.services.api.errors import answers
from osism.services.api.waiting import result_of
from osism.settings import settings

router = APIRouter(tags=["switches"])

#: Seconds that a client waits for a switch at most.
MOST = 60.0
Seconds = Annotated[
    float,
    Query(
        alias="timeout-seconds", ge=1, le=MOST, description="How long to wait for a worker's answer"
    ),
]


class Driver(Shape):
    """What can be expected of a switch's driver.

    ``observes``: the fields that it reads from the switch (``port.mtu``, ``vlan.name``, …).
    ``revert_timer``: the switch itself takes back what nobody confirms. ``problem``: why it cannot
    be told, on the machine of the API.
    """

    description: str = ""
    observes: list[str] = Field(default_factory=list)
    revert_timer: bool = False
    problem: str = ""


class Switch(Shape):
    """A switch that osism manages. ``state`` is what NetBox says; ``deployment_enabled``: whether
    configurations are deployed to it."""

    name: str
    site: str
    role: str
    platform: str
    manufacturer: str
    model: str
    state: str
    deployment_enabled: bool
    driver: Driver


class SwitchList(Shape):
    """The switches, sorted by name."""

    kind: Literal["SwitchList"] = "SwitchList"
    api_version: Literal["v1"] = "v1"
    meta: ListMeta = Field(default_factory=ListMeta)
    items: list[Switch]


class Configuration(Shape):
    """The configuration of a switch, masked. ``generated``: what was rendered last; ``deployed``:
    what was deployed last, and confirmed; null without one. ``difference``: from the one to the
    other, as a unified diff. ``running``: what was observed on the switch just now, in the terms of
    NetBox (ports, lags, vlans, addresses, mlag), null with the ``reason`` where it was not."""

    kind: Literal["SwitchConfiguration"] = "SwitchConfiguration"
    api_version: Literal["v1"] = "v1"
    name: str
    generated: str | None
    deployed: str | None
    difference: str
    running: Json | None
    reason: str


class Difference(Shape):
    """One field of one thing that is not as NetBox wants it."""

    item: str
    field: str
    wanted: Any
    found: Any


class Drift(Shape):
    """What came of a comparison. ``result``: clean, drifted; or why there was none: busy (somebody
    works on it), skipped, not checked, failed, with the ``reason``. ``unchecked``: fields that the
    driver does not read. ``links``: links that are down, which is no difference."""

    kind: Literal["Drift"] = "Drift"
    api_version: Literal["v1"] = "v1"
    name: str
    result: Literal["clean", "drifted", "busy", "skipped", "not checked", "failed"]
    reason: str
    differences: list[Difference]
    unchecked: list[str]
    links: list[str]


@router.get("/switches")
def list_switches(caller: Reader) -> SwitchList:
    """List the switches that osism manages."""
    names = [each.name for each in wiring.device_source().devices() if each.kind == SWITCH]
    found = wiring.inventory().devices(names) if names else []
    return SwitchList(items=[_shown(each) for each in found if each.managed_switch])


@router.get("/switches/{name}/configuration", responses=answers(409, 423))
async def get_switch_configuration(
    name: Word,
    caller: Reader,
    running: Annotated[
        bool,
        Query(
            description="Look at the switch as well, by a job that is waited for; wants the role "
            "operator"
        ),
    ] = False,
    timeout: Seconds = MOST,
    user: OnBehalf = "",
) -> Configuration:
    """What a switch is to run, what was deployed, and with `running` what it runs.

    Passwords, keys and communities are masked, as far as they can be told from other words.
    """
    seen: dict[str, Any] = {"reason": "not asked for: running=true looks at the switch"}
    if running:
        if caller.role < Role.OPERATOR:
            raise Forbidden(Role.OPERATOR, caller)
        await run_sync(_switch, name)
        seen = await _checked(CheckDrift((name,), show=True), caller, user, timeout)
    texts: dict[str, Any] = await run_sync(_texts, name)
    reason = str(seen["reason"]) or ("" if "running" in seen else str(seen["result"]))
    return Configuration(name=name, **texts, running=seen.get("running"), reason=reason)


@router.get("/switches/{name}/drift", responses=answers(409, 423))
async def get_switch_drift(
    name: Word, caller: Operator, timeout: Seconds = MOST, user: OnBehalf = ""
) -> Drift:
    """Compare what runs on a switch with NetBox now; nothing is changed.

    A job of the worker netbox does it, which logs in to the switch; it is waited for.
    """
    await run_sync(_switch, name)
    found = await _checked(CheckDrift((name,)), caller, user, timeout)
    return Drift(
        name=name,
        result=found["result"],
        reason=found["reason"],
        differences=[Difference(**each) for each in found["differences"]],
        unchecked=found["unchecked"],
        links=found["links"],
    )


async def _checked(job: CheckDrift, caller: Caller, user: str, seconds: float) -> dict[str, Any]:
    result = await result_of(job, caller, user, seconds)
    found: dict[str, Any] = result["switches"][0]
    return found


def _switch(name: str) -> inventory.Device:
    """The managed switch of this name; raises :class:`NotFound`, :class:`Refused`."""
    checked("switch", name)
    found = next(iter(wiring.inventory().devices([name])), None)
    if found is None:
        known = [each.name for each in wiring.device_source().devices() if each.kind == SWITCH]
        raise NotFound(f"NetBox does not know the device {name!r}{nearest(name, known)}")
    return inventory.managed_switch(found)


def _texts(name: str) -> dict[str, Any]:
    """The texts of the state repository, masked."""
    switch, store = _switch(name), wiring.store()
    if not settings().state_repository.exists():
        raise Misconfigured(
            f"the state repository {settings().state_repository} is not on this machine: nothing "
            "was generated yet, or the worker netbox runs elsewhere; share it with the API"
        )

    def masked(text: str | None) -> str | None:
        return None if text is None else wiring.switches().mask(switch, masked_configuration(text))

    return {
        "generated": masked(store.generated(name)),
        "deployed": masked(store.deployed(name)),
        "difference": masked(store.diff(name)) or "",
    }


def _shown(device: inventory.Device) -> Switch:
    return Switch(
        name=device.name,
        site=device.site,
        role=device.role,
        platform=device.platform,
        manufacturer=device.manufacturer,
        model=device.model,
        state=device.state or "0",
        deployment_enabled=device.deployment_enabled,
        driver=_driver(device),
    )


def _driver(device: inventory.Device) -> Driver:
    try:
        found = wiring.switches().capabilities(device)
    except OsismError as problem:  # a driver's library that only the worker has, say
        return Driver(problem=str(problem))
    return Driver(
        description=found.description,
        observes=sorted(found.observes),
        revert_timer=found.revert_timer,
    )
