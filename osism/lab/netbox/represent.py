"""Rows as NetBox's REST API shows them: in full, brief, or nested.

What a field's form does not say by itself (link peers, counts over kinds, displays) is a function
here, found by kind and field.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any

from osism.lab.netbox.choices import Choices
from osism.lab.netbox.contexts import config_context
from osism.lab.netbox.fields import Field, Form, Kind
from osism.lab.netbox.functions import interface
from osism.lab.netbox.kinds import KINDS
from osism.lab.netbox.storage import Clause, Row, Store

Shown = dict[str, Any]

NESTED = {
    "interface": ("device", "name", "cable", "_occupied"),
    "device": ("name",),
    "vlan": ("vid", "name"),
    "ip_address": ("family", "address"),
    "tag": ("name", "slug", "color"),
    "interface_template": ("name",),
}
PAGES = {"extras/custom-field-choice-sets": "extras/custom-field-choices"}
DATA_TYPES = {
    "integer": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "json": "object",
    "object": "object",
    "multiselect": "array",
    "multiobject": "array",
}


class Show:
    """Shows rows for one request; what is shown twice is made once."""

    def __init__(self, store: Store, base: str) -> None:
        self.store = store
        self.base = base
        self._made: dict[tuple[str, str, int], Shown] = {}
        self._custom_fields: dict[str, list[str]] = {}

    def full(self, row: Row, only: Collection[str] | None = None, new: bool = False) -> Shown:
        """Every field, or only those named. The answer to a creation comes without counts."""
        shown: Shown = {"id": row.id}
        for field in row.kind.fields:
            if field.hidden or (new and field.name in per_query(row.kind)):
                continue
            if field.form is Form.GENERIC:
                shown |= {name: row[name] for name in field.columns}
                shown[field.name] = self._object(row.one(field.name), "brief")
            elif only is None or field.name in only:
                shown[field.name] = self.value(row, field)
        return shown if only is None else {name: shown[name] for name in shown if name in only}

    def brief(self, row: Row) -> Shown:
        key = ("brief", row.kind.name, row.id)
        if key not in self._made:
            made: Shown = {"id": row.id, "url": _url(row, self), "display": display(row)}
            fields = (row.kind.by_name[name] for name in row.kind.brief)
            made |= {f.name: self.value(row, f) for f in fields if f.form is not Form.COUNT}
            self._made[key] = made
        return self._made[key]

    def nested(self, row: Row) -> Shown:
        """The older short form, which some fields still use."""
        key = ("nested", row.kind.name, row.id)
        if key not in self._made:
            made: Shown = {"id": row.id, "url": _url(row, self), "display_url": _page(row, self)}
            made["display"] = display(row)
            for name in NESTED.get(row.kind.name, ("name", "slug", "_depth")):
                if name == "family":
                    made[name] = interface(row["address"]).version
                elif name == "device":
                    made[name] = self._object(row.one(name), "nested")
                elif name == "cable":
                    made[name] = row[name]
                else:
                    made[name] = self.value(row, row.kind.by_name[name])
            self._made[key] = made
        return self._made[key]

    def _object(self, row: Row | None, form: str) -> Any:
        if row is None:
            return None
        match form:
            case "id":
                return row.id
            case "key":
                return row[row.kind.handle]
            case "nested":
                return self.nested(row)
        return self.brief(row)

    def value(self, row: Row, field: Field) -> Any:
        name = field.name
        match field.form:
            case Form.CHOICE if field.form_of == "brief":
                return labelled(row[name], field.choices)
            case Form.REFERENCE:
                return self._object(row.one(name), field.form_of)
            case Form.MANY:
                return [self._object(one, field.form_of) for one in row.many(name)]
            case Form.COUNT:
                return counted(row, field.back)
            case Form.FIXED:
                return field.default
            case Form.COMPUTED:
                return (COMPUTED.get(f"{row.kind.name}.{name}") or COMPUTED[name])(row, self)
        if name == "custom_fields":
            return {one: row[name].get(one) for one in self._custom_field_names(row.kind)}
        return row[name]

    def _custom_field_names(self, kind: Kind) -> list[str]:
        if kind.name not in self._custom_fields:
            names = [row["name"] for row in self.store.custom_fields(kind)]
            self._custom_fields[kind.name] = names
        return self._custom_fields[kind.name]


@functools.cache
def per_query(kind: Kind) -> frozenset[str]:
    """What NetBox works out per query, and so leaves out of the answer to a creation."""
    if kind.name in ("device", "interface", "location", "device_role", "platform"):
        return frozenset()
    counts = {field.name for field in kind.fields if field.form is Form.COUNT}
    templates = {name for name in counts if name.endswith("_template_count")}
    return frozenset((counts - templates) | {"tagged_items", "utilization"})


def labelled(value: Any, choices: Choices | None) -> Shown | None:
    if value in (None, ""):
        return None
    return {"value": value, "label": (choices or {}).get(value, "")}


def counted(row: Row, relation: str) -> int:
    return row.batch.counts(relation).get(row.id, 0) if relation else 0


def display(row: Row) -> str:
    """What NetBox calls an object in a sentence."""
    match row.kind.name:
        case "device" if row["name"] is None:
            made = row.one("device_type")
            maker = made and made.one("manufacturer")
            return f"{maker and maker['name']} {made and made['model']} ({row.id})"
        case "vlan":
            return f"{row['name']} ({row['vid']})"
        case "vrf" | "rack" | "interface" | "interface_template":
            more = row[{"vrf": "rd", "rack": "facility_id"}.get(row.kind.name, "label")]
            return f"{row['name']} ({more})" if more else str(row["name"])
        case "cable":
            return row["label"] or f"#{row.id}"
        case "cable_termination":
            cable, end = row.one("cable"), row.one("termination")
            return f"Cable {cable and display(cable)} to {end and display(end)}"
        case "custom_field":
            return row["label"] or str(row["name"]).replace("_", " ").capitalize()
    return str(row[row.kind.title])


def ends(cable: Row | None, side: str) -> list[Row]:
    """What is at one side of a cable."""
    rows = cable.many("terminations") if cable else []
    return [far for end in rows if end["cable_end"] == side and (far := end.one("termination"))]


def peers(row: Row) -> list[Row]:
    """The other ends of the cable of an interface."""
    return ends(row.one("cable"), "B" if row["cable_end"] == "A" else "A")


def family(row: Row) -> Shown:
    version = interface(row[row.kind.title]).version
    return {"value": version, "label": f"IPv{version}"}


def _url(row: Row, show: Show) -> str:
    return f"{show.base}/api/{row.kind.endpoint}/{row.id}/"


def _page(row: Row, show: Show) -> str:
    return f"{show.base}/{PAGES.get(row.kind.endpoint, row.kind.endpoint)}/{row.id}/"


def _depth(row: Row, show: Show) -> int:
    parent = row.one("parent")
    return 1 + _depth(parent, show) if parent else 0


def _type_of(rows: list[Row]) -> str | None:
    return rows[0].kind.object_type if rows else None


def _briefs(relation: str) -> Callable[[Row, Show], list[Shown]]:
    return lambda row, show: [show.brief(one) for one in row.many(relation)]


def _nesteds(relation: str) -> Callable[[Row, Show], list[Shown]]:
    return lambda row, show: [show.nested(one) for one in row.many(relation)]


def _terminations(side: str) -> Callable[[Row, Show], list[Shown]]:
    return lambda row, show: [
        {"object_type": end.kind.object_type, "object_id": end.id, "object": show.brief(end)}
        for end in ends(row, side)
    ]


def _tagged(row: Row, show: Show) -> int:
    def count(store: Store) -> dict[int, int]:
        links = (f'SELECT target FROM "{k.name}.tags"' for k in KINDS if k.has("custom_fields"))  # noqa: S608
        where = Clause.within("target", (one.id for one in row.batch.rows))
        sql = f"SELECT target, count(*) FROM ({' UNION ALL '.join(links)}) WHERE {where.sql}"  # noqa: S608
        return dict(store.query(f"{sql} GROUP BY target", where.values))

    return row.batch.cached("tagged", count).get(row.id, 0)


def _reachable(row: Row, show: Show) -> bool | None:
    cable = row.one("cable")
    return None if cable is None else bool(cable["status"] == "connected" and peers(row))


def _primary_ip(row: Row, show: Show) -> Shown | None:
    found = row.one("primary_ip6") or row.one("primary_ip4")
    return show.brief(found) if found else None


def _mac_address(row: Row, show: Show) -> str | None:
    found = row.one("primary_mac_address")
    return found["mac_address"] if found else None


def _channel(part: int) -> Callable[[Row, Show], float | None]:
    """The frequency or the width of a wireless channel: the last parts of its name."""
    return lambda row, show: (
        float(row["rf_channel"].split("-")[part]) if row["rf_channel"] else None
    )


def _utilization(row: Row, show: Show) -> str:
    total = sum(high - low + 1 for low, high in row["vid_ranges"])
    return f"{counted(row, 'vlans') / total * 100:.2f}"


COMPUTED: dict[str, Callable[[Row, Show], Any]] = {
    "url": _url,
    "display_url": _page,
    "display": lambda row, show: display(row),
    "_depth": _depth,
    "family": lambda row, show: family(row),
    "device.primary_ip": _primary_ip,
    "device.config_context": lambda row, show: config_context(row),
    "interface.bridge_interfaces": _nesteds("bridge_interfaces"),
    "interface.mac_address": _mac_address,
    "interface.mac_addresses": _briefs("mac_addresses"),
    "interface.rf_channel_frequency": _channel(2),
    "interface.rf_channel_width": _channel(3),
    "interface.link_peers": lambda row, show: [show.brief(peer) for peer in peers(row)],
    "interface.link_peers_type": lambda row, show: _type_of(peers(row)),
    "interface.connected_endpoints": lambda row, show: [show.brief(p) for p in peers(row)] or None,
    "interface.connected_endpoints_type": lambda row, show: _type_of(peers(row)),
    "interface.connected_endpoints_reachable": _reachable,
    "interface._occupied": lambda row, show: bool(row["cable"] or row["mark_connected"]),
    "cable.a_terminations": _terminations("A"),
    "cable.b_terminations": _terminations("B"),
    "ip_address.nat_outside": _nesteds("nat_outside"),
    "vlan_group.utilization": _utilization,
    "tag.tagged_items": _tagged,
    "custom_field.data_type": lambda row, show: DATA_TYPES.get(row["type"], "string"),
    "custom_field_choice_set.choices_count": lambda row, show: len(row["extra_choices"]),
}
