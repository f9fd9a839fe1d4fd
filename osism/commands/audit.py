"""``osism audit …``: who asked for what through the HTTP API."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import Any

from osism.commands.edge import Lister, moment
from osism.domain.errors import Invalid

#: The longest body in a table, in characters.
_BODY = 60


class List(Lister):
    """List writing requests to the HTTP API, the newest first, without secrets

    A table has the beginning of each body; another format (-f json) all of it. A request without
    a status is being worked on, or the process that had it died.
    """

    examples = """
osism audit list --who "the CI of the cloud team" --limit 10
osism audit list --since 2026-11-21 -f json
osism audit list --since 2026-11-21T14:30:00+01:00
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--who", help="of this token, by its description")
        parser.add_argument(
            "--since", metavar="TIME", help="not before this; in the local zone unless it says one"
        )
        parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most N (50)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        if parsed_args.limit < 1:
            raise Invalid(f"--limit {parsed_args.limit}: at least 1")
        since = _time(parsed_args.since) if parsed_args.since else None
        found = wiring.audit().entries(parsed_args.who, since, parsed_args.limit)
        most = _BODY if parsed_args.formatter == "table" else 0
        titles = ("Number", "At", "Who", "Role", "Address", "Request", "Body", "Status", "Result")
        return titles, (
            (
                each.number,
                moment(each.at),
                each.who,
                each.role,
                each.address,
                f"{each.method} {each.path}",
                _told(each.body, most),
                each.status,
                each.result,
            )
            for each in found
        )


def _told(body: Any, most: int) -> str:
    """A body as JSON, of *most* characters unless that is 0."""
    if body is None:
        return ""
    line = json.dumps(body, ensure_ascii=False)
    return line if not most or len(line) <= most else f"{line[: most - 1]}…"


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(f"--since {text}: a time is 2026-11-21 or 2026-11-21T14:30:00") from None
