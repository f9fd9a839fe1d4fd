"""The :class:`~osism.domain.ports.NodeSource` that NetBox is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from osism.adapters.netbox.session import Connection
from osism.adapters.netbox.tags import tagged
from osism.domain.errors import OutsideFailed
from osism.domain.inventory import IRONIC, WITHOUT_PORT
from osism.domain.netbox_nodes import NetboxNode, without_length

Json = Mapping[str, Any]

#: Devices in one answer of REST, of which only ids and names are asked, and of GraphQL.
NAMES, PAGE = 500, 100
_QUERY = """
query($names: [String!]!) {
  device_list(filters: {name: {in_list: $names}}) {
    id name status custom_fields role { slug } site { slug } oob_ip { address }
    interfaces {
      type enabled mgmt_only
      primary_mac_address { mac_address } mac_addresses { mac_address } ip_addresses { address }
    }
  }
}"""


class TaggedNodes:
    """Which devices are nodes is asked by REST, which knows tags in all releases and refuses whom
    it does not trust; everything about them by GraphQL, in a tenth of the time (see ``reads``)."""

    def __init__(self, connection: Connection) -> None:
        self.netbox = connection

    def nodes(self) -> Sequence[NetboxNode]:
        rows = tagged(self.netbox, IRONIC, NAMES, fields="id,name")
        known = {row["id"]: row["name"] for row in rows}
        names = sorted({name for name in known.values() if name})
        found: dict[int, NetboxNode] = {}
        for start in range(0, len(names), PAGE):
            some = names[start : start + PAGE]
            shown = self.netbox.query(_QUERY, {"names": some})["device_list"]
            found |= {int(row["id"]): _node(row) for row in shown if int(row["id"]) in known}
        if missing := sorted({name for id, name in known.items() if name and id not in found}):
            raise OutsideFailed(
                f"NetBox at {self.netbox.url} lists {len(missing)} nodes and does not show them "
                f"({', '.join(missing[:3])}); somebody changed them, or the token may not view "
                "everything"
            )
        nameless = [NetboxNode(id, "") for id, name in known.items() if not name]
        return sorted([*found.values(), *nameless], key=lambda each: (each.name, each.id))


def _node(row: Json) -> NetboxNode:
    fields = {name: each for name, each in (row["custom_fields"] or {}).items() if each is not None}
    return NetboxNode(
        id=int(row["id"]),
        name=row["name"],
        status=row["status"],
        enabled=fields.get("ironic_enabled") is True,
        site=row["site"]["slug"] if row["site"] else "",
        role=row["role"]["slug"] if row["role"] else "",
        boards=_boards(row),
        macs=tuple(dict.fromkeys(mac for each in row["interfaces"] for mac in _macs(each))),
        fields=fields,
    )


def _boards(row: Json) -> tuple[str, ...]:
    """The out-of-band address, else those of interfaces for management only."""
    told = [row["oob_ip"]] if row["oob_ip"] else []
    if not told:
        for interface in row["interfaces"]:
            if interface["mgmt_only"] and interface["enabled"]:
                told += interface["ip_addresses"]
    found = []
    for each in told:
        with suppress(ValueError):
            found.append(without_length(each["address"]))
    return tuple(dict.fromkeys(found))


def _macs(interface: Json) -> Iterator[str]:
    """The address a node boots from: the primary one, or the only one."""
    if interface["mgmt_only"] or not interface["enabled"] or interface["type"] in WITHOUT_PORT:
        return
    several = interface["mac_addresses"]
    chosen = interface["primary_mac_address"] or (several[0] if len(several) == 1 else None)
    if chosen:
        yield str(chosen["mac_address"]).lower()
