"""The history of transitions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "transitions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("started", TIME, nullable=False),
        sa.Column("ended", TIME),
        sa.Column("phase", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("switches", sa.JSON(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_transitions"),
    )
    op.create_table(
        "events",
        sa.Column("id", COUNTER, nullable=False, autoincrement=True),
        sa.Column("transition", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("phase", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.ForeignKeyConstraint(
            ["transition"],
            ["transitions.id"],
            name="fk_events_transition_transitions",
            ondelete="CASCADE",
        ),
    )
    for table, *columns in (
        ("transitions", "job"),
        ("transitions", "device", "started"),
        ("transitions", "status", "started"),
        ("transitions", "started"),
        ("events", "transition"),
    ):
        op.create_index("_".join(["ix", table, *columns]), table, columns)


def downgrade() -> None:
    op.drop_table("events")
    op.drop_table("transitions")
