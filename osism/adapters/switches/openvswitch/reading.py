"""A text as a document. Whatever is doubtful is refused, with its line and its place."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import yaml

from osism.adapters.switches.openvswitch.document import (
    ACCESS,
    BOND_MODES,
    LACP,
    LACP_TIME,
    NATIVE,
    TRUNK,
    Bond,
    Bonding,
    Document,
    Port,
    Vlans,
    by_name,
)
from osism.adapters.switches.openvswitch.nodes import (
    Wrong,
    choice,
    compose,
    flag,
    known,
    number,
    pairs,
    text,
    texts,
)

_PORT = ("enabled", "description", "mtu")
_VLANS = ("vlan_mode", "tag", "trunks")
_BONDING = ("bond_mode", "lacp", "lacp_time", "lacp_fallback")
_NAME = 15  # bytes: Linux' limit for an interface
_BOND_NAME = 63  # bytes: Open vSwitch has no limit, messages should have one
_MTU = (68, 65535)  # IPv4 needs 68


def read(content: str, switch: str, defaults: Bonding) -> Document:
    """The document in *content*; *defaults* is what it leaves open of bonds.

    Raises :class:`osism.adapters.switches.openvswitch.nodes.Wrong`.
    """
    top = compose(content)
    found = known(top, "the document", ("switch", "ports", "bonds"))
    if "switch" in found and text(found["switch"], "switch") != switch:
        raise Wrong(found["switch"], f"it is for {text(found['switch'], 'switch')[:64]!r}")
    if "ports" not in found:
        raise Wrong(top, "it has no ports")
    ports = {
        name: _port(name, node, f"port {name!r}", (*_PORT, *_VLANS))
        for name, node in pairs(found["ports"], "ports")
    }
    bonds = {}
    claimed: dict[str, str] = dict.fromkeys(ports, "is a port already")
    for name, node in pairs(found["bonds"], "bonds") if "bonds" in found else ():
        bonds[name] = bond = _bond(name, node, defaults)
        for each in chain([name], (member.name for member in bond.members)):
            if each in claimed:
                raise Wrong(node, f"bond {name!r}: {each!r} {claimed[each]}")
            claimed[each] = f"is in bond {name!r} already"
    return Document(ports, bonds)


def _port(name: str, node: yaml.Node, where: str, keys: tuple[str, ...]) -> Port:
    _named(name, node, where)
    values = known(node, where, keys)
    mtu = values.get("mtu")
    return Port(
        name,
        _enabled(values, where),
        _description(values, where),
        None if mtu is None else number(mtu, f"{where}: mtu", *_MTU),
        _vlans(node, values, where),
    )


def _bond(name: str, node: yaml.Node, defaults: Bonding) -> Bond:
    where = f"bond {name!r}"
    if not name or len(name.encode()) > _BOND_NAME or not name.isprintable():
        raise Wrong(node, f"{where}: not a name of at most {_BOND_NAME} bytes")
    values = known(node, where, (*_PORT, *_VLANS, *_BONDING, "members"))
    members = [
        _port(each, inner, f"{where}: member {each!r}", _PORT)
        for each, inner in (pairs(values["members"], where) if "members" in values else ())
    ]
    if "mtu" in values:
        wanted = number(values["mtu"], f"{where}: mtu", *_MTU)
        for member in members:
            if member.mtu not in (None, wanted):
                raise Wrong(node, f"{where}: member {member.name!r} has another MTU than the bond")
        members = [replace(each, mtu=wanted) for each in members]
    return Bond(
        name,
        _enabled(values, where),
        _description(values, where),
        _vlans(node, values, where),
        _bonding(values, where, defaults),
        tuple(sorted(members, key=lambda each: by_name(each.name))),
    ).normal()


def _bonding(values: dict[str, yaml.Node], where: str, defaults: Bonding) -> Bonding:
    words = {"bond_mode": BOND_MODES, "lacp": LACP, "lacp_time": LACP_TIME}
    found = {
        key: choice(values[key], f"{where}: {key}", words[key]) for key in words if key in values
    }
    bonding = replace(defaults, **found)  # type: ignore[arg-type]
    if "lacp_fallback" in values:
        fallback = flag(values["lacp_fallback"], f"{where}: lacp_fallback")
        bonding = replace(bonding, lacp_fallback=fallback)
    enabled = _enabled(values, where)
    if enabled and bonding.bond_mode == "balance-tcp" and bonding.lacp == "off":
        node = values.get("lacp") or values.get("bond_mode") or next(iter(values.values()))
        raise Wrong(node, f"{where}: bond_mode balance-tcp wants LACP")
    return bonding


def _enabled(values: dict[str, yaml.Node], where: str) -> bool:
    return flag(values["enabled"], f"{where}: enabled") if "enabled" in values else True


def _description(values: dict[str, yaml.Node], where: str) -> str:
    if "description" not in values:
        return ""
    return text(values["description"], f"{where}: description")


def _named(name: str, node: yaml.Node, where: str) -> None:
    odd = name in ("", ".", "..") or any(each in "/:" or each.isspace() for each in name)
    if odd or not name.isprintable() or len(name.encode()) > _NAME:
        raise Wrong(node, f"{where}: no interface of Linux is called so (1 to {_NAME} bytes)")


def _vlans(node: yaml.Node, values: dict[str, yaml.Node], where: str) -> Vlans:
    """A port without any VLAN carries nothing. To Open vSwitch, one without tag and trunks
    carries all: so a mode says what there has to be."""
    wanted = {"": (), ACCESS: ("tag",), TRUNK: ("trunks",), NATIVE: ("tag", "trunks")}
    mode = ""
    if "vlan_mode" in values:
        modes = (ACCESS, TRUNK, NATIVE)
        mode = choice(values["vlan_mode"], f"{where}: vlan_mode", modes)
    for key in ("tag", "trunks"):
        if (key in values) != (key in wanted[mode]):
            lacks = "wants" if key in wanted[mode] else "has no"
            kind = f"vlan_mode {mode}" if mode else "a port without vlan_mode"
            raise Wrong(values.get(key, node), f"{where}: {kind} {lacks} {key}")
    tag = number(values["tag"], f"{where}: tag", 1, 4094) if "tag" in values else None
    trunks = _trunks(values["trunks"], f"{where}: trunks") if "trunks" in values else ()
    if tag in trunks:
        raise Wrong(values["trunks"], f"{where}: VLAN {tag} is its tag and in its trunks")
    return Vlans(mode, tag, trunks)


def _trunks(node: yaml.Node, where: str) -> tuple[int, ...]:
    found: set[int] = set()
    parts = texts(node, where)
    if not parts:
        raise Wrong(node, f"{where}: a trunk of no VLAN would carry all of them")
    for part in parts:
        first, _, last = part.partition("-")
        ends = [each.strip() for each in (first, last or first)]
        if not all(each.isascii() and each.isdecimal() and len(each) < 5 for each in ends):
            raise Wrong(node, f"{where}: {part[:20]!r} is no VLAN and no range of them")
        low, high = map(int, ends)
        if not 1 <= low <= high <= 4094:
            raise Wrong(node, f"{where}: {part!r} is not within 1 to 4094")
        found.update(range(low, high + 1))
    return tuple(sorted(found))
