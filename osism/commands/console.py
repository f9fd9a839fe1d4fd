"""``osism console``: a prompt for hosts."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

from osism.commands.edge import Command
from osism.domain.errors import OutsideFailed

#: What Python's prompt begins with. Ansible is asked anew there: the variables of a host are not
#: passed through the environment or a file.
_PYTHON = """
import os, sys
from osism import wiring
from osism.commands.edge import exit_code
from osism.domain.errors import OsismError
host = sys.argv.pop()
try:
    hostvars = wiring.hosts().variables(host)
except OsismError as failure:
    sys.stderr.write(f"osism: {failure}\\n")
    os._exit(exit_code(failure))  # another exit would lead to the prompt
print(f"host is {host!r}, hostvars its {len(hostvars)} variables; secrets are not masked")
"""


class Console(Command):
    """Open a prompt: Ansible's, ClusterShell's, or Python's with the variables of a host

    It takes the place of this command.
    """

    local = True

    examples = """
osism console node-1                        modules of Ansible on node-1
osism console --type clush 'node-[1-3]'     shell commands on three nodes
osism console --type python node-1          names host and hostvars
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--type", choices=("ansible", "clush", "python"), default="ansible", help="(ansible)"
        )
        parser.add_argument("host", help="a host or a pattern of hosts")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import wiring
        from osism.adapters.hosts import checked_hosts, program
        from osism.adapters.vault import password_descriptor
        from osism.settings import settings

        host = checked_hosts(parsed_args.host)
        match parsed_args.type:
            case "ansible":
                path = program("ansible-console", settings().ansible)
                command = [path, "-i", str(wiring.inventory_path()), host]
                environment = wiring.hosts().environment()
                if password := wiring.vault_password().get():
                    with password_descriptor(password) as descriptor:
                        os.set_inheritable(descriptor, True)
                        command[1:1] = ["--vault-password-file", f"/proc/self/fd/{descriptor}"]
                        _become(command, environment)
                _become(command, environment)
            case "clush":
                _become([program("clush"), "-w", host], os.environ)
            case _:
                _become([sys.executable, "-q", "-i", "-c", _PYTHON, host], os.environ)
        return 0


def _become(command: list[str], environment: Mapping[str, str]) -> None:
    sys.stdout.flush()
    try:
        os.execve(command[0], command, dict(environment))  # noqa: S606  a list, and no shell
    except OSError as error:
        raise OutsideFailed(f"{command[0]}: cannot be started: {error.strerror}") from None
