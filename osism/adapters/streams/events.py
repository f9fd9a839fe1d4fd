"""Events of a job: their form on a stream, and how they get there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import time
from typing import Any, NamedTuple

from osism.adapters.streams.told import FEED, TELL
from osism.domain.feeds import brief, tells
from osism.domain.records import StreamEvent

#: Events of a job that are kept at least; of more, the oldest go.
MOST = 1_000_000

# KEYS: stream, record, feed. ARGV: writer, number of the first event, life in ms, events (one a
# line), how many to keep, and what the feed is told: numbers of events with its text, one a line.
# The record counts what has gone.
# Events that this writer has already delivered are skipped, so that a batch may be sent again (a
# writer without a name does not care); after the end of a job nothing is added.
APPEND = f"""{TELL}
if redis.call('HEXISTS', KEYS[2], 'ended') == 1 then return 0 end
local seen = 'writer:' .. ARGV[1]
local known = 0
if ARGV[1] ~= '' then known = tonumber(redis.call('HGET', KEYS[2], seen) or '0') end
local number = tonumber(ARGV[2])
local told = {{}}
for n, event in string.gmatch(ARGV[6], '(%d+) ([^\\n]+)') do told[tonumber(n)] = event end
for event in string.gmatch(ARGV[4], '[^\\n]+') do
  if number > known then
    redis.call('XADD', KEYS[1], '*', 'event', event)
    if told[number] then tell(KEYS[3], KEYS[2], ARGV[3], told[number]) end
  end
  number = number + 1
end
if ARGV[1] ~= '' then redis.call('HSET', KEYS[2], seen, number - 1) end
local gone = redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[5])
if gone > 0 then redis.call('HINCRBY', KEYS[2], 'dropped', gone) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
"""

# KEYS: stream. ARGV: the id to go on after, how many at most, how many bytes about. The ids, and
# the events as one JSON array: a reader parses two texts and not five per event.
PAGE = """
local ids, events, size = {}, {}, 0
for i, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])) do
  size = size + #entry[2][2]
  if i > 1 and size > tonumber(ARGV[3]) then break end
  ids[i], events[i] = entry[1], entry[2][2]
end
return {table.concat(ids, ' '), '[' .. table.concat(events, ',') .. ']'}
"""


class Told(str):
    """An event of a job that the feed tells as well, in the text *brief*."""

    brief: str


# As PAGE, but the events one a line, as they are.
LINES = PAGE.replace("'[' .. table.concat(events, ',') .. ']'", "table.concat(events, '\\n')")


class Written(NamedTuple):
    """An event whose values are still JSON: for readers that only pass it on."""

    id: str
    kind: str
    at: float
    values: str

    @classmethod
    def of(cls, event: StreamEvent) -> Written:
        """What a reader has added."""
        return cls(event.id, event.kind, event.at.timestamp(), _encoder.encode(event.values))

    def read(self) -> StreamEvent:
        """The event."""
        return StreamEvent(self.id, self.kind, moment(self.at), json.loads(self.values))


def job_keys(job_id: str) -> list[str]:
    """The keys of a job's stream and of its record."""
    return [f"osism:stream:{job_id}", f"osism:job:{job_id}"]


_encoder = json.JSONEncoder(separators=(",", ":"), default=str, skipkeys=True)


def encode(kind: str, values: Mapping[str, Any]) -> str:
    """An event of now as the text that a stream holds, one line; never fails.

    What JSON cannot say is told as text, and of what cannot even be text only the names.
    """
    said = {"kind": kind, "at": time(), "values": values}
    if not tells(kind, values):
        return _encoded(said)
    event = Told(_encoded(said))
    event.brief = _encoded(said | {"values": brief(values)})
    return event


def _encoded(said: Mapping[str, Any]) -> str:
    try:
        return _encoder.encode(said)
    except Exception:  # whatever the values' own code raises
        return _encoder.encode({**said, "values": {"unreadable": sorted(said["values"])}})


def decode(id: str, fields: Mapping[str, str]) -> StreamEvent:
    """The event that :func:`encode` wrote."""
    return _event(id, json.loads(fields["event"]))


def page(
    script: Any, job_id: str, after: str, count: int, size: int = 1 << 40
) -> list[StreamEvent]:
    """Up to *count* events (and about *size* bytes) of a job after the one with the id *after*, by
    :data:`PAGE`; none only where there are none."""
    ids, events = script(keys=job_keys(job_id)[:1], args=[after, count, size])
    return [_event(id, said) for id, said in zip(ids.split(), json.loads(events), strict=True)]


def lines(script: Any, job_id: str, after: str, count: int, size: int) -> list[Written]:
    """The same by :data:`LINES`, not read but cut as :func:`encode` wrote it."""
    ids, events = script(keys=job_keys(job_id)[:1], args=[after, count, size])
    return [
        _cut(id, text)
        for id, text in zip(ids.split(), events.split("\n") if ids else (), strict=True)
    ]


def _cut(id: str, text: str) -> Written:
    kind, _, rest = text[len('{"kind":"') : -1].partition('","at":')
    at, _, values = rest.partition(',"values":')
    return Written(id, kind, float(at), values)


def _event(id: str, said: Mapping[str, Any]) -> StreamEvent:
    return StreamEvent(id, said["kind"], moment(said["at"]), said["values"])


def moment(seconds: float | str) -> datetime:
    """A point in time from seconds since 1970."""
    return datetime.fromtimestamp(float(seconds), UTC)


def append(
    script: Any, job_id: str, writer: str, first: int, life: int, events: Sequence[str]
) -> bool:
    """Add *events* (numbered from *first*) of *writer* with the script :data:`APPEND`.

    False when the job has ended and takes no more.
    """
    told = [f"{n} {each.brief}" for n, each in enumerate(events, first) if isinstance(each, Told)]
    args = [writer, first, life, "\n".join(events), MOST, "\n".join(told)]
    return bool(script(keys=[*job_keys(job_id), FEED], args=args))
