"""A real Redis for the tests: one server for all, another one for tests that break it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NoReturn

import pytest
import redis

from osism.adapters.connections import connect
from osism.domain.errors import Misconfigured
from osism.lab.redis import EmbeddedRedis

ROOT = Path(__file__).parents[2]

Until = Callable[..., Any]
Python = Callable[..., "subprocess.Popen[str]"]


def absent(reason: str) -> NoReturn:
    """Skip at home, fail in CI."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def until() -> Until:
    """Wait for a condition and return its value."""

    def wait(condition: Callable[[], Any], within: float = 10.0) -> Any:
        deadline = monotonic() + within
        while not (value := condition()):
            assert monotonic() < deadline, f"not within {within} s"
            sleep(0.005)
        return value

    return wait


@pytest.fixture
def python() -> Iterator[Python]:
    """Run Python code in a process of its own (arguments in sys.argv), killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", textwrap.dedent(code), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with process:
            process.kill()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """The server that tests share."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    try:
        server.start()
    except Misconfigured as error:
        absent(str(error))
    yield server
    server.stop()


@pytest.fixture
def redis_client(redis_server: EmbeddedRedis) -> Iterator[redis.Redis]:
    """A client of the shared server, empty before the test."""
    client = connect(redis_server.url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def breakable(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A server of one's own that keeps its data, to be killed and started again."""
    server = EmbeddedRedis(tmp_path / "redis", persist=True)
    try:
        server.start()
    except Misconfigured as error:
        absent(str(error))
    yield server
    server.stop()


@pytest.fixture
def everything_expires(redis_client: redis.Redis) -> Iterator[None]:
    """After the test every key of the shared server has a time to live."""
    yield
    forever = [key for key in redis_client.scan_iter() if redis_client.pttl(key) == -1]
    assert forever == []
