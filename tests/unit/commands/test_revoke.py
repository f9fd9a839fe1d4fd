"""Revoking a job, whoever has it."""

from __future__ import annotations

from typing import Any

import pytest

from osism import wiring
from osism.commands.jobs import revoke
from osism.domain.errors import Refused
from tests.fakes.jobs import Known, MemoryJobs


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> MemoryJobs:
    jobs = MemoryJobs()
    monkeypatch.setattr(wiring, "records", lambda: jobs)
    monkeypatch.setattr(wiring, "locks", lambda: jobs)
    jobs.known["j"] = Known("j")
    return jobs


def test_a_job_that_runs_is_asked_to_stop(jobs: MemoryJobs) -> None:
    jobs.begin("j")
    assert revoke("j") == "job j was asked to stop"
    assert (jobs.asked, jobs.known["j"].state) == (["j"], "started")


def test_a_job_that_waits_ends(jobs: MemoryJobs) -> None:
    assert revoke("j") == "job j is revoked"
    assert (jobs.known["j"].state, jobs.known["j"].exit_code) == ("revoked", 130)


def test_a_job_that_begins_in_this_moment_is_asked_too(jobs: MemoryJobs) -> None:
    end = jobs.end

    def late(*values: Any, **more: Any) -> bool:
        jobs.begin("j")
        return end(*values, **more)

    jobs.end = late  # type: ignore[method-assign]
    revoke("j")
    assert (jobs.asked, jobs.known["j"].state) == (["j"], "revoked")


def test_a_job_that_has_ended_stays_as_it_is(jobs: MemoryJobs) -> None:
    jobs.finish("j", "failed", 2)
    with pytest.raises(Refused, match="job j has failed already"):
        revoke("j")
