"""Which jobs a list shows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from osism.domain.records import JobRecord, newest
from osism.domain.schedules import SCHEDULE


class Recent:
    """An hour of the schedule, newer than what people asked for."""

    def __init__(self) -> None:
        self.jobs = [JobRecord(f"s{n}", by=SCHEDULE) for n in range(60)]
        self.jobs += [JobRecord(f"p{n}", by="root") for n in range(5)]

    def __call__(self, limit: int, state: str | None) -> Sequence[JobRecord]:
        return self.jobs[:limit]


@pytest.mark.parametrize(
    ("limit", "but", "found"),
    [
        (3, SCHEDULE, ["p0", "p1", "p2"]),
        (50, SCHEDULE, ["p0", "p1", "p2", "p3", "p4"]),
        (3, "", ["s0", "s1", "s2"]),
    ],
)
def test_the_schedule_hides_nobodys_jobs(limit: int, but: str, found: list[str]) -> None:
    assert [each.id for each in newest(Recent(), limit, None, but)] == found
