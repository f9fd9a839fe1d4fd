"""The port DeviceSource, against the lab's NetBox and a real one: what is managed, and where."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from osism.adapters.netbox import Connection, managed
from osism.adapters.netbox.managed import ManagedDevices
from osism.domain.errors import OutsideFailed
from osism.domain.inventory import MANAGED, Device
from tests.contract.test_tagged import World

FIELDS = {"device_type": "switch", "device_state": "a", "device_transition": "from_a-to_b-phase_2"}


class Managed(World):
    """A rack and three devices of this test's own, two of them managed."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        for name in FIELDS:
            if not connection.read("extras.custom_fields", name=name):
                self.one(
                    "extras.custom_fields", name=name, type="text", object_types=["dcim.device"]
                )
        if not connection.read("extras.tags", slug=MANAGED):
            self.one("extras.tags", name="Managed by OSISM", slug=MANAGED)
        rack = self.one("dcim.racks", name=f"rack {self.id}", site=self.site)
        self.device("-2", (MANAGED,), custom_fields=FIELDS, rack=rack, status="staged")
        self.device("-1", (MANAGED,))
        self.device("-3", ())

    def named(self, *suffixes: str) -> list[str]:
        return [f"{self.id}{each}" for each in suffixes]


@pytest.fixture
def world(netbox: tuple[str, str]) -> Iterator[Managed]:
    made = Managed(Connection(*netbox, retry=5))
    yield made
    for endpoint, number in reversed(made.made):
        made.connection.delete(endpoint, [number])


def mine(world: Managed, found: object) -> list[Device]:
    assert isinstance(found, list)
    return [each for each in found if each.name.startswith(world.id)]


def test_what_is_managed_by_name_and_all(world: Managed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(managed, "PAGE", 2)
    monkeypatch.setattr(managed, "NAMED", 2)
    source = ManagedDevices(world.connection)
    names = [*world.named("-1", "-2", "-3"), "of nobody", "x" * 300, 'a"b\\', "ü"]
    listed, asked = mine(world, source.devices()), source.devices(names)
    assert listed == asked
    assert [each.name for each in listed] == world.named("-1", "-2")
    assert source.devices([]) == []
    first, second = listed
    assert (second.kind, second.state, second.transition) == tuple(FIELDS.values())
    assert (second.rack, second.status) == (f"rack {world.id}", "staged")
    assert (second.role, second.site) == (world.id, world.id)
    assert (first.state, first.transition, first.rack, first.status) == ("", "", "", "active")


def test_a_netbox_that_is_away_is_told(netbox: tuple[str, str]) -> None:
    source = ManagedDevices(Connection(netbox[0], netbox[1], retry=0))
    try:
        fault = {"status": 502, "seconds": 30}
        if requests.post(f"{netbox[0]}/lab/faults", json=fault, timeout=10).status_code >= 400:
            pytest.skip("the faults are the lab's")
        for names in (None, ["leaf-1"]):
            with pytest.raises(OutsideFailed, match="502"):
                source.devices(names)
    finally:
        requests.delete(f"{netbox[0]}/lab/faults", timeout=10)
