"""What can be imported into NetBox, what the product needs there, and what has to be written.

Pure, in three steps: :func:`read` turns files into :class:`Resource` values, :func:`needed` and
:func:`among` say what has to be read from NetBox for them, and :func:`plan` compares the two and
gives the ordered writes. Nothing is ever deleted, and what a file does not mention stays as it is.

A resource file is a list of mappings with one key::

    - site: {name: Lab, slug: lab}
    - device: {name: leaf-1, device_type: edgecore-…, role: leaf, site: lab, rack: rack-1}
    - ip_address: {address: 10.0.0.1/24, device: leaf-1, interface: eth0}

A device type is a mapping in the format of NetBox's public device type library
(https://github.com/netbox-community/devicetype-library). Its images, and whatever else is not in
the tables below, are left out on purpose.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from ipaddress import IPv4Interface, IPv6Interface, ip_interface, ip_network
from itertools import count
from types import MappingProxyType
from typing import Any, NoReturn, Protocol

from osism.domain.errors import Invalid, Refused
from osism.domain.inventory import IRONIC, MANAGED
from osism.domain.names import nearest

# --- forms of fields ------------------------------------------------------------------------------


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Form:
    """How a field is written in a file, and what it means.

    ``names``: the kind whose objects the value names, by slug or name. ``many``: the value is a
    set; what is missing in NetBox is added to what is there. ``partly``: a mapping of which the
    file says only some keys.
    """

    right: str
    check: Callable[[Any], bool]
    keep: Callable[[Any], Any] = _same
    names: str = ""
    many: bool = False
    partly: bool = False


def _text(most: int = 200, least: int = 0) -> Form:
    # NetBox stores a text without the blanks around it: with them, every import would be a change.
    return Form(
        f"a text of {f'{least} to' if least else 'at most'} {most} characters",
        lambda value: isinstance(value, str) and least <= len(value.strip()) <= most,
        str.strip,
    )


def _whole(low: int, high: int = 2**31 - 1) -> Form:
    return Form(
        f"a whole number from {low} to {high}",
        lambda value: type(value) is int and low <= value <= high,
    )


def _number(low: float, high: float) -> Form:
    return Form(
        f"a number from {low:g} to {high:g}",
        lambda value: type(value) in (int, float) and low <= value <= high,
    )


def _pattern(pattern: str, right: str) -> Form:
    return Form(right, lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value)))


def _ref(kind: str) -> Form:
    right = f"the slug or name of a {kind.replace('_', ' ')}"
    return Form(right, lambda value: isinstance(value, str) and bool(value.strip()), names=kind)


def _refs(kind: str) -> Form:
    right = f"a list of slugs or names of {kind.replace('_', ' ')}s"
    return Form(right, _texts, names=kind, many=True)


def _parses(parse: Callable[[str], Any], value: Any) -> bool:
    try:
        return isinstance(value, str) and "/" in value and bool(parse(value))
    except ValueError:
        return False


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)


def _ranges(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, list) and len(each) == 2 and all(type(end) is int for end in each)
        for each in value
    )


_WORD = _text(50, least=1)  # one of NetBox's choices; a site can have added its own
_SLUG = _pattern(r"[-a-zA-Z0-9_]{1,100}", "a slug of letters, digits, '-' and '_'")
_COLOR = _pattern(r"[0-9a-f]{6}", "a colour as six hexadecimal digits, as in '9e9e9e'")
_FLAG = Form("true or false", lambda value: isinstance(value, bool))
_MAPPING = Form("a mapping", lambda value: isinstance(value, dict))
_ADDRESS = Form(
    "an address with its prefix length, as in '10.0.0.5/24'",
    partial(_parses, ip_interface),
    lambda value: str(ip_interface(value)),
)
_NETWORK = Form(
    "a network without host bits, as in '10.0.0.0/24'",
    partial(_parses, ip_network),
    lambda value: str(ip_network(value)),
)


def _own_address(right: str, parse: Callable[[str], Any]) -> Form:
    """An address of the device itself."""
    return replace(_ADDRESS, right=right, check=partial(_parses, parse), names="ip_address")


# --- kinds ----------------------------------------------------------------------------------------


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
    fields: Mapping[str, Form]
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
_FORMS: Mapping[str, Form] = {
    "name": _text(100, least=1),
    "slug": _SLUG,
    "model": _text(100, least=1),
    "status": _WORD,
    "type": _WORD,
    "role": _WORD,
    "description": _text(),
    "comments": _text(100_000),
    "label": _text(64),
    "color": _COLOR,
    "tags": Form("a list of tags' slugs", _texts, names="tag", many=True),
    "custom_fields": replace(_MAPPING, right="a mapping of custom fields", partly=True),
    "object_types": Form("a list of object types, as in ['dcim.device']", _texts, many=True),
    **{
        name: _ref(name)
        for name in "manufacturer device_type platform tenant site location rack vrf device".split()
    },
    **{name: _ref("interface") for name in ("interface", "lag", "parent", "bridge")},
    **{name: _text(50) for name in "facility serial asset_tag part_number group_name".split()},
    **dict.fromkeys(_WORDS.split(), _WORD),
    **dict.fromkeys(_FLAGS.split(), _FLAG),
    "u_height": _number(0, 1000),
    "weight": _number(0, 1_000_000),
    "position": _number(0.5, 1000),
    "latitude": _number(-90, 90),
    "longitude": _number(-180, 180),
    "vid": _whole(1, 4094),
    "mtu": _whole(1, 65536),
    "speed": _whole(0),
    "maximum_draw": _whole(1),
    "allocated_draw": _whole(1),
    "positions": _whole(1, 1024),
    "rear_port_position": _whole(1, 1024),
    "width": _whole(10, 23),
    "starting_unit": _whole(1, 32767),
    "physical_address": _text(),
    "shipping_address": _text(),
    "dns_name": _text(255),
    "rd": _text(21, least=1),
    "local_context_data": _MAPPING,
}


def _fields(listed: str, **own: Form) -> Mapping[str, Form]:
    """The fields *listed* by name, in this order; those with a form of *their own* come as said."""
    return MappingProxyType({name: own.get(name) or _FORMS[name] for name in listed.split()})


_TAIL = "description tags custom_fields"
_BY_NAME: Mapping[str, Any] = {"key": ("name",), "names": ("name",)}
_PART: Mapping[str, Any] = {"names": ("name",), "required": ("type",)}
_SHORT = _text(64, least=1)

TAG = Kind("tag", "extras.tags", _fields("name slug color description object_types"))
CUSTOM_FIELD = Kind(
    "custom_field",
    "extras.custom_fields",
    _fields(
        "name type object_types label group_name description required unique default weight "
        "filter_logic ui_visible ui_editable is_cloneable validation_regex",
        name=_pattern(r"[a-z0-9_]{1,50}", "a name of small letters, digits and '_'"),
        label=_text(50),
        default=Form("a value", lambda value: not isinstance(value, list | dict)),
        weight=_whole(0, 32767),
        validation_regex=_text(500),
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
        default_platform=_ref("platform"),
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
        role=_ref("device_role"),
        primary_ip4=_own_address("an IPv4 address with its prefix length", IPv4Interface),
        primary_ip6=_own_address("an IPv6 address with its prefix length", IPv6Interface),
        oob_ip=_own_address(_ADDRESS.right, ip_interface),
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
        address=_ADDRESS,
    ),
    key=("address",),
    scope=("vrf",),
    names=("address",),
    required=(),
    told=("device",),
    asked_by="address",
    generic={"interface": "assigned_object"},
)


def _component(name: str, listed: str = "", required: str = "", **own: Form) -> Kind:
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
    bridge=_ref("interface_template"),
)
#: Parts of a device type: key in the device type library -> kind, in the order to make them.
COMPONENTS: Mapping[str, Kind] = {
    "interfaces": INTERFACE_TEMPLATE,
    "console-ports": _component("console_port", "type"),
    "console-server-ports": _component("console_server_port", "type"),
    "power-ports": _component("power_port", "type maximum_draw allocated_draw"),
    "power-outlets": _component(
        "power_outlet", "type power_port feed_leg", power_port=_ref("power_port_template")
    ),
    "rear-ports": _component("rear_port", "type color positions", "type"),
    "front-ports": replace(
        _component(
            "front_port",
            "type color rear_port rear_port_position",
            "type rear_port",
            rear_port=_ref("rear_port_template"),
        ),
        together=("rear_port", "rear_port_position"),
    ),
    "module-bays": _component("module_bay", "position", position=_text(30)),
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
        _fields(f"site name slug parent status tenant facility {_TAIL}", parent=_ref("location")),
        key=("site", "slug"),
    ),
    Kind(
        "rack",
        "dcim.racks",
        _fields(
            "site name location status tenant facility_id serial asset_tag form_factor width "
            f"u_height starting_unit desc_units comments {_TAIL}",
            facility_id=_text(50),
            u_height=_whole(1, 100),
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
            vid_ranges=Form("a list of ranges, as in [[1, 4094]]", _ranges),
        ),
        generic={"site": "scope"},
    ),
    Kind(
        "vlan",
        "ipam.vlans",
        _fields(
            f"site group vid name status tenant comments {_TAIL}",
            name=_SHORT,
            group=_ref("vlan_group"),
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
            prefix=_NETWORK,
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
            weight=_whole(0, 32767),
            is_active=_FLAG,
            data=_MAPPING,
            sites=_refs("site"),
            locations=_refs("location"),
            roles=_refs("device_role"),
            platforms=_refs("platform"),
            device_types=_refs("device_type"),
            tenants=_refs("tenant"),
        ),
        **_BY_NAME,
        required=("data",),
    ),
    DEVICE,
    INTERFACE,
    IP_ADDRESS,
)
_ALL = {each.name: each for each in ORDER}
#: What a resource file can hold.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {each.name: each for each in ORDER if each.name not in PARTS}
)

# --- resources ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Resource:
    """An object as a file wants it, checked as far as the file alone can tell.

    References are names still. ``initial`` are values for an object that does not exist yet.
    ``implied``: it is only there because another one refers to it; one that exists is left alone.
    """

    kind: Kind
    values: Mapping[str, Any]
    place: str
    initial: Mapping[str, Any] = field(default_factory=dict)
    implied: bool = False

    @property
    def called(self) -> str:
        return self.kind.called(self.values)

    def fail(self, what: str, name: str = "") -> NoReturn:
        raise Invalid(f"{self.where(name)}: {what}")

    def where(self, name: str = "") -> str:
        """File, entry, object and field, for messages."""
        return f"{self.place} ({self.kind.words} {self.called!r}){f', {name}' if name else ''}"


def read(documents: Iterable[tuple[str, Any]]) -> list[Resource]:
    """The resources of files, given as (file, value of its YAML).

    A list is a resource file, a mapping a device type. Raises :class:`Invalid` naming the file and
    the entry for an unknown kind or field, a missing key, a value of the wrong type.
    """
    found: list[Resource] = []
    for file, document in documents:
        if isinstance(document, list):
            found += (_entry(f"{file}, entry {n}", each) for n, each in enumerate(document, 1))
        elif isinstance(document, dict) and {"manufacturer", "model", "slug"} & set(document):
            found += _device_type(file, document)
        elif document is not None:
            raise Invalid(
                f"{file}: neither resources (a list, as in '- site: {{name: …, slug: …}}') nor a "
                "device type (a mapping with manufacturer, model and slug)"
            )
    return found


def _entry(place: str, entry: Any) -> Resource:
    if not isinstance(entry, dict) or len(entry) != 1:
        raise Invalid(f"{place}: a mapping with one key, the kind, is wanted")
    ((name, values),) = entry.items()
    if name not in KINDS:
        known = ", ".join(sorted(KINDS))
        raise Invalid(f"{place}: unknown kind {name!r}{nearest(str(name), KINDS)} (known: {known})")
    return _resource(KINDS[name], place, values)


def _resource(kind: Kind, place: str, values: Any, lenient: bool = False) -> Resource:
    """*lenient*: fields that are not in the table are left out, not refused."""
    if not isinstance(values, dict):
        raise Invalid(f"{place}: {kind.words}: a mapping of its fields is wanted")
    for part in kind.key:
        if values.get(part) is None:
            raise Invalid(f"{place}: {kind.words}: {part} is missing")
    raw = Resource(kind, values, place)
    known = {
        name: _checked(raw, name, kind.fields[name], value)
        for name, value in values.items()
        if _known(raw, name, lenient)
    }
    return _completed(replace(raw, values=MappingProxyType(known)))


def _known(resource: Resource, name: object, lenient: bool) -> bool:
    fields = resource.kind.fields
    if name not in fields and not lenient:
        listed = ", ".join(fields)
        resource.fail(f"unknown field{nearest(str(name), fields)} (known: {listed})", str(name))
    return name in fields


def _checked(resource: Resource, name: str, form: Form, value: Any) -> Any:
    if value is None:
        resource.fail(f"is empty; {form.right} is wanted, or leave it out", name)
    if not form.check(value):
        resource.fail(f"{value!r} is not {form.right}", name)
    return form.keep(value)


def _completed(resource: Resource) -> Resource:
    """What only some kinds need."""
    values = resource.values
    if resource.kind.name == "ip_address" and ("device" in values) != ("interface" in values):
        missing = "interface" if "device" in values else "device"
        resource.fail("is missing; an address belongs to an interface of a device", missing)
    if resource.kind.name == "device" and "position" in values and "face" not in values:
        # NetBox refuses a position without a face.
        return replace(resource, initial=MappingProxyType({"face": "front"}))
    return resource


def _device_type(file: str, document: Mapping[str, Any]) -> Iterator[Resource]:
    """A device type of the library: its maker, itself, its parts."""
    made = _resource(DEVICE_TYPE, file, document, lenient=True)
    maker = made.values.get("manufacturer")
    if maker is None:
        made.fail("is missing", "manufacturer")
    yield Resource(
        MANUFACTURER,
        MappingProxyType({"slug": _slugified(maker)}),
        file,
        MappingProxyType({"name": maker}),
        implied=True,
    )
    yield made
    for key, kind in COMPONENTS.items():
        parts = document.get(key) or []
        if not isinstance(parts, list) or not all(isinstance(each, dict) for each in parts):
            made.fail("a list of mappings is wanted", key)
        for each in parts:
            values = {**each, "device_type": made.values["slug"]}
            yield _resource(kind, f"{file}, {key}", values, lenient=True)


def _slugified(name: str) -> str:
    """As the device type library's own import makes slugs of makers."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


# --- what the product itself needs ----------------------------------------------------------------


@dataclass(frozen=True)
class CustomField:
    """A custom field of the product. ``written``: only the product writes it, people read it."""

    name: str
    type: str
    label: str
    description: str
    group: str = "OSISM"
    object_type: str = "dcim.device"
    default: Any = None
    written: bool = True


_TEXT, _YES_NO, _IRONIC, _COPIED = "text", "boolean", "Ironic", "Copied from Ironic"
#: The names are fixed: they are what sites have.
CUSTOM_FIELDS: tuple[CustomField, ...] = (
    CustomField(
        "device_type",
        _TEXT,
        "Device type",
        "'switch': OSISM generates and deploys its configuration; empty: a node",
        written=False,
    ),
    CustomField("device_state", _TEXT, "State", "The state the device is in or on its way to"),
    CustomField("device_transition", _TEXT, "Transition", "What is worked on; empty at rest"),
    CustomField(
        "deployment_enabled",
        _YES_NO,
        "Deployment enabled",
        "Whether OSISM deploys the configuration of this switch",
        default=True,
        written=False,
    ),
    CustomField("provision_state", _TEXT, "Provision state", _COPIED, _IRONIC),
    CustomField("power_state", _TEXT, "Power state", _COPIED, _IRONIC),
    CustomField("introspection_state", _TEXT, "Introspection state", _COPIED, _IRONIC),
    CustomField("deployment_state", _TEXT, "Deployment state", _COPIED, _IRONIC),
    CustomField("ironic_state", _TEXT, "Ironic state", _COPIED, _IRONIC),
    CustomField(
        "ironic_enabled",
        _YES_NO,
        "Ironic enabled",
        "Whether Ironic manages the node",
        _IRONIC,
        written=False,
    ),
    CustomField("maintenance", _YES_NO, "Maintenance", _COPIED, _IRONIC),
    CustomField(
        "network_interface_name",
        _TEXT,
        "Network interface name",
        "What the node's operating system calls the interface, from introspection",
        object_type="dcim.interface",
    ),
)
#: Tags: slug -> (name, description).
TAGS: Mapping[str, tuple[str, str]] = {
    MANAGED: ("Managed by OSISM", "OSISM may change and deploy this"),
    IRONIC: ("Managed by Ironic", "A node that Ironic knows"),
}


def own_resources() -> list[Resource]:
    """What the product needs in NetBox. Of what exists, only missing object types are added."""
    place = "osism netbox init"
    fields = [_own_field(each, weight, place) for weight, each in enumerate(CUSTOM_FIELDS, 100)]
    tags = [
        Resource(TAG, {"slug": slug}, place, {"name": name, "description": description})
        for slug, (name, description) in TAGS.items()
    ]
    return [*tags, *fields]


def _own_field(each: CustomField, weight: int, place: str) -> Resource:
    initial = {
        "label": each.label,
        "group_name": each.group,
        "description": each.description,
        "weight": weight,
        "ui_editable": "no" if each.written else "yes",
        # A filter for state b shall not find b-phase_2.
        "filter_logic": "exact",
    }
    if each.default is not None:
        initial["default"] = each.default
    values = {"name": each.name, "type": each.type, "object_types": [each.object_type]}
    return Resource(CUSTOM_FIELD, values, place, initial)


# --- what has to be known -------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """An object that NetBox has: values by our fields' names, references as ids.

    A reference to something that is no object of a kind here is a text that names it.
    """

    id: int
    values: Mapping[str, Any]


FoundByKind = Mapping[str, Sequence[Found]]


class Documents(Protocol):
    """Where the files are that can be imported."""

    def documents(self, paths: Sequence[str] = ()) -> Iterable[tuple[str, Any]]:
        """(file, value of its YAML), in the order to import them; of *paths*, or all there are."""


class Catalogue(Protocol):
    """NetBox, as a place to look things up and to write them, many at once."""

    def read(self, kind: Kind, among: Collection[Any] | None = None) -> Sequence[Found]:
        """All objects of a kind, or those whose ``kind.asked_by`` is *among* these."""

    def create(self, kind: Kind, writes: Sequence[Write]) -> Sequence[int]:
        """Create them; their ids in the same order.

        Raises :class:`Refused`, naming the file and what NetBox says, for what it does not accept.
        """

    def update(self, kind: Kind, writes: Sequence[Write]) -> None:
        """Update them; errors as above."""


def needed(resources: Iterable[Resource]) -> list[Kind]:
    """The kinds that have to be read to plan *resources*, in the order of reading."""
    names: set[str] = set()
    for each in resources:
        names.add(each.kind.name)
        names |= {each.kind.fields[name].names for name in each.values}
        if each.values.get("custom_fields"):
            names.add(CUSTOM_FIELD.name)
    if {"interface", "ip_address"} & names:
        names |= {"device", "interface", INTERFACE_TEMPLATE.name}
    return [kind for kind in ORDER if kind.name in names]


def among(
    kind: Kind, resources: Collection[Resource], found: FoundByKind
) -> Collection[Any] | None:
    """Which objects of *kind* to read, by what was found before; None: all."""
    if kind.name == "device":
        said = (
            each.values.get("name" if each.kind is kind else "device")
            for each in resources
            if each.kind.name in ("device", "interface", "ip_address")
        )
        return sorted({name for name in said if name})
    if kind.name == "ip_address":
        return sorted(_addresses(resources))
    if kind is INTERFACE:
        names = _with_interfaces(resources)
        return [each.id for each in found["device"] if each.values["name"] in names]
    if kind.asked_by == "device_type_id":
        types = _types(kind, resources, found)
        return [
            each.id
            for each in found.get("device_type", ())
            if {each.values["slug"], each.values["model"]} & types
        ]
    return None


def _addresses(resources: Iterable[Resource]) -> set[str]:
    return {
        each.values[name]
        for each in resources
        for name in ("address", *each.kind.late)
        if name in each.values
    }


def _with_interfaces(resources: Iterable[Resource]) -> set[str]:
    """The devices whose interfaces have to be known."""
    names: set[str] = set()
    for each in resources:
        if each.kind.name in ("interface", "ip_address") and "device" in each.values:
            names.add(each.values["device"])
        if any(name in each.values for name in each.kind.late):
            names.add(each.values["name"])
    return names


def _types(kind: Kind, resources: Iterable[Resource], found: FoundByKind) -> set[str]:
    """The device types whose parts have to be known: those that shall have them, and, for their
    interfaces, those of new devices, which will get them."""
    here = {each.values["name"] for each in found.get("device", ())}
    return {
        each.values["device_type"]
        for each in resources
        if each.kind is kind
        or (
            kind is INTERFACE_TEMPLATE
            and each.kind.name == "device"
            and each.values["name"] not in here
            and "device_type" in each.values
        )
    }


# --- the difference -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Write:
    """One object to create or update. A negative id belongs to an object that is not made yet, in
    ``values`` too."""

    resource: Resource
    id: int
    values: Mapping[str, Any]

    def with_ids(self, ids: Mapping[int, int]) -> Write:
        """The same with the ids of what has been made."""
        forms = self.resource.kind.fields
        values = {
            name: _translated(value, ids) if forms[name].names else value
            for name, value in self.values.items()
        }
        return Write(self.resource, ids.get(self.id, self.id), values)


def _translated(value: Any, ids: Mapping[int, int]) -> Any:
    if isinstance(value, list):
        return [ids.get(each, each) for each in value]
    return ids.get(value, value)


@dataclass(frozen=True)
class Step:
    """Writes of one kind that do not depend on each other."""

    kind: Kind
    creates: tuple[Write, ...] = ()
    updates: tuple[Write, ...] = ()
    unchanged: tuple[Resource, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.creates or self.updates)

    def by_word(self) -> Iterator[tuple[str, Sequence[Resource]]]:
        """What becomes of which resources."""
        yield "created", [each.resource for each in self.creates]
        yield "updated", [each.resource for each in self.updates]
        yield "unchanged", self.unchanged


@dataclass(frozen=True)
class Plan:
    """What to write, in order. ``furnished``: interfaces that new devices will get from their
    type, by the id the plan gives them: (the device's id, the interface's name)."""

    steps: tuple[Step, ...] = ()
    furnished: Mapping[int, tuple[int, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.steps)

    def outcome(self) -> dict[str, dict[str, Any]]:
        """Per kind how many objects are created, updated and unchanged, and the names of those that
        are written (for the parts of device types: the device types)."""
        kinds: dict[str, dict[int, tuple[str, Resource]]] = {}
        for step in self.steps:
            seen = kinds.setdefault(step.kind.name, {})
            for word, resources in step.by_word():
                for each in resources:
                    # A device that is made and then gets its primary address is a created one.
                    if seen.get(id(each), ("unchanged",))[0] == "unchanged":
                        seen[id(each)] = (word, each)
        return {kind: _told(kind, list(seen.values())) for kind, seen in kinds.items()}


def _told(kind: str, seen: Sequence[tuple[str, Resource]]) -> dict[str, Any]:
    counts = {word: sum(each == word for each, _ in seen) for word in _WRITTEN}
    names = {
        word: list(
            dict.fromkeys(
                str(resource.values["device_type"]) if kind in PARTS else resource.called
                for each, resource in seen
                if each == word
            )
        )
        for word in _WRITTEN
    }
    return {**counts, "unchanged": len(seen) - sum(counts.values()), "names": names}


_WRITTEN = ("created", "updated")


def plan(resources: Sequence[Resource], found: FoundByKind) -> Plan:
    """What has to be written so that NetBox has *resources*; nothing when it has.

    *found* holds what :func:`needed` and :func:`among` ask for. Raises :class:`Invalid` for a
    reference that leads nowhere and for an object that two entries are about, :class:`Refused` for
    what NetBox has otherwise and cannot change.
    """
    return _Planner(resources, found).plan()


class _Shelf:
    """Objects by kind and id, found again by their names: those that NetBox has, and those that
    the plan makes."""

    def __init__(self, found: FoundByKind) -> None:
        self.objects: dict[str, dict[int, Mapping[str, Any]]] = {kind: {} for kind in _ALL}
        self._index: dict[tuple[Any, ...], dict[int, None]] = {}
        for kind, listed in found.items():
            for each in listed:
                self.put(_ALL[kind], each.id, each.values)

    def put(self, kind: Kind, number: int, values: Mapping[str, Any]) -> None:
        self.objects[kind.name][number] = values
        for name in dict.fromkeys((kind.key[-1], *kind.names)):
            place = self._place(kind, name, values.get(name), values)
            self._index.setdefault(place, {})[number] = None

    def identical(self, kind: Kind, values: Mapping[str, Any]) -> list[int]:
        """The objects that have the key of *values*: none or one, unless NetBox has twins."""
        key = kind.key[-1]
        return [
            number
            for number in self._index.get(self._place(kind, key, values[key], values), ())
            if all(
                self.objects[kind.name][number].get(part) == values.get(part) for part in kind.scope
            )
        ]

    def named(self, kind: Kind, said: Any, own: Mapping[str, Any]) -> list[int]:
        """The objects that *said* can mean, told by something that has *own* values."""
        places = [self._place(kind, name, said, own) for name in kind.names]
        if kind is MANUFACTURER:  # a device type of the library has its maker's name only
            places.append(self._place(kind, "slug", _slugified(said), own))
        found = {number: None for place in places for number in self._index.get(place, ())}
        distance = {number: self._distance(kind, number, own) for number in found}
        nearest_one = min(distance.values(), default=0)
        return [number for number in found if distance[number] == nearest_one]

    def _distance(self, kind: Kind, number: int, own: Mapping[str, Any]) -> int:
        """Of several VLANs of one number, the one of the same site is meant, else a global one."""
        values = self.objects[kind.name][number]
        parts = [(values.get(part), own[part]) for part in kind.scope if part in own]
        return sum(0 if theirs == mine else 1 if theirs is None else 2 for theirs, mine in parts)

    def names(self, kind: Kind, own: Mapping[str, Any]) -> list[str]:
        """What could have been said instead."""
        return [
            str(each.get(name))
            for each in self.objects[kind.name].values()
            for name in kind.names
            if all(each.get(part) == own.get(part) for part in kind.key[:-1])
        ]

    @staticmethod
    def _place(kind: Kind, name: str, value: Any, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return (kind.name, name, value, *(values.get(part) for part in kind.key[:-1]))


class _Planner:
    """Goes through the kinds in order and keeps what will be, under negative ids."""

    def __init__(self, resources: Sequence[Resource], found: FoundByKind) -> None:
        # What is only implied gives way to what is said.
        self.resources = sorted(resources, key=lambda each: each.implied)
        self.shelf = _Shelf(found)
        self.ids = count(-1, -1)
        self.claimed: dict[tuple[str, int], Resource] = {}
        self.furnished: dict[int, tuple[int, str]] = {}

    def plan(self) -> Plan:
        by_kind: dict[str, list[Resource]] = {}
        for each in self.resources:
            by_kind.setdefault(each.kind.name, []).append(each)
        steps = []
        for kind in ORDER:
            for wave in _waves(kind, by_kind.get(kind.name, ())):
                steps.append(self._step(kind, wave))
                if kind.name == "device":
                    self._furnish(steps[-1].creates)
        steps += [self._late(_ALL[kind]) for kind in by_kind if _ALL[kind].late]
        return Plan(tuple(each for each in steps if each or each.unchanged), self.furnished)

    def _step(self, kind: Kind, resources: Iterable[Resource]) -> Step:
        creates, updates, unchanged = [], [], []
        for each in resources:
            number, values = self._resolved(each)
            if number is None:
                creates.append(self._create(each, values))
            elif each.implied:
                continue
            elif change := self._change(each, number, values):
                updates.append(Write(each, number, change))
            else:
                unchanged.append(each)
        return Step(kind, tuple(creates), tuple(updates), tuple(unchanged))

    # one resource

    def _resolved(self, resource: Resource) -> tuple[int | None, dict[str, Any]]:
        """The id of the object, None when there is none, and the values with ids in them."""
        kind = resource.kind
        values: dict[str, Any] = {}
        for name in (*kind.key, *kind.scope):
            if name in resource.values:
                values[name] = self._value(resource, name, values)
        number = self._identified(resource, values)
        known = self.shelf.objects[kind.name][number] if number is not None else {}
        own = ChainMap(values, dict(known), dict.fromkeys(kind.fields))
        for name in kind.fields:
            if name in resource.values and name not in values and name not in kind.late:
                values[name] = self._value(resource, name, own)
        return number, {name: each for name, each in values.items() if name not in kind.told}

    def _identified(self, resource: Resource, values: Mapping[str, Any]) -> int | None:
        kind = resource.kind
        if resource.implied:
            return next(iter(self.shelf.named(kind, resource.initial["name"], values)), None)
        numbers = self.shelf.identical(kind, values)
        if not numbers:
            return None
        if len(numbers) > 1:
            raise Refused(
                f"{resource.where()}: NetBox has {len(numbers)} of them "
                f"(ids {', '.join(map(str, numbers))}); which one is meant cannot be told"
            )
        self._claim(resource, numbers[0])
        return numbers[0]

    def _claim(self, resource: Resource, number: int) -> None:
        other = self.claimed.setdefault((resource.kind.name, number), resource)
        if other is not resource:
            resource.fail(f"{other.place} is about it already; one entry can be")

    def _create(self, resource: Resource, values: Mapping[str, Any]) -> Write:
        kind = resource.kind
        whole = {**resource.initial, **values}
        missing = [name for name in kind.required if name not in whole]
        if missing:
            resource.fail(f"NetBox has none yet, and to create it {', '.join(missing)} is needed")
        number = next(self.ids)
        self._claim(resource, number)
        self.shelf.put(kind, number, whole)
        return Write(resource, number, whole)

    def _change(
        self, resource: Resource, number: int, values: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        kind = resource.kind
        known = self.shelf.objects[kind.name][number]
        change: dict[str, Any] = {}
        for name, value in values.items():
            now = known.get(name)
            different = _difference(kind.fields[name], value, now)
            if different is None:
                continue
            if name in kind.fixed:
                raise Refused(
                    f"{resource.where(name)}: it is {now!r} in NetBox, {value!r} is wanted, and "
                    "NetBox cannot change it; rename or delete the one there"
                )
            if kind.name == "ip_address" and name == "interface":
                self._check_movable(resource, now, value)
            change[name] = different
        if change.keys() & set(kind.together):
            change |= {name: values[name] for name in kind.together if name in values}
        if "position" in change and not known.get("face"):
            change |= resource.initial
        self.shelf.put(kind, number, {**known, **change})
        return change

    # references

    def _value(self, resource: Resource, name: str, own: Mapping[str, Any]) -> Any:
        form, said = resource.kind.fields[name], resource.values[name]
        if form.partly:
            self._check_custom_fields(resource, said)
        if not form.names:
            return said
        kind = _ALL[form.names]
        if form.many:
            return [self._reference(resource, name, kind, each, own) for each in said]
        return self._reference(resource, name, kind, said, own)

    def _reference(
        self, resource: Resource, name: str, kind: Kind, said: Any, own: Mapping[str, Any]
    ) -> int:
        numbers = self.shelf.named(kind, said, own)
        if len(numbers) == 1:
            return numbers[0]
        parents = [part for part in kind.key[:-1] if part in resource.values]
        within = "".join(f" of {part} {resource.values[part]!r}" for part in parents)
        if numbers:
            resource.fail(
                f"NetBox has {len(numbers)} of {kind.words} {said!r}{within} (ids "
                f"{', '.join(map(str, numbers))}); which one is meant cannot be told",
                name,
            )
        resource.fail(
            f"there is no {kind.words} {said!r}{within}, neither in NetBox nor in what is imported"
            f"{nearest(str(said), self.shelf.names(kind, own))}",
            name,
        )

    def _check_custom_fields(self, resource: Resource, said: Mapping[str, Any]) -> None:
        """NetBox takes a value for a custom field that does not exist, and forgets it."""
        wanted = resource.kind.object_type
        known = [
            each["name"]
            for each in self.shelf.objects[CUSTOM_FIELD.name].values()
            if wanted in each["object_types"]
        ]
        for name in said:
            if name not in known:
                resource.fail(
                    f"NetBox has no custom field {name!r} for {wanted}{nearest(str(name), known)} "
                    "('osism netbox init' creates those of the product)",
                    "custom_fields",
                )

    def _check_movable(self, resource: Resource, now: Any, wanted: int) -> None:
        """An address moves between interfaces of its device, but is not taken from another one."""
        interfaces = self.shelf.objects["interface"]
        if now is None or interfaces.get(now, {}).get("device") == interfaces[wanted]["device"]:
            return
        holder = f"interface {now}" if isinstance(now, int) else now
        raise Refused(
            f"{resource.where('interface')}: the address belongs to another device in NetBox "
            f"({holder}); take it off there"
        )

    # what comes with others, and what comes last

    def _furnish(self, devices: Iterable[Write]) -> None:
        """NetBox gives a new device the interfaces of its type."""
        wanted = _with_interfaces(self.resources)
        templates: dict[int, list[Mapping[str, Any]]] = {}
        for each in self.shelf.objects[INTERFACE_TEMPLATE.name].values():
            templates.setdefault(each["device_type"], []).append(each)
        for device in devices:
            if device.values["name"] not in wanted:
                continue
            for each in templates.get(device.values["device_type"], ()):
                number = next(self.ids)
                self.furnished[number] = (device.id, each["name"])
                fields = {name: each[name] for name in _FURNISHED if name in each}
                values = {"enabled": True, "mgmt_only": False, **fields, "device": device.id}
                self.shelf.put(INTERFACE, number, values)

    def _late(self, kind: Kind) -> Step:
        updates = []
        for (name, number), resource in self.claimed.items():
            if name != kind.name:
                continue
            known = self.shelf.objects[kind.name][number]
            change = {}
            for late in kind.late:
                if late in resource.values:
                    address = self._own_address(resource, late, number)
                    if known.get(late) != address:
                        change[late] = address
            if change:
                updates.append(Write(resource, number, change))
        return Step(kind, updates=tuple(updates))

    def _own_address(self, resource: Resource, name: str, device: int) -> int:
        said = resource.values[name]
        interfaces, addresses = (self.shelf.objects[each] for each in ("interface", "ip_address"))
        for number in self.shelf.named(_ALL["ip_address"], said, {}):
            holder = interfaces.get(addresses[number].get("interface") or 0, {})
            if holder.get("device") == device:
                return number
        resource.fail(
            f"{said} is on no interface of the device, neither in NetBox nor in what is imported",
            name,
        )


#: What NetBox copies from an interface's template.
_FURNISHED = "name type enabled mgmt_only label description poe_mode poe_type".split()


def _difference(form: Form, wanted: Any, now: Any) -> Any:
    """What to write; None when NetBox has it already."""
    if form.many:
        missing = [each for each in wanted if each not in (now or ())]
        return [*(now or ()), *missing] if missing else None
    if form.partly:
        there = now or {}
        return {k: value for k, value in wanted.items() if not _equal(value, there.get(k))} or None
    return None if _equal(wanted, now) else wanted


def _equal(wanted: Any, now: Any) -> bool:
    return bool(wanted == now) or (wanted in ("", None) and now in ("", None))


def _waves(kind: Kind, resources: Sequence[Resource]) -> Iterator[list[Resource]]:
    """Groups to write one after the other: what refers to one of its own kind comes later."""
    links = [name for name, form in kind.fields.items() if form.names == kind.name]
    waiting = list(resources)
    while waiting:
        coming = {(_parents(each), each.values.get(n)) for each in waiting for n in kind.names}
        ready: list[Resource] = []
        later: list[Resource] = []
        for each in waiting:
            leads = ((_parents(each), each.values[link]) for link in links if link in each.values)
            (later if any(lead in coming for lead in leads) else ready).append(each)
        if not ready:
            waiting[0].fail("refers to itself, if only through others", "/".join(links))
        yield ready
        waiting = later


def _parents(resource: Resource) -> tuple[Any, ...]:
    return tuple(resource.values[part] for part in resource.kind.key[:-1])
