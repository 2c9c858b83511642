"""Records that a shop no longer has: a tombstone, and nothing is promised or published for them."""

from sqlalchemy import Connection, or_, select, update

from hub.records.catalogue import ListingState
from hub.records.events import EventKind
from hub.store import tables
from hub.store.catalogue import LISTING
from hub.store.desired import LISTING as CONTENT
from hub.store.desired import STOCK, forget_wishes
from hub.store.order_lander import ORDER
from hub.store.unit_of_work import Unit

DELETED = "deleted"

_link = tables.link


def order_is_gone(unit: Unit, connection_id: str, external_id: str) -> bool:
    """Take an order as cancelled that its shop no longer has; False when it is known already.

    An older version that arrives late does not bring it back.
    """
    orders = tables.sales_order
    known = unit.execute(
        select(orders.c.id).where(
            orders.c.connection_id == connection_id, orders.c.external_id == external_id,
            orders.c.channel_status != DELETED,
        )
    ).scalar()  # fmt: skip
    if known is None:
        return False
    unit.execute(
        update(orders)
        .where(orders.c.id == known)
        .values(channel_state="cancelled", channel_status=DELETED)
    )
    _bury(unit, connection_id, ORDER, [external_id])
    unit.record(EventKind.ORDER_CANCELLED, str(known), connection_id)
    return True


def shown_under(database: Connection, connection_id: str, external_id: str) -> list[str]:
    """Give the ids of a product's listings that have not ended: its own and its variations'."""
    rows = tables.listing
    query = select(rows.c.external_id).where(
        rows.c.connection_id == connection_id, rows.c.state != ListingState.ENDED.value,
        or_(rows.c.external_id == external_id, rows.c.parent_external_id == external_id),
    )  # fmt: skip
    return list(database.execute(query).scalars())


def listing_is_gone(unit: Unit, connection_id: str, external_id: str) -> int:
    """End a listing, and its variations, that the shop no longer has; gives how many ended."""
    rows = tables.listing
    ended = unit.execute(
        update(rows)
        .where(rows.c.connection_id == connection_id, rows.c.state != ListingState.ENDED.value,
               or_(rows.c.external_id == external_id, rows.c.parent_external_id == external_id))
        .values(state=ListingState.ENDED.value)
        .returning(rows.c.id, rows.c.external_id)
    ).all()  # fmt: skip
    ids = [row.id for row in ended]
    forget_wishes(unit, connection_id, STOCK, ids)
    forget_wishes(unit, connection_id, CONTENT, ids)
    _bury(unit, connection_id, LISTING, [row.external_id for row in ended])
    return len(ended)


def _bury(unit: Unit, connection_id: str, kind: str, external_ids: list[str]) -> None:
    """Mark the links; the digest is cleared, so that a revival with the same bytes is looked at."""
    unit.execute(
        update(_link)
        .where(_link.c.connection_id == connection_id, _link.c.kind == kind,
               _link.c.external_id.in_(external_ids))
        .values(deleted_at=unit.now, digest=b"")
    )  # fmt: skip
