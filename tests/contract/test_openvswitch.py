"""The driver openvswitch keeps the contract on a real switch, over SSH and over TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import pytest

from osism.adapters.switches.openvswitch import OpenvswitchDriver
from osism.adapters.switches.openvswitch.timer import script
from osism.domain.drift import compare
from osism.domain.errors import OutsideFailed
from osism.domain.intents import LagIntent, PortIntent, SwitchIntent
from osism.domain.ports import Capabilities, Session, Target
from tests.contract.sessions import Promises
from tests.fabric import Fabric, Switch, require_fabric, until

PORTS = [f"swp{number}" for number in range(1, 9)]
DATABASE = "/run/openvswitch/db.sock"
LONG = 60.0  # seconds: a timer that never fires in a test


def vlans(*vids: int) -> str:
    """A configuration with each of these VLANs untagged on the port of its number."""
    ports = [f"  swp{vid}: {{vlan_mode: access, tag: {vid}}}" for vid in vids]
    return "\n".join(["switch: leaf-1", "ports:", *ports, ""])


ONE, TWO, THREE = vlans(1), vlans(1, 2), vlans(1, 2, 3)


@dataclass(frozen=True)
class Rig:
    """The driver with a switch, and a look behind the driver's back."""

    switch: Switch
    target: Target

    @property
    def capabilities(self) -> Capabilities:
        return OpenvswitchDriver(self.target.options).capabilities

    def session(self) -> AbstractContextManager[Session]:
        return OpenvswitchDriver(self.target.options).connect(self.target)

    def with_options(self, **options: object) -> Rig:
        return replace(
            self, target=replace(self.target, options={**self.target.options, **options})
        )

    def run(self, text: str) -> None:
        """Deploy and confirm *text*."""
        with self.session() as session:
            session.stage(text)
            session.commit(LONG)
            session.confirm()

    def running(self) -> dict[str, int]:
        """The ports that carry something, and their tags."""
        names = self.switch.vsctl("list-ports", "br0").split()
        shown = self.switch.vsctl("--format=json", "--columns=name,tag", "list", "Port")
        return {name: tag for name, tag in json.loads(shown)["data"] if name in names}

    def mark(self, key: str) -> str:
        """What the driver has noted at the root."""
        shown = self.switch.vsctl("--if-exists", "get", "Open_vSwitch", ".", f"external_ids:{key}")
        return shown.strip('"')


def running(*vids: int) -> dict[str, int]:
    return {f"swp{vid}": vid for vid in vids}


@pytest.fixture(scope="module")
def leaf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    require_fabric()
    with Fabric(tmp_path_factory.mktemp("openvswitch")) as fabric:
        yield fabric.switch("leaf-1", PORTS, tls=True)


def rig_of(switch: Switch, transport: str) -> Rig:
    """The driver with *switch*, as it is."""
    entry = switch.entry(transport)
    options = {key: entry[key] for key in entry if key not in ("driver", "address", "port")}
    return Rig(switch, Target(switch.name, entry["address"], entry["port"], options))


def clear(switch: Switch) -> None:
    """Have *switch* carry nothing and forget everything."""
    switch.vsctl(
        *("--if-exists", "del-br", "br0-off", "--", "clear", "Bridge", "br0", "ports", "--"),
        *("set", "Bridge", "br0", "fail_mode=standalone", "--"),
        *("set", "Open_vSwitch", ".", "external_ids={system-id=leaf-1}"),
    )
    # A port that is taken away keeps the MTU that it has.
    switch.fabric.ip([f"link set {each} mtu 1500" for each in PORTS], switch.name)


@pytest.fixture(params=["ssh", "tls"])
def rig(request: pytest.FixtureRequest, leaf: Switch) -> Rig:
    clear(leaf)
    return rig_of(leaf, request.param)


@pytest.fixture
def over_ssh(leaf: Switch) -> Rig:
    clear(leaf)
    return rig_of(leaf, "ssh")


@pytest.fixture
def over_tls(leaf: Switch) -> Rig:
    clear(leaf)
    return rig_of(leaf, "tls")


# --- the contract of every driver -----------------------------------------------------------------


class TestPromises(Promises):
    one, two, three, long = ONE, TWO, THREE, LONG

    def runs(self, rig: Rig, text: str) -> None:
        assert rig.running() == {
            name: vid for name, vid in running(1, 2, 3).items() if name in text
        }


def test_staging_changes_nothing(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
    assert rig.running() == running(1)


def test_the_difference_is_that_of_the_candidate_to_what_runs(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        diff = session.stage(TWO).splitlines()
        assert '+  "swp2":' in diff
        assert "+    tag: 2" in diff
        assert not any(line.startswith("-") for line in diff if not line.startswith("---"))
        assert '-  "swp1":' in session.stage(vlans(3)).splitlines()
        assert session.stage(ONE) == ""


def test_the_candidate_that_was_staged_last_is_committed(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        session.stage(TWO)
        session.commit(LONG)
        assert rig.running() == running(1, 2)
        session.confirm()
        session.confirm()
    assert rig.running() == running(1, 2)


def test_a_candidate_is_committed_once(rig: Rig) -> None:
    with rig.session() as session:
        with pytest.raises(OutsideFailed, match="switch 'leaf-1': nothing is staged"):
            session.commit(LONG)
        session.stage(ONE)
        session.commit(LONG)
        with pytest.raises(OutsideFailed, match="nothing is staged"):
            session.commit(LONG)


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_revert_brings_back_what_ran_before(rig: Rig, confirmed: bool) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
        if confirmed:
            session.confirm()
        session.revert()
        assert rig.running() == running(1)
        with pytest.raises(OutsideFailed, match="taken back"):
            session.confirm()
    assert rig.mark("osism-undo-1") == ""


def test_with_nothing_to_take_back_a_revert_is_harmless(rig: Rig) -> None:
    with rig.session() as session:
        session.revert()
        with pytest.raises(OutsideFailed, match="no commit to confirm"):
            session.confirm()
    assert rig.running() == {}


def test_a_pending_commit_outlives_its_session(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        session.commit(LONG)
    assert rig.running() == running(1)
    with rig.session() as session:
        session.confirm()
    with rig.session() as session:
        assert session.stage(ONE) == ""
        session.revert()
    assert rig.running() == running(1)


def test_a_first_commit_of_a_lost_session_can_be_reverted(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        session.commit(LONG)
    with rig.session() as session:
        session.revert()
    assert rig.running() == {}


def test_staging_first_takes_back_what_nobody_confirmed(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as lost:
        lost.stage(TWO)
        lost.commit(LONG)
        with rig.session() as session:
            assert '+  "swp2":' in session.stage(THREE).splitlines()
            assert rig.running() == running(1)
        with pytest.raises(OutsideFailed, match="taken back"):
            lost.confirm()


@pytest.mark.parametrize("seconds", [0, -1, 1e9, float("nan")])
def test_a_timer_that_makes_no_sense_is_refused(over_tls: Rig, seconds: float) -> None:
    with over_tls.session() as session:
        session.stage(ONE)
        with pytest.raises(OutsideFailed, match="revert_in must be"):
            session.commit(seconds)


def test_a_refused_configuration_changes_nothing(over_tls: Rig) -> None:
    over_tls.run(ONE)
    over_tls.switch.vsctl("add-br", "other", "--", "add-port", "other", "swp8")
    with over_tls.session() as session:
        for text, words in (
            (ONE.replace("leaf-1", "leaf-2"), "line 1: it is for 'leaf-2'"),
            (ONE.replace("tag: 1", "tag: 4095"), "line 3: port 'swp1': tag: '4095' is not"),
            ("", "line 1: an empty configuration"),
            (vlans(8), "port 'swp8' belongs to bridge 'other'"),
        ):
            with pytest.raises(OutsideFailed, match=f"leaf-1': configuration refused: {words}"):
                session.stage(text)
        with pytest.raises(OutsideFailed, match="nothing is staged"):
            session.commit(LONG)
        assert session.stage(ONE) == ""
    over_tls.switch.vsctl("del-br", "other")
    assert over_tls.running() == running(1)


# --- what is observed -----------------------------------------------------------------------------

WHOLE = """
switch: leaf-1
ports:
  swp1: {description: 'n\\"1" ü # \U0001f600', mtu: 1400, vlan_mode: access, tag: 10}
  swp2: {vlan_mode: native-untagged, tag: 10, trunks: 20-22}
  swp3: {enabled: false, description: off, vlan_mode: trunk, trunks: [5, 6]}
  swp4: {}
bonds:
  bond7:
    description: to node-7
    vlan_mode: trunk
    trunks: 10,20
    members: {swp5: {mtu: 1450}, swp6: {enabled: false, description: spare}}
  empty: {members: {}}
"""


def test_what_runs_is_observed(over_tls: Rig) -> None:
    with over_tls.session() as session:
        session.stage(WHOLE)
        session.commit(LONG)
        found = session.observe()
    assert found.name == "leaf-1"
    assert found.ports == (
        PortIntent("swp1", True, 1400, 'n\\"1" ü # \U0001f600', "access", 10),
        PortIntent("swp2", True, 1500, "", "tagged", 10, (20, 21, 22)),
        PortIntent("swp3", False, 1500, "off", "tagged", None, (5, 6)),
        PortIntent("swp4", True, 1500),
        PortIntent("swp5", True, 1450, lag="bond7"),
        PortIntent("swp6", False, 1500, "spare", lag="bond7"),
    )
    bond, empty = found.lags
    assert bond == LagIntent(
        *("bond7", True, 1450, "to node-7", "tagged", None, (10, 20)),
        number=7,
        members=("swp5", "swp6"),
    )
    assert (empty.enabled, empty.members, empty.mode) == (True, (), "")
    with over_tls.session() as session:
        assert replace(session.observe(), links=()) == replace(found, links=())
        session.revert()
        assert session.observe() == SwitchIntent("leaf-1")
    assert over_tls.running() == {}
    assert over_tls.switch.vsctl("list-ports", "br0-off") == ""


def test_an_mtu_goes_back_as_well(over_tls: Rig) -> None:
    over_tls.run(ONE)
    with over_tls.session() as session:
        session.stage(ONE.replace("tag: 1", "tag: 1, mtu: 1400"))
        session.commit(LONG)
        assert session.observe().ports[0].mtu == 1400
        session.revert()
        until(lambda: session.observe().ports[0].mtu == 1500)
        assert session.stage(ONE) == ""


def test_what_is_changed_by_hand_is_drift(over_tls: Rig) -> None:
    wanted = SwitchIntent(
        "leaf-1", tuple(PortIntent(f"swp{n}", mode="access", untagged=n) for n in (1, 2))
    )
    over_tls.run(TWO)
    changes = {
        "swp1 untagged: wanted 1, found 7": "set Port swp1 tag=7",
        "swp2 mode: wanted access, found tagged": "clear Port swp2 tag vlan_mode",
        "swp1 exists: wanted yes, found no": "del-port swp1",
        "swp5 exists: wanted no, found yes": "add-port br0 swp5 tag=5",
        "swp2 enabled: wanted yes, found no": "-- del-port swp2 -- add-port br0-off swp2",
        "swp2 mode: wanted access, found dot1q-tunnel": "set Port swp2 vlan_mode=dot1q-tunnel",
    }
    over_tls.switch.vsctl(
        *("add-br", "br0-off", "--", "set", "Bridge", "br0-off", "fail_mode=secure")
    )
    for words, change in changes.items():
        with over_tls.session() as session:
            assert session.stage(TWO) == ""
            assert compare(wanted, session.observe(), over_tls.capabilities.observes).clean
            over_tls.switch.vsctl(*change.split())
            differences = compare(
                wanted, session.observe(), over_tls.capabilities.observes
            ).differences
            assert any(words in str(each) for each in differences), (words, differences)
            assert session.stage(TWO) != ""
            session.commit(LONG)
            session.confirm()


def test_a_port_that_is_down_is_not_enabled(over_tls: Rig) -> None:
    over_tls.run(ONE + "  swp2: {}\n")
    switch = over_tls.switch

    def enabled() -> list[bool]:
        with over_tls.session() as session:
            return [each.enabled for each in session.observe().ports]

    assert enabled() == [True, True]
    switch.fabric.ip(["link set swp1 down", "link set swp2 down"], switch.name)
    until(lambda: enabled() == [False, True])  # a port that carries nothing needs no link
    switch.fabric.ip(["link set swp1 up", "link set swp2 up"], switch.name)
    until(lambda: enabled() == [True, True])


def test_flows_that_decide_are_told(over_tls: Rig) -> None:
    over_tls.run(ONE)
    for change in ("set-fail-mode br0 secure", "set-controller br0 tcp:127.0.0.1:1"):
        over_tls.switch.vsctl(*change.split())
        with over_tls.session() as session, pytest.raises(OutsideFailed, match="flows decide"):
            session.observe()
        over_tls.switch.vsctl("set-fail-mode", "br0", "standalone", "--", "del-controller", "br0")


def test_what_is_kept_is_left_alone(over_tls: Rig) -> None:
    switch = over_tls.switch
    switch.vsctl(
        *("add-port", "br0", "swp7", "tag=7", "--", "add-port", "br0", "swp8", "tag=8", "--"),
        *("set", "Port", "swp8", "external_ids:osism-keep=true", "--"),
        *("add-port", "br0", "own", "tag=9", "--", "set", "Interface", "own", "type=internal"),
    )
    keeping = over_tls.with_options(keep=["swp7"])
    with keeping.session() as session:
        assert "swp7" not in session.stage(ONE)
        session.commit(LONG)
        session.confirm()
        assert [each.name for each in session.observe().ports] == ["swp1"]
        for name in ("swp7", "swp8", "own"):
            with pytest.raises(OutsideFailed, match=f"port '{name}' is "):
                session.stage(ONE + f"  {name}: {{}}\n")
    assert over_tls.running() == {"swp1": 1, "swp7": 7, "swp8": 8, "own": 9}
    with over_tls.session() as session:
        assert '-  "swp7":' in session.stage(ONE).splitlines()


# --- when something is wrong ----------------------------------------------------------------------


def test_a_port_that_is_not_there_is_told(over_tls: Rig) -> None:
    over_tls.run(ONE)
    with over_tls.session() as session:
        session.stage(ONE + "  swp99: {vlan_mode: access, tag: 9}\n")
        with pytest.raises(OutsideFailed, match=r"leaf-1': port swp99: could not open .*swp99"):
            session.commit(LONG)
        session.revert()
    assert over_tls.running() == running(1)


def test_what_changed_under_a_candidate_stops_it(over_tls: Rig) -> None:
    over_tls.run(TWO)
    changes = [
        "set Port swp2 tag=9",
        "add-port br0 swp5 tag=5",
        "set Interface swp1 mtu_request=1400",
    ]
    for change in changes:
        with over_tls.session() as session:
            session.stage(vlans(1, 3))
            over_tls.switch.vsctl(*change.split())
            with pytest.raises(OutsideFailed, match="somebody has changed the switch"):
                session.commit(LONG)
        with over_tls.session() as session:
            session.revert()
        over_tls.run(TWO)


def test_of_two_who_stage_the_last_one_commits(over_tls: Rig) -> None:
    with over_tls.session() as one, over_tls.session() as other:
        one.stage(ONE)
        other.stage(TWO)
        with pytest.raises(OutsideFailed, match="changed"):
            one.commit(LONG)
        one.revert()
        other.commit(LONG)
        other.confirm()
    assert over_tls.running() == running(1, 2)


def test_what_is_confirmed_is_what_was_looked_at(over_tls: Rig) -> None:
    over_tls.run(ONE)
    with over_tls.session() as session:
        session.stage(TWO)
        session.commit(LONG)
    with over_tls.session() as late, over_tls.session() as other:
        late.observe()
        other.stage(THREE)
        other.commit(LONG)
        with pytest.raises(OutsideFailed, match="no commit to confirm"):
            late.confirm()
        assert over_tls.mark("osism-state") == "pending"
        other.confirm()
        with pytest.raises(OutsideFailed, match="no commit to confirm"):
            late.confirm()


def test_a_switch_that_accepts_and_does_not_apply_is_told(over_tls: Rig) -> None:
    impatient = over_tls.with_options(timeout=0.5)
    switch = over_tls.switch
    switch.run("pkill", "-STOP", "ovs-vswitchd")
    try:
        with impatient.session() as session:
            session.stage(ONE)
            with pytest.raises(OutsideFailed, match="accepted the configuration and does not app"):
                session.commit(LONG)
    finally:
        switch.run("pkill", "-CONT", "ovs-vswitchd")
    with over_tls.session() as session:
        session.revert()
        assert session.observe() == SwitchIntent("leaf-1")


def test_a_switch_on_which_nothing_runs_is_told(over_tls: Rig) -> None:
    switch = over_tls.switch
    switch.run("ovs-appctl", "exit")
    try:
        with over_tls.session() as session, pytest.raises(OutsideFailed, match="ovs-vswitchd does"):
            session.observe()
    finally:
        words = "ovs-vswitchd --log-file -vconsole:off -vsyslog:off --pidfile --detach --no-chdir"
        switch.run("sh", "-c", f"{words} >/dev/null 2>&1")
    with over_tls.session() as session:
        session.observe()


def test_garbage_in_the_database_is_told(over_tls: Rig) -> None:
    over_tls.run(ONE)
    over_tls.switch.vsctl("set", "Open_vSwitch", ".", "external_ids:osism-undo-1=x")
    with over_tls.session() as session, pytest.raises(OutsideFailed, match="'leaf-1': its data"):
        session.revert()
    over_tls.switch.vsctl("remove", "Open_vSwitch", ".", "external_ids", "osism-undo-1")
    with over_tls.session() as session, pytest.raises(OutsideFailed, match="take back its last"):
        session.revert()
    over_tls.run(TWO)
    assert over_tls.running() == running(1, 2)


# --- the timer ------------------------------------------------------------------------------------


def test_the_switch_takes_back_what_nobody_confirms(over_ssh: Rig) -> None:
    over_ssh.run(ONE)
    with over_ssh.session() as session:
        session.stage(TWO)
        session.commit(0.5)
        assert len(session.observe().ports) == 2
    until(lambda: over_ssh.mark("osism-state") == "reverted")
    assert over_ssh.running() == running(1)
    with over_ssh.session() as session, pytest.raises(OutsideFailed, match="taken back"):
        session.confirm()


def test_a_timer_leaves_alone_what_was_confirmed(over_ssh: Rig) -> None:
    with over_ssh.session() as session:
        session.stage(ONE)
        session.commit(0.3)
        session.confirm()
        session.stage(TWO)
        session.commit(1.0)
    until(lambda: over_ssh.mark("osism-state") == "reverted")
    assert over_ssh.running() == running(1)


def test_a_timer_tries_until_nothing_is_in_its_way(over_ssh: Rig) -> None:
    leaf = over_ssh.switch
    over_ssh.run(TWO)
    with over_ssh.session() as session:
        session.stage(ONE)
        session.commit(LONG)
    leaf.vsctl("add-br", "br9", "--", "add-port", "br9", "swp2")
    pause = leaf.disk / "usr/local/sbin/sleep"  # between two tries the port is given back
    pause.write_text('#!/bin/sh\n[ "$1" = 0 ] || ovs-vsctl --if-exists del-br br9\n')
    pause.chmod(0o755)
    (leaf.disk / "usr/local/sbin/osism-revert").write_text(script())
    commit = over_ssh.mark("osism-commit")
    command = f"sh /usr/local/sbin/osism-revert {DATABASE} {commit} 0"
    leaf.run("sh", "-c", f"PATH=/usr/local/sbin:$PATH {command}")
    pause.unlink()
    assert over_ssh.mark("osism-state") == "reverted"
    assert over_ssh.running() == running(1, 2)


@pytest.fixture
def service(leaf: Switch) -> Iterator[None]:
    """The service osism-revert runs on the switch, also after it boots."""
    (leaf.disk / "usr/local/sbin/osism-revert").write_text(script())
    start = "setsid -f sh /usr/local/sbin/osism-revert </dev/null >/dev/null 2>&1"
    last = leaf.disk / "etc/fabric/last"
    before = last.read_text()
    last.write_text(f"{before}{start}\n")
    leaf.run("sh", "-c", start)
    yield
    last.write_text(before)
    leaf.run("pkill", "-f", "osism-revert")


def test_a_service_on_the_switch_is_a_timer(over_tls: Rig, service: None) -> None:
    rig = over_tls.with_options(revert_service=True)
    assert rig.capabilities.revert_timer
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(0.5)
    until(lambda: rig.mark("osism-state") == "reverted")
    assert rig.running() == running(1)


def test_a_service_that_does_not_run_is_no_timer(
    over_tls: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("osism.adapters.switches.openvswitch.timer._SERVICE_WAIT", 0.3)
    rig = over_tls.with_options(revert_service=True)
    with rig.session() as session:
        session.stage(ONE)
        with pytest.raises(OutsideFailed, match="does the service osism-revert run"):
            session.commit(LONG)
        session.revert()
    assert rig.running() == {}
    assert not over_tls.capabilities.revert_timer


def test_a_reboot_keeps_what_was_confirmed_and_nothing_else(over_tls: Rig, service: None) -> None:
    rig = over_tls.with_options(revert_service=True)
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
    rig.switch.power_off()
    with (
        pytest.raises(OutsideFailed, match="leaf-1"),
        rig.with_options(connect_timeout=0.5).session(),
    ):
        pass
    rig.switch.power_on()
    until(lambda: rig.mark("osism-state") == "reverted")
    assert rig.running() == running(1)


def test_after_a_reboot_without_the_service_the_next_deployment_takes_back(over_ssh: Rig) -> None:
    over_ssh.run(ONE)
    with over_ssh.session() as session:
        session.stage(TWO)
        session.commit(LONG)
    over_ssh.switch.power_off()
    over_ssh.switch.power_on()
    assert over_ssh.mark("osism-state") == "pending"
    with over_ssh.session() as session:
        assert session.stage(ONE) == ""
    assert over_ssh.running() == running(1)
