"""``osism status …``: who is there and what waits."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from osism.commands.edge import Lister, moment

if TYPE_CHECKING:
    from osism.domain.ports import EventFigures


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

        found = wiring.schedule()
        rows = (
            (
                each.name,
                f"{each.every:g} s" if each.every else "off",
                each.purpose,
                moment(each.last),
                moment(each.following),
                found.scheduler or "no scheduler runs",
            )
            for each in found.entries
        )
        return ("Entry", "Every", "Purpose", "Last run", "Next run", "Scheduler"), rows


class Events(Lister):
    """List what became of Ironic's notifications, by their type

    Lag is the time from Ironic's time stamp to our queue, of the last 5,000 events. The first row
    is about all of them. With --malformed: what is known of the last messages that were no
    notifications.
    """

    examples = """
osism status events
osism status events --malformed -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--malformed", action="store_true", help="list messages that were set aside"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        if parsed_args.malformed:
            return ("Came", "Routing key", "Bytes", "SHA-256", "Reason"), (
                (moment(each.at), each.routing_key, each.size, each.digest, each.reason)
                for each in wiring.events().rejected()
            )
        titles = (
            "Event", "Seen", "Acted on", "Ignored", "Malformed", "Waiting", "Lag p50 (s)",
            "Lag p99 (s)",
        )  # fmt: skip
        return titles, _events(wiring.events().figures())


def _events(found: EventFigures) -> Iterator[tuple[Any, ...]]:
    counts = (found.seen, found.acted, found.ignored)
    every = [lag for lags in found.lags.values() for lag in lags]
    sums = (sum(each.values()) for each in counts)
    yield ("all", *sums, found.malformed, found.waiting, *_percentiles(every))
    for kind in sorted({kind for each in counts for kind in each}):
        numbers = (each.get(kind, 0) for each in counts)
        yield (kind, *numbers, "", "", *_percentiles(found.lags.get(kind, ())))


def _percentiles(values: Sequence[float]) -> tuple[float | str, float | str]:
    """p50 and p99, empty without values."""
    ordered = sorted(values)
    if not ordered:
        return "", ""
    most = len(ordered) - 1
    return ordered[round(most * 0.5)], ordered[round(most * 0.99)]
