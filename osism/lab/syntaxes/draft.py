"""What a configuration text adds up to while it is read, in no particular language."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_interface
from typing import NoReturn, Protocol

from osism.domain.intents import (
    ACCESS,
    TAGGED,
    AddressIntent,
    LagIntent,
    MlagIntent,
    PortIntent,
    SwitchIntent,
    VlanIntent,
    natural,
)

MTUS = range(68, 9217)  #: bytes, as the hardware can do
VIDS = range(1, 4095)


class Rejected(Exception):
    """The switch refuses a configuration: the line's number (from 1), its text, and why."""

    def __init__(self, line: int, text: str, reason: str) -> None:
        super().__init__(f"line {line}: {reason}: {text.strip()}")
        self.line, self.text, self.reason = line, text, reason


class Syntax(Protocol):
    """A vendor's configuration language."""

    @property
    def name(self) -> str: ...

    def parse(self, text: str, ports: Collection[str], name: str) -> SwitchIntent:
        """What *text* makes of a switch that has these physical *ports* and is called *name*.

        The answer holds what the text mentions, with defaults where it says nothing (an MTU that
        it does not set is None). Raises :class:`Rejected`.
        """


@dataclass(frozen=True)
class Line:
    """A line of a configuration, for saying what is wrong with it."""

    number: int
    text: str

    def reject(self, reason: str) -> NoReturn:
        raise Rejected(self.number, self.text, reason)

    def integer(self, text: str, allowed: range, what: str) -> int:
        if re.fullmatch(r"[0-9]{1,5}", text) and int(text) in allowed:
            return int(text)
        self.reject(f"{what} must be {allowed.start} to {allowed.stop - 1}")

    def vids(self, text: str) -> set[int]:
        """The VLANs of a list such as ``1-3,5``; ``none`` and nothing mean no VLAN."""
        found: set[int] = set()
        for part in text.split(",") if text not in ("", "none") else ():
            first, _, last = part.partition("-")
            begin = self.integer(first, VIDS, "VLAN")
            end = self.integer(last, VIDS, "VLAN") if last else begin
            found.update(range(begin, end + 1))
        return found

    def address(self, text: str, version: int) -> str:
        """An address with its prefix length, of IP version 4 or 6."""
        try:
            address = ip_interface(text)
        except ValueError:
            self.reject("bad address")
        if "/" not in text:
            self.reject("address without prefix length")
        if address.version != version:
            self.reject(f"not an address of IP version {version}")
        return text


@dataclass
class DraftPort:
    """A port or LAG while it is read; ``line`` is where it was mentioned first."""

    line: Line
    enabled: bool = True
    mtu: int | None = None
    description: str = ""
    untagged: int | None = None
    tagged: set[int] = field(default_factory=set)
    lag: str = ""

    def values(self) -> dict[str, object]:
        return {
            "enabled": self.enabled,
            "mtu": self.mtu,
            "description": self.description,
            "mode": TAGGED if self.tagged else ACCESS if self.untagged else "",
            "untagged": self.untagged,
            "tagged": tuple(sorted(self.tagged)),
            "lag": self.lag,
        }


@dataclass
class Draft:
    """A switch while its configuration is read."""

    name: str
    sockets: Collection[str]  # the physical ports
    ports: dict[str, DraftPort] = field(default_factory=dict)
    lags: dict[str, DraftPort] = field(default_factory=dict)
    vlans: dict[int, str] = field(default_factory=dict)
    addresses: dict[AddressIntent, Line] = field(default_factory=dict)
    mlag: MlagIntent | None = None

    def port(self, name: str, line: Line) -> DraftPort:
        """The physical port *name*; a port that the switch does not have is refused."""
        if name not in self.sockets:
            line.reject(f"no such port {name!r}")
        return self.ports.setdefault(name, DraftPort(line))

    def lag(self, name: str, line: Line) -> DraftPort:
        return self.lags.setdefault(name, DraftPort(line))

    def address_of(self, vlan: int) -> str:
        """The first address of a VLAN's interface, or nothing."""
        found = (each.address for each in _sorted(self.addresses) if each.vlan == vlan)
        return next(found, "")

    def check(self) -> None:
        """Refuse what no single line is wrong about."""
        for port in (*self.ports.values(), *self.lags.values()):
            if port.lag and (port.tagged or port.untagged):
                port.line.reject(f"a member of {port.lag} cannot carry VLANs itself")
            if port.lag and port.lag not in self.lags:
                port.line.reject(f"no such LAG {port.lag!r}")
            for vid in sorted({*port.tagged, *filter(None, [port.untagged])} - set(self.vlans)):
                port.line.reject(f"VLAN {vid} does not exist")
        for address, line in self.addresses.items():
            if address.vlan and address.vlan not in self.vlans:
                line.reject(f"VLAN {address.vlan} does not exist")

    def finished(self) -> SwitchIntent:
        """The whole, sorted as intents are."""
        self.check()
        members: dict[str, list[str]] = {name: [] for name in self.lags}
        for name in sorted(self.ports, key=_by_name):
            if self.ports[name].lag:
                members[self.ports[name].lag].append(name)
        return SwitchIntent(
            name=self.name,
            ports=tuple(
                PortIntent(name, **self.ports[name].values())  # type: ignore[arg-type]
                for name in sorted(self.ports, key=_by_name)
            ),
            lags=tuple(
                LagIntent(
                    name,
                    **self.lags[name].values(),  # type: ignore[arg-type]
                    number=trailing_number(name),
                    members=tuple(members[name]),
                )
                for name in sorted(self.lags, key=_by_name)
            ),
            vlans=tuple(VlanIntent(vid, self.vlans[vid]) for vid in sorted(self.vlans)),
            addresses=tuple(_sorted(self.addresses)),
            mlag=self.mlag,
        )


def trailing_number(name: str) -> int:
    number = re.search(r"(\d+)$", name)
    return int(number[1]) if number else 0


def numbered(text: str) -> Iterator[Line]:
    """The lines of *text*; only a line feed ends one, as on a terminal."""
    for number, line in enumerate(text.split("\n"), 1):
        yield Line(number, line.rstrip("\r"))


def _by_name(name: str) -> tuple[object, str]:
    return natural(name), name


def _sorted(addresses: Iterable[AddressIntent]) -> list[AddressIntent]:
    return sorted(addresses, key=lambda each: (_by_name(each.interface), each.address))
