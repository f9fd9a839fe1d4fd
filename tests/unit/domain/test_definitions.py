"""What a state definition says, and what is said about a mistake in one."""

from __future__ import annotations

import pytest

from osism.domain.definitions import (
    CABLE_TYPES,
    CLEARABLE,
    DATA,
    AddressDefinition,
    ChannelDefinition,
    Definitions,
    InterfaceDefinition,
    MlagDefinition,
    PortDefinition,
    Vlans,
    check_claims,
    merged,
    plain,
)
from osism.domain.errors import Invalid
from osism.domain.inventory import Port
from tests.unit.domain.build import define, located, mistake

# --- what is read ---------------------------------------------------------------------------------

WHOLE = """
Ethernet0:
  type: cat6a
  device: leaf-1
  interface: Ethernet5
  mac_address: "18:C0:86:3A:B7:F1"
  data: {enabled: true, mtu: 9100}
Ethernet1: {type: dac-passive, device: leaf-2, interface: Ethernet5}
Ethernet2:
  type: smf
  device: leaf-1
  interface: Ethernet6
  addresses: ["10.0.0.5/24", {address: "10.1.0.5/24", primary: true, vrf: red}]
  vlans: {100: untagged, 200: tagged}
Ethernet48: {type: aoc, device: leaf-1, interface: Ethernet48}
bond0:
  type: port-channel
  channel: 10
  interfaces: [Ethernet0, Ethernet1]
  addresses: ["10.2.0.5/24"]
  vlans: {300: tagged}
vlan200: {type: virtual, data: {parent: bond0}, addresses: ["10.3.0.5/24"], vlans: {200: untagged}}
peer: {type: mlag, interfaces: [Ethernet48],
       data: {channel: 11, vlan: 4094, address: 10.255.0.1/30}}
"""


def test_a_port() -> None:
    port = define(WHOLE).interfaces["Ethernet0"]
    assert isinstance(port, PortDefinition)
    assert (port.cable, port.far) == ("cat6a", Port("leaf-1", "Ethernet5"))
    assert (port.mac, port.data) == ("18:C0:86:3A:B7:F1", {"enabled": True, "mtu": 9100})


def test_what_is_not_told_is_empty() -> None:
    port = define(WHOLE).interfaces["Ethernet1"]
    assert (port.mac, port.data, port.addresses, port.vlans) == ("", {}, (), Vlans())


def test_addresses_and_vlans() -> None:
    port = define(WHOLE).interfaces["Ethernet2"]
    assert port.addresses == (
        AddressDefinition("10.0.0.5/24"),
        AddressDefinition("10.1.0.5/24", primary=True, vrf="red"),
    )
    assert port.vlans == Vlans(100, frozenset({200}))


def test_a_port_channel() -> None:
    bond = define(WHOLE).interfaces["bond0"]
    assert isinstance(bond, ChannelDefinition)
    assert (bond.channel, bond.members) == (10, ("Ethernet0", "Ethernet1"))
    assert bond.far_lag == "Port-Channel10"


def test_a_virtual_interface() -> None:
    virtual = define(WHOLE).interfaces["vlan200"]
    assert type(virtual) is InterfaceDefinition
    assert virtual.data == {"parent": "bond0"}


def test_an_mlag() -> None:
    peer = define(WHOLE).interfaces["peer"]
    assert isinstance(peer, MlagDefinition)
    assert (peer.lag, peer.vlan_interface) == ("Port-Channel11", "Vlan4094")
    assert peer.addresses == (AddressDefinition("10.255.0.1/30"),)


def test_the_address_of_an_mlag_is_optional() -> None:
    text = WHOLE.replace(", address: 10.255.0.1/30", "")
    assert define(text).interfaces["peer"].addresses == ()
    text = WHOLE.replace("10.255.0.1/30", "null")
    assert define(text).interfaces["peer"].addresses == ()


def test_what_a_definition_needs_of_netbox() -> None:
    definition = define(WHOLE)
    assert definition.far_devices == {"leaf-1", "leaf-2"}
    assert definition.vids == {100, 200, 300, 4094}
    assert definition.addresses == {
        "10.0.0.5/24", "10.1.0.5/24", "10.2.0.5/24", "10.3.0.5/24", "10.255.0.1/30",
    }  # fmt: skip
    assert definition.member_of() == {
        "Ethernet0": "bond0", "Ethernet1": "bond0", "Ethernet48": "peer",
    }  # fmt: skip


@pytest.mark.parametrize("empty", ["{}", "null", ""])
def test_a_device_without_anything(empty: str) -> None:
    assert define(empty).interfaces == {}


@pytest.mark.parametrize("type_", sorted(CABLE_TYPES))
def test_every_cable_type_of_netbox(type_: str) -> None:
    text = f"Ethernet0: {{type: {type_}, device: leaf-1, interface: Ethernet5}}"
    assert define(text).interfaces["Ethernet0"].cable == type_  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("10.0.0.5/24", "10.0.0.5/24"),
        ("10.0.0.5/255.255.255.0", "10.0.0.5/24"),
        ("10.0.0.0/31", "10.0.0.0/31"),
        ("10.0.0.1/32", "10.0.0.1/32"),
        ("2001:DB8:0::1/64", "2001:db8::1/64"),
        ("2001:db8::/127", "2001:db8::/127"),
        ("fe80::1/128", "fe80::1/128"),
    ],
)
def test_addresses_are_written_as_netbox_does(written: str, read: str) -> None:
    definition = define(f'lo: {{type: virtual, addresses: ["{written}"]}}')
    assert definition.addresses == {read}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("18:C0:86:3A:B7:F1", "18:C0:86:3A:B7:F1"),
        ("18:c0:86:3a:b7:f1", "18:C0:86:3A:B7:F1"),
        ("18-c0-86-3a-b7-f1", "18:C0:86:3A:B7:F1"),
    ],
)
def test_mac_addresses_are_written_as_netbox_does(written: str, read: str) -> None:
    assert define(f'lo: {{type: virtual, mac_address: "{written}"}}').interfaces["lo"].mac == read


@pytest.mark.parametrize(
    ("vlans", "mode"),
    [
        ("{}", ""),
        ("{100: untagged}", "access"),
        ("{100: tagged}", "tagged"),
        ("{100: untagged, 200: tagged}", "tagged"),
    ],
)
def test_the_mode_follows_from_the_vlans(vlans: str, mode: str) -> None:
    assert define(f"lo: {{type: virtual, vlans: {vlans}}}").interfaces["lo"].vlans.mode == mode


DATA_EXAMPLES = {
    "enabled": "false", "mgmt_only": "true", "mark_connected": "false", "mtu": "9100",
    "speed": "25000000", "tx_power": "-3", "description": "'uplink, büro 3'", "wwn": "'50:01'",
    "type": "1000base-t", "duplex": "full", "poe_mode": "pd", "poe_type": "type1-ieee802.3af",
    "rf_role": "ap", "rf_channel": "2.4g-1-2412-22", "bridge": "br0", "vrf": "red",
    "tags": "[uplink]", "custom_fields": "{rack_side: left}",
}  # fmt: skip


def test_every_field_has_an_example_here() -> None:
    assert {*DATA_EXAMPLES, "parent"} == set(DATA)
    assert set(DATA) > CLEARABLE


@pytest.mark.parametrize("name", DATA_EXAMPLES)
def test_any_writable_field_of_an_interface(name: str) -> None:
    text = f"Ethernet0: {{type: cat6a, device: leaf-1, interface: Ethernet5, data: {{{name}: "
    definition = define(f"{text}{DATA_EXAMPLES[name]}}}}}")
    assert set(definition.interfaces["Ethernet0"].data) == {name}


@pytest.mark.parametrize("name", sorted(CLEARABLE))
def test_a_field_can_be_emptied(name: str) -> None:
    data = define(f"lo: {{type: virtual, data: {{{name}: null}}}}").interfaces["lo"].data
    assert data == {name: None}


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("mtu", ["1", "65536"], ["0", "65537", "1.5", "true"]),
        ("speed", ["0", "2147483647"], ["-1", "2147483648", "fast"]),
        ("tx_power", ["-40", "127"], ["-41", "128"]),
        ("description", ["''", "x" * 200], ["x" * 201, "1", "[x]"]),
        ("wwn", ["x" * 64], ["x" * 65, "1"]),
        ("type", ["x" * 50], ["x" * 51, "1"]),
        ("poe_type", ["x" * 50], ["x" * 51, "1"]),
        ("rf_channel", ["x" * 50], ["x" * 51, "1"]),
        ("bridge", ["x" * 64], ["x" * 65, "1"]),
        ("vrf", ["x" * 100], ["x" * 101, "1"]),
        ("duplex", ["half", "auto"], ["both", "[half]"]),
        ("poe_mode", ["pse"], ["x"]),
        ("rf_role", ["station"], ["x"]),
        ("tags", ["[]"], ["x", "[1]", "{a: b}"]),
        ("custom_fields", ["{}"], ["x", "[x]"]),
    ],
)
def test_the_limits_of_a_field(name: str, right: list[str], wrong: list[str]) -> None:
    text = "Ethernet0: {{type: cat6a, device: leaf-1, interface: Ethernet5, data: {{{}: {}}}}}"
    for value in right:
        assert name in define(text.format(name, value)).interfaces["Ethernet0"].data
    for value in wrong:
        assert f", data.{name}: " in mistake(text.format(name, value))


@pytest.mark.parametrize(
    "name",
    [
        "label", "lag", "mac_address", "primary_mac_address", "mode", "untagged_vlan",
        "tagged_vlans", "name", "device",
    ],
)  # fmt: skip
def test_what_is_written_elsewhere_is_told(name: str) -> None:
    assert f"data.{name}: cannot be set here: " in mistake(
        f"lo: {{type: virtual, data: {{{name}: x}}}}"
    )


def test_null_means_that_nothing_is_told() -> None:
    text = "lo: {type: virtual, mac_address: null, data: null, addresses: null, vlans: null}"
    assert define(text) == define("lo: {type: virtual}")
    text = "lo: {type: virtual, addresses: [{address: 10.0.0.5/24, vrf: null}]}"
    assert define(text).interfaces["lo"].addresses == (AddressDefinition("10.0.0.5/24"),)


@pytest.mark.parametrize(("channel", "vlan"), [(1, 1), (4096, 4094)])
def test_the_limits_of_numbers(channel: int, vlan: int) -> None:
    text = MLAG.replace("channel: 10", f"channel: {channel}").replace("4094", str(vlan))
    text += f"  # {vlan}\nlo: {{type: virtual, vlans: {{{vlan}: tagged}}}}"
    peer = define(text).interfaces["peer"]
    assert (peer.channel, peer.vlan) == (channel, vlan)  # type: ignore[attr-defined]


def test_members_may_tell_other_vlans_than_the_port_channel() -> None:
    definition = define(BOND % ("{200: tagged}", "{300: tagged}", "{100: untagged}"))
    assert definition.far_vlans(definition.interfaces["bond0"]).all == {100}  # type: ignore[arg-type]


def test_members_of_an_mlag_may_tell_different_vlans() -> None:
    text = "Ethernet1: {type: aoc, device: leaf-2, interface: Ethernet1, vlans: {7: tagged}}"
    assert define(f"{MLAG.replace('[Ethernet48]', '[Ethernet48, Ethernet1]')}{text}")


def test_a_definition_cannot_be_changed() -> None:
    definition = define(WHOLE)
    with pytest.raises(TypeError):
        definition.interfaces["x"] = None  # type: ignore[index]
    with pytest.raises(TypeError):
        definition.interfaces["Ethernet0"].data["mtu"] = 1  # type: ignore[index]


@pytest.mark.parametrize("name", ["Ethernet0", "ethernet 0/1", "wan-büro", "10GE1/0/1", "x" * 64])
def test_names_of_interfaces(name: str) -> None:
    assert list(define(f'"{name}": {{type: virtual}}').interfaces) == [name]


# --- the VLANs of the far LAG ---------------------------------------------------------------------

BOND = """
Ethernet0: {type: cat6a, device: leaf-1, interface: Ethernet5, vlans: %s}
Ethernet1: {type: cat6a, device: leaf-1, interface: Ethernet6, vlans: %s}
bond0: {type: port-channel, channel: 10, interfaces: [Ethernet0, Ethernet1], vlans: %s}
"""


@pytest.mark.parametrize(
    ("members", "own", "far"),
    [
        ("{}", "{100: untagged}", Vlans(100)),
        ("{200: tagged}", "{}", Vlans(None, frozenset({200}))),
        ("{200: tagged}", "{100: untagged}", Vlans(100)),
        ("{}", "{}", Vlans()),
    ],
)
def test_the_far_lag_carries_the_port_channels_vlans_or_its_members(
    members: str, own: str, far: Vlans
) -> None:
    definition = define(BOND % (members, members, own))
    assert definition.far_vlans(definition.interfaces["bond0"]) == far  # type: ignore[arg-type]


# --- mistakes: every message names file, line, device, interface, field and what would be right ---

AT = "netbox/rack-1/node-1/a.yaml:{}: device 'node-1', interface '{}', {}: "
PORT = "Ethernet0:\n  type: cat6a\n  device: leaf-1\n  interface: Ethernet5\n"
MLAG = """
Ethernet48: {type: aoc, device: leaf-2, interface: Ethernet48}
peer:
  type: mlag
  interfaces: [Ethernet48]
  data:
    channel: 10
    vlan: 4094
    address: 10.255.0.1/30
"""

#: name -> (the definition, line, interface, field, words of what would be right)
MISTAKES: dict[str, tuple[str, int, str, str, str]] = {
    "unknown key": (
        PORT + "  adresses: []\n", 5, "Ethernet0", "adresses",
        "unknown key; did you mean 'addresses' or 'mac_address'? (known here: addresses, data, "
        "device, interface, mac_address, type, vlans)",
    ),
    "unknown key of an address": (
        PORT + "  addresses:\n  - address: 10.0.0.5/24\n    primry: true\n", 7, "Ethernet0",
        "addresses.primry", "did you mean 'primary'?",
    ),
    "key of another kind": (
        PORT + "  channel: 10\n", 5, "Ethernet0", "channel", "unknown key",
    ),
    "unknown key of an mlag": (
        MLAG + "    mtu: 9100\n", 10, "peer", "data.mtu", "known here: address, channel, vlan",
    ),
    "no type": ("lo:\n  data: {}\n", 1, "lo", "type", "a cable type such as 'cat6a', or virtual"),
    "misspelt type": (
        PORT.replace("cat6a", "cat6aa"), 2, "Ethernet0", "type",
        "'cat6aa' is not a cable type of NetBox; did you mean 'cat6a'",
    ),
    "type that is a list": (
        PORT.replace("cat6a", "[cat6a]"), 2, "Ethernet0", "type", "a list is not a cable type",
    ),
    "type that is a number": (PORT.replace("cat6a", "6"), 2, "Ethernet0", "type", "6 is not a"),
    "no far device": (
        PORT.replace("  device: leaf-1\n", ""), 1, "Ethernet0", "device",
        "is missing; the far end's device is wanted",
    ),
    "no far port": (
        PORT.replace("Ethernet5", "null"), 1, "Ethernet0", "interface",
        "is missing; the far end's port is wanted",
    ),
    "far device that is a number": (
        PORT.replace("leaf-1", "17"), 3, "Ethernet0", "device", "a name is wanted, not 17",
    ),
    "far port that is empty": (
        PORT.replace("Ethernet5", "''"), 4, "Ethernet0", "interface", "a name is wanted, not ''",
    ),
    "far end that is the port itself": (
        PORT.replace("leaf-1", "node-1").replace("Ethernet5", "Ethernet0"), 4, "Ethernet0",
        "interface", "a cable cannot lead back to its own port",
    ),
    "VLAN 0": (
        PORT + "  vlans:\n    0: tagged\n", 6, "Ethernet0", "vlans",
        "0 is not a VLAN id from 1 to 4094",
    ),
    "VLAN 4095": (
        PORT + "  vlans:\n    1: tagged\n    4095: tagged\n", 7, "Ethernet0", "vlans",
        "4095 is not a VLAN id from 1 to 4094",
    ),
    "VLAN in quotes": (
        PORT + "  vlans: {'100': tagged}\n", 5, "Ethernet0", "vlans", "'100' is not a VLAN id",
    ),
    "VLAN yes": (PORT + "  vlans: {yes: tagged}\n", 5, "Ethernet0", "vlans", "True is not a VLAN"),
    "two untagged VLANs": (
        PORT + "  vlans:\n    100: untagged\n    200: untagged\n", 7, "Ethernet0", "vlans.200",
        "100 is untagged already; one VLAN of an interface can be",
    ),
    "VLAN neither tagged nor untagged": (
        PORT + "  vlans: {100: both}\n", 5, "Ethernet0", "vlans.100",
        "'both': 'tagged' or 'untagged' is wanted",
    ),
    "VLAN with a list": (
        PORT + "  vlans: {100: [tagged]}\n", 5, "Ethernet0", "vlans.100", "a list: 'tagged' or",
    ),
    "VLANs as a list": (
        PORT + "  vlans: [100]\n", 5, "Ethernet0", "vlans", "a mapping is wanted, not a list",
    ),
    "address without prefix length": (
        PORT + "  addresses:\n  - 10.0.0.4/24\n  - 10.0.0.5\n", 7, "Ethernet0", "addresses",
        "'10.0.0.5' is not an address with its prefix length, as in '10.0.0.5/24'",
    ),
    "address out of range": (
        PORT + "  addresses: [10.0.0.256/24]\n", 5, "Ethernet0", "addresses", "'10.0.0.256/24'",
    ),
    "address with a zone": (
        PORT + "  addresses: ['fe80::1%eth0/64']\n", 5, "Ethernet0", "addresses", "not an address",
    ),
    "address that is a number": (
        PORT + "  addresses: [10]\n", 5, "Ethernet0", "addresses", "10 is not an address",
    ),
    "address that is everything": (
        PORT + "  addresses: [10.0.0.5/0]\n", 5, "Ethernet0", "addresses", "not an address",
    ),
    "network instead of an address": (
        PORT + "  addresses: [10.0.0.0/24]\n", 5, "Ethernet0", "addresses",
        "'10.0.0.0/24' names a network, not an address in it",
    ),
    "broadcast address": (
        PORT + "  addresses: [10.0.0.255/24]\n", 5, "Ethernet0", "addresses", "names a network",
    ),
    "network of IPv6": (
        PORT + "  addresses: ['2001:db8::/64']\n", 5, "Ethernet0", "addresses", "names a network",
    ),
    "bad address in the long form": (
        PORT + "  addresses:\n  - {primary: true,\n     address: 10.0.0/24}\n", 7, "Ethernet0",
        "addresses.address", "'10.0.0/24' is not an address",
    ),
    "no address in the long form": (
        PORT + "  addresses: [{primary: true}]\n", 5, "Ethernet0", "address", "is missing",
    ),
    "primary that is a word": (
        PORT + "  addresses: [{address: 10.0.0.5/24, primary: first}]\n", 5, "Ethernet0",
        "addresses.primary", "true or false is wanted, not 'first'",
    ),
    "VRF that is a number": (
        PORT + "  addresses: [{address: 10.0.0.5/24, vrf: 1}]\n", 5, "Ethernet0",
        "addresses.vrf", "a name is wanted, not 1",
    ),
    "addresses that are a text": (
        PORT + "  addresses: 10.0.0.5/24\n", 5, "Ethernet0", "addresses",
        "a list is wanted, not a text",
    ),
    "address twice": (
        PORT + "  addresses:\n  - 10.0.0.5/24\n  - 10.0.0.5/24\n", 7, "Ethernet0", "addresses",
        "10.0.0.5/24 is listed twice (first for 'Ethernet0')",
    ),
    "address twice with another length": (
        PORT + "  addresses: [10.0.0.5/24]\nlo:\n  type: virtual\n  addresses: [10.0.0.5/32]\n",
        8, "lo", "addresses", "10.0.0.5/32 is listed twice (first for 'Ethernet0')",
    ),
    "two primary addresses": (
        PORT + "  addresses: [{address: 10.0.0.5/24, primary: true}]\n"
        "lo:\n  type: virtual\n  addresses: [{address: 10.1.0.5/24, primary: true}]\n",
        8, "lo", "addresses.primary", "10.0.0.5/24 is the primary IPv4 address already",
    ),
    "bad MAC address": (
        PORT + "  mac_address: 18:C0:86:3A:B7\n", 5, "Ethernet0", "mac_address",
        "'18:C0:86:3A:B7' is not a MAC address such as '18:C0:86:3A:B7:F1' (quoted)",
    ),
    "MAC address that YAML reads as a number": (
        PORT + "  mac_address: 18:10:20:30:40:50\n", 5, "Ethernet0", "mac_address", "(quoted)",
    ),
    "member that is not defined": (
        PORT + "bond0:\n  type: port-channel\n  channel: 10\n  interfaces:\n  - Ethernet0\n"
        "  - Ethernet1\n", 10, "bond0", "interfaces",
        "'Ethernet1' is not defined as a port with a cable in this definition; did you mean "
        "'Ethernet0'? (defined: Ethernet0)",
    ),
    "member that is no port": (
        "lo: {type: virtual}\nbond0: {type: port-channel, channel: 10, interfaces: [lo]}\n",
        2, "bond0", "interfaces", "'lo' is not defined as a port with a cable",
    ),
    "member of two": (
        PORT + "bond0: {type: port-channel, channel: 10, interfaces: [Ethernet0]}\n"
        "bond1: {type: port-channel, channel: 11, interfaces: [Ethernet0]}\n", 6, "bond1",
        "interfaces", "'Ethernet0' is a member of 'bond0' already",
    ),
    "member twice": (
        PORT + "bond0: {type: port-channel, channel: 10, interfaces: [Ethernet0, Ethernet0]}\n",
        5, "bond0", "interfaces", "'Ethernet0' is a member of 'bond0' already",
    ),
    "no members": (
        "bond0: {type: port-channel, channel: 10, interfaces: []}", 1, "bond0", "interfaces",
        "a list of at least one port is wanted",
    ),
    "members that are a text": (
        "bond0: {type: port-channel, channel: 10, interfaces: Ethernet0}", 1, "bond0",
        "interfaces", "a list of at least one port is wanted",
    ),
    "no channel": (
        PORT + "bond0: {type: port-channel, interfaces: [Ethernet0]}", 5, "bond0", "channel",
        "is missing; a number from 1 to 4096 is wanted",
    ),
    "channel 0": (
        PORT + "bond0:\n  type: port-channel\n  interfaces: [Ethernet0]\n  channel: 0\n", 8,
        "bond0", "channel", "0 is not a number from 1 to 4096",
    ),
    "channel that is a mapping": (
        PORT + "bond0: {type: port-channel, interfaces: [Ethernet0], channel: {id: 1}}", 5,
        "bond0", "channel", "a mapping is not a number",
    ),
    "channel that is true": (
        PORT + "bond0: {type: port-channel, interfaces: [Ethernet0], channel: true}", 5,
        "bond0", "channel", "True is not a number",
    ),
    "channel twice": (
        MLAG + "Ethernet0: {type: cat6a, device: leaf-2, interface: Ethernet0}\n"
        "bond0:\n  type: port-channel\n  channel: 10\n  interfaces: [Ethernet0]\n", 13, "bond0",
        "channel", "10 is the channel of 'peer' already",
    ),
    "members with different VLANs": (
        BOND % ("{100: tagged}", "{200: tagged}", "{}"), 4, "bond0", "vlans",
        "its members tell different VLANs; give them to the port-channel itself",
    ),
    "no VLAN of an mlag": (
        MLAG.replace("    vlan: 4094\n", ""), 6, "peer", "data.vlan",
        "is missing; a number from 1 to 4094 is wanted",
    ),
    "VLAN of an mlag": (
        MLAG.replace("4094", "4095"), 8, "peer", "data.vlan", "4095 is not a number from 1 to 4094",
    ),
    "address of an mlag": (
        MLAG.replace("10.255.0.1/30", "10.255.0.1"), 9, "peer", "data.address",
        "'10.255.0.1' is not an address",
    ),
    "mlag without data": (
        "Ethernet48: {type: aoc, device: leaf-2, interface: Ethernet48}\n"
        "peer: {type: mlag, interfaces: [Ethernet48]}\n", 2, "peer", "data",
        "is missing; a mapping with channel and vlan is wanted",
    ),
    "mlag whose names are taken": (
        MLAG + "Vlan4094: {type: virtual}\n", 3, "peer", "data",
        "it makes 'Vlan4094', which 'Vlan4094' is already",
    ),
    "data that NetBox cannot write": (
        PORT + "  data: {colour: red}\n", 5, "Ethernet0", "data.colour",
        "not a field osism can write",
    ),
    "misspelt data": (
        PORT + "  data:\n    enabld: true\n", 6, "Ethernet0", "data.enabld",
        "did you mean 'enabled'?",
    ),
    "MTU that is a text": (
        PORT + "  data: {mtu: '9100'}\n", 5, "Ethernet0", "data.mtu",
        "'9100' is not a number of bytes from 1 to 65536",
    ),
    "no number of the channel": (
        PORT + "bond0: {type: port-channel, interfaces: [Ethernet0], channel: null}", 5, "bond0",
        "channel", "is missing; a number from 1 to 4096 is wanted",
    ),
    "channel of an mlag": (
        MLAG.replace("channel: 10", "channel: 4097"), 7, "peer", "data.channel",
        "4097 is not a number from 1 to 4096",
    ),
    "network of a small prefix": (
        PORT + "  addresses: [10.0.0.4/30]\n", 5, "Ethernet0", "addresses", "names a network",
    ),
    "bridge with a parent": (
        "br0: {type: virtual, data: {type: bridge, parent: lo}}", 1, "br0", "data.parent",
        "only a virtual interface has a parent",
    ),
    "LAG of another type": (
        BOND.replace("channel: 10", "channel: 10, data: {type: virtual}")
        % ("{}", "{}", "{}"), 4, "bond0", "data.type",
        "'virtual' is not the type of a port-channel; lag is",
    ),
    "interface without a value": (
        "Ethernet0: [cat6a]", 1, "Ethernet0", "an interface", "a mapping is wanted, not a list",
    ),
    "MTU too large": (PORT + "  data: {mtu: 65537}\n", 5, "Ethernet0", "data.mtu", "65537 is not"),
    "enabled that is a number": (
        PORT + "  data: {enabled: 1}\n", 5, "Ethernet0", "data.enabled", "1 is not true or false",
    ),
    "enabled that is empty": (
        PORT + "  data: {enabled: null}\n", 5, "Ethernet0", "data.enabled", "nothing is not true",
    ),
    "tags that are a text": (
        PORT + "  data: {tags: uplink}\n", 5, "Ethernet0", "data.tags", "a list of tags' slugs",
    ),
    "label": (
        PORT + "  data: {label: x}\n", 5, "Ethernet0", "data.label",
        "cannot be set here: osism writes it from the positions of both ends",
    ),
    "VLANs in data": (
        PORT + "  data: {untagged_vlan: 100}\n", 5, "Ethernet0", "data.untagged_vlan",
        "write vlans beside data",
    ),
    "port that shall be a LAG": (
        PORT + "  data: {type: lag}\n", 5, "Ethernet0", "data.type",
        "'lag' is not the type of a port; a type with a socket is",
    ),
    "virtual interface with a socket": (
        "lo: {type: virtual, data: {type: 1000base-t}}", 1, "lo", "data.type",
        "virtual or bridge is",
    ),
    "parent of a port": (
        PORT + "  data: {parent: bond0}\n", 5, "Ethernet0", "data.parent",
        "only a virtual interface has a parent",
    ),
    "parent of itself": (
        "lo: {type: virtual, data: {parent: lo}}", 1, "lo", "data.parent", "not its own parent",
    ),
    "bridge of itself": (
        "br0: {type: virtual, data: {type: bridge, bridge: br0}}", 1, "br0", "data.bridge",
        "not its own bridge",
    ),
    "connected without a cable": (
        PORT + "  data: {mark_connected: true}\n", 5, "Ethernet0", "data.mark_connected",
        "osism writes the cable itself",
    ),
    "interface that is a text": ("lo: virtual", 1, "lo", "an interface", "a mapping is wanted"),
    "interface without anything": ("lo:", 1, "lo", "type", "is missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_file_line_device_interface_field_and_what_would_be_right(
    name: str,
) -> None:
    text, line, interface, field, right = MISTAKES[name]
    said = mistake(text)
    assert said.startswith(AT.format(line, interface, field))
    assert right in said


@pytest.mark.parametrize("name", MISTAKES)
def test_a_message_is_a_sentence_or_two_on_one_line(name: str) -> None:
    said = mistake(MISTAKES[name][0])
    assert "\n" not in said
    assert len(said) < 500
    assert "Located" not in said


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("1", "interface 1"),
        ("on", "interface True"),
        ("''", "interface ''"),
        ("' Ethernet0'", "interface ' Ethernet0'"),
        ('"a\\nb"', r"interface 'a\nb'"),
        ("x" * 65, "interface 'xxx"),
    ],
)
def test_what_cannot_be_the_name_of_an_interface(key: str, shown: str) -> None:
    said = mistake(f"{key}: {{type: virtual}}")
    assert said.startswith(f"netbox/rack-1/node-1/a.yaml:1: device 'node-1', {shown}")
    assert "1 to 64 printable characters name an interface" in said


def test_a_value_of_any_length_gives_a_short_message() -> None:
    assert len(mistake(f"lo: {{type: {'x' * 10000}}}")) < 300


@pytest.mark.parametrize(
    "name", ["../node-2", "..", "", "node 1", "knoten-\u00e4", "-e", ".git", "a/b", "n.lock"]
)
def test_a_device_with_a_name_that_is_no_file_name(name: str) -> None:
    said = mistake("{}", name)
    assert said.startswith("netbox/rack-1/")
    assert f"device {name!r}" in said


def test_a_definition_that_is_a_list() -> None:
    said = mistake("[Ethernet0]")
    assert said == (
        "netbox/rack-1/node-1/a.yaml:1: device 'node-1', the definition: a mapping is wanted, "
        "not a list"
    )


# --- two definitions for one port -----------------------------------------------------------------

TO_5 = "Ethernet0: {type: cat6a, device: leaf-1, interface: Ethernet5}"


def test_two_ports_of_a_device_with_one_far_end() -> None:
    assert mistake(f"{TO_5}\nEthernet1: {{type: cat6a, device: leaf-1, interface: Ethernet5}}") == (
        "netbox/rack-1/node-1/a.yaml:2: device 'node-1', interface 'Ethernet1': leaf-1:Ethernet5 "
        "is claimed at netbox/rack-1/node-1/a.yaml:1 already (leaf-1:Ethernet5 to "
        "node-1:Ethernet0); a port has one definition"
    )


def test_two_devices_with_one_far_end() -> None:
    one, two = define(TO_5), define(TO_5, "node-2")
    with pytest.raises(Invalid, match=r"node-2/a\.yaml:1: device 'node-2', interface 'Ethernet0'"):
        check_claims([one, two])


def test_a_cable_told_from_both_ends_is_one() -> None:
    there = define("Ethernet5: {type: cat6a, device: node-1, interface: Ethernet0}", "leaf-1")
    check_claims([define(TO_5), there])


def test_a_cable_told_from_both_ends_has_one_type() -> None:
    there = define("Ethernet5: {type: cat5e, device: node-1, interface: Ethernet0}", "leaf-1")
    with pytest.raises(Invalid, match=r"the same cable is .cat6a. at .*; it has one type"):
        check_claims([define(TO_5), there])


def test_a_port_told_from_both_ends_with_another_far_end() -> None:
    there = define("Ethernet5: {type: cat6a, device: node-9, interface: Ethernet0}", "leaf-1")
    with pytest.raises(Invalid, match="leaf-1:Ethernet5 is claimed at netbox/rack-1/node-1"):
        check_claims([define(TO_5), there])


def test_a_cable_within_one_device() -> None:
    definition = define("Ethernet0: {type: cat6a, device: node-1, interface: Ethernet1}")
    assert definition.far_devices == {"node-1"}


# --- values of the collection below those of the device -------------------------------------------


@pytest.mark.parametrize(
    ("base", "over", "result"),
    [
        ("a: 1", "b: 2", {"a": 1, "b": 2}),
        ("a: 1", "a: 2", {"a": 2}),
        ("a: {x: 1, y: 1}", "a: {y: 2}", {"a": {"x": 1, "y": 2}}),
        ("a: {x: 1}", "a: [1]", {"a": [1]}),
        ("a: [1, 2]", "a: [3]", {"a": [3]}),
        ("a: {x: 1}", "a: null", {"a": None}),
        ("a: {x: {y: 1}}", "a: {x: {z: 2}}", {"a": {"x": {"y": 1, "z": 2}}}),
    ],
)
def test_values_are_merged_key_by_key(base: str, over: str, result: object) -> None:
    assert plain(merged(located(base), located(over))) == result


def test_merged_values_keep_their_lines() -> None:
    base = located("\n\na: {x: 1}", "netbox/rack-1/a.yaml")
    both = merged(base, located("\na: {y: 2}\nb: 1")).value
    assert str(both["a"].value["x"].place) == "netbox/rack-1/a.yaml:3"
    assert str(both["a"].value["y"].place) == "netbox/rack-1/node-1/a.yaml:2"


def test_merging_changes_neither() -> None:
    base, over = located("a: {x: 1}"), located("a: {x: 2}")
    merged(base, over)
    assert (plain(base), plain(over)) == ({"a": {"x": 1}}, {"a": {"x": 2}})


# --- a folder -------------------------------------------------------------------------------------


def test_the_definitions_of_a_folder() -> None:
    one, two, other = define("{}"), define("{}", state="c"), define("{}", "node-2")
    folder = Definitions(
        "rack-1", "node-1", {"a": {"node-1": one, "node-2": other}, "c": {"node-1": two}}
    )
    assert folder.devices == ("node-1", "node-2")
    assert folder.of("node-1") == {"a": one, "c": two}
    assert folder.of("node-2") == {"a": other}
    assert folder.of("node-3") == {}
