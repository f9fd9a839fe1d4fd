"""What a switch should look like, computed from NetBox: the intent.

The same shape describes what was observed on a switch; see :mod:`osism.domain.drift`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from ipaddress import ip_interface
from typing import Any, TypeVar

from osism.domain.errors import Invalid
from osism.domain.inventory import LAG, VIRTUAL, Interface, Snapshot
from osism.domain.inventory import one_line as one_line
from osism.domain.systems import SystemIntent, system

ACCESS = "access"
TAGGED = "tagged"

_VLAN_INTERFACE = re.compile(r"[Vv][Ll][Aa][Nn]-?(\d{1,4})")


@dataclass(frozen=True)
class PortIntent:
    """A port or a LAG. A port that is a member of a LAG carries no VLANs of its own.

    ``mode``: ``''`` (no VLANs), ``access`` (untagged only) or ``tagged``. ``mtu`` None: whatever
    the switch has. ``tagged`` is sorted.
    """

    name: str
    enabled: bool = True
    mtu: int | None = None
    description: str = ""
    mode: str = ""
    untagged: int | None = None
    tagged: tuple[int, ...] = ()
    lag: str = ""


@dataclass(frozen=True)
class LagIntent(PortIntent):
    """A LAG (port-channel, bond). ``number`` is the trailing number of its name, 0 without."""

    number: int = 0
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class VlanIntent:
    vid: int
    name: str


@dataclass(frozen=True)
class AddressIntent:
    """An address on an interface; ``vlan`` is set when the interface is that VLAN's."""

    interface: str
    address: str
    vlan: int | None = None


@dataclass(frozen=True)
class MlagIntent:
    """The peer link of an MLAG pair. ``peer_address`` is the other host of the address's network,
    empty when the network is not a /30, /31, /126 or /127."""

    lag: str
    vlan: int
    address: str = ""
    peer_address: str = ""


@dataclass(frozen=True)
class Link:
    """How a port or LAG fares at the moment of looking: the world's doing, not NetBox's wish.

    ``up``: whether there is a link, None when the switch does not tell. ``lacp``: of a port that
    belongs to a LAG, whether its partner has agreed; None without LACP. ``error``: what the switch
    says is wrong with it.
    """

    name: str
    up: bool | None = None
    lacp: bool | None = None
    error: str = ""


@dataclass(frozen=True)
class SwitchIntent:
    """A switch, whole: everything sorted by name or number, so that equal intents are equal.

    ``links`` is there on what was observed only, and never compared: see
    :func:`osism.domain.drift.links`. Neither is ``system``.
    """

    name: str
    ports: tuple[PortIntent, ...] = ()
    lags: tuple[LagIntent, ...] = ()
    vlans: tuple[VlanIntent, ...] = ()
    addresses: tuple[AddressIntent, ...] = ()
    mlag: MlagIntent | None = None
    links: tuple[Link, ...] = ()
    system: SystemIntent = field(default_factory=SystemIntent)


AnyPort = TypeVar("AnyPort", bound=PortIntent)


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """A sort key that puts ``Ethernet10`` behind ``Ethernet9``."""
    return tuple(
        (0, int(part)) if part.isdecimal() else (1, part)  # '²' is a digit, and no decimal
        for part in re.split(r"(\d+)", name)
        if part
    )


def _by_name(name: str) -> tuple[tuple[tuple[int, int | str], ...], str]:
    """As :func:`natural`, and never the same for two names (``Ethernet1`` and ``Ethernet01``)."""
    return natural(name), name


def intent(snapshot: Snapshot, switch: str) -> SwitchIntent:
    """The intent of *switch*, read off a snapshot that contains it.

    Management ports are no ports of it: a switch is reached through them, whatever is deployed;
    their addresses are in ``system``. NetBox's mode ``tagged-all`` becomes all VLANs that anything
    on the switch uses. Raises :class:`Invalid` for its mode ``q-in-q``: no driver can say it, and a
    port without it would carry nothing.
    """
    interfaces = [each for each in snapshot.by_device[switch] if not each.mgmt_only]
    for each in interfaces:
        if each.mode == "q-in-q":
            raise Invalid(
                f"NetBox: device {switch!r}: interface {each.name!r}: osism cannot deploy the mode "
                "q-in-q (access, tagged, tagged-all)"
            )
    virtual = [each for each in interfaces if each.type == VIRTUAL]
    lags = [_lag(snapshot, each) for each in interfaces if each.type == LAG]
    ports = [PortIntent(**_port(each)) for each in interfaces if each.has_socket]
    addresses = {  # an address can be there twice, in two VRFs
        AddressIntent(each.name, address.address, _vlan_of(each.name))
        for each in interfaces
        for address in snapshot.addresses_of.get(each.port, ())
    }
    vids = {vid for each in (*ports, *lags) for vid in (each.untagged, *each.tagged) if vid}
    vids |= {vid for each in virtual for vid in (_vlan_of(each.name), each.untagged) if vid}
    every = {each.name for each in interfaces if each.mode == "tagged-all" and not each.lag}
    ports = [_with_all(each, vids) if each.name in every else each for each in ports]
    lags = [_with_all(each, vids) if each.name in every else each for each in lags]
    return SwitchIntent(
        name=switch,
        ports=tuple(sorted(ports, key=lambda each: _by_name(each.name))),
        lags=tuple(sorted(lags, key=lambda each: _by_name(each.name))),
        vlans=tuple(VlanIntent(vid, _vlan_name(snapshot, switch, vid)) for vid in sorted(vids)),
        addresses=tuple(
            sorted(addresses, key=lambda each: (_by_name(each.interface), each.address))
        ),
        mlag=_mlag(snapshot, virtual, {each.name for each in lags}),
        system=system(snapshot, switch),
    )


def _with_all(port: AnyPort, vids: set[int]) -> AnyPort:
    tagged = tuple(sorted(vids - {port.untagged}))
    return replace(port, mode=TAGGED if tagged else port.mode, tagged=tagged)


def _port(interface: Interface) -> dict[str, Any]:
    member = bool(interface.lag)
    untagged = None if member else interface.untagged
    # A VLAN is on a port once: untagged wins, because a switch cannot do both.
    tagged = () if member else tuple(sorted(interface.tagged - {untagged}))
    return {
        "name": interface.name,
        "enabled": interface.enabled,
        "mtu": interface.mtu,
        "description": one_line(interface.description or interface.label),
        "mode": TAGGED if tagged else ACCESS if untagged else "",
        "untagged": untagged,
        "tagged": tagged,
        "lag": interface.lag,
    }


def _lag(snapshot: Snapshot, interface: Interface) -> LagIntent:
    ports = (snapshot.interfaces[each] for each in snapshot.members(interface.port))
    members = sorted((each.name for each in ports if not each.mgmt_only), key=_by_name)
    number = re.search(r"(\d+)$", interface.name)
    return LagIntent(
        **_port(interface), number=int(number[1]) if number else 0, members=tuple(members)
    )


def _mlag(
    snapshot: Snapshot, virtual: Iterable[Interface], lags: Collection[str]
) -> MlagIntent | None:
    """The peer link: a VLAN interface whose parent is a LAG, as phase 1 writes it."""
    for interface in sorted(virtual, key=lambda each: _by_name(each.name)):
        vlan = _vlan_of(interface.name)
        if not vlan or interface.parent not in lags:
            continue
        addresses = (each.address for each in snapshot.addresses_of.get(interface.port, ()))
        address = min(addresses, default="")
        return MlagIntent(interface.parent, vlan, address, _peer(address))
    return None


def _peer(address: str) -> str:
    """The other host of a point-to-point network: of ``10.255.0.1/30`` it is ``10.255.0.2``."""
    if not address:
        return ""
    here = ip_interface(address)
    if here.network.num_addresses > 4:
        return ""
    return next((str(host) for host in here.network.hosts() if host != here.ip), "")


def _vlan_of(interface: str) -> int | None:
    """The VLAN of a VLAN interface's name: ``Vlan4094`` and ``vlan200`` are the usual forms."""
    match = _VLAN_INTERFACE.fullmatch(interface)
    return int(match[1]) if match and 1 <= int(match[1]) <= 4094 else None


def _vlan_name(snapshot: Snapshot, switch: str, vid: int) -> str:
    """The name of the VLAN that the switch uses, whatever other sites call theirs."""
    _, name = snapshot.vlans.get(vid, (0, f"VLAN {vid}"))
    return one_line(snapshot.vlan_names.get(switch, {}).get(vid, name))
