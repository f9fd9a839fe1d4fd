"""``osism run …``: runs of playbooks, from the journal."""

from __future__ import annotations

import argparse
import json
from typing import Any

from osism.commands.edge import Lister, ShowOne, moment
from osism.domain.errors import Invalid
from osism.domain.runs import verdict

STATUSES = ("running", "succeeded", "failed", "revoked")


class List(Lister):
    """List runs of playbooks, the newest first

    The journal keeps them for longer than the jobs and their output.
    """

    examples = """
osism run list --role facts
osism run list --status failed -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--role", help="of this role")
        parser.add_argument("--status", choices=STATUSES, help="with this status")
        parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most N (50)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        if parsed_args.limit < 1:
            raise Invalid(f"--limit {parsed_args.limit}: at least 1")
        found = wiring.run_journal().runs(parsed_args.role, parsed_args.status, parsed_args.limit)
        titles = ("ID", "Environment", "Role", "Status", "Exit code", "By", "Started", "Seconds")
        return (*titles, "Hosts", "Reason"), (
            (
                each.id,
                each.environment,
                each.role,
                each.status,
                each.exit_code,
                each.asked_by,
                moment(each.started),
                round((each.ended - each.started).total_seconds(), 1) if each.ended else None,
                _counts(each.hosts),
                each.reason,
            )
            for each in found
        )


class Show(ShowOne):
    """Show a run: what was asked for, by whom, what became of each host"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("id", help="a run's id, or the beginning of one")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        run = wiring.run_journal().run(parsed_args.id)
        text = parsed_args.formatter in ("table", "value", "shell")

        def shown(value: Any) -> Any:
            return json.dumps(value, indent=1) if text and value else value

        values = {
            "id": run.id,
            "environment": run.environment,
            "role": run.role,
            "status": run.status,
            "exit_code": run.exit_code,
            "reason": run.reason,
            "by": run.asked_by,
            "worker": run.worker,
            "collection": run.collection,
            "started": moment(run.started),
            "ended": moment(run.ended),
            "request": shown(run.request),
            "hosts": shown(run.hosts),
        }
        return tuple(values), tuple(values.values())


def _counts(hosts: Any) -> str:
    counts: dict[str, int] = {}
    for each in hosts.values():
        counts[verdict(each)] = counts.get(verdict(each), 0) + 1
    return ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
