"""Whether the entries of a whole configuration fit together, as far as osism writes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from osism.adapters.switches.sonic.tables import Config


def problems(config: Config) -> Iterator[str]:
    """What SONiC would refuse, or worse, take: each names ``TABLE|key``."""
    ports, lags = config.get("PORT", {}), config.get("PORTCHANNEL", {})
    lag_of: dict[str, str] = {}
    for key in config.get("PORTCHANNEL_MEMBER", {}):
        lag, _, port = key.partition("|")
        where = f"PORTCHANNEL_MEMBER|{key}"
        if lag not in lags:
            yield f"{where}: there is no PORTCHANNEL|{lag}"
        if port not in ports:
            yield f"{where}: the switch has no port {port}"
        if port in lag_of:
            yield f"{where}: {port} belongs to {lag_of[port]} already"
        lag_of[port] = lag
    yield from _vlans(config, lag_of)
    yield from _addresses(config, lag_of)
    for key, domain in config.get("MCLAG_DOMAIN", {}).items():
        if (link := domain.get("peer_link", "")) not in {*lags, *ports}:
            yield f"MCLAG_DOMAIN|{key}|peer_link: there is no {link}"
    for key in config.get("MCLAG_INTERFACE", {}):
        if key.partition("|")[2] not in lags:
            yield f"MCLAG_INTERFACE|{key}: there is no such PORTCHANNEL"


def _vlans(config: Config, lag_of: dict[str, str]) -> Iterator[str]:
    untagged: defaultdict[str, list[str]] = defaultdict(list)
    for key, entry in config.get("VLAN", {}).items():
        if entry.get("vlanid") != key.removeprefix("Vlan"):
            yield f"VLAN|{key}|vlanid: {entry.get('vlanid')!r} is not the number of its name"
    for key, entry in config.get("VLAN_MEMBER", {}).items():
        vlan, _, port = key.partition("|")
        where = f"VLAN_MEMBER|{key}"
        if vlan not in config.get("VLAN", {}):
            yield f"{where}: there is no VLAN|{vlan}"
        if port not in config.get("PORT", {}) and port not in config.get("PORTCHANNEL", {}):
            yield f"{where}: the switch has no {port}"
        if port in lag_of:
            yield f"{where}: {port} belongs to {lag_of[port]}, which carries the VLANs"
        if entry.get("tagging_mode") == "untagged":
            untagged[port].append(vlan)
    for port, vlans in untagged.items():
        if len(vlans) > 1:
            yield f"VLAN_MEMBER|{vlans[1]}|{port}: it is untagged in {vlans[0]} already"


#: Where the interface of an address is: table of addresses -> table of interfaces.
HOLDERS = {
    "INTERFACE": "PORT",
    "PORTCHANNEL_INTERFACE": "PORTCHANNEL",
    "VLAN_INTERFACE": "VLAN",
}


def _addresses(config: Config, lag_of: dict[str, str]) -> Iterator[str]:
    switched = {key.partition("|")[2] for key in config.get("VLAN_MEMBER", {})}
    for table, holder in HOLDERS.items():
        for key in config.get(table, {}):
            name = key.partition("|")[0]
            if name not in config.get(holder, {}):
                yield f"{table}|{key}: there is no {holder}|{name}"
            if name in lag_of:
                yield f"{table}|{key}: {name} belongs to {lag_of[name]}; the LAG has the addresses"
            if name in switched:
                yield f"{table}|{key}: {name} is in a VLAN; it cannot have an address as well"
