"""The configuration of a switch as a document: ports and bonds in the words of Open vSwitch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from osism.domain.intents import natural

ACCESS, TRUNK, NATIVE = "access", "trunk", "native-untagged"
LACP = ("active", "passive", "off")
LACP_TIME = ("fast", "slow")
BOND_MODES = ("balance-tcp", "balance-slb", "active-backup")


@dataclass(frozen=True)
class Vlans:
    """What a port carries. ``mode`` is ``''`` (nothing), or Open vSwitch's ``vlan_mode``.

    A trunk without ``trunks`` carries all VLANs: that can be found on a switch, and is never
    deployed. ``trunks`` is sorted.
    """

    mode: str = ""
    tag: int | None = None
    trunks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Port:
    """A port, or a member of a bond, which carries nothing of its own.

    ``mtu`` None: whatever the switch has.
    """

    name: str
    enabled: bool = True
    description: str = ""
    mtu: int | None = None
    vlans: Vlans = Vlans()


@dataclass(frozen=True)
class Bonding:
    """How the members of a bond work together."""

    bond_mode: str = "balance-tcp"
    lacp: str = "active"
    lacp_time: str = "fast"
    lacp_fallback: bool = False


@dataclass(frozen=True)
class Bond:
    name: str
    enabled: bool = True
    description: str = ""
    vlans: Vlans = Vlans()
    bonding: Bonding = Bonding()
    members: tuple[Port, ...] = ()

    def normal(self) -> Bond:
        """Without LACP if it is disabled: a partner that agrees to it would send."""
        if self.enabled:
            return self
        return replace(self, bonding=replace(self.bonding, lacp="off"))


@dataclass(frozen=True)
class Document:
    """A switch, whole."""

    ports: Mapping[str, Port] = field(default_factory=dict)
    bonds: Mapping[str, Bond] = field(default_factory=dict)

    def parts(self) -> dict[str, Port | Bond]:
        """Everything that is a port to Open vSwitch, by name."""
        return {**self.ports, **self.bonds}


def by_name(name: str) -> tuple[object, str]:
    """The order in which people count ports."""
    return natural(name), name
