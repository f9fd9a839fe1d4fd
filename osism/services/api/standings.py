"""What NetBox says of devices, kept for a moment: reading it takes longer than all the rest.

What is kept is never older than :data:`KEPT`, and never older than what the journal has told since:
whoever asks for a device names the version of its spec that he has seen (0 without a spec), which
rises with every step of a transition, after the step was written into NetBox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from osism.domain.inventory import Device
from osism.domain.ports import DeviceSource
from osism.services.api.turns import Turns

KEPT = 2.0  # seconds
DROPPED = 60.0
#: More devices than these are read faster all together.
FEW = 100


@dataclass(frozen=True)
class Seen:
    """A device, None where there is none. ``at``: when reading it began; ``version``: of its spec,
    as it was known before."""

    device: Device | None
    at: float
    version: int


class Standings:
    """NetBox is read by one thread at a time, all devices or a few; others wait for it, and what
    several wait for is read at once."""

    def __init__(self, source: DeviceSource, clock: Callable[[], float] = monotonic) -> None:
        self._source, self._clock = source, clock
        self._guard = Lock()
        self._few, self._full = Turns(clock), Turns(clock)
        self._seen: Mapping[str, Seen] = {}  # never changed, only replaced
        self._asked: dict[str, int] = {}
        self._names: tuple[str, ...] = ()
        self._read_all = float("-inf")

    def of(self, versions: Mapping[str, int], since: float | None = None) -> dict[str, Seen]:
        """These devices (name -> version of the spec), read after *since* (None: lately); those
        that NetBox has not are left out."""
        found = self._of(versions, self._lately(since))
        return {name: each for name, each in found.items() if each.device}

    def all(self, versions: Mapping[str, int], since: float | None = None) -> dict[str, Seen]:
        """All devices, by name and sorted; *versions* of those that have a spec."""
        # A read that takes longer than it is kept is still good for whoever has waited for it.
        since = self._lately(since)
        if self._read_all <= since:
            with self._full.take():
                if self._read_all <= since:
                    self._read_everything(versions)
        wanted = {name: versions.get(name, 0) for name in self._names}
        if len(self._fresh(wanted, since)[1]) > FEW:
            with self._full.take():
                self._read_everything(versions)
        found = self._of(wanted, since)
        return {name: found[name] for name in wanted if found[name].device}

    def _lately(self, since: float | None) -> float:
        return self._clock() - KEPT if since is None else since

    def _of(self, versions: Mapping[str, int], since: float) -> dict[str, Seen]:
        found, stale = self._fresh(versions, since)
        return found | self._read(stale, since) if stale else found

    def _fresh(
        self, versions: Mapping[str, int], since: float
    ) -> tuple[dict[str, Seen], dict[str, int]]:
        """What is kept and still good, and what is to be read."""
        seen = self._seen
        good, stale = {}, {}
        for name, version in versions.items():
            kept = seen.get(name)
            if kept and kept.at > since and kept.version >= version:
                good[name] = kept
            else:
                stale[name] = version
        return good, stale

    def _read(self, versions: Mapping[str, int], since: float) -> dict[str, Seen]:
        """Read a few devices, with those that others have asked for meanwhile."""
        with self._guard:
            for name, version in versions.items():
                self._asked[name] = max(version, self._asked.get(name, 0))
        with self._few.take():
            found, stale = self._fresh(versions, since)
            if stale:
                with self._guard:
                    asked, self._asked = {**self._asked, **stale}, {}
                good, asked = self._fresh(asked, since)  # all were read meanwhile, perhaps
                found |= good
                if asked:
                    began = self._clock()
                    found |= self._keep(self._source.devices(list(asked)), asked, began)
        return {name: found[name] for name in versions}

    def _read_everything(self, versions: Mapping[str, int]) -> None:
        began = self._clock()
        devices = self._source.devices()
        names = tuple(each.name for each in devices)
        self._keep(devices, {name: versions.get(name, 0) for name in names}, began)
        self._names, self._read_all = names, began

    def _keep(
        self, devices: Iterable[Device], versions: Mapping[str, int], began: float
    ) -> dict[str, Seen]:
        """Keep what was read, and drop what is too old; what was read later stands."""
        found = {each.name: each for each in devices}
        new = {name: Seen(found.get(name), began, each) for name, each in versions.items()}
        with self._guard:
            kept = {name: each for name, each in self._seen.items() if each.at > began - DROPPED}
            later = {name: kept[name] for name in new if name in kept and kept[name].at > began}
            self._seen = kept | new | later
        return new
