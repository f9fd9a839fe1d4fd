"""What a ``monitor`` shows of the database: a copy of its rows that follows their changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osism.adapters.switches.openvswitch.values import Row, table

DATABASE = "Open_vSwitch"
COLUMNS = {
    "Open_vSwitch": ["bridges", "cur_cfg", "next_cfg", "external_ids"],
    "Bridge": ["name", "ports", "fail_mode", "controller", "datapath_type", "other_config"],
    "Port": [
        "name", "interfaces", "tag", "trunks", "vlan_mode", "lacp", "bond_mode", "other_config",
        "external_ids",
    ],
    "Interface": [
        "name", "type", "mtu_request", "mtu", "external_ids", "ofport", "error", "admin_state",
        "link_state", "lacp_current", "mac_in_use",
    ],
}  # fmt: skip
#: The parameters of ``monitor`` behind the database's name.
MONITOR = ("osism", {name: {"columns": columns} for name, columns in COLUMNS.items()})


class Replica:
    """Rows by table and identity. What has a wrong shape raises :class:`ValueError`."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, Row]] = {name: {} for name in COLUMNS}

    def apply(self, updates: Any) -> None:
        """Take what ``monitor`` answered, or an ``update`` (RFC 7047, 4.1.5 and 4.1.6)."""
        if not isinstance(updates, dict):
            raise ValueError("updates of no table")
        for name, rows in updates.items():
            known = self._tables.get(name, {})
            for uuid, change in rows.items():
                if "new" in change:
                    known[uuid] = change["new"]
                else:
                    known.pop(uuid, None)

    def rows(self, name: str) -> Iterator[tuple[str, Row]]:
        """Identity and columns of all rows of a table."""
        yield from self._tables[name].items()

    def row(self, name: str, uuid: str) -> Row:
        try:
            return self._tables[name][uuid]
        except KeyError:
            raise ValueError(f"there is no {name} {uuid}") from None

    def named(self, name: str, called: str) -> tuple[str, Row] | None:
        """The row of this name."""
        return next((each for each in self.rows(name) if each[1]["name"] == called), None)

    @property
    def root(self) -> Row:
        """The one row that has everything."""
        found = next(iter(self._tables["Open_vSwitch"].values()), None)
        if found is None:
            raise ValueError("the table Open_vSwitch is empty (ovs-vsctl init)")
        return found

    @property
    def marks(self) -> dict[str, str]:
        """What is noted at the root."""
        return table(self.root["external_ids"])
