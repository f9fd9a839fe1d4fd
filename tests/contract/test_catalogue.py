"""What is imported is what NetBox has: in the lab's NetBox and in a real one."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from osism.actions.import_inventory import import_inventory
from osism.actions.initialise_netbox import initialise_netbox
from osism.adapters.netbox import Connection, NetboxHosts
from osism.adapters.netbox.catalogue import NetboxCatalogue
from osism.adapters.repository import FileRepository
from osism.domain.errors import Invalid, Refused, Unsure
from osism.domain.jobs import ImportInventory
from osism.domain.ports import Owner
from osism.domain.resources.own import CUSTOM_FIELDS
from tests.contract import netboxes

ROOT = Path(__file__).parents[2]
LAB = ROOT / "contrib" / "lab"
TYPES = ROOT / "tests" / "data" / "device-types"

netbox = netboxes.netbox


class Told:
    """A job that remembers what it told."""

    id, by, owner = "job-1", "test", Owner("job-1", "import")

    def __init__(self) -> None:
        self.notes: list[dict[str, Any]] = []

    def tell(self, kind: str, **values: Any) -> None:
        assert kind == "note"
        self.notes.append(values)

    def check(self) -> None:
        pass


class World:
    """A NetBox, a configuration repository, and how many requests there were."""

    def __init__(self, url: str, token: str, repository: Path) -> None:
        self.netbox = Connection(url, token, retry=5)
        self.catalogue = NetboxCatalogue(self.netbox)
        self.repository = FileRepository(repository)
        self.requests: Counter[str] = Counter()
        self.netbox.http.hooks["response"].append(self._count)
        self.job = Told()

    def _count(self, answer: requests.Response, **_: Any) -> None:
        self.requests[str(answer.request.method)] += 1

    @property
    def writes(self) -> int:
        return sum(number for method, number in self.requests.items() if method != "GET")

    def init(self) -> dict[str, Any]:
        self.requests.clear()
        return initialise_netbox(self.job, self.catalogue)

    def bring(self, *paths: str, dry_run: bool = False) -> dict[str, Any]:
        self.requests.clear()
        job = ImportInventory(paths, dry_run)
        return import_inventory(job, self.job, self.repository, self.catalogue)

    def write(self, *entries: Mapping[str, Any], file: str = "100-test.yaml") -> None:
        """A resource file, instead of those that are there."""
        folder = self.repository.netbox / "resources"
        folder.mkdir(exist_ok=True)
        (folder / file).write_text(yaml.safe_dump(list(entries)))

    def one(self, endpoint: str, **filters: Any) -> dict[str, Any]:
        (found,) = self.netbox.read(endpoint, **filters)
        return found


@pytest.fixture
def world(netbox: tuple[str, str], tmp_path: Path) -> Iterator[World]:
    (tmp_path / "netbox").mkdir()
    made = World(*netbox, tmp_path)
    with netboxes.swept(made.netbox):
        yield made


@pytest.fixture
def site(world: World) -> World:
    """With a site, two racks and two devices of one type."""
    world.write(
        {"site": {"name": "Test", "slug": "t-site"}},
        {"rack": {"site": "t-site", "name": "t-rack-1", "u_height": 4}},
        {"manufacturer": {"name": "Test", "slug": "t-maker"}},
        {"device_role": {"name": "Test", "slug": "t-role"}},
        {"device_type": {"manufacturer": "t-maker", "model": "Test", "slug": "t-type"}},
        *(_device(name) for name in ("t-one", "t-two")),
        *(_interface(name, "eth0") for name in ("t-one", "t-two")),
        file="000-site.yaml",
    )
    world.bring()
    return world


def _device(name: str, **more: Any) -> dict[str, Any]:
    common = {"device_type": "t-type", "role": "t-role", "site": "t-site"}
    return {"device": {"name": name, **common, **more}}


def _interface(device: str, name: str, **more: Any) -> dict[str, Any]:
    return {"interface": {"device": device, "name": name, "type": "1000base-t", **more}}


# --- what the product needs -----------------------------------------------------------------------


def test_init_creates_fields_and_tags_once(world: World) -> None:
    first = world.init()
    assert first["changed"]
    assert first["kinds"]["custom_field"]["names"]["created"] == [x.name for x in CUSTOM_FIELDS]
    assert first["kinds"]["tag"]["created"] == 2
    assert world.requests == {"GET": 2, "POST": 2}
    enabled = world.one("extras.custom_fields", name="deployment_enabled")
    assert (enabled["type"], enabled["default"]) == ("boolean", True)
    assert enabled["object_types"] == ["dcim.device"]
    assert (enabled["group_name"], enabled["ui_editable"]) == ("OSISM", "yes")
    second = world.init()
    assert not second["changed"] and world.requests == {"GET": 2}
    assert second["kinds"]["custom_field"]["unchanged"] == len(CUSTOM_FIELDS)
    assert world.job.notes[-1]["text"] == "NetBox has everything already (14 objects)"


def test_init_adds_object_types_and_keeps_the_rest(world: World) -> None:
    known = {"name": "device_state", "type": "text", "label": "Ours", "object_types": ["dcim.rack"]}
    world.netbox.create("extras.custom_fields", [known])
    result = world.init()
    assert result["kinds"]["custom_field"]["names"]["updated"] == ["device_state"]
    now = world.one("extras.custom_fields", name="device_state")
    assert set(now["object_types"]) == {"dcim.rack", "dcim.device"}
    assert now["label"] == "Ours"
    assert not world.init()["changed"]


def test_init_refuses_a_field_of_another_type(world: World) -> None:
    known = {"name": "maintenance", "type": "text", "object_types": ["dcim.device"]}
    world.netbox.create("extras.custom_fields", [known])
    with pytest.raises(Refused, match=r"'maintenance'.*'text' in NetBox, 'boolean' is wanted"):
        world.init()
    assert not world.writes


# --- the lab and the device type library ----------------------------------------------------------


@pytest.fixture
def lab(world: World) -> World:
    shutil.copytree(LAB, world.repository.root, dirs_exist_ok=True)
    world.init()
    return world


def test_the_lab_is_imported_once(lab: World) -> None:
    planned = lab.bring(dry_run=True)
    assert planned["dry_run"] and planned["changed"] and not lab.writes
    done = lab.bring()
    assert done == {**planned, "dry_run": False}
    kinds = done["kinds"]
    assert kinds["device"]["names"]["created"] == [
        "leaf-1", "leaf-2", "spine-1", *(f"node-{n}" for n in range(1, 9))
    ]  # fmt: skip
    assert kinds["interface"]["names"] == {"created": [], "updated": ["spine-1:ether1"]}
    assert lab.writes < 25
    again = lab.bring()
    assert not again["changed"] and set(lab.requests) == {"GET"}
    assert lab.requests["GET"] < 20
    assert again["kinds"]["device"] == {
        "created": 0, "updated": 0, "unchanged": 11, "names": {"created": [], "updated": []}
    }  # fmt: skip
    leaf = lab.one("dcim.devices", name="leaf-1")
    address = lab.one("ipam.ip_addresses", address="10.0.0.1/24")
    assert (leaf["position"], leaf["face"]) == (40, "front")
    assert leaf["primary_ip4"] == address["id"]
    assert leaf["custom_fields"]["device_type"] == "switch"
    assert leaf["custom_fields"]["deployment_enabled"] is True
    assert len(lab.netbox.read("dcim.interfaces", device_id=leaf["id"])) == 55


def test_contexts_are_imported_with_what_they_are_for(lab: World) -> None:
    lab.bring()
    (nodes,) = lab.netbox.read("extras.config_contexts", name="lab-nodes")
    assert nodes["sites"] == [lab.one("dcim.sites", slug="lab")["id"]]
    assert nodes["roles"] == [lab.one("dcim.device_roles", slug="node")["id"]]
    found = {each.name: each for each in NetboxHosts(lab.netbox).hosts()}
    assert found["node-1"].groups == ("lab", "managed-by-osism", "monitored", "node", "rack-1")
    wanted = {
        "ntp_servers": ["10.0.0.3"],
        "internal_mtu": 1500,
        "dns": {
            "domain": "lab.example",
            "servers": ["10.0.0.1", "10.0.0.2"],
            "search": ["monitored.lab.example"],
        },
    }
    said = found["node-1"].variables
    assert {name: said.get(name) for name in wanted} == wanted
    assert found["leaf-1"].variables["ansible_host"] == "10.0.0.1"


@pytest.fixture
def types(world: World) -> World:
    shutil.copytree(TYPES, world.repository.netbox / "device-types")
    return world


def _created(result: dict[str, Any]) -> dict[str, int]:
    return {name: entry["created"] for name, entry in result["kinds"].items()}


def test_device_types_of_the_library_are_imported_once(types: World) -> None:
    paths = ("device-types/MikroTik", "device-types/Supermicro")
    assert _created(types.bring(*paths)) == {
        "manufacturer": 2,
        "device_type": 2,
        "interface_template": 31,
        "console_port_template": 2,
        "power_port_template": 3,
        "module_bay_template": 2,
    }
    again = types.bring(*paths)
    assert not again["changed"] and not types.writes


def test_every_part_of_a_device_type_is_imported_once(types: World) -> None:
    assert _created(types.bring("device-types/Lab")) == {
        "manufacturer": 1,
        "device_type": 1,
        "interface_template": 2,
        "console_port_template": 1,
        "console_server_port_template": 1,
        "power_port_template": 1,
        "power_outlet_template": 1,
        "rear_port_template": 1,
        "front_port_template": 2,
        "module_bay_template": 1,
        "device_bay_template": 1,
    }
    again = types.bring("device-types/Lab")
    assert not again["changed"] and not types.writes
    parts = {"device_type_id": types.one("dcim.device_types", slug="lab-everything")["id"]}
    bridge = types.one("dcim.interface_templates", name="br0", **parts)
    assert types.one("dcim.interface_templates", name="eth0", **parts)["bridge"] == bridge["id"]
    port = types.one("dcim.power_port_templates", **parts)
    assert types.one("dcim.power_outlet_templates", **parts)["power_port"] == port["id"]


def test_a_device_type_grows(types: World) -> None:
    folder = "device-types/Supermicro"
    types.bring(folder)
    (file,) = (types.repository.netbox / folder).iterdir()
    document = yaml.safe_load(file.read_text())
    document["interfaces"][0]["description"] = "Another text"
    document["interfaces"] += [{"name": "Gig-E 5", "type": "10gbase-t"}]
    file.write_text(yaml.safe_dump(document | {"airflow": "rear-to-front"}))
    kinds = types.bring(folder)["kinds"]
    assert kinds["device_type"]["updated"] == 1
    interfaces = kinds["interface_template"]
    assert (interfaces["created"], interfaces["updated"], interfaces["unchanged"]) == (1, 1, 4)


# --- resources ------------------------------------------------------------------------------------


def test_every_kind_is_imported_once(site: World) -> None:
    site.write(
        {"tag": {"name": "Test", "slug": "t-tag", "color": "ff0000"}},
        {
            "custom_field": {
                "name": "t_field",
                "type": "integer",
                "object_types": ["dcim.device", "dcim.site"],
            }
        },
        {"platform": {"name": "Test", "slug": "t-platform", "manufacturer": "t-maker"}},
        {"tenant": {"name": "Test", "slug": "t-tenant"}},
        {"location": {"site": "t-site", "name": "Row", "slug": "t-row", "parent": "t-room"}},
        {"location": {"site": "t-site", "name": "Room", "slug": "t-room"}},
        {"rack": {"site": "t-site", "name": "t-rack-2", "location": "t-row", "width": 19}},
        {
            "vlan_group": {
                "name": "Test",
                "slug": "t-group",
                "site": "t-site",
                "vid_ranges": [[1, 200]],
            }
        },
        {"vlan": {"vid": 100, "name": "grouped", "group": "t-group", "tenant": "t-tenant"}},
        {"vlan": {"vid": 100, "name": "of the site", "site": "t-site"}},
        {"vrf": {"name": "t-vrf", "rd": "65000:7", "enforce_unique": True}},
        {"prefix": {"prefix": "10.77.0.0/24", "vrf": "t-vrf", "site": "t-site", "vlan": 100}},
        {"prefix": {"prefix": "2001:db8:77::/64", "is_pool": True}},
        _device(
            "t-three",
            location="t-row",
            rack="t-rack-2",
            position=1.5,
            platform="t-platform",
            tags=["t-tag"],
            custom_fields={"t_field": 7},
            local_context_data={"a": [1, {"b": None}]},
            primary_ip4="10.77.0.3/24",
            primary_ip6="2001:db8:77::3/64",
        ),
        _interface("t-three", "eth0", lag="bond0", mtu=9000),
        {"interface": {"device": "t-three", "name": "bond0", "type": "lag"}},
        {
            "interface": {
                "device": "t-three",
                "name": "vlan100",
                "type": "virtual",
                "parent": "bond0",
            }
        },
        {
            "ip_address": {
                "address": "10.77.0.3/24",
                "vrf": "t-vrf",
                "device": "t-three",
                "interface": "bond0",
                "dns_name": "three.example.org",
            }
        },
        {
            "ip_address": {
                "address": "2001:DB8:77::3/64",
                "device": "t-three",
                "interface": "bond0",
            }
        },
        {"ip_address": {"address": "10.77.0.9/24", "status": "reserved"}},
        {
            "mac_address": {
                "mac_address": "02-77-00-00-00-0a",
                "device": "t-three",
                "interface": "eth0",
            }
        },
    )
    planned = site.bring(dry_run=True)
    assert not site.writes
    done = site.bring()
    assert done == {**planned, "dry_run": False}
    names = done["kinds"]["vlan"]["names"]["created"]
    assert names == ["100 (group t-group)", "100 (site t-site)"]
    again = site.bring()
    assert not again["changed"], again
    assert not site.writes
    vlan = site.one("ipam.vlans", vid=100, name="of the site")
    assert site.one("ipam.prefixes", prefix="10.77.0.0/24")["vlan"] == vlan["id"]


def test_what_a_file_does_not_mention_stays(site: World) -> None:
    device = site.one("dcim.devices", name="t-one")
    site.netbox.update("dcim.devices", [{"id": device["id"], "serial": "S1", "status": "offline"}])
    (tag,) = site.netbox.create("extras.tags", [{"name": "t-extra", "slug": "t-extra"}])
    site.netbox.update("dcim.devices", [{"id": device["id"], "tags": [tag]}])
    (site.repository.netbox / "resources" / "000-site.yaml").unlink()
    site.write(
        {"tag": {"name": "T", "slug": "t-tag"}},
        {"device": {"name": "t-one", "asset_tag": "A1", "tags": ["t-tag"]}},
    )
    result = site.bring()
    assert result["kinds"]["device"]["names"] == {"created": [], "updated": ["t-one"]}
    now = site.one("dcim.devices", name="t-one")
    assert (now["serial"], now["status"], now["asset_tag"]) == ("S1", "offline", "A1")
    assert tag in now["tags"] and len(now["tags"]) == 2


def test_a_dry_run_writes_nothing(site: World) -> None:
    site.write({"site": {"name": "New", "slug": "t-new"}}, _device("t-one", serial="S2"))
    (site.repository.netbox / "resources" / "000-site.yaml").unlink()
    result = site.bring(dry_run=True)
    assert result["kinds"]["site"]["created"] == result["kinds"]["device"]["updated"] == 1
    assert not site.writes
    assert not site.netbox.read("dcim.sites", slug="t-new")
    told = [each["text"] for each in site.job.notes[-3:]]
    assert told == [
        "site: would be 1 created",
        "device: would be 1 updated",
        "in all: 1 created, 1 updated, 0 unchanged",
    ]


def test_a_missing_reference_is_named_before_anything_is_written(site: World) -> None:
    site.write({"site": {"name": "New", "slug": "t-new"}}, _device("t-three", rack="t-rack-9"))
    with pytest.raises(Invalid) as caught:
        site.bring()
    assert str(caught.value) == (
        "netbox/resources/100-test.yaml, entry 2 (device 't-three'), rack: there is no rack "
        "'t-rack-9' of site 't-site', neither in NetBox nor in what is imported; did you mean "
        "'t-rack-1'?"
    )
    assert not site.writes


def test_what_netbox_refuses_is_named(site: World) -> None:
    site.write(
        _device("t-three", rack="t-rack-1", position=1),
        _device("t-four", rack="t-rack-1", position=9),
    )
    with pytest.raises(
        Refused,
        match=r"one of .*100-test\.yaml, entry 1 .*, .*entry 2 .*: position: U9.* already occupied",
    ):
        site.bring()
    site.write(_interface("t-one", "eth1"), _interface("t-one", "eth2", type="none-such"))
    with pytest.raises(Refused) as caught:
        site.bring()
    assert str(caught.value).startswith(
        "netbox/resources/100-test.yaml, entry 2 (interface 't-one:eth2'): NetBox refuses it: type:"
    )


def test_an_address_is_not_taken_from_another_device(site: World) -> None:
    address = {"address": "10.77.0.1/24", "device": "t-one", "interface": "eth0"}
    site.write({"ip_address": address})
    site.bring()
    site.write({"ip_address": {**address, "device": "t-two"}})
    with pytest.raises(Refused, match="belongs to another device in NetBox"):
        site.bring()
    assert not site.writes


def test_a_mac_address_is_not_taken_from_another_device(site: World) -> None:
    label = {"mac_address": "02:77:00:00:00:01", "device": "t-one", "interface": "eth0"}
    site.write({"mac_address": label})
    site.bring()
    site.write({"mac_address": {**label, "device": "t-two"}})
    with pytest.raises(Refused, match="belongs to another device in NetBox"):
        site.bring()
    assert not site.writes


def test_many_objects_are_asked_for_in_parts(site: World) -> None:
    entries = [_interface("t-one", f"port{number}") for number in range(120)]
    addresses = [
        {
            "ip_address": {
                "address": f"10.77.{number}.1/24", "device": "t-one", "interface": f"port{number}"
            }
        }
        for number in range(120)
    ]  # fmt: skip
    site.write(*entries, *addresses)
    result = site.bring()["kinds"]
    assert result["interface"]["created"] == result["ip_address"]["created"] == 120
    assert not site.bring()["changed"]
    assert site.requests["GET"] < 20


@pytest.fixture
def faults(netbox: tuple[str, str]) -> str:
    """Where to ask for faults."""
    if not requests.get(f"{netbox[0]}/lab/faults", timeout=10).ok:
        pytest.skip("only the lab's NetBox loses answers on request")
    return f"{netbox[0]}/lab/faults"


def test_a_lost_answer_is_made_good_by_the_next_run(faults: str, site: World) -> None:
    site.write({"tenant": {"name": "T", "slug": "t-tenant"}}, _device("t-three", tenant="t-tenant"))
    fault = {"drop": True, "times": 1, "method": "POST", "path": "/api/dcim/devices/"}
    requests.post(faults, json=fault, timeout=10)
    with pytest.raises(Unsure):
        site.bring()
    result = site.bring()
    assert result["kinds"]["tenant"]["unchanged"] == 1
    assert not site.bring()["changed"]
