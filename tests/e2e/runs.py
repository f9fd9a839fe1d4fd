"""A site that plays roles: Redis, playbook workers, a conductor, a configuration repository."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import yaml

from osism.lab.processes import Lab, descendants
from tests.e2e.conftest import Answer, wait_until

ANSIBLE = Path(sys.executable).parent / "ansible-playbook"
#: As short as a busy machine allows; what has to hold with the defaults says so.
QUICK = {
    "lease": 6.0,
    "job_lease": 3.0,
    "run_grace": 4.0,
    "run_ready": 0.0,
    "schedule_facts": 0.0,
    "schedule_reconcile": 0.0,
    "schedule_drift": 0.0,
    "schedule_resume": 1.0,
}


class RunsLab(Lab):
    """The lab without NetBox and switches."""

    workers: tuple[str, ...] = ("ansible", "conductor")

    def __init__(self, directory: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(directory, {**QUICK, **settings})
        self.configuration = directory / "empty"

    @property
    def site(self) -> dict[str, Any]:
        return {"netbox": {"url": "", "token": ""}, "switches": {}}

    def _start_site(self) -> None:
        """There is none."""

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        if arguments == ("worker", "--all"):
            arguments = ("worker", *self.workers, "--concurrency", "4")
        if name == "beat":
            return self.children["worker"]
        return super().start(name, *arguments)

    def start_beat(self) -> None:
        super().start("beat", "service", "beat")


class Runs:
    """What an operator does there, and what can go wrong."""

    def __init__(self, lab: RunsLab) -> None:
        self.lab = lab
        self.environments = lab.directory / "configuration" / "environments"
        self.inventory = lab.directory / "configuration" / "inventory"

    # the operator

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "osism.main", *words],
            env=self.lab.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str], within: float = 120.0) -> Answer:
        try:
            out, err = process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"not ended within {within} s: {out[-2000:]}{err}") from None
        return Answer(process.returncode, out, err)

    def osism(self, *words: str, within: float = 120.0) -> Answer:
        return self.finish(self.start(*words), within)

    def queue(self, *words: str) -> str:
        """Apply without waiting; the id of the job."""
        answer = self.osism("apply", *words, "--no-wait")
        assert answer.code == 0, answer
        return answer.out.strip()

    def follow(self, job: str, *more: str, within: float = 120.0) -> Answer:
        return self.osism("task", "output", "--follow", job, *more, within=within)

    # files

    def play(self, role: str, *tasks: Mapping[str, Any], **play: Any) -> Path:
        """Write the play of a role of the environment custom."""
        document = {"hosts": "generic", "gather_facts": False, **play, "tasks": list(tasks)}
        return self.write(f"environments/custom/playbook-{role}.yml", yaml.safe_dump([document]))

    def write(self, path: str, text: str) -> Path:
        file = self.lab.directory / "configuration" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def hosts(self, *lines: str) -> None:
        text = "\n".join(["[generic]", *lines, "[manager]", lines[0].split()[0], ""])
        self.write("inventory/hosts", text)

    # what is so

    def record(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = self.osism("task", "show", job, "-f", "json").json
        return found

    def run(self, job: str) -> dict[str, Any]:
        """The run in the journal."""
        found: dict[str, Any] = self.osism("run", "show", job, "-f", "json").json
        return found

    def events(self, job: str) -> list[dict[str, Any]]:
        return self.osism("task", "output", job, "--format", "json").events

    def plain(self, playbook: Path, *more: str) -> Answer:
        """What plain ansible-playbook says to the same play and inventory."""
        done = subprocess.run(
            [str(ANSIBLE), "-i", str(self.inventory), str(playbook), *more],
            env=os.environ | {"ANSIBLE_HOST_KEY_CHECKING": "1", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout, "")

    def wait_for(self, job: str, kind: str, within: float = 60.0) -> None:
        """Until an event of this kind has come."""
        wait_until(lambda: any(each["kind"] == kind for each in self.events(job)), within)

    def ansible(self) -> list[psutil.Process]:
        """The processes below the workers that are Ansible's or its children's."""
        return [
            each
            for pid in descendants(self.lab.children["worker"].pid)
            if (each := _process(pid)) and "celery" not in (line(each) or "celery")
        ]

    def worker_process(self) -> int:
        """The process of the pool that has a run."""
        for pid in descendants(self.lab.children["worker"].pid):
            if "celery" in line(psutil.Process(pid)) and descendants(pid):
                return pid
        raise AssertionError("no process of the worker has a run")

    # what goes wrong

    def kill_worker(self) -> list[int]:
        return self.lab.kill("worker")

    def start_worker(self) -> None:
        self.lab.start("worker", "worker", "--all")

    @contextmanager
    def redis_stopped(self) -> Iterator[None]:
        assert self.lab.redis
        assert self.lab.redis.pid
        os.kill(self.lab.redis.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.lab.redis.pid, signal.SIGCONT)


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def line(process: psutil.Process) -> str:
    """Its command line; empty when it has ended."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run (and are no zombies)."""
    found = []
    for each in processes:
        try:
            if each.is_running() and each.status() != psutil.STATUS_ZOMBIE:
                found.append(each)
        except psutil.NoSuchProcess:
            continue
    return found


LOCAL = f"ansible_connection=local ansible_python_interpreter={sys.executable}"


@contextmanager
def runs_site(directory: Path, **settings: Any) -> Iterator[Runs]:
    """A site with three hosts, all of them this machine."""
    empty = directory / "empty"
    (empty / "inventory").mkdir(parents=True)
    (empty / "environments").mkdir()
    with RunsLab(directory, settings) as lab:
        runs = Runs(lab)
        runs.hosts(*(f"host-{number} {LOCAL}" for number in (1, 2, 3)))
        yield runs


def says(*lines: str) -> dict[str, Any]:
    """A task that prints."""
    return {"name": "say", "ansible.builtin.debug": {"msg": list(lines)}}


def command(*words: str, **more: Any) -> dict[str, Any]:
    """A task that runs a program."""
    return {"name": "run", "ansible.builtin.command": {"argv": list(words)}, **more}


def text_of(events: list[dict[str, Any]]) -> str:
    """What Ansible printed, from the events."""
    return "".join(f"{each['text']}\n" for each in events if "text" in each)


__all__ = ["LOCAL", "Runs", "alive", "command", "json", "line", "runs_site", "says", "text_of"]
