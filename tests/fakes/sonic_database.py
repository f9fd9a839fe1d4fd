"""SONiC's configuration database, as far as ``config replace`` minds what is in it.

Rules and words are of public documents: the YANG models of sonic-buildimage
(src/sonic-yang-models), and sonic-utilities' generic_config_updater (gu_common.py: empty tables,
fields that cannot be removed; generic_updater.py: order of its steps).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

Config = dict[str, dict[str, dict[str, Any]]]

SECRETS = (
    "tac-s3cret-key",
    "rad-s3cret-key",
    "c0mmunity-of-all",
    "bgp-md5-s3cret",
    "auth-s3cret-1",
)

_KEYS = {
    "PORT": r"Ethernet\d+",
    "PORTCHANNEL": r"PortChannel[0-9]{1,4}",
    "PORTCHANNEL_MEMBER": r"PortChannel\d+\|Ethernet\d+",
    "VLAN": r"Vlan(409[0-5]|40[0-8][0-9]|[1-3][0-9]{3}|[1-9][0-9]{2}|[1-9][0-9]|[2-9])",
    "VLAN_MEMBER": r"Vlan\d+\|(Ethernet|PortChannel)\d+",
    "INTERFACE": r"Ethernet\d+(\|[0-9a-fA-F.:]+/\d+)?",
    "PORTCHANNEL_INTERFACE": r"PortChannel\d+(\|[0-9a-fA-F.:]+/\d+)?",
    "VLAN_INTERFACE": r"Vlan\d+(\|[0-9a-fA-F.:]+/\d+)?",
    "LOOPBACK_INTERFACE": r"Loopback\d+(\|[0-9a-fA-F.:]+/\d+)?",
    "MGMT_INTERFACE": r"eth\d(\|[0-9a-fA-F.:]+/\d+)?",
    "BGP_NEIGHBOR": r"([A-Za-z0-9_]+\|)?[A-Za-z0-9.:]+",
}
#: Tables with a model; `config replace` knows no others.
MODELLED = {
    *_KEYS, "DEVICE_METADATA", "MGMT_PORT", "NTP_SERVER", "SYSLOG_SERVER", "BGP_GLOBALS", "FEATURE",
    "MCLAG_DOMAIN", "MCLAG_INTERFACE", "TACPLUS", "TACPLUS_SERVER", "RADIUS_SERVER", "AAA", "CRM",
    "SNMP_COMMUNITY", "NTP_KEY", "VRF", "VERSIONS",
}  # fmt: skip


def factory(ports: int = 32) -> Config:
    """A switch as it is installed, with what a site has put there by hand."""
    found: Config = {
        "AAA": {"authentication": {"login": "tacacs+,local"}},
        "CRM": {"Config": {"polling_interval": "300"}},
        "DEVICE_METADATA": {
            "localhost": {
                "hostname": "sonic",
                "hwsku": "Accton-AS7726-32X",
                "platform": "x86_64-accton_as7726_32x-r0",
                "mac": "18:c0:86:3a:b7:f1",
                "type": "LeafRouter",
                "docker_routing_config_mode": "separated",
            }
        },
        "FEATURE": {"bgp": {"state": "enabled"}, "teamd": {"state": "enabled"}},
        "LOOPBACK_INTERFACE": {"Loopback0": {}, "Loopback0|10.1.0.1/32": {}},
        "MGMT_INTERFACE": {"eth0|192.0.2.5/24": {"gwaddr": "192.0.2.1"}},
        "MGMT_PORT": {"eth0": {"alias": "eth0", "admin_status": "up"}},
        "RADIUS_SERVER": {"192.0.2.50": {"passkey": "rad-s3cret-key", "priority": "1"}},
        "SNMP_COMMUNITY": {"c0mmunity-of-all": {"TYPE": "RO"}},
        "NTP_KEY": {"1": {"value": "auth-s3cret-1", "type": "md5"}},
        "TACPLUS": {"global": {"passkey": "tac-s3cret-key"}},
        "VERSIONS": {"DATABASE": {"VERSION": "version_4_0_1"}},
        "PORT": {},
    }
    for number in range(ports):
        found["PORT"][f"Ethernet{4 * number}"] = {
            "admin_status": "up",
            "alias": f"Eth{number + 1}/1",
            "index": str(number + 1),
            "lanes": ",".join(str(4 * number + lane) for lane in range(1, 5)),
            "mtu": "9100",
            "speed": "100000",
        }
    return found


def refusal(old: Config, target: Any) -> str:
    """Why a configuration is not taken, empty when it is."""
    if not isinstance(target, dict):
        return "target config is not a JSON object"
    if unknown := sorted(set(target) - MODELLED):
        return f"Updating tables without YANG models: {', '.join(unknown)}"
    loopback = "Loopback0"
    if loopback in old.get("LOOPBACK_INTERFACE", {}) and loopback not in target.get(
        "LOOPBACK_INTERFACE", {}
    ):
        return (
            "Given patch operation is invalid. Operation: remove is illegal on field: "
            "/LOOPBACK_INTERFACE/Loopback0"
        )
    if empty := [name for name, entries in target.items() if not entries]:
        return (
            "given patch is not valid because it will result in empty tables which is not allowed "
            f"in ConfigDb. Table: {', '.join(empty)}"
        )
    words = next(_violations(target), "")
    return f"Data Loading Failed\n{words}" if words else ""


def _violations(config: Config) -> Iterator[str]:
    for table, entries in config.items():
        pattern = re.compile(_KEYS.get(table, ".+"))
        for key, entry in entries.items():
            if not pattern.fullmatch(key):
                yield f'Value "{key}" does not satisfy the constraint of {table}_LIST.'
            for name, value in entry.items():
                texts = value if isinstance(value, list) else [value]
                if not all(isinstance(each, str) for each in texts):
                    yield f'Invalid value "{value}" in "{name}" element.'
    yield from _ports(config)
    yield from _members(config)
    yield from _interfaces(config)
    if len(config.get("NTP_SERVER", {})) > 10:
        yield 'Too many "NTP_SERVER_LIST" instances.'
    for key in config.get("BGP_NEIGHBOR", {}):
        if "|" in key and key.split("|")[0] not in config.get("BGP_GLOBALS", {}):
            yield f'Leafref of value "{key.split("|")[0]}" points to a non-existing leaf.'
    for key in config.get("MCLAG_INTERFACE", {}):
        domain, lag = key.split("|")
        if domain not in config.get("MCLAG_DOMAIN", {}) or lag not in config.get("PORTCHANNEL", {}):
            yield f'Leafref of value "{key}" points to a non-existing leaf.'


def _ports(config: Config) -> Iterator[str]:
    for port, entry in config.get("PORT", {}).items():
        for name in ("lanes", "speed"):
            if name not in entry:
                yield f'Missing required element "{name}" in "PORT_LIST" ({port}).'
        if not 68 <= int(entry.get("mtu", 9100)) <= 9216:
            yield f'Value "{entry["mtu"]}" does not satisfy the constraint "68..9216".'
        if len(entry.get("description", "")) > 255:
            yield 'Length of "description" does not satisfy "0..255".'
    for lag, entry in config.get("PORTCHANNEL", {}).items():
        if "admin_status" not in entry:
            yield f'Missing required element "admin_status" in "PORTCHANNEL_LIST" ({lag}).'
        if entry.get("description", "-") == "":
            yield 'Length of "description" does not satisfy "1..255".'
    for vlan, entry in config.get("VLAN", {}).items():
        if entry.get("vlanid") != vlan.removeprefix("Vlan"):
            yield "The vlanid must correspond to the VLAN name"
        if "members" in entry or "members@" in entry:
            yield 'Unknown element "members".'


def _members(config: Config) -> Iterator[str]:
    ports, lags = config.get("PORT", {}), config.get("PORTCHANNEL", {})
    bundled = [key.split("|")[1] for key in config.get("PORTCHANNEL_MEMBER", {})]
    for key in config.get("PORTCHANNEL_MEMBER", {}):
        lag, port = key.split("|")
        if lag not in lags or port not in ports:
            yield f'Leafref of value "{key}" points to a non-existing leaf.'
    untagged: Counter[str] = Counter()
    for key, entry in config.get("VLAN_MEMBER", {}).items():
        vlan, port = key.split("|")
        if vlan not in config.get("VLAN", {}) or (port not in ports and port not in lags):
            yield f'Leafref of value "{key}" points to a non-existing leaf.'
        if port in bundled:
            yield "Port is a member of a port channel."
        if port in config.get("INTERFACE", {}):
            yield "Port is a router interface."
        untagged[port] += entry.get("tagging_mode") == "untagged"
    if any(number > 1 for number in untagged.values()):
        yield "Port can be untagged in at most one VLAN."


def _interfaces(config: Config) -> Iterator[str]:
    holders = {
        "INTERFACE": "PORT",
        "PORTCHANNEL_INTERFACE": "PORTCHANNEL",
        "VLAN_INTERFACE": "VLAN",
    }
    for table in (*holders, "LOOPBACK_INTERFACE"):
        entries = config.get(table, {})
        for key in entries:
            name = key.split("|")[0]
            if name not in entries:
                yield f"Must condition not satisfied, Try adding {name}: {{}}"
            if table in holders and name not in config.get(holders[table], {}):
                yield f'Leafref of value "{name}" points to a non-existing leaf.'
    for key in config.get("MGMT_INTERFACE", {}):
        if key.split("|")[0] not in config.get("MGMT_PORT", {}):
            yield f'Leafref of value "{key.split("|")[0]}" points to a non-existing leaf.'
