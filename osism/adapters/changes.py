"""What NetBox's webhooks have told and nobody has worked on yet, in Redis.

=================================  ======  ======================================================
``osism:changes``                  hash    place -> first and last change (ms), ids of requests
``osism:changes:job``              text    the job that is to work on them
``osism:changes:seen:<identity>``  text    a webhook that has come, as long as it is not stale
``osism:changes:own:<request>``    text    a request to NetBox that was our own
=================================  ======  ======================================================

All of them expire. Times are Redis's own, so that those of several processes compare.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from osism.adapters.connections import reaching
from osism.domain.errors import Refused
from osism.domain.ports import PendingChange
from osism.domain.webhooks import FRESH, Hook

if TYPE_CHECKING:
    import redis

_PENDING, _JOB, _SEEN, _OWN = (f"osism:changes{name}" for name in ("", ":job", ":seen:", ":own:"))
#: Milliseconds. A webhook counts as new within FRESH of its time stamp, before and after it.
_REMEMBERED = int(2 * FRESH.total_seconds() * 1000) + 60_000
_OWN_LIFE = 15 * 60 * 1000
#: Requests that are remembered of one place; with more it counts as changed by others.
MOST = 200

# KEYS: changes, webhook, own request. ARGV: life and life of the webhook in ms, how many requests
# are remembered, request, places. 0: it has come before; 1: kept; 2: seen, and nothing to keep.
_KEEP = """
if not redis.call('SET', KEYS[2], 1, 'NX', 'PX', ARGV[2]) then return 0 end
if #ARGV == 4 or redis.call('EXISTS', KEYS[3]) == 1 then return 2 end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
for n = 5, #ARGV do
  local known = redis.call('HGET', KEYS[1], ARGV[n])
  local change = known and cjson.decode(known) or {first = now, count = 0, requests = {}}
  change.last, change.count = now, change.count + 1
  local there = #change.requests >= tonumber(ARGV[3])
  for _, each in ipairs(change.requests) do there = there or each == ARGV[4] end
  if not there then table.insert(change.requests, ARGV[4]) end
  if #change.requests >= tonumber(ARGV[3]) then change.requests[1] = '' end
  redis.call('HSET', KEYS[1], ARGV[n], cjson.encode(change))
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
"""

# KEYS: changes. ARGV: places, each with what was read of it. Forgets those that are as they were.
_DONE = """
for n = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[n]) == ARGV[n + 1] then
    redis.call('HDEL', KEYS[1], ARGV[n])
  end
end
"""

# KEYS: job. ARGV: who has to have it, empty for nobody, who takes it, life in ms, and for how many
# ms somebody has to have had it. Only a claim gives it a life, so that says when that was.
_CLAIM = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[1] ~= '' and ARGV[3] - redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""

# KEYS: job, changes. ARGV: whose it is, 1 to let go of it whatever waits.
_LEAVE = """
if ARGV[2] == '0' and redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""


class RedisChanges:
    """Keeps :class:`osism.domain.ports.NetboxChanges`. *retention* is in seconds."""

    def __init__(self, client: redis.Redis, retention: float) -> None:
        self._redis: Any = client  # Any: the library types every reply as sync or async
        self._life = int(retention * 1000)
        self._keep = self._redis.register_script(_KEEP)
        self._done = self._redis.register_script(_DONE)
        self._claim = self._redis.register_script(_CLAIM)
        self._leave = self._redis.register_script(_LEAVE)

    def keep(self, hook: Hook) -> bool:
        """See :meth:`osism.domain.ports.NetboxChanges.keep`."""
        keys = [_PENDING, _SEEN + hook.identity, _OWN + hook.request_id]
        args: list[Any] = [self._life, _REMEMBERED, MOST, hook.request_id, *hook.places]
        with reaching("Redis", self._redis):
            answer = self._keep(keys=keys, args=args)
        if not answer:
            raise Refused("replayed: this webhook has come before")
        return bool(answer == 1)

    def own(self, requests: Collection[str]) -> frozenset[str]:
        """See :meth:`osism.domain.ports.NetboxChanges.own`."""
        asked = sorted(set(requests) - {""})
        if not asked:
            return frozenset()
        with reaching("Redis", self._redis):
            found = self._redis.mget([_OWN + each for each in asked])
        return frozenset(each for each, known in zip(asked, found, strict=True) if known)

    def wrote(self, request: str) -> None:
        """Remember that a request to NetBox was our own."""
        with reaching("Redis", self._redis):
            self._redis.set(_OWN + request[:255], 1, px=_OWN_LIFE)

    def pending(self) -> tuple[float, Mapping[str, PendingChange]]:
        """See :meth:`osism.domain.ports.NetboxChanges.pending`."""
        with reaching("Redis", self._redis):
            pipe = self._redis.pipeline(transaction=False)
            pipe.time()
            pipe.hgetall(_PENDING)
            (seconds, micros), found = pipe.execute()
        return seconds + micros / 1e6, {name: _changed(found[name]) for name in sorted(found)}

    def done(self, changes: Mapping[str, PendingChange]) -> None:
        """See :meth:`osism.domain.ports.NetboxChanges.done`."""
        args = [text for name, each in changes.items() for text in (name, each.read)]
        if args:
            with reaching("Redis", self._redis):
                self._done(keys=[_PENDING], args=args)

    def waiting(self) -> bool:
        """See :meth:`osism.domain.ports.NetboxChanges.waiting`."""
        with reaching("Redis", self._redis):
            return bool(self._redis.exists(_PENDING))

    def job(self) -> str:
        """See :meth:`osism.domain.ports.NetboxChanges.job`."""
        with reaching("Redis", self._redis):
            return self._redis.get(_JOB) or ""

    def claim(self, job: str, instead: str, after: float = 0.0) -> bool:
        """See :meth:`osism.domain.ports.NetboxChanges.claim`."""
        with reaching("Redis", self._redis):
            args: list[Any] = [instead, job, self._life, int(after * 1000)]
            return bool(self._claim(keys=[_JOB], args=args))

    def leave(self, job: str, anyhow: bool = False) -> bool:
        """See :meth:`osism.domain.ports.NetboxChanges.leave`."""
        with reaching("Redis", self._redis):
            return bool(self._leave(keys=[_JOB, _PENDING], args=[job, int(anyhow)]))


def _changed(text: str) -> PendingChange:
    said = json.loads(text)
    requests: Iterable[str] = said["requests"]
    return PendingChange(said["first"] / 1000, said["last"] / 1000, tuple(requests), text)
