"""What every switch driver promises, kept by ``routeros`` on a console of ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from osism.domain.drift import compare
from osism.domain.errors import OutsideFailed
from osism.domain.intents import LagIntent, Link, MlagIntent, PortIntent, SwitchIntent
from tests.fakes.routeros.rigs import LONG, ONE, THREE, TWO, Rig, rigged, until, vlans


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rigged() as made:
        yield made


def test_staging_changes_nothing(rig: Rig) -> None:
    before = rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
    assert rig.running() == before
    assert rig.left() == []


def test_the_difference_is_that_of_the_candidate_to_what_runs(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        diff = session.stage(TWO).splitlines()
        assert "@@ /interface bridge port @@" in diff
        assert "+add bridge=bridge interface=ether3 pvid=3" in diff
        assert not any(line.startswith("-") for line in diff if not line.startswith("---"))
        assert "-add bridge=bridge interface=ether2 pvid=2" in session.stage(vlans(3)).splitlines()
        assert session.stage(ONE) == ""


def test_the_candidate_that_was_staged_last_is_committed_once(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        session.stage(TWO)
        session.commit(LONG)
        two = rig.running()
        with pytest.raises(OutsideFailed, match="'leaf-1': nothing is staged"):
            session.commit(LONG)
        session.confirm()
    assert rig.running() == two
    assert "ether3 pvid=3" in two


def test_confirming_twice_is_harmless(rig: Rig) -> None:
    one = rig.run(ONE)
    with rig.session() as session:
        session.confirm()
    assert rig.running() == one


def test_nothing_staged_nothing_committed(rig: Rig) -> None:
    with rig.session() as session, pytest.raises(OutsideFailed, match="leaf-1"):
        session.commit(LONG)
    with rig.session() as session, pytest.raises(OutsideFailed, match="no commit to confirm"):
        session.confirm()


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_revert_brings_back_what_ran_before(rig: Rig, confirmed: bool) -> None:
    one = rig.run(ONE)
    with rig.session() as session:
        session.stage(THREE)
        session.commit(LONG)
        if confirmed:
            session.confirm()
        assert rig.running() != one
        session.revert()
    assert rig.running() == one
    assert rig.left() == []


def test_the_first_commit_can_be_reverted(rig: Rig) -> None:
    first = rig.running()
    with rig.session() as session:
        session.stage(ONE)
        session.commit(LONG)
        session.revert()
    assert rig.running() == first


def test_reverting_twice_goes_back_once(rig: Rig) -> None:
    one = rig.run(ONE)
    rig.run(TWO)
    for _ in range(2):
        with rig.session() as session:
            session.revert()
            session.revert()
    assert rig.running() == one


def test_with_nothing_to_take_back_a_revert_is_harmless(rig: Rig) -> None:
    first = rig.running()
    with rig.session() as session:
        session.revert()
    assert rig.running() == first


def test_what_was_taken_back_cannot_be_confirmed(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        session.commit(LONG)
        session.revert()
        with pytest.raises(OutsideFailed, match="taken back"):
            session.confirm()


def test_a_pending_commit_outlives_its_session(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        session.commit(LONG)
    with rig.session() as session:
        session.confirm()
    with rig.session() as session:
        assert session.stage(ONE) == ""


def test_a_pending_commit_of_a_lost_session_can_be_reverted(rig: Rig) -> None:
    one = rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
    with rig.session() as session:
        session.revert()
    assert rig.running() == one


def test_staging_first_takes_back_what_nobody_confirmed(rig: Rig) -> None:
    one = rig.run(ONE)
    with rig.session() as lost:
        lost.stage(TWO)
        lost.commit(LONG)
        with rig.session() as session:
            diff = session.stage(THREE).splitlines()
            assert "+add bridge=bridge interface=ether3 pvid=3" in diff
            assert rig.running() == one
        with pytest.raises(OutsideFailed, match="taken back"):
            lost.confirm()


def test_a_revert_never_reaches_behind_what_was_staged(rig: Rig) -> None:
    """A commit whose answer was lost is reverted to be safe, though it may never have arrived."""
    rig.run(ONE)
    two = rig.run(TWO)
    with rig.session() as session:
        session.stage(THREE)
    with rig.session() as session:
        session.revert()
    assert rig.running() == two


def test_an_empty_difference_needs_no_commit(rig: Rig) -> None:
    one = rig.run(ONE)
    with rig.session() as session:
        assert session.stage(ONE) == ""
        session.commit(LONG)
        session.revert()
    assert rig.running() == one


def test_a_refused_configuration_changes_nothing(rig: Rig) -> None:
    one = rig.run(ONE)
    with rig.session() as session:
        for text, words in (
            (vlans(9), "line 4: no such interface 'ether9'"),
            (vlans(2).replace("add bridge", "sum bridge", 1), "line 4: unknown command: sum"),
            (vlans(2).replace("leaf-1", "leaf-2"), "line 8: this switch is called leaf-1"),
            ("", "line 1: a configuration without a bridge"),
        ):
            with pytest.raises(OutsideFailed, match=f"switch 'leaf-1': stage refused: {words}"):
                session.stage(text)
        with pytest.raises(OutsideFailed, match="nothing is staged"):
            session.commit(LONG)
        assert session.stage(ONE) == ""
    assert rig.running() == one


def test_the_running_state_is_observed(rig: Rig) -> None:
    rig.run(
        "/interface bridge\nadd name=bridge vlan-filtering=yes\n"
        "/interface ethernet\n"
        'set [ find default-name=ether2 ] comment="up\\C3\\BC \\"x\\"" disabled=yes mtu=9000\n'
        "/interface bonding\nadd mode=802.3ad name=bond7 slaves=ether4,ether3 mtu=1600\n"
        "/interface vlan\nadd interface=bridge name=Vlan6 vlan-id=6\n"
        "/interface bridge mlag\nset bridge=bridge peer-port=bond7\n"
        "/interface bridge port\nadd bridge=bridge interface=bond7 pvid=5\n"
        "add bridge=bridge frame-types=admit-only-vlan-tagged interface=ether5\n"
        "/interface bridge vlan\nadd bridge=bridge untagged=bond7 vlan-ids=5\n"
        "add bridge=bridge comment=six tagged=bridge,bond7,ether5 vlan-ids=6\n"
        "/ip address\nadd address=10.0.0.1/24 interface=Vlan6\n"
    )
    rig.machine.up -= {"ether5", "ether4"}
    rig.machine.partners = {"ether3"}
    with rig.session() as session:
        found = session.observe()
    ports = {each.name: each for each in found.ports}
    assert list(ports) == [f"ether{number}" for number in range(1, 9)]
    assert ports["ether2"] == PortIntent("ether2", False, 9000, 'upü "x"')
    assert ports["ether3"] == PortIntent("ether3", mtu=1500, lag="bond7")
    assert ports["ether5"] == PortIntent("ether5", mtu=1500, mode="tagged", tagged=(6,))
    assert found.lags == (
        LagIntent(
            "bond7", mtu=1600, mode="tagged", untagged=5, tagged=(6,), number=7,
            members=("ether3", "ether4"),
        ),
    )  # fmt: skip
    assert [(each.vid, each.name) for each in found.vlans] == [(5, ""), (6, "six")]
    assert [(e.interface, e.address, e.vlan) for e in found.addresses] == [
        ("Vlan6", "10.0.0.1/24", 6)
    ]
    assert found.mlag == MlagIntent("bond7", 0)
    links = {each.name: each for each in found.links}
    assert links["ether3"] == Link("ether3", True, True)
    assert links["ether4"] == Link("ether4", False, False)
    assert links["ether5"] == Link("ether5", False, None)
    assert links["bond7"] == Link("bond7", True, None)


def test_what_was_done_by_hand_is_drift_and_goes(rig: Rig) -> None:
    one = rig.run(ONE)
    wanted = SwitchIntent("leaf-1", (PortIntent("ether2", mode="access", untagged=2),))
    text = ONE + "/interface ethernet\nset [ find default-name=ether2 ] disabled=no\n"
    fields = ["port.untagged", "port.description", "lag.members", "address"]
    with rig.session() as session:
        for by_hand, words in (
            ("/interface bridge port set [find where interface=ether2] pvid=3", "untagged"),
            ("/interface bridge port set [find where interface=ether2] disabled=yes", "untagged"),
            ("/interface bridge set bridge vlan-filtering=no", "untagged"),
            ('/interface ethernet set ether2 comment="by hand"', "description"),
            ("/interface bonding add name=bond1 slaves=ether7", "LAG bond1"),
            ("/ip address add address=10.1.1.1/24 interface=bridge", "address 10.1.1.1/24"),
        ):
            rig.machine.do(by_hand)
            drift = compare(wanted, session.observe(), fields).differences
            assert any(words in str(each) for each in drift), by_hand
            assert session.stage(text) != ""
            session.commit(LONG)
            session.confirm()
            assert compare(wanted, session.observe(), fields).clean
            assert rig.running() == one, by_hand


def test_the_switch_takes_back_what_nobody_confirms(rig: Rig) -> None:
    one = rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(40)
        until(lambda: rig.running() == one)
        with pytest.raises(OutsideFailed, match="taken back"):
            session.confirm()
        session.revert()
    assert rig.running() == one
    assert rig.left() == []
    assert rig.machine.log == ["scheduler: osism-timer"]


def test_a_confirmed_commit_stays(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        session.commit(LONG)
        session.confirm()
        one = rig.running()
        rig.machine.elapse()
        session.stage(TWO)
        session.commit(LONG)
        rig.machine.elapse()
        assert rig.running() == one
    assert rig.machine.log == ["scheduler: osism-timer"]


@pytest.mark.parametrize("seconds", [0, -1, 1e9, float("nan")])
def test_a_timer_that_makes_no_sense_is_refused(rig: Rig, seconds: float) -> None:
    with rig.session() as session:
        session.stage(ONE)
        with pytest.raises(OutsideFailed, match="revert_in must be"):
            session.commit(seconds)


def test_a_restart_takes_back_what_is_pending_and_keeps_what_was_confirmed(rig: Rig) -> None:
    one = rig.run(ONE)
    rig.machine.power_cycle()
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
        rig.machine.power_cycle()
        with pytest.raises(OutsideFailed, match="'leaf-1': the connection ended"):
            session.observe()
    until(lambda: rig.running() == one)
    with rig.session() as session, pytest.raises(OutsideFailed, match="taken back"):
        session.confirm()
    assert rig.machine.log == ["scheduler: osism-start"]


def test_what_changed_under_a_candidate_stops_it(rig: Rig) -> None:
    with rig.session() as session:
        session.stage(ONE)
        rig.machine.do("/interface bonding add name=bond9 slaves=ether8")
        with pytest.raises(OutsideFailed, match="has changed since the candidate"):
            session.commit(LONG)
        session.stage(ONE)
        with rig.session() as other:
            other.stage(TWO)
            other.commit(LONG)
        with pytest.raises(OutsideFailed, match="there has been a commit"):
            session.commit(LONG)
