"""Hearing: which changes no webhook ever told of, counted per connection and day."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, func, select, update

from hub.domain.signals import Loss
from hub.store import tables
from hub.store.desired import WEBHOOK
from hub.store.lander import instant_text, land
from hub.store.unit_of_work import Unit

COUNTED_DAYS = 2
"""Over so many days, today included, the loss of webhooks is counted."""

_hearing = tables.hearing
_unheard = tables.unheard


def note_changes(unit: Unit, connection_id: str, external_ids: Iterable[str], told: bool) -> None:
    """Count changes that were landed; those nobody `told` of wait for their webhook."""
    ids = list(external_ids)
    if not ids:
        return
    _count(unit, connection_id, changes=len(ids))
    if not told:
        now = instant_text(unit.now)
        columns = ("connection_id", "external_id", "found_at")
        land(unit, _unheard, columns, [(connection_id, one, now) for one in ids])


def heard(unit: Unit, connection_id: str, external_id: str) -> None:
    """A webhook told of this record: what polling found before was not lost, only late."""
    unit.execute(
        _unheard.delete().where(
            _unheard.c.connection_id == connection_id, _unheard.c.external_id == external_id
        )
    )


def settle_unheard(unit: Unit, connection_id: str, found_before: datetime) -> int:
    """Count as lost what polling found before this moment and no webhook told of since."""
    lost = unit.changed(
        _unheard.delete().where(
            _unheard.c.connection_id == connection_id, _unheard.c.found_at < found_before
        )
    )
    if lost:
        _count(unit, connection_id, unheard=lost)
    return lost


def losses(database: Connection, now: datetime) -> dict[str, Loss]:
    """Count what webhooks told of and what they did not, where webhooks are to be expected.

    That is where one ever arrived, and where a subscription is known to stand.
    """
    since = f"{now - timedelta(days=COUNTED_DAYS - 1):%Y-%m-%d}"
    inbox, wish = tables.inbox, tables.desired
    arrived = exists().where(inbox.c.connection_id == _hearing.c.connection_id)
    standing = exists().where(
        wish.c.connection_id == _hearing.c.connection_id,
        wish.c.field == WEBHOOK, wish.c.confirmed_version > 0,
    )  # fmt: skip
    rows = database.execute(
        select(_hearing.c.connection_id, func.sum(_hearing.c.changes).label("changes"),
               func.sum(_hearing.c.unheard).label("unheard"))
        .where(_hearing.c.day >= since, arrived | standing)
        .group_by(_hearing.c.connection_id)
    )  # fmt: skip
    return {row.connection_id: Loss(int(row.changes), int(row.unheard)) for row in rows}


def _count(unit: Unit, connection_id: str, **more: int) -> None:
    day = unit.now.date().isoformat()
    which = (_hearing.c.connection_id == connection_id, _hearing.c.day == day)
    columns = ("connection_id", "day", "changes", "unheard")
    if unit.execute(select(_hearing.c.day).where(*which)).first() is None:
        land(unit, _hearing, columns, [(connection_id, day, 0, 0)], keep=columns)
    added = {name: _hearing.c[name] + count for name, count in more.items()}
    unit.execute(update(_hearing).where(*which).values(**added))
