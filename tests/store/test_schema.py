"""The schema: from nothing to this program's, again after a crash, and never from the future."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event, inspect, text

from hub.store import schema, tables
from hub.store.engine import Engines, StorageError, open_engines


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engines]:
    """A database without any table, once on SQLite and once on PostgreSQL."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/hub.db" if on_sqlite else request.getfixturevalue("fresh_postgres")
    engines = open_engines(url)
    yield engines
    engines.dispose()


def names(engines: Engines) -> set[str]:
    with engines.read.connect() as connection:
        return set(inspect(connection).get_table_names())


def force_revision(engines: Engines, revision: str) -> None:
    with engines.write.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def test_an_empty_database_is_brought_to_the_newest_schema_and_stays_there(
    empty: Engines,
) -> None:
    assert schema.current(empty) is None
    with pytest.raises(StorageError, match="hub init"):
        schema.check(empty)
    assert schema.upgrade(empty) == schema.newest() == schema.current(empty)
    assert names(empty) == {*tables.METADATA.tables, "alembic_version"}
    assert schema.upgrade(empty) == schema.newest()
    schema.check(empty)


def test_the_migrated_schema_is_the_one_the_tables_declare(empty: Engines) -> None:
    schema.upgrade(empty)
    with empty.read.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.METADATA) == []


TEXTS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
    "UNION SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'",
}


def texts(engines: Engines) -> dict[str, list[str]]:
    """Give what the database keeps of tables, checks and indexes, whatever their columns' order."""
    with engines.read.connect() as connection:
        rows = connection.execute(text(TEXTS[engines.dialect])).all()
    return {
        name: sorted(_parts(kept.replace('"', ""))) for name, kept in rows if "alembic" not in name
    }


def _parts(statement: str) -> list[str]:
    """Split at the commas of the outermost brackets: columns that were added stand on one line."""
    depth, parts = 0, [""]
    for sign in statement:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 1:
            parts.append("")
        else:
            parts[-1] += sign
    opening, *rest = parts
    head, _, first = opening.partition("(")
    return [" ".join(part.split()).removesuffix(" )") for part in (head, first, *rest)]


def test_checks_and_partial_indexes_are_migrated_too(empty: Engines) -> None:
    """What Alembic does not compare is compared as text with a database made from the tables."""
    schema.upgrade(empty)
    migrated = texts(empty)
    tables.METADATA.drop_all(empty.write)
    tables.METADATA.create_all(empty.write)
    assert texts(empty) == migrated
    assert any("line_adds_up" in name or "line_adds_up" in "".join(kept)
               for name, kept in migrated.items())  # fmt: skip


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(empty: Engines) -> None:
    schema.upgrade(empty)
    force_revision(empty, "9999")
    for attempt in (schema.check, schema.upgrade):
        with pytest.raises(StorageError, match="9999, which is newer than this program"):
            attempt(empty)
    assert schema.current(empty) == "9999"


def test_a_migration_that_dies_half_way_leaves_nothing_and_can_be_run_again(
    empty: Engines,
) -> None:
    def die(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "CREATE TABLE sync_job" in statement:
            raise KeyboardInterrupt

    event.listen(empty.write, "before_cursor_execute", die)
    with pytest.raises(KeyboardInterrupt):
        schema.upgrade(empty)
    event.remove(empty.write, "before_cursor_execute", die)
    assert names(empty) == set()
    assert schema.upgrade(empty) == schema.newest()
    schema.check(empty)


def test_money_has_64_bits_everywhere(empty: Engines) -> None:
    """32 bits end at 21 million dollars, and at less than two thousand in rupiah."""
    schema.upgrade(empty)
    with empty.read.connect() as connection:
        kinds = {
            f"{table}.{column['name']}": str(column["type"])
            for table in tables.METADATA.tables
            for column in inspect(connection).get_columns(table)
            if column["name"].endswith("_minor")
        }
    assert len(kinds) >= 4
    assert set(kinds.values()) == {"BIGINT"}
