"""``osism netbox sync …``: from NetBox to Ironic and to bifrost."""

from __future__ import annotations

import argparse

from osism.commands.jobs import JobCommand
from osism.domain.jobs import SyncNodes, WriteServers


class Ironic(JobCommand):
    """Register and update the nodes of NetBox in Ironic

    Devices with the tag managed-by-ironic that are active and have ironic_enabled set. New ones are
    verified and inspected. Nodes that are gone from NetBox are reported, and removed with --prune.
    """

    resumed = True
    examples = """
osism netbox sync ironic --dry-run          what would be done
osism netbox sync ironic                    all nodes
osism netbox sync ironic node-7 node-8      these; their passwords are sent again
osism netbox sync ironic --prune            remove what is gone from NetBox as well
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("node", nargs="*", help="nodes; without any, all")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")
        parser.add_argument(
            "--prune", action="store_true", help="remove nodes from Ironic that NetBox has no more"
        )
        parser.add_argument(
            "--sure",
            action="store_true",
            help="with --prune: also more than 3, or 10 %%, at once, and nodes that are in "
            "maintenance, locked or switched on",
        )
        return parser

    def job(self, parsed_args: argparse.Namespace) -> SyncNodes:
        return SyncNodes(
            tuple(parsed_args.node), parsed_args.dry_run, parsed_args.prune, parsed_args.sure
        )


class Bifrost(JobCommand):
    """Write the nodes of NetBox as the inventory of bifrost, the Ironic on the manager

    Into the file of the setting bifrost_servers, with the passwords of management boards in clear.
    Bring it into bifrost's container as /etc/bifrost/servers.yml, then: osism bifrost deploy.
    """

    resumed = True
    examples = """
osism netbox sync bifrost --dry-run         what would be other
osism netbox sync bifrost
osism bifrost deploy
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--dry-run", action="store_true", help="say what would be other")
        return parser

    def job(self, parsed_args: argparse.Namespace) -> WriteServers:
        return WriteServers(parsed_args.dry_run)
