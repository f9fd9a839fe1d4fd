"""The port NodeDevices: one in memory, the lab's NetBox, and a real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import requests

from osism.adapters.netbox import Connection
from osism.adapters.netbox.nodes import NetboxNodes
from osism.domain.errors import OutsideFailed
from osism.domain.ports import NodeDevices
from osism.lab.netbox.app import serve
from tests.contract.netboxes import TOKEN, swept
from tests.fakes.node_devices import MemoryNodeDevices

MAC = "52:54:00:00:00:0{}"
_TEXTS = (
    "device_state", "device_transition", "provision_state", "power_state", "introspection_state",
    "deployment_state", "ironic_state",
)  # fmt: skip


@dataclass
class World:
    """Two nodes, and a name before theirs that is this test's own."""

    devices: NodeDevices
    prefix: str = ""
    netbox: Connection | None = None

    def name(self, number: int) -> str:
        return f"{self.prefix}node-{number}"

    def interfaces(self) -> dict[str, Any]:
        """MAC address -> name, of the first node's."""
        if not self.netbox:
            assert isinstance(self.devices, MemoryNodeDevices)
            return {mac: name for (_, mac), name in self.devices.interfaces.items() if name}
        rows = self.netbox.page("dcim/interfaces", device=self.name(1))
        return {
            row["mac_address"].lower(): row["custom_fields"]["network_interface_name"]
            for row in rows
            if row["custom_fields"]["network_interface_name"]
        }


@pytest.fixture(scope="module", params=["memory", "lab", "real"])
def where(request: pytest.FixtureRequest) -> Iterator[Connection | None]:
    if request.param == "memory":
        yield None
    elif request.param == "lab":
        with serve(token=TOKEN) as url:
            yield Connection(url, TOKEN)
    else:
        yield request.getfixturevalue("real_netbox")


@pytest.fixture(scope="module")
def real_netbox() -> Connection:
    from os import environ

    named = [environ.get(f"OSISM_TEST_NETBOX_{each}", "") for each in ("URL", "TOKEN")]
    if not all(named):
        pytest.skip("OSISM_TEST_NETBOX_URL and OSISM_TEST_NETBOX_TOKEN name no NetBox")
    return Connection(*named)


@pytest.fixture
def world(where: Connection | None) -> Iterator[World]:
    if where is None:
        memory = MemoryNodeDevices()
        for number in (1, 2):
            memory.add(f"node-{number}")
        memory.interfaces = {("node-1", MAC.format(n)): "" for n in (1, 2)}
        yield World(memory)
        return
    with swept(where):
        _fields(where)
        made = World(NetboxNodes(where), f"t{uuid4().hex[:8]}-", where)
        _devices(where, made)
        yield made


def _fields(netbox: Connection) -> None:
    there = {each["name"] for each in netbox.read("extras.custom_fields")}
    wanted = [(name, "text", "dcim.device") for name in _TEXTS]
    wanted += [("maintenance", "boolean", "dcim.device")]
    wanted += [("network_interface_name", "text", "dcim.interface")]
    new = [
        {"name": name, "type": kind, "object_types": [of]}
        for name, kind, of in wanted
        if name not in there
    ]
    if new:
        netbox.create("extras.custom_fields", new)


def _devices(netbox: Connection, made: World) -> None:
    def one(endpoint: str, **fields: Any) -> int:
        name = made.prefix + "x"
        return netbox.create(endpoint, [{"name": name, "slug": name} | fields])[0]

    maker, site = one("dcim.manufacturers"), one("dcim.sites")
    model = {"manufacturer": maker, "model": made.prefix, "slug": made.prefix + "m"}
    of = {
        "device_type": netbox.create("dcim.device_types", [model])[0],
        "role": one("dcim.device_roles"),
        "site": site,
    }
    ids = netbox.create("dcim.devices", [{"name": made.name(n), **of} for n in (1, 2)])
    ports = netbox.create(
        "dcim.interfaces",
        [{"device": ids[0], "name": f"Ethernet{n}", "type": "1000base-t"} for n in (1, 2)],
    )
    macs = [
        {"mac_address": MAC.format(n), "assigned_object_type": "dcim.interface",
         "assigned_object_id": port}
        for n, port in enumerate(ports, start=1)
    ]  # fmt: skip
    primary = netbox.create("dcim.mac_addresses", macs)
    netbox.update(
        "dcim.interfaces",
        [{"id": p, "primary_mac_address": m} for p, m in zip(ports, primary, strict=True)],
    )


def test_what_is_written_is_read(world: World) -> None:
    one, two = (world.name(number) for number in (1, 2))
    found = world.devices.find([one, two, "nobody"])
    assert sorted(found) == [one, two]
    shown = {"provision_state": "clean failed", "power_state": "power on", "maintenance": True}
    world.devices.write({found[one].id: shown, found[two].id: {"ironic_state": "registered"}})
    now = world.devices.find([one, two])
    assert {each: now[one].fields[each] for each in shown} == shown
    assert now[two].fields["ironic_state"] == "registered"
    assert "provision_state" not in now[two].fields


def test_a_field_is_emptied_and_others_stay(world: World) -> None:
    device = world.devices.find([world.name(1)])[world.name(1)]
    world.devices.write({device.id: {"provision_state": "available", "power_state": "power on"}})
    world.devices.write({device.id: {"provision_state": None}})
    fields = world.devices.find([world.name(1)])[world.name(1)].fields
    assert "provision_state" not in fields
    assert fields["power_state"] == "power on"


def test_nothing_to_write(world: World) -> None:
    world.devices.write({})
    assert world.devices.name_interfaces({}) == 0
    assert world.devices.name_interfaces({world.name(1): {}}) == 0
    assert world.devices.find([]) == {}


def test_interfaces_get_the_names_that_an_inspection_found(world: World) -> None:
    names = {world.name(1): {MAC.format(1): "eno1", MAC.format(9): "eno9"}}
    assert world.devices.name_interfaces(names) == 1
    assert world.interfaces() == {MAC.format(1): "eno1"}
    assert world.devices.name_interfaces(names) == 0, "what is there is not written again"


def test_where_devices_are_is_told(where: Connection | None, world: World) -> None:
    if where is None:
        pytest.skip("memory has no fields of its own for it")
    device = world.devices.find([world.name(1)])[world.name(1)]
    assert (device.state, device.transition) == ("", "")
    where.update(
        "dcim.devices",
        [{"id": device.id, "custom_fields": {"device_state": "b", "device_transition": "x"}}],
    )
    device = world.devices.find([world.name(1)])[world.name(1)]
    assert (device.state, device.transition) == ("b", "x")


def test_many_are_read_and_written_in_bulk() -> None:
    with serve(token=TOKEN) as url:
        netbox = Connection(url, TOKEN)
        _fields(netbox)
        made = World(NetboxNodes(netbox), "many-", netbox)
        _devices(netbox, made)
        requests.delete(f"{url}/lab/requests", timeout=10)
        found = made.devices.find([made.name(number) for number in range(100)])
        made.devices.write({each.id: {"power_state": "power on"} for each in found.values()})
        asked = requests.get(f"{url}/lab/requests", timeout=10).json()
        assert asked["total"] == 3


def test_one_that_is_gone_meanwhile() -> None:
    with serve(token=TOKEN) as url:
        netbox = Connection(url, TOKEN)
        _fields(netbox)
        with pytest.raises(OutsideFailed, match="is gone"):
            NetboxNodes(netbox).write({999: {"power_state": "power on"}})
