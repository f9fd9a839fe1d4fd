"""A document as rows of the database, as far as they are the driver's to write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from osism.adapters.switches.openvswitch import marks
from osism.adapters.switches.openvswitch.document import Bond, Document, Port, Vlans
from osism.adapters.switches.openvswitch.running import stand_in
from osism.adapters.switches.openvswitch.values import Row, a_set, optional


@dataclass(frozen=True)
class WantedInterface:
    """``mtu`` None: whatever it has."""

    name: str
    description: str = ""
    mtu: int | None = None
    kind: str = ""


@dataclass(frozen=True)
class WantedPort:
    """``parked``: on the bridge that forwards nothing. ``external_ids`` and ``other_config``: the
    keys that are ours."""

    name: str
    parked: bool
    columns: Row
    interfaces: tuple[WantedInterface, ...]
    external_ids: dict[str, str] = field(default_factory=dict)
    other_config: dict[str, str] = field(default_factory=dict)


def layout(part: Port | Bond) -> Iterator[WantedPort]:
    """The rows of a port or a bond: a disabled member of a bond is a parked port of its own."""
    if isinstance(part, Port):
        yield _wanted(part, (_interface(part),))
        return
    active = [_interface(each) for each in part.members if each.enabled]
    bond = _wanted(part, tuple(active) or (WantedInterface(stand_in(part.name), kind="internal"),))
    bonding = part.bonding
    columns = {**bond.columns, "lacp": bonding.lacp, "bond_mode": bonding.bond_mode}
    described = {marks.DESCRIPTION: part.description} if part.description else {}
    other = {"lacp-time": bonding.lacp_time}
    if bonding.lacp_fallback:
        other["lacp-fallback-ab"] = "true"
    marked = bond.external_ids | described
    yield WantedPort(part.name, bond.parked, columns, bond.interfaces, marked, other)
    for each in part.members:
        if not each.enabled:
            member = _wanted(each, (_interface(each),))
            marked = {marks.LAG: part.name}
            yield WantedPort(each.name, True, member.columns, member.interfaces, marked)


def names(document: Document) -> dict[str, str]:
    """Every name that *document* takes, and whose it is."""
    taken = {}
    for name, part in document.parts().items():
        taken[name] = "bond" if isinstance(part, Bond) else "port"
        if isinstance(part, Bond):
            taken |= {each.name: f"bond {name!r}: member" for each in part.members}
    return taken


def _wanted(part: Port | Bond, interfaces: tuple[WantedInterface, ...]) -> WantedPort:
    parked = not (part.enabled and part.vlans.mode)
    marked = {marks.ENABLED: "true"} if parked and part.enabled else {}
    return WantedPort(part.name, parked, _columns(part.vlans), interfaces, marked)


def _columns(vlans: Vlans) -> Row:
    return {
        "vlan_mode": optional(vlans.mode or None),
        "tag": optional(vlans.tag),
        "trunks": a_set(vlans.trunks),
        "lacp": optional(None),
        "bond_mode": optional(None),
    }


def _interface(port: Port) -> WantedInterface:
    return WantedInterface(port.name, port.description, port.mtu)
