"""Phase 1, decided: from what the definitions want and what NetBox has to the changes.

The definitions become wanted values per interface, on both sides of each cable; what differs from
the snapshot becomes :class:`~osism.domain.changes.Changes`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from osism.domain.changes import (
    Changes,
    InterfaceUpdate,
    NewAddress,
    NewCable,
    NewInterface,
    PrimaryUpdate,
    current,
    same,
)
from osism.domain.definitions import (
    AddressDefinition,
    ChannelDefinition,
    DeviceDefinition,
    InterfaceDefinition,
    MlagDefinition,
    Place,
    PortDefinition,
    Vlans,
    check_claims,
)
from osism.domain.errors import Invalid
from osism.domain.inventory import (
    LAG,
    SWITCH,
    VIRTUAL,
    Address,
    Cable,
    Device,
    Port,
    Snapshot,
)
from osism.domain.names import nearest

_NOWHERE = Place("", 0)
_LABEL = 64  # NetBox's limit for an interface's label


@dataclass(frozen=True)
class Plan:
    """One device on its way: the definition it goes to (None: state 0, nothing) and every
    definition there is of it, which say what belongs to it and may be taken away."""

    device: str
    target: DeviceDefinition | None
    known: tuple[DeviceDefinition, ...] = ()

    @property
    def wanted(self) -> DeviceDefinition:
        if self.target is not None:
            return self.target
        return DeviceDefinition(self.device, "0", self.known[0].place if self.known else _NOWHERE)


def changes(snapshot: Snapshot, plans: Sequence[Plan]) -> Changes:
    """What has to be written so that NetBox says what the plans' definitions want.

    Raises :class:`Invalid` with file and line for what NetBox does not know or allow.
    """
    plans = sorted(plans, key=lambda plan: plan.device)
    check_claims(plan.wanted for plan in plans)
    for plan in plans:
        _check(snapshot, plan)
    return _Wanted(snapshot, plans).changes()


# --- checks against NetBox ------------------------------------------------------------------------


def _mistake(device: str, each: InterfaceDefinition, field: str, what: str) -> Invalid:
    return Invalid(f"{each.place}: device {device!r}, interface {each.name!r}, {field}: {what}")


def _check(snapshot: Snapshot, plan: Plan) -> None:
    if plan.device not in snapshot.devices:
        raise Invalid(f"{plan.wanted.place}: device {plan.device!r}: NetBox does not know it")
    for each in plan.wanted.of(PortDefinition):
        if each.far.device not in snapshot.devices:
            near = nearest(each.far.device, snapshot.devices)
            what = f"NetBox does not know a device {each.far.device!r}{near}"
            raise _mistake(plan.device, each, "device", what)
        for port, field in ((Port(plan.device, each.name), "type"), (each.far, "interface")):
            if wrong := _not_a_port(snapshot, port):
                raise _mistake(plan.device, each, field, wrong)


def _not_a_port(snapshot: Snapshot, port: Port) -> str:
    interface = snapshot.interfaces.get(port)
    if interface is None:
        names = [each.name for each in snapshot.by_device[port.device]]
        close = nearest(port.interface, names)
        return f"{port.device!r} has no interface {port.interface!r} in NetBox{close}"
    if not interface.has_socket:
        return f"{port} is of type {interface.type} in NetBox, a port with a socket is wanted"
    return ""


# --- wanted values --------------------------------------------------------------------------------

_NO_VLANS: Mapping[str, Any] = {"mode": "", "untagged": None, "tagged": frozenset()}
_OFF: Mapping[str, Any] = {"enabled": False, "lag": "", **_NO_VLANS}
#: Interfaces that the product makes and removes itself; the last two can become each other.
_MADE = frozenset({LAG, VIRTUAL, "bridge"})


class _Maker(NamedTuple):
    """Whose entry makes an interface exist; for a LAG: its members, and where these lead."""

    device: str
    entry: InterfaceDefinition
    members: Mapping[Port, Port]

    def mistake(self, field: str, what: str) -> Invalid:
        return _mistake(self.device, self.entry, field, what)


class _Wanted:
    """Collects what the plans want, per port, then compares."""

    def __init__(self, snapshot: Snapshot, plans: Sequence[Plan]) -> None:
        self.snapshot = snapshot
        self.plans = plans
        self.near: dict[Port, dict[str, Any]] = {}
        self.far: dict[Port, dict[str, Any]] = {}
        self.types: dict[Port, str] = {}  # LAGs and virtual interfaces
        self.makers: dict[Port, _Maker] = {}  # of those
        self.addresses: dict[Port, tuple[AddressDefinition, ...]] = {}
        self.cables: dict[frozenset[Port], str] = {}
        for plan in plans:
            self._definition(plan.wanted)
        self.claimed = frozenset((*self.near, *self.far))
        for plan in plans:
            self._release(plan)
        self._check_lags()
        self.removed = self._remove()
        self._let_go()

    # what the target definition names

    def _definition(self, definition: DeviceDefinition) -> None:
        member_of = definition.member_of()
        for each in definition.interfaces.values():
            if isinstance(each, PortDefinition):
                bundle = definition.interfaces.get(member_of.get(each.name, ""))
                self._port(definition, each, bundle)
            elif isinstance(each, ChannelDefinition):
                self._channel(definition, each)
            elif isinstance(each, MlagDefinition):
                self._mlag(definition, each)
            else:
                port = Port(definition.device, each.name)
                parent = each.data.get("parent") or ""
                type_ = each.data.get("type", VIRTUAL)
                self._own(port, type_, each, {**_common(each), "parent": parent})
                self.addresses[port] = each.addresses

    def _port(
        self,
        definition: DeviceDefinition,
        each: PortDefinition,
        bundle: InterfaceDefinition | None,
    ) -> None:
        near = Port(definition.device, each.name)
        lag = bundle.lag if isinstance(bundle, MlagDefinition) else bundle.name if bundle else ""
        self.near[near] = {**_common(each), "lag": lag, "label": self._label(near, each.far)}
        self.addresses[near] = each.addresses
        self.cables[frozenset((near, each.far))] = each.cable
        far = {"enabled": _enabled(each), "label": self._label(each.far, near)}
        if isinstance(bundle, ChannelDefinition):
            far |= {"lag": bundle.far_lag, **_NO_VLANS}
        elif bundle is None:
            far |= {"lag": "", **_vlans(each.vlans)}
        # else: the far side of an MLAG peer link is told by the peer's own definition
        self.far[each.far] = far

    def _channel(self, definition: DeviceDefinition, each: ChannelDefinition) -> None:
        members = _members(definition, each)
        own = Port(definition.device, each.name)
        self._own(own, LAG, each, _common(each), members)
        self.addresses[own] = each.addresses
        for far in _far_lags(definition, each):
            ends = {end: near for near, end in members.items() if end.device == far.device}
            self._make(far, LAG, _Maker(definition.device, each, ends))
            self.far[far] = {"enabled": _enabled(each), **_vlans(definition.far_vlans(each))}

    def _mlag(self, definition: DeviceDefinition, each: MlagDefinition) -> None:
        lag = Port(definition.device, each.lag)
        tagged = _vlans(Vlans(tagged=frozenset({each.vlan})))
        self._own(lag, LAG, each, {"enabled": True, **tagged}, _members(definition, each))
        vlan = Port(definition.device, each.vlan_interface)
        untagged = _vlans(Vlans(untagged=each.vlan))
        self._own(vlan, VIRTUAL, each, {"enabled": True, "parent": each.lag, **untagged})
        self.addresses[vlan] = each.addresses

    def _own(
        self,
        port: Port,
        type_: str,
        each: InterfaceDefinition,
        fields: Mapping[str, Any],
        members: Mapping[Port, Port] | None = None,
    ) -> None:
        """An interface of the definition's own device that has no socket."""
        self._make(port, type_, _Maker(port.device, each, members or {}))
        self.near[port] = {**fields, "type": type_}

    def _make(self, port: Port, type_: str, maker: _Maker) -> None:
        existing = self.snapshot.interfaces.get(port)
        if existing is not None and not _alike(existing.type, type_):
            raise maker.mistake(
                "type",
                f"{port} is of type {existing.type} in NetBox, {type_} is wanted; rename or "
                "delete it there",
            )
        # Both sides of a link between two switches may tell the same LAG.
        first = self.makers.setdefault(port, maker)
        if set(first.members) != set(maker.members):
            raise maker.mistake(
                "channel",
                f"{port} is made at {first.entry.place} already, for {first.device!r}; each "
                "port-channel of a switch needs its own number",
            )
        self.types[port] = type_

    # what the target definition no longer names

    def _release(self, plan: Plan) -> None:
        """Switch off the ports that another state uses and this one does not.

        A port that keeps its VLANs would leave the device where it must no longer be.
        """
        for definition in plan.known:
            for each in definition.of(PortDefinition):
                near = Port(plan.device, each.name)
                if self._free(near):
                    self.near[near] = dict(_OFF)
                    self.addresses[near] = ()
                if self._free(each.far) and self._leads(each.far, near):
                    self.far[each.far] = dict(_OFF)

    def _free(self, port: Port) -> bool:
        interface = self.snapshot.interfaces.get(port)
        return interface is not None and interface.has_socket and port not in self.claimed

    def _leads(self, far: Port, near: Port) -> bool:
        """Whether *far* is connected to *near*, or was, and nothing came after it: a phase 1 that
        was interrupted has cut the cable already, and the label still tells of it."""
        if cable := self.snapshot.cable_at.get(far):
            return cable.other(far) == near
        return self.snapshot.interfaces[far].label == self._label(far, near)

    def _check_lags(self) -> None:
        """Refuse a LAG that has a member which leads elsewhere and which these changes leave."""
        cables = self.snapshot.cable_at
        for lag, maker in self.makers.items():
            devices = {end.device for end in maker.members.values()}
            for member in sorted(self._left(lag) - set(maker.members)):
                if member in cables and cables[member].other(member).device not in devices:
                    raise maker.mistake(
                        "channel",
                        f"{lag} is used for {cables[member].other(member).device!r} already "
                        f"(by {member.interface}); each port-channel of a switch needs its own "
                        "number",
                    )

    def _remove(self) -> frozenset[Port]:
        """The LAGs and virtual interfaces of other states, on both sides, on which nothing hangs
        that stays. Those of the device itself that have to stay are switched off."""
        own: set[Port] = set()
        far: set[Port] = set()
        for plan, port, type_ in self._made_before():
            existing = self.snapshot.interfaces.get(port)
            if port in self.types or existing is None or not _alike(existing.type, type_):
                continue
            if port.device == plan.device:
                own.add(port)
            elif port not in self.snapshot.addresses_of:
                # No definition gives addresses to a far LAG: with one it is somebody else's.
                far.add(port)
        going = own | far
        self._check_parents(going)
        while kept := {port for port in going if self._left(port) or self._below(port) - going}:
            going -= kept
        for port in own - going:
            self.near[port] = {"enabled": False, **_NO_VLANS}
            self.addresses[port] = ()
        return frozenset(going)

    def _made_before(self) -> Iterator[tuple[Plan, Port, str]]:
        """The interfaces without a socket of every definition there is, with their types."""
        for plan in self.plans:
            for definition in plan.known:
                for each in definition.interfaces.values():
                    for port, type_ in _made_for(definition, each):
                        yield plan, port, type_

    def _check_parents(self, going: Collection[Port]) -> None:
        """Refuse a parent or bridge that does not exist in the wanted state."""
        for plan in self.plans:
            for each in plan.wanted.interfaces.values():
                for field in ("parent", "bridge"):
                    other = Port(plan.device, str(each.data.get(field) or ""))
                    stays = other in self.snapshot.interfaces and other not in going
                    if other.interface and other not in self.types and not stays:
                        what = f"the device has no interface {other.interface!r} in this state"
                        raise _mistake(plan.device, each, f"data.{field}", what)

    def _left(self, lag: Port) -> frozenset[Port]:
        """Members that a LAG has now and keeps."""
        return frozenset(
            each
            for each in self.snapshot.members(lag)
            if self._will_be(each, "lag", lag.interface) == lag.interface
        )

    def _below(self, port: Port) -> frozenset[Port]:
        """Interfaces that these changes leave alone and whose parent or bridge *port* is."""
        return frozenset(
            each.port
            for each in self.snapshot.by_device[port.device]
            if port.interface in (each.parent, each.extra.get("bridge"))
            and each.port not in self.near
            and each.port not in self.far
        )

    def _let_go(self) -> None:
        """Take what is removed out of parent and bridge: NetBox does not delete a parent, and
        deletes in an order of its own."""
        for port in {*self.near, *self.far, *self.removed} & set(self.snapshot.interfaces):
            for field in ("parent", "bridge"):
                other = Port(port.device, current(self.snapshot.interfaces[port], field, ""))
                wanted = self.near.get(port, {})
                if other in self.removed and not wanted.get(field):
                    self.near[port] = {**wanted, field: ""}

    def _will_be(self, port: Port, field: str, now: Any) -> Any:
        return self.near.get(port, {}).get(field, self.far.get(port, {}).get(field, now))

    def _label(self, here: Port, there: Port) -> str:
        devices = self.snapshot.devices
        return label(devices[here.device], here.interface, devices[there.device], there.interface)

    # the comparison

    def changes(self) -> Changes:
        wanted: dict[Port, dict[str, Any]] = {}
        for side in (self.far, self.near):  # what a device's own definition says has the last word
            for port, values in side.items():
                wanted[port] = {**wanted.get(port, {}), **values}
        new = [port for port in self.types if port not in self.snapshot.interfaces]
        vids = {each for plan in self.plans for each in plan.wanted.vids}
        cut, laid = self._cables()
        gone, moved, added = self._addresses()
        return Changes(
            delete_cables=cut,
            delete_addresses=gone,
            create_vlans=tuple(sorted(vids - set(self.snapshot.vlans))),
            create_interfaces=tuple(NewInterface(port, self.types[port]) for port in sorted(new)),
            create_macs=tuple(self._new_macs(wanted)),
            update_interfaces=tuple(self._updates(wanted)),
            move_addresses=moved,
            create_addresses=added,
            create_cables=laid,
            delete_interfaces=tuple(
                self.snapshot.interfaces[port] for port in sorted(self.removed)
            ),
            delete_macs=tuple(self._old_macs(wanted)),
            primaries=tuple(self._primaries(gone)),
            snapshot=self.snapshot,
        )

    def _updates(self, wanted: Mapping[Port, Mapping[str, Any]]) -> Iterator[InterfaceUpdate]:
        for port, values in sorted(wanted.items()):
            existing = self.snapshot.interfaces.get(port)
            different = {
                name: value
                for name, value in values.items()
                if not same(name, value, current(existing, name, self.types.get(port, "")))
            }
            if different:
                yield InterfaceUpdate(port, different)

    def _cables(self) -> tuple[tuple[Cable, ...], tuple[NewCable, ...]]:
        cut: dict[int, Cable] = {}
        laid = []
        for pair, kind in self.cables.items():
            a, b = sorted(pair)
            existing = {
                cable.id: cable for end in pair if (cable := self.snapshot.cable_at.get(end))
            }
            if any({c.a, c.b} == pair and c.type == kind for c in existing.values()):
                continue
            cut |= existing
            laid.append(NewCable(kind, a, b))
        return tuple(cut[each] for each in sorted(cut)), tuple(sorted(laid, key=lambda c: c.a))

    def _addresses(
        self,
    ) -> tuple[tuple[Address, ...], tuple[tuple[Address, Port], ...], tuple[NewAddress, ...]]:
        """Those to delete, to move (with where to), and to create."""
        have: dict[tuple[str, str], list[Address]] = {}
        for address in self.snapshot.addresses:
            have.setdefault((address.address, address.vrf), []).append(address)
        kept: set[int] = set()
        moved: list[tuple[Address, Port]] = []
        added: list[NewAddress] = []
        for port, each in self._wanted_addresses():
            # The one that is there already, else a free one, else another of the same device.
            there = sorted(
                have.get((each.address, each.vrf), ()),
                key=lambda one: (one.port != port, one.port is not None, one.id),
            )
            mine = [one for one in there if one.port is None or one.port.device == port.device]
            if mine:
                kept.add(mine[0].id)
                if mine[0].port != port:
                    moved.append((mine[0], port))
                continue
            for one in there:
                if not self._cleared(one.port):
                    raise Invalid(
                        f"{each.place}: device {port.device!r}, interface {port.interface!r}, "
                        f"addresses: {each.address} belongs to {one.port} in NetBox already"
                    )
            # NetBox does not move a primary address to another device: deleted and made again.
            added.append(NewAddress(port, each.address, each.vrf))
        gone = (
            one for one in self.snapshot.addresses if one.id not in kept and self._cleared(one.port)
        )
        return tuple(gone), tuple(moved), tuple(sorted(added))

    def _wanted_addresses(self) -> Iterator[tuple[Port, AddressDefinition]]:
        """Every address with its port; one that two devices want is refused."""
        first: dict[tuple[str, str], tuple[Port, AddressDefinition]] = {}
        for port, addresses in self.addresses.items():
            for each in addresses:
                other, its = first.setdefault(each.host, (port, each))
                if other != port:
                    raise Invalid(
                        f"{each.place}: device {port.device!r}, interface {port.interface!r}, "
                        f"addresses: {each.address} is given to {other} at {its.place} already"
                    )
                yield port, each

    def _cleared(self, port: Port | None) -> bool:
        """Whether a port loses the addresses that no definition names."""
        return port in self.addresses or port in self.removed

    def _new_macs(self, wanted: Mapping[Port, Mapping[str, Any]]) -> Iterator[tuple[Port, str]]:
        for port, values in sorted(wanted.items()):
            existing = self.snapshot.interfaces.get(port)
            mac = values.get("mac")
            if mac and (existing is None or mac not in existing.macs):
                yield port, mac

    def _old_macs(
        self, wanted: Mapping[Port, Mapping[str, Any]]
    ) -> Iterator[tuple[Port, str, int]]:
        for port, values in sorted(wanted.items()):
            existing = self.snapshot.interfaces.get(port)
            if existing is None or "mac" not in values:
                continue
            for mac, number in sorted(existing.macs.items()):
                if mac != values["mac"]:
                    yield port, mac, number

    def _primaries(self, gone: Iterable[Address]) -> Iterator[PrimaryUpdate]:
        lost = {each.id for each in gone}
        by_id = {each.id: each for each in self.snapshot.addresses}
        for plan in self.plans:
            device = self.snapshot.devices[plan.device]
            chosen = {
                each.family: NewAddress(port, each.address, each.vrf)
                for port, addresses in self.addresses.items()
                for each in addresses
                if port.device == plan.device and each.primary
            }
            different: dict[int, NewAddress | None] = {}
            for family in (4, 6):
                now = by_id.get(device.primary.get(family, 0))
                want = chosen.get(family)
                if want is None:
                    if family in device.primary and self._may_clear(device, now):
                        different[family] = None
                elif (
                    now is None
                    or now.id in lost  # another one of the same text stays
                    or (now.address, now.vrf) != (want.address, want.vrf)
                ):
                    different[family] = want
            if different:
                yield PrimaryUpdate(plan.device, different)

    def _may_clear(self, device: Device, now: Address | None) -> bool:
        """A switch is reached at its primary address: it is cleared only where a definition names
        the interface that has it."""
        return device.kind != SWITCH or (now is not None and now.port in self.addresses)


def _common(each: InterfaceDefinition) -> dict[str, Any]:
    """What a definition says about its own interface."""
    return {"enabled": True, **each.data, **_vlans(each.vlans), "mac": each.mac}


def _enabled(each: InterfaceDefinition) -> bool:
    return bool(each.data.get("enabled", True))


def _vlans(vlans: Vlans) -> dict[str, Any]:
    return {"mode": vlans.mode, "untagged": vlans.untagged, "tagged": vlans.tagged}


def _alike(type_: str, other: str) -> bool:
    """Whether an interface of the one type can become one of the other type."""
    return type_ == other or {type_, other} == {VIRTUAL, "bridge"}


def _members(
    definition: DeviceDefinition, each: ChannelDefinition | MlagDefinition
) -> dict[Port, Port]:
    """The members of a bundle, and the ports they lead to."""
    ports = (definition.interfaces[name] for name in each.members)
    return {
        Port(definition.device, port.name): port.far
        for port in ports
        if isinstance(port, PortDefinition)
    }


def _far_lags(definition: DeviceDefinition, each: ChannelDefinition) -> list[Port]:
    """``Port-Channel<channel>`` on each device that the members lead to."""
    devices = {far.device for far in _members(definition, each).values()}
    return [Port(device, each.far_lag) for device in sorted(devices)]


def _made_for(
    definition: DeviceDefinition, each: InterfaceDefinition
) -> Iterator[tuple[Port, str]]:
    """The LAGs and virtual interfaces that exist because of an entry of a definition."""
    if isinstance(each, MlagDefinition):
        yield Port(definition.device, each.lag), LAG
        yield Port(definition.device, each.vlan_interface), VIRTUAL
    elif isinstance(each, ChannelDefinition):
        for port in (Port(definition.device, each.name), *_far_lags(definition, each)):
            yield port, LAG
    elif not isinstance(each, PortDefinition):
        yield Port(definition.device, each.name), VIRTUAL


# --- labels ---------------------------------------------------------------------------------------

_PORT_NUMBER = re.compile(r"(\d+)(?:/\d+)?$")


def label(here: Device, interface: str, there: Device, far_interface: str) -> str:
    """``<position>:<port> / <position>:<port>``, with ``<rack>-`` before the far position when the
    racks differ. A device without a position goes by its name."""
    rack = f"{there.rack}-" if there.rack and there.rack != here.rack else ""
    near = f"{_position(here)}:{port_number(interface)}"
    far = f"{rack}{_position(there)}:{port_number(far_interface)}"
    return f"{near} / {far}"[:_LABEL]


def port_number(interface: str) -> str:
    """The trailing number of an interface's name, else the whole name.

    ``Ethernet5/1`` is lane 1 of port 5: 5. ``sfp-sfpplus3``: 3. ``swp7``: 7.
    """
    match = _PORT_NUMBER.search(interface)
    return match[1] if match else interface


def _position(device: Device) -> str:
    return f"{device.position:g}" if device.position is not None else device.name
