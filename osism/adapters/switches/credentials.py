"""How to log in to switches: a file of the configuration repository, plain or vaulted.

Its entries have the keys of the setting ``switches`` (a device, ``site:<slug>``,
``platform:<slug>``, ``manufacturer:<slug>``, ``default``) and hold options of the drivers:
``username``, ``password``, ``private_key``, … They are laid over the setting's, and whatever they
hold is masked in everything that a driver says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from osism.adapters.logins import Entries, LoginsFile
from osism.domain.secrets import masked

__all__ = ["CredentialsFile", "Entries", "secrets"]


class CredentialsFile(LoginsFile):
    """The file at *path*; *password* answers with Ansible-Vault's password, None without one."""

    def __init__(self, path: Path, password: Callable[[], str | None]) -> None:
        super().__init__(
            path,
            password,
            "credentials of switches",
            ("platform", "site"),
            foreign=("driver",),
            home="the setting switches",
        )


def secrets(options: Mapping[str, Any], credentials: Mapping[str, Any]) -> Iterator[str]:
    """What must appear nowhere: every text of *credentials* but names, paths and host keys, and
    what is secret by its name in *options*."""
    hidden = masked(dict(options))
    told = {name: value for name, value in options.items() if hidden[name] == value}
    for name, value in [*options.items(), *credentials.items()]:
        known = name in _TOLD or (name in told and told[name] == value)
        if not known and isinstance(value, (str, int)) and not isinstance(value, bool):
            yield str(value)


#: What of a credential is no secret.
_TOLD = frozenset({
    "username", "address", "port", "known_hosts", "host_key", "private_key_file", "transport",
    "certificate_file", "ca_file", "certificate", "ca", "timeout", "connect_timeout",
})  # fmt: skip
