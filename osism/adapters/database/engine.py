"""How connections to the database are made, and what its failures are called."""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, Pool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, SQLAlchemyError

from osism.domain.errors import Misconfigured, OutsideFailed

#: How long a writer of SQLite waits for another one, in seconds.
BUSY_TIMEOUT = 30.0

# What libpq leaves open for minutes when the database's machine is gone without a word. An URL
# that says otherwise (?connect_timeout=3) is obeyed.
_POSTGRESQL = {
    "connect_timeout": "10",  # s
    "tcp_user_timeout": "30000",  # ms
    "application_name": "osism",
}

#: Pools of processes that forked this one.
_inherited: list[Pool] = []


def connect_to(text: str) -> Engine:
    """An engine for ``sqlite:///<path>`` or ``postgresql://…``, connected on first use.

    No connection crosses a fork. Raises :class:`Misconfigured` for any other URL.
    """
    url = _url(text)
    try:
        engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    except ImportError as error:
        raise Misconfigured(f"journal {shown(url)}: {error}") from None
    _forget_after_fork(engine)
    return engine


def shown(url: URL) -> str:
    """The URL as people may see it, without its password and options."""
    return url.set(query={}).render_as_string(hide_password=True)


@contextmanager
def failures(url: URL, doing: str) -> Iterator[None]:
    """Turn what the database or its file system raises into :class:`OutsideFailed`."""
    try:
        yield
    except DBAPIError as error:
        # Only the driver's first line: the rest has the statement and the values.
        raise OutsideFailed(f"{_about(url, doing)}: {_first_line(error.orig)}") from error
    except (SQLAlchemyError, OSError) as error:
        raise OutsideFailed(f"{_about(url, doing)}: {_first_line(error)}") from error


def _about(url: URL, doing: str) -> str:
    return f"journal {shown(url)}: cannot {doing}"


def _first_line(error: BaseException | None) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The text itself stays out: it may contain a password.
        raise Misconfigured(
            "journal: not a database URL; sqlite:////var/lib/osism/journal.db or "
            "postgresql://user:password@host/database are"
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise Misconfigured(f"journal {shown(url)}: SQLite and PostgreSQL are supported")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise Misconfigured(f"journal {shown(url)}: the path of a file is missing")
    return url


def _postgresql(url: URL) -> Engine:
    extra = {key: value for key, value in _POSTGRESQL.items() if key not in url.query}
    return create_engine(
        url.update_query_dict(extra),
        pool_size=1,
        max_overflow=9,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=dumps,
    )


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url,
        # One stays open: when the last one closes, SQLite writes its whole log back, in 10 ms.
        pool_size=1,
        max_overflow=9,
        # The write lock is taken when a transaction begins; taken later, it can fail at once.
        connect_args={"timeout": BUSY_TIMEOUT, "isolation_level": "IMMEDIATE"},
        hide_parameters=True,
        json_serializer=dumps,
    )
    path = Path(url.database or "")

    def look_again(connection: Any, record: Any, proxy: Any) -> None:
        if record.info.get("file") != _identity(path):
            raise DisconnectionError  # the file was taken away: the pool opens the one of now

    def remember(connection: Any, record: Any) -> None:
        record.info["file"] = _identity(path)

    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", look_again)
    return engine


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _prepare_sqlite(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def make_file(url: URL) -> None:
    """Make the file of SQLite and its directory, for nobody else to read, when missing."""
    path = Path(url.database or "")
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _forget_after_fork(engine: Engine) -> None:
    reference = weakref.ref(engine)

    def forget() -> None:
        engine = reference()
        if engine is not None:
            # The parent goes on using its connections. SQLite forbids so much as to close one that
            # came through a fork, which forgetting it would do: it is kept, unused.
            _inherited.append(engine.pool)
            engine.dispose(close=False)

    os.register_at_fork(after_in_child=forget)


def dumps(value: Any) -> str:
    """JSON that both databases take; what JSON does not know becomes its text."""
    return json.dumps(value, default=str, ensure_ascii=True)
