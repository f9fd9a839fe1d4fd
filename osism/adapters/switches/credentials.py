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

import yaml

from osism.adapters.vault import decrypt, is_vaulted
from osism.domain.errors import Misconfigured, OsismError
from osism.domain.secrets import masked

_Version = tuple[int, int, int]
Entries = Mapping[str, Mapping[str, Any]]


class CredentialsFile:
    """The file at *path*; *password* answers with Ansible-Vault's password, None without one.

    It is read again when it has changed. Without a file there are no credentials.
    """

    def __init__(self, path: Path, password: Callable[[], str | None]) -> None:
        self._path, self._password = path, password
        self._known: tuple[_Version, Entries] | None = None

    def __call__(self) -> Entries:
        """The entries; raises :class:`Misconfigured`, which quotes nothing of the file."""
        try:
            found = self._path.stat()
            version = (found.st_mtime_ns, found.st_size, found.st_ino)
            if self._known is None or self._known[0] != version:
                self._known = version, self._read()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._wrong(f"cannot be read: {error.strerror}") from error
        return self._known[1]

    def _read(self) -> Entries:
        content = self._path.read_bytes()
        if is_vaulted(content):
            content = self._decrypted(content)
        try:
            entries = yaml.load(content, Loader=_loader(self._decrypted))  # noqa: S506 (a safe one)
        except yaml.MarkedYAMLError as mistake:
            line = mistake.problem_mark.line + 1 if mistake.problem_mark else 1
            raise self._wrong(f"no valid YAML, line {line}") from None
        except (yaml.YAMLError, ValueError, RecursionError):
            raise self._wrong("no valid YAML") from None
        if entries is None:
            return {}
        if not isinstance(entries, Mapping):
            raise self._wrong("must be a table of <device>, platform:<slug>, site:<slug>, …")
        for key, entry in entries.items():
            if not isinstance(key, str) or not isinstance(entry, Mapping):
                raise self._wrong(f"{key!s:.60}: must be a table of username, password, …")
            if wrong := sorted(str(name)[:60] for name in entry if name in ("driver",)):
                raise self._wrong(f"{key}: {', '.join(wrong)} belongs into the setting switches")
        return entries

    def _decrypted(self, content: bytes) -> bytes:
        password = self._password()
        if not password:
            raise self._wrong(
                "is vaulted, and there is no vault password (osism vault password set)"
            )
        try:
            return decrypt(content, password)
        except OsismError as error:
            raise self._wrong(str(error)) from error

    def _wrong(self, words: str) -> Misconfigured:
        return Misconfigured(f"credentials of switches: {self._path}: {words}")


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


def _loader(decrypted: Callable[[bytes], bytes]) -> type[yaml.SafeLoader]:
    class Loader(yaml.SafeLoader):
        """Knows values that Ansible has vaulted on their own."""

    def vaulted(_: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
        return decrypted(str(node.value).encode()).decode()

    for tag in ("!vault", "!vault-encrypted"):
        Loader.add_constructor(tag, vaulted)
    return Loader
