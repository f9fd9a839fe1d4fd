"""Bare metal nodes as Ironic has them, and what NetBox keeps of their states.

The terms are Ironic's: https://docs.openstack.org/ironic/latest/user/states.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
