"""The rules of interfaces, of the cables between them and of their MAC addresses."""

from __future__ import annotations

import re

from osism.lab.netbox.accept import Draft
from osism.lab.netbox.dcim import CABLE_TERMINATION, INTERFACE, MAC_ADDRESS, VIRTUAL
from osism.lab.netbox.errors import Invalid
from osism.lab.netbox.functions import natural
from osism.lab.netbox.hardware import INTERFACE_TYPE
from osism.lab.netbox.ipam import VLAN
from osism.lab.netbox.represent import display, ends
from osism.lab.netbox.storage import Row

SAME_SITE = "must belong to the same site as the interface's parent device, or it must be global."


def check_vlans(draft: Draft) -> None:
    """VLANs must suit the 802.1Q mode and the site of the device."""
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
    for number in draft.links.get("tagged_vlans", ()):
        vlan = draft.store.get(VLAN, number)
        if vlan and _elsewhere(vlan, draft):
            raise Invalid.at("tagged_vlans", f"VLAN {display(vlan)} {SAME_SITE}")


def _elsewhere(vlan: Row, draft: Draft) -> bool:
    device = draft.one("device")
    return device is not None and vlan["site"] not in (device["site"], None)


def check(draft: Draft) -> None:
    if draft.before and draft["device"] != draft.before["device"]:
        raise Invalid.at("device", "Components cannot be moved to a different device.")
    mac = draft.one("primary_mac_address")
    owner = mac.one("assigned_object") if mac else None
    if mac and owner and owner.id != draft.id:
        where = f"is assigned to a different interface ({display(owner)})."
        raise Invalid.at("primary_mac_address", f"MAC address {display(mac)} {where}")
    if draft["mark_connected"] and draft["cable"]:
        raise Invalid.whole("Cannot mark as connected with a cable attached.")
    _check_hardware(draft)
    _check_relatives(draft)
    vlan = draft.one("untagged_vlan")
    if vlan and _elsewhere(vlan, draft):
        raise Invalid.at("untagged_vlan", f"The untagged VLAN ({display(vlan)}) {SAME_SITE}")


def _check_hardware(draft: Draft) -> None:
    """What only a real port, or only a wireless one, can have."""
    kind = draft["type"]
    if kind in VIRTUAL:
        label = INTERFACE_TYPE[kind]
        for name in ("mode", "type"):
            if draft[f"poe_{name}"]:
                raise Invalid.at(f"poe_{name}", f"Virtual interfaces cannot have a PoE {name}.")
        if draft["cable"]:
            raise Invalid.at("type", f"{label} interfaces cannot have a cable attached.")
        if draft["mark_connected"]:
            message = f"{label} interfaces cannot be marked as connected."
            raise Invalid.at("mark_connected", message)
    if draft["poe_type"] and not draft["poe_mode"]:
        raise Invalid.at("poe_type", "Must specify PoE mode when designating a PoE type.")
    for name, word in (("rf_role", "Wireless role"), ("rf_channel", "Channel")):
        if draft[name] and not kind.startswith(("ieee802.1", "other-wireless")):
            raise Invalid.at(name, f"{word} may be set only on wireless interfaces.")


def _check_relatives(draft: Draft) -> None:
    """Parent, bridge and LAG: of the same device, of a fitting type, not the interface itself."""
    own = [name for name in ("bridge", "parent", "lag") if draft.id and draft[name] == draft.id]
    if "bridge" in own:
        raise Invalid.at("bridge", "An interface cannot be bridged to itself.")
    if "parent" in own:
        raise Invalid.at("parent", "An interface cannot be its own parent.")
    if draft["parent"] and draft["type"] != "virtual":
        message = "Only virtual interfaces may be assigned to a parent interface."
        raise Invalid.at("parent", message)
    if draft["lag"] and draft["type"] == "virtual":
        raise Invalid.at("lag", "Virtual interfaces cannot have a parent LAG interface.")
    if "lag" in own:
        raise Invalid.at("lag", "A LAG interface cannot be its own parent.")
    for name, word, dot in (
        ("parent", "parent", ""),
        ("bridge", "bridge", "."),
        ("lag", "LAG", "."),
    ):
        other = draft.one(name)
        device = other.one("device") if other else None
        if other and device and device.id != draft["device"]:
            where = f"belongs to a different device ({display(device)}){dot}"
            raise Invalid.at(name, f"The selected {word} interface ({display(other)}) {where}")


def settle(draft: Draft) -> None:
    """Before an interface is stored: no VLANs that its mode does not know."""
    name_for_order(draft)
    if not draft["mode"]:
        draft.values["untagged_vlan"] = None
    if draft.before is not None and draft["mode"] != "tagged":
        draft.links["tagged_vlans"] = []


def take_mac_address(draft: Draft) -> None:
    """A new interface takes the MAC address that it names as its primary one."""
    if draft.before is None and draft["primary_mac_address"]:
        values = {"assigned_object_type": INTERFACE.object_type, "assigned_object_id": draft.id}
        draft.store.update(MAC_ADDRESS, draft["primary_mac_address"], values)


def check_mac_address(draft: Draft) -> None:
    owner = draft.before.one("assigned_object") if draft.before else None
    primary = owner is not None and owner["primary_mac_address"] == draft.id
    if owner and primary and draft["assigned_object_id"] != owner.id:
        word = "reassign" if draft["assigned_object_id"] else "unassign"
        why = "while it is designated as the primary MAC for an object"
        raise Invalid.whole(f"Cannot {word} MAC Address {why}")


SLOTS = ("slot", "subslot", "position", "subposition")
PARTS = re.compile(
    r"(?P<type>[^\d.:]+)?"
    + "".join(rf"((?P<{slot}>\d+)/)?" for slot in SLOTS)
    + r"(?P<id>\d+)?(:(?P<channel>\d+))?(\.(?P<vc>\d+))?(?P<rest>.*)"
)


def name_for_order(draft: Draft) -> None:
    """The text by which NetBox sorts interfaces: slots first, then the type, then numbers."""
    found = PARTS.match(draft["name"])
    if found and "name" in draft.values:
        slots = "".join((found[slot] or "9999").rjust(4, "0") for slot in SLOTS)
        numbers = [found[part] for part in ("id", "channel", "vc")]
        tail = "".join(part.rjust(6, "0") if part else "......" for part in numbers)
        name = slots + (found["type"] or "") + tail + str(natural(found["rest"]))
        draft.values["_name"] = name[:100]


def check_cable(draft: Draft) -> None:
    if draft["length"] is not None and not draft["length_unit"]:
        raise Invalid.whole("Must specify a unit when setting a cable length")
    if draft.before is None and not (draft.ends.get("A") and draft.ends.get("B")):
        raise Invalid.whole("Must define A and B terminations when creating a new cable.")
    both = [{row.id for row in draft.ends.get(side, ends(draft.before, side))} for side in "AB"]
    if both[0] & both[1]:
        raise Invalid.whole("A and B terminations cannot connect to the same object.")
    for row in (row for side in "AB" for row in draft.ends.get(side, ())):
        device = row.one("device")
        if row["mark_connected"] and device:
            what = f"{display(device)} > {display(row)}"
            raise Invalid.whole(
                f"Cannot connect a cable to {what} because it is marked as connected."
            )
        if row["cable"] not in (None, draft.id):
            what = f"dcim.interface {row.id}: cable {row['cable']}"
            raise Invalid.whole(f"Duplicate termination found for {what}")
        if row["type"] in VIRTUAL:
            label = INTERFACE_TYPE[row["type"]]
            raise Invalid.whole(f"Cables cannot be terminated to {label} interfaces")


def connect(draft: Draft) -> None:
    """Make the terminations those that the cable was given, and tell the interfaces."""
    store, now = draft.store, draft.values["last_updated"]
    for side, rows in draft.ends.items():
        for row in ends(draft.before, side):
            if row.id not in {kept.id for kept in rows}:
                sql = "DELETE FROM cable_termination WHERE cable = ? AND termination_id = ?"
                store.connection.execute(sql, (draft.id, row.id))
                store.update(INTERFACE, row.id, {"cable": None, "cable_end": ""})
    for side, rows in draft.ends.items():
        for row in rows:
            if (row["cable"], row["cable_end"]) != (draft.id, side):
                end = {"cable": draft.id, "cable_end": side}
                target = {"termination_type": INTERFACE.object_type, "termination_id": row.id}
                times = {"created": now, "last_updated": now}
                store.insert(CABLE_TERMINATION, {**end, **target, **times})
                store.update(INTERFACE, row.id, end)


def disconnect(cable: Row) -> None:
    """A cable that goes leaves its ends free, not as if they never had one."""
    for side in "AB":
        for row in ends(cable, side):
            cable.batch.store.update(INTERFACE, row.id, {"cable": None, "cable_end": ""})
