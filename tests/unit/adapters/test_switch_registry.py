"""Which driver and target belong to which switch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from osism.adapters import switches
from osism.adapters.switches import SwitchRegistry
from osism.adapters.switches.file import FileDriver
from osism.adapters.switches.lab import OBSERVES, LabDriver
from osism.domain.errors import Misconfigured
from osism.domain.inventory import Device
from osism.domain.ports import Capabilities, Driver, Switches, Target

LEAF = Device(1, "leaf-1", manufacturer="edgecore", platform="sonic", management="192.0.2.7")
OTHER = Device(2, "core-1", manufacturer="MikroTik", platform="RouterOS 7")


class Recorder:
    """A driver that remembers its options and targets."""

    capabilities = Capabilities(description="recorded")

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options
        self.target: Target | None = None

    @contextmanager
    def connect(self, target: Target) -> Iterator[Any]:
        self.target = target
        yield self


class Another(Recorder):
    capabilities = Capabilities(description="another")


DRIVERS = {"recorder": Recorder, "another": Another}


def registry(entries: Any, default: str = "recorder") -> SwitchRegistry:
    return SwitchRegistry(entries, default, DRIVERS)


def test_the_product_s_drivers_keep_the_promises() -> None:
    promised: list[Driver] = [LabDriver(), FileDriver()]
    kept: Switches = SwitchRegistry({}, "file", {"file": FileDriver})
    assert kept.capabilities(LEAF) == promised[1].capabilities


def test_without_an_entry_the_default_driver_talks_to_the_management_address() -> None:
    assert registry({}).target(LEAF) == Target("leaf-1", "192.0.2.7")
    assert registry({}).capabilities(LEAF).description == "recorded"


@pytest.mark.parametrize(
    ("key", "fits"),
    [
        ("leaf-1", True),
        ("platform:sonic", True),
        ("manufacturer:edgecore", True),
        ("manufacturer:EdgeCore", True),
        ("leaf-10", False),
        ("platform:edgecore", False),
        ("manufacturer:sonic", False),
    ],
)
def test_an_entry_is_found_by_its_key(key: str, fits: bool) -> None:
    found = registry({key: {"driver": "another", "port": 22}})
    assert found.capabilities(LEAF).description == ("another" if fits else "recorded")
    assert found.target(LEAF).port == (22 if fits else None)


def test_names_are_found_as_slugs() -> None:
    entries = {"platform:routeros-7": {"port": 1}, "manufacturer:mikrotik": {"address": "a"}}
    assert registry(entries).target(OTHER) == Target("core-1", "a", 1)


def test_the_particular_entry_lies_on_top() -> None:
    entries = {
        "manufacturer:edgecore": {"secret": "s", "port": 1, "timeout": 1},
        "platform:sonic": {"port": 2, "timeout": 2},
        "leaf-1": {"port": 3, "address": "192.0.2.9"},
    }
    target = registry(entries).target(LEAF)
    assert target == Target("leaf-1", "192.0.2.9", 3, {"secret": "s", "timeout": 2})


def test_the_entry_default_lies_below_all_others() -> None:
    found = registry({"default": {"driver": "another", "port": 1, "x": 1}, "leaf-1": {"port": 2}})
    assert found.target(LEAF) == Target("leaf-1", "192.0.2.7", 2, {"x": 1})
    assert found.capabilities(OTHER).description == "another"


def test_an_entry_with_another_driver_begins_anew() -> None:
    entries = {
        "manufacturer:edgecore": {"secret": "s", "port": 1},
        "leaf-1": {"driver": "another", "directory": "d"},
    }
    assert registry(entries).target(LEAF) == Target("leaf-1", "192.0.2.7", None, {"directory": "d"})


def test_a_driver_sees_its_options() -> None:
    made: list[Recorder] = []

    def factory(options: Mapping[str, Any]) -> Recorder:
        made.append(Recorder(options))
        return made[-1]

    with SwitchRegistry({"leaf-1": {"speed": 9}}, "r", {"r": factory}).connect(LEAF):
        assert made[-1].options == {"driver": "r", "speed": 9}
        assert made[-1].target == Target("leaf-1", "192.0.2.7", None, {"speed": 9})


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(registry({"leaf-1": {"secret": "hush"}}).target(LEAF))


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (
            {"leaf-1": {"driver": "recoder"}},
            "'recoder'; did you mean 'recorder'.*another, recorder",
        ),
        ({"leaf-1": {"driver": 7}}, "driver must be a text"),
        ({"leaf-1": "recorder"}, "must be a table"),
        ({"leaf-1": {"port": 0}}, "port 0 is not"),
        ({"leaf-1": {"port": "22"}}, "port '22' is not"),
        ({"leaf-1": {"port": True}}, "port True is not"),
        ({"leaf-1": {"address": 7}}, "address must be a text"),
        ({"vendor:x": {}}, "vendor:x: not a device"),
    ],
)
def test_a_wrong_entry_is_found_at_the_start(entries: Any, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        registry(entries)


def test_an_unknown_default_names_what_exists() -> None:
    with pytest.raises(Misconfigured, match=r"the default driver.*'nothing'.*another, recorder"):
        registry({}, "nothing")


# --- entry points ---------------------------------------------------------------------------------


def installed(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    points = [EntryPoint(name, value, switches.GROUP) for name, value in values.items()]
    monkeypatch.setattr(switches, "entry_points", lambda group: points)


def test_drivers_are_found_by_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(
        monkeypatch,
        lab="osism.adapters.switches.lab:LabDriver",
        file="osism.adapters.switches.file:FileDriver",
    )
    found = SwitchRegistry({"platform:sonic": {"driver": "lab", "syntax": "mikrotik"}}, "file")
    assert found.capabilities(LEAF).observes == OBSERVES["mikrotik"]
    assert found.capabilities(OTHER).observes == frozenset()


def test_a_driver_is_loaded_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, file="osism.adapters.switches.file:FileDriver", ghost="no.such.module:X")
    found = SwitchRegistry({"platform:sonic": {"driver": "ghost"}}, "file")
    assert found.capabilities(OTHER) == FileDriver.capabilities
    with pytest.raises(Misconfigured, match=r"'ghost' cannot be loaded: No module named 'no'"):
        found.capabilities(LEAF)


def test_nothing_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    with pytest.raises(Misconfigured, match="none is installed"):
        SwitchRegistry({}, "lab")


# --- what the drivers declare ---------------------------------------------------------------------


def test_the_lab_driver_declares_what_its_syntax_carries() -> None:
    assert LabDriver({"syntax": "edgecore"}).capabilities.observes == OBSERVES["edgecore"]
    assert LabDriver().capabilities.observes == OBSERVES["edgecore"] & OBSERVES["mikrotik"]
    assert LabDriver().capabilities.revert_timer
    with pytest.raises(Misconfigured, match="'cisco' is none of edgecore, mikrotik"):
        LabDriver({"syntax": "cisco"})


def test_the_file_driver_says_that_it_observes_nothing() -> None:
    capabilities = FileDriver.capabilities
    assert (capabilities.observes, capabilities.revert_timer) == (frozenset(), False)
    assert "nothing is read from the switch" in capabilities.description


def test_a_mistake_in_the_credentials_is_not_looked_for_in_the_setting() -> None:
    found = SwitchRegistry({}, "recorder", DRIVERS, lambda: {"sites:fra1": {"password": "x" * 8}})
    with pytest.raises(Misconfigured, match=r"^credentials of switches: sites:fra1: not"):
        found.target(LEAF)
