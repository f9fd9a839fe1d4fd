"""Every setting: its type, unit, default and reason. Read once per process.

Later wins: the default, a file ``/run/secrets/<NAME>``, the file ``/etc/osism/osism.yml`` (or the
one ``OSISM_CONFIG`` names), the environment, the command line. ``<NAME>`` is ``OSISM_<SETTING>``;
names that OSISM sites have used for long (``NETBOX_API``, ``NETBOX_TOKEN``, …) are understood
beside it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from osism.domain.errors import Invalid, Misconfigured
from osism.values import Secret, Setting, Wrong

CONFIG = "/etc/osism/osism.yml"
SECRETS = "/run/secrets"

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Format = Literal["text", "json"]


def _set(
    default: Any,
    *,
    why: str,
    also: str = "",
    among: Any = None,
    check: Callable[[Any], Any] | None = None,
    **limits: float,
) -> Any:
    """A setting; limits are ``ge``, ``gt`` and ``le``. See :class:`osism.values.Setting`."""
    return Setting(default, why, limits, also, get_args(among), check)


def _url(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise Wrong("must begin with https:// (or http://)", value)
    # Sites have both forms; pynetbox wants the one without /api.
    return value.rstrip("/").removesuffix("/api")


def _tokens(value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    from osism.domain.access import checked_tokens

    try:
        checked_tokens(value)
    except Invalid as mistake:
        # Without what is there: somebody may have written the token itself.
        raise Wrong(str(mistake), "********") from None
    return value


def _origins(value: str) -> str:
    for origin in value.split():
        if not re.fullmatch(r"https?://([\w.-]+|\[[\da-f:.]+\])(:\d+)?", origin, re.ASCII):
            raise Wrong("origins are https://name or https://name:port, with spaces between", value)
    return value


class Settings:
    """The settings of a site; made by :func:`settings`, not to be changed."""

    # --- queue, locks, output
    redis_url: str = _set(
        "redis://redis:6379/0",
        why="Redis for locks, records and live output; redis://, rediss://, unix://, "
        "or sentinel://host:26379,host2:26379/service",
    )
    broker_url: str = _set(
        "",
        why="Where jobs are queued: a Redis or an AMQP URL; empty: the same as redis_url",
    )
    lease: float = _set(
        30.0,
        ge=0.5,
        le=3600,
        why="Seconds a lock outlives its owner; a killed worker frees its locks after it",
    )
    lock_wait: float = _set(
        60.0, ge=0, why="Seconds a job waits for a lock before it is queued again"
    )
    retention: float = _set(7.0, gt=0, why="Days that jobs and their output are kept")
    journal_retention: float = _set(
        400.0,
        gt=0,
        why="Days that ended transitions and runs are kept in the journal; the last transition "
        "of each device stays",
    )
    visibility_timeout: int = _set(
        3600,
        ge=60,
        why="Seconds after which a Redis broker delivers a job again that no worker "
        "acknowledged; longer than any job should take",
    )
    # --- NetBox
    netbox_url: str = _set("", also="NETBOX_API", check=_url, why="NetBox's base URL")
    netbox_token: Secret = _set(
        Secret(""),
        also="NETBOX_TOKEN",
        why="An API token of NetBox that may write",
    )
    netbox_ca: Path | None = _set(
        None, why="A file of CA certificates for NetBox; empty: the system's"
    )
    ignore_ssl_errors: bool = _set(
        False,
        also="IGNORE_SSL_ERRORS",
        why="Do not verify the certificates of NetBox and OpenStack; for a laboratory only",
    )
    netbox_timeout: float = _set(60.0, gt=0, why="Seconds for one answer of NetBox")
    netbox_retry: float = _set(
        60.0, ge=0, why="Seconds to go on retrying while NetBox fails or is away"
    )
    # --- repositories and journal
    configuration: Path = _set(Path("/opt/configuration"), why="The configuration repository")
    state_repository: Path = _set(
        Path("/var/lib/osism/state"), why="The git repository of rendered configurations"
    )
    database_url: Secret = _set(
        Secret("sqlite:////var/lib/osism/osism.db"),
        why="The journal; SQLite for one machine, postgresql+psycopg:// for several",
    )
    # --- switches
    switches: dict[str, dict[str, Any]] = _set(
        {},
        why="How switches are reached: device name, 'platform:<slug>', "
        "'manufacturer:<slug>' or 'default' to {driver, address, port, …}; a switch that none "
        "fits gets the driver 'file', which writes to /var/lib/osism/switches",
    )
    switch_secrets: Path = _set(
        Path("netbox/secrets.yml"),
        why="How to log in to switches, below the configuration repository; plain or vaulted "
        "YAML with the keys of 'switches' and the drivers' options username, password, …",
    )
    switch_parallel: int = _set(10, ge=1, le=200, why="Switches worked on at once")
    revert_in: float = _set(
        120.0,
        ge=1,
        why="Seconds until a switch takes back a configuration nobody confirmed",
    )
    # --- runs of playbooks
    playbooks: Path | None = _set(
        None,
        why="The runtime's directory of plays; empty: those that come with the product. A "
        "kolla or ceph worker's image has kolla-ansible's or ceph-ansible's there",
    )
    ansible: Path | None = _set(
        None,
        why="The directory of ansible-playbook; empty: beside this Python, else on PATH",
    )
    runtimes: dict[str, dict[str, Path]] = _set(
        {},
        why="Playbooks and Ansible of single workers where one process has several: worker "
        "(ansible, ceph, kolla) to {playbooks, ansible}",
    )
    inventory: Path | None = _set(
        None,
        why="Ansible's inventory: what the reconciler writes and whatever runs Ansible reads; "
        "empty: the setting reconciled, and the configuration repository's folder inventory for "
        "as long as nothing was written there",
    )
    reconciled: Path = _set(
        Path("/var/lib/osism/inventory"),
        why="Where the reconciler puts the inventory unless the setting inventory says so; its "
        "versions and its history are kept beside it",
    )
    inventory_defaults: Path | None = _set(
        None,
        why="A folder of group_vars (all/, control/, …) that every other layer of the inventory "
        "wins over; its ansible.cfg is the base of the inventory's",
    )
    inventory_generics: Path | None = _set(
        None,
        why="A folder of numbered inventory files (50-ceph, …) that say which service group "
        "consists of which others",
    )
    job_lease: float = _set(
        6.0,
        ge=0.5,
        le=300,
        why="Seconds after which a job whose worker is silent counts as lost",
    )
    run_grace: float = _set(
        10.0, ge=0, why="Seconds that a revoked play has to end before it is killed"
    )
    run_ready: float = _set(
        300.0,
        ge=0,
        why="Seconds after a run for which the next one's Ansible is kept loaded, in about 70 MiB "
        "of memory for each job that a worker can have at once; 0 = off",
    )
    vault_password_file: Path | None = _set(
        None, why="A file with Ansible's vault password; empty: the one kept in Redis"
    )
    vault_key: Path = _set(
        Path("/var/lib/osism/vault.key"),
        why="The file with the key that the vault password in Redis is encrypted with",
    )
    facts_retention: float = _set(
        24.0, gt=0, why="Hours that facts of hosts are kept after they were gathered"
    )
    # --- workers and schedule
    concurrency: int = _set(2, ge=1, le=64, why="Jobs a worker works on at once")
    schedule_resume: float = _set(
        60.0, ge=0, why="Seconds between looks for transitions without a worker; 0 = off"
    )
    schedule_reconcile: float = _set(
        600.0, ge=0, why="Seconds between runs of the reconciler; 0 = off"
    )
    schedule_drift: float = _set(
        900.0, ge=0, why="Seconds between looks for drift on switches; 0 = off"
    )
    schedule_facts: float = _set(43200.0, ge=0, why="Seconds between gatherings of facts; 0 = off")
    schedule_node_states: float = _set(
        300.0, ge=0, why="Seconds between comparisons of Ironic's nodes with NetBox; 0 = off"
    )
    schedule_prune: float = _set(
        86400.0, ge=0, why="Seconds between clean-ups of the journal; 0 = off"
    )
    # --- watchdog
    watch_quiet: float = _set(
        2.0,
        ge=0.1,
        le=60,
        why="Seconds without a change in inventory and environments after which a run of the "
        "reconciler is asked for",
    )
    watch_poll: float = _set(
        0.0,
        ge=0,
        why="Seconds between looks for changes where the file system does not tell of them; "
        "0 = found out by itself, and then every 5 s",
    )
    # --- OpenStack, Ironic
    cloud: str = _set(
        "",
        why="The cloud whose Ironic is meant, as clouds.yaml names it; empty: what OS_CLOUD, or "
        "OS_AUTH_URL, OS_USERNAME, … say",
    )
    clouds_file: Path | None = _set(
        None,
        why="The clouds.yaml, with a secure.yaml beside it; empty: where openstacksdk looks, which "
        "is OS_CLIENT_CONFIG_FILE, this directory, ~/.config/openstack and /etc/openstack",
    )
    ironic_url: str = _set(
        "", check=_url, why="The URL of an Ironic without Keystone; stronger than cloud"
    )
    openstack_ca: Path | None = _set(
        None,
        why="A file of CA certificates for OpenStack; empty: what clouds.yaml names, else the "
        "system's",
    )
    ironic_timeout: float = _set(60.0, gt=0, why="Seconds for one answer of OpenStack")
    ironic_retry: float = _set(
        120.0,
        ge=0,
        why="Seconds to go on retrying while Ironic is away or a node is locked",
    )
    conductor: Path = _set(
        Path("environments/conductor.yml"),
        why="What nodes get in Ironic (ironic_parameters), below the configuration repository or "
        "anywhere else (/etc/conductor.yml); plain or vaulted",
    )
    node_secrets: Path = _set(
        Path("netbox/node-secrets.yml"),
        why="How to log in to management boards, below the configuration repository; plain or "
        "vaulted YAML: device, 'site:<slug>', 'role:<slug>' or 'default' to "
        "{remote_board_username, remote_board_password, …}",
    )
    bifrost_servers: Path = _set(
        Path("environments/kolla/files/overlays/bifrost/servers.yml"),
        why="Where 'osism netbox sync bifrost' writes bifrost's inventory, passwords in clear, "
        "below the configuration repository or anywhere else",
    )
    node_parallel: int = _set(50, ge=1, le=1000, why="Nodes that one job works on at once")
    notifications_url: Secret = _set(
        Secret(""),
        also="BROKER_URI",
        why="The broker of Ironic's notifications (amqp://…), read by the listener",
    )
    notifications_length: int = _set(
        100_000,
        ge=100,
        why="Notifications that the broker keeps for us while no listener takes them; of more, "
        "the oldest go. Counts when the queue is made",
    )
    notifications_durable: bool = _set(
        False,
        why="Whether the exchange of Ironic is made as a durable one where it is not there yet; "
        "as amqp_durable_queues in its [oslo_messaging_rabbit] says",
    )
    # --- HTTP API
    api_address: str = _set(
        "",
        why="The address that the HTTP API listens on; empty: every address where api_tokens has "
        "some, else this machine's own (127.0.0.1)",
    )
    api_port: int = _set(8000, ge=0, le=65535, why="The port of the HTTP API; 0: a free one")
    api_certificate: Path | None = _set(
        None, why="A PEM file with the certificate of the HTTP API; with it the API speaks TLS"
    )
    api_key: Path | None = _set(None, why="A PEM file with the key of api_certificate")
    api_tokens: dict[str, dict[str, Any]] = _set(
        {},
        check=_tokens,
        why="Who may use the HTTP API: description to {sha256, role}; the role is reader, "
        "operator or admin; 'osism token create' makes one. Read again when the file changes",
    )
    api_origins: str = _set(
        "",
        check=_origins,
        why="Origins (https://dashboard.example.org, separated by spaces) whose pages may use the "
        "HTTP API; empty: none",
    )
    api_rate: float = _set(
        100.0,
        ge=0,
        why="Requests a second of one token, in each process of the HTTP API; 0 = no limit",
    )
    api_body: int = _set(
        1_048_576, ge=1024, le=1 << 30, why="The largest body of a request to the HTTP API, bytes"
    )
    webhook_secret: Secret = _set(
        Secret(""),
        why="The secret that NetBox signs its webhooks with; without it none is taken. Workers "
        "have it too: where it is set they note what they write themselves",
    )
    webhook_quiet: float = _set(
        2.0,
        ge=0.1,
        le=60,
        why="Seconds without a further change in NetBox after which its switches are worked on",
    )
    webhook_deploys: bool = _set(
        True,
        why="Whether a change in NetBox is deployed to its switches (those with "
        "deployment_enabled); else their configurations are generated only",
    )
    audit_retention: float = _set(
        400.0, gt=0, why="Days that writing requests to the HTTP API are kept in the audit log"
    )
    api_url: str = _set(
        "",
        also="OSISM_API",
        check=_url,
        why="The HTTP API that commands use instead of broker, database and NetBox; "
        "'osism --api' says the same",
    )
    api_token_file: Path | None = _set(
        None,
        also="OSISM_TOKEN_FILE",
        why="A file with the token for api_url; 'osism --token-file' says the same",
    )
    api_ca: Path | None = _set(
        None, why="A file of CA certificates for api_url; empty: the system's"
    )
    # --- logging
    log_level: Level = _set("INFO", among=Level, why="The least severe messages that are logged")
    log_format: Format = _set("text", among=Format, why="Log lines for people or programs")

    def __init__(self, values: Mapping[str, Any]) -> None:
        for name, field in FIELDS.items():
            setattr(self, name, values.get(name, field.default))

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


#: Name -> what is known of it, in the order of their declaration.
FIELDS: Mapping[str, Setting] = {
    name: value for name, value in vars(Settings).items() if isinstance(value, Setting)
}


#: What the command line says.
_TOLD: dict[str, Any] = {}


def tell(**values: Any) -> None:
    """Set settings from the command line, before :func:`settings` is called: it reads once."""
    _TOLD.update(values)


def config_file() -> Path:
    """The settings' file, whether or not it exists."""
    return Path(os.environ.get("OSISM_CONFIG") or CONFIG)


@cache
def settings() -> Settings:
    """The settings of this process; raises :class:`Misconfigured` naming setting and value."""
    told, values = _gathered(), {}
    mistakes = [_unknown(key) for key in told if key not in FIELDS]
    for name, field in FIELDS.items():
        if name in told:
            try:
                values[name] = field.read(told[name])
            except Wrong as wrong:
                mistakes.append(_told(field, wrong))
    if mistakes:
        raise Misconfigured("; ".join(mistakes))
    return Settings(values)


def current(name: str) -> Any:
    """What a setting is by now; raises :class:`Misconfigured` as :func:`settings` does."""
    field, told = FIELDS[name], _gathered()
    try:
        return field.read(told[name]) if name in told else field.default
    except Wrong as wrong:
        raise Misconfigured(_told(field, wrong)) from None


def origins() -> dict[str, str]:
    """Setting -> where its value comes from (``default`` where it is not set)."""
    found = dict.fromkeys(FIELDS, "default")
    for source, told in reversed(_sources()):
        found.update(dict.fromkeys(told, source))
    return found


def _unknown(key: Any) -> str:
    from difflib import get_close_matches

    close = get_close_matches(str(key), FIELDS)
    return f"setting {key}: unknown" + (f"; did you mean {close[0]!r}?" if close else "")


def _told(field: Setting, wrong: Wrong) -> str:
    name = ".".join(map(str, (field.name, *wrong.path)))
    value = "" if field.secret else f" {wrong.value!r}"
    return f"setting {name}:{value} is wrong: {wrong.rule}"


# --- where settings come from ---------------------------------------------------------------------


def _gathered() -> dict[str, Any]:
    """Setting -> its value as the strongest source says it."""
    named = os.environ.get("OSISM_CONFIG")
    if named and not Path(named).is_file():
        raise Misconfigured(f"OSISM_CONFIG names {named}, and there is no such file")
    told: dict[str, Any] = {}
    for _, found in reversed(_sources()):
        _merge(told, found)
    return told


def _sources() -> list[tuple[str, dict[str, Any]]]:
    """What each source says, the strongest first, each with its name for people.

    A key is the name of a setting; in the file it can be an unknown one.
    """
    found = [("command line", dict(_TOLD)), ("environment", _named(os.environ))]
    file = config_file()
    if file.is_file():
        found.append((str(file), _in_file(file)))
    if Path(SECRETS).is_dir():
        found.append((SECRETS, _named(dict(_secrets(Path(SECRETS))))))
    return found


def _secrets(directory: Path) -> Iterator[tuple[str, str]]:
    wanted = {each for field in FIELDS.values() for each in field.variables}
    for file in directory.iterdir():
        if file.name.upper() in wanted and file.is_file():
            try:
                yield file.name, file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeError) as mistake:
                raise Misconfigured(f"settings: {file}: {mistake}") from mistake


def _in_file(file: Path) -> dict[str, Any]:
    import yaml

    try:
        with file.open("rb") as stream:
            # The C loader, where there is one: ten times as fast.
            content = yaml.load(stream, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (OSError, UnicodeError, yaml.YAMLError) as mistake:
        raise Misconfigured(f"settings: {mistake}") from mistake
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise Misconfigured(f"settings: {file} is no mapping of settings to values")
    found = dict(content)
    for name, field in FIELDS.items():
        told = [found.pop(key) for key in field.keys if key in found]
        found.update({name: told[0]} if told else {})
    return found


def _named(texts: Mapping[str, str]) -> dict[str, Any]:
    """Settings in the environment, or in what is named like it; small letters will do."""
    known = {name.upper(): text for name, text in texts.items()}
    found: dict[str, Any] = {}
    for name, field in FIELDS.items():
        said = [known[each] for each in field.variables if each in known]
        if said:
            found[name] = _decoded(field, said[0]) if field.mapping else said[0]
        if field.mapping:
            for nested in _nested(f"OSISM_{name}__".upper(), known):
                _merge(found, {name: nested})
    return found


def _decoded(field: Setting, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as mistake:
        # Without the text: there may be passwords in it.
        raise Misconfigured(f"setting {field.name}: must be a JSON object: {mistake}") from mistake


def _nested(prefix: str, known: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """``OSISM_SWITCHES__leaf-1__port=22`` -> ``{"leaf-1": {"port": "22"}}``, in small letters.

    Below the second level a value can be JSON.
    """
    for name, text in known.items():
        if not name.startswith(prefix):
            continue
        first, *rest = name.removeprefix(prefix).lower().split("__")
        value: Any = text
        if len(rest) != 1:
            with suppress(ValueError):
                value = json.loads(text)
        for key in reversed(rest):
            value = {key: value}
        yield {first: value}


def _merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Put *other* over *into*; mappings in both become one."""
    for key, value in other.items():
        if isinstance(value, dict):
            known = into.get(key)
            into[key] = dict(known) if isinstance(known, dict) else {}
            _merge(into[key], value)
        else:
            into[key] = value
