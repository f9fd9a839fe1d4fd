"""The history of the inventory: a bare git repository, one commit per change."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import FileMode

from osism.adapters.store import BRANCH, set_up_libgit2
from osism.domain.errors import OutsideFailed
from osism.domain.ports import Reconciled

_STALE = 1.0  # seconds; git holds a lock file for milliseconds


class History:
    """The repository *path*, made when missing; only who holds the inventory's lock writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        set_up_libgit2()

    def commit(self, contents: Mapping[str, bytes], message: str) -> str:
        """Keep these files and no others; the commit, also when the newest one has them."""
        with self._failures("written"):
            repository = self._opened() or self._created()
            head = _newest(repository)
            tree = _tree(repository, contents)
            if head is not None and head.tree.id == tree:
                return str(head.id)
            self._clear_lock(f"{BRANCH}.lock")
            author = pygit2.Signature("osism", f"osism@{socket.gethostname()}")
            parents = [head.id] if head is not None else []
            made = repository.create_commit(BRANCH, author, author, message, tree, parents)
            return str(made)

    def newest(self) -> str:
        """The newest commit; empty without one."""
        with self._failures("read"):
            repository = self._opened()
            head = _newest(repository) if repository is not None else None
            return str(head.id) if head is not None else ""

    def log(self, limit: int) -> Sequence[Reconciled]:
        """The newest changes first."""
        with self._failures("read"):
            repository = self._opened()
            head = _newest(repository) if repository is not None else None
            if repository is None or head is None:
                return []
            return [_change(each) for each in islice(repository.walk(head.id), limit)]

    def _opened(self) -> pygit2.Repository | None:
        return pygit2.Repository(os.fspath(self._path)) if self._path.exists() else None

    def _created(self) -> pygit2.Repository:
        """Made beside and renamed: one that is there is whole."""
        beside = self._path.with_name(f"{self._path.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(mode=0o750, parents=True)
        pygit2.init_repository(os.fspath(beside), bare=True, initial_head="main")
        beside.rename(self._path)
        return pygit2.Repository(os.fspath(self._path))

    def _clear_lock(self, name: str) -> None:
        """Remove git's lock file when whoever made it was killed."""
        lock = self._path / name
        while lock.exists():
            if abs(time.time() - lock.stat().st_mtime) >= _STALE:
                lock.unlink(missing_ok=True)
            time.sleep(0.02)

    @contextmanager
    def _failures(self, what: str) -> Iterator[None]:
        try:
            yield
        except (pygit2.GitError, OSError, KeyError, ValueError) as error:
            raise OutsideFailed(
                f"the inventory's history {self._path} cannot be {what}: {error}"
            ) from error


def _newest(repository: pygit2.Repository) -> pygit2.Commit | None:
    found = repository.references.get(BRANCH)
    return found.peel(pygit2.Commit) if found is not None else None


def _tree(repository: pygit2.Repository, contents: Mapping[str, bytes]) -> Any:
    """The id of a tree with these files, written with everything in it."""
    builder = repository.TreeBuilder()
    folders: dict[str, dict[str, bytes]] = {}
    for path, data in contents.items():
        first, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(first, {})[rest] = data
        else:
            builder.insert(first, repository.create_blob(data), FileMode.BLOB)
    for name, inside in folders.items():
        builder.insert(name, _tree(repository, inside), FileMode.TREE)
    return builder.write()


def _change(commit: pygit2.Commit) -> Reconciled:
    at = datetime.fromtimestamp(commit.commit_time, UTC)
    summary, _, details = commit.message.strip().partition("\n")
    return Reconciled(str(commit.id), at, summary, tuple(details.strip().splitlines()))
