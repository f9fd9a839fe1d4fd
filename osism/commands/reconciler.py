"""``osism reconciler …``: Ansible's inventory, made of the configuration repository and NetBox."""

from __future__ import annotations

import argparse
import json
from typing import Any

from osism.commands.edge import Command, Lister, moment, say
from osism.commands.jobs import JobCommand, result_of, send, wait
from osism.commands.worker import Worker
from osism.domain.jobs import ReconcileInventory


class Reconciler(Worker):
    """Run the worker reconciler, as osism worker reconciler does"""

    examples = """
osism reconciler
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = Command.get_parser(self, prog_name)
        parser.add_argument("--concurrency", type=int, metavar="N", help="jobs worked on at once")
        parser.set_defaults(name=["reconciler"], all=False)
        return parser


class Sync(JobCommand):
    """Bring the inventory up to date

    Requests that come while a run works become one more run, and all of them end with it.
    """

    resumed = True
    examples = """
osism reconciler sync
osism reconciler sync --no-wait
osism reconciler sync --format json | tail -n 1 | jq .result.summary
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--wait", action="store_true", help="wait for the end (as always)")
        return parser

    def job(self, parsed_args: argparse.Namespace) -> ReconcileInventory:
        return ReconcileInventory()


class Diff(Command):
    """Show what the next run would change; secrets are masked

    The unified difference of hosts.yml, group_vars and host_vars. Exit code 0, also when something
    would change.
    """

    examples = """
osism reconciler diff
osism reconciler diff --format json | jq .summary
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--format", choices=("text", "json"), default="text", help="how")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        job_id = send(ReconcileInventory(dry_run=True))
        code = wait(job_id, "quiet", "ReconcileInventory")
        result = result_of(job_id) if code == 0 else None
        if result and parsed_args.format == "json":
            say(json.dumps(result, ensure_ascii=False))
        elif result:
            if result["degraded"]:
                say(f"NetBox's last hosts are used: {result['degraded']}", error=True)
            say(result["diff"].rstrip("\n") or "nothing would change")
        return code


class Log(Lister):
    """List the changes of the inventory, the newest first"""

    examples = """
osism reconciler log
osism reconciler log -n 5 -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("-n", type=int, default=20, metavar="N", dest="limit", help="how many")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring
        from osism.domain.errors import Invalid

        if parsed_args.limit < 1:
            raise Invalid(f"-n {parsed_args.limit}: at least 1")
        together = parsed_args.formatter in ("json", "yaml")
        return ("Commit", "Time", "Summary", "Details"), [
            (
                each.commit if together else each.commit[:10],
                each.at.isoformat() if together else moment(each.at),
                each.summary,
                list(each.details) if together else "\n".join(each.details),
            )
            for each in wiring.inventories().log(parsed_args.limit)
        ]
