"""What a switch should be beside its ports: name, model, time, logs, management, BGP.

It comes from the switch's configuration context in NetBox:

| key | holds |
|---|---|
| ``ntp_servers``, ``syslog_servers`` | addresses or names; one, or a list |
| ``bgp`` | ``asn``, ``router_id``, ``neighbors``: a list of ``address``, ``asn``, ``name`` |
| ``sonic`` | ``hwsku``, ``platform``, ``type``, ``mac``, ``hostname``, ``management_gateway`` |

Where a site has them, ``_segment_log_server_hosts`` of the context and the custom field
``sonic_parameters`` (:mod:`osism.adapters.netbox.reads`) say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface
from typing import Any

from osism.domain.errors import Invalid
from osism.domain.inventory import Interface, Snapshot, one_line


@dataclass(frozen=True)
class ManagementIntent:
    """An address of a management port; ``gateway`` is empty where NetBox names none."""

    interface: str
    address: str
    gateway: str = ""


@dataclass(frozen=True)
class NeighborIntent:
    """A BGP neighbour. ``interface`` and ``local`` (our address) are set when a cable leads to
    it."""

    address: str
    asn: int
    name: str = ""
    local: str = ""
    interface: str = ""


@dataclass(frozen=True)
class SystemIntent:
    """Everything is empty where NetBox says nothing (``hostname``: the device's name then). It is
    not part of the drift."""

    hostname: str = ""
    hwsku: str = ""
    platform: str = ""
    type: str = ""
    mac: str = ""
    asn: int | None = None
    router_id: str = ""
    ntp: tuple[str, ...] = ()
    syslog: tuple[str, ...] = ()
    management: tuple[ManagementIntent, ...] = ()
    neighbors: tuple[NeighborIntent, ...] = ()


def system(snapshot: Snapshot, switch: str) -> SystemIntent:
    """The system of *switch*; raises :class:`Invalid`, with the key, for what cannot be meant."""
    context = snapshot.devices[switch].context
    facts = _table(context, "sonic")
    bgp = _table(context, "bgp")
    where = f"NetBox: device {switch!r}: configuration context"
    asn = asn_of(context, where)
    logs = "syslog_servers" if "syslog_servers" in context else "_segment_log_server_hosts"
    gateway = _text(facts, "management_gateway")
    return SystemIntent(
        hostname=_text(facts, "hostname"),
        hwsku=_text(facts, "hwsku"),
        platform=_text(facts, "platform"),
        type=_text(facts, "type"),
        mac=_text(facts, "mac"),
        asn=asn,
        router_id=_text(bgp, "router_id"),
        ntp=_texts(context.get("ntp_servers")),
        syslog=_texts(context.get(logs)),
        management=tuple(_management(snapshot, switch, gateway)),
        neighbors=_neighbors(snapshot, switch, bgp, where) if asn else (),
    )


def asn_of(context: Mapping[str, Any], where: str) -> int | None:
    """The AS number of a context, None without one."""
    value = _table(context, "bgp").get("asn")
    return None if value in (None, "") else _asn(value, f"{where}: bgp.asn")


def routed(snapshot: Snapshot, switch: str) -> Iterator[Interface]:
    """The ports of *switch* that have a cable and an address of their own."""
    for each in snapshot.by_device.get(switch, ()):
        wired = each.has_socket and each.cable and not each.mgmt_only and not each.lag
        if wired and snapshot.addresses_of.get(each.port):
            yield each


def _management(snapshot: Snapshot, switch: str, gateway: str) -> Iterator[ManagementIntent]:
    found = sorted(
        (each.name, address.address)
        for each in snapshot.by_device[switch]
        if each.mgmt_only
        for address in snapshot.addresses_of.get(each.port, ())
    )
    for interface, address in found:
        reached = bool(gateway) and _within(address, gateway)
        yield ManagementIntent(interface, address, gateway if reached else "")


def _neighbors(
    snapshot: Snapshot, switch: str, bgp: Mapping[str, Any], where: str
) -> tuple[NeighborIntent, ...]:
    """Those at the other end of routed ports, and those that the context names, which win."""
    found = {each.address: each for each in _cabled(snapshot, switch)}
    listed = bgp.get("neighbors") or []
    if not isinstance(listed, list):
        raise Invalid(f"{where}: bgp.neighbors must be a list of address, asn, name")
    for number, each in enumerate(listed):
        field = f"{where}: bgp.neighbors[{number}]"
        if not isinstance(each, Mapping):
            raise Invalid(f"{field} must be a table of address, asn, name")
        try:
            address = str(ip_address(str(each.get("address", "")).split("/")[0]))
        except ValueError:
            raise Invalid(f"{field}.address {each.get('address')!r} is no address") from None
        asn = _asn(each.get("asn"), f"{field}.asn")
        known = found.get(address, NeighborIntent(address, asn))
        found[address] = NeighborIntent(
            address, asn, _text(each, "name") or known.name, known.local, known.interface
        )
    return tuple(sorted(found.values(), key=lambda each: _by_address(each.address)))


def _cabled(snapshot: Snapshot, switch: str) -> Iterator[NeighborIntent]:
    """The neighbours at the other ends of routed ports, in the same network as ours."""
    for each in routed(snapshot, switch):
        cable = snapshot.cable_at.get(each.port)
        peer = snapshot.far_end(cable.id, each.port) if cable else None
        if peer is None:
            continue
        asn = asn_of(peer.context, f"NetBox: device {peer.device!r}: configuration context")
        for address in snapshot.addresses_of[each.port]:
            for far in peer.addresses:
                theirs = far.split("/")[0]
                if asn and _within(address.address, theirs):
                    local = address.address.split("/")[0]
                    yield NeighborIntent(theirs, asn, one_line(peer.device), local, each.name)


def _within(interface: str, address: str) -> bool:
    """Whether *address* is another host of the network of *interface*."""
    try:
        here, there = ip_interface(interface), ip_address(address)
    except ValueError:
        return False
    return here.version == there.version and there in here.network and there != here.ip


def _by_address(address: str) -> tuple[int, int]:
    parsed = ip_address(address)
    return parsed.version, int(parsed)


def _asn(value: object, where: str) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool)
    number = int(str(value)) if whole or (isinstance(value, str) and value.isdecimal()) else 0
    if not 1 <= number <= 4294967295:
        raise Invalid(f"{where} {value!r} is not a number from 1 to 4294967295")
    return number


def _table(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A key of the context; one of another shape is somebody else's."""
    found = values.get(key)
    return found if isinstance(found, Mapping) else {}


def _text(values: Mapping[str, Any], key: str) -> str:
    found = values.get(key)
    return one_line(str(found)) if isinstance(found, (str, int)) else ""


def _texts(value: object) -> tuple[str, ...]:
    listed: Sequence[object] = value if isinstance(value, list) else [value]
    return tuple(sorted({one_line(each) for each in listed if isinstance(each, str) and each}))
