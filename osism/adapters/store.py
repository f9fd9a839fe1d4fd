"""The state repository: one rendered configuration per switch, kept in a bare git repository.

``main`` holds one file ``<switch>.cfg`` per switch; a tag ``deployed/<switch>`` stands at the
commit whose text of that switch runs on it. Trees are built in memory from the newest commit, and
the branch moves last: a process that is killed leaves at most objects that nothing refers to.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from itertools import islice
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import ConfigLevel, FileMode, Option

from osism.domain.errors import Busy, Invalid, Misconfigured, NotFound, OutsideFailed
from osism.domain.names import checked

BRANCH = "refs/heads/main"
TAGS = "refs/tags/deployed"

# What a creation that was interrupted may leave behind; anything else is somebody's data.
_OURS = {
    *("config", "config.lock", "description", "HEAD.lock", "hooks", "info", "objects", "refs"),
    *("packed-refs", "lost+found", "writer.lock"),
}
# A lock file of git that is older than this belongs to a process that is gone: git holds one for
# milliseconds, and other writers of ours wait at the lock of the whole repository.
_STALE = 1.0


@dataclass(frozen=True)
class Version:
    """One generated text of a switch: the commit that brought it, and whether it is deployed."""

    commit: str
    at: datetime
    author: str
    message: str
    deployed: bool


class GitStore:
    """Keeps :class:`osism.domain.ports.Store` in the bare repository *path*, made when missing.

    *author* is written into commits as ``author <author@host>``, or with *email*. Writers, also of
    other processes, wait for each other, at most *wait* seconds and then with :class:`Busy`;
    readers never wait. Every call opens the repository anew, so that an instance can be shared
    between threads and survives a fork. A wrong switch name raises :class:`Invalid`, a repository
    that cannot be read or written :class:`OutsideFailed`.
    """

    def __init__(self, path: Path, author: str = "osism", email: str = "", wait: float = 60.0):
        self._path = path
        self._author = author
        self._email = email or f"{author}@{socket.gethostname()}"
        self._wait = wait
        set_up_libgit2()

    # --- the promises of Store --------------------------------------------------------------------

    def commit(self, configurations: Mapping[str, str], message: str) -> Sequence[str]:
        """Keep these (switch -> text) in one commit; return the switches whose text is new, sorted.

        Nothing new, no commit.
        """
        texts = {_file(switch): _encoded(switch, text) for switch, text in configurations.items()}
        with self._failures("commit"), self._writing() as repository:
            head = _commit_at(repository, BRANCH)
            tree = _tree(head)
            changed = {n: d for n, d in sorted(texts.items()) if _id(tree, n) != pygit2.hash(d)}
            if changed:
                self._clear_lock(BRANCH)
                self._write(repository, head, changed, message)
        return [name.removesuffix(".cfg") for name in changed]

    def generated(self, switch: str) -> str | None:
        """The text generated last, None without one."""
        return self._text(BRANCH, _file(switch))

    def deployed(self, switch: str) -> str | None:
        """The text at the tag ``deployed/<switch>``, None when it was never deployed."""
        name = _file(switch)
        return self._text(f"{TAGS}/{switch}", name)

    def mark_deployed(self, switches: Iterable[str]) -> None:
        """Move the tags ``deployed/<switch>`` to the current commit.

        :class:`NotFound` when one of them was never generated; no tag has moved then.
        """
        files = {switch: _file(switch) for switch in switches}
        with self._failures("mark as deployed"), self._writing() as repository:
            head = _commit_at(repository, BRANCH)
            tree = _tree(head)
            missing = [switch for switch, name in files.items() if _id(tree, name) is None]
            if missing:
                raise NotFound(f"switch {missing[0]}: no configuration was generated for it")
            if head is not None:
                for switch in files:
                    self._move_tag(repository, f"{TAGS}/{switch}", head.id)

    # --- what people look at ----------------------------------------------------------------------

    def diff(self, switch: str) -> str:
        """The unified difference from the deployed text to the generated one; empty without any."""
        name = _file(switch)
        with self._failures("read"):
            repository = self._open()
            if repository is None:
                return ""
            old = _blob(_tree(_commit_at(repository, f"{TAGS}/{switch}")), name)
            new = _blob(_tree(_commit_at(repository, BRANCH)), name)
            patch = pygit2.Patch.create_from(
                old, new, old_as_path=f"deployed/{switch}", new_as_path=f"generated/{switch}"
            )
            lines = (patch.text or "").splitlines(keepends=True)
        # Without git's own header lines, which name blobs.
        start = next((n for n, line in enumerate(lines) if line.startswith("--- ")), 0)
        return "".join(lines[start:])

    def history(self, switch: str, limit: int = 20) -> Sequence[Version]:
        """The newest *limit* texts of *switch*, newest first; empty when nothing was generated."""
        name = _file(switch)
        with self._failures("read"):
            repository = self._open()
            if repository is None:
                return []
            tag = _commit_at(repository, f"{TAGS}/{switch}")
            head = _commit_at(repository, BRANCH)
            found = islice(_arrivals(head, name, tag.id if tag else None), limit)
            return [_version(commit, deployed) for commit, deployed in found]

    # --- inside -----------------------------------------------------------------------------------

    def _text(self, reference: str, name: str) -> str | None:
        with self._failures("read"):
            repository = self._open()
            if repository is None:
                return None
            blob = _blob(_tree(_commit_at(repository, reference)), name)
            return blob.data.decode() if blob is not None else None

    def _write(
        self,
        repository: pygit2.Repository,
        head: pygit2.Commit | None,
        files: Mapping[str, bytes],
        message: str,
    ) -> None:
        tree = repository.TreeBuilder(head.tree) if head else repository.TreeBuilder()
        for name, data in files.items():
            tree.insert(name, repository.create_blob(data), FileMode.BLOB)
        author = pygit2.Signature(self._author, self._email)
        parents = [head.id] if head else []
        # Moves the branch, and only when its tip still is the parent.
        repository.create_commit(BRANCH, author, author, message, tree.write(), parents)

    def _move_tag(self, repository: pygit2.Repository, tag: str, to: pygit2.Oid) -> None:
        present = repository.references.get(tag)
        if present is None or present.target != to:
            self._clear_lock(tag)
            repository.references.create(tag, to, force=True)

    def _open(self) -> pygit2.Repository | None:
        # HEAD is the last file that a creation writes, and it appears whole.
        if not (self._path / "HEAD").exists():
            return None
        repository = pygit2.Repository(os.fspath(self._path))
        if not repository.is_bare:
            raise Misconfigured(f"state repository {self._path}: not a bare git repository")
        return repository

    @contextmanager
    def _writing(self) -> Iterator[pygit2.Repository]:
        """The repository, created when missing, while no other writer has it."""
        # Switch configurations carry password hashes and community strings.
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(
            self._path / "writer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            self._wait_for(descriptor)
            yield self._open() or self._create()
        finally:
            # Said aloud, because closing is not enough when a fork has copied the descriptor.
            flock(descriptor, LOCK_UN)
            os.close(descriptor)

    def _wait_for(self, descriptor: int) -> None:
        deadline = time.monotonic() + self._wait
        while True:
            try:
                return flock(descriptor, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Busy(
                        f"state repository {self._path}: another process has been writing for "
                        f"more than {self._wait:g} s"
                    ) from None
            time.sleep(0.005)

    def _create(self) -> pygit2.Repository:
        names = {each.name for each in self._path.iterdir() if not each.name.startswith("_git2_")}
        foreign = sorted(names - _OURS)
        if foreign:
            raise Misconfigured(
                f"state repository {self._path}: neither empty nor a git repository "
                f"(there is {foreign[0]!r})"
            )
        for name in ("config", "HEAD"):
            self._clear_lock(name)
        return pygit2.init_repository(os.fspath(self._path), bare=True, initial_head="main")

    def _clear_lock(self, name: str) -> None:
        """Remove git's lock file of *name* when whoever made it was killed; a young one may be at
        work (``git gc`` by hand), and is waited for."""
        lock = self._path / f"{name}.lock"
        while True:
            try:
                age = time.time() - lock.stat().st_mtime
            except FileNotFoundError:
                return
            if abs(age) >= _STALE:  # from the future: the clock was set back
                lock.unlink(missing_ok=True)
                return
            time.sleep(0.02)

    @contextmanager
    def _failures(self, doing: str) -> Iterator[None]:
        try:
            yield
        # pygit2 tells a broken repository by any of these, according to where it notices.
        except (pygit2.GitError, OSError, KeyError, ValueError) as error:
            raise OutsideFailed(
                f"state repository {self._path}: cannot {doing}: {_words(error)}"
            ) from error


def set_up_libgit2() -> None:
    """Settings of the whole process; nothing else in the product uses libgit2."""
    # Without this a power cut leaves empty objects behind, and the repository is broken.
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, True)
    # A walk through the history would keep every tree it has seen, tens of megabytes.
    pygit2.option(Option.ENABLE_CACHING, False)
    # Whose repository it is, and what that user's or the machine's git is told to do, is not our
    # business: a volume has its own owner, and HOME may name a folder that we may not read. No
    # hook or filter of the repository ever runs here.
    pygit2.option(Option.SET_OWNER_VALIDATION, False)
    for level in (ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL):
        pygit2.option(Option.SET_SEARCH_PATH, level, "")


def _file(switch: str) -> str:
    return f"{checked('switch', switch)}.cfg"


def _encoded(switch: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Invalid(f"switch {switch}: its configuration is not valid text: {error}") from None


def _commit_at(repository: pygit2.Repository, reference: str) -> pygit2.Commit | None:
    found = repository.references.get(reference)
    return found.peel(pygit2.Commit) if found is not None else None


def _tree(commit: pygit2.Commit | None) -> pygit2.Tree | None:
    return commit.tree if commit is not None else None


def _id(tree: pygit2.Tree | None, name: str) -> pygit2.Oid | None:
    return tree[name].id if tree is not None and name in tree else None


def _blob(tree: pygit2.Tree | None, name: str) -> pygit2.Blob | None:
    if tree is None or name not in tree:
        return None
    blob: Any = tree[name]
    if not isinstance(blob, pygit2.Blob):
        raise ValueError(f"{name} is not a file")
    return blob


def _arrivals(
    head: pygit2.Commit | None, name: str, tag: pygit2.Oid | None
) -> Iterator[tuple[pygit2.Commit, bool]]:
    """The commits that brought a text of *name*, newest first, and whether *tag* stands at this
    text; the tag itself may be at a later commit that left the file alone."""
    commit, text = head, _id(_tree(head), name)
    tagged = False
    while commit is not None:
        tagged = tagged or commit.id == tag
        parent = commit.parents[0] if commit.parents else None
        before = _id(_tree(parent), name)
        if text is not None and text != before:
            yield commit, tagged
            # Only one text runs: from here on no commit is the tag's any more.
            tag, tagged = (None, False) if tagged else (tag, False)
        commit, text = parent, before


def _version(commit: pygit2.Commit, deployed: bool) -> Version:
    at = datetime.fromtimestamp(commit.commit_time, UTC)
    return Version(str(commit.id), at, commit.author.name, commit.message.strip(), deployed)


def _words(error: Exception) -> str:
    text = error.args[0] if isinstance(error, KeyError) and error.args else error
    return str(text).strip().rstrip(":")
