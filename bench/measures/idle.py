"""Processes are started, and once they have nothing to do the proportional set size (`Pss` of
`smaps_rollup`: memory shared by several processes is divided among them) of each of them and all
their descendants is summed. Redis is not counted. "Split" is one worker per queue, each with 4
processes, and the scheduler; "consolidated" is `osism worker --all` with the default of 2
processes, and the scheduler. The baseline is one bare Celery worker with as many processes on the
same broker at the same time; the processes of both share Python's files in memory."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import sleep

from bench.figures import Figure
from bench.sizes import Sizes
from bench.stations import Desk, station, until
from osism.domain.jobs import QUEUES
from osism.lab.processes import descendants

SETTLED = 1.0  # seconds without a change of more than a hundredth ...
ROUNDS = 20  # ... and how often to look for that


def measure(sizes: Sizes) -> Iterator[Figure]:
    netbox = ["worker", "netbox", "--concurrency", "4"]
    yield from _tree("worker netbox and beat", [netbox], 4, None, None)
    every = [["worker", name, "--concurrency", "4"] for name in QUEUES]
    yield from _tree("split, all workers and beat", every, 4, 45, 1.3 * 1024)
    yield from _tree("consolidated, worker --all and beat", [["worker", "--all"]], 2, 12, 450)


def _tree(
    what: str,
    workers: Sequence[Sequence[str]],
    concurrency: int,
    processes: int | None,
    memory: float | None,
) -> Iterator[Figure]:
    with station() as place:
        bare = place.start(
            *("-A", "bench.bare_celery", "worker", "-c", str(concurrency), "-n", "bare@%h"),
            module="celery",
        )
        ours = [place.start(*words) for words in workers]
        ours.append(place.start("service", "beat"))
        desk = Desk.at(place.redis.url)
        until(lambda: len(desk.records.workers()) == len(workers), "all workers")
        until(lambda: desk.redis.exists("osism:lock:beat"), "the scheduler")
        until(lambda: len(tree([bare])) > concurrency, "the bare worker")
        base, found = _settled([bare], ours)
        yield Figure(
            f"{what}: processes",
            len(tree(ours)),
            "processes",
            len(tree([bare])),
            "one bare Celery worker",
            most=processes,
        )
        yield Figure(f"{what}: memory", found, "MiB", base, "one bare Celery worker", most=memory)


def tree(roots: Sequence[subprocess.Popen[bytes]]) -> list[int]:
    """The processes and all below them."""
    for each in roots:
        if each.poll() is not None:
            raise RuntimeError(f"{each.args} ended with {each.returncode}")
    return [pid for each in roots for pid in (each.pid, *descendants(each.pid))]


def pss(pids: Sequence[int]) -> float:
    """MiB"""
    total = 0
    for pid in pids:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        line = next(each for each in text.splitlines() if each.startswith("Pss:"))
        total += int(line.split()[1])
    return total / 1024


def _settled(*roots: Sequence[subprocess.Popen[bytes]]) -> list[float]:
    """The memory of each set of trees once it no longer changes."""
    last = [0.0 for _ in roots]
    for _ in range(ROUNDS):
        sleep(SETTLED)
        new = [pss(tree(each)) for each in roots]
        if all(abs(a - b) < 0.01 * a for a, b in zip(new, last, strict=True)):
            break
        last = new
    return new
