"""The :class:`~osism.domain.ports.Inventory` that NetBox keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from osism.adapters.netbox import reads
from osism.adapters.netbox.session import DEVICES, Connection
from osism.domain.changes import Changes, InterfaceUpdate
from osism.domain.inventory import LAG, MANAGED, SWITCH, Device, Peer, Port, Snapshot
from osism.domain.transitions import Fields


class NetboxInventory:
    """Reads with one query per 50 devices, writes with one request per kind of change."""

    def __init__(self, connection: Connection) -> None:
        self.netbox = connection
        #: Devices that were no switches when they were read last: nobody asks for their contexts.
        self._others: frozenset[str] = frozenset()

    def devices(self, names: Collection[str] | None = None) -> Sequence[Device]:
        if names is None:
            tagged = self.netbox.read("dcim.devices", tag=MANAGED, brief=1)
            names = [each["name"] for each in tagged if each["name"]]
        found = [
            reads.device(each)
            for some in _some(names)
            for each in self.netbox.query(reads.NAMED, {"names": some})["device_list"]
        ]
        self._learn(found)
        return sorted(found, key=lambda each: each.name)

    def snapshot(
        self,
        names: Collection[str],
        vids: Collection[int] = (),
        addresses: Collection[str] = (),
    ) -> Snapshot:
        asked = [{"names": some, "contexts": self._maybe_switches(some)} for some in _some(names)]
        first, *more = asked or [{"names": [], "contexts": []}]
        if vids or addresses:
            answers = [self.netbox.query(reads.SNAPSHOT, first | {"addresses": sorted(addresses)})]
        else:
            answers = [self.netbox.query(reads.DEVICES, first)]
        answers += [self.netbox.query(reads.DEVICES, some) for some in more]
        found = reads.snapshot(answers)
        before = self._others
        self._learn(found.devices.values())
        if before & set(found.devices) - self._others:  # one has become a switch since
            return self.snapshot(names, vids, addresses)
        return replace(
            found,
            vlans=self._vlans(found, vids, answers[0]),
            peers=self._peers(reads.unseen(found)),
        )

    def owners(self, interfaces: Collection[int]) -> Mapping[int, str]:
        rows = self.netbox.read("dcim.interfaces", id=sorted(interfaces)) if interfaces else ()
        asked = {each["device"] for each in rows}
        names = self.netbox.read("dcim.devices", id=sorted(asked), brief=1) if asked else ()
        by_id = {each["id"]: each["name"] for each in names if each["name"]}
        return {each["id"]: by_id[each["device"]] for each in rows if each["device"] in by_id}

    def _maybe_switches(self, names: Sequence[str]) -> list[str]:
        return [each for each in names if each not in self._others]

    def _learn(self, devices: Iterable[Device]) -> None:
        seen = {each.name: each.kind != SWITCH for each in devices}
        others = {name for name, other in seen.items() if other}
        self._others = (self._others - set(seen)) | others

    def _peers(self, unseen: Sequence[tuple[int, int]]) -> Mapping[int, Peer]:
        """What is at the other ends of these (cable, interface)."""
        found: dict[int, Peer] = {}
        for start in range(0, len(unseen), reads.PEERS):
            some = unseen[start : start + reads.PEERS]
            answer = self.netbox.query(reads.peers_query(number for _, number in some), {})
            for cable, number in some:
                if peer := reads.peer(answer[f"i{number}"]):
                    found[cable] = peer
        return found

    def _vlans(
        self, found: Snapshot, vids: Collection[int], answer: reads.Json
    ) -> Mapping[int, tuple[int, str]]:
        """The VLANs of a snapshot, complete also where NetBox cut its list of them."""
        missing = sorted(set(vids) - set(found.vlans))
        if not missing or len(answer["vlan_list"]) < reads.PAGE:
            return found.vlans
        rows = self.netbox.read("ipam.vlans", vid=missing)
        return {**found.vlans, **reads.preferred(rows)}

    def record(self, fields: Mapping[int, Fields]) -> None:
        self.netbox.update(
            "dcim.devices", [_recorded(each, fields[each]) for each in sorted(fields)]
        )

    def apply(self, changes: Changes, fields: Mapping[int, Fields] | None = None) -> None:
        _Writer(self.netbox, changes).write(fields or {})


def _some(names: Collection[str]) -> list[list[str]]:
    ordered = sorted(names)
    return [ordered[start : start + DEVICES] for start in range(0, len(ordered), DEVICES)]


class _Writer:
    """Writes one :class:`Changes`, in its order, and keeps the ids of what it makes."""

    def __init__(self, netbox: Connection, changes: Changes) -> None:
        assert changes.snapshot is not None or not changes  # noqa: S101 - told by whoever planned
        self.netbox, self.changes = netbox, changes
        known = changes.snapshot
        self.interfaces = (
            {port: each.id for port, each in known.interfaces.items()} if known else {}
        )
        self.vlans = {vid: each[0] for vid, each in known.vlans.items()} if known else {}
        self.devices = {name: each.id for name, each in known.devices.items()} if known else {}
        self.macs = {
            (port, mac): number
            for port, each in (known.interfaces if known else {}).items()
            for mac, number in each.macs.items()
        }
        self.addresses = {
            (each.address, each.vrf): each.id for each in (known.addresses if known else ())
        }

    def write(self, fields: Mapping[int, Fields]) -> None:
        todo = self.changes
        self._delete("dcim.cables", (each.id for each in todo.delete_cables))
        self._delete("ipam.ip_addresses", (each.id for each in todo.delete_addresses))
        self._create_vlans()
        self._create_interfaces()
        self._create_macs()
        self._update("dcim.interfaces", map(self._interface, todo.update_interfaces))
        self._update(
            "ipam.ip_addresses",
            ({"id": each.id, **self._assigned(port)} for each, port in todo.move_addresses),
        )
        self._create_addresses()
        self._create(
            "dcim.cables",
            (
                {
                    "type": each.type,
                    "a_terminations": [self._termination(each.a)],
                    "b_terminations": [self._termination(each.b)],
                }
                for each in todo.create_cables
            ),
        )
        for parents in (False, True):  # in one request NetBox may take a parent first, and refuse
            self._delete(
                "dcim.interfaces",
                (each.id for each in todo.delete_interfaces if (each.type == LAG) is parents),
            )
        self._delete("dcim.mac_addresses", (number for _, _, number in todo.delete_macs))
        self._update("dcim.devices", self._devices(fields))

    # what is made, and referred to afterwards

    def _create_vlans(self) -> None:
        vids = self.changes.create_vlans
        made = self._create("ipam.vlans", ({"vid": vid, "name": f"VLAN {vid}"} for vid in vids))
        self.vlans |= dict(zip(vids, made, strict=True))

    def _create_interfaces(self) -> None:
        new = self.changes.create_interfaces
        made = self._create(
            "dcim.interfaces",
            (
                {
                    "device": self.devices[each.port.device],
                    "name": each.port.interface,
                    "type": each.type,
                }
                for each in new
            ),
        )
        self.interfaces |= dict(zip((each.port for each in new), made, strict=True))

    def _create_macs(self) -> None:
        new = self.changes.create_macs
        made = self._create(
            "dcim.mac_addresses",
            ({"mac_address": mac, **self._assigned(port)} for port, mac in new),
        )
        self.macs |= dict(zip(new, made, strict=True))

    def _create_addresses(self) -> None:
        new = self.changes.create_addresses
        made = self._create(
            "ipam.ip_addresses",
            (
                {
                    "address": each.address,
                    **self._assigned(each.port),
                    **({"vrf": {"name": each.vrf}} if each.vrf else {}),
                }
                for each in new
            ),
        )
        self.addresses |= dict(zip(((n.address, n.vrf) for n in new), made, strict=True))

    # one object in NetBox's words

    def _interface(self, update: InterfaceUpdate) -> dict[str, Any]:
        written: dict[str, Any] = {"id": self.interfaces[update.port]}
        for name, value in update.fields.items():
            field, translate = _FIELDS.get(name, (name, _as_it_is))
            written[field] = translate(self, update.port, value)
        return written

    def _sibling(self, port: Port, name: str) -> int | None:
        return self.interfaces[Port(port.device, name)] if name else None

    def _mac(self, port: Port, mac: str) -> int | None:
        return self.macs[port, mac] if mac else None

    def _vlan(self, port: Port, vid: int | None) -> int | None:
        return self.vlans[vid] if vid else None

    def _tagged(self, port: Port, vids: Iterable[int]) -> list[int]:
        return [self.vlans[vid] for vid in sorted(vids)]

    def _assigned(self, port: Port) -> dict[str, Any]:
        return {
            "assigned_object_type": "dcim.interface",
            "assigned_object_id": self.interfaces[port],
        }

    def _termination(self, port: Port) -> dict[str, Any]:
        return {"object_type": "dcim.interface", "object_id": self.interfaces[port]}

    def _devices(self, fields: Mapping[int, Fields]) -> list[dict[str, Any]]:
        written = {number: _recorded(number, each) for number, each in fields.items()}
        for primary in self.changes.primaries:
            number = self.devices[primary.device]
            entry = written.setdefault(number, {"id": number})
            for family, chosen in primary.addresses.items():
                entry[f"primary_ip{family}"] = (
                    self.addresses[chosen.address, chosen.vrf] if chosen else None
                )
        return [written[number] for number in sorted(written)]

    # requests, none for nothing

    def _create(self, endpoint: str, objects: Iterable[dict[str, Any]]) -> list[int]:
        listed = list(objects)
        return self.netbox.create(endpoint, listed) if listed else []

    def _update(self, endpoint: str, objects: Iterable[dict[str, Any]]) -> None:
        if listed := list(objects):
            self.netbox.update(endpoint, listed)

    def _delete(self, endpoint: str, ids: Iterable[int]) -> None:
        if listed := list(ids):
            self.netbox.delete(endpoint, listed)


def _as_it_is(writer: _Writer, port: Port, value: Any) -> Any:
    return value


#: Field of the domain's interface -> field of NetBox's, and how the value is written.
_FIELDS: Mapping[str, tuple[str, Any]] = {
    "lag": ("lag", _Writer._sibling),
    "parent": ("parent", _Writer._sibling),
    "bridge": ("bridge", _Writer._sibling),
    "mac": ("primary_mac_address", _Writer._mac),
    "untagged": ("untagged_vlan", _Writer._vlan),
    "tagged": ("tagged_vlans", _Writer._tagged),
    "mode": ("mode", lambda writer, port, value: value or None),
    "vrf": ("vrf", lambda writer, port, value: {"name": value} if value else None),
    "tags": ("tags", lambda writer, port, value: [{"slug": each} for each in value]),
}


def _recorded(number: int, fields: Fields) -> dict[str, Any]:
    return {
        "id": number,
        "custom_fields": {
            "device_state": fields.device_state or None,
            "device_transition": fields.device_transition or None,
        },
    }
