"""What phase 1 writes: the definitions' wish against what NetBox has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from osism.domain.changes import Changes
from osism.domain.changes import after as played
from osism.domain.definitions import DeviceDefinition
from osism.domain.errors import Invalid
from osism.domain.inventory import Device, Interface, Snapshot
from osism.domain.plans import Plan, changes, label, port_number
from tests.unit.domain.build import applied, define, lines, plan, port, snapshot, told

RACK = """
devices:
  node-1: {ports: Ethernet0 Ethernet1 Ethernet2, position: 31, rack: r1}
  node-2: {ports: Ethernet0 Ethernet1, position: 30, rack: r1}
  leaf-1: {ports: Ethernet1 Ethernet2 Ethernet3 Ethernet5 Ethernet48,
           kind: switch, position: 42, rack: r1}
  leaf-2: {ports: Ethernet1 Ethernet2 Ethernet48, kind: switch, position: 41, rack: r1}
"""
E0 = "Ethernet0: {type: cat6a, device: leaf-1, interface: Ethernet5%s}"


def todo(before: Snapshot, *wishes: DeviceDefinition | Plan) -> Changes:
    return changes(before, [each if isinstance(each, Plan) else plan(each) for each in wishes])


def done(text: str, *wishes: DeviceDefinition | Plan, **parts: Any) -> Snapshot:
    """The snapshot *text* after the wishes; doing it twice must change nothing."""
    plans = [each if isinstance(each, Plan) else plan(each) for each in wishes]
    after = applied(snapshot(text, **parts), *plans)
    assert lines(changes(after, plans)) == []
    return after


def interface(after: Snapshot, name: str) -> Interface:
    return after.interfaces[port(name)]


def refused(text: str, *wishes: DeviceDefinition | Plan, **parts: Any) -> str:
    with pytest.raises(Invalid) as raised:
        todo(snapshot(text, **parts), *wishes)
    return str(raised.value)


def addresses(after: Snapshot) -> dict[str, str]:
    return {each.address: str(each.port) for each in after.addresses}


def cables(after: Snapshot) -> set[str]:
    return {" ".join([each.type, *sorted((str(each.a), str(each.b)))])
            for each in after.cables.values()}  # fmt: skip


# --- the near interface ---------------------------------------------------------------------------


def test_the_near_interface_gets_mac_address_data_and_label() -> None:
    data = ', mac_address: "18:C0:86:3A:B7:F1", data: {mtu: 9100, description: uplink}'
    near = interface(done(RACK, define(E0 % data)), "node-1:Ethernet0")
    assert (near.mac, list(near.macs)) == ("18:C0:86:3A:B7:F1", ["18:C0:86:3A:B7:F1"])
    assert (near.mtu, near.description) == (9100, "uplink")
    assert near.label == "31:0 / 42:5"


@pytest.mark.parametrize(
    ("data", "enabled"), [("", True), (", data: {enabled: false}", False), (", data: {}", True)]
)
def test_both_ends_are_enabled_unless_data_says_otherwise(data: str, enabled: bool) -> None:
    off = {"node-1:Ethernet0": {"enabled": not enabled}, "leaf-1:Ethernet5": {"enabled": False}}
    after = done(RACK, define(E0 % data), interfaces=off)
    assert interface(after, "node-1:Ethernet0").enabled is enabled
    assert interface(after, "leaf-1:Ethernet5").enabled is enabled


def test_absent_means_no_mac_address() -> None:
    had = {"node-1:Ethernet0": {"mac": "02:00:00:00:00:01", "macs": ["02:00:00:00:00:01"]}}
    near = interface(done(RACK, define(E0 % ""), interfaces=had), "node-1:Ethernet0")
    assert (near.mac, near.macs) == ("", {})


def test_another_mac_address_takes_the_place_of_the_old_ones() -> None:
    macs = ["02:00:00:00:00:01", "02:00:00:00:00:02"]
    had = {"node-1:Ethernet0": {"mac": macs[0], "macs": macs}}
    text = E0 % ', mac_address: "02:00:00:00:00:03"'
    near = interface(done(RACK, define(text), interfaces=had), "node-1:Ethernet0")
    assert (near.mac, list(near.macs)) == ("02:00:00:00:00:03", ["02:00:00:00:00:03"])


def test_a_mac_address_that_is_there_becomes_the_primary_one() -> None:
    had = {"node-1:Ethernet0": {"mac": "", "macs": ["02:00:00:00:00:01"]}}
    text = E0 % ', mac_address: "02:00:00:00:00:01"'
    before = snapshot(RACK, interfaces=had)
    assert not todo(before, define(text)).create_macs
    assert interface(applied(before, plan(define(text))), "node-1:Ethernet0").mac == (
        "02:00:00:00:00:01"
    )


def test_data_reaches_fields_that_only_netbox_knows() -> None:
    data = ", data: {duplex: full, tags: [b, a], custom_fields: {side: left}, vrf: red}"
    had = {"node-1:Ethernet0": {"extra": {"tags": ["a"], "custom_fields": {"side": "x", "y": 1}}}}
    near = interface(done(RACK, define(E0 % data), interfaces=had), "node-1:Ethernet0")
    assert near.extra["custom_fields"] == {"side": "left", "y": 1}
    assert (near.extra["duplex"], near.extra["vrf"]) == ("full", "red")
    assert sorted(near.extra["tags"]) == ["a", "b"]


def test_a_field_that_is_emptied() -> None:
    had = {"node-1:Ethernet0": {"mtu": 9100}}
    after = done(RACK, define(E0 % ", data: {mtu: null}"), interfaces=had)
    assert interface(after, "node-1:Ethernet0").mtu is None


# --- the far interface ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vlans", "mode", "untagged", "tagged"),
    [
        ("{}", "", None, set()),
        ("{100: untagged}", "access", 100, set()),
        ("{200: tagged, 300: tagged}", "tagged", None, {200, 300}),
        ("{100: untagged, 200: tagged}", "tagged", 100, {200}),
    ],
)
def test_the_far_side_mirrors_mode_and_vlans(
    vlans: str, mode: str, untagged: int | None, tagged: set[int]
) -> None:
    had = {"leaf-1:Ethernet5": {"mode": "tagged", "untagged": 7, "tagged": [8], "lag": ""}}
    after = done(RACK, define(E0 % f", vlans: {vlans}"), interfaces=had)
    for side in ("node-1:Ethernet0", "leaf-1:Ethernet5"):
        there = interface(after, side)
        assert (there.mode, there.untagged, there.tagged) == (mode, untagged, tagged)


def test_the_far_side_keeps_what_is_its_own() -> None:
    had = {"leaf-1:Ethernet5": {"mtu": 9216, "description": "x", "macs": ["02:00:00:00:00:09"]}}
    text = E0 % ', mac_address: "02:00:00:00:00:01", data: {mtu: 1500}, addresses: [10.0.0.1/24]'
    after = done(RACK, define(text), interfaces=had, addresses=["192.0.2.1/31 leaf-1:Ethernet5"])
    far = interface(after, "leaf-1:Ethernet5")
    assert (far.mtu, far.description, list(far.macs)) == (9216, "x", ["02:00:00:00:00:09"])
    assert addresses(after) == {
        "192.0.2.1/31": "leaf-1:Ethernet5", "10.0.0.1/24": "node-1:Ethernet0",
    }  # fmt: skip


def test_the_far_side_leaves_a_lag_it_was_in() -> None:
    had = {"leaf-1:Port-Channel7": {"type": "lag"}, "leaf-1:Ethernet5": {"lag": "Port-Channel7"}}
    after = done(RACK, define(E0 % ""), interfaces=had)
    assert interface(after, "leaf-1:Ethernet5").lag == ""


# --- labels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interface", "number"),
    [
        ("Ethernet5", "5"),
        ("Ethernet5/1", "5"),
        ("sfp-sfpplus3", "3"),
        ("swp7", "7"),
        ("Ethernet48", "48"),
        ("mgmt", "mgmt"),
        ("10GE1/0/1", "0"),
        ("eth0.100", "100"),
        ("combo1-sfp", "combo1-sfp"),
    ],
)
def test_the_port_is_the_trailing_number_of_the_name(interface: str, number: str) -> None:
    assert port_number(interface) == number


@pytest.mark.parametrize(
    ("here", "there", "text"),
    [
        ({"rack": "r1", "position": 31.0}, {"rack": "r1", "position": 42.0}, "31:0 / 42:5"),
        ({"rack": "r1", "position": 31.0}, {"rack": "r2", "position": 42.0}, "31:0 / r2-42:5"),
        ({"rack": "", "position": 31.0}, {"rack": "r2", "position": 42.0}, "31:0 / r2-42:5"),
        ({"rack": "r1", "position": 31.0}, {"rack": "", "position": 42.0}, "31:0 / 42:5"),
        ({"rack": "r1", "position": 12.5}, {"rack": "r1", "position": 42.0}, "12.5:0 / 42:5"),
        ({"rack": "r1", "position": None}, {"rack": "r1", "position": 42.0}, "one:0 / 42:5"),
        ({"rack": "r1", "position": 31.0}, {"rack": "r2", "position": None}, "31:0 / r2-two:5"),
        ({"rack": "a", "position": 1.0}, {"rack": "r" * 90, "position": 2.0}, "1:0 / " + "r" * 58),
    ],
)
def test_a_label_says_where_both_ends_are(
    here: dict[str, Any], there: dict[str, Any], text: str
) -> None:
    assert label(Device(1, "one", **here), "Eth0", Device(2, "two", **there), "Eth5") == text


def test_both_ends_are_labelled_each_from_its_own_side() -> None:
    after = done(RACK.replace("41, rack: r1", "41, rack: r2"), define(
        "Ethernet0: {type: cat6a, device: leaf-2, interface: Ethernet48}"
    ))  # fmt: skip
    assert interface(after, "node-1:Ethernet0").label == "31:0 / r2-41:48"
    assert interface(after, "leaf-2:Ethernet48").label == "41:48 / r1-31:0"


# --- cables ---------------------------------------------------------------------------------------


def test_a_cable_is_laid() -> None:
    assert cables(done(RACK, define(E0 % ""))) == {"cat6a leaf-1:Ethernet5 node-1:Ethernet0"}


@pytest.mark.parametrize(
    "there",
    ["node-1:Ethernet0 cat6a leaf-1:Ethernet5", "leaf-1:Ethernet5 cat6a node-1:Ethernet0"],
)
def test_a_cable_that_is_there_is_kept_in_either_direction(there: str) -> None:
    changed = todo(snapshot(RACK, cables=[there]), define(E0 % ""))
    assert (changed.delete_cables, changed.create_cables) == ((), ())


@pytest.mark.parametrize(
    "wrong",
    [
        ["node-1:Ethernet0 cat5e leaf-1:Ethernet5"],
        ["node-1:Ethernet0 cat6a leaf-1:Ethernet3"],
        ["node-2:Ethernet0 cat6a leaf-1:Ethernet5"],
        ["node-1:Ethernet0 cat6a leaf-1:Ethernet3", "node-2:Ethernet0 cat6a leaf-1:Ethernet5"],
        ["node-1:Ethernet0 cat6a :", "leaf-1:Ethernet5 smf :"],
    ],
)
def test_a_wrong_cable_on_either_end_is_replaced(wrong: list[str]) -> None:
    after = done(RACK, define(E0 % ""), cables=wrong)
    assert cables(after) == {"cat6a leaf-1:Ethernet5 node-1:Ethernet0"}


def test_a_cable_on_a_port_that_nobody_claims_stays() -> None:
    there = [
        "node-1:Ethernet1 cat5e leaf-1:Ethernet3",
        "node-1:Ethernet2 cat5e node-2:Ethernet1",
        "node-2:Ethernet0 cat5e leaf-1:Ethernet2",
    ]
    assert cables(done(RACK, define(E0 % ""), cables=there)) - {
        "cat6a leaf-1:Ethernet5 node-1:Ethernet0"
    } == {
        "cat5e leaf-1:Ethernet3 node-1:Ethernet1",
        "cat5e node-1:Ethernet2 node-2:Ethernet1",
        "cat5e leaf-1:Ethernet2 node-2:Ethernet0",
    }


def test_a_cable_stays_when_no_definition_claims_its_ports_any_more() -> None:
    other = define("Ethernet1: {type: cat6a, device: leaf-1, interface: Ethernet3}", state="c")
    there = ["node-1:Ethernet1 cat6a leaf-1:Ethernet3"]
    after = done(RACK, plan(define(E0 % ""), other), cables=there)
    assert "cat6a leaf-1:Ethernet3 node-1:Ethernet1" in cables(after)


def test_a_cable_told_from_both_ends_is_laid_once() -> None:
    there = define("Ethernet5: {type: cat6a, device: node-1, interface: Ethernet0}", "leaf-1")
    assert len(cables(done(RACK, define(E0 % ""), there))) == 1


def test_a_cable_within_one_device() -> None:
    text = "Ethernet1: {type: cat6a, device: leaf-1, interface: Ethernet2, vlans: {7: untagged}}"
    after = done(RACK, define(text, "leaf-1"))
    assert cables(after) == {"cat6a leaf-1:Ethernet1 leaf-1:Ethernet2"}
    assert interface(after, "leaf-1:Ethernet2").untagged == 7


# --- addresses ------------------------------------------------------------------------------------


def test_addresses_are_assigned_and_others_removed() -> None:
    had = ["10.0.0.5/24 node-1:Ethernet0", "10.9.9.9/24 node-1:Ethernet0"]
    text = E0 % ", addresses: [10.0.0.5/24, 10.1.0.5/24]"
    before = snapshot(RACK, addresses=had)
    changed = todo(before, define(text))
    assert [each.address for each in changed.delete_addresses] == ["10.9.9.9/24"]
    assert [each.address for each in changed.create_addresses] == ["10.1.0.5/24"]
    assert done(RACK, define(text), addresses=had)


def test_addresses_of_an_interface_that_no_definition_names_stay() -> None:
    had = ["10.9.9.9/24 node-1:Ethernet1", "10.9.9.8/24 node-2:Ethernet0"]
    assert addresses(done(RACK, define(E0 % ""), addresses=had)) == {
        "10.9.9.9/24": "node-1:Ethernet1", "10.9.9.8/24": "node-2:Ethernet0",
    }  # fmt: skip


@pytest.mark.parametrize("where", ["-", "node-1:Ethernet1", "node-1:Ethernet2"])
def test_an_address_that_is_free_or_elsewhere_on_the_device_is_moved(where: str) -> None:
    before = snapshot(RACK, addresses=[f"10.0.0.5/24 {where}"])
    changed = todo(before, define(E0 % ", addresses: [10.0.0.5/24]"))
    assert changed.move_addresses == ((before.addresses[0], port("node-1:Ethernet0")),)
    assert not changed.create_addresses
    assert not changed.delete_addresses


@pytest.mark.parametrize(
    ("had", "moved"),
    [
        (["10.0.0.5/24 -", "10.0.0.5/24 node-1:Ethernet0"], []),
        (["10.0.0.5/24 node-1:Ethernet1", "10.0.0.5/24 node-1:Ethernet0"], []),
        (["10.0.0.5/24 node-1:Ethernet1", "10.0.0.5/24 -"], [None]),
    ],
)
def test_of_several_addresses_the_nearest_is_taken(had: list[str], moved: list[None]) -> None:
    changed = todo(snapshot(RACK, addresses=had), define(E0 % ", addresses: [10.0.0.5/24]"))
    assert [each.port for each, _ in changed.move_addresses] == moved
    assert not changed.create_addresses


@pytest.mark.parametrize("where", ["node-2:Ethernet0", "leaf-1:Ethernet5", ":other"])
def test_an_address_of_another_device_is_not_taken_away(where: str) -> None:
    before = snapshot(RACK, addresses=[f"10.0.0.5/24 {where}"])
    with pytest.raises(Invalid) as raised:
        todo(before, define(E0 % ", addresses: [10.0.0.5/24]"))
    assert str(raised.value).startswith(
        "netbox/rack-1/node-1/a.yaml:1: device 'node-1', interface 'Ethernet0', addresses: "
        "10.0.0.5/24 belongs to "
    )


def test_the_address_that_is_in_place_is_kept_though_another_device_has_it_too() -> None:
    # NetBox allows that for anycast addresses.
    had = ["10.0.0.5/24 node-2:Ethernet0", "10.0.0.5/24 node-1:Ethernet0"]
    changed = todo(snapshot(RACK, addresses=had), define(E0 % ", addresses: [10.0.0.5/24]"))
    assert not (changed.move_addresses or changed.create_addresses or changed.delete_addresses)


def test_the_same_address_in_another_vrf_is_another_one() -> None:
    text = E0 % ", addresses: [{address: 10.0.0.5/24, vrf: red}]"
    had = ["10.0.0.5/24 node-2:Ethernet0", "10.0.0.5/24 node-2:Ethernet1 blue"]
    changed = todo(snapshot(RACK, addresses=had), define(text))
    assert lines(changed)[-2] == "create address 10.0.0.5/24 on node-1:Ethernet0 in VRF red"


def test_another_prefix_length_takes_the_place_of_the_old_one() -> None:
    text = E0 % ", addresses: [10.0.0.5/24]"
    after = done(RACK, define(text), addresses=["10.0.0.5/25 node-1:Ethernet0"])
    assert addresses(after) == {"10.0.0.5/24": "node-1:Ethernet0"}


def test_two_devices_cannot_have_one_address() -> None:
    one = define(E0 % ", addresses: [10.0.0.5/24]")
    two = define(
        "\nEthernet0: {type: cat6a, device: leaf-1, interface: Ethernet3, "
        "addresses: [10.0.0.5/16]}", "node-2"
    )  # fmt: skip
    assert refused(RACK, one, two) == (
        "netbox/rack-1/node-2/a.yaml:2: device 'node-2', interface 'Ethernet0', addresses: "
        "10.0.0.5/16 is given to node-1:Ethernet0 at netbox/rack-1/node-1/a.yaml:1 already"
    )


def test_an_address_goes_from_one_device_of_the_batch_to_another() -> None:
    # NetBox does not move a device's primary address to another one.
    had = define(E0 % ", addresses: [10.0.0.5/24]", state="c")
    without = define(E0 % "")
    text = (
        "Ethernet0: {type: cat6a, device: leaf-1, interface: Ethernet3, addresses: [10.0.0.5/24]}"
    )
    changed = todo(
        snapshot(RACK, addresses=["10.0.0.5/24 node-1:Ethernet0"]),
        plan(without, had),
        define(text, "node-2"),
    )
    assert changed.move_addresses == ()
    assert [str(each.port) for each in changed.delete_addresses] == ["node-1:Ethernet0"]
    assert [str(each.port) for each in changed.create_addresses] == ["node-2:Ethernet0"]


PRIMARY = ", addresses: [{address: 10.0.0.5/24, primary: true}, {address: '2001:db8::5/64'}]"


def primary(after: Snapshot, name: str = "node-1") -> dict[int, str]:
    return dict(told(after)["primary"][name])


def test_primary_becomes_the_primary_address_of_its_family() -> None:
    assert primary(done(RACK, define(E0 % PRIMARY))) == {4: "10.0.0.5/24"}


def test_each_family_has_its_own() -> None:
    text = PRIMARY.replace("'2001:db8::5/64'", "'2001:db8::5/64', primary: true")
    after = done(RACK, define(E0 % text))
    assert primary(after) == {4: "10.0.0.5/24", 6: "2001:db8::5/64"}
    assert primary(applied(after, plan(define(E0 % PRIMARY)))) == {4: "10.0.0.5/24"}


def test_each_device_of_a_batch_has_its_own() -> None:
    text = "{type: cat6a, device: leaf-1, interface: Ethernet3, addresses: [10.0.0.6/24]}"
    after = done(RACK, define(E0 % PRIMARY), define(f"Ethernet0: {text}", "node-2"))
    assert (primary(after), primary(after, "node-2")) == ({4: "10.0.0.5/24"}, {})


def with_primary(address: str, where: str, kind: str = "") -> Snapshot:
    before = snapshot(RACK, addresses=[f"{address} {where}"])
    device = replace(before.devices["node-1"], primary={4: before.addresses[0].id}, kind=kind)
    return replace(before, devices={**before.devices, "node-1": device})


@pytest.mark.parametrize("where", ["node-1:Ethernet0", "node-1:Ethernet1"])
def test_no_primary_in_the_definition_clears_it(where: str) -> None:
    before = with_primary("10.0.0.9/24", where)
    assert primary(applied(before, plan(define(E0 % "")))) == {}


def test_another_primary_takes_its_place() -> None:
    before = with_primary("10.0.0.9/24", "node-1:Ethernet0")
    after = applied(before, plan(define(E0 % PRIMARY)))
    assert primary(after) == {4: "10.0.0.5/24"}
    assert not changes(after, [plan(define(E0 % PRIMARY))])


def test_a_primary_address_that_netbox_did_not_tell() -> None:
    before = with_primary("10.0.0.5/24", "node-1:Ethernet0")
    device = replace(before.devices["node-1"], primary={4: 9999})
    before = replace(before, devices={**before.devices, "node-1": device})
    assert primary(applied(before, plan(define(E0 % PRIMARY)))) == {4: "10.0.0.5/24"}


def test_a_primary_address_whose_double_is_deleted_is_set_again() -> None:
    before = with_primary("10.0.0.5/24", "node-1:Ethernet1")
    kept = replace(before.addresses[0], id=9999, port=port("node-1:Ethernet0"))
    before = replace(before, addresses=(*before.addresses, kept))
    other = "\nEthernet1: {type: smf, device: leaf-1, interface: Ethernet3}"
    wish = plan(define(E0 % PRIMARY + other))
    after = applied(before, wish)
    assert after.devices["node-1"].primary == {4: 9999}
    assert not changes(after, [wish])


def test_a_primary_address_that_is_right_stays() -> None:
    before = with_primary("10.0.0.5/24", "node-1:Ethernet0")
    assert not todo(before, define(E0 % PRIMARY)).primaries


def test_a_primary_address_that_moves_within_the_device_stays_primary() -> None:
    before = with_primary("10.0.0.5/24", "node-1:Ethernet1")
    changed = todo(before, define(E0 % PRIMARY))
    assert (len(changed.move_addresses), changed.primaries) == (1, ())
    assert primary(applied(before, plan(define(E0 % PRIMARY)))) == {4: "10.0.0.5/24"}


def test_a_switch_keeps_the_primary_address_it_is_reached_at() -> None:
    text = "Ethernet0: {type: cat6a, device: leaf-2, interface: Ethernet1}"
    before = with_primary("10.0.0.9/24", "node-1:Ethernet1", kind="switch")
    assert not todo(before, define(text)).primaries


def test_a_switch_loses_it_where_a_definition_names_the_interface_that_has_it() -> None:
    before = with_primary("10.0.0.9/24", "node-1:Ethernet0", kind="switch")
    assert primary(applied(before, plan(define(E0 % "")))) == {}


# --- VLANs ----------------------------------------------------------------------------------------


def test_vlans_are_created_when_they_are_missing() -> None:
    text = E0 % ", vlans: {100: untagged, 200: tagged, 300: tagged}"
    changed = todo(snapshot(RACK, vlans=[200]), define(text))
    assert changed.create_vlans == (100, 300)
    assert applied(snapshot(RACK), plan(define(text))).vlans[100][1] == "VLAN 100"


def test_a_vlan_that_two_devices_need_is_created_once() -> None:
    one = define(E0 % ", vlans: {100: untagged}")
    two = define(
        "Ethernet0: {type: cat6a, device: leaf-1, interface: Ethernet3, vlans: {100: tagged}}",
        "node-2",
    )
    assert todo(snapshot(RACK), one, two).create_vlans == (100,)


# --- port-channels --------------------------------------------------------------------------------

BOND = """
Ethernet0: {type: cat6a, device: leaf-1, interface: Ethernet1}
Ethernet1: {type: cat6a, device: leaf-2, interface: Ethernet1}
bond0: {type: port-channel, channel: 10, interfaces: [Ethernet0, Ethernet1],
        addresses: [10.0.0.5/24], vlans: {100: untagged, 200: tagged}}
"""


def test_a_port_channel_is_made_on_both_sides() -> None:
    after = done(RACK, define(BOND))
    for name in ("node-1:bond0", "leaf-1:Port-Channel10", "leaf-2:Port-Channel10"):
        lag = interface(after, name)
        assert (lag.type, lag.enabled, lag.mode) == ("lag", True, "tagged")
        assert (lag.untagged, lag.tagged) == (100, {200})
    assert addresses(after) == {"10.0.0.5/24": "node-1:bond0"}


def test_the_members_lag_is_set_on_both_sides_and_the_far_members_carry_no_vlans() -> None:
    had = {"leaf-1:Ethernet1": {"mode": "access", "untagged": 7}}
    after = done(RACK, define(BOND), interfaces=had)
    assert {str(each.port): each.lag for each in after.interfaces.values() if each.lag} == {
        "node-1:Ethernet0": "bond0",
        "node-1:Ethernet1": "bond0",
        "leaf-1:Ethernet1": "Port-Channel10",
        "leaf-2:Ethernet1": "Port-Channel10",
    }
    far = interface(after, "leaf-1:Ethernet1")
    assert (far.mode, far.untagged, far.tagged) == ("", None, frozenset())


def test_a_lag_is_disabled_when_data_says_so() -> None:
    after = done(RACK, define(BOND.replace("channel: 10,", "channel: 10, data: {enabled: false},")))
    assert not interface(after, "node-1:bond0").enabled
    assert not interface(after, "leaf-1:Port-Channel10").enabled


def test_a_lag_that_is_there_is_used() -> None:
    had = {"leaf-1:Port-Channel10": {"type": "lag", "mtu": 9216, "enabled": False}}
    after = done(RACK, define(BOND), interfaces=had)
    assert interface(after, "leaf-1:Port-Channel10").mtu == 9216
    assert interface(after, "leaf-1:Port-Channel10").enabled


NOTHING = define("{}")


def test_a_lag_that_the_definition_no_longer_names_is_removed_on_both_sides() -> None:
    bond = define(BOND, state="c")
    after = done_after(bond, plan(define(E0 % ""), bond))
    assert [str(each.port) for each in after.interfaces.values() if each.type == "lag"] == []
    assert addresses(after) == {}


def done_after(first: DeviceDefinition, second: Plan, text: str = RACK, **parts: Any) -> Snapshot:
    before = applied(snapshot(text, **parts), plan(first))
    after = applied(before, second)
    assert lines(changes(after, [second])) == []
    return after


def test_a_far_lag_that_moves_to_another_switch_is_removed_on_the_old_one() -> None:
    bond = define(BOND, state="c")
    only = """
Ethernet1: {type: cat6a, device: leaf-2, interface: Ethernet1}
bond0: {type: port-channel, channel: 10, interfaces: [Ethernet1]}
"""
    after = done_after(bond, plan(define(only), bond))
    lags = sorted(str(each.port) for each in after.interfaces.values() if each.type == "lag")
    assert lags == ["leaf-2:Port-Channel10", "node-1:bond0"]


def test_another_channel_number_is_another_far_lag() -> None:
    bond = define(BOND, state="c")
    after = done_after(bond, plan(define(BOND.replace("10,", "11,")), bond))
    lags = sorted(str(each.port) for each in after.interfaces.values() if each.type == "lag")
    assert lags == ["leaf-1:Port-Channel11", "leaf-2:Port-Channel11", "node-1:bond0"]


def test_a_far_lag_that_other_members_keep_stays() -> None:
    bond = define(BOND, state="c")
    had = {"leaf-1:Ethernet3": {"lag": "Port-Channel10"}, "leaf-1:Port-Channel10": {"type": "lag"}}
    after = done_after(bond, plan(define(E0 % ""), bond), interfaces=had)
    lags = [str(each.port) for each in after.interfaces.values() if each.type == "lag"]
    assert lags == ["leaf-1:Port-Channel10"]


def test_a_far_lag_with_an_address_is_somebody_elses_and_stays() -> None:
    bond = define(BOND, state="c")
    had = {"leaf-1:Port-Channel10": {"type": "lag"}}
    after = done_after(bond, plan(define(E0 % ""), bond), interfaces=had,
                       addresses=["192.0.2.1/31 leaf-1:Port-Channel10"])  # fmt: skip
    assert addresses(after) == {"192.0.2.1/31": "leaf-1:Port-Channel10"}


def test_a_lag_that_nobody_defines_stays() -> None:
    had = {"node-1:bond9": {"type": "lag"}, "leaf-1:Port-Channel9": {"type": "lag"}}
    after = done(RACK, define(E0 % ""), interfaces=had)
    assert port("node-1:bond9") in after.interfaces
    assert port("leaf-1:Port-Channel9") in after.interfaces


def test_a_channel_number_that_another_device_uses_there_is_refused() -> None:
    had = {"leaf-1:Ethernet3": {"lag": "Port-Channel10"}, "leaf-1:Port-Channel10": {"type": "lag"}}
    said = refused(RACK, define(BOND), interfaces=had,
                   cables=["leaf-1:Ethernet3 cat6a node-2:Ethernet0"])  # fmt: skip
    assert said == (
        "netbox/rack-1/node-1/a.yaml:4: device 'node-1', interface 'bond0', channel: "
        "leaf-1:Port-Channel10 is used for 'node-2' already (by Ethernet3); each port-channel of "
        "a switch needs its own number"
    )


def test_a_member_that_leads_to_the_same_device_does_not_count_either() -> None:
    had = {"leaf-1:Ethernet3": {"lag": "Port-Channel10"}, "leaf-1:Port-Channel10": {"type": "lag"}}
    after = done(RACK, define(BOND), interfaces=had,
                 cables=["leaf-1:Ethernet3 cat6a node-1:Ethernet2"])  # fmt: skip
    assert interface(after, "leaf-1:Ethernet3").lag == "Port-Channel10"


def test_two_devices_of_a_batch_cannot_share_a_channel_number() -> None:
    other = BOND.replace("interface: Ethernet1", "interface: Ethernet2").replace(", addresses", "")
    other = other.replace("addresses: [10.0.0.5/24], ", "")
    assert (
        "leaf-1:Port-Channel10 is made at netbox/rack-1/node-1/a.yaml:4 already, for 'node-1'"
        in (refused(RACK, define(BOND), define(other, "node-2")))
    )


def test_a_channel_number_that_a_device_of_the_batch_leaves_can_be_taken() -> None:
    old = define(BOND, state="c")
    before = applied(snapshot(RACK), plan(old))
    other = BOND.replace("interface: Ethernet1", "interface: Ethernet2")
    after = applied(before, plan(define(E0 % ""), old), plan(define(other, "node-2")))
    assert after.members(port("leaf-1:Port-Channel10")) == {port("leaf-1:Ethernet2")}


def test_a_member_whose_wrong_cable_is_replaced_does_not_count() -> None:
    # leaf-1:Ethernet1 was node-2's, and this definition claims it.
    had = {"leaf-1:Ethernet1": {"lag": "Port-Channel10"}, "leaf-1:Port-Channel10": {"type": "lag"}}
    after = done(RACK, define(BOND), interfaces=had,
                 cables=["leaf-1:Ethernet1 cat6a node-2:Ethernet0"])  # fmt: skip
    assert after.members(port("leaf-1:Port-Channel10")) == {port("leaf-1:Ethernet1")}


def test_two_switches_may_tell_the_same_lag_from_both_ends() -> None:
    here = """
Ethernet48: {type: aoc, device: leaf-2, interface: Ethernet48}
Port-Channel1: {type: port-channel, channel: 1, interfaces: [Ethernet48], vlans: {100: tagged}}
"""
    one, two = define(here, "leaf-1"), define(here.replace("leaf-2", "leaf-1"), "leaf-2")
    after = done(RACK, one, two)
    assert after.members(port("leaf-1:Port-Channel1")) == {port("leaf-1:Ethernet48")}
    assert after.members(port("leaf-2:Port-Channel1")) == {port("leaf-2:Ethernet48")}


# --- virtual interfaces ---------------------------------------------------------------------------

TAGGED = BOND + "vlan200: {type: virtual, data: {parent: bond0}, vlans: {200: untagged}}\n"


def test_a_virtual_interface_is_made() -> None:
    text = TAGGED.replace(", vlans: {200", ", addresses: [10.3.0.5/24], vlans: {200")
    text = text.replace("type: virtual", 'type: virtual, mac_address: "02:00:00:00:00:01"')
    after = done(RACK, define(text))
    virtual = interface(after, "node-1:vlan200")
    assert (virtual.type, virtual.parent, virtual.untagged) == ("virtual", "bond0", 200)
    assert virtual.mac == "02:00:00:00:00:01"
    assert addresses(after)["10.3.0.5/24"] == "node-1:vlan200"


def test_a_parent_that_is_no_longer_named_is_left_though_it_stays() -> None:
    old = define(TAGGED, state="c")
    after = done_after(old, plan(define(TAGGED.replace("data: {parent: bond0}, ", "")), old))
    assert interface(after, "node-1:vlan200").parent == ""
    assert port("node-1:bond0") in after.interfaces


def test_a_bridge_is_made_and_a_virtual_interface_can_become_one() -> None:
    bridge = define("br0: {type: virtual, data: {type: bridge}}")
    assert interface(done(RACK, bridge), "node-1:br0").type == "bridge"
    had = {"node-1:br0": {"type": "virtual"}}
    assert interface(done(RACK, bridge, interfaces=had), "node-1:br0").type == "bridge"
    had = {"node-1:br0": {"type": "bridge"}}
    virtual = define("br0: {type: virtual}")
    assert interface(done(RACK, virtual, interfaces=had), "node-1:br0").type == "virtual"


def test_a_virtual_interface_that_the_definition_no_longer_names_is_removed() -> None:
    old = define(TAGGED, state="c")
    after = done_after(old, plan(define(BOND), old))
    assert port("node-1:vlan200") not in after.interfaces
    assert port("node-1:bond0") in after.interfaces


def test_a_parent_is_let_go_before_it_is_deleted() -> None:
    # NetBox refuses to delete a parent, and deletes in an order of its own.
    old = define(TAGGED, state="c")
    before = applied(snapshot(RACK), plan(old))
    changed = changes(before, [plan(define(E0 % ""), old)])
    assert {str(each.port) for each in changed.delete_interfaces} == {
        "node-1:bond0", "node-1:vlan200", "leaf-1:Port-Channel10", "leaf-2:Port-Channel10",
    }  # fmt: skip
    updates = {str(each.port): each.fields for each in changed.update_interfaces}
    assert updates["node-1:vlan200"] == {"parent": ""}


def test_a_virtual_interface_that_stays_leaves_a_parent_that_goes() -> None:
    old = define(TAGGED, state="c")
    after = done_after(old, plan(define("vlan200: {type: virtual}"), old))
    assert interface(after, "node-1:vlan200").parent == ""
    assert port("node-1:bond0") not in after.interfaces


def test_a_port_leaves_a_bridge_that_goes() -> None:
    old = define(
        "br0: {type: virtual, data: {type: bridge}}\n" + E0 % ", data: {bridge: br0}", state="c"
    )
    after = done_after(old, plan(define(E0 % ""), old))
    assert port("node-1:br0") not in after.interfaces
    assert interface(after, "node-1:Ethernet0").extra["bridge"] == ""


def test_a_far_port_leaves_a_bridge_that_goes() -> None:
    old = define(BOND, state="c")
    had = {
        "leaf-1:Ethernet1": {"extra": {"bridge": "Port-Channel10"}},
        "leaf-1:Port-Channel10": {"type": "lag"},
    }
    after = done_after(old, plan(define(E0 % ""), old), interfaces=had)
    assert port("leaf-1:Port-Channel10") not in after.interfaces
    assert interface(after, "leaf-1:Ethernet1").extra["bridge"] == ""


@pytest.mark.parametrize("tie", [{"parent": "bond0"}, {"extra": {"bridge": "bond0"}}])
def test_a_parent_of_an_interface_that_nobody_defines_stays(tie: dict[str, Any]) -> None:
    old = define(TAGGED, state="c")
    had = {"node-1:bond0": {"type": "lag"}, "node-1:bond0.7": {"type": "virtual", **tie}}
    after = done_after(old, plan(define(E0 % ""), old), interfaces=had)
    assert port("node-1:bond0") in after.interfaces


def test_a_lag_of_the_device_that_cannot_be_removed_is_switched_off() -> None:
    old = define(BOND, state="c")
    had = {"node-1:bond0": {"type": "lag"}, "node-1:Ethernet2": {"lag": "bond0"}}
    after = done_after(old, plan(define(E0 % ""), old), interfaces=had)
    left = interface(after, "node-1:bond0")
    assert (left.enabled, left.mode, left.tagged) == (False, "", frozenset())
    assert addresses(after) == {}
    assert after.members(port("node-1:bond0")) == {port("node-1:Ethernet2")}


def test_a_port_is_never_deleted_though_another_state_calls_it_virtual() -> None:
    odd = define("Ethernet0: {type: virtual}", state="c")
    after = done(RACK, plan(define(E0 % ""), odd))
    assert port("node-1:Ethernet0") in after.interfaces
    after = done(RACK, plan(NOTHING, odd))
    assert port("node-1:Ethernet0") in after.interfaces


@pytest.mark.parametrize(
    ("text", "field", "had"),
    [
        ("vlan200: {type: virtual, data: {parent: bond0}}", "parent", {}),
        ("br: {type: virtual, data: {bridge: br0}}", "bridge", {}),
        # it exists, but only in the state that is left
        (
            "vlan200: {type: virtual, data: {parent: bond0}}", "parent",
            {"node-1:bond0": {"type": "lag"}},
        ),
    ],
)  # fmt: skip
def test_a_parent_that_does_not_exist_in_this_state(text: str, field: str, had: Any) -> None:
    said = refused(RACK, plan(define(text), define(BOND, state="c")), interfaces=had)
    assert said.startswith("netbox/rack-1/node-1/a.yaml:1: device 'node-1', interface ")
    assert f", data.{field}: the device has no interface" in said


def test_a_parent_that_only_netbox_has() -> None:
    text = "lo.1: {type: virtual, data: {parent: lo}}"
    after = done(RACK, define(text), interfaces={"node-1:lo": {"type": "virtual"}})
    assert interface(after, "node-1:lo.1").parent == "lo"


# --- MLAG -----------------------------------------------------------------------------------------

MLAG = """
Ethernet48: {type: aoc, device: leaf-2, interface: Ethernet48}
peer: {type: mlag, interfaces: [Ethernet48],
       data: {channel: 100, vlan: 4094, address: 10.255.0.1/30}}
"""
LEAF = define(MLAG, "leaf-1")
PEER = define(MLAG.replace("leaf-2", "leaf-1").replace("0.1/30", "0.2/30"), "leaf-2")


def test_an_mlag_makes_the_peer_link_and_its_vlan_interface() -> None:
    had = {
        "leaf-1:Port-Channel100": {"type": "lag", "enabled": False},
        "leaf-1:Vlan4094": {"type": "virtual", "enabled": False},
    }
    after = done(RACK, LEAF, interfaces=had)
    lag, vlan = interface(after, "leaf-1:Port-Channel100"), interface(after, "leaf-1:Vlan4094")
    assert (lag.type, lag.enabled, lag.tagged) == ("lag", True, {4094})
    assert interface(after, "leaf-1:Ethernet48").lag == "Port-Channel100"
    assert (vlan.type, vlan.parent, vlan.untagged) == ("virtual", "Port-Channel100", 4094)
    assert vlan.enabled
    assert told(after)["interfaces"] == told(done(RACK, LEAF))["interfaces"]
    assert addresses(after) == {"10.255.0.1/30": "leaf-1:Vlan4094"}
    assert 4094 in after.vlans


def test_the_far_side_of_an_mlag_is_told_by_the_peer() -> None:
    after = done(RACK, LEAF)
    assert port("leaf-2:Port-Channel100") not in after.interfaces
    assert interface(after, "leaf-2:Ethernet48").lag == ""


def test_both_sides_of_an_mlag_fit_together() -> None:
    after = done(RACK, LEAF, PEER)
    assert interface(after, "leaf-2:Ethernet48").lag == "Port-Channel100"
    assert told(after) == told(applied(applied(snapshot(RACK), plan(LEAF)), plan(PEER)))
    assert told(after) == told(applied(applied(snapshot(RACK), plan(PEER)), plan(LEAF)))


def test_an_mlag_that_the_definition_no_longer_names_is_removed() -> None:
    after = done_after(LEAF, plan(define("{}", "leaf-1"), LEAF))
    assert port("leaf-1:Port-Channel100") not in after.interfaces
    assert port("leaf-1:Vlan4094") not in after.interfaces


def test_an_mlag_does_not_take_the_port_channel_of_a_node() -> None:
    before = applied(snapshot(RACK), plan(define(BOND)))
    with pytest.raises(Invalid, match=r"leaf-1:Port-Channel10 is used for 'node-1' already"):
        todo(before, define(MLAG.replace("100", "10"), "leaf-1"))
    with pytest.raises(Invalid, match=r"leaf-1:Port-Channel10 is made at .*leaf-1/a\.yaml:3"):
        todo(snapshot(RACK), define(BOND), define(MLAG.replace("100", "10"), "leaf-1"))


# --- what another state has left ------------------------------------------------------------------

OLD = define(
    """
Ethernet1: {type: cat6a, device: leaf-1, interface: Ethernet3, addresses: [10.0.0.9/24],
            vlans: {100: untagged, 200: tagged}}
""",
    state="c",
)


def test_the_ports_of_another_state_are_switched_off_on_both_sides() -> None:
    after = done_after(OLD, plan(define(E0 % ""), OLD))
    for name in ("node-1:Ethernet1", "leaf-1:Ethernet3"):
        left = interface(after, name)
        assert (left.enabled, left.lag, left.mode) == (False, "", "")
        assert (left.untagged, left.tagged) == (None, frozenset())
    assert addresses(after) == {}


def test_state_0_leaves_nothing_connected() -> None:
    bond = define(TAGGED)
    before = applied(snapshot(RACK), plan(bond))
    after = applied(before, Plan("node-1", None, (bond, OLD)))
    assert {str(each.port) for each in after.interfaces.values()} == {
        str(each.port) for each in snapshot(RACK).interfaces.values()
    }
    assert not any(each.mode or each.lag for each in after.interfaces.values())
    assert not interface(after, "node-1:Ethernet0").enabled
    assert not interface(after, "leaf-1:Ethernet1").enabled
    assert addresses(after) == {}


def test_a_far_port_that_leads_elsewhere_by_now_is_left_alone() -> None:
    before = applied(snapshot(RACK), plan(OLD))
    other = "Ethernet0: {type: smf, device: leaf-1, interface: Ethernet3, vlans: {7: untagged}}"
    before = applied(before, plan(define(other, "node-2")))
    after = applied(before, plan(define(E0 % ""), OLD))
    assert interface(after, "leaf-1:Ethernet3") == interface(before, "leaf-1:Ethernet3")
    # its own port is switched off all the same
    assert not interface(after, "node-1:Ethernet1").enabled
    assert addresses(after) == {}


def test_a_far_port_is_switched_off_though_its_cable_was_cut_already() -> None:
    # Phase 1 was interrupted after it had deleted the cable: the label still tells of it.
    new = define("Ethernet1: {type: cat6a, device: leaf-2, interface: Ethernet1}")
    before = applied(snapshot(RACK), plan(OLD))
    whole = applied(before, plan(new, OLD))
    cut = played(before, Changes(delete_cables=tuple(before.cables.values())))
    assert told(applied(cut, plan(new, OLD))) == told(whole)
    assert not interface(whole, "leaf-1:Ethernet3").enabled


def test_a_far_port_that_is_connected_is_switched_off_whatever_its_label() -> None:
    had = {"leaf-1:Ethernet3": {"mode": "access", "untagged": 7, "label": "by hand"}}
    after = done(RACK, plan(define(E0 % ""), OLD), interfaces=had,
                 cables=["leaf-1:Ethernet3 smf node-1:Ethernet1"])  # fmt: skip
    left = interface(after, "leaf-1:Ethernet3")
    assert (left.enabled, left.untagged, left.label) == (False, None, "by hand")


def test_a_far_port_that_leads_elsewhere_is_left_alone_whatever_its_label() -> None:
    had = {"leaf-1:Ethernet3": {"mode": "access", "untagged": 7, "label": "42:3 / 31:1"}}
    after = done(RACK, plan(define(E0 % ""), OLD), interfaces=had,
                 cables=["leaf-1:Ethernet3 smf node-2:Ethernet0"])  # fmt: skip
    assert interface(after, "leaf-1:Ethernet3").untagged == 7


def test_a_port_of_another_state_that_netbox_does_not_have() -> None:
    odd = "Ethernet77: {type: cat6a, device: leaf-9, interface: Ethernet1}"
    other = "Ethernet1: {type: cat6a, device: leaf-1, interface: Ethernet99}"
    done(RACK, plan(define(E0 % ""), define(f"{odd}\n{other}", state="c")))


def test_an_interface_without_a_socket_is_not_switched_off_as_a_port() -> None:
    other = define("lo: {type: cat6a, device: leaf-1, interface: lo}", state="c")
    had = {"node-1:lo": {"type": "virtual"}, "leaf-1:lo": {"type": "virtual"}}
    after = done(RACK, plan(define(E0 % ""), other), interfaces=had)
    assert interface(after, "node-1:lo").enabled
    assert interface(after, "leaf-1:lo").enabled


def test_a_far_port_without_cable_or_label_is_not_ours() -> None:
    had = {"leaf-1:Ethernet3": {"mode": "access", "untagged": 7, "label": "patch panel"}}
    after = done(RACK, plan(define(E0 % ""), OLD), interfaces=had)
    assert interface(after, "leaf-1:Ethernet3").untagged == 7
    assert interface(after, "leaf-1:Ethernet3").enabled


def test_a_far_port_that_another_device_of_the_batch_takes_is_not_switched_off() -> None:
    before = applied(snapshot(RACK), plan(OLD))
    text = "Ethernet0: {type: smf, device: leaf-1, interface: Ethernet3, vlans: {7: untagged}}"
    after = applied(before, plan(define(E0 % ""), OLD), plan(define(text, "node-2")))
    taken = interface(after, "leaf-1:Ethernet3")
    assert (taken.enabled, taken.untagged, taken.label) == (True, 7, "42:3 / 30:0")


def test_a_port_that_moves_from_one_far_end_to_another() -> None:
    new = define("Ethernet1: {type: cat6a, device: leaf-2, interface: Ethernet1}")
    after = done_after(OLD, plan(new, OLD))
    assert cables(after) == {"cat6a leaf-2:Ethernet1 node-1:Ethernet1"}
    assert not interface(after, "leaf-1:Ethernet3").enabled
    assert interface(after, "leaf-1:Ethernet3").untagged is None


def test_the_addresses_of_a_far_port_are_not_touched() -> None:
    after = done_after(OLD, plan(define(E0 % ""), OLD), addresses=["192.0.2.1/31 leaf-1:Ethernet3"])
    assert addresses(after) == {"192.0.2.1/31": "leaf-1:Ethernet3"}


# --- what NetBox does not know or allow -----------------------------------------------------------

AT = "netbox/rack-1/node-1/a.yaml:1: device 'node-1', interface 'Ethernet0', "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Ethernet0: {type: cat6a, device: lef-1, interface: Ethernet5}",
            AT + "device: NetBox does not know a device 'lef-1'; did you mean 'leaf-1' or",
        ),
        (
            "Ethernet0: {type: cat6a, device: leaf-1, interface: Ethernet55}",
            AT + "interface: 'leaf-1' has no interface 'Ethernet55' in NetBox; did you mean "
            "'Ethernet5'",
        ),
        (
            "Ethernet0: {type: cat6a, device: leaf-1, interface: lag1}",
            AT + "interface: leaf-1:lag1 is of type lag in NetBox, a port with a socket is wanted",
        ),
        (
            "Ethernet9: {type: cat6a, device: leaf-1, interface: Ethernet5}",
            AT.replace("0", "9") + "type: 'node-1' has no interface 'Ethernet9' in NetBox",
        ),
        (
            "Ethernet0: {type: virtual}",
            AT + "type: node-1:Ethernet0 is of type 25gbase-x-sfp28 in NetBox, virtual is wanted; "
            "rename or delete it there",
        ),
    ],
)  # fmt: skip
def test_what_only_netbox_can_tell_is_told_with_file_and_line(text: str, said: str) -> None:
    assert refused(RACK, define(text), interfaces={"leaf-1:lag1": {"type": "lag"}}).startswith(said)


def test_a_device_that_netbox_does_not_know() -> None:
    assert refused(RACK, define("{}", "node-3")) == (
        "netbox/rack-1/node-3/a.yaml:1: device 'node-3': NetBox does not know it"
    )


def test_two_definitions_of_a_batch_for_one_port() -> None:
    assert "leaf-1:Ethernet5 is claimed at netbox/rack-1/node-1/a.yaml:1 already" in refused(
        RACK, define(E0 % ""), define(E0 % "", "node-2")
    )


# --- batches --------------------------------------------------------------------------------------


def test_the_order_of_the_plans_does_not_matter() -> None:
    one = plan(define(BOND))
    text = "Ethernet0: {type: cat6a, device: leaf-1, interface: Ethernet2, vlans: {7: untagged}}"
    two = plan(define(text, "node-2"))
    assert changes(snapshot(RACK), [one, two]) == changes(snapshot(RACK), [two, one])


def test_nothing_to_do() -> None:
    assert not changes(snapshot(RACK), [])
    assert not todo(snapshot(RACK), NOTHING)
