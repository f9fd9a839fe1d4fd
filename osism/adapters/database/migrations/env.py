"""What Alembic runs to migrate: always on a connection that the caller opened and commits.

A new revision is drafted by ``alembic.command.revision(config, message, autogenerate=True)`` with
the configuration that :mod:`osism.adapters.database.schema` builds; afterwards ``schema.HEAD`` is
set to it.
"""

from __future__ import annotations

from alembic import context

from osism.adapters.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by rebuilding it.
    render_as_batch=True,
    # All revisions or none: the caller's transaction holds them together.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
