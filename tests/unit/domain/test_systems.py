"""What a switch should be beside its ports, read off its configuration context."""

from __future__ import annotations

from typing import Any

import pytest

from osism.domain.errors import Invalid
from osism.domain.inventory import Address, Cable, Device, Interface, Peer, Port, Snapshot
from osism.domain.systems import ManagementIntent, NeighborIntent, SystemIntent, system

LEAF, SPINE = Port("leaf-1", "Ethernet48"), Port("spine-1", "Ethernet0")
FABRIC = ("10.9.0.1/31", "10.9.0.0/31")


def snapshot(
    context: dict[str, Any],
    far: dict[str, Any] | None = None,
    peers: dict[int, Peer] | None = None,
    addresses: tuple[str, str] = FABRIC,
    kind: str = "switch",
) -> Snapshot:
    """A leaf with a cable to a spine, which is only there when *far* is its context."""
    devices = {"leaf-1": Device(1, "leaf-1", "switch", context=context)}
    found = {LEAF: Interface(1, LEAF, "100gbase-x-qsfp28", cable=7)}
    held = [Address(1, addresses[0], LEAF)]
    if far is not None:
        devices["spine-1"] = Device(2, "spine-1", kind, context=far)
        found[SPINE] = Interface(2, SPINE, "100gbase-x-qsfp28", cable=7)
        held.append(Address(2, addresses[1], SPINE))
    ends = SPINE if far is not None else Port("", "")
    return Snapshot(devices, found, {7: Cable(7, "dac", LEAF, ends)}, tuple(held), {}, peers or {})


def of(context: dict[str, Any], **values: Any) -> SystemIntent:
    return system(snapshot(context, **values), "leaf-1")


NEIGHBOR = NeighborIntent("10.9.0.0", 65100, "spine-1", "10.9.0.1", "Ethernet48")


@pytest.mark.parametrize(
    ("context", "wanted"),
    [
        ({}, SystemIntent()),
        ({"ntp_servers": ["b", "a", "a"]}, SystemIntent(ntp=("a", "b"))),
        ({"ntp_servers": "10.0.0.3"}, SystemIntent(ntp=("10.0.0.3",))),
        ({"ntp_servers": {"of": "another shape"}}, SystemIntent()),
        ({"syslog_servers": ["a"]}, SystemIntent(syslog=("a",))),
        ({"_segment_log_server_hosts": ["b"]}, SystemIntent(syslog=("b",))),
        (
            {"bgp": {"asn": "65001", "router_id": "10.0.0.1"}},
            SystemIntent(asn=65001, router_id="10.0.0.1"),
        ),
        ({"bgp": "of another shape", "sonic": 5}, SystemIntent()),
        (
            {"sonic": {"hwsku": "Accton-AS7326-56X", "type": "LeafRouter", "hostname": "l1"}},
            SystemIntent(hwsku="Accton-AS7326-56X", type="LeafRouter", hostname="l1"),
        ),
    ],
)
def test_what_the_context_says(context: dict[str, Any], wanted: SystemIntent) -> None:
    assert of(context) == wanted


@pytest.mark.parametrize(
    ("bgp", "words"),
    [
        ({"asn": 0}, "bgp.asn 0 is not a number"),
        ({"asn": "AS65001"}, "bgp.asn 'AS65001' is not a number"),
        ({"asn": True}, "bgp.asn True"),
        ({"asn": 2**32}, "from 1 to 4294967295"),
        ({"asn": 1, "neighbors": {}, "x": 1}, None),
        ({"asn": 1, "neighbors": {"a": 1}}, "bgp.neighbors must be a list"),
        ({"asn": 1, "neighbors": ["a"]}, r"bgp.neighbors\[0\] must be a table"),
        ({"asn": 1, "neighbors": [{"address": "x", "asn": 2}]}, r"\[0\].address 'x' is no address"),
        ({"asn": 1, "neighbors": [{"address": "10.0.0.1"}]}, r"\[0\].asn None is not"),
    ],
)
def test_what_cannot_be_meant_is_refused(bgp: dict[str, Any], words: str | None) -> None:
    if words is None:
        assert of({"bgp": bgp}).neighbors == ()
        return
    with pytest.raises(Invalid, match=f"device 'leaf-1': configuration context: .*{words}"):
        of({"bgp": bgp})


def test_a_neighbour_is_at_the_other_end_of_a_routed_port() -> None:
    found = of({"bgp": {"asn": 65001}}, far={"bgp": {"asn": 65100}})
    assert found.neighbors == (NEIGHBOR,)


def test_a_neighbour_is_the_same_whether_its_device_was_read_or_not() -> None:
    peers = {7: Peer("spine-1", ("10.9.0.0/31",), {"bgp": {"asn": 65100}})}
    assert of({"bgp": {"asn": 65001}}, peers=peers).neighbors == (NEIGHBOR,)
    node = of({"bgp": {"asn": 65001}}, peers=peers, far={}, kind="")
    assert node.neighbors == (NEIGHBOR,)


@pytest.mark.parametrize(
    ("context", "far", "addresses"),
    [
        ({}, {"bgp": {"asn": 65100}}, FABRIC),
        ({"bgp": {"asn": 65001}}, {}, FABRIC),
        ({"bgp": {"asn": 65001}}, None, FABRIC),
        ({"bgp": {"asn": 65001}}, {"bgp": {"asn": 65100}}, ("10.9.0.1/31", "10.8.0.0/31")),
        ({"bgp": {"asn": 65001}}, {"bgp": {"asn": 65100}}, ("10.9.0.1/31", "2001:db8::1/64")),
    ],
)
def test_no_neighbour(
    context: dict[str, Any], far: dict[str, Any] | None, addresses: tuple[str, str]
) -> None:
    assert of(context, far=far, addresses=addresses).neighbors == ()


def test_a_listed_neighbour_wins_over_the_cable() -> None:
    listed = [
        {"address": "10.9.0.0", "asn": 65200},
        {"address": "10.0.0.9", "asn": 1, "name": "rr"},
    ]
    found = of({"bgp": {"asn": 65001, "neighbors": listed}}, far={"bgp": {"asn": 65100}})
    assert found.neighbors == (
        NeighborIntent("10.0.0.9", 1, "rr"),
        NeighborIntent("10.9.0.0", 65200, "spine-1", "10.9.0.1", "Ethernet48"),
    )


def test_the_gateway_goes_with_the_address_of_its_network() -> None:
    ports = {
        Port("leaf-1", "eth0"): Interface(1, Port("leaf-1", "eth0"), "1000base-t", mgmt_only=True)
    }
    held = ("192.0.2.5/24", "2001:db8::5/64")
    found = Snapshot(
        {"leaf-1": Device(1, "leaf-1", context={"sonic": {"management_gateway": "192.0.2.1"}})},
        ports,
        {},
        tuple(Address(1, each, Port("leaf-1", "eth0")) for each in held),
        {},
    )
    assert system(found, "leaf-1").management == (
        ManagementIntent("eth0", "192.0.2.5/24", "192.0.2.1"),
        ManagementIntent("eth0", "2001:db8::5/64"),
    )
