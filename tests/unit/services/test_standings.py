"""What NetBox says is kept for a moment, and never longer than it is so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest

from osism.domain.errors import OutsideFailed
from osism.domain.inventory import Device
from osism.services.api.standings import FEW, KEPT, Standings


class Netbox:
    """Devices by name and state; ``asked`` is what was read, None for all of them."""

    def __init__(self, *names: str) -> None:
        self.states = dict.fromkeys(names, "a")
        self.asked: list[frozenset[str] | None] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def devices(self, names: Collection[str] | None = None) -> Sequence[Device]:
        self.asked.append(None if names is None else frozenset(names))
        chosen = sorted(self.states if names is None else {*names} & {*self.states})
        found = [Device(1, name, state=self.states[name]) for name in chosen]
        self.meanwhile()
        return found


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def netbox() -> Netbox:
    return Netbox("node-1", "node-2", "node-3")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def standings(netbox: Netbox, clock: Clock) -> Standings:
    return Standings(netbox, clock)


def states(standings: Standings, **versions: int) -> dict[str, str]:
    found = standings.of({name.replace("_", "-"): each for name, each in versions.items()})
    return {name: each.device.state for name, each in found.items() if each.device}


def test_one_device_is_read_alone_and_kept_for_a_moment(
    standings: Standings, netbox: Netbox, clock: Clock
) -> None:
    assert states(standings, node_1=0) == {"node-1": "a"}
    netbox.states["node-1"] = "b"
    clock.now += KEPT * 0.9
    assert states(standings, node_1=0) == {"node-1": "a"}
    clock.now += KEPT * 0.2
    assert states(standings, node_1=0) == {"node-1": "b"}
    assert netbox.asked == [{"node-1"}] * 2


def test_what_the_journal_knows_of_since_is_read_again_and_that_device_only(
    standings: Standings, netbox: Netbox
) -> None:
    standings.all({"node-1": 3, "node-2": 5})
    netbox.states["node-1"] = "b"
    found = standings.all({"node-1": 4, "node-2": 5})
    assert found["node-1"].device == Device(1, "node-1", state="b")
    assert list(found) == ["node-1", "node-2", "node-3"]
    assert netbox.asked == [None, {"node-1"}]
    assert states(standings, node_1=4, node_2=5) == {"node-1": "b", "node-2": "a"}
    assert len(netbox.asked) == 2


def test_a_step_that_comes_while_netbox_is_read_is_not_missed(
    standings: Standings, netbox: Netbox
) -> None:
    netbox.meanwhile = lambda: netbox.states.update({"node-1": "b"})
    standings.of({"node-1": 1})  # was asked for before the step, and shows what was before it
    assert states(standings, node_1=2) == {"node-1": "b"}


def test_a_device_that_is_not_there_is_left_out_and_not_asked_for_all_the_time(
    standings: Standings, netbox: Netbox
) -> None:
    for _ in range(3):
        assert states(standings, nobody=0) == {}
    assert len(netbox.asked) == 1


def test_a_device_that_comes_or_goes_is_seen(
    standings: Standings, netbox: Netbox, clock: Clock
) -> None:
    standings.all({})
    del netbox.states["node-2"]
    netbox.states["node-0"] = "a"
    clock.now += KEPT
    assert list(standings.all({})) == ["node-0", "node-1", "node-3"]
    assert states(standings, node_2=0) == {}


def test_many_changes_are_read_at_once(clock: Clock) -> None:
    names = [f"node-{number:03}" for number in range(FEW + 1)]
    netbox = Netbox(*names)
    standings = Standings(netbox, clock)
    standings.all({})
    assert len(standings.all(dict.fromkeys(names, 1))) == FEW + 1
    assert netbox.asked == [None, None]


def test_many_threads_read_once(netbox: Netbox) -> None:
    threads = 20
    standings, gate = Standings(netbox), Barrier(threads)

    def ask(number: int) -> object:
        gate.wait()
        return standings.all({}) if number % 2 else standings.of({"node-1": 0})

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(ask, range(threads)))
    assert netbox.asked.count(None) == 1
    assert len(netbox.asked) <= 2


def test_what_several_wait_for_is_read_together() -> None:
    names = [f"node-{number}" for number in range(10)]
    netbox, reading, others = Netbox(*names), Event(), Event()
    netbox.meanwhile = lambda: (reading.set(), others.wait(10))
    standings = Standings(netbox)
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(standings.of, {names[0]: 0})
        assert reading.wait(10)
        rest = [pool.submit(standings.of, {name: 0}) for name in names[1:]]
        while len(standings._asked) < len(rest):
            pass
        others.set()
        assert [list(each.result(10)) for each in (first, *rest)] == [[name] for name in names]
    assert netbox.asked == [{names[0]}, set(names[1:])]


def test_a_list_that_comes_between_brings_what_was_asked_for(
    standings: Standings, netbox: Netbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, fresh = [], standings._fresh

    def look(*asked: Any) -> Any:
        looks.append(asked)
        if len(looks) == 3:  # in its turn, about to read
            standings.all({})
        return fresh(*asked)

    monkeypatch.setattr(standings, "_fresh", look)
    assert states(standings, node_1=0) == {"node-1": "a"}
    assert netbox.asked == [None]


def test_who_waits_longer_than_it_is_kept_takes_it(netbox: Netbox, clock: Clock) -> None:
    standings = Standings(netbox, clock)
    netbox.meanwhile = lambda: setattr(clock, "now", clock.now + 3 * KEPT)
    assert len(standings.all({})) == 3
    assert states(standings, node_1=0) == {"node-1": "a"}
    assert netbox.asked == [None, {"node-1"}]


def test_a_netbox_that_is_away_fails_all_who_wait_once(netbox: Netbox) -> None:
    reading, others = Event(), Event()

    def away() -> None:
        reading.set()
        others.wait(10)
        raise OutsideFailed("NetBox is away")

    netbox.meanwhile = away
    standings = Standings(netbox)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(standings.of, {"node-1": 0})
        assert reading.wait(10)
        rest = [pool.submit(standings.of, {"node-2": number}) for number in range(4)]
        while standings._asked.get("node-2") != 3:
            pass
        others.set()
        errors = [str(each.exception(10)) for each in (first, *rest)]
    assert set(errors) == {"NetBox is away"}
    assert len(netbox.asked) < 5
    netbox.meanwhile = lambda: None
    assert states(standings, node_1=0) == {"node-1": "a"}
