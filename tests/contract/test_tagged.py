"""The port NodeSource, against the lab's NetBox and a real one: devices as nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests

from osism.adapters.netbox import Connection, tagged
from osism.adapters.netbox.tagged import TaggedNodes
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.inventory import IRONIC
from osism.domain.netbox_nodes import NetboxNode
from osism.lab.netbox.app import serve
from tests.contract.netboxes import TOKEN


class World:
    """A place of this test's own; what is made in it goes again, the last thing first."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.id = f"t{uuid4().hex[:8]}"
        self.number = int(self.id[1:], 16)
        self.made: list[tuple[str, int]] = []
        for name, kind in (("ironic_enabled", "boolean"), ("ironic_parameters", "json")):
            if not connection.read("extras.custom_fields", name=name):
                self.one("extras.custom_fields", name=name, type=kind, object_types=["dcim.device"])
        if not connection.read("extras.tags", slug=IRONIC):
            self.one("extras.tags", name="Managed by Ironic", slug=IRONIC)
        names = {"name": self.id, "slug": self.id}
        self.maker = self.one("dcim.manufacturers", **names)
        self.site = self.one("dcim.sites", **names)
        self.role = self.one("dcim.device_roles", **names)
        model = {"manufacturer": self.maker, "model": self.id, "slug": self.id}
        self.model = self.one("dcim.device_types", **model)

    def one(self, endpoint: str, **fields: Any) -> int:
        self.made.append((endpoint, self.connection.create(endpoint, [fields])[0]))
        return self.made[-1][1]

    def device(self, suffix: str = "", tags: tuple[str, ...] = (IRONIC,), **fields: Any) -> int:
        usual = {"device_type": self.model, "role": self.role, "site": self.site}
        usual["tags"] = [{"slug": each} for each in tags]
        return self.one("dcim.devices", **{"name": f"{self.id}{suffix}", **usual, **fields})

    def port(self, device: int, name: str, mac: str = "", address: str = "", **fields: Any) -> int:
        """An interface; of an address its number."""
        fields = {"type": "1000base-t", **fields}
        port = self.connection.create(
            "dcim.interfaces", [{"device": device, "name": name, **fields}]
        )[0]
        holder = {"assigned_object_type": "dcim.interface", "assigned_object_id": port}
        if mac:
            made = self.connection.create("dcim.mac_addresses", [{"mac_address": mac, **holder}])[0]
            self.connection.update("dcim.interfaces", [{"id": port, "primary_mac_address": made}])
        if not address:
            return port
        return self.connection.create("ipam.ip_addresses", [{"address": address, **holder}])[0]

    def address(self, last: int) -> str:
        return f"10.{self.number % 250}.{self.number // 250 % 250}.{last}"

    def nodes(self) -> dict[str, NetboxNode]:
        """Those of this world, by what a name has beside it."""
        found = TaggedNodes(self.connection).nodes()
        assert [each.name for each in found] == sorted(each.name for each in found)
        return {e.name[len(self.id) :]: e for e in found if e.name.startswith(self.id)}


@pytest.fixture
def world(netbox: tuple[str, str]) -> Iterator[World]:
    made = World(Connection(*netbox, retry=5))
    yield made
    for endpoint, number in reversed(made.made):
        made.connection.delete(endpoint, [number])


def test_a_device_with_everything(world: World) -> None:
    parameters = {"driver_info": {"a": [1, "x"]}, "driver": "ipmi"}
    number = world.device(
        custom_fields={"ironic_enabled": True, "ironic_parameters": parameters}, status="planned"
    )
    world.port(number, "eth0", "AA:BB:CC:00:00:01")
    world.port(number, "eth1", "AA:BB:CC:00:00:02", enabled=False)
    world.port(number, "bond0", "AA:BB:CC:00:00:01", type="lag")
    world.port(number, "idle")
    bmc = f"{world.address(1)}/24"
    world.port(number, "bmc", "AA:BB:CC:00:00:03", bmc, mgmt_only=True)
    found = world.nodes()[""]
    assert (found.id, found.status, found.enabled) == (number, "planned", True)
    assert (found.site, found.role) == (world.id, world.id)
    assert found.macs == ("aa:bb:cc:00:00:01",)
    assert found.boards == (world.address(1),)
    assert found.fields["ironic_parameters"] == parameters


def test_only_tagged_devices_are_nodes_whatever_their_status(world: World) -> None:
    world.device("-other", tags=())
    world.device("-b", status="offline")
    world.device("-a")
    assert list(world.nodes()) == ["-a", "-b"]
    assert not world.nodes()["-a"].enabled


def test_the_out_of_band_address_is_stronger_than_those_of_interfaces(world: World) -> None:
    number = world.device()
    first = world.port(number, "bmc", "", f"{world.address(1)}/24", mgmt_only=True)
    world.port(number, "bmc2", "", f"{world.address(2)}/24", mgmt_only=True)
    world.port(number, "eth0", "", f"{world.address(3)}/24")
    world.port(number, "off", "", f"{world.address(4)}/24", mgmt_only=True, enabled=False)
    assert set(world.nodes()[""].boards) == {world.address(1), world.address(2)}
    world.connection.update("dcim.devices", [{"id": number, "oob_ip": first}])
    assert world.nodes()[""].boards == (world.address(1),)
    world.connection.update("dcim.devices", [{"id": number, "oob_ip": None}])


def test_a_mac_address_that_is_not_the_primary_one_counts_where_it_is_the_only_one(
    world: World,
) -> None:
    number = world.device()
    for name, macs in (("eth0", ["01"]), ("eth1", ["02", "03"])):
        port = world.port(number, name)
        holder = {"assigned_object_type": "dcim.interface", "assigned_object_id": port}
        made = [{"mac_address": f"AA:BB:CC:00:01:{each}", **holder} for each in macs]
        world.connection.create("dcim.mac_addresses", made)
    assert world.nodes()[""].macs == ("aa:bb:cc:00:01:01",)


def test_two_devices_of_one_name_are_two(world: World) -> None:
    other = world.one("dcim.sites", name=f"{world.id}o", slug=f"{world.id}o")
    numbers = {world.device(), world.device(site=other)}
    found = [e for e in TaggedNodes(world.connection).nodes() if e.name == world.id]
    assert {each.id for each in found} == numbers


def test_a_device_without_a_name_is_there(world: World) -> None:
    number = world.device()
    world.connection.update("dcim.devices", [{"id": number, "name": None}])
    assert number in {each.id for each in TaggedNodes(world.connection).nodes() if not each.name}


def test_several_pages_hold_every_node_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for suffix in "edcba":
        world.device(f"-{suffix}")
    monkeypatch.setattr(tagged, "NAMES", 2)
    monkeypatch.setattr(tagged, "PAGE", 2)
    assert list(world.nodes()) == [f"-{each}" for each in "abcde"]


def test_a_wrong_token_is_told_as_such(netbox: tuple[str, str]) -> None:
    with pytest.raises(Misconfigured, match="NETBOX_TOKEN"):
        TaggedNodes(Connection(netbox[0], "0" * 40, retry=0)).nodes()


def test_a_netbox_without_the_tag_has_no_nodes() -> None:
    with serve(token=TOKEN) as url:
        assert TaggedNodes(Connection(url, TOKEN, retry=0)).nodes() == []


def test_a_node_that_is_listed_and_not_shown_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(token=TOKEN) as url:
        made = World(Connection(url, TOKEN, retry=0))
        made.device()
        monkeypatch.setattr(made.connection, "query", lambda *_: {"device_list": []})
        with pytest.raises(OutsideFailed, match=f"does not show them.*{made.id}"):
            TaggedNodes(made.connection).nodes()


def test_two_hundred_nodes_are_four_requests() -> None:
    with serve(token=TOKEN) as url:
        made = World(Connection(url, TOKEN, retry=0))
        common = {"device_type": made.model, "role": made.role, "site": made.site}
        tags = [{"slug": IRONIC}]
        rows = [{"name": f"n{number}", "tags": tags, **common} for number in range(200)]
        made.connection.create("dcim.devices", rows)
        requests.delete(f"{url}/lab/requests", timeout=10)
        assert len(TaggedNodes(made.connection).nodes()) == 200
        asked = requests.get(f"{url}/lab/requests", timeout=10).json()
        assert (asked["total"], asked["writes"]) == (4, 0)
