"""Forget transitions, runs and requests that ended long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from osism.domain.ports import Audit, Journal, RunJournal, Work


def prune_journal(
    work: Work, journal: Journal, runs: RunJournal, audit: Audit, days: float, audit_days: float
) -> dict[str, Any]:
    """Delete ended transitions, with their events, and ended runs that are older than *days*, and
    requests to the HTTP API that are older than *audit_days*."""
    before, asked_before = (datetime.now(UTC) - timedelta(days=each) for each in (days, audit_days))
    forgotten = {
        "transitions": (journal.prune(before), days),
        "runs": (runs.prune_runs(before), days),
        "requests": (audit.prune(asked_before), audit_days),
    }
    for what, (number, age) in forgotten.items():
        if number:
            work.tell("note", text=f"{number} {what} older than {age:g} days are forgotten")
    return {
        "forgotten": forgotten["transitions"][0],
        "forgotten_runs": forgotten["runs"][0],
        "forgotten_requests": forgotten["requests"][0],
    }
