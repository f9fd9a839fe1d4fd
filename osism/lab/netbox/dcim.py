"""Sites, racks, devices and what is on them, as NetBox 4.4 documents them."""

from __future__ import annotations

from osism.lab.netbox import choices as c
from osism.lab.netbox import hardware as hw
from osism.lab.netbox.fields import (
    COLOR,
    COMMENTS,
    DESCRIPTION,
    HEAD,
    NAME_SLUG,
    ORDER,
    PLACE,
    TAIL,
    TENANT,
    TIMES,
    Gone,
    Kind,
    Unique,
    choice,
    computed,
    count,
    decimal,
    fixed,
    flag,
    generic,
    integer,
    json,
    many,
    ref,
    slug,
    text,
)

COMPONENTS = ("console_port", "console_server_port", "power_port", "power_outlet", "interface",
              "front_port", "rear_port", "device_bay", "module_bay", "inventory_item")  # fmt: skip
TEMPLATE_COUNTS = tuple(
    count(f"{part}_template_count", f"{part.replace('_', '')}templates") for part in COMPONENTS
)
DEVICE_COUNTS = tuple(count(f"{part}_count", f"{part.replace('_', '')}s") for part in COMPONENTS)
VIRTUAL = frozenset({"virtual", "bridge", "lag"})  # interfaces that no cable fits
SITED = {"site": "device.site", "location": "device.location", "rack": "device.rack"}

SITE = Kind(
    "site", "Site", "dcim/sites", "site",
    (*HEAD, *NAME_SLUG, choice("status", c.SITE_STATUS, "active"), *fixed("region", "group"),
     ref("tenant", "tenant", "sites"), text("facility", 50), *fixed("time_zone"), DESCRIPTION,
     text("physical_address", filters="none"), text("shipping_address", filters="none"), *PLACE,
     COMMENTS, *fixed("asns", value=[]), *TAIL, count("circuit_count"),
     count("device_count", "devices"), count("prefix_count", "prefixes"),
     count("rack_count", "racks"), count("virtualmachine_count"), count("vlan_count", "vlans")),
)  # fmt: skip

LOCATION = Kind(
    "location", "Location", "dcim/locations", "location",
    (*HEAD, text("name", 100, required=True), slug(unique=False),
     ref("site", "site", "locations", Gone.CASCADE, required=True),
     ref("parent", "location", "children", Gone.CASCADE, form_of="nested"),
     choice("status", c.LOCATION_STATUS, "active"), ref("tenant", "tenant", "locations"),
     text("facility", 50), DESCRIPTION, *TAIL, count("rack_count", "racks"),
     count("device_count", "devices"), count("prefix_count"), COMMENTS, *computed("_depth")),
    brief=("name", "slug", "description", "rack_count", "_depth"), order=("site", "name"),
    unique=tuple(
        Unique(("site", "parent", name),
               f"A location with this {name} already exists within the specified site.")
        for name in ("name", "slug")),
)  # fmt: skip

RACK = Kind(
    "rack", "Rack", "dcim/racks", "rack",
    (*HEAD, text("name", 100, required=True), text("facility_id", 50, null=True),
     ref("site", "site", "racks", required=True), ref("location", "location", "racks", Gone.NULL),
     TENANT, choice("status", c.RACK_STATUS, "active"), *fixed("role"), text("serial", 50),
     text("asset_tag", 50, null=True, unique=True), *fixed("rack_type"),
     choice("form_factor", c.FORM_FACTOR), choice("width", c.RACK_WIDTH, 19),
     integer("u_height", 1, 100, null=False, default=42),
     integer("starting_unit", 1, 32767, null=False, default=1), decimal("weight"),
     integer("max_weight"), choice("weight_unit", c.WEIGHT_UNIT), flag("desc_units"),
     integer("outer_width"), integer("outer_height"), integer("outer_depth"),
     choice("outer_unit", c.OUTER_UNIT), integer("mounting_depth"),
     choice("airflow", c.RACK_AIRFLOW), DESCRIPTION, COMMENTS, *TAIL,
     count("device_count", "devices"), count("powerfeed_count")),
    brief=("name", "description", "device_count"), order=("site", "location", "name", "id"),
    search=("name", "serial", "asset_tag", "facility_id", "description", "comments"), key="id",
    unique=(Unique(("location", "name")),),
)  # fmt: skip

MANUFACTURER = Kind(
    "manufacturer", "Manufacturer", "dcim/manufacturers", "manufacturer",
    (*HEAD, *NAME_SLUG, DESCRIPTION, *TAIL, count("devicetype_count", "device_types"),
     count("inventoryitem_count"), count("platform_count", "platforms")),
)  # fmt: skip

DEVICE_TYPE = Kind(
    "device_type", "DeviceType", "dcim/device-types", "device type",
    (*HEAD, ref("manufacturer", "manufacturer", "device_types", required=True),
     ref("default_platform", "platform", gone=Gone.NULL), text("model", 100, required=True),
     slug(unique=False), text("part_number", 50),
     decimal("u_height", 1, null=False, default=1.0, low=0, high=1000),
     flag("exclude_from_utilization"), flag("is_full_depth", default=True),
     choice("subdevice_role", c.SUBDEVICE_ROLE), choice("airflow", c.AIRFLOW), decimal("weight"),
     choice("weight_unit", c.WEIGHT_UNIT), *fixed("front_image", "rear_image"), DESCRIPTION,
     COMMENTS, *TAIL, count("device_count", "instances"), *TEMPLATE_COUNTS),
    brief=("manufacturer", "model", "slug", "description", "device_count"),
    order=("manufacturer", "model"), title="model",
    search=("manufacturer.name", "model", "part_number", "description", "comments"),
    unique=(Unique(("manufacturer", "model")), Unique(("manufacturer", "slug"))),
)  # fmt: skip

INTERFACE_TEMPLATE = Kind(
    "interface_template", "InterfaceTemplate", "dcim/interface-templates", "interface template",
    (*computed("url", "display"),
     ref("device_type", "device_type", "interfacetemplates", Gone.CASCADE, required=True,
         filters="id"),
     *fixed("module_type"), text("name", 64, required=True), ORDER, text("label", 64),
     choice("type", hw.INTERFACE_TYPE, required=True), flag("enabled", default=True),
     flag("mgmt_only"), DESCRIPTION,
     ref("bridge", "interface_template", "bridge_interfaces", Gone.NULL, filters="id",
         form_of="nested"),
     choice("poe_mode", c.POE_MODE), choice("poe_type", c.POE_TYPE), choice("rf_role", c.RF_ROLE),
     *TIMES),
    brief=("name", "description"), order=("device_type", "name"),
    search=("name", "label", "description"), unique=(Unique(("device_type", "name")),),
)  # fmt: skip

DEVICE_ROLE = Kind(
    "device_role", "DeviceRole", "dcim/device-roles", "device role",
    (*HEAD, text("name", 100, required=True), slug(unique=False), COLOR,
     flag("vm_role", default=True), *fixed("config_template"),
     ref("parent", "device_role", "children", Gone.CASCADE, form_of="nested"), DESCRIPTION, *TAIL,
     count("device_count", "devices"), count("virtualmachine_count"), COMMENTS,
     *computed("_depth")),
    brief=("name", "slug", "description", "device_count", "virtualmachine_count", "_depth"),
    unique=tuple(
        Unique(("parent", name), f"A top-level device role with this {name} already exists.")
        for name in ("name", "slug")),
)  # fmt: skip

PLATFORM = Kind(
    "platform", "Platform", "dcim/platforms", "platform",
    (*HEAD, ref("parent", "platform", "children", Gone.CASCADE, form_of="nested"),
     text("name", 100, required=True), slug(unique=False),
     ref("manufacturer", "manufacturer", "platforms"), *fixed("config_template"), DESCRIPTION,
     COMMENTS, *TAIL, count("device_count", "devices"), count("virtualmachine_count"),
     *computed("_depth")),
    brief=("name", "slug", "description", "device_count", "virtualmachine_count", "_depth"),
    unique=tuple(
        Unique(("manufacturer", name), f"Platform {name} must be unique.")
        for name in ("name", "slug")),
)  # fmt: skip

DEVICE = Kind(
    "device", "Device", "dcim/devices", "device",
    (*HEAD, text("name", 64, null=True),
     ref("device_type", "device_type", "instances", required=True),
     ref("role", "device_role", "devices", required=True), ref("tenant", "tenant", "devices"),
     ref("platform", "platform", "devices", Gone.NULL), text("serial", 50),
     text("asset_tag", 50, null=True, unique=True), ref("site", "site", "devices", required=True),
     ref("location", "location", "devices"), ref("rack", "rack", "devices", filters="id"),
     decimal("position", 1, low=0.5, high=1000), choice("face", c.FACE, ""), *PLACE,
     *fixed("parent_device"), choice("status", c.DEVICE_STATUS, "active"),
     choice("airflow", c.AIRFLOW), *computed("primary_ip"),
     ref("primary_ip4", "ip_address", gone=Gone.NULL),
     ref("primary_ip6", "ip_address", gone=Gone.NULL),
     ref("oob_ip", "ip_address", gone=Gone.NULL, filters="id"),
     *fixed("cluster", "virtual_chassis"), integer("vc_position", 0, 255),
     integer("vc_priority", 0, 255), DESCRIPTION, COMMENTS, *fixed("config_template"),
     *computed("config_context"), json("local_context_data", rule="object"), *TAIL, *DEVICE_COUNTS),
    brief=("name", "description"), order=("name", "id"),
    search=("name", "serial", "asset_tag", "description", "comments", "primary_ip4.address",
            "primary_ip6.address", "oob_ip.address"),
    unique=(Unique(("site", "tenant", "name"), "Device name must be unique per site.", fold=True),),
    sequential=True,
    paths={"manufacturer": "device_type.manufacturer", "model": "device_type.slug",
           "mac_address": "interfaces.mac_addresses.mac_address"},
)  # fmt: skip

INTERFACE = Kind(
    "interface", "Interface", "dcim/interfaces", "interface",
    (*HEAD, ref("device", "device", "interfaces", Gone.CASCADE, required=True),
     *fixed("vdcs", value=[]), *fixed("module"), text("name", 64, required=True), ORDER,
     text("label", 64), choice("type", hw.INTERFACE_TYPE, required=True),
     flag("enabled", default=True),
     ref("parent", "interface", "child_interfaces", filters="id", form_of="nested"),
     ref("bridge", "interface", "bridge_interfaces", Gone.NULL, filters="id", form_of="nested"),
     *computed("bridge_interfaces"),
     ref("lag", "interface", "member_interfaces", Gone.NULL, filters="id", form_of="nested"),
     integer("mtu", 1, 65536), *computed("mac_address"),
     ref("primary_mac_address", "mac_address", gone=Gone.NULL), *computed("mac_addresses"),
     integer("speed"), choice("duplex", c.DUPLEX), text("wwn", 23, null=True, rule="wwn"),
     flag("mgmt_only"), DESCRIPTION, choice("mode", c.INTERFACE_MODE), choice("rf_role", c.RF_ROLE),
     choice("rf_channel", hw.RF_CHANNEL), choice("poe_mode", c.POE_MODE),
     choice("poe_type", c.POE_TYPE), *computed("rf_channel_frequency", "rf_channel_width"),
     integer("tx_power", -40, 127),
     ref("untagged_vlan", "vlan", "interfaces_as_untagged", Gone.NULL, filters="none"),
     many("tagged_vlans", "vlan", "interfaces_as_tagged"),
     ref("qinq_svlan", "vlan", gone=Gone.NULL, filters="none"), *fixed("vlan_translation_policy"),
     flag("mark_connected"),
     ref("cable", "cable", "interfaces", Gone.NULL, filters="id", readonly=True),
     text("cable_end", 1, null=True, readonly=True), *fixed("wireless_link"),
     *computed("link_peers", "link_peers_type"), *fixed("wireless_lans", value=[]),
     ref("vrf", "vrf", "interfaces", Gone.NULL), *fixed("l2vpn_termination"),
     *computed("connected_endpoints", "connected_endpoints_type", "connected_endpoints_reachable"),
     *TAIL, count("count_ipaddresses", "ip_addresses"), count("count_fhrp_groups"),
     *computed("_occupied")),
    brief=("device", "name", "description", "cable", "_occupied"), order=("device", "_name"),
    search=("name", "label", "description"), unique=(Unique(("device", "name")),),
    paths={**SITED, "device_role": "device.role", "device_type": "device.device_type",
           "tenant": "device.tenant", "device_status": "device.status",
           "mac_address": "mac_addresses.mac_address"},
)  # fmt: skip

CABLE = Kind(
    "cable", "Cable", "dcim/cables", "cable",
    (*HEAD, choice("type", hw.CABLE_TYPE, form_of="value"),
     *computed("a_terminations", "b_terminations"), choice("status", c.CABLE_STATUS, "connected"),
     ref("tenant", "tenant", "cables"), text("label", 100), text("color", 6, rule="color"),
     decimal("length"), choice("length_unit", c.LENGTH_UNIT), DESCRIPTION, COMMENTS, *TAIL),
    brief=("label", "description"), order=("id",), search=("label",),
    paths={"device": "interfaces.device", "site": "interfaces.device.site",
           "location": "interfaces.device.location", "rack": "interfaces.device.rack"},
)  # fmt: skip

CABLE_TERMINATION = Kind(
    "cable_termination", "CableTermination", "dcim/cable-terminations", "cable termination",
    (*computed("url", "display"),
     ref("cable", "cable", "terminations", Gone.CASCADE, required=True, filters="key",
         form_of="id"),
     choice("cable_end", c.CABLE_END, required=True, form_of="value"),
     generic("termination", ("interface",), "cable_terminations", null=False), *TIMES),
    brief=("cable",), order=("cable", "cable_end", "id"), search=(),
)  # fmt: skip

MAC_ADDRESS = Kind(
    "mac_address", "MACAddress", "dcim/mac-addresses", "MAC address",
    (*HEAD, text("mac_address", 17, required=True, rule="mac"),
     generic("assigned_object", ("interface",), "mac_addresses"), DESCRIPTION, COMMENTS, *TAIL),
    brief=("mac_address", "description"), order=("mac_address", "id"), title="mac_address",
    search=("mac_address", "description"), key="mac_address",
    paths={"device": "interface.device", "interface": "interface"},
)  # fmt: skip
