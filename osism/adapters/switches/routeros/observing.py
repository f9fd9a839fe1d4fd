"""What runs on a switch, read from its menus, as an intent.

Only what takes effect counts: a row that is disabled or that the switch made itself carries
nothing, and a bridge that does not filter VLANs has none. Only bridges with our mark are looked
at, and addresses of interfaces that are not ours are left out, as deploying leaves them alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from osism.adapters.switches.routeros import reading
from osism.adapters.switches.routeros.console import Console
from osism.adapters.switches.routeros.facts import Facts
from osism.adapters.switches.routeros.rows import Row, Rows
from osism.adapters.switches.routeros.sections import BONDING, KEEP, MARK, VLAN, vids
from osism.adapters.switches.routeros.words import quote
from osism.domain.intents import (
    ACCESS,
    TAGGED,
    AddressIntent,
    LagIntent,
    Link,
    MlagIntent,
    PortIntent,
    SwitchIntent,
    VlanIntent,
    natural,
    one_line,
)

_Table = list[dict[str, str]]
_SLAVE = re.compile(r'\bport=(\S+)[^\n]*? flags="([^"]*)"')
_UNTAGGED, _TAGGED = "admit-only-untagged-and-priority-tagged", "admit-only-vlan-tagged"
_ADDRESS = ("address", "interface", "comment", "disabled", "dynamic")
_READ: Mapping[str, tuple[str, ...]] = {
    "/interface bridge": ("name", "comment", "vlan-filtering", "disabled"),
    "/interface bridge port": (
        "bridge", "interface", "pvid", "frame-types", "disabled", "dynamic",
    ),
    "/interface bridge vlan": (
        "bridge", "vlan-ids", "tagged", "untagged", "comment", "disabled", "dynamic",
    ),
    "/interface ethernet": ("name", "mtu", "comment", "disabled", "running"),
    "/interface bonding": ("name", "mode", "slaves", "mtu", "comment", "disabled", "running"),
    "/interface vlan": ("name", "interface", "vlan-id", "comment", "disabled"),
    "/ip address": _ADDRESS,
    "/ipv6 address": _ADDRESS,
}  # fmt: skip


@dataclass(frozen=True)
class Tables:
    """The rows of the menus that are read."""

    bridges: _Table
    ports: _Table  # of bridges
    vlans: _Table  # of bridges
    ethernet: _Table
    lags: _Table
    interfaces: _Table  # VLAN interfaces
    mlag: Mapping[str, str] | None
    addresses: _Table
    facts: Facts
    agreed: Mapping[str, bool]  # LACP, by port


def read(console: Console, management: frozenset[str]) -> Tables:
    """All that an observation needs."""
    found = {each: reading.rows(console, each, names) for each, names in _READ.items()}
    return Tables(
        bridges=found["/interface bridge"],
        ports=found["/interface bridge port"],
        vlans=found["/interface bridge vlan"],
        ethernet=found["/interface ethernet"],
        lags=found["/interface bonding"],
        interfaces=found["/interface vlan"],
        mlag=reading.settings(console, "/interface bridge mlag", ("bridge", "peer-port")),
        addresses=[*found["/ip address"], *found["/ipv6 address"]],
        facts=reading.facts(console, management),
        agreed=_agreed(console, found["/interface bonding"]),
    )


def _agreed(console: Console, lags: _Table) -> dict[str, bool]:
    """Whether the partner of each member collects and distributes."""
    found: dict[str, bool] = {}
    for lag in lags:
        if lag["mode"] == "802.3ad" and lag["slaves"] and _on(lag):
            name = quote(lag["name"])
            text = console.ask(f"/interface bonding monitor-slaves {name} once", "reading LACP")
            for port, flags in _SLAVE.findall(text):
                found[port] = "C" in flags and "D" in flags
    return found


def intent(name: str, tables: Tables) -> SwitchIntent:
    """What the tables add up to on the switch called *name*."""
    bridges = {each["name"] for each in tables.bridges if each["comment"] == MARK and _on(each)}
    filtering = {each["name"] for each in tables.bridges if each["vlan-filtering"] == "true"}
    kept = tables.facts.kept(None, _kept_rows(tables))
    vlans = [each for each in tables.vlans if each["bridge"] in bridges and _on(each)]
    carried = _carried(tables, vlans, bridges & filtering)
    ours = [
        each
        for each in tables.lags
        if each["name"] not in kept and not each["comment"].startswith(KEEP)
    ]
    member = {slave: lag["name"] for lag in ours for slave in _list(lag["slaves"])}
    ports = [
        PortIntent(**_port(each, carried), lag=member.get(each["name"], ""))
        for each in tables.ethernet
    ]
    lags = [
        LagIntent(
            **_port(each, carried),
            number=int(re.search(r"(\d*)$", each["name"])[1] or 0),  # type: ignore[index]
            members=tuple(sorted(_list(each["slaves"]), key=_order)),
        )
        for each in ours
    ]
    return SwitchIntent(
        name=name,
        ports=tuple(sorted(ports, key=lambda each: _order(each.name))),
        lags=tuple(sorted(lags, key=lambda each: _order(each.name))),
        vlans=tuple(sorted(_vlans(vlans), key=lambda each: each.vid)),
        addresses=_addresses(tables, bridges, kept),
        mlag=_mlag(tables.mlag, bridges),
        links=tuple(_links(tables, member)),
    )


def _on(row: Mapping[str, str]) -> bool:
    return row["disabled"] != "true" and row.get("dynamic") != "true"


def _carried(
    tables: Tables, vlans: _Table, bridges: Iterable[str]
) -> dict[str, tuple[int | None, tuple[int, ...]]]:
    """Interface to its untagged and tagged VLANs, of bridges that filter them."""
    tagged: dict[str, set[int]] = {}
    for row in vlans:
        for each in _list(row["tagged"]):
            tagged.setdefault(each, set()).update(_vids(row))
    found: dict[str, tuple[int | None, tuple[int, ...]]] = {}
    for port in tables.ports:
        if port["bridge"] in bridges and _on(port):
            frames, name = port["frame-types"], port["interface"]
            untagged = int(port["pvid"] or 1) if frames != _TAGGED else None
            others = tagged.get(name, set()) - {untagged} if frames != _UNTAGGED else set()
            found[name] = untagged, tuple(sorted(others))
    return found


def _port(
    row: Mapping[str, str], carried: Mapping[str, tuple[int | None, tuple[int, ...]]]
) -> dict[str, Any]:
    untagged, tagged = carried.get(row["name"], (None, ()))
    return {
        "name": row["name"],
        "enabled": row["disabled"] != "true",
        "mtu": int(row["mtu"]) if row["mtu"].isdecimal() else None,
        "description": one_line(row["comment"]),
        "mode": TAGGED if tagged else ACCESS if untagged else "",
        "untagged": untagged,
        "tagged": tagged,
    }


def _vlans(rows: _Table) -> list[VlanIntent]:
    return [VlanIntent(vid, one_line(row["comment"])) for row in rows for vid in _vids(row)]


def _addresses(
    tables: Tables, bridges: Iterable[str], kept: Iterable[str]
) -> tuple[AddressIntent, ...]:
    numbers = {
        each["name"]: int(each["vlan-id"])
        for each in tables.interfaces
        if each["interface"] in bridges and _on(each)
    }
    places = {each["name"] for each in (*tables.ethernet, *tables.lags)} | {*bridges, *numbers}
    places -= set(kept)
    found = [
        AddressIntent(row["interface"], row["address"], numbers.get(row["interface"]))
        for row in tables.addresses
        if _on(row)
        and not row["comment"].startswith(KEEP)
        and (row["comment"] == MARK or row["interface"] in places)
    ]
    return tuple(sorted(found, key=lambda each: (_order(each.interface), each.address)))


def _mlag(row: Mapping[str, str] | None, bridges: Iterable[str]) -> MlagIntent | None:
    if row is None or row["bridge"] not in bridges or row["peer-port"] in ("", "none"):
        return None
    return MlagIntent(row["peer-port"], 0)


def _links(tables: Tables, member: Mapping[str, str]) -> Iterable[Link]:
    for row in (*tables.ethernet, *tables.lags):
        name = row["name"]
        agreed = tables.agreed.get(name) if name in member else None
        yield Link(name, row["running"] == "true" if row["running"] else None, agreed)


def _kept_rows(tables: Tables) -> Rows:
    """What :meth:`Facts.kept` asks of the configuration."""
    vlans = [Row(VLAN, {"name": each["name"], "interface": each["interface"]})
             for each in tables.interfaces]  # fmt: skip
    lags = [
        Row(BONDING, {"name": each["name"], "slaves": ",".join(_list(each["slaves"]))})
        for each in tables.lags
    ]
    return Rows([*vlans, *lags])


def _list(text: str) -> list[str]:
    """The members of a list, as a script sees it: separated by semicolons."""
    return [each for each in re.split("[;,]", text) if each]


def _vids(row: Mapping[str, str]) -> tuple[int, ...]:
    return vids(row["vlan-ids"].replace(";", ","))


def _order(name: str) -> tuple[object, str]:
    return natural(name), name
