"""The one file a twin keeps: documents, log, queue and settings, safe against kill -9."""

from __future__ import annotations

import sqlite3
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entry TEXT NOT NULL,          -- answer | effect | delivery | fault | late
    at TEXT NOT NULL,             -- instant on the virtual clock
    method TEXT NOT NULL, path TEXT NOT NULL,
    reference TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    status INTEGER, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    due_at TEXT NOT NULL, target TEXT NOT NULL, topic TEXT NOT NULL, subject TEXT NOT NULL,
    postponed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS past (  -- what a document was before it changed; NULL: it was not
    number INTEGER PRIMARY KEY, at TEXT NOT NULL,
    kind TEXT NOT NULL, id TEXT NOT NULL, body BLOB);
CREATE INDEX IF NOT EXISTS past_of_document ON past (kind, id, number);
CREATE TABLE IF NOT EXISTS late_request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    due_at TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, query BLOB NOT NULL,
    headers TEXT NOT NULL, body BLOB NOT NULL);
CREATE TRIGGER IF NOT EXISTS log_is_append_only_update BEFORE UPDATE ON log
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_is_append_only_delete BEFORE DELETE ON log
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
"""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the twin's file, creating it; every commit is on disk before it returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # One thread at a time uses it: the caller seeds, then the server's loop takes over.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=5000")
    connection.executescript(SCHEMA)
    return connection
