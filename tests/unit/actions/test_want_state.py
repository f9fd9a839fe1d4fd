"""A state is wanted: written first, queued once, and again after a failure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from osism.actions.queue_wishes import queue_wishes
from osism.actions.want_state import want_state
from osism.domain.errors import Busy, Changed, Invalid, OutsideFailed
from osism.domain.jobs import decode
from osism.domain.ports import Row
from osism.domain.records import SiteLock
from osism.domain.specs import Spec, Wish, job_for
from tests.fakes.jobs import MemoryJobs
from tests.fakes.journal import MemoryJournal
from tests.fakes.specs import MemorySpecs
from tests.fakes.work import RecordedWork

NOON = datetime(2025, 3, 30, 12, tzinfo=UTC)


class Jobs(MemoryJobs):
    """Jobs of a site that can be locked, and of a broker that can be away on its own."""

    def __init__(self) -> None:
        super().__init__()
        self.lock: SiteLock | None = None
        self.away_for_sending = False
        self.old: set[str] = set()

    def site_lock(self) -> SiteLock | None:
        self._reach()
        return self.lock

    def waiting(self, job: str) -> bool:
        return job not in self.old

    def send(self, job: Any, by: str, id: str | None = None) -> str:
        if self.away_for_sending:
            raise OutsideFailed("Redis does not answer")
        return super().send(job, by, id)


class World:
    def __init__(self) -> None:
        self.specs, self.jobs = MemorySpecs(), Jobs()
        self.journal = MemoryJournal(self.specs)

    def want(
        self,
        state: str = "b",
        labels: Mapping[str, str] | None = None,
        version: int | None = None,
        by: str = "dragon",
        undone: bool = False,
    ) -> Spec:
        ports = (self.specs, self.journal, self.jobs, self.jobs)
        return want_state("node-1", state, labels, by, version, *ports, undone)

    def begin(self, spec: Spec) -> None:
        self.jobs.begin(spec.job)
        self.journal.begin(
            [Row(spec.job, spec.job, "node-1", "a", spec.state, "running", "dragon", NOON)], {}
        )

    def end(self, spec: Spec, status: str) -> None:
        self.journal.finish([spec.job], status, "why")
        self.jobs.finish(spec.job, "succeeded" if status == "succeeded" else "failed")


@pytest.fixture
def world() -> World:
    return World()


def test_a_wish_is_written_and_queued_under_its_job(world: World) -> None:
    spec = world.want()
    assert world.specs.of() == {"node-1": spec}
    assert world.jobs.sent == [spec.job]
    assert decode(world.jobs.known[spec.job].request) == job_for(spec)
    assert world.jobs.known[spec.job].by == "dragon"


@pytest.mark.parametrize("how", ["queued", "started", "running", "succeeded"])
def test_the_same_wish_changes_nothing(world: World, how: str) -> None:
    first = world.want()
    if how == "started":
        world.jobs.begin(first.job)
    elif how != "queued":
        world.begin(first)
    if how == "succeeded":
        world.end(first, "succeeded")
    before = world.specs.of()["node-1"]
    assert world.want(by="knight") == before
    assert world.want(version=before.version) == before
    assert world.jobs.sent == [first.job]


def test_labels_change_without_a_job(world: World) -> None:
    first = world.want()
    second = world.want(labels={"rack": "1"})
    assert (second.labels, second.generation, second.version) == ({"rack": "1"}, 1, 2)
    assert (second.job, world.jobs.sent) == (first.job, [first.job])


@pytest.mark.parametrize("how", ["failed", "rolled-back", "aborted", "before it began", "unknown"])
def test_after_a_failure_it_is_queued_again_for_the_same_generation(world: World, how: str) -> None:
    first = world.want()
    if how == "before it began":
        world.jobs.end(first.job, "failed", "no definition")
    elif how == "unknown":
        del world.jobs.known[first.job]
        ago = datetime.now(UTC) - timedelta(days=2)
        world.specs.known["node-1"] = Spec(**(vars(first) | {"modified": ago}))
    else:
        world.begin(first)
        world.end(first, how)
    second = world.want()
    assert (second.generation, second.job != first.job) == (1, True)
    assert world.jobs.sent == [first.job, second.job]
    assert decode(world.jobs.known[second.job].request) == job_for(second)


def test_what_was_reached_and_is_not_so_any_more_is_queued_again_once(world: World) -> None:
    first = world.want()
    world.begin(first)
    world.end(first, "succeeded")
    second = world.want(undone=True)
    assert (second.generation, world.jobs.sent) == (1, [first.job, second.job])
    assert world.want(undone=True) == second
    assert world.jobs.sent == [first.job, second.job]


def test_another_state_is_queued_beside_what_goes_on(world: World) -> None:
    first = world.want()
    second = world.want("c")
    assert (second.generation, world.jobs.sent) == (2, [first.job, second.job])


def test_what_others_have_changed_is_not_overwritten(world: World) -> None:
    for version in (1, -1):
        with pytest.raises(Changed, match="read it again"):
            world.want(version=version)
    spec = world.want(version=0)
    with pytest.raises(Changed):
        world.want("c", version=0)
    assert world.want("c", version=spec.version).generation == 2


def test_two_at_once_are_queued_once(world: World) -> None:
    """Another process wants the same between what this one reads and what it writes."""
    want, others = world.specs.want, []

    def late(wish: Wish, version: int | None = None) -> Spec:
        if not others:
            others.append(want(Wish("node-1", "b", "other", "knight")))
        return want(wish, version)

    world.specs.want = late  # type: ignore[method-assign]
    assert world.want().job == "other"
    assert world.jobs.sent == []


def test_one_that_changes_all_the_time_is_given_up(world: World) -> None:
    def late(wish: Wish, version: int | None = None) -> Spec:
        raise Changed("meanwhile")

    world.specs.want = late  # type: ignore[method-assign]
    with pytest.raises(Busy):
        world.want()


def test_a_locked_site_says_who_and_why(world: World) -> None:
    world.jobs.lock = SiteLock("knight", "new core switches", NOON)
    told = r"locked by knight since 2025-03-30T12:00:00\+00:00: new core switches"
    with pytest.raises(Busy, match=told):
        world.want()
    assert world.specs.of() == {}


@pytest.mark.parametrize("state", ["0", "", "../a", "x" * 17])
def test_what_is_no_state_is_refused(world: World, state: str) -> None:
    with pytest.raises(Invalid, match="state"):
        world.want(state)
    assert world.specs.of() == {}


def test_what_cannot_be_queued_is_kept_and_queued_later(world: World) -> None:
    world.jobs.away_for_sending = True
    with pytest.raises(OutsideFailed, match="is queued once Redis is back"):
        world.want()
    world.jobs.away_for_sending = False
    spec = world.specs.of()["node-1"]
    assert late(world) == []  # whoever wanted it may be about to send it
    world.specs.known["node-1"] = Spec(
        **(vars(spec) | {"modified": datetime.now(UTC) - timedelta(minutes=1)})
    )
    assert late(world) == [spec.job]
    assert world.jobs.sent == [spec.job]
    assert late(world) == []  # it has a record now
    world.jobs.old.add(spec.job)  # the broker has lost its message
    assert late(world) == [spec.job]
    world.begin(spec)
    assert late(world) == []


def test_a_broker_that_is_away_on_its_own_has_ended_the_job(world: World) -> None:
    def send(job: Any, by: str, id: str | None = None) -> str:
        world.jobs.end(str(id), "failed", "the broker does not answer")
        raise OutsideFailed("the broker does not answer")

    world.jobs.send = send  # type: ignore[method-assign]
    with pytest.raises(OutsideFailed, match="want it again"):
        world.want()


def test_what_ended_or_is_older_than_records_is_not_sent_again(world: World) -> None:
    for days, device in ((2, "node-2"), (4, "node-3")):
        spec = world.specs.want(Wish(device, "b", f"job-{device}", "dragon"))
        ago = datetime.now(UTC) - timedelta(days=days)
        world.specs.known[device] = Spec(**(vars(spec) | {"modified": ago}))
    world.jobs.end("job-node-2", "failed", "no definition")
    assert late(world) == []


def late(world: World) -> list[str]:
    work = RecordedWork()
    sent: list[str] = queue_wishes(work, world.specs, world.jobs, world.jobs, 7)["wishes"]
    assert len(work.told) == len(sent)
    return sent
