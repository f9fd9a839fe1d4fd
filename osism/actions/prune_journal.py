"""Forget transitions that ended long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from osism.domain.ports import Journal, Work


def prune_journal(work: Work, journal: Journal, days: float) -> dict[str, Any]:
    """Delete ended transitions, with their events, that are older than *days*."""
    forgotten = journal.prune(datetime.now(UTC) - timedelta(days=days))
    if forgotten:
        work.tell("note", text=f"{forgotten} transitions older than {days:g} days are forgotten")
    return {"forgotten": forgotten}
