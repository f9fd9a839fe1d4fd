"""Which nodes a command is about: names, or all that filters leave."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from osism.domain.errors import Invalid, NotFound
from osism.domain.names import nearest
from osism.domain.nodes import Node, NodeFilter
from osism.domain.operations import OFF, ON, STATES

if TYPE_CHECKING:
    from osism.domain.ports import Baremetal


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Options that narrow nodes down."""
    group = parser.add_argument_group("filters")
    group.add_argument(
        "--provision-state",
        action="append",
        default=[],
        metavar="STATE",
        help="in this provision state (available, active, 'clean failed', …); may be repeated",
    )
    group.add_argument("--power-state", default="", choices=(ON, OFF), help="in this power state")
    group.add_argument(
        "--maintenance",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="in maintenance, or not in it",
    )
    group.add_argument("--resource-class", default="", metavar="CLASS", help="of this class")


def filters(parsed_args: argparse.Namespace) -> NodeFilter:
    """What the options of :func:`add_filters` say."""
    states = frozenset(parsed_args.provision_state)
    if unknown := sorted(states - STATES):
        raise Invalid(
            f"--provision-state {unknown[0]!r}: Ironic has no such state"
            f"{nearest(unknown[0], STATES)}"
        )
    return NodeFilter(
        states, parsed_args.power_state, parsed_args.maintenance, parsed_args.resource_class
    )


def chosen(baremetal: Baremetal, names: Sequence[str] | None, wanted: NodeFilter) -> Sequence[Node]:
    """The nodes, sorted by name; *names* None: all. Raises :class:`NotFound` for unknown names."""
    found = baremetal.nodes(names)
    known = {key for each in found for key in (each.name, each.id)}
    if unknown := [name for name in names or () if name not in known]:
        everything = [each.name for each in baremetal.nodes(states=True)]
        raise NotFound(
            f"Ironic has no node {', '.join(map(repr, unknown))}{nearest(unknown[0], everything)}"
        )
    return sorted(filter(wanted.fits, found), key=lambda each: (each.name, each.id))
