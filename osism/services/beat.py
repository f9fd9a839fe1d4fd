"""The scheduler. However many are started, one schedules: the one that holds the lock ``beat``.

The times of the last runs are kept in Redis, so that whoever takes over goes on where the other
stopped. A tick that was missed is sent once, not as often as it was missed.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from os import getpid
from socket import gethostname
from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from celery.schedules import schedule

from osism import wiring
from osism.domain.errors import Busy, OsismError
from osism.domain.ports import Lease, Owner
from osism.domain.schedules import SCHEDULE, Entry, entries
from osism.settings import settings

log = logging.getLogger(__name__)

STANDBY = 1.0  # seconds between two attempts to become the one that schedules
LEASE = 0.8  # of the setting lease: within a whole one the other one has noticed and taken over


class LeaderScheduler(Scheduler):  # type: ignore[misc]
    """Celery's scheduler, with a lock and with the product's jobs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.leadership = ExitStack()
        self.lease: Lease | None = None
        self.jobs: dict[str, Entry] = {}
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """The entries, due as the last runs say, whoever sent those."""
        self.jobs = {each.name: each for each in entries(vars(settings()))}
        self._read_last_runs()

    def _read_last_runs(self) -> None:
        last = wiring.records().ticks()
        self.data = {
            name: ScheduleEntry(
                name=name,
                task=name,
                schedule=schedule(timedelta(seconds=entry.every), nowfun=_now, app=self.app),
                # Never run: due now, so that a fresh site need not wait for its first look.
                last_run_at=last.get(name, _now() - timedelta(seconds=entry.every)),
                app=self.app,
            )
            for name, entry in self.jobs.items()
        }
        self._heap = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One round; seconds until the next."""
        try:
            if not self._leads():
                return STANDBY
            return min(float(super().tick(*args, **kwargs)), STANDBY)
        except OsismError as failure:
            log.warning("the schedule waits: %s", failure)
            self._step_down()
            return STANDBY

    def _leads(self) -> bool:
        if self.lease is not None:
            self.lease.check()
            return True
        owner = Owner("beat", "schedule", f"{gethostname()} (pid {getpid()})")
        try:
            held = wiring.locks().hold(["beat"], owner, 0, lease=LEASE * settings().lease)
            self.lease = self.leadership.enter_context(held)
        except Busy:
            return False
        log.info("this scheduler leads now")
        self._read_last_runs()
        return True

    def _step_down(self) -> None:
        self.lease = None
        self.leadership.close()

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **_: Any) -> Any:
        """Queue the job of an entry. Nobody needs it after the next one is due."""
        wanted = self.jobs[entry.name]
        wiring.records().ticked(entry.name, _now())
        wiring.queue().send(wanted.job, by=SCHEDULE, expires=max(wanted.every, 10.0))
        if advance:
            self.reserve(entry)

    def close(self) -> None:
        self._step_down()

    @property
    def info(self) -> str:
        return ""


def _now() -> datetime:
    return datetime.now(UTC)


def run() -> None:
    """Schedule until a signal ends it."""
    service = wiring.celery().Beat(scheduler_cls=LeaderScheduler, max_interval=STANDBY)
    service.setup_logging = lambda *_: None
    service.run()


__all__ = ["LeaderScheduler", "run"]
