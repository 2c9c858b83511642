"""The lander: whole pages into the database at the driver's speed, statements made from the tables.

One ORM object at a time reaches a fiftieth of this. Values are given as the database keeps them:
text, numbers, bytes, `instant_text(...)` for instants, JSON text for documents.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Table, select

from hub.store.tables.types import instant_text
from hub.store.unit_of_work import Unit

__all__ = ["instant_text", "json_text", "land", "rows_by"]


def json_text(value: Any) -> str:
    """Encode a document as the JSON text a document column keeps."""
    return msgspec.json.encode(value).decode()


def land(
    unit: Unit, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]],
    *, keep: Sequence[str] = (),
) -> None:  # fmt: skip
    """Insert rows, or update the ones whose primary key is there.

    `columns` names the values of each row; columns in `keep` are written on insert only. With
    every other column kept, a row that is there stays as it is.
    """
    if rows:
        statement = _statement(table, tuple(columns), tuple(keep), unit.dialect)
        driver = unit.connection.connection.cursor()
        try:
            driver.executemany(statement, rows)
        finally:
            driver.close()


def rows_by(
    unit: Unit, table: Table, column: str, values: Iterable[Any], *where: Any
) -> dict[Any, Any]:
    """Read the rows whose `column` is among `values`, in batches, keyed by that column."""
    found: dict[Any, Any] = {}
    wanted = list(values)
    for start in range(0, len(wanted), 500):
        batch = wanted[start : start + 500]
        query = select(table).where(table.c[column].in_(batch), *where)
        found.update((getattr(row, column), row) for row in unit.execute(query))
    return found


@cache
def _statement(table: Table, columns: tuple[str, ...], keep: tuple[str, ...], dialect: str) -> str:
    mark = "?" if dialect == "sqlite" else "%s"
    keys = [column.name for column in table.primary_key]
    changes = [name for name in columns if name not in keys and name not in keep]
    action = "NOTHING"
    if changes:
        action = "UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in changes)
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) "
        f"VALUES ({', '.join(mark for _ in columns)}) "
        f"ON CONFLICT ({', '.join(keys)}) DO {action}"
    )
