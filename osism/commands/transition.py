"""``osism netbox transition …``: the journal of transitions."""

from __future__ import annotations

import argparse
from typing import Any

from osism.commands.edge import Lister, ShowOne, moment

STATUSES = ("running", "succeeded", "failed", "rolled-back", "aborted")


class List(Lister):
    """List transitions, the newest first"""

    examples = """
osism netbox transition list --device node-1
osism netbox transition list --status failed -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--device", help="of this device")
        parser.add_argument("--status", choices=STATUSES, help="with this status")
        parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most N (50)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        found = wiring.journal().find(parsed_args.device, parsed_args.status, parsed_args.limit)
        titles = ("ID", "Device", "From", "To", "Status", "Phase", "Asked by", "Started", "Ended")
        return titles, (
            (
                each.id,
                each.device,
                each.source,
                each.target,
                each.status,
                each.phase,
                each.asked_by,
                moment(each.started),
                moment(each.ended),
            )
            for each in found
        )


class Show(ShowOne):
    """Show a transition with its steps"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("id", help="a transition's id")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        row, events = wiring.journal().get(parsed_args.id)
        steps = [_step(each) for each in events]
        table = parsed_args.formatter in ("table", "value", "shell")
        values = {
            "id": row.id,
            "job": row.job,
            "device": row.device,
            "source": row.source,
            "target": row.target,
            "status": row.status,
            "phase": row.phase,
            "asked_by": row.asked_by,
            "started": moment(row.started),
            "ended": moment(row.ended),
            "error": row.error,
            "switches": ", ".join(row.switches) if table else list(row.switches),
            "events": "\n".join(map(_line, steps)) if table else steps,
        }
        return tuple(values), tuple(values.values())


def _step(event: Any) -> dict[str, Any]:
    return {
        "at": event.at.astimezone().isoformat(),
        "phase": event.phase,
        "kind": event.kind,
        **event.detail,
    }


def _line(step: dict[str, Any]) -> str:
    shown = ("kind", "switch", "result", "reason", "worker")
    words = " ".join(str(step[name]) for name in shown if step.get(name) not in (None, "", []))
    words += f" ({step['changes']} changes in NetBox)" if "changes" in step else ""
    return f"{step['at'][11:19]} phase {step['phase']} {words}"
