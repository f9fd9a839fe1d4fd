"""Locks that are held: renewed in the background, and watched for their loss."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from time import monotonic
from typing import Any
from uuid import uuid4

from redis.exceptions import RedisError

from osism.domain.errors import LeaseLost, TakenOver
from osism.domain.ports import Owner

_log = logging.getLogger(__name__)

#: Runs a script by its name with keys and values.
Run = Callable[[str, Sequence[str], Sequence[str | int]], Any]

_LOOK = 0.2  # seconds; check() knows no older state of its locks than that
_PATIENCE = 0.5  # seconds that check() waits for Redis


def keys(kind: str, names: Iterable[str]) -> list[str]:
    """The keys of one kind (``lock``, ``takeover``, ``wake``) for these names."""
    return [f"osism:{kind}:{name}" for name in names]


def owner_of(value: str) -> Owner:
    """The owner in the value of a lock, also when somebody else wrote it."""
    try:
        known = json.loads(value)
        return Owner(known["job"], known["purpose"], known["worker"])
    except (ValueError, KeyError, TypeError):
        return Owner("unknown", "something else")


class HeldLease:
    """Locks of one owner, renewed by one thread; given to who holds them."""

    def __init__(self, run: Run, lease: float, owner: Owner) -> None:
        self._run = run
        self._lease = lease
        self._nonce = uuid4().hex
        self.value = json.dumps(asdict(owner) | {"nonce": self._nonce})
        self.names: list[str] = []
        self._server = ""
        self._renewed = self._looked = monotonic()
        self._away = self._stopped = self._wanted = False
        self._lost = self._asked = ""
        self._turn = threading.Condition()
        self._thread: threading.Thread | None = None

    def check(self) -> None:
        """Raise :class:`LeaseLost` or :class:`TakenOver`; waits for Redis half a second at most."""
        with self._turn:
            if self._thread and not self._away and monotonic() - self._looked > _LOOK:
                self._wanted = True
                self._turn.notify_all()
                self._turn.wait_for(lambda: not self._wanted, timeout=_PATIENCE)
        self._raise_if_lost()
        if self._asked:
            raise TakenOver(self._asked)

    def _raise_if_lost(self) -> None:
        if not self._lost and self._thread and monotonic() - self._renewed >= self._lease:
            self._lost = (
                f"lock {self.names[0]!r} could not be renewed for {self._lease:g} s; "
                "somebody else may hold it by now"
            )
        if self._lost:
            raise LeaseLost(self._lost)

    def take(self, names: Sequence[str]) -> tuple[str, str, int]:
        """Take *names* up to the first that is held; return its name, holder and time left (ms).

        The name is empty when all are taken.
        """
        began = monotonic()
        count, holder, left, server = self._run(
            "take", keys("lock", names), [self.value, int(self._lease * 1000)]
        )
        with self._turn:
            if count and not self._thread:
                self._renewed = self._looked = began
                self._server = server
            self.names += names[:count]
        if count and not self._thread:
            self._thread = threading.Thread(target=self._renew_on, name="lease", daemon=True)
            self._thread.start()
        return (names[count], holder, left) if count < len(names) else ("", "", 0)

    def _renew_on(self) -> None:
        pause = self._lease / 3
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._wanted or self._stopped, timeout=pause)
                if self._stopped:
                    return
            try:
                self._renew()
                self._away, pause = False, self._lease / 3
            except RedisError as error:
                self._away, pause = True, min(1.0, self._lease / 10)
                _log.warning("cannot renew the lock %r: %s", self.names[0], error)
            with suppress(LeaseLost):
                self._raise_if_lost()
            with self._turn:
                self._looked, self._wanted = monotonic(), False
                self._stopped |= bool(self._lost)
                self._turn.notify_all()

    def _renew(self) -> None:
        began, names = monotonic(), list(self.names)
        answer = self._run(
            "renew",
            keys("lock", names) + keys("takeover", names),
            [self.value, int(self._lease * 1000), len(names)],
        )
        gone = [name for name, kept in zip(names, answer, strict=False) if not kept]
        if began - self._renewed >= self._lease:
            return  # too late: in between it may have been another's
        if gone and not (answer[-1] != self._server and self._retake(gone)):
            self._lost = f"lock {gone[0]!r} is no longer ours; somebody else may hold it by now"
            return
        self._server, self._renewed = answer[-1], began
        for name, request in zip(names, answer[len(names) :], strict=False):
            self._heed(name, request)

    def _retake(self, names: Sequence[str]) -> bool:
        """Take back what a server that restarted empty within the lease has forgotten."""
        if self._stopped:
            return True
        values: list[str | int] = [self.value, int(self._lease * 1000)]
        return bool(self._run("take", keys("lock", names), values)[0] == len(names))

    def _heed(self, name: str, request: str) -> None:
        with suppress(ValueError, KeyError, TypeError):
            known = json.loads(request) if request else {}
            if known and known["holder"] == self._nonce:
                self._asked = f"{name!r}: asked to stop by {known['by']}"

    def release(self) -> None:
        """Stop renewing and free what is ours; without Redis the lease does it."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()
        names = self.names
        if not names:
            return
        with suppress(RedisError):
            both = keys("lock", names) + keys("wake", names)
            self._run("release", both, [self.value, len(names)])
