"""The listener as a process, with a real RabbitMQ and a real Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from typing import Any

import pytest
import yaml
from kombu import Connection, Exchange, Queue

from osism.adapters.connections import connect
from osism.adapters.events import RedisEvents
from osism.adapters.notifications import EXCHANGE, QUEUE, Notifications
from osism.adapters.streams import RedisRecords
from osism.domain.errors import OutsideFailed
from osism.domain.ironic_events import NodeEvent, parse
from osism.lab.redis import EmbeddedRedis
from tests.fakes.ironic_messages import TOPIC, event, message, recorded
from tests.integration.conftest import Until
from tests.ironics import RabbitMq

LEASE = 2.0


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMq]:
    with RabbitMq(tmp_path_factory.mktemp("rabbit")) as broker:
        yield broker


class Site:
    """A broker, a Redis, and the listeners between them."""

    def __init__(self, directory: Path, broker: RabbitMq, redis: EmbeddedRedis, until: Until):
        self.directory, self.broker, self.redis, self.until = directory, broker, redis, until
        self.settings = {"redis_url": redis.url, "lease": LEASE, "notifications_url": broker.url}
        self.client: Any = connect(redis.url)
        self.events = RedisEvents(self.client, 1000)
        self.listeners: list[subprocess.Popen[bytes]] = []

    # listeners

    def start(self, **settings: Any) -> subprocess.Popen[bytes]:
        """A listener; whether it leads is another question."""
        config = self.directory / f"{len(self.listeners)}.yml"
        config.write_text(yaml.safe_dump(self.settings | settings))
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("OSISM_", "BROKER_"))}
        with (self.directory / "log").open("ab") as log:
            listener = subprocess.Popen(
                [sys.executable, "-m", "osism.main", "service", "listener"],
                env=kept | {"OSISM_CONFIG": str(config)},
                stdout=log,
                stderr=log,
            )
        self.listeners.append(listener)
        return listener

    def listening(self, **settings: Any) -> subprocess.Popen[bytes]:
        """A listener that has begun to listen."""
        before = self.log.count("listening to Ironic")
        listener = self.start(**settings)
        self.until(lambda: self.log.count("listening to Ironic") > before, 30)
        return listener

    def close(self) -> None:
        for each in self.listeners:
            each.kill()
            each.wait()
        with suppress(Exception), Connection(self.broker.url) as connection:
            channel = connection.channel()
            channel.queue_delete(QUEUE)
            channel.exchange_delete(EXCHANGE)

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text() if self.listeners else ""

    # Ironic

    def publish(self, messages: Sequence[tuple[bytes | str, str]]) -> None:
        """As Ironic does: it declares its exchange, and the messages are persistent."""
        with Connection(self.broker.url) as connection:
            channel = connection.channel()
            exchange = Exchange(EXCHANGE, "topic", durable=False)(channel)
            exchange.declare()
            producer = connection.Producer(channel=channel, exchange=exchange)
            for body, key in messages:
                producer.publish(
                    body, routing_key=key, delivery_mode=2,
                    content_type="application/json", content_encoding="utf-8",
                )  # fmt: skip

    def at_broker(self) -> int:
        """Messages of our queue, those under way to a listener left out."""
        with Connection(self.broker.url) as connection:
            return int(connection.channel().queue_declare(QUEUE, passive=True).message_count)

    # what was kept

    def kept(self, count: int, within: float = 30.0) -> list[NodeEvent]:
        """The events that wait, as soon as there are so many."""

        def found() -> list[NodeEvent] | None:
            with suppress(Exception):
                events = [each for _, each in self.events.waiting(10_000)]
                return events if len(events) >= count else None
            return None

        return list(self.until(found, within))

    def jobs(self) -> int:
        return int(self.client.llen("conductor"))


@pytest.fixture
def site(
    tmp_path: Path, rabbit: RabbitMq, breakable: EmbeddedRedis, until: Until
) -> Iterator[Site]:
    site = Site(tmp_path, rabbit, breakable, until)
    yield site
    site.close()


def power(count: int, nodes: int = 10, first: int = 0) -> list[NodeEvent]:
    """Events of several nodes, numbered in their order."""
    kind = "node.power_set.end"
    return [
        event(f"node-{n % nodes}", kind, id=f"id-{n:05}", to_power=str(n))
        for n in range(first, first + count)
    ]


def sent(events: Sequence[NodeEvent]) -> list[tuple[str, str]]:
    return [message(each) for each in events]


def in_order(events: Sequence[NodeEvent]) -> None:
    by_node: dict[str, list[int]] = {}
    for each in events:
        by_node.setdefault(each.name, []).append(int(each.to_power))
    for name, numbers in by_node.items():
        assert numbers == sorted(set(numbers)), f"{name} is out of order"


def everything(client: Any) -> str:
    """All that is in Redis, as text."""
    read = {
        "string": client.get, "hash": client.hgetall, "stream": client.xrange,
        "list": lambda key: client.lrange(key, 0, -1),
        "zset": lambda key: client.zrange(key, 0, -1),
    }  # fmt: skip
    return "\n".join(f"{key} {read[client.type(key)](key)}" for key in client.scan_iter())


def test_a_life_is_kept_in_its_order_and_nothing_else_of_it(site: Site) -> None:
    listener = site.listening()
    messages = list(recorded())
    site.publish(messages)
    assert site.kept(57) == [parse(*each) for each in messages]
    site.until(lambda: site.jobs() == 1)
    listener.terminate()
    assert listener.wait(5) == 0
    assert site.at_broker() == 0, "not acknowledged"
    assert RedisRecords(site.client, None).recent()[0].summary == "handle Ironic's events"
    for secret in ("configdrive", "driver_info", "meta_data"):
        assert secret not in everything(site.client) + site.log


def test_what_is_no_notification_is_set_aside_and_told_once(site: Site) -> None:
    site.listening()
    info = f"{TOPIC}.info"
    body = message(event("x", "compute.instance.create.end"))[0]
    other = body.replace("baremetal.compute", "compute")
    bad = [("{hunter22", info), ('["hunter22"]', info), ("{hunter23", f"{TOPIC}.error")]
    site.publish([*bad, (other, info), *sent(power(1))])
    assert [each.id for each in site.kept(1)] == ["id-00000"]
    figures = site.events.figures()
    assert figures.malformed == 3
    assert figures.seen == {"node.power_set.end": 1, "other services": 1}
    assert figures.ignored == {"other services": 1}
    found = site.events.rejected()
    assert [each.reason for each in found] == [
        "the message is no JSON", "the message is no JSON object", "the message is no JSON"
    ]  # fmt: skip
    assert (found[0].size, found[2].routing_key) == (9, f"{TOPIC}.error")
    assert len({each.digest for each in found}) == 3
    site.until(lambda: "other services are passed over" in site.log)
    assert site.log.count("the message is no JSON)") == 1
    assert "hunter2" not in everything(site.client) + site.log


def test_killed_under_a_thousand_notifications(site: Site) -> None:
    for _ in range(2):
        site.start()
    site.until(lambda: "listening" in site.log, 30)
    events = power(1000)
    for start in range(0, 1000, 250):
        leader = site.until(lambda: leads(site), 30)
        site.publish(sent(events[start : start + 250]))
        if start < 750:
            site.kept(start + 50)
            os.kill(leader.pid, signal.SIGKILL)
            leader.wait()
            site.start()
    found = site.kept(1000, 60)
    in_order(found)
    assert sorted(each.id for each in found) == [each.id for each in events]
    site.until(lambda: site.at_broker() == 0)


def leads(site: Site) -> subprocess.Popen[bytes] | None:
    holder = site.client.get("osism:lock:listener") or ""
    alive = [each for each in site.listeners if each.poll() is None]
    return next((each for each in alive if f"(pid {each.pid})" in holder), None)


def test_of_several_one_listens(site: Site) -> None:
    first = site.listening()
    second = site.start()
    site.publish(sent(power(20)))
    site.kept(20)
    first.terminate()
    assert first.wait(5) == 0
    site.until(lambda: leads(site) is second, 30)
    site.publish(sent(power(20, first=20)))
    in_order(site.kept(40))


def test_the_broker_is_stopped_and_started(site: Site) -> None:
    site.listening()
    site.publish(sent(power(100)))
    site.kept(100)
    site.broker.kill()
    site.until(lambda: "cannot be used" in site.log)
    site.broker.start()
    site.until(lambda: site.log.count("listening to Ironic") == 2, 30)
    site.publish(sent(power(100, first=100)))
    in_order(site.kept(200))
    assert site.log.count("cannot be used") < 10, "too many words about one outage"


def test_redis_is_away(site: Site) -> None:
    """Longer than the lease: another one could have taken over."""
    site.listening()
    site.publish(sent(power(100)))
    site.kept(100)
    site.redis.stop()
    site.publish(sent(power(700, first=100)))
    site.until(lambda: "broker" in site.log, 30)
    sleep(LEASE)  # as long as the outage shall last
    site.redis.start()
    found = site.kept(800)
    in_order(found)
    assert len(found) == 800
    site.until(lambda: site.at_broker() == 0)


def test_the_queue_keeps_what_comes_while_nobody_listens(site: Site) -> None:
    listener = site.listening(notifications_length=100)
    listener.terminate()
    listener.wait()
    site.publish(sent(power(150)))
    site.broker.stop()  # the messages are persistent, and so is the queue
    site.broker.start()
    site.listening()  # its limit is another one: the queue is used as it is
    found = site.kept(100)
    assert [each.id for each in found] == [f"id-{n:05}" for n in range(50, 150)]
    assert "was made with other limits" in site.log


def test_the_exchange_vanishes_and_comes_back_while_it_listens(site: Site) -> None:
    site.listening()
    with Connection(site.broker.url) as connection:
        channel = connection.channel()
        channel.exchange_delete(EXCHANGE)
        site.until(lambda: "was gone" in site.log, 20)
        site.publish(sent(power(1)))
        site.kept(1)
        channel.exchange_delete(EXCHANGE)
        Exchange(EXCHANGE, "topic", durable=False)(channel).declare()  # as Ironic does

    def bound() -> bool:
        site.publish([("{}", f"{TOPIC}.info")])
        return site.events.figures().malformed > 0

    site.until(bound, 20)


def test_an_exchange_that_is_durable_is_taken_as_it_is(site: Site) -> None:
    with Connection(site.broker.url) as connection:
        exchange = Exchange(EXCHANGE, "topic", durable=True)(connection.channel())
        exchange.declare()
        site.listening()
        producer = connection.Producer(exchange=exchange)
        body, key = message(power(1)[0])
        producer.publish(body, routing_key=key, content_type="application/json")
        site.kept(1)


def test_without_a_broker_it_says_what_to_set(site: Site) -> None:
    listener = site.start(notifications_url="")
    assert listener.wait(30) == 1
    assert "set BROKER_URI" in site.log


def test_one_job_is_asked_for_until_somebody_begins_it(site: Site) -> None:
    site.listening()
    for start in range(0, 50, 10):
        site.publish(sent(power(10, first=start)))
        site.kept(start + 10)
    assert site.jobs() == 1


# --- other transports -----------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["memory", "redis", "rabbit"])
def test_any_transport_of_kombu(
    transport: str, rabbit: RabbitMq, redis_client: Any, redis_server: EmbeddedRedis
) -> None:
    url = {
        "memory": "memory://",
        "redis": f"redis+socket://{redis_server.socket_path}",
        "rabbit": rabbit.url,
    }[transport]
    with published(url) as publish:
        with Notifications(url, {}, 1000) as source:
            publish(range(3))
            assert [body for body, _ in read(source, 3)] == ["0", "1", "2"]
            source.acknowledge()
            publish(range(3, 5))
            assert [key for _, key in read(source, 2)] == [f"{TOPIC}.info"] * 2
            source.acknowledge()
        with Notifications(url, {}, 1000) as source:
            assert source.read(0.1) == []


def test_what_was_not_acknowledged_comes_again_in_its_order(rabbit: RabbitMq) -> None:
    with published(rabbit.url) as publish:
        for _ in range(2):
            with Notifications(rabbit.url, {}, 1000) as source:
                publish(range(3))
                found = [body for body, _ in read(source, 3)]
        assert found[:3] == ["0", "1", "2"]


def test_a_refusal_leaves_no_connection_behind(rabbit: RabbitMq) -> None:
    with Connection(rabbit.url) as connection:
        channel = connection.channel()
        Queue(QUEUE)(channel).delete()
        Queue(QUEUE, durable=True, exclusive=True)(channel).declare()  # nobody else may use it
        refused = Notifications(rabbit.url, {}, 1000)
        with pytest.raises(OutsideFailed, match="RESOURCE_LOCKED"):
            refused.__enter__()
        assert not refused._connection.connected


@contextmanager
def published(url: str) -> Iterator[Any]:
    with Connection(url) as connection:
        exchange = Exchange(EXCHANGE, "topic", durable=False)(connection.channel())
        queue = Queue(QUEUE)(connection.channel())
        with suppress(Exception):
            queue.delete()

        def publish(numbers: Sequence[int]) -> None:
            producer = connection.Producer(exchange=exchange)
            for each in numbers:
                producer.publish(str(each), routing_key=f"{TOPIC}.info", content_type="text/plain")

        yield publish


def read(source: Notifications, count: int) -> list[tuple[str, str]]:
    """So many messages, their bodies as text."""
    found: list[tuple[str, str]] = []
    for _ in range(50):
        for body, key in source.read(0.2):
            found.append((body if isinstance(body, str) else body.decode(), key))
        if len(found) >= count:
            break
    return found
