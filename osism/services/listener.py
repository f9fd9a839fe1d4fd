"""The listener: takes Ironic's notifications from the broker and keeps them for a worker.

However many are started, one listens: the one that holds the lock ``listener``; several at a time
would break the order of a device's events. A message is acknowledged when its event is kept in
Redis and a job is queued that works on it, and not before: whatever ends in between, the broker
delivers it again, and what was kept already is known by its id.
"""

from __future__ import annotations

import hashlib
import logging
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import getpid
from socket import gethostname
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from osism import wiring
from osism.actions.events.turns import LOCK
from osism.domain.errors import Busy, Misconfigured, OsismError, OutsideFailed
from osism.domain.ironic_events import Malformed, NodeEvent, parse
from osism.domain.jobs import HandleEvents
from osism.domain.ports import Lease, Owner, Received, Rejected
from osism.settings import settings

if TYPE_CHECKING:
    from osism.adapters.notifications import Notifications

log = logging.getLogger(__name__)

LISTENER = "listener"  # the lock, and who asks for the jobs
STANDBY = 1.0  # seconds between two attempts to become the one that listens
LEASE = 0.8  # of the setting lease: within a whole one the other one has noticed and taken over
LOOK = 0.5  # seconds that a silent broker is listened to before anything else is looked at
PAUSE = 1.0  # seconds between two attempts to reach the broker, or to keep what has come
AGAIN = 60.0  # seconds after which a queued job that nobody began is sent once more
REMIND = 30.0  # seconds between two words about the same outage
ENDING = 3.0  # seconds that the work has to end after a signal
_KINDS = 1000  # kinds that are told once
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass
class Taken:
    """What has come from the broker and is not acknowledged yet."""

    events: list[NodeEvent] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.events or self.rejected)

    def add(self, body: bytes | str, routing_key: str) -> None:
        try:
            self.events.append(parse(body, routing_key))
        except Malformed as mistake:
            raw = body.encode(errors="replace") if isinstance(body, str) else body
            digest = hashlib.sha256(raw).hexdigest()
            key, now = routing_key[:255], datetime.now(UTC)
            self.rejected.append(Rejected(now, key, len(raw), digest, str(mistake)))

    def received(self) -> Received:
        """What is to be kept of it."""
        now = datetime.now(UTC)
        kept = [each for each in self.events if each.concerns]
        lags = ((each.type, (now - each.at).total_seconds()) for each in kept)
        return Received(
            events=kept,
            rejected=self.rejected,
            seen=Counter(each.type for each in self.events),
            ignored=Counter(each.type for each in self.events if not each.concerns),
            lags=[(kind, max(lag, 0.0)) for kind, lag in lags],
        )


class Listener:
    """Listens until :meth:`end` is called."""

    def __init__(self) -> None:
        if not settings().notifications_url.get_secret_value():
            raise Misconfigured(
                "the listener has no broker of Ironic's notifications: set BROKER_URI "
                "(or notifications_url)"
            )
        self.ended = Event()
        self.failed = False
        self.job = ""
        self.told: set[str] = set()
        self.away: tuple[str, float] = ("", 0.0)  # what was said last about an outage, and when

    def end(self) -> None:
        self.ended.set()

    def run(self) -> None:
        """Stand by or listen until the end."""
        try:
            while not self.ended.is_set():
                self._stand_by_or_lead()
                self.ended.wait(STANDBY)
        except Exception:
            self.failed = True
            log.exception("the listener ends after a mistake in it")
        finally:
            self.ended.set()

    def _stand_by_or_lead(self) -> None:
        owner = Owner(LISTENER, "listen to Ironic", f"{gethostname()} (pid {getpid()})")
        try:
            lease = LEASE * settings().lease
            with wiring.locks().hold([LISTENER], owner, 0, lease=lease) as held:
                self._lead(held)
        except Busy as other:
            log.debug("standing by: %s", other)
        except OsismError as failure:
            self._remind(f"nothing is lost, the broker keeps what comes: {failure}")

    # --- the one that listens

    def _lead(self, lease: Lease) -> None:
        log.info("this listener leads now")
        self.job = ""
        if wiring.events().waiting(1):  # whoever led before may have ended before it said so
            self._ask()
        while not self.ended.is_set():
            lease.check()
            try:
                with wiring.notifications() as source:
                    log.info("listening to Ironic")
                    self.away = ("", 0.0)
                    self._listen(source, lease)
            except OutsideFailed as failure:
                lease.check()
                self._remind(str(failure))
                self.ended.wait(PAUSE)

    def _listen(self, source: Notifications, lease: Lease) -> None:
        taken, wait = Taken(), LOOK
        while not self.ended.is_set():
            for body, routing_key in source.read(wait):
                taken.add(body, routing_key)
            lease.check()
            if not taken:
                continue
            if self._keep(taken):
                source.acknowledge()
                self._tell(taken)
                taken, wait = Taken(), LOOK
            else:
                wait = PAUSE

    def _keep(self, taken: Taken) -> bool:
        """Keep what was taken and see that somebody works on it; False when it has to wait."""
        try:
            received = taken.received()
            wiring.events().add(received)
            if received.events:
                self._ask()
        except (OutsideFailed, Busy) as failure:
            self._remind(f"what comes stays at the broker: {failure}")
            return False
        self.away = ("", 0.0)
        return True

    def _ask(self) -> None:
        """Queue a job, unless one is queued that nobody has begun: it begins after this moment.

        One that is at work looks for more after it has let go of its lock.
        """
        if self.job and wiring.records().waiting(self.job, AGAIN):
            return
        if not wiring.locks().holders([LOCK]):
            self.job = wiring.queue().send(HandleEvents(), by=LISTENER)

    # --- what is said

    def _tell(self, taken: Taken) -> None:
        for each in taken.rejected:
            self._once(
                each.reason, "a message that is no notification is set aside (%s)", each.reason
            )
        for event in taken.events:
            if not event.concerns:
                self._once(event.type, "events of the kind %s are passed over", event.type)

    def _once(self, kind: str, text: str, *words: str) -> None:
        if kind not in self.told and len(self.told) < _KINDS:
            self.told.add(kind)
            log.warning(text, *words)

    def _remind(self, text: str) -> None:
        said, at = self.away
        if text != said or monotonic() - at > REMIND:
            self.away = (text, monotonic())
            log.warning("%s", text)


def run(signals: Sequence[signal.Signals] = _SIGNALS) -> int:
    """Listen until a signal ends it; the exit code."""
    listener = Listener()
    # What talks to Redis and the broker does so beside: a silent one must not put off the end.
    work = Thread(target=listener.run, name=LISTENER, daemon=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    work.start()
    while work.is_alive() and not signal.sigtimedwait(signals, 1.0):
        pass
    listener.end()
    work.join(ENDING)
    if work.is_alive():
        log.warning("Redis or the broker is silent; what was not acknowledged is delivered again")
    log.info("the listener has ended")
    return 1 if listener.failed else 0
