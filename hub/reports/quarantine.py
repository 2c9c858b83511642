"""Records that were kept aside because nobody understood them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from hub.store import tables

_kept = tables.quarantine


@dataclass(frozen=True)
class KeptRow:
    """One record that a person must look at."""

    id: str
    connection: str
    kind: str
    external_id: str | None
    reason: str
    state: str
    seen: int
    created_at: datetime
    resolved_at: datetime | None


def list_kept(database: Connection, everything: bool = False, limit: int = 200) -> list[KeptRow]:
    """Give what is kept aside, the oldest first; `everything` includes what was resolved."""
    query = _query().order_by(_kept.c.id).limit(limit)
    if not everything:
        query = query.where(_kept.c.state == "open")
    return [KeptRow(*row) for row in database.execute(query)]


def kept_row(database: Connection, item_id: str) -> KeptRow | None:
    """Give one kept record; None when there is none."""
    row = database.execute(_query().where(_kept.c.id == item_id)).one_or_none()
    return None if row is None else KeptRow(*row)


def _query() -> Select[Any]:
    shop = tables.connection
    return select(
        _kept.c.id, shop.c.code, _kept.c.kind, _kept.c.external_id, _kept.c.reason, _kept.c.state,
        _kept.c.seen, _kept.c.created_at, _kept.c.resolved_at,
    ).join(shop, shop.c.id == _kept.c.connection_id)  # fmt: skip
