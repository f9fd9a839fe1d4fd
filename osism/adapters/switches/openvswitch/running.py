"""What is on a switch: the ports that are ours to change, as rows and as a document."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from osism.adapters.switches.openvswitch import marks
from osism.adapters.switches.openvswitch.document import (
    ACCESS,
    TRUNK,
    Bond,
    Bonding,
    Document,
    Port,
    Vlans,
    by_name,
)
from osism.adapters.switches.openvswitch.entry import Entry
from osism.adapters.switches.openvswitch.replica import Replica
from osism.adapters.switches.openvswitch.values import Row, items, one, table

_NOTHING = Vlans()


@dataclass(frozen=True)
class Attached:
    """A row of the table Port with its interfaces: (identity, row). ``parked``: it is on the
    parking bridge, and that forwards nothing."""

    uuid: str
    row: Row
    parked: bool
    interfaces: tuple[tuple[str, Row], ...]

    @property
    def name(self) -> str:
        return str(self.row["name"])

    @property
    def is_bond(self) -> bool:
        return [row["name"] for _, row in self.interfaces] != [self.name]

    @property
    def members(self) -> list[Row]:
        """The interfaces without the one that stands in for none."""
        return [row for _, row in self.interfaces if row["name"] != stand_in(self.name)]


@dataclass(frozen=True)
class Running:
    """``bridge`` and ``parking``: identity and row. ``left``: the ports of each bridge that are
    not ours, as identities. ``elsewhere``: whose the names are that are not free. ``mac``: the
    address of the bridge itself, empty when it has none yet."""

    bridge: tuple[str, Row]
    parking: tuple[str, Row] | None
    ports: Mapping[str, Attached]
    left: Mapping[str, list[str]]
    elsewhere: Mapping[str, str]
    mac: str = ""
    document: Document = field(default_factory=Document)

    def interfaces(self) -> dict[str, tuple[str, Row]]:
        """Those of all ports that are ours, by name."""
        return {
            str(row["name"]): (uuid, row)
            for port in self.ports.values()
            for uuid, row in port.interfaces
        }


def stand_in(bond: str) -> str:
    """The interface of a bond without members: Open vSwitch has no port without an interface."""
    return f"lag-{zlib.crc32(bond.encode()):08x}"


def running(replica: Replica, entry: Entry) -> Running:
    """What *replica* says; raises :class:`ValueError` when there is no such bridge."""
    bridge = replica.named("Bridge", entry.bridge)
    if bridge is None:
        raise ValueError(f"there is no bridge {entry.bridge!r} (ovs-vsctl add-br {entry.bridge})")
    if one(bridge[1]["fail_mode"]) == "secure" or items(bridge[1]["controller"]):
        raise ValueError(
            f"bridge {entry.bridge!r} has fail_mode secure or a controller: flows decide what it "
            "forwards, and not its ports"
        )
    parking = replica.named("Bridge", entry.parking)
    ports: dict[str, Attached] = {}
    left: dict[str, list[str]] = {entry.bridge: [], entry.parking: []}
    elsewhere: dict[str, str] = {}
    for uuid, row in replica.rows("Bridge"):
        safe = parking is not None and uuid == parking[0] and is_safe(row)
        for port in _attached(replica, row, safe):
            if row["name"] not in left:
                taken = f"belongs to bridge {row['name']!r}"
            elif taken := _not_ours(port, entry):
                left[str(row["name"])].append(port.uuid)
            else:
                ports[port.name] = port
                continue
            names = [port.name, *(str(each["name"]) for _, each in port.interfaces)]
            elsewhere |= dict.fromkeys(names, taken)
    own = replica.named("Interface", entry.bridge)
    mac = str(one(own[1]["mac_in_use"]) or "") if own else ""
    return Running(bridge, parking, ports, left, elsewhere, mac, _document(ports))


def is_safe(bridge: Row) -> bool:
    """Whether a bridge forwards nothing: no flows of its own, and nobody to send it any."""
    return one(bridge["fail_mode"]) == "secure" and not items(bridge["controller"])


def _attached(replica: Replica, bridge: Row, safe: bool) -> Iterator[Attached]:
    for uuid in items(bridge["ports"]):
        row = replica.row("Port", uuid)
        interfaces = [(each, replica.row("Interface", each)) for each in items(row["interfaces"])]
        yield Attached(uuid, row, safe, tuple(sorted(interfaces, key=lambda each: each[1]["name"])))


def _not_ours(port: Attached, entry: Entry) -> str:
    """Why a port is left alone, empty if it is not.

    Interfaces of type internal are the switch itself: its addresses, and often its management.
    NetBox has them as virtual interfaces, and those are no ports.
    """
    if port.name in entry.keep or table(port.row["external_ids"]).get(marks.KEEP) == "true":
        return "is kept for management (keep, osism-keep)"
    if all(row["type"] == "internal" for row in port.members) and port.members:
        return "is an interface of the switch itself"
    return ""


def _document(ports: Mapping[str, Attached]) -> Document:
    bonds = {name: port for name, port in ports.items() if port.is_bond}
    parked: dict[str, list[Port]] = {name: [] for name in bonds}
    plain = {}
    for name, port in ports.items():
        lag = table(port.row["external_ids"]).get(marks.LAG, "")
        if name in bonds:
            continue
        if port.parked and lag in bonds:
            parked[lag].append(_port(port.interfaces[0][1], False))
        else:
            plain[name] = _port(port.interfaces[0][1], _enabled(port), _vlans(port))
    return Document(plain, {name: _bond(port, parked[name]) for name, port in bonds.items()})


def _port(interface: Row, enabled: bool, vlans: Vlans = _NOTHING) -> Port:
    description = table(interface["external_ids"]).get(marks.DESCRIPTION, "")
    return Port(str(interface["name"]), enabled, description, one(interface["mtu_request"]), vlans)


def _bond(port: Attached, parked: list[Port]) -> Bond:
    other = table(port.row["other_config"])
    bonding = Bonding(
        one(port.row["bond_mode"]) or "active-backup",
        one(port.row["lacp"]) or "off",
        other.get("lacp-time", "slow"),
        other.get("lacp-fallback-ab") == "true",
    )
    members = [*(_port(row, True) for row in port.members), *parked]
    description = table(port.row["external_ids"]).get(marks.DESCRIPTION, "")
    return Bond(
        port.name,
        _enabled(port),
        description,
        _vlans(port),
        bonding,
        tuple(sorted(members, key=lambda each: by_name(each.name))),
    )


def _enabled(port: Attached) -> bool:
    """A parked port is enabled if it is there for having no VLANs only."""
    if not port.parked:
        return True
    return table(port.row["external_ids"]).get(marks.ENABLED) == "true" and not _vlans(port).mode


def _vlans(port: Attached) -> Vlans:
    """In Open vSwitch's own reading (ovs-vswitchd.conf.db(5), vlan_mode)."""
    mode, tag = one(port.row["vlan_mode"]), one(port.row["tag"])
    trunks = tuple(sorted(items(port.row["trunks"])))
    if port.parked and mode is None and tag is None and not trunks:
        return Vlans()
    if mode is None:
        mode = TRUNK if tag is None else ACCESS
    if mode == ACCESS:
        return Vlans(mode, tag or 0)
    if mode == TRUNK:
        return Vlans(mode, None, trunks)
    return Vlans(mode, tag or 0, tuple(each for each in trunks if each != tag))
