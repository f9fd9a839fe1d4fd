"""The object kinds of the lab's NetBox, from which everything else follows.

Names, order of fields, lengths, defaults and relations are those of NetBox 4.4's documented API.
Fields that the lab does not keep are listed as `fixed`, so that answers have the same shape.
"""

from __future__ import annotations

import functools

from osism.lab.netbox import components, dcim, extras, ipam
from osism.lab.netbox.fields import Field, Kind

KINDS: tuple[Kind, ...] = tuple(
    kind
    for part in (extras, dcim, ipam, components)
    for kind in vars(part).values()
    if isinstance(kind, Kind)
)
# kinds of NetBox that the lab has none of, but that custom fields and tags may be meant for
OTHER_TYPES = frozenset(
    "virtualization.virtualmachine virtualization.vminterface virtualization.cluster dcim.region "
    "dcim.sitegroup dcim.module dcim.inventoryitem dcim.virtualchassis dcim.powerport "
    "dcim.consoleport dcim.frontport dcim.rearport circuits.circuit ipam.aggregate ipam.asn "
    "ipam.iprange ipam.role ipam.service tenancy.contact tenancy.tenantgroup".split()
)
BY_NAME = {kind.name: kind for kind in KINDS}
BY_TYPE = {kind.object_type: kind for kind in KINDS}


@functools.cache
def relations(kind: Kind) -> dict[str, tuple[Kind, Field]]:
    """The relations that lead back to a kind: name -> (the other kind, its field)."""
    return {
        field.back: (other, field)
        for other in KINDS
        for field in other.fields
        if kind.name in field.to and field.back
    }
