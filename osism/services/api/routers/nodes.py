"""Bare metal nodes, as Ironic says."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from osism import wiring
from osism.domain.nodes import shown
from osism.services.api.auth import Reader
from osism.services.api.envelopes import Json, ListMeta, Name, Shape
from osism.services.api.errors import answers

router = APIRouter(tags=["nodes"])


class Node(Shape):
    """A node, without secrets. States are Ironic's words, empty where it has none."""

    kind: Literal["Node"] = "Node"
    api_version: Literal["v1"] = "v1"
    id: str
    name: str
    provision_state: str
    target_provision_state: str
    power_state: str
    target_power_state: str
    maintenance: bool
    maintenance_reason: str
    fault: str
    last_error: str
    reservation: str
    driver: str
    driver_info: Json
    properties: Json
    extra: Json
    resource_class: str
    traits: list[str]
    instance: str
    inspected: str
    interfaces: dict[str, str]


class NodeWithPorts(Node):
    """``ports``: MAC address to the interface's name that the inspection has found."""

    ports: dict[str, str]


class NodeList(Shape):
    kind: Literal["NodeList"] = "NodeList"
    api_version: Literal["v1"] = "v1"
    meta: ListMeta = Field(default_factory=ListMeta)
    items: list[Node]


@router.get("/nodes", responses=answers(501))
def list_nodes(
    caller: Reader,
    name: Annotated[
        list[Name] | None, Query(description="These, by name or id; unknown ones are left out.")
    ] = None,
) -> NodeList:
    """List nodes."""
    found = sorted(wiring.baremetal(wait=0).nodes(name), key=lambda each: (each.name, each.id))
    return NodeList(items=[Node.model_validate(shown(each)) for each in found])


@router.get("/nodes/{name}", responses=answers(501))
def get_node(name: Name, caller: Reader) -> NodeWithPorts:
    """All that Ironic says of a node, by name or id, without secrets."""
    ironic = wiring.baremetal(wait=0)
    node = ironic.node(name)
    named = ironic.interface_names(node)
    ports = {each.address: named.get(each.address, "") for each in ironic.ports([node.id])}
    return NodeWithPorts.model_validate(shown(node) | {"ports": ports})
