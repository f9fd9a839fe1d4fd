"""Changes that NetBox's webhooks tell, in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping

from osism.domain.errors import Refused
from osism.domain.ports import PendingChange
from osism.domain.webhooks import Hook


class MemoryChanges:
    """Keeps :class:`osism.domain.ports.NetboxChanges`."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.kept: dict[str, PendingChange] = {}
        self.seen: set[str] = set()
        self.ours: set[str] = set()
        self.at_work, self.claimed = "", 0.0
        self.count = 0

    def keep(self, hook: Hook) -> bool:
        if hook.identity in self.seen:
            raise Refused("replayed")
        self.seen.add(hook.identity)
        if not hook.places or hook.request_id in self.ours:
            return False
        now = self.clock()
        for name in hook.places:
            self.count += 1
            known = self.kept.get(name) or PendingChange(now, now, (), "")
            requests = tuple(dict.fromkeys((*known.requests, hook.request_id)))
            self.kept[name] = PendingChange(known.first, now, requests, str(self.count))
        return True

    def own(self, requests: Collection[str]) -> frozenset[str]:
        return frozenset(self.ours & set(requests))

    def wrote(self, request: str) -> None:
        self.ours.add(request)

    def waiting(self) -> bool:
        return bool(self.kept)

    def pending(self) -> tuple[float, Mapping[str, PendingChange]]:
        return self.clock(), dict(sorted(self.kept.items()))

    def done(self, changes: Mapping[str, PendingChange]) -> None:
        for name, each in changes.items():
            if self.kept.get(name) == each:
                del self.kept[name]

    def job(self) -> str:
        return self.at_work

    def claim(self, job: str, instead: str, after: float = 0.0) -> bool:
        if self.at_work != instead or (instead and self.clock() - self.claimed < after):
            return False
        self.at_work, self.claimed = job, self.clock()
        return True

    def leave(self, job: str, anyhow: bool = False) -> bool:
        if self.kept and not anyhow:
            return False
        if self.at_work == job:
            self.at_work = ""
        return True
