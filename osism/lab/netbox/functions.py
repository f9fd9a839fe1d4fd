"""The functions that the database is given: natural order, regular expressions, networks."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable
from typing import Any

PUNCTUATION = str.maketrans("_-", "\x01\x02")


@functools.lru_cache(maxsize=65536)
def natural(value: Any) -> Any:
    """A key that sorts names as people do: punctuation first, eth2 before eth10, case aside."""
    if not isinstance(value, str):
        return value
    return re.sub(r"\d+", lambda run: run[0].zfill(10), value.casefold().translate(PUNCTUATION))


@functools.lru_cache(maxsize=65536)
def interface(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    return ipaddress.ip_interface(text)


def _in_network(address: str, network: str) -> bool:
    """Whether an address or a network lies in a network; what is neither lies nowhere."""
    try:
        inner, outer = interface(address), interface(network)
    except ValueError:
        return False
    lower, upper = outer.network.network_address, outer.network.broadcast_address
    ends = (int(inner.network.network_address), int(inner.network.broadcast_address))
    return inner.version == outer.version and int(lower) <= ends[0] <= ends[1] <= int(upper)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sort_key": natural,
    "regexp": lambda pattern, value: value is not None and bool(re.search(pattern, str(value))),
    "in_network": _in_network,
    "family": lambda address: interface(address).version,
}
