"""Roles of a collection: sent in their order, once; what happens when things end before they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid5

import pytest

from osism.actions import apply_collection as module
from osism.actions.apply_collection import apply_collection
from osism.domain.collections import parsed
from osism.domain.errors import Invalid, LeaseLost, OutsideFailed, PlayFailed, Revoked
from osism.domain.jobs import ApplyCollection, RunPlaybook, decode
from tests.fakes.jobs import MemoryJobs
from tests.fakes.work import RecordedWork

#: a, then b and c beside each other, then d; e by itself.
DIAMOND = [
    "a",
    {"role": "b", "after": "a"},
    {"role": "c", "after": "a"},
    {"role": "d", "after": ["b", "c"]},
    "e",
]


class Site:
    """A collection at work. While it sleeps, time passes and what a test has planned happens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.jobs = MemoryJobs()
        self.work = RecordedWork()
        self.clock = 1000.0
        self.steps: list[Callable[[], object]] = []
        monkeypatch.setattr(module, "sleep", self._sleep)
        monkeypatch.setattr(module, "monotonic", lambda: self.clock)

    def _sleep(self, seconds: float) -> None:
        self.clock += seconds
        assert self.clock < 2000, "it does not end"
        if self.steps:
            self.steps.pop(0)()

    def then(self, *steps: Callable[[], object]) -> None:
        """What happens in the pauses, one in each."""
        self.steps += steps

    def apply(self, roles: Any = DIAMOND) -> Mapping[str, Any]:
        return apply_collection(
            ApplyCollection("x", "host-1"),
            self.work,
            parsed({"x": {"roles": roles}}, "f"),
            {"custom": list("abcde")},
            self.jobs,
            self.jobs,
            self.jobs,
        )

    def id(self, role: str) -> str:
        return str(uuid5(UUID(self.work.id), role))

    def begin(self, roles: str) -> Callable[[], None]:
        return lambda: [self.jobs.begin(self.id(each)) for each in roles] and None

    def finish(self, roles: str, state: str = "succeeded", code: int = 0) -> Callable[[], None]:
        return lambda: [self.jobs.finish(self.id(each), state, code) for each in roles] and None

    def revoke(self) -> None:
        self.work.asked = Revoked("revoked by somebody", "somebody")

    def sent(self) -> str:
        """The roles in the order in which they were sent."""
        names = {self.id(each): each for each in "abcde"}
        return "".join(names[each] for each in self.jobs.sent)

    def states(self) -> str:
        known = (self.jobs.known.get(self.id(each)) for each in "abcde")
        return " ".join(each.state for each in known if each)

    def told(self, role: str) -> list[str]:
        return [each["state"] for each in self.work.told if each.get("role") == role]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def test_roles_are_sent_when_those_before_them_are_done(site: Site) -> None:
    looks: list[str] = []

    def look() -> None:
        looks.append(site.sent())

    site.then(look, site.begin("ae"), look, site.finish("a"), look, site.finish("b"), look)
    site.then(site.finish("c"), look, site.finish("de"))
    result = site.apply()
    assert looks == ["ae", "ae", "aebc", "aebc", "aebcd"]
    assert {role: each["state"] for role, each in result["roles"].items()} == dict.fromkeys(
        "aebcd", "succeeded"
    )
    assert result["roles"]["a"] == {"state": "succeeded", "job": site.id("a"), "exit_code": 0}
    assert site.told("a") == ["queued", "started", "succeeded"]


def test_a_role_is_asked_for_by_whoever_asked_for_the_collection(site: Site) -> None:
    site.then(site.finish("a"))
    site.apply(["a"])
    known = site.jobs.known[site.id("a")]
    job = decode(known.request)
    assert isinstance(job, RunPlaybook)
    assert (known.by, job.collection, job.limit) == ("dragon", site.work.id, "host-1")


def test_the_order_is_told_at_once(site: Site) -> None:
    site.then(site.finish("ae"), site.finish("bc"), site.finish("d"))
    site.apply()
    roles = site.work.told[0]["roles"]
    assert {each["role"]: each["after"] for each in roles}["d"] == ["b", "c"]


def test_a_collection_without_roles_is_done(site: Site) -> None:
    assert site.apply([]) == {"roles": {}}


def test_mistakes_are_found_before_anything_is_sent(site: Site) -> None:
    with pytest.raises(Invalid, match="no role 'f'"):
        site.apply(["a", "f"])
    assert site.jobs.sent == []


def test_a_failure_skips_what_waits_for_it_and_nothing_else(site: Site) -> None:
    site.then(site.finish("a"), site.finish("b", "failed", 4), site.finish("ce"))
    with pytest.raises(PlayFailed) as caught:
        site.apply()
    assert str(caught.value) == "1 of 5 roles failed: b; skipped: d"
    assert caught.value.exit_code == 4
    assert site.told("d") == ["skipped"]
    skipped = next(each for each in site.work.told if each.get("state") == "skipped")
    assert skipped["reason"] == "needs b"
    assert isinstance(caught.value.result, dict)
    roles = caught.value.result["roles"]
    assert roles["d"] == {"state": "skipped", "job": None, "exit_code": None}
    assert roles["c"]["state"] == "succeeded"
    assert "d" not in site.sent()


def test_a_role_that_somebody_revokes_has_not_succeeded(site: Site) -> None:
    site.then(site.finish("a", "revoked", 130), site.finish("e"))
    with pytest.raises(PlayFailed, match="1 of 5 roles failed: a; skipped: b, c, d") as caught:
        site.apply()
    assert caught.value.exit_code == 130


# --- workers that are lost ------------------------------------------------------------------------


def second_worker(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Another one that takes the same job up."""
    second = Site(monkeypatch)
    second.jobs = site.jobs
    return second


def test_the_next_worker_sends_again_what_has_not_begun_only(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    site.then(site.begin("ae"), site.finish("a"), lambda: None, site.begin("b"), killed)
    with pytest.raises(KeyboardInterrupt):
        site.apply()
    assert site.states() == "succeeded started queued started"
    second = second_worker(site, monkeypatch)
    site.jobs.sent.clear()
    second.then(lambda: None, lambda: None, second.finish("bce"), second.finish("d"))
    second.apply()
    assert second.sent() == "cd"  # c was queued, perhaps its message was never sent
    assert second.told("a") == ["succeeded"]


def test_a_collection_that_had_ended_sends_nothing_the_second_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.then(site.finish("ae"), site.finish("b", "failed", 2), site.finish("c"))
    with pytest.raises(PlayFailed) as first:
        site.apply()
    site.jobs.sent.clear()
    with pytest.raises(PlayFailed) as again:
        second_worker(site, monkeypatch).apply()
    assert site.jobs.sent == []
    assert (str(first.value), first.value.result) == (str(again.value), again.value.result)


def test_a_role_that_waits_for_another_run_is_not_sent_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait() -> None:
        site.jobs.known[site.id("a")].state = "retrying"

    site.then(wait, lambda: None, site.begin("a"), site.finish("a"))
    site.apply(["a"])
    assert site.sent() == "a"
    assert site.told("a") == ["retrying", "started", "succeeded"]


def test_a_role_whose_worker_is_gone_ends_as_lost(site: Site) -> None:
    begun = site.clock
    site.then(site.begin("a"), lambda: site.jobs.die(site.id("a")))
    with pytest.raises(PlayFailed) as caught:
        site.apply(["a"])
    assert caught.value.exit_code == 4
    assert 4 < site.clock - begun < 8


def test_a_lock_that_is_free_for_a_moment_is_no_loss(site: Site) -> None:
    def back() -> None:
        site.jobs.held.add(site.id("a"))

    free = [lambda: site.jobs.die(site.id("a")), *[lambda: None] * 11, back]
    site.then(site.begin("a"), *free, *free, site.finish("a"))
    assert site.apply(["a"])["roles"]["a"]["state"] == "succeeded"


# --- Redis ----------------------------------------------------------------------------------------


def away(site: Site, is_away: bool = True) -> Callable[[], None]:
    return lambda: setattr(site.jobs, "away", is_away)


def test_a_redis_that_is_away_is_waited_for(site: Site) -> None:
    pauses: list[Callable[[], object]] = [lambda: None] * 600
    site.then(site.begin("ae"), away(site), *pauses, site.finish("ae"), away(site, False))
    site.then(site.finish("bc"), site.finish("d"))
    site.apply()
    assert site.sent() == "aebcd"


def test_a_redis_that_is_away_for_too_long_is_said(site: Site) -> None:
    site.then(away(site))
    with pytest.raises(OutsideFailed, match="Redis is away"):
        site.apply()
    assert 300 < site.clock - 1000 < 310


def test_a_lock_that_is_lost_ends_it_at_once(site: Site) -> None:
    """Somebody else may be at it: nothing is sent, nothing is revoked."""
    site.work.asked = LeaseLost("gone")
    with pytest.raises(LeaseLost):
        site.apply()
    assert site.jobs.sent == []


# --- revoked --------------------------------------------------------------------------------------


def test_roles_that_run_are_asked_to_end_and_waited_for(site: Site) -> None:
    site.then(site.begin("ae"), site.revoke, lambda: None, site.finish("ae", "revoked", 130))
    with pytest.raises(Revoked, match="by somebody"):
        site.apply()
    assert set(site.jobs.asked) == {site.id("a"), site.id("e")}
    assert site.sent() == "ae"
    assert site.told("a") == ["started", "revoked"]


def test_roles_that_wait_are_ended(site: Site) -> None:
    site.then(lambda: None, site.revoke)
    with pytest.raises(Revoked):
        site.apply()
    assert site.states() == "revoked revoked"
    assert site.jobs.known[site.id("a")].reason == "revoked by somebody"
    assert site.jobs.known[site.id("a")].exit_code == 130
    assert site.told("a") == ["queued", "revoked"]


def test_roles_that_were_sent_a_moment_ago_are_ended_too(site: Site) -> None:
    site.then(site.begin("ae"), site.finish("a"), site.revoke, site.finish("e", "revoked", 130))
    with pytest.raises(Revoked):
        site.apply()
    assert site.sent() == "aebc"
    assert site.states() == "succeeded revoked revoked revoked"


def test_a_role_that_begins_while_it_is_ended_is_asked(site: Site) -> None:
    """Between the question who has it and its end in the records."""
    end = site.jobs.end

    def late(job: str, *rest: Any, **more: Any) -> bool:
        site.jobs.held.add(job)
        return end(job, *rest, **more)

    site.jobs.end = late  # type: ignore[method-assign]
    site.then(site.revoke)
    with pytest.raises(Revoked):
        site.apply(["a"])
    assert site.jobs.asked == [site.id("a")]


def test_revoking_waits_for_a_redis_that_is_away(site: Site) -> None:
    site.then(site.begin("ae"), site.revoke, away(site), lambda: None, away(site, False))
    site.then(site.finish("ae", "revoked", 130))
    with pytest.raises(Revoked):
        site.apply()
    assert site.told("e")[-1] == "revoked"


def test_revoking_does_not_wait_for_ever(site: Site) -> None:
    site.then(site.begin("ae"), site.revoke)
    with pytest.raises(Revoked):
        site.apply()
    assert site.clock - 1000 < 70


def test_roles_without_a_worker_end_as_lost_when_they_are_revoked(site: Site) -> None:
    site.then(site.begin("a"), site.revoke, lambda: site.jobs.die(site.id("a")))
    with pytest.raises(Revoked):
        site.apply(["a"])
    assert site.states() == "failed"
