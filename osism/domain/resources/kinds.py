"""The kinds of things that can be imported: their fields, and what NetBox calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from types import MappingProxyType
from typing import Any

from osism.domain.resources import forms


@dataclass(frozen=True)
class Kind:
    """A kind of object: how files write it and where NetBox has it.

    ``key``: the fields that tell one object from the others, the object it belongs to first;
    ``scope``: more of them, which an object need not have. ``names``: by which fields a reference
    calls it. ``required``: what NetBox wants beyond the key to create one. ``late``: fields that
    are set when everything else exists. ``told``: fields that only help to find another one.
    ``fixed``: fields that NetBox does not change. ``together``: fields that it takes as one.
    ``asked_by``: NetBox's filter by which some are read; without it, all are. ``generic``: fields
    that NetBox keeps as a pair of type and id: field -> the pair's name.
    """

    name: str
    endpoint: str
    fields: Mapping[str, forms.Form]
    key: tuple[str, ...] = ("slug",)
    names: tuple[str, ...] = ("slug", "name")
    required: tuple[str, ...] = ("name",)
    scope: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    asked_by: str = ""
    generic: Mapping[str, str] = field(default_factory=dict)

    @property
    def object_type(self) -> str:
        """NetBox's name for it where it tells types apart (``ipam.ipaddress``)."""
        return f"{self.endpoint.split('.')[0]}.{self.name.replace('_', '')}"

    @property
    def words(self) -> str:
        return self.name.replace("_", " ")

    def called(self, values: Mapping[str, Any]) -> str:
        """An object's name for people: ``leaf-1:eth0``, ``100 (site lab)``."""
        key = ":".join(str(values.get(part)) for part in self.key)
        scope = ", ".join(f"{part} {values[part]}" for part in self.scope if part in values)
        return f"{key} ({scope})" if scope else key


_WORDS = (
    "face airflow weight_unit subdevice_role form_factor time_zone duplex poe_mode poe_type "
    "rf_role feed_leg filter_logic ui_visible ui_editable"
)
_FLAGS = (
    "is_full_depth exclude_from_utilization enabled mgmt_only mark_connected required unique "
    "is_cloneable vm_role desc_units enforce_unique is_pool mark_utilized"
)
#: Fields that are the same wherever they occur.
_FORMS: Mapping[str, forms.Form] = {
    "name": forms.text(100, least=1),
    "slug": forms.SLUG,
    "model": forms.text(100, least=1),
    "status": forms.WORD,
    "type": forms.WORD,
    "role": forms.WORD,
    "description": forms.text(),
    "comments": forms.text(100_000),
    "label": forms.text(64),
    "color": forms.COLOR,
    "tags": forms.Form("a list of tags' slugs", forms.texts, names="tag", many=True),
    "custom_fields": replace(forms.MAPPING, right="a mapping of custom fields", partly=True),
    "object_types": forms.Form(
        "a list of object types, as in ['dcim.device']", forms.texts, many=True
    ),
    **{
        name: forms.ref(name)
        for name in "manufacturer device_type platform tenant site location rack vrf device".split()
    },
    **{name: forms.ref("interface") for name in ("interface", "lag", "parent", "bridge")},
    **{name: forms.text(50) for name in "facility serial asset_tag part_number group_name".split()},
    **dict.fromkeys(_WORDS.split(), forms.WORD),
    **dict.fromkeys(_FLAGS.split(), forms.FLAG),
    "u_height": forms.number(0, 1000),
    "weight": forms.number(0, 1_000_000),
    "position": forms.number(0.5, 1000),
    "latitude": forms.number(-90, 90),
    "longitude": forms.number(-180, 180),
    "vid": forms.whole(1, 4094),
    "mtu": forms.whole(1, 65536),
    "speed": forms.whole(0),
    "maximum_draw": forms.whole(1),
    "allocated_draw": forms.whole(1),
    "positions": forms.whole(1, 1024),
    "rear_port_position": forms.whole(1, 1024),
    "width": forms.whole(10, 23),
    "starting_unit": forms.whole(1, 32767),
    "physical_address": forms.text(),
    "shipping_address": forms.text(),
    "dns_name": forms.text(255),
    "rd": forms.text(21, least=1),
    "local_context_data": forms.MAPPING,
}


def _fields(listed: str, **own: forms.Form) -> Mapping[str, forms.Form]:
    """The fields *listed* by name, in this order; those with a form of *their own* come as said."""
    return MappingProxyType({name: own.get(name) or _FORMS[name] for name in listed.split()})


_TAIL = "description tags custom_fields"
_BY_NAME: Mapping[str, Any] = {"key": ("name",), "names": ("name",)}
_PART: Mapping[str, Any] = {"names": ("name",), "required": ("type",)}
_SHORT = forms.text(64, least=1)

TAG = Kind("tag", "extras.tags", _fields("name slug color description object_types"))
CUSTOM_FIELD = Kind(
    "custom_field",
    "extras.custom_fields",
    _fields(
        "name type object_types label group_name description required unique default weight "
        "filter_logic ui_visible ui_editable is_cloneable validation_regex",
        name=forms.pattern(r"[a-z0-9_]{1,50}", "a name of small letters, digits and '_'"),
        label=forms.text(50),
        default=forms.Form("a value", lambda value: not isinstance(value, list | dict)),
        weight=forms.whole(0, 32767),
        validation_regex=forms.text(500),
    ),
    **_BY_NAME,
    required=("type", "object_types"),
    fixed=("type",),
)
MANUFACTURER = Kind("manufacturer", "dcim.manufacturers", _fields(f"name slug {_TAIL}"))
DEVICE_TYPE = Kind(
    "device_type",
    "dcim.device_types",
    _fields(
        "manufacturer model slug default_platform part_number u_height is_full_depth airflow "
        f"weight weight_unit exclude_from_utilization subdevice_role comments {_TAIL}",
        default_platform=forms.ref("platform"),
    ),
    names=("slug", "model"),
    required=("manufacturer", "model"),
)
DEVICE = Kind(
    "device",
    "dcim.devices",
    _fields(
        "name device_type role site location rack position face status tenant platform serial "
        f"asset_tag airflow local_context_data comments {_TAIL} primary_ip4 primary_ip6 oob_ip",
        name=_SHORT,
        role=forms.ref("device_role"),
        primary_ip4=forms.own_address("an IPv4 address with its prefix length", IPv4Interface),
        primary_ip6=forms.own_address("an IPv6 address with its prefix length", IPv6Interface),
        oob_ip=forms.own_address(forms.ADDRESS.right, ip_interface),
    ),
    **_BY_NAME,
    required=("device_type", "role", "site"),
    late=("primary_ip4", "primary_ip6", "oob_ip"),
    asked_by="name",
)
INTERFACE = Kind(
    "interface",
    "dcim.interfaces",
    _fields(
        "device name type enabled mgmt_only mark_connected mtu speed duplex label poe_mode "
        f"poe_type lag parent bridge vrf {_TAIL}",
        name=_SHORT,
    ),
    key=("device", "name"),
    **_PART,
    asked_by="device_id",
)
IP_ADDRESS = Kind(
    "ip_address",
    "ipam.ip_addresses",
    _fields(
        f"address vrf device interface status role dns_name tenant comments {_TAIL}",
        address=forms.ADDRESS,
    ),
    key=("address",),
    scope=("vrf",),
    names=("address",),
    required=(),
    told=("device",),
    asked_by="address",
    generic={"interface": "assigned_object"},
)
MAC_ADDRESS = Kind(
    "mac_address",
    "dcim.mac_addresses",
    _fields(f"mac_address device interface comments {_TAIL}", mac_address=forms.MAC),
    key=("mac_address",),
    names=("mac_address",),
    required=(),
    told=("device",),
    asked_by="mac_address",
    generic={"interface": "assigned_object"},
)
#: What belongs to an interface, named by its device and its name.
ASSIGNED = frozenset({IP_ADDRESS.name, MAC_ADDRESS.name})


def _component(name: str, listed: str = "", required: str = "", **own: forms.Form) -> Kind:
    return Kind(
        f"{name}_template",
        f"dcim.{name}_templates",
        _fields(f"device_type name label {listed} description", name=_SHORT, **own),
        key=("device_type", "name"),
        names=("name",),
        required=tuple(required.split()),
        asked_by="device_type_id",
    )


INTERFACE_TEMPLATE = _component(
    "interface",
    "type enabled mgmt_only bridge poe_mode poe_type rf_role",
    "type",
    bridge=forms.ref("interface_template"),
)
#: Parts of a device type: key in the device type library -> kind, in the order to make them.
COMPONENTS: Mapping[str, Kind] = {
    "interfaces": INTERFACE_TEMPLATE,
    "console-ports": _component("console_port", "type"),
    "console-server-ports": _component("console_server_port", "type"),
    "power-ports": _component("power_port", "type maximum_draw allocated_draw"),
    "power-outlets": _component(
        "power_outlet", "type power_port feed_leg", power_port=forms.ref("power_port_template")
    ),
    "rear-ports": _component("rear_port", "type color positions", "type"),
    "front-ports": replace(
        _component(
            "front_port",
            "type color rear_port rear_port_position",
            "type rear_port",
            rear_port=forms.ref("rear_port_template"),
        ),
        together=("rear_port", "rear_port_position"),
    ),
    "module-bays": _component("module_bay", "position", position=forms.text(30)),
    "device-bays": _component("device_bay"),
}
PARTS = frozenset(each.name for each in COMPONENTS.values())

#: Every kind, in the order of writing: what is referred to comes first.
ORDER: tuple[Kind, ...] = (
    TAG,
    CUSTOM_FIELD,
    MANUFACTURER,
    Kind("platform", "dcim.platforms", _fields(f"name slug manufacturer {_TAIL}")),
    DEVICE_TYPE,
    *COMPONENTS.values(),
    Kind("device_role", "dcim.device_roles", _fields(f"name slug color vm_role {_TAIL}")),
    Kind("tenant", "tenancy.tenants", _fields(f"name slug comments {_TAIL}")),
    Kind(
        "site",
        "dcim.sites",
        _fields(
            "name slug status tenant facility time_zone physical_address shipping_address latitude "
            f"longitude comments {_TAIL}"
        ),
    ),
    Kind(
        "location",
        "dcim.locations",
        _fields(
            f"site name slug parent status tenant facility {_TAIL}", parent=forms.ref("location")
        ),
        key=("site", "slug"),
    ),
    Kind(
        "rack",
        "dcim.racks",
        _fields(
            "site name location status tenant facility_id serial asset_tag form_factor width "
            f"u_height starting_unit desc_units comments {_TAIL}",
            facility_id=forms.text(50),
            u_height=forms.whole(1, 100),
        ),
        key=("site", "name"),
        names=("name",),
        required=(),
    ),
    Kind(
        "vlan_group",
        "ipam.vlan_groups",
        _fields(
            f"name slug site vid_ranges {_TAIL}",
            vid_ranges=forms.Form("a list of ranges, as in [[1, 4094]]", forms.ranges),
        ),
        generic={"site": "scope"},
    ),
    Kind(
        "vlan",
        "ipam.vlans",
        _fields(
            f"site group vid name status tenant comments {_TAIL}",
            name=_SHORT,
            group=forms.ref("vlan_group"),
        ),
        key=("vid",),
        scope=("group", "site"),
        names=("vid",),
    ),
    Kind(
        "vrf",
        "ipam.vrfs",
        _fields(f"name rd enforce_unique tenant comments {_TAIL}"),
        **_BY_NAME,
        required=(),
    ),
    Kind(
        "prefix",
        "ipam.prefixes",
        _fields(
            f"prefix vrf site vlan status tenant is_pool mark_utilized comments {_TAIL}",
            prefix=forms.NETWORK,
            vlan=replace(_FORMS["vid"], names="vlan"),
        ),
        key=("prefix",),
        scope=("vrf",),
        names=("prefix",),
        required=(),
        generic={"site": "scope"},
    ),
    # Without tags: of these NetBox wants slugs here, and ids everywhere else.
    Kind(
        "config_context",
        "extras.config_contexts",
        _fields(
            "name weight is_active description data sites locations roles platforms device_types "
            "tenants",
            weight=forms.whole(0, 32767),
            is_active=forms.FLAG,
            data=forms.MAPPING,
            sites=forms.refs("site"),
            locations=forms.refs("location"),
            roles=forms.refs("device_role"),
            platforms=forms.refs("platform"),
            device_types=forms.refs("device_type"),
            tenants=forms.refs("tenant"),
        ),
        **_BY_NAME,
        required=("data",),
    ),
    DEVICE,
    INTERFACE,
    IP_ADDRESS,
    MAC_ADDRESS,
)
ALL = {each.name: each for each in ORDER}
#: What a resource file can hold.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {each.name: each for each in ORDER if each.name not in PARTS}
)
