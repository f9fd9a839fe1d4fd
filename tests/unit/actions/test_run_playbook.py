"""A run of a playbook: what the journal has of it, how often Ansible is asked, how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from osism.actions.run_playbook import run_playbook
from osism.domain.errors import (
    Invalid,
    LeaseLost,
    Misconfigured,
    NotFound,
    OsismError,
    OutsideFailed,
    PlayFailed,
    Revoked,
)
from osism.domain.jobs import RunPlaybook
from osism.domain.runs import TIMED_OUT, Outcome, Run
from tests.fakes.plays import OnePlay, ScriptedRunner
from tests.fakes.run_journal import MemoryRunJournal
from tests.fakes.work import RecordedWork

FACTS = RunPlaybook("generic", "facts")
HOSTS = {"a": {"ok": 2, "changed": 1}, "b": {"ok": 1}}
GOOD = Outcome(0, HOSTS)
BAD = Outcome(2, {"a": {"failed": 1}, "b": {"ok": 1}})


@dataclass
class Site:
    runner: ScriptedRunner
    work: RecordedWork = field(default_factory=RecordedWork)
    journal: MemoryRunJournal = field(default_factory=MemoryRunJournal)

    def play(self, job: RunPlaybook = FACTS) -> Mapping[str, Any]:
        hosts = Path("/inventory")
        return run_playbook(job, self.work, OnePlay(), self.runner, self.journal, hosts)

    @property
    def run(self) -> Run:
        return self.journal.run(self.work.id)


class NoEnds(MemoryRunJournal):
    """A journal whose database goes away while the play runs."""

    failure: Exception = OutsideFailed("journal: cannot end a run: gone")

    def finish_run(self, *_: Any, **__: Any) -> None:
        raise self.failure


class Away(MemoryRunJournal):
    def begin_run(self, run: Run) -> None:
        raise OutsideFailed("journal: cannot begin a run: gone")


def test_a_good_run() -> None:
    site = Site(ScriptedRunner(GOOD))
    assert site.play() == {
        "exit_code": 0,
        "hosts": HOSTS,
        "totals": {"ok": 1, "changed": 1, "failed": 0, "unreachable": 0},
        "result": None,
    }
    assert (site.run.status, site.run.exit_code, site.run.reason) == ("succeeded", 0, "")
    assert site.run.hosts == HOSTS
    assert site.run.ended is not None
    assert [each.inventory for each in site.runner.commands] == ["/inventory"]


def test_the_journal_has_the_run_before_ansible_begins() -> None:
    site = Site(ScriptedRunner(GOOD))
    seen: list[Run] = []
    site.runner.begins = lambda: seen.append(site.run)
    job = RunPlaybook("generic", "facts", limit="a", arguments=("-v",), collection="c-1")
    site.play(job)
    (run,) = seen
    assert (run.id, run.status, run.ended) == (site.work.id, "running", None)
    assert (run.environment, run.role, run.collection) == ("generic", "facts", "c-1")
    assert (run.asked_by, run.worker) == ("dragon", "ansible@host (pid 42)")
    assert (run.request["limit"], run.request["arguments"]) == ("a", ["-v"])


def test_without_a_journal_nothing_begins() -> None:
    site = Site(ScriptedRunner(GOOD), journal=Away())
    with pytest.raises(OutsideFailed, match="cannot begin"):
        site.play()
    assert site.runner.commands == []


@pytest.mark.parametrize(
    ("job", "kind"),
    [
        (RunPlaybook("generic", "facts", arguments=("-i", "x")), Invalid),
        (RunPlaybook("generic", "facts", arguments=("-e", "password=geheim")), Invalid),
        (RunPlaybook("generic", "fax"), NotFound),
    ],
)
def test_what_cannot_be_run_is_no_run(job: RunPlaybook, kind: type[Exception]) -> None:
    """Whoever sends a job without having looked at it gets the same answer from the worker."""
    site = Site(ScriptedRunner(GOOD))
    with pytest.raises(kind):
        site.play(job)
    assert site.runner.commands == []
    assert list(site.journal.runs()) == []


def test_a_failed_run_has_ansibles_exit_code_and_its_hosts() -> None:
    site = Site(ScriptedRunner(BAD))
    with pytest.raises(PlayFailed, match=r"^failed: a$") as caught:
        site.play()
    assert caught.value.exit_code == 2
    assert isinstance(caught.value.result, dict)
    assert caught.value.result["totals"] == {"ok": 1, "changed": 0, "failed": 1, "unreachable": 0}
    assert (site.run.status, site.run.exit_code, site.run.reason) == ("failed", 2, "failed: a")
    assert site.run.hosts == BAD.hosts
    assert len(site.runner.commands) == 1


def test_a_run_that_took_too_long_says_so_and_is_not_tried_again() -> None:
    site = Site(ScriptedRunner(Outcome(TIMED_OUT)))
    with pytest.raises(PlayFailed, match=r"^longer than 7 s$"):
        site.play(RunPlaybook("generic", "facts", timeout=7, retries=3))
    assert (site.run.exit_code, len(site.runner.commands)) == (TIMED_OUT, 1)


@pytest.mark.parametrize(
    ("ends", "retries", "runs", "code"),
    [
        ([BAD, GOOD], 0, 1, 2),
        ([BAD, GOOD], 1, 2, 0),
        ([BAD, GOOD], 5, 2, 0),
        ([BAD, BAD, Outcome(4)], 2, 3, 4),
        ([GOOD], 5, 1, 0),
        ([BAD, Outcome(TIMED_OUT)], 5, 2, TIMED_OUT),
    ],
)
def test_a_run_that_failed_is_tried_again(
    ends: list[Outcome], retries: int, runs: int, code: int
) -> None:
    site = Site(ScriptedRunner(*ends))
    try:
        site.play(RunPlaybook("generic", "facts", retries=retries))
    except PlayFailed as failed:
        assert failed.exit_code == code
    assert len(site.runner.commands) == runs
    assert site.run.exit_code == code
    retold = [each for each in site.work.told if each["kind"] == "retry"]
    assert [each["number"] for each in retold] == list(range(1, runs))
    assert all((each["of"], each["reason"]) == (retries, "failed: a") for each in retold)


@pytest.mark.parametrize("checks", [0, 1])
def test_a_revoked_run_ends_as_revoked(checks: int) -> None:
    """In the first try and in the second."""
    asked = Revoked("revoked by somebody")
    site = Site(ScriptedRunner(BAD), RecordedWork(asked=asked, checks=checks))
    with pytest.raises(Revoked, match="revoked by somebody"):
        site.play(RunPlaybook("generic", "facts", retries=5))
    assert len(site.runner.commands) == checks + 1
    run = site.run
    assert (run.status, run.exit_code, run.reason) == ("revoked", 130, "revoked by somebody")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (LeaseLost("the lock is somebody else's"), "the lock is somebody else's"),
        (Misconfigured("no ansible-playbook"), "no ansible-playbook"),
        (OSError(12, "no memory"), "OSError(12, 'no memory')"),
        (SystemExit(1), "SystemExit(1)"),
    ],
)
def test_a_run_that_breaks_has_an_end_too(failure: BaseException, reason: str) -> None:
    site = Site(ScriptedRunner(failure))
    with pytest.raises(type(failure)):
        site.play()
    assert (site.run.status, site.run.exit_code, site.run.reason) == ("failed", 1, reason)


@pytest.mark.parametrize(
    "failure", [OutsideFailed("journal: gone"), Misconfigured("journal: of a newer version")]
)
def test_a_journal_that_went_away_does_not_change_how_a_run_ended(failure: OsismError) -> None:
    journal = NoEnds()
    journal.failure = failure
    site = Site(ScriptedRunner(GOOD, BAD, Revoked("by x")), journal=journal)
    assert site.play()["exit_code"] == 0
    assert site.work.told[-1]["kind"] == "note"
    assert str(failure) in site.work.told[-1]["text"]
    with pytest.raises(PlayFailed):
        site.play()
    with pytest.raises(Revoked):
        site.play()


def test_secrets_of_the_result_are_not_told() -> None:
    site = Site(ScriptedRunner(Outcome(0, HOSTS, result={"name": "x", "password": "geheim"})))
    assert site.play()["result"] == {"name": "x", "password": "********"}
