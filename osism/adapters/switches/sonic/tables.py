"""The tables of a SONiC configuration that osism writes, and what may be in them.

Names and ranges are those of SONiC's YANG models (sonic-buildimage, src/sonic-yang-models), except
that an MTU of a LAG is at least 68, as that of a port. A configuration that has a table owns it;
one that has it not leaves it as it is. Fields that are not named here stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from osism.adapters.switches.sonic.values import (
    asn,
    domain,
    host,
    ip,
    ipv4,
    lag,
    loopback,
    mac,
    management,
    mtu,
    neighbor,
    number,
    one_of,
    port,
    prefix,
    text,
    vlan,
    vlan_id,
)

#: Says what is wrong with a value, an empty text when nothing is.
Check = Callable[[str], str]
Entry = Mapping[str, Any]
Config = Mapping[str, Mapping[str, Entry]]

_STATUS = one_of("up", "down")
_NONE: Mapping[str, Check] = MappingProxyType({})


@dataclass(frozen=True)
class Table:
    """``keys``: what each part of a key has to be, for each number of parts. ``fields``: those that
    a configuration may have, ``required`` those that it must. ``cleared``: those that go where the
    configuration does not have them. ``whole``: entries that it does not have go as well."""

    keys: tuple[tuple[Check, ...], ...]
    fields: Mapping[str, Check] = field(default_factory=lambda: _NONE)
    required: frozenset[str] = frozenset()
    cleared: frozenset[str] = frozenset()
    whole: bool = True
    most: int | None = None


def _addressed(name: Check) -> Table:
    family = {"scope": one_of("global", "local"), "family": one_of("IPv4", "IPv6")}
    return Table(((name,), (name, prefix)), family)


TABLES: Mapping[str, Table] = {
    "DEVICE_METADATA": Table(
        ((one_of("localhost"),),),
        {
            "hostname": text(1, 63), "hwsku": text(1, 255), "platform": text(1, 255), "mac": mac,
            "type": text(1, 255), "bgp_asn": asn, "bgp_router_id": ipv4,
        },
        whole=False,
    ),
    "PORT": Table(
        ((port,),),
        {"admin_status": _STATUS, "mtu": mtu, "description": text(0, 255)},
        frozenset({"admin_status"}),
        frozenset({"description"}),
        whole=False,
    ),
    "PORTCHANNEL": Table(
        ((lag,),),
        {
            "admin_status": _STATUS, "mtu": mtu, "description": text(1, 255),
            "min_links": number(1, 1024), "lacp_key": text(1, 5),
            "fast_rate": one_of("true", "false"), "fallback": one_of("true", "false"),
        },
        frozenset({"admin_status"}),
        frozenset({"description"}),
    ),
    "PORTCHANNEL_MEMBER": Table(((lag, port),)),
    "VLAN": Table(
        ((vlan,),),
        {"vlanid": vlan_id, "description": text(1, 255)},
        frozenset({"vlanid"}),
        # "members" is what VLAN_MEMBER was before; SONiC would read both.
        frozenset({"description", "members"}),
    ),
    "VLAN_MEMBER": Table(
        ((vlan, neighbor),),
        {"tagging_mode": one_of("tagged", "untagged")},
        frozenset({"tagging_mode"}),
    ),
    "INTERFACE": _addressed(port),
    "PORTCHANNEL_INTERFACE": _addressed(lag),
    "VLAN_INTERFACE": _addressed(vlan),
    "LOOPBACK_INTERFACE": _addressed(loopback),
    "MGMT_INTERFACE": Table(((management, prefix),), {"gwaddr": ip}),
    "NTP_SERVER": Table(((host,),), most=10),
    "SYSLOG_SERVER": Table(((host,),), {"port": number(1, 65535), "severity": text(1, 16)}),
    "BGP_GLOBALS": Table(((text(1, 15),),), {"local_asn": asn, "router_id": ipv4}, whole=False),
    "BGP_NEIGHBOR": Table(
        ((ip,),),
        {"asn": asn, "name": text(1, 255), "local_addr": ip, "admin_status": _STATUS},
        frozenset({"asn"}),
    ),
    "MCLAG_DOMAIN": Table(
        ((domain,),),
        {"source_ip": ipv4, "peer_ip": ipv4, "peer_link": lag},
        frozenset({"source_ip", "peer_ip", "peer_link"}),
        most=1,
    ),
    "MCLAG_INTERFACE": Table(((domain, lag),), {"if_type": one_of("PortChannel")}),
}  # fmt: skip
