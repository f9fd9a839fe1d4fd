"""What is done again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter

from osism import wiring
from osism.services.api.auth import Reader
from osism.services.api.envelopes import Shape

router = APIRouter(tags=["workers"])


class Entry(Shape):
    """An entry of the schedule. ``every``: seconds, 0 when it is off."""

    name: str
    every: float
    purpose: str
    last_run: datetime | None
    next_run: datetime | None


class Schedule(Shape):
    """``scheduler``: who sends its jobs, null when nobody does."""

    kind: Literal["Schedule"] = "Schedule"
    api_version: Literal["v1"] = "v1"
    scheduler: str | None
    items: list[Entry]


@router.get("/schedule")
def get_schedule(caller: Reader) -> Schedule:
    """What is done again and again, with the last and the next run."""
    found = wiring.schedule()
    return Schedule(
        scheduler=found.scheduler or None,
        items=[
            Entry(
                name=each.name,
                every=each.every,
                purpose=each.purpose,
                last_run=each.last,
                next_run=each.following,
            )
            for each in found.entries
        ],
    )
