"""How much a shop's webhooks lose: the share of changes that only polling found."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, func, select

from hub.store import tables

_hearing = tables.hearing


@dataclass(frozen=True)
class Loss:
    """Changes found over some days, and those no webhook ever told of."""

    changes: int
    unheard: int

    @property
    def share(self) -> float | None:
        """Give the lost share from 0 to 1; None when nothing changed."""
        return self.unheard / self.changes if self.changes else None


def webhook_loss(database: Connection, connection_id: str, today: date, days: int = 7) -> Loss:
    """Give the loss of one connection over the last days, today included."""
    since = (today - timedelta(days=days - 1)).isoformat()
    row = database.execute(
        select(
            func.coalesce(func.sum(_hearing.c.changes), 0),
            func.coalesce(func.sum(_hearing.c.unheard), 0),
        ).where(_hearing.c.connection_id == connection_id, _hearing.c.day >= since)
    ).one()
    return Loss(int(row[0]), int(row[1]))
