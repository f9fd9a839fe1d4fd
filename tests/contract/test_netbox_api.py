"""What the product relies on of NetBox, asked of the lab's NetBox and of a real one alike.

The real one is asked when OSISM_TEST_NETBOX_URL and OSISM_TEST_NETBOX_TOKEN name one. The tests
make objects with names of their own and delete them again.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pynetbox
import pytest
import requests

from osism.lab.netbox.app import serve

TOKEN = "0123456789abcdef0123456789abcdef01234567"
REFUSED = "is not one of the available choices."


@pytest.fixture(scope="module", params=["lab", "real"])
def netbox(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The URL and the token of a NetBox."""
    if request.param == "lab":
        with serve(token=TOKEN) as url:
            yield url, TOKEN
        return
    url, token = (os.environ.get(f"OSISM_TEST_NETBOX_{name}") for name in ("URL", "TOKEN"))
    if not (url and token):
        pytest.skip("OSISM_TEST_NETBOX_URL and OSISM_TEST_NETBOX_TOKEN name no NetBox")
    yield url.rstrip("/"), token


class Api:
    """The API over plain requests; remembers what it made."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Token {token}"
        self.name = f"t{uuid.uuid4().hex[:8]}"
        self.made: list[tuple[str, int]] = []

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self.session.request(method, f"{self.url}/api/{path}", json=body)
        return answer.status_code, answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        status, answer = self.ask("GET", path)
        assert status == 200, answer
        return answer

    def make(self, path: str, body: Any) -> Any:
        status, answer = self.ask("POST", path, body)
        assert status == 201, answer
        self.made += [
            (path, one["id"]) for one in (answer if isinstance(answer, list) else [answer])
        ]
        return answer

    def patch(self, path: str, body: Any) -> Any:
        status, answer = self.ask("PATCH", path, body)
        assert status == 200, answer
        return answer

    def names(self, path: str, field: str = "name") -> list[Any]:
        return [one[field] for one in self.get(path)["results"]]

    def graphql(self, query: str, **variables: Any) -> Any:
        body = {"query": query, "variables": variables}
        answer = self.session.post(f"{self.url}/graphql/", json=body)
        assert answer.status_code == 200
        return answer.json()

    def data(self, query: str, **variables: Any) -> Any:
        answer = self.graphql(query, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    def clean(self) -> None:
        for path, number in reversed(self.made):
            self.session.delete(f"{self.url}/api/{path}{number}/")


@pytest.fixture
def api(netbox: tuple[str, str]) -> Iterator[Api]:
    made = Api(*netbox)
    yield made
    made.clean()


class Site:
    """A site with two devices, one interface each, and a VRF for its addresses."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.name = name = api.name
        self.site = api.make("dcim/sites/", {"name": name, "slug": name})
        maker = api.make("dcim/manufacturers/", {"name": name, "slug": name})
        kind = {"model": name, "slug": name, "manufacturer": maker["id"]}
        self.type = api.make("dcim/device-types/", kind)
        self.role = api.make("dcim/device-roles/", {"name": name, "slug": name})
        self.vrf = api.make("ipam/vrfs/", {"name": name, "rd": name})
        self.leaf, self.node = self.device("leaf"), self.device("node")
        self.near = self.interface(self.node, "Ethernet0")
        self.far = self.interface(self.leaf, "Ethernet5")

    def device(self, name: str, **more: Any) -> Any:
        body = {"name": f"{self.name}-{name}", "site": self.site["id"], "role": self.role["id"]}
        return self.api.make("dcim/devices/", {**body, "device_type": self.type["id"], **more})

    def interface(self, device: Any, name: str, kind: str = "25gbase-x-sfp28", **more: Any) -> Any:
        body = {"device": device["id"], "name": name, "type": kind, **more}
        return self.api.make("dcim/interfaces/", body)

    def cable(self, near: Any, far: Any, **more: Any) -> tuple[int, Any]:
        body = {"a_terminations": end(near), "b_terminations": end(far), "type": "cat6a", **more}
        status, answer = self.api.ask("POST", "dcim/cables/", body)
        if status == 201:
            self.api.made.append(("dcim/cables/", answer["id"]))
        return status, answer

    def vlan(self, vid: int, **more: Any) -> Any:
        return self.api.make("ipam/vlans/", {"vid": vid, "name": f"{self.name} {vid}", **more})

    def on(self, interface: Any) -> dict[str, Any]:
        return {"assigned_object_type": "dcim.interface", "assigned_object_id": interface["id"]}

    def address(self, address: str, interface: Any) -> Any:
        body = {"address": address, "vrf": self.vrf["id"], **self.on(interface)}
        return self.api.make("ipam/ip-addresses/", body)

    def mac(self, mac: str, interface: Any) -> Any:
        return self.api.make("dcim/mac-addresses/", {"mac_address": mac, **self.on(interface)})

    def again(self, interface: Any) -> Any:
        return self.api.get(f"dcim/interfaces/{interface['id']}/")


def end(interface: Any) -> list[dict[str, Any]]:
    return [{"object_type": "dcim.interface", "object_id": interface["id"]}]


@pytest.fixture
def site(api: Api) -> Site:
    return Site(api)


# Who may ask, and what it is


def test_status_names_the_version(api: Api) -> None:
    assert api.get("status/")["netbox-version"].startswith("4.4.")
    assert {"dcim", "ipam", "extras", "status", "tenancy"} <= set(api.get(""))
    assert api.get("dcim/")["devices"] == f"{api.url}/api/dcim/devices/"
    assert api.session.get(f"{api.url}/api/dcim/sites/").headers["API-Version"] == "4.4"


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, "Authentication credentials were not provided."),
        ("Bearer x", "Authentication credentials were not provided."),
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
        ("Token wrong", "Invalid token"),
    ],
)
def test_a_token_is_needed(netbox: tuple[str, str], header: str | None, detail: str) -> None:
    headers = {"Authorization": header} if header else {}
    for path in ("", "status/", "dcim/devices/"):
        answer = requests.get(f"{netbox[0]}/api/{path}", headers=headers)
        assert (answer.status_code, answer.json()) == (403, {"detail": detail})


def test_graphql_needs_a_token(netbox: tuple[str, str]) -> None:
    def ask(**headers: str) -> requests.Response:
        body = {"query": "{site_list{id}}"}
        return requests.post(
            f"{netbox[0]}/graphql/", json=body, headers=headers, allow_redirects=False
        )

    assert ask(Authorization="Token wrong").status_code == 403
    assert ask().status_code == 302


def test_what_is_not_there(api: Api) -> None:
    assert api.ask("GET", "dcim/sites/999999999/") == (
        404,
        {"detail": "No Site matches the given query."},
    )
    assert api.ask("POST", "dcim/sites/1/", {})[0] in (404, 405)
    assert api.ask("PATCH", "dcim/sites/", {}) == (
        400,
        {"non_field_errors": ['Expected a list of items but got type "dict".']},
    )


# Writing and reading


def test_pynetbox_creates_reads_changes_and_deletes(netbox: tuple[str, str], site: Site) -> None:
    nb = pynetbox.api(netbox[0], token=netbox[1])
    name = f"{site.name}-by-pynetbox"
    made = nb.dcim.devices.create(
        name=name,
        site={"slug": site.name},
        role={"name": site.name},
        device_type={"slug": site.name, "manufacturer": {"slug": site.name}},
    )
    site.api.made.append(("dcim/devices/", made.id))
    found = nb.dcim.devices.get(name=name)
    assert found.id == made.id
    assert (found.site.slug, found.role.slug, found.status.value) == (
        site.name,
        site.name,
        "active",
    )
    assert found.device_type.manufacturer.slug == site.name
    found.status = "planned"
    found.comments = "changed"
    assert found.save()
    again = nb.dcim.devices.get(made.id)
    assert (str(again.status), again.comments) == ("Planned", "changed")
    assert nb.dcim.devices.count(name=name) == 1
    assert [one.name for one in nb.dcim.devices.filter(name=[name, site.leaf["name"]])] == [
        name,
        site.leaf["name"],
    ]
    assert again.delete()
    assert nb.dcim.devices.get(made.id) is None


def test_pynetbox_writes_in_bulk(netbox: tuple[str, str], site: Site) -> None:
    nb = pynetbox.api(netbox[0], token=netbox[1])
    ports = [
        {"device": site.node["id"], "name": f"eth{n}", "type": "1000base-t"} for n in range(60)
    ]
    made = nb.dcim.interfaces.create(ports)
    assert len(made) == 60
    nb.dcim.interfaces.update([{"id": one.id, "mtu": 9000} for one in made])
    found = list(nb.dcim.interfaces.filter(device_id=site.node["id"], mtu=9000))
    assert [one.name for one in found] == [f"eth{n}" for n in range(60)]
    assert nb.dcim.interfaces.delete([one.id for one in made])
    assert nb.dcim.interfaces.count(device_id=site.node["id"]) == 1


def test_an_answer_has_the_fields_of_netbox(site: Site) -> None:
    shown = site.again(site.near)
    assert shown["device"] == {
        "id": site.node["id"],
        "url": f"{site.api.url}/api/dcim/devices/{site.node['id']}/",
        "display": site.node["name"],
        "name": site.node["name"],
        "description": "",
    }
    assert shown["type"] == {"value": "25gbase-x-sfp28", "label": "SFP28 (25GE)"}
    empty = (
        "lag",
        "parent",
        "mtu",
        "mode",
        "untagged_vlan",
        "mac_address",
        "cable",
        "cable_end",
        "vrf",
        "connected_endpoints",
        "connected_endpoints_reachable",
        "speed",
        "primary_mac_address",
    )
    assert all(shown[name] is None for name in empty)
    assert (shown["label"], shown["description"], shown["enabled"]) == ("", "", True)
    assert (
        shown["tagged_vlans"]
        == shown["link_peers"]
        == shown["tags"]
        == shown["mac_addresses"]
        == []
    )
    assert (shown["count_ipaddresses"], shown["_occupied"]) == (0, False)
    assert shown["created"].endswith("Z")


def test_a_device_gets_the_interfaces_of_its_type(site: Site) -> None:
    for name in ("swp1", "swp2", "swp10"):
        site.api.make(
            "dcim/interface-templates/",
            {
                "device_type": site.type["id"],
                "name": name,
                "type": "10gbase-x-sfpp",
                "label": f"l {name}",
            },
        )
    device = site.device("from-type")
    found = site.api.get(f"dcim/interfaces/?device_id={device['id']}")["results"]
    assert [(one["name"], one["label"]) for one in found] == [
        ("swp1", "l swp1"),
        ("swp2", "l swp2"),
        ("swp10", "l swp10"),
    ]
    assert site.api.get(f"dcim/devices/{device['id']}/")["interface_count"] == 3


def test_parts_of_a_device_type(site: Site) -> None:
    def part(kind: str, **body: Any) -> Any:
        body |= {"device_type": site.type["id"], "name": kind}
        return site.api.make(f"dcim/{kind}-templates/", body)

    assert part("console-port", type="rj-45")["type"] == {"value": "rj-45", "label": "RJ-45"}
    plug = part("power-port", type="iec-60320-c14", maximum_draw=500)
    outlet = part("power-outlet", power_port=plug["id"], feed_leg="A")
    assert (outlet["power_port"]["name"], outlet["feed_leg"]["value"]) == ("power-port", "A")
    rear = part("rear-port", type="8p8c", positions=2)
    front = part("front-port", type="8p8c", rear_port=rear["id"], rear_port_position=2)
    assert (front["rear_port"]["id"], front["rear_port_position"]) == (rear["id"], 2)
    part("module-bay", position="1")
    shown = site.api.get(f"dcim/device-types/{site.type['id']}/")
    counts = {name: shown[name] for name in shown if name.endswith("_template_count")}
    assert {name.removesuffix("_template_count") for name in counts if counts[name]} == {
        "console_port",
        "power_port",
        "power_outlet",
        "rear_port",
        "front_port",
        "module_bay",
    }
    query = f"device_type_id={site.type['id']}"
    assert site.api.names(f"dcim/power-outlet-templates/?{query}", "id") == [outlet["id"]]
    assert site.api.ask("DELETE", f"dcim/power-port-templates/{plug['id']}/")[0] == 204
    left = site.api.get(f"dcim/power-outlet-templates/{outlet['id']}/")
    assert left["power_port"] is None


def test_wireless_interfaces(site: Site) -> None:
    port = site.interface(
        site.node, "wlan0", "ieee802.11ac", rf_role="ap", rf_channel="5g-38-5190-40"
    )
    assert port["rf_channel"] == {"value": "5g-38-5190-40", "label": "38 (5190/40 MHz)"}
    again = site.again(port)
    assert (again["rf_channel_frequency"], again["rf_channel_width"]) == (5190.0, 40.0)
    for name, value, word in (
        ("rf_role", "ap", "Wireless role"),
        ("rf_channel", "5g-38-5190-40", "Channel"),
    ):
        assert site.api.ask("PATCH", f"dcim/interfaces/{site.near['id']}/", {name: value}) == (
            400,
            {name: [f"{word} may be set only on wireless interfaces."]},
        )


@pytest.mark.parametrize(
    ("path", "body", "errors"),
    [
        (
            "dcim/devices/",
            {"name": "x"},
            {name: ["This field is required."] for name in ("device_type", "role", "site")},
        ),
        (
            "dcim/devices/",
            {"device_type": 999999, "role": {"slug": "nope"}, "site": "abc", "status": "bogus"},
            {
                "device_type": ["Related object not found using the provided numeric ID: 999999"],
                "role": [
                    "Related object not found using the provided attributes: {'slug': 'nope'}"
                ],
                "site": [
                    "Related objects must be referenced by numeric ID or by dictionary "
                    "of attributes. "
                    "Received an unrecognized value: abc"
                ],
                "status": ["bogus is not a valid choice."],
            },
        ),
        (
            "dcim/sites/",
            {"name": "", "slug": "a b"},
            {
                "name": ["This field may not be blank."],
                "slug": [
                    'Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'
                ],
            },
        ),
        (
            "dcim/sites/",
            {"name": None, "slug": "x" * 101},
            {
                "name": ["This field may not be null."],
                "slug": ["Ensure this field has no more than 100 characters."],
            },
        ),
        (
            "dcim/sites/",
            5,
            {"non_field_errors": ["Invalid data. Expected a dictionary, but got int."]},
        ),
        (
            "ipam/vlans/",
            {"vid": 5000, "name": "x"},
            {"vid": ["Ensure this value is less than or equal to 4094."]},
        ),
        (
            "dcim/mac-addresses/",
            {"mac_address": "bogus"},
            {"mac_address": ["Invalid MAC address format: bogus"]},
        ),
        (
            "ipam/prefixes/",
            {"prefix": "10.9.0.1/24"},
            {"prefix": ["10.9.0.1/24 is not a valid prefix. Did you mean 10.9.0.0/24?"]},
        ),
        (
            "dcim/cables/",
            {
                "type": "bogus",
                "color": "zz",
                "a_terminations": [{"object_type": "dcim.nope", "object_id": 1}],
            },
            {
                "type": ['"bogus" is not a valid choice.'],
                "color": ["Enter a valid hexadecimal RGB color code."],
                "a_terminations": [{"object_type": ["Invalid content type: dcim.nope"]}],
            },
        ),
        (
            "extras/custom-fields/",
            {"name": "Bad Name", "type": "bogus", "object_types": ["dcim.nope"]},
            {
                "object_types": ["Invalid content type: dcim.nope"],
                "type": ["bogus is not a valid choice."],
                "name": ["Only alphanumeric characters and underscores are allowed."],
            },
        ),
    ],
)
def test_wrong_data_is_refused_field_by_field(api: Api, path: str, body: Any, errors: Any) -> None:
    assert api.ask("POST", path, body) == (400, errors)


def test_wrong_interface_data(site: Site) -> None:
    path = f"dcim/interfaces/{site.near['id']}/"
    assert site.api.ask(
        "PATCH",
        path,
        {
            "mtu": 70000,
            "name": None,
            "type": "",
            "enabled": "maybe",
            "speed": "a",
            "mode": {"value": "access"},
            "tagged_vlans": [{"vid": 1}],
            "custom_fields": 5,
        },
    ) == (
        400,
        {
            "name": ["This field may not be null."],
            "type": ["This field may not be blank."],
            "enabled": ["Must be a valid boolean."],
            "speed": ["A valid integer is required."],
            "mtu": ["Ensure this value is less than or equal to 65536."],
            "mode": [
                'Value must be passed directly (e.g. "foo": 123); do not use a dictionary or list.'
            ],
            "tagged_vlans": ["Incorrect type. Expected pk value, received dict."],
            "custom_fields": [
                "Invalid data format. Custom field data must be passed as a dictionary mapping "
                "field names to their values."
            ],
        },
    )
    assert site.api.ask("PATCH", path, {"tagged_vlans": [999999]}) == (
        400,
        {"tagged_vlans": ['Invalid pk "999999" - object does not exist.']},
    )
    assert site.api.ask("PATCH", path, {"device": site.leaf["id"]}) == (
        400,
        {"device": ["Components cannot be moved to a different device."]},
    )


def test_names_are_unique(site: Site) -> None:
    body = {"name": site.name, "slug": site.name}
    assert site.api.ask("POST", "dcim/sites/", body) == (
        400,
        {
            "name": ["site with this name already exists."],
            "slug": ["site with this slug already exists."],
        },
    )
    again = {"device": site.near["device"]["id"], "name": "Ethernet0", "type": "virtual"}
    assert site.api.ask("POST", "dcim/interfaces/", again) == (
        400,
        {"__all__": ["Interface with this Device and Name already exists."]},
    )
    twin = {
        "name": site.leaf["name"].upper(),
        "site": site.site["id"],
        "role": site.role["id"],
        "device_type": site.type["id"],
    }
    assert site.api.ask("POST", "dcim/devices/", twin) == (
        400,
        {"__all__": ["Device name must be unique per site."]},
    )


def test_a_list_is_created_whole_or_not_at_all(site: Site) -> None:
    api, name = site.api, site.name
    good, bad = {"name": f"{name}-1", "slug": f"{name}-1"}, {"name": name}
    assert api.ask("POST", "dcim/sites/", [good, bad]) == (
        400,
        [
            {},
            {"name": ["site with this name already exists."], "slug": ["This field is required."]},
        ],
    )
    assert api.names(f"dcim/sites/?name={name}-1") == []
    device = {"name": f"{name}-x", "site": site.site["id"], "role": site.role["id"]}
    assert api.ask(
        "POST", "dcim/devices/", [{**device, "device_type": site.type["id"]}, device]
    ) == (
        400,
        {"device_type": ["This field is required."]},
    )
    assert api.names(f"dcim/devices/?name={name}-x") == []
    assert api.ask("POST", "dcim/sites/", []) == (201, [])


def test_a_list_is_changed_whole_or_not_at_all(site: Site) -> None:
    api = site.api
    changes = [
        {"id": site.near["id"], "label": "a"},
        {"id": site.far["id"], "label": "b", "mtu": 0},
    ]
    assert api.ask("PATCH", "dcim/interfaces/", changes) == (
        400,
        {"mtu": ["Ensure this value is greater than or equal to 1."]},
    )
    assert site.again(site.near)["label"] == site.again(site.far)["label"] == ""
    del changes[1]["mtu"]
    assert sorted(one["label"] for one in api.patch("dcim/interfaces/", changes)) == ["a", "b"]
    assert api.patch("dcim/interfaces/", [{"id": 999999999, "label": "c"}]) == []
    assert api.ask("PATCH", "dcim/interfaces/", [{"label": "c"}]) == (
        400,
        [{"id": ["This field is required."]}],
    )


def test_a_list_is_deleted_whole_or_not_at_all(site: Site) -> None:
    api = site.api
    other = api.make("dcim/sites/", {"name": f"{site.name}-o", "slug": f"{site.name}-o"})
    status, answer = api.ask(
        "DELETE", "dcim/sites/", [{"id": other["id"]}, {"id": site.site["id"]}]
    )
    assert status == 409
    assert answer["detail"].startswith("Unable to delete object. 2 dependent objects were found: ")
    assert api.ask("GET", f"dcim/sites/{other['id']}/")[0] == 200
    assert api.ask("DELETE", "dcim/sites/", [{"id": other["id"]}, {"id": 999999999}]) == (204, None)
    assert api.ask("GET", f"dcim/sites/{other['id']}/")[0] == 404
    assert api.ask("DELETE", "dcim/sites/", [{"x": 1}]) == (
        400,
        [{"id": ["This field is required."]}],
    )


def test_put_needs_what_a_creation_needs(site: Site) -> None:
    path = f"dcim/interfaces/{site.near['id']}/"
    assert site.api.ask("PUT", path, {"label": "x"}) == (
        400,
        {name: ["This field is required."] for name in ("device", "name", "type")},
    )
    body = {"device": site.node["id"], "name": "Ethernet0", "type": "lag", "label": "x"}
    assert site.api.ask("PUT", path, body)[1]["type"]["value"] == "lag"


def test_one_of_several_at_once_gets_the_name(site: Site) -> None:
    body = {"device": site.node["id"], "name": "race", "type": "virtual"}
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda _: site.api.ask("POST", "dcim/interfaces/", body)[0], range(6))
        )
    assert answers.count(201) == 1
    ports = [site.interface(site.node, f"p{n}") for n in range(6)]

    def change(port: Any) -> int:
        return site.api.ask("PATCH", f"dcim/interfaces/{port['id']}/", {"label": port["name"]})[0]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(change, ports)) == [200] * 6
    assert all(site.again(port)["label"] == port["name"] for port in ports)


# Tags, custom fields, contexts


def test_tags(site: Site) -> None:
    api, name = site.api, site.name
    one, two = (
        api.make("extras/tags/", {"name": f"{name} {n}", "slug": f"{name}-{n}"}) for n in "12"
    )
    path = f"dcim/devices/{site.leaf['id']}/"
    tagged = api.patch(path, {"tags": [one["id"], {"slug": two["slug"]}]})["tags"]
    assert [tag["slug"] for tag in tagged] == [one["slug"], two["slug"]]
    assert set(tagged[0]) == {"id", "url", "display_url", "display", "name", "slug", "color"}
    api.patch(f"dcim/devices/{site.node['id']}/", {"tags": [{"name": one["name"]}]})
    query = f"dcim/devices/?site={name}&"
    both = [site.leaf["name"], site.node["name"]]
    assert api.names(f"{query}tag={one['slug']}") == both
    assert api.names(f"{query}tag={one['slug']}&tag={two['slug']}") == [site.leaf["name"]]
    assert api.names(f"{query}tag__n={two['slug']}") == [site.node["name"]]
    assert api.get(f"extras/tags/{one['id']}/")["tagged_items"] == 2
    for wrong, error in (
        (
            [{"name": "nope"}],
            "Related object not found using the provided attributes: {'name': 'nope'}",
        ),
        (
            [one["slug"]],
            "Related objects must be referenced by numeric ID or by dictionary "
            "of attributes. "
            f"Received an unrecognized value: {one['slug']}",
        ),
    ):
        assert api.ask("PATCH", path, {"tags": wrong}) == (400, {"tags": [error]})
    api.patch(path, {"tags": []})
    assert api.names(f"{query}tag={one['slug']}") == [site.node["name"]]


def test_custom_fields(site: Site) -> None:
    api, name = site.api, site.name
    choices = {"name": name, "extra_choices": [["a", "A"], ["b", "B"]]}
    chosen = api.make("extras/custom-field-choice-sets/", choices)
    for field, more in {
        "text": {"type": "text"},
        "number": {"type": "integer", "validation_minimum": 1},
        "flag": {"type": "boolean", "default": False},
        "choice": {"type": "select", "choice_set": chosen["id"], "default": "a"},
    }.items():
        body = {"name": f"{name}_{field}", "object_types": ["dcim.device"], **more}
        api.make("extras/custom-fields/", body)

    def fields(device: Any) -> dict[str, Any]:
        shown = api.get(f"dcim/devices/{device['id']}/")["custom_fields"]
        prefix = f"{name}_"
        return {key.removeprefix(prefix): shown[key] for key in shown if key.startswith(prefix)}

    def change(**values: Any) -> tuple[int, Any]:
        sent = {f"{name}_{key}": value for key, value in values.items()}
        return api.ask("PATCH", f"dcim/devices/{site.leaf['id']}/", {"custom_fields": sent})

    defaults = {"text": None, "number": None, "flag": False, "choice": "a"}
    assert fields(site.leaf) == defaults  # made before the fields were
    part = site.device("part", custom_fields={f"{name}_text": "x"})
    assert fields(part) == {**defaults, "text": "x"}
    assert change(text="Some words", number=5)[0] == 200
    assert change(flag=True, unknown=1)[0] == 200
    assert fields(site.leaf) == {"text": "Some words", "number": 5, "flag": True, "choice": "a"}
    for values, problem in (
        ({"text": 5}, "text': Value must be a string."),
        ({"number": 0}, "number': Value must be at least 1"),
        ({"number": "5"}, "number': Value must be an integer."),
        ({"flag": "yes"}, "flag': Value must be true or false."),
        ({"choice": "z"}, f"choice': Invalid choice (z) for choice set {name}."),
    ):
        status, answer = change(**values)
        assert status == 400
        assert answer["__all__"][0].startswith(f"Invalid value for custom field '{name}_{problem}")
    for query, found in (
        (f"cf_{name}_text=words", [site.leaf]),
        (f"cf_{name}_text=nothing", []),
        (f"cf_{name}_number=5", [site.leaf]),
        (f"cf_{name}_number__gte=6", []),
        (f"cf_{name}_flag=true", [site.leaf]),
        (f"cf_{name}_choice=b", []),
    ):
        assert api.names(f"dcim/devices/?site={name}&{query}") == [one["name"] for one in found]
    path, number = api.made[-2]
    assert path == "extras/custom-fields/"
    assert api.ask("DELETE", f"{path}{number}/")[0] == 204
    assert set(fields(site.leaf)) == {"text", "number", "flag"}


def test_configuration_contexts(site: Site) -> None:
    api = site.api
    data = {"ntp": ["a"], "dns": {"domain": "x", "port": 53}}
    context = {"name": site.name, "weight": 10, "sites": [site.site["id"]], "data": data}
    api.make("extras/config-contexts/", context)
    api.make(
        "extras/config-contexts/",
        {
            "name": f"{site.name}-role",
            "weight": 20,
            "roles": [site.role["id"]],
            "data": {"dns": {"domain": "y"}},
        },
    )
    path = f"dcim/devices/{site.leaf['id']}/"
    api.patch(path, {"local_context_data": {"ntp": ["b"]}})
    assert api.get(path)["config_context"] == {"ntp": ["b"], "dns": {"domain": "y", "port": 53}}
    assert "config_context" not in api.get(f"{path}?exclude=config_context")
    assert api.ask("PATCH", path, {"local_context_data": [1]}) == (
        400,
        {"local_context_data": ['JSON data must be in object form. Example: {"foo": 123}']},
    )


# Asking for some of them


@pytest.fixture
def ports(site: Site) -> Site:
    """Six more interfaces on the node."""
    for name, more in {
        "bond0": {"type": "lag", "mtu": 9000},
        "eth1": {"type": "1000base-t", "enabled": False},
        "eth2": {"type": "1000base-t", "description": "Up"},
        "eth10": {"type": "1000base-t", "mtu": 1500},
        "eth1.10": {"type": "virtual"},
        "Ethernet1/2": {"type": "10gbase-x-sfpp", "mgmt_only": True},
    }.items():
        body = {"device": site.node["id"], "name": name, **more}
        site.api.make("dcim/interfaces/", body)
    return site


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "Ethernet1/2 Ethernet0 bond0 eth1 eth1.10 eth2 eth10"),
        ("name=eth1&name=eth2", "eth1 eth2"),
        ("name__n=eth1&name__ic=eth1", "eth1.10 eth10"),
        ("name__isw=ETH1", "eth1 eth1.10 eth10"),
        ("name__iew=0&mtu__empty=true", "Ethernet0 eth1.10"),
        ("name__ie=ETH1", "eth1"),
        ("name__nic=eth", "bond0"),
        ("name__regex=^eth[12]$", "eth1 eth2"),
        ("type=lag", "bond0"),
        ("type=lag&type=virtual", "bond0 eth1.10"),
        ("type__n=1000base-t&name__isw=eth1", "eth1.10"),
        ("enabled=false", "eth1"),
        ("mtu=9000&mtu=1500", "bond0 eth10"),
        ("mtu__gte=2000", "bond0"),
        ("kind=virtual", "bond0 eth1.10"),
        ("mgmt_only=true", "Ethernet1/2"),
        ("q=Up", "eth2"),
        ("description=Up", "eth2"),
        ("description__empty=false", "eth2"),
        ("lag_id=null&kind=virtual", "bond0 eth1.10"),
        ("cabled=true", ""),
        ("no_such_filter=1&name=eth1", "eth1"),
        ("name=&type=lag", "bond0"),
        ("ordering=-name&name__isw=eth1", "eth10 eth1.10 eth1"),
        ("ordering=id&type=1000base-t", "eth1 eth2 eth10"),
        ("created__gte=2020-01-01&type=lag", "bond0"),
        ("created__lt=2020-01-01", ""),
    ],
)
def test_filters(ports: Site, query: str, found: str) -> None:
    api = ports.api
    assert api.names(f"dcim/interfaces/?device_id={ports.node['id']}&{query}") == found.split()


def test_filters_over_relations(ports: Site) -> None:
    api, name = ports.api, ports.name
    for path, query, found in (
        ("dcim/interfaces/", f"device={name}-leaf", ["Ethernet5"]),
        (
            "dcim/interfaces/",
            f"device={name}-leaf&device={name}-node&name__isw=Ethernet0",
            ["Ethernet0"],
        ),
        ("dcim/interfaces/", f"site={name}&device_id__n={ports.node['id']}", ["Ethernet5"]),
        ("dcim/interfaces/", f"device_role={name}&type=lag", ["bond0"]),
        ("dcim/devices/", f"role={name}", [f"{name}-leaf", f"{name}-node"]),
        ("dcim/devices/", f"role_id={ports.role['id']}&name__iew=leaf", [f"{name}-leaf"]),
        ("dcim/devices/", f"manufacturer={name}&q=NODE", [f"{name}-node"]),
        ("dcim/devices/", f"device_type={name}&status=active", [f"{name}-leaf", f"{name}-node"]),
        ("dcim/devices/", f"site={name}&status=planned", []),
        ("dcim/devices/", f"site={name}&platform=null", [f"{name}-leaf", f"{name}-node"]),
        ("dcim/device-roles/", f"slug={name}", [name]),
    ):
        assert api.names(f"{path}?{query}") == found, query


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("device_id=abc", {"device_id": ["“abc” is not a valid value."]}),
        ("device_id=999999", {"device_id": [f"Select a valid choice. 999999 {REFUSED}"]}),
        ("device=nope", {"device": [f"Select a valid choice. nope {REFUSED}"]}),
        (
            "site=nope&tag=no-tag",
            {
                "site": [f"Select a valid choice. nope {REFUSED}"],
                "tag": [f"Select a valid choice. no-tag {REFUSED}"],
            },
        ),
        ("type=bogus", {"type": [f"Select a valid choice. bogus {REFUSED}"]}),
        ("id=abc", {"id": ["Enter a whole number."]}),
        ("mtu=abc", {"mtu": ["Enter a whole number."]}),
        ("created=abc", {"created": ["Enter a valid date/time."]}),
    ],
)
def test_filters_that_cannot_be(api: Api, query: str, errors: Any) -> None:
    assert api.ask("GET", f"dcim/interfaces/?{query}") == (400, errors)


def test_pages(ports: Site) -> None:
    api = ports.api
    path = f"dcim/interfaces/?device_id={ports.node['id']}&fields=name"
    first = api.get(f"{path}&limit=3")
    assert (first["count"], len(first["results"]), first["previous"]) == (7, 3, None)
    second = api.session.get(first["next"]).json()
    assert [one["name"] for one in second["results"]] == ["eth1", "eth1.10", "eth2"]
    third = api.session.get(second["next"]).json()
    assert (third["next"], third["results"]) == (None, [{"name": "eth10"}])
    assert api.session.get(third["previous"]).json()["results"] == second["results"]
    assert (
        len(api.get(f"{path}&limit=0")["results"])
        == len(api.get(f"{path}&limit=5000")["results"])
        == 7
    )
    assert api.get(f"{path}&limit=abc&offset=abc")["count"] == 7
    assert api.get(f"{path}&offset=100")["results"] == []


def test_parts_of_an_answer(ports: Site) -> None:
    api = ports.api
    path = f"dcim/interfaces/?device_id={ports.node['id']}&name=bond0"
    assert api.get(f"{path}&fields=name,mtu,no_such_field")["results"] == [
        {"name": "bond0", "mtu": 9000}
    ]
    (brief,) = api.get(f"{path}&brief=1")["results"]
    assert list(brief) == [
        "id",
        "url",
        "display",
        "device",
        "name",
        "description",
        "cable",
        "_occupied",
    ]
    assert list(api.get(f"dcim/devices/{ports.node['id']}/?brief=1")) == [
        "id",
        "url",
        "display",
        "name",
        "description",
    ]


# Cables


def test_a_cable_connects_both_ends(site: Site) -> None:
    status, cable = site.cable(site.near, site.far, label="n1 / l5", length=2.5, length_unit="m")
    assert status == 201
    assert (cable["type"], cable["status"]["value"], cable["length"]) == ("cat6a", "connected", 2.5)
    near, far = site.again(site.near), site.again(site.far)
    assert near["cable"]["id"] == far["cable"]["id"] == cable["id"]
    assert (near["cable_end"], far["cable_end"]) == ("A", "B")
    assert [one["id"] for one in near["link_peers"]] == [site.far["id"]]
    assert [one["device"]["id"] for one in far["connected_endpoints"]] == [site.node["id"]]
    assert near["link_peers_type"] == near["connected_endpoints_type"] == "dcim.interface"
    assert near["connected_endpoints_reachable"] is near["_occupied"] is True
    shown = site.api.get(f"dcim/cables/{cable['id']}/")
    assert [one["object_id"] for one in shown["a_terminations"]] == [site.near["id"]]
    assert shown["b_terminations"][0]["object"]["device"]["name"] == site.leaf["name"]
    for query in (
        f"device_id={site.leaf['id']}",
        f"device={site.node['name']}",
        f"interface_id={site.near['id']}",
        f"site={site.name}&type=cat6a",
        f"termination_a_id={site.near['id']}",
    ):
        assert site.api.names(f"dcim/cables/?{query}", "id") == [cable["id"]], query
    assert site.api.ask("DELETE", f"dcim/cables/{cable['id']}/") == (204, None)
    near = site.again(site.near)
    assert (near["cable"], near["cable_end"], near["link_peers"], near["_occupied"]) == (
        None,
        "",
        [],
        False,
    )
    assert near["connected_endpoints"] is near["connected_endpoints_reachable"] is None


def test_cables_that_cannot_be(site: Site) -> None:
    third, virtual = (
        site.interface(site.leaf, "Ethernet6"),
        site.interface(site.leaf, "Vlan1", "virtual"),
    )
    cable = site.cable(site.near, site.far)[1]
    for near, far, error in (
        (
            site.near,
            third,
            f"Duplicate termination found for dcim.interface {site.near['id']}: "
            f"cable {cable['id']}",
        ),
        (third, third, "A and B terminations cannot connect to the same object."),
        (third, virtual, "Cables cannot be terminated to Virtual interfaces"),
    ):
        assert site.cable(near, far) == (400, {"__all__": [error]})
    assert site.api.ask("POST", "dcim/cables/", {"a_terminations": end(third)}) == (
        400,
        {"__all__": ["Must define A and B terminations when creating a new cable."]},
    )
    assert site.api.ask("PATCH", f"dcim/interfaces/{site.near['id']}/", {"type": "virtual"}) == (
        400,
        {"type": ["Virtual interfaces cannot have a cable attached."]},
    )


def test_cables_in_bulk(site: Site) -> None:
    pairs = [
        (site.interface(site.node, f"a{n}"), site.interface(site.leaf, f"b{n}")) for n in range(3)
    ]
    wanted = [{"a_terminations": end(a), "b_terminations": end(b)} for a, b in pairs]
    made = site.api.make("dcim/cables/", wanted)
    assert site.api.ask("DELETE", "dcim/cables/", [{"id": one["id"]} for one in made]) == (
        204,
        None,
    )
    assert all(site.again(port)["cable"] is None for pair in pairs for port in pair)


def test_a_cable_is_moved(site: Site) -> None:
    third = site.interface(site.leaf, "Ethernet6")
    cable = site.cable(site.near, site.far)[1]
    site.api.patch(f"dcim/cables/{cable['id']}/", {"b_terminations": end(third), "label": "moved"})
    assert site.again(site.far)["cable"] is None
    assert site.again(site.near)["link_peers"][0]["id"] == third["id"]


def test_a_cable_outlives_one_of_its_ends(site: Site) -> None:
    cable = site.cable(site.near, site.far)[1]
    assert site.api.ask("DELETE", f"dcim/interfaces/{site.far['id']}/")[0] == 204
    assert site.api.get(f"dcim/cables/{cable['id']}/")["b_terminations"] == []
    near = site.again(site.near)
    assert (near["cable"]["id"], near["link_peers"], near["connected_endpoints"]) == (
        cable["id"],
        [],
        None,
    )
    assert (near["connected_endpoints_reachable"], near["_occupied"]) == (False, True)


# MAC addresses, VLANs, LAGs, addresses


def test_mac_addresses(site: Site) -> None:
    api = site.api
    path = f"dcim/interfaces/{site.near['id']}/"
    own, other = site.mac("02-00-5e-00-00-01", site.near), site.mac("02005e000002", site.far)
    assert (own["mac_address"], other["mac_address"]) == ("02:00:5E:00:00:01", "02:00:5E:00:00:02")
    assert api.ask("PATCH", path, {"primary_mac_address": other["id"]}) == (
        400,
        {
            "primary_mac_address": [
                "MAC address 02:00:5E:00:00:02 is assigned to a different interface (Ethernet5)."
            ]
        },
    )
    api.patch(path, {"primary_mac_address": own["id"], "mac_address": "ignored"})
    near = site.again(site.near)
    assert near["mac_address"] == near["primary_mac_address"]["mac_address"] == "02:00:5E:00:00:01"
    assert [one["id"] for one in near["mac_addresses"]] == [own["id"]]
    for query in ("mac_address=02:00:5e:00:00:01", "mac_address__ic=00:01"):
        assert api.names(f"dcim/interfaces/?device_id={site.node['id']}&{query}") == ["Ethernet0"]
    for query in (
        f"device_id={site.node['id']}",
        f"interface_id={site.near['id']}",
        f"device={site.node['name']}",
        f"assigned_object_id={site.near['id']}",
    ):
        assert api.names(f"dcim/mac-addresses/?{query}", "id") == [own["id"]]
    mac = f"dcim/mac-addresses/{own['id']}/"
    for change, word in (
        ({"assigned_object_type": None, "assigned_object_id": None}, "unassign"),
        ({"assigned_object_id": site.far["id"]}, "reassign"),
    ):
        assert api.ask("PATCH", mac, change) == (
            400,
            {
                "__all__": [
                    f"Cannot {word} MAC Address while it is designated as the primary MAC "
                    "for an object"
                ]
            },
        )
    assert api.ask("DELETE", mac)[0] == 204
    near = site.again(site.near)
    assert (near["mac_address"], near["primary_mac_address"], near["mac_addresses"]) == (
        None,
        None,
        [],
    )


def test_a_new_interface_takes_its_primary_mac_address(site: Site) -> None:
    free = site.api.make("dcim/mac-addresses/", {"mac_address": "02:00:5E:00:00:09"})
    port = site.interface(site.node, "eth9", primary_mac_address=free["id"])
    assert site.api.get(f"dcim/mac-addresses/{free['id']}/")["assigned_object_id"] == port["id"]
    for body, error in (
        (
            {"assigned_object_type": "dcim.interface"},
            {"assigned_object_id": ["This field cannot be null."]},
        ),
        (
            {"assigned_object_type": "dcim.interface", "assigned_object_id": 999999999},
            {
                "assigned_object_id": [
                    "Related object not found using the provided value: 999999999."
                ]
            },
        ),
        (
            {"assigned_object_type": "dcim.device", "assigned_object_id": site.node["id"]},
            {"assigned_object_type": ["Invalid content type: dcim.device"]},
        ),
    ):
        body["mac_address"] = "02:00:5E:00:00:0A"
        assert site.api.ask("POST", "dcim/mac-addresses/", body) == (400, error)


def test_vlans_on_interfaces(site: Site) -> None:
    api, path = site.api, f"dcim/interfaces/{site.near['id']}/"
    ten, twenty = site.vlan(10), site.vlan(20, site=site.site["id"])
    elsewhere = api.make("dcim/sites/", {"name": f"{site.name}-e", "slug": f"{site.name}-e"})
    foreign = site.vlan(30, site=elsewhere["id"])
    no_untagged = {"untagged_vlan": ["Interface mode does not support untagged vlan"]}
    no_tagged = {"tagged_vlans": ["Interface mode does not support tagged vlans"]}
    same_site = (
        "must belong to the same site as the interface's parent device, or it must be global."
    )
    for change, errors in (
        ({"untagged_vlan": ten["id"], "tagged_vlans": [ten["id"]]}, {**no_untagged, **no_tagged}),
        ({"mode": "access", "tagged_vlans": [ten["id"]]}, no_tagged),
        (
            {"mode": "tagged", "untagged_vlan": foreign["id"]},
            {"untagged_vlan": [f"The untagged VLAN ({foreign['display']}) {same_site}"]},
        ),
        (
            {"mode": "tagged", "tagged_vlans": [foreign["id"]]},
            {"tagged_vlans": [f"VLAN {foreign['display']} {same_site}"]},
        ),
    ):
        assert api.ask("PATCH", path, change) == (400, errors)
    shown = api.patch(
        path,
        {
            "mode": "tagged",
            "untagged_vlan": {"vid": 10, "name": ten["name"]},
            "tagged_vlans": [twenty["id"], ten["id"]],
        },
    )
    assert shown["mode"] == {"value": "tagged", "label": "Tagged"}
    assert shown["untagged_vlan"]["vid"] == 10
    assert sorted(vlan["vid"] for vlan in shown["tagged_vlans"]) == [10, 20]
    assert api.names(f"ipam/vlans/?interface_id={site.near['id']}&vid=20", "vid") == [20]
    assert api.names(f"dcim/interfaces/?site={site.name}&vlan_id={ten['id']}") == ["Ethernet0"]
    assert api.ask("PATCH", path, {"mode": "access"}) == (400, no_tagged)
    assert api.ask("PATCH", path, {"mode": ""}) == (400, {**no_untagged, **no_tagged})
    shown = api.patch(path, {"mode": "access", "tagged_vlans": []})
    assert (shown["untagged_vlan"]["vid"], shown["tagged_vlans"]) == (10, [])
    assert api.patch(path, {"mode": None, "untagged_vlan": None})["mode"] is None
    api.patch(path, {"mode": "tagged", "tagged_vlans": [twenty["id"]]})
    assert api.ask("DELETE", f"ipam/vlans/{twenty['id']}/")[0] == 204
    assert site.again(site.near)["tagged_vlans"] == []


def test_vlan_groups(site: Site) -> None:
    name = site.name
    group = site.api.make(
        "ipam/vlan-groups/",
        {"name": name, "slug": name, "scope_type": "dcim.site", "scope_id": site.site["id"]},
    )
    assert group["scope"]["slug"] == name
    site.vlan(10, group=group["id"])
    assert site.api.ask(
        "POST", "ipam/vlans/", {"vid": 10, "name": "other", "group": group["id"]}
    ) == (
        400,
        {"__all__": ["VLAN with this Group and VLAN ID already exists."]},
    )
    assert site.api.names(f"ipam/vlans/?group={name}", "vid") == [10]


def test_lags_and_their_members(site: Site) -> None:
    api = site.api
    lag, path = site.interface(site.node, "bond0", "lag"), f"dcim/interfaces/{site.near['id']}/"
    other = site.interface(site.leaf, "Port-Channel1", "lag")
    shown = api.patch(path, {"lag": lag["id"]})["lag"]
    assert (shown["name"], shown["device"]["name"]) == ("bond0", site.node["name"])
    assert api.names(f"dcim/interfaces/?lag_id={lag['id']}") == ["Ethernet0"]
    for change, errors in (
        (
            {"lag": other["id"]},
            {
                "lag": [
                    "The selected LAG interface (Port-Channel1) belongs to a different device "
                    f"({site.leaf['name']})."
                ]
            },
        ),
        ({"lag": site.near["id"]}, {"lag": ["A LAG interface cannot be its own parent."]}),
        (
            {"parent": lag["id"]},
            {"parent": ["Only virtual interfaces may be assigned to a parent interface."]},
        ),
    ):
        assert api.ask("PATCH", path, change) == (400, errors)
    assert api.ask("DELETE", f"dcim/interfaces/{lag['id']}/")[0] == 204
    assert site.again(site.near)["lag"] is None


def test_a_parent_outlives_its_children(site: Site) -> None:
    lag = site.interface(site.node, "bond0", "lag")
    child = site.interface(site.node, "bond0.10", "virtual", parent=lag["id"])
    assert site.api.ask("DELETE", f"dcim/interfaces/{lag['id']}/") == (
        409,
        {
            "detail": "Unable to delete object. 1 dependent objects were found: "
            f"bond0.10 ({child['id']})"
        },
    )
    assert site.api.ask("DELETE", "dcim/interfaces/", [{"id": child["id"]}])[0] == 204
    assert site.api.ask("DELETE", f"dcim/interfaces/{lag['id']}/")[0] == 204


def test_addresses_and_primary_addresses(site: Site) -> None:
    api = site.api
    mine, six = site.address("10.9.0.5/24", site.near), site.address("2001:DB8::5/64", site.near)
    theirs = site.address("10.9.0.6/24", site.far)
    assert (mine["family"], six["address"]) == ({"value": 4, "label": "IPv4"}, "2001:db8::5/64")
    assert mine["assigned_object"]["device"]["name"] == site.node["name"]
    device, address = f"dcim/devices/{site.node['id']}/", f"ipam/ip-addresses/{mine['id']}/"
    assert api.ask("PATCH", device, {"primary_ip4": theirs["id"]}) == (
        400,
        {"primary_ip4": ["The specified IP address (10.9.0.6/24) is not assigned to this device."]},
    )
    assert api.ask("PATCH", device, {"primary_ip6": mine["id"]}) == (
        400,
        {"primary_ip6": ["10.9.0.5/24 is not an IPv6 address."]},
    )
    shown = api.patch(device, {"primary_ip4": mine["id"], "primary_ip6": six["id"]})
    assert shown["primary_ip"]["address"] == "2001:db8::5/64"
    assert api.patch(device, {"primary_ip6": None})["primary_ip"]["address"] == "10.9.0.5/24"
    for change in (
        {"assigned_object_id": site.far["id"]},
        {"assigned_object_id": None, "assigned_object_type": None},
    ):
        assert api.ask("PATCH", address, change) == (
            400,
            {
                "__all__": [
                    "Cannot reassign IP address while it is designated as the primary IP "
                    "for the parent object"
                ]
            },
        )
    assert site.again(site.near)["count_ipaddresses"] == 2
    vrf = f"vrf_id={site.vrf['id']}"
    for query, found in (
        (f"device_id={site.node['id']}&family=4", [mine]),
        (f"interface_id={site.far['id']}", [theirs]),
        (f"{vrf}&address=10.9.0.5", [mine]),
        (f"{vrf}&address=10.9.0.5/24", [mine]),
        (f"{vrf}&address=10.9.0.5/25", []),
        (f"{vrf}&parent=10.9.0.0/16", [mine, theirs]),
        (f"assigned_object_id={site.near['id']}&{vrf}&mask_length=64", [six]),
        (f"{vrf}&assigned=false", []),
    ):
        assert api.names(f"ipam/ip-addresses/?{query}", "id") == [one["id"] for one in found], query
    assert api.names(f"dcim/devices/?site={site.name}&has_primary_ip=true") == [site.node["name"]]
    assert api.ask("DELETE", address)[0] == 204
    assert api.get(device)["primary_ip4"] is None


@pytest.mark.parametrize(
    ("address", "errors"),
    [
        (
            "10.9.0.0/24",
            {"__all__": ["10.9.0.0 is a network ID, which may not be assigned to an interface."]},
        ),
        (
            "10.9.0.255/24",
            {
                "__all__": [
                    "10.9.0.255 is a broadcast address, which may not be assigned to an interface."
                ]
            },
        ),
        ("10.9.0.9/0", {"address": ["Cannot create IP address with /0 mask."]}),
    ],
)
def test_addresses_that_cannot_be(site: Site, address: str, errors: Any) -> None:
    body = {"address": address, "vrf": site.vrf["id"], **site.on(site.near)}
    assert site.api.ask("POST", "ipam/ip-addresses/", body) == (400, errors)


def test_an_address_is_unique_in_its_vrf(site: Site) -> None:
    site.address("10.9.0.5/24", site.near)
    body = {"address": "10.9.0.5/32", "vrf": site.vrf["id"]}
    assert site.api.ask("POST", "ipam/ip-addresses/", body) == (
        400,
        {"address": [f"Duplicate IP address found in VRF {site.name} ({site.name}): 10.9.0.5/24"]},
    )


def test_prefixes(site: Site) -> None:
    body = {
        "prefix": "10.9.0.0/24",
        "vrf": site.vrf["id"],
        "scope_type": "dcim.site",
        "scope_id": site.site["id"],
    }
    made = site.api.make("ipam/prefixes/", body)
    assert made["scope"]["slug"] == site.name
    for query, found in (
        ("contains=10.9.0.5", 1),
        ("within=10.9.0.0/16", 1),
        ("within=10.9.0.0/24", 0),
        ("within_include=10.9.0.0/24", 1),
        (f"site_id={site.site['id']}", 1),
    ):
        assert len(site.api.names(f"ipam/prefixes/?vrf_id={site.vrf['id']}&{query}", "id")) == found


def test_what_goes_with_a_device(site: Site) -> None:
    api = site.api
    mac, address = site.mac("02:00:5E:00:00:01", site.near), site.address("10.9.0.5/24", site.near)
    cable = site.cable(site.near, site.far)[1]
    lag = site.interface(site.node, "bond0", "lag")
    site.interface(site.node, "bond0.10", "virtual", parent=lag["id"])
    api.patch(f"dcim/devices/{site.node['id']}/", {"primary_ip4": address["id"]})
    assert api.ask("DELETE", f"dcim/devices/{site.node['id']}/")[0] == 204
    for path, number in (
        ("dcim/interfaces", site.near["id"]),
        ("dcim/mac-addresses", mac["id"]),
        ("ipam/ip-addresses", address["id"]),
        ("dcim/interfaces", lag["id"]),
    ):
        assert api.ask("GET", f"{path}/{number}/")[0] == 404
    assert api.get(f"dcim/cables/{cable['id']}/")["a_terminations"] == []
    status, answer = api.ask("DELETE", f"dcim/manufacturers/{site.type['manufacturer']['id']}/")
    assert (status, answer["detail"]) == (
        409,
        f"Unable to delete object. 1 dependent objects were found: {site.name} ({site.type['id']})",
    )


# GraphQL

DEVICES = """query($n: [String!]!) { device_list(filters: {name: {in_list: $n}}) {
  id name status custom_fields config_context tags {slug} site {slug} role {slug} rack {name}
  platform {slug} position face primary_ip4 {id address family {value}} interface_count
  device_type {model u_height manufacturer {slug}}
  interfaces {
    id name type enabled label mtu mode description mgmt_only lag {id name} parent {id name}
    bridge {id name}
    untagged_vlan {id vid} tagged_vlans {id vid} mac_addresses {id mac_address}
    primary_mac_address {id mac_address}
    cable {id type status label color length terminations {
      id cable_end termination {__typename ... on InterfaceType {id name device {name}}}}}
    ip_addresses {id address} custom_fields tags {slug}
    link_peers {__typename ... on InterfaceType {id name device {name}}}
    connected_endpoints {__typename ... on InterfaceType {id name device {name}}}
    device {id name} } } }"""


def test_graphql_reads_a_device_with_all_that_is_on_it(site: Site) -> None:
    api, near = site.api, site.near
    tag = api.make("extras/tags/", {"name": site.name, "slug": site.name})
    ten, twenty = site.vlan(10), site.vlan(20)
    mac, address = site.mac("02:00:5E:00:00:01", near), site.address("10.9.0.5/24", near)
    lag = site.interface(site.node, "bond0", "lag")
    api.patch(
        f"dcim/interfaces/{near['id']}/",
        {
            "mode": "tagged",
            "untagged_vlan": ten["id"],
            "tagged_vlans": [twenty["id"], ten["id"]],
            "mtu": 9100,
            "primary_mac_address": mac["id"],
            "lag": lag["id"],
            "tags": [tag["id"]],
            "label": "n1",
        },
    )
    cable = site.cable(near, site.far, length=2.5, length_unit="m")[1]
    api.patch(
        f"dcim/devices/{site.node['id']}/", {"primary_ip4": address["id"], "tags": [tag["id"]]}
    )
    (device,) = api.data(DEVICES, n=[site.node["name"]])["device_list"]
    assert (device["id"], device["status"]) == (str(site.node["id"]), "active")
    assert device["device_type"] == {
        "model": site.name,
        "u_height": "1.0",
        "manufacturer": {"slug": site.name},
    }
    assert device["primary_ip4"] == {
        "id": str(address["id"]),
        "address": "10.9.0.5/24",
        "family": {"value": 4},
    }
    assert (device["rack"], device["platform"], device["position"], device["face"]) == (
        None,
        None,
        None,
        "",
    )
    assert (device["tags"], device["site"], device["config_context"]) == (
        [{"slug": site.name}],
        {"slug": site.name},
        {},
    )
    assert (device["interface_count"], [one["name"] for one in device["interfaces"]]) == (
        2,
        ["Ethernet0", "bond0"],
    )
    port = device["interfaces"][0]
    peer = {
        "__typename": "InterfaceType",
        "id": str(site.far["id"]),
        "name": "Ethernet5",
        "device": {"name": site.leaf["name"]},
    }
    own = {
        "__typename": "InterfaceType",
        "id": str(near["id"]),
        "name": "Ethernet0",
        "device": {"name": site.node["name"]},
    }
    ends = port["cable"].pop("terminations")
    assert sorted((one["cable_end"], one["termination"]["id"]) for one in ends) == [
        ("A", own["id"]),
        ("B", peer["id"]),
    ]
    assert sorted(port.pop("tagged_vlans"), key=lambda vlan: vlan["vid"]) == [
        {"id": str(ten["id"]), "vid": 10},
        {"id": str(twenty["id"]), "vid": 20},
    ]
    assert port == {
        "id": str(near["id"]),
        "name": "Ethernet0",
        "type": "25gbase-x-sfp28",
        "enabled": True,
        "label": "n1",
        "mtu": 9100,
        "mode": "tagged",
        "description": "",
        "mgmt_only": False,
        "parent": None,
        "bridge": None,
        "lag": {"id": str(lag["id"]), "name": "bond0"},
        "untagged_vlan": {"id": str(ten["id"]), "vid": 10},
        "mac_addresses": [{"id": str(mac["id"]), "mac_address": "02:00:5E:00:00:01"}],
        "primary_mac_address": {"id": str(mac["id"]), "mac_address": "02:00:5E:00:00:01"},
        "cable": {
            "id": str(cable["id"]),
            "type": "cat6a",
            "status": "connected",
            "label": "",
            "color": "",
            "length": "2.50",
        },
        "ip_addresses": [{"id": str(address["id"]), "address": "10.9.0.5/24"}],
        "custom_fields": {},
        "tags": [{"slug": site.name}],
        "link_peers": [peer],
        "connected_endpoints": [peer],
        "device": {"id": str(site.node["id"]), "name": site.node["name"]},
    }
    bond = device["interfaces"][1]
    assert (bond["mode"], bond["mtu"], bond["cable"], bond["ip_addresses"]) == (
        None,
        None,
        None,
        [],
    )


def test_graphql_filters_devices(site: Site) -> None:
    api, name = site.api, site.name
    leaf, node = f"{name}-leaf", f"{name}-node"
    for filters, found in (
        ({"name": {"exact": leaf}}, [leaf]),
        ({"name": {"i_exact": leaf.upper()}}, [leaf]),
        ({"name": {"exact": leaf.upper()}}, []),
        ({"name": {"starts_with": name}}, [leaf, node]),
        ({"name": {"in_list": []}}, []),
        ({"name": {"ends_with": f"{name}-node"}}, [node]),
        ({"id": site.leaf["id"]}, [leaf]),
        ({"site": {"slug": {"exact": name}}}, [leaf, node]),
        ({"site_id": site.site["id"], "NOT": {"name": {"exact": leaf}}}, [node]),
        ({"name": {"exact": leaf}, "OR": {"name": {"exact": node}}}, [leaf, node]),
        ({"site": {"name": {"exact": name}}, "status": "STATUS_ACTIVE"}, [leaf, node]),
        ({"site_id": site.site["id"], "status": "STATUS_PLANNED"}, []),
        ({"site_id": site.site["id"], "interfaces": {"name": {"exact": "Ethernet5"}}}, [leaf]),
        ({"device_type": {"manufacturer": {"slug": {"exact": name}}}}, [leaf, node]),
    ):
        query = "query($f: DeviceFilter) { device_list(filters: $f) { name } }"
        assert [one["name"] for one in api.data(query, f=filters)["device_list"]] == found, filters


def test_graphql_repeats_an_object_per_match(site: Site) -> None:
    site.interface(site.node, "Ethernet1")
    query = """query($f: DeviceFilter) { device_list(filters: $f) { name } }"""
    filters = {"site_id": site.site["id"], "interfaces": {"name": {"starts_with": "Ethernet"}}}
    assert len(site.api.data(query, f=filters)["device_list"]) == 3
    assert len(site.api.data(query, f={**filters, "DISTINCT": True})["device_list"]) == 2


def test_graphql_filters_other_kinds(site: Site) -> None:
    api, name, near = site.api, site.name, site.near
    vlans = [site.vlan(vid, site=site.site["id"]) for vid in (10, 20, 30)]
    mac, address = site.mac("02:00:5E:00:00:01", near), site.address("10.9.0.5/24", near)
    cable = site.cable(near, site.far)[1]
    on_site, exact = {"site_id": site.site["id"]}, {"exact": name}
    host = {"in_list": ["10.9.0.5/24", "10.9.0.5"]}
    either = {"device_id": site.node["id"], "OR": {"device_id": site.leaf["id"]}}
    for kind, model, filters, found in (
        ("vlan", "VLAN", {**on_site, "vid": {"filter_lookup": {"in_list": [10, 30]}}}, vlans[::2]),
        ("vlan", "VLAN", {**on_site, "vid": {"comparison_lookup": {"gte": 20}}}, vlans[1:]),
        ("vlan", "VLAN", {"site": {"slug": exact}}, vlans),
        ("vlan", "VLAN", {"name": {"in_list": [f"{name} 10"]}}, vlans[:1]),
        ("interface", "Interface", {"device": {"name": {"in_list": [f"{name}-node"]}}}, [near]),
        ("interface", "Interface", either, [site.far, near]),
        ("interface", "Interface", {"cable": {"id": cable["id"]}, "cable_id": 0}, []),
        ("interface", "Interface", {"cable": {"id": cable["id"]}}, [site.far, near]),
        (
            "ip_address",
            "IPAddress",
            {"assigned_object_id": near["id"], "assigned": True},
            [address],
        ),
        (
            "ip_address",
            "IPAddress",
            {"vrf_id": site.vrf["id"], "parent": ["10.9.0.0/16"]},
            [address],
        ),
        ("ip_address", "IPAddress", {"vrf_id": site.vrf["id"], "address": host}, [address]),
        ("mac_address", "MACAddress", {"assigned_object_id": near["id"], "primary": False}, [mac]),
        (
            "mac_address",
            "MACAddress",
            {"mac_address": {"in_list": ["02:00:5e:00:00:01"]}, "assigned_object_id": near["id"]},
            [mac],
        ),
        ("cable", "Cable", {"terminations": {"termination_id": near["id"]}}, [cable]),
        ("site", "Site", {"slug": exact}, [site.site]),
        ("device_type", "DeviceType", {"model": exact}, [site.type]),
        ("manufacturer", "Manufacturer", {"slug": exact}, [site.type["manufacturer"]]),
        ("tag", "Tag", {"slug": exact}, []),
    ):
        query = f"query($f: {model}Filter) {{ {kind}_list(filters: $f) {{ id }} }}"
        rows = api.data(query, f=filters)[f"{kind}_list"]
        assert [one["id"] for one in rows] == [str(one["id"]) for one in found], (kind, filters)


def test_graphql_filters_custom_fields(site: Site) -> None:
    api, name = site.api, f"{site.name}_state"
    api.make(
        "extras/custom-fields/", {"name": name, "type": "text", "object_types": ["dcim.device"]}
    )
    api.patch(f"dcim/devices/{site.leaf['id']}/", {"custom_fields": {name: "b-phase_2"}})
    query = "query($f: DeviceFilter) { device_list(filters: $f) { name custom_fields } }"
    found = api.data(
        query,
        f={
            "custom_field_data": {"path": name, "lookup": {"string_lookup": {"exact": "b-phase_2"}}}
        },
    )
    assert [(one["name"], one["custom_fields"][name]) for one in found["device_list"]] == [
        (site.leaf["name"], "b-phase_2"),
    ]


def test_graphql_pages(site: Site) -> None:
    names = [f"eth{n}" for n in range(120)]
    ports = [{"device": site.node["id"], "name": name, "type": "virtual"} for name in names]
    site.api.make("dcim/interfaces/", ports)
    body = f'(filters: {{device_id: "{site.node["id"]}"}} %s) {{ name }}'
    nested = (
        f'{{ device_list(filters: {{id: "{site.node["id"]}"}}) {{ interfaces%s {{ name }} }} }}'
    )
    for pagination, length in (
        ("", 121),
        ("pagination: {}", 100),
        ("pagination: {limit: 5}", 5),
        ("pagination: {limit: -1}", 121),
        ("pagination: {limit: null}", 121),
        ("pagination: {offset: 110}", 11),
        ("pagination: {limit: 0}", 0),
    ):
        flat = site.api.data("{ interface_list" + body % pagination + " }")["interface_list"]
        assert len(flat) == length, pagination
        inner = site.api.data(nested % (f"({pagination})" if pagination else ""))["device_list"][0][
            "interfaces"
        ]
        assert len(inner) == length, pagination
    some = site.api.data(nested % '(filters: {name: {starts_with: "eth11"}})')["device_list"][0][
        "interfaces"
    ]
    assert len(some) == 11


def test_graphql_answers_several_questions_at_once(site: Site) -> None:
    query = """query($n: [String!]!, $more: Boolean!) {
      leaf: device_list(filters: {name: {in_list: $n}}) {
        ...short interfaces @include(if: $more) { name } }
      vlan_list { vid name } }
      fragment short on DeviceType { __typename id display class_type }"""
    answer = site.api.data(query, n=[site.leaf["name"]], more=False)
    assert answer["leaf"] == [
        {
            "__typename": "DeviceType",
            "id": str(site.leaf["id"]),
            "display": site.leaf["name"],
            "class_type": "Device",
        }
    ]
    assert isinstance(answer["vlan_list"], list)
    one = site.api.data(f"{{ device(id: {site.leaf['id']}) {{ name }} }}")
    assert one == {"device": {"name": site.leaf["name"]}}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ device(id: 999999999) { id } }", "Device matching query does not exist."),
        ("{ bogus }", "Cannot query field 'bogus' on type 'Query'."),
        ("{ device_list { bogus } }", "Cannot query field 'bogus' on type 'DeviceType'."),
        ("{ device_list(filters: {bogus: 1}) { id } }", "'bogus'"),
        (
            '{ device_list(filters: {name: "x"}) { id } }',
            "Expected value of type 'StrFilterLookup'",
        ),
        (
            '{ ip_address_list(filters: {address: {exact: "x"}}) { id } }',
            "Invalid IP address format: x",
        ),
        ("{ device_list {", "Syntax Error: Expected Name, found <EOF>."),
        (
            "{" + " ".join(f"a{n}: site_list {{ id }}" for n in range(12)) + "}",
            "12 aliases found. Allowed: 10",
        ),
    ],
)
def test_graphql_errors(api: Api, query: str, message: str) -> None:
    answer = api.graphql(query)
    assert answer["data"] is None
    assert message in answer["errors"][0]["message"]


def test_graphql_wants_json(api: Api) -> None:
    for body, kind in (("{}", "application/json"), ("x", "text/plain"), ("[]", "application/json")):
        answer = api.session.post(f"{api.url}/graphql/", data=body, headers={"Content-Type": kind})
        assert answer.status_code == 400
