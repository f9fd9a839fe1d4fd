"""Followed output and the feed over real sockets: many readers, two processes, an outage."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx
import pytest

from osism.adapters.connections import connect
from osism.adapters.locks import RedisLocks
from osism.adapters.streams import Feed, RedisRecords
from osism.domain.errors import Misconfigured
from osism.lab.redis import EmbeddedRedis
from tests.integration.conftest import absent

LINES = 2000
LINE = "TASK [osism.services.docker : Restart docker service] ok: [testbed-node-0] => changed"


# --- a site of Redis and the API, and somebody who plays the worker -------------------------------


class Api:
    """A process of the API."""

    def __init__(self, directory: Path, name: str, redis_url: str) -> None:
        self.log = directory / f"{name}.log"
        known = {
            "OSISM_REDIS_URL": redis_url,
            "OSISM_DATABASE_URL": f"sqlite:///{directory}/osism.db",
            "OSISM_API_RATE": "0",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [Path(sys.executable).with_name("osism"), "service", "api", "--port", "0"],
                env={**os.environ, **known},
                cwd=directory,
                stdout=log,
                stderr=log,
            )

    @property
    def url(self) -> str:
        deadline = monotonic() + 30
        while not (found := re.search(r"listening on (\S+)", self.log.read_text())):
            assert self.process.poll() is None and monotonic() < deadline, self.log.read_text()
            sleep(0.02)
        return found[1]

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(f"{self.url}/api/v1{path}", timeout=30, **options)

    def streams(self) -> int:
        """How many streams it says are open."""
        text = httpx.get(f"{self.url}/metrics", timeout=30).text
        found = re.search(r"^osism_api_streams (\S+)", text, re.M)
        assert found, text
        return int(float(found[1]))

    def threads(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    def sockets(self) -> int:
        files = Path(f"/proc/{self.process.pid}/fd").iterdir()
        return sum(1 for each in files if str(each.readlink()).startswith("socket:"))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(15)


@dataclass
class Site:
    """*one* and *other*: processes of the API on the same *redis*."""

    redis: EmbeddedRedis
    records: RedisRecords
    feed: Feed
    one: Api
    other: Api

    def begin(self, by: str = "alice") -> str:
        job = str(uuid4())
        assert self.records.queued(
            job, name="RunPlaybook", queue="ansible", summary="apply x", by=by, request={}
        )
        assert self.records.started(job, "worker")
        return job

    def write(self, job: str, count: int, within: float = 30) -> None:
        """Tell so many lines, and the end of the job."""
        with self.records.writer(job) as writer:
            for n in range(count):
                writer.emit("output", n=n, text=LINE)
            assert writer.flush(within)
        assert self.records.end(job, "succeeded", result={"long": "x" * 1000})

    def job(self, count: int) -> str:
        job = self.begin()
        self.write(job, count)
        return job


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    server = EmbeddedRedis(directory / "redis")
    try:
        server.start()
    except Misconfigured as error:
        absent(str(error))
    client = connect(server.url)
    records = RedisRecords(client, RedisLocks(client), 600)
    with ExitStack() as stack:
        stack.callback(server.stop)
        stack.callback(client.close)
        both = [Api(directory, name, server.url) for name in ("one", "other")]
        for each in both:
            stack.callback(each.stop)
        yield Site(server, records, Feed(client, 600), *both)
        forever = [key for key in client.scan_iter() if client.pttl(key) == -1]
        assert forever == []


# --- readers --------------------------------------------------------------------------------------


@dataclass
class Event:
    kind: str
    id: str
    data: dict[str, Any]

    @property
    def n(self) -> int:
        return int(self.data["values"]["n"])


@dataclass
class Stream:
    """One response that is read over a socket of its own."""

    reader: asyncio.StreamReader
    status: int
    headers: str
    _left: bytes = field(default=b"", init=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self.reader.readline(), 16):
            yield await self.reader.readexactly(size)
            await self.reader.readexactly(2)

    async def events(self) -> AsyncIterator[Event]:
        async for chunk in self.chunks():
            *blocks, self._left = (self._left + chunk).split(b"\n\n")
            for block in blocks:
                if event := _event(block.decode()):
                    yield event

    async def numbers(self) -> list[int]:
        """The numbers of all lines until the end, and the end as -1."""
        body = b"".join([chunk async for chunk in self.chunks()])
        found = [int(each) for each in re.findall(rb'"values":\{"n":(\d+)', body)]
        return found + [-1] * body.count(b"event: end\n")


def _event(block: str) -> Event | None:
    known = dict(line.partition(": ")[::2] for line in block.split("\n") if line[:1] != ":")
    if not known:
        return None
    return Event(known["event"], known.get("id", ""), json.loads(known["data"]))


@asynccontextmanager
async def opened(api: Api, path: str, last: str = "", buffer: int = 0) -> AsyncIterator[Stream]:
    """A stream that goes away at the end; *buffer*: what the kernel may take for it, bytes."""
    host = urlsplit(api.url)
    taker = socket.socket()
    if buffer:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    taker.setblocking(False)
    await asyncio.get_running_loop().sock_connect(taker, (host.hostname, host.port))
    reader, writer = await asyncio.open_connection(sock=taker, limit=buffer or 1 << 16)
    try:
        header = f"Last-Event-ID: {last}\r\n" if last else ""
        writer.write(f"GET /api/v1{path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        yield Stream(reader, int(head.split()[1]), head.lower())
    finally:
        writer.close()


def follow(job: str, **query: Any) -> str:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"/jobs/{job}/output?follow=true{more}"


async def read(api: Api, path: str, last: str = "") -> list[Event]:
    """All events until the server ends the stream."""
    async with opened(api, path, last) as stream:
        assert stream.status == 200
        return [event async for event in stream.events()]


async def many(api: Api, count: int) -> None:
    """Wait until so many streams are open."""
    while (await asyncio.to_thread(api.streams)) < count:
        await asyncio.sleep(0.05)


def lines(events: list[Event]) -> list[int]:
    return [each.n for each in events if each.kind == "output"]


def places(events: list[Event]) -> list[tuple[int, ...]]:
    return [tuple(map(int, each.id.split("-"))) for each in events]


# --- output ---------------------------------------------------------------------------------------


def test_an_early_and_a_late_reader_get_everything_from_either_process(site: Site) -> None:
    async def main() -> tuple[list[Event], ...]:
        job = site.begin()
        early = [asyncio.create_task(read(api, follow(job))) for api in (site.one, site.other)]
        await asyncio.to_thread(site.write, job, LINES)
        late = await read(site.other, follow(job))
        return await early[0], await early[1], late

    first, second, late = asyncio.run(main())
    assert first == second == late
    assert lines(late) == list(range(LINES))
    assert places(late) == sorted(set(places(late)))
    assert [each.kind for each in (*late[:2], late[-1])] == ["queued", "started", "end"]
    assert late[-1].data["values"]["result"] == {"long": "x" * 1000}
    assert datetime.fromisoformat(late[0].data["at"]).tzinfo


def test_what_is_told_so_far_is_text_or_json_lines(site: Site) -> None:
    job = site.begin()
    site.records.emit(job, "output", text="\x1b[32mok: [node-1]\x1b[0m")
    site.records.emit(job, "note", text="a word")
    said = site.one.get(f"/jobs/{job}/output")
    assert said.headers["content-type"].startswith("text/plain")
    assert re.fullmatch(
        r"\S+ queued: apply x\n\S+ worker worker begins\nok: \[node-1\]\n\S+ a word\n", said.text
    )
    rows = site.one.get(f"/jobs/{job}/output", params={"format": "json"}).text.splitlines()
    told = [json.loads(row) for row in rows]
    assert [each["kind"] for each in told] == ["queued", "started", "output", "note"]
    after = site.one.get(f"/jobs/{job}/output", params={"after": told[2]["id"]}).text
    assert after.endswith("a word\n") and after.count("\n") == 1
    assert site.one.get(f"/jobs/{job[:20]}/output").text == said.text  # as every path of a job


def test_what_cannot_be_followed_is_said_before_a_stream_begins(site: Site) -> None:
    for path in ("/jobs/nobody/output", "/jobs/nobody/output?follow=true"):
        answer = site.one.get(path)
        assert (answer.status_code, answer.json()["kind"]) == (404, "Status")
    job = site.job(1)
    for wrong in ("x", "1-", "99999999999999999999999", "18446744073709551616-0"):
        assert site.one.get(follow(job, after=wrong)).status_code == 400
        header = {"Last-Event-ID": wrong}
        assert site.one.get(follow(job), headers=header).status_code == 400
    for wrong in ("yesterday", "-1", "nan", "1_0", "2026-13-01T00:00:00"):
        assert site.one.get("/events", params={"since": wrong}).status_code == 400, wrong


def test_a_stream_ends_in_order_after_its_time(site: Site) -> None:
    async def main() -> list[Event]:
        job = site.begin()
        told = await read(site.one, follow(job, **{"timeout-seconds": 0.2}))
        assert [each.kind for each in told] == ["queued", "started", "timeout"]
        return await read(site.one, "/events?timeout-seconds=0.2")

    assert [each.kind for each in asyncio.run(main())] == ["open", "timeout"]


def test_a_reader_that_comes_back_again_and_again_gets_everything_once(site: Site) -> None:
    chosen = Random(7)

    async def main() -> list[Event]:
        job, seen, last, times = site.begin(), [], "", 0
        writing = asyncio.create_task(asyncio.to_thread(_slowly, job))
        while not seen or seen[-1].kind != "end":
            stop = chosen.randrange(1, 120)
            api = chosen.choice((site.one, site.other))
            async with opened(api, follow(job), last) as stream:
                async for event in stream.events():
                    seen.append(event)
                    last = event.id
                    stop -= 1
                    if not stop:
                        break
            times += 1
        await writing
        assert times > 15
        assert await read(site.one, follow(job)) == seen
        return seen

    def _slowly(job: str) -> None:
        with site.records.writer(job) as writer:
            for n in range(LINES):
                writer.emit("output", n=n, text=LINE)
                if n % 40 == 0:
                    writer.flush(10)
        site.records.end(job, "succeeded")

    seen = asyncio.run(main())
    assert lines(seen) == list(range(LINES))
    assert places(seen) == sorted(set(places(seen)))


def test_a_slow_reader_slows_nobody_and_misses_nothing(site: Site) -> None:
    count = 30_000

    async def main() -> None:
        job = site.begin()
        async with opened(site.one, follow(job), buffer=4096) as slow:
            events, got = slow.events(), []
            async for event in events:
                got.append(event)
                if event.kind == "started":
                    break
            fast = asyncio.create_task(read(site.one, follow(job)))
            await asyncio.to_thread(site.write, job, count)
            assert lines(await fast) == list(range(count))
            # The server still has most of it for the slow one, and no more than a page in memory.
            assert site.one.streams() == 1
            got += [event async for event in events]
            assert lines(got) == list(range(count))
            assert got[-1].kind == "end"

    asyncio.run(main())


def test_two_hundred_readers_at_once_get_every_line(site: Site) -> None:
    """Half of them of one job."""

    async def one(job: str) -> bool:
        async with opened(site.one, follow(job)) as stream:
            return await stream.numbers() == [*range(LINES), -1]

    async def main() -> list[bool]:
        shared, others = site.begin(), [site.begin() for _ in range(10)]
        jobs = [shared] * 100 + others * 10
        readers = [asyncio.create_task(one(job)) for job in jobs]
        await many(site.one, 200)
        with ThreadPoolExecutor(4) as pool:
            loop = asyncio.get_running_loop()
            writing = [
                loop.run_in_executor(pool, site.write, job, LINES) for job in (shared, *others)
            ]
            await asyncio.gather(*writing)
        return await asyncio.gather(*readers)

    assert asyncio.run(main()) == [True] * 200


def test_readers_that_go_away_leave_nothing_behind(site: Site, until: Any) -> None:
    until(lambda: site.one.streams() == 0)
    quiet, full = site.begin(), site.job(20_000)

    async def come_and_go() -> None:
        async with asyncio.TaskGroup() as group:
            for n in range(60):
                path = ("/events", follow(quiet), follow(full))[n % 3]
                group.create_task(stay(path))
            await many(site.one, 60)
            all_there.set()

    async def stay(path: str) -> None:
        async with opened(site.one, path, buffer=4096) as stream:
            assert stream.status == 200
            await anext(stream.events())
            await all_there.wait()

    def left() -> tuple[int, int]:
        until(lambda: site.one.streams() == 0)
        return site.one.threads(), site.one.sockets()

    all_there = asyncio.Event()
    asyncio.run(come_and_go())  # makes the threads and connections that all readers share
    before = left()
    assert before[0] < 60
    all_there = asyncio.Event()
    asyncio.run(come_and_go())
    until(lambda: all(now <= was for now, was in zip(left(), before, strict=True)))
    commands = site.records._redis.info("stats")["total_commands_processed"]
    sleep(0.3)  # nobody reads: nothing is asked of Redis
    assert site.records._redis.info("stats")["total_commands_processed"] - commands <= 3


def test_an_outage_of_redis_costs_nobody_a_line(site: Site, until: Any) -> None:
    pid = site.redis.pid
    assert pid
    half = LINES // 2

    def stopped(job: str) -> None:
        with site.records.writer(job) as writer:
            for n in range(half):
                writer.emit("output", n=n, text=LINE)
            assert writer.flush(10)
            os.kill(pid, signal.SIGSTOP)
            try:
                for n in range(half, LINES):
                    writer.emit("output", n=n, text=LINE)
                refused = site.one.get(follow(job))
                sleep(1.5)
            finally:
                os.kill(pid, signal.SIGCONT)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert writer.flush(30)
        site.records.end(job, "succeeded")

    async def main() -> list[list[Event]]:
        job = site.begin()
        reading = [asyncio.create_task(read(site.one, follow(job))) for _ in range(20)]
        watching = asyncio.create_task(_until_end(site.one, job))
        await many(site.one, 21)
        await asyncio.to_thread(stopped, job)
        assert await watching == ["open", "end"]
        return await asyncio.gather(*reading)

    for told in asyncio.run(main()):
        assert lines(told) == list(range(LINES))
        assert places(told) == sorted(set(places(told)))


async def _until_end(api: Api, job: str) -> list[str]:
    seen = []
    async with opened(api, "/events?kind=end&timeout-seconds=60") as stream:
        async for event in stream.events():
            seen.append(event.kind)
            if event.data.get("job") == job:
                break
    return seen


def test_a_process_that_ends_ends_its_streams_in_order(site: Site, tmp_path: Path) -> None:
    api, job = Api(tmp_path, "short", site.redis.url), site.begin()

    async def main() -> list[list[Event]]:
        paths = [follow(job), "/events"] * 5
        reading = [asyncio.create_task(read(api, path)) for path in paths]
        await many(api, 10)
        await asyncio.to_thread(api.stop)
        return await asyncio.gather(*reading)

    told = asyncio.run(main())
    assert [[each.kind for each in events] for events in told] == [
        ["queued", "started"],
        ["open"],
    ] * 5
    assert api.process.returncode == 0
    assert "ERROR" not in api.log.read_text()


# --- the feed -------------------------------------------------------------------------------------


def happen(site: Site) -> str:
    """A job of every kind of news, with output that is none."""
    job = site.begin()
    with site.records.writer(job) as writer:
        writer.emit("transition", ways={"node-1": ["a", "b"]}, resumed=False)
        writer.emit("output", text=LINE)
        writer.emit("phase", phase=3, does="deploy")
        writer.emit("switch", switch="leaf-1", result="staged", diff="+ long")
        writer.emit("drift", switch="leaf-2", result="clean", differences=[])
        writer.emit("drift", switch="leaf-3", result="drifted", differences=[])
        writer.emit("device", device="node-1", state="b", result="succeeded")
    site.records.end(job, "succeeded", result={"long": "x"})
    return job


NEWS = ["queued", "started", "transition", "phase", "switch", "drift", "device", "end"]


def test_a_replay_of_the_feed_is_what_was_told_live(site: Site) -> None:
    async def main() -> None:
        begin = datetime.now(UTC)
        async with opened(site.one, "/events?timeout-seconds=30") as live:
            stream = live.events()
            opening = await anext(stream)
            jobs = [await asyncio.to_thread(happen, site) for _ in range(3)]
            await asyncio.to_thread(site.feed.add, "spec", device="node-1", generation=4)
            told = [await anext(stream) for _ in range(3 * len(NEWS) + 1)]
        assert [each.kind for each in told] == [*NEWS * 3, "spec"]
        assert [each.data.get("job") for each in told] == [
            *(job for job in jobs for _ in NEWS),
            None,
        ]
        assert told[4].data["values"] == {"switch": "leaf-1", "result": "staged"}
        assert told[0].data["summary"] == "apply x" and told[0].data["by"] == "alice"
        assert "result" not in told[7].data["values"]

        async def replay(query: str, last: str = "") -> list[Event]:
            found = await read(site.other, f"/events?timeout-seconds=0.3{query}", last)
            assert (found[0].kind, found[-1].kind) == ("open", "timeout")
            return found[1:-1]

        since = quote(begin.isoformat())
        assert await replay(f"&since={opening.id}") == told
        assert await replay("", opening.id) == told
        assert await replay(f"&since={since}") == told
        assert await replay(f"&since={begin.timestamp():.3f}") == told
        assert await replay(f"&since={begin.replace(tzinfo=None).isoformat()}") == told
        middle = told[11]
        assert await replay(f"&since={since}", middle.id) == told[12:]
        ends = await replay(f"&since={since}&kind=end&kind=spec")
        assert [each.kind for each in ends] == ["end", "end", "end", "spec"]
        named = await replay(f"&since={since}&device=node-1")
        assert [each.kind for each in named] == [*["transition", "device"] * 3, "spec"]

    asyncio.run(main())


def test_the_schedule_is_heard_only_when_it_fails_or_finds_something(site: Site) -> None:
    place = site.feed.now()
    good, bad = site.begin("beat"), site.begin("beat")
    site.records.emit(good, "drift", switch="leaf-1", result="drifted", differences=[])
    site.records.end(good, "succeeded")
    site.records.end(bad, "failed", "NetBox cannot be reached")
    assert [(each.kind, each.job) for each in site.feed.read(place)] == [
        ("drift", good),
        ("end", bad),
    ]


def test_what_is_no_longer_kept_is_said(site: Site) -> None:
    async def main() -> list[str]:
        await asyncio.to_thread(happen, site)
        oldest = site.feed.read("0", 1)[0].id
        site.records._redis.xdel("osism:feed", oldest)
        told = await read(site.one, "/events?timeout-seconds=0.2", oldest)
        return [each.kind for each in told]

    assert asyncio.run(main())[:3] == ["open", "dropped", "started"]
