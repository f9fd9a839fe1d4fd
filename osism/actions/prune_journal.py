"""Forget transitions and runs that ended long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from osism.domain.ports import Journal, RunJournal, Work


def prune_journal(work: Work, journal: Journal, runs: RunJournal, days: float) -> dict[str, Any]:
    """Delete ended transitions, with their events, and ended runs that are older than *days*."""
    before = datetime.now(UTC) - timedelta(days=days)
    forgotten = {"transitions": journal.prune(before), "runs": runs.prune_runs(before)}
    for what, number in forgotten.items():
        if number:
            work.tell("note", text=f"{number} {what} older than {days:g} days are forgotten")
    return {"forgotten": forgotten["transitions"], "forgotten_runs": forgotten["runs"]}
