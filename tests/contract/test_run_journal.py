"""What every keeper of the port RunJournal promises, and what the one in a database adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect

from osism.adapters.database import schema
from osism.adapters.database.journal import SqlJournal
from osism.adapters.database.runs import SqlRunJournal
from osism.domain.errors import Invalid, NotFound, OutsideFailed
from osism.domain.ports import Row, RunJournal
from osism.domain.runs import Run
from tests.fakes.databases import KINDS, empty_database
from tests.fakes.run_journal import MemoryRunJournal

NOON = datetime(2025, 3, 30, 12, 0, 0, 123456, tzinfo=UTC)
RUN = Run(
    id="r-1",
    environment="generic",
    role="facts",
    status="running",
    asked_by="dragon",
    started=NOON,
    worker="ansible@host (pid 42)",
    collection="job-of-collection",
    request={"job": "RunPlaybook", "arguments": ["-e", "x=ü\N{GRINNING FACE}"], "retries": 0},
)
HOSTS = {"host-1": {"ok": 3, "failed": 0}, "ümlaut": {"ok": 0, "failed": 1}}


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def sql(url: str) -> Iterator[SqlRunJournal]:
    journal = SqlRunJournal(url)
    yield journal
    journal.close()


@pytest.fixture(params=["memory", *KINDS])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunJournal]:
    if request.param == "memory":
        yield MemoryRunJournal()
        return
    with empty_database(request.param, tmp_path) as url:
        real = SqlRunJournal(url)
        yield real
        real.close()


def begin(journal: RunJournal, *ids: str, **values: Any) -> None:
    for number, each in enumerate(ids):
        run = replace(RUN, id=each, started=NOON + timedelta(seconds=number), **values)
        journal.begin_run(run)


class TestRunJournal:
    def test_a_run_comes_back_as_it_was_written(self, journal: RunJournal) -> None:
        journal.begin_run(RUN)
        assert journal.run("r-1") == RUN
        assert list(journal.runs()) == [RUN]

    def test_times_are_utc_whatever_they_were(self, journal: RunJournal) -> None:
        there = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
        journal.begin_run(replace(RUN, started=there))
        assert journal.run("r-1").started == NOON

    def test_a_run_that_is_there_stays(self, journal: RunJournal) -> None:
        journal.begin_run(RUN)
        journal.begin_run(replace(RUN, asked_by="somebody", role="else"))
        assert journal.run("r-1") == RUN
        journal.finish_run("r-1", "failed", 2)
        journal.begin_run(RUN)
        assert journal.run("r-1").status == "failed"

    def test_the_first_end_stands(self, journal: RunJournal) -> None:
        journal.begin_run(RUN)
        before = datetime.now(UTC)
        journal.finish_run("r-1", "failed", 2, "failed: ümlaut", HOSTS)
        journal.finish_run("r-1", "succeeded", 0, "", {})
        found = journal.run("r-1")
        assert (found.status, found.exit_code, found.reason) == ("failed", 2, "failed: ümlaut")
        assert found.hosts == HOSTS
        assert found.ended is not None
        assert before <= found.ended <= datetime.now(UTC)
        assert replace(found, **dict.fromkeys(("ended", "exit_code"))) == replace(
            RUN, status="failed", reason="failed: ümlaut", hosts=HOSTS
        )

    def test_an_end_without_hosts_leaves_them(self, journal: RunJournal) -> None:
        journal.begin_run(replace(RUN, hosts=HOSTS))
        journal.finish_run("r-1", "revoked", None, "by dragon")
        assert journal.run("r-1").hosts == HOSTS
        assert journal.run("r-1").exit_code is None

    def test_the_end_of_an_unknown_run_is_passed_over(self, journal: RunJournal) -> None:
        journal.finish_run("r-9", "failed", 4, "worker lost")
        assert list(journal.runs()) == []

    def test_the_newest_come_first(self, journal: RunJournal) -> None:
        begin(journal, "c", "b", "a")
        begin(journal, "a-too", role="ping")
        journal.finish_run("b", "succeeded", 0)
        assert [each.id for each in journal.runs()] == ["a", "b", "c", "a-too"]
        assert [each.id for each in journal.runs(limit=1)] == ["a"]
        assert [each.id for each in journal.runs("facts", "running")] == ["a", "c"]
        assert [each.id for each in journal.runs(role="ping")] == ["a-too"]
        assert [each.id for each in journal.runs(status="succeeded")] == ["b"]
        assert list(journal.runs(role="nothing")) == []

    def test_pages_hold_every_run_once(self, journal: RunJournal) -> None:
        begin(journal, "a", "b", "c")
        begin(journal, "d", "e", collection="another")  # as old as a and b
        seen: list[str] = []
        before = None
        while page := journal.runs(limit=2, before=before):
            seen += [each.id for each in page]
            before = page[-1].started, page[-1].id
        assert seen == ["c", "e", "b", "d", "a"]
        mine = journal.runs(collection="another", before=(NOON, "e"))
        assert [each.id for each in mine] == ["d"]

    def test_which_runs_have_begun(self, journal: RunJournal) -> None:
        begin(journal, "a", "b")
        assert journal.begun(["b", "c", "x\0"]) == {"b"}
        assert journal.begun([]) == set()

    @pytest.mark.parametrize(
        ("typed", "found"),
        [("ab-1", "ab-1"), ("ab-2", "ab-2x"), ("b", "b"), ("a_", "a_b"), ("a%", "a%b"),
         ("a\\", "a\\b"), ("ü", "ü"), ("B", "BB")],
    )  # fmt: skip
    def test_the_beginning_of_an_id_is_enough(
        self, journal: RunJournal, typed: str, found: str
    ) -> None:
        begin(journal, "ab-1", "ab-10", "ab-11", "ab-2x", "b", "bb", "a_b", "a%b", "a\\b", "ü")
        begin(journal, "BB")
        assert journal.run(typed).id == found

    @pytest.mark.parametrize("typed", ["", "x", "ab-", "_", "%", "%b", "a\0", "\udcff", "a/", " "])
    def test_what_no_id_begins_with(self, journal: RunJournal, typed: str) -> None:
        begin(journal, "ab_1", "a")
        with pytest.raises(NotFound, match="no run whose id begins with"):
            journal.run(typed)

    def test_the_beginning_of_several_ids(self, journal: RunJournal) -> None:
        begin(journal, "a-1", "a-2")
        with pytest.raises(Invalid, match="run 'a' is ambiguous"):
            journal.run("a")

    def test_prune_forgets_what_ended_long_ago(self, journal: RunJournal) -> None:
        begin(journal, "old", "running", "new")
        journal.finish_run("old", "succeeded", 0)
        assert journal.prune_runs(NOON) == 0
        assert journal.prune_runs(datetime.now(UTC) + timedelta(seconds=1)) == 1
        assert [each.id for each in journal.runs()] == ["new", "running"]
        assert journal.prune_runs(datetime.now(UTC) + timedelta(seconds=1)) == 0


class TestSqlRunJournal:
    def test_long_and_odd_texts_do_not_stop_a_run(self, sql: SqlRunJournal) -> None:
        odd = "x\0\udc80" * 1000
        request = {"arguments": [odd, "y" * 10**6], "odd\0": float("nan"), "t": (1, {2})}
        run = replace(RUN, environment=odd, role=odd, asked_by=odd, worker=odd, collection=odd)
        sql.begin_run(replace(run, request=request))
        sql.finish_run("r-1", "failed", 1, "z\0\udc80" * 10**6, {"host\0": {"ok": 1}})
        found = sql.run("r-1")
        assert len(found.role) < 1000
        assert 1000 < len(found.reason) < 10_000
        assert found.reason.endswith("…")
        assert "\0" not in found.reason + found.collection + "".join(found.hosts)
        assert len(found.request["arguments"][1]) == 100_000
        assert [each.id for each in sql.runs(role=odd)] == ["r-1"]

    def test_an_odd_id_ends_as_it_began(self, sql: SqlRunJournal) -> None:
        odd = "x\0\udc80" * 1000
        sql.begin_run(replace(RUN, id=odd))
        sql.begin_run(replace(RUN, id=odd))
        sql.finish_run(odd, "succeeded", 0)
        assert sql.run(odd).status == "succeeded"

    def test_a_time_without_a_zone_is_a_mistake(self, sql: SqlRunJournal) -> None:
        with pytest.raises(OutsideFailed, match="without a time zone"):
            sql.begin_run(replace(RUN, started=NOON.replace(tzinfo=None)))

    def test_a_thousand_hosts(self, sql: SqlRunJournal) -> None:
        hosts = {f"host-{number}": {"ok": number, "failed": 0} for number in range(1000)}
        sql.begin_run(RUN)
        sql.finish_run("r-1", "succeeded", 0, "", hosts)
        assert sql.run("r-1").hosts == hosts

    def test_transitions_of_the_first_version_are_kept(self, url: str, sql: SqlRunJournal) -> None:
        """A database of revision 0001 with a transition in it is upgraded."""
        transitions = SqlJournal(url)
        row = Row("t-1", "job-1", "node-1", "a", "b", "running", "dragon", NOON)
        transitions.begin([row], {"names": ["node-1"]})
        transitions.event(["t-1"], 1, "begun", text="ü")
        engine = create_engine(url)
        with engine.begin() as connection:
            config = Config(attributes={"connection": connection})
            folder = Path(schema.__file__).parent / "migrations"
            config.set_main_option("script_location", str(folder))
            command.downgrade(config, "0001")
        assert not inspect(engine).has_table("runs")
        sql.begin_run(RUN)
        assert inspect(engine).has_table("runs")
        engine.dispose()
        assert sql.run("r-1") == RUN
        found, events = transitions.get("t-1")
        assert (found.id, found.phase, events[0].detail) == ("t-1", 1, {"text": "ü"})
        transitions.close()
