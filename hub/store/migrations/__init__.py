"""Alembic migrations: every schema the database has had; killable, re-runnable."""
