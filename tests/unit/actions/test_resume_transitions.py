"""Transitions without a worker: taken up again under their jobs, or ended as these have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from osism.actions.resume_transitions import MOST, resume_transitions
from osism.domain.jobs import ConnectDevices, encode
from osism.domain.ports import Row
from osism.domain.specs import FAILED, propagation
from tests.fakes.jobs import Known, MemoryJobs
from tests.fakes.journal import MemoryJournal
from tests.fakes.work import RecordedWork

NOON = datetime(2025, 3, 30, 12, tzinfo=UTC)


class Jobs(MemoryJobs):
    """What is sent waits until a test says otherwise."""

    def waiting(self, job: str) -> bool:
        return job in self.known and self.known[job].state == "queued"


class Site:
    def __init__(self) -> None:
        self.jobs, self.journal = Jobs(), MemoryJournal()

    def began(self, device: str, job: str, request: Mapping[str, str] | None = None) -> None:
        row = Row(f"t-{device}", job, device, "a", "b", "running", "dragon", NOON)
        asked = ConnectDevices((device,), "device", state="b", enforce=True)
        self.journal.begin([row], request or encode(asked))
        self.jobs.known[job] = Known(job, "started", request=encode(asked))

    def resume(self) -> dict[str, list[str]]:
        return resume_transitions(RecordedWork(), self.journal, self.jobs, self.jobs, self.jobs)

    def ended(self, device: str) -> tuple[str, str]:
        row = self.journal.get(f"t-{device}")[0]
        return row.status, row.error


@pytest.fixture
def site() -> Site:
    return Site()


def test_one_without_a_worker_begins_again_and_one_at_work_does_not(site: Site) -> None:
    site.began("node-1", "j-1")
    site.began("node-2", "j-2")
    site.jobs.held.add("j-2")
    assert site.resume()["resumed"] == ["j-1"]
    assert site.jobs.sent == ["j-1"]


@pytest.mark.parametrize(
    ("state", "reason", "becomes"),
    [
        ("revoked", "revoked by knight", "aborted"),
        ("failed", "worker lost", "failed"),
    ],
)
def test_one_whose_job_has_ended_meanwhile_ends_like_it(
    site: Site, state: str, reason: str, becomes: str
) -> None:
    """No worker begins such a job: it would be pending for ever, and wanting it again no help."""
    site.began("node-1", "j-1")
    site.jobs.end("j-1", state, reason)
    site.resume()
    assert site.ended("node-1") == (becomes, reason)
    assert site.jobs.sent == []
    spec = site.journal.specs.of()["node-1"]
    [row] = site.journal.of_job("j-1")
    assert propagation(spec, row, {}, None, NOON).status == FAILED


def test_one_that_kills_its_workers_is_given_up(site: Site) -> None:
    site.began("node-1", "j-1")
    for _ in range(MOST):
        site.journal.event(["t-node-1"], 0, "resumed")
    assert site.resume()["given_up"] == ["j-1"]
    assert site.ended("node-1")[0] == site.jobs.known["j-1"].state == "failed"


def test_one_of_another_version_does_not_keep_the_rest_from_going_on(site: Site) -> None:
    site.began("node-1", "j-1", {"job": "OfAnotherVersion"})
    site.began("node-2", "j-2")
    found = site.resume()
    assert (found["resumed"], found["given_up"]) == (["j-2"], ["j-1"])
    assert site.ended("node-1")[0] == site.jobs.known["j-1"].state == "failed"
