"""``osism reset …``: forgetting what is kept and can be had anew."""

from __future__ import annotations

import argparse

from osism.commands.edge import Command, say


class Facts(Command):
    """Forget the facts of hosts; the next play gathers them anew"""

    local = True

    examples = """
osism reset facts node-1 node-2
osism reset facts                           of all hosts
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("hosts", nargs="*", metavar="HOST", help="of these; none: of all")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import wiring

        number = wiring.facts().forget(parsed_args.hosts or None)
        say(f"facts of {number} host{'' if number == 1 else 's'} forgotten")
        return 0
