"""What every keeper of the port Events promises, and what the one in Redis adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from osism.adapters.connections import connect
from osism.adapters.events import LAGS, REJECTED, TYPES, RedisEvents, decode, encode
from osism.domain.errors import Busy, OutsideFailed
from osism.domain.ironic_events import NodeEvent, parse
from osism.domain.ports import Events, Received, Rejected
from osism.lab.redis import EmbeddedRedis
from tests.fakes.events import MemoryEvents
from tests.fakes.ironic_messages import event, recorded

NOON = datetime(2025, 3, 30, 12, 0, 0, 123456, tzinfo=UTC)
LIFE = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def client(server: EmbeddedRedis) -> Iterator[Any]:
    client = connect(server.url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(params=["memory", "redis"])
def events(request: pytest.FixtureRequest) -> Events:
    if request.param == "memory":
        return MemoryEvents(most=100)
    return RedisEvents(request.getfixturevalue("client"), LIFE, most=100)


def some(count: int, prefix: str = "e") -> list[NodeEvent]:
    return [event("node-1", "node.power_set.end", id=f"{prefix}{n}", at=NOON) for n in range(count)]


def ids(events: Events, limit: int = 100, after: str = "") -> list[str]:
    return [each.id for _, each in events.waiting(limit, after)]


class TestEvents:
    def test_they_come_back_as_they_were_in_their_order(self, events: Events) -> None:
        life = [parse(*each) for each in recorded()]
        assert events.add(Received(life)) == 57
        assert [each for _, each in events.waiting(100)] == life

    def test_they_are_read_in_pages(self, events: Events) -> None:
        events.add(Received(some(10)))
        first = events.waiting(4)
        assert [each.id for _, each in first] == ["e0", "e1", "e2", "e3"]
        assert ids(events, 4, first[-1][0]) == ["e4", "e5", "e6", "e7"]
        assert ids(events, 4, events.waiting(100)[-1][0]) == []

    def test_what_is_done_is_forgotten(self, events: Events) -> None:
        events.add(Received(some(3)))
        place = events.waiting(2)[1][0]
        events.done([place], {"node.power_set.end": 1})
        events.done([place])
        assert ids(events) == ["e0", "e2"]

    def test_what_is_delivered_twice_is_kept_once(self, events: Events) -> None:
        events.add(Received(some(3)))
        events.done([events.waiting(1)[0][0]])
        assert events.add(Received([*some(3), *some(1, "new")])) == 1
        assert ids(events) == ["e1", "e2", "new0"]

    def test_there_is_room_for_so_many(self, events: Events) -> None:
        events.add(Received(some(90)))
        with pytest.raises(Busy, match="100 events wait already"):
            events.add(Received(some(20, "new")))
        assert len(ids(events)) == 90
        events.done([place for place, _ in events.waiting(10)])
        assert events.add(Received(some(20, "new"))) == 20

    def test_nothing_is_fine(self, events: Events) -> None:
        assert events.add(Received()) == 0
        events.done([])
        assert ids(events) == []


class TestRedisEvents:
    def test_figures(self, client: Any) -> None:
        events = RedisEvents(client, LIFE)
        lags = [("a.b", 0.25), ("c.d", 3.5), ("a.b", 0.75)]
        counts = {"a.b": 2, "c.d": 1, "other services": 4}
        events.add(Received(some(2), seen=counts, ignored={"other services": 4}, lags=lags))
        events.add(Received(seen={"a.b": 1}))
        events.done([], {"a.b": 2}, {"c.d": 1})
        found = events.figures()
        assert found.seen == {"a.b": 3, "c.d": 1, "other services": 4}
        assert (found.acted, found.ignored) == ({"a.b": 2}, {"other services": 4, "c.d": 1})
        assert found.lags == {"a.b": [0.25, 0.75], "c.d": [3.5]}
        assert (found.waiting, found.malformed) == (2, 0)

    def test_of_what_was_no_notification_only_the_shape_is_kept(self, client: Any) -> None:
        events = RedisEvents(client, LIFE)
        one = Rejected(NOON, "some.key", 42, "0" * 64, "the message is no JSON")
        events.add(Received(rejected=[one]))
        assert events.rejected() == [one]
        assert events.figures().malformed == 1

    def test_everything_is_bounded_and_expires(self, client: Any) -> None:
        events = RedisEvents(client, LIFE)
        one = Rejected(NOON, "some.key", 42, "0" * 64, "x")
        for part in range(3):
            lags = [("a.b", float(n)) for n in range(LAGS)]
            kinds = {f"kind-{part}-{n}.x": 1 for n in range(TYPES)}
            seen = Received(some(1), [one] * REJECTED, kinds, kinds, lags)
            events.add(seen)
        figures = events.figures()
        assert len(figures.lags["a.b"]) == LAGS
        assert len(events.rejected()) == REJECTED
        assert figures.malformed == 3 * REJECTED
        assert len(figures.seen) + len(figures.ignored) <= 4 * TYPES + 2
        assert sum(figures.seen.values()) == 3 * TYPES
        assert [key for key in client.scan_iter() if client.pttl(key) < 1] == []

    def test_types_are_not_chosen_by_whoever_writes_to_the_broker(self, client: Any) -> None:
        events = RedisEvents(client, LIFE)
        for part in range(5):
            kinds = {f"node.made_up_{part}_{n}": 1 for n in range(TYPES)}
            events.done([], kinds, kinds)
        figures = events.figures()
        assert len(figures.acted) + len(figures.ignored) <= 4 * TYPES + 2
        assert sum(figures.acted.values()) == sum(figures.ignored.values()) == 5 * TYPES

    def test_events_outlive_a_restart(self, tmp_path: Path) -> None:
        with EmbeddedRedis(tmp_path, persist=True) as server:
            RedisEvents(connect(server.url), LIFE).add(Received(some(3)))
            server.stop()
            server.start()
            events = RedisEvents(connect(server.url), LIFE)
            assert ids(events) == ["e0", "e1", "e2"]
            assert events.add(Received(some(3))) == 0

    def test_a_redis_that_is_away(self, tmp_path: Path) -> None:
        events = RedisEvents(connect(f"unix://{tmp_path}/no.sock"), LIFE)
        with pytest.raises(OutsideFailed, match=r"Redis at .* cannot be reached"):
            events.add(Received(some(1)))

    def test_what_a_newer_version_wrote_is_read(self) -> None:
        one = some(1)[0]
        text = encode(replace(one, found=True, maintenance=False)).replace("{", '{"new": 1,', 1)
        assert decode(text) == replace(one, found=True, maintenance=False)
