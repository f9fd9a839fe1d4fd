"""Processes that are killed while they write never break the state repository."""

from __future__ import annotations

import multiprocessing
import os
import random
import subprocess
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from osism.adapters.store import GitStore

KILLS = 10
SWITCHES = 8


def write(path: Path, told: Connection) -> None:
    """Commit and mark for ever; tell every state that has to be there from then on."""
    store = GitStore(path)
    for turn in range(10**9):
        text = f"{os.getpid()} {turn}\n" * 100
        store.commit({f"leaf-{number}": text for number in range(SWITCHES)}, f"turn {turn}")
        told.send(("generated", text))
        store.mark_deployed([f"leaf-{turn % SWITCHES}"])
        told.send(("deployed", text))


def killed_writer(path: Path, messages: int, later: float) -> dict[str, str]:
    """Kill a writer *later* seconds after so many messages; return the last of each kind."""
    forks = multiprocessing.get_context("fork")
    ours, theirs = forks.Pipe(duplex=False)
    writer = forks.Process(target=write, args=(path, theirs))
    writer.start()
    theirs.close()
    last = dict([ours.recv() for _ in range(messages)])
    end = time.monotonic() + later
    while time.monotonic() < end:
        pass
    writer.kill()
    writer.join()
    while True:
        try:
            kind, text = ours.recv()
        except (EOFError, OSError):
            return last
        last[kind] = text


def fsck(path: Path) -> str:
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "--git-dir", os.fspath(path), "fsck", "--full"],
        capture_output=True,
        text=True,
        check=False,
    )
    unreachable = ("dangling ", "notice: ")  # what a killed process wrote before the branch moved
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line]
    return "\n".join(line for line in lines if not line.startswith(unreachable))


@pytest.mark.parametrize("fresh", [True, False], ids=["while it is made", "while it is used"])
def test_killed_writers_leave_it_whole(tmp_path: Path, fresh: bool) -> None:
    chance = random.Random(4)
    for turn in range(KILLS):
        path = tmp_path / (f"state-{turn}" if fresh else "state")
        last = killed_writer(path, 0 if fresh else chance.randint(0, 4), chance.uniform(0, 0.03))
        store = GitStore(path)
        if "generated" in last:
            # All of a commit or nothing of it, and nothing that was acknowledged is gone.
            found = {store.generated(f"leaf-{number}") for number in range(SWITCHES)}
            assert len(found) == 1
        else:
            found = {store.generated("leaf-0")}
        store.commit({"spine-1": f"{turn}\n"}, "after a kill")
        store.mark_deployed(["spine-1"])
        assert store.deployed("spine-1") == f"{turn}\n"
        assert not list(path.glob("refs/**/spine-1.lock"))
        if fresh or turn % 5 == 4:
            assert fsck(path) == ""


def test_what_was_acknowledged_stays(tmp_path: Path) -> None:
    path = tmp_path / "state"
    for _ in range(5):
        last = killed_writer(path, 5, 0)
        texts = [version.message for version in GitStore(path).history("leaf-0", limit=2)]
        generated = GitStore(path).generated("leaf-0")
        if generated != last["generated"]:  # one more commit, killed before it was told
            number = int(last["generated"].split()[1])
            assert texts == [f"turn {number + 1}", f"turn {number}"]
