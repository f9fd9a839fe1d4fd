"""The secret values that files of the configuration repository hold, to be masked in output."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import yaml

from osism.adapters.vault import decrypt, is_vaulted
from osism.domain.errors import OsismError
from osism.domain.secrets import SHORTEST

log = logging.getLogger(__name__)

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NO_SECRETS = frozenset(f"tag:yaml.org,2002:{each}" for each in ("bool", "null", "timestamp"))
_INTEGER = "tag:yaml.org,2002:int"

_known: dict[Path, tuple[tuple[int, int], frozenset[str]]] = {}


def secret_values(paths: Iterable[Path], password: str | None) -> set[str]:
    """The values in the YAML files *paths* that exist: plain, vaulted, or with vaulted values.

    Texts and numbers of at least :data:`~osism.domain.secrets.SHORTEST` characters. What cannot
    be read is skipped with a warning that names the file and nothing in it.
    """
    return {value for path in paths for value in _of_file(Path(path), password)}


def _of_file(path: Path, password: str | None) -> frozenset[str]:
    try:
        status = path.stat()
        version = (status.st_mtime_ns, status.st_size)
        if path in _known and _known[path][0] == version:
            return _known[path][1]
        text = path.read_bytes()
        if is_vaulted(text):
            text = _decrypted(text, password)
        found, failures = _values(text, password)
    except FileNotFoundError:
        return frozenset()
    # The reason could quote what is in the file.
    except (OSError, OsismError, ValueError, yaml.YAMLError, RecursionError) as failure:
        log.warning("%s: its secrets are not masked: %s", path, type(failure).__name__)
        return frozenset()
    if failures:
        log.warning("%s: %d of its vaulted values cannot be decrypted", path, failures)
    else:
        _known[path] = (version, found)
    return found


def _decrypted(text: str | bytes, password: str | None) -> bytes:
    if not password:
        raise NoPassword
    return decrypt(text, password)


class NoPassword(OsismError):
    """A text is vaulted and no vault password is set."""


def _values(text: bytes, password: str | None) -> tuple[frozenset[str], int]:
    found: set[str] = set()
    failures = 0
    for node in _scalars(text):
        value = str(node.value)
        if node.tag.startswith("!vault"):
            try:
                value = _decrypted(value, password).decode()
            except (OsismError, UnicodeDecodeError):
                failures += 1
                continue
        elif node.tag == _INTEGER:  # Ansible prints 1_000_000 as 1000000
            with suppress(ValueError):
                found.add(str(yaml.SafeLoader("").construct_yaml_int(node)))
        elif node.tag in _NO_SECRETS:
            continue
        found.add(value)
    return frozenset(each for each in found if len(each.strip()) >= SHORTEST), failures


def _scalars(text: bytes) -> Iterator[yaml.ScalarNode]:
    """Every scalar that is a value, once, however often aliases name it."""
    waiting = [each for each in yaml.compose_all(text, Loader=_LOADER) if each]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield node
        elif isinstance(node, yaml.MappingNode):
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
