"""The baseline of commands: a cliff application that does nothing."""

import sys

from cliff.app import App
from cliff.command import Command
from cliff.commandmanager import CommandManager


class Trivial(Command):
    """Do nothing"""

    def take_action(self, parsed_args):
        pass


if __name__ == "__main__":
    commands = CommandManager("bench.commands")
    commands.add_command("trivial", Trivial)
    sys.exit(App("A bare application", "1", commands, deferred_help=True).run(sys.argv[1:]))
