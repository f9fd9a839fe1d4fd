"""What the driver ``sonic`` promises, against a switch of ours that behaves as SONiC is documented
to. No real switch took part."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from osism.adapters.switches.sonic import SonicDriver, script
from osism.adapters.switches.sonic.session import SonicSession
from osism.adapters.templates import Templates
from osism.domain.drift import compare
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.intents import (
    AddressIntent,
    LagIntent,
    Link,
    MlagIntent,
    PortIntent,
    SwitchIntent,
    VlanIntent,
)
from osism.domain.inventory import Device
from osism.domain.systems import ManagementIntent, NeighborIntent, SystemIntent
from tests.contract.sessions import Promises
from tests.fakes.sonic import Served, served
from tests.fakes.sonic_database import SECRETS, factory

LONG = 86400.0  # seconds: a timer that never fires in a test


def vlans(*vids: int) -> str:
    """A configuration with these VLANs, each untagged on the port of its number."""
    return json.dumps(
        {
            "VLAN": {f"Vlan{vid}": {"vlanid": str(vid)} for vid in vids},
            "VLAN_MEMBER": {
                f"Vlan{vid}|Ethernet{4 * vid}": {"tagging_mode": "untagged"} for vid in vids
            },
        }
    )


ONE, TWO, THREE = vlans(2), vlans(2, 3), vlans(2, 3, 4)


class Rig:
    """A driver with a switch behind it, and a look behind the driver's back."""

    def __init__(self, switch: Served) -> None:
        self.switch, self.machine = switch, switch.machine

    def session(self, **options: Any) -> Any:
        target = replace(self.switch.target, options={**self.switch.target.options, **options})
        return SonicDriver(options).connect(target)

    def running(self) -> str:
        return self._vlans(self.machine.config)

    def saved(self) -> str:
        return self._vlans(self.machine.startup)

    @staticmethod
    def _vlans(config: dict[str, Any]) -> str:
        return vlans(*sorted(int(each["vlanid"]) for each in config.get("VLAN", {}).values()))

    def run(self, text: str) -> str:
        """Deploy and confirm *text*; its difference."""
        with self.session() as session:
            diff = session.stage(text)
            session.commit(LONG)
            session.confirm()
            return str(diff)

    def state(self) -> str:
        return (self.switch.directory / "state").read_text().split()[0]


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.005)


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    with served(tmp_path / "switch") as switch:
        monkeypatch.setattr(script, "BOOT", str(switch.boot))
        yield Rig(switch)


EMPTY = vlans()


# --- what every driver promises -------------------------------------------------------------------


class TestPromises(Promises):
    one, two, three, long = ONE, TWO, THREE, LONG

    def runs(self, rig: Rig, text: str) -> None:
        assert rig.running() == (text or EMPTY)


def test_staging_changes_nothing(rig: Rig) -> None:
    before = deepcopy(rig.machine.config)
    with rig.session() as session:
        session.stage(TWO)
    assert rig.machine.config == before


def test_the_difference_is_that_of_the_candidate_to_what_runs(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        diff = session.stage(TWO).splitlines()
        assert '+Vlan3 {"vlanid": "3"}' in diff
        assert '+Vlan3|Ethernet12 {"tagging_mode": "untagged"}' in diff
        assert not any(line.startswith("-") for line in diff if not line.startswith("---"))
        assert '-Vlan2 {"vlanid": "2"}' in session.stage(vlans(4)).splitlines()
        assert session.stage(ONE) == ""


def test_the_candidate_that_was_staged_last_is_committed_once(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        session.stage(TWO)
        session.commit(LONG)
        assert rig.running() == TWO
        with pytest.raises(OutsideFailed, match="nothing is staged"):
            session.commit(LONG)
        session.confirm()
        session.confirm()
    with rig.session() as session:
        session.confirm()
        with pytest.raises(OutsideFailed, match="leaf-1"):
            session.commit(LONG)
    assert rig.running() == rig.saved() == TWO
    assert not rig.machine.timers


@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("later", [False, True])
def test_a_revert_brings_back_what_ran_before(rig: Rig, confirmed: bool, later: bool) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
        if confirmed:
            session.confirm()
        if not later:
            session.revert()
            with pytest.raises(OutsideFailed, match="taken back"):
                session.confirm()
    for _ in range(2):
        with rig.session() as session:
            session.revert()
    assert rig.running() == rig.saved() == ONE
    assert not rig.machine.timers


def test_the_first_commit_can_be_reverted_and_nothing_is_no_mistake(rig: Rig) -> None:
    before = deepcopy(rig.machine.config)
    with rig.session() as session:
        session.revert()
        with pytest.raises(OutsideFailed, match="no commit to confirm"):
            session.confirm()
        session.stage(ONE)
        session.commit(LONG)
        session.revert()
    assert rig.machine.config == before


def test_a_pending_commit_outlives_its_session(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        session.commit(LONG)
    assert (rig.running(), rig.saved()) == (ONE, EMPTY)
    with rig.session() as session:
        session.confirm()
        assert session.stage(ONE) == ""
    assert rig.saved() == ONE


def test_staging_first_takes_back_what_nobody_confirmed(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as lost:
        lost.stage(TWO)
        lost.commit(LONG)
        with rig.session() as session:
            diff = session.stage(THREE).splitlines()
            assert '+Vlan3 {"vlanid": "3"}' in diff
            assert rig.running() == ONE
        with pytest.raises(OutsideFailed, match="taken back"):
            lost.confirm()


# --- two managers ---------------------------------------------------------------------------------


def test_what_another_manager_staged_or_committed_is_not_ours(rig: Rig) -> None:
    with rig.session() as one, rig.session() as other:
        one.stage(ONE)
        other.stage(TWO)
        with pytest.raises(OutsideFailed, match="another session has staged"):
            one.commit(LONG)
        one.revert()
        other.commit(LONG)
        with pytest.raises(OutsideFailed, match="another one came after it"):
            one.confirm()
        one.revert()
        assert rig.running() == TWO
        other.confirm()
    assert rig.saved() == TWO


def test_a_deployment_waits_for_the_one_that_is_under_way(rig: Rig) -> None:
    rig.run(ONE)
    with (
        (rig.switch.directory / "lock").open("a") as lock,
        rig.session(commit_timeout=1) as session,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutsideFailed, match="another deployment is under way there"):
            session.stage(TWO)
    assert rig.running() == ONE


def test_what_was_changed_by_hand_meanwhile(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        rig.machine.config["SNMP_COMMUNITY"]["another-one"] = {"TYPE": "RO"}
        session.commit(LONG)
        assert "another-one" in rig.machine.config["SNMP_COMMUNITY"]
        session.confirm()
        session.stage(TWO)
        rig.machine.config["VLAN"]["Vlan9"] = {"vlanid": "9"}
        with pytest.raises(OutsideFailed, match="has changed since the candidate was loaded"):
            session.commit(LONG)


# --- lost managers, lost switches -----------------------------------------------------------------


def test_the_switch_takes_back_what_nobody_confirms(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(100)
    assert rig.running() == TWO
    until(lambda: rig.state() == "reverted")
    assert (rig.running(), rig.saved()) == (ONE, ONE)
    until(lambda: not rig.machine.timers)
    with rig.session() as session:
        with pytest.raises(OutsideFailed, match="taken back"):
            session.confirm()
        session.revert()
    assert rig.running() == ONE


def test_a_confirmed_commit_stays(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        session.commit(100)
        session.confirm()
        session.stage(TWO)
        session.commit(100)
    until(lambda: rig.state() == "reverted")
    assert rig.running() == ONE


def test_a_connection_that_breaks_in_the_middle_breaks_nothing(rig: Rig) -> None:
    rig.run(ONE)
    rig.machine.before_change = lambda number: rig.switch.drop() if number == 2 else None
    with suppress(OutsideFailed), rig.session() as session:
        session.stage(THREE)
        session.commit(LONG)
        pytest.fail("the connection was to break")
    rig.machine.before_change = lambda number: None
    with rig.session() as session:  # waits for what is under way
        session.revert()
    assert rig.running() == ONE
    assert not (rig.switch.directory / "candidate").exists()


def test_a_manager_that_is_lost_in_the_middle_leaves_it_to_the_timer(rig: Rig) -> None:
    rig.run(ONE)
    rig.machine.before_change = lambda number: rig.switch.drop() if number == 1 else None
    with suppress(OutsideFailed), rig.session() as session:
        session.stage(THREE)
        session.commit(20)
    until(lambda: rig.state() == "reverted")
    assert rig.running() == ONE


def test_a_restart_takes_back_what_was_pending(rig: Rig) -> None:
    rig.run(ONE)
    with suppress(OutsideFailed), rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
        rig.switch.reboot()
        session.observe()
        pytest.fail("the connection was to break")
    assert rig.running() == ONE
    with rig.session() as session:
        with pytest.raises(OutsideFailed, match="taken back: the switch has restarted"):
            session.confirm()
        session.revert()
        assert session.stage(ONE) == ""
    assert rig.saved() == ONE


def test_a_confirmed_commit_that_is_reverted_is_gone_after_a_restart(rig: Rig) -> None:
    rig.run(ONE)
    rig.run(TWO)
    with rig.session() as session:
        session.revert()
    rig.switch.reboot()
    assert rig.running() == ONE


@pytest.mark.parametrize("seconds", [0, -1, 1e9])
def test_a_timer_that_makes_no_sense_is_refused(rig: Rig, seconds: float) -> None:
    with rig.session() as session:
        session.stage(ONE)
        with pytest.raises(OutsideFailed, match="revert_in must be"):
            session.commit(seconds)


# --- what SONiC refuses ---------------------------------------------------------------------------


def test_a_replace_that_fails_half_way_is_taken_back(rig: Rig) -> None:
    rig.run(ONE)

    def fail(number: int) -> None:
        if number == 3:
            raise ValueError("service bgp did not start; passkey tac-s3cret-key is in its way")

    with rig.session() as session:
        session.stage(THREE)
        rig.machine.before_change = fail
        with pytest.raises(OutsideFailed, match="commit: Error: service bgp did not") as failure:
            session.commit(LONG)
        assert "tac-s3cret-key" not in str(failure.value)
        assert rig.running() == ONE
        with pytest.raises(OutsideFailed, match="taken back"):
            session.confirm()
    assert not (rig.switch.directory / "candidate").exists()


def test_a_rollback_that_fails_becomes_a_reload_of_the_checkpoint(rig: Rig) -> None:
    rig.run(ONE)
    rig.machine.fails.add("config rollback")
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
        session.revert()
    assert rig.running() == ONE
    assert any(each[:2] == ("config", "reload") for each in rig.machine.calls)


def test_a_switch_that_cannot_go_back_says_so_and_tries_again(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(100)
        rig.machine.fails |= {"config rollback", "config reload"}
        with pytest.raises(OutsideFailed, match="cannot be brought back"):
            session.revert()
        assert rig.running() == TWO
        rig.machine.fails.clear()
    until(lambda: rig.state() == "reverted")
    assert rig.running() == ONE


def test_what_cannot_be_saved_is_not_confirmed(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
        rig.machine.fails.add("config save")
        with pytest.raises(OutsideFailed, match="confirm: Error: No space left on device"):
            session.confirm()
        rig.machine.fails.clear()
        session.confirm()
    assert rig.saved() == TWO


@pytest.mark.parametrize("command", ["config checkpoint", "systemd-run --quiet"])
def test_without_a_way_back_nothing_is_changed(rig: Rig, command: str) -> None:
    rig.run(ONE)
    rig.machine.fails.add(command)
    with rig.session() as session:
        session.stage(TWO)
        with pytest.raises(OutsideFailed, match="commit: "):
            session.commit(LONG)
        assert rig.running() == ONE
        session.revert()
    assert rig.running() == ONE


def test_a_refused_configuration_changes_nothing(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        for text, words in (
            ("{", "no JSON"),
            ('{"PORT": {"Ethernet999": {"admin_status": "up"}}}', "no such port; it has 32"),
            ('{"VLAN": {"Vlan1": {"vlanid": "1"}}}', r"VLAN\|Vlan1: 'Vlan1' is no VLAN"),
            ('{"USER": {"root": {}}}', "USER: osism writes no such table"),
        ):
            with pytest.raises(OutsideFailed, match=f"switch 'leaf-1': .*refused: .*{words}"):
                session.stage(text)
        with pytest.raises(OutsideFailed, match="nothing is staged"):
            session.commit(LONG)
    assert rig.running() == ONE


# --- secrets --------------------------------------------------------------------------------------


def test_what_is_not_ours_stays_and_is_told_to_nobody(rig: Rig) -> None:
    own = set(json.loads(ONE)) | {"PORT"}
    before = deepcopy(rig.machine.config)
    text = json.dumps({**json.loads(ONE), "PORT": {"Ethernet0": {"admin_status": "down"}}})
    told = rig.run(text)
    after = rig.machine.config
    assert {name: after[name] for name in before if name not in own} == {
        name: before[name] for name in before if name not in own
    }
    assert after["PORT"]["Ethernet0"] == {**before["PORT"]["Ethernet0"], "admin_status": "down"}
    assert "bgpraw" not in after
    assert not [secret for secret in SECRETS if secret in told]


def test_the_whole_configuration_is_in_nobody_elses_reach(rig: Rig) -> None:
    modes: list[tuple[int, int]] = []

    def look(argv: Sequence[str]) -> None:
        if argv[:2] == ["config", "replace"]:
            file, directory = Path(argv[2]), Path(argv[2]).parent
            modes.append((file.stat().st_mode & 0o777, directory.stat().st_mode & 0o777))
            assert "tac-s3cret-key" in file.read_text()

    rig.machine.before_command = look
    rig.run(ONE)
    assert modes == [(0o600, 0o700)]
    left = [each for each in rig.switch.directory.iterdir() if each.is_file()]
    assert not [each for each in left if "s3cret" in each.read_text()]


def test_older_checkpoints_go_when_a_commit_is_confirmed(rig: Rig) -> None:
    rig.machine.checkpoints["mine"] = {}
    for text in (ONE, TWO, THREE):
        rig.run(text)
    assert len(rig.machine.checkpoints) == 2 and "mine" in rig.machine.checkpoints


# --- intents --------------------------------------------------------------------------------------

LAGS = SwitchIntent(
    "leaf-1",
    (
        PortIntent("Ethernet0", mtu=9100, description='node-1 "ü"', mode="access", untagged=100),
        PortIntent("Ethernet4", mtu=9100, mode="tagged", untagged=100, tagged=(200, 300)),
        PortIntent("Ethernet8", enabled=False, mtu=1500),
        PortIntent("Ethernet12", lag="Port-Channel10"),
        PortIntent("Ethernet16", lag="Port-Channel10"),
    ),
    (
        LagIntent(
            "Port-Channel10",
            mtu=9216,
            description="node-2",
            mode="tagged",
            tagged=(200, 4094),
            number=10,
            members=("Ethernet12", "Ethernet16"),
        ),
    ),
    tuple(VlanIntent(vid, f"VLAN {vid}") for vid in (100, 200, 300, 4094)),
    (AddressIntent("Vlan100", "10.1.0.1/24", 100), AddressIntent("Vlan100", "2001:db8::1/64", 100)),
)
ROUTED = SwitchIntent(
    "leaf-1",
    (
        PortIntent("Ethernet0"),
        PortIntent("Ethernet4"),
        PortIntent("Ethernet8", lag="Port-Channel1"),
    ),
    (LagIntent("Port-Channel1", number=1, members=("Ethernet8",)),),
    (),
    (
        AddressIntent("Ethernet0", "10.9.0.1/31"),
        AddressIntent("Loopback0", "10.1.0.7/32"),
        AddressIntent("Port-Channel1", "10.9.1.1/31"),
    ),
    system=SystemIntent(
        asn=65001,
        ntp=("10.0.0.3", "ntp.example"),
        syslog=("10.0.0.4",),
        management=(ManagementIntent("eth0", "192.0.2.6/24"),),
        neighbors=(NeighborIntent("10.9.0.0", 65100, "spine-1", "10.9.0.1", "Ethernet0"),),
    ),
)
MLAG = replace(
    LAGS,
    lags=(
        *LAGS.lags,
        LagIntent("Port-Channel999", mode="tagged", tagged=(100, 4094), number=999),
    ),
    addresses=(AddressIntent("Vlan4094", "10.255.0.1/30", 4094),),
    mlag=MlagIntent("Port-Channel999", 4094, "10.255.0.1/30", "10.255.0.2"),
)


def render(intent: SwitchIntent) -> str:
    return Templates("/nonexistent").render("sonic.cfg.j2", intent, Device(1, intent.name))


@pytest.mark.parametrize("intent", [SwitchIntent("leaf-1"), LAGS, ROUTED, MLAG])
@pytest.mark.parametrize("before", [MLAG, ROUTED])
def test_what_is_deployed_is_observed(rig: Rig, before: SwitchIntent, intent: SwitchIntent) -> None:
    rig.run(render(before))
    rig.run(render(intent))
    with rig.session() as session:
        found = session.observe()
        assert session.stage(render(intent)) == ""
    comparison = compare(intent, found, SonicDriver.capabilities.observes)
    assert comparison.differences == () and comparison.unchecked == ()
    assert found.name == "leaf-1"


def test_the_system_of_a_switch_is_deployed_and_observed(rig: Rig) -> None:
    rig.run(render(ROUTED))
    with rig.session() as session:
        found = session.observe().system
    wanted = ROUTED.system
    assert (found.hostname, found.asn) == ("leaf-1", 65001)
    assert (found.ntp, found.syslog) == (wanted.ntp, wanted.syslog)
    assert found.neighbors == (replace(wanted.neighbors[0], interface=""),)
    # The way to the gateway is the switch's own, the address is new.
    assert found.management == (ManagementIntent("eth0", "192.0.2.6/24", "192.0.2.1"),)
    assert found.hwsku == "Accton-AS7726-32X"


def test_drift_is_found(rig: Rig) -> None:
    rig.run(render(LAGS))
    rig.machine.config["PORT"]["Ethernet0"]["admin_status"] = "down"
    del rig.machine.config["VLAN_MEMBER"]["Vlan200|PortChannel10"]
    rig.machine.config["LOOPBACK_INTERFACE"]["Loopback1|10.7.7.7/32"] = {}
    with rig.session() as session:
        comparison = compare(LAGS, session.observe(), SonicDriver.capabilities.observes)
    assert [str(each) for each in comparison.differences] == [
        "leaf-1 port Ethernet0 enabled: wanted yes, found no",
        "leaf-1 LAG Port-Channel10 tagged: wanted 200,4094, found 4094",
        "leaf-1 address 10.7.7.7/32 on Loopback1 exists: wanted no, found yes",
    ]


def test_links_are_told(rig: Rig) -> None:
    rig.run(render(LAGS))
    rig.machine.down |= {"Ethernet0", "Ethernet16"}
    with rig.session() as session:
        found = session.observe()
    links = {each.name: each for each in found.links}
    assert links["Ethernet0"] == Link("Ethernet0", up=False)
    assert links["Ethernet12"] == Link("Ethernet12", up=True, lacp=True)
    assert links["Ethernet16"] == Link("Ethernet16", up=False, lacp=False)
    assert links["Port-Channel10"] == Link("Port-Channel10", up=True)
    comparison = compare(LAGS, found, SonicDriver.capabilities.observes)
    assert comparison.links == ("Ethernet0: no link", "Ethernet16: no link")


def test_a_switch_that_tells_no_links_is_observed_without(rig: Rig) -> None:
    rig.machine.fails.add("sonic-db-dump -n")
    with rig.session() as session:
        assert session.observe().links == ()


def test_lags_are_called_as_the_site_calls_them(rig: Rig) -> None:
    rig.run(render(LAGS))
    with rig.session(lag_prefix="PortChannel") as session:
        assert session.observe().lags[0].name == "PortChannel10"


def test_a_switch_with_128_ports_takes_no_time_of_ours(rig: Rig) -> None:
    rig.machine.config = factory(128)
    port = PortIntent("", mtu=9100, mode="tagged", untagged=100, tagged=tuple(range(200, 260)))
    ports = tuple(replace(port, name=f"Ethernet{4 * n}") for n in range(128))
    wanted = replace(
        LAGS,
        ports=ports,
        lags=(),
        vlans=tuple(VlanIntent(vid, "v") for vid in (100, *range(200, 260))),
    )
    started = time.monotonic()
    rig.run(render(wanted))
    with rig.session() as session:
        found = session.observe()
    assert compare(wanted, found, SonicDriver.capabilities.observes).clean
    assert time.monotonic() - started < 10


# --- switches that are not what they should be ----------------------------------------------------


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ('echo "{"', "the answer is no JSON object of tables"),
        ("echo '[]'", "the answer is no JSON object of tables"),
        ("echo '{\"PORT\": []}'", "the answer is no JSON object of tables"),
        ('echo \'{"localhost": {}, "asic0": {}}\'', "more than one ASIC: not a switch we know"),
        ("echo '{}'", "no PORT table: not a switch we know"),
        ("echo 'Error: root is needed' >&2; exit 1", "all: Error: root is needed"),
        ('echo \'{"PORT": {"Ethernet0": {"mtu": "x"}}}\'', "a value of a wrong shape"),
    ],
)
def test_a_machine_that_is_no_sonic_switch(rig: Rig, program: str, words: str) -> None:
    show = rig.switch.directory.parent / "bin" / "show"
    show.write_text(f"#!/bin/sh\n{program}\n")
    with (
        rig.session() as session,
        pytest.raises(OutsideFailed, match=f"switch 'leaf-1': .*{words}"),
    ):
        session.observe()


def test_a_switch_that_hangs(rig: Rig) -> None:
    (rig.switch.directory.parent / "bin" / "show").write_text("#!/bin/sh\nexec sleep 1\n")
    with (
        rig.session(timeout=0.2) as session,
        pytest.raises(OutsideFailed, match="no answer to sudo -n show runningconfiguration all"),
    ):
        session.observe()


def test_a_user_without_sudo(rig: Rig) -> None:
    sudo = rig.switch.directory.parent / "bin" / "sudo"
    sudo.write_text("#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
    with rig.session() as session, pytest.raises(Misconfigured, match="sudo without a password"):
        session.stage(ONE)
    with rig.session(sudo=False) as session:
        assert session.stage(ONE)


def test_a_login_that_is_refused(rig: Rig) -> None:
    with pytest.raises(Misconfigured, match="refuses the login"):
        rig.session(password="wrong").__enter__()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sudoo": True}, "there is no option 'sudoo'"),
        ({"sudo": "yes"}, "sudo must be true or false"),
        ({"commit_timeout": 0}, "commit_timeout 0 is not 0 to 3600 seconds"),
        ({"directory": "var"}, "directory must be a path from the root"),
    ],
)
def test_options_that_make_no_sense(rig: Rig, options: dict[str, Any], words: str) -> None:
    with pytest.raises(Misconfigured, match=f"switch 'leaf-1': {words}"):
        rig.session(**options).__enter__()


def test_a_session_is_one_of_the_drivers(rig: Rig) -> None:
    with rig.session() as session:
        assert isinstance(session, SonicSession)
    assert rig.machine.calls == []
