"""Texts that must have a form: slugs, colours, MAC addresses, addresses, prefixes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from osism.lab.netbox.errors import NOT_BLANK, Invalid
from osism.lab.netbox.functions import interface

YES, NO = ("t", "true", "on", "yes", "1", "y"), ("f", "false", "off", "no", "0", "n")


def truth(value: Any) -> bool | None:
    """Whether a word means yes or no; none if it means neither."""
    return {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}.get(str(value).lower())


def _pattern(pattern: str, message: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise Invalid(message)
        return value

    return check


def mac_address(value: str) -> str:
    """A MAC address in any usual writing, as NetBox writes it: 18:C0:86:3A:B7:F1."""
    return _octets(value, 6, "MAC address")


def _octets(value: str, length: int, what: str) -> str:
    digits = re.sub(r"[:.-]", "", value).upper()
    if not re.fullmatch(f"[0-9A-F]{{{2 * length}}}", digits):
        raise Invalid(f"Invalid {what} format: {value}")
    return ":".join(digits[at : at + 2] for at in range(0, 2 * length, 2))


def _address(value: str) -> str:
    if not value:
        raise Invalid(NOT_BLANK)
    try:
        return str(interface(value))
    except ValueError:
        raise Invalid.crash("KeyError", "'data'") from None


def _prefix(value: str) -> str:
    wanted = interface(_address(value))
    if wanted.ip != wanted.network.network_address:
        raise Invalid(f"{value} is not a valid prefix. Did you mean {wanted.network}?")
    return str(wanted.network)


RULES: dict[str, Callable[[str], str]] = {
    "slug": _pattern(
        r"[-a-zA-Z0-9_]+",
        'Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.',
    ),
    "color": _pattern(r"[0-9a-f]{6}", "Enter a valid hexadecimal RGB color code."),
    "word": _pattern(r"[a-z0-9_]+", "Only alphanumeric characters and underscores are allowed."),
    "mac": mac_address,
    "wwn": lambda value: _octets(value, 8, "WWN"),
    "address": _address,
    "prefix": _prefix,
}
