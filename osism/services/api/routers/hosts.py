"""Hosts: their groups, variables and facts, without secrets."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from osism import wiring
from osism.domain.known_facts import told
from osism.domain.secrets import masked
from osism.services.api.auth import Reader
from osism.services.api.envelopes import Json, Name, Shape

router = APIRouter(tags=["hosts"])

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
def list_hosts(
    caller: Reader,
    limit: Annotated[
        str | None, Query(pattern=PATTERN, description="A pattern of hosts, as Ansible's.")
    ] = None,
) -> HostList:
    """List the hosts of the inventory and their groups."""
    found = wiring.hosts().groups(limit)
    return HostList(items=[Host(name=name, groups=groups) for name, groups in found.items()])


@router.get("/hosts/{name}/variables")
def get_variables(name: HostName, caller: Reader) -> Variables:
    """The variables that the inventory gives a host; secrets are masked."""
    return Variables(host=name, variables=masked(wiring.hosts().variables(name)))


@router.get("/hosts/{name}/facts")
def get_facts(name: Name, caller: Reader) -> Facts:
    """The facts that Ansible gathered of a host; secrets are masked."""
    facts = wiring.facts()
    found = told(name, facts.get(name), lambda: [host for host, _ in facts.hosts()])
    return Facts(host=name, facts=masked(found))
