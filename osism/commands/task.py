"""``osism task …``: jobs, from the product's own records."""

from __future__ import annotations

import argparse
from typing import Any

from osism.commands.edge import Command, Lister, ShowOne, moment, say
from osism.commands.jobs import INTERRUPTED
from osism.domain.errors import Invalid, NotFound
from osism.domain.records import STATES
from osism.domain.schedules import SCHEDULE


class List(Lister):
    """List jobs, the newest first; needs no worker"""

    examples = """
osism task list --state failed
osism task list --all                       also those of the schedule
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--state", choices=STATES, help="in this state")
        parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most N (50)")
        parser.add_argument("--all", action="store_true", help="with the jobs of the schedule")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        if parsed_args.limit < 1:
            raise Invalid(f"--limit {parsed_args.limit}: at least 1")
        but = "" if parsed_args.all else SCHEDULE
        found = wiring.records().newest(parsed_args.limit, parsed_args.state, but)
        titles = ("ID", "Job", "Queue", "State", "By", "Queued", "Ended", "Reason")
        return titles, (
            (
                each.id,
                each.summary,
                each.queue,
                each.state,
                each.by,
                moment(each.queued),
                moment(each.ended),
                each.reason,
            )
            for each in found
        )


class _OneTask:
    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)  # type: ignore[misc]
        parser.add_argument("id", help="a job's id, or the beginning of one")
        return parser


class Show(_OneTask, ShowOne):
    """Show a job: what was asked for, by whom, and what came of it"""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        import json

        from osism import wiring

        records = wiring.records()
        job_id = records.find(parsed_args.id)
        record = records.get(job_id)
        if record is None:
            raise NotFound(f"job {job_id} has just expired")
        table = parsed_args.formatter in ("table", "value", "shell")

        def shown(value: Any) -> Any:
            return json.dumps(value, indent=1) if table and value else value

        values = {
            "id": record.id,
            "job": record.summary,
            "queue": record.queue,
            "state": record.state,
            "by": record.by,
            "worker": record.worker,
            "queued": moment(record.queued),
            "started": moment(record.started),
            "ended": moment(record.ended),
            "exit_code": record.exit_code,
            "reason": record.reason,
            "request": shown(record.request),
            "result": shown(record.result),
        }
        return tuple(values), tuple(values.values())


class Output(_OneTask, Command):
    """Print the output of a job from its first line"""

    examples = """
osism task output 3f2a
osism task output --follow 3f2a             until the job ends; exit code as the job's
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--follow", action="store_true", help="go on until the job ends")
        parser.add_argument(
            "--format",
            choices=("log", "script", "json"),
            default="log",
            help="lines, what Ansible printed and nothing else, or JSON lines",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import wiring
        from osism.commands.displays import Display, JsonLines, Lines, Script
        from osism.commands.jobs import resumed, wait

        records = wiring.records()
        job_id = records.find(parsed_args.id)
        if parsed_args.follow:
            record = records.get(job_id)
            kind = record.name if record else ""
            return wait(job_id, parsed_args.format, kind, resumed(kind))
        kinds: dict[str, type[Display]] = {"json": JsonLines, "log": Lines, "script": Script}
        shown = kinds[parsed_args.format]()
        for event in records.output(job_id):
            shown.show(event)
        return 0


class Revoke(_OneTask, Command):
    """Revoke a job: one that waits never begins, one that runs stops

    A run of Ansible ends with everything it has started, after it had time to put things in order.
    A transition stops after its step, takes back what it committed to switches and stays where it
    is; connect again goes on, --abort leads back.
    """

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import wiring
        from osism.commands.jobs import revoke

        say(revoke(wiring.records().find(parsed_args.id)))
        return 0


class Wait(Command):
    """Wait for jobs to end; without ids for all that have not ended

    Prints one line for each that ends; the exit code is 0 when all succeeded, else that of the
    first that did not.
    """

    examples = """
osism wait                                  until nothing runs any more
osism wait 3f2a 77b1
osism wait --live 3f2a                      with its output
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("id", nargs="*", help="jobs' ids, or the beginnings of them")
        parser.add_argument("--live", action="store_true", help="show their output, one by one")
        parser.add_argument("--format", choices=("log", "script", "json"), default="log")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import wiring
        from osism.commands.jobs import resumed, wait

        records = wiring.records()
        waited = [records.find(each) for each in parsed_args.id] or [
            each.id
            for state in ("started", "retrying", "queued")
            for each in records.recent(1000, state)
            if each.by != SCHEDULE
        ]
        codes = []
        for job_id in waited:
            record = records.get(job_id)
            kind = record.name if record else ""
            form = parsed_args.format if parsed_args.live else "quiet"
            codes.append(wait(job_id, form, kind, resumed(kind)))
            if codes[-1] == INTERRUPTED and not _ended(job_id):  # Ctrl-C, and not a revoked job
                return INTERRUPTED
            if not parsed_args.live:
                said = record.summary if record else ""
                say(f"{job_id} {said}: exit code {codes[-1]}")
        return next((code for code in codes if code), 0)


def _ended(job_id: str) -> bool:
    from osism import wiring

    record = wiring.records().get(job_id)
    return record is None or record.ended is not None
