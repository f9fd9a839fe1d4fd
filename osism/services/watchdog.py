"""The watchdog: asks for a run of the reconciler when files of the configuration have changed.

However many are started, one watches: the one that holds the lock ``watchdog``. What the last run
was asked for is kept in Redis, so that whoever takes over, or comes back after an outage or a
restart, compares the files with that and misses nothing. When to look and what is worth a run is
decided in :mod:`osism.domain.watches`.
"""

from __future__ import annotations

import logging
import signal
from os import getpid
from socket import gethostname
from threading import Event, Thread
from time import monotonic

from osism import wiring
from osism.domain.errors import Busy, OsismError
from osism.domain.jobs import ReconcileInventory
from osism.domain.ports import Lease, Owner
from osism.domain.watches import Contents, Watch, difference, listed
from osism.settings import settings

log = logging.getLogger(__name__)

WATCHDOG = "watchdog"  # the lock, and who asks for the runs
STANDBY = 1.0  # seconds between two attempts to become the one that watches
LEASE = 0.8  # of the setting lease: within a whole one the other one has noticed and taken over
TICK = 1.0  # seconds between two looks whether the folders are still the same ones
STORM = 0.1  # seconds in which events are gathered
LONGEST = 30.0  # seconds that changes which never end can put off a run
POLL = 5.0  # seconds between looks at files of which nobody tells
CERTAIN = 60.0  # seconds between looks at files of which somebody should tell
ENDING = 1.5  # seconds that the work has to end after a signal
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Watchdog:
    """Watches until :meth:`end` is called."""

    def __init__(self) -> None:
        chosen = settings()
        self.quiet, self.poll = chosen.watch_quiet, chosen.watch_poll
        self.folders = wiring.folders()
        self.ended = Event()
        self.reported: Contents | None = None
        self.polls = self.poll > 0
        self.failed = False

    def end(self) -> None:
        self.ended.set()
        self.folders.wake()

    def run(self) -> None:
        """Stand by or watch until the end."""
        try:
            self._choose()
            while not self.ended.is_set():
                self._stand_by_or_lead()
                self.ended.wait(STANDBY)
        except Exception:
            self.failed = True
            log.exception("the watchdog ends after a mistake in it")
        finally:
            self.ended.set()

    def _stand_by_or_lead(self) -> None:
        owner = Owner(WATCHDOG, "watch the configuration", f"{gethostname()} (pid {getpid()})")
        try:
            lease = LEASE * settings().lease
            with wiring.locks().hold([WATCHDOG], owner, 0, lease=lease) as held:
                self._lead(held)
        except Busy as other:
            log.debug("standing by: %s", other)
        except OsismError as failure:
            log.warning("nothing can be asked for now, changes are not forgotten: %s", failure)

    # --- how changes are noticed

    def _choose(self) -> None:
        if self.polls:
            self._poll_because("as the setting watch_poll says")
        elif kind := self.folders.shared():
            self._poll_because(f"{self.folders.root} is on {kind}")

    def _poll_because(self, reason: str) -> None:
        self.polls = True
        self.folders.ignore()
        log.info("looking for changes every %g s: %s", self.poll or POLL, reason)

    def _folders_changed(self) -> bool:
        if not self.polls:
            try:
                return self.folders.attend()
            except OSError as failure:
                self._poll_because(f"the system does not tell of changes: {failure}")
        return self.folders.moved()

    # --- the one that watches

    def _watch(self, asked: str | None) -> Watch:
        every = (self.poll or POLL) if self.polls else CERTAIN
        return Watch(asked, quiet=self.quiet, longest=LONGEST, every=every, polls=self.polls)

    def _lead(self, lease: Lease) -> None:
        watch = self._watch(wiring.records().watched())
        log.info("this watchdog watches %s now", self.folders.root)
        watch.saw(monotonic())  # whatever has happened before
        told = True  # whether anybody has told of the changes that are pending
        while not self.ended.is_set():
            lease.check()
            if self._folders_changed():
                watch.saw(monotonic())
                told = True
            if names := self.folders.seen():
                log.debug("changes are told of: %s", listed(names))
                watch.saw(monotonic())
                told = True
            if self.polls and not watch.polls:
                watch = self._watch(watch.asked)
                watch.saw(monotonic())
            if monotonic() >= watch.next_look:
                told = self._look(watch, told)
            pause = watch.next_look - monotonic()
            self.folders.wait(min(pause, TICK))
            self.ended.wait(min(STORM, max(watch.next_look - monotonic(), 0)))

    def _look(self, watch: Watch, told: bool) -> bool:
        """Look at the files and ask for a run if that is due."""
        began, pending = monotonic(), watch.pending
        contents = self.folders.read()
        if not watch.looked(contents.digest, began):
            if pending and not watch.pending:
                log.info("files were written, their contents are those of the last run")
            # A look has found what nobody told of; if nobody does until it is quiet, nobody will.
            return told if pending else not watch.pending
        if not told and not self.polls:
            self._poll_because("nobody told of a change that is there")
        self._ask(contents)
        watch.asked_for(contents.digest)
        return True

    def _ask(self, contents: Contents) -> None:
        if self.reported is None:
            what = f"{len(contents.files)} files are not what a run was last asked for"
        else:
            what = difference(self.reported, contents) or "they are not what was last asked for"
        job = wiring.queue().send(ReconcileInventory(), by=WATCHDOG)
        log.info("asked for a run (job %s): %s", job, what)
        wiring.records().asked_for(contents.digest)
        self.reported = contents


def run() -> int:
    """Watch until a signal ends it; the exit code."""
    watchdog = Watchdog()
    # What talks to Redis does so beside: a silent Redis must not put off the end.
    work = Thread(target=watchdog.run, name=WATCHDOG, daemon=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    work.start()
    while work.is_alive() and not signal.sigtimedwait(_SIGNALS, 1.0):
        pass
    watchdog.end()
    work.join(ENDING)
    if work.is_alive():
        log.warning("Redis is silent; the lock of this watchdog ends by itself")
    log.info("the watchdog has ended")
    return 1 if watchdog.failed else 0
