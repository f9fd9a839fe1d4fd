"""What the port Inventory reads of switches' contexts, and with how many requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from osism.adapters.netbox import Connection, NetboxInventory
from osism.domain.intents import intent
from osism.domain.inventory import MANAGED
from osism.domain.systems import NeighborIntent


@dataclass
class Fabric:
    """A leaf and a spine with a routed cable between them, and a node; contexts of their own."""

    connection: Connection
    names: dict[str, str]
    requests: Counter[str]

    def inventory(self) -> NetboxInventory:
        return NetboxInventory(self.connection)


@pytest.fixture
def fabric(netbox: tuple[str, str]) -> Iterator[Fabric]:
    connection, requests = Connection(*netbox, retry=5), Counter[str]()
    unique = uuid4().hex[:8]
    number = int(unique, 16)
    made: list[tuple[str, int]] = []

    def one(endpoint: str, **fields: Any) -> int:
        made.append((endpoint, connection.create(endpoint, [fields])[0]))
        return made[-1][1]

    if not connection.read("extras.custom_fields", name="device_type"):
        fields = {"name": "device_type", "type": "text", "object_types": ["dcim.device"]}
        connection.create("extras.custom_fields", [fields])
    if not connection.read("extras.tags", slug=MANAGED):
        connection.create("extras.tags", [{"name": "Managed by OSISM", "slug": MANAGED}])
    names = {"name": f"t-{unique}", "slug": f"t-{unique}"}
    maker, role, site = (
        one(f"dcim.{each}", **names) for each in ("manufacturers", "device_roles", "sites")
    )
    model = one("dcim.device_types", manufacturer=maker, model=unique, slug=f"t-{unique}")
    data = {"ntp_servers": ["192.0.2.1"], "password": "correct horse"}
    one("extras.config_contexts", name=unique, roles=[role], data=data)
    ends = []
    for index, (name, asn) in enumerate({"leaf": 65001, "spine": 65100, "node": 65200}.items()):
        switch = {"custom_fields": {"device_type": "switch"}, "tags": [{"slug": MANAGED}]}
        device = one(
            "dcim.devices",
            name=f"{name}-{unique}",
            device_type=model,
            role=role,
            site=site,
            local_context_data={"bgp": {"asn": asn}},
            **(switch if name != "node" else {}),
        )
        port = connection.create(
            "dcim.interfaces",
            [{"device": device, "name": "Ethernet0", "type": "100gbase-x-qsfp28"}],
        )[0]
        assigned = {"assigned_object_type": "dcim.interface", "assigned_object_id": port}
        net = f"10.{number % 250}.{number // 250 % 250}.{index + 1}/30"
        if name != "node":
            connection.create("ipam.ip_addresses", [{"address": net, **assigned}])
            ends.append([{"object_type": "dcim.interface", "object_id": port}])
    one("dcim.cables", type="dac-passive", a_terminations=ends[0], b_terminations=ends[1])
    hook = connection.http.hooks["response"]
    hook.append(lambda answer, **_: requests.update([str(answer.request.method)]))
    yield Fabric(
        connection, {name: f"{name}-{unique}" for name in ("leaf", "spine", "node")}, requests
    )
    for endpoint, identity in reversed(made):
        connection.delete(endpoint, [identity])


def test_a_switch_has_its_context_and_no_secret_of_it(fabric: Fabric) -> None:
    found = fabric.inventory().snapshot(list(fabric.names.values()))
    leaf, node = found.devices[fabric.names["leaf"]], found.devices[fabric.names["node"]]
    assert leaf.context == {"ntp_servers": ["192.0.2.1"], "bgp": {"asn": 65001}}
    assert node.context == {}
    assert fabric.requests == {"POST": 1}


def test_a_neighbour_does_not_depend_on_who_was_asked_for(fabric: Fabric) -> None:
    leaf, spine = fabric.names["leaf"], fabric.names["spine"]
    both = intent(fabric.inventory().snapshot([leaf, spine]), leaf)
    assert fabric.requests == {"POST": 1}
    alone = intent(fabric.inventory().snapshot([leaf]), leaf)
    assert fabric.requests == {"POST": 3}
    assert both == alone
    (neighbor,) = alone.system.neighbors
    assert (neighbor.name, neighbor.asn, neighbor.interface) == (spine, 65100, "Ethernet0")
    assert neighbor == NeighborIntent(neighbor.address, 65100, spine, neighbor.local, "Ethernet0")
    assert alone.system.ntp == ("192.0.2.1",)


def test_what_has_become_a_switch_is_read_as_one(fabric: Fabric) -> None:
    inventory, node = fabric.inventory(), fabric.names["node"]
    (device,) = inventory.devices([node])
    fields = {"id": device.id, "custom_fields": {"device_type": "switch"}}
    fabric.connection.update("dcim.devices", [fields])
    assert inventory.snapshot([node]).devices[node].context["bgp"] == {"asn": 65200}
