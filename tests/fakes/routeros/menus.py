"""The menus of a switch: properties with their kinds and defaults, and what they refuse.

MikroTik's manual for version 7: "Bridging and Switching" (bridge, port, vlan, mlag), "Bonding",
"Ethernet", "VLAN", "IP Addressing", "Scripting" (script repository), "Scheduler".
The words of refusals are those that people quote in MikroTik's forum; those marked with * are ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_interface
from typing import Any

from tests.fakes.routeros.script import Refused


@dataclass(frozen=True)
class Menu:
    """``kinds``: how each property is read. ``shown``: what only reading shows."""

    path: tuple[str, ...]
    kinds: Mapping[str, Any]
    defaults: Mapping[str, Any]
    required: tuple[str, ...] = ()
    single: bool = False
    fixed: bool = False
    shown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "/" + " ".join(self.path)


@dataclass
class Row:
    id: str
    values: dict[str, Any] = field(default_factory=dict)
    dynamic: bool = False


_YES = ("yes", "no")
_COMMON: Mapping[str, Any] = {"comment": "text", "disabled": _YES}
_OFF: Mapping[str, Any] = {"comment": "", "disabled": False}
_FRAMES = ("admit-all", "admit-only-untagged-and-priority-tagged", "admit-only-vlan-tagged")
_MODES = (
    "802.3ad", "active-backup", "balance-alb", "balance-rr", "balance-tlb", "balance-xor",
    "broadcast",
)  # fmt: skip
_PREFIX: Mapping[str, Any] = {"address": "prefix", "interface": "interface", **_COMMON}

MENUS = {
    each.path: each
    for each in (
        Menu(
            ("interface", "bridge"),
            {
                "name": "name", "vlan-filtering": _YES, "protocol-mode": ("rstp", "none", "stp"),
                "mtu": "text", "frame-types": _FRAMES, "pvid": range(1, 4095),
                "igmp-snooping": _YES,
                **_COMMON,
            },
            {
                "vlan-filtering": False, "protocol-mode": "rstp", "mtu": "auto",
                "frame-types": "admit-all", "pvid": 1, "igmp-snooping": False, **_OFF,
            },
            ("name",),
            shown=("running", "dynamic"),
        ),
        Menu(
            ("interface", "ethernet"),
            {"name": "name", "mtu": range(68, 10219), "l2mtu": range(68, 10219), **_COMMON},
            {"mtu": 1500, "l2mtu": 1584, **_OFF},
            fixed=True,
            shown=("default-name", "running"),
        ),
        Menu(
            ("interface", "bonding"),
            {
                "name": "name", "mode": _MODES, "slaves": "interfaces", "mtu": range(68, 10219),
                "transmit-hash-policy": ("layer-2", "layer-2-and-3", "layer-3-and-4"),
                "lacp-rate": ("1sec", "30secs"), "min-links": range(0, 9), "mlag-id": "text",
                **_COMMON,
            },
            {
                "mode": "balance-rr", "slaves": [], "mtu": 1500, "lacp-rate": "30secs",
                "transmit-hash-policy": "layer-2", "min-links": 0, "mlag-id": "", **_OFF,
            },
            ("name",),
            shown=("running",),
        ),
        Menu(
            ("interface", "vlan"),
            {
                "name": "name", "interface": "interface", "vlan-id": range(1, 4095),
                "mtu": range(68, 10219), **_COMMON,
            },
            {"vlan-id": 1, "mtu": 1500, **_OFF},
            ("name", "interface"),
            shown=("running",),
        ),
        Menu(
            ("interface", "bridge", "port"),
            {
                "bridge": "bridge", "interface": "interface", "pvid": range(1, 4095),
                "frame-types": _FRAMES, "ingress-filtering": _YES, "edge": ("auto", "yes", "no"),
                "bpdu-guard": _YES, "hw": _YES, "path-cost": "text", **_COMMON,
            },
            {
                "pvid": 1, "frame-types": "admit-all", "ingress-filtering": True, "edge": "auto",
                "bpdu-guard": False, "hw": True, "path-cost": "", **_OFF,
            },
            ("bridge", "interface"),
            shown=("dynamic", "inactive"),
        ),
        Menu(
            ("interface", "bridge", "vlan"),
            {
                "bridge": "bridge", "vlan-ids": "vids", "tagged": "interfaces",
                "untagged": "interfaces", **_COMMON,
            },
            {"tagged": [], "untagged": [], **_OFF},
            ("bridge", "vlan-ids"),
            shown=("dynamic", "current-tagged", "current-untagged"),
        ),
        Menu(
            ("interface", "bridge", "mlag"),
            {"bridge": "text", "peer-port": "text"},
            {"bridge": "none", "peer-port": "none"},
            single=True,
        ),
        Menu(
            ("ip", "address"),
            {**_PREFIX, "network": "text"}, {**_OFF, "network": ""}, ("address", "interface"),
            shown=("dynamic", "invalid", "actual-interface"),
        ),
        Menu(
            ("ipv6", "address"),
            {**_PREFIX, "advertise": _YES, "no-dad": _YES},
            {**_OFF, "advertise": True, "no-dad": False},
            ("address", "interface"),
            shown=("dynamic", "invalid"),
        ),
        Menu(("system", "identity"), {"name": "text"}, {"name": "MikroTik"}, single=True),
        Menu(("system", "resource"), {}, {"version": "7.16.2 (stable)"}, single=True),
        Menu(
            ("system", "script"),
            {"name": "text", "source": "text", "policy": "text", "comment": "text"},
            {"source": "", "policy": "read", "comment": ""},
            ("name",),
        ),
        Menu(
            ("system", "scheduler"),
            {
                "name": "text", "interval": "time", "start-time": "text", "on-event": "text",
                "policy": "text", "comment": "text", "disabled": _YES,
            },
            {"interval": 0.0, "start-time": "", "policy": "read", "comment": "", "disabled": False},
            ("name",),
        ),
        Menu(("user",), {"name": "text", "group": "text"}, {}, ("name",)),
        Menu(("ip", "firewall", "filter"), {"chain": "text", "action": "text"}, {}, ("chain",)),
        Menu(("interface",), {"comment": "text"}, {}, fixed=True, shown=("name", "type")),
    )
}  # fmt: skip


def read(menu: Menu, name: str, value: str, interfaces: Mapping[str, str]) -> Any:
    """A property's value; raises :class:`Refused` with the console's words."""
    kind = menu.kinds[name]
    if kind == _YES:
        return _word(name, value, _YES) == "yes"
    if isinstance(kind, tuple):
        return _word(name, value, kind)
    if isinstance(kind, range):
        if not re.fullmatch("[0-9]+", value):
            raise Refused(f"invalid value for argument {name}")
        if int(value) not in kind:
            raise Refused(f"value of {name} out of range ({kind.start}..{kind.stop - 1})")
        return int(value)
    if kind in ("interface", "bridge"):
        if value not in interfaces or (kind == "bridge" and interfaces[value] != "bridge"):
            raise Refused(f"input does not match any value of {kind}")
        return value
    if kind == "interfaces":
        return [read_interface(each, interfaces) for each in value.split(",") if each]
    if kind == "vids":
        return _vids(value)
    if kind == "prefix":
        return _prefix(menu, value)
    if kind == "time":
        match = re.fullmatch(r"([0-9]+)s?", value)
        if not match:
            raise Refused(f"invalid time value for argument {name}")
        return float(match[1])
    return value


def read_interface(value: str, interfaces: Mapping[str, str]) -> str:
    if value not in interfaces:
        raise Refused("input does not match any value of interface")
    return value


def _word(name: str, value: str, words: tuple[str, ...]) -> str:
    if value not in words:
        raise Refused(f"input does not match any value of {name}")
    return value


def _vids(value: str) -> list[str]:
    found = value.split(",")
    for each in found:
        match = re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", each)
        if not match or not all(1 <= int(n) <= 4094 for n in match.groups() if n):
            raise Refused("invalid value for argument vlan-ids")
    return found


def _prefix(menu: Menu, value: str) -> str:
    try:
        address = ip_interface(value)
    except ValueError:
        address = None
    if address is None or address.version != (6 if menu.path[0] == "ipv6" else 4):
        raise Refused("invalid value for argument address")
    return str(address)


def numbers(vids: list[str]) -> set[int]:
    """The VLANs of a row."""
    found: set[int] = set()
    for each in vids:
        first, _, last = each.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found
