"""The lab's processes: Redis, the site, a worker for all queues, the scheduler.

All are children of one supervisor and end with it, however it ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Any

import yaml

from osism.domain.errors import Busy, Misconfigured, OutsideFailed
from osism.lab.redis import EmbeddedRedis

PATIENCE = 60.0  # seconds for a process to start on a busy machine


def default_directory() -> Path:
    """Where a lab keeps everything, unless told otherwise (``OSISM_LAB``)."""
    named = os.environ.get("OSISM_LAB")
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(named) if named else Path(base) / "osism" / "lab"


def sample_configuration() -> Path:
    """The configuration repository that comes with the product (``contrib/lab``)."""
    checkout = Path(str(files("osism"))).parent / "contrib" / "lab"
    installed = Path(sys.prefix) / "share" / "osism" / "lab"
    for path in (checkout, installed):
        if (path / "netbox").is_dir():
            return path
    raise Misconfigured(
        "the lab's sample configuration (contrib/lab) comes with the source; run it there"
    )


@dataclass
class Lab:
    """One lab in a directory. Use it as a context manager: leaving stops what it started."""

    directory: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    configuration: Path | None = None
    redis: EmbeddedRedis | None = None
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The settings' file of this lab, for ``OSISM_CONFIG``."""
        return self.directory / "osism.yml"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of commands that talk to this lab."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OSISM_", "NETBOX_")) and name != "BROKER_URI"
        }
        return kept | {"OSISM_CONFIG": str(self.config)}

    @property
    def notifications(self) -> str:
        """The broker of Ironic's notifications, as kombu calls it: the lab's Redis."""
        from osism.adapters.connections import celery_broker

        assert self.redis  # noqa: S101 - started before
        return celery_broker(self.redis.url)[0]

    @property
    def site(self) -> dict[str, Any]:
        """What the site announced: NetBox's URL and token, the switches' ports and secrets."""
        found: dict[str, Any] = json.loads((self.directory / "site.json").read_text())
        return found

    def __enter__(self) -> Lab:
        try:
            self._prepare()
            self._start_redis()
            self._start_site()
            self._write_settings()
            self.start("worker", "worker", "--all")
            self.start("beat", "service", "beat")
            self._wait_for("a worker", self._worker_is_there)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if other := running(self.directory):
            raise Busy(f"a lab runs in {self.directory} already (process {other})")
        (self.directory / "site.json").unlink(missing_ok=True)
        target = self.directory / "configuration"
        if not target.exists():
            shutil.copytree(self.configuration or sample_configuration(), target)
        _write_pid(self.directory)

    def _start_redis(self) -> None:
        self.redis = EmbeddedRedis(self.directory / "redis", persist=True)
        self.redis.start()

    def _start_site(self) -> None:
        command = [sys.executable, "-m", "osism.lab.site", str(self.directory)]
        self._spawn("site", [*command, str(self.directory / "configuration")])
        self._wait_for("the site", (self.directory / "site.json").exists)

    def _write_settings(self) -> None:
        assert self.redis  # noqa: S101 - started before
        site = self.site
        settings: dict[str, Any] = {
            "redis_url": self.redis.url,
            "notifications_url": self.notifications,
            "netbox_url": site["netbox"]["url"],
            "netbox_token": site["netbox"]["token"],
            "configuration": str(self.directory / "configuration"),
            "state_repository": str(self.directory / "state"),
            "reconciled": str(self.directory / "inventory"),
            "vault_key": str(self.directory / "vault.key"),
            "database_url": f"sqlite:///{self.directory / 'osism.db'}",
            "switches": {
                name: {"driver": "lab", **each} for name, each in site["switches"].items()
            },
            **self.settings,
        }
        self.config.touch(mode=0o600)
        self.config.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a process of the product (``osism …``) that belongs to the lab."""
        return self._spawn(name, [sys.executable, "-m", "osism.main", *arguments])

    def start_api(self, name: str = "api", *more: str) -> str:
        """Start a process of the HTTP API on a free port; its URL, once it listens."""
        log = self.directory / f"{name}.log"
        log.unlink(missing_ok=True)
        self.start(name, "service", "api", "--port", "0", *more)
        if not self.says(name, "listening on "):
            raise OutsideFailed(f"the lab's {name} does not listen: {self._last_words(name)}")
        found = log.read_text(errors="replace").partition("listening on ")[2].split()[0]
        return found.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - of every address, ours

    def _spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        log = (self.directory / f"{name}.log").open("ab")
        with log:
            self.children[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                preexec_fn=_end_with_parent,
                start_new_session=True,
            )
        return self.children[name]

    def _wait_for(self, what: str, there: Callable[[], bool]) -> None:
        deadline = monotonic() + PATIENCE
        while not there():
            for name, child in self.children.items():
                if child.poll() is not None:
                    raise OutsideFailed(f"the lab's {name} ended at once: {self._last_words(name)}")
            if monotonic() > deadline:
                raise OutsideFailed(f"the lab: {what} did not start within {PATIENCE:g} s")
            sleep(0.02)

    def _worker_is_there(self) -> bool:
        from osism.adapters.connections import connect
        from osism.adapters.locks import RedisLocks
        from osism.adapters.streams import RedisRecords

        assert self.redis  # noqa: S101 - started before
        client = connect(self.redis.url)
        return bool(RedisRecords(client, RedisLocks(client)).workers())

    def says(self, name: str, words: str) -> bool:
        """Wait until a process has logged *words*; whether it has."""
        deadline = monotonic() + PATIENCE
        while words not in (self.directory / f"{name}.log").read_text(errors="replace"):
            if monotonic() > deadline or self.children[name].poll() is not None:
                return False
            sleep(0.02)
        return True

    def _last_words(self, name: str) -> str:
        text = (self.directory / f"{name}.log").read_text(errors="replace").strip()
        return text.rpartition("\n")[2] or "it said nothing"

    def stop(self) -> None:
        """Stop everything this lab started, the last first."""
        for name in reversed(self.children):
            _stop(self.children[name])
        self.children.clear()
        if self.redis:
            self.redis.stop()
            self.redis = None
        (self.directory / "lab.pid").unlink(missing_ok=True)

    def ended(self) -> list[str]:
        """Processes that have ended by themselves, in words."""
        codes = {name: child.poll() for name, child in self.children.items()}
        if self.redis and self.redis.pid is None:
            codes["redis"] = -1
        return [
            f"the lab's {name} has ended (exit code {code})"
            for name, code in codes.items()
            if code is not None
        ]

    def kill(self, name: str) -> list[int]:
        """SIGKILL a process with all its children, as when a machine dies; their ids."""
        child = self.children.pop(name)
        killed = []
        for pid in (*descendants(child.pid), child.pid):
            try:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            except ProcessLookupError:
                continue
        child.wait()
        return killed


def _stop(child: subprocess.Popen[bytes], patience: float = 15.0) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            for pid in (*descendants(child.pid), child.pid):
                os.kill(pid, signal.SIGKILL)
            child.wait()


def _end_with_parent() -> None:
    """Linux: the kernel ends a child whose supervisor is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def descendants(pid: int) -> list[int]:
    """The processes below *pid*, children first."""
    found: list[int] = []
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return found
    for thread in threads:
        try:
            children = [int(each) for each in (thread / "children").read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *descendants(child)]
    return found


def _write_pid(directory: Path) -> None:
    (directory / "lab.pid").write_text(f"{os.getpid()} {_began(os.getpid())}")


def running(directory: Path) -> int | None:
    """The process id of the supervisor of the lab in *directory*, None when none runs."""
    try:
        pid, began = (directory / "lab.pid").read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if _began(int(pid)) == began else None


def _began(pid: int) -> str:
    """When a process began; with its id that identifies it for ever."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
