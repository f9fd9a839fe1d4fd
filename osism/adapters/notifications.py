"""Ironic's notifications, from any broker that kombu knows.

Ironic publishes to a topic exchange that is neither durable nor deleted by itself. It is gone after
a restart of the broker until Ironic publishes again, and with it every binding; what is published
to an exchange without a queue is lost. So it is declared here as Ironic does, and the bindings are
made anew every few seconds. One that is there already is taken as it is.

Our queue is durable and bounded; only one consumer of it is active (RabbitMQ's single active
consumer), so that the order is kept whoever else listens.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

from kombu import Connection, Consumer, Exchange, Queue
from kombu.exceptions import KombuError

from osism.adapters.connections import redacted
from osism.domain.errors import OutsideFailed

_log = logging.getLogger(__name__)

EXCHANGE, QUEUE = "ironic", "osism.ironic"
KEYS = tuple(f"ironic_versioned_notifications.{level}" for level in ("info", "error"))
#: Messages that may be under way to us without having been acknowledged.
PREFETCH = 500
_HEARTBEAT = 20.0  # seconds; of two that are missed the broker counts as gone
_BIND = 3.0  # seconds between two looks whether the exchange is there
_CONNECT = 5.0  # seconds
_ANSWER = 10.0  # seconds; py-amqp waits for ever unless it is told
_NOT_FOUND, _OTHERWISE = 404, 406  # AMQP 0-9-1: not-found, precondition-failed


class Notifications:
    """A connection to the broker; use it as a context manager. For one thread.

    *length* limits the queue when it is made. Everything raises :class:`OutsideFailed` when the
    broker does not do its part; then a new one is needed.
    """

    def __init__(
        self, url: str, options: Mapping[str, Any], length: int, durable: bool = False
    ) -> None:
        self._where = redacted(url)
        if url.startswith(("amqp://", "amqps://")):
            options = {"read_timeout": _ANSWER, "write_timeout": _ANSWER, **options}
        self._connection: Any = Connection(
            url, connect_timeout=_CONNECT, heartbeat=_HEARTBEAT, transport_options=dict(options)
        )
        self._exchange = Exchange(EXCHANGE, "topic", durable=durable, auto_delete=False)
        self._length = length
        self._fresh: list[Any] = []
        self._taken: list[Any] = []
        self._beat = self._bound = 0.0

    def __enter__(self) -> Notifications:
        try:
            with self._reaching():
                self._begin()
        except BaseException:
            self.__exit__()  # nobody else does; it is tried again every second
            raise
        return self

    def _begin(self) -> None:
        self._connection.connect()
        self._amqp = self._connection.transport.driver_type == "amqp"
        self._declare_exchange()
        self._declare_queue()
        self._bind()
        channel = self._connection.channel()
        channel.basic_qos(0, PREFETCH, False)
        queue = Queue(QUEUE, no_declare=True)
        consumer = Consumer(channel, [queue], on_message=self._keep, auto_declare=False)
        consumer.consume()

    def __exit__(self, *_: object) -> None:
        # What was not acknowledged goes back to its place in the queue.
        with suppress(Exception):
            self._connection.release()

    def read(self, timeout: float) -> list[tuple[bytes | str, str]]:
        """Bodies and routing keys of the messages that have come, in their order; waits *timeout*
        seconds at most for the first."""
        with self._reaching():
            self._live()
            more = self._drain(timeout)
            while more and len(self._fresh) < PREFETCH:
                more = self._drain(0)
        found = [_told(each) for each in self._fresh]
        self._taken += self._fresh
        self._fresh.clear()
        return found

    def acknowledge(self) -> None:
        """Let the broker forget everything that was read."""
        if not self._taken:
            return
        with self._reaching():
            if self._amqp:
                self._taken[-1].ack(multiple=True)
            else:
                for each in self._taken:
                    each.ack()
        self._taken.clear()

    def _keep(self, message: Any) -> None:
        self._fresh.append(message)

    def _drain(self, timeout: float) -> bool:
        try:
            self._connection.drain_events(timeout=timeout)
        except TimeoutError:
            return False
        return True

    def _live(self) -> None:
        """What has to be done every few seconds."""
        now = monotonic()
        if self._amqp and now - self._beat > _HEARTBEAT / 4:
            self._connection.heartbeat_check(rate=2)
            self._beat = now
        if now - self._bound > _BIND:
            self._bind()

    # --- exchange, queue, bindings

    def _declare_exchange(self) -> None:
        def there(channel: Any) -> None:
            channel.exchange_declare(EXCHANGE, "topic", passive=True)

        if self._done(there, _NOT_FOUND):
            return
        self._done(lambda channel: self._exchange(channel).declare())
        _log.info("the exchange %r was not there", EXCHANGE)

    def _declare_queue(self) -> None:
        arguments = {"x-max-length": self._length, "x-single-active-consumer": True}
        own = Queue(QUEUE, durable=True, queue_arguments=arguments if self._amqp else None)
        if not self._done(lambda channel: own(channel).queue_declare(), _OTHERWISE):
            _log.warning(
                "the queue %r was made with other limits and is used as it is; delete it at the "
                "broker when it is empty, and it is made anew",
                QUEUE,
            )

    def _bind(self) -> None:
        def bind(channel: Any) -> None:
            for key in KEYS:
                channel.queue_bind(QUEUE, EXCHANGE, key)

        if not self._done(bind, _NOT_FOUND):
            self._declare_exchange()
            self._done(bind)
            _log.warning("the exchange %r was gone", EXCHANGE)
        self._bound = monotonic()

    def _done(self, work: Callable[[Any], Any], refusal: int = 0) -> bool:
        """Do something on a channel of its own, for a refusal closes it; False for *refusal*."""
        channel = self._connection.channel()
        try:
            work(channel)
        except self._connection.channel_errors as refused:
            if refusal and _code(refused) == refusal:
                return False
            raise
        finally:
            with suppress(Exception):
                channel.close()
        return True

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        known = (*self._connection.connection_errors, *self._connection.channel_errors)
        try:
            yield
        except (KombuError, OSError, *known) as failure:
            said = " ".join(str(failure).split()) or type(failure).__name__
            raise OutsideFailed(
                f"the broker of notifications at {self._where} cannot be used: {said}"
            ) from failure


def _code(refused: Any) -> int:
    return int(getattr(refused, "reply_code", 0) or 0)


def _told(message: Any) -> tuple[bytes | str, str]:
    body = message.body
    if isinstance(body, memoryview):
        body = body.tobytes()
    return body, str(message.delivery_info.get("routing_key", ""))
