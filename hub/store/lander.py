"""The lander: whole pages into the database at the driver's speed, statements made from the tables.

One ORM object at a time reaches a fiftieth of this. Values are given as the database keeps them:
text, numbers, bytes, `instant_text(...)` for instants, JSON text for documents.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, Table, bindparam, select

from hub.store.tables.types import instant_text
from hub.store.unit_of_work import Unit

__all__ = ["among", "instant_text", "json_text", "land", "rows_by"]

_BATCH = 500


def json_text(value: Any) -> str:
    """Encode a document as the JSON text a document column keeps."""
    return msgspec.json.encode(value).decode()


def land(
    unit: Unit, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]],
    *, keep: Sequence[str] = (), fresh: bool = False,
) -> None:  # fmt: skip
    """Insert rows, or update the ones whose primary key is there.

    `columns` names the values of each row; columns in `keep` are written on insert only. With
    every other column kept, a row that is there stays as it is. `fresh` rows are known not to be
    there: only preparing for an update makes SQLite take two thirds longer.
    """
    if rows:
        statement = _statement(table, tuple(columns), tuple(keep), fresh, unit.dialect)
        driver = unit.connection.connection.cursor()
        try:
            driver.executemany(statement, rows)
        finally:
            driver.close()


def rows_by(
    unit: Unit, table: Table, column: str, values: Iterable[Any], columns: Sequence[str] = (),
    **equal: Any,
) -> dict[Any, Any]:  # fmt: skip
    """Read the rows whose `column` is among `values`, keyed by it; `equal` narrows them further.

    `columns` names what to read of them, all when empty.
    """
    names = tuple(columns) or tuple(table.c.keys())
    query = _rows_among(table, names, column, tuple(equal))
    found = _in_batches(unit.connection, query, values, equal)
    return {getattr(row, column): row for row in found}


def among(
    connection: Connection, table: Table, column: str, values: Iterable[Any], **equal: Any
) -> set[Any]:
    """Give those of `values` that `column` holds in a row with the `equal` ones."""
    query = _rows_among(table, (column,), column, tuple(equal))
    return {row[0] for row in _in_batches(connection, query, values, equal)}


def _in_batches(
    connection: Connection, query: Select[Any], values: Iterable[Any], equal: dict[str, Any]
) -> Iterator[Row[Any]]:
    wanted = list(values)
    for start in range(0, len(wanted), _BATCH):
        yield from connection.execute(query, {"wanted": wanted[start : start + _BATCH], **equal})


@cache
def _rows_among(
    table: Table, columns: tuple[str, ...], column: str, equal: tuple[str, ...]
) -> Select[Any]:
    # Built once: building a query with a hundred values takes longer than answering it.
    return select(*(table.c[name] for name in columns)).where(
        table.c[column].in_(bindparam("wanted", expanding=True)),
        *(table.c[name] == bindparam(name) for name in equal),
    )


@cache
def _statement(
    table: Table, columns: tuple[str, ...], keep: tuple[str, ...], fresh: bool, dialect: str
) -> str:
    mark = "?" if dialect == "sqlite" else "%s"
    insert = (
        f"INSERT INTO {table.name} ({', '.join(columns)}) "
        f"VALUES ({', '.join(mark for _ in columns)})"
    )
    if fresh:
        return insert
    keys = [column.name for column in table.primary_key]
    changes = [name for name in columns if name not in keys and name not in keep]
    action = "NOTHING"
    if changes:
        action = "UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in changes)
    return f"{insert} ON CONFLICT ({', '.join(keys)}) DO {action}"
