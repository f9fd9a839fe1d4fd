"""What NetBox holds, as far as the product looks: frozen values that refer to each other by name.

A :class:`Snapshot` is one consistent read of some devices with everything that hangs on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from osism.domain.errors import Refused

MANAGED = "managed-by-osism"  #: slug of the tag on what the product may change
IRONIC = "managed-by-ironic"  #: slug of the tag on nodes that Ironic knows
SWITCH = "switch"  #: value of the custom field ``device_type``

LAG = "lag"
VIRTUAL = "virtual"
#: Interface types without a socket for a cable (NetBox: Interface.is_virtual, plus LAG).
WITHOUT_PORT = frozenset({LAG, VIRTUAL, "bridge"})


class Port(NamedTuple):
    """An interface by name: the device and the interface."""

    device: str
    interface: str

    def __str__(self) -> str:
        return f"{self.device}:{self.interface}"


@dataclass(frozen=True)
class Device:
    """A device. ``position`` is in rack units; ``primary`` the addresses' ids by family (4, 6)."""

    id: int
    name: str
    kind: str = ""  # the custom field device_type
    state: str = ""
    transition: str = ""
    deployment_enabled: bool = True
    status: str = "active"
    role: str = ""
    site: str = ""
    rack: str = ""
    position: float | None = None
    model: str = ""
    manufacturer: str = ""  # slug
    manufacturer_name: str = ""
    platform: str = ""
    tags: frozenset[str] = frozenset()
    primary: Mapping[int, int] = field(default_factory=dict)
    management: str = ""  # the primary address without its prefix length
    #: Of a switch: what :mod:`osism.domain.systems` looks at in its configuration context.
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def managed_switch(self) -> bool:
        return self.kind == SWITCH and MANAGED in self.tags


def managed_switch(device: Device) -> Device:
    """The device, when it is a switch that the product manages; else raises :class:`Refused`."""
    if device.kind != SWITCH:
        raise Refused(
            f"device {device.name!r} is no switch (its custom field device_type is not 'switch')"
        )
    if not device.managed_switch:
        raise Refused(f"switch {device.name!r} does not carry the tag 'Managed by OSISM'")
    return device


@dataclass(frozen=True)
class Interface:
    """An interface. ``lag``, ``parent`` and ``bridge`` are names on the same device; ``untagged``
    and ``tagged`` are VLAN ids (1-4094); ``extra`` holds further fields by NetBox's name."""

    id: int
    port: Port
    type: str
    enabled: bool = True
    label: str = ""
    description: str = ""
    mtu: int | None = None
    mode: str = ""  # '', 'access', 'tagged', 'tagged-all'
    untagged: int | None = None
    tagged: frozenset[int] = frozenset()
    lag: str = ""
    parent: str = ""
    mgmt_only: bool = False
    mac: str = ""  # the primary one, upper case with colons
    macs: Mapping[str, int] = field(default_factory=dict)  # all assigned: address -> id
    cable: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.port.interface

    @property
    def has_socket(self) -> bool:
        return self.type not in WITHOUT_PORT


@dataclass(frozen=True)
class Cable:
    """A cable with one end on each side (what the product makes and changes)."""

    id: int
    type: str
    a: Port
    b: Port

    def other(self, end: Port) -> Port:
        return self.b if end == self.a else self.a


@dataclass(frozen=True)
class Address:
    """An address in prefix notation, as in ``10.0.0.5/24``; ``port`` is None while unassigned."""

    id: int
    address: str
    port: Port | None
    vrf: str = ""


@dataclass(frozen=True)
class Peer:
    """What is at the other end of a cable: the device, the addresses of the interface there, and
    of the device's configuration context what :class:`Device` has of it."""

    device: str
    addresses: tuple[str, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Snapshot:
    """Some devices with their interfaces, cables and addresses, and the VLANs by VLAN id.

    ``vlans`` maps a VLAN id to (NetBox id, name); it holds those the devices use and those that
    were asked for and exist. Every site can have a VLAN of that id: ``vlan_names`` are, by device,
    the names of those that its interfaces use. ``addresses`` holds those of the devices and those
    that were asked for, wherever they are. ``peers`` are, by the cable's id, the far ends of
    routed ports of switches that speak BGP, where no switch that was read is there.
    """

    devices: Mapping[str, Device]
    interfaces: Mapping[Port, Interface]
    cables: Mapping[int, Cable]
    addresses: tuple[Address, ...]
    vlans: Mapping[int, tuple[int, str]]
    peers: Mapping[int, Peer] = field(default_factory=dict)
    vlan_names: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    @cached_property
    def by_device(self) -> Mapping[str, tuple[Interface, ...]]:
        found: dict[str, list[Interface]] = {name: [] for name in self.devices}
        for interface in self.interfaces.values():
            found.setdefault(interface.port.device, []).append(interface)
        return {name: tuple(each) for name, each in found.items()}

    @cached_property
    def addresses_of(self) -> Mapping[Port, tuple[Address, ...]]:
        found: dict[Port, list[Address]] = {}
        for address in self.addresses:
            if address.port:
                found.setdefault(address.port, []).append(address)
        return {port: tuple(each) for port, each in found.items()}

    @cached_property
    def cable_at(self) -> Mapping[Port, Cable]:
        return {end: cable for cable in self.cables.values() for end in (cable.a, cable.b)}

    def members(self, lag: Port) -> frozenset[Port]:
        """The ports that belong to *lag*."""
        return frozenset(
            each.port for each in self.by_device.get(lag.device, ()) if each.lag == lag.interface
        )

    def far_end(self, cable: int, port: Port) -> Peer | None:
        """What the cable leads to from *port*; None where it, or its context, was not read."""
        peer = self.peers.get(cable)
        far = self.cables[cable].other(port) if cable in self.cables else Port("", "")
        device = self.devices.get(far.device)
        if device is None or (device.kind != SWITCH and peer is None):
            return peer
        context = peer.context if peer and device.kind != SWITCH else device.context
        addresses = (each.address for each in self.addresses_of.get(far, ()))
        return Peer(device.name, tuple(addresses), context)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of *names* that NetBox does not know."""
        return sorted(set(names) - set(self.devices))


def one_line(text: str) -> str:
    """*text* without control characters: a line feed in NetBox must not become a line of a
    switch's configuration."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
