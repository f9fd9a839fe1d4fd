"""One program that waits for the next run: who gets it, when it goes away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import monotonic, sleep

import pytest

from osism.adapters.ansible.readiness import Program, Ready

#: Waits for a line and prints it, as Ansible does that is loaded.
PROGRAM = Program(("sh", "-c", "read line; echo $line $NAME"), (("NAME", "x"),), 1)


def until(condition: Callable[[], object], within: float = 5.0) -> None:
    deadline = monotonic() + within
    while not condition():
        assert monotonic() < deadline, "not so in time"
        sleep(0.005)


class Started:
    """What was started, so that nothing is left behind."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []
        start = Program.start

        def remembered(program: Program) -> subprocess.Popen[bytes]:
            self.processes.append(start(program))
            return self.processes[-1]

        monkeypatch.setattr(Program, "start", remembered)

    def running(self) -> list[subprocess.Popen[bytes]]:
        return [each for each in self.processes if each.poll() is None]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    started = Started(monkeypatch)
    yield started
    for each in started.processes:
        each.kill()
        each.communicate() if each.stdout and not each.stdout.closed else each.wait()


def test_a_program_is_told_what_to_do_and_answers(started: Started) -> None:
    process = Ready(0).take(PROGRAM)
    assert process.communicate(b"hello\n", 5) == (b"hello x\n", None)


def test_what_it_gets_from_outside_is_its_environment_alone(started: Started) -> None:
    program = Program(("env",), (("NAME", "x"),))
    assert program.start().communicate(timeout=5)[0] == b"NAME=x\n"


def test_a_program_does_not_show_its_environment() -> None:
    assert "geheim" not in repr(replace(PROGRAM, environment=(("NAME", "geheim"),)))


def test_the_one_that_waits_is_taken_once(started: Started) -> None:
    ready = Ready(60)
    ready.prepare(PROGRAM)
    (waiting,) = started.processes
    assert ready.take(PROGRAM) is waiting
    assert ready.take(PROGRAM) is not waiting
    assert len(started.processes) == 2


@pytest.mark.parametrize(
    "other",
    [
        replace(PROGRAM, command=("sh", "-c", "read line; echo other")),
        replace(PROGRAM, environment=(("NAME", "y"),)),
        replace(PROGRAM, config=2),
    ],
)
def test_one_that_was_started_differently_is_not_taken(started: Started, other: Program) -> None:
    ready = Ready(60)
    ready.prepare(PROGRAM)
    process = ready.take(other)
    assert process is started.processes[1]
    assert started.running() == [process]


def test_one_that_has_ended_is_not_taken(started: Started) -> None:
    ready = Ready(60)
    ready.prepare(PROGRAM)
    started.processes[0].kill()
    until(lambda: not started.running())
    assert ready.take(PROGRAM) is started.processes[1]


def test_one_waits_at_a_time(started: Started) -> None:
    ready = Ready(60)
    for _ in range(3):
        ready.prepare(PROGRAM)
    assert started.running() == started.processes[2:]


def test_it_goes_away_after_its_time(started: Started) -> None:
    ready = Ready(0.05)
    ready.prepare(PROGRAM)
    assert started.running()
    until(lambda: not started.running())
    assert ready.take(PROGRAM) is started.processes[1]


def test_one_that_was_taken_stays(started: Started) -> None:
    ready = Ready(0.05)
    ready.prepare(PROGRAM)
    process = ready.take(PROGRAM)
    sleep(0.1)
    assert process.poll() is None


def test_none_is_kept_where_none_is_wanted(started: Started) -> None:
    Ready(0).prepare(PROGRAM)
    assert started.processes == []


def test_it_ends_when_it_is_dropped_whatever_it_does(started: Started) -> None:
    ready = Ready(60)
    ready.prepare(Program((sys.executable, "-c", "import time; time.sleep(60)"), ()))
    ready.drop()
    ready.drop()
    assert started.running() == []


def test_a_machine_that_can_start_no_more_does_not_change_how_a_run_ended(
    started: Started,
) -> None:
    ready = Ready(60)
    ready.prepare(Program(("/no/such/program",), ()))
    assert ready.take(PROGRAM) is started.processes[-1]
