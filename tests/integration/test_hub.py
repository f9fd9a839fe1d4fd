"""One thread that wakes the readers of many streams, against a real Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from time import monotonic, sleep
from typing import Any

import pytest
import redis

from osism.adapters.connections import connect
from osism.adapters.streams import Hub
from osism.lab.redis import EmbeddedRedis


@pytest.fixture
def hub(redis_client: redis.Redis, redis_server: EmbeddedRedis) -> Iterator[Hub]:
    hub = Hub(connect(redis_server.url))  # which nobody closes while its thread reads
    yield hub
    with hub._turn:
        hub._waiting.clear()  # of what nobody has forgotten


def commands(client: Any) -> int:
    return int(client.info("stats")["total_commands_processed"])


def test_who_has_not_seen_it_is_woken_once(hub: Hub, redis_client: Any, until: Any) -> None:
    first = redis_client.xadd("a", {"n": 1})
    woken: list[str] = []
    hub.wait("a", first, lambda: woken.append("has seen it"))
    hub.wait("a", "0-0", lambda: woken.append("late"))
    hub.wait("b", "0-0", lambda: woken.append("of another"))
    until(lambda: woken == ["late"])
    redis_client.xadd("a", {"n": 2})
    redis_client.xadd("a", {"n": 3})
    until(lambda: woken == ["late", "has seen it"])
    assert len(hub) == 1


def test_a_new_stream_is_joined_at_once(hub: Hub, redis_client: Any, until: Any) -> None:
    hub.wait("quiet", "0-0", lambda: None)
    sleep(0.02)
    took = []
    for n in range(5):
        came = threading.Event()
        hub.wait(f"s{n}", "0-0", came.set)
        began = monotonic()
        redis_client.xadd(f"s{n}", {"n": n})
        assert came.wait(2)
        took.append(monotonic() - began)
    assert sorted(took)[2] < 0.1


def test_without_readers_it_does_nothing(hub: Hub, redis_client: Any, until: Any) -> None:
    waiting = hub.wait("a", "0-0", lambda: pytest.fail("was forgotten"))
    until(lambda: commands(redis_client) and len(hub) == 1)
    hub.forget(waiting)
    hub.forget(waiting)
    sleep(0.15)  # what is under way ends
    before = commands(redis_client)
    redis_client.xadd("a", {"n": 1})
    sleep(0.2)
    assert commands(redis_client) - before <= 3  # the two of ours, and a health check


def test_an_outage_is_outlived(breakable: EmbeddedRedis, until: Any) -> None:
    hub, came = Hub(connect(breakable.url)), threading.Event()
    hub.wait("a", "0-0", came.set)
    sleep(0.05)
    breakable.stop()
    sleep(0.2)
    breakable.start()
    client: Any = connect(breakable.url)
    client.xadd("a", {"n": 1})
    assert came.wait(10)
    assert len(hub) == 0
