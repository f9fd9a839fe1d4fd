"""Every setting: its type, unit, default and reason. Read once per process.

Later wins: the default, a file ``/run/secrets/<NAME>``, the file ``/etc/osism/osism.yml`` (or the
one ``OSISM_CONFIG`` names), the environment. ``<NAME>`` is ``OSISM_<SETTING>``; names that OSISM
sites have used for long (``NETBOX_API``, ``NETBOX_TOKEN``, …) are understood beside it.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from osism.domain.errors import Misconfigured

CONFIG = "/etc/osism/osism.yml"
SECRETS = "/run/secrets"


def _also(name: str, *others: str) -> AliasChoices:
    return AliasChoices(name, f"osism_{name}", *others)


class Settings(BaseSettings):
    """The settings of a site."""

    model_config = SettingsConfigDict(
        env_prefix="OSISM_", env_nested_delimiter="__", extra="forbid", populate_by_name=True
    )

    # --- queue, locks, output
    redis_url: str = Field(
        "redis://redis:6379/0",
        description="Redis for locks, records and live output; redis://, rediss://, unix://, "
        "or sentinel://host:26379,host2:26379/service",
    )
    broker_url: str = Field(
        "",
        description="Where jobs are queued: a Redis or an AMQP URL; empty: the same as redis_url",
    )
    lease: float = Field(
        30.0,
        ge=0.5,
        le=3600,
        description="Seconds a lock outlives its owner; a killed worker frees its locks after it",
    )
    lock_wait: float = Field(
        60.0, ge=0, description="Seconds a job waits for a lock before it is queued again"
    )
    retention: float = Field(7.0, gt=0, description="Days that jobs and their output are kept")
    journal_retention: float = Field(
        400.0, gt=0, description="Days that ended transitions are kept in the journal"
    )
    visibility_timeout: int = Field(
        3600,
        ge=60,
        description="Seconds after which a Redis broker delivers a job again that no worker "
        "acknowledged; longer than any job should take",
    )
    # --- NetBox
    netbox_url: str = Field(
        "", validation_alias=_also("netbox_url", "NETBOX_API"), description="NetBox's base URL"
    )
    netbox_token: SecretStr = Field(
        SecretStr(""),
        validation_alias=_also("netbox_token", "NETBOX_TOKEN"),
        description="An API token of NetBox that may write",
    )
    netbox_ca: Path | None = Field(
        None, description="A file of CA certificates for NetBox; empty: the system's"
    )
    ignore_ssl_errors: bool = Field(
        False,
        validation_alias=_also("ignore_ssl_errors", "IGNORE_SSL_ERRORS"),
        description="Do not verify NetBox's certificate; for a laboratory only",
    )
    netbox_timeout: float = Field(60.0, gt=0, description="Seconds for one answer of NetBox")
    netbox_retry: float = Field(
        60.0, ge=0, description="Seconds to go on retrying while NetBox fails or is away"
    )
    # --- repositories and journal
    configuration: Path = Field(
        Path("/opt/configuration"), description="The configuration repository"
    )
    state_repository: Path = Field(
        Path("/var/lib/osism/state"), description="The git repository of rendered configurations"
    )
    database_url: SecretStr = Field(
        SecretStr("sqlite:////var/lib/osism/osism.db"),
        description="The journal; SQLite for one machine, postgresql+psycopg:// for several",
    )
    # --- switches
    switches: dict[str, dict[str, Any]] = Field(
        {},
        description="How switches are reached: device name, 'platform:<slug>', "
        "'manufacturer:<slug>' or 'default' to {driver, address, port, …}; a switch that none "
        "fits gets the driver 'file', which writes to /var/lib/osism/switches",
    )
    switch_parallel: int = Field(10, ge=1, le=200, description="Switches worked on at once")
    revert_in: float = Field(
        120.0,
        ge=1,
        description="Seconds until a switch takes back a configuration nobody confirmed",
    )
    # --- runs of playbooks
    playbooks: Path | None = Field(
        None,
        description="The runtime's directory of plays; empty: those that come with the product. A "
        "kolla or ceph worker's image has kolla-ansible's or ceph-ansible's there",
    )
    ansible: Path | None = Field(
        None,
        description="The directory of ansible-playbook; empty: beside this Python, else on PATH",
    )
    runtimes: dict[str, dict[str, Path]] = Field(
        {},
        description="Playbooks and Ansible of single workers where one process has several: worker "
        "(ansible, ceph, kolla) to {playbooks, ansible}",
    )
    inventory: Path | None = Field(
        None,
        description="Ansible's inventory; empty: the folder inventory of the configuration "
        "repository",
    )
    job_lease: float = Field(
        6.0,
        ge=0.5,
        le=300,
        description="Seconds after which a job whose worker is silent counts as lost",
    )
    run_grace: float = Field(
        10.0, ge=0, description="Seconds that a revoked play has to end before it is killed"
    )
    vault_password_file: Path | None = Field(
        None, description="A file with Ansible's vault password; empty: the one kept in Redis"
    )
    vault_key: Path = Field(
        Path("/var/lib/osism/vault.key"),
        description="The file with the key that the vault password in Redis is encrypted with",
    )
    facts_retention: float = Field(
        24.0, gt=0, description="Hours that facts of hosts are kept after they were gathered"
    )
    # --- workers and schedule
    concurrency: int = Field(2, ge=1, le=64, description="Jobs a worker works on at once")
    schedule_resume: float = Field(
        60.0, ge=0, description="Seconds between looks for transitions without a worker; 0 = off"
    )
    schedule_drift: float = Field(
        900.0, ge=0, description="Seconds between looks for drift on switches; 0 = off"
    )
    schedule_facts: float = Field(
        43200.0, ge=0, description="Seconds between gatherings of facts; 0 = off"
    )
    schedule_prune: float = Field(
        86400.0, ge=0, description="Seconds between clean-ups of the journal; 0 = off"
    )
    # --- Ironic
    notifications_url: SecretStr = Field(
        SecretStr(""),
        validation_alias=_also("notifications_url", "BROKER_URI"),
        description="The broker of Ironic's notifications (amqp://…), read by the listener",
    )
    # --- logging
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least severe messages that are logged"
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="Log lines for people or programs"
    )

    @field_validator("netbox_url")
    @classmethod
    def _url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// (or http://)")
        # Sites have both forms; pynetbox wants the one without /api.
        return value.rstrip("/").removesuffix("/api")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return tuple(source for _, source in sources(settings_cls))


def sources(
    settings_cls: type[BaseSettings],
) -> list[tuple[str, PydanticBaseSettingsSource]]:
    """Where settings come from, the strongest first, each with its name for people."""
    from pydantic_settings import EnvSettingsSource

    found: list[tuple[str, PydanticBaseSettingsSource]] = [
        ("environment", EnvSettingsSource(settings_cls))
    ]
    file = config_file()
    if file.is_file():
        found.append((str(file), YamlConfigSettingsSource(settings_cls, yaml_file=file)))
    if Path(SECRETS).is_dir():
        found.append((SECRETS, SecretsSettingsSource(settings_cls, secrets_dir=SECRETS)))
    return found


def config_file() -> Path:
    """The settings' file, whether or not it exists."""
    return Path(os.environ.get("OSISM_CONFIG") or CONFIG)


@cache
def settings() -> Settings:
    """The settings of this process; raises :class:`Misconfigured` naming setting and value."""
    named = os.environ.get("OSISM_CONFIG")
    if named and not Path(named).is_file():
        raise Misconfigured(f"OSISM_CONFIG names {named}, and there is no such file")
    try:
        return Settings()  # type: ignore[call-arg]
    except ValidationError as mistakes:
        raise Misconfigured("; ".join(map(_told, mistakes.errors()))) from None
    except Exception as mistake:  # a file that is no YAML, a value that is no JSON
        raise Misconfigured(f"settings: {mistake}") from mistake


def _told(mistake: Any) -> str:
    name = ".".join(str(each) for each in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        from difflib import get_close_matches

        close = get_close_matches(name, Settings.model_fields)
        return f"setting {name}: unknown" + (f"; did you mean {close[0]!r}?" if close else "")
    field = Settings.model_fields.get(name.removeprefix("osism_").lower())
    secret = field is not None and field.annotation is SecretStr
    value = "" if secret else f" {mistake['input']!r}"
    return f"setting {name}:{value} is wrong: {mistake['msg']}"


def origins() -> dict[str, str]:
    """Setting -> where its value comes from (``default`` where it is not set)."""
    found = dict.fromkeys(Settings.model_fields, "default")
    for name, source in reversed(sources(Settings)):
        for key in source():
            found[_field_of(key)] = name
    return found


def _field_of(key: str) -> str:
    low = key.lower().removeprefix("osism_")
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [name]
        if low == name or any(str(each).lower() == key.lower() for each in choices):
            return name
    return key
