"""A switch's state as a document, and back: what a driver gets as JSON becomes an intent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from osism.domain.intents import (
    AddressIntent,
    LagIntent,
    MlagIntent,
    PortIntent,
    SwitchIntent,
    VlanIntent,
)

Part = TypeVar("Part")


def switch(document: object) -> SwitchIntent:
    """The intent that *document* describes; raises :class:`ValueError` for any other shape."""
    values = _table(document, "the state")
    mlag = values.get("mlag")
    return SwitchIntent(
        name=_text(values.get("name"), "name"),
        ports=_parts(PortIntent, values, "ports"),
        lags=_parts(LagIntent, values, "lags"),
        vlans=_parts(VlanIntent, values, "vlans"),
        addresses=_parts(AddressIntent, values, "addresses"),
        mlag=None if mlag is None else _part(MlagIntent, mlag, "mlag"),
    )


def _parts(kind: type[Part], values: Mapping[str, Any], name: str) -> tuple[Part, ...]:
    return tuple(_part(kind, each, name) for each in _list(values.get(name), name))


def _part(kind: type[Part], document: object, name: str) -> Part:
    values = _table(document, name)
    known = [each.name for each in fields(kind)]  # type: ignore[arg-type]
    missing = [each for each in known if each not in values]
    if missing:
        raise ValueError(f"{name} without {', '.join(missing)}")
    return kind(**{each: _READ[each](values[each], f"{name}.{each}") for each in known})


def _table(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is not an object")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} is not a list")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")
    return value


def _number(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{name} is not a number")
    return value


def _number_or_none(value: object, name: str) -> int | None:
    return None if value is None else _number(value, name)


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} is neither true nor false")
    return value


_READ: Mapping[str, Callable[[object, str], Any]] = {
    "name": _text,
    "enabled": _flag,
    "mtu": _number_or_none,
    "description": _text,
    "mode": _text,
    "untagged": _number_or_none,
    "tagged": lambda value, name: tuple(_number(each, name) for each in _list(value, name)),
    "lag": _text,
    "number": _number,
    "members": lambda value, name: tuple(_text(each, name) for each in _list(value, name)),
    "vid": _number,
    "interface": _text,
    "address": _text,
    "vlan": _number_or_none,
    "peer_address": _text,
}
