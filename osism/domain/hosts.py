"""What NetBox says about a host of the Ansible inventory: its groups and its variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from osism.domain.errors import Invalid
from osism.domain.names import checked

GROUPS = "inventory_groups"  #: custom field of a device: a list of names
PARAMETERS = "inventory_parameters"  #: custom field of a device: a mapping of variables

#: What a group cannot have in its name: Ansible's INI files end a section at spaces, colons and
#: brackets, its patterns have a meaning for ``, ! & * ? ~``, a slash is no part
#: of a file name, and a file of variables whose name begins with a dot is passed over.
_NOT_IN_A_GROUP = re.compile(r"[^\w.-]|^\.")
#: Every host is in the first, and Ansible itself decides who is in the second.
_OWN_TO_ANSIBLE = frozenset({"all", "ungrouped"})


@dataclass(frozen=True)
class NetboxHost:
    """A device as a host: ``groups`` sorted, ``variables`` for its ``host_vars``."""

    name: str
    groups: tuple[str, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)


def host(
    name: object,
    named: Iterable[str],
    context: object,
    custom_fields: Mapping[str, Any],
    address: str = "",
) -> NetboxHost:
    """The host that a device is.

    *named*: what its role, site, rack, location, tenant and tags are called; *context*: its
    configuration context as NetBox merges it, the local one last; *address*: the primary one,
    with or without its prefix length. The custom field ``inventory_parameters`` wins over the
    context, and both over the address.
    """
    device = checked("NetBox: device", name)
    groups = {group(each) for each in (*named, *_groups(device, custom_fields))}
    variables = {"ansible_host": address.partition("/")[0]} if address else {}
    return NetboxHost(
        device,
        tuple(sorted(groups - _OWN_TO_ANSIBLE)),
        {
            **variables,
            **_mapping(device, "configuration context", context),
            **_mapping(device, f"custom field {PARAMETERS!r}", custom_fields.get(PARAMETERS)),
        },
    )


def group(name: str) -> str:
    """*name* as a group, unchanged where Ansible takes it: dashes and leading digits stay."""
    return _NOT_IN_A_GROUP.sub("_", name)


def _groups(device: str, custom_fields: Mapping[str, Any]) -> list[str]:
    value = custom_fields.get(GROUPS)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(e, str) and e.strip() for e in value):
        raise Invalid(
            f"NetBox: device {device!r}: custom field {GROUPS!r}: a list of names is expected"
        )
    return [each.strip() for each in value]


def _mapping(device: str, what: str, value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Invalid(f"NetBox: device {device!r}: {what}: a mapping of variables is expected")
    return value
