"""A transition that is taken up again: it goes on with what is still its own, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from osism.actions.connect_devices import Limits, connect_devices
from osism.actions.phases.deploy import Rollout
from osism.domain.definitions import Definitions
from osism.domain.errors import Busy, OutsideFailed, Refused
from osism.domain.inventory import Device, Snapshot
from osism.domain.jobs import ConnectDevices
from osism.domain.ports import Owner
from osism.domain.transitions import Fields
from tests.fakes.journal import MemoryJournal
from tests.fakes.work import RecordedWork
from tests.unit.domain.build import define

NAMES = ("node-1", "node-2")


class Killed(BaseException):
    """The worker's end by SIGKILL."""


class Netbox:
    """Nodes without cables, and a worker that dies once it writes *dies_at*."""

    def __init__(self) -> None:
        self.known = {name: Device(number, name, state="a") for number, name in enumerate(NAMES, 1)}
        self.dies_at = ""
        self.away = False

    def snapshot(self, names: Collection[str], *_: Any) -> Snapshot:
        if self.away:
            raise OutsideFailed("NetBox cannot be reached")
        found = {name: self.known[name] for name in names if name in self.known}
        return Snapshot(found, {}, {}, (), {})

    def record(self, fields: Mapping[int, Fields]) -> None:
        for name, device in self.known.items():
            if each := fields.get(device.id):
                state, transition = each.device_state, each.device_transition
                self.known[name] = replace(device, state=state, transition=transition)
                if self.dies_at and transition.endswith(self.dies_at):
                    raise Killed

    def apply(self, changes: Any, fields: Mapping[int, Fields]) -> None:
        self.record(fields)


class Repository:
    def collections(self) -> Mapping[str, list[str]]:
        return {"rack-1": list(NAMES)}

    def definitions(self, name: str) -> Definitions:
        return Definitions("rack-1", name, {s: {name: define("", name, s)} for s in "abc"})


class Store:
    def commit(self, texts: Mapping[str, str], message: str) -> list[str]:
        return []

    def mark_deployed(self, names: Iterable[str]) -> None:
        pass


class Lease:
    def check(self) -> None:
        pass


class Locks:
    """Locks that nobody waits for; *meanwhile* happens before they are taken."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], Any] = lambda: None
        self.held: dict[str, Owner] = {}
        self.asked: list[str] = []

    def holders(self, names: Iterable[str]) -> Mapping[str, Owner]:
        return {name: self.held[name] for name in names if name in self.held}

    def ask(self, name: str, by: str) -> None:
        self.asked.append(name)

    @contextmanager
    def hold(self, *_: Any) -> Iterator[Lease]:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        yield Lease()


class Site:
    def __init__(self) -> None:
        self.netbox, self.journal, self.locks = Netbox(), MemoryJournal(), Locks()

    def connect(self, id: str, *names: str, **how: Any) -> dict[str, Any]:
        job: Any = ConnectDevices(names, **how)
        ports: Any = (self.netbox, Repository(), Store(), None, self.locks, self.journal)
        return connect_devices(job, RecordedWork(id), *ports, Limits())

    def killed(self, id: str, *names: str, **how: Any) -> None:
        """A job whose worker dies in phase 2."""
        self.netbox.dies_at = "phase_2"
        with pytest.raises(Killed):
            self.connect(id, *names, **how)
        self.netbox.dies_at = ""

    def at(self) -> list[str]:
        return [self.netbox.known[name].state for name in NAMES]

    def ends(self, job: str) -> list[str]:
        return [row.status for row in self.journal.of_job(job)]


def test_a_device_that_another_job_has_taken_over_stays_where_that_led_it() -> None:
    site = Site()
    site.killed("batch", "rack-1", kind="collection", state="b")
    site.connect("wish", "node-1", kind="device", state="c", enforce=True)
    assert site.ends("batch") == ["aborted", "running"]
    result = site.connect("batch", "rack-1", kind="collection", state="b")
    assert [each["device"] for each in result["devices"]] == ["node-2"]
    assert site.at() == ["c", "b"]
    assert site.journal.specs.of()["node-1"].state == "c"
    assert site.ends("batch") == ["aborted", "succeeded"]


def test_a_job_that_works_on_a_device_that_was_taken_over_is_not_asked_to_stop() -> None:
    site = Site()
    site.killed("batch", "rack-1", kind="collection", state="b", enforce=True)
    site.killed("wish", "node-1", kind="device", state="c", enforce=True)
    site.locks.held = {"device:node-1": Owner("wish", "connect node-1 to c")}
    site.connect("batch", "rack-1", kind="collection", state="b", enforce=True)
    assert site.locks.asked == []
    assert site.ends("wish") == ["running"]
    assert site.at()[1] == "b"


def test_a_device_that_had_arrived_before_is_not_led_back() -> None:
    """It was no part of the transition, and has gone elsewhere since."""
    site = Site()
    site.connect("first", "node-1", kind="device", state="b")
    site.killed("batch", "rack-1", kind="collection", state="b")
    site.connect("wish", "node-1", kind="device", state="c", enforce=True)
    site.connect("batch", "rack-1", kind="collection", state="b")
    assert site.at() == ["c", "b"]


@pytest.mark.parametrize("generation", [0, 1])
def test_one_that_another_job_took_over_while_it_waited_for_its_locks_is_over(
    generation: int,
) -> None:
    site = Site()
    mine: Any = {"kind": "device", "state": "b", "enforce": True, "generation": generation}
    site.killed("mine", "node-1", **mine)
    site.locks.meanwhile = lambda: site.connect(
        "wish", "node-1", kind="device", state="c", enforce=True
    )
    with pytest.raises(Refused, match="taken up by job wish"):
        site.connect("mine", "node-1", **mine)
    assert site.at() == ["c", "a"]


def test_what_is_left_of_it_is_done() -> None:
    site = Site()
    site.killed("batch", "rack-1", kind="collection", state="b")
    site.connect("batch", "rack-1", kind="collection", state="b")
    assert site.at() == ["b", "b"]
    assert site.ends("batch") == ["succeeded", "succeeded"]


def test_it_waits_for_netbox_and_one_that_begins_does_not() -> None:
    """The worker is there before NetBox after a reboot, and the device half-way."""
    site = Site()
    site.killed("mine", "node-1", kind="device", state="b")
    site.netbox.away = True
    with pytest.raises(Busy, match="NetBox cannot be reached"):
        site.connect("mine", "node-1", kind="device", state="b")
    with pytest.raises(OutsideFailed):
        site.connect("another", "node-2", kind="device", state="b")
    assert site.ends("mine") == ["running"]
    site.netbox.away = False
    site.connect("mine", "node-1", kind="device", state="b")
    assert site.at() == ["b", "a"]


def test_what_netbox_says_is_done_is_not_taken_back_for_a_journal_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The switches would run what was before, and NetBox say that the device has arrived."""
    site = Site()
    taken_back: list[Rollout] = []
    finish = site.journal.finish

    def away(ids: Collection[str], status: str, error: str = "") -> None:
        if status == "succeeded":
            raise OutsideFailed("the journal is away")
        finish(ids, status, error)

    monkeypatch.setattr(site.journal, "finish", away)
    monkeypatch.setattr(Rollout, "revert", lambda rollout: taken_back.append(rollout))
    with pytest.raises(OutsideFailed, match="the journal is away"):
        site.connect("mine", "node-1", kind="device", state="b", enforce=True)
    assert site.at() == ["b", "a"]
    assert taken_back == []
    monkeypatch.setattr(site.journal, "finish", finish)
    site.connect("mine", "node-1", kind="device", state="b", enforce=True)
    assert site.ends("mine") == ["succeeded"]
