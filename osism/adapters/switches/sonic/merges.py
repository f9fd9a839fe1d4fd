"""A configuration laid over what runs: what osism writes is replaced, everything else stays.

``config replace`` wants the whole configuration. Users, AAA, SNMP, features, a port's lanes and
speed, timers of BGP are on the switch, and none of osism's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from ipaddress import ip_address, ip_interface, ip_network
from json import dumps
from typing import Any

from osism.adapters.switches.sonic import references
from osism.adapters.switches.sonic.candidates import Wrong
from osism.adapters.switches.sonic.tables import TABLES, Config, Entry, Table
from osism.adapters.switches.sonic.values import ip
from osism.domain.intents import natural

#: What only the switch knows; a configuration for another model is not for this switch.
_FACTS = ("hwsku", "platform")
_METADATA = ("DEVICE_METADATA", "localhost")


def merge(running: Config, wanted: Config) -> Config:
    """The whole configuration; raises :class:`Wrong` for what does not fit this switch."""
    wanted = {**wanted, **_routing(running, wanted)}
    merged = {name: dict(entries) for name, entries in running.items()}
    problems = list(_strange(running, wanted))
    for name, entries in wanted.items():
        merged[name] = _laid(TABLES[name], running.get(name, {}), entries)
    _keep(running, wanted, merged)
    problems += [each for each in references.problems(merged) if each.partition("|")[0] in wanted]
    if problems:
        raise Wrong(problems)
    # SONiC's database has no empty tables, and `config replace` refuses them.
    return {name: entries for name, entries in merged.items() if entries}


def owned(config: Config, tables: Mapping[str, object]) -> Config:
    """The part of *config* that osism writes, in *tables*."""
    return {
        name: {
            key: {each: value for each, value in entry.items() if each in TABLES[name].fields}
            for key, entry in config.get(name, {}).items()
        }
        for name in sorted({*tables, *({"BGP_GLOBALS"} if "BGP_NEIGHBOR" in tables else ())})
    }


def difference(running: Config, merged: Config, tables: Mapping[str, object]) -> str:
    """A unified diff per table, an entry a line; nothing in it that osism does not write."""
    before, after = owned(running, tables), owned(merged, tables)
    return "".join(
        f"{line}\n"
        for name in before
        for line in unified_diff(
            _lines(before[name]), _lines(after[name]), f"{name} running", f"{name} candidate", "",
            "", n=0, lineterm="",
        )
    )  # fmt: skip


def _lines(entries: Mapping[str, Entry]) -> list[str]:
    return [
        f"{key} {dumps(entries[key], sort_keys=True, ensure_ascii=False)}"
        for key in sorted(entries, key=natural)
    ]


def _laid(
    table: Table, running: Mapping[str, Entry], wanted: Mapping[str, Entry]
) -> dict[str, Any]:
    """The entries of one table; a key is spelt as the switch spells it."""
    spelt = {_normal(key): key for key in running}
    result: dict[str, Any] = {} if table.whole else dict(running)
    for key, entry in wanted.items():
        here = spelt.get(_normal(key), key)
        kept = {
            name: value
            for name, value in running.get(here, {}).items()
            if name not in table.cleared
        }
        result[here] = {**kept, **entry}
    return result


def _normal(key: str) -> str:
    """A key with its addresses in their canonical form."""
    return "|".join(_address(part) for part in key.split("|"))


def _address(part: str) -> str:
    for parse in (ip_address, ip_interface):
        try:
            return str(parse(part))
        except ValueError:
            continue
    return part


def _strange(running: Config, wanted: Config) -> Iterator[str]:
    ports = running.get("PORT", {})
    for port in wanted.get("PORT", {}):
        if port not in ports:
            known = sorted(ports, key=natural)
            some = f"{known[0]} to {known[-1]}" if known else "none"
            yield f"PORT|{port}: the switch has no such port; it has {len(known)} ({some})"
    table, key = _METADATA
    here = running.get(table, {}).get(key, {})
    for name, value in wanted.get(table, {}).get(key, {}).items():
        if name in _FACTS and here.get(name, value) != value:
            yield f"{table}|{key}|{name}: the switch is a {here[name]!r}, not a {value!r}"


def _routing(running: Config, wanted: Config) -> dict[str, Any]:
    """BGP as the switch's routing service reads it. With SONiC's management framework neighbours
    are named with their VRF, and the AS number is in BGP_GLOBALS."""
    table, key = _METADATA
    here = running.get(table, {}).get(key, {})
    ours = dict(wanted.get(table, {}).get(key, {}))
    changed: dict[str, Any] = {}
    if "mac" in here:
        ours.pop("mac", None)
    if here.get("frr_mgmt_framework_config") == "true":
        neighbors = wanted.get("BGP_NEIGHBOR")
        if neighbors is not None:
            changed["BGP_NEIGHBOR"] = {f"default|{ip}": each for ip, each in neighbors.items()}
        names = {"bgp_asn": "local_asn", "bgp_router_id": "router_id"}
        told = {names[name]: ours.pop(name) for name in names if name in ours}
        if told:
            changed["BGP_GLOBALS"] = {"default": told}
    if table in wanted:
        changed[table] = {key: ours}
    return changed


def _keep(running: Config, wanted: Config, merged: dict[str, dict[str, Any]]) -> None:
    """Put back what a table that is replaced whole must not lose, and what its entries need."""
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
