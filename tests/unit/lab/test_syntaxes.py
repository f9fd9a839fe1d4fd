"""What a template renders, the switch reads as the same intent; and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from osism.adapters.switches.lab import OBSERVES
from osism.adapters.templates import Templates
from osism.domain.drift import FIELDS, compare
from osism.domain.intents import MlagIntent, SwitchIntent, intent, one_line
from osism.domain.inventory import Address, Device, Interface, Port, Snapshot
from osism.lab.syntaxes import SYNTAXES, Rejected

TEMPLATES = Templates(Path(__file__).parents[3] / "contrib/lab/netbox/templates")
SWITCH = "leaf-1"
DEVICE = Device(1, SWITCH)

VIDS = st.integers(1, 4094)
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["{{ 7 * 7 }}", 'a "b" \\ $c ?d', "!x", "\nshutdown"]
)
MTUS = st.none() | st.integers(68, 9216)
ADDRESSES = st.ip_addresses().flatmap(
    lambda ip: st.integers(1, ip.max_prefixlen).map(lambda length: f"{ip}/{length}")
)
FREE_NAMES = (
    st.text(min_size=1, max_size=12)
    .map(lambda text: one_line(text).replace(",", ""))
    .filter(lambda name: name == one_line(name) != "" and name.lower() != "bridge")
)
NAMES = {
    "edgecore": {
        "ports": st.builds("Ethernet{}".format, st.integers(1, 54))
        | st.builds("Ethernet{}/{}".format, st.integers(1, 9), st.integers(1, 4)),
        "lags": st.builds("Port-Channel{}".format, st.integers(1, 999)),
        "loopbacks": st.builds("Loopback{}".format, st.integers(0, 9)),
    },
    "mikrotik": {
        "ports": st.builds("sfp-sfpplus{}".format, st.integers(1, 24)) | FREE_NAMES,
        "lags": FREE_NAMES,
        "loopbacks": FREE_NAMES,
    },
}


@st.composite
def snapshots(draw: st.DrawFn, syntax: str) -> Snapshot:
    """A switch as NetBox may hold it."""
    names = NAMES[syntax]
    drawn = draw(
        st.tuples(
            st.lists(names["ports"], max_size=6, unique=True),
            st.lists(names["lags"], max_size=3, unique=True),
            st.lists(VIDS.map(lambda vid: f"Vlan{vid}"), max_size=3, unique=True),
            st.lists(names["loopbacks"], max_size=2, unique=True),
        )
    )
    kinds: dict[str, str] = {}
    for names_of, kind in zip(drawn, ("25gbase-x-sfp28", "lag", "virtual", "virtual"), strict=True):
        kinds |= {name: kind for name in names_of if name not in kinds}
    lags = [name for name, kind in kinds.items() if kind == "lag"]
    interfaces = {}
    for number, (name, kind) in enumerate(kinds.items(), 1):
        tagged = draw(st.frozensets(VIDS, max_size=5))
        port = kind not in ("lag", "virtual")
        svi = kind == "virtual" and name.startswith("Vlan")
        interfaces[Port(SWITCH, name)] = Interface(
            id=number,
            port=Port(SWITCH, name),
            type=kind,
            enabled=draw(st.booleans()),
            description=draw(TEXTS),
            mtu=draw(MTUS),
            untagged=draw(st.none() | VIDS),
            tagged=tagged,
            lag=draw(st.sampled_from(["", *lags])) if port else "",
            parent=draw(st.sampled_from(["", *lags])) if svi else "",
        )
    addresses = tuple(
        Address(number, draw(ADDRESSES), port)
        for number, port in enumerate(interfaces)
        if draw(st.booleans())
    )
    vlans = draw(st.dictionaries(VIDS, TEXTS.map(lambda name: (1, name)), max_size=3))
    return Snapshot({SWITCH: DEVICE}, interfaces, {}, addresses, vlans)


def parsed(syntax: str, wanted: SwitchIntent, text: str) -> SwitchIntent:
    return SYNTAXES[syntax].parse(text, {each.name for each in wanted.ports}, "as delivered")


def carried(syntax: str, wanted: SwitchIntent) -> SwitchIntent:
    """*wanted* without what the syntax says that it does not carry."""
    if wanted.mlag and not {"mlag.vlan", "mlag.address"} <= OBSERVES[syntax]:
        return replace(wanted, mlag=replace(wanted.mlag, vlan=0, address="", peer_address=""))
    return wanted


@pytest.mark.parametrize("syntax", SYNTAXES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_rendered_is_read_as_the_same_intent(syntax: str, data: st.DataObject) -> None:
    wanted = intent(data.draw(snapshots(syntax)), SWITCH)
    text = TEMPLATES.render(f"{syntax}.cfg.j2", wanted, DEVICE)
    found = parsed(syntax, wanted, text)
    assert found == carried(syntax, wanted)
    assert compare(wanted, found, OBSERVES[syntax]).clean
    assert TEMPLATES.render(f"{syntax}.cfg.j2", wanted, DEVICE) == text


def test_an_mlag_is_rendered_whole() -> None:
    lag, vlan = Port(SWITCH, "Port-Channel1"), Port(SWITCH, "Vlan4094")
    interfaces = {
        lag: Interface(1, lag, "lag", untagged=4094),
        vlan: Interface(2, vlan, "virtual", parent=lag.interface),
    }
    addresses = (Address(1, "10.255.0.1/30", vlan),)
    wanted = intent(Snapshot({SWITCH: DEVICE}, interfaces, {}, addresses, {}), SWITCH)
    text = TEMPLATES.render("edgecore.cfg.j2", wanted, DEVICE)
    assert parsed("edgecore", wanted, text).mlag == wanted.mlag
    assert wanted.mlag == MlagIntent("Port-Channel1", 4094, "10.255.0.1/30", "10.255.0.2")
    text = TEMPLATES.render("mikrotik.cfg.j2", wanted, DEVICE)
    assert parsed("mikrotik", wanted, text).mlag == MlagIntent("Port-Channel1", 0)


def test_every_syntax_declares_what_it_shows() -> None:
    assert set(OBSERVES) == set(SYNTAXES)
    assert all(observes <= FIELDS for observes in OBSERVES.values())


# --- what a switch refuses ------------------------------------------------------------------------

PORTS = ["Ethernet1", "Ethernet2"]

REFUSED = [
    ("edgecore", "hostname a\nfoo bar\n", 2, "unknown command"),
    ("edgecore", "interface Ethernet3\n", 1, "no such port 'Ethernet3'"),
    ("edgecore", "interface Ethernet10\n", 1, "no such port"),
    ("edgecore", "interface Port-Channel0\n", 1, "no such port"),
    ("edgecore", "interface Vlan4095\n", 1, "VLAN must be 1 to 4094"),
    ("edgecore", "hostname\n", 1, "hostname wants a name"),
    ("edgecore", "vlan 0\n", 1, "VLAN must be 1 to 4094"),
    ("edgecore", "vlan 1²\n", 1, "VLAN must be 1 to 4094"),
    ("edgecore", "vlan 5\n name\n", 2, "name wants a text"),
    ("edgecore", "name x\n", 1, "unknown command"),
    ("edgecore", "interface Ethernet1\n mtu 67\n", 2, "MTU must be 68 to 9216"),
    ("edgecore", "interface Ethernet1\n mtu None\n", 2, "MTU must be"),
    ("edgecore", "interface Ethernet1\n shutdown now\n", 2, "nothing may follow"),
    ("edgecore", "interface Ethernet1\n switchport mode hybrid\n", 2, "access or trunk"),
    ("edgecore", "interface Ethernet1\n switchport access vlan 9\n", 1, "VLAN 9 does not exist"),
    ("edgecore", "interface Ethernet1\n ip address 10.0.0.1\n", 2, "without prefix length"),
    ("edgecore", "interface Ethernet1\n ip address 10.0.0.256/24\n", 2, "bad address"),
    ("edgecore", "interface Vlan5\n ip address 10.0.0.1/24\n", 2, "VLAN 5 does not exist"),
    ("edgecore", "interface Vlan5\n mtu 1500\n", 2, "only for ports"),
    ("edgecore", "interface Ethernet1\n channel-group 1 mode on\n", 2, "mode active"),
    ("edgecore", "interface Port-Channel1\n channel-group 1 mode active\n", 2, "a port joins"),
    (
        "edgecore",
        "vlan 5\ninterface Ethernet1\n channel-group 1 mode active\n switchport access vlan 5\n",
        2,
        "a member of Port-Channel1 cannot carry VLANs",
    ),
    ("edgecore", "mlag configuration\n local-interface Vlan5\n", 1, "domain-id is missing"),
    ("edgecore", "mlag configuration\n domain-id 1\n", 1, "peer-link must name"),
    ("edgecore", "interface Vlan5\n ip address 2001:db8::1/64\n", 2, "IP version 4"),
    ("edgecore", "interface Vlan5\n ipv6 address 10.0.0.1/24\n", 2, "IP version 6"),
    (
        "edgecore",
        "interface Port-Channel1\nmlag configuration\n domain-id 1\n peer-link Port-Channel1\n",
        2,
        "local-interface must name",
    ),
    ("mikrotik", "add name=x\n", 1, "unknown command"),
    ("mikrotik", "/ip firewall\n", 1, "unknown section"),
    ("mikrotik", "/ip address\nset address=10.0.0.1/24\n", 2, "unknown command"),
    (
        "mikrotik",
        "/interface ethernet\nset [ find default-name=ether9 ] mtu=1\n",
        2,
        "no such port",
    ),
    ("mikrotik", "/interface ethernet\nset ether1 mtu=1500\n", 2, "expected [ find"),
    ("mikrotik", "/interface bridge\nadd\n", 2, "unknown command"),
    ("mikrotik", "/interface bridge\nadd comment=x\n", 2, "missing value for name"),
    ("mikrotik", "/interface bridge\nadd name=x color=red\n", 2, "unknown parameter color"),
    ("mikrotik", "/interface bridge\nadd name=x y\n", 2, "expected key=value"),
    ("mikrotik", '/interface bridge\nadd name="x\n', 2, "expected key=value"),
    ("mikrotik", '/interface bridge\nadd name="$x"\n', 2, "must be escaped"),
    ("mikrotik", '/interface bridge\nadd name="\\q"\n', 2, "unknown escape"),
    ("mikrotik", '/interface bridge\nadd name="\\FF"\n', 2, "not UTF-8"),
    ("mikrotik", "/interface bridge\nadd name=x \\", 2, "ends within a line"),
    ("mikrotik", "/interface bonding\nadd name=b mode=active-backup\n", 2, "only mode=802.3ad"),
    ("mikrotik", "/interface bonding\nadd name=Ethernet1 mode=802.3ad\n", 2, "already have"),
    ("mikrotik", "/interface bonding\nadd name=b mode=802.3ad slaves=x\n", 2, "no such port 'x'"),
    (
        "mikrotik",
        "/interface vlan\nadd name=v interface=br vlan-id=5\n",
        2,
        "belongs to the bridge",
    ),
    ("mikrotik", "/interface bridge port\nadd bridge=br interface=x\n", 2, "no such bridge"),
    ("mikrotik", "/ip address\nadd address=10.0.0.1/24 interface=x\n", 2, "no such interface"),
    ("mikrotik", "/ipv6 address\nadd address=10.0.0.1/24 interface=x\n", 2, "IP version 6"),
    (
        "mikrotik",
        "/interface bridge\nadd name=b\n/interface bridge vlan\n"
        "add bridge=b vlan-ids=5 tagged=Ethernet1\n",
        4,
        "not a port of the bridge",
    ),
    (
        "mikrotik",
        "/interface bridge\nadd name=b\n/interface bridge port\n"
        "add bridge=b interface=Ethernet1 pvid=5\n"
        "/interface bridge vlan\nadd bridge=b vlan-ids=5,6 untagged=Ethernet1\n",
        6,
        "whose pvid is another",
    ),
]


@pytest.mark.parametrize(("syntax", "text", "line", "reason"), REFUSED)
def test_a_line_that_is_wrong_is_refused(syntax: str, text: str, line: int, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        SYNTAXES[syntax].parse(text, PORTS, SWITCH)
    assert refused.value.line == line
    assert reason in str(refused.value)
    assert text.split("\n")[line - 1].strip("\\").strip() in str(refused.value)


@pytest.mark.parametrize("syntax", SYNTAXES)
@settings(max_examples=30, deadline=None)
@given(
    lines=st.lists(
        st.text(max_size=10)
        | st.sampled_from(
            ["vlan 5", "interface Ethernet1", "mtu 9000", "/interface bridge", 'add name="a" \\']
        ),
        max_size=6,
    )
)
def test_any_text_is_read_or_refused(syntax: str, lines: list[str]) -> None:
    try:
        SYNTAXES[syntax].parse("\n".join(lines), PORTS, SWITCH)
    except Rejected as refused:
        assert 1 <= refused.line <= "\n".join(lines).count("\n") + 1


# --- what vendors write in more than one way ------------------------------------------------------


def test_a_native_vlan_that_is_not_allowed_does_not_pass() -> None:
    text = (
        "vlan 5\nvlan 6\ninterface Ethernet1\n switchport mode trunk\n"
        " switchport trunk native vlan 5\n switchport trunk allowed vlan 6\n"
    )
    (port,) = SYNTAXES["edgecore"].parse(text, PORTS, SWITCH).ports
    assert (port.mode, port.untagged, port.tagged) == ("tagged", None, (6,))


def test_the_access_vlan_of_a_trunk_does_not_count() -> None:
    text = "vlan 5\ninterface Ethernet1\n switchport access vlan 5\n switchport mode trunk\n"
    (port,) = SYNTAXES["edgecore"].parse(text, PORTS, SWITCH).ports
    assert (port.mode, port.untagged, port.tagged) == ("", None, ())


def test_the_last_word_counts() -> None:
    text = (
        "interface Ethernet1\n shutdown\n no shutdown\n mtu 1500\ninterface Ethernet1\n mtu 9000\n"
    )
    (port,) = SYNTAXES["edgecore"].parse(text, PORTS, SWITCH).ports
    assert port.enabled
    assert port.mtu == 9000


def test_an_export_may_continue_lines() -> None:
    text = (
        "# by hand\r\n/interface ethernet\r\n"
        'set [ find default-name=Ethernet1 ] comment="a \\\r\n    b" \\\r\n    disabled=yes\r\n'
    )
    (port,) = SYNTAXES["mikrotik"].parse(text, PORTS, SWITCH).ports
    assert port.description == "a b"
    assert not port.enabled


def test_a_vlan_list_may_be_a_range() -> None:
    text = (
        "/interface bridge\nadd name=b\n/interface bridge port\n"
        "add bridge=b frame-types=admit-only-vlan-tagged interface=Ethernet1\n"
        "/interface bridge vlan\nadd bridge=b vlan-ids=5-7,9 tagged=b,Ethernet1\n"
    )
    (port,) = SYNTAXES["mikrotik"].parse(text, PORTS, SWITCH).ports
    assert port.tagged == (5, 6, 7, 9)
