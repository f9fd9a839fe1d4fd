"""The command ``osism``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from cliff.app import App
from cliff.commandmanager import CommandManager

from osism.version import VERSION


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
            command_manager=CommandManager("osism.commands"),
            deferred_help=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it ended (2 is usage; see ``docs/exit-codes.md``)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words:  # cliff would start a prompt
        words = ["--help"]
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # one message when no retry helped
    try:
        return int(Osism().run(words) or 0)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
