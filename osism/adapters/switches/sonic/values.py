"""Checks of names and values: each says what is wrong, or an empty text."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, ip_address, ip_interface

Check = Callable[[str], str]


def one_of(*known: str) -> Check:
    return lambda value: "" if value in known else f"{value!r} is none of {', '.join(known)}"


def text(least: int, most: int) -> Check:
    def check(value: str) -> str:
        if not least <= len(value) <= most:
            return f"a text of {len(value)} characters; {least} to {most} are allowed"
        return "" if value.isprintable() else f"{value!r} has control characters"

    return check


def number(least: int, most: int) -> Check:
    def check(value: str) -> str:
        plain = value.isascii() and value.isdecimal() and str(int(value)) == value
        wrong = not plain or not least <= int(value) <= most
        return f"{value!r} is not a number from {least} to {most}" if wrong else ""

    return check


def _named(prefix: str, least: int, most: int, what: str) -> Check:
    """A name that ends in a number, as in ``Vlan100``. Linux has 15 characters for it."""
    of = number(least, most)

    def check(value: str) -> str:
        known = value.startswith(prefix) and not of(value.removeprefix(prefix))
        return "" if known else f"{value!r} is no {what} ({prefix}{least} to {prefix}{most})"

    return check


port = _named("Ethernet", 0, 9999, "port")
lag = _named("PortChannel", 0, 9999, "LAG")
# SONiC keeps VLAN 1 for itself: its model begins with 2.
vlan = _named("Vlan", 2, 4094, "VLAN")
loopback = _named("Loopback", 0, 999, "loopback")
management = _named("eth", 0, 9, "management port")
vlan_id = number(2, 4094)
mtu = number(68, 9216)
asn = number(1, 4294967295)
domain = number(1, 4095)


def neighbor(value: str) -> str:
    """A port or a LAG, as it can be in a VLAN."""
    return "" if not port(value) or not lag(value) else f"{value!r} is neither a port nor a LAG"


def ip(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        return f"{value!r} is no address"
    return ""


def ipv4(value: str) -> str:
    try:
        IPv4Address(value)
    except ValueError:
        return f"{value!r} is no IPv4 address"
    return ""


def prefix(value: str) -> str:
    try:
        ip_interface(value)
    except ValueError:
        return f"{value!r} is no address with the length of its network"
    return "" if "/" in value else f"{value!r} has no length of its network"


def host(value: str) -> str:
    """An address or a name of the DNS."""
    label = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    if not ip(value) or (len(value) <= 253 and re.fullmatch(rf"{label}(\.{label})*", value)):
        return ""
    return f"{value!r} is neither an address nor a host name"


def mac(value: str) -> str:
    known = re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", value)
    return "" if known else f"{value!r} is no MAC address"
