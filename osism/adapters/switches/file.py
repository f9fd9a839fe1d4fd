"""The driver ``file``: writes configurations to a directory, for somebody else to deploy.

Option: ``directory``. Of the switch ``leaf-1`` there are

``leaf-1.cfg``           what runs, as far as this driver can say
``leaf-1.cfg.previous``  what ran before the last commit; empty when nothing did
``leaf-1.cfg.commit``    ``staged``, ``pending``, ``confirmed`` or ``reverted``
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.intents import SwitchIntent
from osism.domain.names import checked
from osism.domain.ports import Capabilities, Target

P = ParamSpec("P")
R = TypeVar("R")

_NO_OPTIONS: Mapping[str, Any] = {}


class FileDriver:
    """Keeps configurations in files; nobody looks whether a switch runs them."""

    capabilities = Capabilities(
        description="writes the configuration to a file; nothing is read from the switch, so that "
        "no field of it is checked, and without a timer a commit stays until it is reverted"
    )

    def __init__(self, options: Mapping[str, Any] = _NO_OPTIONS) -> None:
        pass

    @contextmanager
    def connect(self, target: Target) -> Iterator[FileSession]:
        """Open a session; the directory is made when it is missing."""
        directory = target.options.get("directory")
        if not directory:
            raise Misconfigured(f"switch {target.name!r}: the file driver wants a directory")
        name = checked("switch", target.name)
        try:
            Path(directory).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutsideFailed(f"switch {name!r}: {error}") from error
        yield FileSession(name, Path(directory))


def _named(
    method: Callable[Concatenate[FileSession, P], R],
) -> Callable[Concatenate[FileSession, P], R]:
    """What the file system refuses is said with the switch's name."""

    @wraps(method)
    def call(self: FileSession, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except (OSError, UnicodeError) as error:
            raise OutsideFailed(f"switch {self.name!r}: {error}") from error

    return call


class FileSession:
    """See :class:`osism.domain.ports.Session`. Every file is replaced whole; between two of the
    steps below, what is on the disk reads as one of the states before or after."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self._running = directory / f"{name}.cfg"
        self._previous = directory / f"{name}.cfg.previous"
        self._commit = directory / f"{name}.cfg.commit"
        self._candidate: str | None = None

    @_named
    def stage(self, configuration: str) -> str:
        if not configuration:
            raise OutsideFailed(f"switch {self.name!r}: an empty configuration is refused")
        if _read(self._commit) == "pending":
            self._take_back()
        # From here on a revert is about the commit to come, not about one that was confirmed.
        _replace(self._commit, "staged")
        self._candidate = configuration
        lines = difflib.unified_diff(
            (_read(self._running) or "").split("\n"),
            configuration.split("\n"),
            "running",
            "candidate",
            lineterm="",
        )
        return "".join(f"{line}\n" for line in lines)

    @_named
    def commit(self, revert_in: float) -> None:
        if self._candidate is None:
            raise OutsideFailed(f"switch {self.name!r}: nothing is staged")
        _replace(self._previous, _read(self._running) or "")
        _replace(self._commit, "pending")
        _replace(self._running, self._candidate)
        self._candidate = None

    @_named
    def confirm(self) -> None:
        state = _read(self._commit)
        if state == "pending":
            _replace(self._commit, "confirmed")
        elif state != "confirmed":
            raise OutsideFailed(
                f"switch {self.name!r}: there is no commit to confirm, or it has been taken back"
            )

    @_named
    def revert(self) -> None:
        self._candidate = None
        if _read(self._commit) in ("pending", "confirmed"):
            self._take_back()

    def observe(self) -> SwitchIntent:
        return SwitchIntent(self.name)

    def _take_back(self) -> None:
        previous = _read(self._previous)
        if previous:
            _replace(self._running, previous)
        elif previous is not None:
            self._running.unlink(missing_ok=True)
        _replace(self._commit, "reverted")


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None


def _replace(path: Path, text: str) -> None:
    """Put *text* in the place of *path*, whole and on the disk."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
