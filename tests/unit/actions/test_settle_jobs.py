"""Jobs that nobody works on any more get an end, or begin again."""

from __future__ import annotations

from datetime import UTC, datetime

from osism.actions.settle_jobs import settle_jobs
from osism.domain.jobs import ApplyCollection, Job, RunPlaybook, encode
from osism.domain.runs import Run
from tests.fakes.jobs import Known, MemoryJobs
from tests.fakes.run_journal import MemoryRunJournal
from tests.fakes.work import RecordedWork

PLAY, COLLECTION = RunPlaybook("generic", "facts"), ApplyCollection("x")


class Site:
    def __init__(self) -> None:
        self.jobs, self.runs, self.work = MemoryJobs(), MemoryRunJournal(), RecordedWork()

    def job(self, id: str, job: Job, state: str = "started") -> Known:
        self.jobs.known[id] = Known(id, state, request=encode(job), by="somebody")
        return self.jobs.known[id]

    def run(self, id: str) -> None:
        run = Run(id, "generic", "facts", "running", "dragon", datetime.now(UTC))
        self.runs.begin_run(run)

    def settle(self, *lost: str, waiting: tuple[Known, ...] = ()) -> dict[str, list[str]]:
        jobs = self.jobs
        return settle_jobs(self.work, lost, waiting, jobs, jobs, jobs, self.runs)


def test_a_play_that_lost_its_worker_has_failed() -> None:
    site = Site()
    site.job("p", PLAY)
    site.run("p")
    assert site.settle("p") == {"again": [], "lost": ["p"]}
    known, run = site.jobs.known["p"], site.runs.run("p")
    assert (known.state, known.reason, known.exit_code) == ("failed", "worker lost", 4)
    assert (run.status, run.reason, run.exit_code) == ("failed", "worker lost", 4)
    assert site.jobs.sent == []
    assert site.work.told == [{"kind": "lost", "job": "p"}]


def test_a_collection_that_lost_its_worker_goes_on_under_its_id() -> None:
    site = Site()
    site.job("c", COLLECTION)
    assert site.settle("c") == {"again": ["c"], "lost": []}
    assert site.jobs.sent == ["c"]
    assert site.jobs.known["c"].state == "started"


def test_a_job_whose_worker_is_back_is_left_alone() -> None:
    site = Site()
    site.job("p", PLAY)
    site.jobs.held.add("p")
    site.run("p")
    assert site.settle("p") == {"again": [], "lost": []}
    assert site.runs.run("p").status == "running"


def test_a_job_that_is_forgotten_is_passed_over() -> None:
    assert Site().settle("gone") == {"again": [], "lost": []}


def test_a_job_of_another_version_that_lost_its_worker_has_failed() -> None:
    site = Site()
    site.job("o", PLAY).request = {"job": "OfAnotherVersion"}
    assert site.settle("o") == {"again": [], "lost": ["o"]}


def test_jobs_without_a_message_are_sent_again() -> None:
    site = Site()
    waiting = (site.job("p", PLAY, "queued"), site.job("r", PLAY, "retrying"))
    assert site.settle(waiting=waiting) == {"again": ["p", "r"], "lost": []}
    assert site.jobs.sent == ["p", "r"]


def test_jobs_of_another_version_that_wait_do_not_keep_the_rest_waiting() -> None:
    site = Site()
    odd = site.job("o", PLAY, "queued")
    odd.request = {}
    assert site.settle(waiting=(odd, site.job("p", PLAY, "queued")))["again"] == ["p"]


def test_runs_end_as_their_jobs_did() -> None:
    site = Site()
    for id, state in (("s", "succeeded"), ("f", "failed"), ("r", "revoked"), ("b", "started"),
                      ("q", "queued"), ("t", "retrying")):  # fmt: skip
        known = site.job(id, PLAY, state)
        known.exit_code, known.reason = {"s": 0, "f": 2, "r": 130}.get(id), f"reason of {id}"
        site.run(id)
    site.run("forgotten")
    site.settle()
    ends = {each.id: (each.status, each.exit_code) for each in site.runs.runs()}
    assert ends == {
        "s": ("succeeded", 0),
        "f": ("failed", 2),
        "r": ("revoked", 130),
        "b": ("running", None),
        "q": ("running", None),
        "t": ("running", None),
        "forgotten": ("failed", 4),
    }
    assert site.runs.run("f").reason == "reason of f"


def test_a_run_that_redis_has_forgotten_and_that_goes_on_has_no_end() -> None:
    site = Site()
    site.run("p")
    site.jobs.held.add("p")
    site.settle()
    assert site.runs.run("p").status == "running"
    site.jobs.held.clear()
    site.settle()
    assert site.runs.run("p").reason == "worker lost"
