"""Bare metal nodes: what Ironic says of them; asking it for something is a job."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from osism.adapters.remote.session import Session, part
from osism.domain.nodes import Node, NodePort


class RemoteNodes:
    """Keeps the reading side of :class:`osism.domain.ports.Baremetal`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ports: Mapping[str, str] = {}

    def nodes(self, names: Collection[str] | None = None, states: bool = False) -> Sequence[Node]:
        """These nodes (names or ids), or all; unknown ones are left out."""
        asked = None if names is None else list(names)
        return [_node(each) for each in self._session.get("/nodes", name=asked)["items"]]

    def node(self, name: str) -> Node:
        """One node, by name or id."""
        said = self._session.get(f"/nodes/{part(name)}")
        self._ports = said["ports"]
        return _node(said)

    def interface_names(self, node: Node) -> Mapping[str, str]:
        """MAC address -> name that the inspection has found, of the node that was read last."""
        return {address: name for address, name in self._ports.items() if name}

    def ports(self, nodes: Collection[str] | None = None) -> Sequence[NodePort]:
        """The ports of the node that was read last."""
        of = next(iter(nodes or ()), "")
        return [NodePort(address, address, of) for address in self._ports]


_NAMES = tuple(each.name for each in fields(Node))


def _node(said: Mapping[str, Any]) -> Node:
    values = {name: said[name.replace("_", "-")] for name in _NAMES}
    return Node(**values | {"traits": frozenset(values["traits"])})
