"""The list that phase 1 writes: in which order, in which words, and what comes of it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from osism.domain.changes import (
    Changes,
    InterfaceUpdate,
    NewAddress,
    NewCable,
    NewInterface,
    PrimaryUpdate,
    after,
    current,
    same,
)
from osism.domain.inventory import Cable, Interface, Port, Snapshot
from tests.unit.domain.build import SOCKET, lines, port, snapshot, told

BEFORE = snapshot(
    """
devices:
  node-1: {ports: Ethernet0 Ethernet1}
  leaf-1: {ports: Ethernet5 Ethernet6, kind: switch}
interfaces:
  node-1:bond0: {type: lag}
  node-1:Ethernet2: {mac: "02:00:00:00:00:01", macs: ["02:00:00:00:00:01", "02:00:00:00:00:02"]}
cables: [node-1:Ethernet0 cat6a leaf-1:Ethernet5]
addresses: [10.0.0.5/24 node-1:Ethernet0, 10.0.0.6/24 -]
vlans: [100]
"""
)
E0, E1, E2 = port("node-1:Ethernet0"), port("node-1:Ethernet1"), port("node-1:Ethernet2")
BOND, LAG = port("node-1:bond0"), port("leaf-1:Port-Channel10")
CABLE = next(iter(BEFORE.cables.values()))
FIVE, SIX = BEFORE.addresses

EVERYTHING = Changes(
    delete_cables=(CABLE,),
    delete_addresses=(FIVE,),
    create_vlans=(200,),
    create_interfaces=(NewInterface(LAG, "lag"),),
    create_macs=((E1, "02:00:00:00:00:03"),),
    update_interfaces=(
        InterfaceUpdate(E1, {"enabled": False, "mac": "02:00:00:00:00:03", "mtu": 9100}),
        InterfaceUpdate(LAG, {"mode": "tagged", "tagged": frozenset({200, 100})}),
    ),
    move_addresses=((SIX, E1),),
    create_addresses=(NewAddress(E1, "10.0.0.7/24", "red"),),
    create_cables=(NewCable("smf", E1, port("leaf-1:Ethernet6")),),
    delete_interfaces=(BEFORE.interfaces[BOND],),
    delete_macs=((E2, "02:00:00:00:00:02", 7),),
    primaries=(PrimaryUpdate("node-1", {4: NewAddress(E1, "10.0.0.6/24", ""), 6: None}),),
    snapshot=BEFORE,
)


# --- in words -------------------------------------------------------------------------------------


def test_the_changes_in_the_order_of_writing() -> None:
    assert lines(EVERYTHING) == [
        "delete cable node-1:Ethernet0 to leaf-1:Ethernet5 cat6a",
        "delete address 10.0.0.5/24 on node-1:Ethernet0",
        "create VLAN 200",
        "create interface leaf-1:Port-Channel10 lag",
        "create MAC address 02:00:00:00:00:03 on node-1:Ethernet1",
        "update interface node-1:Ethernet1 enabled: yes → no, mac: none → 02:00:00:00:00:03, "
        "mtu: none → 9100",
        "update interface leaf-1:Port-Channel10 mode: tagged, tagged: 100,200",
        "update address 10.0.0.6/24 to node-1:Ethernet1",
        "create address 10.0.0.7/24 on node-1:Ethernet1 in VRF red",
        "create cable node-1:Ethernet1 to leaf-1:Ethernet6 smf",
        "delete interface node-1:bond0 lag",
        "delete MAC address 02:00:00:00:00:02 on node-1:Ethernet2",
        "update device node-1 primary IPv4 address: 10.0.0.6/24",
        "update device node-1 primary IPv6 address: none",
    ]


def test_a_value_that_is_emptied_is_none() -> None:
    update = InterfaceUpdate(E2, {"mac": "", "extra_field": None, "tagged": frozenset()})
    assert lines(Changes(update_interfaces=(update,), snapshot=BEFORE)) == [
        "update interface node-1:Ethernet2 extra_field: none → none, "
        "mac: 02:00:00:00:00:01 → none, tagged: none → none"
    ]


def test_changes_without_a_snapshot_tell_the_new_values() -> None:
    assert lines(Changes(update_interfaces=(InterfaceUpdate(E0, {"enabled": False}),))) == [
        "update interface node-1:Ethernet0 enabled: no"
    ]


@pytest.mark.parametrize("name", [f.name for f in fields(Changes) if f.name != "snapshot"])
def test_every_kind_of_change_counts_and_is_told(name: str) -> None:
    only = Changes(**{name: getattr(EVERYTHING, name)}, snapshot=BEFORE)
    assert only
    assert lines(only)
    assert set(lines(only)) <= set(lines(EVERYTHING))


def test_nothing_is_nothing() -> None:
    assert not Changes()
    assert not Changes(snapshot=BEFORE)
    assert lines(Changes(snapshot=BEFORE)) == []
    assert Changes().devices() == frozenset()


def test_two_lists_are_equal_whatever_they_were_read_from() -> None:
    assert replace(EVERYTHING, snapshot=None) == EVERYTHING


# --- the devices that something changes on --------------------------------------------------------


@pytest.mark.parametrize(
    ("todo", "devices"),
    [
        (Changes(delete_cables=(CABLE,)), {"node-1", "leaf-1"}),
        (Changes(delete_cables=(Cable(9, "", E0, Port("", "")),)), {"node-1"}),
        (Changes(create_cables=(NewCable("smf", E0, LAG),)), {"node-1", "leaf-1"}),
        (Changes(delete_addresses=(FIVE,)), {"node-1"}),
        (Changes(delete_addresses=(SIX,)), set()),
        (Changes(create_addresses=(NewAddress(LAG, "10.0.0.7/24", ""),)), {"leaf-1"}),
        (Changes(move_addresses=((FIVE, LAG),)), {"node-1", "leaf-1"}),
        (Changes(move_addresses=((SIX, LAG),)), {"leaf-1"}),
        (Changes(create_interfaces=(NewInterface(LAG, "lag"),)), {"leaf-1"}),
        (Changes(delete_interfaces=(BEFORE.interfaces[BOND],)), {"node-1"}),
        (Changes(update_interfaces=(InterfaceUpdate(LAG, {"mtu": 1}),)), {"leaf-1"}),
        (Changes(create_macs=((E0, "x"),)), {"node-1"}),
        (Changes(delete_macs=((E0, "x", 1),)), {"node-1"}),
        (Changes(primaries=(PrimaryUpdate("node-1", {4: None}),)), {"node-1"}),
        (Changes(create_vlans=(7,)), set()),
    ],
)
def test_the_devices_that_something_changes_on(todo: Changes, devices: set[str]) -> None:
    assert todo.devices() == devices


# --- what comes of it -----------------------------------------------------------------------------


def played(**parts: Any) -> Snapshot:
    return after(BEFORE, Changes(**parts, snapshot=BEFORE))


def test_a_cable_that_is_deleted_and_one_that_is_laid() -> None:
    now = played(delete_cables=(CABLE,), create_cables=(NewCable("smf", E1, CABLE.b),))
    assert [(each.type, each.a, each.b) for each in now.cables.values()] == [("smf", E1, CABLE.b)]
    new = next(iter(now.cables))
    assert {p: each.cable for p, each in now.interfaces.items() if each.cable} == {
        E1: new, CABLE.b: new,
    }  # fmt: skip
    assert now.cable_at[E1].other(E1) == CABLE.b


def test_a_cable_to_something_without_a_name_is_deleted() -> None:
    stray = Cable(99, "smf", E1, Port("", ""))
    before = replace(BEFORE, cables={99: stray})
    assert after(before, Changes(delete_cables=(stray,))).cables == {}


def test_interfaces_are_created_updated_and_deleted() -> None:
    now = played(
        create_interfaces=(NewInterface(LAG, "lag"),),
        update_interfaces=(
            InterfaceUpdate(LAG, {"untagged": 100, "mode": "access"}),
            InterfaceUpdate(E0, {"lag": "bond0", "duplex": "full", "custom_fields": {"x": 1}}),
            InterfaceUpdate(E1, {"custom_fields": {"y": 2}}),
        ),
        delete_interfaces=(BEFORE.interfaces[BOND],),
    )
    assert (now.interfaces[LAG].type, now.interfaces[LAG].untagged) == ("lag", 100)
    assert now.interfaces[E0].extra == {"duplex": "full", "custom_fields": {"x": 1}}
    assert now.members(BOND) == {E0}
    assert BOND not in now.interfaces


def test_custom_fields_that_are_not_named_stay() -> None:
    had = replace(
        BEFORE.interfaces[E0], extra={"custom_fields": {"x": 1, "y": 1}, "duplex": "full"}
    )
    before = replace(BEFORE, interfaces={**BEFORE.interfaces, E0: had})
    update = InterfaceUpdate(E0, {"custom_fields": {"y": 2}})
    now = after(before, Changes(update_interfaces=(update,)))
    assert now.interfaces[E0].extra == {"custom_fields": {"x": 1, "y": 2}, "duplex": "full"}


def test_mac_addresses() -> None:
    now = played(
        create_macs=((E1, "02:00:00:00:00:03"), (E2, "02:00:00:00:00:04")),
        update_interfaces=(InterfaceUpdate(E1, {"mac": "02:00:00:00:00:03"}),),
        delete_macs=((E2, "02:00:00:00:00:02", 1),),
    )
    assert (now.interfaces[E1].mac, list(now.interfaces[E1].macs)) == (
        "02:00:00:00:00:03", ["02:00:00:00:00:03"],
    )  # fmt: skip
    assert list(now.interfaces[E2].macs) == ["02:00:00:00:00:01", "02:00:00:00:00:04"]


def test_addresses_are_deleted_moved_and_created() -> None:
    now = played(
        delete_addresses=(FIVE,),
        move_addresses=((SIX, E1),),
        create_addresses=(NewAddress(E0, "10.0.0.7/24", "red"),),
    )
    assert [(each.address, each.port, each.vrf) for each in now.addresses] == [
        ("10.0.0.6/24", E1, ""),
        ("10.0.0.7/24", E0, "red"),
    ]


def test_primary_addresses() -> None:
    device = replace(BEFORE.devices["node-1"], primary={4: FIVE.id})
    before = replace(BEFORE, devices={**BEFORE.devices, "node-1": device})

    def primary(**parts: Any) -> object:
        return told(after(before, Changes(**parts)))["primary"]["node-1"]

    six = NewAddress(E1, "10.0.0.6/24", "")
    assert primary() == {4: "10.0.0.5/24"}
    assert primary(delete_addresses=(FIVE,)) == {}
    assert primary(primaries=(PrimaryUpdate("node-1", {4: None}),)) == {}
    assert primary(
        move_addresses=((SIX, E1),), primaries=(PrimaryUpdate("node-1", {4: six}),)
    ) == {4: "10.0.0.6/24"}  # fmt: skip


def test_vlans() -> None:
    now = played(create_vlans=(200,))
    assert {vid: name for vid, (_, name) in now.vlans.items()} == {100: "VLAN 100", 200: "VLAN 200"}


def test_new_objects_have_ids_of_their_own_however_often_it_is_played() -> None:
    now = BEFORE
    for number in (6, 7):
        laid = NewCable("smf", Port("node-9", f"E{number}"), port(f"leaf-1:Ethernet{number}"))
        added = NewAddress(E0, f"10.1.0.{number}/24", "")
        now = after(now, Changes(create_cables=(laid,), create_addresses=(added,)))
    assert len(now.cables) == 3
    ids = [each.id for each in now.addresses]
    assert len(ids) == len(set(ids)) == 4
    assert all(number < 0 for number in {*now.cables, *ids} - {CABLE.id, FIVE.id, SIX.id})


def test_the_snapshot_before_stays_as_it_was() -> None:
    copy = told(BEFORE)
    after(BEFORE, EVERYTHING)
    assert told(BEFORE) == copy


def test_nothing_leaves_it_as_it_was() -> None:
    assert after(BEFORE, Changes()) == BEFORE


# --- fields ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wanted", "now", "equal"),
    [
        ("mtu", 9100, 9100, True),
        ("mtu", 9100, None, False),
        ("mtu", None, 9100, False),
        ("mode", "", "access", False),
        ("lag", "", None, True),
        ("duplex", None, "", True),
        ("enabled", False, None, False),
        ("enabled", False, False, True),
        ("untagged", None, 0, False),
        ("tagged", frozenset(), frozenset(), True),
        ("tagged", frozenset({1}), frozenset({1, 2}), False),
        ("tags", ["b", "a"], ["a", "b"], True),
        ("tags", ["a"], ["a", "b"], False),
        ("tags", [], None, True),
        ("custom_fields", {"x": 1}, {"x": 1, "y": 2}, True),
        ("custom_fields", {"x": 1}, {"x": 2}, False),
        ("custom_fields", {"x": 1}, None, False),
        ("custom_fields", {"x": None}, {}, True),
        ("custom_fields", {}, None, True),
    ],
)
def test_whether_a_field_has_its_wanted_value(
    name: str, wanted: Any, now: Any, equal: bool
) -> None:
    assert same(name, wanted, now) is equal


def test_the_value_of_a_field_now() -> None:
    interface = Interface(1, E0, SOCKET, mtu=9100, extra={"duplex": "full"})
    assert current(interface, "mtu", "") == 9100
    assert current(interface, "duplex", "") == "full"
    assert current(interface, "speed", "") is None


def test_the_value_of_a_field_of_an_interface_that_will_be_made() -> None:
    assert current(None, "type", "lag") == "lag"
    assert current(None, "enabled", "lag") is True
    assert current(None, "duplex", "lag") is None


# --- the snapshot itself --------------------------------------------------------------------------


def test_what_a_snapshot_answers() -> None:
    assert BEFORE.missing(["node-1", "node-7", "a"]) == ["a", "node-7"]
    assert [each.name for each in BEFORE.by_device["leaf-1"]] == ["Ethernet5", "Ethernet6"]
    assert BEFORE.addresses_of == {E0: (FIVE,)}
    assert BEFORE.cable_at[E0] is CABLE
    assert CABLE.other(E0) == port("leaf-1:Ethernet5")
    assert BEFORE.members(BOND) == frozenset()
    assert str(E0) == "node-1:Ethernet0"


@pytest.mark.parametrize(
    ("kind", "tags", "managed"),
    [
        ("switch", {"managed-by-osism"}, True),
        ("switch", set(), False),
        ("", {"managed-by-osism"}, False),
        ("switch", {"managed-by-ironic"}, False),
    ],
)
def test_a_switch_that_the_product_manages(kind: str, tags: set[str], managed: bool) -> None:
    device = replace(BEFORE.devices["leaf-1"], kind=kind, tags=frozenset(tags))
    assert device.managed_switch is managed


@pytest.mark.parametrize(
    ("type_", "socket"),
    [("1000base-t", True), ("other", True), ("lag", False), ("virtual", False), ("bridge", False)],
)
def test_an_interface_with_a_socket(type_: str, socket: bool) -> None:
    assert Interface(1, E0, type_).has_socket is socket
