"""Records and output of jobs against a real Redis: readers, outages, lost workers."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from statistics import median
from time import monotonic
from typing import Any

import pytest
import redis

from osism.adapters.connections import connect
from osism.adapters.locks import RedisLocks
from osism.adapters.streams import JobRecord, RedisRecords, SiteLock, StreamEvent, Writer
from osism.adapters.streams.events import append
from osism.domain.errors import Invalid, NotFound, OutsideFailed
from osism.domain.ports import Owner
from osism.lab.redis import EmbeddedRedis

pytestmark = pytest.mark.usefixtures("everything_expires")

LEASE = 0.6
JOB = "5f0c9a3e-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osism.adapters.streams.silence._BLOCK", 0.1)
    monkeypatch.setattr("osism.adapters.streams.silence._SURE", 0.3)
    monkeypatch.setattr("osism.adapters.streams.records._SURE", 0.3)


def records_on(client: redis.Redis, retention: float = 60, **options: Any) -> RedisRecords:
    return RedisRecords(client, RedisLocks(client, LEASE), retention, **options)


@pytest.fixture
def records(redis_client: redis.Redis) -> RedisRecords:
    return records_on(redis_client)


def queue(records: RedisRecords, job_id: str = JOB, **said: Any) -> None:
    known = {"name": "apply", "queue": "ansible", "summary": "apply ping", "by": "alice"}
    assert records.queued(job_id, **{"request": {"role": "ping"}} | known | said)


def kinds(events: list[StreamEvent]) -> list[str]:
    return [event.kind for event in events]


def lines(events: list[StreamEvent]) -> list[int]:
    return [event.values["n"] for event in events if event.kind == "line"]


# --- records --------------------------------------------------------------------------------------


def test_the_life_of_a_job(records: RedisRecords) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    queue(records)
    record = records.get(JOB)
    assert record and record.queued and record.queued > before
    assert record == JobRecord(
        JOB, "apply", "ansible", "apply ping", "alice", queued=record.queued,
        request={"role": "ping"},
    )  # fmt: skip
    assert records.started(JOB, "worker-a")
    record = records.get(JOB)
    assert record and (record.state, record.worker, record.ended) == ("started", "worker-a", None)
    assert records.retrying(JOB, "NetBox does not answer")
    assert records.started(JOB, "worker-b")
    assert records.end(JOB, "failed", "2 hosts failed", {"hosts": ["a", "b"]}, exit_code=2)
    ended = records.get(JOB)
    assert ended and ended.queued and ended.started and ended.ended
    assert ended.started == record.started
    assert ended.queued <= ended.started <= ended.ended
    assert (ended.state, ended.worker, ended.reason) == ("failed", "worker-b", "2 hosts failed")
    assert (ended.result, ended.exit_code) == ({"hosts": ["a", "b"]}, 2)
    assert kinds(list(records.follow(JOB))) == ["queued", "started", "retrying", "started", "end"]


def test_the_first_end_stands(records: RedisRecords) -> None:
    queue(records)
    with ThreadPoolExecutor(20) as pool:
        ends = list(pool.map(lambda n: records.end(JOB, "failed", f"reason {n}"), range(40)))
    assert ends.count(True) == 1
    record = records.get(JOB)
    assert record and record.reason == f"reason {ends.index(True)}"
    assert not records.started(JOB, "worker-a")  # delivered once more: to be dropped
    assert not records.retrying(JOB, "")
    assert not records.emit(JOB, "note")
    with records.writer(JOB) as writer:
        writer.emit("line", n=1)
    assert records.get(JOB) == record
    assert kinds(list(records.follow(JOB))) == ["queued", "end"]


def test_an_end_of_its_own_kind_is_a_mistake(records: RedisRecords) -> None:
    with pytest.raises(ValueError, match="'started'"):
        records.end(JOB, "started")


def test_waiting_is_queued_lately_and_not_begun(records: RedisRecords) -> None:
    assert not records.waiting(JOB)
    queue(records)
    assert records.waiting(JOB)
    assert not records.waiting(JOB, lately=0)
    records.started(JOB, "w")
    assert not records.waiting(JOB)
    queue(records)  # again, its worker was lost
    assert records.waiting(JOB)
    assert list(records.lost(grace=0)) == []
    records.started(JOB, "w2")
    records.retrying(JOB, "busy")
    assert records.waiting(JOB)
    records.end(JOB, "failed")
    assert not records.waiting(JOB)


def test_an_unknown_job_that_ends_is_recorded(records: RedisRecords) -> None:
    assert records.end(JOB, "revoked")
    record = records.get(JOB)
    assert record and record.state == "revoked" and record.started is None


def test_queued_twice_is_told_once(records: RedisRecords) -> None:
    queue(records)
    queue(records)
    records.end(JOB, "succeeded")
    assert kinds(list(records.follow(JOB))) == ["queued", "end"]


def test_recent_jobs_in_one_command(records: RedisRecords, redis_client: Any) -> None:
    ids = [f"job-{n}" for n in range(20)]
    for job in ids:
        queue(records, job)
    records.started("job-3", "w")
    records.end("job-5", "failed")
    records.end("job-9", "failed")
    assert [job.id for job in records.recent(5)] == ids[:-6:-1]
    assert [job.id for job in records.recent()] == ids[::-1]
    assert [job.id for job in records.recent(state="failed")] == ["job-9", "job-5"]
    assert [job.id for job in records.recent(state="started")] == ["job-3"]
    assert len(records.recent(state="queued")) == 17
    with pytest.raises(Invalid, match="must be one of"):
        records.recent(state="lost")
    before = redis_client.info("stats")["total_commands_processed"]
    records.recent()
    assert redis_client.info("stats")["total_commands_processed"] - before == 2  # with our INFO


def test_find_by_prefix(records: RedisRecords) -> None:
    for job in ("ab12", "ab34", "ab", "c"):
        queue(records, job)
    assert records.find("ab1") == "ab12"
    assert records.find("c") == "c"
    assert records.find("ab") == "ab"  # all of it, though others begin with it
    with pytest.raises(Invalid, match="'a' is ambiguous: ab, ab12, ab34"):
        records.find("a")
    for unknown in ("x", "", "[", "("):
        with pytest.raises(NotFound):
            records.find(unknown)


def test_expired_records_are_forgotten(redis_client: Any, until: Any) -> None:
    records = records_on(redis_client, retention=0.5)
    queue(records, "old")
    records.end("old", "failed")
    until(lambda: records.get("old") is None)
    assert records.recent() == []
    until(lambda: not redis_client.keys("osism:*"))
    queue(records, "new")
    redis_client.zadd("osism:jobs", {"old": 1})
    redis_client.zadd("osism:ids", {"old": 0})
    queue(records, "newer")
    assert redis_client.zrange("osism:ids", 0, -1) == ["new", "newer"]


def test_records_without_redis_say_so(breakable: EmbeddedRedis) -> None:
    records = records_on(connect(breakable.url))
    breakable.stop()
    with pytest.raises(OutsideFailed, match=r"Redis at /.*redis.sock cannot be reached"):
        records.get(JOB)


# --- lost workers ---------------------------------------------------------------------------------

WORKER = f"""
    import os
    import sys
    from osism.adapters.connections import connect
    from osism.adapters.locks import RedisLocks
    from osism.adapters.streams import RedisRecords
    from osism.domain.ports import Owner

    client = connect(sys.argv[1])
    locks = RedisLocks(client, {LEASE})
    records = RedisRecords(client, locks, 60)
    with locks.hold(["job:" + sys.argv[2]], Owner(sys.argv[2], "work"), 5):
        assert records.started(sys.argv[2], f"worker (pid {{os.getpid()}})")
        with records.writer(sys.argv[2]) as writer:
            writer.emit("line", n=1)
            assert writer.flush(5)
            print("working")
            sys.stdin.readline()
"""


def test_a_killed_worker_is_lost(
    records: RedisRecords, redis_server: EmbeddedRedis, python: Any, until: Any
) -> None:
    queue(records)
    worker = python(WORKER, redis_server.url, JOB)
    assert worker.stdout.readline() == "working\n"
    assert list(records.lost(grace=0)) == []
    worker.kill()
    killed = monotonic()
    assert list(records.lost(grace=60)) == []
    assert until(lambda: list(records.lost(grace=0)), within=LEASE + 1) == [JOB]
    events = records.follow(JOB)
    seen = list(islice(events, 4))
    assert kinds(seen) == ["queued", "started", "line", "lost"]
    assert monotonic() - killed < LEASE + 5
    resumed = python(WORKER, redis_server.url, JOB)  # by another worker: readers go on
    assert resumed.stdout.readline() == "working\n"
    assert kinds(list(islice(events, 2))) == ["started", "line"]
    assert records.end(JOB, "succeeded")
    assert kinds(list(events)) == ["end"]
    assert list(records.lost(grace=0)) == []


def test_a_killed_worker_is_told_within_ten_seconds(
    records: RedisRecords,
    redis_server: EmbeddedRedis,
    redis_client: Any,
    python: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()  # as it is for operators
    queue(records)
    worker = python(WORKER.replace(", 5):", ", 5, lease=6.0):"), redis_server.url, JOB)
    assert worker.stdout.readline() == "working\n"
    events = records.follow(JOB)
    assert kinds(list(islice(events, 3))) == ["queued", "started", "line"]
    worker.kill()
    killed = monotonic()
    before = redis_client.info("stats")["total_commands_processed"]
    assert next(events).kind == "lost"
    assert monotonic() - killed < 9.5
    assert redis_client.info("stats")["total_commands_processed"] - before < 20
    assert records.end_lost(JOB)
    assert next(events).kind == "end"


@pytest.mark.parametrize("how", ["remembering", "forgetful", "silent"])
def test_a_worker_that_outlives_an_outage_is_not_lost(
    breakable: EmbeddedRedis, until: Any, how: str
) -> None:
    if how == "forgetful":
        breakable.stop()
        breakable.persist = False
        breakable.start()
    records, watching = records_on(connect(breakable.url)), records_on(connect(breakable.url))
    locks = RedisLocks(connect(breakable.url), LEASE)
    queue(records)
    seen: list[str] = []

    def follow() -> None:
        seen.extend(event.kind for event in records.follow(JOB))

    with ThreadPoolExecutor(2) as pool:
        with locks.hold([f"job:{JOB}"], Owner(JOB, "work"), 0, patient=True) as lease:
            records.started(JOB, "w")
            reader = pool.submit(follow)
            until(lambda: "started" in seen)
            assert breakable.pid
            os.kill(breakable.pid, signal.SIGSTOP if how == "silent" else signal.SIGKILL)
            until(lambda: how == "silent" or not breakable.pid)
            began = monotonic()
            until(lambda: monotonic() - began > 2 * LEASE)
            if how == "silent":
                os.kill(breakable.pid, signal.SIGCONT)
            else:
                breakable.start()
            lost = pool.submit(lambda: list(watching.lost(grace=0)))
            lease.check()
            assert lost.result(10) == []
            began = monotonic()
            until(lambda: monotonic() - began > 1)
            if how != "forgetful":
                assert not records.end_lost(JOB)
            records.end(JOB, "succeeded")
        reader.result(10)
    assert set(seen) <= {"queued", "started", "end"}


def test_a_lock_that_is_free_for_a_moment_is_no_lost_worker(
    records: RedisRecords, redis_client: Any, until: Any
) -> None:
    queue(records)
    locks = RedisLocks(redis_client, 0.6)  # renewed every 0.2 s
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(lambda: kinds(list(records.follow(JOB))))
        with locks.hold([f"job:{JOB}"], Owner(JOB, "work"), 0, patient=True):
            records.started(JOB, "w")
            lost = []
            for _ in range(3):
                redis_client.delete(f"osism:lock:job:{JOB}")
                lost += records.lost(grace=0)
                began = monotonic()
                until(lambda began=began: monotonic() - began > 0.25)
            records.end(JOB, "succeeded")
        assert lost == []
        assert reader.result(10) == ["queued", "started", "end"]


def test_a_job_that_ends_while_it_is_looked_at_is_not_lost(
    records: RedisRecords, redis_client: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(records)
    records.started(JOB, "w")
    monkeypatch.setattr(records, "get", ended_then(records, records.get))
    assert list(records.lost(grace=0)) == []


def ended_then(records: RedisRecords, get: Any) -> Any:
    def asked(job: str) -> Any:
        records.end(JOB, "succeeded")
        return get(job)

    return asked


def test_a_job_that_nobody_takes_says_so(records: RedisRecords) -> None:
    queue(records)
    records.heartbeat("w1", ["ansible", "ceph"], 1, 4)
    records.heartbeat("w2", ["netbox"], 1, 4)
    events = records.follow(JOB, hint=0.1)
    assert next(events).kind == "queued"
    hint = next(events)
    assert hint.kind == "waiting"
    assert (hint.values["queue"], hint.values["workers"]) == ("ansible", ["w1"])
    assert next(events).values["seconds"] > hint.values["seconds"]
    records.end(JOB, "revoked")
    assert next(events).kind == "end"


def test_a_lost_job_is_ended_once_and_only_without_its_worker(
    records: RedisRecords, redis_client: Any
) -> None:
    queue(records)
    assert not records.end_lost(JOB)  # it never began
    with RedisLocks(redis_client, LEASE).hold([f"job:{JOB}"], Owner(JOB, "apply"), 0):
        records.started(JOB, "w")
        assert not records.end_lost(JOB)
    records.retrying(JOB, "busy")
    assert not records.end_lost(JOB)  # it waits, no worker is missing
    records.started(JOB, "w")
    with ThreadPoolExecutor(10) as pool:
        ends = list(pool.map(lambda _: records.end_lost(JOB, "worker lost"), range(20)))
    assert ends.count(True) == 1
    record = records.get(JOB)
    assert record
    assert (record.state, record.reason, record.exit_code) == ("failed", "worker lost", 4)
    assert kinds(list(records.follow(JOB)))[-2:] == ["started", "end"]
    assert not records.end_lost("unknown")
    assert records.get("unknown") is None


def test_what_is_nothing_new_is_told_once(redis_client: Any, until: Any) -> None:
    records = records_on(redis_client, retention=0.5)
    queue(records)
    began = monotonic()

    def kept_alive() -> bool:
        assert records.retrying(JOB, "waits for a")
        assert records.waiting(JOB, lately=0.4)
        return monotonic() - began > 0.7

    until(kept_alive)
    assert records.retrying(JOB, "waits for b")
    assert records.retrying(JOB, "waits for a")
    assert records.started(JOB, "w1") and records.started(JOB, "w1")
    assert records.started(JOB, "w2") and records.started(JOB, "w1")
    records.end(JOB, "succeeded")
    told = [(e.kind, *e.values.values()) for e in records.output(JOB) if e.kind != "end"]
    assert told[1:] == [
        ("retrying", "waits for a"),
        ("retrying", "waits for b"),
        ("retrying", "waits for a"),
        ("started", "w1"),
        ("started", "w2"),
        ("started", "w1"),
    ]


def test_a_site_is_locked_by_who_was_first(records: RedisRecords) -> None:
    assert records.site_lock() is None
    assert records.unlock_site() is None
    before = datetime.now(UTC)
    assert records.lock_site("alice", "new switches")
    assert not records.lock_site("bob", "")
    lock = records.site_lock()
    assert lock and lock == SiteLock("alice", "new switches", lock.at)
    assert before <= lock.at <= datetime.now(UTC)
    assert records.unlock_site() == lock
    assert records.site_lock() is None
    assert records.lock_site("bob", "")
    records.unlock_site()


# --- output ---------------------------------------------------------------------------------------


def test_fifty_thousand_lines_for_an_early_and_a_late_reader(
    records: RedisRecords, redis_client: Any
) -> None:
    queue(records)
    records.started(JOB, "w")
    with ThreadPoolExecutor(1) as pool:
        early = pool.submit(lambda: list(records.follow(JOB)))
        with records.writer(JOB) as writer:
            for n in range(50_000):
                writer.emit("line", n=n, text="ok: [testbed-node-0] => changed")
            assert writer.flush(20)
        records.end(JOB, "succeeded")
        first = early.result(30)
    before = redis_client.info("stats")["total_commands_processed"]
    late = list(records.follow(JOB))
    assert redis_client.info("stats")["total_commands_processed"] - before < 200
    assert list(records.output(JOB)) == late
    assert lines(first) == lines(late) == list(range(50_000))
    assert (late[0].kind, late[-1].kind, len(late)) == ("queued", "end", 50_003)
    assert late == first


def test_of_endless_output_the_end_is_kept(
    records: RedisRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("osism.adapters.streams.events.MOST", 1000)
    queue(records)
    with records.writer(JOB) as writer:
        for n in range(5000):
            writer.emit("line", n=n)
    records.end(JOB, "succeeded")
    for events in (list(records.output(JOB)), list(records.follow(JOB))):
        dropped = events[0]
        assert (dropped.kind, events[-1].kind) == ("dropped", "end")
        count = dropped.values["count"]
        assert lines(events) == list(range(count - 1, 5000))  # the event queued went too
        assert 1000 <= len(lines(events)) < 1200


def test_a_line_arrives_at_once(records: RedisRecords) -> None:
    queue(records)
    with records.writer(JOB) as writer:
        events, delays = records.follow(JOB), []
        next(events)
        for n in range(50):
            sent = monotonic()
            writer.emit("line", n=n)
            assert next(events).values == {"n": n}
            delays.append(monotonic() - sent)
    assert median(delays) < 0.02


def test_following_goes_on_after_an_event(records: RedisRecords) -> None:
    queue(records)
    for n in range(5):
        records.emit(JOB, "line", n=n)
    records.end(JOB, "failed", "why", {"a": 1}, 2)
    events = list(records.follow(JOB))
    assert list(records.follow(JOB, after=events[3].id)) == events[4:]
    (end,) = records.follow(JOB, after=events[-1].id)  # nothing more will come
    assert (end.kind, end.values) == ("end", events[-1].values)


def test_an_unknown_job_has_no_output(records: RedisRecords) -> None:
    with pytest.raises(NotFound, match="'nothing'"):
        records.follow("nothing")


def test_a_batch_that_is_sent_twice_arrives_once(records: RedisRecords) -> None:
    queue(records)
    script = records._append
    for _ in range(2):
        append(script, JOB, "writer-1", 1, 60_000, ["1", "2"])
    append(script, JOB, "writer-1", 2, 60_000, ["2", "3"])
    append(script, JOB, "writer-2", 1, 60_000, ["other"])
    raw = records._redis.xrange(f"osism:stream:{JOB}")
    assert [fields["event"] for _, fields in raw[1:]] == ["1", "2", "3", "other"]


class Rude:
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


@pytest.mark.parametrize(
    "value", [object(), {("a", 1): 2}, "\udc80 surrogate", b"bytes", 1 << 80, Rude()], ids=type
)
def test_a_writer_takes_everything(records: RedisRecords, value: object) -> None:
    queue(records)
    with records.writer(JOB) as writer:
        writer.emit("odd", value=value)
        endless: dict[str, Any] = {}
        endless["self"] = endless
        writer.emit("endless", value=endless)
    writer.emit("late")
    records.end(JOB, "succeeded")
    assert kinds(list(records.follow(JOB))) == ["queued", "odd", "endless", "end"]


def test_an_outage_costs_neither_writer_nor_reader_a_line(breakable: EmbeddedRedis) -> None:
    records = records_on(connect(breakable.url))
    queue(records)
    slowest = 0.0
    with ThreadPoolExecutor(1) as pool, records.writer(JOB) as writer:
        reader = pool.submit(lambda: list(records.follow(JOB)))
        try:
            for n in range(60_000):
                if n == 10_000:
                    breakable.stop()
                if n == 50_000:
                    breakable.start()
                began = monotonic()
                writer.emit("line", n=n)
                slowest = max(slowest, monotonic() - began)
            assert writer.flush(20)
        finally:
            breakable.start()
            records.end(JOB, "succeeded")
        assert lines(reader.result(20)) == list(range(60_000))
    assert slowest < 0.5  # the threads of this test share the interpreter


def test_nothing_is_dropped_when_events_come_faster_than_redis_takes_them(
    records: RedisRecords, redis_client: redis.Redis
) -> None:
    queue(records)
    with Writer(redis_client, JOB, 60, events=10) as writer:
        for n in range(3000):
            writer.emit("line", n=n)
        assert writer.flush(10)
    assert lines(list(records.output(JOB))) == list(range(3000))


def test_a_full_buffer_drops_the_oldest_and_says_so(breakable: EmbeddedRedis) -> None:
    client = connect(breakable.url)
    records = records_on(client)
    queue(records)
    breakable.stop()
    with Writer(client, JOB, 60, events=100) as writer:
        for n in range(1000):
            writer.emit("line", n=n)
        began = monotonic()
        assert not writer.flush(0.1)
        assert monotonic() - began < 1
        breakable.start()
        assert writer.flush(10)
    records.end(JOB, "succeeded")
    events = [event for event in records.follow(JOB) if event.kind in ("line", "dropped")]
    seen = lines(events)
    dropped = [event.values["count"] for event in events if event.kind == "dropped"]
    assert seen[-100:] == list(range(900, 1000))
    assert dropped and len(seen) + sum(dropped) == 1000
    assert kinds(events)[-101] == "dropped"  # where the gap is


def test_large_lines_are_bounded_too(breakable: EmbeddedRedis) -> None:
    client = connect(breakable.url)
    breakable.stop()
    writer = Writer(client, JOB, 60, size=10_000)
    for n in range(100):
        writer.emit("line", n=n, text="x" * 1000)
    assert writer._size <= 10_000
    assert not writer.close(0)
    breakable.start()


def test_a_reader_gives_up_in_the_end(breakable: EmbeddedRedis) -> None:
    records = records_on(connect(breakable.url))
    queue(records)
    events = records.follow(JOB, outage=0.3)
    assert next(events).kind == "queued"
    breakable.stop()
    with pytest.raises(OutsideFailed, match="cannot be reached"):
        next(events)


def test_a_server_that_comes_back_empty_is_told_as_lost(breakable: EmbeddedRedis) -> None:
    breakable.stop()
    breakable.persist = False
    records = records_on(connect(breakable.start()))
    queue(records)
    events = records.follow(JOB)
    assert next(events).kind == "queued"
    breakable.stop()
    breakable.start()
    assert next(events).kind == "lost"
    records.end(JOB, "failed", "worker lost")
    assert next(events).kind == "end"


# --- who is there ---------------------------------------------------------------------------------


def test_workers_by_heartbeat(redis_client: Any, until: Any) -> None:
    records = records_on(redis_client, silence=0.3)
    records.heartbeat("w2@b", ["netbox"], 12, 4)
    records.heartbeat("w1@a", ["ansible", "ceph"], 11, 2)
    first, second = records.workers()
    assert (first.name, first.queues, first.pid) == ("w1@a", ("ansible", "ceph"), 11)
    assert (second.name, second.concurrency) == ("w2@b", 4)
    assert datetime.now(UTC) - first.seen < timedelta(seconds=5)
    records.gone("w1@a")
    assert [worker.name for worker in records.workers()] == ["w2@b"]
    until(lambda: not records.workers())


def test_ticks(records: RedisRecords) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    assert records.ticks() == {}
    records.ticked("drift", at)
    records.ticked("facts", at + timedelta(hours=1))
    records.ticked("drift", at + timedelta(minutes=15))
    assert records.ticks() == {
        "drift": at + timedelta(minutes=15),
        "facts": at + timedelta(hours=1),
    }


def test_a_lock_of_a_job_counts_as_its_worker(records: RedisRecords, redis_client: Any) -> None:
    queue(records)
    locks = RedisLocks(redis_client, LEASE)
    with locks.hold([f"job:{JOB}"], Owner(JOB, "apply"), 0):
        records.started(JOB, "w")
        assert list(records.lost(grace=0)) == []
    assert list(records.lost(grace=0)) == [JOB]
