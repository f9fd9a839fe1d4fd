"""State definitions: the files that say how a device must be connected in one state.

A file arrives as :class:`Located` values, so that every mistake can name file and line. What leaves
here is complete and consistent as far as files can tell; what only NetBox knows (whether a far end
exists) is checked when the changes are planned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_interface
from types import MappingProxyType
from typing import Any, NoReturn

from osism.domain.errors import Invalid
from osism.domain.inventory import LAG, VIRTUAL, WITHOUT_PORT, Port
from osism.domain.names import checked, nearest

#: Cable types of NetBox 4.2 to 4.4 (its choice set of dcim.Cable.type).
CABLE_TYPES = frozenset(
    "cat3 cat5 cat5e cat6 cat6a cat7 cat7a cat8 mrj21-trunk dac-active dac-passive coaxial rg-6 "
    "rg-8 rg-11 rg-59 rg-62 rg-213 lmr-100 lmr-200 lmr-400 mmf mmf-om1 mmf-om2 mmf-om3 mmf-om4 "
    "mmf-om5 smf smf-os1 smf-os2 aoc usb power".split()
)
_OTHER_TYPES = ("virtual", "port-channel", "mlag")
_NOBODY = Port("", "")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Place:
    """A line of a file, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


_NOWHERE = Place("", 0)


@dataclass(frozen=True)
class Located:
    """A value of a YAML file: a scalar, a list of Located, or a mapping from key to Located.

    The place of a mapping's entry is the line of its key.
    """

    value: Any
    place: Place


@dataclass(frozen=True)
class Vlans:
    """VLAN ids of one interface."""

    untagged: int | None = None
    tagged: frozenset[int] = frozenset()

    @property
    def mode(self) -> str:
        """NetBox's 802.1Q mode."""
        return "tagged" if self.tagged else "access" if self.untagged else ""

    @property
    def all(self) -> frozenset[int]:
        return self.tagged | ({self.untagged} if self.untagged else frozenset())


@dataclass(frozen=True)
class AddressDefinition:
    """An address in prefix notation, normalised (``2001:db8::1/64``)."""

    address: str
    primary: bool = False
    vrf: str = ""
    place: Place = field(default=_NOWHERE, compare=False)

    @property
    def family(self) -> int:
        return ip_interface(self.address).version

    @property
    def host(self) -> tuple[str, str]:
        """What may exist once: the address without its prefix length, and the VRF."""
        return self.address.partition("/")[0], self.vrf


@dataclass(frozen=True)
class InterfaceDefinition:
    """What every kind of interface can have; this class itself is ``virtual``."""

    name: str
    place: Place
    data: Mapping[str, Any] = field(default_factory=dict)
    addresses: tuple[AddressDefinition, ...] = ()
    vlans: Vlans = Vlans()
    mac: str = ""


@dataclass(frozen=True)
class PortDefinition(InterfaceDefinition):
    """A port with a cable of type ``cable`` to ``far``."""

    cable: str = ""
    far: Port = field(default=_NOBODY)


@dataclass(frozen=True)
class ChannelDefinition(InterfaceDefinition):
    """A port-channel over ``members`` (names of ports of the same device)."""

    channel: int = 0
    members: tuple[str, ...] = ()

    @property
    def far_lag(self) -> str:
        """The name of the far side's LAG."""
        return f"Port-Channel{self.channel}"


@dataclass(frozen=True)
class MlagDefinition(InterfaceDefinition):
    """The peer link of an MLAG pair. The address, if any, belongs to the VLAN interface."""

    channel: int = 0
    vlan: int = 0
    members: tuple[str, ...] = ()

    @property
    def lag(self) -> str:
        """The name of the peer link's LAG."""
        return f"Port-Channel{self.channel}"

    @property
    def vlan_interface(self) -> str:
        return f"Vlan{self.vlan}"


@dataclass(frozen=True)
class DeviceDefinition:
    """One device in one state."""

    device: str
    state: str
    place: Place
    interfaces: Mapping[str, InterfaceDefinition] = field(default_factory=dict)

    def of(self, kind: type[InterfaceDefinition]) -> Iterator[Any]:
        """The interfaces of exactly this kind."""
        return (each for each in self.interfaces.values() if type(each) is kind)

    @property
    def far_devices(self) -> frozenset[str]:
        return frozenset(each.far.device for each in self.of(PortDefinition))

    @property
    def addresses(self) -> frozenset[str]:
        """Every address that is named."""
        return frozenset(a.address for i in self.interfaces.values() for a in i.addresses)

    @property
    def vids(self) -> frozenset[int]:
        """Every VLAN id that is needed."""
        vids = {vid for each in self.interfaces.values() for vid in each.vlans.all}
        return frozenset(vids | {each.vlan for each in self.of(MlagDefinition)})

    def far_vlans(self, channel: ChannelDefinition) -> Vlans:
        """The VLANs of the far side's LAG: the port-channel's own, or else its members'.

        Sites write the VLANs at the members too, to see them in NetBox.
        """
        return channel.vlans if channel.vlans.all else self.interfaces[channel.members[0]].vlans

    def member_of(self) -> Mapping[str, str]:
        """Port name -> name of the port-channel or mlag entry it belongs to."""
        return {
            member: each.name
            for each in self.interfaces.values()
            if isinstance(each, ChannelDefinition | MlagDefinition)
            for member in each.members
        }


@dataclass(frozen=True)
class Definitions:
    """Everything written about the devices of one folder: state -> device -> definition.

    Most folders hold one device. ``devices`` are all that any state names.
    """

    collection: str
    folder: str
    states: Mapping[str, Mapping[str, DeviceDefinition]]

    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(sorted({name for state in self.states.values() for name in state}))

    def of(self, device: str) -> Mapping[str, DeviceDefinition]:
        """The definitions of one device by state."""
        return {
            state: devices[device] for state, devices in self.states.items() if device in devices
        }


# --- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Where:
    """For messages: which device and interface are being read."""

    device: str
    interface: str = ""

    def fail(self, at: Located, what: str, name: str = "") -> NoReturn:
        self.refuse(at.place, what, name)

    def refuse(self, place: Place, what: str, name: str = "") -> NoReturn:
        whom = f"device {self.device!r}" + (
            f", interface {self.interface!r}" if self.interface else ""
        )
        raise Invalid(f"{place}: {whom}{f', {name}' if name else ''}: {what}")


def merged(base: Located, over: Located) -> Located:
    """*over* on top of *base*: mappings are merged key by key, everything else is replaced."""
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    both = dict(base.value)
    for key, value in over.value.items():
        both[key] = merged(both[key], value) if key in both else value
    return Located(both, over.place)


def device_definition(device: str, state: str, entry: Located) -> DeviceDefinition:
    """Read one device's entry of a state definition."""
    try:
        checked("device", device)
    except Invalid as mistake:
        raise Invalid(f"{entry.place}: {mistake}") from None
    where = _Where(device)
    entries = _mapping(where, entry, "the definition")
    interfaces = {
        _interface_name(where, name, each): _interface(_Where(device, str(name)), str(name), each)
        for name, each in entries.items()
    }
    definition = DeviceDefinition(device, state, entry.place, MappingProxyType(interfaces))
    _check_members(definition, entries)
    _check_channels(definition, entries)
    _check_made(definition)
    _check_addresses(definition)
    check_claims([definition])
    return definition


def check_claims(definitions: Iterable[DeviceDefinition]) -> None:
    """Refuse two definitions for one port; the same cable told from both ends is one."""
    claims: dict[Port, tuple[frozenset[Port], PortDefinition]] = {}
    for definition in definitions:
        for each in definition.of(PortDefinition):
            where = _Where(definition.device, each.name)
            pair = frozenset({Port(definition.device, each.name), each.far})
            for port in sorted(pair):
                other, first = claims.setdefault(port, (pair, each))
                if other != pair:
                    where.refuse(
                        each.place,
                        f"{port} is claimed at {first.place} already "
                        f"({' to '.join(map(str, sorted(other)))}); a port has one definition",
                    )
                if first.cable != each.cable:
                    where.refuse(
                        each.place,
                        f"the same cable is {first.cable!r} at {first.place}; it has one type",
                        "type",
                    )


def _interface_name(where: _Where, name: object, at: Located) -> str:
    if not isinstance(name, str) or not 1 <= len(name) <= 64 or not _is_name(name):
        where.fail(
            at,
            "1 to 64 printable characters name an interface; one that YAML reads as something "
            "else is quoted",
            f"interface {name!r:.60}",
        )
    return name


def _is_name(text: str) -> bool:
    return text.isprintable() and text == text.strip() != ""


_COMMON = ("type", "data", "addresses", "vlans", "mac_address")
_KEYS = {
    "port": (*_COMMON, "device", "interface"),
    "virtual": _COMMON,
    "port-channel": (*_COMMON, "channel", "interfaces"),
    "mlag": ("type", "interfaces", "data"),
}


def _interface(where: _Where, name: str, at: Located) -> InterfaceDefinition:
    entries = _mapping(where, at, "an interface")
    if "type" not in entries:
        where.fail(
            at, "is missing; a cable type such as 'cat6a', or virtual, port-channel, mlag", "type"
        )
    kind = entries["type"].value
    if not isinstance(kind, str) or (kind not in CABLE_TYPES and kind not in _OTHER_TYPES):
        close = nearest(str(kind), [*CABLE_TYPES, *_OTHER_TYPES])
        where.fail(
            entries["type"],
            f"{_shown(entries['type'])} is not a cable type of NetBox{close}"
            " (for example cat6a, dac-passive, smf, aoc; or virtual, port-channel, mlag)",
            "type",
        )
    shape = kind if kind in _OTHER_TYPES else "port"
    _known_keys(where, entries, _KEYS[shape])
    if shape == "mlag":
        return _mlag(where, name, at, entries)
    common: dict[str, Any] = {
        "name": name,
        "place": at.place,
        "data": _data(where, shape, entries.get("data")),
        "addresses": _addresses(where, entries.get("addresses")),
        "vlans": _vlans(where, entries.get("vlans")),
        "mac": _mac(where, entries.get("mac_address")),
    }
    if shape == "virtual":
        return InterfaceDefinition(**common)
    if shape == "port-channel":
        channel = _number(where, at, entries, "channel", 4096)
        return ChannelDefinition(**common, channel=channel, members=_members(where, at, entries))
    far = Port(
        _text(where, _needed(where, at, entries, "device", "the far end's device"), "device"),
        _text(where, _needed(where, at, entries, "interface", "the far end's port"), "interface"),
    )
    if far == Port(where.device, name):
        where.fail(entries["interface"], "a cable cannot lead back to its own port", "interface")
    return PortDefinition(**common, cable=kind, far=far)


def _mlag(where: _Where, name: str, at: Located, entries: Mapping[str, Located]) -> MlagDefinition:
    data_at = _needed(where, at, entries, "data", "a mapping with channel and vlan")
    data = _mapping(where, data_at, "data")
    _known_keys(where, data, ("channel", "vlan", "address"), "data.")
    address = data.get("address")
    told = address is not None and address.value is not None
    return MlagDefinition(
        name=name,
        place=at.place,
        channel=_number(where, data_at, data, "channel", 4096, "data."),
        vlan=_number(where, data_at, data, "vlan", 4094, "data."),
        addresses=(_address(where, data["address"], "data.address"),) if told else (),
        members=_members(where, at, entries),
    )


_Bundle = ChannelDefinition | MlagDefinition


def _bundles(definition: DeviceDefinition) -> Iterator[_Bundle]:
    return (each for each in definition.interfaces.values() if isinstance(each, _Bundle))


def _check_members(definition: DeviceDefinition, entries: Mapping[str, Located]) -> None:
    """Members are defined ports, each in one bundle only, and agree on what the bundle carries."""
    ports = [each.name for each in definition.of(PortDefinition)]
    seen: dict[str, str] = {}
    for each in _bundles(definition):
        where = _Where(definition.device, each.name)
        listed = entries[each.name].value["interfaces"].value
        for member, at in zip(each.members, listed, strict=True):
            if member not in ports:
                where.fail(
                    at,
                    f"{member!r} is not defined as a port with a cable in this definition"
                    f"{nearest(member, ports)} (defined: {', '.join(ports) or 'none'})",
                    "interfaces",
                )
            if member in seen:
                where.fail(at, f"{member!r} is a member of {seen[member]!r} already", "interfaces")
            seen[member] = each.name
        told = {definition.interfaces[member].vlans for member in each.members}
        if isinstance(each, ChannelDefinition) and not each.vlans.all and len(told) > 1:
            where.refuse(
                each.place,
                "its members tell different VLANs; give them to the port-channel itself",
                "vlans",
            )


def _check_channels(definition: DeviceDefinition, entries: Mapping[str, Located]) -> None:
    """A device uses a channel number once."""
    numbers: dict[int, str] = {}
    for each in _bundles(definition):
        if each.channel in numbers:
            inside = entries[each.name].value
            data = inside["data"].value if isinstance(each, MlagDefinition) else inside
            _Where(definition.device, each.name).fail(
                data["channel"],
                f"{each.channel} is the channel of {numbers[each.channel]!r} already",
                "data.channel" if data is not inside else "channel",
            )
        numbers[each.channel] = each.name


def _check_made(definition: DeviceDefinition) -> None:
    """What an MLAG entry makes has names of its own."""
    taken = {each.name: each.name for each in definition.interfaces.values()}
    for each in definition.of(MlagDefinition):
        for name in (each.lag, each.vlan_interface):
            if taken.setdefault(name, each.name) != each.name:
                _Where(definition.device, each.name).refuse(
                    each.place, f"it makes {name!r}, which {taken[name]!r} is already", "data"
                )


def _check_addresses(definition: DeviceDefinition) -> None:
    """An address belongs to one interface, and one address of each family is the primary one."""
    seen: dict[tuple[str, str], str] = {}
    primary: dict[int, str] = {}
    for each in definition.interfaces.values():
        where = _Where(definition.device, each.name)
        for address in each.addresses:
            if address.host in seen:
                where.refuse(
                    address.place,
                    f"{address.address} is listed twice (first for {seen[address.host]!r})",
                    "addresses",
                )
            seen[address.host] = each.name
            if address.primary and address.family in primary:
                where.refuse(
                    address.place,
                    f"{primary[address.family]} is the primary IPv{address.family} address already",
                    "addresses.primary",
                )
            if address.primary:
                primary[address.family] = address.address


# --- fields ---------------------------------------------------------------------------------------


def _mapping(where: _Where, at: Located, name: str) -> Mapping[Any, Located]:
    if at.value is None:
        return {}
    if not isinstance(at.value, dict):
        where.fail(at, f"a mapping is wanted, not {_kind(at.value)}", name)
    return at.value


def _known_keys(
    where: _Where, entries: Mapping[str, Located], known: Collection[str], prefix: str = ""
) -> None:
    for key, at in entries.items():
        if key not in known:
            where.fail(
                at,
                f"unknown key{nearest(str(key), known)} (known here: {', '.join(sorted(known))})",
                f"{prefix}{key}",
            )


def _needed(
    where: _Where, at: Located, entries: Mapping[str, Located], name: str, right: str
) -> Located:
    if name not in entries or entries[name].value is None:
        where.fail(at, f"is missing; {right} is wanted", name)
    return entries[name]


def _text(where: _Where, at: Located, name: str) -> str:
    if not isinstance(at.value, str) or not _is_name(at.value):
        where.fail(at, f"a name is wanted, not {_shown(at)}", name)
    return at.value


def _number(
    where: _Where,
    at: Located,
    entries: Mapping[str, Located],
    name: str,
    most: int,
    prefix: str = "",
) -> int:
    right = f"a number from 1 to {most}"
    if name not in entries or entries[name].value is None:
        where.fail(at, f"is missing; {right} is wanted", f"{prefix}{name}")
    value = entries[name].value
    if type(value) is not int or not 1 <= value <= most:
        where.fail(entries[name], f"{_shown(entries[name])} is not {right}", f"{prefix}{name}")
    return value


def _members(where: _Where, at: Located, entries: Mapping[str, Located]) -> tuple[str, ...]:
    listed = _needed(where, at, entries, "interfaces", "the list of its ports")
    if not isinstance(listed.value, list) or not listed.value:
        where.fail(listed, "a list of at least one port is wanted", "interfaces")
    return tuple(_text(where, each, "interfaces") for each in listed.value)


def _mac(where: _Where, at: Located | None) -> str:
    if at is None or at.value is None:
        return ""
    if not isinstance(at.value, str) or not _MAC.fullmatch(at.value):
        where.fail(
            at,
            f"{_shown(at)} is not a MAC address such as '18:C0:86:3A:B7:F1' (quoted)",
            "mac_address",
        )
    return at.value.upper().replace("-", ":")


def _vlans(where: _Where, at: Located | None) -> Vlans:
    if at is None:
        return Vlans()
    untagged: int | None = None
    tagged: set[int] = set()
    for key, each in _mapping(where, at, "vlans").items():
        if type(key) is not int or not 1 <= key <= 4094:
            where.fail(each, f"{key!r:.60} is not a VLAN id from 1 to 4094", "vlans")
        if each.value not in ("tagged", "untagged"):
            where.fail(each, f"{_shown(each)}: 'tagged' or 'untagged' is wanted", f"vlans.{key}")
        if each.value == "tagged":
            tagged.add(key)
        elif untagged is not None:
            where.fail(
                each,
                f"{untagged} is untagged already; one VLAN of an interface can be",
                f"vlans.{key}",
            )
        else:
            untagged = key
    return Vlans(untagged, frozenset(tagged))


def _addresses(where: _Where, at: Located | None) -> tuple[AddressDefinition, ...]:
    if at is None or at.value is None:
        return ()
    if not isinstance(at.value, list):
        where.fail(at, f"a list is wanted, not {_kind(at.value)}", "addresses")
    return tuple(_address(where, each, "addresses") for each in at.value)


def _address(where: _Where, at: Located, name: str) -> AddressDefinition:
    if not isinstance(at.value, dict):
        return AddressDefinition(_prefixed(where, at, name), place=at.place)
    _known_keys(where, at.value, ("address", "primary", "vrf"), f"{name}.")
    primary = at.value.get("primary", Located(False, at.place))
    if not isinstance(primary.value, bool):
        where.fail(primary, f"true or false is wanted, not {_shown(primary)}", f"{name}.primary")
    vrf = at.value.get("vrf")
    address = _needed(where, at, at.value, "address", "an address with its prefix length")
    return AddressDefinition(
        _prefixed(where, address, f"{name}.address"),
        primary.value,
        _text(where, vrf, f"{name}.vrf") if vrf and vrf.value is not None else "",
        address.place,
    )


def _prefixed(where: _Where, at: Located, name: str) -> str:
    found = None
    if isinstance(at.value, str) and "/" in at.value and "%" not in at.value:
        with suppress(ValueError):
            found = ip_interface(at.value)
    if found is None or found.network.prefixlen == 0:
        where.fail(
            at, f"{_shown(at)} is not an address with its prefix length, as in '10.0.0.5/24'", name
        )
    network = found.network
    last = network.broadcast_address if found.version == 4 else None
    if network.num_addresses > 2 and found.ip in (network.network_address, last):
        where.fail(at, f"{at.value!r} names a network, not an address in it", name)
    return str(found)


def _bool(value: object) -> bool:
    return isinstance(value, bool)


def _integer(low: int, high: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _string(most: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and len(value) <= most


def _one_of(*choices: str) -> Callable[[object], bool]:
    return lambda value: value in choices


#: Writable fields of a NetBox interface: name -> (check, what would be right). ``parent`` and
#: ``bridge`` are names of interfaces of the device, ``vrf`` is a VRF's name, ``tags`` are slugs.
DATA: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "enabled": (_bool, "true or false"),
    "mgmt_only": (_bool, "true or false"),
    "mark_connected": (_bool, "true or false"),
    "mtu": (_integer(1, 65536), "a number of bytes from 1 to 65536"),
    "speed": (_integer(0, 2**31 - 1), "a number of kbit/s"),
    "tx_power": (_integer(-40, 127), "a number of dBm from -40 to 127"),
    "description": (_string(200), "a text of at most 200 characters"),
    "wwn": (_string(64), "a World Wide Name"),
    "type": (_string(50), "an interface type of NetBox"),
    "duplex": (_one_of("half", "full", "auto"), "half, full or auto"),
    "poe_mode": (_one_of("pd", "pse"), "pd or pse"),
    "poe_type": (_string(50), "a PoE type of NetBox"),
    "rf_role": (_one_of("ap", "station"), "ap or station"),
    "rf_channel": (_string(50), "a wireless channel of NetBox"),
    "parent": (_string(64), "the name of an interface of the device"),
    "bridge": (_string(64), "the name of an interface of the device"),
    "vrf": (_string(100), "the name of a VRF"),
    "tags": (
        lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
        "a list of tags' slugs",
    ),
    "custom_fields": (lambda value: isinstance(value, dict), "a mapping of custom fields"),
}
#: Those that null empties in NetBox.
CLEARABLE = frozenset(
    "mtu speed tx_power wwn duplex poe_mode poe_type rf_role rf_channel parent bridge vrf".split()
)
#: What ``data.type`` can be for interfaces without a socket.
_TYPES: Mapping[str, Collection[str]] = {"virtual": (VIRTUAL, "bridge"), "port-channel": (LAG,)}
_INSTEAD = {
    "label": "osism writes it from the positions of both ends",
    "lag": "define a port-channel",
    "mac_address": "write it beside data, not in it",
    "primary_mac_address": "write mac_address beside data",
    "mode": "write vlans beside data",
    "untagged_vlan": "write vlans beside data",
    "tagged_vlans": "write vlans beside data",
    "name": "the key names the interface",
    "device": "the entry belongs to its device",
}


def _data(where: _Where, shape: str, at: Located | None) -> Mapping[str, Any]:
    if at is None:
        return {}
    found: dict[str, Any] = {}
    entries = _mapping(where, at, "data")
    for key, each in entries.items():
        if key in _INSTEAD:
            where.fail(each, f"cannot be set here: {_INSTEAD[key]}", f"data.{key}")
        if key not in DATA:
            where.fail(
                each,
                f"not a field osism can write{nearest(str(key), DATA)} "
                f"(it can: {', '.join(sorted(DATA))})",
                f"data.{key}",
            )
        check, right = DATA[key]
        value = plain(each)
        if not (value is None and key in CLEARABLE) and not check(value):
            where.fail(each, f"{_shown(each)} is not {right}", f"data.{key}")
        found[key] = value
    _check_fitting(where, shape, entries, found)
    return MappingProxyType(found)


def _check_fitting(
    where: _Where, shape: str, entries: Mapping[str, Located], data: Mapping[str, Any]
) -> None:
    """Refuse fields that NetBox does not accept for this kind of interface."""
    type_, types = data.get("type"), _TYPES.get(shape)
    right = " or ".join(types) if types else "a type with a socket"
    unfit = type_ not in types if types else type_ in WITHOUT_PORT
    virtual = shape == VIRTUAL and type_ != "bridge"
    rules = (
        ("type", type_ and unfit, f"{type_!r} is not the type of a {shape}; {right} is"),
        ("parent", data.get("parent") and not virtual, "only a virtual interface has a parent"),
        ("parent", data.get("parent") == where.interface, "an interface is not its own parent"),
        ("bridge", data.get("bridge") == where.interface, "an interface is not its own bridge"),
        ("mark_connected", data.get("mark_connected"), "osism writes the cable itself"),
    )
    for name, wrong, what in rules:
        if wrong:
            where.fail(entries[name], what, f"data.{name}")


def plain(at: Located) -> Any:
    """The value without its places."""
    if isinstance(at.value, dict):
        return {key: plain(each) for key, each in at.value.items()}
    if isinstance(at.value, list):
        return [plain(each) for each in at.value]
    return at.value


def _kind(value: object) -> str:
    names = {
        dict: "a mapping",
        list: "a list",
        str: "a text",
        bool: "a truth value",
        int: "a number",
    }
    return "nothing" if value is None else names.get(type(value), type(value).__name__)


def _shown(at: Located) -> str:
    """A scalar as it was written, anything else by its kind, short enough for a message."""
    if at.value is None or isinstance(at.value, dict | list):
        return _kind(at.value)
    text = repr(at.value)
    return text if len(text) <= 60 else f"{text[:57]}..."
