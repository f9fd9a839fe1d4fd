"""Empty databases for tests: files of SQLite, and schemas of the PostgreSQL of the environment."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

KINDS = ["sqlite", "postgresql"]
_VARIABLE = "OSISM_TEST_DATABASE_URL"


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a database without tables; skips PostgreSQL when the environment names none."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/of/journal.db"
        return
    named = os.environ.get(_VARIABLE)
    if not named:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(f"{_VARIABLE} names no PostgreSQL database to test with")
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
