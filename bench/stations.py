"""What is measured, running: Redis and processes of the product, or a whole lab."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import requests
import yaml

from bench import sites
from osism.adapters.connections import connect
from osism.adapters.locks import RedisLocks
from osism.adapters.queues import CeleryQueue
from osism.adapters.senders import RedisSender
from osism.adapters.streams import RedisRecords, StreamEvent
from osism.domain.jobs import ImportInventory, InitialiseNetbox, Job
from osism.lab.processes import Lab
from osism.lab.redis import EmbeddedRedis
from osism.lab.switches import administer

PATIENCE = 90.0  # seconds for anything to happen on a busy machine
ROOT = Path(__file__).parent.parent


def until(condition: Callable[[], Any], what: str, within: float = PATIENCE) -> Any:
    """Wait for *condition* and return its value."""
    deadline = monotonic() + within
    while not (value := condition()):
        if monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {within:g} s")
        sleep(0.01)
    return value


@dataclass(frozen=True)
class Desk:
    """Where jobs are sent and followed, as the commands do it."""

    records: RedisRecords
    queue: CeleryQueue
    locks: RedisLocks
    redis: Any

    @classmethod
    def at(cls, url: str) -> Desk:
        client = connect(url)
        locks = RedisLocks(client)
        records = RedisRecords(client, locks)
        return cls(records, CeleryQueue(RedisSender(client), records), locks, client)

    def do(self, job: Job) -> Done:
        """Do a job and wait for its end, which has to be good."""
        job_id = self.queue.send(job, by="bench")
        done = Done(job_id, list(self.records.follow(job_id)))
        if done.end.values["state"] != "succeeded":
            raise RuntimeError(f"{job.summary}: {done.end.values}")
        return done


@dataclass(frozen=True)
class Done:
    """A job that has ended, with its events."""

    id: str
    events: Sequence[StreamEvent]

    @property
    def end(self) -> StreamEvent:
        return self.events[-1]

    @property
    def seconds(self) -> float:
        """From the moment a worker began it to its end."""
        began = next(each for each in self.events if each.kind == "started")
        return (self.end.at - began.at).total_seconds()


@dataclass
class Station:
    """Redis, a file of settings, and processes that use them."""

    directory: Path
    redis: EmbeddedRedis
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("OSISM_", "NETBOX_"))}
        there = [str(ROOT), kept.get("PYTHONPATH", "")]
        return kept | {
            "OSISM_CONFIG": str(self.directory / "osism.yml"),
            "PYTHONPATH": os.pathsep.join(filter(None, there)),
            "BENCH_REDIS": self.redis.url,
        }

    def start(self, *arguments: str, module: str = "osism.main") -> subprocess.Popen[bytes]:
        return self.run([sys.executable, "-m", module, *arguments])

    def run(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self.directory / f"{len(self.children)}.log").open("wb") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
            )
        self.children.append(child)
        return child

    def stop(self) -> None:
        """End the processes that were started."""
        for child in reversed(self.children):
            child.terminate()
        for child in self.children:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children.clear()


@contextmanager
def station(**settings: Any) -> Iterator[Station]:
    """A station in a temporary directory."""
    with (
        tempfile.TemporaryDirectory(prefix="osism-bench-") as name,
        EmbeddedRedis(Path(name) / "redis") as redis,
    ):
        directory = Path(name)
        values = {
            "redis_url": redis.url,
            "netbox_url": "http://127.0.0.1:9",  # nobody is there, and nobody is asked
            "netbox_token": "bench",
            "configuration": str(directory),
            "state_repository": str(directory / "state"),
            "database_url": f"sqlite:///{directory / 'osism.db'}",
            **settings,
        }
        (directory / "osism.yml").write_text(yaml.safe_dump(values), encoding="utf-8")
        each = Station(directory, redis)
        try:
            yield each
        finally:
            each.stop()


@dataclass(frozen=True)
class Site:
    """A lab, and a view of what NetBox and its switches were asked for."""

    lab: Lab
    desk: Desk

    def do(self, job: Job) -> Done:
        return self.desk.do(job)

    def forget_requests(self) -> None:
        requests.delete(f"{self.lab.site['netbox']['url']}/lab/requests", timeout=30)

    def requests(self) -> Mapping[str, Any]:
        """``total``, ``reads``, ``writes``, ``seconds`` and the ``log`` since then."""
        found: Mapping[str, Any] = requests.get(
            f"{self.lab.site['netbox']['url']}/lab/requests", timeout=30
        ).json()
        return found

    def counted(self, job: Job) -> tuple[Done, Mapping[str, Any]]:
        """Do a job and return what NetBox was asked meanwhile."""
        self.forget_requests()
        done = self.do(job)
        return done, self.requests()

    def netbox(self, endpoint: str, **filters: Any) -> list[dict[str, Any]]:
        at = self.lab.site["netbox"]
        answer = requests.get(
            f"{at['url']}/api/{endpoint}/",
            params={"limit": 1000, **filters},
            headers={"Authorization": f"Token {at['token']}"},
            timeout=60,
        )
        answer.raise_for_status()
        return list(answer.json()["results"])

    def commits(self) -> int:
        """Configurations that the switches took."""
        found = 0
        for each in self.lab.site["switches"].values():
            status = administer(each["port"], each["secret"], "status", each["address"])
            found += status["commits"]
        return found


@contextmanager
def site(groups: Sequence[sites.Group], **settings: Any) -> Iterator[Site]:
    """A lab with these nodes, imported and new; nothing is scheduled, so that nothing disturbs."""
    with tempfile.TemporaryDirectory(prefix="osism-bench-") as name:
        configuration = sites.write(Path(name) / "source", groups)
        schedule = ("resume", "drift", "facts")
        quiet = {f"schedule_{each}": 0.0 for each in schedule} | settings
        with Lab(Path(name) / "lab", quiet, configuration) as lab:
            assert lab.redis
            each = Site(lab, Desk.at(lab.redis.url))
            each.do(InitialiseNetbox())
            each.do(ImportInventory())
            yield each
