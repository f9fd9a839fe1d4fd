"""What every command has in common: errors become an exit code and one message."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from typing import Any

from cliff import command, lister, show

from osism.domain import errors

#: Error -> exit code; the first that fits counts.
EXIT_CODES: tuple[tuple[type[errors.OsismError], int], ...] = (
    (errors.Invalid, 2),
    (errors.Refused, 3),
    (errors.Busy, 3),
    (errors.TakenOver, 3),
    (errors.WorkerLost, 4),
    (errors.OsismError, 1),
)


def exit_code(failure: errors.OsismError) -> int:
    """The exit code of a command that an error ends."""
    return next(code for kind, code in EXIT_CODES if isinstance(failure, kind))


class _Edge:
    """Mixed into cliff's classes."""

    #: Lines of examples, shown below the options.
    examples: str = ""
    #: Whether it is about the machine that it runs on, so that no API can do it.
    local = False

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)  # type: ignore[misc]
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        if self.examples:
            lines = "\n".join(f"  {line}" for line in self.examples.strip().splitlines())
            parser.epilog = f"examples:\n{lines}"
        return parser

    def get_epilog(self) -> str:
        """Nothing but our own: cliff reads the metadata of every installed package to say which
        one a command comes from."""
        return ""

    def run(self, parsed_args: argparse.Namespace) -> int:
        try:
            if self.local:
                self._require_here()
            return int(super().run(parsed_args) or 0)  # type: ignore[misc]
        except errors.OsismError as failure:
            sys.stdout.flush()
            print(f"osism: {failure}", file=sys.stderr)  # noqa: T201
            return exit_code(failure)
        except KeyboardInterrupt:
            return 130

    def _require_here(self) -> None:
        from osism.wiring import require_here

        require_here(f"osism {self.cmd_name}")  # type: ignore[attr-defined]


class Command(_Edge, command.Command):
    """A command that prints by itself."""


class Lister(_Edge, lister.Lister):
    """A command that answers with rows: table, json, yaml, csv, value."""


class ShowOne(_Edge, show.ShowOne):
    """A command that answers with one thing: table, json, yaml, shell, value."""


def say(*words: Any, error: bool = False) -> None:
    """Print a line."""
    print(*words, file=sys.stderr if error else sys.stdout, flush=True)


def user() -> str:
    """Who asks: the login behind sudo, or this process's."""
    name = os.environ.get("SUDO_USER")
    if name:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without the user in its passwd
        return f"uid {os.getuid()}"


def moment(value: Any) -> str:
    """A point in time for a table, in the local zone, to the second."""
    return value.astimezone().strftime("%Y-%m-%d %H:%M:%S") if value else ""
