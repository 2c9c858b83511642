"""After an older copy of the database was put in place: what vendors know is learned first."""

from sqlalchemy import select

from hub.records.connection import ConnectionState
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.store import tables
from hub.store.effects import get_effect, mark_needs_operator
from hub.store.life import forget_restored, restored_at

MAY_BE_DONE = "it may have been done after the backup was made: look at the vendor"


class NotReconciledError(HubError):
    """Some stream was not pulled to its end since the older copy was put in place."""


def reconcile(hub: Hub) -> int:
    """Let the hub buy and write again; gives how many effects are now a person's to settle.

    What the copy had yet to do may have been done since it was made, under a key that nobody need
    remember: each is given to a person. Raises `NotReconciledError`, which names what to pull.
    """
    shop, cursor, effect = tables.connection, tables.cursor, tables.effect
    with hub.store.unit_of_work() as unit:
        since = restored_at(unit.connection)
        if since is None:
            return 0
        late = unit.execute(
            select(shop.c.code, cursor.c.stream)
            .join(cursor, cursor.c.connection_id == shop.c.id)
            .where(
                shop.c.state != ConnectionState.DISABLED,
                cursor.c.complete_at.is_(None) | (cursor.c.complete_at <= since),
            )
            .order_by(shop.c.code, cursor.c.stream)
        ).all()
        if late:
            named = ", ".join(f"{row.stream} of {row.code}" for row in late)
            raise NotReconciledError(f"not pulled since: {named}; hub sync, then again")
        owed = select(effect.c.id).where(effect.c.state == "prepared", effect.c.created_at <= since)
        doubtful = unit.execute(owed).scalars().all()
        for effect_id in doubtful:
            mark_needs_operator(unit, get_effect(unit.connection, effect_id), MAY_BE_DONE)
        forget_restored(unit)
    return len(doubtful)
