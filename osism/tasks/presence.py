"""A worker says every few seconds that it is there, so that commands list it without asking."""

from __future__ import annotations

from contextlib import suppress
from os import getpid
from typing import Any

from celery import bootsteps

from osism import wiring
from osism.domain.errors import OsismError
from osism.domain.jobs import QUEUES
from osism.domain.roles import WORKERS

EVERY = 5.0  # seconds; six times shorter than the silence after which a worker counts as gone


class Presence(bootsteps.StartStopStep):  # type: ignore[misc]
    """Part of the worker's consumer; runs on its timer."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        self.timer: Any = None
        self.announced: dict[str, Any] = {}
        super().__init__(parent, **options)

    def start(self, parent: Any) -> None:
        """Called when the worker is connected and consumes."""
        self.announced = {}  # a Redis that was away may have forgotten
        self.timer = parent.timer.call_repeatedly(EVERY, self.say, (parent,))
        self.say(parent)

    def say(self, parent: Any) -> None:
        """One sign of life; a Redis that is away is told by whoever needs it."""
        queues = list(parent.app.amqp.queues.consume_from)
        with suppress(OsismError):
            wiring.records().heartbeat(
                parent.hostname, queues, getpid(), parent.controller.concurrency
            )
            self.announce(queues)

    def announce(self, queues: list[str]) -> None:
        """Say which roles there are to play, whenever that has changed."""
        for worker in WORKERS:
            if QUEUES[worker] not in queues:
                continue
            catalogue = wiring.plays(worker).catalogue()
            if self.announced.get(worker) != catalogue:
                wiring.records().announce(worker, catalogue)
                self.announced[worker] = catalogue

    def stop(self, parent: Any) -> None:
        """Called when the worker ends in order."""
        if self.timer is not None:
            self.timer.cancel()
        with suppress(OsismError):
            wiring.records().gone(parent.hostname)

    shutdown = stop
