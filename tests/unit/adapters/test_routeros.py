"""What the driver ``routeros`` does to a switch's tables, without a network between."""

from __future__ import annotations

import time

import pytest

from osism.adapters.switches.routeros import RouterosDriver, sections
from osism.adapters.switches.routeros.plan import text as difference
from osism.adapters.switches.routeros.reading import parsed
from osism.adapters.switches.routeros.rows import Rows, running, wanted
from osism.adapters.switches.routeros.words import Wrong, commands, quote, readable
from osism.adapters.templates import Templates
from osism.domain.drift import compare
from osism.domain.errors import OutsideFailed
from osism.domain.intents import (
    AddressIntent,
    LagIntent,
    MlagIntent,
    PortIntent,
    SwitchIntent,
    VlanIntent,
    natural,
)
from osism.domain.inventory import Device
from tests.fakes.routeros.machine import Machine, wrapped
from tests.fakes.routeros.rigs import LONG, ONE, direct, vlans
from tests.fakes.routeros.script import Refused

OBSERVES = RouterosDriver.capabilities.observes
UGLY = "\"; /user add name=x; $x \\ [/system reboot] {a} #b ?c 'd' `e` ü\u2028😀 %0A ;;; =="


def machine(ports: int = 8) -> Machine:
    return Machine([f"ether{number}" for number in range(1, ports + 1)])


def exported(switch: Machine) -> str:
    lines = switch.export((), True).split("\n")
    return "\n".join(each for each in lines if not each.startswith(("/system sc", "#")))


def render(intent: SwitchIntent) -> str:
    device = Device(1, intent.name)
    return Templates("/nonexistent").render("routeros.cfg.j2", intent, device)


def deploy(switch: Machine, text: str, *management: str) -> str:
    """Deploy and confirm; the difference."""
    session = direct(switch, *management)
    diff = session.stage(text)
    session.commit(LONG)
    session.confirm()
    assert session.stage(text) == ""
    return diff


def refused(switch: Machine, text: str, *management: str) -> str:
    before = exported(switch)
    with pytest.raises(OutsideFailed) as failure:
        direct(switch, *management).stage(text)
    assert exported(switch) == before
    return str(failure.value)


# --- the language ---------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["", "x", "a b", UGLY, "\x00\n\r\t\x1b", "a,b", "*1", "\udcff"])
def test_what_is_quoted_is_read_as_it_was(value: str) -> None:
    word = quote(value)
    assert word.isascii()
    assert word.isprintable()
    (command,) = commands(f"/ip address\nadd comment={word} address=1")
    assert command.values == {"comment": value, "address": "1"}


@pytest.mark.parametrize("value", ["x", 'a "b" $c \\d', "ü"])
def test_what_people_read_can_be_read_back(value: str) -> None:
    (command,) = commands(f"/ip address\nadd comment={readable(value)}")
    assert command.values == {"comment": value}


def test_the_console_reads_what_is_quoted() -> None:
    switch = machine()
    switch.do(f"/interface ethernet set ether2 comment={quote(UGLY)}")
    assert switch.tables["interface", "ethernet"][1].values["comment"] == UGLY


@pytest.mark.parametrize("terse", [False, True])
def test_an_export_is_read_back(terse: bool) -> None:
    switch = machine()
    long = ",".join(f"ether{number}" for number in range(2, 9))
    switch.do("/interface bridge add name=bridge")
    switch.do(f"/interface bridge vlan add bridge=bridge vlan-ids=2,5-9 tagged={long}")
    switch.do(f"/interface ethernet set ether3 comment={quote(UGLY + ' and more of it' * 9)}")
    switch.do("/ip firewall filter add chain=input")
    rows = running([switch.export(("interface",), terse)])
    ((key, row),) = rows.of(sections.BRIDGE_VLAN).items()
    assert (key, row.items("tagged")) == (("bridge", "2,5-9"), tuple(long.split(",")))
    assert rows.of(sections.ETHERNET)[("ether3",)].value("comment").startswith(UGLY)


def test_lines_are_broken_within_quotes_too() -> None:
    text = wrapped('add comment="' + "a bc\\C3\\BC " * 30 + '" name=x')
    (command,) = commands("/interface bridge\n" + text)
    assert command.values == {"comment": "a bcü " * 30, "name": "x"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("add name=bridge", "line 1: unknown command"),
        ("/user\nadd name=x", "line 2: unknown menu: /user"),
        ("/interface bridge\nremove name=x", "line 2: /interface bridge knows add only"),
        ("/interface bridge\nadd name=x; /user add", "expected name=value at 'name=x; /user add'"),
        ("/interface bridge\nadd name=x [find]", "expected name=value at '[find]'"),
        ("/interface bridge\nadd name=$x", "expected name=value"),
        ("/interface bridge\nadd name=x name=y", "name is there twice"),
        ("/interface bridge\nadd name=x\nadd name=x", "line 3: /interface bridge x is there twice"),
        ("/interface bridge\nadd vlan-filtering=yes", "needs name"),
        ("/interface bridge\nadd name=x comment=y", "unknown property comment"),
        ("/interface bridge\nadd name=x fast-forward=no", "unknown property fast-forward"),
        ("/interface bridge\nadd name=x vlan-filtering=maybe", "vlan-filtering: yes, no"),
        ('/interface bridge\nadd name="x\\22"', "is no name"),
        ('/interface bridge\nadd name="a,b"', "is no name"),
        ('/interface bridge\nadd name="x\\', "ends within a line"),
        ("/interface ethernet\nset ether1 mtu=9", "expected name=value at 'ether1'"),
        ("/interface ethernet\nset [ find name=ether1 ] mtu=9", "knows set [ find default-name="),
        ("/interface ethernet\nset [ find default-name=e ] mtu=9", "'9' is not 68 to 65535"),
        ("/interface ethernet\nset [ find default-name=e ] comment=\"\\0A\"", "control characters"),
        ("/interface bridge vlan\nadd bridge=b vlan-ids=4095", "'4095' is not 1 to 4094"),
        ("/interface bridge port\nadd bridge=b interface=e pvid=0", "'0' is not 1 to 4094"),
        ("/interface bonding\nadd name=b mode=lacp", "mode: 802.3ad, "),
        ("/ip address\nadd address=1.2.3.4 interface=e", "no IPv4 address with its prefix"),
        ("/ipv6 address\nadd address=1.2.3.4/8 interface=e", "no IPv6 address"),
        ("/interface bridge\nadd name=x\n/interface bridge port\nadd bridge=y interface=e", "'y'"),
        (vlans(2) + "/interface bridge vlan\nadd bridge=bridge vlan-ids=1-3", "VLAN 2 is there tw"),
        (vlans(2) + "/interface bonding\nadd name=b slaves=ether2", "ether2 belongs to a bridge"),
        (
            "/interface bridge\nadd name=b\n/interface bridge vlan\n"
            "add bridge=b vlan-ids=2 tagged=e untagged=e",
            "e is tagged and untagged",
        ),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(text: str, words: str) -> None:
    with pytest.raises(Wrong) as failure:
        wanted(text)
    assert words in str(failure.value)
    assert str(failure.value).startswith("line ")


def test_a_row_is_read_with_whatever_its_comment_holds() -> None:
    switch = machine()
    comment = "one\r\ntwo\nfailure: three\n+\n=name 3 xxx\n"
    switch.do(f"/interface ethernet set ether2 comment={quote(comment)}")
    found = {each.name: each for each in direct(switch).observe().ports}
    assert found["ether2"].description.startswith("one two failure: three + =name 3 xxx")
    assert found["ether3"].description == ""


@pytest.mark.parametrize(
    "output", ["nonsense", "=name 1 x", "+\n=name x y", "+\n=a 1 x\n+\n=b 1 x"]
)
def test_garbage_is_noticed(output: str) -> None:
    with pytest.raises(ValueError):
        parsed(output)


# --- from an intent and back ----------------------------------------------------------------------

FULL = SwitchIntent(
    "leaf-1",
    ports=(
        PortIntent("ether2", description=UGLY.replace("\u2028", " "), mode="access", untagged=10),
        PortIntent("ether3", mode="tagged", untagged=10, tagged=(20, 30), mtu=9000),
        PortIntent("ether4", mode="tagged", tagged=(20,), enabled=False),
        PortIntent("ether5", lag="Port-Channel7"),
        PortIntent("ether6", lag="Port-Channel7"),
        PortIntent("ether7", mtu=1400),
    ),
    lags=(
        LagIntent(
            "Port-Channel7", mode="tagged", untagged=30, tagged=(10, 20), number=7, mtu=9000,
            members=("ether5", "ether6"), description="to a pair",
        ),
        LagIntent("Port-Channel8", number=8),
    ),
    vlans=(
        VlanIntent(10, "no"), VlanIntent(20, 'red "sea" $x'), VlanIntent(30, ""),
        VlanIntent(99, "not used"),
    ),
    addresses=(
        AddressIntent("Vlan10", "10.0.0.1/24", 10),
        AddressIntent("Vlan10", "2001:db8::1/64", 10),
        AddressIntent("ether7", "10.7.0.1/31"),
        AddressIntent("loopback0", "10.9.9.9/32"),
    ),
    mlag=MlagIntent("Port-Channel7", 4094),
)  # fmt: skip

INTENTS = [
    FULL,
    SwitchIntent("leaf-1"),
    SwitchIntent("leaf-1", (PortIntent("ether8", enabled=False),)),
    SwitchIntent("leaf-1", FULL.ports[:1], vlans=FULL.vlans[:1]),
    SwitchIntent(
        "leaf-1",
        (PortIntent("ether5", mode="access", untagged=20), PortIntent("ether2", lag="bond1")),
        (LagIntent("bond1", number=1, mode="access", untagged=20, members=("ether2",)),),
        (VlanIntent(20, "blue"),),
        (AddressIntent("bridge", "10.0.0.9/24"),),
    ),
]


@pytest.mark.parametrize("number", range(len(INTENTS)))
def test_what_is_deployed_is_observed(number: int) -> None:
    switch = machine()
    intent = INTENTS[number]
    deploy(switch, render(intent))
    comparison = compare(intent, direct(switch).observe(), OBSERVES)
    assert [str(each) for each in comparison.differences] == []
    assert set(comparison.unchecked) <= {"mlag.vlan", "mlag.address"}


def test_from_every_intent_to_every_other_and_back() -> None:
    switch = machine()
    switch.do('/interface bonding add name=bond9 slaves=ether8 comment="by hand"')
    for one in INTENTS:
        for other in INTENTS:
            deploy(switch, render(one))
            before = exported(switch)
            session = direct(switch)
            session.stage(render(other))
            session.commit(LONG)
            assert compare(other, session.observe(), OBSERVES).clean
            session.revert()
            assert sorted(exported(switch).split("\n")) == sorted(before.split("\n"))


@pytest.mark.parametrize(("one", "other"), [(0, 4), (4, 0), (1, 0)])
def test_wherever_a_commit_stops_the_undo_brings_back_what_ran(one: int, other: int) -> None:
    switch = machine()
    deploy(switch, render(INTENTS[one]))
    before = sorted(exported(switch).split("\n"))
    text, stops = render(INTENTS[other]), 0
    while True:
        left = [stops]

        def stop(name: str, _: object, left: list[int] = left) -> None:
            if name.rsplit(" ", 1)[1] in ("add", "set", "remove") and "/system sc" not in name:
                left[0] -= 1
                if left[0] == -1:
                    raise Refused("failure: enough")

        session = direct(switch)
        session.stage(text)
        switch.faults = stop
        try:
            session.commit(LONG)
        except OutsideFailed as error:
            assert "commit refused: failure: enough: " in str(error)
        switch.faults = lambda name, statement: None
        session.revert()
        assert sorted(exported(switch).split("\n")) == before
        if left[0] >= 0:
            break
        stops += 1
    assert stops > 5


def test_members_change_their_lag_and_ports_their_bridge() -> None:
    def pair(first: str, second: str) -> str:
        return (
            "/interface bridge\nadd name=bridge vlan-filtering=yes\n/interface bonding\n"
            f"add mode=802.3ad name=bond1 slaves={first}\n"
            f"add mode=802.3ad name=bond2 slaves={second}\n"
        )

    switch = machine()
    switch.do(
        "/interface bridge add name=old; /interface bridge port add bridge=old interface=ether7"
    )
    deploy(switch, pair("ether2,ether3,ether4", "ether5"))
    deploy(switch, pair("ether2", "ether5,ether3,ether4"))
    deploy(switch, pair("ether2,ether5", "ether3"))
    deploy(switch, pair("ether2,ether3", "ether5"))
    deploy(switch, pair("ether2,ether3,ether5", "ether4"))
    diff = deploy(switch, vlans(7))
    assert "-add bridge=old interface=ether7" in diff.split("\n")
    assert "+add bridge=bridge interface=ether7 pvid=7" in diff.split("\n")


def test_lists_have_no_order_and_defaults_need_not_be_said() -> None:
    text = (
        "/interface bridge\nadd name=bridge vlan-filtering=yes\n/interface bridge port\n"
        "add bridge=bridge interface=ether2{}\nadd bridge=bridge interface=ether3\n"
        "/interface bridge vlan\nadd bridge=bridge vlan-ids=5 tagged={}\n"
    )
    switch = machine()
    deploy(switch, text.format("", "ether2,ether3"))
    session = direct(switch)
    assert session.stage(text.format(" pvid=1 disabled=no", "ether3,ether2,ether3")) == ""
    assert session.stage(text.format(" ingress-filtering=yes", "ether3,ether2")) == ""
    assert "ingress-filtering=no" in session.stage(text.format(" ingress-filtering=no", "ether2"))
    assert "hw=no" not in session.stage(text.format("", "ether2"))


def test_three_hundred_ports_in_reasonable_time() -> None:
    ports = tuple(
        PortIntent(
            f"ether{n}", mode="tagged", untagged=n, tagged=(1000, 2000), description=f"n {n}"
        )
        for n in range(2, 302)
    )
    vids = [*range(2, 302), 1000, 2000]
    intent = SwitchIntent("leaf-1", ports, vlans=tuple(VlanIntent(n, f"V{n}") for n in vids))
    switch = Machine([f"ether{n}" for n in range(1, 310)])
    begin = time.process_time()
    session = direct(switch)
    session.stage(render(intent))
    session.commit(LONG)
    assert compare(intent, session.observe(), OBSERVES).clean
    sources = [each.values["source"] for each in switch.tables["system", "script"]]
    assert max(map(len, sources)) < 30_000
    session.revert()
    assert session.observe().vlans == ()
    assert time.process_time() - begin < 20


# --- what is not ours -----------------------------------------------------------------------------


def test_everything_else_is_left_alone() -> None:
    switch = machine()
    for line in (
        "/interface bridge add name=mgmt",
        "/interface bridge port add bridge=mgmt interface=ether8 comment=x",
        "/interface bridge vlan add bridge=mgmt vlan-ids=77 tagged=ether8",
        "/interface vlan add name=v77 interface=mgmt vlan-id=77",
        "/ip address add address=192.0.2.9/24 interface=mgmt",
        "/ip address add address=192.0.2.10/24 interface=v77",
        "/ip address add address=127.0.0.9/8 interface=ether1",
        "/interface bonding add name=bond8 slaves=ether7 comment=osism:keep",
        "/ip address add address=192.0.2.11/24 interface=bond8",
        '/ip address add address=192.0.2.12/24 interface=ether6 comment="osism:keep me"',
        "/ip firewall filter add chain=input action=drop",
        "/user add name=root group=full",
        "/interface ethernet set ether3 l2mtu=9000",
    ):
        switch.do(line)
    before = exported(switch)
    seen = direct(switch).observe()
    assert (seen.vlans, seen.lags, seen.addresses) == ((), (), ())
    assert not any(each.lag or each.mode for each in seen.ports)
    deploy(switch, ONE)
    after = exported(switch)
    assert [line for line in before.split("\n") if line not in after.split("\n")] == []
    deploy(switch, vlans())
    left = exported(switch).replace("/interface bridge add comment=osism name=bridge "
                                    "vlan-filtering=yes\n", "")  # fmt: skip
    assert left.replace("/system identity set name=leaf-1\n", "") == before


def test_what_is_on_our_bridge_and_not_in_netbox_goes() -> None:
    switch = machine()
    for line in (
        "/interface bridge add name=bridge comment=defconf",
        "/interface bridge port add bridge=bridge interface=ether2 comment=defconf hw=no",
        "/interface bridge port add bridge=bridge interface=ether3 comment=defconf",
        "/ip address add address=192.168.88.1/24 interface=bridge comment=defconf",
        "/interface bridge vlan add bridge=bridge vlan-ids=2-5,9 tagged=ether3",
        "/interface vlan add name=v9 interface=bridge vlan-id=9",
        "/ip address add address=10.0.9.1/24 interface=v9",
        "/ip address add address=10.0.6.1/24 interface=ether6",
    ):
        switch.do(line)
    before = exported(switch)
    session = direct(switch)
    diff = session.stage(ONE)
    assert "-add bridge=bridge tagged=ether3 vlan-ids=2-5,9" in diff.split("\n")
    session.commit(LONG)
    assert [(e.interface, e.address) for e in session.observe().addresses] == []
    assert "hw=no" in exported(switch)
    session.revert()
    assert sorted(exported(switch).split("\n")) == sorted(before.split("\n"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/interface ethernet\nset [ find default-name=ether1 ] disabled=yes", "disabled=yes"),
        ("/interface ethernet\nset [ find default-name=ether1 ] mtu=9000", "mtu=9000"),
        ("/interface bridge port\nadd bridge=bridge interface=ether1", "interface=ether1"),
        ("/interface bonding\nadd name=bond1 slaves=ether1,ether4", "slaves=ether1,ether4"),
    ],
)
def test_the_management_port_is_not_changed(line: str, words: str) -> None:
    said = refused(machine(), ONE + line)
    assert "it would change what is left alone" in said
    assert words in said


def test_the_management_port_can_be_described() -> None:
    switch = machine()
    deploy(
        switch, ONE + "/interface ethernet\nset [ find default-name=ether1 ] comment=out-of-band"
    )
    assert "comment=out-of-band" in exported(switch)


def test_an_entry_names_what_is_left_alone() -> None:
    switch = machine()
    switch.do("/ip address add address=10.0.5.5/24 interface=ether5")
    assert "mtu=9000" in refused(
        switch, ONE + "/interface ethernet\nset [ find default-name=ether5 ] mtu=9000", "ether5"
    )
    deploy(switch, ONE, "ether5")
    assert "10.0.5.5/24" in exported(switch)
    deploy(switch, ONE)
    assert "10.0.5.5/24" not in exported(switch)


def test_an_address_for_management_that_netbox_knows_is_ours() -> None:
    switch = machine()
    text = ONE + "/ip address\nadd address=127.0.0.1/8 interface=ether1\n"
    diff = deploy(switch, text)
    assert "+add address=127.0.0.1/8 comment=osism interface=ether1" in diff.split("\n")
    (found,) = direct(switch).observe().addresses
    assert (found.interface, found.address) == ("ether1", "127.0.0.1/8")
    assert "and the configuration does not have it there" in refused(switch, ONE)


def test_the_way_to_the_switch_is_not_moved() -> None:
    switch = machine()
    text = ONE + "/ip address\nadd address=127.0.0.1/24 interface=ether4\n"
    assert "moving it would end the session" in refused(switch, text)
    switch.do("/interface bridge add name=bridge; /ip address remove [find]")
    switch.do("/ip address add address=127.0.0.1/8 interface=bridge comment=defconf")
    assert "add it in NetBox" in refused(switch, ONE)
    switch.do("/interface vlan add name=v9 interface=bridge vlan-id=9; /ip address remove [find]")
    switch.do("/ip address add address=127.0.0.1/8 interface=v9")
    assert "on 'v9', and the configuration does not have it" in refused(switch, ONE)


def test_what_a_kept_vlan_stands_on_is_kept() -> None:
    switch = machine()
    switch.do("/interface bonding add name=bond0 slaves=ether2,ether3; /ip address remove [find]")
    switch.do("/interface vlan add name=mgmt interface=bond0 vlan-id=9")
    switch.do("/ip address add address=127.0.0.1/8 interface=mgmt")
    deploy(switch, vlans(4))
    assert "name=bond0 slaves=ether2,ether3" in exported(switch)
    assert direct(switch).observe().lags == ()
    assert "ether3" in refused(switch, vlans(3))


@pytest.mark.parametrize(
    ("by_hand", "text", "words"),
    [
        ("/interface ethernet set ether2 name=uplink", ONE + "/interface ethernet\n"
         "set [ find default-name=ether2 ] disabled=no", "is called 'uplink' on the switch"),
        ("", ONE + "/interface ethernet\nset [ find default-name=ether99 ] disabled=no",
         "'ether99' is no port of the switch"),
        ("/interface vlan add name=bond1 interface=ether8 vlan-id=2", ONE + "/interface bonding\n"
         "add name=bond1 slaves=ether7", "already have interface with such name"),
        ("/interface bonding add name=bond1 slaves=ether7", ONE.replace("ether2 p", "bond1 p"),
         "no such interface 'bond1'"),
    ],
)  # fmt: skip
def test_what_the_switch_does_not_have_is_said(by_hand: str, text: str, words: str) -> None:
    switch = machine()
    switch.do(by_hand)
    assert words in refused(switch, text)


def test_a_row_that_cannot_be_told_from_another_stops_it() -> None:
    switch = machine()
    deploy(switch, vlans(2, 3))
    rows = switch.tables["interface", "bridge", "vlan"]
    rows.append(type(rows[0])("*99", dict(rows[1].values)))  # a switch should not allow that
    assert "2 rows instead of one answer to /interface bridge vlan find" in refused(switch, ONE)


def test_a_switch_without_mlag_is_observed() -> None:
    switch = machine()
    switch.missing.add(("interface", "bridge", "mlag"))
    deploy(switch, ONE)
    assert direct(switch).observe().mlag is None


def test_the_difference_is_readable() -> None:
    have = Rows([])
    diff = difference(wanted(render(FULL)), have, Rows([]))
    assert '+add bridge=bridge comment="red \\"sea\\" \\$x"' in diff
    assert "ü" in diff
    assert sorted(["ether10", "ether9"], key=natural) == ["ether9", "ether10"]
