"""``osism vault …``: the vault password, and files that are vaulted."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from osism.commands.edge import Command, say
from osism.domain.errors import Invalid, Misconfigured


class PasswordSet(Command):
    """Set the vault password, which is kept encrypted in Redis

    Asks for it twice, or reads one line where there is no terminal. It is never an argument:
    those are in the process list and in the shell's history.
    """

    local = True

    examples = """
osism vault password set
osism vault password set < file
"""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import wiring

        wiring.vault_password().set(_asked())
        say("the vault password is set")
        return 0


def _asked() -> str:
    if not sys.stdin.isatty():
        try:
            return sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            raise Invalid("the vault password is no text in UTF-8") from None
    from getpass import getpass

    try:
        password = getpass("Vault password: ")
        if password and getpass("Once more: ") != password:
            raise Invalid("the two passwords are not the same; nothing was changed")
    except EOFError:
        raise Invalid("no vault password was typed") from None
    return password


class PasswordUnset(Command):
    """Forget the vault password in Redis"""

    local = True

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import wiring

        there = wiring.vault_password().unset()
        say("the vault password is forgotten" if there else "no vault password was set")
        return 0


class _File(Command):
    local = True

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("file", type=Path, help="a vaulted file, or YAML with vaulted values")
        return parser

    def password(self) -> str:
        from osism import wiring

        if password := wiring.vault_password().get():
            return password
        raise Misconfigured("no vault password is set; set it with: osism vault password set")


class View(_File):
    """Print a vaulted file decrypted, or a YAML file with its vaulted values decrypted"""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism.adapters.vault import read_file

        plain = read_file(parsed_args.file, self.password())
        sys.stdout.flush()
        sys.stdout.buffer.write(plain)
        sys.stdout.buffer.flush()
        return 0


class Decrypt(_File):
    """Decrypt a vaulted file in place, or the vaulted values of a YAML file"""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism.adapters.vault import decrypt_file

        decrypt_file(parsed_args.file, self.password())
        say(f"{parsed_args.file} is decrypted")
        return 0
