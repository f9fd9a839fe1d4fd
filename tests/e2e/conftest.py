"""A lab with real processes: Redis, NetBox's API over HTTP, switches over TCP, workers, beat."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import requests

from osism.adapters.connections import connect
from osism.lab.processes import Lab
from osism.lab.redis import EmbeddedRedis
from osism.lab.switches import administer

# A shell that puts the tests into its background makes them, and whatever they start, deaf to
# Ctrl-C, which some of them press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

QUICK = {
    "lease": 2.0,
    "schedule_resume": 1.0,
    "revert_in": 20.0,
    "schedule_drift": 0.0,
    "schedule_facts": 0.0,
    "schedule_reconcile": 0.0,
    "netbox_retry": 8.0,
}


def wait_until(condition: Callable[[], Any], within: float = 60.0) -> Any:
    deadline = monotonic() + within
    while not (value := condition()):
        assert monotonic() < deadline, f"not within {within} s"
        sleep(0.01)
    return value


def everything(server: EmbeddedRedis | None) -> str:
    """All that is in Redis, as text."""
    assert server
    client: Any = connect(server.url)
    told = []
    for key in client.scan_iter():
        read = {
            "string": client.get, "hash": client.hgetall, "stream": client.xrange,
            "list": lambda k: client.lrange(k, 0, -1), "set": client.smembers,
            "zset": lambda k: client.zrange(k, 0, -1),
            "none": lambda _: "(gone since it was listed)",
        }[client.type(key)]  # fmt: skip
        told.append(f"{key} {read(key)}")
    return "\n".join(told)


@dataclass(frozen=True)
class Answer:
    """What a command said. ``json`` parses standard output."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Site:
    """The lab as an operator sees it, with a hand on what can go wrong."""

    lab: Lab

    # the operator

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "osism.main", *words],
            env=self.lab.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str], within: float = 100.0) -> Answer:
        out, err = process.communicate(timeout=within)
        return Answer(process.returncode, out, err)

    def osism(self, *words: str) -> Answer:
        return self.finish(self.start(*words))

    def with_input(self, *words: str, text: str) -> Answer:
        """A command that reads *text* from its standard input."""
        done = subprocess.run(
            [sys.executable, "-m", "osism.main", *words],
            env=self.lab.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def connect(self, name: str, state: str, *more: str) -> Answer:
        return self.osism("netbox", "connect", name, "--state", state, *more)

    def at(self, name: str, state: str) -> None:
        """Bring *name* into *state*, whatever was before."""
        answer = self.connect(name, state, "--enforce")
        assert answer.code == 0, answer

    # what is so

    def fields(self, device: str) -> tuple[str, str]:
        rows = self.netbox("dcim/devices", name=device)
        custom = rows[0]["custom_fields"]
        return custom["device_state"] or "", custom["device_transition"] or ""

    def netbox(self, endpoint: str, **filters: Any) -> list[dict[str, Any]]:
        at = self.lab.site["netbox"]
        answer = requests.get(
            f"{at['url']}/api/{endpoint}/",
            params={"limit": 1000, **filters},
            headers={"Authorization": f"Token {at['token']}"},
            timeout=30,
        )
        answer.raise_for_status()
        return list(answer.json()["results"])

    def rows(self, device: str) -> list[dict[str, Any]]:
        words = ("netbox", "transition", "list", "--device", device, "--limit", "10000")
        return list(self.osism(*words, "-f", "json").json)

    def running(self, switch: str) -> str:
        return str(self.switch(switch, "running")["configuration"])

    def status(self, switch: str) -> dict[str, Any]:
        return self.switch(switch, "status")

    def deployed(self, switch: str) -> str:
        """The text at the tag ``deployed/<switch>`` of the state repository."""
        return subprocess.run(
            [
                *("git", "-C", str(self.lab.directory / "state"), "show"),
                f"deployed/{switch}:{switch}.cfg",
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def agree(self, device: str, state: str, switches: tuple[str, ...]) -> None:
        """NetBox, journal, state repository and switches say the same."""
        assert self.fields(device) == (state, "")
        assert self.rows(device)[0]["Status"] == "succeeded"
        for switch in switches:
            assert self.running(switch) == self.deployed(switch)
        assert self.osism("netbox", "drift", *switches).code == 0

    # what goes wrong

    def switch(self, name: str, do: str, **values: Any) -> dict[str, Any]:
        at = self.lab.site["switches"][name]
        return administer(at["port"], at["secret"], do, at["address"], **values)

    def netbox_fault(self, **fault: Any) -> None:
        url = self.lab.site["netbox"]["url"]
        requests.post(f"{url}/lab/faults", json=fault, timeout=10).raise_for_status()

    def mend(self) -> None:
        url = self.lab.site["netbox"]["url"]
        requests.delete(f"{url}/lab/faults", timeout=10).raise_for_status()
        for name in self.lab.site["switches"]:
            self.switch(name, "clear")

    def requests(self) -> dict[str, Any]:
        url = self.lab.site["netbox"]["url"]
        found: dict[str, Any] = requests.get(f"{url}/lab/requests", timeout=10).json()
        return found

    def count_anew(self) -> None:
        url = self.lab.site["netbox"]["url"]
        requests.delete(f"{url}/lab/requests", timeout=10).raise_for_status()

    def kill_worker(self) -> None:
        self.lab.kill("worker")

    def start_worker(self) -> None:
        self.lab.start("worker", "worker", "--all")


@pytest.fixture(scope="session")
def session_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Lab(tmp_path_factory.mktemp("lab"), QUICK) as lab:
        site = Site(lab)
        assert site.osism("netbox", "init").code == 0
        assert site.osism("netbox", "import").code == 0
        assert site.osism("netbox", "connect", "fabric", "--state", "a").code == 0
        yield site


@pytest.fixture
def site(session_site: Site) -> Iterator[Site]:
    """The lab, mended after each test."""
    yield session_site
    session_site.mend()
    if "worker" not in session_site.lab.children:
        session_site.start_worker()


@pytest.fixture
def configuration(site: Site) -> Path:
    """The lab's configuration repository."""
    return site.lab.directory / "configuration" / "netbox"
