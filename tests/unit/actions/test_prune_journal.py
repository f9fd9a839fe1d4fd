"""What ended long ago is forgotten: transitions and runs alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from osism.actions.prune_journal import prune_journal
from osism.domain.ports import Row
from osism.domain.runs import Run
from tests.fakes.journal import MemoryJournal
from tests.fakes.run_journal import MemoryRunJournal
from tests.fakes.work import RecordedWork

NOW = datetime.now(UTC)


def test_what_ended_before_the_retention_time_is_forgotten() -> None:
    work, transitions, runs = RecordedWork(), MemoryJournal(), MemoryRunJournal()
    for days in (1, 9, 11, 12):
        ended = NOW - timedelta(days=days)
        run = Run(f"r-{days}", "generic", "facts", "failed", "dragon", ended, ended=ended)
        runs.begin_run(run)
        row = Row(f"t-{days}", "j", "node-1", "a", "b", "failed", "dragon", ended, ended)
        transitions.begin([row], {})
    runs.begin_run(Run("r-99", "generic", "facts", "running", "dragon", NOW - timedelta(days=99)))

    assert prune_journal(work, transitions, runs, 10) == {"forgotten": 2, "forgotten_runs": 2}
    assert [each.id for each in runs.runs()] == ["r-1", "r-9", "r-99"]
    assert [each.id for each in transitions.find()] == ["t-1", "t-9"]
    assert [each["text"] for each in work.told] == [
        "2 transitions older than 10 days are forgotten",
        "2 runs older than 10 days are forgotten",
    ]


def test_nothing_to_forget_is_not_told() -> None:
    work = RecordedWork()
    none = {"forgotten": 0, "forgotten_runs": 0}
    assert prune_journal(work, MemoryJournal(), MemoryRunJournal(), 10) == none
    assert work.told == []
