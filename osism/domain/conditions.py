"""Conditions: what is wrong with a device, from when on, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

#: What can be wrong: ``register``, a device that cannot become a node; what Ironic could not do
#: with the node; and ``transition``, what we could not do with the device.
KINDS = (
    "register", "verify", "inspect", "clean", "deploy", "undeploy", "rescue", "service", "power",
    "provision", "transition",
)  # fmt: skip

#: Provision state -> the condition it is. https://docs.openstack.org/ironic/latest/user/states.html
FAILED: Mapping[str, str] = {
    "inspect failed": "inspect",
    "clean failed": "clean",
    "deploy failed": "deploy",
    "error": "undeploy",
    "rescue failed": "rescue",
    "unrescue failed": "rescue",
    "service failed": "service",
    "adopt failed": "provision",
}
#: Fault that Ironic notes at a node -> the condition it is.
FAULTS: Mapping[str, str] = {
    "power failure": "power",
    "clean failure": "clean",
    "rescue abort failure": "rescue",
    "service failure": "service",
}
_LIFE = frozenset({"verify", "inspect", "clean", "undeploy", "provision"})
#: Provision state -> conditions that a node in it cannot have (any more). A node that is made
#: manageable after a failure keeps its condition: what failed was not done since.
ENDED: Mapping[str, frozenset[str]] = {
    "manageable": frozenset({"verify"}),
    "available": _LIFE | {"deploy", "rescue", "service"},
    "active": _LIFE | {"deploy", "rescue", "service"},
    "rescue": frozenset({"rescue"}),
}


@dataclass(frozen=True)
class Condition:
    """One thing that is wrong with a device; ``reason`` is one line without secrets."""

    device: str
    kind: str
    reason: str
    since: datetime


def described(found: Iterable[Condition], most: int = 0) -> str:
    """The conditions of a device as one line, of *most* characters unless that is 0."""
    told = (f"{each.kind}: {each.reason}" if each.reason else each.kind for each in found)
    line = "; ".join(told)
    return line if not most or len(line) <= most else f"{line[: most - 1]}…"
