"""What Ironic can be asked to do with a node: from which states, on which way, to which end.

States and verbs are Ironic's: https://docs.openstack.org/ironic/latest/user/states.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ENROLL, VERIFYING, MANAGEABLE, AVAILABLE = "enroll", "verifying", "manageable", "available"
INSPECTING, INSPECT_WAIT, INSPECT_FAILED = "inspecting", "inspect wait", "inspect failed"
CLEANING, CLEAN_WAIT, CLEAN_HOLD = "cleaning", "clean wait", "clean hold"
CLEAN_FAILED = "clean failed"
DEPLOYING, DEPLOY_WAIT, DEPLOY_HOLD = "deploying", "wait call-back", "deploy hold"
DEPLOY_FAILED, ACTIVE, ERROR = "deploy failed", "active", "error"
DELETING, ADOPT_FAILED = "deleting", "adopt failed"
RESCUE, RESCUE_WAIT, RESCUE_FAILED = "rescue", "rescue wait", "rescue failed"
UNRESCUE_FAILED, SERVICE_WAIT, SERVICE_HOLD = "unrescue failed", "service wait", "service hold"
SERVICE_FAILED = "service failed"
ON, OFF = "power on", "power off"

PROVISION, POWER, MAINTENANCE, DELETION = "provision", "power", "maintenance", "deletion"

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Operation:
    """One thing that a node can be asked for.

    ``possible``: provision states from which Ironic takes the ``verb``; ``first``: states from
    which another verb leads into these. ``busy`` are the states on the way to ``end``, which is
    Ironic's ``target_provision_state`` meanwhile (its ``target_power_state`` for power; empty:
    whatever it was before); ``done`` and ``failed`` those at its end, ``beyond`` those that only
    a node comes to for which it was done: somebody can be quick. ``again``: asked for also
    where the node is there already. ``destroys``: what is lost, in words. ``patience``: seconds
    that it may take.
    """

    kind: str
    verb: str
    does: str  # "is being deployed"
    did: str  # "deployed"
    patience: float
    end: str = ""
    possible: frozenset[str] = _NONE
    first: Mapping[str, str] = field(default_factory=dict)
    busy: frozenset[str] = _NONE
    done: frozenset[str] = _NONE
    failed: frozenset[str] = _NONE
    beyond: frozenset[str] = _NONE
    again: bool = False
    destroys: str = ""


def _provision(verb: str, does: str, did: str, patience: float, **more: object) -> Operation:
    states = {
        name: frozenset(value) if isinstance(value, set) else value for name, value in more.items()
    }
    return Operation(PROVISION, verb, does, did, patience, **states)  # type: ignore[arg-type]


def _power(verb: str, end: str, does: str, did: str, patience: float, again: bool) -> Operation:
    return Operation(POWER, verb, does, did, patience, end, again=again)


_CLEANING = {CLEANING, CLEAN_WAIT, CLEAN_HOLD}
_DEPLOYING = {DEPLOYING, DEPLOY_WAIT, DEPLOY_HOLD}
_DISKS = "what is on its disks"

#: Action -> what it is. Patience: disks are erased and images written within hours; a power change
#: is given up by Ironic itself after minutes (soft: 10 by default, then it fails).
OPERATIONS: Mapping[str, Operation] = {
    "manage": _provision(
        "manage", "is being verified", "manageable", 600,
        end=MANAGEABLE,
        possible={ENROLL, AVAILABLE, CLEAN_FAILED, INSPECT_FAILED, ADOPT_FAILED},
        busy={VERIFYING}, done={MANAGEABLE}, failed={ENROLL},
    ),
    "inspect": _provision(
        "inspect", "is being inspected", "inspected", 3600,
        end=MANAGEABLE, possible={MANAGEABLE, INSPECT_FAILED},
        first={ENROLL: "manage", AVAILABLE: "manage"},
        busy={INSPECTING, INSPECT_WAIT}, done={MANAGEABLE}, failed={INSPECT_FAILED}, again=True,
        # Events provide a node as soon as it is inspected.
        beyond={*_CLEANING, AVAILABLE, CLEAN_FAILED},
    ),
    "provide": _provision(
        "provide", "is being made available", "available", 14400,
        end=AVAILABLE, possible={MANAGEABLE},
        first={ENROLL: "manage", CLEAN_FAILED: "manage", INSPECT_FAILED: "manage"},
        busy=_CLEANING, done={AVAILABLE}, failed={CLEAN_FAILED},
    ),
    "clean": _provision(
        "clean", "is being cleaned", "cleaned", 14400,
        end=MANAGEABLE, possible={MANAGEABLE},
        first={AVAILABLE: "manage", CLEAN_FAILED: "manage"},
        busy=_CLEANING, done={MANAGEABLE}, failed={CLEAN_FAILED}, again=True, destroys=_DISKS,
    ),
    "deploy": _provision(
        "active", "is being deployed", "deployed", 7200,
        end=ACTIVE, possible={AVAILABLE, DEPLOY_FAILED},
        busy=_DEPLOYING, done={ACTIVE}, failed={DEPLOY_FAILED, ERROR},
    ),
    "rebuild": _provision(
        "rebuild", "is being deployed again", "deployed again", 7200,
        end=ACTIVE, possible={ACTIVE, ERROR, DEPLOY_FAILED},
        busy=_DEPLOYING, done={ACTIVE}, failed={DEPLOY_FAILED}, again=True, destroys=_DISKS,
    ),
    "undeploy": _provision(
        "deleted", "is being undeployed", "undeployed", 14400,
        end=AVAILABLE,
        possible={ACTIVE, DEPLOY_WAIT, DEPLOY_FAILED, ERROR, RESCUE, RESCUE_WAIT, RESCUE_FAILED,
                  UNRESCUE_FAILED, SERVICE_FAILED},
        busy={DELETING, *_CLEANING}, done={AVAILABLE}, failed={ERROR, CLEAN_FAILED},
        destroys=_DISKS,
    ),
    "abort": _provision(
        "abort", "is being aborted", "aborted", 600,
        possible={CLEAN_WAIT, CLEAN_HOLD, INSPECT_WAIT, DEPLOY_WAIT, DEPLOY_HOLD, RESCUE_WAIT,
                  SERVICE_WAIT, SERVICE_HOLD},
        # A step that cannot be broken off is worked on to its end first.
        busy={*_CLEANING, INSPECT_WAIT, DEPLOY_WAIT, DEPLOY_HOLD, RESCUE_WAIT, SERVICE_WAIT,
              SERVICE_HOLD},
        done={CLEAN_FAILED, INSPECT_FAILED, DEPLOY_FAILED, RESCUE_FAILED, SERVICE_FAILED},
        again=True,
    ),
    "power_on": _power(ON, ON, "is being switched on", "on", 600, False),
    "power_off": _power(OFF, OFF, "is being switched off", "off", 600, False),
    "soft_power_off": _power("soft power off", OFF, "is shutting down", "off", 900, False),
    "reboot": _power("rebooting", ON, "is being restarted", "restarted", 600, True),
    "soft_reboot": _power("soft rebooting", ON, "is restarting", "restarted", 900, True),
    "maintenance_set": Operation(
        MAINTENANCE, "on", "is being put into maintenance", "in maintenance", 60
    ),
    "maintenance_unset": Operation(
        MAINTENANCE, "off", "is being taken out of maintenance", "not in maintenance", 60
    ),
    "delete": Operation(
        DELETION, "delete", "is being removed", "removed", 60,
        possible=frozenset({ENROLL, MANAGEABLE, AVAILABLE, ADOPT_FAILED}),
        destroys="its record in Ironic",
    ),
}  # fmt: skip

#: Every provision state that the table knows, and those in between.
STATES = frozenset(
    state
    for each in OPERATIONS.values()
    for state in (*each.possible, *each.first, *each.busy, *each.done, *each.failed)
)

#: In maintenance Ironic deletes whatever state a node is in, for those that are broken for good.
#: Not one that may be running something: that would go on, and nobody would know of it.
DELETED_IN_MAINTENANCE = frozenset(
    {CLEAN_FAILED, INSPECT_FAILED, DEPLOY_FAILED, ERROR, RESCUE_FAILED, UNRESCUE_FAILED}
)
