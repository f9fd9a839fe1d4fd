"""Nodes and ports in Ironic's JSON: what is read of them, and what has to be written.

Fields: https://docs.openstack.org/api-ref/baremetal/ (nodes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from osism.adapters.openstack.answers import line
from osism.domain.nodes import Node, NodePort, WantedNode

_INTERFACES = tuple(
    f"{each}_interface"
    for each in (
        "bios", "boot", "console", "deploy", "inspect", "management", "network", "power", "raid",
        "rescue", "storage", "vendor",
    )
)  # fmt: skip
_STATES = (
    "uuid", "name", "provision_state", "target_provision_state", "power_state",
    "target_power_state", "maintenance", "maintenance_reason", "fault", "last_error",
    "reservation", "instance_uuid",
)  # fmt: skip
#: Never instance_info: it has the config drive.
_REST = (
    "driver", "driver_info", "properties", "extra", "resource_class", "traits",
    "inspection_finished_at", *_INTERFACES,
)  # fmt: skip
#: The query of a list, in full and of states only.
FIELDS, STATES = ",".join((*_STATES, *_REST)), ",".join(_STATES)

#: A key that a path of a patch can have (ironic.api.controllers.v1.utils).
_MEMBER = re.compile(r"[\w-]+")
#: In the extra of ports that were made here; others come from inspection or from operators.
_OURS = {"made_by": "osism"}

Json = Mapping[str, Any]


def node(row: Json) -> Node:
    """A node from its JSON, in full or of some fields."""
    return Node(
        id=row["uuid"],
        name=row.get("name") or "",
        provision_state=row.get("provision_state") or "",
        target_provision_state=row.get("target_provision_state") or "",
        power_state=row.get("power_state") or "",
        target_power_state=row.get("target_power_state") or "",
        maintenance=bool(row.get("maintenance")),
        maintenance_reason=row.get("maintenance_reason") or "",
        fault=row.get("fault") or "",
        last_error=line(row.get("last_error") or ""),
        reservation=row.get("reservation") or "",
        driver=row.get("driver") or "",
        driver_info=row.get("driver_info") or {},
        properties=row.get("properties") or {},
        extra=row.get("extra") or {},
        resource_class=row.get("resource_class") or "",
        traits=frozenset(row.get("traits") or ()),
        instance=row.get("instance_uuid") or "",
        inspected=row.get("inspection_finished_at") or "",
        interfaces={name: row[name] for name in _INTERFACES if row.get(name)},
    )


def port(row: Json) -> NodePort:
    """A port from its JSON."""
    return NodePort(row["uuid"], row["address"].lower(), row["node_uuid"], row.get("extra") or {})


def new_node(wanted: WantedNode) -> dict[str, Any]:
    """The body that creates a node."""
    body = {
        "name": wanted.name,
        "driver": wanted.driver,
        "driver_info": {**wanted.driver_info, **wanted.secrets},
        "properties": dict(wanted.properties),
        "extra": dict(wanted.extra),
        **wanted.interfaces,
    }
    return body | ({"resource_class": wanted.resource_class} if wanted.resource_class else {})


def new_port(owner: str, address: str) -> dict[str, Any]:
    """The body that creates a port of the node *owner* (id)."""
    return {"node_uuid": owner, "address": address, "extra": _OURS}


def made_here(found: NodePort) -> bool:
    """Whether a port was made by :func:`new_port`."""
    return _OURS.items() <= dict(found.extra).items()


def patch(found: Node, wanted: WantedNode, secrets: bool) -> list[dict[str, Any]]:
    """What has to be written (RFC 6902) to make *found* as *wanted*; empty: nothing."""
    steps = []
    plain = {"driver": (found.driver, wanted.driver)}
    if wanted.resource_class:
        plain["resource_class"] = (found.resource_class, wanted.resource_class)
    for name, value in wanted.interfaces.items():
        plain[name] = (found.interfaces.get(name, ""), value)
    for name, (before, value) in plain.items():
        if before != value:
            steps.append({"op": "add", "path": f"/{name}", "value": value})
    for name in ("driver_info", "properties", "extra"):
        steps += _changes(name, getattr(found, name), getattr(wanted, name))
    if secrets:
        steps += [member("driver_info", key, value) for key, value in wanted.secrets.items()]
    return steps


def _changes(name: str, before: Json, wanted: Json) -> list[dict[str, Any]]:
    """What has to be written for *wanted* to be in a mapping, whatever else is there."""
    new = {key: value for key, value in wanted.items() if key not in before or before[key] != value}
    # Ironic's paths have no dots, no slashes and no escapes. driver_info cannot be written as a
    # whole, for it was read with asterisks in the place of passwords.
    if name != "driver_info" and not all(map(_MEMBER.fullmatch, new)):
        return [{"op": "add", "path": f"/{name}", "value": {**before, **new}}]
    return [member(name, key, value) for key, value in new.items()]


def member(name: str, key: str, value: Any) -> dict[str, Any]:
    """One step of a patch: a value in one of a node's mappings."""
    return {"op": "add", "path": f"/{name}/{key}", "value": value}
