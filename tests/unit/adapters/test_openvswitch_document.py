"""A document is what the shipped template makes; whatever is doubtful in one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from osism.adapters.switches.openvswitch.document import Bonding, Document, Port, Vlans
from osism.adapters.switches.openvswitch.nodes import Wrong
from osism.adapters.switches.openvswitch.reading import read
from osism.adapters.switches.openvswitch.writing import write
from osism.adapters.templates import Templates
from osism.domain.intents import LagIntent, PortIntent, SwitchIntent
from osism.domain.inventory import Device

INTENT = SwitchIntent(
    "leaf-1",
    (
        PortIntent("swp1", description='n "1" ü \\ #:', mtu=9100, mode="access", untagged=10),
        PortIntent("swp2", False),
        PortIntent("swp3"),
        PortIntent("swp4", mode="tagged", untagged=1, tagged=(2, 3, 7)),
        PortIntent("swp5", mtu=9000, lag="bond1"),
        PortIntent("swp6", False, lag="bond1"),
        PortIntent("swp7", lag="bond9"),  # a LAG that this switch does not have
        PortIntent("swp10", mode="tagged", tagged=(5,)),
    ),
    (
        LagIntent("bond1", mode="tagged", tagged=(5, 6), number=1, members=("swp5", "swp6")),
        LagIntent("bond2", False, description="no", number=2),
    ),
)

WRITTEN = r"""ports:
  "swp1":
    description: "n \"1\" ü \\ #:"
    mtu: 9100
    vlan_mode: access
    tag: 10
  "swp2":
    enabled: false
  "swp3": {}
  "swp4":
    vlan_mode: native-untagged
    tag: 1
    trunks: 2-3,7
  "swp7": {}
  "swp10":
    vlan_mode: trunk
    trunks: 5
bonds:
  "bond1":
    vlan_mode: trunk
    trunks: 5-6
    bond_mode: balance-tcp
    lacp: active
    lacp_time: fast
    members:
      "swp5":
        mtu: 9000
      "swp6":
        enabled: false
  "bond2":
    enabled: false
    description: "no"
    bond_mode: balance-tcp
    lacp: off
    lacp_time: fast
    members: {}
"""


def rendered(intent: SwitchIntent, directory: Path) -> str:
    device = Device(id=1, name=intent.name)
    return Templates(directory).render("openvswitch.cfg.j2", intent, device)


def parsed(text: str) -> Document:
    return read(text, "leaf-1", Bonding())


def test_an_intent_becomes_a_document(tmp_path: Path) -> None:
    text = rendered(INTENT, tmp_path)
    assert text.startswith('switch: "leaf-1"\nports:\n  "swp1":\n    description: "n \\"1\\" ü')
    document = parsed(text)
    assert write(document) == WRITTEN
    assert parsed(WRITTEN) == document


def test_a_switch_without_ports_has_a_document(tmp_path: Path) -> None:
    document = parsed(rendered(SwitchIntent("leaf-1"), tmp_path))
    assert document == Document()
    assert write(document) == "ports: {}\nbonds: {}\n"


def test_unusual_texts_are_kept_as_they_are() -> None:
    text = 'ports: {swp1: {description: "\\u00fc \\u2028 \\U0001f600 \' \\\\ \\" no 0x1 "}}'
    document = parsed(text)
    assert document.ports["swp1"].description == "ü \u2028 \U0001f600 ' \\ \" no 0x1 "
    words = "ports: {on: {description: no}, 1: {description: 0x10}, y: {description: ~}}"
    found = parsed(words).ports
    assert [(each.name, each.description) for each in found.values()] == [
        ("on", "no"),
        ("1", "0x10"),
        ("y", ""),
    ]


def test_trunks_are_a_list_or_a_text() -> None:
    for trunks in ("[1, 2, 4]", "1-2,4", "'4, 1 - 2'", "[4, 1-2]"):
        text = f"ports: {{swp1: {{vlan_mode: trunk, trunks: {trunks}}}}}"
        expected = Port("swp1", vlans=Vlans("trunk", None, (1, 2, 4)))
        assert parsed(text.replace("trunks: 1-2,4", "trunks: '1-2,4'")).ports["swp1"] == expected


def test_the_mtu_of_a_bond_is_that_of_its_members() -> None:
    text = "ports: {}\nbonds: {b1: {mtu: 9000, members: {swp1: {}, swp2: {mtu: 9000}}}}"
    assert [each.mtu for each in parsed(text).bonds["b1"].members] == [9000, 9000]
    with pytest.raises(Wrong, match="line 2: bond 'b1': member 'swp2' has another MTU"):
        parsed(text.replace("{mtu: 9000}", "{mtu: 1500}"))


PORT = "ports: {swp1: {%s}}"
BOND = "ports: {swp1: {}}\nbonds: {b1: {%s}}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: an empty configuration"),
        ("# nothing\n", "line 1: an empty configuration"),
        ("ports: [", "line 2: no valid YAML"),
        ("a: \x00", "line 1: no valid YAML"),
        ("[" * 5000, "no valid YAML"),
        ("text", "line 1: the document: not a table"),
        ("bonds: {}", "line 1: it has no ports"),
        ("prots: {}", "line 1: the document: there is no 'prots'; did you mean 'ports'"),
        ("switch: leaf-2\nports: {}", "line 1: it is for 'leaf-2'"),
        ("ports: {}\nports: {}", "line 2: the document: 'ports' is there twice"),
        ("ports:\n  swp1: {}\n  swp1: {}", "line 3: ports: 'swp1' is there twice"),
        ("ports: [swp1]", "line 1: ports: not a table"),
        ("ports: {[a]: {}}", "line 1: ports: a name is not a text"),
        ("ports: {swp1: 7}", "port 'swp1': not a table"),
        ("ports: {sixteen-letters-: {}}", "no interface of Linux is called so"),
        ("ports: {'a b': {}}", "no interface of Linux is called so"),
        ("ports: {a/b: {}}", "no interface of Linux is called so"),
        ("ports: {..: {}}", "no interface of Linux is called so"),
        ("ports: {<<: {swp1: {}}}", "port '<<': there is no 'swp1'"),
        (PORT % "taag: 1", "port 'swp1': there is no 'taag'; did you mean 'tag'"),
        (PORT % "enabled: yes", "port 'swp1': enabled: 'yes' is neither true nor false"),
        (PORT % "mtu: 67", "port 'swp1': mtu: '67' is not a number from 68 to 65535"),
        (PORT % "mtu: 1e3", "'1e3' is not a number"),
        (PORT % "mtu: ²", "'²' is not a number"),
        (PORT % "mtu: 99999999999999999999", "is not a number"),
        (PORT % "description: [a]", "port 'swp1': description: not a text"),
        (PORT % "vlan_mode: dot1q-tunnel", "'dot1q-tunnel' is none of access, trunk, native"),
        (PORT % "tag: 1", "port 'swp1': a port without vlan_mode has no tag"),
        (PORT % "vlan_mode: access", "port 'swp1': vlan_mode access wants tag"),
        (PORT % "vlan_mode: trunk", "port 'swp1': vlan_mode trunk wants trunks"),
        (PORT % "vlan_mode: trunk, trunks: []", "a trunk of no VLAN"),
        (PORT % "vlan_mode: trunk, trunks: all", "'all' is no VLAN and no range"),
        (PORT % "vlan_mode: native-untagged, tag: 1", "native-untagged wants trunks"),
        (PORT % "vlan_mode: access, tag: 1, trunks: 2", "vlan_mode access has no trunks"),
        (PORT % "vlan_mode: access, tag: 0", "'0' is not a number from 1 to 4094"),
        (PORT % "vlan_mode: access, tag: 4095", "'4095' is not a number from 1 to 4094"),
        (PORT % "vlan_mode: trunk, trunks: 0-5", "'0-5' is not within 1 to 4094"),
        (PORT % "vlan_mode: trunk, trunks: 5-4", "'5-4' is not within 1 to 4094"),
        (PORT % "vlan_mode: trunk, trunks: [5, -1]", "'-1' is no VLAN"),
        (PORT % "vlan_mode: native-untagged, tag: 5, trunks: 1-9", "VLAN 5 is its tag and in"),
        (BOND % "members: {swp1: {}}", "line 2: bond 'b1': 'swp1' is a port already"),
        (BOND % "members: {swp2: {vlan_mode: access}}", "member 'swp2': there is no 'vlan_mode'"),
        (BOND % "members: {b1: {}}", "bond 'b1': 'b1' is in bond 'b1' already"),
        (BOND % "lacp: on", "bond 'b1': lacp: 'on' is none of active, passive, off"),
        (BOND % "lacp: off", "bond 'b1': bond_mode balance-tcp wants LACP"),
        (BOND % "lacp_time: 1", "'1' is none of fast, slow"),
        ("ports: {}\nbonds: {a: {members: {s1: {}}}, b: {members: {s1: {}}}}",
         "bond 'b': 's1' is in bond 'a' already"),
        ("ports: {a: {}}\nbonds: {a: {}}", "bond 'a': 'a' is a port already"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_refused(text: str, words: str) -> None:
    with pytest.raises(Wrong) as caught:
        parsed(text)
    assert words in str(caught.value)
    assert str(caught.value).startswith("line ")


def test_deep_and_repeated_texts_end() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(50))
    with pytest.raises(Wrong, match="there is no 'a'"):
        parsed(bomb)
    with pytest.raises(Wrong):
        parsed("ports: &p {swp1: *p}")
