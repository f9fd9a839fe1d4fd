"""What devices shall be: how wishes change it, and how far it is so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from osism.domain.errors import TakenOver
from osism.domain.jobs import ConnectDevices, encode
from osism.domain.ports import Row
from osism.domain.specs import (
    COMPLETE,
    FAILED,
    LATELY,
    PENDING,
    Propagation,
    Spec,
    Wish,
    begun,
    in_state,
    job_for,
    last_results,
    needs_job,
    propagation,
    wanted,
)
from osism.domain.transitions import standing
from tests.fakes.jobs import Known

NOON = datetime(2025, 3, 30, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
SPEC = Spec("node-1", "b", 4, 17, "job-1", "dragon", NOON, NOON, {"rack": "1"})
WISH = Wish("node-1", "b", "job-1", "dragon")
ROW = Row("t-1", "job-1", "node-1", "a", "b", "running", "dragon", NOON, phase=3)


# --- changing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "changed"),
    [
        (WISH, {}),
        (replace(WISH, by="knight", labels={"rack": "1"}), {}),
        (
            replace(WISH, state="c", job="job-2", by="knight"),
            {"state": "c", "job": "job-2", "asked_by": "knight", "generation": 5},
        ),
        (replace(WISH, job="job-2", by="knight"), {"job": "job-2", "asked_by": "knight"}),
        (replace(WISH, by="knight", labels={}), {"labels": {}}),
    ],
)
def test_a_wish_changes_what_is_new_in_it(wish: Wish, changed: dict[str, Any]) -> None:
    expected = replace(SPEC, version=18, modified=LATER, **changed) if changed else SPEC
    assert wanted(SPEC, wish, LATER) == expected


@pytest.mark.parametrize("generation", [0, 4, 5, -1])
def test_what_begins_is_wanted_from_then_on(generation: int) -> None:
    row = replace(ROW, generation=generation)
    assert begun(SPEC, row, LATER) == replace(SPEC, version=18)
    assert begun(SPEC, replace(row, target="0", job="x"), LATER).generation == 5
    assert begun(None, row, LATER).generation == 1


def test_what_was_superseded_does_not_begin() -> None:
    with pytest.raises(TakenOver, match=r"superseded by generation 4 \(state b\)"):
        begun(SPEC, replace(ROW, generation=3), LATER)


@pytest.mark.parametrize(
    ("known", "state", "status", "needed"),
    [
        (None, "b", None, True),
        (SPEC, "b", PENDING, False),
        (SPEC, "b", COMPLETE, False),
        (SPEC, "b", FAILED, True),
        (SPEC, "c", PENDING, True),
        (SPEC, "c", COMPLETE, True),
    ],
)
def test_which_wish_needs_a_job(
    known: Spec | None, state: str, status: str | None, needed: bool
) -> None:
    progress = Propagation(4, status, "Some", "", NOON) if status else None
    assert needs_job(known, state, progress) is needed


# --- what switches said ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ([("generated", ""), ("staged", ""), ("committed", "")], ("committed", "")),
        ([("committed", ""), ("validated", ""), ("confirmed", "")], ("confirmed", "")),
        ([("skipped", "disabled in NetBox")], ("skipped", "disabled in NetBox")),
        ([("committed", ""), ("failed", "no answer")], ("failed", "no answer")),
        ([("committed", ""), ("failed", "lost"), ("reverted", "")], ("reverted", "lost")),
        ([("failed", "lost"), ("revert failed", "too")], ("revert failed", "too")),
        ([("committed", ""), ("reverted", "")], ("reverted", "")),
        ([("failed", "lost"), ("generated", ""), ("reverted", "")], ("reverted", "")),
    ],
)
def test_the_last_word_of_a_switch(said: list[tuple[str, str]], last: tuple[str, str]) -> None:
    details = [{"switch": "leaf-1", "result": result, "reason": why} for result, why in said]
    assert last_results(details) == {"leaf-1": last}


def test_a_switch_that_drifted_says_in_what() -> None:
    drifted = {"switch": "leaf-1", "result": "drifted", "differences": ["mtu", "vlan"]}
    reverted = {"switch": "leaf-1", "result": "reverted"}
    assert last_results([drifted, reverted]) == {"leaf-1": ("reverted", "mtu; vlan")}
    assert last_results([{}]) == {"": ("", "")}


# --- how far it is --------------------------------------------------------------------------------

SWITCHES = ("leaf-1", "leaf-2", "leaf-3")


def of_row(status: str, results: dict[str, str], **values: Any) -> Propagation:
    row = replace(ROW, status=status, switches=SWITCHES, **values)
    said = {name: (word, "why" if word == "failed" else "") for name, word in results.items()}
    return propagation(SPEC, row, said, None, LATER)


@pytest.mark.parametrize(
    ("status", "results", "expected"),
    [
        ("running", {}, (PENDING, 0, SWITCHES, ())),
        ("running", {"leaf-1": "unchanged", "leaf-2": "committed"}, (PENDING, 1, SWITCHES[1:], ())),
        ("running", {"leaf-1": "confirmed", "leaf-2": "validated"}, (PENDING, 2, ("leaf-3",), ())),
        ("running", {"leaf-1": "skipped"}, (PENDING, 0, SWITCHES[1:], ())),
        ("running", {"leaf-1": "failed"}, (PENDING, 0, SWITCHES[1:], ("leaf-1",))),
        ("succeeded", {}, (COMPLETE, 3, (), ())),
        ("succeeded", {"leaf-1": "skipped", "leaf-2": "confirmed"}, (COMPLETE, 2, (), ())),
        ("failed", {}, (FAILED, 0, (), ())),
        ("failed", {"leaf-1": "failed", "leaf-2": "staged"}, (FAILED, 0, (), ("leaf-1",))),
        ("rolled-back", {"leaf-1": "drifted", "leaf-2": "reverted"}, (FAILED, 0, (), ("leaf-1",))),
        ("aborted", {"leaf-1": "reverted"}, (FAILED, 0, (), ())),
    ],
)
def test_how_far_a_transition_has_come(
    status: str, results: dict[str, str], expected: tuple[Any, ...]
) -> None:
    found = of_row(status, results)
    assert (found.status, found.updated, found.pending, found.failed) == expected
    assert found.generation == 4


@pytest.mark.parametrize(
    ("row", "reason", "message"),
    [
        ({"phase": 0}, "Beginning", "under way from a to b"),
        ({"phase": 1}, "Recording", "phase 1: record the new state"),
        ({"phase": 2}, "Generating", "phase 2"),
        ({"phase": 3}, "Deploying", "phase 3"),
        ({"phase": 4}, "Validating", "phase 4"),
        ({"status": "succeeded"}, "AtRest", "in state b"),
        ({"status": "failed", "error": "leaf-1: no answer"}, "Failed", "leaf-1: no answer"),
        ({"status": "rolled-back", "error": "drifted"}, "Failed", "drifted"),
        ({"status": "failed"}, "Failed", "the transition was failed"),
        ({"status": "failed", "error": "taken up by job 2"}, "Failed", "taken up by job 2"),
        ({"status": "aborted", "error": "taken up by job 2"}, "Superseded", "taken up by job 2"),
        ({"status": "aborted", "error": "revoked by knight"}, "Revoked", "revoked by knight"),
    ],
)
def test_why_a_transition_is_so(row: dict[str, Any], reason: str, message: str) -> None:
    found = propagation(SPEC, replace(ROW, **row), {}, None, LATER)
    assert found.reason == reason
    assert message in found.message


def test_a_switch_that_is_not_deployed_to_is_told() -> None:
    found = of_row("succeeded", {"leaf-2": "skipped"}, ended=LATER)
    assert found.message == "in state b; deployment is disabled on leaf-2"
    assert found.since == LATER


ASKED = encode(job_for(SPEC))


@pytest.mark.parametrize(
    ("job", "status", "reason", "message"),
    [
        (Known("job-1", "queued"), PENDING, "Queued", "job job-1 is queued"),
        (Known("job-1", "started"), PENDING, "Queued", "job job-1 is started"),
        (
            Known("job-1", "retrying", "the site is locked by knight"),
            PENDING, "Queued", "job job-1 is retrying: the site is locked by knight",
        ),
        (Known("job-1", "failed", "no definition"), FAILED, "Failed", "no definition"),
        (Known("job-1", "failed"), FAILED, "Failed", "job job-1 failed"),
        (Known("job-1", "revoked", "revoked by x"), FAILED, "Revoked", "revoked by x"),
        (
            Known("job-1", "revoked", "superseded by generation 5 (state c)"),
            FAILED, "Superseded", "superseded by generation 5 (state c)",
        ),
        (Known("job-1", "succeeded", request=ASKED), COMPLETE, "AtRest", "in state b already"),
        (
            Known("job-1", "succeeded", request=ASKED | {"dry_run": True}),
            FAILED, "Failed", "job job-1 ended without a transition; want it again",
        ),
        (
            Known("job-1", "succeeded", request=ASKED | {"state": "c"}),
            FAILED, "Failed", "job job-1 ended without a transition; want it again",
        ),
        (Known("job-1", "succeeded", request={"job": "DisablePorts"}), FAILED, "Failed", ""),
    ],
)  # fmt: skip
def test_before_there_is_a_transition_its_job_says_it(
    job: Known, status: str, reason: str, message: str
) -> None:
    found = propagation(SPEC, None, {}, job, NOON + 2 * LATELY)
    assert (found.status, found.reason, found.since) == (status, reason, NOON)
    assert found.message == message or not message


def test_a_job_that_nobody_knows() -> None:
    assert propagation(SPEC, None, {}, None, NOON + LATELY / 2).status == PENDING
    found = propagation(SPEC, None, {}, None, NOON + LATELY)
    assert found.status == FAILED
    assert found.message == "nobody knows job job-1 any more; want it again"


def test_the_job_of_a_spec() -> None:
    assert job_for(SPEC) == ConnectDevices(
        ("node-1",), kind="device", state="b", enforce=True, generation=4
    )


# --- whether a device is where it shall be --------------------------------------------------------

DONE = Propagation(4, COMPLETE, "AtRest", "in state b", LATER)
BROKEN = Propagation(4, FAILED, "Failed", "leaf-1: no answer", LATER)


def under_way(phase: int, reason: str) -> Propagation:
    return Propagation(4, PENDING, reason, f"phase {phase}", LATER)


@pytest.mark.parametrize(
    ("fields", "spec", "progress", "status", "reason", "message"),
    [
        (("b", ""), SPEC, DONE, "True", "AtRest", "in state b"),
        (("a", ""), SPEC, DONE, "False", "AtRest", "in state a; state b is wanted"),
        (("b-phase_1", "from_b-to_c-phase_2"), SPEC, DONE, "False", "Generating", "state b is"),
        (("a", ""), SPEC, under_way(0, "Queued"), "False", "Queued", "in state a; phase 0"),
        (("b", ""), SPEC, under_way(0, "Queued"), "False", "Queued", "in state b; phase 0"),
        (("a", "from_a-to_b-phase_1"), SPEC, under_way(1, "Recording"), "False", "Recording", ""),
        (("b-phase_2", "from_a-to_b-phase_3"), SPEC, under_way(3, "Deploying"), "False",
         "Deploying", "under way from a to b, phase 3"),
        (("b-phase_3", "from_a-to_b-phase_4"), SPEC, under_way(4, "Validating"), "False",
         "Validating", ""),
        (("b-phase_4", "from_a-to_b"), SPEC, under_way(4, "Validating"), "False",
         "Confirming", "confirming"),
        (("b-phase_2", "from_a-to_b-phase_3"), SPEC, BROKEN, "False", "Failed", "leaf-1: no"),
        (("a", ""), None, None, "True", "AtRest", "in state a"),
        (("", ""), None, None, "True", "AtRest", "in state 0"),
        (("a", "from_a-to_b-phase_1"), None, None, "False", "Recording", "under way"),
        (("b-phase_4", "from_a-to_b"), None, None, "False", "Confirming", "confirming"),
    ],
)  # fmt: skip
def test_whether_a_device_is_where_it_shall_be(
    fields: tuple[str, str],
    spec: Spec | None,
    progress: Propagation | None,
    status: str,
    reason: str,
    message: str,
) -> None:
    found = in_state(standing(*fields), spec, progress)
    assert (found.type, found.status, found.reason) == ("InState", status, reason)
    assert message in found.message
    assert found.last_transition_time == (LATER if progress else None)


def test_without_netbox_nobody_knows() -> None:
    assert in_state(None, SPEC, DONE).status == "Unknown"
