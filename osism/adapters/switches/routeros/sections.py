"""What of a RouterOS switch is ours: menus, what identifies their rows, properties and defaults.

Everything else on a switch (users, firewall, routes, other properties of these rows) is neither
compared nor touched. Defaults are those of MikroTik's manual for version 7: "Bridging and
Switching", "Bonding", "Ethernet", "VLAN", "IP Addressing", "Multi-chassis Link Aggregation Group".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_interface

from osism.domain.intents import natural
from osism.domain.texts import ranges

#: The comment of rows that nothing but the product has made or taken over. It tells them from
#: a management bridge, and a first address, which are left alone.
MARK = "osism"
#: A row whose comment begins with this is left alone, whatever it is.
KEEP = "osism:keep"


@dataclass(frozen=True, eq=False)
class Section:
    """A menu. ``key``: what identifies a row, nothing for a menu of one row. ``defaults``: what
    is ours, and what it is when the configuration does not say. ``free``: what is ours only where
    the configuration says it. ``marked``: the comment is :data:`MARK`. ``fixed``: rows come with
    the hardware. ``lists``: properties whose order means nothing."""

    path: str
    key: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    free: Mapping[str, str] = field(default_factory=dict)
    marked: bool = False
    fixed: bool = False
    lists: frozenset[str] = frozenset()
    static: str = ""  # the condition that leaves out rows the switch made itself

    @property
    def known(self) -> frozenset[str]:
        """What a configuration may say."""
        names = {*self.key, *self.defaults, *self.free}
        return frozenset(names - ({"comment"} if self.marked else set()))

    def default(self, name: str) -> str:
        return self.defaults.get(name) or self.free.get(name, "")


BRIDGE = Section(
    "/interface bridge",
    ("name",),
    {"vlan-filtering": "no", "disabled": "no", "comment": ""},
    {"protocol-mode": "rstp", "mtu": "auto", "frame-types": "admit-all", "pvid": "1"},
    marked=True,
    static=" and dynamic=no",
)
ETHERNET = Section(
    "/interface ethernet",
    ("default-name",),
    {"comment": "", "disabled": "no"},
    {"mtu": "1500"},
    fixed=True,
)
BONDING = Section(
    "/interface bonding",
    ("name",),
    {"mode": "balance-rr", "slaves": "", "disabled": "no", "comment": ""},
    {
        "mtu": "1500",
        "transmit-hash-policy": "layer-2",
        "lacp-rate": "30secs",
        "min-links": "0",
        "mlag-id": "",
    },
    lists=frozenset({"slaves"}),
)
VLAN = Section(
    "/interface vlan",
    ("name",),
    {"interface": "", "vlan-id": "1", "disabled": "no", "comment": ""},
    {"mtu": "1500"},
    marked=True,
)
PORT = Section(
    "/interface bridge port",
    ("interface",),
    {"bridge": "", "pvid": "1", "frame-types": "admit-all", "disabled": "no"},
    {"ingress-filtering": "yes", "edge": "auto", "bpdu-guard": "no"},
    static=" and dynamic=no",
)
BRIDGE_VLAN = Section(
    "/interface bridge vlan",
    ("bridge", "vlan-ids"),
    {"tagged": "", "untagged": "", "disabled": "no", "comment": ""},
    lists=frozenset({"tagged", "untagged"}),
    static=" and dynamic=no",
)
MLAG = Section("/interface bridge mlag", (), {"bridge": "none", "peer-port": "none"})
ADDRESS = Section(
    "/ip address",
    ("address", "interface"),
    {"disabled": "no", "comment": ""},
    marked=True,
    static=" and dynamic=no",
)
ADDRESS6 = Section(
    "/ipv6 address",
    ("address", "interface"),
    {"disabled": "no", "comment": ""},
    {"advertise": "yes", "no-dad": "no"},
    marked=True,
    static=" and dynamic=no",
)
IDENTITY = Section("/system identity", (), {"name": "MikroTik"})

#: In the order in which rows can be made: nothing refers to what comes after it.
SECTIONS = (
    BRIDGE, ETHERNET, BONDING, VLAN, PORT, BRIDGE_VLAN, MLAG, ADDRESS, ADDRESS6, IDENTITY,
)  # fmt: skip
BY_PATH = {each.path: each for each in SECTIONS}
#: An export of a menu holds its submenus.
EXPORTS = (
    "/interface bridge", "/interface ethernet", "/interface bonding", "/interface vlan",
    "/ip address", "/ipv6 address", "/system identity",
)  # fmt: skip

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/:+@ -]{0,62}")
_PLAIN = re.compile(r"[A-Za-z0-9.:-]{0,40}")
_WORDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("disabled", "vlan-filtering", "ingress-filtering", "bpdu-guard", "advertise", "no-dad"),
        ("yes", "no"),
    ),
    "frame-types": (
        "admit-all",
        "admit-only-untagged-and-priority-tagged",
        "admit-only-vlan-tagged",
    ),
    "mode": (
        "802.3ad", "active-backup", "balance-alb", "balance-rr", "balance-tlb", "balance-xor",
        "broadcast",
    ),
}  # fmt: skip
_NAMED = ("name", "default-name", "interface", "bridge", "peer-port")


def normal(section: Section, name: str, value: str) -> str:
    """*value* in the one form in which it is compared; raises :class:`ValueError` when it is none.

    Whatever passes here can be typed on a console: names hold no quotes and no separators.
    """
    if name in section.lists:
        return ",".join(sorted({_name(each) for each in value.split(",") if each}, key=_order))
    if name in _NAMED:
        return _name(value)
    if name == "vlan-ids":
        return ranges(vids(value))
    if name in ("vlan-id", "pvid"):
        return str(_number(value, 1, 4094))
    if name == "mtu" and value != "auto":
        return str(_number(value, 68, 65535))
    if name == "address":
        return _address(value, 6 if section is ADDRESS6 else 4)
    if name == "comment":
        if not value.isprintable():
            raise ValueError("a comment has no control characters")
        return value
    allowed = _WORDS.get(name)
    if (allowed and value not in allowed) or not _PLAIN.fullmatch(value):
        raise ValueError(f"{name}: {', '.join(allowed) if allowed else 'not such a value'}")
    return value


def vids(text: str) -> tuple[int, ...]:
    """The VLANs of ``1-3,5``; raises :class:`ValueError`."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin = _number(first, 1, 4094)
        found.update(range(begin, (_number(last, 1, 4094) if dash else begin) + 1))
    return tuple(sorted(found))


def _number(text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not least <= int(text) <= most:
        raise ValueError(f"{text[:20]!r} is not {least} to {most}")
    return int(text)


def _address(text: str, version: int) -> str:
    found = ip_interface(text) if "/" in text else None
    if found is None or found.version != version:
        raise ValueError(f"{text[:60]!r} is no IPv{version} address with its prefix length")
    return str(found)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is no name (letters, digits, blanks and ._/:+@-)")
    return text


def _order(name: str) -> tuple[object, str]:
    return natural(name), name
