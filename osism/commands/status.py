"""``osism status …``: who is there and what waits."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import Any

from osism.commands.edge import Lister, moment


class Workers(Lister):
    """List the workers that are there"""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        now = datetime.now(UTC)
        return ("Worker", "Queues", "Concurrency", "PID", "Seen (s ago)"), (
            (
                each.name,
                ", ".join(each.queues),
                each.concurrency,
                each.pid,
                round((now - each.seen).total_seconds(), 1),
            )
            for each in wiring.records().workers()
        )


class Queues(Lister):
    """List the queues, how many jobs wait in each, and how many workers listen"""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        workers = wiring.records().workers()
        return ("Queue", "Waiting", "Workers"), (
            (queue, waiting, sum(1 for each in workers if queue in each.queues))
            for queue, waiting in wiring.queue().lengths().items()
        )


class Schedule(Lister):
    """List what is done again and again, with the last and the next run"""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring
        from osism.domain.schedules import JOBS
        from osism.settings import settings

        last = wiring.records().ticks()
        leader = wiring.locks().holders(["beat"]).get("beat")
        rows = []
        for name, (_, purpose) in JOBS.items():
            every = float(getattr(settings(), f"schedule_{name}"))
            ran = last.get(name)
            following = moment(ran + timedelta(seconds=every)) if ran and every and leader else ""
            rows.append(
                (
                    name,
                    f"{every:g} s" if every else "off",
                    purpose,
                    moment(ran),
                    following,
                    leader.worker if leader else "no scheduler runs",
                )
            )
        return ("Entry", "Every", "Purpose", "Last run", "Next run", "Scheduler"), rows
