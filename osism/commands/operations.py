"""``osism baremetal <verb>``: what nodes are asked for, each a job of the worker openstack."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from osism.commands.node_jobs import Operation
from osism.domain.errors import Invalid


class PowerOn(Operation):
    """Switch nodes on"""

    action = "power_on"
    examples = """
osism baremetal power on node-1 node-2
osism baremetal power on --all --resource-class compute
"""


class PowerOff(Operation):
    """Switch nodes off, at once or with --soft by asking their operating systems"""

    action = "power_off"
    careful = True
    examples = """
osism baremetal power off node-1 --soft
osism baremetal power off --all --provision-state available
"""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--soft", action="store_true", help="let the node shut down")

    def action_of(self, parsed_args: argparse.Namespace) -> str:
        return "soft_power_off" if parsed_args.soft else self.action


class Reboot(PowerOff):
    """Restart nodes, at once or with --soft by asking their operating systems"""

    action = "reboot"
    examples = """
osism baremetal reboot node-1 --soft
"""

    def action_of(self, parsed_args: argparse.Namespace) -> str:
        return "soft_reboot" if parsed_args.soft else self.action


class Manage(Operation):
    """Bring nodes into the state manageable: new ones, available ones, and after failures"""

    action = "manage"
    examples = """
osism baremetal manage node-1
osism baremetal manage --all --provision-state 'clean failed'
"""


class Inspect(Operation):
    """Inspect the hardware of nodes; new and available ones are made manageable first"""

    action = "inspect"
    examples = """
osism baremetal inspect node-1
osism baremetal inspect --all --provision-state enroll
"""


class Provide(Operation):
    """Make nodes available, through Ironic's automated cleaning; others are made manageable first

    The state active has nodes that are in use: undeploy these.
    """

    action = "provide"
    examples = """
osism baremetal provide node-1
osism baremetal provide --all --dry-run
"""


class Deploy(Operation):
    """Deploy nodes that are available, or whose deployment has failed

    What is deployed: --image, else what is kept in the node's extra as instance_info, else what
    Ironic has.
    """

    action = "deploy"
    examples = """
osism baremetal deploy node-1 --image ubuntu-24.04
osism baremetal deploy node-1 --image https://images.example.com/a.img --checksum 5e1f…
osism baremetal deploy --all --resource-class compute --no-wait
osism baremetal deploy node-1 --rebuild --yes
"""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--image", default="", help="name or id in Glance, or a URL")
        parser.add_argument(
            "--checksum", default="", help="of an image at a URL: itself, or the URL of a list"
        )
        parser.add_argument(
            "--rebuild", action="store_true", help="deploy active nodes again; disks are erased"
        )

    def action_of(self, parsed_args: argparse.Namespace) -> str:
        return "rebuild" if parsed_args.rebuild else self.action

    def values(self, parsed_args: argparse.Namespace) -> dict[str, Any]:
        return {"image": parsed_args.image, "checksum": parsed_args.checksum}


class Undeploy(Operation):
    """Undeploy nodes: what is on their disks is lost, and they become available"""

    action = "undeploy"
    examples = """
osism baremetal undeploy node-1
osism baremetal undeploy node-1 node-2 --yes --format json
"""


class Clean(Operation):
    """Clean nodes by hand: disks are erased, or --steps say what is done

    Available nodes are made manageable first; afterwards all are manageable: provide them.
    """

    action = "clean"
    examples = """
osism baremetal clean node-1
osism baremetal clean node-1 --steps '[{"interface": "deploy", "step": "erase_devices_metadata"}]'
osism baremetal clean --all --provision-state manageable --steps @steps.json --yes
"""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--steps", default="", help="Ironic's clean steps as JSON, or @FILE")

    def values(self, parsed_args: argparse.Namespace) -> dict[str, Any]:
        text = parsed_args.steps
        if text.startswith("@"):
            try:
                text = Path(text[1:]).read_text(encoding="utf-8")
            except (OSError, UnicodeError) as mistake:
                raise Invalid(f"--steps: {mistake}") from None
        return {"steps": text}


class Abort(Operation):
    """Abort what nodes wait in: a cleaning, an inspection, a deployment"""

    action = "abort"
    examples = """
osism baremetal abort node-1
"""


class MaintenanceSet(Operation):
    """Put nodes into maintenance: Ironic leaves them alone"""

    action = "maintenance_set"
    examples = """
osism baremetal maintenance set node-1 --reason "a new fan"
"""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--reason", default="", help="why, for people")

    def values(self, parsed_args: argparse.Namespace) -> dict[str, Any]:
        return {"reason": parsed_args.reason}


class MaintenanceUnset(Operation):
    """Take nodes out of maintenance"""

    action = "maintenance_unset"
    examples = """
osism baremetal maintenance unset node-1
osism baremetal maintenance unset --all
"""


class Delete(Operation):
    """Remove nodes from Ironic, with their ports; NetBox keeps the devices

    Possible for enroll, manageable and available; for nodes that failed only in maintenance.
    """

    action = "delete"
    examples = """
osism baremetal delete node-1
"""
