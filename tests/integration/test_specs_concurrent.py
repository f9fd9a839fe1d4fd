"""Several processes want something of the same devices at once, while transitions go on."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from osism.adapters.database.journal import SqlJournal
from osism.adapters.database.specs import SqlSpecs
from osism.domain.errors import Changed, TakenOver
from osism.domain.ports import Row
from osism.domain.specs import Wish
from tests.fakes.databases import KINDS, empty_database

PROCESSES = 4
ROUNDS = 12
DEVICES = [f"node-{number}" for number in range(5)]
NOON = datetime(2025, 3, 30, 12, tzinfo=UTC)
forks = multiprocessing.get_context("fork")


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as url:
        yield url


def together(target: Any, url: str) -> list[Any]:
    """What each process told; *target* is called with the URL, a barrier and its number."""
    barrier, told = forks.Barrier(PROCESSES), forks.Queue()

    def run(number: int) -> None:
        told.put(target(url, barrier, number))

    started = [forks.Process(target=run, args=(number,)) for number in range(PROCESSES)]
    for process in started:
        process.start()
    answers = []
    with suppress(Empty):
        answers = [told.get(timeout=60) for _ in started]
    for process in started:
        process.join(10)
    assert [process.exitcode for process in started] == [0] * PROCESSES
    return answers


def want_again_and_again(url: str, barrier: Barrier, number: int) -> int:
    """Want another state of what was read; how often that was granted."""
    granted = 0
    with closing(SqlSpecs(url)) as specs:
        barrier.wait()
        for turn in range(ROUNDS):
            known = specs.of(["node-1"]).get("node-1")
            wish = Wish("node-1", f"s{number}x{turn}", f"{number}-{turn}", "test")
            try:
                spec = specs.want(wish, known.version if known else 0)
            except Changed:
                continue
            granted += 1
            assert spec.version == spec.generation == (known.version if known else 0) + 1
    return granted


def test_of_two_who_believe_the_same_one_is_granted(url: str) -> None:
    granted = together(want_again_and_again, url)
    with closing(SqlSpecs(url)) as specs:
        spec = specs.of()["node-1"]
    assert spec.generation == spec.version == sum(granted) > 0


def bring_about(url: str, barrier: Barrier, number: int) -> int:
    """Want, begin, tell and end, of all devices in any order; how many versions that makes."""
    chance, steps = random.Random(number), 0
    with closing(SqlSpecs(url)) as specs, closing(SqlJournal(url)) as journal:
        barrier.wait()
        for turn in range(ROUNDS):
            device, job = chance.choice(DEVICES), f"{number}-{turn}"
            spec = specs.want(Wish(device, f"s{number}x{turn}", job, "test"))
            steps += 1
            row = Row(job, job, device, "a", spec.state, "running", "test", NOON)
            names = chance.sample(DEVICES, 3)
            rows = [Row(f"{job}.{n}", job, n, "a", "b", "running", "test", NOON) for n in names]
            journal.begin(rows, {})
            steps += len(rows)
            with suppress(TakenOver):  # another process, or the batch, wanted something else
                journal.begin([Row(**(vars(row) | {"generation": spec.generation}))], {})
                steps += 1
            ids = [each.id for each in chance.sample(rows, 3)]
            journal.event(ids, 1, "begin")
            journal.finish(ids, "succeeded")
            steps += 2 * len(ids)
    return steps


def test_no_step_is_lost_and_nobody_waits_for_ever(url: str) -> None:
    steps = together(bring_about, url)
    with closing(SqlSpecs(url)) as specs, closing(SqlJournal(url)) as journal:
        found = specs.of()
        assert sum(each.version for each in found.values()) == sum(steps)
        newest = [
            max(row.generation for row in journal.find(device, limit=999)) for device in found
        ]
        assert all(row <= spec.generation for row, spec in zip(newest, found.values(), strict=True))
