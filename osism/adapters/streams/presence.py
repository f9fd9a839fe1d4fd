"""Who is there: heartbeats of workers, what the schedule has sent, what the watchdog asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from time import time
from typing import TYPE_CHECKING, Any

from osism.adapters.connections import reaching
from osism.adapters.streams.events import moment
from osism.domain.records import WorkerRecord

if TYPE_CHECKING:
    import redis

# KEYS: worker, index. ARGV: name, what it says, life in ms. The server's clock counts.
_BEAT = """
local now = tonumber(redis.call('TIME')[1])
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3] / 1000 - 1)
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
"""


class Presence:
    """Heartbeats and ticks, written and read in one round trip each.

    *silence* (seconds): how long a worker that says nothing counts as being there.
    """

    def __init__(self, client: redis.Redis, retention: float, silence: float = 30.0) -> None:
        self._redis: Any = client  # Any: the library types every reply as sync or async
        self._life = int(retention * 1000)
        self._silence = int(silence * 1000)
        self._beat = self._redis.register_script(_BEAT)

    def heartbeat(self, worker: str, queues: Sequence[str], pid: int, concurrency: int) -> None:
        """Say that *worker* is there; to be repeated well within *silence*."""
        said = {"queues": list(queues), "pid": pid, "concurrency": concurrency, "seen": time()}
        with reaching("Redis", self._redis):
            self._beat(
                keys=[f"osism:worker:{worker}", "osism:workers"],
                args=[worker, json.dumps(said), self._silence],
            )

    def gone(self, worker: str) -> None:
        """Say that *worker* has ended."""
        with reaching("Redis", self._redis):
            self._redis.delete(f"osism:worker:{worker}")

    def workers(self) -> list[WorkerRecord]:
        """The workers that are there, by name."""
        with reaching("Redis", self._redis):
            rows = self._redis.sort(
                "osism:workers", by="nosort", get=["#", "osism:worker:*"], groups=True
            )
        return sorted(
            (_worker(name, json.loads(said)) for name, said in rows if said),
            key=lambda worker: worker.name,
        )

    def announce(self, worker: str, catalogue: Mapping[str, Sequence[str]]) -> None:
        """Say which roles, by environment, a kind of *worker* (``ansible``, ``ceph``, ``kolla``)
        can play. Kept when it ends: a job may wait for it."""
        with reaching("Redis", self._redis):
            pipe = self._redis.pipeline()
            pipe.hset("osism:roles", worker, json.dumps(catalogue))
            pipe.pexpire("osism:roles", self._life)
            pipe.execute()

    def announced(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """Kind of worker -> environment -> roles, as announced last."""
        with reaching("Redis", self._redis):
            said = self._redis.hgetall("osism:roles")
        return {worker: json.loads(catalogue) for worker, catalogue in said.items()}

    def ticked(self, name: str, at: datetime) -> None:
        """Keep that the entry *name* of the schedule was sent at *at*."""
        with reaching("Redis", self._redis):
            pipe = self._redis.pipeline()
            pipe.hset("osism:ticks", name, at.timestamp())
            pipe.pexpire("osism:ticks", self._life)
            pipe.execute()

    def ticks(self) -> Mapping[str, datetime]:
        """When each entry of the schedule was last sent."""
        with reaching("Redis", self._redis):
            return {name: moment(at) for name, at in self._redis.hgetall("osism:ticks").items()}

    def watched(self) -> str | None:
        """The digest of the files that a run was last asked for by the watchdog."""
        with reaching("Redis", self._redis):
            found = self._redis.get("osism:watched")
        return str(found) if found else None

    def asked_for(self, digest: str) -> None:
        """Keep that a run was asked for, for the files of this digest."""
        with reaching("Redis", self._redis):
            self._redis.set("osism:watched", digest, px=self._life)


def _worker(name: str, said: Mapping[str, Any]) -> WorkerRecord:
    return WorkerRecord(
        name, tuple(said["queues"]), said["pid"], said["concurrency"], moment(said["seen"])
    )
