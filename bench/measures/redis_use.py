"""In one process on a Redis of its own. Locks: one name, or 20, held and released again and again;
the baseline is `redis.lock.Lock`, one after the other. Output: events of a line each through the
writer of a job, from the first to the moment when Redis has the last; the baseline is the same
texts by plain `XADD` in pipelines of 500. Latency is from the call that emits an event to its
arrival at somebody who follows the job, one at a time; the baseline is `XADD` to a blocked
`XREAD`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import Any
from uuid import uuid4

from redis.lock import Lock

from bench.figures import Figure, percentiles
from bench.sizes import Sizes
from bench.stations import Desk, station
from osism.adapters.connections import connect
from osism.domain.jobs import ConnectDevices
from osism.domain.ports import Owner

LINE = "TASK [osism.services.docker : Restart docker service] ok: [testbed-node-0]"


def measure(sizes: Sizes) -> Iterator[Figure]:
    with station() as place:
        desk = Desk.at(place.redis.url)
        for count in (1, 20):
            yield _locks(desk, [f"device:node-{n}" for n in range(count)], sizes.samples)
        yield _lines(desk, sizes.lines)
        yield from _latency(desk, place.redis.url, sizes.samples)


def _locks(desk: Desk, names: list[str], samples: int) -> Figure:
    owner = Owner("bench", "bench")

    def ours() -> None:
        with desk.locks.hold(names, owner, 0):
            pass

    def theirs() -> None:
        with ExitStack() as held:
            for name in names:
                held.enter_context(Lock(desk.redis, f"bench:{name}", timeout=30))

    mine, base = _times(ours, samples), _times(theirs, samples)
    what = f"hold and release {len(names)} lock{'s' * (len(names) > 1)}, p50"
    return Figure(what, percentiles(mine)[0], "ms", percentiles(base)[0], "redis.lock.Lock")


def _times(call: Callable[[], None], samples: int) -> list[float]:
    """Milliseconds."""
    call()
    found = []
    for _ in range(samples):
        began = perf_counter()
        call()
        found.append((perf_counter() - began) * 1000)
    return found


def _job(desk: Desk) -> str:
    job_id = str(uuid4())
    desk.queue.record(job_id, ConnectDevices(("node-1",), state="a"), "bench")
    return job_id


def _lines(desk: Desk, count: int) -> Figure:
    job_id = _job(desk)
    began = perf_counter()
    with desk.records.writer(job_id) as writer:
        for _ in range(count):
            writer.emit("line", text=LINE)
        if not writer.flush(120):
            raise TimeoutError("the lines were not delivered")
    ours = count / (perf_counter() - began)
    kept = sum(1 for each in desk.records.output(job_id) if each.kind == "line")
    if kept != count:
        raise RuntimeError(f"{kept} of {count} lines arrived")
    began = perf_counter()
    for _ in range(count // 500):
        pipe = desk.redis.pipeline(transaction=False)
        for _ in range(500):
            pipe.xadd("bench:stream", {"event": LINE})
        pipe.execute()
    bare = count / (perf_counter() - began)
    return Figure(f"{count:,} lines of output", ours, "lines/s", bare, "plain XADD in pipelines")


def _latency(desk: Desk, url: str, samples: int) -> Iterator[Figure]:
    job_id = _job(desk)
    arrived: SimpleQueue[float] = SimpleQueue()

    def follow() -> None:
        reader = Desk.at(url)
        for event in reader.records.follow(job_id):
            if event.kind in ("queued", "line"):
                arrived.put(perf_counter())

    with desk.records.writer(job_id) as writer:
        mine = _through(follow, arrived, lambda: writer.emit("line", text=LINE), samples)
    desk.records.end(job_id, "succeeded")
    desk.redis.xadd("bench:one", {"event": LINE})

    def read() -> None:
        client: Any = connect(url)
        last = "0"
        for _ in range(samples + 1):
            answer = None
            while not answer:
                answer = client.xread({"bench:one": last}, block=2000)
            arrived.put(perf_counter())
            last = answer[0][1][-1][0]

    base = _through(read, arrived, lambda: desk.redis.xadd("bench:one", {"event": LINE}), samples)
    for name, ours, bare in zip(("p50", "p99"), percentiles(mine), percentiles(base), strict=True):
        yield Figure(f"a line to its reader, {name}", ours, "ms", bare, "XADD to XREAD")


def _through(
    reader: Callable[[], None],
    arrived: SimpleQueue[float],
    send: Callable[[], Any],
    samples: int,
) -> list[float]:
    """Milliseconds from *send* to the *reader*, which tells of one thing that was there before."""
    Thread(target=reader, daemon=True).start()
    arrived.get(timeout=30)
    found = []
    for _ in range(samples):
        began = perf_counter()
        send()
        found.append((arrived.get(timeout=30) - began) * 1000)
    return found
