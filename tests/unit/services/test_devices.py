"""Devices as objects: what is put together, when it is made anew, which are listed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Thread, get_ident
from time import sleep
from typing import Any

import pytest

from osism.domain.conditions import Condition
from osism.domain.errors import Changed, NotFound
from osism.domain.inventory import Device
from osism.domain.ports import Row
from osism.domain.records import JobRecord
from osism.domain.specs import Spec, Wish
from osism.domain.transitions import Phase, Transition
from osism.services.api.devices import wanting
from osism.services.api.devices.board import BRIEFLY, Board
from osism.services.api.devices.choosing import Choice, page
from osism.services.api.devices.facts import Facts, shown
from osism.services.api.devices.sources import Sources
from osism.services.api.devices.wanting import version_of
from osism.services.api.standings import KEPT, Standings
from tests.fakes.conditions import MemoryConditions
from tests.fakes.journal import MemoryJournal

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NODE = Device(4, "node-4", state="a", role="node", site="lab", rack="rack-1")
SPEC = Spec("node-4", "b", 4, 17, "job-1", "ci", NOON, NOON, {"owner": "x", "role": "mine"})
ROW = Row(
    id="t-1",
    job="job-1",
    device="node-4",
    source="a",
    target="b",
    status="running",
    asked_by="ci",
    started=NOON,
    phase=3,
    switches=("leaf-1", "leaf-2"),
    generation=4,
)
TO_B = Transition("a", "b")


def under_way(device: Device, phase: Phase) -> Device:
    fields = TO_B.working_on(phase)
    return replace(device, state=fields.device_state, transition=fields.device_transition)


def told(facts: Facts) -> dict[str, Any]:
    return shown(facts, NOON).model_dump(mode="json")


class TestTheObject:
    def test_is_the_envelope_of_the_specification(self) -> None:
        device = replace(under_way(NODE, Phase.DEPLOY), kind="")
        results = {"leaf-1": ("validated", ""), "leaf-2": ("staged", "")}
        facts = Facts(device, SPEC, ROW, ROW, results, collection="rack-1")
        found = told(facts)
        [condition] = found["status"].pop("conditions")
        assert condition.pop("message")
        at = "2026-11-21T12:00:00Z"
        assert condition == {
            "type": "InState",
            "status": "False",
            "reason": "Deploying",
            "last-transition-time": at,
        }
        assert found["status"]["propagation-status"].pop("message")
        assert found == {
            "kind": "Device",
            "api-version": "v1",
            "meta": {
                "name": "node-4",
                "generation-id": "4",
                "resource-version": "17",
                "labels": {
                    "owner": "x",
                    "role": "node",
                    "site": "lab",
                    "rack": "rack-1",
                    "collection": "rack-1",
                },
                "creation-time": at,
                "mod-time": at,
                "self-link": "/api/v1/devices/node-4",
            },
            "spec": {"state": "b"},
            "status": {
                "state": "a",
                "transition": {"source": "a", "target": "b", "phase": 3, "id": "t-1"},
                "propagation-status": {
                    "generation-id": "4",
                    "status": "Pending",
                    "updated": 1,
                    "pending": ["leaf-2"],
                    "failed": [],
                },
            },
        }

    def test_of_a_device_that_nobody_wanted_anything_of(self) -> None:
        found = told(Facts(replace(NODE, state="")))
        assert (found["meta"]["generation-id"], found["meta"]["resource-version"]) == ("0", "0")
        assert found["spec"] == {"state": None}
        assert (found["status"]["state"], found["status"]["transition"]) == ("0", None)
        assert found["status"]["propagation-status"]["status"] == "Propagation Complete"
        assert found["status"]["propagation-status"]["generation-id"] == "0"

    def test_says_what_is_wrong_behind_whether_it_is_in_its_state(self) -> None:
        conditions = (
            Condition("node-4", "deploy", "no disk", NOON),
            Condition("node-4", "power", "no answer", NOON),
        )
        found = told(Facts(NODE, conditions=conditions))["status"]["conditions"]
        assert [(each["type"], each["status"], each["message"]) for each in found[1:]] == [
            ("DeployFailed", "True", "no disk"),
            ("PowerFailed", "True", "no answer"),
        ]
        assert found[0]["type"] == "InState"

    def test_of_fields_that_are_no_state(self) -> None:
        found = told(Facts(replace(NODE, transition="to the moon"), SPEC, ROW))["status"]
        assert (found["state"], found["transition"]) == (None, None)
        assert found["conditions"][0]["status"] == "Unknown"

    @pytest.mark.parametrize("state", ["a", "", "c"])
    def test_is_not_complete_where_netbox_says_another_state(self, state: str) -> None:
        done = replace(ROW, status="succeeded", ended=NOON)
        assert progress(Facts(replace(NODE, state="b"), SPEC, done)) == "Propagation Complete"
        assert progress(Facts(replace(NODE, state=state), SPEC, done)) == "Propagation Failed"

    def test_confirming_is_phase_0_and_an_unknown_transition_has_no_id(self) -> None:
        fields = TO_B.confirming()
        device = replace(NODE, state=fields.device_state, transition=fields.device_transition)
        other = replace(ROW, target="c")
        found = told(Facts(device, SPEC, ROW, other))["status"]["transition"]
        assert found == {"source": "a", "target": "b", "phase": 0, "id": None}


def progress(facts: Facts) -> str:
    return str(told(facts)["status"]["propagation-status"]["status"])


class TestIfMatch:
    @pytest.mark.parametrize(
        ("said", "version"), [(None, None), ("*", None), ('"17"', 17), ("17", 17), ('"0"', 0)]
    )
    def test_is_a_version_or_any(self, said: str | None, version: int | None) -> None:
        assert version_of(said) == version

    def test_a_weak_one_never_fits(self) -> None:
        with pytest.raises(Changed):
            version_of('W/"17"')


# --- the board


@dataclass
class World:
    """Everything a board reads, with counters; NetBox's fields by device."""

    devices: dict[str, Device] = field(default_factory=dict)
    specs: dict[str, Spec] = field(default_factory=dict)
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    conditions: MemoryConditions = field(default_factory=MemoryConditions)
    reads: list[int | None] = field(default_factory=list)
    meanwhile: list[Any] = field(default_factory=list)
    now: float = 100.0

    def board(self, clock: Callable[[], float] | None = None) -> Board:
        clock = clock or (lambda: self.now)
        standings = Standings(_Netbox(self), clock)
        sources = Sources(
            standings, self.journal.specs, self.journal, self.conditions, _Records(self), dict
        )
        return Board(sources, clock)

    def want(self, name: str, state: str, job: str) -> None:
        self.journal.specs.want(Wish(name, state, job, "ci"))
        self.jobs[job] = JobRecord(job, state="queued")

    def begin(self, name: str, state: str, job: str, number: str) -> None:
        row = replace(ROW, id=number, device=name, target=state, job=job, generation=0)
        self.journal.begin([row], {})

    def finish(self, name: str, state: str, number: str) -> None:
        """As a worker does: first into NetBox, then into the journal."""
        self.devices[name] = replace(self.devices[name], state=state, transition="")
        self.journal.finish([number], "succeeded")


@dataclass
class _Netbox:
    world: World

    def devices(self, names: Collection[str] | None = None) -> Sequence[Device]:
        self.world.reads.append(None if names is None else len(names))
        known = self.world.devices
        found = [known[name] for name in sorted(known) if names is None or name in names]
        for each in self.world.meanwhile:
            each()
        self.world.meanwhile.clear()
        return found


@dataclass
class _Records:
    world: World

    def statuses(self, jobs: Iterable[str]) -> Mapping[str, JobRecord]:
        return {each: self.world.jobs[each] for each in jobs if each in self.world.jobs}


@pytest.fixture
def world() -> World:
    names = ("leaf-1", "node-4", "node-5")
    return World({name: Device(1, name, state="a", role=name[:4]) for name in names})


def test_complete_is_shown_with_its_state_at_once(world: World) -> None:
    board = world.board()
    world.want("node-4", "b", "job-1")
    assert board.one("node-4").device.status.state == "a"
    world.begin("node-4", "b", "job-1", "t-1")
    assert board.one("node-4").device.status.propagation_status.status == "Pending"
    world.finish("node-4", "b", "t-1")
    found = board.one("node-4").device.status
    assert (found.state, found.propagation_status.status) == ("b", "Propagation Complete")


def test_complete_is_shown_with_its_state_also_when_it_ends_while_it_is_read(world: World) -> None:
    world.want("node-4", "b", "job-1")
    world.begin("node-4", "b", "job-1", "t-1")
    world.meanwhile = [lambda: world.finish("node-4", "b", "t-1")]
    found = world.board().one("node-4").device.status
    assert (found.state, found.propagation_status.status) == ("b", "Propagation Complete")


def test_a_newer_wish_is_seen_at_once(world: World) -> None:
    board = world.board()
    for number, state in enumerate(("b", "c"), start=1):
        world.want("node-4", state, f"job-{number}")
        found = board.one("node-4").device
        assert (found.meta.generation_id, found.spec.state) == (str(number), state)
        assert found.status.propagation_status.generation_id == str(number)


def test_what_has_not_changed_is_not_read_again_and_stays_the_same(world: World) -> None:
    board = world.board()
    world.begin("node-4", "b", "job-1", "t-1")
    world.finish("node-4", "b", "t-1")
    first, listed = board.one("node-4"), board.all()
    assert board.one("node-4").body == first.body
    assert board.all() is listed
    assert world.reads == [1, None]
    world.now += KEPT
    again = board.all()
    assert again is not listed
    assert [each.device for each in again.shown] == [each.device for each in listed.shown]
    assert again.devices[1] is listed.devices[1]  # not made anew
    assert world.reads == [1, None, None]


def test_a_list_shows_what_changed_and_reads_that_device_only(world: World) -> None:
    board = world.board()
    board.all()
    world.begin("node-5", "b", "job-1", "t-1")
    world.finish("node-5", "b", "t-1")
    assert [each.status.state for each in board.all().devices] == ["a", "a", "b"]
    assert world.reads == [None, 1]


@pytest.mark.parametrize("told", [False, True], ids=["nothing new", "a step"])
def test_whoever_waits_for_a_slow_netbox_takes_what_was_read_meanwhile(
    world: World, told: bool
) -> None:
    """Else each of them would read it all again, one after the other, and hold a thread."""
    world.begin("node-4", "b", "job-1", "t-1")
    arrived: set[int] = set()

    def clock() -> float:
        arrived.add(get_ident())
        return world.now

    board = world.board(clock)
    threads = [Thread(target=board.all) for _ in range(5)]

    def they_come() -> None:
        for each in threads:
            each.start()
        while len(arrived) < 1 + len(threads):
            sleep(0.001)
        if told:
            world.journal.event(["t-1"], 2, "begin")
        world.now += 2 * KEPT  # as long as NetBox takes

    world.meanwhile = [they_come]
    board.all()
    for each in threads:
        each.join(10)
    assert world.reads == ([None, 1] if told else [None])


def test_what_waits_for_a_worker_is_looked_at_soon(world: World) -> None:
    board = world.board()
    world.want("node-4", "b", "job-1")
    assert board.all().devices[1].status.propagation_status.status == "Pending"
    world.jobs["job-1"] = JobRecord("job-1", state="failed", reason="no such collection")
    world.now += BRIEFLY
    for found in (board.one("node-4").device, board.all().devices[1]):
        assert found.status.propagation_status.status == "Propagation Failed"
        assert found.status.propagation_status.message == "no such collection"


def test_what_is_changed_by_hand_in_netbox_is_seen_soon(world: World) -> None:
    board = world.board()
    world.begin("node-4", "b", "job-1", "t-1")
    world.finish("node-4", "b", "t-1")
    assert board.one("node-4").device.status.propagation_status.status == "Propagation Complete"
    world.devices["node-4"] = replace(world.devices["node-4"], state="a")
    world.now += KEPT
    found = board.one("node-4").device.status
    assert (found.state, found.propagation_status.status) == ("a", "Propagation Failed")
    assert len(world.reads) == 2


def test_what_is_changed_by_hand_is_seen_at_once_by_who_wants_it_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process has shown that it is not so, perhaps: what this one keeps is older."""
    board = world.board()
    monkeypatch.setattr(wanting, "board", lambda: board)
    world.begin("node-4", "b", "job-1", "t-1")
    world.finish("node-4", "b", "t-1")
    assert not wanting._undone(board.one("node-4").facts, "b")
    world.devices["node-4"] = replace(world.devices["node-4"], state="a")
    kept = board.one("node-4").facts
    assert kept.device.state == "b"
    assert wanting._undone(kept, "b")
    assert not wanting._undone(kept, "c"), "it is another wish anyway"


def test_conditions_come_and_go(world: World) -> None:
    board = world.board()
    world.begin("node-4", "b", "job-1", "t-1")
    world.conditions.set("node-4", "deploy", "no disk", NOON)
    assert len(board.one("node-4").device.status.conditions) == 2
    assert [len(each.status.conditions) for each in board.all().devices] == [1, 2, 1]


def test_a_device_that_netbox_has_not_is_not_found(world: World) -> None:
    board = world.board()
    with pytest.raises(NotFound, match="nobody"):
        board.one("nobody")
    del world.devices["node-5"]
    assert [each.meta.name for each in board.all().devices] == ["leaf-1", "node-4"]


# --- lists


def listed(world: World, limit: int = 100, **asked: Any) -> list[list[str]]:
    """The names on each page."""
    pages: list[list[str]] = []
    mark: str | None = ""
    while mark is not None:
        devices = world.board().all().devices
        places, mark = page(Choice(**asked), devices, limit, mark)
        pages.append([devices[place].meta.name for place in places])
    return pages


def test_filters(world: World) -> None:
    world.devices["node-5"] = replace(world.devices["node-5"], state="b", site="lab")
    assert listed(world) == [["leaf-1", "node-4", "node-5"]]
    assert listed(world, role="node") == [["node-4", "node-5"]]
    assert listed(world, role="node", state="b") == [["node-5"]]
    assert listed(world, labels=("site",)) == [["node-5"]]
    assert listed(world, labels=("site=lab", "role=node")) == [["node-5"]]
    assert listed(world, labels=("site=", "role")) == [[]]
    assert listed(world, role="") == listed(world, state="z") == [[]]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_pages_have_each_device_once(limit: int) -> None:
    names = [f"node-{number:02}" for number in range(7)]
    world = World({name: Device(1, name, role="node") for name in names})
    for asked in ({}, {"role": "node"}):
        pages = listed(world, limit, **asked)
        assert [name for each in pages for name in each] == names
        assert all(len(each) == limit for each in pages[:-1])
        assert 0 < len(pages[-1]) <= limit


def test_pages_stay_right_when_devices_come_and_go(world: World) -> None:
    devices = world.board().all().devices
    places, mark = page(Choice(), devices, 2, "")
    assert mark
    del world.devices["node-4"]  # the last one of the page
    world.devices |= {name: Device(1, name) for name in ("alone", "node-4a")}
    devices = world.board().all().devices
    places, mark = page(Choice(), devices, 2, mark)
    assert ([devices[place].meta.name for place in places], mark) == (["node-4a", "node-5"], None)


def test_any_mark_is_a_place(world: World) -> None:
    devices = world.board().all().devices
    assert list(page(Choice(), devices, 9, "ff00")[0]) == []
    assert list(page(Choice(), devices, 9, "00")[0]) == [0, 1, 2]


def test_a_version_never_says_less_than_was_seen(world: World) -> None:
    board = world.board()
    world.begin("node-4", "b", "job-1", "t-1")
    versions = []
    for phase in range(1, 5):
        world.journal.event(["t-1"], phase, "begin")
        versions.append(board.one("node-4").facts.version)
    assert versions == sorted(set(versions))
