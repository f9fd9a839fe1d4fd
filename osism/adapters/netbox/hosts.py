"""The :class:`~osism.domain.ports.HostSource` that NetBox is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from osism.adapters.netbox.session import Connection
from osism.adapters.netbox.tags import tagged
from osism.domain import hosts
from osism.domain.errors import Invalid
from osism.domain.hosts import NetboxHost
from osism.domain.inventory import MANAGED

Json = Mapping[str, Any]

#: Devices in one answer.
PAGE = 100
_FIELDS = (
    "id", "name", "role", "site", "rack", "location", "tenant", "tags", "primary_ip4",
    "primary_ip6", "custom_fields", "config_context",
)  # fmt: skip


class NetboxHosts:
    """Reads by REST, in pages: there NetBox merges the contexts of a page in one go, and by GraphQL
    with a query of its database per device."""

    def __init__(self, connection: Connection) -> None:
        self.netbox = connection

    def hosts(self) -> Sequence[NetboxHost]:
        found: dict[str, tuple[int, NetboxHost]] = {}
        fields = ",".join(_FIELDS)
        for row in tagged(self.netbox, MANAGED, PAGE, status="active", fields=fields):
            host = _host(row)
            if host.name in found:
                raise Invalid(
                    f"NetBox: devices {found[host.name][0]} and {row['id']} are both called "
                    f"{host.name!r}; hosts of one inventory need names of their own"
                )
            found[host.name] = row["id"], host
        return [found[name][1] for name in sorted(found)]


def _host(row: Json) -> NetboxHost:
    if not row["name"]:
        raise Invalid(
            f"NetBox: device {row['id']} has the tag {MANAGED!r} and no name; a host needs one"
        )
    address = row["primary_ip4"] or row["primary_ip6"]
    return hosts.host(
        row["name"],
        list(_named(row)),
        row["config_context"],
        row["custom_fields"] or {},
        address["address"] if address else "",
    )


def _named(row: Json) -> Iterator[str]:
    for name in ("role", "site", "location", "tenant"):
        if row[name]:
            yield row[name]["slug"]
    if row["rack"]:
        yield row["rack"]["name"]  # a rack has no slug
    for tag in row["tags"]:
        yield tag["slug"]
