"""Hosts: their groups, variables and facts, without secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from osism import wiring
from osism.domain.known_facts import told
from osism.domain.secrets import MASK, masked
from osism.services.api.auth import Reader
from osism.services.api.envelopes import Json, ListMeta, Name, Shape

router = APIRouter(tags=["hosts"])
Value = TypeVar("Value")

#: How many of Ansible's programs run at once. A pattern may keep one busy for two minutes: whoever
#: asks for such hinders those who ask for hosts, and nobody else.
PROGRAMS = 4

#: A host or a pattern of hosts, as the inventory takes it.
PATTERN = r"^[A-Za-z0-9_*~!&\[(][A-Za-z0-9_.*?~!&:,\[\]()|+^$-]{0,254}$"
HostName = Annotated[str, StringConstraints(pattern=PATTERN)]


class Host(Shape):
    """A host of the inventory and its groups."""

    name: str
    groups: list[str]


class HostList(Shape):
    kind: Literal["HostList"] = "HostList"
    api_version: Literal["v1"] = "v1"
    meta: ListMeta = Field(default_factory=ListMeta)
    items: list[Host]


class Variables(Shape):
    """What the inventory gives a host; secrets are masked."""

    kind: Literal["Variables"] = "Variables"
    api_version: Literal["v1"] = "v1"
    host: str
    variables: Json


class Facts(Shape):
    """What Ansible has gathered of a host; secrets are masked."""

    kind: Literal["Facts"] = "Facts"
    api_version: Literal["v1"] = "v1"
    host: str
    facts: Json


@router.get("/hosts")
async def list_hosts(
    caller: Reader,
    limit: Annotated[
        str | None, Query(pattern=PATTERN, description="A pattern of hosts, as Ansible's.")
    ] = None,
) -> HostList:
    """List the hosts of the inventory and their groups."""
    found = await _asked(lambda: wiring.hosts().groups(limit))
    return HostList(items=[Host(name=name, groups=groups) for name, groups in found.items()])


@router.get("/hosts/{name}/variables")
async def get_variables(name: HostName, caller: Reader) -> Variables:
    """The variables that the inventory gives a host; secrets are masked, and whatever is in files
    that are vaulted as a whole."""
    return Variables(host=name, variables=await _asked(lambda: _variables(name)))


@router.get("/hosts/{name}/facts")
def get_facts(name: Name, caller: Reader) -> Facts:
    """The facts that Ansible gathered of a host; secrets are masked."""
    facts = wiring.facts()
    found = told(name, facts.get(name), lambda: [host for host, _ in facts.hosts()])
    return Facts(host=name, facts=masked(found))


def _variables(host: str) -> Json:
    hosts = wiring.hosts()
    found, vaulted = hosts.variables(host), hosts.vaulted(host)
    shown: Json = masked({name: MASK if name in vaulted else found[name] for name in found})
    return shown


async def _asked(function: Callable[[], Value]) -> Value:
    return await asyncio.get_running_loop().run_in_executor(_programs(), function)


@cache
def _programs() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(PROGRAMS, "ansible-inventory")
