"""``osism lock …``: nothing new begins while the site is being looked after."""

from __future__ import annotations

import argparse
from typing import Any

from osism.commands.edge import Command, ShowOne, moment, say, user
from osism.domain.errors import Refused


class Lock(Command):
    """Lock the site for maintenance: what runs goes on, nothing new begins

    New jobs are refused with the reason and who has locked. Jobs that are queued already wait, the
    roles of a collection too, and begin after osism unlock. The scheduler gathers no facts.
    """

    examples = """
osism lock --reason "new spine, back at 14:00"
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--reason", default="", help="shown to whoever is refused")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import wiring

        if not wiring.records().lock_site(user(), parsed_args.reason):
            held = wiring.records().site_lock()
            by = f" by {held.by} since {moment(held.at)}" if held else ""
            raise Refused(f"the site is locked already{by}")
        say("the site is locked; unlock it with: osism unlock")
        return 0


class Unlock(Command):
    """Unlock the site: jobs that waited begin within a second or two"""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import wiring

        lock = wiring.records().unlock_site()
        if lock is None:
            say("the site was not locked")
            return 0
        say(f"the site is unlocked (it was locked by {lock.by} since {moment(lock.at)})")
        return 0


class Status(ShowOne):
    """Show whether the site is locked, by whom and why; exit code 0 either way"""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        lock = wiring.records().site_lock()
        return ("locked", "by", "since", "reason"), (
            lock is not None,
            lock.by if lock else "",
            moment(lock.at) if lock else "",
            lock.reason if lock else "",
        )
