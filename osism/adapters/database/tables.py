"""The tables of the database, and how their values are stored."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

#: Constraint names are fixed, so that a migration can change them on any database.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """A point in time with microseconds; aware on the way in, aware and in UTC on the way out.

    SQLite keeps no time zone, and PostgreSQL answers in the zone of the connection.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()}: a time without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


#: SQLite counts by itself in a column of this very type only.
_COUNTER = BigInteger().with_variant(Integer(), "sqlite")

transitions = Table(
    "transitions",
    metadata,
    Column("id", String, primary_key=True),
    Column("job", String, nullable=False),
    Column("device", String, nullable=False),
    Column("source", String, nullable=False),
    Column("target", String, nullable=False),
    Column("status", String, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("started", Utc, nullable=False),
    Column("ended", Utc),
    Column("phase", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("switches", JSON, nullable=False),
    Column("request", JSON, nullable=False),
    Column("generation", Integer, nullable=False, server_default="0"),
    Index(None, "job"),
    Index(None, "device", "started"),
    Index(None, "status", "started"),
    Index(None, "started"),
)

events = Table(
    "events",
    metadata,
    Column("id", _COUNTER, primary_key=True),
    Column(
        "transition",
        String,
        ForeignKey(transitions.c.id, ondelete="CASCADE"),
        nullable=False,
    ),
    Column("at", Utc, nullable=False),
    Column("phase", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("detail", JSON, nullable=False),
    Index(None, "transition"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("environment", String, nullable=False),
    Column("role", String, nullable=False),
    Column("status", String, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("worker", String, nullable=False),
    Column("collection", String, nullable=False),
    Column("started", Utc, nullable=False),
    Column("ended", Utc),
    Column("exit_code", Integer),
    Column("reason", Text, nullable=False),
    Column("request", JSON, nullable=False),
    Column("hosts", JSON, nullable=False),
    Index(None, "role", "started"),
    Index(None, "status", "started"),
    Index(None, "started"),
)

conditions = Table(
    "conditions",
    metadata,
    Column("device", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", Utc, nullable=False),
)

#: What devices shall be; ``job`` is the one that brings the device there.
specs = Table(
    "specs",
    metadata,
    Column("device", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("job", String, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("created", Utc, nullable=False),
    Column("modified", Utc, nullable=False),
)

#: Writing requests to the HTTP API; ``status`` is empty while one is worked on.
audit = Table(
    "audit",
    metadata,
    Column("id", _COUNTER, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("who", String, nullable=False),
    Column("role", String, nullable=False),
    Column("address", String, nullable=False),
    Column("method", String, nullable=False),
    Column("path", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("status", Integer),
    Column("result", Text, nullable=False),
    Index(None, "at"),
    Index(None, "who", "at"),
)
