"""What was wrong, since when, and when it healed: the history operators ask for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, or_, select

from hub.domain.health import What
from hub.store import tables

WEEK = timedelta(days=7)
_rows = tables.incident


@dataclass(frozen=True)
class IncidentRow:
    """One trouble: whose, what, and from when to when; `connection` is empty for the hub's own."""

    connection: str
    what: str
    text: str
    opened_at: datetime
    seen_at: datetime
    healed_at: datetime | None
    times: int

    @property
    def lasted(self) -> timedelta | None:
        """How long it lasted; None while it goes on."""
        return self.healed_at - self.opened_at if self.healed_at else None


@dataclass(frozen=True)
class History:
    """What was wrong since an instant, the newest first, and what healed at its next try."""

    since: datetime
    incidents: tuple[IncidentRow, ...]
    hiccups: int
    """Single failures that the next attempt made good."""


_HICCUP = and_(
    _rows.c.what == What.UNREACHABLE.value, _rows.c.times < 2, _rows.c.healed_at.is_not(None)
)


def history(
    database: Connection, since: datetime, connection_id: str | None = None, limit: int = 200
) -> History:
    """Give what was wrong since an instant, also what began before and went on."""
    concerned = [or_(_rows.c.opened_at >= since, _rows.c.healed_at >= since,
                     _rows.c.healed_at.is_(None))]  # fmt: skip
    if connection_id is not None:
        concerned.append(_rows.c.connection_id == connection_id)
    shop = tables.connection
    rows = database.execute(
        select(_rows, shop.c.code)
        .outerjoin(shop, shop.c.id == _rows.c.connection_id)
        .where(*concerned, ~_HICCUP)
        .order_by(_rows.c.healed_at.is_not(None), _rows.c.opened_at.desc())
        .limit(limit)
    )
    told = tuple(
        IncidentRow(row.code or "", row.what, row.text, row.opened_at, row.seen_at, row.healed_at,
                    row.times)
        for row in rows
    )  # fmt: skip
    hiccups = database.execute(select(func.count()).where(*concerned, _HICCUP)).scalar_one()
    return History(since, told, int(hiccups))
