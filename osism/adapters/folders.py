"""Watched folders of the configuration repository: what is in them, and who tells of changes.

The library ``watchdog`` says that something has happened (inotify, on Linux). Folders that come
later, are replaced by others, or are reached through a link that now leads elsewhere are noticed by
:meth:`Folders.attend`, which is called every second and costs a handful of system calls.
"""

from __future__ import annotations

import logging
import os
import stat
import warnings
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from threading import Condition
from time import time_ns
from typing import Any

from watchdog import events
from watchdog.observers import Observer

from osism.domain.watches import GIT, Contents, counts

log = logging.getLogger(__name__)

# The library says so, with its whole memory, of folders that are made one in another at once.
warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning, "watchdog")

#: Bytes; of a larger file the size and the time of its last change stand for its content.
LARGEST = 16 * 1024 * 1024
#: Nanoseconds; who has changed a file within them may change it again without a trace in its times.
_FRESH = 2_000_000_000
_MOST_NAMES = 1000
#: File systems that other machines write to: the kernel knows nothing of that.
_SHARED = frozenset(
    "nfs nfs4 cifs smb3 smbfs 9p virtiofs ceph glusterfs lustre beegfs gpfs afs ocfs2 gfs2 "
    "vboxsf prl_fs vmhgfs".split()
)
#: What can change content. That a file was opened, and read, is what our own look does.
_TOLD: list[type[events.FileSystemEvent]] = [
    events.FileCreatedEvent,
    events.FileModifiedEvent,
    events.FileMovedEvent,
    events.FileDeletedEvent,
    events.FileAttribEvent,
    events.FileClosedEvent,
    events.DirAttribEvent,
    events.DirCreatedEvent,
    events.DirMovedEvent,
    events.DirDeletedEvent,
]

_Version = tuple[int, ...]
_Place = tuple[str, int, int]


class Folders:
    """The folders *names* of the directory *root*."""

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        self.root = root
        self._paths = [root / name for name in names]
        self._known: dict[str, tuple[_Version, str]] = {}
        self._observer: Any = None
        self._places: list[_Place] | None = None
        self._stale = False
        self._seen: set[str] = set()
        self._turn = Condition()
        self._woken = False

    # --- what is there

    def read(self) -> Contents:
        """All files that count. Only those that may have changed since the last time are read."""
        files: dict[str, str] = {}
        known: dict[str, tuple[_Version, str]] = {}
        for path in self._paths:
            for name, file in _files(str(path), path.name, ()):
                if (content := self._content(file, known)) is not None:
                    files[name] = content
        self._known = known
        return Contents(files)

    def _content(self, file: str, known: dict[str, tuple[_Version, str]]) -> str | None:
        now = time_ns()
        try:
            there = os.stat(file)  # noqa: PTH116 - thousands of them
            if not stat.S_ISREG(there.st_mode):
                return None
            runs = "x" if there.st_mode & 0o111 else "-"  # Ansible runs what may be run
            if there.st_size > LARGEST:
                return f"{runs}{there.st_size} {there.st_mtime_ns}"
            changed = max(there.st_mtime_ns, there.st_ctime_ns)
            version = (there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns, changed)
            before = self._known.get(file)
            content = before[1] if before and before[0] == version else _digest(file)
        except OSError as failure:
            # A file that went in this moment is no file; a link that leads nowhere is one.
            return None if not os.path.lexists(file) else f"! {failure.errno}"
        if now - changed > _FRESH:
            known[file] = (version, content)
        return runs + content

    # --- who tells

    def shared(self) -> str:
        """The kind of file system below one of the folders if no event tells what others do."""
        for path in self._paths:
            kind = _file_system(path.resolve())
            if kind in _SHARED or kind.startswith("fuse."):
                return kind
        return ""

    def attend(self) -> bool:
        """Listen to the folders that are there now; whether they are others than before.

        Raises :class:`OSError` where the system cannot tell (no inotify, or none left).
        """
        places = [each for path in self._paths if (each := _place(path))]
        if places == self._places and not self._stale:
            return False
        self.ignore()
        self._places, self._stale = places, False
        observer: Any = Observer()
        observer.start()
        self._observer = observer
        for place, *_ in places:
            try:
                observer.schedule(_Ear(self), place, recursive=True, event_filter=_TOLD)
            except (FileNotFoundError, NotADirectoryError):
                self._stale = True  # gone again
        return True

    def moved(self) -> bool:
        """Whether the folders are others than at the last time, without listening to them."""
        places = [each for path in self._paths if (each := _place(path))]
        if places == self._places:
            return False
        self._places = places
        return True

    def ignore(self) -> None:
        """Listen no more."""
        observer, self._observer, self._places = self._observer, None, None
        if observer is not None:
            observer.stop()
            observer.join(1)

    def heard(self, event: events.FileSystemEvent) -> None:
        """Called by the library, in a thread of its own."""
        paths = [os.fsdecode(each) for each in (event.src_path, event.dest_path) if each]
        # Of a folder that went, the library says nothing more.
        roots = {place for place, *_ in self._places or ()}
        gone = not roots.isdisjoint(paths) and event.event_type in ("deleted", "moved")
        # A folder's new time is told beside the file that it is about.
        names = [each for each in paths if counts(each)]
        with self._turn:
            self._stale |= gone
            if names and len(self._seen) < _MOST_NAMES:
                self._seen.update(names)
            if gone or names:
                self._woken = True
                self._turn.notify_all()

    def seen(self) -> list[str]:
        """Names of what was told since the last time."""
        with self._turn:
            names, self._seen, self._woken = self._seen, set(), False
        starts = dict(self._starts())
        return sorted(_below(starts, name) for name in names)

    def _starts(self) -> Iterator[tuple[str, str]]:
        for path in self._paths:
            yield os.path.realpath(path), path.name

    def wait(self, seconds: float) -> None:
        """Wait until something is told, or :meth:`wake` is called, but not longer than this."""
        with self._turn:
            self._turn.wait_for(lambda: self._woken, timeout=max(seconds, 0))

    def wake(self) -> None:
        """End :meth:`wait`."""
        with self._turn:
            self._woken = True
            self._turn.notify_all()


class _Ear(events.FileSystemEventHandler):
    """Passes on what the library tells."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders

    def on_any_event(self, event: events.FileSystemEvent) -> None:
        self._folders.heard(event)


def _files(folder: str, name: str, above: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, str]]:
    """Names and paths of files, through links too, but in no circle."""
    try:
        there = os.stat(folder)  # noqa: PTH116
        place = (there.st_dev, there.st_ino)
        if place in above:
            return
        with os.scandir(folder) as entries:
            found = [(each.name, each.is_dir()) for each in entries if each.name != GIT]
    except OSError as failure:
        if not isinstance(failure, FileNotFoundError | NotADirectoryError):
            yield name, folder  # a folder that may not be read counts as a file that may not
        return
    for entry, is_folder in found:
        path, called = f"{folder}/{entry}", f"{name}/{entry}"
        if is_folder:
            yield from _files(path, called, (*above, place))
        elif counts(entry):
            yield called, path


def _digest(file: str) -> str:
    with open(file, "rb") as stream:  # noqa: PTH123 - thousands of them
        return blake2b(stream.read(LARGEST + 1), digest_size=16).hexdigest()


def _place(path: Path) -> _Place | None:
    try:
        there = path.stat()
    except OSError:
        return None
    return (os.path.realpath(path), there.st_dev, there.st_ino)


def _below(starts: dict[str, str], path: str) -> str:
    for start, name in starts.items():
        if path == start or path.startswith(f"{start}/"):
            return name + path[len(start) :]
    return path


def _file_system(path: Path) -> str:
    """The kind of file system that *path* is on; empty where nobody says."""
    best, kind = -1, ""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in lines.splitlines():
        mounted, _, rest = line.partition(" - ")
        at = Path(mounted.split()[4].replace("\\040", " "))
        if len(at.parts) >= best and (path == at or at in path.parents):
            best, kind = len(at.parts), rest.split()[0]
    return kind
