"""Clients of Redis: limits on everything, and errors that say which Redis it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from osism.adapters.connections.addresses import Address, at, parse
from osism.domain.errors import Misconfigured, OutsideFailed

if TYPE_CHECKING:
    import redis


_SHORTEST = 4.0  # seconds; reads of a silent stream are answered after two


def connect(
    url: str,
    *,
    timeout: float = 5.0,
    ca: str = "",
    certificate: str = "",
    key: str = "",
    patient: bool = True,
) -> redis.Redis:
    """Return a client for *url*; nothing is sent before its first command.

    *timeout* (seconds, at least four) limits every answer; one that does not come in time is asked
    for again, but not by a client that is not *patient*. *ca*, *certificate* and *key* are
    files for an address over TLS; the same options in the URL win. Replies are text. Raises
    :class:`Misconfigured` for an address that is not understood.
    """
    address = parse(url, {"ca": ca, "certificate": certificate, "key": key})
    options = _client_options(timeout, patient) | dict(address.login) | dict(address.tls)
    return _client(address, options | {"db": address.db}, timeout)


def _client(address: Address, options: dict[str, Any], timeout: float) -> redis.Redis:
    from redis import Redis
    from redis.sentinel import Sentinel

    if address.kind == "unix":
        return Redis(unix_socket_path=address.path, **options)
    if address.kind == "tcp":
        host, port = address.hosts[0]
        return Redis(host=host, port=port, **options)
    untyped: Any = Sentinel
    sentinels = untyped(
        address.hosts, sentinel_kwargs=sentinel_options(address, timeout), **options
    )
    master: redis.Redis = sentinels.master_for(address.service)
    return master


def _client_options(timeout: float, patient: bool) -> dict[str, Any]:
    from redis.backoff import ExponentialWithJitterBackoff
    from redis.retry import Retry

    from osism.adapters.connections.impatience import Impatience

    # Short, for somebody waits for the answer; what has to survive an outage waits by itself.
    pauses = ExponentialWithJitterBackoff(base=0.02, cap=0.5)
    return {
        "socket_timeout": max(timeout, _SHORTEST),
        "socket_connect_timeout": timeout,
        "socket_keepalive": True,
        "health_check_interval": 15,
        "retry": Retry(pauses, retries=3) if patient else Impatience(pauses),
        "client_name": "osism",
        "decode_responses": True,
        "encoding_errors": "replace",
        "protocol": 2,  # one shape of replies with every release of the library
    }


def sentinel_options(address: Address, timeout: float) -> dict[str, Any]:
    """Options of connections to the Sentinels.

    A dead one is asked once and for a second at most: the next one knows it too.
    """
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    limits = {
        "socket_timeout": timeout,
        "socket_connect_timeout": min(timeout, 1.0),
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    return limits | dict(address.sentinel_login) | dict(address.tls)


@contextmanager
def reaching(system: str, client: redis.Redis | None = None) -> Iterator[None]:
    """Turn errors of the library into :class:`OutsideFailed`, naming *system* and the address.

    A refused login becomes :class:`Misconfigured`. A context manager and a decorator.
    """
    from redis import exceptions as redis_errors

    try:
        yield
    except (redis_errors.AuthenticationError, redis_errors.NoPermissionError) as error:
        where = _where(system, client)
        raise Misconfigured(f"{where} refuses the user or the password: {error}") from error
    except (redis_errors.ConnectionError, redis_errors.TimeoutError) as error:
        raise OutsideFailed(f"{_where(system, client)} cannot be reached: {error}") from error
    except redis_errors.RedisError as error:
        raise OutsideFailed(f"{_where(system, client)} failed: {error}") from error


def _where(system: str, client: redis.Redis | None) -> str:
    if client is None:
        return system
    pool: Any = client.connection_pool
    known = pool.connection_kwargs
    if service := getattr(pool, "service_name", ""):
        return f"{system} service {service!r}"
    place = known.get("path") or at(known.get("host", "localhost"), known.get("port", 6379))
    return f"{system} at {place}"
