"""What every keeper of the port Conditions promises, and what the one in a database adds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect

from osism.adapters.database import schema
from osism.adapters.database.conditions import SqlConditions
from osism.adapters.database.runs import SqlRunJournal
from osism.domain.conditions import Condition, described
from osism.domain.ports import Conditions
from osism.domain.runs import Run
from tests.fakes.conditions import MemoryConditions
from tests.fakes.databases import KINDS, empty_database

NOON = datetime(2025, 3, 30, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def sql(url: str) -> Iterator[SqlConditions]:
    conditions = SqlConditions(url)
    yield conditions
    conditions.close()


@pytest.fixture(params=["memory", *KINDS])
def conditions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Conditions]:
    if request.param == "memory":
        yield MemoryConditions()
        return
    with empty_database(request.param, tmp_path) as url:
        real = SqlConditions(url)
        yield real
        real.close()


class TestConditions:
    def test_one_comes_back_as_it_was_written(self, conditions: Conditions) -> None:
        there = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
        conditions.set("node-1", "clean", "disk on fire ü", there)
        assert conditions.of() == [Condition("node-1", "clean", "disk on fire ü", NOON)]

    def test_the_time_is_that_of_the_first_and_the_reason_of_the_last(
        self, conditions: Conditions
    ) -> None:
        conditions.set("node-1", "clean", "first", NOON)
        conditions.set("node-1", "clean", "last", LATER)
        assert conditions.of() == [Condition("node-1", "clean", "last", NOON)]

    def test_after_its_end_it_begins_anew(self, conditions: Conditions) -> None:
        conditions.set("node-1", "clean", "first", NOON)
        assert conditions.clear("node-1", ["clean"]) == 1
        conditions.set("node-1", "clean", "last", LATER)
        assert conditions.of() == [Condition("node-1", "clean", "last", LATER)]

    def test_only_what_is_named_ends(self, conditions: Conditions) -> None:
        for device in ("node-1", "node-2"):
            for kind in ("clean", "power", "transition"):
                conditions.set(device, kind, "", NOON)
        assert conditions.clear("node-1", ["clean", "power", "deploy"]) == 2
        assert conditions.clear("node-1", ["clean"]) == 0
        assert conditions.clear("node-2", []) == 0
        left = [(each.device, each.kind) for each in conditions.of()]
        assert left == [("node-1", "transition")] + [
            ("node-2", kind) for kind in ("clean", "power", "transition")
        ]

    def test_they_come_by_device_and_time(self, conditions: Conditions) -> None:
        conditions.set("b", "clean", "", LATER)
        conditions.set("b", "power", "no BMC", NOON)
        conditions.set("a", "verify", "", LATER)
        assert [(each.device, each.kind) for each in conditions.of()] == [
            ("a", "verify"), ("b", "power"), ("b", "clean")
        ]  # fmt: skip
        assert described(conditions.of(["b"])) == "power: no BMC; clean"
        assert described(conditions.of(["b"]), 9) == "power: n…"
        assert list(conditions.of([])) == list(conditions.of(["c"])) == []

    def test_a_reason_is_one_line(self, conditions: Conditions) -> None:
        conditions.set("a", "clean", "two\n  lines\t", NOON)
        assert conditions.of()[0].reason == "two lines"


class TestSqlConditions:
    def test_long_and_odd_texts(self, sql: SqlConditions) -> None:
        odd = "x\0\udc80" * 1000
        sql.set(odd, "clean", odd, NOON)
        sql.set(odd, "clean", odd, NOON)
        assert len(sql.of([odd])) == 1
        assert len(sql.of()[0].reason) <= 2000
        assert sql.clear(odd, ["clean"]) == 1

    def test_of_many_devices(self, sql: SqlConditions) -> None:
        sql.set("node-1999", "clean", "", NOON)
        assert len(sql.of([f"node-{number}" for number in range(2500)])) == 1

    def test_several_at_once_make_one(self, sql: SqlConditions) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: sql.set("a", "clean", str(n), NOON), range(12)))
        assert len(sql.of()) == 1

    def test_what_the_second_version_has_is_kept(self, url: str, sql: SqlConditions) -> None:
        """A database of revision 0002 with a run in it is upgraded."""
        runs, run = SqlRunJournal(url), Run("r-1", "generic", "facts", "running", "dragon", NOON)
        runs.begin_run(run)
        engine = create_engine(url)
        with engine.begin() as connection:
            config = Config(attributes={"connection": connection})
            folder = Path(schema.__file__).parent / "migrations"
            config.set_main_option("script_location", str(folder))
            command.downgrade(config, "0002")
        assert not inspect(engine).has_table("conditions")
        sql.set("node-1", "clean", "", NOON)
        engine.dispose()
        assert runs.run("r-1").asked_by == "dragon"
        runs.close()
