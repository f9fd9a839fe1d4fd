"""Bare metal nodes as Ironic has them, and what NetBox keeps of their states.

The terms are Ironic's: https://docs.openstack.org/ironic/latest/user/states.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from osism.domain.secrets import MASK, masked


@dataclass(frozen=True)
class Node:
    """A node. States are Ironic's words (``clean failed``, ``power on``), empty where it has none.

    ``driver_info`` is as Ironic shows it (passwords are ``******``); instance information and
    config drives are not read. ``reservation``: the conductor that has the node locked.
    """

    id: str
    name: str
    provision_state: str = ""
    target_provision_state: str = ""
    power_state: str = ""
    target_power_state: str = ""
    maintenance: bool = False
    maintenance_reason: str = ""
    fault: str = ""
    last_error: str = ""
    reservation: str = ""
    driver: str = ""
    driver_info: Mapping[str, Any] = field(default_factory=dict, repr=False)
    properties: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    resource_class: str = ""
    traits: frozenset[str] = frozenset()
    instance: str = ""
    inspected: str = ""  # when its inspection ended, ISO 8601
    interfaces: Mapping[str, str] = field(default_factory=dict)  # "power_interface": "redfish", …


@dataclass(frozen=True)
class NodePort:
    """A port of a node: a network interface by its MAC address (lower case, as Ironic writes)."""

    id: str
    address: str
    node: str  # the node's id
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WantedNode:
    """A node as NetBox and the conductor's configuration want it in Ironic.

    ``secrets`` are parts of ``driver_info`` that Ironic never shows again, so that they cannot be
    compared: they are sent when the node is created, and when something else is updated.
    """

    name: str
    driver: str
    driver_info: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)
    properties: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    resource_class: str = ""
    traits: frozenset[str] = frozenset()
    ports: tuple[str, ...] = ()  # MAC addresses, lower case
    interfaces: Mapping[str, str] = field(default_factory=dict)  # "power_interface": "redfish", …


@dataclass(frozen=True)
class Echo:
    """How many echo requests (ICMP) an address was sent and how many came back; ``average``: after
    how many milliseconds."""

    sent: int
    received: int
    average: float | None = None


@dataclass(frozen=True)
class NodeFilter:
    """Which nodes are meant; what is empty (maintenance: None) does not matter."""

    provision_states: frozenset[str] = frozenset()
    power_state: str = ""
    maintenance: bool | None = None
    resource_class: str = ""

    def fits(self, node: Node) -> bool:
        """Whether *node* is one of them."""
        return (
            (not self.provision_states or node.provision_state in self.provision_states)
            and self.power_state in ("", node.power_state)
            and self.maintenance in (None, node.maintenance)
            and self.resource_class in ("", node.resource_class)
        )


#: In a node's ``extra``, where sites keep what is to be deployed: with its config drive.
KEPT = "instance_info"


def shown(node: Node) -> dict[str, Any]:
    """A node for people and programs: everything but secrets."""
    found: dict[str, Any] = asdict(node) | {"traits": sorted(node.traits)}
    extra = {key: _unfolded(value) for key, value in node.extra.items()}
    if extra.get(KEPT):
        extra[KEPT] = MASK
    return {name: masked(value) for name, value in (found | {"extra": extra}).items()}


def _unfolded(value: Any) -> Any:
    """What a text of JSON says: names in it tell what is secret."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
