"""From GraphQL answers to a snapshot. One query reads devices with all that hangs on them.

The filter syntax of NetBox's GraphQL changed with 4.3 and again with 4.5; ``name: {in_list: …}``
and ``address: {in_list: …}`` are what all releases from 4.2 on understand, so addresses, MAC
addresses and cables are read below their interfaces, and VLANs without a filter. From 4.5.5 on
lists end silently at MAX_PAGE_SIZE (1000): a list of that length is looked at twice.

What is at the other end of a cable costs NetBox 20 ms per port (4.4, link_peers), so both ends are
found by the cable's id, among the devices that are read anyway.

A configuration context costs up to ten queries of NetBox's database per device (up to 4.5.4), so
it is a list of its own for the devices that may be switches, in the same request. What is at the
other end of a routed port of a switch that speaks BGP is asked for port by port, and only where
no switch is there that was read: ``docs/decisions/0017-context-of-switches-only.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from osism.domain.errors import Misconfigured
from osism.domain.inventory import SWITCH, Address, Cable, Device, Interface, Peer, Port, Snapshot
from osism.domain.systems import routed

_DEVICE = """
    id name status position custom_fields
    role { slug } site { slug } rack { name } platform { slug } tags { slug }
    device_type { slug manufacturer { name slug } }
    primary_ip4 { id address } primary_ip6 { id address }
"""
_INTERFACE = """
    id name type enabled label description mtu mode mgmt_only
    speed duplex wwn mark_connected poe_mode poe_type rf_role rf_channel tx_power custom_fields
    untagged_vlan { id vid name } tagged_vlans { id vid name }
    lag { name } parent { name } bridge { name } vrf { name } tags { slug }
    primary_mac_address { mac_address } mac_addresses { id mac_address }
    cable { id type }
    ip_addresses { id address vrf { name } }
"""
_CONTEXTS = """
  contexts: device_list(filters: {name: {in_list: $contexts}}) { name config_context }
"""
SNAPSHOT = f"""
query($names: [String!]!, $contexts: [String!]!, $addresses: [String!]!) {{
  device_list(filters: {{name: {{in_list: $names}}}}) {{ {_DEVICE} interfaces {{ {_INTERFACE} }} }}
{_CONTEXTS}
  vlan_list {{ id vid name site {{ slug }} group {{ id }} }}
  ip_address_list(filters: {{address: {{in_list: $addresses}}}}) {{
    id address vrf {{ name }}
    assigned_object {{ ... on InterfaceType {{ name device {{ name }} }} }}
  }}
}}"""
NAMED = f"""
query($names: [String!]!) {{
  device_list(filters: {{name: {{in_list: $names}}}}) {{ {_DEVICE} }}
}}"""
DEVICES = f"""
query($names: [String!]!, $contexts: [String!]!) {{
  device_list(filters: {{name: {{in_list: $names}}}}) {{ {_DEVICE} interfaces {{ {_INTERFACE} }} }}
{_CONTEXTS}
}}"""
#: Far ends in one query: NetBox allows ten aliases (GRAPHQL_MAX_ALIASES).
PEERS = 10
#: The length at which NetBox 4.5.5 and newer cut lists.
PAGE = 1000

_EXTRA = (
    "speed", "duplex", "wwn", "mark_connected", "poe_mode", "poe_type", "rf_role", "rf_channel",
    "tx_power", "custom_fields",
)  # fmt: skip

#: What is kept of a configuration context, which may hold anything else, secrets among it.
_CONTEXT = ("ntp_servers", "syslog_servers", "_segment_log_server_hosts", "bgp", "sonic")

Json = Mapping[str, Any]


def device(data: Json, context: Json | None = None) -> Device:
    """A device of an answer, with its configuration context if it is a switch."""
    custom = data["custom_fields"] or {}
    addresses = {family: data.get(f"primary_ip{family}") for family in (4, 6)}
    model, kind = data["device_type"], choice(custom.get("device_type"))
    return Device(
        id=int(data["id"]),
        name=data["name"] or "",
        kind=kind,
        state=choice(custom.get("device_state")),
        transition=choice(custom.get("device_transition")),
        # A field nobody set is not a "no": a switch is deployed unless it is told otherwise.
        deployment_enabled=custom.get("deployment_enabled") is not False,
        status=data["status"],
        role=_of(data["role"], "slug"),
        site=_of(data["site"], "slug"),
        rack=_of(data["rack"], "name"),
        position=float(data["position"]) if data["position"] is not None else None,
        model=model["slug"],
        manufacturer=model["manufacturer"]["slug"],
        manufacturer_name=model["manufacturer"]["name"],
        platform=_of(data["platform"], "slug"),
        tags=frozenset(each["slug"] for each in data["tags"]),
        primary={family: int(each["id"]) for family, each in addresses.items() if each},
        management=next((each["address"].split("/")[0] for each in addresses.values() if each), ""),
        context=_context(context or {}, custom) if kind == SWITCH else {},
    )


def _context(context: Json, custom: Json) -> Json:
    """What :mod:`osism.domain.systems` looks at; the custom field is what sites have."""
    found = {key: context[key] for key in _CONTEXT if key in context}
    stated, parameters = found.get("sonic"), custom.get("sonic_parameters")
    if isinstance(parameters, Mapping):
        told = {key: parameters[key] for key in ("hwsku", "platform") if key in parameters}
        found["sonic"] = told | (dict(stated) if isinstance(stated, Mapping) else {})
    return found


def snapshot(answers: Iterable[Json]) -> Snapshot:
    """The snapshot that several answers to :data:`SNAPSHOT` make together."""
    devices: dict[str, Device] = {}
    interfaces: dict[Port, Interface] = {}
    cables: dict[int, Cable] = {}
    addresses: dict[int, Address] = {}
    vlans: dict[int, tuple[int, str]] = {}
    names: dict[str, dict[int, str]] = {}
    for answer in answers:
        vlans |= preferred(answer.get("vlan_list", ()))
        for each in answer.get("ip_address_list", ()):
            addresses.setdefault(int(each["id"]), _address(each, _assigned(each)))
        contexts = {each["name"]: each["config_context"] for each in answer.get("contexts", ())}
        for each in answer["device_list"]:
            devices[each["name"]] = device(each, contexts.get(each["name"]))
            if len(each["interfaces"]) >= PAGE:
                raise Misconfigured(
                    f"NetBox: device {each['name']!r} has {PAGE} interfaces or more; "
                    "raise MAX_PAGE_SIZE there so that none is cut off"
                )
            for data in each["interfaces"]:
                port = Port(each["name"], data["name"])
                interfaces[port] = _interface(port, data)
                _see_end(cables, port, data["cable"])
                for address in data["ip_addresses"]:
                    addresses[int(address["id"])] = _address(address, port)
                for vlan in (data["untagged_vlan"], *data["tagged_vlans"]):
                    if vlan:
                        # The one in use counts, whatever others have its VLAN id.
                        vlans[vlan["vid"]] = (int(vlan["id"]), vlan["name"])
                        names.setdefault(each["name"], {})[vlan["vid"]] = vlan["name"]
    return Snapshot(
        devices=devices,
        interfaces=interfaces,
        cables=cables,
        addresses=tuple(addresses[each] for each in sorted(addresses)),
        vlans=vlans,
        vlan_names=names,
    )


def unseen(found: Snapshot) -> list[tuple[int, int]]:
    """(cable, interface) of each routed port whose switch speaks BGP and whose far end, or its
    context, was not read, by their ids."""
    speak = (
        each.name
        for each in found.devices.values()
        if each.kind == SWITCH and isinstance(each.context.get("bgp"), Mapping)
    )
    return [
        (each.cable, each.id)
        for name in speak
        for each in routed(found, name)
        if each.cable and found.far_end(each.cable, each.port) is None
    ]


def peers_query(interfaces: Iterable[int]) -> str:
    """The far ends of these interfaces, at most :data:`PEERS`, each by an alias of its number."""
    asked = (
        f"i{number}: interface(id: {number}) {{ link_peers {{ ... on InterfaceType {{ "
        "ip_addresses { address } device { name custom_fields config_context } } } }"
        for number in interfaces
    )
    return "query {\n" + "\n".join(asked) + "\n}"


def peer(data: Json) -> Peer | None:
    """The far end that one part of an answer to :func:`peers_query` tells of."""
    for each in data["link_peers"]:
        if "device" in each:
            far = each["device"]
            addresses = tuple(address["address"] for address in each["ip_addresses"])
            context = _context(far["config_context"], far["custom_fields"] or {})
            return Peer(far["name"] or "", addresses, context)
    return None


def _interface(port: Port, data: Json) -> Interface:
    tagged = frozenset(each["vid"] for each in data["tagged_vlans"])
    extra = {name: data[name] for name in _EXTRA}
    extra |= {"bridge": _of(data["bridge"], "name"), "vrf": _of(data["vrf"], "name")}
    extra["tags"] = sorted(each["slug"] for each in data["tags"])
    return Interface(
        id=int(data["id"]),
        port=port,
        type=data["type"],
        enabled=data["enabled"],
        label=data["label"] or "",
        description=data["description"] or "",
        mtu=data["mtu"],
        mode=data["mode"] or "",
        untagged=data["untagged_vlan"]["vid"] if data["untagged_vlan"] else None,
        tagged=tagged,
        lag=_of(data["lag"], "name"),
        parent=_of(data["parent"], "name"),
        mgmt_only=data["mgmt_only"],
        mac=_of(data["primary_mac_address"], "mac_address").upper(),
        macs={each["mac_address"].upper(): int(each["id"]) for each in data["mac_addresses"]},
        cable=int(data["cable"]["id"]) if data["cable"] else None,
        extra=extra,
    )


def _see_end(cables: dict[int, Cable], port: Port, data: Json | None) -> None:
    """Note one end of a cable. The other one is unknown (two empty names) while it was not seen:
    such a cable is never the wanted one, and goes when its port is claimed."""
    if data:
        number = int(data["id"])
        known = cables.get(number)
        ends = (known.a, port) if known else (port, Port("", ""))
        cables[number] = Cable(number, data["type"] or "", *ends)


def _address(data: Json, port: Port | None) -> Address:
    return Address(int(data["id"]), data["address"], port, _of(data["vrf"], "name"))


def _assigned(data: Json) -> Port | None:
    """The interface an address belongs to; one of a virtual machine counts as a stranger's."""
    holder = data["assigned_object"]
    if holder is None:
        return None
    if "device" not in holder:
        return Port("", "another object")
    return Port(holder["device"]["name"] or "", holder["name"])


def preferred(vlans: Iterable[Json]) -> dict[int, tuple[int, str]]:
    """One VLAN per VLAN id. NetBox allows several: one that belongs to no group and no site comes
    first, then the oldest."""
    ordered = sorted(
        vlans, key=lambda each: (bool(each["group"]), bool(each["site"]), int(each["id"]))
    )
    found: dict[int, tuple[int, str]] = {}
    for each in ordered:
        found.setdefault(each["vid"], (int(each["id"]), each["name"]))
    return found


def _of(data: Json | None, name: str) -> str:
    return str(data[name] or "") if data else ""


def choice(value: object) -> str:
    """A custom field's text; a site may have made it a selection."""
    if isinstance(value, Mapping):
        value = value.get("value")
    return str(value) if value is not None else ""
