"""What ended long ago is forgotten: transitions, runs and requests alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from osism.actions.prune_journal import prune_journal
from osism.domain.ports import Row
from osism.domain.requests import Entry
from osism.domain.runs import Run
from tests.fakes.audit import MemoryAudit
from tests.fakes.journal import MemoryJournal
from tests.fakes.run_journal import MemoryRunJournal
from tests.fakes.work import RecordedWork

NOW = datetime.now(UTC)


def test_what_ended_before_the_retention_time_is_forgotten() -> None:
    work, transitions, runs = RecordedWork(), MemoryJournal(), MemoryRunJournal()
    requests = MemoryAudit()
    for days in (1, 9, 11, 12):
        ended = NOW - timedelta(days=days)
        run = Run(f"r-{days}", "generic", "facts", "failed", "dragon", ended, ended=ended)
        runs.begin_run(run)
        row = Row(f"t-{days}", "j", "node-1", "a", "b", "failed", "dragon", ended, ended)
        transitions.begin([row], {})
        requests.begin(Entry(ended, "the CI", "operator", "", "PUT", "/api/v1/devices/node-1"))
    runs.begin_run(Run("r-99", "generic", "facts", "running", "dragon", NOW - timedelta(days=99)))

    assert prune_journal(work, transitions, runs, requests, 10, 11.5) == {
        "forgotten": 2, "forgotten_runs": 2, "forgotten_requests": 1,
    }  # fmt: skip
    assert [each.id for each in runs.runs()] == ["r-1", "r-9", "r-99"]
    assert [each.id for each in transitions.find()] == ["t-1", "t-9"]
    assert [each["text"] for each in work.told] == [
        "2 transitions older than 10 days are forgotten",
        "2 runs older than 10 days are forgotten",
        "1 requests older than 11.5 days are forgotten",
    ]


def test_nothing_to_forget_is_not_told() -> None:
    work = RecordedWork()
    none = {"forgotten": 0, "forgotten_runs": 0, "forgotten_requests": 0}
    nothing = MemoryJournal(), MemoryRunJournal(), MemoryAudit()
    assert prune_journal(work, *nothing, 10, 10) == none
    assert work.told == []
