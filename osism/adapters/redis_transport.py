"""kombu's Redis transport, with one mistake of release 5.7 put right.

When Redis goes away, Celery's consumer first collects its connection, which takes the address from
it, and then closes it; the channel, asked to hand back what was not acknowledged, stumbles over the
missing address with an AttributeError that nobody expects, and the worker ends as "unrecoverable".
Here it is the connection error that it should be: the worker reconnects. What was not handed back
is delivered again after the visibility timeout, or taken up by the schedule.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as RedisAway


class _Collected:
    """Mixed into kombu's channels."""

    def _connparams(self, *args: Any, **kwargs: Any) -> Any:
        if self.connection.client is None:  # type: ignore[attr-defined]
            raise RedisAway("the connection of this channel was closed")
        return super()._connparams(*args, **kwargs)  # type: ignore[misc]


class Channel(_Collected, redis.Channel):  # type: ignore[misc]
    """A channel to one Redis."""


class SentinelChannel(_Collected, redis.SentinelChannel):  # type: ignore[misc]
    """A channel to the Redis that Sentinels name."""


class Transport(redis.Transport):  # type: ignore[misc]
    """``redis://``, ``rediss://``, ``redis+socket://``."""

    Channel = Channel


class SentinelTransport(redis.SentinelTransport):  # type: ignore[misc]
    """``sentinel://``."""

    Channel = SentinelChannel
