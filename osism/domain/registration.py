"""Where a node stands on its way into Ironic, and what NetBox is to show of it."""

from __future__ import annotations

from collections.abc import Mapping

from osism.domain.enrolment import registered
from osism.domain.netbox_nodes import NetboxNode
from osism.domain.nodes import Node
from osism.domain.operations import INSPECT_FAILED, INSPECT_WAIT, INSPECTING, MANAGEABLE

_INSPECTING = frozenset({INSPECTING, INSPECT_WAIT})
_INSPECTED_FROM = frozenset({MANAGEABLE, INSPECT_FAILED}) | _INSPECTING


def inspectable(node: Node) -> bool:
    """Whether somebody can inspect it."""
    return node.interfaces.get("inspect_interface") != "no-inspect"


def unfinished(node: Node) -> bool:
    """Whether a node is still to be verified or inspected for the first time. One in maintenance is
    left to whoever put it there."""
    state = node.provision_state
    if node.maintenance:
        return False
    return not registered(node) or (
        state in _INSPECTED_FROM and inspectable(node) and not node.inspected
    )


def marks(device: NetboxNode, node: Node | None) -> dict[str, str | None]:
    """The custom fields of a device that say otherwise than Ironic does, as they have to be."""
    wanted: dict[str, str | None] = {}
    if node is None:
        wanted = {"ironic_state": None}
    elif registered(node):
        wanted = {"ironic_state": "registered"}
        if node.provision_state == INSPECT_FAILED:
            wanted["introspection_state"] = "failed"
        elif node.inspected and node.provision_state not in _INSPECTING:
            wanted["introspection_state"] = "introspected"
    return {name: value for name, value in wanted.items() if _text(device, name) != (value or "")}


def _text(device: NetboxNode, name: str) -> str:
    """A custom field's text; a site may have made it a selection."""
    value = device.fields.get(name)
    if isinstance(value, Mapping):
        value = value.get("value")
    return str(value or "")
