"""What every keeper of the port NetboxChanges promises, and what the one in Redis adds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from osism.adapters.changes import MOST, RedisChanges
from osism.adapters.connections import connect
from osism.domain.errors import OutsideFailed, Refused
from osism.domain.webhooks import Hook
from osism.lab.redis import EmbeddedRedis
from tests.fakes.changes import MemoryChanges

Changes = MemoryChanges | RedisChanges


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
def changes(request: pytest.FixtureRequest) -> Changes:
    if request.param == "memory":
        return MemoryChanges()
    return RedisChanges(request.getfixturevalue("client"), 60.0)


def hook(*devices: str, request: str = "r-1", number: int = 0) -> Hook:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    identity = f"{request}:{number}:{devices}"
    return Hook("updated", at, "interface", "admin", request, devices, identity)


class TestChanges:
    def test_devices_are_kept_with_times_and_requests(self, changes: Changes) -> None:
        assert not changes.waiting()
        assert changes.keep(hook("b"))
        assert changes.keep(hook("a", "b", request="r-2"))
        assert changes.waiting()
        now, pending = changes.pending()
        assert list(pending) == ["a", "b"]
        assert pending["b"].requests == ("r-1", "r-2")
        assert pending["a"].requests == ("r-2",)
        assert now - 10 < pending["b"].first <= pending["b"].last <= now

    def test_a_webhook_counts_once_and_others_of_its_request_count_too(
        self, changes: Changes
    ) -> None:
        assert changes.keep(hook("a", number=1))
        assert changes.keep(hook("a", number=2))
        with pytest.raises(Refused, match="replayed"):
            changes.keep(hook("a", number=1))
        assert changes.pending()[1]["a"].requests == ("r-1",)

    def test_what_concerns_nobody_or_is_ours_is_not_kept_but_known(self, changes: Changes) -> None:
        changes.wrote("r-1")
        for each in (hook("a"), hook(request="r-2")):
            assert not changes.keep(each)
            with pytest.raises(Refused):
                changes.keep(each)
        assert not changes.waiting()
        assert changes.own(["r-1", "r-2", ""]) == {"r-1"}
        assert changes.own([]) == frozenset()

    def test_what_was_changed_again_meanwhile_stays(self, changes: Changes) -> None:
        changes.keep(hook("a", "b"))
        _, seen = changes.pending()
        changes.keep(hook("a", number=1))
        changes.done(seen)
        assert list(changes.pending()[1]) == ["a"]
        changes.done(changes.pending()[1])
        assert not changes.waiting()
        changes.done({})

    def test_one_job_has_them(self, changes: Changes) -> None:
        assert changes.job() == ""
        assert changes.claim("one", "")
        assert not changes.claim("two", "")
        assert changes.job() == "one"
        assert not changes.claim("two", "one", 60.0), "one was claimed just now"
        assert changes.claim("two", "one")
        assert changes.leave("one"), "it is not asked any more"
        assert changes.job() == "two"

    def test_a_job_does_not_leave_changes_behind(self, changes: Changes) -> None:
        changes.claim("one", "")
        changes.keep(hook("a"))
        assert not changes.leave("one")
        assert changes.job() == "one"
        assert changes.leave("one", anyhow=True)
        assert changes.job() == ""


class TestRedis:
    def test_every_key_expires(self, client: Any) -> None:
        changes = RedisChanges(client, 60.0)
        changes.wrote("r-0")
        changes.keep(hook("a"))
        changes.claim("one", "")
        keys = client.keys()
        assert len(keys) == 4
        assert all(client.pttl(key) > 0 for key in keys)
        remembered = client.pttl(next(key for key in keys if ":seen:" in key))
        assert remembered > 600_000, "longer than it would be fresh"

    def test_a_device_that_many_have_changed_is_not_ours(self, client: Any) -> None:
        changes = RedisChanges(client, 60.0)
        for number in range(MOST + 5):
            changes.keep(hook("a", request=f"r-{number}"))
        requests = changes.pending()[1]["a"].requests
        assert len(requests) == MOST
        assert "" in requests

    def test_what_could_not_be_kept_has_not_come(self, tmp_path: Path) -> None:
        with EmbeddedRedis(tmp_path) as server:
            changes = RedisChanges(connect(server.url, timeout=4), 60.0)
            server.stop()
            with pytest.raises(OutsideFailed):
                changes.keep(hook("a"))
            server.start()
            assert changes.keep(hook("a"))
