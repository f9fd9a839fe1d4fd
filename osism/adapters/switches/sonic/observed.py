"""From what runs on a SONiC switch to an intent.

The configuration is that of CONFIG_DB (``show runningconfiguration all``), links are those of
APPL_DB (``sonic-db-dump``; SONiC doc/swss-schema: PORT_TABLE, LAG_TABLE, LAG_MEMBER_TABLE).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_interface
from typing import Any

from osism.adapters.switches.sonic.observed_system import system
from osism.adapters.switches.sonic.tables import Config, Entry
from osism.domain.intents import (
    ACCESS,
    TAGGED,
    AddressIntent,
    LagIntent,
    Link,
    MlagIntent,
    PortIntent,
    SwitchIntent,
    VlanIntent,
    natural,
)

#: From SONiC's name of an interface to NetBox's.
_Called = Callable[[str], str]
#: Tables of addresses that are part of an intent.
_ADDRESSES = ("INTERFACE", "PORTCHANNEL_INTERFACE", "VLAN_INTERFACE", "LOOPBACK_INTERFACE")


def switch(name: str, config: Config, states: Mapping[str, Entry], prefix: str) -> SwitchIntent:
    """The intent of what runs. *states*: entries of APPL_DB by key; *prefix*: how LAGs are called
    in NetBox, before their number. Raises :class:`ValueError` for values of a wrong shape."""
    members: dict[str, str] = {}
    for key in config.get("PORTCHANNEL_MEMBER", {}):
        lag, _, port = key.partition("|")
        members[port] = lag
    vlans = _vlans(config)

    def called(interface: str) -> str:
        number = interface.removeprefix("PortChannel")
        return f"{prefix}{number}" if number != interface else interface

    ports = tuple(
        PortIntent(
            **_port(port, entry, vlans.get(port, {})),
            lag=called(members[port]) if port in members else "",
        )
        for port, entry in _sorted(config.get("PORT", {}))
    )
    lags = tuple(
        LagIntent(
            **_port(lag, entry, vlans.get(lag, {})) | {"name": called(lag)},
            number=int(lag.removeprefix("PortChannel")),
            members=tuple(sorted((p for p, of in members.items() if of == lag), key=natural)),
        )
        for lag, entry in _sorted(config.get("PORTCHANNEL", {}))
    )
    return SwitchIntent(
        name,
        ports,
        lags,
        tuple(
            VlanIntent(int(vlan.removeprefix("Vlan")), str(entry.get("description", "")))
            for vlan, entry in _sorted(config.get("VLAN", {}))
        ),
        tuple(_addresses(config, called)),
        _mlag(config, called),
        tuple(_links(states, members, called)),
        system(config),
    )


def _sorted(entries: Mapping[str, Entry]) -> list[tuple[str, Entry]]:
    return sorted(entries.items(), key=lambda each: natural(each[0]))


def _vlans(config: Config) -> Mapping[str, dict[int, str]]:
    """Port or LAG -> VLAN -> its tagging mode."""
    found: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for key, entry in config.get("VLAN_MEMBER", {}).items():
        vlan, _, port = key.partition("|")
        found[port][int(vlan.removeprefix("Vlan"))] = str(entry.get("tagging_mode", ""))
    return found


def _port(name: str, entry: Entry, vlans: Mapping[int, str]) -> dict[str, Any]:
    tagged = tuple(sorted(vid for vid, mode in vlans.items() if mode != "untagged"))
    untagged = min((vid for vid, mode in vlans.items() if mode == "untagged"), default=None)
    mtu = entry.get("mtu")
    return {
        "name": name,
        "enabled": entry.get("admin_status") == "up",  # a port without the field is down
        "mtu": None if mtu is None else int(mtu),
        "description": str(entry.get("description", "")),
        "mode": TAGGED if tagged else ACCESS if untagged else "",
        "untagged": untagged,
        "tagged": tagged,
    }


def _addresses(config: Config, called: _Called) -> Iterator[AddressIntent]:
    found = (
        key.partition("|")[::2]
        for table in _ADDRESSES
        for key in config.get(table, {})
        if "|" in key
    )
    for interface, address in sorted(found, key=lambda each: (natural(each[0]), each[1])):
        number = interface.removeprefix("Vlan")
        vlan = int(number) if number != interface else None
        yield AddressIntent(called(interface), str(ip_interface(address)), vlan)


def _mlag(config: Config, called: _Called) -> MlagIntent | None:
    """The peer link; its VLAN is the one that has the address which the peers talk from."""
    for domain in config.get("MCLAG_DOMAIN", {}).values():
        source, peer = str(domain.get("source_ip", "")), str(domain.get("peer_ip", ""))
        for key in config.get("VLAN_INTERFACE", {}):
            vlan, _, address = key.partition("|")
            if address and address.split("/")[0] == source:
                link = called(str(domain.get("peer_link", "")))
                return MlagIntent(link, int(vlan.removeprefix("Vlan")), address, peer)
    return None


def _links(
    states: Mapping[str, Entry], members: Mapping[str, str], called: _Called
) -> Iterator[Link]:
    for key, entry in _sorted(states):
        table, _, name = key.partition(":")
        if table not in ("PORT_TABLE", "LAG_TABLE") or not name.startswith(("Ethernet", "PortC")):
            continue
        member = states.get(f"LAG_MEMBER_TABLE:{members.get(name)}:{name}")
        lacp = None if name not in members else bool(member and member.get("status") == "enabled")
        status = entry.get("oper_status")
        yield Link(called(name), None if status is None else status == "up", lacp)
