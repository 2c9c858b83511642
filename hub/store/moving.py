"""Moving a whole hub from its SQLite file to PostgreSQL, work in progress included.

A move may be killed at any point and started again: the new place opens only when every row was
counted and summed in both, and by then the old one has been closed for good. Never are both open.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from hub.store import schema, tables
from hub.store.engine import Engines, StorageError
from hub.store.installation import installation_mark

BATCH = 500
ARRIVING, GONE = "moving_from", "moved_to"
"""Names in the table `hub`: a place that is being filled, and one that was left."""

_CLOSED = "this hub has moved; use HUB_DATABASE_URL"
_SUM = 2**64


@dataclass(frozen=True)
class Carried:
    """One table that has arrived: its rows, and a sum over all of them in any order."""

    table: str
    rows: int
    checksum: str


def refuse_unless_here(engines: Engines) -> None:
    """Raise `StorageError` where a hub has moved away, or has not arrived whole."""
    signs = _looked_up(engines)
    if GONE in signs:
        raise StorageError(f"this hub has moved to {signs[GONE]}; set HUB_DATABASE_URL to it")
    if ARRIVING in signs:
        raise StorageError("a hub is on its way here; run the same `hub db move` again")


def move(
    source: Engines, target: Engines, tell: Callable[[Carried], None] = lambda table: None
) -> list[Carried]:
    """Carry every row over, verify, close the old place, open the new one.

    The caller holds the engine's lock; other writers wait, and are refused afterwards. Gives what
    was carried, and tells of each table as it arrives. Raises `StorageError`.
    """
    schema.check(source)
    mark = installation_mark(source)
    with source.write.begin() as old:  # BEGIN IMMEDIATE: nobody writes beside the move
        _refuse_another_move(old, target)
        _clear(target, mark)
        carried = []
        for table in tables.METADATA.sorted_tables:
            carried.append(_carry(table, old, target))
            tell(carried[-1])
        _close(old, target)
    with target.write.begin() as new:
        new.execute(delete(tables.hub).where(tables.hub.c.name == ARRIVING))
    return carried


def _refuse_another_move(old: Connection, target: Engines) -> None:
    gone = _signs(old).get(GONE)
    if gone is None:
        return
    arriving = schema.current(target) is not None and ARRIVING in _looked_up(target)
    if gone != _place(target) or not arriving:
        raise StorageError(f"this hub has moved to {gone} already")


def _clear(target: Engines, mark: str) -> None:
    """Make the target empty: of an earlier try of this move only, never of another hub."""
    schema.upgrade(target)
    with target.write.begin() as new:
        arriving = _signs(new).get(ARRIVING)
        if arriving is None:
            for table in tables.METADATA.sorted_tables:
                if new.execute(select(table).limit(1)).first() is not None:
                    raise StorageError(
                        f"{_place(target)} is not empty (table {table.name}); name an empty one"
                    )
        elif arriving != mark:
            raise StorageError(f"another hub is on its way to {_place(target)}; name an empty one")
        for table in reversed(tables.METADATA.sorted_tables):
            new.execute(text(f'TRUNCATE "{table.name}" CASCADE'))
        new.execute(insert(tables.hub).values(name=ARRIVING, value=mark))


def _carry(table: Table, old: Connection, target: Engines) -> Carried:
    rows = total = 0
    for batch in _batches(table, old):
        try:
            with target.write.begin() as new:
                new.execute(insert(table), batch)
        except DBAPIError as error:
            reason = str(error.orig).partition("\n")[0]
            raise StorageError(f"PostgreSQL refuses rows of {table.name}: {reason}") from None
        rows += len(batch)
        total += sum(map(_digest, batch))
    with target.read.connect() as new:
        arrived = [(len(batch), sum(map(_digest, batch))) for batch in _batches(table, new)]
    if (rows, total % _SUM) != (
        sum(count for count, _ in arrived), sum(part for _, part in arrived) % _SUM,
    ):  # fmt: skip
        raise StorageError(f"the rows of {table.name} differ after copying; nothing was switched")
    return Carried(f"{table.name}", rows, f"{total % _SUM:016x}")


def _batches(table: Table, connection: Connection) -> Iterator[list[dict[str, Any]]]:
    """Stream a table, without the signs of the move itself; memory holds one batch."""
    query = select(table)
    if table is tables.hub:
        query = query.where(tables.hub.c.name.not_in((ARRIVING, GONE)))
    found = connection.execution_options(yield_per=BATCH).execute(query)
    for part in found.mappings().partitions():
        yield [dict(row) for row in part]


def _digest(row: dict[str, Any]) -> int:
    """Sum a row up from what its columns mean, however a database stores them."""
    whole = msgspec.json.encode(row, order="sorted")
    return int.from_bytes(sha256(whole).digest()[:8])


def _close(old: Connection, target: Engines) -> None:
    """Leave the old place for good: even a program that has it open can write no more."""
    if GONE in _signs(old):
        return
    old.execute(insert(tables.hub).values(name=GONE, value=_place(target)))
    for table in tables.METADATA.sorted_tables:
        for verb in ("INSERT", "UPDATE", "DELETE"):
            old.exec_driver_sql(
                f'CREATE TRIGGER "moved_{table.name}_{verb}" BEFORE {verb} ON "{table.name}" '
                f"BEGIN SELECT RAISE(ABORT, '{_CLOSED}'); END"
            )


def _signs(connection: Connection) -> dict[str, str]:
    names = select(tables.hub.c.name, tables.hub.c.value)
    found = connection.execute(names.where(tables.hub.c.name.in_((ARRIVING, GONE))))
    return {row.name: row.value for row in found}


def _looked_up(engines: Engines) -> dict[str, str]:
    with engines.read.connect() as connection:
        return _signs(connection)


def _place(engines: Engines) -> str:
    return engines.write.url.set(drivername="postgresql").render_as_string(hide_password=True)
