"""A real RabbitMQ and a Redis on the same machine. Notifications are those of a recorded life of a
node, with ids and time stamps of their own; they are 3.4 KiB each on average and persistent. First
all of them are in the broker's queue before the listener starts: how many a second are kept in
Redis and acknowledged, from the first to the last, and how many for each second of processor time
that the listener alone takes. Then 200 a second are published, each with the time at which it is
sent: the lag is the time from there until the listener hands it to Redis, as `osism status events`
shows it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Any
from uuid import uuid4

import psutil
from kombu import Connection, Exchange

from bench.figures import Figure, percentiles
from bench.measures.idle import pss, tree
from bench.sizes import Sizes
from bench.stations import Station, station, until
from osism.adapters.connections import connect
from osism.adapters.events import RedisEvents
from osism.adapters.notifications import EXCHANGE, QUEUE
from tests.fakes.ironic_messages import recorded
from tests.ironics import RabbitMq

_RATE = 200  # notifications a second


def measure(sizes: Sizes) -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="osism-bench-") as name,
        RabbitMq(Path(name)) as broker,
        station(notifications_url=broker.url) as place,
    ):
        client = connect(place.redis.url)
        _make_queue(place, broker.url)
        count = sizes.lines // 5
        with Publisher(broker.url) as ironic:
            for each in islice(ironic.messages(), count):
                ironic.publish(each)
        yield from _backlog(place, RedisEvents(client, 3600), count)
        yield from _lag(broker.url, client, count, max(_RATE, sizes.lines // 25))


def _make_queue(place: Station, url: str) -> None:
    """The queue is the listener's: it makes it and ends."""
    with Connection(url) as connection:

        def there() -> bool:
            try:
                connection.channel().queue_declare(QUEUE, passive=True)
            except connection.channel_errors:
                return False
            return True

        place.start("service", "listener")
        until(there, "the queue")
    place.stop()


def _backlog(place: Station, events: RedisEvents, count: int) -> Iterator[Figure]:
    listener = place.start("service", "listener")
    first = until(lambda: events.figures().waiting, "the first")
    process = psutil.Process(listener.pid)
    began, used = perf_counter(), _seconds(process)
    until(lambda: events.figures().waiting == count, "the last")
    took, cost = perf_counter() - began, _seconds(process) - used
    what = f"{count - first} notifications in the queue"
    yield Figure(f"{what}: kept a second", (count - first) / took, "/s", least=2000)
    yield Figure(f"{what}: for a second of processor time", (count - first) / cost, "")
    yield Figure("memory of the listener", pss(tree([listener])), "MiB")


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _lag(url: str, client: Any, before: int, count: int) -> Iterator[Figure]:
    events = RedisEvents(client, 3600)
    with Publisher(url) as ironic:
        began = monotonic()
        for number, each in enumerate(islice(ironic.messages(), count)):
            sleep(max(0.0, began + number / _RATE - monotonic()))
            ironic.publish(each)
    until(lambda: events.figures().waiting == before + count, "all")
    newest = client.lrange("osism:events:lags", -count, -1)
    lags = [float(line.split()[0]) * 1000 for line in newest]
    p50, p99 = percentiles(lags)
    what = f"{_RATE} notifications a second: lag"
    yield Figure(f"{what}, p50", p50, "ms")
    yield Figure(f"{what}, p99", p99, "ms", most=100)


class Publisher:
    """Publishes as Ironic does."""

    def __init__(self, url: str) -> None:
        self.connection = Connection(url)

    def __enter__(self) -> Publisher:
        exchange = Exchange(EXCHANGE, "topic", durable=False)
        self.producer = self.connection.Producer(exchange=exchange)
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.release()

    def messages(self) -> Iterator[tuple[Mapping[str, Any], str]]:
        """The recorded ones again and again, without their envelopes."""
        life = [(json.loads(json.loads(body)["oslo.message"]), key) for body, key in recorded()]
        return cycle(life)

    def publish(self, message: tuple[Mapping[str, Any], str]) -> None:
        inner, key = message
        now = str(datetime.now(UTC).replace(tzinfo=None))
        inner = {**inner, "message_id": str(uuid4()), "timestamp": now}
        body = json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(inner)})
        self.producer.publish(
            body, routing_key=key, delivery_mode=2,
            content_type="application/json", content_encoding="utf-8",
        )  # fmt: skip
