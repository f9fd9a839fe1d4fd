"""Empty databases for tests: files of SQLite, and schemas of a PostgreSQL.

The PostgreSQL is the one that OSISM_TEST_DATABASE_URL names, or one of our own, started from the
machine's programs on a Unix socket in a temporary directory.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from osism.adapters.ansible import guard

KINDS = ["sqlite", "postgresql"]
_VARIABLE = "OSISM_TEST_DATABASE_URL"


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a database without tables; without a PostgreSQL, skips at home, fails in CI."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/of/journal.db"
        return
    named = os.environ.get(_VARIABLE) or _own_server()
    if not named:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(f"no PostgreSQL is installed, and {_VARIABLE} names none")
    url = make_url(named).set(drivername="postgresql+psycopg")
    schema = f"osism_test_{uuid.uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        try:
            inside = url.update_query_dict({"options": f"-csearch_path={schema}"})
            yield inside.render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@cache
def _own_server() -> str:
    """The URL of a server for this process, empty when PostgreSQL is not installed."""
    if not _initdb():
        return ""
    server = PostgresServer()
    atexit.register(server.remove)
    server.start()
    return server.url


def _initdb() -> str:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return str(programs[-1]) if programs else shutil.which("initdb") or ""


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server of its own, which a test may stop and start; see :func:`empty_database`."""
    if not _initdb():
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("no PostgreSQL is installed")
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


class PostgresServer:
    """A PostgreSQL on a Unix socket in a temporary directory, which ends with this process."""

    def __init__(self) -> None:
        self._initdb = _initdb()
        self.home = Path(tempfile.mkdtemp(prefix="osism-pg-"))
        self.url = f"postgresql://osism@/postgres?host={self.home}"
        # PostgreSQL refuses to run as root; Debian's package brings a user for it.
        self._user = "postgres" if os.getuid() == 0 else None
        if self._user:
            shutil.chown(self.home, self._user)
        make = [self._initdb, "-D", self.home / "data", "-U", "osism", "-A", "trust", "-N"]
        subprocess.run(make, check=True, user=self._user, **self._quiet)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def _quiet(self) -> dict[str, Any]:
        return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": self.home}

    def start(self) -> None:
        user = self._user
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        program = str(Path(self._initdb).with_name("postgres"))
        server = [*become, program, "-D", str(self.home / "data"), "-k", str(self.home)]
        options = ("listen_addresses=", "fsync=off", "max_connections=200")
        # The guard ends the server with us, however we end; pg_ctl's would be nobody's child.
        process = self._process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), "0.5"),
                *server, *(word for option in options for word in ("-c", option)),
            ],
            start_new_session=True, **self._quiet,
        )  # fmt: skip
        ready = [str(Path(self._initdb).with_name("pg_isready")), "-q", "-h", str(self.home)]
        deadline = monotonic() + 60
        while subprocess.run(ready, check=False).returncode != 0:
            assert process.poll() is None, f"PostgreSQL ended with {process.returncode}"
            assert monotonic() < deadline, "PostgreSQL does not answer"
            sleep(0.05)

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait()
            self._process = None
            # Killed, it has left it behind.
            (self.home / "data" / "postmaster.pid").unlink(missing_ok=True)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
