"""Builds adapters from the settings and hands them out as ports, one of each per process.

Adapters are imported inside the functions: a process loads the libraries that it uses.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from osism.settings import settings

if TYPE_CHECKING:
    import redis
    from celery import Celery

    from osism.adapters.locks import RedisLocks
    from osism.adapters.netbox import Connection
    from osism.adapters.queues import CeleryQueue
    from osism.adapters.repository import FileRepository
    from osism.adapters.senders import Sender
    from osism.adapters.store import GitStore
    from osism.adapters.streams import RedisRecords
    from osism.domain.ports import Inventory, Journal, Switches
    from osism.domain.resources import Catalogue


@cache
def redis_client() -> redis.Redis:
    from osism.adapters.connections import connect

    return connect(settings().redis_url)


@cache
def locks() -> RedisLocks:
    from osism.adapters.locks import RedisLocks

    return RedisLocks(redis_client(), settings().lease)


@cache
def records() -> RedisRecords:
    from osism.adapters.streams import RedisRecords

    return RedisRecords(redis_client(), locks(), settings().retention * 86400)


@cache
def celery() -> Celery:
    from osism.adapters.application import application
    from osism.adapters.connections import celery_broker

    chosen = settings()
    broker, options = celery_broker(chosen.broker_url or chosen.redis_url)
    return application(broker, options, chosen.visibility_timeout)


@cache
def queue() -> CeleryQueue:
    from osism.adapters.queues import CeleryQueue

    return CeleryQueue(_sender(), records())


def _sender() -> Sender:
    from osism.adapters.connections import celery_broker, connect
    from osism.adapters.senders import KombuSender, RedisSender

    broker = settings().broker_url
    if broker.startswith(("amqp://", "amqps://")):
        return KombuSender(*celery_broker(broker))
    same = broker in ("", settings().redis_url)
    return RedisSender(redis_client() if same else connect(broker))


@cache
def netbox() -> Connection:
    from osism.adapters.netbox import Connection

    chosen = settings()
    verify = False if chosen.ignore_ssl_errors else chosen.netbox_ca or True
    return Connection(
        chosen.netbox_url,
        chosen.netbox_token.get_secret_value(),
        verify,
        chosen.netbox_timeout,
        chosen.netbox_retry,
    )


@cache
def inventory() -> Inventory:
    from osism.adapters.netbox import NetboxInventory

    return NetboxInventory(netbox())


@cache
def catalogue() -> Catalogue:
    from osism.adapters.netbox.catalogue import NetboxCatalogue

    return NetboxCatalogue(netbox())


@cache
def repository() -> FileRepository:
    from osism.adapters.repository import FileRepository

    return FileRepository(settings().configuration)


@cache
def store() -> GitStore:
    from osism.adapters.store import GitStore

    return GitStore(settings().state_repository)


@cache
def journal() -> Journal:
    from osism.adapters.database.journal import SqlJournal

    return SqlJournal(settings().database_url.get_secret_value())


@cache
def switches() -> Switches:
    from osism.adapters.switches import SwitchRegistry

    fallback = {"driver": "file", "directory": "/var/lib/osism/switches"}
    return SwitchRegistry({"default": fallback, **settings().switches})


#: What a worker's jobs load; imported before it forks, so that its processes share the memory.
LOADS = {
    "netbox": (
        "osism.adapters.netbox.catalogue",
        "osism.adapters.repository",
        "osism.adapters.templates",
        "osism.adapters.store",
        "osism.adapters.database.journal",
        "osism.adapters.switches",
    )
}


def forget() -> None:
    """Drop every adapter: a process that was forked makes its own connections."""
    for each in (redis_client, locks, records, celery, queue, netbox, inventory, catalogue):
        each.cache_clear()
    for each in (repository, store, journal, switches):
        each.cache_clear()
