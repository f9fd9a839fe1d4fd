"""The comparison of a switch's intent with what runs on it, field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from osism.domain.intents import SwitchIntent
from osism.domain.texts import ranges

#: Every field that can be observed on a switch. A driver declares those it really reads.
FIELDS = frozenset(
    {
        "port.enabled", "port.mtu", "port.description", "port.mode", "port.untagged", "port.tagged",
        "port.lag",
        "lag.enabled", "lag.mtu", "lag.description", "lag.mode", "lag.untagged", "lag.tagged",
        "lag.members",
        "vlan.name",
        "address",
        "mlag.lag", "mlag.vlan", "mlag.address",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One field of one thing on a switch that is not as wanted."""

    switch: str
    item: str  # "port Ethernet5", "VLAN 100", "address 10.0.0.1/30 on Vlan4094"
    field: str
    wanted: Any
    found: Any

    def __str__(self) -> str:
        values = f"wanted {_say(self.wanted)}, found {_say(self.found)}"
        return f"{self.switch} {self.item} {self.field}: {values}"


@dataclass(frozen=True)
class Comparison:
    """What came of it. ``unchecked`` are the fields that the intent has and the driver does not
    observe: not good, not bad, not known."""

    switch: str
    differences: tuple[Difference, ...]
    unchecked: tuple[str, ...]
    links: tuple[str, ...] = ()  # what :func:`links` says

    @property
    def clean(self) -> bool:
        return not self.differences


def compare(wanted: SwitchIntent, found: SwitchIntent, observes: Collection[str]) -> Comparison:
    """Compare what a switch should look like with what it says, for the fields in *observes*.

    A field that the intent leaves open (an MTU of None) is not compared. Only fields that the
    intent uses are counted as unchecked.
    """
    differences: list[Difference] = []
    unchecked: set[str] = set()
    for kind, item, want, have in _pairs(wanted, found):
        names = set(want or {}) | set(have or {})
        seen = {name for name in names if name in observes}
        if want is not None:
            unchecked |= {name for name in names - seen if want.get(name) not in (None, "", ())}
        if (want is None or have is None) and (seen or _exists(kind, observes)):
            if want is None and not _matters(kind, have):
                continue
            differences.append(
                Difference(wanted.name, item, "exists", want is not None, have is not None)
            )
            continue
        for name in sorted(seen):
            ask, got = (want or {}).get(name), (have or {}).get(name)
            if name == "lag.mtu" and got is None and not (have or {}).get("lag.members"):
                # Where it is that of the members, a LAG without any has none to tell.
                unchecked |= {name} if ask else set()
                continue
            if ask != got and (ask is not None or _open(name)):
                differences.append(Difference(wanted.name, item, name.split(".")[-1], ask, got))
    return Comparison(
        wanted.name, tuple(differences), tuple(sorted(unchecked)), links(wanted, found)
    )


def links(wanted: SwitchIntent, found: SwitchIntent) -> tuple[str, ...]:
    """What a person should know of the links of ports that are wanted: no link, no LACP, an error.

    It is no drift: a node that is switched off has no link, and nothing deployed brings it back.
    """
    used = {
        each.name: each
        for each in (*wanted.ports, *wanted.lags)
        if each.enabled and (each.mode or each.lag)
    }
    told = []
    for link in found.links:
        if (port := used.get(link.name)) is None:
            continue
        if link.error:
            told.append(f"{link.name}: {link.error}")
        elif link.up is False:
            told.append(f"{link.name}: no link")
        elif link.lacp is False:
            told.append(f"{link.name}: its partner has not agreed to LACP in {port.lag}")
    return tuple(told)


def _open(name: str) -> bool:
    """Whether None in the intent means "none" (an untagged VLAN) and not "whatever" (an MTU)."""
    return name.endswith(".untagged")


def _exists(kind: str, observes: Collection[str]) -> bool:
    return any(each == kind or each.startswith(f"{kind}.") for each in observes)


def _matters(kind: str, have: Mapping[str, Any] | None) -> bool:
    """Whether something on the switch that NetBox does not know is a difference.

    A port that carries nothing is not: NetBox need not list every socket. Neither is a VLAN that
    no port uses, which some systems keep for themselves (VLAN 1).
    """
    have = have or {}
    if kind == "port":
        return any(have.get(f"port.{name}") for name in ("untagged", "tagged", "lag"))
    return kind != "vlan"


_Pair = tuple[str, str, Mapping[str, Any] | None, Mapping[str, Any] | None]


def _pairs(wanted: SwitchIntent, found: SwitchIntent) -> Iterator[_Pair]:
    """Yield (kind, what to call it, wanted fields, found fields); None where it is missing."""
    kinds = (
        ("port", "port {}", wanted.ports, found.ports, "name"),
        ("lag", "LAG {}", wanted.lags, found.lags, "name"),
        ("vlan", "VLAN {}", wanted.vlans, found.vlans, "vid"),
    )
    for kind, call, want, have, key in kinds:
        left = {getattr(each, key): _fields(kind, each, key) for each in want}
        right = {getattr(each, key): _fields(kind, each, key) for each in have}
        for name in [*left, *(each for each in right if each not in left)]:
            yield kind, call.format(name), left.get(name), right.get(name)
    want_addresses = {(each.interface, each.address) for each in wanted.addresses}
    have_addresses = {(each.interface, each.address) for each in found.addresses}
    for interface, address in sorted(want_addresses | have_addresses):
        pair = (interface, address)
        yield (
            "address",
            f"address {address} on {interface}",
            {"address": address} if pair in want_addresses else None,
            {"address": address} if pair in have_addresses else None,
        )
    if wanted.mlag or found.mlag:
        yield "mlag", "MLAG", _mlag(wanted), _mlag(found)


def _fields(kind: str, item: object, key: str) -> dict[str, Any]:
    skip = {key, "number"} | ({"lag"} if kind == "lag" else set())
    return {
        f"{kind}.{each.name}": getattr(item, each.name)
        for each in fields(item)  # type: ignore[arg-type]
        if each.name not in skip
    }


def _mlag(switch: SwitchIntent) -> dict[str, Any] | None:
    if switch.mlag is None:
        return None
    return {
        "mlag.lag": switch.mlag.lag,
        "mlag.vlan": switch.mlag.vlan,
        "mlag.address": switch.mlag.address,
    }


def _say(value: object) -> str:
    if isinstance(value, tuple) and all(isinstance(each, int) for each in value):
        return ranges(value) or "none"
    if isinstance(value, tuple):
        return ",".join(str(each) for each in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)
