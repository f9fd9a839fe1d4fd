"""Queueing a job and waiting for it."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from osism.commands.edge import Command, say, user
from osism.domain.errors import WorkerLost

if TYPE_CHECKING:
    from osism.domain.jobs import Job

LOST = 4
INTERRUPTED = 130


class JobCommand(Command):
    """A command that queues one job, and waits for it unless told otherwise."""

    #: Whether a job that lost its worker is taken up again by the schedule.
    resumed = False

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        group = parser.add_argument_group("waiting")
        group.add_argument(
            "--no-wait", action="store_true", help="queue the job, print its id, do not wait"
        )
        group.add_argument(
            "--format",
            choices=("log", "json"),
            default="log",
            help="log: for people (live on a terminal); json: one JSON object per line",
        )
        return parser

    def job(self, parsed_args: argparse.Namespace) -> Job:
        """The job that the arguments ask for."""
        raise NotImplementedError

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism import wiring

        job_id = wiring.queue().send(self.job(parsed_args), by=user())
        if parsed_args.no_wait:
            say(json.dumps({"job": job_id}) if parsed_args.format == "json" else job_id)
            return 0
        return wait(job_id, parsed_args.format, self.resumed)


def wait(job_id: str, form: str = "log", resumed: bool = False, after: str = "0") -> int:
    """Show a job until its end; the exit code it ended with.

    Ctrl-C ends the waiting, not the job.
    """
    from osism import wiring
    from osism.commands.displays import display
    from osism.settings import settings

    patience = settings().schedule_resume + settings().lease + 60 if resumed else 0.0
    with display(form, job_id) as shown:
        try:
            for event in wiring.records().follow(job_id, after):
                shown.show(event)
                if event.kind == "end":
                    return _code(event.values)
                if event.kind == "lost" and event.values.get("seconds", 0) >= patience:
                    raise WorkerLost(
                        f"worker lost: nobody works on job {job_id} any more; "
                        + ("connect again to resume it" if resumed else "ask for it again")
                    )
        except KeyboardInterrupt:
            shown.note(
                "no longer waiting; the job goes on. "
                f"Follow it: osism task output --follow {job_id}"
            )
            return INTERRUPTED
    return 1


def _code(end: Any) -> int:
    code = end.get("exit_code")
    if code is None:
        return 0 if end["state"] == "succeeded" else LOST if end["reason"] == "worker lost" else 1
    return int(code)


def result_of(job_id: str) -> Any:
    """The result of a job that has ended."""
    from osism import wiring

    record = wiring.records().get(job_id)
    return record.result if record else None


def terminal() -> bool:
    """Whether somebody is looking."""
    return sys.stdout.isatty()
