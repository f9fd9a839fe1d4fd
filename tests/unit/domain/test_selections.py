"""Which devices a request means, and what each of them has to go through."""

from __future__ import annotations

from typing import Any

import pytest

from osism.domain.definitions import Definitions
from osism.domain.errors import Invalid, NotFound, Refused
from osism.domain.inventory import Device
from osism.domain.jobs import ConnectDevices
from osism.domain.selections import Way, folders, way
from osism.domain.transitions import Phase, Transition
from tests.unit.domain.build import define

# --- names, --type, --collection, --device --------------------------------------------------------

COLLECTIONS = {
    "rack-1": ["node-1", "node-2", "both"],
    "rack-2": ["node-3"],
    "both": ["node-4"],
    "empty": [],
    "twice-1": ["node-9"],
    "twice-2": ["node-9"],
}


def job(*names: str, **values: Any) -> ConnectDevices:
    return ConnectDevices(names, **values)


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        (job("node-1"), ["node-1"]),
        (job("node-3", "node-1"), ["node-1", "node-3"]),
        (job("node-1", "node-1"), ["node-1"]),
        (job("rack-1"), ["both", "node-1", "node-2"]),
        (job("rack-2", "node-1"), ["node-1", "node-3"]),
        (job("rack-1", "node-1"), ["both", "node-1", "node-2"]),
        (job("node-1", kind="device"), ["node-1"]),
        (job("rack-2", kind="collection"), ["node-3"]),
        (job("both", kind="device"), ["both"]),
        (job("both", kind="collection"), ["node-4"]),
        (job("node-1", state="c", enforce=True), ["node-1"]),
        (job("node-1", state="c", generation=4), ["node-1"]),
        (job("node-1", abort=True), ["node-1"]),
        # --collection alone means all of it, whatever --type says
        (job(collection="rack-2"), ["node-3"]),
        (job(collection="rack-2", kind="device"), ["node-3"]),
        (job(collection="rack-2", kind="collection"), ["node-3"]),
        (job(collection="both"), ["node-4"]),
        # --collection beside names narrows them down
        (job("node-1", collection="rack-1"), ["node-1"]),
        (job("both", collection="rack-1"), ["both"]),
        (job("node-1", collection="rack-1", kind="device"), ["node-1"]),
        (job("rack-2", collection="rack-2"), ["node-3"]),
    ],
    ids=str,
)
def test_the_devices_that_a_request_means(asked: ConnectDevices, chosen: list[str]) -> None:
    assert folders(asked, COLLECTIONS) == chosen


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (job(), Invalid, "name a device or a collection"),
        (job("node-11"), NotFound, "no device or collection 'node-11'; did you mean"),
        (job("rack-1", kind="device"), NotFound, "no device 'rack-1'"),
        (job("node-1", kind="collection"), NotFound, "no collection 'node-1'"),
        (job("node-1", kind="rack"), Invalid, "type 'rack': 'device' or 'collection' is wanted"),
        (job("both"), Invalid, "'both' is a device and a collection; say which with --type"),
        (job("node-9"), Invalid, "device 'node-9' is in 2 collections: twice-1, twice-2"),
        (job("empty"), NotFound, "collection 'empty' has no device"),
        (job(collection="empty"), NotFound, "collection 'empty' has no device"),
        (job(collection="rack-3"), NotFound, "no collection .rack-3.; did you mean"),
        (job("node-1", collection="rack-3"), NotFound, "no collection 'rack-3'"),
        # --collection is not read as a device, nor the other way round
        (job(collection="node-1"), NotFound, "no collection 'node-1'"),
        (job("node-1", collection="rack-2"), Invalid, "in collection 'rack-1', not 'rack-2'"),
        (job("rack-1", collection="rack-2"), Invalid, "'rack-1' is a collection itself"),
        (job("../x"), Invalid, r"name '\.\./x': not a valid name"),
        (job("{device}"), Invalid, "name '{device}': not a valid name"),
        (job("node-1", state="0"), Invalid, "state '0' is reserved for new devices"),
        (job("node-1", state="b-phase_2"), Invalid, "letters or digits name a state"),
        (job("node-1", state=""), Invalid, "letters or digits name a state"),
        (job("node-1", state="a", abort=True), Invalid, "it takes no --state"),
        (job("rack-1", state="a", generation=1), Invalid, "one state of one device"),
        (job("node-1", generation=1), Invalid, "one state of one device"),
        (job("node-1", abort=True, generation=1), Invalid, "one state of one device"),
        (job("node-1", state="a", generation=-1), Invalid, "one state of one device"),
    ],
    ids=str,
)
def test_a_request_that_means_nothing(
    asked: ConnectDevices, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        folders(asked, COLLECTIONS)


# --- what a device has to go through --------------------------------------------------------------

ALL = tuple(Phase)
FROM_2 = ALL[1:]


def to(leaf: str, state: str) -> Any:
    return define(f"Ethernet0: {{type: cat6a, device: {leaf}, interface: E1}}", state=state)


KNOWN = {state: {"node-1": to(f"leaf-{state}", state)} for state in "abc"}
FOLDER = Definitions("rack-1", "node-1", KNOWN)


def ask(state: str | None, transition: str = "", /, **values: Any) -> Way | None:
    device = Device(1, "node-1", state=state or "", transition=transition)
    return way(ConnectDevices(("node-1",), **values), device, FOLDER)


def gone(
    state: str | None, transition: str = "", /, **values: Any
) -> tuple[str, tuple[Phase, ...]]:
    """The transition and the phases to do."""
    found = ask(state, transition, **values)
    assert found is not None
    return f"{found.transition.source}>{found.transition.target}", found.phases


def test_from_one_state_to_the_next() -> None:
    found = ask("a", state="b")
    assert found is not None
    assert found.transition == Transition("a", "b")
    assert found.phases == ALL
    assert found.plan.target is KNOWN["b"]["node-1"]
    assert len(found.plan.known) == 3
    assert found.source is KNOWN["a"]["node-1"]


@pytest.mark.parametrize("state", [None, "0", "None"])
def test_without_a_state_a_new_device_goes_to_a(state: str | None) -> None:
    assert gone(state) == ("0>a", ALL)


@pytest.mark.parametrize("state", ["a", "b", "c"])
def test_already_there(state: str) -> None:
    assert ask(state) is None
    assert ask(state, state=state) is None


def test_enforce_runs_all_four_phases_again() -> None:
    assert gone("b", enforce=True) == ("b>b", ALL)
    assert gone("b", state="b", enforce=True) == ("b>b", ALL)


@pytest.mark.parametrize(
    ("state", "transition", "phases"),
    [
        ("a", "from_a-to_b-phase_1", ALL),
        ("b-phase_1", "from_a-to_b-phase_2", FROM_2),
        ("b-phase_2", "from_a-to_b-phase_3", FROM_2),
        ("b-phase_3", "from_a-to_b-phase_4", FROM_2),
        ("b-phase_4", "from_a-to_b", FROM_2),
    ],
)
@pytest.mark.parametrize("wish", [None, "b"])
def test_under_way_to_the_same_state_is_joined(
    state: str, transition: str, phases: tuple[Phase, ...], wish: str | None
) -> None:
    assert gone(state, transition, state=wish) == ("a>b", phases)
    assert gone(state, transition, state=wish, enforce=True) == ("a>b", ALL)


def test_half_a_state_without_its_transition_is_done_from_the_first_phase() -> None:
    assert gone("b-phase_2") == ("0>b", ALL)


def test_under_way_to_another_state_is_refused_and_names_the_running_one() -> None:
    with pytest.raises(Refused) as raised:
        ask("b-phase_1", "from_a-to_b-phase_2", state="c")
    assert str(raised.value) == (
        "device 'node-1' is under way from a to b, phase 2; --enforce takes it over, "
        "--abort leads back"
    )
    assert not isinstance(raised.value, Invalid)


def test_enforce_takes_over_with_all_phases() -> None:
    assert gone("b-phase_1", "from_a-to_b-phase_2", state="c", enforce=True) == ("b>c", ALL)


def test_a_device_that_was_taken_over_leaves_the_switches_of_both_states() -> None:
    found = ask("b-phase_1", "from_a-to_b-phase_2", state="c", enforce=True)
    assert found is not None
    assert found.far_devices == {"leaf-a", "leaf-b", "leaf-c"}


def test_abort_leads_back_through_the_same_phases_with_the_source_definition() -> None:
    found = ask("b-phase_1", "from_a-to_b-phase_2", abort=True)
    assert found is not None
    assert (found.transition, found.phases) == (Transition("b", "a"), ALL)
    assert found.plan.target is KNOWN["a"]["node-1"]
    assert found.far_devices == {"leaf-a", "leaf-b"}


def test_abort_of_a_new_device_leads_to_nothing() -> None:
    found = ask("", "from_0-to_a-phase_1", abort=True)
    assert found is not None
    assert found.transition == Transition("a", "0")
    assert found.plan.target is None
    assert found.far_devices == {"leaf-a"}


@pytest.mark.parametrize("state", ["", "a"])
def test_at_rest_there_is_nothing_to_abort(state: str) -> None:
    with pytest.raises(Refused, match="there is nothing to abort"):
        ask(state, abort=True)


def test_abort_does_not_lead_to_a_state_that_nobody_defines_any_more() -> None:
    # Without a definition, everything that is connected would be taken away.
    with pytest.raises(NotFound, match=r"no definition for state 'x' \(there is: a, b, c\)"):
        ask("x", "from_x-to_b-phase_1", abort=True)


def test_a_state_that_nobody_defines() -> None:
    with pytest.raises(NotFound, match=r"no definition for state 'd' \(there is: a, b, c\)"):
        ask("a", state="d")


def test_a_device_of_the_folder_that_has_no_definition_in_that_state() -> None:
    with pytest.raises(NotFound, match=r"device 'node-7': no definition .*\(there is: none\)"):
        way(job("node-7", state="a"), Device(1, "node-7"), FOLDER)


def test_fields_that_say_nothing_are_a_mistake() -> None:
    with pytest.raises(Invalid, match="device_transition"):
        ask("a", "to_b", state="b")


def test_the_switches_of_both_definitions_are_concerned() -> None:
    found = ask("a", state="c")
    assert found is not None
    assert found.far_devices == {"leaf-a", "leaf-c"}


def test_from_a_state_that_nobody_defines_any_more() -> None:
    found = ask("x", state="c")
    assert found is not None
    assert (found.source, found.far_devices) == (None, {"leaf-c"})
