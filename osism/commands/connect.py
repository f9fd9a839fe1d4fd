"""``osism netbox connect``: bring devices into a state."""

from __future__ import annotations

import argparse

from osism.commands.jobs import JobCommand
from osism.domain.errors import Invalid
from osism.domain.jobs import ConnectDevices


class Connect(JobCommand):
    """Bring a device, or all devices of a collection, into a state

    Records the state in NetBox, generates the configuration of the switches concerned, deploys it,
    and compares what runs on them with NetBox.
    """

    resumed = True
    examples = """
osism netbox connect node-1 --state b
osism netbox connect rack-1 --type collection --state c
osism netbox connect node-1 --state c --dry-run      what would change, and nothing changes
osism netbox connect node-1 --enforce                all four phases again
osism netbox connect node-1 --abort                  back to where it came from
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", nargs="*", help="devices or collections")
        parser.add_argument(
            "--type", choices=("device", "collection"), help="what NAME is, where it could be both"
        )
        parser.add_argument("--collection", metavar="C", help="a collection")
        parser.add_argument("--device", metavar="D", action="append", help="a device (repeatable)")
        parser.add_argument(
            "--state",
            metavar="S",
            help="the state; without it the one in NetBox, a for a new device",
        )
        parser.add_argument(
            "--enforce",
            action="store_true",
            help="do all phases again, and take over from a transition to another state",
        )
        parser.add_argument(
            "--abort", action="store_true", help="lead a device that is under way back"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would change; write nothing anywhere"
        )
        return parser

    def job(self, parsed_args: argparse.Namespace) -> ConnectDevices:
        names = tuple(parsed_args.name) + tuple(parsed_args.device or ())
        if parsed_args.name and parsed_args.device:
            raise Invalid("give the devices as NAME or with --device, not both")
        if not names and not parsed_args.collection:
            raise Invalid("name a device or a collection; see osism netbox connect --help")
        kind = "device" if parsed_args.device else parsed_args.type or ""
        return ConnectDevices(
            names=names,
            kind=kind,
            collection=parsed_args.collection or "",
            state=parsed_args.state,
            enforce=parsed_args.enforce,
            abort=parsed_args.abort,
            dry_run=parsed_args.dry_run,
        )
