"""``osism service …``: run a service in the foreground."""

from __future__ import annotations

import argparse

from osism.commands.edge import Command


class Beat(Command):
    """Run the scheduler; of several, one schedules and the others stand by"""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import logs
        from osism.services import beat
        from osism.settings import settings

        logs.configure(settings().log_level, settings().log_format)
        beat.run()
        return 0
