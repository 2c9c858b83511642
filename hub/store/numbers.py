"""Human numbers: counted up by one row per series, so that two writers never take the same."""

from sqlalchemy import Integer, String, cast
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import tables
from hub.store.unit_of_work import Unit


def next_number(unit: Unit, series: str, first: int = 1001) -> int:
    """Take the next number of a series, in the commit of what it names."""
    row = tables.hub
    insert = (sqlite.insert if unit.dialect == "sqlite" else postgresql.insert)(row)
    counted = insert.values(name=f"number:{series}", value=str(first)).on_conflict_do_update(
        index_elements=["name"], set_={"value": cast(cast(row.c.value, Integer) + 1, String)}
    )
    return int(unit.execute(counted.returning(row.c.value)).scalar_one())
