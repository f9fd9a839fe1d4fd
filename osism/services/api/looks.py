"""Looking at systems outside for whoever asks, without ever waiting for long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

from osism.domain.errors import OsismError
from osism.domain.secrets import masked

PATIENCE = 2.5  # seconds


@dataclass(frozen=True)
class Seen:
    """What a look came to: a value, or in words why there is none."""

    value: Any = None
    problem: str = ""


class Look:
    """One system. One thread at a time looks, for all who ask meanwhile: however many ask, and
    however long it takes, no more threads wait for it."""

    def __init__(self, at: Callable[[], Any]) -> None:
        self._at = at
        self._lock = Lock()
        self._under_way: Future[Seen] | None = None

    def ask(self) -> Future[Seen]:
        """The look that is under way, or a new one; it never fails."""
        with self._lock:
            if self._under_way is None or self._under_way.done():
                self._under_way = Future()
                # Not of a pool: what hangs must hinder neither other requests nor our end.
                Thread(target=self._look, args=(self._under_way,), daemon=True).start()
            return self._under_way

    def _look(self, told: Future[Seen]) -> None:
        try:
            told.set_result(Seen(self._at()))
        except OsismError as failure:
            told.set_result(Seen(problem=str(masked(str(failure)))))
        except Exception as failure:
            told.set_result(Seen(problem=f"internal error: {type(failure).__name__}"))


async def at_all(looks: Mapping[str, Look], patience: float = PATIENCE) -> dict[str, Seen]:
    """What all of them come to, looked at together, within *patience* seconds."""
    asked = {name: asyncio.wrap_future(look.ask()) for name, look in looks.items()}
    if asked:
        await asyncio.wait(asked.values(), timeout=patience)
    late = Seen(problem=f"no answer within {patience:g} s")
    return {name: each.result() if each.done() else late for name, each in asked.items()}
