"""The lock of a site: new work waits while it is set."""

from __future__ import annotations

import json
from time import time
from typing import TYPE_CHECKING, Any

from osism.adapters.connections import reaching
from osism.adapters.streams.events import moment
from osism.domain.records import SiteLock

if TYPE_CHECKING:
    import redis

_KEY = "osism:maintenance"  # the one key that does not expire: a person sets it and takes it away


class Maintenance:
    """The lock of the site, set and taken away by people."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis: Any = client  # Any: the library types every reply as sync or async

    def lock_site(self, by: str, reason: str) -> bool:
        """Lock the site; False when it is locked already, and stays so by whom it was."""
        said = json.dumps({"by": by, "reason": reason, "at": time()})
        with reaching("Redis", self._redis):
            # When an answer was lost on its way the library asks again, and it is there: ours.
            return bool(self._redis.set(_KEY, said, nx=True)) or self._redis.get(_KEY) == said

    def unlock_site(self) -> SiteLock | None:
        """Unlock the site; return the lock that was, None when there was none."""
        with reaching("Redis", self._redis):
            return _read(self._redis.getdel(_KEY))

    def site_lock(self) -> SiteLock | None:
        """The lock of the site, None when there is none."""
        with reaching("Redis", self._redis):
            return _read(self._redis.get(_KEY))


def _read(said: str | None) -> SiteLock | None:
    if said is None:
        return None
    known = json.loads(said)
    return SiteLock(known["by"], known["reason"], moment(known["at"]))
