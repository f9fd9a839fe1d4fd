"""Fills a NetBox with hosts: devices with roles, places, tags, addresses and contexts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from osism.adapters.netbox import Connection
from osism.domain.inventory import MANAGED

ROLES = ("control", "compute", "network", "ceph-resource", "monitoring")
SITES, HALLS, RACKS, TENANTS, TAGS = 2, 4, 25, 3, 8


def fill(netbox: Connection, count: int) -> None:
    """*count* hosts, and a tenth as many devices that are none, for NetBox to leave out."""
    places = _places(netbox)
    _contexts(netbox, places)
    devices = netbox.create(
        "dcim.devices", list(_devices(places, count)) + list(_strangers(places, count // 10))
    )[:count]
    ports = netbox.create(
        "dcim.interfaces",
        [{"device": each, "name": "eth0", "type": "10gbase-t"} for each in devices],
    )
    addresses = netbox.create(
        "ipam.ip_addresses",
        [
            {
                "address": f"10.0.{number >> 8}.{number & 255}/16",
                "assigned_object_type": "dcim.interface",
                "assigned_object_id": port,
            }
            for number, port in enumerate(ports, 1)
        ],
    )
    primary = zip(devices, addresses, strict=True)
    netbox.update("dcim.devices", [{"id": each, "primary_ip4": ip} for each, ip in primary])


def _places(netbox: Connection) -> Mapping[str, list[int]]:
    """What devices are and where they are: ids by kind."""

    def named(endpoint: str, names: list[str], **more: Any) -> list[int]:
        return netbox.create(endpoint, [{"name": n, "slug": n, **more} for n in names])

    for name in ("inventory_groups", "inventory_parameters"):
        field = {"name": name, "type": "json", "object_types": ["dcim.device"]}
        netbox.create("extras.custom_fields", [field])
    named("extras.tags", [MANAGED, *(f"tag-{n}" for n in range(TAGS))])
    maker = named("dcim.manufacturers", ["bench"])[0]
    sites = named("dcim.sites", [f"site-{n}" for n in range(SITES)])
    halls = [named("dcim.locations", [f"hall-{n}"], site=sites[n % SITES])[0] for n in range(HALLS)]
    racks = [
        {"name": f"Rack {n}", "site": sites[n % SITES], "location": halls[n % HALLS]}
        for n in range(RACKS)
    ]
    types = [{"manufacturer": maker, "model": n, "slug": n} for n in ("small", "large")]
    return {
        "sites": sites,
        "locations": halls,
        "racks": netbox.create("dcim.racks", racks),
        "roles": named("dcim.device_roles", list(ROLES)),
        "tenants": named("tenancy.tenants", [f"tenant-{n}" for n in range(TENANTS)]),
        "platforms": named("dcim.platforms", ["ubuntu-24-04", "debian-12"]),
        "device_types": netbox.create("dcim.device_types", types),
    }


def _contexts(netbox: Connection, places: Mapping[str, list[int]]) -> None:
    """A context for every role, site, place, tenant, platform, type and tag, of 20 variables."""
    fits: list[dict[str, Any]] = [{}]
    for kind in ("sites", "locations", "roles", "tenants", "platforms", "device_types"):
        fits += [{kind: [each]} for each in places[kind]]
    fits += [{"tags": [f"tag-{n}"]} for n in range(TAGS)]
    netbox.create(
        "extras.config_contexts",
        [
            {"name": f"context-{n}", "weight": 1000 + n, "data": _data(n), **each}
            for n, each in enumerate(fits)
        ],
    )


def _data(number: int) -> dict[str, Any]:
    own = {f"variable_{number}_{n}": f"a value of context {number}, the {n}th" for n in range(16)}
    servers = [f"10.9.{number}.{n}" for n in range(4)]
    shared = {"ntp_servers": servers, "dns": {"servers": servers, f"zone_{number}": "example"}}
    return {**own, **shared, "tuning": {"mtu": 9000 + number, "sysctl": {"vm.swappiness": number}}}


def _devices(places: Mapping[str, list[int]], count: int) -> Iterator[dict[str, Any]]:
    for n in range(count):
        rack = n % RACKS
        yield {
            "name": f"node-{n:04}",
            "role": places["roles"][n % len(ROLES)],
            "site": places["sites"][rack % SITES],
            "location": places["locations"][rack % HALLS],
            "rack": places["racks"][rack],
            "tenant": places["tenants"][n % TENANTS],
            "platform": places["platforms"][n % 2],
            "device_type": places["device_types"][n % 2],
            "tags": [{"slug": MANAGED}, {"slug": f"tag-{n % TAGS}"}],
            "local_context_data": {"rack_unit": n % 42, "dns": {"search": f"r{rack}.example"}},
            "custom_fields": {
                "inventory_groups": [f"group-{n % 10}"],
                "inventory_parameters": {"node_id": n, "serial": f"S{n:06}"},
            },
        }


def _strangers(places: Mapping[str, list[int]], count: int) -> Iterator[dict[str, Any]]:
    """Half of them planned, half of them without the tag."""
    for n, each in enumerate(_devices(places, count)):
        other = {"status": "planned"} if n % 2 else {"tags": []}
        yield {**each, "name": f"stranger-{n:04}", **other}
