"""Tags, custom fields, configuration contexts and tenants, as NetBox 4.4 documents them."""

from __future__ import annotations

from osism.lab.netbox import choices as c
from osism.lab.netbox.fields import (
    COLOR,
    COMMENTS,
    DESCRIPTION,
    HEAD,
    NAME,
    NAME_SLUG,
    TAIL,
    TIMES,
    Kind,
    choice,
    computed,
    count,
    decimal,
    fixed,
    flag,
    integer,
    json,
    many,
    ref,
    text,
    types,
)

TAG = Kind(
    "tag", "Tag", "extras/tags", "tag",
    (*HEAD, *NAME_SLUG, COLOR, DESCRIPTION, integer("weight", 0, 32767, null=False, default=1000),
     types("object_types", default=[]), *computed("tagged_items"), *TIMES),
    brief=("name", "slug", "color", "description"), order=("weight", "name"),
    search=("name", "slug"),
)  # fmt: skip

CHOICE_SET = Kind(
    "custom_field_choice_set", "CustomFieldChoiceSet", "extras/custom-field-choice-sets",
    "custom field choice set",
    (*HEAD, NAME, DESCRIPTION, choice("base_choices", c.BASE_CHOICES),
     json("extra_choices", required=True, null=False, rule="pairs"), flag("order_alphabetically"),
     *computed("choices_count"), *TIMES),
    brief=("name", "description", "choices_count"), search=("name", "description"),
)  # fmt: skip

CUSTOM_FIELD = Kind(
    "custom_field", "CustomField", "extras/custom-fields", "custom field",
    (*HEAD, types("object_types", required=True), choice("type", c.CF_TYPE, "text"),
     *fixed("related_object_type"), *computed("data_type"),
     text("name", 50, required=True, unique=True, rule="word"), text("label", 50),
     text("group_name", 50), DESCRIPTION, flag("required"), flag("unique"),
     integer("search_weight", 0, 32767, null=False, default=1000),
     choice("filter_logic", c.CF_LOGIC, "loose"), choice("ui_visible", c.CF_VISIBLE, "always"),
     choice("ui_editable", c.CF_EDITABLE, "yes"), flag("is_cloneable"), json("default"),
     json("related_object_filter"), integer("weight", 0, 32767, null=False, default=100),
     decimal("validation_minimum", 4), decimal("validation_maximum", 4),
     text("validation_regex", 500), ref("choice_set", "custom_field_choice_set", "choices_for"),
     COMMENTS, *TIMES),
    brief=("name", "description"), order=("group_name", "weight", "name"),
    search=("name", "label", "group_name", "description", "comments"),
)  # fmt: skip

CONFIG_CONTEXT = Kind(
    "config_context", "ConfigContext", "extras/config-contexts", "config context",
    (*HEAD, NAME, integer("weight", 0, 32767, null=False, default=1000), *fixed("profile"),
     DESCRIPTION, flag("is_active", default=True), *fixed("regions", "site_groups", value=[]),
     many("sites", "site"), many("locations", "location"), many("device_types", "device_type"),
     many("roles", "device_role"), many("platforms", "platform"),
     *fixed("cluster_types", "cluster_groups", "clusters", "tenant_groups", value=[]),
     many("tenants", "tenant"), many("tags", "tag", form_of="key"), *fixed("data_source"),
     *fixed("data_path", value=""), *fixed("data_file", "data_synced"),
     json("data", required=True, null=False, rule="object"), *TIMES),
    brief=("name", "description"), order=("weight", "name"), search=("name", "description"),
    paths={"site": "sites", "location": "locations", "device_role": "roles",
           "platform": "platforms", "tenant": "tenants", "tag": "tags"},
)  # fmt: skip

TENANT_KIND = Kind(
    "tenant", "Tenant", "tenancy/tenants", "tenant",
    (*HEAD, *NAME_SLUG, *fixed("group"), DESCRIPTION, COMMENTS, *TAIL,
     count("device_count", "devices"), count("site_count", "sites"), count("vlan_count", "vlans")),
)  # fmt: skip
