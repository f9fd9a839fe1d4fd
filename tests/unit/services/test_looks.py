"""Looks at systems outside, for whoever asks."""

from __future__ import annotations

import asyncio
from threading import Event
from time import monotonic
from typing import Any

from osism.domain.errors import OutsideFailed
from osism.services.api.looks import Look, Seen, at_all


def failing(error: Exception) -> Any:
    def look() -> None:
        raise error

    return look


def test_what_each_look_came_to() -> None:
    looks = {
        "good": Look(lambda: 7),
        "away": Look(failing(OutsideFailed("no redis at redis://u:secret@host"))),
        "odd": Look(failing(ValueError("a detail"))),
    }
    found = asyncio.run(at_all(looks))
    assert found["good"] == Seen(7)
    assert found["away"].problem == "no redis at redis://u:********@host"
    assert found["odd"].problem == "internal error: ValueError"
    assert asyncio.run(at_all({})) == {}


def test_one_look_serves_all_who_ask_meanwhile_and_nobody_waits_for_long() -> None:
    times, go = [], Event()

    def slow() -> str:
        times.append(1)
        go.wait(10)
        return "there"

    look = Look(slow)

    async def ask() -> None:
        began = monotonic()
        several = await asyncio.gather(*(at_all({"x": look}, 0.05) for _ in range(20)))
        assert monotonic() - began < 2
        assert {each["x"] for each in several} == {Seen(problem="no answer within 0.05 s")}
        assert len(times) == 1
        waiting = asyncio.create_task(at_all({"x": look}))
        await asyncio.sleep(0)
        go.set()
        assert (await waiting)["x"] == Seen("there")

    asyncio.run(ask())
    assert asyncio.run(at_all({"x": look}))["x"] == Seen("there")
    assert len(times) == 2, "looked at anew"
