"""What a device of NetBox is to be in Ironic."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from osism.domain.errors import Invalid
from osism.domain.netbox_nodes import NetboxNode, board
from osism.domain.nodes import WantedNode
from osism.domain.parameters import (
    ADDRESSES,
    VAULTED,
    Revealed,
    Template,
    interfaces,
    looks_like_template,
    mapping,
    merged,
    mistakes,
    of_driver,
    texts,
)
from osism.domain.secrets import SECRET_NAME

PARAMETERS, SECRETS = "ironic_parameters", "secrets"  #: custom fields
#: Custom fields that go into ``extra`` as JSON, for what runs on the node later.
_EXTRA = ("netplan_parameters", "frr_parameters")
ADDRESS = "remote_board_address"
#: Keys of driver_info that are secret and not called so.
_ALSO_SECRET = frozenset(
    "ipmi_hex_kg_key snmp_community snmp_community_read snmp_community_write snmp_auth_key "
    "snmp_priv_key".split()
)
#: Where images and networks are named, which Ironic wants to be told by their ids.
_NAMED: Mapping[str, Mapping[str, str]] = {
    "driver_info": {
        **dict.fromkeys(
            ("deploy_kernel", "deploy_ramdisk", "rescue_kernel", "rescue_ramdisk", "bootloader"),
            "image",
        ),
        **dict.fromkeys(
            ("cleaning_network", "provisioning_network", "rescuing_network", "inspection_network",
             "servicing_network"),
            "network",
        ),
    },
    "instance_info": dict.fromkeys(("image_source", "kernel", "ramdisk"), "image"),
}  # fmt: skip


class Tools(Protocol):
    """What it takes from outside to make parameters of a node."""

    def names(self, template: str) -> Collection[str]:
        """The variables that a template uses."""

    def render(self, template: str, variables: Mapping[str, Any]) -> str:
        """A template's text; :class:`Invalid` for one that is wrong, or lacks a variable."""

    def reveal(self, text: str) -> str:
        """What a vaulted text says."""

    def identify(self, kind: str, name: str) -> str | None:
        """The id of an ``image`` or ``network``; None to leave it out."""


def wanted_node(
    node: NetboxNode, base: Mapping[str, Any], logins: Mapping[str, Any], tools: Tools
) -> WantedNode:
    """The node that Ironic is to have for a device.

    *base*: the conductor's ``ironic_parameters``, templates marked. *logins*: what the site keeps
    for the device beside NetBox; the custom field ``secrets`` is stronger. Raises :class:`Invalid`
    for what is wrong or missing; no message quotes a secret.
    """
    return _Making(node, logins, tools).made(base)


class _Making:
    """One node in the making."""

    def __init__(self, node: NetboxNode, logins: Mapping[str, Any], tools: Tools) -> None:
        self.node, self.tools = node, tools
        own = self._revealed(mapping(SECRETS, node.fields.get(SECRETS)), SECRETS)
        self.secrets = {
            key: str(value)
            for key, value in {**logins, **own}.items()
            if isinstance(value, (str, int, float)) and value != ""
        }

    def made(self, base: Mapping[str, Any]) -> WantedNode:
        both = merged(base, self._own())
        driver = both.get("driver")
        if not driver:
            raise Invalid("no driver is said: neither by the conductor's file nor by NetBox")
        info = self._driver_info(driver, both.get("driver_info") or {})
        hidden = {key: each for key, each in info.items() if _secret(key, each)}
        return WantedNode(
            name=self.node.name,
            driver=driver,
            driver_info={key: each for key, each in info.items() if key not in hidden},
            secrets={key: _plain(each) for key, each in hidden.items()},
            properties=self._open("properties", both) or {},
            extra=self._extra(both),
            resource_class=self._open("resource_class", both) or self.node.name,
            traits=frozenset(self._open("traits", both) or ()),
            ports=self.node.macs,
            interfaces=interfaces(both),
        )

    # --- what NetBox says

    def _own(self) -> Mapping[str, Any]:
        said = mapping(PARAMETERS, self.node.fields.get(PARAMETERS))
        for _, words in mistakes(said):
            raise Invalid(f"custom field {PARAMETERS!r}: {words}")
        for where, text in texts(said):
            inside = where.startswith("driver_info.")
            if inside and looks_like_template(text):
                raise Invalid(
                    f"custom field {PARAMETERS!r}: {where} looks like a template; they are for the "
                    "conductor's file, NetBox has values only"
                )
            if not inside and text.startswith(VAULTED):
                raise Invalid(
                    f"custom field {PARAMETERS!r}: {where} is vaulted; only what is in driver_info "
                    "can be secret, everybody who lists nodes can read the rest"
                )
        found: Mapping[str, Any] = self._revealed(said, PARAMETERS)
        return found

    def _revealed(self, value: Any, where: str) -> Any:
        if isinstance(value, Mapping):
            return {key: self._revealed(each, f"{where}.{key}") for key, each in value.items()}
        if isinstance(value, list):
            return [self._revealed(each, where) for each in value]
        if not (isinstance(value, str) and value.startswith(VAULTED)):
            return value
        try:
            return Revealed(self.tools.reveal(value).strip())
        except Invalid as failure:
            raise Invalid(f"custom field {where}: {failure}") from None

    # --- parts of a node

    def _driver_info(self, driver: str, said: Mapping[str, Any]) -> dict[str, Any]:
        info = self._rendered(of_driver(driver, said), "driver_info")
        key = ADDRESSES.get(driver)
        if key and not info.get(key):
            raise Invalid(f"driver_info has no {key}, which the driver {driver!r} needs")
        return self._identified("driver_info", info)

    def _open(self, key: str, both: Mapping[str, Any]) -> Any:
        """A part that everybody may see who lists nodes."""
        found = self._rendered(both.get(key), key)
        for where, text in texts(found, key):
            if isinstance(text, Revealed):
                raise Invalid(f"{where} would show a secret to everybody who lists nodes")
        return found

    def _extra(self, both: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = dict(self._open("extra", both) or {})
        told: dict[str, Any] = {name: self.node.fields.get(name) for name in _EXTRA}
        told["instance_info"] = self._identified("instance_info", both.get("instance_info") or {})
        return found | {
            name: json.dumps(value, sort_keys=True) for name, value in told.items() if value
        }

    def _identified(self, part: str, values: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(values)
        for key, kind in _NAMED[part].items():
            if not found.get(key):
                continue
            id = self.tools.identify(kind, str(found[key]))
            if id is None:
                del found[key]
            else:
                found[key] = id
        return found

    # --- templates

    def _rendered(self, value: Any, where: str) -> Any:
        if isinstance(value, Mapping):
            return {key: self._rendered(each, f"{where}.{key}") for key, each in value.items()}
        if isinstance(value, list):
            return [self._rendered(each, where) for each in value]
        return self._text(value, where) if isinstance(value, Template) else value

    def _text(self, template: Template, where: str) -> str:
        used = set(self.tools.names(template))
        variables = {"name": self.node.name, "site": self.node.site, "role": self.node.role}
        variables |= self.secrets
        if ADDRESS in used and ADDRESS not in self.secrets:
            address = board(self.node)
            # In a URL an IPv6 address stands in brackets (RFC 3986, 3.2.2).
            variables[ADDRESS] = f"[{address}]" if ":" in address and "://" in template else address
        try:
            text = self.tools.render(template, variables)
        except Invalid as failure:
            missing = ", ".join(sorted(used - variables.keys()))
            if not missing:
                raise Invalid(f"{where}: {failure}") from None
            raise Invalid(
                f"{where} needs {missing}, and neither the custom field {SECRETS!r} nor the file "
                "of the setting node_secrets has it"
            ) from None
        hidden = any(each in self.secrets and not _told(each) for each in used)
        return Revealed(text) if hidden else text


def _told(name: str) -> bool:
    """Whether a value among secrets is none: Ironic shows who logs in, and where."""
    return name == ADDRESS or name.endswith(("username", "_user"))


def _secret(key: str, value: Any) -> bool:
    named = key in _ALSO_SECRET or SECRET_NAME.search(key) is not None
    return named or any(isinstance(text, Revealed) for _, text in texts(value))


def _plain(value: Any) -> Any:
    """*value* without marks: libraries have their own ideas of what is a text."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return str.__str__(value) if isinstance(value, Revealed) else value
