"""The scheduler as processes: one of two sends, the other takes over, nothing is sent twice."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from osism.adapters.connections import connect
from osism.domain.jobs import QUEUES
from osism.domain.schedules import JOBS
from osism.lab.redis import EmbeddedRedis
from tests.e2e.conftest import wait_until

EVERY = 1.0
EXPIRES = timedelta(seconds=10)  # a tick of an entry that is due more often


class Schedulers:
    """Schedulers with the settings of the environment, and what they send; nobody takes it."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory, self.client = directory, connect(url)
        known = {name: text for name, text in os.environ.items() if not name.startswith("OSISM_")}
        off = {f"OSISM_SCHEDULE_{name.upper()}": "0" for name in JOBS}
        self.environment: Mapping[str, str] = {
            **known,
            **off,
            "OSISM_REDIS_URL": url,
            "OSISM_SCHEDULE_RESUME": f"{EVERY:g}",
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def osism(self, *words: str, **more: Any) -> subprocess.Popen[Any]:
        command = [sys.executable, "-m", "osism.main", *words]
        return subprocess.Popen(command, env=self.environment, **more)

    def start(self) -> subprocess.Popen[bytes]:
        with (self.directory / "log").open("ab") as log:
            self.processes.append(self.osism("service", "beat", stderr=log))
        return self.processes[-1]

    def sent(self) -> list[tuple[datetime, int, str]]:
        """When each tick was sent, by which process, and what it is."""
        client: Any = self.client
        found = []
        for queue in QUEUES.values():
            for each in map(json.loads, client.lrange(queue, 0, -1)):
                at = datetime.fromisoformat(each["headers"]["expires"]) - EXPIRES
                pid = int(each["headers"]["origin"].partition("@")[0].removeprefix("gen"))
                job = json.loads(base64.b64decode(each["body"]))[1]["request"]["job"]
                found.append((at, pid, job))
        return sorted(found)

    def senders(self) -> set[int]:
        return {pid for _, pid, _ in self.sent()}

    def gaps(self) -> list[float]:
        moments = [at for at, _, _ in self.sent()]
        return [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]


@pytest.fixture
def schedulers(tmp_path: Path) -> Iterator[Schedulers]:
    with EmbeddedRedis(tmp_path / "redis") as server:
        found = Schedulers(tmp_path, server.url)
        yield found
        for each in found.processes:
            each.kill()
            each.wait()


@pytest.mark.chaos
def test_of_two_schedulers_one_sends_and_the_other_takes_over_within_thirty_seconds(
    schedulers: Schedulers,
) -> None:
    first = schedulers.start()
    wait_until(schedulers.sent)
    second = schedulers.start()
    wait_until(lambda: len(schedulers.sent()) >= 6)
    assert schedulers.senders() == {first.pid}
    assert {job for *_, job in schedulers.sent()} == {"ResumeTransitions"}  # 0 is off

    answer = schedulers.osism("status", "schedule", "-f", "json", stdout=subprocess.PIPE)
    rows = {each["Entry"]: each for each in json.loads(answer.communicate()[0])}
    assert f"(pid {first.pid})" in rows["resume"]["Scheduler"]
    assert rows["resume"]["Last run"] < rows["resume"]["Next run"]
    assert (rows["drift"]["Every"], rows["drift"]["Next run"]) == ("off", "")

    # It dies when its lock has just been renewed for the longest time there is by default.
    client: Any = schedulers.client
    longest = max(client.pttl("osism:lock:beat") for _ in range(300) if not sleep(0.01))
    wait_until(lambda: client.pttl("osism:lock:beat") > longest - 100)
    first.kill()
    first.wait()
    began = monotonic()
    wait_until(lambda: second.pid in schedulers.senders(), within=45)
    assert monotonic() - began <= 30

    sleep(4 * EVERY)
    assert schedulers.senders() == {first.pid, second.pid}
    # None was doubled, and the many that were missed were made up by one.
    assert min(schedulers.gaps()) > 0.8 * EVERY


def test_ticks_that_nobody_sent_are_made_up_once(schedulers: Schedulers) -> None:
    first = schedulers.start()
    wait_until(lambda: len(schedulers.sent()) >= 2)
    first.terminate()
    first.wait(20)
    before = len(schedulers.sent())
    sleep(5 * EVERY)
    assert len(schedulers.sent()) == before
    second = schedulers.start()
    wait_until(lambda: len(schedulers.sent()) >= before + 3)
    assert schedulers.senders() == {first.pid, second.pid}
    assert min(schedulers.gaps()) > 0.8 * EVERY
    assert max(schedulers.gaps()) > 4 * EVERY
