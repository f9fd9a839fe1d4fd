"""One job follows a burst of changes in NetBox: everything outside is in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from osism.actions import follow_changes as module
from osism.actions.follow_changes import follow_changes
from osism.actions.keep_change import MOMENT, ask, ask_if_forgotten, keep_change
from osism.domain.errors import Busy, LeaseLost, OutsideFailed, Revoked, SwitchesFailed
from osism.domain.inventory import MANAGED, SWITCH, Device
from osism.domain.jobs import FollowChanges, Job
from osism.domain.ports import Owner
from tests.contract.test_changes import hook
from tests.fakes.changes import MemoryChanges
from tests.fakes.jobs import Known
from tests.fakes.work import RecordedWork

SWITCHES = ("leaf-1", "leaf-2", "spine-1")


@dataclass
class World:
    """NetBox, the switches and the clock; ``during`` is called with each batch."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)
    batches: list[tuple[str, ...]] = field(default_factory=list)
    broken: dict[str, Exception] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    away: int = 0
    during: Callable[[tuple[str, ...]], None] = lambda names: None
    waits: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.changes = MemoryChanges(lambda: self.now)
        self.work = RecordedWork()

    def come(self, *devices: str, request: str = "r-1") -> None:
        number = self.changes.count
        assert self.changes.keep(hook(*devices, request=request, number=number))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.waits()

    # what the action asks

    def devices(self, names: Collection[str]) -> Sequence[Device]:
        if self.away:
            self.away -= 1
            raise OutsideFailed("NetBox cannot be reached")
        managed = {"kind": SWITCH, "tags": frozenset({MANAGED})}
        others: dict[str, dict[str, Any]] = {"node-1": {}, "leaf-9": {"kind": SWITCH}}
        known = {**dict.fromkeys(SWITCHES, managed), **others}
        return [Device(n, name, **known[name]) for n, name in enumerate(names) if name in known]

    def owners(self, interfaces: Collection[int]) -> Mapping[int, str]:
        known = {7: "leaf-1", 8: "node-1"}
        return {each: known[each] for each in interfaces if each in known}

    def holders(self, names: Sequence[str]) -> Mapping[str, Owner]:
        return {name: Owner("other", "connect") for name in names if name[7:] in self.held}

    def bring(self, names: tuple[str, ...]) -> Mapping[str, Any]:
        self.batches.append(names)
        self.during(names)
        for name in names:
            if name in self.broken:
                raise self.broken[name]
        return {"switches": [{"switch": name, "result": "deployed"} for name in names]}

    def follow(self) -> dict[str, str]:
        me = cast(Any, self)
        found = follow_changes(cast(Any, self.work), self.changes, me, me, self.bring, 2.0)
        return {row["switch"]: row["result"] for row in found["switches"]}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(module, "sleep", world.sleep)
    monkeypatch.setattr(module, "monotonic", lambda: world.now)
    return world


class TestBursts:
    def test_switches_are_one_batch_and_others_are_left(self, world: World) -> None:
        world.come("leaf-1", "node-1", "leaf-9", "nobody")
        world.come("leaf-2")
        assert world.follow() == {"leaf-1": "deployed", "leaf-2": "deployed"}
        assert world.batches == [("leaf-1", "leaf-2")]
        assert not world.changes.waiting()
        assert {"kind": "note", "text": "changed in NetBox: leaf-1, leaf-2"} in world.work.told

    def test_it_waits_until_it_is_quiet(self, world: World) -> None:
        world.come("leaf-1")
        more = iter(range(5))
        world.waits = lambda: world.come("leaf-2") if next(more, None) is not None else None
        world.follow()
        assert world.batches == [("leaf-1", "leaf-2")]
        assert world.now == pytest.approx(1000 + 5 * 0.2 + 2)

    def test_but_not_for_ever(self, world: World) -> None:
        world.come("leaf-1")
        world.waits = lambda: world.come("leaf-2") if not world.batches else None
        world.during = lambda names: setattr(world, "at", world.now)
        world.follow()
        assert vars(world)["at"] == pytest.approx(1030, abs=0.3)

    def test_what_comes_during_the_work_is_a_second_round(self, world: World) -> None:
        world.come("leaf-1", "leaf-2")
        late = iter(["leaf-2"])
        world.during = lambda names: [world.come(name) for name in late] and None
        world.follow()
        assert world.batches == [("leaf-1", "leaf-2"), ("leaf-2",)]

    def test_an_address_that_was_taken_away_leads_to_its_switch(self, world: World) -> None:
        for number in (7, 8, 9):
            world.changes.keep(replace(hook(request=f"r-{number}"), left=number))
        world.come("leaf-2")
        assert set(world.follow()) == {"leaf-1", "leaf-2"}
        assert world.batches == [("leaf-1", "leaf-2")]
        assert not world.changes.waiting()

    def test_nothing_is_left_for_a_second_job(self, world: World) -> None:
        assert world.follow() == {}
        assert world.batches == []


class TestOwnWrites:
    def test_only_what_others_have_changed_is_followed(self, world: World) -> None:
        world.come("leaf-1", request="ours")
        world.come("leaf-2", request="ours")
        world.come("leaf-2", request="an operator's")
        world.come("spine-1", request="")
        world.changes.wrote("ours")
        assert set(world.follow()) == {"leaf-2", "spine-1"}
        assert not world.changes.waiting()


class TestFailures:
    def test_one_that_fails_does_not_stop_the_others(self, world: World) -> None:
        world.come(*SWITCHES)
        world.broken["leaf-2"] = OutsideFailed("leaf-2 cannot be reached")
        with pytest.raises(SwitchesFailed, match=r"1 of 3 .*leaf-2: leaf-2 cannot") as failed:
            world.follow()
        assert world.batches == [SWITCHES, *((name,) for name in SWITCHES)]
        rows = cast(Any, failed.value.result)["switches"]
        assert [row["result"] for row in rows] == ["deployed", "failed", "deployed"]
        assert not world.changes.waiting(), "it was told; nobody tries it for ever"

    def test_a_later_change_makes_up_for_it(self, world: World) -> None:
        world.come("leaf-1")
        world.broken["leaf-1"] = OutsideFailed("away")

        def mend(names: tuple[str, ...]) -> None:
            if len(world.batches) == 1:
                world.come("leaf-1")
            else:
                world.broken.clear()

        world.during = mend
        assert world.follow() == {"leaf-1": "deployed"}

    def test_one_under_way_comes_last_and_again_until_it_is_free(self, world: World) -> None:
        world.come("leaf-1", "leaf-2", "spine-1")
        world.held = {"leaf-1"}
        world.broken["leaf-1"] = Busy("node-1 is connected")
        world.during = lambda names: world.broken.clear() if len(world.batches) == 3 else None
        assert set(world.follow().values()) == {"deployed"}
        assert world.batches == [("leaf-2", "spine-1"), ("leaf-1",), ("leaf-1",)]

    def test_what_comes_meanwhile_waits_for_no_more_than_one_that_is_under_way(
        self, world: World
    ) -> None:
        """Each may take as long as a lock is waited for."""
        world.come("leaf-1", "spine-1")
        world.held = {"leaf-1", "spine-1"}
        world.broken = dict.fromkeys(world.held, Busy("node-1 is connected"))

        def go_on(names: tuple[str, ...]) -> None:
            if len(world.batches) == 1:
                world.come("leaf-2", request="r-2")
            elif len(world.batches) == 3:
                world.held, world.broken = set(), {}

        world.during = go_on
        assert set(world.follow()) == {"leaf-1", "leaf-2", "spine-1"}
        assert world.batches[:3] == [("leaf-1",), ("leaf-2",), ("leaf-1",)]

    def test_netbox_away_is_waited_for(self, world: World) -> None:
        world.come("leaf-1")
        world.away = 3
        assert world.follow() == {"leaf-1": "deployed"}
        assert sum("waiting" in str(each) for each in world.work.told) == 1

    def test_a_switch_does_not_fail_because_netbox_is_away(self, world: World) -> None:
        world.come("leaf-1")

        def outage(names: tuple[str, ...]) -> None:
            world.broken = {"leaf-1": OutsideFailed("NetBox")} if len(world.batches) == 1 else {}
            world.away = int(len(world.batches) == 1)

        world.during = outage
        assert world.follow() == {"leaf-1": "deployed"}
        assert world.batches == [("leaf-1",), ("leaf-1",)]

    @pytest.mark.parametrize("end", [LeaseLost("gone"), KeyboardInterrupt()])
    def test_whatever_ends_it_loses_nothing(self, world: World, end: Exception) -> None:
        world.come("leaf-1", "leaf-2")
        world.broken["leaf-2"] = end
        with pytest.raises(type(end)):
            world.follow()
        assert set(world.changes.kept) == {"leaf-1", "leaf-2"}
        world.broken.clear()
        assert set(world.follow()) == {"leaf-1", "leaf-2"}

    def test_a_revocation_drops_what_it_was_at(self, world: World) -> None:
        world.come("leaf-1")
        world.during = lambda names: world.come("leaf-2")
        world.broken["leaf-1"] = Revoked("revoked by dragon", "dragon")
        with pytest.raises(Revoked):
            world.follow()
        assert set(world.changes.kept) == {"leaf-2"}
        assert world.changes.job() == ""


@dataclass
class Jobs:
    """Queue and records of jobs."""

    states: dict[str, str] = field(default_factory=dict)
    refuses: bool = False

    def send(self, job: Job, by: str, id: str | None = None) -> str:
        assert isinstance(job, FollowChanges)
        assert id
        if self.refuses:
            raise OutsideFailed("the broker cannot be reached")
        self.states[id] = "queued"
        return id

    def statuses(self, jobs: Sequence[str]) -> Mapping[str, Any]:
        return {job: Known(job, self.states[job]) for job in jobs if job in self.states}

    def waiting(self, job: str) -> bool:
        return self.states.get(job) in ("queued", "retrying")


class TestAsking:
    def keep(self, changes: MemoryChanges, jobs: Jobs) -> tuple[bool, bool]:
        each = hook("leaf-1", number=changes.count)
        return keep_change(each, changes, cast(Any, jobs), jobs)

    def test_one_job_is_asked_for(self) -> None:
        changes, jobs = MemoryChanges(), Jobs()
        assert self.keep(changes, jobs) == (True, True)
        for state in ("queued", "started", "retrying"):
            jobs.states[changes.job()] = state
            assert self.keep(changes, jobs) == (True, False)
        assert len(jobs.states) == 1

    @pytest.mark.parametrize("state", ["succeeded", "failed", "revoked"])
    def test_after_its_end_there_is_another(self, state: str) -> None:
        changes, jobs = MemoryChanges(), Jobs()
        self.keep(changes, jobs)
        jobs.states[changes.job()] = state
        assert self.keep(changes, jobs) == (True, True)
        assert len(jobs.states) == 2

    def test_what_is_kept_stays_when_the_broker_is_away(self) -> None:
        changes, jobs = MemoryChanges(), Jobs(refuses=True)
        assert self.keep(changes, jobs) == (True, False)
        jobs.refuses = False
        assert ask_if_forgotten(changes, cast(Any, jobs), jobs)
        assert not ask_if_forgotten(changes, cast(Any, jobs), jobs)

    def test_a_job_that_was_claimed_and_never_sent_is_made_up_for(self) -> None:
        now = [1000.0]
        changes, jobs = MemoryChanges(lambda: now[0]), Jobs()
        assert not ask_if_forgotten(changes, cast(Any, jobs), jobs)
        changes.keep(hook("leaf-1"))
        changes.claim("of a process that died", "")
        assert not ask(changes, cast(Any, jobs), jobs), "it may be about to send it"
        now[0] += MOMENT
        assert ask_if_forgotten(changes, cast(Any, jobs), jobs)

    def test_one_that_failed_waits_for_the_next_change(self) -> None:
        changes, jobs = MemoryChanges(), Jobs()
        self.keep(changes, jobs)
        jobs.states[changes.job()] = "failed"
        assert not ask_if_forgotten(changes, cast(Any, jobs), jobs)
        assert ask(changes, cast(Any, jobs), jobs)

    def test_what_is_ours_asks_for_nothing(self) -> None:
        changes, jobs = MemoryChanges(), Jobs()
        changes.wrote("r-1")
        assert self.keep(changes, jobs) == (False, False)
        assert not jobs.states
