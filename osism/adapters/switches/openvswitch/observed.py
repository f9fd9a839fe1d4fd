"""What runs on a switch in the intent's terms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from osism.adapters.switches.openvswitch.document import (
    ACCESS,
    NATIVE,
    TRUNK,
    Bond,
    Port,
    Vlans,
    by_name,
)
from osism.adapters.switches.openvswitch.running import Running
from osism.adapters.switches.openvswitch.values import Row, one
from osism.domain.intents import ACCESS as UNTAGGED
from osism.domain.intents import TAGGED, LagIntent, Link, PortIntent, SwitchIntent

#: The fields that are read. Open vSwitch has no names for VLANs; addresses and MLAG are no part
#: of its database.
OBSERVES = frozenset(
    {
        "port.enabled", "port.mtu", "port.description", "port.mode", "port.untagged",
        "port.tagged", "port.lag",
        "lag.enabled", "lag.mtu", "lag.description", "lag.mode", "lag.untagged", "lag.tagged",
        "lag.members",
    }
)  # fmt: skip
_ALL = tuple(range(1, 4095))


def observed(switch: str, found: Running) -> SwitchIntent:
    """The switch called *switch*, as *found*."""
    rows = {name: row for name, (_, row) in found.interfaces().items()}
    document = found.document
    members = [each.name for bond in document.bonds.values() for each in bond.members]
    ports = [_port(each, rows) for each in document.ports.values()]
    for bond in document.bonds.values():
        ports += [_port(each, rows, bond.name) for each in bond.members]
    lags = [_lag(each, rows) for each in document.bonds.values()]
    names = [*document.ports, *members]  # without those that stand in for members
    links = [_link(name, rows[name], name in members) for name in names]
    links += [_together(bond, rows) for bond in document.bonds.values()]
    return SwitchIntent(
        switch,
        tuple(sorted(ports, key=lambda each: by_name(each.name))),
        tuple(sorted(lags, key=lambda each: by_name(each.name))),
        links=tuple(sorted(links, key=lambda each: by_name(each.name))),
    )


def _port(port: Port, rows: dict[str, Row], lag: str = "") -> PortIntent:
    mode, untagged, tagged = _vlans(port.vlans)
    row = rows[port.name]
    enabled = port.enabled and (_works(row) or not (mode or lag))
    return PortIntent(
        port.name, enabled, one(row["mtu"]), port.description, mode, untagged, tagged, lag
    )  # fmt: skip


def _works(interface: Row) -> bool:
    """Whether it is attached and up: ``ip link set … down`` on the switch is seen here."""
    attached = (one(interface["ofport"]) or -1) > 0 and not one(interface["error"])
    return attached and one(interface["admin_state"]) != "down"


def _lag(bond: Bond, rows: dict[str, Row]) -> LagIntent:
    """The MTU of a bond is that of its members; the smallest one when they differ. Those that are
    not enabled count when there are no others."""
    mode, untagged, tagged = _vlans(bond.vlans)
    active = [each for each in bond.members if each.enabled] or bond.members
    mtus = [one(rows[each.name]["mtu"]) for each in active]
    number = re.search(r"(\d+)$", bond.name)
    return LagIntent(
        bond.name,
        bond.enabled,
        min((each for each in mtus if each is not None), default=None),
        bond.description,
        mode,
        untagged,
        tagged,
        number=int(number[1]) if number else 0,
        members=tuple(each.name for each in bond.members),
    )


def _vlans(vlans: Vlans) -> tuple[str, int | None, tuple[int, ...]]:
    """(mode, untagged, tagged); a mode that the intent does not know stays what it is."""
    if vlans.mode == ACCESS:
        return UNTAGGED, vlans.tag, ()
    if vlans.mode in (TRUNK, NATIVE):
        tagged = vlans.trunks or tuple(each for each in _ALL if each != vlans.tag)
        return TAGGED, vlans.tag, tagged
    return vlans.mode, vlans.tag, vlans.trunks


def _link(name: str, row: Row, member: bool) -> Link:
    state = one(row["link_state"])
    agreed = one(row["lacp_current"]) if member else None
    return Link(name, None if state is None else state == "up", agreed, one(row["error"]) or "")


def _together(bond: Bond, rows: dict[str, Row]) -> Link:
    """A bond has a link when one of its members has."""
    return Link(bond.name, any(_up(rows[each.name]) for each in bond.members if each.enabled))


def _up(row: Row) -> bool:
    return bool(one(row["link_state"]) == "up")


def failures(found: Running) -> Iterator[str]:
    """What Open vSwitch says is wrong with an interface: an accepted write is no applied one."""
    for name, (_, row) in sorted(found.interfaces().items(), key=lambda each: by_name(each[0])):
        error, number = one(row["error"]), one(row["ofport"])
        if error:
            yield f"port {name}: {error}"
        elif number is None or number < 0:
            yield f"port {name}: it could not be attached"


def unsettled(found: Running) -> Iterator[str]:
    """The interfaces that do not have the MTU which they are to have."""
    for name, (_, row) in found.interfaces().items():
        asked = one(row["mtu_request"])
        if asked not in (None, one(row["mtu"])) and not one(row["error"]):
            yield name
