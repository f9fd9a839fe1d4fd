"""The rules of devices, of their addresses and of VLANs."""

from __future__ import annotations

from osism.lab.netbox.accept import Draft
from osism.lab.netbox.custom import default_data
from osism.lab.netbox.dcim import INTERFACE
from osism.lab.netbox.errors import Invalid
from osism.lab.netbox.functions import interface
from osism.lab.netbox.represent import display
from osism.lab.netbox.storage import Clause, Row

COPIED = ("name", "_name", "label", "type", "enabled", "mgmt_only", "description", "poe_mode",
          "poe_type", "rf_role")  # fmt: skip
SHARED_ROLES = frozenset({"anycast", "vip", "vrrp", "hsrp", "glbp", "carp"})


def check(draft: Draft) -> None:
    site, rack, location = draft.one("site"), draft.one("rack"), draft.one("location")
    for name, other in (("rack", rack), ("location", location)):
        if other and site and other["site"] != site.id:
            what = f"{name.capitalize()} {display(other)}"
            raise Invalid.at(name, f"{what} does not belong to site {display(site)}.")
    if rack and location and rack["location"] != location.id:
        where = f"does not belong to location {display(location)}."
        raise Invalid.at("rack", f"Rack {display(rack)} {where}")
    for name in ("face", "position"):
        if not rack and draft[name]:
            message = f"Cannot select a rack {name} without assigning a rack."
            raise Invalid.at(name, message)
    if draft["position"] and not draft["face"]:
        raise Invalid.at("face", "Must specify rack face when defining rack position.")
    if rack and draft["position"]:
        _check_position(draft, rack)
    for name, version in (("primary_ip4", 4), ("primary_ip6", 6), ("oob_ip", None)):
        address = draft.one(name)
        if address and version not in (None, interface(address["address"]).version):
            raise Invalid.at(name, f"{address['address']} is not an IPv{version} address.")
        if address and not _belongs(address, draft.id):
            what = f"The specified IP address ({address['address']})"
            raise Invalid.at(name, f"{what} is not assigned to this device.")


def _belongs(address: Row, device: int | None) -> bool:
    inside = address.one("nat_inside")
    owners = [row.one("assigned_object") for row in (address, inside) if row]
    return any(owner["device"] == device for owner in owners if owner)


def _check_position(draft: Draft, rack: Row) -> None:
    """A device needs its height in free units, on both faces if it or its neighbour is deep."""
    kind = draft.one("device_type")
    if kind is None:
        return
    bottom, height = draft["position"], kind["u_height"]
    if height == 0:
        what = f"A 0U device type ({display(kind)})"
        raise Invalid.at("position", f"{what} cannot be assigned to a rack position.")
    first = rack["starting_unit"]
    free = first <= bottom and bottom + height <= first + rack["u_height"]
    for row in rack.many("devices"):
        other = row.one("device_type")
        if row.id == draft.id or row["position"] is None or other is None:
            continue
        deep = kind["is_full_depth"] or other["is_full_depth"] or row["face"] == draft["face"]
        apart = bottom + height <= row["position"] or row["position"] + other["u_height"] <= bottom
        free = free and (apart or not deep)
    if not free:
        raise Invalid.at(
            "position",
            f"U{bottom} is already occupied or does not have sufficient space to accommodate this "
            f"device type: {display(kind)} ({height}U)",
        )


def furnish(draft: Draft) -> None:
    """A new device gets the interfaces that its device type lists."""
    kind = draft.one("device_type")
    templates = kind.many("interfacetemplates") if kind and draft.before is None else []
    own = {f.name: f.default for f in INTERFACE.fields if f.form.stored and not f.readonly}
    own |= {"device": draft.id, "custom_fields": default_data(draft.store, INTERFACE)}
    own |= {"created": draft.values["last_updated"], "last_updated": draft.values["last_updated"]}
    made: dict[int, int] = {}
    for row in templates:
        copied = {name: row[name] for name in COPIED}
        made[row.id] = draft.store.insert(INTERFACE, {**own, **copied})
    for row in templates:
        if row["bridge"] in made:
            draft.store.update(INTERFACE, made[row.id], {"bridge": made[row["bridge"]]})


def check_address(draft: Draft) -> None:
    address = interface(draft["address"])
    network = address.network
    if network.prefixlen == 0:
        raise Invalid.at("address", "Cannot create IP address with /0 mask.")
    if draft["assigned_object_id"] and network.prefixlen < network.max_prefixlen - 1:
        named = {network.network_address: "network ID"}
        if address.version == 4:
            named[network.broadcast_address] = "broadcast address"
        if what := named.get(address.ip):
            message = f"{address.ip} is a {what}, which may not be assigned to an interface."
            raise Invalid.whole(message)
    _check_unique(draft, f"{address.ip}/%")
    _check_primary(draft, address.version)
    if draft["status"] == "slaac" and address.version != 6:
        raise Invalid.at("status", "Only IPv6 addresses can be assigned SLAAC status")


def _check_unique(draft: Draft, pattern: str) -> None:
    """One address once per VRF, unless it is of a role that several share."""
    vrf = draft.one("vrf")
    same = "t.address LIKE ? AND t.vrf IS ? AND t.id IS NOT ?"
    twins = draft.store.select(draft.kind, Clause(same, (pattern, draft["vrf"], draft.id))).rows
    roles = {draft["role"], *(row["role"] for row in twins)}
    if twins and not (vrf and not vrf["enforce_unique"]) and not roles <= SHARED_ROLES:
        table = f"VRF {display(vrf)}" if vrf else "global table"
        message = f"Duplicate IP address found in {table}: {twins[0]['address']}"
        raise Invalid.at("address", message)


def _check_primary(draft: Draft, version: int) -> None:
    """The primary address of a device may not be moved off the device."""
    owner = draft.before.one("assigned_object") if draft.before else None
    device = owner.one("device") if owner else None
    if device and device[f"primary_ip{version}"] == draft.id:
        number = draft["assigned_object_id"]
        target = draft.store.get(INTERFACE, number) if number else None
        if target is None or target["device"] != device.id:
            why = "while it is designated as the primary IP for the parent object"
            raise Invalid.whole(f"Cannot reassign IP address {why}")


def check_vlan(draft: Draft) -> None:
    group = draft.one("group")
    if group and not any(low <= draft["vid"] <= high for low, high in group["vid_ranges"]):
        ranges = ", ".join(f"{low}-{high}" for low, high in group["vid_ranges"])
        where = f"for VLANs in group {display(group)}"
        raise Invalid.at("vid", f"VID must be in ranges {ranges} {where}")
