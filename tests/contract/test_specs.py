"""What every keeper of the port Specs promises, and what a journal beside it keeps true."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect

from osism.adapters.database import schema
from osism.adapters.database.conditions import SqlConditions
from osism.adapters.database.journal import SqlJournal
from osism.adapters.database.specs import SqlSpecs
from osism.domain.errors import Changed, TakenOver
from osism.domain.ports import Journal, Row, Specs
from osism.domain.specs import Spec, Wish
from tests.fakes.databases import KINDS, empty_database
from tests.fakes.journal import MemoryJournal
from tests.fakes.specs import MemorySpecs

NOON = datetime(2025, 3, 30, 12, tzinfo=UTC)
WISH = Wish("node-1", "b", "job-1", "dragon", {"rack": "ü"})
ROW = Row("t-1", "job-1", "node-1", "a", "b", "running", "dragon", NOON)


@dataclass
class World:
    specs: Specs
    journal: Journal

    def figures(self, device: str = "node-1") -> tuple[int, int]:
        """Generation and version."""
        spec = self.specs.of([device])[device]
        return spec.generation, spec.version


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture(params=["memory", *KINDS])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "memory":
        specs = MemorySpecs()
        yield World(specs, MemoryJournal(specs))
        return
    with (
        empty_database(request.param, tmp_path) as url,
        closing(SqlSpecs(url)) as specs,
        closing(SqlJournal(url)) as journal,
    ):
        yield World(specs, journal)


def test_the_stamp_is_another_one_whenever_a_spec_has_changed(world: World) -> None:
    stamps = [world.specs.stamp()]
    for do in (
        lambda: world.specs.want(WISH),
        lambda: world.specs.want(replace(WISH, state="c")),
        lambda: world.specs.want(replace(WISH, device="node-2")),
        lambda: world.journal.begin([ROW], {}),
        lambda: world.journal.event(["t-1"], 1, "begin"),
        lambda: world.journal.finish(["t-1"], "succeeded"),
    ):
        do()
        stamps.append(world.specs.stamp())
        assert world.specs.stamp() == stamps[-1]
    assert len(set(stamps)) == len(stamps)


class TestWishes:
    def test_the_first_wish(self, world: World) -> None:
        before = datetime.now(UTC)
        spec = world.specs.want(WISH)
        assert (spec.generation, spec.version, spec.state, spec.job) == (1, 1, "b", "job-1")
        assert (spec.asked_by, spec.labels) == ("dragon", {"rack": "ü"})
        assert before <= spec.created == spec.modified <= datetime.now(UTC)
        assert world.specs.of() == {"node-1": spec}

    def test_another_state_is_another_generation(self, world: World) -> None:
        first = world.specs.want(WISH)
        spec = world.specs.want(Wish("node-1", "c", "job-2", "knight"))
        assert (spec.generation, spec.version, spec.job) == (2, 2, "job-2")
        assert (spec.asked_by, spec.labels) == ("knight", {"rack": "ü"})
        assert spec.created == first.created
        assert world.specs.want(Wish("node-1", "b", "job-3", "knight")).generation == 3

    def test_the_same_wish_changes_nothing(self, world: World) -> None:
        first = world.specs.want(WISH)
        assert world.specs.want(replace(WISH, by="knight")) == first
        assert world.specs.want(replace(WISH, labels=None)) == first

    def test_the_same_state_by_another_job_is_no_generation(self, world: World) -> None:
        world.specs.want(WISH)
        spec = world.specs.want(replace(WISH, job="job-2", by="knight"))
        assert (spec.generation, spec.version, spec.job) == (1, 2, "job-2")
        assert spec.asked_by == "knight"

    def test_labels_are_no_generation(self, world: World) -> None:
        world.specs.want(WISH)
        spec = world.specs.want(replace(WISH, by="knight", labels={}))
        assert (spec.generation, spec.version, spec.labels) == (1, 2, {})
        assert spec.asked_by == "dragon"

    @pytest.mark.parametrize("version", [0, 2, -1, 10**30])
    def test_one_that_believes_something_else_changes_nothing(
        self, world: World, version: int
    ) -> None:
        first = world.specs.want(WISH, 0)
        with pytest.raises(Changed, match="read it again"):
            world.specs.want(replace(WISH, state="c"), version)
        with pytest.raises(Changed):
            world.specs.want(replace(WISH, device="node-2"), 1)
        assert world.specs.of() == {"node-1": first}
        assert world.specs.want(replace(WISH, state="c"), 1).generation == 2

    def test_specs_are_found_by_device(self, world: World) -> None:
        for each in ("node-2", "node-10", "node-1"):
            world.specs.want(replace(WISH, device=each))
        assert list(world.specs.of()) == ["node-1", "node-10", "node-2"]
        assert list(world.specs.of(["node-2", "node-3"])) == ["node-2"]
        assert world.specs.of([]) == {}

    def test_what_was_never_sent_is_found(self, world: World) -> None:
        for each in ("node-1", "node-2"):
            world.specs.want(replace(WISH, device=each, job=f"job-of-{each}"))
        world.journal.begin([replace(ROW, job="job-of-node-1")], {})
        now = datetime.now(UTC) + timedelta(seconds=1)
        ago = now - timedelta(minutes=1)
        assert [each.device for each in world.specs.unsent(ago, now)] == ["node-2"]
        assert list(world.specs.unsent(now, now + timedelta(days=1))) == []
        assert list(world.specs.unsent(ago - timedelta(days=1), ago)) == []


class TestTransitions:
    def test_one_that_begins_makes_the_spec(self, world: World) -> None:
        world.journal.begin([ROW, replace(ROW, id="t-2", device="node-2", target="0")], {})
        specs = world.specs.of()
        assert [each.state for each in specs.values()] == ["b", "0"]
        spec = specs["node-1"]
        assert (spec.generation, spec.version, spec.job, spec.asked_by, spec.labels) == (
            1, 1, "job-1", "dragon", {}
        )  # fmt: skip

    def test_one_to_another_state_is_a_generation(self, world: World) -> None:
        world.specs.want(WISH)
        world.journal.begin([replace(ROW, id="t-2", job="job-2", target="c")], {})
        spec = world.specs.of()["node-1"]
        assert (spec.state, spec.generation, spec.job) == ("c", 2, "job-2")
        assert spec.labels == {"rack": "ü"}
        assert world.journal.get("t-2")[0].generation == 2

    def test_one_to_the_same_state_is_none(self, world: World) -> None:
        world.specs.want(WISH)
        world.journal.begin([replace(ROW, generation=1)], {})
        assert world.figures() == (1, 2)
        world.journal.begin([replace(ROW, id="t-2", job="job-2")], {})
        assert world.figures() == (1, 3)
        assert world.specs.of()["node-1"].job == "job-2"

    def test_one_of_an_older_generation_is_not_begun(self, world: World) -> None:
        world.journal.begin([replace(ROW, id="t-0", job="job-0", device="node-2")], {})
        world.specs.want(WISH)
        world.specs.want(replace(WISH, state="c", job="job-2", by="knight"))
        before = world.specs.of()
        batch = [replace(ROW, id="t-3", device="node-0"), replace(ROW, generation=1)]
        with pytest.raises(TakenOver, match=r"superseded by generation 2 \(state c\)") as caught:
            world.journal.begin(batch, {}, ["t-0"])
        assert caught.value.by == "knight"
        assert world.specs.of() == before
        assert [row.id for row, _ in world.journal.running()] == ["t-0"]

    def test_the_same_state_wanted_again_later_does_not_revive_the_older_one(
        self, world: World
    ) -> None:
        for number, state in enumerate("bcb"):
            world.specs.want(replace(WISH, state=state, job=f"job-{number}"))
        with pytest.raises(TakenOver, match="generation 3"):
            world.journal.begin([replace(ROW, job="job-0", generation=1)], {})
        world.journal.begin([replace(ROW, job="job-2", generation=3)], {})

    def test_one_that_is_taken_up_again_goes_on(self, world: World) -> None:
        world.specs.want(WISH)
        world.journal.begin([replace(ROW, generation=1)], {})
        newer = world.specs.want(Wish("node-1", "c", "job-2", "knight"))
        world.journal.begin([replace(ROW, generation=1)], {})
        assert world.specs.of()["node-1"] == newer

    def test_every_step_is_a_version(self, world: World) -> None:
        world.journal.begin([ROW, replace(ROW, id="t-2", device="node-2")], {})
        world.journal.event(["t-1"], 2, "begin")
        world.journal.event(["t-1", "t-2"], 2, "switch", switch="leaf-1", result="generated")
        assert (world.figures(), world.figures("node-2")) == ((1, 3), (1, 2))
        world.journal.finish(["t-1", "t-9"], "succeeded")
        world.journal.finish(["t-1"], "failed")  # the first end stands
        assert (world.figures(), world.figures("node-2")) == ((1, 4), (1, 2))

    def test_a_transition_older_than_specs_gets_one_when_it_goes_on(self, world: World) -> None:
        world.journal.begin([ROW], {})
        world.journal.begin([ROW], {})
        assert world.figures() == (1, 1)


class TestDatabase:
    @pytest.fixture
    def specs(self, url: str) -> Iterator[SqlSpecs]:
        with closing(SqlSpecs(url)) as specs:
            yield specs

    @pytest.fixture
    def journal(self, url: str) -> Iterator[SqlJournal]:
        with closing(SqlJournal(url)) as journal:
            yield journal

    def test_odd_texts(self, specs: SqlSpecs, journal: SqlJournal) -> None:
        odd = "x\0\udc80" * 1000
        spec = specs.want(Wish(odd, "b", odd, odd, {"\0": odd}))
        assert specs.of([odd]) == {spec.device: spec}
        assert specs.want(Wish(odd, "b", odd, odd)) == spec
        journal.begin([replace(ROW, device="\0\udc80")], {})
        assert list(specs.of(["\0\udc80"])) == [journal.get("t-1")[0].device]

    def test_many_devices_go_in_portions(
        self, specs: SqlSpecs, journal: SqlJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("osism.adapters.database.specs.SOME", 2)
        many = [f"node-{number}" for number in range(5)]
        journal.begin([replace(ROW, id=f"t-{each}", device=each) for each in many], {})
        ids = [f"t-{each}" for each in many]
        journal.event(ids, 3, "switch", switch="leaf-1", result="staged")
        assert list(specs.of(many)) == list(specs.of()) == many
        assert set(journal.latest(many)) == set(journal.latest()) == set(many)
        assert set(journal.results(ids)) == set(ids)

    def test_conditions_are_versions(self, url: str, specs: SqlSpecs) -> None:
        def version() -> int:
            return specs.of()["node-1"].version

        specs.want(WISH)
        with closing(SqlConditions(url)) as conditions:
            conditions.set("node-1", "clean", "no power", NOON)
            assert version() == 2
            conditions.set("node-1", "clean", "no power", NOON)
            conditions.set("node-2", "clean", "no power", NOON)
            assert version() == 2
            conditions.set("node-1", "clean", "no disk", NOON)
            assert version() == 3
            assert conditions.clear("node-1", ["clean", "power"]) == 1
            assert conditions.clear("node-1", ["clean", "power"]) == 0
            assert version() == 4
        assert list(specs.of()) == ["node-1"]

    def test_a_transition_of_the_version_before_goes_on_after_the_upgrade(
        self, url: str, specs: SqlSpecs, journal: SqlJournal
    ) -> None:
        journal.begin([ROW, replace(ROW, id="t-2", device="node-2")], {"job": "ConnectDevices"})
        journal.event(["t-1"], 3, "begin")
        journal.finish(["t-2"], "succeeded")
        downgraded(url, "0003")
        assert specs.of() == {}
        assert [row.generation for row in journal.of_job("job-1")] == [0, 0]
        assert journal.latest() == {}
        assert list(journal.latest(["node-1", "node-2"])) == ["node-1", "node-2"]
        journal.event(["t-1"], 4, "begin")
        journal.begin([ROW], {})
        assert specs.of()["node-1"] == Spec(
            "node-1", "b", 1, 1, "job-1", "dragon", *[specs.of()["node-1"].created] * 2
        )
        journal.finish(["t-1"], "succeeded")
        assert journal.of_job("job-1")[0].phase == 4


def downgraded(url: str, revision: str) -> None:
    """Lead a database back to what the version before had."""
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        folder = Path(schema.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        command.downgrade(config, revision)
    assert not inspect(engine).has_table("specs")
    assert not inspect(engine).has_table("audit")
    engine.dispose()
