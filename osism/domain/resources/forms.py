"""What a field of a resource can hold, in a word and as a check."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import ip_interface, ip_network
from typing import Any


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Form:
    """How a field is written in a file, and what it means.

    ``names``: the kind whose objects the value names, by slug or name. ``many``: the value is a
    set; what is missing in NetBox is added to what is there. ``partly``: a mapping of which the
    file says only some keys.
    """

    right: str
    check: Callable[[Any], bool]
    keep: Callable[[Any], Any] = _same
    names: str = ""
    many: bool = False
    partly: bool = False


def text(most: int = 200, least: int = 0) -> Form:
    # NetBox stores a text without the blanks around it: with them, every import would be a change.
    return Form(
        f"a text of {f'{least} to' if least else 'at most'} {most} characters",
        lambda value: isinstance(value, str) and least <= len(value.strip()) <= most,
        str.strip,
    )


def whole(low: int, high: int = 2**31 - 1) -> Form:
    return Form(
        f"a whole number from {low} to {high}",
        lambda value: type(value) is int and low <= value <= high,
    )


def number(low: float, high: float) -> Form:
    return Form(
        f"a number from {low:g} to {high:g}",
        lambda value: type(value) in (int, float) and low <= value <= high,
    )


def pattern(pattern: str, right: str) -> Form:
    return Form(right, lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value)))


def ref(kind: str) -> Form:
    right = f"the slug or name of a {kind.replace('_', ' ')}"
    return Form(right, lambda value: isinstance(value, str) and bool(value.strip()), names=kind)


def refs(kind: str) -> Form:
    right = f"a list of slugs or names of {kind.replace('_', ' ')}s"
    return Form(right, texts, names=kind, many=True)


def _parses(parse: Callable[[str], Any], value: Any) -> bool:
    try:
        return isinstance(value, str) and "/" in value and bool(parse(value))
    except ValueError:
        return False


def texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)


def ranges(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, list) and len(each) == 2 and all(type(end) is int for end in each)
        for each in value
    )


WORD = text(50, least=1)  # one of NetBox's choices; a site can have added its own
SLUG = pattern(r"[-a-zA-Z0-9_]{1,100}", "a slug of letters, digits, '-' and '_'")
COLOR = pattern(r"[0-9a-f]{6}", "a colour as six hexadecimal digits, as in '9e9e9e'")
FLAG = Form("true or false", lambda value: isinstance(value, bool))
MAPPING = Form("a mapping", lambda value: isinstance(value, dict))
ADDRESS = Form(
    "an address with its prefix length, as in '10.0.0.5/24'",
    partial(_parses, ip_interface),
    lambda value: str(ip_interface(value)),
)
NETWORK = Form(
    "a network without host bits, as in '10.0.0.0/24'",
    partial(_parses, ip_network),
    lambda value: str(ip_network(value)),
)

MAC = Form(
    "a MAC address, as in '3C:EC:EF:00:01:01'",
    lambda value: (
        isinstance(value, str)
        and bool(re.fullmatch(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}", value))
    ),
    lambda value: value.upper().replace("-", ":"),  # as NetBox writes it
)


def own_address(right: str, parse: Callable[[str], Any]) -> Form:
    """An address of the device itself."""
    return replace(ADDRESS, right=right, check=partial(_parses, parse), names="ip_address")
