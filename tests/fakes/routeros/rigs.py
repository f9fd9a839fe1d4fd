"""A driver with a switch behind it, for tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from osism.adapters.switches.routeros import RouterosDriver
from osism.adapters.switches.routeros.console import Console
from osism.adapters.switches.routeros.session import RouterosSession
from osism.domain.ports import Session, Target
from tests.fakes.routeros.machine import Machine
from tests.fakes.routeros.server import Server

PASSWORD = "correct horse; battery"
SPEED = 20.0  #: seconds of the switch in one of ours
LONG = 3600.0  # seconds of the switch: a timer that never fires in a test


@dataclass
class Rig:
    """``running``: what the switch has beside the scripts and timers of a commit."""

    machine: Machine
    server: Server
    options: dict[str, Any]

    def target(self, **options: Any) -> Target:
        merged = {**self.options, **options}
        return Target("leaf-1", "127.0.0.1", self.server.port, merged)

    def session(self, **options: Any) -> AbstractContextManager[Session]:
        return RouterosDriver().connect(self.target(**options))

    def running(self) -> str:
        with self.machine.lock:
            text = self.machine.export((), True)
        lines = text.split("\n")
        return "\n".join(e for e in lines if not e.startswith(("/system sc", "#")))

    def left(self) -> list[str]:
        """The scripts and schedulers on the switch."""
        rows = self.machine.tables
        both = (*rows["system", "script"], *rows["system", "scheduler"])
        return [each.values["name"] for each in both]

    def run(self, text: str) -> str:
        """Deploy and confirm *text*; what runs then."""
        with self.session() as session:
            session.stage(text)
            session.commit(LONG)
            session.confirm()
        return self.running()


class _Hasty:
    """The module ``time`` with short pauses."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.005))


@contextmanager
def rigged(ports: int = 8, **values: Any) -> Iterator[Rig]:
    """A switch that has never been deployed to, with its first port for management."""
    machine = Machine([f"ether{number}" for number in range(1, ports + 1)], SPEED, **values)
    server = Server(machine, "osism", PASSWORD)
    pace = patch("osism.adapters.switches.routeros.login.PACE", 0.01)
    pauses = patch("netmiko.base_connection.time", _Hasty())  # 0.1 s in each login
    with pace, pauses, server.serving():
        options = {"username": "osism", "password": PASSWORD, "host_key": server.public_key}
        yield Rig(machine, server, {**options, "timeout": 10, "connect_timeout": 5})


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.005)


def vlans(*vids: int) -> str:
    """A configuration with these VLANs, each untagged on the port of its number."""
    lines = ["/interface bridge", "add name=bridge vlan-filtering=yes", "/interface bridge port"]
    lines += [f"add bridge=bridge interface=ether{vid} pvid={vid}" for vid in vids]
    lines.append("/interface bridge vlan")
    lines += [
        f'add bridge=bridge comment="blue {vid}" untagged=ether{vid} vlan-ids={vid}' for vid in vids
    ]
    return "\n".join([*lines, "/system identity", "set name=leaf-1", ""])


ONE, TWO, THREE = vlans(2), vlans(2, 3), vlans(2, 3, 4)


class Direct(Console):
    """A console without a network between, for trying many things in a short time."""

    def __init__(self, machine: Machine, peer: str = "127.0.0.1") -> None:
        super().__init__(None, "switch 'leaf-1'", 1, peer)
        self.machine = machine

    def ask(self, command: str, what: str = "", patience: float = 1) -> str:
        command.encode("ascii")
        assert "\n" not in command
        assert len(command) < 8000
        return self.machine.type(command).strip("\n")


def direct(machine: Machine, *management: str) -> RouterosSession:
    """A session with *machine*, called leaf-1."""
    return RouterosSession("leaf-1", Direct(machine), frozenset(management))
