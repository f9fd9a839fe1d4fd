"""Which jobs ``osism task list`` shows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from osism import wiring
from osism.commands.task import _newest
from osism.domain.schedules import SCHEDULE


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """An hour of the schedule, newer than what people asked for."""
    found = [SimpleNamespace(id=f"s{n}", by=SCHEDULE) for n in range(60)]
    found += [SimpleNamespace(id=f"p{n}", by="root") for n in range(5)]
    records = SimpleNamespace(recent=lambda limit, state: found[:limit])
    monkeypatch.setattr(wiring, "records", lambda: records)
    return found


def test_the_schedule_hides_nobodys_jobs(jobs: list[Any]) -> None:
    assert [each.id for each in _newest(3, None, False)] == ["p0", "p1", "p2"]
    assert [each.id for each in _newest(50, None, False)] == ["p0", "p1", "p2", "p3", "p4"]


def test_the_jobs_of_the_schedule_count_where_they_are_shown(jobs: list[Any]) -> None:
    assert [each.id for each in _newest(3, None, True)] == ["s0", "s1", "s2"]
