"""The filters that no field describes: what NetBox works out for a question."""
# ruff: noqa: S608 - nothing from outside is part of a statement

from __future__ import annotations

from collections.abc import Callable

from osism.lab.netbox.dcim import VIRTUAL
from osism.lab.netbox.storage import ALWAYS, Clause
from osism.lab.netbox.texts import truth

Special = Callable[[list[str]], Clause]


def _yes(sql: str) -> Special:
    """A filter that asks whether something is so."""

    def clause(values: list[str]) -> Clause:
        wanted = truth(values[-1])
        if wanted is None:
            return ALWAYS
        return Clause(sql) if wanted else Clause(sql).negated()

    return clause


def _each(sql: str) -> Special:
    """A filter that any of its values may pass."""
    return lambda values: Clause.any_of(sql, values)


def _kinds(values: list[str]) -> Clause:
    virtual = ", ".join(f"'{name}'" for name in sorted(VIRTUAL))
    wireless = "t.type LIKE 'ieee802.1%' OR t.type LIKE 'other-wireless%'"
    return {
        "physical": Clause(f"NOT (t.type IN ({virtual}) OR {wireless})"),
        "virtual": Clause(f"t.type IN ({virtual})"),
        "wireless": Clause(wireless),
    }.get(values[-1], Clause("0"))


def _addresses(values: list[str]) -> Clause:
    """An address with its mask, or any mask if none is given."""
    masked = [value for value in values if "/" in value]
    hosts = [f"{value}/%" for value in values if "/" not in value]
    exact = Clause.any_of("lower(t.address) = lower(?)", masked)
    return Clause.all_of([exact, Clause.any_of("t.address LIKE ?", hosts)], "OR")


PEERS = (
    "t.cable IN (SELECT near.cable FROM cable_termination near JOIN cable_termination far "
    "ON far.cable = near.cable AND far.cable_end <> near.cable_end)"
)
TAGGED = '"interface.tagged_vlans"'
VID = "SELECT id FROM vlan WHERE vid = ?1"
MASK = "substr(t.{0}, instr(t.{0}, '/') + 1) = ?"
HOST = "substr(t.address, 1, instr(t.address, '/') - 1)"
END = "t.id IN (SELECT cable FROM cable_termination WHERE cable_end = '{0}' AND {1} = ?)"

SPECIALS: dict[str, Special] = {
    "device.has_primary_ip": _yes("t.primary_ip4 IS NOT NULL OR t.primary_ip6 IS NOT NULL"),
    "device.has_oob_ip": _yes("t.oob_ip IS NOT NULL"),
    "interface.cabled": _yes("t.cable IS NOT NULL"),
    "interface.connected": _yes(PEERS),
    "interface.occupied": _yes("t.cable IS NOT NULL OR t.mark_connected"),
    "interface.kind": _kinds,
    "interface.vlan_id": _each(
        f"t.untagged_vlan = ?1 OR t.id IN (SELECT source FROM {TAGGED} WHERE target = ?1)"
    ),
    "interface.vlan": _each(
        f"t.untagged_vlan IN ({VID}) OR "
        f"t.id IN (SELECT source FROM {TAGGED} WHERE target IN ({VID}))"
    ),
    "vlan.interface_id": _each(
        "t.id IN (SELECT untagged_vlan FROM interface WHERE id = ?1) OR "
        f"t.id IN (SELECT target FROM {TAGGED} WHERE source = ?1)"
    ),
    "vlan.available_at_site": _each("t.site IS NULL OR t.site = ?"),
    "vlan.available_on_device": _each(
        "t.site IS NULL OR t.site IN (SELECT site FROM device WHERE id = ?)"
    ),
    "ip_address.address": _addresses,
    "ip_address.parent": _each(f"in_network({HOST}, ?)"),
    "ip_address.family": _each("family(t.address) = CAST(? AS INTEGER)"),
    "ip_address.mask_length": _each(MASK.format("address")),
    "ip_address.assigned": _yes("t.assigned_object_id IS NOT NULL"),
    "ip_address.assigned_to_interface": _yes("t.assigned_object_id IS NOT NULL"),
    "mac_address.assigned": _yes("t.assigned_object_id IS NOT NULL"),
    "mac_address.primary": _yes("t.id IN (SELECT primary_mac_address FROM interface)"),
    "prefix.family": _each("family(t.prefix) = CAST(? AS INTEGER)"),
    "prefix.mask_length": _each(MASK.format("prefix")),
    "prefix.contains": _each("in_network(?, t.prefix)"),
    "prefix.within": _each("in_network(t.prefix, ?1) AND t.prefix <> ?1"),
    "prefix.within_include": _each("in_network(t.prefix, ?)"),
    "cable.interface_id": _each("t.id IN (SELECT cable FROM interface WHERE id = ?)"),
    "cable.termination_a_id": _each(END.format("A", "termination_id")),
    "cable.termination_b_id": _each(END.format("B", "termination_id")),
    "cable.termination_a_type": _each(END.format("A", "termination_type")),
    "cable.termination_b_type": _each(END.format("B", "termination_type")),
    "cable.unterminated": _yes(
        "(SELECT count(DISTINCT cable_end) FROM cable_termination WHERE cable = t.id) < 2"
    ),
    "custom_field.object_type": _each(
        "EXISTS (SELECT 1 FROM json_each(t.object_types) WHERE value = ?)"
    ),
}
