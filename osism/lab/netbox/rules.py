"""How NetBox behaves as a whole: what it refuses, and what one write brings about elsewhere."""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from osism.lab.netbox.accept import Draft, Invalid, custom_errors, custom_problem, default_data
from osism.lab.netbox.choices import INTERFACE_TYPE
from osism.lab.netbox.fields import Form, Gone, Kind, Unique
from osism.lab.netbox.kinds import BY_NAME, BY_TYPE, VIRTUAL, relations
from osism.lab.netbox.represent import display
from osism.lab.netbox.storage import Clause, Row, Store, natural

INTERFACE = BY_NAME["interface"]
CABLE_END = BY_NAME["cable_termination"]
ANYCAST_ROLES = frozenset({"anycast", "vip", "vrrp", "hsrp", "glbp", "carp"})


class Protected(Exception):
    """Other objects depend on the object that was to be deleted."""

    def __init__(self, dependents: Iterable[Row]) -> None:
        names = [f"{display(row)} ({row.id})" for row in dependents]
        message = f"Unable to delete object. {len(names)} dependent objects were found: "
        super().__init__(message + ", ".join(names))


def check(draft: Draft) -> None:
    """Refuse what NetBox refuses about an object as a whole."""
    if draft.kind is INTERFACE:
        _check_vlans(draft)
    errors: dict[str, list[str]] = {}
    for test in (custom_errors, CHECKS.get(draft.kind.name)):
        try:
            if test:
                test(draft)
        except Invalid as error:
            for name, messages in error.errors.items():
                errors.setdefault(name, []).extend(messages)
    if repeated := _repetitions(draft, frozenset(errors)):
        errors.setdefault("__all__", []).extend(repeated)
    if errors:
        raise Invalid(errors)


def save(draft: Draft) -> Row:
    """Store a checked draft and what follows from it."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if draft.kind.has("last_updated"):
        draft.values["last_updated"] = now
        if draft.before is None:
            draft.values["created"] = now
    if draft.kind.has("_name") and draft.values.get("name"):
        draft.values["_name"] = interface_order(draft.values["name"])
    if draft.kind is INTERFACE:
        _settle_vlans(draft)
    if draft.before is None:
        draft.id = draft.store.insert(draft.kind, draft.values)
    else:
        draft.store.update(draft.kind, draft.before.id, draft.values)
    assert draft.id is not None
    for name, targets in draft.links.items():
        draft.store.link(draft.kind, draft.kind.by_name[name], draft.id, targets)
    if follow := FOLLOWS.get(draft.kind.name):
        follow(draft)
    row = draft.store.get(draft.kind, draft.id)
    assert row
    return row


def remove(store: Store, row: Row) -> None:
    """Delete an object and what goes with it, unless something that stays depends on it."""
    dependents = [
        other
        for name, (_, field) in relations(row.kind).items()
        if field.form is Form.REFERENCE and field.gone is Gone.PROTECT
        for other in row.many(name)
    ]
    if dependents:
        raise Protected(dependents)
    if row.kind.name == "cable":
        store.connection.execute("UPDATE interface SET cable_end = '' WHERE cable = ?", (row.id,))
    if row.kind.name == "custom_field":
        for name in row["object_types"]:
            _custom_update(store, name, "json_remove(custom_fields, ?)", f'$."{row["name"]}"')
    store.delete(row.kind, row.id)


def _repetitions(draft: Draft, wrong: frozenset[str]) -> list[str]:
    """NetBox's words for values that another object has; fields that are wrong anyhow are left out."""
    messages = []
    for rule in draft.kind.unique:
        changed = any(name in draft.values for name in rule.fields)
        if changed and not wrong & set(rule.fields) and _repeated(draft, rule):
            alone = rule.alone and draft[rule.fields[-2]] is None
            messages.append(rule.alone if alone else _unique_message(draft.kind, rule))
    return messages


def _unique_message(kind: Kind, rule: Unique) -> str:
    words = {"vid": "VLAN ID"}
    names = [words.get(name, name.replace("_", " ").capitalize()) for name in rule.fields]
    verbose = kind.verbose[0].upper() + kind.verbose[1:]
    return f"{verbose} with this {', '.join(names[:-1])} and {names[-1]} already exists."


def _repeated(draft: Draft, rule: Unique) -> bool:
    """Whether another object has the same values; an empty one equals another only if `alone`."""
    values = [draft[name] for name in rule.fields]
    if values[-1] is None or (None in values and not rule.alone):
        return False
    tests = [f't."{name}" IS ?' for name in rule.fields]
    if rule.fold:
        tests[-1] = f'lower(t."{rule.fields[-1]}") = lower(?)'
    where = Clause(" AND ".join([*tests, "t.id IS NOT ?"]), (*values, draft.id))
    return draft.store.count(draft.kind, where) > 0


# Interfaces


def _check_vlans(draft: Draft) -> None:
    """VLANs must suit the 802.1Q mode; checked before everything else, with all errors at once."""
    mode, errors = draft["mode"], {}
    tagged = draft.links.get("tagged_vlans")
    if tagged is None:
        tagged = [row.id for row in draft.before.many("tagged_vlans")] if draft.before else []
    if mode != "q-in-q" and draft["qinq_svlan"]:
        errors["qinq_svlan"] = ["Interface mode does not support q-in-q service vlan"]
    if not mode and draft["untagged_vlan"]:
        errors["untagged_vlan"] = ["Interface mode does not support untagged vlan"]
    if mode in (None, "", "tagged-all", "access") and tagged:
        errors["tagged_vlans"] = ["Interface mode does not support tagged vlans"]
    if errors:
        raise Invalid(errors)
    device = draft.before.one("device") if draft.before else draft.one("device")
    for number in draft.links.get("tagged_vlans", ()):
        vlan = draft.store.get(BY_NAME["vlan"], number)
        if vlan and device and vlan["site"] not in (device["site"], None):
            raise Invalid.at("tagged_vlans", f"VLAN {display(vlan)} must belong to the same site as the "
                             "interface's parent device, or it must be global.")  # fmt: skip


def _check_interface(draft: Draft) -> None:
    if draft.before and draft["device"] != draft.before["device"]:
        raise Invalid.at("device", "Components cannot be moved to a different device.")
    mac = draft.one("primary_mac_address")
    owner = mac.one("assigned_object") if mac else None
    kind = draft["type"]
    if mac and owner and owner.id != draft.id:
        raise Invalid.at("primary_mac_address", f"MAC address {mac['mac_address']} is assigned to a different "
                         f"interface ({display(owner)}).")  # fmt: skip
    if draft["mark_connected"] and draft["cable"]:
        raise Invalid.at("__all__", "Cannot mark as connected with a cable attached.")
    if draft.id and draft["bridge"] == draft.id:
        raise Invalid.at("bridge", "An interface cannot be bridged to itself.")
    if kind in VIRTUAL:
        if draft["poe_mode"] or draft["poe_type"]:
            name = "mode" if draft["poe_mode"] else "type"
            raise Invalid.at(f"poe_{name}", f"Virtual interfaces cannot have a PoE {name}.")
        if draft["cable"]:
            raise Invalid.at(
                "type", f"{INTERFACE_TYPE[kind]} interfaces cannot have a cable attached."
            )
        if draft["mark_connected"]:
            raise Invalid.at(
                "mark_connected",
                f"{INTERFACE_TYPE[kind]} interfaces cannot be marked as connected.",
            )
    if draft["poe_type"] and not draft["poe_mode"]:
        raise Invalid.at("poe_type", "Must specify PoE mode when designating a PoE type.")
    _check_relatives(draft)
    vlan, device = draft.one("untagged_vlan"), draft.one("device")
    if vlan and device and vlan["site"] not in (device["site"], None):
        raise Invalid.at("untagged_vlan", f"The untagged VLAN ({display(vlan)}) must belong to the same site as "
                         "the interface's parent device, or it must be global.")  # fmt: skip


def _check_relatives(draft: Draft) -> None:
    """Parent, bridge and LAG: of the same device, of a fitting type, not the interface itself."""
    if draft.id and draft["parent"] == draft.id:
        raise Invalid.at("parent", "An interface cannot be its own parent.")
    if draft["parent"] and draft["type"] != "virtual":
        raise Invalid.at("parent", "Only virtual interfaces may be assigned to a parent interface.")
    if draft["lag"] and draft["type"] == "virtual":
        raise Invalid.at("lag", "Virtual interfaces cannot have a parent LAG interface.")
    if draft.id and draft["lag"] == draft.id:
        raise Invalid.at("lag", "A LAG interface cannot be its own parent.")
    for name, word in (("parent", "parent"), ("bridge", "bridge"), ("lag", "LAG")):
        other = draft.one(name)
        if other and other["device"] != draft["device"]:
            device = other.one("device")
            dot = "" if name == "parent" else "."
            raise Invalid.at(name, f"The selected {word} interface ({display(other)}) belongs to a different "
                             f"device ({device and display(device)}){dot}")  # fmt: skip


def _settle_vlans(draft: Draft) -> None:
    if not draft["mode"]:
        draft.values["untagged_vlan"] = None
    if draft.before is not None and draft["mode"] != "tagged":
        draft.links["tagged_vlans"] = []


def _own_mac(draft: Draft) -> None:
    """A new interface takes the MAC address that it names as its primary one."""
    if draft.before is None and draft["primary_mac_address"]:
        values = {"assigned_object_type": "dcim.interface", "assigned_object_id": draft.id}
        draft.store.update(BY_NAME["mac_address"], draft["primary_mac_address"], values)


PARTS = (r"^(?P<type>[^\d.:]+)?(?:(?P<slot>\d+)/)?(?:(?P<subslot>\d+)/)?(?:(?P<position>\d+)/)?"
         r"(?:(?P<subposition>\d+)/)?(?P<id>\d+)?(?::(?P<channel>\d+))?(?:\.(?P<vc>\d+))?(?P<rest>.*)$")  # fmt: skip


def interface_order(name: str) -> str:
    """The text by which NetBox sorts interfaces: slots first, then the type, then numbers."""
    found = re.match(PARTS, name)
    if not found:
        return name
    slots = "".join(
        (found[part] or "9999").rjust(4, "0")
        for part in ("slot", "subslot", "position", "subposition")
    )
    numbers = "".join(
        found[part].rjust(6, "0") if found[part] else "......" for part in ("id", "channel", "vc")
    )
    return (slots + (found["type"] or "") + numbers + str(natural(found["rest"])))[:100]


# Cables


def _check_cable(draft: Draft) -> None:
    if draft["length"] is not None and not draft["length_unit"]:
        raise Invalid.at("__all__", "Must specify a unit when setting a cable length")
    if draft.before is None and not (draft.ends.get("A") and draft.ends.get("B")):
        raise Invalid.at("__all__", "Must define A and B terminations when creating a new cable.")
    ends = {side: draft.ends.get(side, _ends(draft.before, side)) for side in "AB"}
    if {row.id for row in ends["A"]} & {row.id for row in ends["B"]}:
        raise Invalid.at("__all__", "A and B terminations cannot connect to the same object.")
    for row in (*draft.ends.get("A", ()), *draft.ends.get("B", ())):
        device = row.one("device")
        if row["mark_connected"]:
            raise Invalid.at("__all__", f"Cannot connect a cable to {device and display(device)} > {display(row)} "
                             "because it is marked as connected.")  # fmt: skip
        if row["cable"] and row["cable"] != draft.id:
            raise Invalid.at("__all__", f"Duplicate termination found for dcim.interface {row.id}: "
                             f"cable {row['cable']}")  # fmt: skip
        if row["type"] in VIRTUAL:
            label = INTERFACE_TYPE[row["type"]]
            raise Invalid.at("__all__", f"Cables cannot be terminated to {label} interfaces")


def _ends(cable: Row | None, side: str) -> list[Row]:
    rows = cable.many("terminations") if cable else []
    return [end for row in rows if row["cable_end"] == side and (end := row.one("termination"))]


def _connect(draft: Draft) -> None:
    """Make the terminations those that the cable was given, and tell the interfaces."""
    for side, rows in draft.ends.items():
        gone = {row.id for row in _ends(draft.before, side)} - {row.id for row in rows}
        for number in gone:
            draft.store.connection.execute(
                "DELETE FROM cable_termination WHERE cable = ? AND termination_id = ?",
                (draft.id, number),
            )
            draft.store.update(INTERFACE, number, {"cable": None, "cable_end": ""})
    for side, rows in draft.ends.items():
        for row in rows:
            if row["cable"] != draft.id or row["cable_end"] != side:
                times = {name: draft.values["last_updated"] for name in ("created", "last_updated")}
                draft.store.insert(CABLE_END, {"cable": draft.id, "cable_end": side, "termination_type":
                                   "dcim.interface", "termination_id": row.id, **times})  # fmt: skip
                draft.store.update(INTERFACE, row.id, {"cable": draft.id, "cable_end": side})


# Devices


def _check_device(draft: Draft) -> None:
    site, rack, location = draft.one("site"), draft.one("rack"), draft.one("location")
    for name, other in (("rack", rack), ("location", location)):
        if other and site and other["site"] != site.id:
            raise Invalid.at(
                name,
                f"{name.capitalize()} {display(other)} does not belong to site {display(site)}.",
            )
    if rack and location and rack["location"] != location.id:
        raise Invalid.at(
            "rack", f"Rack {display(rack)} does not belong to location {display(location)}."
        )
    if not rack and draft["face"]:
        raise Invalid.at("face", "Cannot select a rack face without assigning a rack.")
    if not rack and draft["position"]:
        raise Invalid.at("position", "Cannot select a rack position without assigning a rack.")
    if draft["position"] and not draft["face"]:
        raise Invalid.at("face", "Must specify rack face when defining rack position.")
    if rack and draft["position"]:
        _check_position(draft, rack)
    for name, version in (("primary_ip4", 4), ("primary_ip6", 6), ("oob_ip", 0)):
        address = draft.one(name)
        if address and version and ipaddress.ip_interface(address["address"]).version != version:
            raise Invalid.at(name, f"{address['address']} is not an IPv{version} address.")
        if address and not _belongs(address, draft.id):
            raise Invalid.at(
                name,
                f"The specified IP address ({address['address']}) is not assigned to this device.",
            )


def _belongs(address: Row, device: int | None) -> bool:
    inside = address.one("nat_inside")
    owners = [row.one("assigned_object") for row in (address, inside) if row]
    return any(owner["device"] == device for owner in owners if owner)


def _check_position(draft: Draft, rack: Row) -> None:
    kind = draft.one("device_type")
    assert kind
    if kind["u_height"] == 0:
        raise Invalid.at(
            "position", f"A 0U device type ({display(kind)}) cannot be assigned to a rack position."
        )
    bottom, top = draft["position"], draft["position"] + kind["u_height"]
    free = rack["starting_unit"] <= bottom and top <= rack["starting_unit"] + rack["u_height"]
    for row in rack.many("devices"):
        other = row.one("device_type")
        if row.id == draft.id or row["position"] is None or other is None:
            continue
        full = kind["is_full_depth"] or other["is_full_depth"] or row["face"] == draft["face"]
        free = free and not (
            full and row["position"] < top and bottom < row["position"] + other["u_height"]
        )
    if not free:
        raise Invalid.at("position", f"U{bottom} is already occupied or does not have sufficient space to "
                         f"accommodate this device type: {display(kind)} ({kind['u_height']}U)")  # fmt: skip


def _furnish(draft: Draft) -> None:
    """A new device gets the interfaces that its device type lists."""
    kind = draft.one("device_type")
    if draft.before is not None or kind is None:
        return
    data = default_data(draft.store, INTERFACE)
    copied = (
        "name",
        "_name",
        "label",
        "type",
        "enabled",
        "mgmt_only",
        "description",
        "poe_mode",
        "poe_type",
        "rf_role",
    )
    made: dict[int, int] = {}
    for row in kind.many("interfacetemplates"):
        values = {
            field.name: field.default
            for field in INTERFACE.fields
            if field.form.stored and not field.readonly
        }
        values.update({name: row[name] for name in copied}, device=draft.id, custom_fields=data,
                      created=draft.values["created"], last_updated=draft.values["last_updated"])  # fmt: skip
        made[row.id] = draft.store.insert(INTERFACE, values)
    for row in kind.many("interfacetemplates"):
        if row["bridge"] in made:
            draft.store.update(INTERFACE, made[row.id], {"bridge": made[row["bridge"]]})


# Addresses, VLANs, custom fields


def _check_mac(draft: Draft) -> None:
    owner = draft.before.one("assigned_object") if draft.before else None
    if (
        owner
        and owner["primary_mac_address"] == draft.id
        and draft["assigned_object_id"] != owner.id
    ):
        word = "reassign" if draft["assigned_object_id"] else "unassign"
        raise Invalid.at(
            "__all__",
            f"Cannot {word} MAC Address while it is designated as the primary MAC for an object",
        )


def _check_address(draft: Draft) -> None:
    address = ipaddress.ip_interface(draft["address"])
    network = address.network
    if network.prefixlen == 0:
        raise Invalid.at("address", "Cannot create IP address with /0 mask.")
    wide = network.prefixlen < network.max_prefixlen - 1
    if draft["assigned_object_id"] and wide and address.ip == network.network_address:
        raise Invalid.at(
            "__all__", f"{address.ip} is a network ID, which may not be assigned to an interface."
        )
    if (
        draft["assigned_object_id"]
        and wide
        and address.version == 4
        and address.ip == network.broadcast_address
    ):
        raise Invalid.at(
            "__all__",
            f"{address.ip} is a broadcast address, which may not be assigned to an interface.",
        )
    vrf = draft.one("vrf")
    same = Clause(
        "t.address LIKE ? AND t.vrf IS ? AND t.id IS NOT ?",
        (f"{address.ip}/%", draft["vrf"], draft.id),
    )
    twins = draft.store.select(draft.kind, same).rows if not vrf or vrf["enforce_unique"] else []
    if twins and any(
        role not in ANYCAST_ROLES for role in (draft["role"], *(row["role"] for row in twins))
    ):
        table = f"VRF {display(vrf)}" if vrf else "global table"
        raise Invalid.at("address", f"Duplicate IP address found in {table}: {twins[0]['address']}")
    _check_primary(draft, address.version)
    if draft["status"] == "slaac" and address.version != 6:
        raise Invalid.at("status", "Only IPv6 addresses can be assigned SLAAC status")


def _check_primary(draft: Draft, version: int) -> None:
    """The primary address of a device may not be moved off the device."""
    owner = draft.before.one("assigned_object") if draft.before else None
    device = owner.one("device") if owner else None
    if device is None or device[f"primary_ip{version}"] != draft.id:
        return
    number = draft["assigned_object_id"]
    target = draft.store.get(INTERFACE, number) if number else None
    if target is None or target["device"] != device.id:
        raise Invalid.at("__all__", "Cannot reassign IP address while it is designated as the primary IP for the "
                         "parent object")  # fmt: skip


def _check_vlan(draft: Draft) -> None:
    group = draft.one("group")
    if group and not any(low <= draft["vid"] <= high for low, high in group["vid_ranges"]):
        ranges = ", ".join(f"{low}-{high}" for low, high in group["vid_ranges"])
        raise Invalid.at(
            "vid", f"VID must be in ranges {ranges} for VLANs in group {display(group)}"
        )


def _check_custom_field(draft: Draft) -> None:
    select = draft["type"] in ("select", "multiselect")
    if "__" in draft["name"]:
        raise Invalid.at("name", "Double underscores are not permitted in custom field names.")
    if select and not draft["choice_set"]:
        raise Invalid.at("choice_set", "Selection fields must specify a set of choices.")
    default = draft["default"]
    if default is not None and (wrong := custom_problem(draft, default)):
        raise Invalid.at("default", f'Invalid default value "{default}": {wrong}')
    if draft["choice_set"] and not select:
        raise Invalid.at("choice_set", "Choices may be set only on selection fields.")


def _spread(draft: Draft) -> None:
    """Objects have a custom field as soon as it exists, with its default, and no longer than it does."""
    before = draft.before["object_types"] if draft.before else []
    name, path = draft["name"], f'$."{draft["name"]}"'
    if draft.before and draft.before["name"] != name:
        old = f'$."{draft.before["name"]}"'
        for other in before:
            _custom_update(draft.store, other, "json_remove(json_set(custom_fields, ?, json_extract(custom_fields, ?)), ?)",
                           path, old, old)  # fmt: skip
    for other in set(draft["object_types"]) - set(before):
        _custom_update(
            draft.store,
            other,
            "json_set(custom_fields, ?, json(?))",
            path,
            json.dumps(draft["default"]),
        )
    for other in set(before) - set(draft["object_types"]):
        _custom_update(draft.store, other, "json_remove(custom_fields, ?)", path)


def _custom_update(store: Store, object_type: str, expression: str, *values: Any) -> None:
    kind = BY_TYPE.get(object_type)
    if kind and kind.has("custom_fields"):
        store.connection.execute(f'UPDATE "{kind.name}" SET custom_fields = {expression}', values)


CHECKS: dict[str, Callable[[Draft], None]] = {
    "interface": _check_interface, "cable": _check_cable, "device": _check_device,
    "mac_address": _check_mac, "ip_address": _check_address, "vlan": _check_vlan,
    "custom_field": _check_custom_field,
}  # fmt: skip
FOLLOWS: dict[str, Callable[[Draft], None]] = {
    "interface": _own_mac, "cable": _connect, "device": _furnish, "custom_field": _spread,
}  # fmt: skip


def remove_all(store: Store, rows: Iterable[Row]) -> None:
    """Delete objects one after the other, interfaces with a parent before those without.

    What an earlier one took with it is gone already.
    """
    for row in sorted(rows, key=lambda row: row.kind is INTERFACE and row["parent"] is None):
        if current := store.get(row.kind, row.id):
            remove(store, current)
