"""Queueing a job and waiting for it."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from osism.commands.edge import Command, moment, say, user
from osism.domain.errors import OsismError, Refused, WorkerLost

if TYPE_CHECKING:
    from osism.domain.jobs import Job

LOST = 4
INTERRUPTED = 130


class JobCommand(Command):
    """A command that queues one job, and waits for it unless told otherwise."""

    #: Whether a job that lost its worker is taken up again by the schedule.
    resumed = False
    #: How its output can be shown.
    forms: tuple[str, ...] = ("log", "json")

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        group = parser.add_argument_group("waiting")
        group.add_argument(
            "--no-wait", action="store_true", help="queue the job, print its id, do not wait"
        )
        group.add_argument(
            "--format",
            choices=self.forms,
            default="log",
            help="log: for people (live on a terminal); json: one JSON object per line"
            + ("; script: what Ansible prints and nothing else" if "script" in self.forms else ""),
        )
        return parser

    def job(self, parsed_args: argparse.Namespace) -> Job:
        """The job that the arguments ask for."""
        raise NotImplementedError

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        job = self.job(parsed_args)
        job_id = send(job)
        if parsed_args.no_wait:
            say(json.dumps({"job": job_id}) if parsed_args.format == "json" else job_id)
            return 0
        return wait(job_id, parsed_args.format, type(job).__name__, self.resumed)


def send(job: Job) -> str:
    """Queue a job, unless the site is locked for maintenance; its id."""
    from osism import wiring

    if lock := wiring.records().site_lock():
        reason = f": {lock.reason}" if lock.reason else ""
        raise Refused(
            f"the site is locked by {lock.by} since {moment(lock.at)}{reason}; "
            "nothing was queued (osism unlock)"
        )
    return wiring.queue().send(job, by=user())


def wait(job_id: str, form: str, kind: str, resumed: bool = False, after: str = "0") -> int:
    """Show a job of a *kind* (the name of its class) until its end; the exit code it ended with.

    Ctrl-C ends the waiting, and the job only if whoever pressed it says so.
    """
    try:
        return _follow(job_id, form, kind, resumed, after)
    except KeyboardInterrupt:  # pressed before there was anything to show
        sys.stderr.write(f"{_goes_on(job_id)}\n")
        return INTERRUPTED


def _follow(job_id: str, form: str, kind: str, resumed: bool, after: str) -> int:
    from osism import wiring
    from osism.commands.displays import display
    from osism.settings import settings

    patience = settings().schedule_resume + settings().lease + 60 if resumed else 0.0
    with display(form, kind) as shown:
        while True:
            try:
                for event in wiring.records().follow(job_id, after):
                    shown.show(event)
                    after = event.id
                    if event.kind == "end":
                        return _code(event.values)
                    if event.kind == "lost" and event.values.get("seconds", 0) >= patience:
                        _lost(job_id, resumed)
            except KeyboardInterrupt:
                if not _asked_to_revoke(job_id, shown):
                    return INTERRUPTED


def resumed(kind: str) -> bool:
    """Whether jobs of this kind (the name of their class) go on after the loss of their worker."""
    from osism.domain.jobs import JOBS

    return kind in JOBS and not JOBS[kind].once


def _lost(job_id: str, resumed: bool) -> None:
    """Nobody works on the job any more: say so to everybody."""
    from osism import wiring

    if resumed:
        raise WorkerLost(
            f"worker lost: nobody works on job {job_id} any more; connect again to resume it"
        )
    if wiring.records().end_lost(job_id, "worker lost"):
        with suppress(OsismError):  # not every machine reaches the journal; the scheduler's does
            wiring.run_journal().finish_run(job_id, "failed", LOST, "worker lost")
        raise WorkerLost(
            f"worker lost: nobody works on job {job_id} any more; it was not finished and is not "
            "begun again by itself"
        )


def _asked_to_revoke(job_id: str, shown: Any) -> bool:
    """After Ctrl-C: whether the job is to end; without a terminal it goes on."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        shown.note("")
        try:
            answer = input("leave the job running, or revoke it? [L/r] ").strip().lower()
        except (EOFError, KeyboardInterrupt):
            answer = ""
        if answer in ("r", "revoke"):
            shown.note(revoke(job_id))
            return True
    shown.note(_goes_on(job_id))
    return False


def _goes_on(job_id: str) -> str:
    return (
        "no longer waiting; the job goes on. "
        f"Follow it: osism task output --follow {job_id}; end it: osism task revoke {job_id}"
    )


def revoke(job_id: str) -> str:
    """Ask for the end of a job; what was done about it. Raises :class:`Refused` when it has ended
    already."""
    from osism import wiring

    return wiring.revoke(job_id, user())


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
