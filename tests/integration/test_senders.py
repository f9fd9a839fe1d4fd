"""What is sent without Celery is what Celery would send, and its workers take it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any
from unittest.mock import Mock

import pytest
import redis

from osism.adapters.application import application
from osism.adapters.connections import celery_broker, connect
from osism.adapters.queues import CeleryQueue
from osism.adapters.senders import KombuSender, Message, RedisSender
from osism.domain.errors import OutsideFailed
from osism.domain.jobs import QUEUES, ConnectDevices
from osism.lab.redis import EmbeddedRedis

NAME = "osism.tasks.netbox.connect_devices"
ARGUMENTS = {"request": {"job": "ConnectDevices", "names": ("node-ä", "b"), "x": None}, "by": "me"}
#: Each time another one; no result is sent back, so that there is nowhere to reply to.
VARIES = {"reply_to", "delivery_tag"}


def by_celery(broker: str, options: dict[str, Any], queue: str, expires: float | None) -> Any:
    app = application(broker, options)
    app.send_task(NAME, kwargs=ARGUMENTS, task_id="job-1", queue=queue, expires=expires)
    return app


def fields(envelope: dict[str, Any]) -> dict[str, Any]:
    """A message's fields, those that vary left out, and the time until which it is wanted."""
    until = envelope["headers"].pop("expires")
    until = until and datetime.fromisoformat(until)
    body = b64decode(envelope.pop("body"))
    properties = {n: v for n, v in envelope.pop("properties").items() if n not in VARIES}
    return {"until": until, "body": body, "properties": properties, **envelope}


def same(ours: dict[str, Any], celerys: dict[str, Any]) -> None:
    one, other = fields(ours), fields(celerys)
    until, wanted = one.pop("until"), other.pop("until")
    assert one == other
    assert (until is None) == (wanted is None)
    assert until is None or abs((until - wanted).total_seconds()) < 20


@pytest.mark.parametrize("queue", ["netbox", "osism-ansible"])
@pytest.mark.parametrize("expires", [None, 12.5])
def test_on_redis(
    redis_server: EmbeddedRedis, redis_client: redis.Redis, queue: str, expires: float | None
) -> None:
    RedisSender(redis_client).send(queue, Message(NAME, "job-1", ARGUMENTS, expires))
    by_celery(*celery_broker(redis_server.url), queue, expires).close()
    untyped: Any = redis_client
    celerys, ours = map(json.loads, untyped.lrange(queue, 0, -1))
    assert list(ours) == list(celerys)
    same(ours, celerys)


@pytest.mark.parametrize("expires", [None, 12.5])
def test_over_kombu(expires: float | None) -> None:
    KombuSender("memory://", {}).send("netbox", Message(NAME, "job-1", ARGUMENTS, expires))
    app = by_celery("memory://", {}, "netbox", expires)
    with app.connection_for_read() as connection:
        waiting = connection.default_channel._queue_for("netbox")
        ours, celerys = waiting.get_nowait(), waiting.get_nowait()
    app.close()
    same(ours, celerys)


def test_what_waits_is_counted_as_kombu_counts_it(
    redis_server: EmbeddedRedis, redis_client: redis.Redis
) -> None:
    sender = RedisSender(redis_client)
    for _ in range(3):
        sender.send("netbox", Message(NAME, "job-1", ARGUMENTS))
    queues = list(QUEUES.values())
    expected = dict.fromkeys(queues, 0) | {"netbox": 3}
    over_kombu = KombuSender(*celery_broker(redis_server.url))
    assert sender.lengths(queues) == over_kombu.lengths(queues) == expected


def test_a_worker_takes_it(
    redis_server: EmbeddedRedis, redis_client: redis.Redis, until: Callable[..., Any]
) -> None:
    """In this process: only the transport is wanted here."""
    from celery.contrib.testing.worker import start_worker

    app = application(*celery_broker(redis_server.url))
    done: list[Any] = []

    @app.task(name=NAME, bind=True)  # type: ignore[untyped-decorator]
    def task(self: Any, **arguments: Any) -> None:
        done.append((self.request.id, arguments))

    RedisSender(redis_client).send("netbox", Message(NAME, "job-1", ARGUMENTS, 60.0))
    KombuSender(*celery_broker(redis_server.url)).send("netbox", Message(NAME, "job-2", ARGUMENTS))
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="ERROR"):
        until(lambda: len(done) == 2)
    app.close()
    assert done == [(each, json.loads(json.dumps(ARGUMENTS))) for each in ("job-1", "job-2")]


@pytest.mark.parametrize("kind", ["redis", "amqp"])
def test_a_broker_that_is_away_is_told_soon_and_ends_the_record(kind: str) -> None:
    sender = (
        RedisSender(connect("redis://:sesame@127.0.0.1:1"))
        if kind == "redis"
        else KombuSender(*celery_broker("amqp://me:sesame@127.0.0.1:1//"))
    )
    records = Mock()
    began = monotonic()
    with pytest.raises(OutsideFailed, match=r"the broker at .*127.0.0.1:1.* cannot be") as told:
        CeleryQueue(sender, records).send(ConnectDevices(("a",)), by="me", id="job-1")
    assert monotonic() - began < 5
    assert "sesame" not in str(told.value)
    records.end.assert_called_once_with("job-1", "failed", str(told.value))
    with pytest.raises(OutsideFailed, match="cannot be reached"):
        CeleryQueue(sender, records).lengths()
