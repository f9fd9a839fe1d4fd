"""SONiC's tables: what is refused before it is sent, and what stays as it is on the switch."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from osism.adapters.switches.sonic.candidates import Wrong, parse
from osism.adapters.switches.sonic.differences import difference
from osism.adapters.switches.sonic.merges import merge
from osism.adapters.templates import Templates
from osism.domain.intents import AddressIntent, LagIntent, MlagIntent, PortIntent, SwitchIntent
from osism.domain.inventory import Device
from osism.domain.systems import ManagementIntent, SystemIntent
from tests.fakes.sonic_database import SECRETS, factory, refusal

UP = {"admin_status": "up"}
TAGGED, UNTAGGED = {"tagging_mode": "tagged"}, {"tagging_mode": "untagged"}
VLAN = {"Vlan5": {"vlanid": "5"}, "Vlan6": {"vlanid": "6"}}
LAGS = {"PortChannel1": UP, "PortChannel2": UP}


# --- names and ranges -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (
            {"PORT": {"Ethernet0": {**UP, "mtu": "67"}}},
            "PORT|Ethernet0|mtu: '67' is not a number from 68 to 9216",
        ),
        ({"PORT": {"Ethernet0": {**UP, "mtu": "9217"}}}, "not a number from 68 to 9216"),
        ({"PORT": {"Ethernet0": {**UP, "mtu": "0x9"}}}, "not a number from 68"),
        ({"PORT": {"Ethernet0": {**UP, "mtu": "0100"}}}, "not a number from 68"),
        ({"PORT": {"Ethernet0": {**UP, "mtu": 9100}}}, "PORT|Ethernet0|mtu: must be a text"),
        ({"PORT": {"Ethernet0": {**UP, "mut": "1500"}}}, "no such field; did you mean 'mtu'?"),
        (
            {"PORT": {"Ethernet0": {**UP, "speed": "1"}}},
            "PORT|Ethernet0|speed: osism writes no such field",
        ),
        ({"PORT": {"Ethernet0": {"admin_status": "on"}}}, "'on' is none of up, down"),
        ({"PORT": {"Ethernet0": {}}}, "PORT|Ethernet0|admin_status: is missing"),
        (
            {"PORT": {"Ethernet0": {**UP, "description": "x" * 256}}},
            "a text of 256 characters; 0 to 255",
        ),
        ({"PORT": {"Ethernet0": {**UP, "description": "a\nb"}}}, "has control characters"),
        ({"PORT": {"Ethernet1/1": UP}}, "PORT|Ethernet1/1: 'Ethernet1/1' is no port"),
        ({"PORT": {"swp1": UP}}, "'swp1' is no port (Ethernet0 to Ethernet9999)"),
        ({"PORT": {"Ethernet٣": UP}}, "is no port"),
        ({"PORT": {"Ethernet0|x": UP}}, "another number of parts"),
        ({"PORT": {"Ethernet0": "up"}}, "PORT|Ethernet0: must be an object of fields"),
        ({"PORT": []}, "PORT: must be an object of entries"),
        ({"PORTS": {}}, "PORTS: osism writes no such table; did you mean 'PORT'?"),
        ({"PORTCHANNEL": {"PortChannel10000": UP}}, "'PortChannel10000' is no LAG"),
        ({"PORTCHANNEL": {"Port-Channel1": UP}}, "'Port-Channel1' is no LAG"),
        ({"PORTCHANNEL": {"PortChannel1": {**UP, "description": ""}}}, "1 to 255"),
        ({"VLAN": {"Vlan1": {"vlanid": "1"}}}, "'Vlan1' is no VLAN (Vlan2 to Vlan4094)"),
        ({"VLAN": {"Vlan4095": {"vlanid": "4095"}}}, "'Vlan4095' is no VLAN"),
        ({"VLAN": {"Vlan5": {}}}, "VLAN|Vlan5|vlanid: is missing"),
        ({"VLAN_MEMBER": {"Vlan5|Ethernet0": {}}}, "tagging_mode: is missing"),
        ({"VLAN_MEMBER": {"Vlan5|eth0": TAGGED}}, "'eth0' is neither a port nor a LAG"),
        ({"INTERFACE": {"Ethernet0|10.0.0.1": {}}}, "'10.0.0.1' has no length of its network"),
        ({"INTERFACE": {"Ethernet0|10.0.0.256/24": {}}}, "is no address"),
        ({"INTERFACE": {"Tunnel1|10.0.0.1/24": {}}}, "'Tunnel1' is no port"),
        ({"LOOPBACK_INTERFACE": {"Loopback1000": {}}}, "'Loopback1000' is no loopback"),
        ({"MGMT_INTERFACE": {"mgmt0|10.0.0.1/24": {}}}, "'mgmt0' is no management port"),
        ({"MGMT_INTERFACE": {"eth0|10.0.0.1/24": {"gwaddr": "x"}}}, "gwaddr: 'x' is no address"),
        ({"DEVICE_METADATA": {"localhost": {"bgp_asn": "0"}}}, "from 1 to 4294967295"),
        ({"DEVICE_METADATA": {"localhost": {"bgp_asn": "4294967296"}}}, "from 1 to 4294967295"),
        ({"DEVICE_METADATA": {"localhost": {"hostname": "x" * 64}}}, "1 to 63 are allowed"),
        ({"DEVICE_METADATA": {"localhost": {"mac": "18:c0"}}}, "is no MAC address"),
        ({"DEVICE_METADATA": {"here": {}}}, "'here' is none of localhost"),
        ({"NTP_SERVER": {"-x": {}}}, "'-x' is neither an address nor a host name"),
        (
            {"NTP_SERVER": {f"10.0.0.{n}": {} for n in range(11)}},
            "NTP_SERVER: 11 entries; SONiC takes 10",
        ),
        ({"SYSLOG_SERVER": {"a b": {}}}, "neither an address nor a host name"),
        ({"BGP_NEIGHBOR": {"10.0.0.1": {}}}, "BGP_NEIGHBOR|10.0.0.1|asn: is missing"),
        ({"BGP_NEIGHBOR": {"spine": {"asn": "1"}}}, "'spine' is no address"),
        ({"BGP_NEIGHBOR": {"10.0.0.1": {"asn": "1", "auth_password": "x"}}}, "no such field"),
        ({"MCLAG_DOMAIN": {"4096": {}}}, "from 1 to 4095"),
        (
            {
                "MCLAG_DOMAIN": {
                    "1": {"peer_ip": "", "peer_link": "PortChannel1", "source_ip": "::1"}
                }
            },
            "peer_ip: '' is no IPv4",
        ),
        ({}, "no JSON object of tables"),
    ],
)
def test_what_is_refused_before_anything_is_sent(tables: dict[str, Any], words: str) -> None:
    with pytest.raises(Wrong) as wrong:
        parse(json.dumps(tables))
    assert words in str(wrong.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no JSON: Expecting value"),
        ("{", "is no JSON"),
        ("[]", "no JSON object of tables"),
        ("hostname leaf-1", "is no JSON"),
        ('{"PORT": {"Ethernet0": {}, "Ethernet0": {}}}', "'Ethernet0' is there twice"),
        ("[" * 100_000, "nested too deeply"),
        ("{} {}", "Extra data"),
    ],
)
def test_a_text_that_is_no_configuration(text: str, words: str) -> None:
    with pytest.raises(Wrong) as wrong:
        parse(text)
    assert words in str(wrong.value)


def test_mistakes_are_told_together_and_not_without_end() -> None:
    many = {f"swp{n}": UP for n in range(40)}
    with pytest.raises(Wrong) as wrong:
        parse(json.dumps({"PORT": many}))
    assert str(wrong.value).count("is no port") == 5
    assert str(wrong.value).endswith("; and 35 more mistakes")


# --- what fits together ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (
            {"PORT": {"Ethernet999": UP}},
            "PORT|Ethernet999: the switch has no such port; it has 32 (Ethernet0 to Ethernet124)",
        ),
        (
            {
                "PORTCHANNEL": LAGS,
                "PORTCHANNEL_MEMBER": {"PortChannel1|Ethernet0": {}, "PortChannel2|Ethernet0": {}},
            },
            "PORTCHANNEL_MEMBER|PortChannel2|Ethernet0: Ethernet0 belongs to PortChannel1 already",
        ),
        (
            {"PORTCHANNEL_MEMBER": {"PortChannel3|Ethernet0": {}}},
            "there is no PORTCHANNEL|PortChannel3",
        ),
        (
            {"PORTCHANNEL": LAGS, "PORTCHANNEL_MEMBER": {"PortChannel1|Ethernet1": {}}},
            "the switch has no port Ethernet1",
        ),
        (
            {"VLAN": VLAN, "VLAN_MEMBER": {"Vlan7|Ethernet0": TAGGED}},
            "VLAN_MEMBER|Vlan7|Ethernet0: there is no VLAN|Vlan7",
        ),
        ({"VLAN": VLAN, "VLAN_MEMBER": {"Vlan5|Ethernet1": TAGGED}}, "the switch has no Ethernet1"),
        (
            {"VLAN": VLAN, "VLAN_MEMBER": {"Vlan5|PortChannel1": TAGGED}},
            "the switch has no PortChannel1",
        ),
        (
            {
                "VLAN": VLAN,
                "VLAN_MEMBER": {"Vlan5|Ethernet0": UNTAGGED, "Vlan6|Ethernet0": UNTAGGED},
            },
            "VLAN_MEMBER|Vlan6|Ethernet0: it is untagged in Vlan5 already",
        ),
        (
            {
                "VLAN": VLAN,
                "PORTCHANNEL": LAGS,
                "PORTCHANNEL_MEMBER": {"PortChannel1|Ethernet0": {}},
                "VLAN_MEMBER": {"Vlan5|Ethernet0": TAGGED},
            },
            "Ethernet0 belongs to PortChannel1, which carries the VLANs",
        ),
        (
            {"VLAN": {"Vlan5": {"vlanid": "6"}}},
            "VLAN|Vlan5|vlanid: '6' is not the number of its name",
        ),
        (
            {
                "VLAN": VLAN,
                "VLAN_MEMBER": {"Vlan5|Ethernet0": TAGGED},
                "INTERFACE": {"Ethernet0|10.0.0.1/31": {}},
            },
            "INTERFACE|Ethernet0|10.0.0.1/31: Ethernet0 is in a VLAN",
        ),
        (
            {
                "PORTCHANNEL": LAGS,
                "PORTCHANNEL_MEMBER": {"PortChannel1|Ethernet0": {}},
                "INTERFACE": {"Ethernet0|10.0.0.1/31": {}},
            },
            "the LAG has the addresses",
        ),
        (
            {"VLAN_INTERFACE": {"Vlan9|10.0.0.1/24": {}}},
            "VLAN_INTERFACE|Vlan9|10.0.0.1/24: there is no VLAN|Vlan9",
        ),
        (
            {
                "MCLAG_DOMAIN": {
                    "1": {
                        "peer_ip": "10.0.0.1",
                        "source_ip": "10.0.0.2",
                        "peer_link": "PortChannel9",
                    }
                }
            },
            "MCLAG_DOMAIN|1|peer_link: there is no PortChannel9",
        ),
        (
            {"MCLAG_INTERFACE": {"1|PortChannel9": {"if_type": "PortChannel"}}},
            "there is no such PORTCHANNEL",
        ),
        (
            {"DEVICE_METADATA": {"localhost": {"hwsku": "DellEMC-S5212f"}}},
            "localhost|hwsku: the switch is a 'Accton-AS7726-32X', not a 'DellEMC-S5212f'",
        ),
    ],
)
def test_what_does_not_fit_is_refused(tables: dict[str, Any], words: str) -> None:
    with pytest.raises(Wrong) as wrong:
        merge(factory(), parse(json.dumps(tables)))
    assert words in str(wrong.value)


# --- what stays -----------------------------------------------------------------------------------


def laid(running: dict[str, Any], **tables: Any) -> dict[str, Any]:
    """*tables* laid over *running*, which stays what it is; SONiC would take the result."""
    before, wanted = deepcopy(running), parse(json.dumps(tables))
    merged = merge(running, wanted)
    assert running == before
    assert merge(merged, wanted) == merged and difference(merged, merged, wanted) == ""
    assert refusal(running, json.loads(json.dumps(merged))) == ""
    told = difference(running, merged, wanted)
    assert not [secret for secret in SECRETS if secret in told]
    return json.loads(json.dumps(merged))  # type: ignore[no-any-return]


def test_fields_of_the_switch_stay() -> None:
    running = factory(2)
    running["PORT"]["Ethernet0"] |= {"description": "old", "fec": "rs"}
    running["PORT"]["Ethernet4"]["description"] = "by hand"
    merged = laid(running, PORT={"Ethernet0": {"admin_status": "down"}})
    wanted = {**running["PORT"]["Ethernet0"], "admin_status": "down"}
    del wanted["description"]  # none in NetBox means none; no MTU means whatever the switch has
    assert merged["PORT"] == {"Ethernet0": wanted, "Ethernet4": running["PORT"]["Ethernet4"]}


def test_a_table_that_is_not_there_is_left_alone_and_one_that_is_empty_is_emptied() -> None:
    running = factory()
    running |= {"VLAN": {"Vlan9": {"vlanid": "9", "dhcp_servers": ["10.0.0.9"]}}}
    running |= {"NTP_SERVER": {"10.0.0.9": {"key": "1"}}}
    assert laid(running, PORT={})["VLAN"] == running["VLAN"]
    assert "VLAN" not in laid(running, VLAN={})
    kept = laid(running, VLAN={"Vlan9": {"vlanid": "9"}}, NTP_SERVER={"10.0.0.9": {}})
    assert kept["VLAN"] == running["VLAN"] and kept["NTP_SERVER"] == running["NTP_SERVER"]


def test_members_of_old_releases_go() -> None:
    running = factory()
    running["VLAN"] = {"Vlan9": {"vlanid": "9", "members": ["Ethernet0"]}}
    assert laid(running, VLAN={"Vlan9": {"vlanid": "9"}})["VLAN"] == {"Vlan9": {"vlanid": "9"}}


def test_an_address_is_the_same_however_it_is_written() -> None:
    running = factory()
    running["INTERFACE"] = {"Ethernet0": {}, "Ethernet0|2001:DB8:0::1/64": {"scope": "global"}}
    merged = laid(running, INTERFACE={"Ethernet0|2001:db8::1/64": {}})
    assert merged["INTERFACE"] == running["INTERFACE"]


def test_interfaces_that_are_routed_without_an_address_stay() -> None:
    running = factory()
    link_local = {"ipv6_use_link_local_only": "enable"}
    running["INTERFACE"] = {"Ethernet0": link_local, "Ethernet4": link_local, "Ethernet8": {}}
    merged = laid(running, INTERFACE={}, VLAN=VLAN, VLAN_MEMBER={"Vlan5|Ethernet4": TAGGED})
    assert merged["INTERFACE"] == {"Ethernet0": link_local}


def test_an_interface_keeps_its_vrf() -> None:
    running = factory() | {"VRF": {"Vrf1": {}}}
    running["INTERFACE"] = {"Ethernet0": {"vrf_name": "Vrf1"}, "Ethernet0|10.0.0.1/31": {}}
    merged = laid(running, INTERFACE={"Ethernet0": {}, "Ethernet0|10.0.0.3/31": {}})
    assert merged["INTERFACE"] == {"Ethernet0": {"vrf_name": "Vrf1"}, "Ethernet0|10.0.0.3/31": {}}


def test_the_first_loopback_stays_because_sonic_refuses_to_remove_it() -> None:
    assert laid(factory(), LOOPBACK_INTERFACE={})["LOOPBACK_INTERFACE"] == {"Loopback0": {}}


@pytest.mark.parametrize("framework", [False, True])
def test_neighbours_are_named_as_the_routing_service_wants(framework: bool) -> None:
    running = factory()
    prefix = "default|" if framework else ""
    old = f"{prefix}10.9.0.0"
    running["BGP_NEIGHBOR"] = {
        old: {"asn": "1", "auth_password": "bgp-md5-s3cret"}, f"{prefix}10.9.0.2": {"asn": "2"},
    }  # fmt: skip
    if framework:
        running["DEVICE_METADATA"]["localhost"]["frr_mgmt_framework_config"] = "true"
        running["BGP_GLOBALS"] = {"default": {"local_asn": "7", "log_nbr_state_changes": "true"}}
        running["BGP_NEIGHBOR"]["default|Ethernet0"] = {"peer_type": "external"}
    merged = laid(
        running,
        BGP_NEIGHBOR={"10.9.0.0": {"asn": "65100"}, "10.9.0.4": {"asn": "65101"}},
        DEVICE_METADATA={"localhost": {"hostname": "leaf-1", "bgp_asn": "65001"}},
    )
    kept = {"default|Ethernet0": {"peer_type": "external"}} if framework else {}
    assert merged["BGP_NEIGHBOR"] == kept | {
        old: {"asn": "65100", "auth_password": "bgp-md5-s3cret"},
        f"{prefix}10.9.0.4": {"asn": "65101"},
    }
    metadata = merged["DEVICE_METADATA"]["localhost"]
    assert metadata["hostname"] == "leaf-1"
    assert metadata.get("bgp_asn") == (None if framework else "65001")
    if framework:
        told = {"local_asn": "65001", "log_nbr_state_changes": "true"}
        assert merged["BGP_GLOBALS"] == {"default": told}


def test_the_mac_address_of_the_switch_counts_more_than_netboxs() -> None:
    running = factory()
    wanted = {"localhost": {"mac": "00:00:00:00:00:01"}}
    assert laid(running, DEVICE_METADATA=wanted)["DEVICE_METADATA"] == running["DEVICE_METADATA"]
    del running["DEVICE_METADATA"]["localhost"]["mac"]
    merged = laid(running, DEVICE_METADATA=wanted)
    assert merged["DEVICE_METADATA"]["localhost"]["mac"] == "00:00:00:00:00:01"


@pytest.mark.parametrize(
    ("key", "entry", "wanted"),
    [
        ("eth0|192.0.2.5/24", {}, {"gwaddr": "192.0.2.1"}),
        ("eth0|192.0.2.6/24", {}, {"gwaddr": "192.0.2.1"}),
        ("eth0|192.0.2.6/24", {"gwaddr": "192.0.2.2"}, {"gwaddr": "192.0.2.2"}),
        ("eth0|198.51.100.6/24", {}, {}),
    ],
)
def test_the_way_to_the_gateway_stays(
    key: str, entry: dict[str, str], wanted: dict[str, str]
) -> None:
    assert laid(factory(), MGMT_INTERFACE={key: entry})["MGMT_INTERFACE"] == {key: wanted}


def test_a_management_port_is_made_when_there_is_none() -> None:
    running = factory()
    del running["MGMT_PORT"], running["MGMT_INTERFACE"]
    merged = laid(running, MGMT_INTERFACE={"eth0|192.0.2.5/24": {}})
    assert merged["MGMT_PORT"] == {"eth0": {"admin_status": "up", "alias": "eth0"}}


# --- the template ---------------------------------------------------------------------------------


def rendered(intent: SwitchIntent) -> dict[str, Any]:
    text = Templates("/nonexistent").render("sonic.cfg.j2", intent, Device(1, intent.name))
    return dict(parse(text))


def test_the_template_says_nothing_of_what_netbox_does_not() -> None:
    found = rendered(SwitchIntent("leaf-1"))
    assert found.pop("DEVICE_METADATA") == {"localhost": {"hostname": "leaf-1"}}
    assert not any(found.values())
    assert not {"BGP_NEIGHBOR", "MGMT_INTERFACE", "NTP_SERVER", "SYSLOG_SERVER"} & set(found)
    system = SystemIntent(asn=65001, management=(ManagementIntent("Management1", "192.0.2.5/24"),))
    found = rendered(SwitchIntent("leaf-1", system=system))
    assert found["BGP_NEIGHBOR"] == {} and "MGMT_INTERFACE" not in found


def test_what_sonic_cannot_do_is_refused_and_not_left_out() -> None:
    for intent in (
        SwitchIntent("leaf-1", addresses=(AddressIntent("tunnel1", "10.0.0.1/24"),)),
        SwitchIntent("leaf-1", (PortIntent("sfp-sfpplus1"),)),
        SwitchIntent(
            "leaf-1",
            lags=(LagIntent("Port-Channel9", number=9),),
            mlag=MlagIntent("Port-Channel9", 4094, "10.255.0.1/24"),
        ),
        SwitchIntent("leaf-1", lags=(LagIntent("bond1", number=1), LagIntent("lag1", number=1))),
    ):
        with pytest.raises(Wrong):
            rendered(intent)
