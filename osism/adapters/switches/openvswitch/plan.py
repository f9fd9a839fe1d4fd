"""From what runs to what is wanted: the operations of one transaction, and those that undo it.

Rows that stay as they are get no operation. Undoing is worked out beforehand from what was read:
rows that stay are known by name, rows that the commit takes away are made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from osism.adapters.switches.openvswitch.document import Document, Port
from osism.adapters.switches.openvswitch.layout import (
    WantedInterface,
    WantedPort,
    layout,
    names,
)
from osism.adapters.switches.openvswitch.marks import DESCRIPTION, ENABLED, LAG
from osism.adapters.switches.openvswitch.running import Attached, Running, is_safe
from osism.adapters.switches.openvswitch.values import (
    Operation,
    Row,
    a_map,
    a_set,
    expect,
    items,
    named,
    optional,
    reference,
    same,
    table,
)

_GUARDED = {
    "Port": (
        "interfaces", "tag", "trunks", "vlan_mode", "lacp", "bond_mode", "other_config",
        "external_ids",
    ),
    "Interface": ("mtu_request", "external_ids"),
    "Bridge": ("ports", "fail_mode", "controller"),
}  # fmt: skip
_OURS = {"external_ids": {DESCRIPTION, ENABLED, LAG}, "other_config": {"lacp-time",
         "lacp-fallback-ab"}}  # fmt: skip
#: Columns of rows that are made anew when a commit that took them away is undone.
_KEPT = {
    "Port": (
        "bond_downdelay", "bond_fake_iface", "bond_mode", "bond_updelay", "cvlans",
        "external_ids", "fake_bridge", "lacp", "mac", "name", "other_config", "protected", "qos",
        "tag", "trunks", "vlan_mode",
    ),
    "Interface": (
        "bfd", "cfm_mpid", "external_ids", "ingress_policing_burst",
        "ingress_policing_kpkts_burst", "ingress_policing_kpkts_rate", "ingress_policing_rate",
        "lldp", "mac", "mtu_request", "name", "ofport_request", "options", "other_config", "type",
    ),
}  # fmt: skip

_DEFAULTS = ("", 0, False, ["set", []], ["map", []])

#: Whole rows by table and identity.
Rows = Mapping[str, Mapping[str, Row]]


@dataclass
class Plan:
    """``restores`` can be done twice, and before ``undo``, which is the rest of undoing."""

    guards: list[Operation] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    restores: list[Operation] = field(default_factory=list)
    undo: list[Operation] = field(default_factory=list)


def settled(document: Document, found: Running) -> Document:
    """*document* with the MTUs that it leaves open; raises :class:`ValueError` when a name in it
    is taken by something that is not the driver's."""
    for name, kind in names(document).items():
        if name in found.elsewhere:
            raise ValueError(f"{kind} {name!r} {found.elsewhere[name]}")
        if name in found.left:
            raise ValueError(f"{kind} {name!r} is called as the bridge")
    mtus = {name: row["mtu_request"] for name, (_, row) in found.interfaces().items()}

    def known(port: Port) -> Port:
        if port.mtu is not None or port.name not in mtus:
            return port
        return replace(port, mtu=next(iter(items(mtus[port.name])), None))

    return Document(
        {name: known(port) for name, port in document.ports.items()},
        {
            name: replace(bond, members=tuple(known(each) for each in bond.members))
            for name, bond in document.bonds.items()
        },
    )


def gone(document: Document, found: Running) -> dict[str, list[str]]:
    """The rows that *document* has no place for, by table."""
    wanted = [each for part in document.parts().values() for each in layout(part)]
    ports = {each.name for each in wanted}
    interfaces = {inner.name for each in wanted for inner in each.interfaces}
    return {
        "Port": [port.uuid for name, port in found.ports.items() if name not in ports],
        "Interface": [
            uuid for name, (uuid, _) in found.interfaces().items() if name not in interfaces
        ],
    }


def plan(document: Document, found: Running, lost: Rows) -> Plan:
    """How *document*, which is settled, comes to run; *lost* are the rows of :func:`gone`.

    The parking bridge is there when it is needed.
    """
    return _Planner(document, found, lost).plan()


class _Planner:
    def __init__(self, document: Document, found: Running, lost: Rows) -> None:
        self._document, self._found, self._lost = document, found, lost
        self._made = Plan()
        self._interfaces = found.interfaces()
        self._numbers = iter(range(1_000_000))
        self._anew: dict[str, list[str]] = {}  # what undoing makes anew: old identity -> reference

    def plan(self) -> Plan:
        """See :func:`plan`."""
        self._guard()
        self._remake()
        attached: dict[bool, list[Any]] = {True: [], False: []}
        before = self._found.document.parts()
        for name, part in self._document.parts().items():
            changed = before.get(name) != part
            for port in layout(part):
                there = self._found.ports.get(port.name)
                unchanged = there is not None and not changed
                uuid = reference(there.uuid) if there and unchanged else self._port(port, there)
                attached[port.parked].append(uuid)
        self._attach(self._found.bridge, attached[False])
        if self._found.parking:
            self._attach(self._found.parking, attached[True], {"fail_mode": "secure"})
        return self._made

    def _guard(self) -> None:
        bridges = [each for each in (self._found.bridge, self._found.parking) if each]
        interfaces = [row for _, row in self._interfaces.values()]
        ports = [each.row for each in self._found.ports.values()]
        for name, rows in (
            ("Bridge", [row for _, row in bridges]), ("Port", ports), ("Interface", interfaces),
        ):  # fmt: skip
            for row in rows:
                read = {column: row[column] for column in _GUARDED[name]}
                self._made.guards.append(expect(name, named(row["name"]), read))

    # what undoing makes anew

    def _remake(self) -> None:
        for uuid, row in self._lost["Interface"].items():
            self._anew[uuid] = self._insert(self._made.undo, "Interface", _kept("Interface", row))
        for uuid, row in self._lost["Port"].items():
            kept = _kept("Port", row) | {"interfaces": self._back(row["interfaces"])}
            self._anew[uuid] = self._insert(self._made.undo, "Port", kept)

    def _back(self, references: Any) -> list[Any]:
        """A set of references as it has to be written when undoing."""
        return a_set(self._anew.get(each, reference(each)) for each in items(references))

    # rows

    def _attach(
        self, bridge: tuple[str, Row], ports: list[Any], other: Mapping[str, Any] | None = None
    ) -> None:
        _, row = bridge
        left = [reference(each) for each in self._found.left[str(row["name"])]]
        wanted: dict[str, Any] = {"ports": a_set([*left, *ports])}
        old: dict[str, Any] = {"ports": self._back(row["ports"])}
        if other and not is_safe(row):
            wanted |= {**other, "controller": a_set(())}
            old |= {
                "fail_mode": row["fail_mode"],
                "controller": a_set(reference(each) for each in items(row["controller"])),
            }
        now = {str(each) for each in items(row["ports"])}
        if len(wanted) > 1 or now != {str(each[1]) for each in [*left, *ports]}:
            self._made.operations.append(_update("Bridge", row, wanted))
            self._made.undo.append(_update("Bridge", row, old))
            if row is self._found.bridge[1]:
                self._pin(row)

    def _pin(self, bridge: Row) -> None:
        """Fix the MAC address of the bridge: it is the lowest of its ports', and whoever manages
        the switch through it would lose it when that port comes or goes."""
        if self._found.mac and "hwaddr" not in table(bridge["other_config"]):
            pinned = ["other_config", "insert", a_map({"hwaddr": self._found.mac})]
            self._made.operations.append(
                {"op": "mutate", "table": "Bridge", "where": named(bridge["name"]),
                 "mutations": [pinned]}
            )  # fmt: skip

    def _port(self, wanted: WantedPort, there: Attached | None) -> list[str]:
        references = [self._interface(each) for each in wanted.interfaces]
        old: Row = there.row if there else {}
        row = {
            **wanted.columns,
            "interfaces": a_set(references),
            "external_ids": _mine(old, "external_ids", wanted.external_ids),
            "other_config": _mine(old, "other_config", wanted.other_config),
        }
        if there is None:
            return self._insert(self._made.operations, "Port", {"name": wanted.name, **row})
        changed = {column: row[column] for column in row if not same(row[column], old[column])}
        if changed:
            back = {column: old[column] for column in changed}
            if "interfaces" in back:
                self._made.undo.append(
                    _update("Port", old, {"interfaces": self._back(back.pop("interfaces"))})
                )
            if back:
                # Its VLANs go back together with its bridge: without any it carries all of them.
                stays = there.parked == wanted.parked
                target = self._made.restores if stays else self._made.undo
                target.append(_update("Port", old, back))
            self._made.operations.append(_update("Port", old, changed))
        return reference(there.uuid)

    def _interface(self, wanted: WantedInterface) -> list[str]:
        marked = {DESCRIPTION: wanted.description} if wanted.description else {}
        there = self._interfaces.get(wanted.name)
        if there is None:
            row: dict[str, Any] = {
                "name": wanted.name,
                "type": wanted.kind,
                "external_ids": a_map(marked),
            }
            if wanted.mtu is not None:
                row["mtu_request"] = wanted.mtu
            return self._insert(self._made.operations, "Interface", row)
        uuid, old = there
        row = {
            "external_ids": _mine(old, "external_ids", marked),
            "mtu_request": optional(wanted.mtu),
        }
        changed = {column: row[column] for column in row if not same(row[column], old[column])}
        if changed:
            back = {column: old[column] for column in changed}
            if "mtu_request" in back and not items(back["mtu_request"]):
                # Without a request Open vSwitch would leave it as it has become.
                back["mtu_request"] = old["mtu"]
            self._made.restores.append(_update("Interface", old, back))
            self._made.operations.append(_update("Interface", old, changed))
        return reference(uuid)

    def _insert(self, operations: list[Operation], name: str, row: Row) -> list[str]:
        called = f"row{next(self._numbers)}"
        operations.append({"op": "insert", "table": name, "uuid-name": called, "row": dict(row)})
        return ["named-uuid", called]


def _update(name: str, row: Row, values: Mapping[str, Any]) -> Operation:
    return {"op": "update", "table": name, "where": named(row["name"]), "row": dict(values)}


def _mine(old: Row, column: str, wanted: Mapping[str, str]) -> list[Any]:
    """A map in which only the keys that are ours are replaced."""
    others = {
        key: value
        for key, value in (table(old[column]) if old else {}).items()
        if key not in _OURS[column]
    }
    return a_map(others | dict(wanted))


def _kept(name: str, row: Row) -> dict[str, Any]:
    """What is not what a new row has anyway; a tag of 0 is something else than none."""
    kept = {column: row[column] for column in _KEPT[name] if column in row}
    numbers = ("tag", "cfm_mpid")
    return {
        column: value
        for column, value in kept.items()
        if value not in _DEFAULTS or (column in numbers and value == 0)
    }
