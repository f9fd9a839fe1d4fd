"""A worker says every few seconds that it is there, so that commands list it without asking."""

from __future__ import annotations

from contextlib import suppress
from os import getpid
from typing import Any

from celery import bootsteps

from osism import wiring
from osism.domain.errors import OsismError

EVERY = 5.0  # seconds; six times shorter than the silence after which a worker counts as gone


class Presence(bootsteps.StartStopStep):  # type: ignore[misc]
    """Part of the worker's consumer; runs on its timer."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        self.timer: Any = None
        super().__init__(parent, **options)

    def start(self, parent: Any) -> None:
        """Called when the worker is connected and consumes."""
        self.timer = parent.timer.call_repeatedly(EVERY, self.say, (parent,))
        self.say(parent)

    def say(self, parent: Any) -> None:
        """One sign of life; a Redis that is away is told by whoever needs it."""
        queues = list(parent.app.amqp.queues.consume_from)
        with suppress(OsismError):
            wiring.records().heartbeat(
                parent.hostname, queues, getpid(), parent.controller.concurrency
            )

    def stop(self, parent: Any) -> None:
        """Called when the worker ends in order."""
        if self.timer is not None:
            self.timer.cancel()
        with suppress(OsismError):
            wiring.records().gone(parent.hostname)

    shutdown = stop
