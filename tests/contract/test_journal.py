"""What every keeper of the port Journal promises, and what the one in a database adds."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from osism.adapters.database import schema
from osism.adapters.database.journal import SqlJournal
from osism.adapters.database.tables import metadata
from osism.domain.errors import Misconfigured, NotFound, OutsideFailed
from osism.domain.ports import Journal, Row
from tests.fakes.databases import KINDS, empty_database
from tests.fakes.journal import MemoryJournal

NOON = datetime(2025, 3, 30, 12, 0, 0, 123456, tzinfo=UTC)
ROW = Row(
    id="t-1",
    job="job-1",
    device="node-1",
    source="a",
    target="b",
    status="running",
    asked_by="dragon",
    started=NOON,
    switches=("leaf-1", "leaf-2"),
)
BEGUN = replace(ROW, generation=1)  # as it is kept: that of the spec
REQUEST = {"kind": "connect", "names": ["node-1"], "enforce": False, "text": "ü\0\N{GRINNING FACE}"}


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def sql(url: str) -> Iterator[SqlJournal]:
    journal = SqlJournal(url)
    yield journal
    journal.close()


@pytest.fixture(params=["memory", *KINDS])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryJournal | SqlJournal]:
    if request.param == "memory":
        yield MemoryJournal()
        return
    with empty_database(request.param, tmp_path) as url:
        real = SqlJournal(url)
        yield real
        real.close()


def rows(number: int) -> list[Row]:
    return [
        replace(ROW, id=f"t-{n}", device=f"node-{n}", started=NOON + timedelta(seconds=n))
        for n in range(number)
    ]


class TestJournal:
    def test_a_row_comes_back_as_it_was_written(self, journal: Journal) -> None:
        journal.begin([ROW], REQUEST)
        assert journal.get("t-1") == (BEGUN, [])
        assert journal.of_job("job-1") == [BEGUN]
        assert journal.running() == [(BEGUN, REQUEST)]

    def test_times_are_utc_whatever_they_were(self, journal: Journal) -> None:
        there = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
        journal.begin([replace(ROW, started=there)], REQUEST)
        found, _ = journal.get("t-1")
        assert found.started == NOON
        if not isinstance(journal, MemoryJournal):
            assert found.started.isoformat() == NOON.isoformat()

    def test_rows_that_exist_stay(self, journal: Journal) -> None:
        journal.begin([ROW], REQUEST)
        journal.finish(["t-1"], "failed", "leaf-1 does not answer")
        second = replace(ROW, id="t-2", device="node-0")
        journal.begin([replace(ROW, asked_by="beat"), second], {"kind": "other"})
        first, _ = journal.get("t-1")
        assert (first.status, first.asked_by) == ("failed", "dragon")
        assert journal.running() == [(replace(second, generation=1), {"kind": "other"})]
        assert [row.id for row in journal.of_job("job-1")] == ["t-2", "t-1"]

    def test_nothing_is_harmless(self, journal: Journal) -> None:
        journal.begin([], REQUEST)
        journal.event([], 1, "begun")
        journal.finish([], "failed")
        assert (journal.running(), journal.find(), journal.of_job("job-1")) == ([], [], [])

    def test_events_are_kept_in_order(self, journal: Journal) -> None:
        journal.begin(rows(3), REQUEST)
        before = datetime.now(UTC)
        journal.event(["t-0", "t-2"], 1, "begun")
        journal.event(["t-2"], 3, "diff", switch="leaf-1", text="+mtu 9100\n", lines=1, same=None)
        journal.event(("t-2",), 0, "note")
        _, events = journal.get("t-2")
        assert [(each.transition, each.phase, each.kind) for each in events] == [
            ("t-2", 1, "begun"),
            ("t-2", 3, "diff"),
            ("t-2", 0, "note"),
        ]
        assert events[1].detail == {
            "switch": "leaf-1",
            "text": "+mtu 9100\n",
            "lines": 1,
            "same": None,
        }
        assert events[2].detail == {}
        assert before <= events[0].at <= datetime.now(UTC)
        assert journal.get("t-1")[1] == []

    def test_an_event_says_which_phase_a_transition_is_in(self, journal: Journal) -> None:
        journal.begin(rows(2), REQUEST)
        journal.event(["t-0", "t-1"], 3, "begun")
        journal.event(["t-0"], 0, "note")
        journal.event(["t-1"], 2, "begun")  # taken up again
        assert [row.phase for row in journal.of_job("job-1")] == [3, 2]
        journal.finish(["t-0"], "failed")
        journal.event(["t-0"], 4, "late")
        assert journal.get("t-0")[0].phase == 3

    def test_events_of_unknown_transitions_are_passed_over(self, journal: Journal) -> None:
        journal.begin([ROW], REQUEST)
        journal.event(["t-1", "t-9"], 1, "begun")
        assert len(journal.get("t-1")[1]) == 1

    def test_what_json_does_not_know_becomes_text(self, journal: Journal) -> None:
        journal.begin([ROW], REQUEST)
        journal.event(["t-1"], 1, "begun", switches={"b", "a"}, at=NOON, nested=[{"p": ("x", 1)}])
        (event,) = journal.get("t-1")[1]
        assert event.detail == {
            "switches": ["a", "b"],
            "at": str(NOON),
            "nested": [{"p": ["x", 1]}],
        }

    def test_the_first_end_stands(self, journal: Journal) -> None:
        journal.begin(rows(2), REQUEST)
        before = datetime.now(UTC)
        journal.finish(["t-0"], "failed", "leaf-1: no answer")
        journal.finish(["t-0", "t-1", "t-9"], "succeeded")
        first, second = journal.of_job("job-1")
        assert (first.status, first.error) == ("failed", "leaf-1: no answer")
        assert (second.status, second.error) == ("succeeded", "")
        assert first.ended is not None
        assert second.ended is not None
        assert before <= first.ended <= second.ended <= datetime.now(UTC)
        assert journal.running() == []

    def test_find_answers_the_newest_first(self, journal: Journal) -> None:
        journal.begin(rows(4), REQUEST)
        journal.begin(
            [replace(ROW, id="later", device="node-2", started=NOON.replace(year=2026))], {}
        )
        journal.finish(["t-1", "t-2"], "succeeded")
        assert [row.id for row in journal.find()] == ["later", "t-3", "t-2", "t-1", "t-0"]
        assert [row.id for row in journal.find(limit=2)] == ["later", "t-3"]
        assert [row.id for row in journal.find(device="node-2")] == ["later", "t-2"]
        assert [row.id for row in journal.find(status="succeeded")] == ["t-2", "t-1"]
        assert [row.id for row in journal.find("node-2", "running")] == ["later"]
        assert journal.find(device="node-9") == []
        assert [row.id for row, _ in journal.running()] == ["t-0", "t-3", "later"]

    def test_a_list_goes_on_where_it_ended(self, journal: Journal) -> None:
        same = [replace(each, started=NOON) for each in rows(5)]
        journal.begin([*same, replace(ROW, id="later", started=NOON + timedelta(minutes=1))], {})
        pages: list[list[str]] = []
        last = None
        while found := journal.find(limit=2, before=last):
            pages.append([each.id for each in found])
            last = (found[-1].started, found[-1].id)
        assert pages == [["later", "t-4"], ["t-3", "t-2"], ["t-1", "t-0"]]

    def test_an_unknown_transition_is_not_found(self, journal: Journal) -> None:
        with pytest.raises(NotFound, match="t-9"):
            journal.get("t-9")

    def test_prune_forgets_what_ended_long_ago(self, journal: MemoryJournal | SqlJournal) -> None:
        journal.begin(rows(3), REQUEST)
        later = NOON + timedelta(hours=1)
        journal.begin(
            [replace(ROW, id=f"later-{n}", device=f"node-{n}", started=later) for n in (0, 1)], {}
        )
        journal.event(["t-0", "t-2"], 1, "begun")
        journal.finish(["t-0", "t-1"], "succeeded")
        assert journal.prune(NOON) == 0
        assert journal.prune(datetime.now(UTC) + timedelta(seconds=1)) == 2
        assert [row.id for row in journal.find()] == ["later-1", "later-0", "t-2"]
        assert len(journal.get("t-2")[1]) == 1
        with pytest.raises(NotFound):
            journal.get("t-0")

    def test_prune_keeps_the_last_transition_of_each_device(
        self, journal: MemoryJournal | SqlJournal
    ) -> None:
        """It says how the device came to be what it is, however long ago."""
        journal.begin(rows(2), REQUEST)
        journal.finish(["t-0", "t-1"], "succeeded")
        assert journal.prune(datetime.now(UTC) + timedelta(seconds=1)) == 0
        assert len(journal.find()) == 2

    # --- what devices shall be

    def test_what_is_taken_up_ends_with_the_begin(self, journal: Journal) -> None:
        journal.begin(rows(3), REQUEST)
        journal.finish(["t-2"], "succeeded")
        new = replace(ROW, id="new", job="job-2", device="node-0", target="c")
        journal.begin([new], {}, ["t-0", "t-2", "t-9"], "aborted")
        found = {row.id: (row.status, row.error) for row in journal.of_job("job-1")}
        assert found == {
            "t-0": ("aborted", "taken up by job job-2"),
            "t-1": ("running", ""),
            "t-2": ("succeeded", ""),
        }

    def test_the_newest_transition_of_each_device(self, journal: Journal) -> None:
        journal.begin(rows(3), REQUEST)
        later = replace(ROW, id="later", device="node-1", started=NOON + timedelta(hours=1))
        journal.begin([later], {})
        newest = {device: row.id for device, row in journal.latest().items()}
        assert newest == {"node-0": "t-0", "node-1": "later", "node-2": "t-2"}
        asked = journal.latest(["node-1", "node-2", "node-9"])
        assert {device: row.id for device, row in asked.items()} == {
            "node-1": "later", "node-2": "t-2"
        }  # fmt: skip
        assert journal.latest([]) == {}

    def test_the_transitions_of_several_jobs(self, journal: Journal) -> None:
        journal.begin([*rows(2), replace(ROW, id="other", job="job-2", device="node-7")], REQUEST)
        journal.begin([replace(ROW, id="none", job="job-3", device="node-8")], {})
        found = journal.of_jobs(["job-1", "job-2", "job-9"])
        assert {row.id for row in found} == {"t-0", "t-1", "other"}
        assert list(journal.of_jobs([])) == []

    def test_the_last_words_of_switches(self, journal: Journal) -> None:
        journal.begin(rows(3), REQUEST)
        tell = ["t-0", "t-1"]
        journal.event(tell, 3, "switch", switch="leaf-1", result="staged", diff="+x\n" * 99)
        journal.event(tell, 3, "switch", switch="leaf-2", result="committed")
        journal.event(["t-0"], 3, "switch", switch="leaf-1", result="failed", reason="no answer")
        journal.event(["t-0"], 4, "switch", switch="leaf-2", result="drifted", differences=["mtu"])
        journal.event(["t-0"], 4, "switch", switch="leaf-2", result="reverted")
        journal.event(["t-0", "t-2"], 4, "note", switch="leaf-1", result="no event of a switch")
        assert journal.results(["t-0", "t-1", "t-2", "t-9"]) == {
            "t-0": {"leaf-1": ("failed", "no answer"), "leaf-2": ("reverted", "mtu")},
            "t-1": {"leaf-1": ("staged", ""), "leaf-2": ("committed", "")},
        }
        assert journal.results([]) == {}


class TestSqlJournal:
    def test_long_and_odd_texts_do_not_stop_a_transition(self, sql: SqlJournal) -> None:
        sql.begin([replace(ROW, asked_by="x" * 10_000)], REQUEST)
        sql.event(["t-1"], 3, "diff", text="y" * 10**6, odd="\0\ud800", number=float("nan"))
        sql.finish(["t-1"], "failed", "z\0" * 10**6)
        row, (event,) = sql.get("t-1")
        assert len(row.asked_by) < 1000
        assert len(row.error) < 10_000
        assert row.error.endswith("…")
        assert len(event.detail["text"]) == 100_000
        assert event.detail["number"] == "nan"

    def test_a_time_without_a_zone_is_a_mistake(self, sql: SqlJournal) -> None:
        with pytest.raises(OutsideFailed, match="without a time zone"):
            sql.begin([replace(ROW, started=NOON.replace(tzinfo=None))], REQUEST)

    def test_prune_goes_in_portions(self, sql: SqlJournal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("osism.adapters.database.journal._PORTION", 2)
        sql.begin(rows(5), REQUEST)
        sql.event([f"t-{n}" for n in range(5)], 1, "begun")
        sql.finish([f"t-{n}" for n in range(5)], "succeeded")
        newer = {"job": "job-2", "started": NOON + timedelta(hours=1)}
        sql.begin([replace(row, id=f"new-{row.id}", **newer) for row in rows(5)], {})
        assert sql.prune(datetime.now(UTC) + timedelta(seconds=1)) == 5
        assert {row.job for row in sql.find()} == {"job-2"}

    def test_many_transitions_in_one_go(self, sql: SqlJournal) -> None:
        many = rows(1000)
        ids = [row.id for row in many]
        sql.begin(many, REQUEST)
        sql.event(ids, 1, "begun")
        sql.finish(ids, "succeeded")
        assert len(sql.find(status="succeeded", limit=2000)) == 1000
        assert len(sql.latest()) == len(sql.latest([row.device for row in many])) == 1000
        assert sql.results(ids) == {}

    def test_tables_and_migrations_agree(self, url: str, sql: SqlJournal) -> None:
        sql.find()
        engine = create_engine(url)
        with engine.connect() as connection:
            options = {"compare_type": True, "compare_server_default": True}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, metadata) == []
        engine.dispose()

    def test_a_newer_database_is_refused(self, url: str, sql: SqlJournal) -> None:
        sql.find()
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        engine.dispose()
        newcomer = SqlJournal(url)
        with pytest.raises(Misconfigured, match="newer"):
            newcomer.find()
        newcomer.close()

    def test_another_process_has_nothing_to_migrate(self, url: str, sql: SqlJournal) -> None:
        sql.find()
        script = (
            "import sys; from osism.adapters.database.journal import SqlJournal\n"
            "SqlJournal(sys.argv[1]).find()\n"
            "assert not [m for m in sys.modules if m.startswith(('alembic', 'sqlalchemy.orm'))]"
        )
        subprocess.run([sys.executable, "-c", script, url], check=True)

    def test_a_fork_takes_no_connection_along(self, sql: SqlJournal) -> None:
        sql.begin([ROW], REQUEST)
        for turn in range(3):
            child = os.fork()
            if child == 0:
                try:
                    sql.event(["t-1"], 1, f"child {turn}")
                finally:
                    os._exit(0)
            os.waitpid(child, 0)
            sql.event(["t-1"], 1, f"parent {turn}")
        assert [event.kind for event in sql.get("t-1")[1]] == [
            f"{who} {turn}" for turn in range(3) for who in ("child", "parent")
        ]


def test_the_newest_revision_is_known() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "a://[:secret"],
)
def test_a_wrong_url_is_said_without_its_password(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        SqlJournal(url)
    assert "secret" not in str(caught.value)


class TestSqlite:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "of" / "journal.db"

    @pytest.fixture
    def journal(self, path: Path) -> SqlJournal:
        return SqlJournal(f"sqlite:///{path}")

    def test_files_are_private(self, journal: SqlJournal, path: Path) -> None:
        journal.begin([ROW], REQUEST)
        for each in [path.parent, *path.parent.iterdir()]:
            assert each.stat().st_mode & 0o077 == 0, each

    def test_readers_and_writers_do_not_wait_for_each_other(
        self, journal: SqlJournal, path: Path
    ) -> None:
        journal.begin([ROW], REQUEST)
        with sqlite3.connect(path, isolation_level=None) as other:
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            other.execute("BEGIN IMMEDIATE")
            assert len(journal.find()) == 1
            other.execute("ROLLBACK")
        other.close()

    def test_locked(self, journal: SqlJournal, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        journal.begin([ROW], REQUEST)
        monkeypatch.setattr("osism.adapters.database.engine.BUSY_TIMEOUT", 0.01)
        impatient = SqlJournal(f"sqlite:///{path}")
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(OutsideFailed, match=f"journal sqlite:///{path}.*locked"):
                impatient.finish(["t-1"], "failed")
            other.execute("ROLLBACK")
        other.close()
        impatient.finish(["t-1"], "failed")

    def test_not_a_database(self, journal: SqlJournal, path: Path) -> None:
        path.parent.mkdir()
        path.write_bytes(b"nonsense" * 1000)
        with pytest.raises(OutsideFailed, match=f"journal sqlite:///{path}.*not a database"):
            journal.find()

    def test_no_place_for_it(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(OutsideFailed, match="journal sqlite"):
            SqlJournal(f"sqlite:///{tmp_path}/file/journal.db").find()

    def test_taken_away_while_in_use(self, journal: SqlJournal, path: Path) -> None:
        journal.begin([ROW], REQUEST)
        for each in path.parent.iterdir():
            each.unlink()
        with pytest.raises(OutsideFailed, match="no such table"):
            journal.find()
        assert journal.find() == []

    def test_disk_full(self, journal: SqlJournal, path: Path) -> None:
        journal.begin([ROW], REQUEST)
        script = (
            "import resource, sys; from osism.adapters.database.journal import SqlJournal\n"
            "from osism.domain.errors import OutsideFailed\n"
            "journal = SqlJournal(sys.argv[1]); journal.find()\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (99_000, 99_000))\n"
            "try: journal.event(['t-1'], 3, 'diff', **{str(n): 'x' * 90_000 for n in range(9)})\n"
            "except OutsideFailed as error: print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, f"sqlite:///{path}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"journal sqlite:///{path}: cannot write events" in done.stdout
        assert journal.get("t-1") == (BEGUN, [])


def test_postgresql_that_does_not_answer() -> None:
    pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed")
    journal = SqlJournal("postgresql://osism:secret@127.0.0.1:1/osism")
    with pytest.raises(OutsideFailed, match=r"journal postgresql.*127\.0\.0\.1:1") as caught:
        journal.find()
    assert "secret" not in str(caught.value)


def test_finding_nothing_to_migrate_is_cheap(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/journal.db"
    SqlJournal(url).find()
    best = 1.0
    for _ in range(5):
        journal = SqlJournal(url)
        start = time.perf_counter()
        journal.find()
        best = min(best, time.perf_counter() - start)
    assert best < 0.03
