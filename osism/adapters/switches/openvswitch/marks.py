"""What the driver notes in the switch's database, at the root and at ports.

A commit is noted in ``external_ids`` of the table Open_vSwitch, in the same transaction:

``osism-commit``     its identity
``osism-state``      staged, arming, armed, pending, reverting, confirmed or reverted
``osism-revert-in``  seconds that the switch waits
``osism-undo-<n>``   transactions that take it back, in their order
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osism.adapters.switches.openvswitch.values import Operation, a_map, a_set, exists

COMMIT, STATE, REVERT_IN, UNDO = "osism-commit", "osism-state", "osism-revert-in", "osism-undo-"
STAGED, ARMING, ARMED, PENDING = "staged", "arming", "armed", "pending"
REVERTING, CONFIRMED, REVERTED = "reverting", "confirmed", "reverted"

# at a port or an interface
DESCRIPTION, ENABLED, LAG, KEEP = "osism-description", "osism-enabled", "osism-lag", "osism-keep"

ROOT = "Open_vSwitch"
#: Ask Open vSwitch to say when it has done what is written: it sets cur_cfg to this next_cfg.
NEXT = ["next_cfg", "+=", 1]


def where(commit: str = "", state: str = "", never: tuple[str, ...] = ()) -> list[Any]:
    """The condition: the root has this commit in this state, and none of the states *never*."""
    wanted = {COMMIT: commit, STATE: state}
    given = a_map({key: value for key, value in wanted.items() if value})
    unlike = [["external_ids", "excludes", a_map({STATE: each})] for each in never]
    return [["external_ids", "includes", given], *unlike]


def only_if(commit: str = "", state: str = "", never: tuple[str, ...] = ()) -> Operation:
    """A guard: the transaction goes on only where :func:`where` holds."""
    return exists(ROOT, where(commit, state, never))


def note(marks: Mapping[str, str], drop: Mapping[str, str] | None = None) -> Operation:
    """Note *marks*; *drop*: those there are, of which undoing and waiting is forgotten."""
    gone = {each for each in drop or () if each == REVERT_IN or each.startswith(UNDO)}
    return {
        "op": "mutate", "table": ROOT, "where": [],
        "mutations": [
            ["external_ids", "delete", a_set(sorted(gone | set(marks)))],
            ["external_ids", "insert", a_map(marks)],
        ],
    }  # fmt: skip


def count() -> Operation:
    """Have Open vSwitch say when it is done."""
    return {"op": "mutate", "table": ROOT, "where": [], "mutations": [NEXT]}
