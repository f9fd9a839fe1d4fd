"""The driver ``napalm`` keeps the promises of a switch driver, on each kind of platform."""

from __future__ import annotations

import logging
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from osism.adapters.switches import SwitchRegistry
from osism.adapters.switches.napalm import NapalmDriver
from osism.adapters.switches.napalm.platforms import PLATFORMS
from osism.domain.drift import compare
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.intents import AddressIntent, LagIntent, PortIntent, SwitchIntent, VlanIntent
from osism.domain.inventory import Device
from osism.domain.ports import Session, Target
from tests.contract.sessions import Promises
from tests.fakes import napalm_switches as fakes

ADDRESS = "192.0.2.1"
LONG = 60.0
ONE, TWO, THREE = "vlan 1\n", "vlan 1\nvlan 2\n", "vlan 1\nvlan 2\nvlan 3\n"
CHECKED = [name for name, each in PLATFORMS.items() if each.login.checked]
TIMED = ("eos", "junos", "ios")


@dataclass
class Rig:
    """A driver with a switch behind it."""

    platform: str
    directory: Path
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fakes.NETWORK[ADDRESS] = fakes.Chassis(self.platform)
        self.options = {
            "platform": self.platform,
            "directory": str(self.directory),
            "username": "osism",
            "password": fakes.PASSWORD,
            **({} if self.platform in CHECKED else {"insecure": True}),
            **self.options,
        }

    @property
    def switch(self) -> fakes.Chassis:
        return fakes.NETWORK[ADDRESS]

    @property
    def driver(self) -> NapalmDriver:
        return NapalmDriver(self.options)

    @contextmanager
    def session(self, **options: Any) -> Iterator[Session]:
        target = Target("leaf-1", ADDRESS, options={**self.options, **options})
        with self.driver.connect(target) as session:
            yield session
        assert not self.switch.connections

    def run(self, text: str) -> None:
        """Deploy and confirm *text*, each step with a session of its own."""
        with self.session() as session:
            session.stage(text)
            session.commit(LONG)
        with self.session() as session:
            session.confirm()


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.install(monkeypatch)


@pytest.fixture(params=[*TIMED, "nxos", "nxos_ssh", "iosxr", "iosxr_netconf", "homemade"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return Rig(request.param, tmp_path / "records")


@pytest.fixture(params=TIMED)
def timed(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return Rig(request.param, tmp_path)


@pytest.fixture(params=["nxos", "iosxr", "homemade"])
def untimed(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return Rig(request.param, tmp_path)


# --- what every driver promises -------------------------------------------------------------------


class TestPromises(Promises):
    one, two, three, long = ONE, TWO, THREE, LONG

    def runs(self, rig: Rig, text: str) -> None:
        assert rig.switch.running == text


def test_staging_changes_nothing_and_leaves_nothing(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
    assert rig.switch.running == ONE
    assert rig.switch.candidate is None
    assert rig.switch.calls[-1] == "discard"


def test_the_difference_is_that_of_the_candidate_to_what_runs(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        assert "+vlan 2" in session.stage(TWO).splitlines()
        assert "-vlan 1" in session.stage("vlan 3\n").splitlines()
        assert session.stage(ONE) == ""


def test_the_candidate_that_was_staged_last_is_committed_once(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        session.stage(TWO)
        session.commit(LONG)
        assert rig.switch.running == TWO
        with pytest.raises(OutsideFailed, match="'leaf-1': nothing is staged"):
            session.commit(LONG)
        session.confirm()
    assert rig.switch.running == TWO


@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("own", [False, True])
def test_a_revert_brings_back_what_ran_before(rig: Rig, confirmed: bool, own: bool) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
        if confirmed:
            session.confirm()
        if own:
            session.revert()
    if not own:
        with rig.session() as session:
            session.revert()
    assert rig.switch.running == ONE


def test_with_nothing_to_take_back_a_revert_is_harmless(rig: Rig) -> None:
    with rig.session() as session:
        session.revert()
    assert rig.switch.calls == []


def test_a_pending_commit_outlives_its_session(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
    assert rig.switch.running == TWO
    with rig.session() as session:
        session.confirm()
    with rig.session() as session:
        assert session.stage(TWO) == ""


def test_staging_first_takes_back_what_nobody_confirmed(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as lost:
        lost.stage(TWO)
        lost.commit(LONG)
    with rig.session() as session:
        assert "+vlan 2" in session.stage(THREE).splitlines()
        assert rig.switch.running == ONE
    with rig.session() as lost, pytest.raises(OutsideFailed, match="taken back"):
        lost.confirm()


def test_what_the_switch_refuses_changes_nothing(rig: Rig) -> None:
    rig.run(ONE)
    rig.switch.refuses = "vlan 9"
    with rig.session() as session:
        with pytest.raises(OutsideFailed, match=r"switch 'leaf-1': loading.*Invalid input: vlan 9"):
            session.stage("vlan 9\n")
        with pytest.raises(OutsideFailed, match="nothing is staged"):
            session.commit(LONG)
        session.revert()
        with pytest.raises(OutsideFailed, match="empty"):
            session.stage(" \n")
    assert rig.switch.running == ONE


# --- answers that are lost ------------------------------------------------------------------------


@pytest.mark.parametrize("lost", ["commit", "!commit"])
@pytest.mark.parametrize("then", ["revert", "stage"])
def test_a_commit_without_an_answer_is_taken_back_if_it_arrived(
    rig: Rig, lost: str, then: str
) -> None:
    rig.run(ONE)
    rig.run(TWO)
    rig.switch.lost = lost
    with rig.session() as session:
        session.stage(THREE)
        with pytest.raises(OutsideFailed, match="'leaf-1': the commit failed: Socket is closed"):
            session.commit(LONG)
    with rig.session() as session:
        if then == "revert":
            session.revert()
        else:
            assert "+vlan 3" in session.stage(THREE)
    assert rig.switch.running == TWO


@pytest.mark.parametrize("lost", ["confirm", "!confirm"])
def test_a_confirmation_without_an_answer(timed: Rig, lost: str) -> None:
    timed.run(ONE)
    with timed.session() as session:
        session.stage(TWO)
        session.commit(LONG)
        timed.switch.lost = lost
        with pytest.raises(OutsideFailed, match="the confirmation failed"):
            session.confirm()
    with timed.session() as session:
        session.confirm()
    assert not timed.switch.pending
    with timed.session() as session:
        session.revert()
    assert timed.switch.running == ONE


def test_what_cannot_be_known_is_said(tmp_path: Path) -> None:
    rig = Rig("raising", tmp_path)
    rig.run(ONE)
    rig.switch.lost = "commit"
    with rig.session() as session:
        session.stage(TWO)
        with pytest.raises(OutsideFailed, match="Socket is closed"):
            session.commit(LONG)
        with pytest.raises(OutsideFailed, match="not known whether the last commit arrived"):
            session.revert()


# --- the revert timer -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "wanted", "set_to"),
    [
        ("eos", 60.0, 60),
        ("eos", 0.2, 1),
        ("ios", 61.0, 120),
        ("junos", 1.0, 60),
        ("junos", 120.0, 120),
    ],
)
def test_the_timer_is_rounded_up(tmp_path: Path, platform: str, wanted: float, set_to: int) -> None:
    rig = Rig(platform, tmp_path)
    with rig.session() as session:
        session.stage(ONE)
        session.commit(wanted)
    assert rig.switch.revert_in == set_to


def test_a_timer_that_cannot_be_set_is_refused(tmp_path: Path) -> None:
    rig = Rig("ios", tmp_path)
    with rig.session() as session:
        session.stage(ONE)
        with pytest.raises(Misconfigured, match="7200 seconds at most, 7201"):
            session.commit(7201)
    assert rig.switch.running == ""


def test_after_the_timer_nothing_is_confirmed_or_taken_back(
    timed: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed.run(ONE)
    with timed.session() as session:
        session.stage(TWO)
        session.commit(LONG)
    timed.switch.fire()
    with timed.session() as session, pytest.raises(OutsideFailed, match="taken back"):
        session.confirm()
    with timed.session() as session, pytest.raises(OutsideFailed, match="its time is not over"):
        session.revert()
    monkeypatch.setattr("osism.adapters.switches.napalm.session.time.time", lambda: 1e11)
    before = list(timed.switch.calls)
    with timed.session() as session:
        session.revert()
    assert timed.switch.running == ONE
    assert [each for each in timed.switch.calls[len(before) :] if each != "discard"] == []
    timed.run(TWO)


def test_whether_a_lost_confirmation_arrived_is_not_known_after_the_timer(
    timed: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with timed.session() as session:
        session.stage(ONE)
        session.commit(LONG)
        timed.switch.lost = "!confirm"
        with pytest.raises(OutsideFailed, match="the confirmation failed"):
            session.confirm()
    timed.switch.fire()
    monkeypatch.setattr("osism.adapters.switches.napalm.session.time.time", lambda: 1e11)
    with timed.session() as session, pytest.raises(OutsideFailed, match="taken back"):
        session.confirm()


def test_a_candidate_has_a_name_of_its_own(tmp_path: Path) -> None:
    rig, names = Rig("eos", tmp_path), []
    with rig.session() as session:
        for text in (ONE, TWO):
            session.stage(text)
            session.commit(LONG)
            names.append(rig.switch.pending)
            rig.switch.fire()
    assert len({each[0] for each in names if each}) == 2


def test_a_commit_of_somebody_else_is_left_alone(timed: Rig) -> None:
    timed.run(ONE)
    timed.switch.pending = ("theirs", ONE)
    timed.switch.running = THREE
    with timed.session() as session:
        with pytest.raises(OutsideFailed, match="not from here"):
            session.stage(TWO)
        with pytest.raises(OutsideFailed, match="not from here"):
            session.revert()
    assert timed.switch.pending
    assert timed.switch.running == THREE


def test_without_a_timer_a_commit_stays(untimed: Rig) -> None:
    assert not untimed.driver.capabilities.revert_timer
    with untimed.session() as session:
        session.stage(ONE)
        session.commit(LONG)
    assert untimed.switch.running == ONE


def test_a_restart_takes_back_what_is_pending(tmp_path: Path) -> None:
    rig = Rig("ios", tmp_path)
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
    rig.switch.restart()
    with rig.session() as session, pytest.raises(OutsideFailed, match="taken back"):
        session.confirm()
    rig.run(TWO)
    rig.switch.restart()
    assert rig.switch.running == TWO


# --- what is observed -----------------------------------------------------------------------------


def interface(**values: Any) -> dict[str, Any]:
    return {"is_enabled": True, "is_up": True, "description": "", "mtu": 9000, **values}


def wanted(lag: str = "Port-Channel10") -> SwitchIntent:
    return SwitchIntent(
        "leaf-1",
        (PortIntent("Ethernet1", mtu=9000, description="a", mode="access", untagged=100),),
        (LagIntent(lag, mtu=9000, description="b", number=10, members=("Ethernet2",)),),
        (VlanIntent(100, "blue"),),
        (AddressIntent("Vlan100", "10.0.0.1/24"),),
    )


LAGS = {"eos": "Port-Channel10", "junos": "ae10", "ios": "Port-channel10"} | {
    "nxos": "port-channel10", "nxos_ssh": "port-channel10", "iosxr": "Bundle-Ether10",
    "iosxr_netconf": "Bundle-Ether10", "homemade": "Port-Channel10",
}  # fmt: skip


def fill(rig: Rig) -> None:
    rig.switch.interfaces = {
        "Ethernet1": interface(description="a"),
        "Ethernet2": interface(is_up=False),
        LAGS[rig.platform]: interface(description="b"),
    }
    rig.switch.vlans = {"1": {"name": "default"}, "100": {"name": "blue"}, "None": {"name": "x"}}
    rig.switch.addresses = {
        "Vlan100": {
            "ipv4": {"10.0.0.1": {"prefix_length": 24}},
            "ipv6": {"fe80::1": {"prefix_length": 64}},
        },
        "Management1": {"ipv4": {"192.0.2.1": {"prefix_length": 24}}},
        "MgmtEth0/RP0/CPU0/0": {"ipv4": {"192.0.2.2": {"prefix_length": 24}}},
        "Ethernet3": {"ipv4": {"0.0.0.0": {"prefix_length": 0}}},
        "Ethernet4": {"ipv4": {"10.0.0.1": {"prefix_length": "N/A"}}},
    }


EVERY = ("port.enabled", "port.mtu", "port.description", "lag.enabled", "lag.mtu", "vlan.name")


def test_what_runs_is_compared_as_far_as_the_platform_tells(rig: Rig) -> None:
    fill(rig)
    if rig.platform == "homemade":
        rig.options["observes"] = list(EVERY)
    with rig.session() as session:
        found = session.observe()
    observes = rig.driver.capabilities.observes
    comparison = compare(wanted(), found, observes)
    assert comparison.clean, comparison.differences
    assert {"port.mode", "port.untagged", "lag.members"} <= set(comparison.unchecked)
    assert set(comparison.unchecked) >= {"vlan.name", "address", "port.mtu"} - observes
    assert [(each.name, each.up) for each in found.links][1:] == [
        ("Ethernet2", False),
        ("Port-Channel10", True),
    ]


def test_what_is_not_as_wanted_is_seen(rig: Rig) -> None:
    rig.options |= {"observes": list(EVERY)} if rig.platform == "homemade" else {}
    rig.switch.interfaces = {"Ethernet1": interface(is_enabled=False, mtu=0)}
    with rig.session() as session:
        found = session.observe()
    observes = rig.driver.capabilities.observes
    seen = {each.field for each in compare(wanted(), found, observes).differences}
    assert {"enabled", "exists"} <= seen
    assert ("mtu" in seen) is ("port.mtu" in observes)


def test_of_a_platform_that_is_not_known_nothing_is_assumed(tmp_path: Path) -> None:
    rig = Rig("homemade", tmp_path)
    fill(rig)
    assert not rig.driver.capabilities.observes
    assert not rig.driver.capabilities.revert_timer
    with rig.session() as session:
        comparison = compare(wanted(), session.observe(), rig.driver.capabilities.observes)
    assert comparison.clean
    assert "port.enabled" in comparison.unchecked
    assert "vlan.name" in comparison.unchecked


def test_a_getter_that_is_not_implemented_is_unchecked_and_never_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that the class does not have is known before; one that raises, when it is asked."""
    rig = Rig("eos", tmp_path)
    fill(rig)
    monkeypatch.setattr(sys.modules["custom_napalm.eos"], "Driver", fakes.Iosxr)
    observes = rig.driver.capabilities.observes
    assert "port.enabled" in observes
    assert "vlan.name" not in observes
    monkeypatch.undo()
    fakes.install(monkeypatch)

    rig = Rig("raising", tmp_path, {"observes": ["vlan.name", "port.enabled"]})
    rig.switch.interfaces = {"Ethernet1": interface()}
    with (
        rig.session() as session,
        pytest.raises(Misconfigured, match=r"not implement get_vlans; unchecked: \[vlan.name\]"),
    ):
        session.observe()
    rig.options["unchecked"] = ["vlan.name"]
    with rig.session() as session:
        found = session.observe()
    comparison = compare(
        SwitchIntent("leaf-1", vlans=(VlanIntent(100, "blue"),)),
        found,
        rig.driver.capabilities.observes,
    )
    assert comparison.unchecked == ("vlan.name",)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, "get_interfaces answered with nothing"),
        (None, "get_interfaces answered with nothing"),
        ({"Ethernet1": {"description": "", "mtu": 1}}, "get_interfaces failed: 'is_enabled'"),
        ({"Ethernet1": interface(is_enabled=None)}, "is_enabled of Ethernet1"),
        ({"Ethernet1": None}, "get_interfaces failed"),
        ({"Ethernet1": interface(mtu="x")}, "get_interfaces failed"),
    ],
)
def test_an_answer_that_cannot_be_used_is_no_good_answer(
    tmp_path: Path, answer: Any, words: str
) -> None:
    rig = Rig("nxos", tmp_path)
    rig.switch.interfaces = answer
    with rig.session() as session, pytest.raises(OutsideFailed, match=f"leaf-1.*{words}"):
        session.observe()


def test_fields_can_be_left_out(tmp_path: Path) -> None:
    rig = Rig("eos", tmp_path, {"unchecked": ["vlan.name"]})
    assert "vlan.name" not in rig.driver.capabilities.observes
    for options, words in (
        ({"unchecked": ["vlan.nmae"]}, "unchecked must be a list of address"),
        ({"unchecked": "vlan.name"}, "unchecked must be a list"),
        ({"observes": ["vlan.name"]}, "what eos observes is known"),
    ):
        with pytest.raises(Misconfigured, match=words):
            NapalmDriver({**rig.options, **options})


# --- secrets --------------------------------------------------------------------------------------


def test_differences_and_messages_hold_no_secret(
    rig: Rig, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "username admin secret sha512 $6$abcdefgh"
    with rig.session() as session:
        diff = session.stage(f"vlan 7\n{secret}\nsnmp-server community hushhush ro\n")
        rig.switch.refuses = secret
        with pytest.raises(OutsideFailed) as refused:
            session.stage(secret)
    out = diff + str(refused.value) + caplog.text + "".join(capfd.readouterr())
    assert "+vlan 7" in diff
    assert "********" in diff
    assert "********" in str(refused.value)
    assert "$6$" not in out
    assert "hushhush" not in out
    assert fakes.PASSWORD not in out
    assert refused.value.__cause__ is None


def test_the_record_and_the_disk_hold_no_configuration(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[int] = []
    load = fakes.Fake.load_replace_candidate

    def look(self: fakes.Fake, filename: Any = None, config: Any = None) -> None:
        path = Path(filename)
        seen.extend(stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent))
        load(self, filename, config)

    monkeypatch.setattr(fakes.Fake, "load_replace_candidate", look)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with rig.session() as session:
        session.stage("vlan 4711\n")
        assert not list((tmp_path / "tmp").rglob("candidate"))
        session.commit(LONG)
        session.confirm()
    assert seen == [0o600, 0o700]
    assert list((tmp_path / "tmp").iterdir()) == []
    kept = list(rig.directory.iterdir())
    assert [each.name for each in kept] == ["leaf-1.json"]
    assert "4711" not in kept[0].read_text()
    assert "confirmed" in kept[0].read_text()


# --- entries --------------------------------------------------------------------------------------


def test_only_adding_is_possible_too(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session(load="merge") as session:
        assert "+vlan 5" in session.stage("vlan 5\n")
        session.commit(LONG)
        session.confirm()
    assert rig.switch.running == ONE + "vlan 5\n"


def test_a_switch_that_does_not_answer_or_refuses_the_login(rig: Rig) -> None:
    with (
        pytest.raises(Misconfigured, match=r"^switch 'leaf-1': the login is refused") as refused,
        rig.session(password="another one"),
    ):
        pass
    del fakes.NETWORK[ADDRESS]
    with (
        pytest.raises(OutsideFailed, match=r"switch 'leaf-1': connecting to 192.0.2.1 failed"),
        rig.session(),
    ):
        pass
    registry = SwitchRegistry(
        {"leaf-1": {**rig.options, "driver": "napalm", "password": "another one"}},
        "napalm",
        {"napalm": NapalmDriver},
    )
    fakes.NETWORK[ADDRESS] = fakes.Chassis(rig.platform)
    with (
        pytest.raises(Misconfigured, match=r"no such user with \*\*\*"),
        registry.connect(Device(1, "leaf-1", management=ADDRESS)),
    ):
        pass
    assert "another one" in str(refused.value)  # it is the registry that knows what is secret


def test_through_the_registry_by_the_entry_point(tmp_path: Path) -> None:
    rig = Rig("eos", tmp_path)
    registry = SwitchRegistry({"leaf-1": {**rig.options, "driver": "napalm"}})
    device = Device(1, "leaf-1", management=ADDRESS)
    with registry.connect(device) as session:
        session.stage(ONE)
    assert registry.capabilities(device).revert_timer
    assert registry.capabilities(device).template == ""
