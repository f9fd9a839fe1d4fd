"""Many nodes brought to their end: beside each other, once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from osism.actions import operate_nodes as module
from osism.actions.operate_nodes import Patience, operate_nodes
from osism.domain.errors import (
    Invalid,
    Misconfigured,
    NodesFailed,
    NotFound,
    OutsideFailed,
    Revoked,
)
from osism.domain.jobs import OperateNodes
from tests.fakes.baremetal import HOST, MemoryIronic
from tests.fakes.work import RecordedWork


class Killed(BaseException):
    """The worker's end."""


def die() -> None:
    raise Killed


class Site:
    """An Ironic, and a job at work on it. While the job sleeps, time passes and what a test has
    planned happens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = 1000.0
        self.ironic = MemoryIronic(1.0, lambda: self.clock)
        self.work = RecordedWork()
        self.plans: list[tuple[float, Callable[[], object]]] = []
        monkeypatch.setattr(module, "sleep", self._sleep)
        monkeypatch.setattr(module, "monotonic", lambda: self.clock)

    def _sleep(self, seconds: float) -> None:
        self.clock += seconds
        assert self.clock < 100_000, "it does not end"
        while self.plans and self.plans[0][0] <= self.clock - 1000:
            self.plans.pop(0)[1]()

    def at(self, seconds: float, plan: Callable[[], object]) -> None:
        self.plans.append((seconds, plan))

    def do(
        self, action: str, *names: str, patience: Patience | None = None, **more: Any
    ) -> Mapping[str, Any]:
        """A new job."""
        self.work.told.clear()
        return self.resume(action, *names, patience=patience, **more)

    def resume(
        self, action: str, *names: str, patience: Patience | None = None, **more: Any
    ) -> Mapping[str, Any]:
        """The same job once more, by another worker."""
        job = OperateNodes(action, names, **more)
        earlier = [e for e in self.work.told if e["kind"] == "operation"]
        return operate_nodes(job, self.work, self.ironic, patience or Patience(60, 50), earlier)

    def failure(self, action: str, *names: str, **more: Any) -> NodesFailed:
        with pytest.raises(NodesFailed) as failed:
            self.do(action, *names, **more)
        return failed.value

    def told(self, name: str) -> list[tuple[str, str]]:
        return [(e["result"], e["state"]) for e in self.work.told if e.get("node") == name]

    def state(self, name: str) -> str:
        return self.ironic.node(name).provision_state


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def results(result: Mapping[str, Any]) -> dict[str, str]:
    return {name: each["result"] for name, each in result["nodes"].items()}


def test_a_node_is_asked_waited_for_and_every_step_is_told(site: Site) -> None:
    site.ironic.add("node-1", "available")
    result = site.do("deploy", "node-1")
    assert result["nodes"]["node-1"] == {"result": "done", "state": "active", "reason": ""}
    assert site.told("node-1") == [
        ("asking", "available"),
        ("asked", "available"),
        ("doing", "deploying"),
        ("done", "active"),
    ]


def test_what_is_so_already_is_not_asked_for(site: Site) -> None:
    site.ironic.add("node-1", "active")
    assert results(site.do("deploy", "node-1")) == {"node-1": "unchanged"}
    assert site.ironic.asked == []


def test_what_has_to_come_first_does(site: Site) -> None:
    site.ironic.add("node-1", "enroll")
    site.do("provide", "node-1")
    assert [verb for verb, _ in site.ironic.asked] == ["manage", "provide"]


def test_nodes_are_worked_on_beside_each_other_with_one_question_a_round(site: Site) -> None:
    names = [f"node-{number}" for number in range(40)]
    for name in names:
        site.ironic.add(name, "available")
    site.ironic.slow("node-7", deploy=9.0)
    site.do("deploy", *names)
    assert {site.state(name) for name in names} == {"active"}
    assert site.clock - 1000 < 12
    assert site.ironic.looks < 20 + 1 + len(names)  # and one each for what is to be deployed


def test_no_more_at_once_than_is_allowed(site: Site) -> None:
    for number in range(6):
        site.ironic.add(f"node-{number}", "available")
    seen: list[int] = []

    def look() -> None:
        states = [site.state(f"node-{number}") for number in range(6)]
        seen.append(states.count("deploying"))

    for tenth in range(60):
        site.at(tenth / 10, look)
    site.do("deploy", *(f"node-{number}" for number in range(6)), patience=Patience(60, 2))
    assert max(seen) == 2


def test_one_that_fails_does_not_stop_the_others(site: Site) -> None:
    for name in ("node-1", "node-2", "node-3"):
        site.ironic.add(name, "available")
    site.ironic.add("node-4", "manageable")
    site.ironic.fail("node-2", deploy="the disk is on fire")
    failure = site.failure("deploy", "node-1", "node-2", "node-3", "node-4")
    assert isinstance(failure.result, dict)
    assert results(failure.result) == {
        "node-1": "done", "node-2": "failed", "node-3": "done", "node-4": "refused",
    }  # fmt: skip
    assert failure.exit_code == 1
    assert str(failure) == (
        "2 of 4 nodes failed: node-2 is 'deploy failed': Failed to deploy: the disk is on fire; "
        "node-4 is 'manageable'; possible from 'available', 'deploy failed': provide it first"
    )


def test_nothing_but_refusals_has_an_exit_code_of_its_own(site: Site) -> None:
    site.ironic.add("node-1", "active")
    assert site.failure("inspect", "node-1").exit_code == 3
    assert site.ironic.asked == []


def test_unknown_names_are_refused_before_anything_is_asked_for(site: Site) -> None:
    site.ironic.add("node-1", "available")
    with pytest.raises(NotFound, match=r"no node 'nodd-1'; did you mean 'node-1'"):
        site.do("deploy", "node-1", "nodd-1")
    assert site.ironic.asked == []
    with pytest.raises(Invalid, match="no action 'fly'"):
        site.do("fly", "node-1")


def test_what_ironic_refuses_is_told_in_its_words(site: Site) -> None:
    site.ironic.add("node-1", "available", maintenance=True)
    failure = site.failure("deploy", "node-1")
    assert "because it's in maintenance mode" in str(failure)
    assert failure.exit_code == 3


# --- locks, outages, answers that are lost


def test_a_locked_node_is_asked_when_it_is_free(site: Site) -> None:
    site.ironic.add("node-1", "manageable", reservation=HOST)
    site.at(5, lambda: site.ironic.change("node-1", reservation=""))
    site.do("inspect", "node-1")
    assert ("busy", "manageable") in site.told("node-1")
    assert site.ironic.asked == [("inspect", "node-1")]


def test_a_node_that_stays_locked_is_given_up(site: Site) -> None:
    site.ironic.add("node-1", "manageable", reservation=HOST)
    site.ironic.add("node-2", "manageable")
    failure = site.failure("inspect", "node-1", "node-2")
    assert str(failure).startswith(
        f"1 of 2 nodes failed: node-1 locked by {HOST}; given up after 6"
    )
    assert failure.exit_code == 3
    assert site.told("node-2")[-1] == ("done", "manageable")


def test_an_outage_is_waited_for(site: Site) -> None:
    site.ironic.add("node-1", "available")
    site.at(0.5, lambda: setattr(site.ironic, "away", True))
    site.at(30, lambda: setattr(site.ironic, "away", False))
    assert results(site.do("deploy", "node-1")) == {"node-1": "done"}
    notes = [each["text"] for each in site.work.told if each["kind"] == "note"]
    assert [note.rpartition(";")[2] for note in notes] == [
        " waiting for it",
        "Ironic answers again",
    ]


def test_an_outage_that_stays_ends_the_job_and_says_so(site: Site) -> None:
    site.ironic.add("node-1", "available")
    site.at(0.5, lambda: setattr(site.ironic, "away", True))
    with pytest.raises(OutsideFailed, match=r"cannot be reached.*given up after 6\d s.*goes on"):
        site.do("deploy", "node-1")


@pytest.mark.parametrize(
    ("action", "state", "asked"),
    [("deploy", "available", 1), ("inspect", "manageable", 1), ("undeploy", "active", 1)],
)
def test_a_lost_answer_asks_for_nothing_twice_that_is_under_way(
    site: Site, action: str, state: str, asked: int
) -> None:
    site.ironic.add("node-1", state)
    site.ironic.lost = 1
    site.do(action, "node-1")
    assert len(site.ironic.asked) == asked


def test_wrong_credentials_end_the_job(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.ironic.add("node-1", "available")

    def refuse(*_: Any, **__: Any) -> None:
        raise Misconfigured("Ironic: are the credentials right?")

    monkeypatch.setattr(site.ironic, "provision", refuse)
    with pytest.raises(Misconfigured):
        site.do("deploy", "node-1")


def test_a_node_that_takes_too_long(site: Site) -> None:
    site.ironic.add("node-1", "available")
    site.ironic.slow("node-1", deploy=500)
    failure = site.failure("deploy", "node-1", timeout=30)
    assert f"not within 30 s: is 'deploying' still, locked by {HOST}; Ironic goes on" in str(
        failure
    )


# --- what others do meanwhile


def test_a_node_that_vanishes(site: Site) -> None:
    site.ironic.add("node-1", "available")
    site.ironic.add("node-2", "available")
    site.at(0.5, lambda: site.ironic.kept.pop(site.ironic.node("node-1").id))
    failure = site.failure("deploy", "node-1", "node-2")
    assert "node-1 is gone from Ironic" in str(failure)


def test_somebody_else_changes_a_node(site: Site) -> None:
    site.ironic.add("node-1", "available")

    def meddle() -> None:
        site.ironic._named("node-1").todo.clear()
        site.ironic.change("node-1", provision_state="deleting", reservation="")

    site.at(0.5, meddle)
    assert "somebody else asked for something else" in str(site.failure("deploy", "node-1"))


def test_what_somebody_else_has_asked_for_is_waited_for(site: Site) -> None:
    node = site.ironic.add("node-1", "available")
    site.ironic.provision(node, "active")
    assert results(site.do("deploy", "node-1")) == {"node-1": "done"}
    assert len(site.ironic.asked) == 1


# --- taken up by another worker


@pytest.mark.parametrize("seconds", [0.05, 0.5, 1.5, 2.5])
@pytest.mark.parametrize(
    ("action", "state", "verbs"),
    [
        ("deploy", "available", ["active"]),
        ("inspect", "manageable", ["inspect"]),
        ("clean", "available", ["manage", "clean"]),
        ("reboot", "active", ["rebooting"]),
        ("undeploy", "active", ["deleted"]),
        ("delete", "manageable", ["delete"]),
    ],
)
def test_whoever_takes_the_job_up_goes_on_and_asks_for_nothing_twice(
    site: Site, action: str, state: str, verbs: list[str], seconds: float
) -> None:
    site.ironic.add("node-1", state)

    site.at(seconds, die)
    try:
        site.do(action, "node-1")
    except Killed:
        site.clock += 20
        site.resume(action, "node-1")
    assert [verb for verb, _ in site.ironic.asked] == verbs
    assert site.told("node-1")[-1][0] == "done"


def test_a_failure_that_was_told_is_not_tried_again(site: Site) -> None:
    for name in ("node-1", "node-2"):
        site.ironic.add(name, "available")
    site.ironic.fail("node-1", deploy="no")
    site.ironic.slow("node-2", deploy=10)
    site.at(5, die)
    with pytest.raises(Killed):
        site.do("deploy", "node-1", "node-2")
    assert site.told("node-1")[-1][0] == "failed"
    site.ironic.mend("node-1")
    with pytest.raises(NodesFailed, match="1 of 2 nodes failed: node-1"):
        site.resume("deploy", "node-1", "node-2")


def test_a_revoked_job_asks_for_nothing_more(site: Site) -> None:
    site.ironic.add("node-1", "available")
    site.work.asked = Revoked("revoked by somebody", "somebody")
    with pytest.raises(Revoked):
        site.do("deploy", "node-1")
    assert site.ironic.asked == []


# --- power, maintenance, what is deployed


def test_power_and_its_failure(site: Site) -> None:
    site.ironic.add("node-1", "active", power_state="power off")
    site.do("power_on", "node-1")
    assert site.ironic.node("node-1").power_state == "power on"
    site.ironic.fail("node-1", power="no answer")
    assert "no answer" in str(site.failure("power_off", "node-1"))


def test_maintenance_with_a_new_reason(site: Site) -> None:
    site.ironic.add("node-1", "active")
    site.do("maintenance_set", "node-1", reason="a fan")
    site.do("maintenance_set", "node-1", reason="two fans")
    assert site.ironic.node("node-1").maintenance_reason == "two fans"
    assert results(site.do("maintenance_set", "node-1")) == {"node-1": "unchanged"}
    site.do("maintenance_unset", "node-1")
    assert not site.ironic.node("node-1").maintenance


def test_what_is_deployed_is_what_the_job_says_else_what_is_kept_with_the_node(site: Site) -> None:
    kept = '{"image_source": "http://a/kept.img", "configdrive": "secret"}'
    node = site.ironic.add("node-1", "available", extra={"instance_info": kept})
    site.do("deploy", "node-1", image="http://a/new.img", checksum="abc")
    assert site.ironic.kept[node.id].instance == {
        "image_source": "http://a/new.img", "image_checksum": "abc", "configdrive": "secret",
    }  # fmt: skip
    assert "secret" not in repr(site.work.told)


@pytest.mark.parametrize("steps", ["no", "{}", "[]", '[{"step": "a"}]', "[1]"])
def test_steps_of_a_cleaning_that_are_none(site: Site, steps: str) -> None:
    site.ironic.add("node-1", "manageable")
    assert "clean steps" in str(site.failure("clean", "node-1", steps=steps))
    assert site.ironic.asked == []
