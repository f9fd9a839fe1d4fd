"""The command ``osism``."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from typing import Any

from cliff.app import App
from cliff.commandmanager import CommandManager

from osism.version import VERSION


class Commands(CommandManager):
    """Commands by their names: the module of a command is loaded when it is run.

    cliff's own loads the modules of all commands before it runs one. The product's commands are in
    one file; other packages are looked at only where it does not have the one that is wanted.
    """

    def __init__(self, namespace: str) -> None:
        self._complete = False
        super().__init__(namespace)

    def load_commands(self, namespace: str) -> None:
        self.group_list.append(namespace)
        try:
            self._add(distribution("osism").entry_points.select(group=namespace))
        except PackageNotFoundError:
            self._all()

    def find_command(self, argv: list[str]) -> Any:
        try:
            return super().find_command(argv)
        except ValueError:
            self._all()
            return super().find_command(argv)

    def __iter__(self) -> Iterator[Any]:
        self._all()
        return super().__iter__()

    def _all(self) -> None:
        if not self._complete:
            self._complete = True
            for namespace in self.group_list:
                self._add(entry_points(group=namespace))

    def _add(self, found: Iterable[EntryPoint]) -> None:
        for each in found:
            self.commands.setdefault(each.name.replace("_", " "), each)


class Osism(App):
    """The manager of a cloud site."""

    CONSOLE_MESSAGE_FORMAT = "%(message)s"
    NAME = "osism"

    def __init__(self) -> None:
        super().__init__(
            description=(
                "The manager of a cloud site: bring racks of servers and switches into the state "
                "they were declared in, and see that they got there."
            ),
            version=VERSION,
            command_manager=Commands("osism.commands"),
            deferred_help=True,
        )

    def build_option_parser(
        self, description: str | None, version: str | None, argparse_kwargs: Any = None
    ) -> argparse.ArgumentParser:
        # Abbreviated, an option of a command (--t for --type) would be taken for one of these.
        told = {**(argparse_kwargs or {}), "allow_abbrev": False}
        parser = super().build_option_parser(description, version, told)
        parser.add_argument(
            "--api", metavar="URL", help="Ask the HTTP API there, from any machine (OSISM_API)."
        )
        parser.add_argument(
            "--token-file",
            metavar="FILE",
            help="The file with the token for --api (OSISM_TOKEN_FILE).",
        )
        return parser

    def initialize_app(self, argv: list[str]) -> None:
        named = {"api_url": self.options.api, "api_token_file": self.options.token_file}
        if told := {name: value for name, value in named.items() if value is not None}:
            from osism.settings import tell

            tell(**told)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it ended (2 is usage; see ``docs/exit-codes.md``)."""
    if arguments is None:
        gc.set_threshold(50_000)  # loading makes much that stays
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words:  # cliff would start a prompt
        words = ["--help"]
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # one message when no retry helped
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells of every request
    try:
        return int(Osism().run(words) or 0)
    except KeyboardInterrupt:
        return 130
    finally:
        if arguments is None:
            gc.freeze()  # or Python looks through all of it once more at its end


if __name__ == "__main__":
    sys.exit(main())
