"""``osism service …``: run a service in the foreground."""

from __future__ import annotations

import argparse

from osism.commands.edge import Command


class Beat(Command):
    """Run the scheduler; of several, one schedules and the others stand by"""

    local = True

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import logs
        from osism.services import beat
        from osism.settings import settings

        logs.configure(settings().log_level, settings().log_format)
        beat.run()
        return 0


class Watchdog(Command):
    """Watch the configuration repository and ask for a run of the reconciler after changes

    Of several, one watches and the others stand by. It ends on SIGTERM or Ctrl-C with 0.
    """

    local = True

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import logs
        from osism.services import watchdog
        from osism.settings import settings

        logs.configure(settings().log_level, settings().log_format)
        return watchdog.run()


class Listener(Command):
    """Take Ironic's notifications from the broker and keep them for a worker

    BROKER_URI names the broker. Of several, one listens and the others stand by. It ends on SIGTERM
    or Ctrl-C with 0.
    """

    local = True

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import logs
        from osism.services import listener
        from osism.settings import settings

        logs.configure(settings().log_level, settings().log_format)
        return listener.run()


class Api(Command):
    """Serve the HTTP API; any number of them, on any machines, may serve the same site

    Without api_tokens it listens on this machine's own address only. It ends on SIGTERM or Ctrl-C
    with 0.
    """

    local = True

    examples = """
osism service api
osism service api --address 192.0.2.10 --port 8443
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--address", default="", help="listen there (the setting api_address)")
        parser.add_argument("--port", type=int, help="and there (api_port); 0: a free one")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import logs
        from osism.services.api import server
        from osism.settings import settings

        logs.configure(settings().log_level, settings().log_format)
        return server.run(parsed_args.address, parsed_args.port)
