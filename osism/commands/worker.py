"""``osism worker …``: become a Celery worker."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys

from osism.commands.edge import Command
from osism.domain.errors import Invalid
from osism.domain.jobs import QUEUES
from osism.domain.names import nearest


class Worker(Command):
    """Run a worker: netbox, conductor, openstack, reconciler, ansible, ceph or kolla

    The process becomes Celery's; it stops on SIGTERM after its jobs have ended.
    """

    local = True

    examples = """
osism worker netbox
osism worker netbox --concurrency 4
osism worker --all                          every queue in one small process tree
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", nargs="*", help="workers, or their queues' names")
        parser.add_argument("--all", action="store_true", help="every worker in one")
        parser.add_argument("--concurrency", type=int, metavar="N", help="jobs worked on at once")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism.domain.roles import waits_for_itself
        from osism.settings import settings

        names = list(QUEUES) if parsed_args.all else workers(parsed_args.name)
        concurrency = parsed_args.concurrency or settings().concurrency
        if concurrency < 1:
            raise Invalid(f"--concurrency {concurrency}: at least 1")
        if waits_for_itself(names):  # one place for a collection, one for its roles
            concurrency = max(concurrency, 2)
        command = celery(names, concurrency, settings().log_level)
        said = {"OSISM_WORKER": ",".join(names), "OSISM_CONCURRENCY": str(concurrency)}
        sys.stdout.flush()
        os.execve(sys.executable, command, os.environ | said)  # noqa: S606


def workers(names: list[str]) -> list[str]:
    """The workers of these names; a queue's name is an alias."""
    if not names:
        raise Invalid(f"name a worker ({', '.join(QUEUES)}), or --all")
    by_queue = {queue: worker for worker, queue in QUEUES.items()}
    found = []
    for name in names:
        worker = by_queue.get(name, name)
        if worker not in QUEUES:
            raise Invalid(
                f"no worker {name!r}{nearest(name, QUEUES)} (there is {', '.join(QUEUES)})"
            )
        found.append(worker)
    return list(dict.fromkeys(found))


def celery(names: list[str], concurrency: int, level: str) -> list[str]:
    """The command line of Celery for these workers."""
    modules = [f"osism.tasks.{name}" for name in names]
    there = [name for name in modules if importlib.util.find_spec(name)]
    name = "all" if len(names) == len(QUEUES) else "+".join(names)
    command = [sys.executable, "-m", "celery", "-A", "osism.tasks.app", "worker"]
    command += ["-n", f"{name}@%h", "-Q", ",".join(QUEUES[each] for each in names)]
    command += ["-c", str(concurrency), "-l", level, "-O", "fair"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return command + (["-I", ",".join(there)] if there else [])
