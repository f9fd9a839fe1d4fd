"""The parameters of nodes: those of the conductor's file, and over them those of NetBox.

The file has the key ``ironic_parameters``: fields of Ironic's nodes, with Jinja2 in their texts.
The custom field ``ironic_parameters`` of a device is laid over it: mappings are merged, everything
else is replaced, and the text ``DELETE`` takes a key away. What comes from NetBox is a value, never
a template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osism.domain.errors import Invalid
from osism.domain.names import nearest
from osism.domain.secrets import MASK

#: Takes a key of the file away, as a value in NetBox.
DELETE = "DELETE"
VAULTED = "$ANSIBLE_VAULT;"

_INTERFACES = frozenset(
    f"{each}_interface"
    for each in (
        "bios", "boot", "console", "deploy", "inspect", "management", "network", "power", "raid",
        "rescue", "storage", "vendor",
    )
)  # fmt: skip
_MAPPINGS = frozenset({"driver_info", "properties", "extra", "instance_info"})
_TEXTS = frozenset({"driver", "resource_class"}) | _INTERFACES
#: Everything that can be said about a node.
KEYS = _MAPPINGS | _TEXTS | {"traits"}

#: Driver -> what its own keys in driver_info begin with. A file can have those of several drivers.
_PREFIXES: Mapping[str, tuple[str, ...]] = {
    "ipmi": ("ipmi_",),
    "redfish": ("redfish_",),
    "idrac": ("redfish_", "drac_"),
    "ilo": ("ilo_",),
    "ilo5": ("ilo_",),
    "irmc": ("irmc_", "snmp_"),
}
_ALL_PREFIXES = frozenset(prefix for each in _PREFIXES.values() for prefix in each)
#: Driver -> where it wants the address of the management board (BMC).
ADDRESSES: Mapping[str, str] = {
    "ipmi": "ipmi_address",
    "redfish": "redfish_address",
    "idrac": "redfish_address",
    "ilo": "ilo_address",
    "ilo5": "ilo_address",
    "irmc": "irmc_address",
}


class Template(str):
    """A text of the conductor's file that is to be rendered."""

    __slots__ = ()


class Revealed(str):
    """A text that was vaulted, or was made of one that is secret."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)


def templates(value: Any) -> Any:
    """*value* of the conductor's file with its texts that are templates marked as such."""
    if isinstance(value, Mapping):
        return {key: templates(each) for key, each in value.items()}
    if isinstance(value, list):
        return [templates(each) for each in value]
    plain = isinstance(value, str) and not isinstance(value, Revealed)
    return Template(value) if plain and looks_like_template(value) else value


def looks_like_template(text: str) -> bool:
    """Whether Jinja2 would make something else of *text*."""
    return "{{" in text or "{%" in text


def mistakes(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Top-level keys that cannot be, each with what is wrong; ``DELETE`` is left to others."""
    for key, value in parameters.items():
        if key not in KEYS:
            yield key, f"unknown parameter {key!r}{nearest(str(key), KEYS)}"
        elif value is None or value == DELETE:
            continue
        elif key in _MAPPINGS and not isinstance(value, Mapping):
            yield key, f"{key}: a mapping is expected"
        elif key in _TEXTS and not isinstance(value, str):
            yield key, f"{key}: a text is expected"
        elif key == "traits" and not _texts(value):
            yield key, "traits: a list of texts is expected"


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """*over* laid over *base*; neither is changed."""
    found = dict(base)
    for key, value in over.items():
        if isinstance(value, str) and value == DELETE:
            found.pop(key, None)
        elif isinstance(value, Mapping):
            below = found.get(key)
            found[key] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            found[key] = value
    return found


def of_driver(driver: str, info: Mapping[str, Any]) -> dict[str, Any]:
    """*info* without the keys of other drivers; of a driver that is not known here, all of it."""
    if driver not in _PREFIXES:
        return dict(info)
    others = tuple(_ALL_PREFIXES - set(_PREFIXES[driver]))
    return {key: value for key, value in info.items() if not key.startswith(others)}


def interfaces(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The hardware interfaces among *parameters*."""
    return {key: parameters[key] for key in _INTERFACES & parameters.keys() if parameters[key]}


def texts(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text in *value*, with the way to it: ``driver_info.redfish_address``."""
    if isinstance(value, str):
        yield where, value
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, each in pairs:
        yield from texts(each, f"{where}.{key}" if where else str(key))


def mapping(what: str, value: object) -> Mapping[str, Any]:
    """A custom field that has to be a mapping, empty for None; else :class:`Invalid`."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Invalid(f"custom field {what!r}: a mapping is expected")
    return value
