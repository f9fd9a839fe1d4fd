"""Where a node stands: every case of what an operation, a node's states and its past say."""

from __future__ import annotations

from typing import Any

import pytest

from osism.domain.nodes import Node
from osism.domain.operations import OPERATIONS, PROVISION
from osism.domain.verdicts import Asked, Verdict, gone, possible, state, verdict


def node(provision: str = "", target: str = "", **fields: Any) -> Node:
    known: dict[str, Any] = {"provision_state": provision, "target_provision_state": target}
    return Node("id", "node-1", **known | fields)


def asked(verb: str, before: str, taken: bool = True) -> Asked:
    return Asked(verb, before, taken)


BEFORE = [  # action, state, target -> step, verb
    ("manage", "enroll", "", "ask", "manage"),
    ("manage", "manageable", "", "unchanged", ""),
    ("manage", "available", "", "ask", "manage"),
    ("manage", "verifying", "manageable", "wait", "manage"),
    ("manage", "clean failed", "available", "ask", "manage"),
    ("manage", "cleaning", "manageable", "refused", ""),
    ("inspect", "manageable", "", "ask", "inspect"),
    ("inspect", "enroll", "", "ask", "manage"),
    ("inspect", "verifying", "manageable", "wait", ""),
    ("inspect", "inspecting", "manageable", "wait", "inspect"),
    ("inspect", "active", "", "refused", ""),
    ("provide", "manageable", "", "ask", "provide"),
    ("provide", "enroll", "", "ask", "manage"),
    ("provide", "cleaning", "available", "wait", "provide"),
    ("provide", "cleaning", "manageable", "refused", ""),
    ("provide", "available", "", "unchanged", ""),
    ("clean", "available", "", "ask", "manage"),
    ("clean", "manageable", "", "ask", "clean"),
    ("clean", "clean wait", "manageable", "wait", "clean"),
    ("clean", "active", "", "refused", ""),
    ("deploy", "available", "", "ask", "active"),
    ("deploy", "deploy failed", "active", "ask", "active"),
    ("deploy", "active", "", "unchanged", ""),
    ("deploy", "wait call-back", "active", "wait", "active"),
    ("deploy", "manageable", "", "refused", ""),
    ("rebuild", "active", "", "ask", "rebuild"),
    ("undeploy", "active", "", "ask", "deleted"),
    ("undeploy", "wait call-back", "active", "ask", "deleted"),
    ("undeploy", "deleting", "available", "wait", "deleted"),
    ("undeploy", "cleaning", "available", "wait", "deleted"),
    ("undeploy", "available", "", "unchanged", ""),
    ("undeploy", "manageable", "", "refused", ""),
    ("abort", "clean wait", "available", "ask", "abort"),
    ("abort", "active", "", "refused", ""),
    ("delete", "manageable", "", "ask", "delete"),
    ("delete", "active", "", "refused", ""),
    ("delete", "clean failed", "available", "refused", ""),
]


@pytest.mark.parametrize(("action", "now", "target", "step", "verb"), BEFORE)
def test_a_node_that_was_not_asked(
    action: str, now: str, target: str, step: str, verb: str
) -> None:
    found = verdict(OPERATIONS[action], node(now, target), None)
    assert (found.step, found.verb) == (step, verb)
    assert bool(found.reason) == (step == "refused")
    assert possible(OPERATIONS[action], node(now, target)) == (step == "ask")


AFTER = [  # action, verb, state before, state now, target -> step
    ("manage", "manage", "enroll", "verifying", "manageable", "wait"),
    ("manage", "manage", "enroll", "manageable", "", "done"),
    ("manage", "manage", "enroll", "enroll", "", "failed"),
    ("inspect", "inspect", "manageable", "manageable", "", "done"),
    ("inspect", "inspect", "manageable", "inspect failed", "manageable", "failed"),
    ("inspect", "inspect", "manageable", "cleaning", "available", "done"),  # events provide it
    ("inspect", "inspect", "manageable", "available", "", "done"),
    ("inspect", "inspect", "manageable", "clean failed", "available", "done"),
    ("inspect", "inspect", "manageable", "deploying", "active", "failed"),
    ("inspect", "manage", "enroll", "manageable", "", "ask"),
    ("inspect", "manage", "enroll", "enroll", "", "failed"),
    ("clean", "clean", "manageable", "cleaning", "manageable", "wait"),
    ("clean", "clean", "manageable", "manageable", "", "done"),
    ("clean", "clean", "manageable", "clean failed", "manageable", "failed"),
    ("deploy", "active", "available", "deploying", "active", "wait"),
    ("deploy", "active", "available", "active", "", "done"),
    ("deploy", "active", "available", "deploy failed", "active", "failed"),
    ("deploy", "active", "deploy failed", "deploy failed", "active", "failed"),
    ("deploy", "active", "available", "deleting", "available", "failed"),
    ("deploy", "active", "available", "available", "", "failed"),
    ("undeploy", "deleted", "active", "error", "available", "failed"),
    ("undeploy", "deleted", "active", "clean failed", "available", "failed"),
    ("undeploy", "deleted", "active", "available", "", "done"),
    ("abort", "abort", "clean wait", "cleaning", "available", "wait"),
    ("abort", "abort", "clean wait", "clean failed", "available", "done"),
    ("delete", "delete", "manageable", "enroll", "", "failed"),
]


@pytest.mark.parametrize(("action", "verb", "before", "now", "target", "step"), AFTER)
def test_a_node_that_was_asked(
    action: str, verb: str, before: str, now: str, target: str, step: str
) -> None:
    found = verdict(OPERATIONS[action], node(now, target), asked(verb, before))
    assert found.step == step
    assert bool(found.reason) == (step == "failed")


@pytest.mark.parametrize(
    ("action", "now", "step"),
    [
        ("deploy", "available", "ask"),
        ("deploy", "active", "done"),
        ("inspect", "manageable", "ask"),
    ],
)
def test_an_answer_that_was_lost_shows_in_the_state(action: str, now: str, step: str) -> None:
    before = {"deploy": "available", "inspect": "manageable"}[action]
    lost = Asked(OPERATIONS[action].verb, before)
    assert verdict(OPERATIONS[action], node(now), lost).step == step


POWER = [  # action, asked, power, target, locked, error -> step
    ("power_on", False, "power on", "", "", "", "unchanged"),
    ("power_on", False, "power off", "", "", "", "ask"),
    ("power_on", True, "power off", "power on", "c", "", "wait"),
    ("power_on", True, "power off", "", "c", "", "wait"),
    ("power_on", True, "power off", "", "", "no answer", "failed"),
    ("power_on", True, "power on", "", "", "", "done"),
    ("reboot", False, "power on", "", "", "", "ask"),
    ("reboot", True, "power on", "", "c", "", "wait"),
    ("reboot", True, "power on", "", "", "no answer", "failed"),
    ("reboot", True, "power on", "", "", "", "done"),
    ("soft_power_off", True, "power off", "", "", "", "done"),
]


@pytest.mark.parametrize(("action", "was", "power", "target", "locked", "error", "step"), POWER)
def test_power(
    action: str, was: bool, power: str, target: str, locked: str, error: str, step: str
) -> None:
    found = node(
        "active",
        power_state=power,
        target_power_state=target,
        reservation=locked,
        last_error=error,
    )
    before = asked(OPERATIONS[action].verb, "power off") if was else None
    assert verdict(OPERATIONS[action], found, before).step == step


def test_maintenance() -> None:
    on, off = OPERATIONS["maintenance_set"], OPERATIONS["maintenance_unset"]
    assert verdict(on, node(), None) == Verdict("ask", "on")
    assert verdict(on, node(maintenance=True), None).step == "unchanged"
    assert verdict(off, node(maintenance=True), asked("off", "in maintenance")).step == "failed"
    assert verdict(on, node(maintenance=True), asked("on", "not in maintenance")).step == "done"
    assert state(on, node(maintenance=True)) == "in maintenance"


def test_a_broken_node_can_be_deleted_in_maintenance_and_an_active_one_cannot() -> None:
    delete = OPERATIONS["delete"]
    assert verdict(delete, node("clean failed", maintenance=True), None).step == "ask"
    assert verdict(delete, node("active", maintenance=True), None).step == "refused"


def test_a_node_that_is_gone() -> None:
    assert gone(OPERATIONS["delete"]).step == "done"
    assert gone(OPERATIONS["deploy"]).step == "failed"


def test_reasons_say_what_ironic_said_and_what_to_do_first() -> None:
    broken = node("deploy failed", "active", last_error="the disk is on fire")
    said = verdict(OPERATIONS["deploy"], broken, asked("active", "available")).reason
    assert said == "is 'deploy failed': the disk is on fire"
    said = verdict(OPERATIONS["deploy"], node("manageable"), None).reason
    assert said == "is 'manageable'; possible from 'available', 'deploy failed': provide it first"
    said = verdict(OPERATIONS["deploy"], node("cleaning", "available"), None).reason
    assert said == "is 'cleaning' on its way to 'available'; it has to end first (or be aborted)"


@pytest.mark.parametrize("action", OPERATIONS)
def test_the_table_says_everything(action: str) -> None:
    operation = OPERATIONS[action]
    assert operation.does.startswith("is ")
    assert operation.patience > 0
    assert operation.kind != PROVISION or (operation.possible and operation.done)
    assert not operation.done & operation.failed
