"""Ansible's inventory: made of its layers, judged by Ansible, switched in one rename.

The inventory is a symbolic link to a version, a folder in ``<inventory>.versions``; its history is
the bare git repository ``<inventory>.git``. A version is written whole and never changed again. A
process that is killed at any moment leaves the old version in place, or the new one.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from osism.adapters.inventories import texts
from osism.adapters.inventories.history import History
from osism.adapters.inventories.loading import Loader, NotLoaded
from osism.adapters.inventories.sources import KINDS, LAYERS, FileLayers, Inputs
from osism.adapters.vault import is_vaulted
from osism.domain import layers
from osism.domain.diffs import difference, hidden
from osism.domain.errors import Busy, Invalid, Misconfigured, OutsideFailed
from osism.domain.hosts import NetboxHost
from osism.domain.ports import Reconciled
from osism.domain.secrets import Masker
from osism.version import VERSION

#: Seconds that a version is kept after the next one came: plays read variables when they need them.
KEPT = 86400.0
_NETBOX = ".netbox.json"  # NetBox's layer as it was read last; Ansible passes hidden files over
_STATE, _LOCK = "state.json", "lock"
_ABOUT = b"# ClusterShell's groups are in local.cfg (folder groups.d of its configuration).\n"

Contents = dict[str, bytes]


class ReconciledInventory:
    """Keeps :class:`osism.domain.ports.Inventories` at the path *output*."""

    def __init__(self, output: Path, folders: FileLayers, loader: Loader) -> None:
        self.output = output
        self.versions = output.with_name(f"{output.name}.versions")
        self._folders = folders
        self._loader = loader
        self._history = History(output.with_name(f"{output.name}.git"))

    # --- the promises -----------------------------------------------------------------------------

    def reconcile(
        self, hosts: Sequence[NetboxHost] | None, check: Callable[[], None]
    ) -> dict[str, Any]:
        """See :meth:`osism.domain.ports.Inventories.reconcile`."""
        with self._failures(), self._writing():
            old = self._live()
            inputs = self._inputs(hosts, old)
            state = self._state()
            told = {"inputs": inputs.digest(), "content": _digest(old), "by": VERSION}
            if old and {name: state.get(name) for name in told} == told:
                return self._result(False, self._history.newest(), {}, old)
            new = self._made(inputs, old, state, self.versions)
            check()
            changed = layers.differences(texts.picture(old, new), texts.picture(new, old))
            commit = self._history.commit(new, layers.message(changed))
            if new != old:
                self._switch(new, old)
            state = told | {"content": _digest(new), "structure": inputs.structure()}
            _write(self.versions / _STATE, json.dumps(state).encode())
            self._prune()
            return self._result(new != old, commit, changed, new)

    def compare(self, hosts: Sequence[NetboxHost] | None) -> dict[str, Any]:
        """See :meth:`osism.domain.ports.Inventories.compare`."""
        with self._failures(), tempfile.TemporaryDirectory(prefix="osism-inventory-") as stage:
            old = self._live()
            new = self._made(self._inputs(hosts, old), old, self._state(), Path(stage))
            changed = layers.differences(texts.picture(old, new), texts.picture(new, old))
            before, after = _shown(old), _shown(new)
            secrets = texts.secrets(
                text
                for each, other in ((before, after), (after, before))
                for path, text in each.items()
                if other.get(path) != text
            )
            shown = Masker(secrets).mask(difference(before, after))
            return self._result(new != old, "", changed, new) | {"diff": shown}

    def log(self, limit: int) -> Sequence[Reconciled]:
        """See :meth:`osism.domain.ports.Inventories.log`."""
        return self._history.log(limit)

    # --- making -----------------------------------------------------------------------------------

    def _inputs(self, hosts: Sequence[NetboxHost] | None, old: Contents) -> Inputs:
        """Every layer; NetBox's is the one of the last run when it is not given."""
        inputs = self._folders.read()
        last = json.loads(old.get(_NETBOX) or self._last_hosts())
        said = [
            {"name": each.name, "groups": list(each.groups), "variables": dict(each.variables)}
            for each in hosts or ()
        ]
        known = sorted(last if hosts is None else said, key=lambda each: str(each["name"]))
        inputs.netbox = json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False)
        if known:
            found = [NetboxHost(e["name"], tuple(e["groups"]), e["variables"]) for e in known]
            text = layers.netbox_file(found)
            inputs.files.append(layers.File("netbox", layers.NETBOX, text, "NetBox's hosts"))
            for each in json.loads(inputs.netbox):
                if each["variables"]:
                    source = ("netbox", f"{each['name']}.yml")
                    inputs.variables["host_vars"][source] = texts.dumped(each["variables"])
                    inputs.paths["host_vars", source] = f"NetBox's host {each['name']}"
        inputs.files.sort(key=lambda each: LAYERS.index(each.layer))
        return inputs

    def _made(
        self, inputs: Inputs, old: Contents, state: Mapping[str, Any], beside: Path
    ) -> Contents:
        """The files of the inventory, once Ansible has loaded them."""
        with _stage(beside) as stage:
            variables, paths = _variables(inputs, stage)
            config = stage / "empty.cfg"
            config.write_bytes(b"")
            known = old.get("hosts.yml") if state.get("content") == _digest(old) else None
            if known is None or state.get("structure") != inputs.structure():
                data = self._loaded(inputs, stage, config)
                hosts = texts.hosts_file(data)
            else:
                data, hosts = None, known
            folder = stage / "inventory"
            # A file that is vaulted as a whole is taken as it is: nobody here has the password.
            plain = {path: each for path, each in variables.items() if not is_vaulted(each)}
            _write_all(folder, {"hosts.yml": hosts, **plain})
            try:
                read = self._loader.load(folder / "hosts.yml", paths, config)
            except NotLoaded as words:
                wrong = texts.mistake(
                    (paths[str(folder / path)], each) for path, each in plain.items()
                )
                raise Invalid(wrong or _masked(str(words))) from None
            if data is not None and texts.membership(read) != texts.membership(data):
                raise OutsideFailed("Ansible does not read hosts.yml as it was written")
        return {
            "hosts.yml": hosts,
            "ansible.cfg": inputs.config.encode(),
            "clustershell/local.cfg": texts.clustershell(read),
            "clustershell/about": _ABOUT,
            _NETBOX: inputs.netbox.encode(),
            **variables,
        }

    def _loaded(self, inputs: Inputs, stage: Path, config: Path) -> dict[str, Any]:
        """The inventory files as Ansible reads them, without variables of other files."""
        files = layers.overwritten(layers.in_order(inputs.files))
        groups = layers.groups(files, texts.groups_of(f.text for f in files if f.yaml))
        folder = stage / "files"
        contents = {"0000-groups.ini": layers.declaration(groups).encode()}
        names = {}
        for number, file in enumerate(files, 1):
            name = f"{number:04}-{file.name}" + ("" if file.yaml else ".ini")
            contents[name] = file.text.encode() or b"\n"
            names[str(folder / name)] = file.path
        _write_all(folder, contents)
        try:
            return self._loader.load(folder, names, config)
        except NotLoaded as words:
            yaml = ((file.path, file.text.encode()) for file in files if file.yaml)
            wrong = texts.mistake(yaml) or f"{_line(str(words), files)}{_masked(str(words))}"
            raise Invalid(wrong) from None

    # --- versions ---------------------------------------------------------------------------------

    def _live(self) -> Contents:
        """The files of the inventory as it is now."""
        if not self.output.is_symlink() or not self.output.exists():
            return {}
        folder = self.output.resolve()
        return {
            str(each.relative_to(folder)): each.read_bytes()
            for each in sorted(folder.rglob("*"))
            if each.is_file()
        }

    def _state(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            found = json.loads((self.versions / _STATE).read_bytes())
            if isinstance(found, dict):
                return found
        return {}

    def _last_hosts(self) -> bytes:
        """NetBox's layer of the newest version, for an inventory that somebody removed."""
        with suppress(OSError, IndexError):
            return (self.versions / f"{self._numbers()[-1]:08}" / _NETBOX).read_bytes()
        return b"[]"

    def _numbers(self) -> list[int]:
        return sorted(int(each.name) for each in self.versions.iterdir() if each.name.isdigit())

    def _switch(self, new: Contents, old: Contents) -> None:
        """Write a version, and make the inventory point to it."""
        name = f"{max(self._numbers(), default=0) + 1:08}"
        live = self.output.resolve() if old else None
        with _stage(self.versions) as stage:
            folder = stage / name
            _write_all(folder, new, live, old)
            folder.rename(self.versions / name)
        _sync(self.versions)
        link = self.output.with_name(f".{self.output.name}.link")
        link.unlink(missing_ok=True)
        link.symlink_to(Path(self.versions.name) / name)
        if not self.output.is_symlink() and self.output.is_dir():
            self._take_over()
        link.replace(self.output)
        _sync(self.output.parent)

    def _take_over(self) -> None:
        """Make room for the link: a folder that somebody made is kept beside it."""
        kept = self.output.with_name(f"{self.output.name}.before")
        try:
            if not any(self.output.iterdir()):
                self.output.rmdir()
            elif kept.exists():
                raise Misconfigured(f"{self.output} is a folder, and so is {kept}; remove one")
            else:
                self.output.rename(kept)
        except OSError as error:
            raise Misconfigured(
                f"{self.output} cannot be replaced ({error.strerror}); where it is a mount point, "
                "mount the folder above it instead"
            ) from None

    def _prune(self) -> None:
        """Remove versions that nobody can be reading any more."""
        numbers = self._numbers()
        for number, following in pairwise(numbers[:-1]):
            newer = self.versions / f"{following:08}"
            if time.time() - newer.stat().st_mtime > KEPT:
                shutil.rmtree(self.versions / f"{number:08}", ignore_errors=True)

    # --- inside -----------------------------------------------------------------------------------

    def _result(
        self, changed: bool, commit: str, summary: Mapping[str, Any], contents: Contents
    ) -> dict[str, Any]:
        known = texts.picture({"hosts.yml": contents.get("hosts.yml", b"")}, {})
        return {
            "changed": changed,
            "commit": commit,
            "summary": dict(summary),
            "hosts": len(known.hosts),
            "groups": len(known.groups),
        }

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """While no other process writes; what killed ones have left is removed."""
        if self.output.is_file():
            raise Misconfigured(f"inventory {self.output}: a file; a folder's path is wanted")
        for each in self._folders.folders:
            if self.output.resolve() == each.resolve() or self.output in each.parents:
                raise Misconfigured(
                    f"inventory {self.output}: the reconciler reads {each} and cannot write there; "
                    "name another path (setting inventory)"
                )
        self.versions.mkdir(mode=0o750, parents=True, exist_ok=True)
        descriptor = os.open(self.versions / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            try:
                flock(descriptor, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                raise Busy(f"inventory {self.output}: another process writes it") from None
            for each in self.versions.glob("new-*"):
                shutil.rmtree(each, ignore_errors=True)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise OutsideFailed(
                f"inventory {self.output}: {where}{error.strerror or error}"
            ) from error


def _variables(inputs: Inputs, stage: Path) -> tuple[Contents, dict[str, str]]:
    """The files of variables where they go, and for each what people know it as."""
    found: Contents = {}
    paths = {str(stage / "inventory"): "the inventory"}
    for kind in KINDS:
        for path, source in layers.tree(inputs.variables[kind], LAYERS).items():
            found[f"{kind}/{path}"] = inputs.variables[kind][source]
            paths[str(stage / "inventory" / kind / path)] = inputs.paths[kind, source]
    return found, paths


def _line(words: str, files: Sequence[layers.File]) -> str:
    """Where the line is that Ansible quotes without its number; empty when that is not clear."""
    found = [
        f"{file.path}:{number}: "
        for file in files
        if file.path in words
        for number, line in enumerate(file.text.splitlines(), 1)
        if _is_meant(line.strip(), words)
    ]
    return found[0] if len(found) == 1 else ""


def _is_meant(line: str, words: str) -> bool:
    quoted = len(line) > 2 and (f"{line}'" in words or f" {line} " in words)
    return quoted or (line.startswith("[") and "]" not in line)


def _masked(words: str) -> str:
    return hidden([words])[0]


def _shown(contents: Contents) -> dict[str, str]:
    return {
        path: data.decode(errors="replace")
        for path, data in contents.items()
        if path == "hosts.yml" or path.startswith(("group_vars/", "host_vars/"))
    }


def _digest(contents: Contents) -> str:
    return sha256(repr(sorted(contents.items())).encode()).hexdigest()


@contextmanager
def _stage(beside: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="new-", dir=beside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_all(
    folder: Path, contents: Contents, live: Path | None = None, old: Contents | None = None
) -> None:
    """Write the files of a folder; those that *live* has as well are the same file."""
    folder.mkdir(mode=0o750)
    made = {folder}
    for path, data in contents.items():
        file = folder / path
        if file.parent not in made:
            file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            made.add(file.parent)
        if live and old and old.get(path) == data:
            with suppress(OSError):
                os.link(live / path, file)
                continue
        _write(file, data, live is not None or old is not None)
    if old is not None:
        for each in made:
            _sync(each)


def _write(file: Path, data: bytes, durable: bool = True) -> None:
    """Write a file at once and whole: beside it, then renamed."""
    beside = file.with_name(f".{file.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        if durable:
            stream.flush()
            os.fsync(stream.fileno())
    beside.rename(file)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
