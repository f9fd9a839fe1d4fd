"""``osism apply``: play roles."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from osism.commands.edge import say
from osism.commands.jobs import JobCommand
from osism.domain.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from osism.domain.collections import Step
    from osism.domain.jobs import Job


class Apply(JobCommand):
    """Play a role, or the roles of a collection in the order of their dependencies

    Without a role: list what can be applied. What Ansible prints is shown as it comes; the exit
    code is Ansible's own (0 good, 2 failed hosts, 4 unreachable hosts). Arguments after -- go to
    ansible-playbook as they are.
    """

    forms = ("log", "script", "json")
    examples = """
osism apply                                   what there is, by environment
osism apply facts
osism apply ping -l 'compute:!node-3'
osism apply keystone -a reconfigure           kolla's action; deploy without one
osism apply hostname --check --diff
osism apply motd -e custom --sub berlin       variables of environments/custom.berlin too
osism apply packages -- -e upgrade=true -vv   for Ansible
osism apply base --show-tree                  a collection: what would run, in which order
osism apply ping --format json | jq .         events as JSON lines
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("role", nargs="?", help="a role or a collection")
        parser.add_argument("-e", "--environment", metavar="ENV", default="", help="of this one")
        parser.add_argument("--sub", default="", help="part of the environment (ENV.SUB)")
        parser.add_argument("-a", "--action", default="", help="kolla-ansible's action")
        parser.add_argument("-l", "--limit", help="pattern of hosts, as Ansible's")
        parser.add_argument("--check", action="store_true", help="change nothing, say what would")
        parser.add_argument("--diff", action="store_true", help="show differences of files")
        parser.add_argument(
            "--retry", type=int, default=0, metavar="N", help="try a run that failed again"
        )
        parser.add_argument(
            "--timeout", type=int, default=0, metavar="S", help="end a run after S seconds"
        )
        parser.add_argument(
            "--show-tree", action="store_true", help="draw the collection, run nothing"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="list what would run, run nothing"
        )
        parser.add_argument("arguments", nargs="*", help="after --: for ansible-playbook")
        _split_off(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        if parsed_args.role is None:
            if _asks_for_a_run(parsed_args):
                raise Invalid("name a role or a collection; osism apply lists what there is")
            return _list(parsed_args.format)
        if parsed_args.show_tree or parsed_args.dry_run:
            return _preview(self.job(parsed_args), parsed_args.show_tree, parsed_args.format)
        return super().take_action(parsed_args)

    def job(self, parsed_args: argparse.Namespace) -> Job:
        from osism import wiring
        from osism.domain.applying import Wanted, job

        wanted = Wanted(
            role=parsed_args.role,
            environment=parsed_args.environment,
            sub=parsed_args.sub,
            action=parsed_args.action,
            limit=parsed_args.limit,
            arguments=tuple(parsed_args.arguments),
            check=parsed_args.check,
            diff=parsed_args.diff,
            retries=parsed_args.retry,
            timeout=parsed_args.timeout,
        )
        return job(wanted, wiring.roles(), wiring.collections)


def _split_off(parser: argparse.ArgumentParser) -> None:
    """Make what stands after ``--`` the arguments, wherever options stand.

    argparse knows them only directly behind the role: not in ``apply ping -l node-1 -- -v``.
    """
    parse = parser.parse_args

    def parse_args(words: Sequence[str] | None = None, namespace: Any = None) -> Any:
        before = list(sys.argv[1:] if words is None else words)
        after: list[str] = []
        if "--" in before:
            at = before.index("--")
            before, after = before[:at], before[at + 1 :]
        found = parse(before, namespace)
        if found.arguments:
            parser.error(f"unrecognized arguments: {' '.join(found.arguments)}; put -- before them")
        found.arguments = after
        return found

    parser.parse_args = parse_args  # type: ignore[method-assign,assignment]


def _asks_for_a_run(asked: argparse.Namespace) -> bool:
    """Whether there is more than ``osism apply`` on the command line."""
    options = vars(asked).items()
    return any(value for name, value in options if name not in ("role", "format"))


def _catalogue() -> Mapping[str, Sequence[str]]:
    from osism import wiring
    from osism.domain.applying import require_roles

    found = wiring.roles()
    require_roles(found)
    return found


def _list(form: str) -> int:
    from osism import wiring

    catalogue, collections = _catalogue(), wiring.collections()
    if form == "json":
        named = {name: each.description for name, each in collections.items()}
        say(json.dumps({"environments": catalogue, "collections": named}))
        return 0
    for environment, roles in catalogue.items():
        say(f"{environment}:")
        _columns(roles)
    if collections:
        say("collections:")
        for name, each in collections.items():
            say(f"  {name:<24} {each.description}")
    return 0


def _columns(names: Sequence[str]) -> None:
    from textwrap import wrap

    for line in wrap("  ".join(names), 96, break_long_words=False, break_on_hyphens=False):
        say(f"  {line}")


def _preview(job: Job, tree: bool, form: str) -> int:
    """What a job would run; nothing is run."""
    from osism import wiring
    from osism.domain.collections import plan
    from osism.domain.jobs import ApplyCollection, RunPlaybook

    if isinstance(job, RunPlaybook):
        say(json.dumps([_step(job)]) if form == "json" else job.summary)
        return 0
    assert isinstance(job, ApplyCollection)  # noqa: S101 - one of the two
    steps = plan(job, wiring.collections(), _catalogue())
    if form == "json":
        said = [{**_step(each.job), "after": sorted(each.after)} for each in steps]
        say(json.dumps(said))
    elif tree:
        _draw(job.name, steps)
    else:
        for number, each in enumerate(steps, 1):
            after = f"  after {', '.join(sorted(each.after))}" if each.after else ""
            say(f"{number:>3}  {each.job.environment}/{each.name}{after}")
    return 0


def _draw(name: str, steps: Sequence[Step]) -> None:
    """Each role below the last of those it waits for."""
    from rich.console import Console
    from rich.tree import Tree

    root = Tree(name)
    branches: dict[str, Tree] = {}
    places = {each.name: number for number, each in enumerate(steps)}
    for step in steps:
        before = sorted(step.after, key=places.__getitem__)
        above = branches[before[-1]] if before else root
        more = f" [dim](after {', '.join(before)})[/]" if len(before) > 1 else ""
        branches[step.name] = above.add(f"{step.name} [dim]{step.job.environment}[/]{more}")
    Console(soft_wrap=True, highlight=False).print(root)


def _step(job: Any) -> dict[str, Any]:
    return {"environment": job.environment, "role": job.role, "action": job.action}
