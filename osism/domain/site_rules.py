"""A site's own rules: ``netbox/ironic-events.yaml`` of the configuration repository, checked.

::

    defaults: true                       # optional; false: the product's rules do not count
    rules:
      - event: node.provision_set.end    # the event's type without "baremetal."; * is anything
        when: {provision_state: active}  # optional; a value or a list of values
        state: d                         # the rest as in osism.domain.event_rules.Rule
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from osism.domain.conditions import KINDS
from osism.domain.errors import Invalid
from osism.domain.event_rules import ASKED, COPIED, FIELDS, RULES, Rule
from osism.domain.names import nearest
from osism.domain.transitions import NEW, checked_state

#: Where a site has its rules, below the configuration repository.
FILE = "netbox/ironic-events.yaml"
_EVENT = re.compile(r"(?:node|port)\.[a-z0-9_.*]{1,100}")


def site_rules(document: object, source: str = FILE) -> tuple[Rule, ...]:
    """The rules of a site, those of the product behind them.

    Raises :class:`Invalid` that names *source*, the rule by its number, the key, and what would be
    right. None (an empty file) has no rules of its own.
    """
    if document is None:
        return RULES
    told = _mapping(document, source, ("rules", "defaults"))
    defaults = told.get("defaults", True)
    if not isinstance(defaults, bool):
        raise Invalid(f"{source}: defaults: true or false is wanted, not {defaults!r}")
    listed = told.get("rules", [])
    if not isinstance(listed, list):
        raise Invalid(f"{source}: rules: a list is wanted")
    own = tuple(_rule(each, f"{source}: rule {n}") for n, each in enumerate(listed, start=1))
    return own + (RULES if defaults else ())


def _rule(told: object, where: str) -> Rule:
    values = _mapping(told, where, ("event", "when", *_CHECKS))
    event = values.get("event")
    if not isinstance(event, str) or not _EVENT.fullmatch(event):
        raise Invalid(
            f"{where}: event: {event!r} is no type of an event; node.provision_set.end is one, "
            "and node.provision_set.*"
        )
    found = {key: _checked(key, values[key], where) for key in _CHECKS if key in values}
    if not found:
        raise Invalid(f"{where}: says nothing; at least one of {', '.join(_CHECKS)} is wanted")
    return Rule(event, _when(values.get("when", {}), f"{where}: when"), **found)


def _checked(key: str, value: object, where: str) -> Any:
    try:
        return _CHECKS[key](value)
    except Invalid as mistake:
        raise Invalid(f"{where}: {key}: {mistake}") from None


def _when(told: object, where: str) -> Mapping[str, tuple[str, ...]]:
    found = {}
    for name, value in _mapping(told, where, ASKED).items():
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(each, str) for each in values):
            raise Invalid(f"{where}: {name}: a text or a list of texts is wanted, not {value!r}")
        found[name] = tuple(values)
    return found


def _mapping(told: object, where: str, known: Iterable[str]) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise Invalid(f"{where}: a mapping is wanted, not {told!r}")
    allowed = list(known)
    for key in told:
        if key not in allowed:
            close = nearest(str(key), allowed)
            raise Invalid(f"{where}: unknown key {key!r}{close}; there is {', '.join(allowed)}")
    return told


# --- what a rule can say --------------------------------------------------------------------------


def _state(value: object) -> str:
    if value == "":
        return ""
    if checked_state(value) == NEW:
        raise Invalid("state '0' is reserved for new devices; '' says that there is none")
    return str(value)


def _fields(value: object) -> Mapping[str, Any]:
    found = _mapping(value, "fields", FIELDS)
    for name, told in found.items():
        right: tuple[type, ...] = (bool,) if name == "maintenance" else (str, type(None))
        if not isinstance(told, right):
            wanted = "true or false" if name == "maintenance" else "a text, or null to empty it,"
            raise Invalid(f"{name}: {wanted} is wanted, not {told!r}")
    return {name: None if told == "" else told for name, told in found.items()}


def _one(among: Iterable[str]) -> Callable[[object], str]:
    known = list(among)

    def check(value: object) -> str:
        if value not in known:
            there = ", ".join(map(repr, known))
            raise Invalid(f"{value!r} is none of {there}{nearest(str(value), known)}")
        return str(value)

    return check


def _several(among: Iterable[str]) -> Callable[[object], tuple[str, ...]]:
    check = _one(among)

    def listed(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Invalid(f"a list is wanted, not {value!r}")
        return tuple(check(each) for each in value)

    return listed


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Invalid(f"true or false is wanted, not {value!r}")
    return value


_CHECKS: Mapping[str, Callable[[object], Any]] = {
    "state": _state,
    "copy": _several(COPIED),
    "fields": _fields,
    "condition": _one(("", *KINDS)),
    "ends": _several(KINDS),
    "interface_names": _flag,
    "provide": _flag,
}
