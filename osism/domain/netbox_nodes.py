"""Devices of NetBox that are nodes of Ironic's, as far as Ironic is concerned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_interface
from typing import Any

from osism.domain.errors import Invalid


@dataclass(frozen=True)
class NetboxNode:
    """A device that is tagged as a node of Ironic's.

    ``enabled``: its custom field ``ironic_enabled``. ``boards``: addresses under which its
    management board (BMC) may be reached, without prefix length: the out-of-band address alone, or
    those of management interfaces. ``macs``: those of the interfaces that it can boot from, lower
    case. ``fields``: all custom fields that have a value.
    """

    id: int
    name: str
    status: str = "active"
    enabled: bool = False
    site: str = ""
    role: str = ""
    boards: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)


def board(node: NetboxNode) -> str:
    """The address of the management board; raises :class:`Invalid` for none, or several."""
    if not node.boards:
        raise Invalid("NetBox has no out-of-band address for it, nor one of a management interface")
    old = [each for each in node.boards if ":" not in each]
    choice = node.boards if len(node.boards) == 1 else old
    if len(choice) != 1:
        several = ", ".join(node.boards)
        raise Invalid(f"its management interfaces have several addresses ({several}); set oob_ip")
    return choice[0]


def without_length(address: str) -> str:
    """``10.0.0.5/24`` -> ``10.0.0.5``; raises ValueError for what is no address."""
    return str(ip_interface(address).ip)
