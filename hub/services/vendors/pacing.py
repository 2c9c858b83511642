"""What the vendor of a connection allows, as its descriptor declares it."""

from sqlalchemy import select

from hub.registry import Registry
from hub.sdk.pacing import Pace
from hub.store import tables
from hub.store.unit_of_work import Store


def pace_of(store: Store, registry: Registry, connection_id: str) -> Pace | None:
    """Give the pace of a stored connection; None while it is only being tried."""
    query = select(tables.connection.c.connector).where(tables.connection.c.id == connection_id)
    with store.reading() as database:
        connector = database.execute(query).scalar()
    if connector is None:
        return None
    declared = registry.connector(connector).rate
    if declared is None:
        return Pace()
    return Pace(declared.calls / declared.per.total_seconds(), declared.calls)
