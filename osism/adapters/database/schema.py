"""Brings the tables to the state this version of the product needs, whoever starts first."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from osism.adapters.database.engine import make_file, shown
from osism.domain.errors import Misconfigured, OutsideFailed

#: The newest revision of ``migrations/versions``. Known here as well, so that a process finds out
#: that there is nothing to do without loading Alembic.
HEAD = "0004"

# How long a process waits for another one that is upgrading, in seconds.
_WAIT = 60.0
# The advisory lock of PostgreSQL is a number; this one spells "osism".
_LOCK = 0x6F7369736D


def prepare(engine: Engine) -> None:
    """Create or upgrade the tables. Any number of processes may do this at the same time.

    One that is killed in the middle leaves the database as it was. Raises :class:`Misconfigured`
    for a database of a newer version of the product.
    """
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)


def _prepare_sqlite(engine: Engine) -> None:
    path = Path(engine.url.database or "")
    make_file(engine.url)
    # Nobody connects to an empty file without the lock, because switching to WAL wants it alone.
    if path.stat().st_size:
        with engine.connect() as connection:
            if _revision(connection) == HEAD:
                return
    with _alone(path.with_name(f"{path.name}.lock")), engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        # A migration that rebuilds a table must not take what refers to it along.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        # The driver begins no transaction before DDL by itself.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        _upgrade(connection)
        connection.commit()


def _prepare_postgresql(engine: Engine) -> None:
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    with engine.begin() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT:g}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found else None


def _upgrade(connection: Connection) -> None:
    if _revision(connection) == HEAD:  # whoever had the lock before has done it
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise Misconfigured(
            f"journal {shown(connection.engine.url)}: its tables are not those of this "
            f"version of osism ({error}); was it used with a newer one?"
        ) from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock file *path*; the system frees it when the process is killed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + _WAIT
        while True:
            try:
                flock(descriptor, LOCK_EX | LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise OutsideFailed(f"{path}: held for more than {_WAIT:g} s") from None
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)
