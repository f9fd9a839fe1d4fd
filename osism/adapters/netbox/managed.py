"""The :class:`~osism.domain.ports.DeviceSource` that NetBox is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from osism.adapters.netbox.reads import choice
from osism.adapters.netbox.session import Connection
from osism.adapters.netbox.tags import tagged
from osism.domain.inventory import MANAGED, Device

Json = Mapping[str, Any]

#: Devices in one answer: of REST, and of GraphQL.
PAGE, NAMED = 1000, 100
_FIELDS = "id,name,status,role,site,rack,tags,custom_fields"
_QUERY = """
query($names: [String!]!) {
  device_list(filters: {name: {in_list: $names}}) {
    id name status custom_fields role { slug } site { slug } rack { name } tags { slug }
  }
}"""


class ManagedDevices:
    """All of them by REST, in pages, for tags are asked for in one way there in all releases; a few
    by GraphQL. Neither asks for addresses, types or contexts, which cost most of the time."""

    def __init__(self, connection: Connection) -> None:
        self.netbox = connection

    def devices(self, names: Collection[str] | None = None) -> Sequence[Device]:
        rows = tagged(self.netbox, MANAGED, PAGE, fields=_FIELDS) if names is None else None
        found = map(_device, self._named(names or ()) if rows is None else rows)
        known = {each.name: each for each in found if each.name and MANAGED in each.tags}
        return [known[name] for name in sorted(known)]

    def _named(self, names: Collection[str]) -> Iterable[Json]:
        ordered = sorted(names)
        for start in range(0, len(ordered), NAMED):
            some = ordered[start : start + NAMED]
            yield from self.netbox.query(_QUERY, {"names": some})["device_list"]


def _device(row: Json) -> Device:
    """A device of either answer: REST has labels beside values."""
    custom = row["custom_fields"] or {}
    return Device(
        id=int(row["id"]),
        name=row["name"] or "",
        kind=choice(custom.get("device_type")),
        state=choice(custom.get("device_state")),
        transition=choice(custom.get("device_transition")),
        deployment_enabled=custom.get("deployment_enabled") is not False,
        status=choice(row["status"]),
        role=row["role"]["slug"] if row["role"] else "",
        site=row["site"]["slug"] if row["site"] else "",
        rack=row["rack"]["name"] if row["rack"] else "",
        tags=frozenset(each["slug"] for each in row["tags"]),
    )
