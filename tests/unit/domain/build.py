"""Definitions and snapshots from a few words of YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

import pytest
import yaml

from osism.domain.changes import Changes, after
from osism.domain.definitions import DeviceDefinition, Located, Place, device_definition
from osism.domain.errors import Invalid
from osism.domain.inventory import MANAGED, Address, Cable, Device, Interface, Port, Snapshot
from osism.domain.plans import Plan, changes

FILE = "netbox/rack-1/node-1/a.yaml"


# --- definitions ----------------------------------------------------------------------------------


def located(text: str, file: str = FILE) -> Located:
    """A YAML text with its lines, as the repository reads it."""
    return _located(yaml.compose(text, Loader=yaml.SafeLoader), Place(file, 1), file)


def _located(node: Any, place: Place, file: str) -> Located:
    if isinstance(node, yaml.MappingNode):
        found = {}
        for key, value in node.value:
            found[_scalar(key)] = _located(value, _line(key, file), file)
        return Located(found, place)
    if isinstance(node, yaml.SequenceNode):
        return Located([_located(each, _line(each, file), file) for each in node.value], place)
    return Located(_scalar(node) if node else None, place)


def _line(node: Any, file: str) -> Place:
    return Place(file, node.start_mark.line + 1)


def _scalar(node: Any) -> Any:
    return yaml.SafeLoader("").construct_object(node)


def define(text: str, device: str = "node-1", state: str = "a", file: str = "") -> DeviceDefinition:
    """The definition of a device, read from the YAML below its name."""
    file = file or f"netbox/rack-1/{device}/{state}.yaml"
    return device_definition(device, state, located(text or "{}", file))


def given(values: Mapping[str, Any], device: str, state: str) -> DeviceDefinition:
    """The definition of a device from plain values."""
    place = Place(f"netbox/rack-1/{device}/{state}.yaml", 1)
    return device_definition(device, state, _placed(values, place))


def _placed(value: Any, place: Place) -> Located:
    if isinstance(value, Mapping):
        return Located({key: _placed(each, place) for key, each in value.items()}, place)
    if isinstance(value, list):
        return Located([_placed(each, place) for each in value], place)
    return Located(value, place)


def mistake(text: str, device: str = "node-1") -> str:
    """What is said about a definition with a mistake."""
    with pytest.raises(Invalid) as raised:
        define(text, device)
    return str(raised.value)


def plan(target: DeviceDefinition | None, *others: DeviceDefinition, device: str = "") -> Plan:
    """The way of one device to *target*, with *others* being its definitions in other states."""
    known = (*((target,) if target else ()), *others)
    return Plan(device or known[0].device, target, known)


# --- snapshots ------------------------------------------------------------------------------------

SOCKET = "25gbase-x-sfp28"


def port(text: str) -> Port:
    """``leaf-1:Ethernet5``."""
    device, _, interface = text.partition(":")
    return Port(device, interface)


def snapshot(text: str = "", **parts: Any) -> Snapshot:
    """A snapshot from YAML::

        devices:
          node-1: {ports: Ethernet0 Ethernet1, position: 31}
          leaf-1: {ports: Ethernet5, kind: switch}
        interfaces:
          leaf-1:Port-Channel10: {type: lag}
        cables: [node-1:Ethernet0 cat6a leaf-1:Ethernet5]
        addresses: [10.0.0.5/24 node-1:Ethernet0, 10.0.0.6/24 - red]
        vlans: [100]

    Keyword arguments replace parts of it. An address follows its port ("-" for none) and its VRF.
    """
    data = {**(yaml.safe_load(text) or {}), **parts}
    number = iter(range(1, 10**6))
    devices: dict[str, Device] = {}
    interfaces: dict[Port, Interface] = {}
    for name, values in (data.get("devices") or {}).items():
        values = dict(values or {})
        for each in str(values.pop("ports", "")).split():
            interfaces[Port(name, each)] = Interface(next(number), Port(name, each), SOCKET)
        tags = frozenset({MANAGED} if values.get("kind") == "switch" else ())
        devices[name] = Device(next(number), name, **{"tags": tags, **values})
    for name, values in (data.get("interfaces") or {}).items():
        values = {"type": SOCKET, **(values or {})}
        if "tagged" in values:
            values["tagged"] = frozenset(values["tagged"])
        if "macs" in values:
            values["macs"] = {each: next(number) for each in values["macs"]}
        interfaces[port(name)] = Interface(next(number), port(name), **values)
    cables = {}
    for each in data.get("cables") or ():
        a, type_, b = each.split()
        cable = Cable(next(number), type_, port(a), port(b))
        cables[cable.id] = cable
    return Snapshot(
        devices=devices,
        interfaces=_with_cables(interfaces, cables.values()),
        cables=cables,
        addresses=tuple(_address(next(number), each) for each in data.get("addresses") or ()),
        vlans={vid: (next(number), f"VLAN {vid}") for vid in data.get("vlans") or ()},
    )


def _with_cables(
    interfaces: Mapping[Port, Interface], cables: Iterable[Cable]
) -> dict[Port, Interface]:
    at = {end: each.id for each in cables for end in (each.a, each.b)}
    return {name: replace(each, cable=at.get(name)) for name, each in interfaces.items()}


def _address(number: int, text: str) -> Address:
    address, where, *vrf = text.split() if " " in text else (text, "-")
    return Address(number, address, None if where == "-" else port(where), "".join(vrf))


# --- what comes of it -----------------------------------------------------------------------------


def applied(before: Snapshot, *plans: Plan) -> Snapshot:
    """The snapshot after the plans, as one batch."""
    return after(before, changes(before, plans))


def lines(todo: Changes) -> list[str]:
    """The changes as an operator reads them."""
    return [" ".join(part for part in line if part) for line in todo.lines()]


def told(snapshot: Snapshot) -> dict[str, Any]:
    """What a snapshot says, without ids: for comparing two of them."""
    address = {each.id: each.address for each in snapshot.addresses}
    return {
        "interfaces": {str(name): _told(each) for name, each in snapshot.interfaces.items()},
        "cables": {(each.type, frozenset((each.a, each.b))) for each in snapshot.cables.values()},
        "addresses": sorted((each.address, each.vrf, each.port) for each in snapshot.addresses),
        "primary": {
            name: {family: address.get(number) for family, number in each.primary.items()}
            for name, each in snapshot.devices.items()
        },
        "vlans": {vid: name for vid, (_, name) in snapshot.vlans.items()},
    }


def _told(interface: Interface) -> dict[str, Any]:
    skip = {"id", "port", "cable", "macs", "extra"}
    values = {
        each.name: getattr(interface, each.name)
        for each in fields(interface)
        if each.name not in skip
    }
    extra = {name: value for name, value in interface.extra.items() if value not in (None, "")}
    return {
        **values,
        **extra,
        "macs": sorted(interface.macs),
        "cabled": interface.cable is not None,
    }
