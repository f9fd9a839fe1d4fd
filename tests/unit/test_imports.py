"""Which libraries a process loads: what it does not need costs every command its time, and every
worker its memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HELP = frozenset(
    "celery kombu redis pynetbox requests sqlalchemy alembic jinja2 rich yaml pygit2 "
    "starlette uvicorn graphql".split()
)
RECORDS = frozenset("celery kombu sqlalchemy alembic pynetbox requests pygit2 jinja2 rich".split())
WORK = frozenset("pynetbox requests sqlalchemy alembic jinja2 pygit2 rich cliff".split())


def imported(directory: Path, *words: str, code: int | None = 0) -> set[str]:
    """The top-level modules that ``python <words>`` loads, and that it ends with *code*."""
    file = directory / "osism.yml"
    file.write_text("redis_url: redis://127.0.0.1:1/0\n")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("OSISM_", "NETBOX_"))}
    answer = subprocess.run(
        [sys.executable, "-X", "importtime", *words],
        env=kept | {"OSISM_CONFIG": str(file)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == code, answer.stderr[-2000:]
    rows = (line.split("|") for line in answer.stderr.splitlines() if "import time:" in line)
    return {row[-1].strip().partition(".")[0] for row in rows}


@pytest.mark.parametrize("words", [["--help"], ["netbox", "connect", "--help"], ["task", "--help"]])
def test_help_loads_no_library_but_that_of_the_command_line(
    tmp_path: Path, words: list[str]
) -> None:
    loaded = imported(tmp_path, "-m", "osism.main", *words)
    assert "cliff" in loaded
    assert not loaded & HELP


def test_the_list_of_jobs_asks_redis_and_loads_nothing_of_the_queue(tmp_path: Path) -> None:
    # Nobody answers at that address: how far it comes is all that is wanted here.
    loaded = imported(tmp_path, "-m", "osism.main", "task", "list", code=1)
    assert "redis" in loaded
    assert not loaded & RECORDS


def test_sending_a_job_loads_neither_celery_nor_a_library_of_its_work(tmp_path: Path) -> None:
    words = ["-m", "osism.main", "netbox", "connect", "node-1", "--no-wait"]
    loaded = imported(tmp_path, *words, code=1)
    assert "redis" in loaded
    assert not loaded & ((WORK - {"cliff"}) | {"celery", "kombu"})


def test_a_worker_of_a_queue_without_tasks_loads_no_library_of_the_others(tmp_path: Path) -> None:
    loaded = imported(tmp_path, "-c", "import osism.tasks.app")
    assert {"celery", "redis"} <= loaded
    assert not loaded & WORK
