"""What a switch should look like, read off NetBox."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osism.domain.errors import Invalid
from osism.domain.intents import (
    AddressIntent,
    LagIntent,
    MlagIntent,
    PortIntent,
    SwitchIntent,
    VlanIntent,
    intent,
    natural,
    one_line,
)
from osism.domain.inventory import Address, Device, Interface, Port, Snapshot
from osism.domain.systems import ManagementIntent, SystemIntent


def interface(
    name: str, type: str = "25gbase-x-sfp28", device: str = "leaf-1", **values: object
) -> Interface:
    return Interface(0, Port(device, name), type, **values)  # type: ignore[arg-type]


def snapshot(
    *interfaces: Interface,
    addresses: dict[str, list[str]] | None = None,
    vlans: dict[int, tuple[int, str]] | None = None,
) -> Snapshot:
    return Snapshot(
        {name: Device(1, name) for name in ("leaf-1", "leaf-2")},
        {each.port: each for each in interfaces},
        {},
        tuple(
            Address(0, address, Port("leaf-1", name))
            for name, each in (addresses or {}).items()
            for address in each
        ),
        vlans or {},
    )


def of(*interfaces: Interface, **values: object) -> SwitchIntent:
    return intent(snapshot(*interfaces, **values), "leaf-1")  # type: ignore[arg-type]


# --- ports ----------------------------------------------------------------------------------------


def test_a_switch_without_interfaces_is_empty() -> None:
    assert of() == SwitchIntent("leaf-1")


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, PortIntent("Ethernet1")),
        ({"enabled": False}, PortIntent("Ethernet1", enabled=False)),
        ({"mtu": 9100}, PortIntent("Ethernet1", mtu=9100)),
        ({"label": "3:1 / 7:2"}, PortIntent("Ethernet1", description="3:1 / 7:2")),
        ({"label": "l", "description": "d"}, PortIntent("Ethernet1", description="d")),
        ({"description": "a\n b\t c "}, PortIntent("Ethernet1", description="a b c")),
        ({"untagged": 5}, PortIntent("Ethernet1", mode="access", untagged=5)),
        ({"tagged": {7, 6}}, PortIntent("Ethernet1", mode="tagged", tagged=(6, 7))),
        (
            {"untagged": 5, "tagged": {6}},
            PortIntent("Ethernet1", mode="tagged", untagged=5, tagged=(6,)),
        ),
        ({"untagged": 5, "tagged": {5}}, PortIntent("Ethernet1", mode="access", untagged=5)),
        ({"lag": "Port-Channel1", "untagged": 5}, PortIntent("Ethernet1", lag="Port-Channel1")),
        ({"lag": "Port-Channel1", "tagged": {5}}, PortIntent("Ethernet1", lag="Port-Channel1")),
    ],
)
def test_a_port(values: dict[str, Any], wanted: PortIntent) -> None:
    if "tagged" in values:
        values = {**values, "tagged": frozenset(values["tagged"])}
    assert of(interface("Ethernet1", **values)).ports == (wanted,)


def test_management_ports_are_left_out() -> None:
    found = of(interface("eth0", mgmt_only=True, untagged=5), addresses={"eth0": ["192.0.2.1/24"]})
    assert replace(found, system=SystemIntent()) == SwitchIntent("leaf-1")
    assert found.system.management == (ManagementIntent("eth0", "192.0.2.1/24"),)


def test_another_switch_is_left_out() -> None:
    assert of(interface("Ethernet1", device="leaf-2")) == SwitchIntent("leaf-1")


def test_bridges_and_virtual_interfaces_are_no_ports() -> None:
    assert of(interface("br0", "bridge"), interface("Loopback0", "virtual")).ports == ()


# --- LAGs -----------------------------------------------------------------------------------------


def test_a_lag_has_its_number_and_its_members() -> None:
    found = of(
        interface("Port-Channel10", "lag", untagged=5, tagged=frozenset({6}), mtu=9100),
        interface("Ethernet10", lag="Port-Channel10"),
        interface("Ethernet9", lag="Port-Channel10"),
        interface("Ethernet9", lag="Port-Channel10", device="leaf-2"),
        interface("Ethernet1", lag="Port-Channel1"),
    )
    assert found.lags == (
        LagIntent(
            "Port-Channel10",
            mtu=9100,
            mode="tagged",
            untagged=5,
            tagged=(6,),
            number=10,
            members=("Ethernet9", "Ethernet10"),
        ),
    )


@pytest.mark.parametrize(
    ("name", "number"), [("Port-Channel10", 10), ("bond0", 0), ("ae", 0), ("po1.2", 2)]
)
def test_the_number_of_a_lag_ends_its_name(name: str, number: int) -> None:
    assert of(interface(name, "lag")).lags[0].number == number


def test_a_member_is_a_port_of_the_intent() -> None:
    found = of(
        interface("Port-Channel1", "lag"),
        interface("eth0", lag="Port-Channel1", mgmt_only=True),
        interface("Ethernet1", lag="Port-Channel1"),
    )
    assert found.lags[0].members == ("Ethernet1",)


# --- VLANs, addresses, MLAG -----------------------------------------------------------------------


def test_every_vlan_in_use_is_wanted_by_its_name() -> None:
    found = of(
        interface("Ethernet1", untagged=5, tagged=frozenset({9})),
        interface("Port-Channel1", "lag", untagged=7),
        interface("Vlan300", "virtual", untagged=301),
        interface("eth0", mgmt_only=True, untagged=400),
        interface("Ethernet2", lag="Port-Channel1", untagged=401),
        vlans={5: (50, "blue"), 9: (90, "a\nb"), 500: (1, "unused")},
    )
    assert found.vlans == (
        VlanIntent(5, "blue"),
        VlanIntent(7, "VLAN 7"),
        VlanIntent(9, "a b"),
        VlanIntent(300, "VLAN 300"),
        VlanIntent(301, "VLAN 301"),
    )


@pytest.mark.parametrize(
    ("name", "vlan"),
    [
        ("Vlan4094", 4094),
        ("vlan200", 200),
        ("VLAN-7", 7),
        ("Vlan4095", None),
        ("Vlan0", None),
        ("Vlan", None),
        ("Vlan5.1", None),
        ("MyVlan5", None),
        ("Loopback0", None),
    ],
)
def test_the_vlan_of_an_address_is_in_the_name_of_its_interface(
    name: str, vlan: int | None
) -> None:
    found = of(interface(name, "virtual"), addresses={name: ["10.0.0.1/24"]})
    assert found.addresses == (AddressIntent(name, "10.0.0.1/24", vlan),)
    assert found.vlans == ((VlanIntent(vlan, f"VLAN {vlan}"),) if vlan else ())


def test_addresses_are_sorted_and_each_is_there_once() -> None:
    found = of(
        interface("Ethernet10"),
        interface("Ethernet9"),
        addresses={
            "Ethernet10": ["10.0.0.1/24"],
            "Ethernet9": ["2001:db8::1/64", *["10.1.0.1/24"] * 2],
        },
    )
    assert [(each.interface, each.address) for each in found.addresses] == [
        ("Ethernet9", "10.1.0.1/24"),
        ("Ethernet9", "2001:db8::1/64"),
        ("Ethernet10", "10.0.0.1/24"),
    ]


@pytest.mark.parametrize(
    ("addresses", "address", "peer"),
    [
        ([], "", ""),
        (["10.255.0.1/30"], "10.255.0.1/30", "10.255.0.2"),
        (["10.255.0.2/30"], "10.255.0.2/30", "10.255.0.1"),
        (["10.255.0.0/31"], "10.255.0.0/31", "10.255.0.1"),
        (["10.255.0.1/29"], "10.255.0.1/29", ""),
        (["10.255.0.1/32"], "10.255.0.1/32", ""),
        (["2001:db8::1/126"], "2001:db8::1/126", "2001:db8::2"),
        (["2001:db8::1/127"], "2001:db8::1/127", "2001:db8::"),
        (["2001:db8::1/64"], "2001:db8::1/64", ""),
        (["2001:db8::1/126", "10.255.0.1/30"], "10.255.0.1/30", "10.255.0.2"),
    ],
)
def test_a_vlan_interface_on_a_lag_is_the_mlag_s_peer_link(
    addresses: list[str], address: str, peer: str
) -> None:
    found = of(
        interface("Port-Channel1", "lag"),
        interface("Vlan4094", "virtual", parent="Port-Channel1"),
        addresses={"Vlan4094": addresses},
    )
    assert found.mlag == MlagIntent("Port-Channel1", 4094, address, peer)


@pytest.mark.parametrize(
    "virtual",
    [
        interface("Vlan4094", "virtual"),
        interface("Vlan4094", "virtual", parent="Ethernet1"),
        interface("Vlan4094", "virtual", parent="Port-Channel2"),
        interface("Loopback0", "virtual", parent="Port-Channel1"),
    ],
)
def test_any_other_virtual_interface_makes_no_mlag(virtual: Interface) -> None:
    assert of(interface("Port-Channel1", "lag"), interface("Ethernet1"), virtual).mlag is None


# --- the same NetBox, the same intent -------------------------------------------------------------


def test_the_order_in_netbox_does_not_matter() -> None:
    interfaces = [
        *(interface(f"Ethernet{n}", untagged=n, lag="" if n % 2 else "po1") for n in range(1, 12)),
        interface("Ethernet01"),
        interface("po1", "lag", tagged=frozenset(range(20, 40))),
        interface("po01", "lag"),
        *(interface(f"Vlan{n}", "virtual", parent="po1") for n in (30, 4, 100)),
    ]
    addresses = {each.name: ["10.0.0.9/24", "10.0.0.10/24"] for each in interfaces[:3]}
    wanted = of(*interfaces, addresses=addresses)
    for seed in range(20):
        shuffled = random.Random(seed).sample(interfaces, len(interfaces))
        mixed = dict(random.Random(seed).sample(sorted(addresses.items()), len(addresses)))
        assert of(*shuffled, addresses={name: each[::-1] for name, each in mixed.items()}) == wanted
    assert [each.name for each in wanted.ports][:4] == [
        "Ethernet01",
        "Ethernet1",
        "Ethernet2",
        "Ethernet3",
    ]
    assert wanted.mlag == MlagIntent("po1", 4)


def test_an_intent_can_be_a_key() -> None:
    made = of(interface("Ethernet1", tagged=frozenset({5})))
    assert {made: 1}[replace(made)] == 1


# --- names and texts ------------------------------------------------------------------------------


def test_names_are_sorted_by_their_numbers() -> None:
    names = ["Ethernet10", "Ethernet9", "Ethernet1/2", "Ethernet1/10", "Ethernet1", "swp1s0", "eth"]
    assert sorted(names, key=natural) == [
        "Ethernet1", "Ethernet1/2", "Ethernet1/10", "Ethernet9", "Ethernet10", "eth", "swp1s0",
    ]  # fmt: skip


@given(st.lists(st.text(alphabet=st.characters() | st.sampled_from("0123456789²①٣/"))))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    sorted(names, key=natural)


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert one_line(line) == line


def test_words_are_kept() -> None:
    assert one_line(" a  b\r\nc\u2028d\x00e\u00a0ü ") == "a b c d e ü"


def test_tagged_all_is_every_vlan_that_anything_on_the_switch_uses() -> None:
    switch = of(
        interface("Ethernet1", mode="tagged-all", untagged=10),
        interface("Ethernet2", mode="tagged", tagged=frozenset({20, 30})),
        interface("Vlan40", "virtual"),
    )
    assert (switch.ports[0].mode, switch.ports[0].tagged) == ("tagged", (20, 30, 40))


def test_tagged_all_on_a_member_of_a_lag_carries_nothing() -> None:
    switch = of(
        interface("Port-Channel1", "lag", mode="tagged", tagged=frozenset({20})),
        interface("Ethernet1", mode="tagged-all", lag="Port-Channel1"),
    )
    assert (switch.ports[0].mode, switch.ports[0].tagged) == ("", ())


def test_a_mode_that_nobody_can_deploy_is_refused_and_not_left_out() -> None:
    with pytest.raises(Invalid, match=r"'leaf-1': interface 'Ethernet0': .* q-in-q"):
        of(interface("Ethernet0", mode="q-in-q"))
    assert of(interface("eth0", mode="q-in-q", mgmt_only=True)).ports == ()


def test_a_vlan_is_called_as_the_switch_s_own_site_calls_it() -> None:
    found = replace(
        snapshot(interface("Ethernet0", untagged=100), vlans={100: (7, "that of another site")}),
        vlan_names={"leaf-1": {100: "its own"}, "leaf-2": {100: "that of another site"}},
    )
    assert intent(found, "leaf-1").vlans == (VlanIntent(100, "its own"),)
