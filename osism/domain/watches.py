"""When a change of files is worth a run: which files count, when it is quiet, what has changed.

Events only say that it is time to look. What is found there decides: a run is asked for when the
content is not the one that the last run was asked for, so a file that was touched, or changed and
changed back, asks for nothing, and a change that nobody was told of is found by the next look.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from math import inf
from pathlib import PurePath

#: Folders of the configuration repository that the inventory is made of.
FOLDERS = ("inventory", "environments")

#: Files that editors and copying programs write for a moment, and files that hold a name open.
_PASSING = re.compile(
    r"""
    .*~ | \..*\.sw[a-z] | .*\.(swp|swo|swx|tmp) | 4913  # vim, and whoever writes beside a file
    | \.\#.* | \#.*\#                                   # Emacs: locks and its own copies
    | \.goutputstream-.* | \.nfs[0-9a-f]+ | .*\.part | \.fuse_hidden.*
    """,
    re.VERBOSE | re.DOTALL,
)
GIT = ".git"


def counts(path: str) -> bool:
    """Whether a file of this name (a path of any length) can matter."""
    parts = PurePath(path).parts
    return bool(parts) and GIT not in parts and not _PASSING.fullmatch(parts[-1])


# --- what is there --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contents:
    """Files (paths below the repository) and, for each, a text that changes with its content."""

    files: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """The same for the same names and contents, and for no others."""
        whole = blake2b(digest_size=20)
        for name, content in sorted(self.files.items()):
            for part in (name, content):
                said = part.encode("utf-8", "surrogateescape")
                whole.update(len(said).to_bytes(8) + said)
        return whole.hexdigest()


def difference(old: Contents, new: Contents) -> str:
    """What came, went and changed, in words: names only."""
    before, after = old.files, new.files
    kinds = {
        "changed": [name for name in after if name in before and before[name] != after[name]],
        "new": [name for name in after if name not in before],
        "gone": [name for name in before if name not in after],
    }
    return "; ".join(f"{kind}: {listed(names)}" for kind, names in kinds.items() if names)


def listed(names: Collection[str], most: int = 5) -> str:
    """The first of *names*, safe to be written into a log, and how many more there are."""
    shown = ", ".join(map(_plain, _first(names, most)))
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def _first(names: Iterable[str], most: int) -> list[str]:
    return sorted(names)[:most]


def _plain(name: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in name)


# --- when to look, when to ask --------------------------------------------------------------------


class Watch:
    """When to look at the files, and whether what is found there is worth a run.

    Every moment is told, in seconds of any clock that never goes back. After a change it waits
    until nothing has changed for *quiet* seconds, but *longest* at most. It looks every *every*
    seconds in any case. With *polls* nobody tells of changes: a look that finds something else
    than the one before is how they are noticed. *asked*: the digest that the last run was asked
    for.
    """

    def __init__(
        self,
        asked: str | None,
        *,
        quiet: float,
        longest: float,
        every: float,
        polls: bool = False,
    ) -> None:
        self.asked = asked
        self.quiet, self.longest, self.every = quiet, max(longest, quiet), every
        self.polls = polls
        self._known = asked
        self._looked = -inf
        self._first = self._last = inf  # the first change that is not dealt with, and the newest

    @property
    def pending(self) -> bool:
        """Whether there were changes since the last look that settled something."""
        return self._first < inf

    def saw(self, now: float) -> None:
        """Something has changed, or may have."""
        self._first, self._last = min(self._first, now), now

    @property
    def _settles(self) -> float:
        return min(self._last + self.quiet, self._first + self.longest)

    @property
    def next_look(self) -> float:
        """When to look; in the past: now."""
        if self.pending and not self.polls:
            return self._settles
        return min(self._looked + self.every, self._settles)

    def looked(self, digest: str, now: float) -> bool:
        """A look has found *digest*; whether a run is to be asked for."""
        unannounced = digest != self._known and (self.polls or not self.pending)
        self._known, self._looked = digest, now
        if unannounced:
            self.saw(now)
        if not self.pending or now < self._settles:
            return False
        self._first = self._last = inf
        return digest != self.asked

    def asked_for(self, digest: str) -> None:
        """A run was asked for, for this content."""
        self.asked = digest
