"""How to log in to devices: a file of the configuration repository, plain or vaulted.

Its keys are a device's name, ``<kind>:<slug>`` of what it is or where it stands, and ``default``;
each holds names and values. All entries that fit a device are laid over each other, the most
particular one on top.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from osism.adapters.vaulted import Document, VaultedFile

Entries = Mapping[str, Mapping[str, Any]]


class LoginsFile:
    """The file at *path*; *password* answers with Ansible-Vault's password, None without one.

    *what* begins every message, *kinds* are shown in one; *foreign*: names that an entry cannot
    have, and *home*: where they belong. Without a file there are no entries.
    """

    def __init__(
        self,
        path: Path,
        password: Callable[[], str | None],
        what: str,
        kinds: Iterable[str],
        foreign: Collection[str] = (),
        home: str = "",
    ) -> None:
        self._file = VaultedFile(path, password, what)
        self._kinds, self._foreign, self._home = tuple(kinds), foreign, home
        self._known: tuple[Document, Entries] | None = None

    def __call__(self) -> Entries:
        """The entries; raises :class:`Misconfigured`, which quotes nothing of the file."""
        document = self._file.read()
        if document is None:
            return {}
        if self._known is None or self._known[0] is not document:
            self._known = document, self._checked(document)
        return self._known[1]

    def of(self, *keys: str) -> dict[str, Any]:
        """What the entries of these keys say together, the last one winning."""
        entries = self()
        found: dict[str, Any] = {}
        for key in ("default", *keys):
            found |= entries.get(key, {})
        return found

    def _checked(self, document: Document) -> Entries:
        entries = document.value
        if entries is None:
            return {}
        if not isinstance(entries, Mapping):
            forms = ", ".join(("<device>", *(f"{each}:<slug>" for each in self._kinds)))
            raise self._file.wrong(f"must be a table of {forms}, …")
        for key, entry in entries.items():
            line = document.lines.get((key,))
            if not isinstance(key, str) or not isinstance(entry, Mapping):
                words = f"{key!s:.60}: must be a table of username, password, …"
                raise self._file.wrong(words, line)
            if wrong := sorted(str(name)[:60] for name in entry if name in self._foreign):
                raise self._file.wrong(f"{key}: {', '.join(wrong)} belongs into {self._home}", line)
        return entries
