"""The port HostSource, against the lab's NetBox and a real one: devices as hosts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests

from osism.adapters.netbox import Connection, NetboxHosts, hosts
from osism.domain.errors import Invalid, Misconfigured, OutsideFailed
from osism.domain.hosts import NetboxHost
from osism.domain.inventory import MANAGED
from osism.lab.netbox.app import serve
from tests.contract.netboxes import TOKEN


class World:
    """A place of this test's own; what is made in it goes again, the last thing first."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.id = f"t{uuid4().hex[:8]}"
        self.made: list[tuple[str, int]] = []
        for name in ("inventory_groups", "inventory_parameters"):
            if not connection.read("extras.custom_fields", name=name):
                self.one(
                    "extras.custom_fields", name=name, type="json", object_types=["dcim.device"]
                )
        if not connection.read("extras.tags", slug=MANAGED):
            self.one("extras.tags", name="Managed by OSISM", slug=MANAGED)
        self.maker = self.called("dcim.manufacturers")
        self.site = self.called("dcim.sites")
        self.role = self.called("dcim.device_roles")
        self.model = self.one(
            "dcim.device_types", manufacturer=self.maker, model=self.id, slug=self.id
        )

    def one(self, endpoint: str, **fields: Any) -> int:
        self.made.append((endpoint, self.connection.create(endpoint, [fields])[0]))
        return self.made[-1][1]

    def called(self, endpoint: str, suffix: str = "", **fields: Any) -> int:
        name = self.id + suffix
        return self.one(endpoint, name=name, slug=name, **fields)

    def device(self, suffix: str, tags: tuple[str, ...] = (MANAGED,), **fields: Any) -> int:
        usual = {"device_type": self.model, "role": self.role, "site": self.site}
        return self.one(
            "dcim.devices",
            **{"name": self.id + suffix, "tags": [{"slug": each} for each in tags], **usual},
            **fields,
        )

    def context(self, name: str, weight: int, data: Any, **where: Any) -> None:
        self.one("extras.config_contexts", name=self.id + name, weight=weight, data=data, **where)

    def addresses(self, device: int, *addresses: str) -> None:
        """Give a device primary addresses."""
        port = self.connection.create(
            "dcim.interfaces", [{"device": device, "name": "eth0", "type": "1000base-t"}]
        )[0]
        holder = {"assigned_object_type": "dcim.interface", "assigned_object_id": port}
        for each in addresses:
            made = self.connection.create("ipam.ip_addresses", [{"address": each, **holder}])[0]
            family = 6 if ":" in each else 4
            self.connection.update("dcim.devices", [{"id": device, f"primary_ip{family}": made}])

    def hosts(self) -> list[NetboxHost]:
        """Those of this world, without what a name has of it."""
        found = NetboxHosts(self.connection).hosts()
        assert [each.name for each in found] == sorted(each.name for each in found)
        return [each for each in found if each.name.startswith(self.id)]

    def host(self) -> NetboxHost:
        (only,) = self.hosts()
        return only

    def groups(self) -> set[str]:
        """The groups of the only host, without this world's name in theirs."""
        return {each.removeprefix(self.id) for each in self.host().groups}


@pytest.fixture
def world(netbox: tuple[str, str]) -> Iterator[World]:
    made = World(Connection(*netbox, retry=5))
    yield made
    for endpoint, number in reversed(made.made):
        made.connection.delete(endpoint, [number])


def test_only_active_devices_with_the_tag_are_hosts(world: World) -> None:
    world.device("-planned", status="planned")
    world.device("-other", tags=())
    world.device("-b")
    world.device("-a", status="active")
    assert [each.name for each in world.hosts()] == [f"{world.id}-a", f"{world.id}-b"]


def test_groups_are_what_a_device_is_and_where_it_is(world: World) -> None:
    tenant = world.called("tenancy.tenants", "-tenant")
    hall = world.called("dcim.locations", "-hall", site=world.site)
    room = world.called("dcim.locations", "-room", site=world.site, parent=hall)
    rack = world.one("dcim.racks", name=f"{world.id} 7/A", site=world.site, location=room)
    world.called("extras.tags", "-tag")
    world.device(
        "",
        (MANAGED, f"{world.id}-tag"),
        tenant=tenant,
        location=room,
        rack=rack,
        custom_fields={"inventory_groups": [f"{world.id}-control", f"{world.id}-tag"]},
    )
    assert world.groups() == {"", "_7_A", "-room", "-tenant", "-tag", "-control", MANAGED}


def test_a_device_in_no_particular_place_is_in_the_groups_of_role_site_and_tag(
    world: World,
) -> None:
    role = world.called("dcim.device_roles", "-role")
    world.one(
        "dcim.devices", name=world.id, device_type=world.model, role=role, site=world.site,
        tags=[{"slug": MANAGED}],
    )  # fmt: skip
    assert world.groups() == {"", "-role", MANAGED}
    assert world.host().variables == {}


def test_contexts_that_fit_are_merged_the_heaviest_last(world: World) -> None:
    other = world.called("dcim.sites", "-other")
    tenant = world.called("tenancy.tenants", "-tenant")
    hall = world.called("dcim.locations", "-hall", site=world.site)
    room = world.called("dcim.locations", "-room", site=world.site, parent=hall)
    platform = world.called("dcim.platforms", "-platform")
    world.called("extras.tags", "-tag")
    tag = {"tags": [f"{world.id}-tag"]}
    site = {"sites": [world.site]}

    def said(by: str) -> dict[str, Any]:
        return {"last": by, "from": {by: True}, "list": [by], "gone": {by: 1}}

    world.context("-h", 80, {"gone": {}}, **site)
    world.context("-g", 70, said("tag"), **tag)
    world.context("-f", 60, said("tenant"), tenants=[tenant])
    world.context("-e", 50, said("type"), device_types=[world.model])
    world.context("-d", 40, said("platform"), platforms=[platform])
    world.context("-c", 30, said("role"), roles=[world.role])
    world.context("-b", 20, said("hall"), locations=[hall])
    world.context("-a", 10, said("site"), **site)
    world.context("-off", 90, said("inactive"), is_active=False, **site)
    world.context("-far", 90, said("other site"), sites=[other])
    world.context("-both", 90, said("both"), sites=[other], **tag)
    world.context("-tie-b", 5, {"tie": "b"}, **site)
    world.context("-tie-a", 5, {"tie": "a"}, **site)
    world.device(
        "",
        (MANAGED, f"{world.id}-tag"),
        tenant=tenant,
        location=room,
        platform=platform,
        local_context_data={"from": {"local": True}, "own": 1},
    )
    named = ("site", "hall", "role", "platform", "type", "tenant", "tag", "local")
    assert world.host().variables == {
        "last": "tag",
        "from": dict.fromkeys(named, True),
        "list": ["tag"],
        "gone": {},
        "own": 1,
        "tie": "b",
    }


def test_parameters_win_over_every_context_and_are_kept_as_they_are(world: World) -> None:
    world.context("", 10, {"a": {"x": 1, "y": 1}, "b": 1}, sites=[world.site])
    mine = {"a": {"value": 5, "label": "l"}, "c": None, "d": [{"e": 1.5}], "f": "ü"}
    number = world.device(
        "", local_context_data={"b": 2}, custom_fields={"inventory_parameters": mine}
    )
    world.addresses(number, "10.98.0.5/24")
    assert world.host().variables == {**mine, "b": 2, "ansible_host": "10.98.0.5"}


def test_the_address_is_the_primary_one_and_of_two_the_fourth_versions(world: World) -> None:
    world.addresses(world.device("-both"), "2001:db8:98::5/64", "10.98.0.6/24")
    world.addresses(world.device("-new"), "2001:db8:98::6/64")
    world.device("-none")
    assert [each.variables for each in world.hosts()] == [
        {"ansible_host": "10.98.0.6"},
        {"ansible_host": "2001:db8:98::6"},
        {},
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("inventory_groups", "control"),
        ("inventory_groups", {"a": 1}),
        ("inventory_groups", ["a", 5]),
        ("inventory_parameters", ["a"]),
        ("inventory_parameters", "a: 1"),
    ],
)
def test_a_field_that_cannot_be_is_told_with_its_device(
    world: World, field: str, value: Any
) -> None:
    world.device("", custom_fields={field: value})
    with pytest.raises(Invalid, match=f"'{world.id}'.*'{field}'"):
        world.hosts()


def test_two_devices_of_one_name_are_told(world: World) -> None:
    other = world.called("dcim.sites", "-other")
    first = world.device("")
    second = world.one(
        "dcim.devices", name=world.id, device_type=world.model, role=world.role, site=other,
        tags=[{"slug": MANAGED}],
    )  # fmt: skip
    with pytest.raises(Invalid, match=f"devices {first} and {second} are both .*'{world.id}'"):
        world.hosts()


def test_a_device_without_a_name_is_told(world: World) -> None:
    number = world.device("")
    world.connection.update("dcim.devices", [{"id": number, "name": None}])
    with pytest.raises(Invalid, match=f"device {number} "):
        world.hosts()


def test_several_pages_hold_every_host_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for suffix in "edcba":
        world.device(f"-{suffix}")
    monkeypatch.setattr(hosts, "PAGE", 2)
    assert [each.name for each in world.hosts()] == [f"{world.id}-{each}" for each in "abcde"]


def test_a_wrong_token_is_told_as_such(netbox: tuple[str, str]) -> None:
    with pytest.raises(Misconfigured, match="NETBOX_TOKEN"):
        NetboxHosts(Connection(netbox[0], "0" * 40, retry=0)).hosts()


def test_nobody_answers() -> None:
    with pytest.raises(OutsideFailed, match="cannot be reached"):
        NetboxHosts(Connection("http://127.0.0.1:9", TOKEN, retry=0)).hosts()


def test_a_netbox_without_the_tag_has_no_hosts() -> None:
    with serve(token=TOKEN) as url:
        assert NetboxHosts(Connection(url, TOKEN, retry=0)).hosts() == []


def test_failures_that_pass_are_waited_for_and_nothing_is_written() -> None:
    with serve(token=TOKEN) as url:
        made = World(Connection(url, TOKEN))
        made.device("")
        requests.delete(f"{url}/lab/requests", timeout=10)
        requests.post(f"{url}/lab/faults", json={"status": 502, "times": 2}, timeout=10)
        assert len(made.hosts()) == 1
        asked = requests.get(f"{url}/lab/requests", timeout=10).json()
        assert (asked["reads"], asked["writes"]) == (4, 0)
        requests.post(f"{url}/lab/faults", json={"status": 502}, timeout=10)
        with pytest.raises(OutsideFailed, match="502"):
            NetboxHosts(Connection(url, TOKEN, retry=0)).hosts()
