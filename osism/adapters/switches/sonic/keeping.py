"""What a table that is replaced whole must not lose, and what its entries need."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from osism.adapters.switches.sonic import references
from osism.adapters.switches.sonic.tables import Config, Entry
from osism.adapters.switches.sonic.values import ip


def keep(running: Config, wanted: Config, merged: dict[str, dict[str, Any]]) -> None:
    """Put it back into *merged*."""
    switched = {
        key.partition("|")[2]
        for table in ("VLAN_MEMBER", "PORTCHANNEL_MEMBER")
        for key in merged.get(table, {})
    }
    for table, holder in references.HOLDERS.items():
        if table not in wanted:
            continue
        for key, entry in running.get(table, {}).items():
            # A VRF, link-local addresses: an interface can be routed without an address.
            if "|" not in key and entry and key not in switched and key in merged.get(holder, {}):
                merged[table].setdefault(key, entry)
        _name_interfaces(merged[table], running.get(table, {}))
    if "LOOPBACK_INTERFACE" in wanted:
        loopbacks = running.get("LOOPBACK_INTERFACE", {})
        if "Loopback0" in loopbacks:  # which `config replace` refuses to remove
            merged["LOOPBACK_INTERFACE"].setdefault("Loopback0", loopbacks["Loopback0"])
        _name_interfaces(merged["LOOPBACK_INTERFACE"], loopbacks)
    if "BGP_NEIGHBOR" in wanted:
        for key, entry in running.get("BGP_NEIGHBOR", {}).items():
            vrf, _, neighbor = key.rpartition("|")
            # Of an interface (unnumbered) or another VRF: NetBox has no word on these.
            if vrf not in ("", "default") or ip(neighbor):
                merged["BGP_NEIGHBOR"].setdefault(key, entry)
    if "MGMT_INTERFACE" in wanted:
        _keep_management(running, merged)


def _name_interfaces(entries: dict[str, Any], running: Mapping[str, Entry]) -> None:
    """Each interface with an address needs an entry of its own."""
    for key in list(entries):
        name = key.partition("|")[0]
        if name not in entries:
            entries[name] = dict(running.get(name, {}))


def _keep_management(running: Config, merged: dict[str, dict[str, Any]]) -> None:
    """The way to the gateway stays when the address is a new one of the same network."""
    before = running.get("MGMT_INTERFACE", {})
    for key, entry in merged["MGMT_INTERFACE"].items():
        interface, _, address = key.partition("|")
        merged.setdefault("MGMT_PORT", {}).setdefault(
            interface, {"admin_status": "up", "alias": interface}
        )
        for old, fields in before.items():
            same = old.partition("|")[0] == interface and _in(fields.get("gwaddr"), address)
            if same and "gwaddr" not in entry:
                merged["MGMT_INTERFACE"][key] = {**fields, **entry}
    for key, entry in before.items():
        if "|" not in key:
            merged["MGMT_INTERFACE"].setdefault(key, entry)


def _in(gateway: object, address: str) -> bool:
    try:
        return ip_address(str(gateway)) in ip_network(address, strict=False)
    except ValueError:
        return False
