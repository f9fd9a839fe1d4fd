"""An empty task is sent, and what it says is waited for before the next one is sent, in turns to a
worker of the product's Celery application and to a bare Celery worker as it comes, both with one
process, on the same Redis. Measured is the time from before the sending to the first line of the
task. For the broker's part both are sent without a record, the bare one by `send_task`.
`queue.send` is the product's whole way: it writes the record of the job first; it is measured by
itself, against `send_task` alone, and to the event `started` of a real job, which the worker writes
when it has the job's lock."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from time import perf_counter, time
from typing import Any
from uuid import uuid4

from bench.empty import BEGAN, NAME
from bench.figures import Figure, percentiles
from bench.sizes import Sizes
from bench.stations import Desk, Station, station, until
from osism.adapters.senders import Message
from osism.commands.worker import celery
from osism.domain.jobs import ResumeTransitions


def measure(sizes: Sizes) -> Iterator[Figure]:
    with station(schedule_resume=0.0) as place:
        desk = Desk.at(place.redis.url)
        bare = _bare(place)
        _workers(place, desk, bare)

        def ours() -> None:
            desk.queue.sender.send("netbox", Message(NAME, str(uuid4()), {}))

        def theirs() -> None:
            bare.send_task("bare.empty", task_id=str(uuid4()), queue="bare")

        for send in (ours, theirs) * 10:
            _started(desk, send)
        both: tuple[list[float], list[float]] = ([], [])
        for _ in range(sizes.samples):
            both[0].append(_started(desk, ours))
            both[1].append(_started(desk, theirs))
        for name, mine, base in zip(("p50", "p99"), *map(percentiles, both), strict=True):
            told = (f"sending to the task's start, {name}", mine, "ms", base, "bare Celery")
            yield Figure(*told, most_ratio=1.5)
        yield from _queue_send(desk, ours, percentiles(both[1]), sizes.samples)


def _bare(place: Station) -> Any:
    from celery import Celery

    from osism.adapters.connections import celery_broker

    broker, options = celery_broker(place.redis.url)
    app = Celery("bare", broker=broker, set_as_current=False)
    app.conf.update(broker_transport_options=options, task_ignore_result=True)
    return app


def _workers(place: Station, desk: Desk, bare: Any) -> None:
    command = celery(["netbox"], 1, "WARNING")
    command[command.index("-I") + 1] += ",bench.our_celery"
    place.run(command)
    raw = ("-A", "bench.bare_celery", "worker", "-c", "1", "-Q", "bare", "-n", "bare@%h")
    place.run([sys.executable, "-m", "celery", *raw])
    until(desk.records.workers, "our worker")
    bare.send_task("bare.empty", task_id=str(uuid4()), queue="bare")
    if not desk.redis.blpop(BEGAN, timeout=60):
        raise TimeoutError("the bare worker did not begin")


def _started(desk: Desk, send: Callable[[], None]) -> float:
    """Milliseconds from sending to starting."""
    sent = time()
    send()
    answer = None
    while answer is None:
        answer = desk.redis.blpop(BEGAN, timeout=2)
    return (float(answer[1]) - sent) * 1000


def _queue_send(
    desk: Desk, ours: Callable[[], None], bare: tuple[float, float], samples: int
) -> Iterator[Figure]:
    sends, alone, starts = [], [], []
    for _ in range(samples):
        began = perf_counter()
        ours()
        alone.append((perf_counter() - began) * 1000)
        while desk.redis.blpop(BEGAN, timeout=2) is None:
            continue
        sent, began = time(), perf_counter()
        job_id = desk.queue.send(ResumeTransitions(), by="bench")
        sends.append((perf_counter() - began) * 1000)
        events = list(desk.records.follow(job_id))
        started = next(each.at.timestamp() for each in events if each.kind == "started")
        starts.append((started - sent) * 1000)
    for name, mine, base in zip(
        ("p50", "p99"), percentiles(sends), percentiles(alone), strict=True
    ):
        yield Figure(f"queue.send, {name}", mine, "ms", base, "send_task alone")
    for name, mine, base in zip(("p50", "p99"), percentiles(starts), bare, strict=True):
        told = (f"queue.send to 'started' in the record, {name}", mine, "ms")
        yield Figure(*told, base, "bare Celery to the task's start")
