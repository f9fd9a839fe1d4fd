"""The :class:`~osism.domain.ports.Baremetal` that Ironic is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from osism.adapters.openstack import nodes as rows
from osism.adapters.openstack.catalogues import Names
from osism.adapters.openstack.clouds import Cloud
from osism.adapters.openstack.session import Service
from osism.domain.errors import NotFound, Refused
from osism.domain.nodes import Node, NodePort, WantedNode
from osism.domain.secrets import Masker

#: One version for everything, so that an answer means the same everywhere. What needs the newest
#: is the inventory of an inspection: 1.81, OpenStack 2023.1.
_VERSION = "1.81"
#: What a name can be (ironic.common.utils.is_valid_logical_name); any other is nobody's.
_NAME = re.compile(r"[A-Za-z0-9._~-]{1,255}")
_TAKEN = re.compile(r"already exists")
_PORT = "uuid,address,node_uuid,extra"


class OpenstackBaremetal:
    """Ironic's HTTP API. *job*: whose requests these are, Ironic is told; *wait*: seconds that a
    request is repeated while Ironic is away or a node is locked."""

    def __init__(self, cloud: Cloud, job: str = "", wait: float = 0.0) -> None:
        headers = {"X-OpenStack-Ironic-API-Version": _VERSION}
        self._ironic = Service(cloud, "baremetal", "Ironic", "/v1", headers, job, wait)
        self._names = Names(cloud, wait)

    # --- reading

    def nodes(self, names: Collection[str] | None = None, states: bool = False) -> Sequence[Node]:
        fields = rows.STATES if states else rows.FIELDS
        if names is not None and len(names) < 2:
            return [each for name in names for each in self._maybe(name, fields)]
        found = map(rows.node, self._list("nodes", fields=fields))
        return [each for each in found if names is None or {each.name, each.id} & set(names)]

    def node(self, name: str) -> Node:
        if not _NAME.fullmatch(name):
            raise NotFound(f"{self._ironic.name}: no node can be called {name!r}")
        return rows.node(self._ironic.get(f"/nodes/{name}", fields=rows.FIELDS))

    def ports(self, nodes: Collection[str] | None = None) -> Sequence[NodePort]:
        more = {"node_uuid": next(iter(nodes))} if nodes and len(nodes) == 1 else {}
        found = self._list("ports", fields=_PORT, **more)
        return [each for each in map(rows.port, found) if nodes is None or each.node in nodes]

    def interface_names(self, node: Node) -> Mapping[str, str]:
        with suppress(NotFound):  # not inspected
            found = self._ironic.get(f"/nodes/{node.id}/inventory")
            interfaces = (found.get("inventory") or {}).get("interfaces") or ()
            return {
                each["mac_address"].lower(): each["name"]
                for each in interfaces
                if each.get("mac_address") and each.get("name")
            }
        return {}

    def _maybe(self, name: str, fields: str) -> Iterator[Node]:
        if _NAME.fullmatch(name):
            with suppress(NotFound):
                yield rows.node(self._ironic.get(f"/nodes/{name}", fields=fields))

    def _list(self, kind: str, **params: Any) -> Iterator[Mapping[str, Any]]:
        """All pages. Each begins after the last one of the page before; the API's own link to the
        next page may have another host in it."""
        while True:
            page = self._ironic.get(f"/{kind}", **params)
            yield from page[kind]
            if not page.get("next"):
                return
            params["marker"] = page[kind][-1]["uuid"]

    # --- writing

    def create(self, wanted: WantedNode) -> Node:
        try:
            made = self._ironic.send(
                "POST", "/nodes", rows.new_node(wanted), masker=_masker(wanted.secrets)
            )
        except Refused as refused:
            if not _TAKEN.search(str(refused)):
                raise
            return self.update(self.node(wanted.name), wanted, secrets=True)
        found = rows.node(made)
        self._complete(found, wanted)
        return found

    def update(self, node: Node, wanted: WantedNode, secrets: bool) -> Node:
        if steps := rows.patch(node, wanted, secrets):
            masker = _masker(wanted.secrets)
            self._ironic.send("PATCH", f"/nodes/{node.id}", steps, masker=masker)
        self._complete(node, wanted)
        return self.node(node.id)

    def delete(self, node: Node) -> None:
        with suppress(NotFound):
            self._ironic.send("DELETE", f"/nodes/{node.id}")

    def provision(self, node: Node, target: str, **values: Any) -> None:
        masker = _masker({"configdrive": values.get("configdrive")})
        body = {"target": target, **values}
        path = f"/nodes/{node.id}/states/provision"
        self._ironic.send("PUT", path, body, once=True, masker=masker)

    def power(self, node: Node, target: str) -> None:
        path = f"/nodes/{node.id}/states/power"
        self._ironic.send("PUT", path, {"target": target}, once=True)

    def maintain(self, node: Node, on: bool, reason: str = "") -> None:
        path = f"/nodes/{node.id}/maintenance"
        if on:
            self._ironic.send("PUT", path, {"reason": reason} if reason else {})
        else:
            self._ironic.send("DELETE", path)

    def instance(self, node: Node, values: Mapping[str, Any]) -> None:
        steps = [rows.member("instance_info", key, value) for key, value in values.items()]
        self._ironic.send("PATCH", f"/nodes/{node.id}", steps, masker=_masker(values))

    def _complete(self, node: Node, wanted: WantedNode) -> None:
        """Traits and ports, which Ironic keeps apart from the node."""
        for trait in sorted(wanted.traits - node.traits):
            self._ironic.send("PUT", f"/nodes/{node.id}/traits/{quote(trait, '')}")
        there = {each.address: each for each in self.ports([node.id])}
        for address in wanted.ports:
            if address.lower() not in there:
                self._attach(node, address.lower())
        for address in set(there) - {each.lower() for each in wanted.ports}:
            if rows.made_here(there[address]):
                with suppress(NotFound):
                    self._ironic.send("DELETE", f"/ports/{there[address].id}")

    def _attach(self, node: Node, address: str) -> None:
        try:
            self._ironic.send("POST", "/ports", rows.new_port(node.id, address))
        except Refused as refused:
            if not _TAKEN.search(str(refused)):
                raise
            found = map(rows.port, self._list("ports", fields=_PORT, address=address))
            if other := next((each for each in found if each.node != node.id), None):
                raise Refused(
                    f"{node.name}: the MAC address {address} is that of a port of another node in "
                    f"Ironic ({other.node})"
                ) from None

    # --- what Ironic refers to

    def image(self, name: str) -> str:
        return self._names.image(name)

    def network(self, name: str) -> str:
        return self._names.network(name)


def _masker(secrets: Mapping[str, Any]) -> Masker:
    return Masker(str(each) for each in secrets.values() if isinstance(each, str))
