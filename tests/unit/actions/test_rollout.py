"""Phases 3 and 4 on switches whose connections break while others are worked on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from osism.actions.phases import deploy
from osism.actions.phases.deploy import Rollout
from osism.actions.phases.generate import Configuration
from osism.domain.drift import FIELDS
from osism.domain.errors import Drifted, LeaseLost, OutsideFailed
from osism.domain.intents import LagIntent, SwitchIntent
from osism.domain.inventory import Device
from osism.domain.ports import Capabilities

BROKEN = OutsideFailed("the connection is lost")
LAG = LagIntent("Port-Channel1")


class Racks:
    """Switches that remember what they are told. ``dies``: their connection is gone as soon as
    nobody looks; ``strange``: they run something else than they were told."""

    def __init__(
        self, dies: str = "", strange: str = "", dark: str = "", rejects: str = "", same: str = ""
    ) -> None:
        self.dies, self.strange, self.dark = dies, strange, dark
        self.rejects, self.same = rejects, same
        self.told: list[tuple[str, str]] = []

    def capabilities(self, device: Device) -> Capabilities:
        return Capabilities(FIELDS)

    @contextmanager
    def connect(self, device: Device) -> Iterator[Any]:
        self.told.append((device.name, "connect"))
        yield Connection(self, device.name)


class Connection:
    def __init__(self, racks: Racks, name: str) -> None:
        self.racks, self.name, self.observed, self.candidate = racks, name, False, False

    def stage(self, configuration: str) -> str:
        self._do("stage")
        if self.name == self.racks.rejects:
            raise OutsideFailed("no such port")
        self.candidate = self.name != self.racks.same
        return "+1" if self.candidate else ""

    def commit(self, revert_in: float) -> None:
        assert self.candidate, "nothing is staged"
        self._do("commit")

    def observe(self) -> SwitchIntent:
        self.observed = True
        wrong = self.name == self.racks.strange
        return SwitchIntent(self.name, lags=(LAG,) if wrong else ())

    def confirm(self) -> None:
        self._do("confirm")

    def revert(self) -> None:
        self._do("revert")

    def _do(self, verb: str) -> None:
        if self.name == self.racks.dark and verb in ("confirm", "revert"):
            raise BROKEN
        if self.name == self.racks.dies and self.observed:
            raise BROKEN
        self.racks.told.append((self.name, verb))


def rollout(racks: Racks, check: Any = lambda: None) -> Rollout:
    devices = [Device(1, "leaf-1"), Device(2, "leaf-2")]
    configurations = {
        each.name: Configuration(each, SwitchIntent(each.name), "text", "t") for each in devices
    }
    return Rollout(racks, configurations, lambda *_, **__: None, check, 60)


def test_nothing_is_committed_before_all_have_taken_their_candidate() -> None:
    racks = Racks(rejects="leaf-2")
    one = rollout(racks)
    with pytest.raises(OutsideFailed, match="no such port"):
        one.deploy()
    one.close()
    assert not one.committed
    assert "commit" not in {verb for _, verb in racks.told}


def test_a_switch_that_is_as_wanted_is_only_compared() -> None:
    racks = Racks(same="leaf-1")
    one = rollout(racks)
    one.deploy()
    one.validate()
    one.confirm()
    assert [verb for name, verb in racks.told if name == "leaf-1"] == [
        *("connect", "stage"), "connect",
    ]  # fmt: skip
    assert {each["switch"]: each["result"] for each in one.results()} == {
        "leaf-1": "unchanged",
        "leaf-2": "deployed",
    }


def test_a_session_that_waited_long_for_the_others_is_staged_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deploy, "FRESH", -1.0)
    racks = Racks()
    rollout(racks).deploy()
    assert [verb for name, verb in racks.told if name == "leaf-1"] == [
        *("connect", "stage"), *("connect", "stage", "commit"),
    ]  # fmt: skip


def test_a_connection_that_ended_while_others_were_looked_at_is_made_anew() -> None:
    racks = Racks(dies="leaf-1")
    one = rollout(racks)
    one.deploy()
    one.validate()
    one.confirm()
    assert {("leaf-1", "confirm"), ("leaf-2", "confirm")} <= set(racks.told)


def test_what_has_to_be_taken_back_is_although_its_connection_ended() -> None:
    racks = Racks(dies="leaf-1", strange="leaf-2")
    one = rollout(racks)
    one.deploy()
    with pytest.raises(Drifted):
        one.validate()
    one.revert()
    assert one.all_reverted
    assert {("leaf-1", "revert"), ("leaf-2", "revert")} <= set(racks.told)


def test_a_switch_that_stays_away_is_tried_once_more_and_not_for_ever() -> None:
    racks = Racks(dark="leaf-1", strange="leaf-2")
    one = rollout(racks)
    one.deploy()
    with pytest.raises(Drifted):
        one.validate()
    one.revert()
    assert not one.all_reverted
    assert racks.told.count(("leaf-1", "connect")) == 3  # commit, comparison, taking back


def test_with_lost_locks_nothing_is_tried_again() -> None:
    lost: list[bool] = []

    def check() -> None:
        if lost:
            raise LeaseLost("the lock ran out")

    racks = Racks()
    one = rollout(racks, check)
    one.deploy()
    one.validate()
    lost.append(True)
    with pytest.raises(LeaseLost):
        one.confirm()
    assert "confirm" not in {verb for _, verb in racks.told}
