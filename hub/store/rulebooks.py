"""Rulebooks: what the merchant decided, as data, every version kept; the highest is in force."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import tables
from hub.store.unit_of_work import Unit

_book = tables.rulebook

BUILT_IN = 0
"""The version of a rulebook that nobody has written yet: the defaults of its record."""


@dataclass(frozen=True)
class Rulebook:
    """One version of a rulebook; the document is empty where the defaults hold."""

    name: str
    version: int
    document: dict[str, Any]
    applied_by: str = ""
    applied_at: datetime | None = None


def current(connection: Connection, name: str) -> Rulebook:
    """Give the version in force; version 0 with an empty document when none was applied."""
    query = select(_book).where(_book.c.name == name).order_by(_book.c.version.desc()).limit(1)
    row = connection.execute(query).first()
    return Rulebook(name, BUILT_IN, {}) if row is None else Rulebook(*row)


def apply(unit: Unit, name: str, document: dict[str, Any], by: str) -> int:
    """Put a checked document in force; gives its version.

    The document in force, applied again, changes nothing and gives the version it has.
    """
    insert = sqlite.insert if unit.dialect == "sqlite" else postgresql.insert
    while True:
        known = current(unit.connection, name)
        if known.version != BUILT_IN and known.document == document:
            return known.version
        version = known.version + 1
        written = insert(_book).values(
            name=name, version=version, document=document, applied_by=by, applied_at=unit.now
        )
        first = written.on_conflict_do_nothing().returning(_book.c.version)
        if unit.execute(first).first() is not None:
            return version  # otherwise somebody else was first: what they wrote is in force now


def history(connection: Connection, name: str) -> list[Rulebook]:
    """Give every version, the newest first."""
    query = select(_book).where(_book.c.name == name).order_by(_book.c.version.desc())
    return [Rulebook(*row) for row in connection.execute(query)]
