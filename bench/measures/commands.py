"""Each command is run several times by a small launcher, in turns with its baseline, and the
minimum of its CPU time (user and system, all threads) and the largest resident memory are given as
the kernel reports them for the process (`wait4`); wall time is the median. The baseline is a cliff
application with one command that does nothing, started the same way; for sending a job it is a
program that sends one message with Celery. The commands of the product are started as their console
script does. The list of jobs has 50 rows; a worker of all queues is there in one case."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from uuid import uuid4

from bench.figures import Figure
from bench.sizes import Sizes
from bench.stations import ROOT, Desk, Station, station, until
from osism.domain.jobs import ConnectDevices

OSISM = [sys.executable, "-c", "import sys; from osism.main import main; sys.exit(main())"]
CLIFF = [sys.executable, str(ROOT / "bench" / "bare_cliff.py")]
CELERY = [sys.executable, str(ROOT / "bench" / "bare_celery.py"), str(uuid4())]
LAUNCHER = [sys.executable, "-I", "-S", str(ROOT / "bench" / "launcher.py")]


@dataclass(frozen=True)
class Runs:
    """What several runs of one command took."""

    rows: Sequence[tuple[float, float, int, int]]

    @property
    def wall(self) -> float:
        return median(wall for wall, _, _, _ in self.rows)

    @property
    def cpu(self) -> float:
        return min(cpu for _, cpu, _, _ in self.rows)

    @property
    def memory(self) -> float:
        """MiB"""
        return max(kib for _, _, kib, _ in self.rows) / 1024


def measure(sizes: Sizes) -> Iterator[Figure]:
    with station() as place:
        desk = Desk.at(place.redis.url)
        for n in range(50):
            job_id = str(uuid4())
            desk.queue.record(job_id, ConnectDevices((f"node-{n}",), state="a"), "bench")
            desk.records.end(job_id, "succeeded")
        yield from _help(place, sizes.repeats)
        yield from _list(place, sizes.repeats, "no worker")
        sending = [*OSISM, "netbox", "connect", "node-1", "--state", "a", "--no-wait"]
        ours, bare = _runs(place, sizes.repeats, sending, CELERY)
        told = ("osism netbox connect --no-wait: CPU", ours.cpu, "s", bare.cpu)
        yield Figure(*told, "one message with Celery", most=0.5)
        desk.redis.flushall()
        for n in range(50):
            desk.queue.record(str(uuid4()), ConnectDevices((f"node-{n}",), state="a"), "bench")
        place.start("worker", "--all")
        until(desk.records.workers, "a worker")
        yield from _list(place, sizes.repeats, "a worker")


def _help(place: Station, repeats: int) -> Iterator[Figure]:
    for words in (["--help"], ["netbox", "connect", "--help"]):
        ours, bare = _runs(place, repeats, [*OSISM, *words], [*CLIFF, "--help"])
        what = f"osism {' '.join(words)}"
        yield Figure(f"{what}: CPU", ours.cpu, "s", bare.cpu, "bare cliff", most_ratio=2)
        yield Figure(f"{what}: memory", ours.memory, "MiB", bare.memory, "bare cliff", most=35)


def _list(place: Station, repeats: int, there: str) -> Iterator[Figure]:
    ours, bare = _runs(place, repeats, [*OSISM, "task", "list"], [*CLIFF, "trivial"])
    told = (f"osism task list, {there}: wall", ours.wall, "s", bare.wall)
    yield Figure(*told, "bare cliff", most=0.3)


def _runs(place: Station, repeats: int, *commands: Sequence[str]) -> list[Runs]:
    """Runs of each of *commands*, in turns, after one that counts for nothing."""
    rows: list[list[tuple[float, float, int, int]]] = [[] for _ in commands]
    for turn in range(repeats + 1):
        for command, found in zip(commands, rows, strict=True):
            answer = subprocess.run(
                [*LAUNCHER, "1", *command],
                env=place.environment,
                cwd=place.directory,
                check=True,
                capture_output=True,
                text=True,
            )
            row = json.loads(answer.stdout)[0]
            if row[3]:
                raise RuntimeError(f"{' '.join(command)} ended with {row[3]}: {answer.stderr}")
            if turn:
                found.append(row)
    return [Runs(found) for found in rows]
