"""The database: the history of transitions, in SQLite or PostgreSQL."""
