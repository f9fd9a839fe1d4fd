"""Nodes as the API tells them are the nodes that it was told of, without secrets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from osism import wiring
from osism.adapters.remote.nodes import RemoteNodes
from osism.domain.access import Caller, Role
from osism.domain.nodes import Node, NodePort, shown
from osism.domain.secrets import MASK
from osism.services.api.routers import nodes

READER = Caller("a test", Role.READER)
NODE = Node(
    "1-2-3",
    "node-1",
    provision_state="clean failed",
    maintenance=True,
    last_error="no answer",
    driver="redfish",
    driver_info={"redfish_password": "x", "redfish_address": "https://192.0.2.1"},
    properties={"cpus": 8},
    extra={"a": '{"password": "y"}'},
    traits=frozenset({"CUSTOM_B", "CUSTOM_A"}),
    interfaces={"power_interface": "redfish"},
)


class Ironic:
    """One node with two ports, of which the inspection has named one."""

    def nodes(self, names: Collection[str] | None = None, states: bool = False) -> Sequence[Node]:
        return [NODE] if names is None or NODE.name in names else []

    def node(self, name: str) -> Node:
        return NODE

    def ports(self, of: Collection[str] | None = None) -> Sequence[NodePort]:
        return [NodePort("p1", "aa:01", NODE.id), NodePort("p2", "aa:02", NODE.id)]

    def interface_names(self, node: Node) -> Mapping[str, str]:
        return {"aa:01": "eth0"}


class Session:
    """Asks the router in this process."""

    def get(self, path: str, **query: Any) -> Any:
        if path == "/nodes":
            found = nodes.list_nodes(READER, query["name"])
            return found.model_dump(mode="json")
        return nodes.get_node(path.removeprefix("/nodes/"), READER).model_dump(mode="json")


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> RemoteNodes:
    monkeypatch.setattr(wiring, "baremetal", lambda **_: Ironic())
    return RemoteNodes(Session())  # type: ignore[arg-type]


def test_a_node_is_the_same_without_its_secrets(remote: RemoteNodes) -> None:
    (found,) = remote.nodes()
    assert found == replace(NODE, driver_info=found.driver_info, extra=found.extra)
    assert found.driver_info["redfish_password"] == MASK
    assert shown(found) == shown(NODE)
    assert remote.nodes(["other"]) == []


def test_ports_and_their_names_are_those_of_the_node(remote: RemoteNodes) -> None:
    node = remote.node("node-1")
    assert [each.address for each in remote.ports([node.id])] == ["aa:01", "aa:02"]
    assert remote.interface_names(node) == {"aa:01": "eth0"}
