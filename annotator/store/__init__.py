"""Where readings are kept: append-only revisions in SQLite or PostgreSQL."""
