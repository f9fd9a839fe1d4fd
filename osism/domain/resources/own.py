"""What the product itself needs in NetBox: custom fields and tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from osism.domain.inventory import IRONIC, MANAGED
from osism.domain.resources.files import Resource
from osism.domain.resources.kinds import (
    CUSTOM_FIELD,
    TAG,
)


@dataclass(frozen=True)
class CustomField:
    """A custom field of the product. ``written``: only the product writes it, people read it."""

    name: str
    type: str
    label: str
    description: str
    group: str = "OSISM"
    object_type: str = "dcim.device"
    default: Any = None
    written: bool = True


_TEXT, _YES_NO, _IRONIC, _COPIED = "text", "boolean", "Ironic", "Copied from Ironic"
#: The names are fixed: they are what sites have.
CUSTOM_FIELDS: tuple[CustomField, ...] = (
    CustomField(
        "device_type",
        _TEXT,
        "Device type",
        "'switch': OSISM generates and deploys its configuration; empty: a node",
        written=False,
    ),
    CustomField("device_state", _TEXT, "State", "The state the device is in or on its way to"),
    CustomField("device_transition", _TEXT, "Transition", "What is worked on; empty at rest"),
    CustomField(
        "deployment_enabled",
        _YES_NO,
        "Deployment enabled",
        "Whether OSISM deploys the configuration of this switch",
        default=True,
        written=False,
    ),
    CustomField("provision_state", _TEXT, "Provision state", _COPIED, _IRONIC),
    CustomField("power_state", _TEXT, "Power state", _COPIED, _IRONIC),
    CustomField("introspection_state", _TEXT, "Introspection state", _COPIED, _IRONIC),
    CustomField("deployment_state", _TEXT, "Deployment state", _COPIED, _IRONIC),
    CustomField("ironic_state", _TEXT, "Ironic state", _COPIED, _IRONIC),
    CustomField(
        "ironic_enabled",
        _YES_NO,
        "Ironic enabled",
        "Whether Ironic manages the node",
        _IRONIC,
        written=False,
    ),
    CustomField("maintenance", _YES_NO, "Maintenance", _COPIED, _IRONIC),
    CustomField(
        "network_interface_name",
        _TEXT,
        "Network interface name",
        "What the node's operating system calls the interface, from introspection",
        object_type="dcim.interface",
    ),
)
#: Tags: slug -> (name, description).
TAGS: Mapping[str, tuple[str, str]] = {
    MANAGED: ("Managed by OSISM", "OSISM may change and deploy this"),
    IRONIC: ("Managed by Ironic", "A node that Ironic knows"),
}


def own_resources() -> list[Resource]:
    """What the product needs in NetBox. Of what exists, only missing object types are added."""
    place = "osism netbox init"
    fields = [_own_field(each, weight, place) for weight, each in enumerate(CUSTOM_FIELDS, 100)]
    tags = [
        Resource(TAG, {"slug": slug}, place, {"name": name, "description": description})
        for slug, (name, description) in TAGS.items()
    ]
    return [*tags, *fields]


def _own_field(each: CustomField, weight: int, place: str) -> Resource:
    initial = {
        "label": each.label,
        "group_name": each.group,
        "description": each.description,
        "weight": weight,
        "ui_editable": "no" if each.written else "yes",
        # A filter for state b shall not find b-phase_2.
        "filter_logic": "exact",
    }
    if each.default is not None:
        initial["default"] = each.default
    values = {"name": each.name, "type": each.type, "object_types": [each.object_type]}
    return Resource(CUSTOM_FIELD, values, place, initial)
