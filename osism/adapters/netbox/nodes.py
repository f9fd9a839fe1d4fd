"""The :class:`~osism.domain.ports.NodeDevices` that NetBox keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from osism.adapters.netbox.session import DEVICES, Connection
from osism.domain.ports import NodeDevice

_DEVICES = """
query($names: [String!]!) {
  device_list(filters: {name: {in_list: $names}}) { id name custom_fields }
}"""
_INTERFACES = """
query($names: [String!]!) {
  device_list(filters: {name: {in_list: $names}}) {
    name interfaces { id custom_fields mac_addresses { mac_address } }
  }
}"""
_NAME = "network_interface_name"


class NetboxNodes:
    """Reads with one query per 50 devices, writes in bulk."""

    def __init__(self, connection: Connection) -> None:
        self.netbox = connection

    def find(self, names: Collection[str]) -> Mapping[str, NodeDevice]:
        """See :meth:`osism.domain.ports.NodeDevices.find`."""
        return {each["name"]: _device(each) for each in self._read(_DEVICES, names)}

    def write(self, fields: Mapping[int, Mapping[str, Any]]) -> None:
        """See :meth:`osism.domain.ports.NodeDevices.write`."""
        rows = [{"id": number, "custom_fields": dict(fields[number])} for number in sorted(fields)]
        if rows:
            self.netbox.update("dcim.devices", rows)

    def name_interfaces(self, names: Mapping[str, Mapping[str, str]]) -> int:
        """See :meth:`osism.domain.ports.NodeDevices.name_interfaces`."""
        rows = []
        for device in self._read(_INTERFACES, [each for each in names if names[each]]):
            known = names[device["name"]]
            for each in device["interfaces"]:
                macs = (mac["mac_address"].lower() for mac in each["mac_addresses"])
                name = next((known[mac] for mac in macs if mac in known), None)
                if name and (each["custom_fields"] or {}).get(_NAME) != name:
                    rows.append({"id": int(each["id"]), "custom_fields": {_NAME: name}})
        if rows:
            self.netbox.update("dcim.interfaces", rows)
        return len(rows)

    def _read(self, query: str, names: Collection[str]) -> Sequence[Mapping[str, Any]]:
        ordered = sorted(names)
        some = (ordered[start : start + DEVICES] for start in range(0, len(ordered), DEVICES))
        return [
            each for few in some for each in self.netbox.query(query, {"names": few})["device_list"]
        ]


def _device(data: Mapping[str, Any]) -> NodeDevice:
    # A site may have made a text a selection.
    fields = {
        name: value.get("value") if isinstance(value, dict) else value
        for name, value in (data["custom_fields"] or {}).items()
    }
    set_ = {name: value for name, value in fields.items() if value not in (None, "")}
    state, transition = (str(set_.get(f"device_{each}", "")) for each in ("state", "transition"))
    return NodeDevice(int(data["id"]), data["name"], state, transition, set_)
