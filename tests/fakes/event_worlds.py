"""What handling events stands on, in memory, with workers that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest

from osism.actions import handle_events as module
from osism.actions.events import asks, batches, names
from osism.actions.handle_events import handle_events
from osism.domain.conditions import described
from osism.domain.errors import Busy
from osism.domain.event_rules import RULES, Rule
from osism.domain.ironic_events import NodeEvent
from osism.domain.ports import Owner, Received
from tests.fakes.baremetal import MemoryIronic
from tests.fakes.conditions import MemoryConditions
from tests.fakes.events import MemoryEvents
from tests.fakes.jobs import Known, MemoryJobs
from tests.fakes.node_devices import MemoryNodeDevices
from tests.fakes.work import RecordedWork

NODES = ("node-1", "node-2", "node-3")


class Jobs(MemoryJobs):
    """Jobs in memory, and locks that the action takes."""

    def __init__(self) -> None:
        super().__init__()
        self.locks: dict[str, Owner] = {}

    @contextmanager
    def hold(self, wanted: Any, owner: Owner, wait: float, **_: Any) -> Iterator[Any]:
        self._reach()
        (name,) = wanted
        if name in self.locks and wait == 0:
            raise Busy(f"{name!r} is held")
        self.locks[name] = owner
        try:
            yield self
        finally:
            self.locks.pop(name, None)

    def check(self) -> None:
        """A lease that is never lost."""

    def holders(self, names: Any) -> dict[str, Owner]:
        asked = list(names)
        held = {each: self.locks[each] for each in asked if each in self.locks}
        return super().holders(asked) | held


@dataclass
class World:
    """All there is, and a job that handles events in a thread."""

    events: MemoryEvents = field(default_factory=MemoryEvents)
    devices: MemoryNodeDevices = field(default_factory=MemoryNodeDevices)
    conditions: MemoryConditions = field(default_factory=MemoryConditions)
    ironic: MemoryIronic = field(default_factory=MemoryIronic)
    jobs: Jobs = field(default_factory=Jobs)
    work: RecordedWork = field(default_factory=RecordedWork)
    rules: Sequence[Rule] = RULES
    managed: set[str] = field(default_factory=lambda: set(NODES))
    result: Any = None
    thread: Thread | None = None

    def __post_init__(self) -> None:
        for name in NODES:
            self.devices.add(name, "b")

    def come(self, *events: NodeEvent) -> None:
        self.events.add(Received(events))

    def run(self) -> Any:
        """To the end."""
        return handle_events(
            self.work, self.events, self.rules, self.devices, self.managed, self.conditions,
            lambda: self.ironic, self.jobs, self.jobs, self.jobs,
        )  # fmt: skip

    @contextmanager
    def running(self) -> Iterator[None]:
        """Beside the test, which has to let it end."""

        def work() -> None:
            try:
                self.result = self.run()
            except Exception as failure:
                self.result = failure

        self.thread = Thread(target=work, daemon=True)
        self.thread.start()
        yield
        self.thread.join(10)
        assert not self.thread.is_alive(), "it does not end"
        if isinstance(self.result, Exception):
            raise self.result

    def job(self, number: int = 0) -> Known:
        """A job that was sent, as soon as it is there."""
        until(lambda: len(self.sent) > number)
        return self.jobs.known[self.sent[number]]

    @property
    def sent(self) -> list[str]:
        return list(dict.fromkeys(self.jobs.sent))

    def arrive(self, number: int, state: str = "succeeded", *names: str, reason: str = "") -> None:
        """A transition ends; its devices, or *names* of them, are where they shall be."""
        job = self.job(number)
        target = str(job.request["state"])
        for name in names or (job.request["names"] if state == "succeeded" else ()):
            self.devices.at(name, target)
        self.jobs.finish(job.id, state)
        self.jobs.known[job.id].reason = reason

    def wrong(self, name: str) -> str:
        return described(self.conditions.of([name]))


def until(condition: Callable[[], Any], within: float = 5.0) -> Any:
    deadline = monotonic() + within
    while not (value := condition()):
        assert monotonic() < deadline, "it does not happen"
        sleep(0.005)
    return value


def quick(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which nobody waits long."""
    for where, name, seconds in (
        (module, "_PAUSE", 0.005), (module, "_AGAIN", 0.01), (module, "_LINGER", 0.0),
        (asks, "AGAIN", 0.02),
        (names, "_AGAIN", 0.02), (batches, "QUIET", 0.02), (batches, "LATER", 0.02),
    ):  # fmt: skip
        monkeypatch.setattr(where, name, seconds)
    return World()
