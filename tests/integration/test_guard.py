"""The guard of a program: how both end, and what becomes of everything that the program started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from osism.adapters.ansible import guard as module

GUARD = Path(module.__file__)
#: Shell: a process that writes down its id and stays.
STAYS = "echo $$ >> pids; exec sleep 300"

Start = Callable[..., "subprocess.Popen[bytes]"]


class Site:
    """Guards that a test has started, in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.guards: list[subprocess.Popen[bytes]] = []

    def start(self, *program: str, grace: float = 5.0, **more: Any) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-I", "-S", GUARD, str(os.getpid()), str(grace), *program]
        process = subprocess.Popen(words, cwd=self.directory, start_new_session=True, **more)
        self.guards.append(process)
        return process

    def sh(self, script: str, **more: Any) -> subprocess.Popen[bytes]:
        return self.start("sh", "-c", script, **more)

    def pids(self, number: int) -> list[int]:
        """The ids that have been written down, once there are so many."""
        file = self.directory / "pids"
        until(lambda: file.exists() and file.read_text().count("\n") >= number)
        return [int(each) for each in file.read_text().split()]

    def written(self) -> list[int]:
        file = self.directory / "pids"
        return [int(each) for each in file.read_text().split()] if file.exists() else []


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    for each in site.guards:
        each.kill()
        each.wait()
    for pid in alive(site.written()):
        os.kill(pid, signal.SIGKILL)


def until(condition: Callable[[], object], within: float = 10.0) -> None:
    deadline = monotonic() + within
    while not condition():
        assert monotonic() < deadline, "not so in time"
        sleep(0.01)


def alive(pids: list[int]) -> list[int]:
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != b"Z":
            found.append(pid)
    return found


# --- a program that ends by itself ----------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 1, 2, 4, 99, 250])
def test_the_exit_code_is_the_programs(site: Site, code: int) -> None:
    assert site.sh(f"exit {code}").wait(10) == code


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_signal_that_ended_the_program_is_told(site: Site, number: int) -> None:
    assert site.sh(f"kill -{int(number)} $$; sleep 9").wait(10) == 128 + number


def test_what_a_killed_program_had_under_way_ends(site: Site) -> None:
    guard = site.sh(f"setsid sh -c '{STAYS}' & echo $$ > main; wait")
    (child,) = site.pids(1)
    until((site.directory / "main").exists)
    until(lambda: (site.directory / "main").read_text().strip())
    os.kill(int((site.directory / "main").read_text()), signal.SIGKILL)
    assert guard.wait(10) == 128 + signal.SIGKILL
    assert not alive([child])


def test_what_the_program_reads_and_prints_is_its_own(site: Site) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = site.sh("read x; echo got $x; echo $# >&2", **pipes)
    assert process.communicate(b"ten words\n", 10) == (b"got ten words\n0\n", None)


def test_arguments_are_words(site: Site) -> None:
    words = ("a b", "", "$(id)", "-x", "ü")
    process = site.start("printf", "%s|", *words, stdout=subprocess.PIPE)
    assert process.communicate(timeout=10)[0].decode() == "a b||$(id)|-x|ü|"


def test_a_program_that_is_not_there(site: Site) -> None:
    process = site.start("/no/such/program", stderr=subprocess.PIPE)
    assert process.communicate(timeout=10)[1] == b"/no/such/program: No such file or directory\n"
    assert process.returncode == 127


def test_the_program_can_be_signalled_as_any_other(site: Site) -> None:
    """What the guard blocks for itself is not blocked in the program."""
    process = site.sh("grep SigBlk /proc/self/status", stdout=subprocess.PIPE)
    assert int(process.communicate(timeout=10)[0].split()[1], 16) == 0


def test_what_a_program_leaves_behind_lives_on(site: Site) -> None:
    process = site.sh(f"(sh -c '{STAYS}' &); (setsid sh -c '{STAYS}' &); sleep 0.2; exit 3")
    assert process.wait(10) == 3
    assert len(alive(site.pids(2))) == 2


def test_children_that_end_before_the_program_do_not_end_it(site: Site) -> None:
    assert site.sh("for i in 1 2 3 4 5; do (true &); done; sleep 0.3; exit 5").wait(10) == 5


# --- a program that is ended ----------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_program_ends_when_the_guard_is_told(site: Site, number: int) -> None:
    process = site.sh(STAYS)
    (program,) = site.pids(1)
    process.send_signal(number)
    assert process.wait(10) == 128 + signal.SIGTERM
    assert alive([program]) == []


def test_the_program_is_asked_first_and_may_put_things_in_order(site: Site) -> None:
    script = "trap 'sleep 0.3; test -e /proc/$c && echo so > order; exit 7' TERM; "
    process = site.sh(f"{script} sleep 300 & c=$!; echo $c > pids; wait")
    (child,) = site.pids(1)
    process.terminate()
    assert process.wait(10) == 7
    assert (site.directory / "order").read_text() == "so\n"
    assert alive([child]) == []


def test_a_program_that_does_not_want_to_end_is_killed_after_the_grace(site: Site) -> None:
    stubborn = "trap '' TERM INT HUP; echo $$ >> pids; while :; do sleep 0.1; done"
    process = site.sh(f'sh -c "{stubborn.replace("$", chr(92) + "$")}" & {stubborn}', grace=0.5)
    pids = site.pids(2)
    began = monotonic()
    process.terminate()
    assert process.wait(10) == 128 + signal.SIGKILL
    assert 0.4 < monotonic() - began < 5
    assert alive(pids) == []


def test_descendants_that_went_away_from_the_program_end_too(site: Site) -> None:
    """In a session of their own; with parents that have ended; stubborn ones."""
    away = f"(setsid sh -c '{STAYS}' &); (sh -c '{STAYS}' &); (setsid setsid sh -c '{STAYS}' &)"
    process = site.sh(f"{away}; (trap '' TERM; sh -c '{STAYS}' &); {STAYS}", grace=1.0)
    pids = site.pids(5)
    process.terminate()
    assert process.wait(10) == 128 + signal.SIGTERM
    assert alive(pids) == []


def test_two_hundred_descendants_end(site: Site) -> None:
    script = f"for i in $(seq 100); do (setsid sh -c '{STAYS}' &); sh -c '{STAYS}' & done; wait"
    process = site.sh(script)
    pids = site.pids(200)
    began = monotonic()
    process.terminate()
    process.wait(10)
    assert alive(pids) == []
    assert monotonic() - began < 5


def test_processes_that_are_started_while_all_are_ended_end_too(site: Site) -> None:
    again = "trap '' TERM; while :; do (sh -c '" + STAYS + "' &); sleep 0.02; done"
    process = site.sh(again, grace=0.3)
    site.pids(3)
    process.terminate()
    process.wait(10)
    sleep(0.1)
    assert alive(site.written()) == []


def test_being_told_twice_is_being_told_once(site: Site) -> None:
    process = site.sh(STAYS)
    site.pids(1)
    for _ in range(3):
        process.terminate()
    assert process.wait(10) == 128 + signal.SIGTERM


# --- who started it -------------------------------------------------------------------------------


def test_nothing_outlives_whoever_started_the_guard(site: Site, tmp_path: Path) -> None:
    script = (
        "import os, subprocess, sys\n"
        "words = [sys.executable, '-I', '-S', sys.argv[1], str(os.getpid()), '1', 'sh', '-c']\n"
        "guard = subprocess.Popen([*words, sys.argv[2]])\n"
        "open('guard', 'w').write(str(guard.pid))\n"
        "guard.wait()\n"
    )
    program = f"(setsid sh -c '{STAYS}' &); {STAYS}"
    parent = subprocess.Popen([sys.executable, "-c", script, GUARD, program], cwd=tmp_path)
    pids = site.pids(2)
    guard = int((tmp_path / "guard").read_text())
    parent.kill()
    parent.wait()
    until(lambda: not alive([guard, *pids]))


def test_a_guard_whose_parent_is_gone_already_starts_nothing(tmp_path: Path) -> None:
    """It was killed between the fork and the guard's first words."""
    words = [sys.executable, "-I", "-S", GUARD, "1", "5", "touch", "begun"]
    assert subprocess.run(words, cwd=tmp_path, check=False).returncode == 143
    assert not (tmp_path / "begun").exists()


def test_a_killed_guard_takes_the_program_along(site: Site) -> None:
    process = site.sh(STAYS)
    pids = site.pids(1)
    process.kill()
    process.wait()
    until(lambda: not alive(pids))


# --- other people's processes ---------------------------------------------------------------------


def test_processes_of_others_do_not_stop_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A play that becomes root has processes that nobody else may end."""
    gone, forbidden = 11, 12
    killed: list[int] = []

    def kill(process: int, number: int) -> None:
        if process == gone:
            raise ProcessLookupError
        if process == forbidden:
            raise PermissionError
        killed.append(process)

    monkeypatch.setattr(module.os, "kill", kill)
    assert module.send(signal.SIGTERM, [gone, forbidden, 13]) == [13] == killed
    monkeypatch.setattr(module, "descendants", lambda: [forbidden])
    monkeypatch.setattr(module, "reap", lambda program: None)
    assert module.end_all(10, 15, 0.05) == 15
