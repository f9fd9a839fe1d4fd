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
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = str(programs[-1]) if programs else shutil.which("initdb")
    if not initdb:
        return ""
    home = Path(tempfile.mkdtemp(prefix="osism-pg-"))
    # PostgreSQL refuses to run as root; Debian's package brings a user for it.
    user = "postgres" if os.getuid() == 0 else None
    if user:
        shutil.chown(home, user)
    data = home / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": home, "user": user}
    subprocess.run([initdb, "-D", data, "-U", "osism", "-A", "trust", "-N"], check=True, **quiet)
    # The guard ends the server with us, however we end; pg_ctl's would be nobody's child.
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    server = [*become, str(Path(initdb).with_name("postgres")), "-D", str(data), "-k", str(home)]
    options = ("listen_addresses=", "fsync=off", "max_connections=200")
    process = subprocess.Popen(
        [
            *(sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), "0.5"),
            *server, *(word for option in options for word in ("-c", option)),
        ],
        cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip

    def stop() -> None:
        process.terminate()
        process.wait()
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(stop)
    ready = [str(Path(initdb).with_name("pg_isready")), "-q", "-h", str(home)]
    deadline = monotonic() + 60
    while subprocess.run(ready, check=False).returncode != 0:
        assert process.poll() is None, f"PostgreSQL ended with {process.returncode}"
        assert monotonic() < deadline, "PostgreSQL does not answer"
        sleep(0.05)
    return f"postgresql://osism@/postgres?host={home}"
