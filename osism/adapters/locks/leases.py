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
_REMEMBERED = 3600.0  # seconds that a lock knows its last holder; outages are shorter
_CONTEST = 60.0  # seconds; who asks for a lock without waiting comes again within them
_GRACE = 5.0  # seconds at most for a holder to come back after an outage
_AGAIN = 0.5  # seconds at most between two attempts to renew; well within a grace


def keys(kind: str, names: Iterable[str]) -> list[str]:
    """The keys of one kind (``lock``, ``held``, ``contest``, ``takeover``, ``wake``)."""
    return [f"osism:{kind}:{name}" for name in names]


def owner_of(value: str) -> Owner:
    """The owner in the value of a lock, also when somebody else wrote it."""
    try:
        known = json.loads(value)
        return Owner(known["job"], known["purpose"], known["worker"])
    except (ValueError, KeyError, TypeError):
        return Owner("unknown", "something else")


class Times:
    """What follows from a lease (seconds), in ms and in the order of the scripts.

    A lock expires a grace before its lease, so that somebody who waits for a dead holder has given
    the grace when the lease ends.
    """

    def __init__(self, lease: float) -> None:
        whole, self.grace = int(lease * 1000), int(min(_GRACE, lease / 6) * 1000)
        remembered = int(max(_REMEMBERED, 10 * lease) * 1000)
        contest = int(_CONTEST * 1000) + self.grace
        self.take = (whole - self.grace, remembered, self.grace, contest)
        self.renew = (whole - self.grace, remembered, whole)


class HeldLease:
    """Locks of one owner, renewed by one thread; given to who holds them.

    A *patient* one is lost only to somebody else, however long Redis is away.
    """

    def __init__(self, run: Run, lease: float, owner: Owner, patient: bool = False) -> None:
        self._run = run
        self._lease, self._times = lease, Times(lease)
        self._patient = patient
        self._nonce = uuid4().hex
        self.value = json.dumps(asdict(owner) | {"nonce": self._nonce})
        self.names: list[str] = []
        self._server, self._server_time = "", 0  # where and when it was renewed
        self._seen: tuple[str, int] = ("", 0)  # the server, and its time, when it last answered
        self._away_for = 0  # ms that whoever waits means not to look
        self._renewed = self._looked = monotonic()
        self._away = self._stopped = self._wanted = self._released = False
        self._lost = self._asked = self._asked_by = ""
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
            raise TakenOver(self._asked, self._asked_by)

    def _raise_if_lost(self) -> None:
        if not self._lost and self._thread and not self._patient and self._too_late(monotonic()):
            self._lost = (
                f"lock {self.names[0]!r} could not be renewed for {self._lease:g} s; "
                "somebody else may hold it by now"
            )
        if self._lost:
            raise LeaseLost(self._lost)

    def _too_late(self, now: float) -> bool:
        return now - self._renewed >= self._lease

    def take(self, names: Sequence[str]) -> tuple[str, str, int]:
        """Take *names* up to the first that is held; return its name, holder and time left (ms).

        The name is empty when all are taken. A lock that nobody released and nobody renews is
        held by who had it until it has been seen free for a grace.
        """
        began = monotonic()
        count, holder, left, *seen = self._run(
            "take",
            keys("lock", names) + keys("held", names) + keys("contest", names),
            [self.value, *self._times.take, *self._seen, self._away_for],
        )
        self._seen = (seen[0], seen[1])
        with self._turn:
            if count and not self._thread:
                self._renewed = self._looked = began
                self._server, self._server_time = self._seen
            self.names += names[:count]
        if count and not self._thread:
            self._thread = threading.Thread(target=self._renew_on, name="lease", daemon=True)
            self._thread.start()
        return (names[count], holder, left) if count < len(names) else ("", "", 0)

    def waits(self, seconds: float) -> None:
        """The next :meth:`take` comes in *seconds*; if it comes later, Redis was silent."""
        self._away_for = int(seconds * 1000) + max(self._times.grace // 2, 250)

    def cut_off(self) -> None:
        """Redis could not be reached: it may have forgotten who holds what."""
        self._seen = ("away", 0)

    def _renew_on(self) -> None:
        pause, failed = self._lease / 3, 0.0
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._wanted or self._stopped, timeout=pause)
                if self._stopped:
                    return
            try:
                self._renew()
                if failed:
                    waited = monotonic() - failed
                    _log.info("the lock %r is renewed again after %.1f s", self.names[0], waited)
                self._away, pause, failed = False, self._lease / 3, 0.0
            except RedisError as error:
                if not failed:
                    _log.warning("cannot renew the lock %r: %s", self.names[0], error)
                self._away, pause = True, min(_AGAIN, self._lease / 10)
                failed = failed or monotonic()
            with suppress(LeaseLost):
                self._raise_if_lost()
            with self._turn:
                self._looked, self._wanted = monotonic(), False
                self._stopped |= bool(self._lost)
                self._turn.notify_all()
                released = self._released
            if released:
                self._free()  # this renewal was under way, and may have taken it back
                return

    def _renew(self) -> None:
        began, names = monotonic(), list(self.names)
        kinds = ("lock", "held", "contest", "takeover")
        *answer, server, server_time = self._run(
            "renew",
            [key for kind in kinds for key in keys(kind, names)],
            [self.value, *self._times.renew, self._server, self._server_time, int(self._patient)],
        )
        if not self._patient and self._too_late(began):
            return  # in between it may have been another's
        for name, holder in zip(names, answer, strict=False):
            if holder:
                self._lost = self._lost_to(name, holder)
                return
        self._server, self._server_time, self._renewed = server, server_time, began
        for name, request in zip(names, answer[len(names) :], strict=False):
            self._heed(name, request)

    def _lost_to(self, name: str, holder: str) -> str:
        if holder == "?":
            return f"lock {name!r} is no longer ours; somebody else may hold it by now"
        return f"lock {name!r} is no longer ours; it is held by {owner_of(holder)}"

    def _heed(self, name: str, request: str) -> None:
        with suppress(ValueError, KeyError, TypeError):
            known = json.loads(request) if request else {}
            if known and known["holder"] == self._nonce:
                self._asked = f"{name!r}: asked to stop by {known['by']}"
                self._asked_by = str(known["by"])

    def release(self) -> None:
        """Stop renewing and free what is ours; without Redis the lease does it."""
        with self._turn:
            self._stopped = self._released = True
            self._turn.notify_all()
        self._free()

    def _free(self) -> None:
        names = self.names
        if not names:
            return
        kinds = ("lock", "held", "contest", "wake")
        with suppress(RedisError):
            self._run("release", [key for kind in kinds for key in keys(kind, names)], [self.value])
