"""``osism token …``: who may use the HTTP API."""

from __future__ import annotations

import argparse
import json
from typing import Any

from osism.commands.edge import Command, Lister, say
from osism.domain.access import Role, digest, new_token
from osism.domain.errors import Invalid, Refused


class Create(Command):
    """Make a token for the HTTP API and show it, this once, with the lines for the settings' file

    The file gets the token's digest only. Nothing is written: put the lines below api_tokens there;
    a running API takes them at once.
    """

    examples = """
osism token create "the CI of the cloud team" --role operator
osism token create dashboard -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("description", metavar="DESCRIPTION", help="whose it is, for the log")
        parser.add_argument(
            "--role",
            choices=[str(each) for each in Role],
            default=str(Role.READER),
            help="reader looks (default), operator asks for work, admin changes the site itself",
        )
        parser.add_argument("-f", "--format", choices=("text", "json"), default="text")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism.settings import config_file, settings

        name, role = parsed_args.description, parsed_args.role
        if not (name.isprintable() and name.strip() and len(name) <= 255):
            raise Invalid("the description is one line of 1 to 255 characters")
        if name in settings().api_tokens:
            raise Refused(f"there is a token {name!r} already; each has its own description")
        token = new_token()
        # A JSON string is one of YAML's too, whatever is in it.
        entry = (
            f"{json.dumps(name, ensure_ascii=False)}: {{sha256: {digest(token)!r}, role: {role}}}"
        )
        lines = f"api_tokens:\n  {entry}\n"
        if parsed_args.format == "json":
            told = {"description": name, "role": role, "token": token, "sha256": digest(token)}
            say(json.dumps(told | {"settings": lines}, ensure_ascii=False))
            return 0
        say(token)
        say(f"\nIt is shown this once. For {config_file()}:\n", error=True)
        say(lines.rstrip("\n"))
        return 0


class List(Lister):
    """List the tokens that the settings have; the tokens themselves are nowhere"""

    local = True

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism.settings import settings

        return ("Description", "Role", "SHA-256"), (
            (name, each["role"], each["sha256"][:8].lower())
            for name, each in settings().api_tokens.items()
        )
