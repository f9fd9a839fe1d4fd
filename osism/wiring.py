"""Builds adapters from the settings and hands them out as ports, one of each per process.

Adapters are imported inside the functions: a process loads the libraries that it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from osism.domain.errors import Invalid
from osism.settings import settings

if TYPE_CHECKING:
    import redis
    from celery import Celery

    from osism.adapters.ansible.plays import Plays
    from osism.adapters.changes import RedisChanges
    from osism.adapters.database.audit import SqlAudit
    from osism.adapters.database.conditions import SqlConditions
    from osism.adapters.database.runs import SqlRunJournal
    from osism.adapters.database.specs import SqlSpecs
    from osism.adapters.events import RedisEvents
    from osism.adapters.facts import RedisFacts
    from osism.adapters.folders import Folders
    from osism.adapters.hosts import AnsibleInventory
    from osism.adapters.inventories import ReconciledInventory
    from osism.adapters.locks import RedisLocks
    from osism.adapters.netbox import Connection
    from osism.adapters.netbox.nodes import NetboxNodes
    from osism.adapters.notifications import Notifications
    from osism.adapters.openstack import Cloud
    from osism.adapters.queues import CeleryQueue
    from osism.adapters.remote import Remote
    from osism.adapters.repository import FileRepository
    from osism.adapters.senders import Sender
    from osism.adapters.store import GitStore
    from osism.adapters.streams import Feed, Hub, RedisRecords
    from osism.adapters.vault import VaultPassword
    from osism.domain.collections import Collection
    from osism.domain.event_rules import Rule
    from osism.domain.nodes import Echo
    from osism.domain.ports import (
        Baremetal,
        Catalogues,
        DeviceSource,
        HostSource,
        Inventory,
        Journal,
        NodeParameters,
        NodeSource,
        PlayRunner,
        Servers,
        Switches,
    )
    from osism.domain.resources.catalogue import Catalogue
    from osism.domain.schedules import Plan

_Build = TypeVar("_Build", bound=Callable[..., Any])


@cache
def remote() -> Remote:
    """The HTTP API that commands use where ``api_url`` is set."""
    from osism.adapters.remote import Remote

    chosen = settings()
    return Remote(chosen.api_url, chosen.api_token_file, chosen.api_ca)


def _through_api(build: _Build) -> _Build:
    """With ``api_url`` the port comes from :func:`remote`, by the same name."""

    @wraps(build)
    def given(*values: Any, **named: Any) -> Any:
        if settings().api_url:
            return getattr(remote(), build.__name__)(*values, **named)
        return build(*values, **named)

    return given  # type: ignore[return-value]


def _here_only(build: _Build) -> _Build:
    """With ``api_url`` nothing of this machine is asked in its stead."""

    @wraps(build)
    def given(*values: Any, **named: Any) -> Any:
        require_here(build.__name__.strip("_").replace("_", " "))
        return build(*values, **named)

    return given  # type: ignore[return-value]


def require_here(what: str) -> None:
    """Raise :class:`Invalid` where commands use an API, which does not offer *what*."""
    if settings().api_url:
        raise Invalid(f"{what}: works where the manager runs; the API does not offer it")


#: Whether somebody waits for each answer of this process: what is away is not waited for then.
_hurries = False
#: Seconds for an answer of NetBox then; a list of 1,000 devices takes some.
_LONGEST = 10.0


def hurry() -> None:
    """Say so, before anything is built."""
    global _hurries
    _hurries = True


@cache
@_here_only
def redis_client() -> redis.Redis:
    from osism.adapters.connections import connect

    return connect(settings().redis_url, patient=not _hurries)


@cache
@_through_api
def locks() -> RedisLocks:
    from osism.adapters.locks import RedisLocks

    return RedisLocks(redis_client(), settings().lease)


@cache
@_through_api
def records() -> RedisRecords:
    from osism.adapters.streams import RedisRecords

    return RedisRecords(redis_client(), locks(), settings().retention * 86400)


@cache
@_here_only
def feed() -> Feed:
    """Everything that happens in the site."""
    from osism.adapters.streams import Feed

    return Feed(redis_client(), settings().retention * 86400)


@cache
@_here_only
def hub() -> Hub:
    """Wakes the readers of streams in this process."""
    from osism.adapters.streams import Hub

    return Hub(redis_client())


@cache
@_here_only
def celery() -> Celery:
    from osism.adapters.application import application
    from osism.adapters.connections import celery_broker

    chosen = settings()
    broker, options = celery_broker(chosen.broker_url or chosen.redis_url)
    return application(broker, options, chosen.visibility_timeout)


@cache
@_through_api
def queue() -> CeleryQueue:
    from osism.adapters.queues import CeleryQueue

    return CeleryQueue(_sender(), records())


@_here_only
def _sender() -> Sender:
    from osism.adapters.connections import celery_broker, connect
    from osism.adapters.senders import KombuSender, RedisSender

    broker = settings().broker_url
    if broker.startswith(("amqp://", "amqps://")):
        return KombuSender(*celery_broker(broker))
    same = broker in ("", settings().redis_url)
    return RedisSender(redis_client() if same else connect(broker, patient=not _hurries))


@cache
def netbox() -> Connection:
    chosen = settings()
    if _hurries:
        return _netbox(min(chosen.netbox_timeout, _LONGEST), min(chosen.netbox_retry, 1))
    return _netbox(chosen.netbox_timeout, chosen.netbox_retry)


@cache
def netbox_at_hand() -> Connection:
    """NetBox for who only wants to know whether it is there."""
    return _netbox(2, 0)


@_here_only
def _netbox(timeout: float, retry: float) -> Connection:
    from osism.adapters.netbox import Connection

    chosen = settings()
    verify = False if chosen.ignore_ssl_errors else chosen.netbox_ca or True
    token = chosen.netbox_token.get_secret_value()
    # Where NetBox tells us of changes, our own are among them.
    wrote = _wrote if chosen.webhook_secret.get_secret_value() else None
    return Connection(chosen.netbox_url, token, verify, timeout, retry, wrote, _hurries)


def _wrote(request: str) -> None:
    changes().wrote(request)


@cache
@_here_only
def changes() -> RedisChanges:
    """What NetBox's webhooks have told."""
    from osism.adapters.changes import RedisChanges

    return RedisChanges(redis_client(), settings().retention * 86400)


@cache
@_through_api
def inventory() -> Inventory:
    from osism.adapters.netbox import NetboxInventory

    return NetboxInventory(netbox())


@cache
def device_source() -> DeviceSource:
    """NetBox's devices, for somebody who waits for an answer."""
    from osism.adapters.netbox.managed import ManagedDevices

    chosen = settings()
    timeout, retry = min(chosen.netbox_timeout, _LONGEST), min(chosen.netbox_retry, 1)
    return ManagedDevices(_netbox(timeout, retry))


@cache
def host_source() -> HostSource | None:
    """NetBox's hosts for the inventory; None for a site without NetBox."""
    from osism.adapters.netbox import NetboxHosts

    return NetboxHosts(netbox()) if settings().netbox_url else None


@cache
def catalogue() -> Catalogue:
    from osism.adapters.netbox.catalogue import NetboxCatalogue

    return NetboxCatalogue(netbox())


@cache
@_through_api
def repository() -> FileRepository:
    from osism.adapters.repository import FileRepository

    return FileRepository(settings().configuration)


@cache
@_here_only
def folders() -> Folders:
    from osism.adapters.folders import Folders
    from osism.domain.watches import FOLDERS

    return Folders(settings().configuration, FOLDERS)


@cache
@_here_only
def store() -> GitStore:
    from osism.adapters.store import GitStore

    return GitStore(settings().state_repository)


@cache
@_through_api
def journal() -> Journal:
    from osism.adapters.database.journal import SqlJournal

    return SqlJournal(settings().database_url.get_secret_value())


@cache
@_here_only
def specs() -> SqlSpecs:
    from osism.adapters.database.specs import SqlSpecs

    return SqlSpecs(settings().database_url.get_secret_value())


@cache
@_here_only
def switches() -> Switches:
    from osism.adapters.switches import SwitchRegistry
    from osism.adapters.switches.credentials import CredentialsFile

    chosen = settings()
    fallback = {"driver": "file", "directory": "/var/lib/osism/switches"}
    logins = CredentialsFile(chosen.configuration / chosen.switch_secrets, vault_password().get)
    return SwitchRegistry({"default": fallback, **chosen.switches}, credentials=logins)


@_through_api
def schedule() -> Plan:
    """What is done again and again, with the last and the next run."""
    from osism.domain.schedules import Plan, standings

    leader = locks().holders(["beat"]).get("beat")
    entries = standings(vars(settings()), records().ticks(), leader is not None)
    return Plan(leader.worker if leader else "", entries)


def revoke(job: str, by: str) -> str:
    """Ask for the end of a job; see :func:`osism.actions.revoke_job.revoke_job`."""
    if settings().api_url:
        return remote().revoke(job)
    from osism.actions.revoke_job import revoke_job

    return revoke_job(job, by, records(), locks())


# --- bare metal


@cache
@_here_only
def cloud() -> Cloud:
    from osism.adapters.openstack import Cloud

    chosen = settings()
    return Cloud(
        chosen.cloud,
        chosen.clouds_file,
        chosen.ironic_url,
        chosen.openstack_ca,
        not chosen.ignore_ssl_errors,
        chosen.ironic_timeout,
    )


@_through_api
def baremetal(job: str = "", wait: float | None = None) -> Baremetal:
    """Ironic; it is told the *job*. *wait*: seconds that a request is repeated, 0 for not at all,
    None for the setting."""
    from osism.adapters.openstack import OpenstackBaremetal

    return OpenstackBaremetal(cloud(), job, settings().ironic_retry if wait is None else wait)


@_here_only
def ping(addresses: Iterable[str]) -> Mapping[str, Echo]:
    """What comes back from each address that is pinged."""
    from osism.adapters import pings

    return pings.ping(addresses)


# --- Ironic's events


@cache
@_through_api
def events() -> RedisEvents:
    from osism.adapters.events import RedisEvents

    return RedisEvents(redis_client(), settings().retention * 86400)


@_here_only
def notifications() -> Notifications:
    """A new connection to the broker of Ironic's notifications."""
    from osism.adapters.connections import celery_broker
    from osism.adapters.notifications import Notifications

    chosen = settings()
    url = chosen.notifications_url.get_secret_value()
    options: dict[str, Any] = {}
    if url.startswith(("amqp://", "amqps://")):  # kombu knows others, which are as it wants them
        url, options = celery_broker(url)
    return Notifications(url, options, chosen.notifications_length, chosen.notifications_durable)


@_here_only
def event_rules() -> Sequence[Rule]:
    """What follows from an event; read each time, for a site may change it."""
    from osism.adapters.event_rules import read_rules

    return read_rules(settings().configuration)


def managed() -> set[str]:
    """The devices of collections."""
    return {name for names in repository().collections().values() for name in names}


@cache
@_through_api
def conditions() -> SqlConditions:
    from osism.adapters.database.conditions import SqlConditions

    return SqlConditions(settings().database_url.get_secret_value())


@cache
def node_source() -> NodeSource:
    from osism.adapters.netbox.tagged import TaggedNodes

    return TaggedNodes(netbox())


@_here_only
def servers() -> Servers:
    """The servers of bifrost."""
    from osism.adapters.servers import ServersFile

    return ServersFile(settings().configuration / settings().bifrost_servers)


def standalone() -> Catalogues:
    """What is known by name where there is neither Glance nor Neutron."""
    from osism.adapters.servers import Standalone

    return Standalone()


@cache
@_here_only
def node_parameters(of: str = "ironic") -> NodeParameters:
    """What nodes are to be; what was looked up is remembered for each *of* what it was for."""
    from osism.adapters.conductor import Conductor
    from osism.adapters.logins import LoginsFile
    from osism.adapters.vaulted import VaultedFile
    from osism.domain.parameters import Revealed

    chosen, password = settings(), vault_password().get
    file = chosen.configuration / chosen.conductor
    logins = chosen.configuration / chosen.node_secrets
    return Conductor(
        VaultedFile(file, password, "the conductor's file", Revealed),
        LoginsFile(logins, password, "logins of management boards", ("site", "role")),
    )


@cache
def node_devices() -> NetboxNodes:
    from osism.adapters.netbox.nodes import NetboxNodes

    return NetboxNodes(netbox())


# --- runs of playbooks


@_here_only
def inventory_path() -> Path:
    """Ansible's inventory: the version of now, which stays as it is while it is read."""
    path = _inventory_link()
    return path.resolve() if path.is_symlink() else path


def _inventory_link() -> Path:
    chosen = settings()
    if chosen.inventory:
        return chosen.inventory
    return chosen.reconciled if chosen.reconciled.exists() else chosen.configuration / "inventory"


@cache
@_through_api
def inventories() -> ReconciledInventory:
    """The inventory that the reconciler makes."""
    from osism.adapters.inventories import ReconciledInventory
    from osism.adapters.inventories.loading import Loader
    from osism.adapters.inventories.sources import FileLayers

    chosen = settings()
    return ReconciledInventory(
        (chosen.inventory or chosen.reconciled).absolute(),
        FileLayers(chosen.configuration, chosen.inventory_defaults, chosen.inventory_generics),
        Loader(chosen.ansible),
    )


def _runtime(worker: str, name: str, common: Path | None) -> Path | None:
    return settings().runtimes.get(worker, {}).get(name, common)


@cache
@_here_only
def plays(worker: str) -> Plays:
    from osism.adapters.ansible.plays import Plays, shipped

    runtime = _runtime(worker, "playbooks", settings().playbooks)
    return Plays(worker, settings().configuration, runtime or shipped())


@_through_api
def roles() -> dict[str, list[str]]:
    """What workers have said they can play, and what this machine sees: environment -> roles.

    A play that has just been written need not wait for its worker's next word.
    """
    from osism.domain.roles import WORKERS, merged

    here = [plays(worker).catalogue() for worker in WORKERS]
    return merged([*records().announced().values(), *here])


@_through_api
def collections() -> dict[str, Collection]:
    """Collections of roles: the shipped ones, and over them the configuration repository's."""
    from osism.adapters.ansible.plays import collections

    return collections(settings().configuration)


@cache
@_here_only
def vault_password() -> VaultPassword:
    from osism.adapters.vault import VaultPassword

    return VaultPassword(redis_client(), settings().vault_key, settings().vault_password_file)


@cache
@_through_api
def facts() -> RedisFacts:
    from osism.adapters.facts import RedisFacts

    return RedisFacts(redis_client())


@cache
@_through_api
def hosts() -> AnsibleInventory:
    from osism.adapters.hosts import AnsibleInventory

    chosen = settings()
    return AnsibleInventory(
        _inventory_link(), chosen.configuration, chosen.ansible, vault_password().get
    )


@cache
@_here_only
def play_runner(worker: str) -> PlayRunner:
    from osism.adapters.ansible.runner import AnsibleRunner, Surroundings
    from osism.adapters.secrets import secret_values
    from osism.domain.secrets import Masker

    chosen = settings()
    around = Surroundings(
        programs=_runtime(worker, "ansible", chosen.ansible),
        grace=chosen.run_grace,
        ready=chosen.run_ready,
        cache=chosen.redis_url,
        cache_life=chosen.facts_retention * 3600,
    )
    return AnsibleRunner(
        around,
        vault_password().get,
        lambda files, password: Masker(secret_values(map(Path, files), password)).mask,
    )


def clean_up_runs() -> None:
    """Remove what runs of killed workers have left in memory."""
    from osism.adapters.ansible.runner import clean_up

    clean_up()


@cache
@_through_api
def run_journal() -> SqlRunJournal:
    from osism.adapters.database.runs import SqlRunJournal

    return SqlRunJournal(settings().database_url.get_secret_value())


@cache
@_through_api
def audit() -> SqlAudit:
    from osism.adapters.database.audit import SqlAudit

    return SqlAudit(settings().database_url.get_secret_value())


#: What a worker's jobs load; imported before it forks, so that its processes share the memory.
LOADS = {
    "netbox": (
        "osism.adapters.netbox.catalogue",
        "osism.adapters.repository",
        "osism.adapters.templates",
        "osism.adapters.store",
        "osism.adapters.database.journal",
        "osism.adapters.switches",
    ),
    "conductor": (
        "osism.adapters.netbox.nodes",
        "osism.adapters.database.conditions",
        "osism.adapters.conductor",
    ),
    "reconciler": ("osism.adapters.inventories", "osism.adapters.netbox"),
    **dict.fromkeys(
        ("ansible", "ceph", "kolla"),
        ("osism.adapters.ansible.runner", "osism.adapters.database.runs"),
    ),
}


#: openstacksdk takes 50 MiB: loaded beforehand only where there is an Ironic to talk to.
CLOUDY = ("conductor", "openstack")


def loads(worker: str) -> tuple[str, ...]:
    """The modules that a worker imports before it forks."""
    chosen = settings()
    clouds = chosen.cloud or chosen.clouds_file or chosen.ironic_url
    cloudy = ("osism.adapters.openstack.libraries",) if clouds and worker in CLOUDY else ()
    return (*LOADS.get(worker, ()), *cloudy)


def forget() -> None:
    """Drop every adapter: a process that was forked makes its own connections."""
    remote.cache_clear()
    for each in (redis_client, locks, records, celery, queue, netbox, inventory, catalogue):
        each.cache_clear()
    for each in (repository, folders, store, journal, specs, switches):
        each.cache_clear()
    for each in (plays, vault_password, facts, hosts, play_runner, run_journal):
        each.cache_clear()
    changes.cache_clear()
    for each in (feed, hub):
        each.cache_clear()
    for each in (host_source, inventories, cloud, events, conditions, node_devices):
        each.cache_clear()
    netbox_at_hand.cache_clear()
    for each in (node_source, device_source, node_parameters, audit):
        each.cache_clear()
