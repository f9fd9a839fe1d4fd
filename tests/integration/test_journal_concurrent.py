"""Many processes write the journal at once, from its very first use on, and some are killed."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import make_url

from osism.adapters.database.journal import SqlJournal
from osism.domain.ports import Row
from tests.fakes.databases import KINDS, empty_database

PROCESSES = 8
BATCH = 5
NOON = datetime(2025, 3, 30, 12, tzinfo=UTC)
forks = multiprocessing.get_context("fork")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(kind: str, tmp_path: Path) -> Iterator[str]:
    with empty_database(kind, tmp_path) as url:
        yield url


def rows(job: str) -> list[Row]:
    return [
        Row(f"{job}.{n}", job, f"node-{n}", "a", "b", "running", "test", NOON) for n in range(BATCH)
    ]


def whole(url: str) -> None:
    """SQLite's own check of its file; PostgreSQL needs none."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(make_url(url).database or "")
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()


def take_part(journal: SqlJournal, barrier: Barrier, number: int) -> None:
    barrier.wait()
    for job in (f"job-{number}", "job-of-all"):
        ids = [row.id for row in rows(job)]
        journal.begin(rows(job), {"from": number})
        journal.event(ids, 1, "begun", by=number)
        journal.finish(ids, "succeeded", str(number))


def test_the_first_use_by_many_processes(kind: str, tmp_path: Path) -> None:
    for turn in range(2):
        with empty_database(kind, tmp_path / str(turn)) as url:
            journal = SqlJournal(url)  # nothing is made before the race
            barrier = forks.Barrier(PROCESSES)
            started = [
                forks.Process(target=take_part, args=(journal, barrier, number))
                for number in range(PROCESSES)
            ]
            for process in started:
                process.start()
            for process in started:
                process.join()
            assert [process.exitcode for process in started] == [0] * PROCESSES
            assert journal.running() == []
            assert len(journal.find(limit=1000)) == (PROCESSES + 1) * BATCH
            shared = [journal.get(row.id) for row in rows("job-of-all")]
            # One of them began all and one of them ended all; every one told.
            assert len({row.error for row, _ in shared}) == 1
            for _, events in shared:
                assert sorted(event.detail["by"] for event in events) == list(range(PROCESSES))
            journal.close()
            whole(url)


def write(url: str, name: str, told: Connection) -> None:
    journal = SqlJournal(url)
    for turn in range(10**9):
        job = f"{name}-{turn}"
        ids = [row.id for row in rows(job)]
        journal.begin(rows(job), {})
        told.send(("begun", job))
        journal.event(ids, 2, "begun", text="x" * 5000)
        journal.finish(ids, "succeeded")
        told.send(("ended", job))


def killed_writer(url: str, name: str, messages: int, later: float) -> list[tuple[str, str]]:
    """Kill a writer *later* seconds after so many messages; return all that it told."""
    ours, theirs = forks.Pipe(duplex=False)
    writer = forks.Process(target=write, args=(url, name, theirs))
    writer.start()
    theirs.close()
    told = [ours.recv() for _ in range(messages)]
    end = time.monotonic() + later
    while time.monotonic() < end:
        pass
    writer.kill()
    writer.join()
    while True:
        try:
            told.append(ours.recv())
        except (EOFError, OSError):
            return told


def test_killed_while_writing(url: str) -> None:
    chance = random.Random(4)
    journal = SqlJournal(url)
    for turn in range(6):
        told = killed_writer(url, f"turn-{turn}", chance.randint(1, 6), chance.uniform(0, 0.02))
        for what, job in told:
            found = journal.of_job(job)
            assert len(found) == BATCH
            if what == "ended":
                assert {row.status for row in found} == {"succeeded"}
        left = journal.running()
        assert len(left) in (0, BATCH)  # a batch begins and ends as one
        journal.finish([row.id for row, _ in left], "failed", "worker lost")
    journal.close()
    whole(url)


def test_killed_while_the_tables_are_made(kind: str, tmp_path: Path) -> None:
    chance = random.Random(4)
    for turn in range(4):
        with empty_database(kind, tmp_path / str(turn)) as url:
            killed_writer(url, "first", 0, chance.uniform(0, 0.12))
            journal = SqlJournal(url)
            journal.begin(rows("second"), {})
            assert len(journal.of_job("second")) == BATCH
            journal.close()
            whole(url)
