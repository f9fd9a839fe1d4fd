"""What a switch has beside its configuration, and which of its interfaces we keep away from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface

from osism.adapters.switches.routeros.rows import Rows
from osism.adapters.switches.routeros.sections import (
    ADDRESS,
    ADDRESS6,
    BONDING,
    KEEP,
    MARK,
    VLAN,
)


@dataclass(frozen=True)
class Held:
    """An address on the switch, whoever gave it (DHCP too)."""

    interface: str
    address: str
    comment: str = ""


@dataclass(frozen=True)
class Facts:
    """``interfaces``: name to type (``ether``, ``bond``, ``bridge``, ``vlan``, ...). ``comments``:
    those of the interfaces. ``ports``: default name to name. ``peer``: the address at which the
    switch is reached. ``management``: interfaces that the entry of the switch names."""

    interfaces: Mapping[str, str]
    comments: Mapping[str, str]
    ports: Mapping[str, str]
    addresses: tuple[Held, ...]
    peer: str
    management: frozenset[str] = frozenset()

    def reached(self) -> Held | None:
        """The address of the switch at which this session reaches it; None behind a NAT."""
        for each in self.addresses:
            if host(each.address) == host(self.peer):
                return each
        return None

    def kept(self, want: Rows | None, have: Rows) -> frozenset[str]:
        """The interfaces that are not ours: they are neither changed nor do they lose anything.

        They are those that the entry names, those whose comment begins with ``osism:keep``, and
        the one through which the switch is reached, unless its address is ours (it has our mark,
        or *want* has it); and what these stand on: the parent of a VLAN, the members of a LAG.
        """
        kept = set(self.management)
        kept |= {name for name, each in self.comments.items() if each.startswith(KEEP)}
        reached = self.reached()
        if reached and reached.comment != MARK and not (want and asked(want, reached)):
            kept.add(reached.interface)
        bridges = {name for name, kind in self.interfaces.items() if kind == "bridge"}
        for vlan in have.of(VLAN).values():
            if vlan.value("name") in kept and vlan.value("interface") not in bridges:
                kept.add(vlan.value("interface"))
        for lag in have.of(BONDING).values():
            if lag.value("name") in kept:
                kept.update(lag.items("slaves"))
        return frozenset(kept)


def asked(want: Rows, held: Held) -> bool:
    """Whether a configuration has this address on this interface."""
    return any((held.address, held.interface) in want.of(each) for each in (ADDRESS, ADDRESS6))


def host(address: str) -> object:
    try:
        return ip_interface(address).ip
    except ValueError:
        pass
    try:
        return ip_address(address.partition("%")[0])
    except ValueError:
        return address
