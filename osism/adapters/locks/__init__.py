"""Locks in Redis: leases with an owner, renewed while the work lives.

``osism:lock:<name>`` holds the owner and a nonce as JSON and expires shortly before the lease, as a
``redis.lock.Lock`` does; the scripts here do for a whole set of names in one round trip what
that class does for one. ``osism:held:<name>`` says who had it and did not release it, and
``osism:contest:<name>`` since when somebody wants it nevertheless: a holder that an outage cut off
gets a grace to come back before the lock is another's. ``osism:takeover:<name>`` asks the holder
with that nonce to stop, ``osism:wake:<name>`` wakes who has waited longest. Every key expires.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSlow

from osism.adapters.connections import reaching
from osism.adapters.locks.leases import HeldLease, keys, owner_of
from osism.adapters.locks.scripts import RELEASE, RENEW, TAKE
from osism.domain.errors import Busy
from osism.domain.ports import Owner

if TYPE_CHECKING:
    import redis


class RedisLocks:
    """Keeps :class:`osism.domain.ports.Locks` on a client of :func:`~.connections.connect`.

    *lease* (seconds): how long a lock outlives a holder that was killed, for somebody who waits for
    it; who comes later waits for a grace, a sixth of the lease and five seconds at most. An outage
    of two thirds of a lease is always survived, even by a server that comes back empty.
    """

    def __init__(self, client: redis.Redis, lease: float = 30.0) -> None:
        self._redis: Any = client  # Any: the library types every reply as sync or async
        self.lease = lease
        self._scripts = {
            "take": self._redis.register_script(TAKE),
            "renew": self._redis.register_script(RENEW),
            "release": self._redis.register_script(RELEASE),
        }

    def _run(self, script: str, keys: Sequence[str], values: Sequence[str | int]) -> Any:
        return self._scripts[script](keys=keys, args=values)

    @contextmanager
    def hold(
        self,
        names: Iterable[str],
        owner: Owner,
        wait: float,
        *,
        lease: float | None = None,
        patient: bool = False,
    ) -> Iterator[HeldLease]:
        """Hold all of *names*, acquired in sorted order, until the context ends.

        Waits at most *wait* seconds in all, then raises :class:`Busy` naming the holder. *lease*
        is for these locks only. A holder that cannot renew them for a whole lease has lost them;
        a *patient* one goes on trying to renew them or to take them back, and has lost them only
        when somebody else holds one.
        """
        wanted = sorted(set(names))
        held = HeldLease(self._run, lease or self.lease, owner, patient)
        try:
            with reaching("Redis", self._redis):
                self._acquire(held, wanted, monotonic() + wait)
            yield held
        finally:
            # All that were wanted: an answer may have been lost on its way to us.
            held.names = wanted
            held.release()

    def _acquire(self, lease: HeldLease, wanted: Sequence[str], until: float) -> None:
        while rest := wanted[len(lease.names) :]:
            try:
                name, holder, left = lease.take(rest)
                if not name:
                    return
                if monotonic() >= until:
                    raise Busy(self._busy(wanted[len(lease.names) :], name, holder))
                pause = max(min(until - monotonic(), left / 1000 + 0.01, 1.0), 0.01)
                lease.waits(pause)
                self._redis.blpop(keys("wake", [name]), timeout=pause)
                if lease.names:
                    lease.check()
            except (RedisAway, RedisSlow) as error:
                lease.cut_off()
                if monotonic() >= until or isinstance(error, AuthenticationError):
                    raise
                sleep(min(0.1, max(until - monotonic(), 0)))

    def _busy(self, names: Sequence[str], name: str, holder: str) -> str:
        held = {name: owner_of(holder)} | dict(self.holders(names))
        return "; ".join(f"{each!r} is held by {owner}" for each, owner in sorted(held.items()))

    def holders(self, names: Iterable[str]) -> Mapping[str, Owner]:
        """Those of *names* that are held, and by whom."""
        asked = list(names)
        if not asked:
            return {}
        with reaching("Redis", self._redis):
            values = self._redis.mget(keys("lock", asked))
        return {name: owner_of(value) for name, value in zip(asked, values, strict=True) if value}

    def ask(self, name: str, by: str) -> Owner | None:
        """Ask who holds *name* to stop, for *by*, without waiting for it.

        The holder's ``check()`` raises :class:`TakenOver` naming *by* from then on. Returns the
        holder, None when nobody holds it.
        """
        with reaching("Redis", self._redis):
            holder = self._redis.get(f"osism:lock:{name}")
            if not holder:
                return None
            with suppress(ValueError, KeyError, TypeError):
                # With the nonce in it only the holder of now heeds it.
                request = json.dumps({"by": by, "holder": json.loads(holder)["nonce"]})
                self._redis.set(f"osism:takeover:{name}", request, px=int(self.lease * 10_000))
        return owner_of(holder)
