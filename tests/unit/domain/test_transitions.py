"""Where a device is: two custom fields of NetBox, whose texts sites have dashboards on."""

from __future__ import annotations

import pytest

from osism.domain.errors import Invalid
from osism.domain.transitions import (
    DOES,
    RESUMES_AT,
    Phase,
    Standing,
    Transition,
    checked_state,
    remaining,
    standing,
)

RECORD, GENERATE, DEPLOY, VALIDATE = Phase

# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [None, "", "0", "None", " "])
@pytest.mark.parametrize("transition", [None, "", "None"])
def test_state_0(state: str | None, transition: str | None) -> None:
    assert standing(state, transition) == Standing("0")
    assert standing(state, transition).at_rest


@pytest.mark.parametrize("state", ["a", "b", "c", "provisioned2", "X" * 16])
def test_at_rest(state: str) -> None:
    assert standing(state, "") == Standing(state)


@pytest.mark.parametrize(
    ("state", "transition", "expected"),
    [
        ("", "from_0-to_a-phase_1", Standing("0", "a", RECORD)),
        ("a", "from_a-to_b-phase_1", Standing("a", "b", RECORD)),
        ("b-phase_1", "from_a-to_b-phase_2", Standing("a", "b", GENERATE)),
        ("b-phase_2", "from_a-to_b-phase_3", Standing("a", "b", DEPLOY)),
        ("b-phase_3", "from_a-to_b-phase_4", Standing("a", "b", VALIDATE)),
        ("b-phase_4", "from_a-to_b", Standing("a", "b", None)),
        ("b", "from_b-to_b-phase_1", Standing("b", "b", RECORD)),
        # the transition decides: it is written with the state, in one request
        ("nonsense!", "from_a-to_b-phase_2", Standing("a", "b", GENERATE)),
    ],
)
def test_under_way(state: str, transition: str, expected: Standing) -> None:
    assert standing(state, transition) == expected
    assert not standing(state, transition).at_rest


@pytest.mark.parametrize("phase", [1, 2, 3, 4])
def test_half_a_state_without_its_transition_begins_again(phase: int) -> None:
    assert standing(f"b-phase_{phase}", "") == Standing("0", "b", RECORD)


@pytest.mark.parametrize(
    ("state", "transition", "field"),
    [
        ("b-phase_5", "", "device_state"),
        ("b-phase_", "", "device_state"),
        ("a b", "", "device_state"),
        ("../x", "", "device_state"),
        ("ä", "", "device_state"),
        ("x" * 17, "", "device_state"),
        ("a", "from_a", "device_transition"),
        ("a", "from_a-to_b-phase_0", "device_transition"),
        ("a", "from_a-to_b-phase_5", "device_transition"),
        ("a", "from_-to_b-phase_1", "device_transition"),
        ("a", "from_a-to_b-phase_1 ?", "device_transition"),
        ("a", "from_%(source)s-to_%(target)s", "device_transition"),
    ],
)
def test_a_text_that_says_nothing_names_the_field_and_how_to_go_on(
    state: str, transition: str, field: str
) -> None:
    with pytest.raises(Invalid, match=f"custom field {field}: .* set it right"):
        standing(state, transition)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (Standing("a"), "in state a"),
        (Standing("a", "b", GENERATE), "under way from a to b, phase 2"),
        (Standing("a", "b"), "under way from a to b, confirming"),
    ],
)
def test_in_words(where: Standing, text: str) -> None:
    assert str(where) == text


# --- writing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transition", "phase", "state", "text"),
    [
        (Transition("a", "b"), RECORD, "a", "from_a-to_b-phase_1"),
        (Transition("a", "b"), GENERATE, "b-phase_1", "from_a-to_b-phase_2"),
        (Transition("a", "b"), DEPLOY, "b-phase_2", "from_a-to_b-phase_3"),
        (Transition("a", "b"), VALIDATE, "b-phase_3", "from_a-to_b-phase_4"),
        (Transition("0", "a"), RECORD, "", "from_0-to_a-phase_1"),
        (Transition("b", "0"), GENERATE, "0-phase_1", "from_b-to_0-phase_2"),
        (Transition("c", "c"), RECORD, "c", "from_c-to_c-phase_1"),
    ],
)
def test_what_netbox_says_before_a_phase_begins(
    transition: Transition, phase: Phase, state: str, text: str
) -> None:
    fields = transition.working_on(phase)
    assert (fields.device_state, fields.device_transition) == (state, text)


def test_what_netbox_says_while_the_switches_are_confirmed() -> None:
    fields = Transition("a", "b").confirming()
    assert (fields.device_state, fields.device_transition) == ("b-phase_4", "from_a-to_b")


@pytest.mark.parametrize(("target", "state"), [("b", "b"), ("0", "")])
def test_what_netbox_says_at_the_end(target: str, state: str) -> None:
    fields = Transition("a", target).done()
    assert (fields.device_state, fields.device_transition) == (state, "")


@pytest.mark.parametrize("source", ["0", "a", "b", "x9"])
@pytest.mark.parametrize("target", ["0", "a", "c", "X" * 16])
@pytest.mark.parametrize("phase", Phase)
def test_what_is_written_can_be_read(source: str, target: str, phase: Phase) -> None:
    transition = Transition(source, target)
    written = transition.working_on(phase)
    read = standing(written.device_state, written.device_transition)
    assert read == Standing(source, target, phase)
    confirming = transition.confirming()
    read = standing(confirming.device_state, confirming.device_transition)
    assert read == Standing(source, target, None)
    done = transition.done()
    assert standing(done.device_state, done.device_transition) == Standing(target)


# --- phases ---------------------------------------------------------------------------------------


def test_four_phases_in_order() -> None:
    assert [int(each) for each in Phase] == [1, 2, 3, 4]
    assert set(DOES) == set(RESUMES_AT) == set(Phase)


@pytest.mark.parametrize(
    ("at", "left"),
    [
        (None, (RECORD, GENERATE, DEPLOY, VALIDATE)),
        (RECORD, (RECORD, GENERATE, DEPLOY, VALIDATE)),
        (GENERATE, (GENERATE, DEPLOY, VALIDATE)),
        # what nobody confirmed was taken back by the switch: generated and deployed again
        (DEPLOY, (GENERATE, DEPLOY, VALIDATE)),
        (VALIDATE, (GENERATE, DEPLOY, VALIDATE)),
    ],
)
def test_what_is_left_to_do(at: Phase | None, left: tuple[Phase, ...]) -> None:
    assert remaining(at) == left


# --- names of states ------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["0", "a", "B", "provisioned", "x" * 16])
def test_a_state(state: str) -> None:
    assert checked_state(state) == state


@pytest.mark.parametrize("state", ["", "a-b", "b-phase_1", "../a", "x" * 17, "ä", "a\n", None, 1])
def test_not_a_state(state: object) -> None:
    with pytest.raises(Invalid, match="1 to 16 letters or digits name a state"):
        checked_state(state)
