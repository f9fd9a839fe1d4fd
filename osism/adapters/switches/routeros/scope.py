"""How far a configuration reaches: which rows go because it lacks them, and what it cannot do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from osism.adapters.switches.routeros.facts import Facts, asked, host
from osism.adapters.switches.routeros.plan import Step
from osism.adapters.switches.routeros.rows import Row, Rows
from osism.adapters.switches.routeros.sections import (
    ADDRESS,
    ADDRESS6,
    BONDING,
    BRIDGE,
    BRIDGE_VLAN,
    ETHERNET,
    IDENTITY,
    KEEP,
    MARK,
    MLAG,
    PORT,
    SECTIONS,
    VLAN,
)
from osism.adapters.switches.routeros.words import Wrong

_REFERENCES = {
    PORT: ("interface",),
    BONDING: ("slaves",),
    BRIDGE_VLAN: ("tagged", "untagged"),
    ADDRESS: ("interface",),
    ADDRESS6: ("interface",),
    VLAN: ("interface",),
    MLAG: ("peer-port",),
}
_MADE = {BRIDGE: "bridge", BONDING: "bond", VLAN: "vlan"}


def gone(want: Rows, have: Rows, facts: Facts) -> Rows:
    """The rows of *have* that are ours and not in *want*.

    Ours are: bridges, VLAN interfaces and addresses with our mark; ports, VLANs and VLAN
    interfaces of our bridges; all LAGs; addresses on any of these and on Ethernet ports.
    """
    kept = facts.kept(want, have)
    marked = {row.key[0] for row in have.of(BRIDGE).values() if row.value("comment") == MARK}
    bridges = want.names(BRIDGE) | marked
    vlans = {row.key[0] for row in have.of(VLAN).values() if row.value("interface") in bridges}
    ethernet = {name for name, kind in facts.interfaces.items() if kind == "ether"}
    places = (bridges | vlans | ethernet | have.names(BONDING)) - kept

    def ours(row: Row) -> bool:
        mark = row.value("comment") == MARK
        if row.section in (PORT, BRIDGE_VLAN):
            return row.value("bridge") in bridges and row.value("interface") not in kept
        if row.section in (ADDRESS, ADDRESS6):
            return mark or row.value("interface") in places
        if row.section is VLAN:
            return row.key[0] not in kept and (mark or row.key[0] in vlans)
        if row.section is BONDING:
            return not kept & {row.key[0], *row.items("slaves")}
        return row.section is BRIDGE and mark and row.key[0] not in kept

    return Rows(
        row
        for section in SECTIONS
        for row in have.of(section).values()
        if not want.find(row) and not row.value("comment").startswith(KEEP) and ours(row)
    )


def check(name: str, want: Rows, have: Rows, removed: Rows, facts: Facts) -> None:
    """Raise :class:`Wrong` when *want* is not for this switch, or would cut us off from it."""
    identity = want.of(IDENTITY).get(())
    if identity and identity.value("name") != name:
        raise Wrong(identity.line, f"this switch is called {name}, not {identity.value('name')}")
    for row in want.of(ETHERNET).values():
        called = facts.ports.get(row.key[0])
        if called != row.key[0]:
            what = f"is called {called!r} on the switch" if called else "is no port of the switch"
            raise Wrong(row.line, f"{row.key[0]!r} {what}")
    for section, kind in _MADE.items():
        for row in want.of(section).values():
            if facts.interfaces.get(row.key[0], kind) != kind:
                raise Wrong(row.line, f"already have interface with such name: {row.key[0]!r}")
    lost = {name for section in _MADE for name in removed.names(section)}
    made = {name for section in _MADE for name in want.names(section)}
    known = (facts.interfaces.keys() - lost) | made | {"none"}
    for section, names in _REFERENCES.items():
        for row in want.of(section).values():
            for each in (one for name in names for one in row.items(name)):
                if each not in known:
                    raise Wrong(row.line, f"no such interface {each!r}")
    _check_reach(want, have, facts)


def _check_reach(want: Rows, have: Rows, facts: Facts) -> None:
    """The address at which we reach the switch stays where it is."""
    reached = facts.reached()
    if reached is None or asked(want, reached):
        return
    at = f"the switch is reached at {reached.address} on {reached.interface!r}"
    for row in (*want.of(ADDRESS).values(), *want.of(ADDRESS6).values()):
        if host(row.key[0]) == host(reached.address):
            raise Wrong(row.line, f"{at}: moving it would end the session; do that by hand first")
    vlan = have.of(VLAN).get((reached.interface,))
    on = vlan.value("interface") if vlan else reached.interface
    if reached.comment == MARK or on in want.names(BRIDGE):
        raise Wrong(1, f"{at}, and the configuration does not have it there: add it in NetBox")


def refused(steps: Iterable[Step], kept: frozenset[str]) -> Iterator[Step]:
    """The steps that would change an interface that is kept; a new comment does no harm."""
    for step in steps:
        row = step.row
        touched = {*row.items("slaves")} if row.section is BONDING else set()
        if row.section in (BRIDGE, ETHERNET, BONDING, VLAN, PORT):
            touched.add(row.key[0])
        if touched & kept and not step.comment_only:
            yield step
