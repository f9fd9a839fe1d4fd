"""Nodes as bifrost's dynamic inventory wants them.

https://docs.openstack.org/bifrost/latest/user/howto.html, "Inventory file format".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osism.domain.nodes import WantedNode
from osism.domain.parameters import looks_like_template, texts
from osism.domain.secrets import MASK, masked

_INSTANCE = "instance_info"
#: Parts whose values are nobody's business: they may hold passwords in any form.
_UNSAID = frozenset({"extra", _INSTANCE})


def server(wanted: WantedNode) -> dict[str, Any]:
    """One server, passwords included."""
    found: dict[str, Any] = {
        "name": wanted.name,
        "driver": wanted.driver,
        "driver_info": {**wanted.driver_info, **wanted.secrets},
        "nics": [{"mac": each} for each in wanted.ports],
        "properties": dict(wanted.properties),
        "resource_class": wanted.resource_class,
    }
    extra = dict(wanted.extra)
    if _INSTANCE in extra:
        found[_INSTANCE] = json.loads(extra.pop(_INSTANCE))
    return found | ({"extra": extra} if extra else {})


def servers(wanted: Iterable[WantedNode]) -> dict[str, Any]:
    """The inventory: name -> server, by name."""
    return {each.name: server(each) for each in sorted(wanted, key=lambda each: each.name)}


def template_in(wanted: WantedNode) -> str:
    """Where a server has what kolla-ansible, which renders the file with Jinja2, would make
    something else of; empty if nowhere."""
    return next((where for where, text in texts(server(wanted)) if looks_like_template(text)), "")


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], secret: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, str]]:
    """(server, what is other in words) for each difference, without secrets.

    *secret*: what of a server's ``driver_info`` is secret, beside what is called so.
    """
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield name, "gone"
        elif name not in old:
            yield name, "new"
        else:
            for words in _of_server(old[name], new[name], secret.get(name, frozenset())):
                yield name, words


def _of_server(old: Any, new: Mapping[str, Any], secret: frozenset[str]) -> Iterator[str]:
    before: Mapping[str, Any] = old if isinstance(old, Mapping) else {}
    for part in sorted(before.keys() | new.keys()):
        was, now = before.get(part), new.get(part)
        if was == now:
            continue
        if part in _UNSAID:
            yield f"{part}: other"
        elif isinstance(was, Mapping) and isinstance(now, Mapping):
            for key in sorted(was.keys() | now.keys()):
                if was.get(key) != now.get(key):
                    shown = [MASK if key in secret else _shown(key, e.get(key)) for e in (was, now)]
                    yield f"{part}.{key}: {shown[0]} -> {shown[1]}"
        else:
            yield f"{part}: {_shown(part, was)} -> {_shown(part, now)}"


def _shown(key: str, value: Any) -> str:
    if key == "nics" and isinstance(value, list):
        return ", ".join(str(each.get("mac")) for each in value if isinstance(each, Mapping))
    return str(masked({key: value})[key])
