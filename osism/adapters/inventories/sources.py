"""Reads what an inventory is made of: defaults, generics, the configuration repository."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from io import StringIO
from pathlib import Path

from osism.domain.errors import Invalid, Misconfigured
from osism.domain.layers import YAML, File, Source, counts

#: The layers, later ones win.
LAYERS = ("defaults", "generics", "netbox", "repository")
KINDS = ("group_vars", "host_vars")


@dataclass
class Inputs:
    """Everything an inventory follows from. *paths* says where a file of variables was read."""

    files: list[File] = field(default_factory=list)
    variables: dict[str, dict[Source, bytes]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )
    paths: dict[tuple[str, Source], str] = field(default_factory=dict)
    config: str = ""
    netbox: str = ""

    def digest(self) -> str:
        """The same for the same input."""
        whole = sha256()
        parts: list[tuple[str, ...]] = [(f.layer, f.name, f.text) for f in self.files]
        parts += [
            (kind, *source, sha256(data).hexdigest())
            for kind, sources in self.variables.items()
            for source, data in sorted(sources.items())
        ]
        whole.update(repr((parts, self.config, self.netbox)).encode())
        return whole.hexdigest()

    def structure(self) -> str:
        """The same for the same inventory files, whatever variables there are beside them."""
        parts = [(f.layer, f.name, f.text) for f in self.files]
        return sha256(repr(parts).encode()).hexdigest()


class FileLayers:
    """The layers that are files; *defaults* and *generics* may be None."""

    def __init__(self, configuration: Path, defaults: Path | None, generics: Path | None) -> None:
        self._configuration = configuration
        self._defaults = defaults
        self._generics = generics

    @property
    def folders(self) -> list[Path]:
        """What is read; nothing may be written there."""
        found = [self._configuration / "inventory", self._defaults, self._generics]
        return [each for each in found if each]

    def read(self) -> Inputs:
        """All of it. What cannot be read raises :class:`Invalid` that names the file."""
        found = Inputs()
        if self._defaults:
            base = _there(self._defaults, "setting inventory_defaults")
            inside = base / "group_vars"
            _variables(found, "defaults", "group_vars", inside if inside.is_dir() else base)
        if self._generics:
            base = _there(self._generics, "setting inventory_generics")
            inside = base / "inventory"
            _inventory(found, "generics", inside if inside.is_dir() else base)
        folder = self._configuration / "inventory"
        _inventory(found, "repository", _there(folder, "the configuration repository"))
        found.config = self._config()
        return found

    def _config(self) -> str:
        """``ansible.cfg``: the repository's over the defaults'; usable where it lies."""
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_dict({"defaults": {"inventory": "hosts.yml"}})
        parser.read_dict({"defaults": {"force_valid_group_names": "ignore"}})
        files = [self._defaults / "ansible.cfg"] if self._defaults else []
        for file in (*files, self._configuration / "environments" / "ansible.cfg"):
            if file.is_file():
                try:
                    parser.read_string(_text(file), str(file))
                except configparser.Error as mistake:
                    raise Invalid(f"{file}: {' '.join(str(mistake).split())}") from None
        written = StringIO()
        parser.write(written)
        return written.getvalue()


def _there(folder: Path, who: str) -> Path:
    if not folder.is_dir():
        raise Misconfigured(f"{folder} ({who}): there is no such folder")
    return folder


def _inventory(found: Inputs, layer: str, folder: Path) -> None:
    """The files of an inventory folder, and the variables beside them."""
    for file in _listed(folder):
        if counts(file.name) and not file.is_dir():
            found.files.append(File(layer, file.name, _text(file), str(file)))
    for kind in KINDS:
        if (folder / kind).is_dir():
            _variables(found, layer, kind, folder / kind)


def _variables(found: Inputs, layer: str, kind: str, folder: Path) -> None:
    for path in _below(folder):
        file = folder / path
        # The root of a repository has more files than those of groups.
        if layer == "defaults" and "/" not in path and file.suffix not in YAML:
            continue
        found.variables[kind][layer, path] = _bytes(file)
        found.paths[kind, (layer, path)] = str(file)


def _below(folder: Path) -> Iterator[str]:
    """The files below a folder, by their paths, without hidden ones."""
    for each in _listed(folder):
        if each.name.startswith("."):
            continue
        if each.is_dir():
            yield from (f"{each.name}/{path}" for path in _below(each))
        else:
            yield each.name


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise Invalid(f"{folder}: {error.strerror}") from None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Invalid(f"{file}: {error.strerror}") from None


def _text(file: Path) -> str:
    try:
        return _bytes(file).decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"{file}: not UTF-8 at byte {error.start}") from None
