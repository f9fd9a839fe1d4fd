"""Messages for Celery's workers, put into their queues without Celery.

Loading Celery takes a command longer than everything else it does. A message is what Celery's
``send_task`` makes of the same job (its protocol 2; ``tests/integration/test_senders.py`` compares
the two). On Redis, a queue of kombu's is a list with the queue's name and a message one JSON text
in it: the product's own client puts it there, so that not even kombu is loaded. kombu sends to
other brokers.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from os import getpid
from socket import gethostname
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from osism.adapters.connections import reaching, redacted
from osism.domain.errors import OutsideFailed

if TYPE_CHECKING:
    import redis

#: How the exchange is called that every worker declares; it is the name of Celery's default queue.
EXCHANGE = "netbox"
RETRY = {"max_retries": 3, "interval_start": 0.1, "interval_step": 0.3}


@dataclass(frozen=True)
class Message:
    """One call of a task. ``expires``: seconds after which nobody needs it any more."""

    task: str
    id: str
    arguments: Mapping[str, Any]
    expires: float | None = None

    @property
    def body(self) -> list[Any]:
        return [[], self.arguments, dict.fromkeys(("callbacks", "errbacks", "chain", "chord"))]

    @property
    def headers(self) -> dict[str, Any]:
        until = self.expires and datetime.now(UTC) + timedelta(seconds=self.expires)
        return {
            "lang": "py",
            "task": self.task,
            "id": self.id,
            "shadow": None,
            "eta": None,
            "expires": until.isoformat() if until else None,
            "group": None,
            "group_index": None,
            "retries": 0,
            "timelimit": [None, None],
            "root_id": self.id,
            "parent_id": None,
            "argsrepr": "()",
            "kwargsrepr": repr(self.arguments)[:1024],
            "origin": f"gen{getpid()}@{gethostname()}",
            "ignore_result": None,
            "replaced_task_nesting": 0,
            "stamped_headers": None,
            "stamps": {},
        }


class Sender(Protocol):
    """Puts messages into a broker's queues; raises :class:`OutsideFailed`."""

    def send(self, queue: str, message: Message) -> None: ...

    def lengths(self, queues: Collection[str]) -> dict[str, int]:
        """Queue -> messages that wait in it."""


class RedisSender:
    """Sends over Redis, Sentinels included, as kombu's transport does."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis: Any = client  # Any: the library types every reply as sync or async

    def send(self, queue: str, message: Message) -> None:
        with reaching("the broker", self._redis):
            self._redis.lpush(queue, json.dumps(enveloped(queue, message)))

    def lengths(self, queues: Collection[str]) -> dict[str, int]:
        with reaching("the broker", self._redis):
            pipeline = self._redis.pipeline(transaction=False)
            for queue in queues:
                pipeline.llen(queue)
            return dict(zip(queues, pipeline.execute(), strict=True))


def enveloped(queue: str, message: Message) -> dict[str, Any]:
    """The message as kombu's Redis transport keeps it."""
    expires = message.expires
    return {
        "body": b64encode(json.dumps(message.body).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": message.headers,
        "properties": {
            "correlation_id": message.id,
            "reply_to": "",
            "delivery_mode": 2,
            **({} if expires is None else {"expiration": str(int(expires * 1000))}),
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": str(uuid4()),
        },
    }


class KombuSender:
    """Sends over any broker that kombu knows, on one connection that is made once needed."""

    def __init__(self, url: str, transport_options: Mapping[str, Any]) -> None:
        from kombu import Connection

        self._where = redacted(url)
        self._connection: Any = Connection(
            url, connect_timeout=4, transport_options=dict(transport_options)
        )
        self._turn = Lock()  # the connection is for one thread at a time

    def send(self, queue: str, message: Message) -> None:
        from kombu import Exchange, Producer, Queue

        def publish(connection: Any) -> None:
            Producer(connection).publish(
                message.body,
                exchange="",
                routing_key=queue,
                serializer="json",
                delivery_mode=2,
                headers=message.headers,
                correlation_id=message.id,
                reply_to="",
                expiration=message.expires,
                declare=[Queue(queue, Exchange(EXCHANGE), routing_key=queue)],
                retry=True,
                retry_policy=RETRY,
            )

        self._do(publish)

    def lengths(self, queues: Collection[str]) -> dict[str, int]:
        from kombu.exceptions import ChannelError

        def length(connection: Any, queue: str) -> int:
            with connection.channel() as channel:
                try:
                    return int(channel.queue_declare(queue=queue, passive=True).message_count)
                except (ChannelError, *connection.channel_errors):
                    return 0  # nobody has declared it yet

        found: dict[str, int] = self._do(
            lambda connection: {each: length(connection, each) for each in queues}
        )
        return found

    def _do(self, work: Any) -> Any:
        from kombu.exceptions import KombuError

        with self._turn:
            try:
                self._connection.ensure_connection(**RETRY | {"max_retries": 2})
                return work(self._connection)
            except (KombuError, OSError, *self._connection.connection_errors) as failure:
                self._connection.close()  # the next one begins with a new one
                raise OutsideFailed(
                    f"the broker at {self._where} cannot be reached: {failure}"
                ) from failure
