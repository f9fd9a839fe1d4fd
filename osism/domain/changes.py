"""What phase 1 writes to NetBox: an ordered list of creates, updates and deletes.

:class:`Changes` speak the snapshot's language (names, VLAN ids); the adapter turns names into
NetBox's ids. ``after`` plays them on a snapshot, so that a dry run can show what would come, and so
that "applying twice changes nothing" is a property that tests can check without a NetBox.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import count
from typing import Any, NamedTuple

from osism.domain.inventory import Address, Cable, Device, Interface, Port, Snapshot


class NewInterface(NamedTuple):
    port: Port
    type: str


class NewAddress(NamedTuple):
    port: Port
    address: str
    vrf: str


class NewCable(NamedTuple):
    type: str
    a: Port
    b: Port


class InterfaceUpdate(NamedTuple):
    """``fields`` by the names of :class:`Interface`, or NetBox's names for those in ``extra``."""

    port: Port
    fields: Mapping[str, Any]


class PrimaryUpdate(NamedTuple):
    """The primary address of a device by family (4, 6); None clears it."""

    device: str
    addresses: Mapping[int, NewAddress | None]


@dataclass(frozen=True)
class Changes:
    """What phase 1 writes, in this order (an object is made before it is referred to, and let go
    before it is deleted)."""

    delete_cables: tuple[Cable, ...] = ()
    delete_addresses: tuple[Address, ...] = ()
    create_vlans: tuple[int, ...] = ()
    create_interfaces: tuple[NewInterface, ...] = ()
    create_macs: tuple[tuple[Port, str], ...] = ()
    update_interfaces: tuple[InterfaceUpdate, ...] = ()
    move_addresses: tuple[tuple[Address, Port], ...] = ()
    create_addresses: tuple[NewAddress, ...] = ()
    create_cables: tuple[NewCable, ...] = ()
    delete_interfaces: tuple[Interface, ...] = ()
    delete_macs: tuple[tuple[Port, str, int], ...] = ()
    primaries: tuple[PrimaryUpdate, ...] = ()
    snapshot: Snapshot | None = field(default=None, compare=False, repr=False)

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self) if each.name != "snapshot")

    def devices(self) -> frozenset[str]:
        """Every device that something changes on."""
        ports: list[Port | None] = [end for each in self.delete_cables for end in (each.a, each.b)]
        ports += [end for wire in self.create_cables for end in (wire.a, wire.b)]
        ports += [address.port for address in self.delete_addresses]
        ports += [new.port for new in self.create_addresses]
        ports += [made.port for made in self.create_interfaces]
        ports += [interface.port for interface in self.delete_interfaces]
        ports += [update.port for update in self.update_interfaces]
        ports += [port for port, _ in self.create_macs]
        ports += [port for port, _, _ in self.delete_macs]
        ports += [end for address, port in self.move_addresses for end in (address.port, port)]
        names = {port.device for port in ports if port}
        # A cable can end at something without a name, as a patch panel's port.
        return frozenset(names | {primary.device for primary in self.primaries}) - {""}

    def lines(self) -> Iterator[tuple[str, str, str]]:
        """Yield (verb, object, detail) in the order of writing, for people."""
        for cable in self.delete_cables:
            yield "delete", f"cable {cable.a} to {cable.b}", cable.type
        for address in self.delete_addresses:
            yield "delete", f"address {address.address}", f"on {address.port}"
        for vid in self.create_vlans:
            yield "create", f"VLAN {vid}", ""
        for new in self.create_interfaces:
            yield "create", f"interface {new.port}", new.type
        for port, mac in self.create_macs:
            yield "create", f"MAC address {mac}", f"on {port}"
        for update in self.update_interfaces:
            yield "update", f"interface {update.port}", ", ".join(_told(self.snapshot, update))
        for address, port in self.move_addresses:
            yield "update", f"address {address.address}", f"to {port}"
        for each in self.create_addresses:
            vrf = f" in VRF {each.vrf}" if each.vrf else ""
            yield "create", f"address {each.address}", f"on {each.port}{vrf}"
        for wire in self.create_cables:
            yield "create", f"cable {wire.a} to {wire.b}", wire.type
        for interface in self.delete_interfaces:
            yield "delete", f"interface {interface.port}", interface.type
        for port, mac, _ in self.delete_macs:
            yield "delete", f"MAC address {mac}", f"on {port}"
        for primary in self.primaries:
            for family, chosen in sorted(primary.addresses.items()):
                value = chosen.address if chosen else "none"
                yield "update", f"device {primary.device}", f"primary IPv{family} address: {value}"


# --- fields ---


def current(interface: Interface | None, name: str, type_: str) -> Any:
    """A field's value now; for an interface that will be created, what NetBox gives it."""
    if interface is None:
        interface = Interface(0, Port("", ""), type_)
    if name in _OWN_FIELDS:
        return getattr(interface, name)
    return interface.extra.get(name)


_OWN_FIELDS = frozenset(each.name for each in fields(Interface)) - {"id", "port", "extra"}


def same(name: str, wanted: Any, now: Any) -> bool:
    """Whether a field has its wanted value; None and an empty text are one."""
    if name == "custom_fields":
        now = now or {}
        return all(now.get(key) == value for key, value in wanted.items())
    if name == "tags":
        return set(wanted) == set(now or ())
    return bool(wanted == now) or (wanted in ("", None) and now in ("", None))


def _told(snapshot: Snapshot | None, update: InterfaceUpdate) -> Iterator[str]:
    existing = snapshot.interfaces.get(update.port) if snapshot else None
    for name, value in sorted(update.fields.items()):
        before = current(existing, name, "") if existing else None
        yield f"{name}: {_say(before)} → {_say(value)}" if existing else f"{name}: {_say(value)}"


def _say(value: Any) -> str:
    if isinstance(value, frozenset | set | list):
        return ",".join(map(str, sorted(value))) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)


# --- playing them ---------------------------------------------------------------------------------


def after(snapshot: Snapshot, todo: Changes) -> Snapshot:
    """The snapshot as it would be read after *todo* was applied. New objects have negative ids."""
    number = count(_lowest_id(snapshot) - 1, -1)
    interfaces = dict(snapshot.interfaces)
    vlans = {**snapshot.vlans, **{vid: (next(number), f"VLAN {vid}") for vid in todo.create_vlans}}
    for new in todo.create_interfaces:
        interfaces[new.port] = Interface(next(number), new.port, new.type)
    for port, mac in todo.create_macs:
        interfaces[port] = replace(
            interfaces[port], macs={**interfaces[port].macs, mac: next(number)}
        )
    for update in todo.update_interfaces:
        interfaces[update.port] = _updated(interfaces[update.port], update.fields)
    for interface in todo.delete_interfaces:
        del interfaces[interface.port]
    for port, mac, _ in todo.delete_macs:
        macs = {key: value for key, value in interfaces[port].macs.items() if key != mac}
        interfaces[port] = replace(interfaces[port], macs=macs)
    cables = {
        key: cable for key, cable in snapshot.cables.items() if cable not in todo.delete_cables
    }
    for wire in todo.create_cables:
        cable = Cable(next(number), wire.type, wire.a, wire.b)
        cables[cable.id] = cable
    ends = {end: one.id for one in cables.values() for end in (one.a, one.b)}
    touched = {end for one in todo.delete_cables for end in (one.a, one.b)}
    touched |= {end for wire in todo.create_cables for end in (wire.a, wire.b)}
    for end in touched & set(interfaces):
        interfaces[end] = replace(interfaces[end], cable=ends.get(end))
    moved = {address.id: port for address, port in todo.move_addresses}
    addresses = [
        replace(each, port=moved.get(each.id, each.port))
        for each in snapshot.addresses
        if each not in todo.delete_addresses
    ]
    addresses += [
        Address(next(number), each.address, each.port, each.vrf) for each in todo.create_addresses
    ]
    return Snapshot(
        devices=_primaries_after(snapshot, todo, addresses),
        interfaces=interfaces,
        cables=cables,
        addresses=tuple(addresses),
        vlans=vlans,
        peers=snapshot.peers,
        vlan_names=snapshot.vlan_names,
    )


def _lowest_id(snapshot: Snapshot) -> int:
    interfaces = snapshot.interfaces.values()
    return min(
        0,
        *snapshot.cables,
        *(each.id for each in interfaces),
        *(number for each in interfaces for number in each.macs.values()),
        *(each.id for each in snapshot.addresses),
        *(number for number, _ in snapshot.vlans.values()),
        0,
    )


def _updated(interface: Interface, values: Mapping[str, Any]) -> Interface:
    own = {name: value for name, value in values.items() if name in _OWN_FIELDS}
    extra = {name: value for name, value in values.items() if name not in _OWN_FIELDS}
    if "custom_fields" in extra:
        extra["custom_fields"] = {
            **(interface.extra.get("custom_fields") or {}),
            **extra["custom_fields"],
        }
    return replace(interface, **own, extra={**interface.extra, **extra})


def _primaries_after(
    snapshot: Snapshot, todo: Changes, addresses: Iterable[Address]
) -> dict[str, Device]:
    ids = {(each.port, each.address, each.vrf): each.id for each in addresses}
    lost = {each.id for each in todo.delete_addresses}
    devices = {}
    chosen = {each.device: each.addresses for each in todo.primaries}
    for name, device in snapshot.devices.items():
        primary = {
            family: number for family, number in device.primary.items() if number not in lost
        }
        for family, new in chosen.get(name, {}).items():
            primary.pop(family, None)
            if new is not None:
                primary[family] = ids[new.port, new.address, new.vrf]
        devices[name] = replace(device, primary=primary)
    return devices
