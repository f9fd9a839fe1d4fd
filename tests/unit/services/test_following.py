"""Streams that are followed: what is sent while nothing comes, and when they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from osism.domain.errors import OutsideFailed
from osism.services.api import following
from osism.services.api.following import followed, open_streams


class Script:
    """Pages by a script: each answer is given once, an error is raised; then there is silence."""

    key, place, pause, ended = "key", "0-0", 0.01, False

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.silences = 0

    def next(self) -> list[Any] | None:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        self.ended = answer == ["end"]
        return answer

    def silent(self) -> list[Any]:
        self.silences += 1
        return []

    def unheard(self) -> None:
        return


class Quiet:
    """A hub that never wakes anybody."""

    def __init__(self) -> None:
        self.waiting = 0

    def wait(self, key: str, after: str, wake: Callable[[], None]) -> None:
        self.waiting += 1

    def forget(self, waiting: None) -> None:
        self.waiting -= 1


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> Quiet:
    found = Quiet()
    monkeypatch.setattr(following.wiring, "hub", lambda: found)
    monkeypatch.setattr(following, "AGAIN", 0.005)
    return found


def sent(pages: Script, timeout: float = 0, most: int = 100) -> list[str]:
    """What arrives at a client, which goes away after *most* chunks."""
    chunks: list[str] = []

    async def send(message: Any) -> None:
        if body := message.get("body"):
            assert open_streams() == 1
            chunks.append(body.decode())
            if len(chunks) == most:
                raise ConnectionError

    async def main() -> None:
        stream = followed(pages, lambda events: "".join(events).encode(), timeout)
        with pytest.raises(ConnectionError) if most < 100 else _nothing():
            await stream.stream_response(send)

    asyncio.run(main())
    assert open_streams() == 0
    return chunks


class _nothing:
    def __enter__(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...


def test_pages_are_sent_until_the_end(hub: Quiet) -> None:
    assert sent(Script(["a", "b"], [], ["c"], ["end"])) == ["ab", "c", "end"]


def test_in_silence_a_comment_says_that_we_are_there(
    monkeypatch: pytest.MonkeyPatch, hub: Quiet
) -> None:
    monkeypatch.setattr(following, "PING", 0.02)
    pages = Script(["a"])
    assert sent(pages, most=3) == ["a", ": ping\n\n", ": ping\n\n"]
    assert pages.silences and hub.waiting == 0


def test_after_its_time_a_stream_says_so(hub: Quiet) -> None:
    first, last = sent(Script(["a"]), timeout=0.03)
    assert (first, last.split("\n")[0]) == ("a", "event: timeout")
    assert hub.waiting == 0


def test_an_outage_is_borne_and_a_long_one_told(monkeypatch: pytest.MonkeyPatch) -> None:
    away = OutsideFailed("Redis cannot be reached")
    assert sent(Script(away, ["a"], away, away, ["end"])) == ["a", "end"]
    monkeypatch.setattr(following, "OUTAGE", 0.02)
    *_, event, data = sent(Script(["a"], *[away] * 100))[-1].strip().split("\n")
    assert event == "event: error"
    assert json.loads(data.removeprefix("data: "))["values"] == {"message": str(away)}


def test_a_reader_that_goes_away_is_forgotten(hub: Quiet) -> None:
    assert sent(Script(["a"], ["b"]), most=2) == ["a", "b"]
    assert hub.waiting == 0


def test_when_the_process_ends_all_streams_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_ends", False)

    async def main() -> list[bytes]:
        chunks = followed(Script(["a"]), lambda events: "".join(events).encode(), 0).body_iterator
        first = await anext(aiter(chunks))
        asyncio.get_running_loop().call_later(0.02, following.end_streams)
        return [first, *[each async for each in chunks]]  # type: ignore[list-item]

    assert asyncio.run(main()) == [b"a"]
