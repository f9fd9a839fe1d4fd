"""What all commands have in common that ask nodes for something."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from osism.commands.edge import say
from osism.commands.jobs import JobCommand
from osism.commands.node_choice import add_filters, chosen, filters
from osism.domain.errors import Invalid, Refused
from osism.domain.jobs import OperateNodes
from osism.domain.nodes import Node, NodeFilter

#: Names that a question shows.
_SHOWN = 20


class Operation(JobCommand):
    """A command that asks nodes for something."""

    resumed = True
    #: A key of :data:`osism.domain.operations.OPERATIONS`.
    action = ""
    #: Whether it is asked for confirmation when it is for all nodes.
    careful = False

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", nargs="*", help="nodes, by name or id")
        parser.add_argument(
            "--all", action="store_true", help="all nodes that this is possible for"
        )
        parser.add_argument("--dry-run", action="store_true", help="say for which, ask for nothing")
        parser.add_argument(
            "--yes",
            "--yes-i-really-really-mean-it",
            action="store_true",
            help="do not ask whether this is meant",
        )
        parser.add_argument(
            "--timeout",
            type=int,
            default=0,
            metavar="SECONDS",
            help="wait for a node so long, not for as long as is usual for this",
        )
        add_filters(parser)
        self.add_options(parser)
        return parser

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of one verb."""

    def action_of(self, parsed_args: argparse.Namespace) -> str:
        return self.action

    def values(self, parsed_args: argparse.Namespace) -> dict[str, Any]:
        """Fields of the job beside action and names."""
        return {}

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        self.checked = self._checked(parsed_args)
        if parsed_args.dry_run:
            return _tell(self.checked.action, self.nodes)
        if not self.checked.names:
            say("there is no node that this is possible for", error=True)
            return 0
        self._confirm(parsed_args)
        return super().take_action(parsed_args)

    def job(self, parsed_args: argparse.Namespace) -> OperateNodes:
        return self.checked

    def _checked(self, parsed_args: argparse.Namespace) -> OperateNodes:
        from osism.domain.admissions import check

        action, names = self.action_of(parsed_args), tuple(dict.fromkeys(parsed_args.name))
        if bool(names) == parsed_args.all:
            raise Invalid("name nodes, or say --all")
        wanted = filters(parsed_args)
        values = self.values(parsed_args)
        job = OperateNodes(action, names, timeout=parsed_args.timeout, **values)
        check(job)
        self.nodes: Sequence[Node] = ()
        # Names go to the worker as they are: here it takes neither OpenStack's libraries nor
        # credentials to ask for something.
        if not names or parsed_args.dry_run or wanted != NodeFilter():
            self.nodes = _looked_up(action, names, wanted)
            names = tuple(each.name or each.id for each in self.nodes)
        return replace(job, names=names)

    def _confirm(self, parsed_args: argparse.Namespace) -> None:
        from osism.domain.operations import OPERATIONS

        lost = OPERATIONS[self.checked.action].destroys
        if parsed_args.yes or not (lost or (self.careful and parsed_args.all)):
            return
        names = self.checked.names
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        shown = ", ".join(names[:_SHOWN]) + more
        what = f"{self.checked.action.replace('_', ' ')} {len(names)} nodes: {shown}"
        what += f"; {lost} is lost" if lost else ""
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise Invalid(f"{what}. Nobody is there to confirm it: say --yes")
        try:
            answer = input(f"{what}. Go on? [yes/no] ")
        except (EOFError, KeyboardInterrupt):
            answer = ""
        if answer.strip().lower() != "yes":
            raise Refused("nothing was asked for")


def _looked_up(action: str, names: Sequence[str], wanted: NodeFilter) -> Sequence[Node]:
    """The nodes of these names, or without any all that can be asked for the action."""
    from osism import wiring
    from osism.domain.operations import OPERATIONS
    from osism.domain.verdicts import possible

    found = chosen(wiring.baremetal(wait=0), names or None, wanted)
    return [each for each in found if names or possible(OPERATIONS[action], each)]


def _tell(action: str, nodes: Sequence[Node]) -> int:
    """What would be asked for; nothing is."""
    from osism.domain.operations import OPERATIONS
    from osism.domain.verdicts import ASK, UNCHANGED, WAIT, state, verdict

    operation = OPERATIONS[action]
    for node in nodes:
        found = verdict(operation, node, None)
        words = {
            ASK: f"would be asked for {found.verb!r}",
            WAIT: f"{operation.does} already",
            UNCHANGED: f"{operation.did} already",
        }.get(found.step, found.reason)
        say(f"{node.name or node.id} ({state(operation, node) or 'unknown'}): {words}")
    return 0
