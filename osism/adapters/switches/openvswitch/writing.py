"""A document as text: what the shipped template makes, so that both can be compared by reading."""

from __future__ import annotations

import json
from collections.abc import Iterator

from osism.adapters.switches.openvswitch.document import (
    ACCESS,
    Bond,
    Document,
    Port,
    Vlans,
    by_name,
)
from osism.domain.texts import ranges


def write(document: Document) -> str:
    """The text of *document*: one line per value, sorted by name, ending in a line feed."""
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(document: Document) -> Iterator[str]:
    for title, parts in (("ports", document.ports), ("bonds", document.bonds)):
        yield f"{title}:" if parts else f"{title}: {{}}"
        for name in sorted(parts, key=by_name):
            part = parts[name]
            yield from _part(part, list(_port(part) if isinstance(part, Port) else _bond(part)))


def _part(part: Port | Bond, lines: list[str]) -> Iterator[str]:
    yield f"  {_text(part.name)}:" if lines else f"  {_text(part.name)}: {{}}"
    yield from (f"    {line}" for line in lines)


def _port(port: Port) -> Iterator[str]:
    yield from _head(port)
    if port.mtu is not None:
        yield f"mtu: {port.mtu}"
    yield from _vlans(port.vlans)


def _bond(bond: Bond) -> Iterator[str]:
    yield from _head(bond)
    yield from _vlans(bond.vlans)
    yield f"bond_mode: {bond.bonding.bond_mode}"
    yield f"lacp: {bond.bonding.lacp}"
    yield f"lacp_time: {bond.bonding.lacp_time}"
    if bond.bonding.lacp_fallback:
        yield "lacp_fallback: true"
    yield "members:" if bond.members else "members: {}"
    for member in bond.members:
        yield from _part(member, list(_port(member)))


def _head(part: Port | Bond) -> Iterator[str]:
    if not part.enabled:
        yield "enabled: false"
    if part.description:
        yield f"description: {_text(part.description)}"


def _vlans(vlans: Vlans) -> Iterator[str]:
    if not vlans.mode:
        return
    yield f"vlan_mode: {vlans.mode}"
    if vlans.tag is not None:
        yield f"tag: {vlans.tag}"
    if vlans.trunks:
        yield f"trunks: {ranges(vlans.trunks)}"
    elif vlans.mode != ACCESS:
        yield "trunks: all"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
