"""Ironic's events that wait, and figures about them, in Redis.

=========================  ==========  ============================================================
``osism:events``           stream      the events, one JSON text each, in the broker's order
``osism:events:known``     sorted set  ids of the last events, by when they came
``osism:events:counts``    hash        ``seen node.provision_set.end`` and so on -> how many
``osism:events:lags``      list        the last lags: seconds and type
``osism:events:rejected``  list        what is known of the last messages that were no notifications
=========================  ==========  ============================================================

All of them expire when nothing was written for the retention time. Events that wait outlive a
restart of Redis as all its data does; after a loss of it the comparison with Ironic finds what was
to be done.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from osism.adapters.connections import reaching
from osism.domain.errors import Busy
from osism.domain.ironic_events import NodeEvent
from osism.domain.ports import EventFigures, Received, Rejected

if TYPE_CHECKING:
    import redis

STREAM = "osism:events"
_KNOWN, _COUNTS = f"{STREAM}:known", f"{STREAM}:counts"
_LAGS, _REJECTED = f"{STREAM}:lags", f"{STREAM}:rejected"
_KEYS = (STREAM, _KNOWN, _COUNTS, _LAGS, _REJECTED)
#: Events that can wait (some 400 bytes each); ids that are remembered: more than a broker can have
#: under way to us; lags, and messages that were no notifications, that are kept; types that are
#: counted by their name.
MOST, REMEMBERED, LAGS, REJECTED, TYPES = 100_000, 20_000, 5_000, 200, 500

# Adds to a counter. Who writes to the broker chooses the types: when there are too many, the new
# ones count as one.
_COUNTER = f"""
local function count(key, name, number)
  if redis.call('HLEN', key) >= {4 * TYPES} and redis.call('HEXISTS', key, name) == 0 then
    name = string.match(name, '^%S+') .. ' …'
  end
  redis.call('HINCRBY', key, name, number)
end"""

# KEYS: events, counters. ARGV: life in ms, how many events there are, their places, counters as
# name and number.
_DONE = f"""{_COUNTER}
local places = tonumber(ARGV[2])
for n = 3, places + 2 do redis.call('XDEL', KEYS[1], ARGV[n]) end
for n = places + 3, #ARGV, 2 do count(KEYS[2], ARGV[n], ARGV[n + 1]) end
redis.call('PEXPIRE', KEYS[2], ARGV[1])
"""

# KEYS: all of them. ARGV: life in ms, the limits above, how many lags, rejected ones, counters and
# events there are, then these: lags and rejected ones as they are kept, counters as name and
# number, events as id and text. -1 when there is no room, else how many events were new.
_ADD = f"""{_COUNTER}
local life, most, remembered = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local at, new = 10, 0
local function after(count) local from = at; at = at + count; return from, at - 1 end
if redis.call('XLEN', KEYS[1]) + tonumber(ARGV[9]) > most then return -1 end
for i, key in ipairs({{KEYS[4], KEYS[5]}}) do
  local first, last = after(tonumber(ARGV[5 + i]))
  for n = first, last do redis.call('RPUSH', key, ARGV[n]) end
  redis.call('LTRIM', key, -tonumber(ARGV[3 + i]), -1)
end
local first, last = after(2 * tonumber(ARGV[8]))
for n = first, last, 2 do count(KEYS[3], ARGV[n], ARGV[n + 1]) end
local now = redis.call('TIME')[1]
first, last = after(2 * tonumber(ARGV[9]))
for n = first, last, 2 do
  if redis.call('ZADD', KEYS[2], 'NX', now, ARGV[n]) == 1 then
    redis.call('XADD', KEYS[1], '*', 'event', ARGV[n + 1])
    new = new + 1
  end
end
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -remembered - 1)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, life) end
return new
"""


class RedisEvents:
    """Keeps :class:`osism.domain.ports.Events`. *retention* is in seconds."""

    def __init__(self, client: redis.Redis, retention: float, most: int = MOST) -> None:
        self._redis: Any = client  # Any: the library types every reply as sync or async
        self._life, self._most = int(retention * 1000), most
        self._add = self._redis.register_script(_ADD)
        self._done = self._redis.register_script(_DONE)

    def add(self, received: Received) -> int:
        """See :meth:`osism.domain.ports.Events.add`; counters go along."""
        lags = [f"{lag:.3f} {kind}" for kind, lag in received.lags]
        rejected = [_rejected(each) for each in received.rejected]
        counts = _named("seen", received.seen) | _named("ignored", received.ignored)
        if rejected:
            counts["malformed"] = len(rejected)
        events = [text for each in received.events for text in (each.id, encode(each))]
        with reaching("Redis", self._redis):
            new = self._add(
                keys=_KEYS,
                args=[
                    *(self._life, self._most, REMEMBERED, LAGS, REJECTED),
                    *(len(lags), len(rejected), len(counts), len(received.events)),
                    *(*lags, *rejected, *(each for pair in counts.items() for each in pair)),
                    *events,
                ],
            )
        if new < 0:
            raise Busy(f"{self._most} events wait already; does a worker for conductor run?")
        return int(new)

    def waiting(self, limit: int, after: str = "") -> list[tuple[str, NodeEvent]]:
        """See :meth:`osism.domain.ports.Events.waiting`."""
        with reaching("Redis", self._redis):
            rows = self._redis.xrange(STREAM, f"({after}" if after else "-", "+", limit)
        return [(place, decode(values["event"])) for place, values in rows]

    def done(
        self,
        places: Collection[str],
        acted: Mapping[str, int] | None = None,
        ignored: Mapping[str, int] | None = None,
    ) -> None:
        """See :meth:`osism.domain.ports.Events.done`."""
        counts = _named("acted", acted or {}) | _named("ignored", ignored or {})
        named = [each for pair in counts.items() for each in pair]
        with reaching("Redis", self._redis):
            self._done(keys=[STREAM, _COUNTS], args=[self._life, len(places), *places, *named])

    def figures(self) -> EventFigures:
        """The counters, the last lags, and how many events wait."""
        with reaching("Redis", self._redis):
            pipe = self._redis.pipeline(transaction=False)
            pipe.hgetall(_COUNTS)
            pipe.lrange(_LAGS, 0, -1)
            pipe.xlen(STREAM)
            counts, lags, waiting = pipe.execute()
        found: dict[str, dict[str, int]] = {"seen": {}, "acted": {}, "ignored": {}}
        for name, number in counts.items():
            what, _, kind = name.partition(" ")
            if kind:
                found[what][kind] = int(number)
        by_type: dict[str, list[float]] = {}
        for line in lags:
            seconds, _, kind = line.partition(" ")
            by_type.setdefault(kind, []).append(float(seconds))
        malformed = int(counts.get("malformed", 0))
        return EventFigures(**found, lags=by_type, malformed=malformed, waiting=int(waiting))

    def rejected(self) -> list[Rejected]:
        """The last messages that were no notifications, the oldest first."""
        with reaching("Redis", self._redis):
            lines = self._redis.lrange(_REJECTED, 0, -1)
        told = map(json.loads, lines)
        return [Rejected(**each | {"at": datetime.fromisoformat(each["at"])}) for each in told]


def _named(what: str, counts: Mapping[str, int]) -> dict[str, int]:
    return {f"{what} {kind}": number for kind, number in counts.items()}


def _rejected(each: Rejected) -> str:
    return json.dumps(asdict(each) | {"at": each.at.isoformat()})


_FIELDS = {each.name: each.default for each in fields(NodeEvent)}


def encode(event: NodeEvent) -> str:
    """The event as JSON, without what is empty."""
    said = {k: v for k, v in vars(event).items() if v != _FIELDS[k]}
    return json.dumps(said | {"at": event.at.isoformat()}, separators=(",", ":"))


def decode(text: str) -> NodeEvent:
    """The event that :func:`encode` wrote; what a newer version added is passed over."""
    said = {name: value for name, value in json.loads(text).items() if name in _FIELDS}
    return NodeEvent(**said | {"at": datetime.fromisoformat(said["at"])})
