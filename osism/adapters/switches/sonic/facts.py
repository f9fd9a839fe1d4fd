"""What a configuration has to do with its switch: the model, the ports, the routing service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osism.adapters.switches.sonic.tables import Config
from osism.domain.intents import natural

#: What only the switch knows; a configuration for another model is not for this switch.
_FACTS = ("hwsku", "platform")
_METADATA = ("DEVICE_METADATA", "localhost")


def strange(running: Config, wanted: Config) -> Iterator[str]:
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


def routing(running: Config, wanted: Config) -> dict[str, Any]:
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
