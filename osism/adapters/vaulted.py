"""YAML files of the configuration repository that may be vaulted, as a whole or value by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from osism.adapters.vault import decrypt, is_vaulted
from osism.domain.errors import Invalid, Misconfigured, OsismError

_Version = tuple[int, int, int]
#: Larger is a mistake.
_LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True)
class Document:
    """What a file says; ``lines`` are those of the keys (the way to each, from the outside in)."""

    value: Any = None
    lines: Mapping[tuple[Any, ...], int] = field(default_factory=dict)


class VaultedFile:
    """The file at *path*; *password* answers with Ansible-Vault's password, None without one.

    *what* begins every message. Values that were vaulted on their own (``!vault``) become
    *revealed* of their text. It is read again when it has changed.
    """

    def __init__(
        self,
        path: Path,
        password: Callable[[], str | None],
        what: str,
        revealed: Callable[[str], str] = str,
    ) -> None:
        self.path, self.what = path, what
        self._password, self._revealed = password, revealed
        self._known: tuple[_Version, Document] | None = None

    def read(self) -> Document | None:
        """What it says now, None without a file; the same object as long as it has not changed.

        Raises :class:`Misconfigured` with the line, which quotes nothing of the file.
        """
        try:
            found = self.path.stat()
            version = (found.st_mtime_ns, found.st_size, found.st_ino)
            if self._known is None or self._known[0] != version:
                if found.st_size > _LARGEST:
                    raise self.wrong(f"larger than {_LARGEST >> 20} MiB")
                self._known = version, self._read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self.wrong(f"cannot be read: {error.strerror}") from error
        return self._known[1]

    def wrong(self, words: str, line: int | None = None) -> Misconfigured:
        """What to raise for a mistake in it."""
        place = f", line {line}" if line else ""
        return Misconfigured(f"{self.what}: {self.path}: {words}{place}")

    def reveal(self, text: str) -> str:
        """What a vaulted text says; raises :class:`Invalid`."""
        password = self._password()
        if not password:
            raise Invalid("is vaulted, and there is no vault password (osism vault password set)")
        try:
            return decrypt(text, password).decode()
        except UnicodeDecodeError:
            raise Invalid("what is vaulted is no text") from None
        except OsismError as error:
            raise Invalid(str(error)) from None

    def _read(self) -> Document:
        content = self.path.read_bytes()
        try:
            text = self.reveal(content.decode()) if is_vaulted(content) else content
            loader = _loader(lambda text: self._revealed(self.reveal(text)))(text)
            node = loader.get_single_node()
            lines = self._lines(node)  # before "<<" is resolved, which repeats keys
            return Document(loader.construct_document(node) if node else None, lines)
        except Invalid as failure:
            raise self.wrong(str(failure)) from None
        except yaml.MarkedYAMLError as mistake:
            mark = mistake.problem_mark or mistake.context_mark
            raise self.wrong("no valid YAML", mark.line + 1 if mark else 1) from None
        except (yaml.YAMLError, ValueError, RecursionError):
            raise self.wrong("no valid YAML") from None

    def _lines(self, root: yaml.Node | None) -> Mapping[tuple[Any, ...], int]:
        """The lines of all keys, none of which stands twice. What an alias leads to is not looked
        into again."""
        found: dict[tuple[Any, ...], int] = {}
        waiting: list[tuple[tuple[Any, ...], Any]] = [((), root)]
        seen: set[int] = set()
        while waiting:
            way, node = waiting.pop()
            if not isinstance(node, yaml.MappingNode) or id(node) in seen:
                continue
            seen.add(id(node))
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue  # refused when it is constructed
                place, line = (*way, key.value), key.start_mark.line + 1
                if place in found and key.value != "<<":
                    raise self.wrong(f"a key stands twice, also in line {found[place]}", line)
                found[place] = line
                waiting.append((place, value))
        return found


def _loader(revealed: Callable[[str], str]) -> type[yaml.SafeLoader]:
    class Loader(yaml.SafeLoader):
        """Knows values that Ansible has vaulted on their own."""

    def vaulted(_: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
        return revealed(str(node.value))

    for tag in ("!vault", "!vault-encrypted"):
        Loader.add_constructor(tag, vaulted)
    return Loader
