"""Reading resource files and device types, and the difference to what NetBox has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osism.domain.errors import Invalid, Refused
from osism.domain.resources.catalogue import Found, among, needed
from osism.domain.resources.files import Resource, read
from osism.domain.resources.kinds import COMPONENTS, INTERFACE_TEMPLATE, KINDS, ORDER
from osism.domain.resources.own import CUSTOM_FIELDS, TAGS, own_resources
from osism.domain.resources.writes import Plan, plan

FILE = "netbox/resources/100-lab.yaml"
SWITCH = {
    "manufacturer": "Edgecore",
    "model": "5835-54X-O-AC-F",
    "slug": "edgecore-5835",
    "u_height": 1,
    "front_image": True,
    "interfaces": [
        {"name": "eth0", "type": "1000base-t", "mgmt_only": True},
        {"name": "Ethernet0", "type": "10gbase-x-sfpp", "label": "1"},
    ],
    "module-bays": [{"name": "PSU 1", "position": "1"}],
}
LAB: list[dict[str, Any]] = [
    {"site": {"name": "Lab", "slug": "lab"}},
    {"device_role": {"name": "Leaf switch", "slug": "leaf"}},
    {"rack": {"site": "lab", "name": "rack-1"}},
    {
        "device": {
            "name": "leaf-1",
            "device_type": "edgecore-5835",
            "role": "leaf",
            "site": "lab",
            "rack": "rack-1",
            "position": 40,
            "tags": ["managed-by-osism"],
            "custom_fields": {"device_type": "switch"},
            "primary_ip4": "10.0.0.1/24",
        }
    },
    {"interface": {"device": "leaf-1", "name": "eth0", "description": "Management"}},
    {"ip_address": {"address": "10.0.0.1/24", "device": "leaf-1", "interface": "eth0"}},
]


def _read(*entries: Any) -> list[Resource]:
    return read([(FILE, list(entries))])


def _everything() -> list[Resource]:
    return [*own_resources(), *read([("device-types/switch.yaml", SWITCH), (FILE, LAB)])]


class _Netbox:
    """What was found, and what becomes of it when a plan is carried out."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[int, dict[str, Any]]] = {kind.name: {} for kind in ORDER}
        self.ids = count(1)

    def add(self, kind: str, **values: Any) -> int:
        number = next(self.ids)
        self.objects[kind][number] = values
        return number

    def found(self) -> dict[str, Sequence[Found]]:
        return {
            kind: [Found(number, values) for number, values in objects.items()]
            for kind, objects in self.objects.items()
        }

    def bring(self, resources: Sequence[Resource]) -> Plan:
        todo = plan(resources, self.found())
        ids: dict[int, int] = {}
        for step in todo.steps:
            for write in step.creates:
                ids[write.id] = self.add(step.kind.name, **write.with_ids(ids).values)
            for write in step.updates:
                done = write.with_ids(ids)
                self.objects[step.kind.name][done.id].update(done.values)
            if step.kind.name == "device" and step.creates:
                for number, (device, name) in todo.furnished.items():
                    values = {"device": ids[device], "name": name, "enabled": True}
                    ids[number] = self.add("interface", **values)
        return todo

    def only(self, kind: str) -> dict[str, Any]:
        (values,) = self.objects[kind].values()
        return values


# --- the tables -----------------------------------------------------------------------------------


def test_references_lead_to_kinds_that_come_first() -> None:
    names = [kind.name for kind in ORDER]
    for kind in ORDER:
        for field, form in kind.fields.items():
            if form.names and field not in kind.late:
                assert names.index(form.names) <= names.index(kind.name), (kind.name, field)


def test_every_key_and_every_required_field_is_a_field() -> None:
    for kind in ORDER:
        for field in (*kind.key, *kind.scope, *kind.names, *kind.required, *kind.late, *kind.told):
            assert field in kind.fields, (kind.name, field)


def test_what_the_product_needs_is_complete() -> None:
    assert [each.name for each in CUSTOM_FIELDS] == (
        "device_type device_state device_transition deployment_enabled provision_state power_state "
        "introspection_state deployment_state ironic_state ironic_enabled maintenance "
        "network_interface_name"
    ).split()
    assert TAGS["managed-by-osism"][0] == "Managed by OSISM"
    assert TAGS["managed-by-ironic"][0] == "Managed by Ironic"
    fields = {each.values["name"]: each for each in own_resources() if each.kind.name != "tag"}
    assert fields["deployment_enabled"].initial["default"] is True
    assert fields["network_interface_name"].values["object_types"] == ["dcim.interface"]
    assert all(len(each.description) <= 200 for each in CUSTOM_FIELDS)


# --- reading --------------------------------------------------------------------------------------


def test_a_resource_file() -> None:
    device = next(each for each in read([(FILE, LAB)]) if each.kind is KINDS["device"])
    assert device.values["position"] == 40
    assert device.initial == {"face": "front"}
    assert device.where("rack") == f"{FILE}, entry 4 (device 'leaf-1'), rack"


def test_values_are_kept_as_netbox_keeps_them() -> None:
    address, prefix, site = _read(
        {"ip_address": {"address": "2001:DB8:0::1/64"}},
        {"prefix": {"prefix": "2001:DB8:0::/64"}},
        {"site": {"name": " Lab ", "slug": "lab", "comments": "with a blank \n"}},
    )
    assert address.values["address"] == "2001:db8::1/64"
    assert prefix.values["prefix"] == "2001:db8::/64"
    assert site.values == {"name": "Lab", "slug": "lab", "comments": "with a blank"}


def test_an_empty_file_is_nothing() -> None:
    assert read([(FILE, None), (FILE, [])]) == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("site", "a mapping with one key, the kind, is wanted"),
        ({"site": {}, "rack": {}}, "a mapping with one key, the kind, is wanted"),
        ({"sites": {"slug": "x"}}, "unknown kind 'sites'; did you mean 'site'?"),
        ({"interface_template": {}}, "unknown kind 'interface_template'"),
        ({"site": None}, "site: a mapping of its fields is wanted"),
        ({"site": {"name": "Lab"}}, "site: slug is missing"),
        ({"rack": {"name": "rack-1"}}, "rack: site is missing"),
        (
            {"site": {"slug": "lab", "facilty": "x"}},
            "(site 'lab'), facilty: unknown field; did you mean 'facility'?",
        ),
        ({"site": {"slug": "lab", "name": 7}}, "(site 'lab'), name: 7 is not a text of 1 to 100"),
        ({"site": {"slug": "lab", "name": " "}}, "name: ' ' is not a text of 1 to 100"),
        ({"site": {"slug": "la b"}}, "slug: 'la b' is not a slug of"),
        ({"site": {"slug": "lab", "facility": None}}, "facility: is empty; a text of at most 50"),
        ({"vlan": {"vid": 4095}}, "vid: 4095 is not a whole number from 1 to 4094"),
        ({"vlan": {"vid": True}}, "vid: True is not a whole number"),
        ({"device": {"name": "x", "position": "40"}}, "position: '40' is not a number from 0.5"),
        ({"device": {"name": "x", "rack": 1}}, "rack: 1 is not the slug or name of a rack"),
        ({"device": {"name": "x", "tags": "a"}}, "tags: 'a' is not a list of tags' slugs"),
        ({"device": {"name": "x", "primary_ip6": "10.0.0.1/24"}}, "is not an IPv6 address"),
        ({"device": {"name": "x", "custom_fields": []}}, "[] is not a mapping of custom fields"),
        ({"prefix": {"prefix": "10.0.0.1/24"}}, "'10.0.0.1/24' is not a network without host bits"),
        ({"ip_address": {"address": "10.0.0.1"}}, "'10.0.0.1' is not an address with its prefix"),
        (
            {"ip_address": {"address": "10.0.0.1/24", "device": "x"}},
            "interface: is missing; an address belongs to an interface of a device",
        ),
        ({"mac_address": {"mac_address": "02:77"}}, "'02:77' is not a MAC address"),
        (
            {"mac_address": {"mac_address": "02:77:00:00:00:01", "interface": "x"}},
            "device: is missing; an address belongs to an interface of a device",
        ),
        ({"interface": {"device": "x", "name": "y", "enabled": 1}}, "1 is not true or false"),
        ({"vlan_group": {"slug": "x", "vid_ranges": [[1]]}}, "is not a list of ranges"),
    ],
)
def test_a_mistake_names_file_and_entry(entry: Any, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        _read({"site": {"name": "Good", "slug": "good"}}, entry)
    assert str(caught.value).startswith(f"{FILE}, entry 2")
    assert words in str(caught.value)


def test_a_file_of_another_shape() -> None:
    with pytest.raises(Invalid, match=r"100-lab\.yaml: neither resources .* nor a device type"):
        read([(FILE, {"site": {"slug": "lab"}})])
    with pytest.raises(Invalid, match="neither"):
        read([(FILE, "text")])


def test_a_device_type_of_the_library() -> None:
    maker, made, *parts = read([("device-types/switch.yaml", SWITCH)])
    assert maker.implied and maker.values == {"slug": "edgecore"}
    assert maker.initial == {"name": "Edgecore"}
    assert made.values["u_height"] == 1 and "front_image" not in made.values
    assert [(each.kind.name, each.values["name"]) for each in parts] == [
        ("interface_template", "eth0"),
        ("interface_template", "Ethernet0"),
        ("module_bay_template", "PSU 1"),
    ]
    assert parts[0].values["device_type"] == "edgecore-5835"


def test_every_part_of_a_device_type_is_read() -> None:
    part = {"name": "x", "unknown": 1}
    found = read([("x.yaml", {**SWITCH, **{key: [part] for key in COMPONENTS}})])
    assert [each.kind for each in found[2:]] == list(COMPONENTS.values())
    assert all("unknown" not in each.values for each in found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"slug": None}, "device type: slug is missing"),
        ({"manufacturer": None}, "manufacturer: is empty"),
        ({"u_height": "1"}, "u_height: '1' is not a number"),
        ({"interfaces": "eth0"}, "interfaces: a list of mappings is wanted"),
        ({"interfaces": [{"type": "other"}]}, "interface template: name is missing"),
        ({"interfaces": [{"name": "eth0", "type": 1}]}, "type: 1 is not a text"),
    ],
)
def test_a_mistake_in_a_device_type(change: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid) as caught:
        read([("device-types/switch.yaml", {**SWITCH, **change})])
    assert "device-types/switch.yaml" in str(caught.value)
    assert words in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: (
            st.lists(each) | st.dictionaries(st.sampled_from(["slug", "device", *KINDS]), each)
        ),
    )
)
def test_whatever_a_file_holds_is_read_or_refused(document: Any) -> None:
    try:
        read([(FILE, document)])
    except Invalid as mistake:
        assert FILE in str(mistake)


# --- the difference -------------------------------------------------------------------------------


def test_an_empty_netbox_gets_everything_and_then_nothing() -> None:
    netbox = _Netbox()
    todo = netbox.bring(_everything())
    outcome = todo.outcome()
    assert outcome["device"] == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "names": {"created": ["leaf-1"], "updated": []},
    }
    assert outcome["interface"]["updated"] == 1  # it came with the device
    assert outcome["interface_template"]["names"]["created"] == ["edgecore-5835"]
    assert netbox.only("device")["primary_ip4"] in netbox.objects["ip_address"]
    again = netbox.bring(_everything())
    assert not again
    assert again.outcome()["device"]["unchanged"] == 1
    assert "manufacturer" not in again.outcome()  # nobody asked for it in so many words


def test_references_are_ids_of_what_is_made_in_the_same_run() -> None:
    netbox = _Netbox()
    netbox.bring(_everything())
    device = netbox.only("device")
    assert device["site"] in netbox.objects["site"]
    assert device["rack"] in netbox.objects["rack"]
    assert set(device["tags"]) <= set(netbox.objects["tag"])


def test_what_differs_is_updated_and_nothing_else() -> None:
    netbox = _Netbox()
    netbox.bring(_everything())
    netbox.only("device").update(serial="S1", status="offline", position=39.0)
    todo = netbox.bring(_everything())
    (step,) = [each for each in todo.steps if each]
    assert [write.values for write in step.updates] == [{"position": 40}]


def test_a_set_grows_only() -> None:
    netbox = _Netbox()
    netbox.bring(_everything())
    extra = netbox.add("tag", name="Extra", slug="extra")
    own = netbox.only("device")["tags"]
    netbox.only("device").update(tags=[extra], custom_fields={"device_type": "switch", "x": 1})
    todo = netbox.bring(_everything())
    (step,) = [each for each in todo.steps if each]
    assert [write.values for write in step.updates] == [{"tags": [extra, *own]}]


def test_empty_and_absent_are_one() -> None:
    netbox = _Netbox()
    netbox.add("site", name="Lab", slug="lab", facility=None, description="")
    assert not netbox.bring(_read({"site": {"slug": "lab", "facility": "", "description": ""}}))


def test_a_position_brings_a_face_where_there_is_none() -> None:
    netbox = _Netbox()
    number = netbox.add("device", name="leaf-1", position=None, face=None)
    netbox.bring(_read({"device": {"name": "leaf-1", "position": 40}}))
    assert netbox.objects["device"][number]["face"] == "front"
    netbox.objects["device"][number].update(face="rear")
    netbox.bring(_read({"device": {"name": "leaf-1", "position": 41}}))
    assert netbox.objects["device"][number] == {"name": "leaf-1", "position": 41, "face": "rear"}


def test_a_device_is_found_by_its_name_alone_but_not_made_of_it() -> None:
    with pytest.raises(Invalid, match="to create it device_type, role, site is needed"):
        plan(_read({"device": {"name": "leaf-1"}}), {})


def test_a_maker_is_found_by_name_or_slug() -> None:
    for known in (
        {"name": "Edgecore", "slug": "edge-core"},
        {"name": "EdgeCore", "slug": "edgecore"},
    ):
        netbox = _Netbox()
        number = netbox.add("manufacturer", **known)
        netbox.bring(read([("device-types/switch.yaml", SWITCH)]))
        assert netbox.only("device_type")["manufacturer"] == number
        assert netbox.only("manufacturer") == known


def test_a_maker_that_is_said_goes_before_one_that_is_implied() -> None:
    netbox = _Netbox()
    said = {"manufacturer": {"name": "Edgecore", "slug": "edge-core"}}
    netbox.bring(read([("device-types/switch.yaml", SWITCH), (FILE, [said])]))
    assert netbox.only("manufacturer") == {"name": "Edgecore", "slug": "edge-core"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            {"rack": {"site": "lap", "name": "rack-1"}},
            "(rack 'lap:rack-1'), site: there is no site 'lap', neither in NetBox nor in what is "
            "imported; did you mean 'lab'",
        ),
        (
            {"device": {"name": "x", "site": "lab", "rack": "rack-2"}},
            "rack: there is no rack 'rack-2' of site 'lab'",
        ),
        (
            {"interface": {"device": "leaf-1", "name": "x", "lag": "Port-Channel1"}},
            "lag: there is no interface 'Port-Channel1' of device 'leaf-1'",
        ),
        ({"site": {"slug": "lab", "tags": ["x"]}}, "tags: there is no tag 'x'"),
        (
            {"device": {"name": "leaf-1", "custom_fields": {"device_typ": "switch"}}},
            "custom_fields: NetBox has no custom field 'device_typ' for dcim.device; did you mean "
            "'device_type'",
        ),
        (
            {"device": {"name": "leaf-1", "oob_ip": "10.0.0.9/24"}},
            "oob_ip: 10.0.0.9/24 is on no interface of the device",
        ),
    ],
)
def test_a_reference_that_leads_nowhere(entry: Any, words: str) -> None:
    netbox = _Netbox()
    netbox.bring(_everything())
    with pytest.raises(Invalid) as caught:
        netbox.bring(_read(entry))
    assert str(caught.value).startswith(f"{FILE}, entry 1 (")
    assert words in str(caught.value)


def test_an_object_has_one_entry() -> None:
    site = {"site": {"name": "Lab", "slug": "lab"}}
    with pytest.raises(Invalid, match=r"entry 2 \(site 'lab'\).*entry 1 is about it already"):
        plan(_read(site, site), {})


def test_twins_in_netbox_are_not_guessed_at() -> None:
    netbox = _Netbox()
    site = netbox.add("site", name="Lab", slug="lab")
    for _ in range(2):
        netbox.add("rack", name="rack-1", site=site)
    with pytest.raises(Refused, match="NetBox has 2 of them"):
        netbox.bring(_read({"rack": {"site": "lab", "name": "rack-1"}}))
    with pytest.raises(Invalid, match="NetBox has 2 of rack 'rack-1' of site 'lab'"):
        netbox.bring(_read({"device": {"name": "x", "site": "lab", "rack": "rack-1"}}))


def test_a_custom_field_of_another_type_is_refused() -> None:
    netbox = _Netbox()
    netbox.add("custom_field", name="maintenance", type="text", object_types=["dcim.device"])
    with pytest.raises(
        Refused, match=r"custom field 'maintenance'\), type: it is 'text' in NetBox"
    ):
        netbox.bring(own_resources())


def test_a_custom_field_gets_the_object_types_it_lacks_and_keeps_the_rest() -> None:
    netbox = _Netbox()
    known = {
        "name": "maintenance",
        "type": "boolean",
        "label": "Ours",
        "object_types": ["dcim.rack"],
    }
    number = netbox.add("custom_field", **known)
    netbox.bring(own_resources())
    assert netbox.objects["custom_field"][number] == {
        **known,
        "object_types": ["dcim.rack", "dcim.device"],
    }


def test_an_address_moves_within_its_device_only() -> None:
    netbox = _Netbox()
    netbox.bring(_everything())
    entry = {"address": "10.0.0.1/24", "device": "leaf-1", "interface": "Ethernet0"}
    assert netbox.bring(_read({"ip_address": entry}))
    stranger = netbox.add("interface", device=999, name="eth0")
    netbox.only("ip_address").update(interface=stranger)
    with pytest.raises(
        Refused, match=rf"belongs to another device in NetBox \(interface {stranger}\)"
    ):
        netbox.bring(_read({"ip_address": entry}))


def test_of_vlans_with_one_number_the_one_of_the_site_is_meant() -> None:
    netbox = _Netbox()
    site, other = (netbox.add("site", name=name, slug=name) for name in ("lab", "other"))
    everywhere = netbox.add("vlan", vid=100, name="a", site=None, group=None)
    here = netbox.add("vlan", vid=100, name="b", site=site, group=None)
    netbox.add("vlan", vid=100, name="c", site=other, group=None)
    netbox.bring(
        _read(
            {"prefix": {"prefix": "10.1.0.0/24", "site": "lab", "vlan": 100}},
            {"prefix": {"prefix": "10.2.0.0/24", "vlan": 100}},
        )
    )
    assert [each["vlan"] for each in netbox.objects["prefix"].values()] == [here, everywhere]


def test_vlans_of_one_number_are_told_apart_by_site_and_group() -> None:
    netbox = _Netbox()
    netbox.add("site", name="Lab", slug="lab")
    netbox.add("vlan", vid=100, name="VLAN 100", site=None, group=None)
    netbox.bring(_read({"vlan": {"vid": 100, "name": "Provisioning", "site": "lab"}}))
    assert [each["name"] for each in netbox.objects["vlan"].values()] == [
        "VLAN 100",
        "Provisioning",
    ]


def test_what_refers_to_its_own_kind_comes_later() -> None:
    netbox = _Netbox()
    netbox.bring(_everything())
    todo = netbox.bring(
        _read(
            {"interface": {"device": "leaf-1", "name": "Ethernet0", "lag": "Port-Channel1"}},
            {"interface": {"device": "leaf-1", "name": "Port-Channel1", "type": "lag"}},
        )
    )
    assert [(len(each.creates), len(each.updates)) for each in todo.steps] == [(1, 0), (0, 1)]


def test_a_circle_is_refused() -> None:
    entries = [
        {"location": {"site": "lab", "name": name, "slug": name, "parent": parent}}
        for name, parent in (("a", "b"), ("b", "a"))
    ]
    with pytest.raises(Invalid, match="refers to itself, if only through others"):
        plan(_read({"site": {"name": "Lab", "slug": "lab"}}, *entries), {})


# --- what has to be read --------------------------------------------------------------------------


def test_only_what_matters_is_read() -> None:
    assert [kind.name for kind in needed(_read({"site": {"name": "Lab", "slug": "lab"}}))] == [
        "site"
    ]
    assert [kind.name for kind in needed(own_resources())] == ["tag", "custom_field"]


def test_devices_interfaces_addresses_and_parts_are_read_by_name() -> None:
    resources = _everything()
    kinds = {kind.name: kind for kind in needed(resources)}
    found: dict[str, Sequence[Found]] = {}
    assert among(kinds["site"], resources, found) is None
    assert among(kinds["device"], resources, found) == ["leaf-1"]
    assert among(kinds["ip_address"], resources, found) == ["10.0.0.1/24"]
    found["device_type"] = [
        Found(7, {"slug": "edgecore-5835", "model": "5835-54X-O-AC-F"}),
        Found(8, {"slug": "other", "model": "Other"}),
    ]
    assert among(INTERFACE_TEMPLATE, resources, found) == [7]
    found["device"] = [Found(3, {"name": "leaf-1"}), Found(4, {"name": "leaf-2"})]
    assert among(kinds["interface"], resources, found) == [3]


def test_the_interfaces_of_a_new_device_are_known_before_it_exists() -> None:
    resources = _read(
        {"device": {"name": "leaf-1", "device_type": "edgecore-5835", "role": "r", "site": "s"}},
        {"interface": {"device": "leaf-1", "name": "eth0"}},
    )
    found = {"device_type": [Found(7, {"slug": "edgecore-5835", "model": "m"})], "device": []}
    assert among(INTERFACE_TEMPLATE, resources, found) == [7]
    there = {**found, "device": [Found(3, {"name": "leaf-1"})]}
    assert among(INTERFACE_TEMPLATE, resources, there) == []
