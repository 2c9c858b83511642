"""The breaker of a stream: when much of what it brought was not understood, its pulls wait.

No state of its own: judged from what the latest pulls counted and what is still kept aside, so
that it closes by itself once the records were read again. Every hour one pull tries.
"""

from datetime import timedelta

from sqlalchemy import Connection, func, select

from hub.domain.signals import Misread, is_misread
from hub.store import tables
from hub.store.catalogue import LISTING
from hub.store.cursors import ORDERS, PRODUCTS
from hub.store.order_lander import ORDER

TRY_AFTER = timedelta(hours=1)
"""Since the last pull that brought something."""
LATEST_PULLS = 50
KINDS = {ORDERS: ORDER, PRODUCTS: LISTING}

_job = tables.job
_kept = tables.quarantine


def misread(database: Connection, connection_id: str, stream: str) -> Misread | None:
    """Give how much of a stream was not understood lately; None while that is little."""
    rows = database.execute(
        select(_job.c.counters, _job.c.finished_at)
        .where(_job.c.subject == connection_id, _job.c.kind == f"pull_{stream}")
        .order_by(_job.c.id.desc())
        .limit(LATEST_PULLS)
    )
    seen = unread = 0
    last = None
    for counters, finished_at in rows:
        seen += counters.get("seen", 0)
        unread += counters.get("quarantined", 0)
        last = last or (finished_at if counters.get("seen") else None)
        if is_misread(seen, unread):
            break
    if last is None or not is_misread(seen, min(unread, _open(database, connection_id, stream))):
        return None
    return Misread(stream, seen, unread, last, last + TRY_AFTER)


def _open(database: Connection, connection_id: str, stream: str) -> int:
    query = select(func.count()).where(
        _kept.c.connection_id == connection_id,
        _kept.c.kind == KINDS[stream],
        _kept.c.state == "open",
    )
    return int(database.execute(query).scalar_one())
