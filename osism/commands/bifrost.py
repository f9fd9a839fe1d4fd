"""``osism bifrost …``: the Ironic on the manager."""

from __future__ import annotations

import argparse
import json
from typing import Any

from osism.commands.edge import Command, say
from osism.commands.jobs import JobCommand, result_of, send, wait
from osism.domain.errors import Invalid
from osism.domain.jobs import RunPlaybook


class Bifrost(Command):
    """Run a bare metal command of OpenStack's client against bifrost and print what it answers"""

    examples = """
osism bifrost baremetal node list
osism bifrost baremetal node show node-1
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the command")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        words = list(parsed_args.arguments)
        if words[:1] == ["--"]:  # what stands before the command; one in it is the command's
            del words[0]
        if not words:
            raise Invalid("give a command, as: osism bifrost baremetal node list")
        extra = json.dumps({"bifrost_arguments": words})
        job = RunPlaybook("manager", "bifrost-command", arguments=("-e", extra))
        job_id = send(job)
        code = wait(job_id, "quiet", "RunPlaybook")
        told = _answer(result_of(job_id))
        if told is not None:
            say(told if isinstance(told, str) else json.dumps(told, indent=1))
        return code


class Deploy(JobCommand):
    """Deploy bifrost on the manager"""

    forms = ("log", "script", "json")

    def job(self, parsed_args: argparse.Namespace) -> RunPlaybook:
        return RunPlaybook("manager", "bifrost-deploy")


def _answer(result: Any) -> Any:
    """What the play's task Result said."""
    if isinstance(result, dict) and isinstance(result.get("run"), dict):
        result = result["run"]
    return result.get("result") if isinstance(result, dict) else None
