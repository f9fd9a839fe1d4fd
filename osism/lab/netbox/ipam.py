"""VLANs, prefixes and addresses, as NetBox 4.4 documents them."""

from __future__ import annotations

from osism.lab.netbox import choices as c
from osism.lab.netbox.fields import (
    COMMENTS,
    DESCRIPTION,
    HEAD,
    NAME_SLUG,
    TAIL,
    TENANT,
    Gone,
    Kind,
    Unique,
    choice,
    computed,
    count,
    fixed,
    flag,
    generic,
    integer,
    json,
    ref,
    text,
)

VLAN_GROUP = Kind(
    "vlan_group", "VLANGroup", "ipam/vlan-groups", "VLAN group",
    (*HEAD, *NAME_SLUG, generic("scope", ("site", "location", "rack"), "vlan_groups"),
     json("vid_ranges", null=False, default=[[1, 4094]]), TENANT, DESCRIPTION, *TAIL,
     count("vlan_count", "vlans"), *computed("utilization")),
    brief=("name", "slug", "description", "vlan_count"),
    paths={"site": "site", "location": "location", "rack": "rack"},
)  # fmt: skip

VLAN = Kind(
    "vlan", "VLAN", "ipam/vlans", "VLAN",
    (*HEAD, ref("site", "site", "vlans"), ref("group", "vlan_group", "vlans"),
     integer("vid", 1, 4094, required=True, null=False), text("name", 64, required=True),
     ref("tenant", "tenant", "vlans"), choice("status", c.VLAN_STATUS, "active"), *fixed("role"),
     DESCRIPTION, choice("qinq_role", c.QINQ_ROLE),
     ref("qinq_svlan", "vlan", "qinq_cvlans", filters="id", form_of="nested"), COMMENTS,
     *fixed("l2vpn_termination"), *TAIL, count("prefix_count", "prefixes")),
    brief=("vid", "name", "description"), order=("site", "group", "vid", "id"),
    search=("name", "description", "vid"), key="vid",
    unique=(Unique(("group", "vid")), Unique(("group", "name"))),
)  # fmt: skip

VRF = Kind(
    "vrf", "VRF", "ipam/vrfs", "VRF",
    (*HEAD, text("name", 100, required=True), text("rd", 21, null=True, unique=True), TENANT,
     flag("enforce_unique", default=True), DESCRIPTION, COMMENTS,
     *fixed("import_targets", "export_targets", value=[]), *TAIL,
     count("ipaddress_count", "ip_addresses"), count("prefix_count", "prefixes")),
    brief=("name", "rd", "description", "prefix_count"), order=("name", "rd", "id"), key="rd",
    search=("name", "rd", "description"),
)  # fmt: skip

PREFIX = Kind(
    "prefix", "Prefix", "ipam/prefixes", "prefix",
    (*HEAD, *computed("family"), text("prefix", 50, required=True, rule="prefix"),
     ref("vrf", "vrf", "prefixes"), generic("scope", ("site", "location"), "prefixes"), TENANT,
     ref("vlan", "vlan", "prefixes", filters="id"), choice("status", c.PREFIX_STATUS, "active"),
     *fixed("role"), flag("is_pool"), flag("mark_utilized"), DESCRIPTION, COMMENTS, *TAIL,
     *fixed("children", "_depth", value=0)),
    brief=("family", "prefix", "vrf", "description", "_depth"), order=("vrf", "prefix", "id"),
    title="prefix", search=("prefix", "description"),
    paths={"vlan_vid": "vlan.vid", "site": "site", "location": "location",
           "vlan_group": "vlan.group"},
)  # fmt: skip

IP_ADDRESS = Kind(
    "ip_address", "IPAddress", "ipam/ip-addresses", "IP address",
    (*HEAD, *computed("family"), text("address", 50, required=True, rule="address"),
     ref("vrf", "vrf", "ip_addresses"), ref("tenant", "tenant", "ip_addresses"),
     choice("status", c.IP_STATUS, "active"), choice("role", c.IP_ROLE),
     generic("assigned_object", ("interface",), "ip_addresses"),
     ref("nat_inside", "ip_address", "nat_outside", Gone.NULL, filters="id", form_of="nested"),
     *computed("nat_outside"), text("dns_name", 255), DESCRIPTION, COMMENTS, *TAIL),
    brief=("family", "address", "description"), order=("address", "id"), title="address",
    key="address", search=("dns_name", "description", "address"),
    paths={"device": "interface.device", "interface": "interface"},
)  # fmt: skip
