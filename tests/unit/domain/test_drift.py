"""The comparison of what is wanted with what runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osism.domain.drift import FIELDS, Comparison, Difference, compare
from osism.domain.intents import (
    AddressIntent,
    LagIntent,
    MlagIntent,
    PortIntent,
    SwitchIntent,
    VlanIntent,
)

PORT = PortIntent("Ethernet1", mtu=9100, description="x", mode="access", untagged=5)
LAG = LagIntent("po1", mode="tagged", tagged=(5, 6), number=1, members=("Ethernet2",))
MLAG = MlagIntent("po1", 6, "10.0.0.1/30", "10.0.0.2")
SWITCH = SwitchIntent(
    "leaf-1",
    ports=(PORT, PortIntent("Ethernet2", lag="po1")),
    lags=(LAG,),
    vlans=(VlanIntent(5, "five"), VlanIntent(6, "six")),
    addresses=(AddressIntent("Vlan6", "10.0.0.1/30", 6),),
    mlag=MLAG,
)


def lines(comparison: Comparison) -> list[str]:
    return [str(each) for each in comparison.differences]


def with_port(**values: Any) -> SwitchIntent:
    return replace(SWITCH, ports=(replace(PORT, **values), *SWITCH.ports[1:]))


def test_what_is_the_same_is_clean() -> None:
    found = compare(SWITCH, SWITCH, FIELDS)
    assert found == Comparison("leaf-1", (), ())
    assert found.clean


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (with_port(enabled=False), "port Ethernet1 enabled: wanted yes, found no"),
        (with_port(mtu=1500), "port Ethernet1 mtu: wanted 9100, found 1500"),
        (with_port(mtu=None), "port Ethernet1 mtu: wanted 9100, found none"),
        (with_port(description=""), "port Ethernet1 description: wanted x, found none"),
        (with_port(mode="tagged"), "port Ethernet1 mode: wanted access, found tagged"),
        (with_port(untagged=None), "port Ethernet1 untagged: wanted 5, found none"),
        (with_port(tagged=(6, 7)), "port Ethernet1 tagged: wanted none, found 6-7"),
        (with_port(lag="po1"), "port Ethernet1 lag: wanted none, found po1"),
        (
            with_port(name="Ethernet10", untagged=None),
            "port Ethernet1 exists: wanted yes, found no",
        ),
        (
            replace(SWITCH, lags=(replace(LAG, members=()),)),
            "LAG po1 members: wanted Ethernet2, found none",
        ),
        (
            replace(SWITCH, lags=(replace(LAG, tagged=()),)),
            "LAG po1 tagged: wanted 5-6, found none",
        ),
        (replace(SWITCH, lags=()), "LAG po1 exists: wanted yes, found no"),
        (
            replace(SWITCH, lags=(LAG, LagIntent("po2"))),
            "LAG po2 exists: wanted no, found yes",
        ),
        (
            replace(SWITCH, vlans=(VlanIntent(5, "5"), VlanIntent(6, "six"))),
            "VLAN 5 name: wanted five, found 5",
        ),
        (replace(SWITCH, vlans=SWITCH.vlans[1:]), "VLAN 5 exists: wanted yes, found no"),
        (
            replace(SWITCH, addresses=()),
            "address 10.0.0.1/30 on Vlan6 exists: wanted yes, found no",
        ),
        (
            replace(SWITCH, addresses=(*SWITCH.addresses, AddressIntent("Vlan5", "10.0.0.1/30"))),
            "address 10.0.0.1/30 on Vlan5 exists: wanted no, found yes",
        ),
        (replace(SWITCH, mlag=None), "MLAG exists: wanted yes, found no"),
        (
            replace(SWITCH, mlag=MlagIntent("po2", 6, "10.0.0.1/30")),
            "MLAG lag: wanted po1, found po2",
        ),
        (replace(SWITCH, mlag=MlagIntent("po1", 7, "10.0.0.1/30")), "MLAG vlan: wanted 6, found 7"),
        (
            replace(SWITCH, mlag=MlagIntent("po1", 6)),
            "MLAG address: wanted 10.0.0.1/30, found none",
        ),
    ],
)
def test_one_difference(found: SwitchIntent, line: str) -> None:
    comparison = compare(SWITCH, found, FIELDS)
    assert lines(comparison) == [f"leaf-1 {line}"]
    assert not comparison.clean
    assert comparison.unchecked == ()


def test_an_mlag_that_nobody_wants_is_a_difference() -> None:
    comparison = compare(replace(SWITCH, mlag=None), SWITCH, FIELDS)
    assert lines(comparison) == ["leaf-1 MLAG exists: wanted no, found yes"]


def test_an_address_that_moved_is_two_differences() -> None:
    moved = replace(SWITCH, addresses=(AddressIntent("Vlan5", "10.0.0.1/30", 5),))
    assert lines(compare(SWITCH, moved, FIELDS)) == [
        "leaf-1 address 10.0.0.1/30 on Vlan5 exists: wanted no, found yes",
        "leaf-1 address 10.0.0.1/30 on Vlan6 exists: wanted yes, found no",
    ]


def test_ports_with_similar_names_are_not_mixed_up() -> None:
    wanted = SwitchIntent("s", (PortIntent("swp1", untagged=1), PortIntent("swp10", untagged=10)))
    found = SwitchIntent("s", (PortIntent("swp1", untagged=10), PortIntent("swp10", untagged=10)))
    assert lines(compare(wanted, found, FIELDS)) == ["s port swp1 untagged: wanted 1, found 10"]


# --- what the intent leaves open ------------------------------------------------------------------


def test_the_mtu_of_a_lag_without_members_is_not_checked_where_there_is_none() -> None:
    empty = replace(SWITCH, lags=(replace(LAG, mtu=9100, members=()),))
    silent = replace(SWITCH, lags=(replace(LAG, mtu=None, members=()),))
    found = compare(empty, silent, FIELDS)
    assert found.clean
    assert "lag.mtu" in found.unchecked
    other = replace(SWITCH, lags=(replace(LAG, mtu=1500, members=()),))
    assert not compare(empty, other, FIELDS).clean
    wanted = replace(SWITCH, lags=(replace(LAG, mtu=9100),))
    assert not compare(wanted, replace(SWITCH, lags=(replace(LAG, mtu=None),)), FIELDS).clean


def test_an_open_mtu_is_not_compared() -> None:
    wanted = with_port(mtu=None)
    assert compare(wanted, with_port(mtu=1500), FIELDS).clean
    assert compare(wanted, with_port(mtu=1500), FIELDS - {"port.mtu"}).unchecked == ()


def test_no_untagged_vlan_means_none() -> None:
    assert lines(compare(with_port(untagged=None), SWITCH, FIELDS)) == [
        "leaf-1 port Ethernet1 untagged: wanted none, found 5"
    ]


@pytest.mark.parametrize(
    ("extra", "matters"),
    [
        (PortIntent("Ethernet9"), False),
        (PortIntent("Ethernet9", enabled=False, mtu=1500, description="spare"), False),
        (PortIntent("Ethernet9", untagged=5), True),
        (PortIntent("Ethernet9", tagged=(5,)), True),
        (PortIntent("Ethernet9", lag="po1"), True),
    ],
)
def test_a_port_that_netbox_does_not_list_matters_when_it_carries_something(
    extra: PortIntent, matters: bool
) -> None:
    found = replace(SWITCH, ports=(*SWITCH.ports, extra))
    assert compare(SWITCH, found, FIELDS).clean is not matters


def test_a_vlan_that_nobody_wants_does_not_matter() -> None:
    found = replace(SWITCH, vlans=(VlanIntent(1, "default"), *SWITCH.vlans))
    assert compare(SWITCH, found, FIELDS).clean


# --- what a driver does not observe ---------------------------------------------------------------


def test_a_driver_that_observes_nothing_finds_nothing_and_says_so() -> None:
    comparison = compare(SWITCH, SwitchIntent("leaf-1"), frozenset())
    assert comparison.differences == ()
    assert set(comparison.unchecked) == FIELDS - {
        "port.tagged",
        "lag.mtu",
        "lag.description",
        "lag.untagged",
    }


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_field_that_is_not_observed_is_never_good(field: str) -> None:
    full = with_port(tagged=(6,))
    lag = replace(LAG, mtu=9100, description="d", untagged=7)
    full = replace(full, lags=(lag,))
    comparison = compare(full, full, FIELDS - {field})
    assert comparison.unchecked == (field,)
    assert compare(full, full, {field}).unchecked == tuple(sorted(FIELDS - {field}))


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_field_that_is_not_observed_makes_no_difference(field: str) -> None:
    kind, _, name = field.partition(".")
    others: dict[str, Any] = {"enabled": False, "untagged": 9, "tagged": (9,), "members": ()}
    other: dict[str, Any] = {name: others.get(name, "other")}
    if kind == "port":
        found = with_port(**other)
    elif kind == "lag":
        found = replace(SWITCH, lags=(replace(LAG, **other),))
    elif kind == "vlan":
        found = replace(SWITCH, vlans=tuple(replace(each, **other) for each in SWITCH.vlans))
    elif kind == "mlag":
        found = replace(SWITCH, mlag=replace(MLAG, **other))
    else:
        found = replace(SWITCH, addresses=())
    assert not compare(SWITCH, found, FIELDS).clean or field == "lag.mtu"
    assert compare(SWITCH, found, FIELDS - {field}).clean


def test_what_is_missing_is_seen_by_any_field_of_it() -> None:
    found = replace(SWITCH, ports=SWITCH.ports[1:])
    assert lines(compare(SWITCH, found, {"port.mtu"})) == [
        "leaf-1 port Ethernet1 exists: wanted yes, found no"
    ]
    assert compare(SWITCH, found, {"vlan.name"}).clean


# --- in general -----------------------------------------------------------------------------------

NAMES = st.sampled_from(["Ethernet1", "Ethernet2", "Ethernet10"])
VIDS = st.integers(1, 5)
PORTS = st.builds(
    PortIntent,
    NAMES,
    st.booleans(),
    st.none() | st.just(9000),
    st.sampled_from(["", "x"]),
    st.sampled_from(["", "access", "tagged"]),
    st.none() | VIDS,
    st.frozensets(VIDS).map(lambda vids: tuple(sorted(vids))),
)
SWITCHES = st.builds(
    SwitchIntent,
    st.just("s"),
    st.lists(PORTS, unique_by=lambda port: port.name).map(tuple),
    vlans=st.lists(
        st.builds(VlanIntent, VIDS, st.sampled_from("ab")), unique_by=lambda v: v.vid
    ).map(tuple),
    addresses=st.lists(st.builds(AddressIntent, NAMES, st.just("10.0.0.1/24")), unique=True).map(
        tuple
    ),
)
OBSERVED = st.frozensets(st.sampled_from(sorted(FIELDS)))


@given(SWITCHES, OBSERVED)
def test_a_switch_never_differs_from_itself(switch: SwitchIntent, observes: frozenset[str]) -> None:
    assert compare(switch, switch, observes).clean


@given(SWITCHES, SWITCHES, OBSERVED)
def test_a_driver_that_sees_more_finds_no_less(
    wanted: SwitchIntent, found: SwitchIntent, observes: frozenset[str]
) -> None:
    some, all_of_it = compare(wanted, found, observes), compare(wanted, found, FIELDS)
    assert set(some.differences) <= set(all_of_it.differences)
    assert not set(some.unchecked) & observes
    assert compare(wanted, found, observes) == some


@given(SWITCHES, SWITCHES)
def test_clean_means_the_same_but_for_what_is_left_open(
    wanted: SwitchIntent, found: SwitchIntent
) -> None:
    if compare(wanted, found, FIELDS).clean:
        by_name = {each.name: each for each in found.ports}
        for port in wanted.ports:
            assert by_name[port.name] == replace(port, mtu=port.mtu or by_name[port.name].mtu)
        assert set(wanted.addresses) == set(found.addresses)


def test_a_difference_says_what_and_where() -> None:
    difference = Difference("leaf-1", "port Ethernet5", "tagged", (5, 6), None)
    assert str(difference) == "leaf-1 port Ethernet5 tagged: wanted 5-6, found none"
