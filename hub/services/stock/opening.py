"""Opening stock: what is on hand when the hub first meets an item, by the word of one shop."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select

from hub.records.catalogue import ListingKind, Tracking
from hub.records.order import ChannelState, Order
from hub.store import ledger, stock_names, tables
from hub.store.connections import Connected, get_connection
from hub.store.kits import KIT
from hub.store.order_lander import ORDER
from hub.store.unit_of_work import Unit

OPEN_AT_THE_SHOP = [ChannelState.OPEN.value, ChannelState.UNKNOWN.value]


def take_opening_stock(
    unit: Unit, shop: Connected, only: Collection[str] | None = None
) -> set[str]:
    """Book what the shop shows plus the units its open orders have taken, once for each item.

    `only` limits it to these stock items. Gives the items that were booked.
    """
    place = default_location(unit)
    taken = _units_taken(unit, shop)
    booked: set[str] = set()
    for item, shown in _shown_by_item(unit, shop).items():
        units = shown + taken.get(item, 0)
        if units > 0 and (only is None or item in only):
            command = f"opening:{shop.id}:{item}"
            reason = f"opening stock of {shop.code}"
            if ledger.adjust(unit, item, place, units, command, reason):
                booked.add(item)
    return booked


def take_late_opening(
    unit: Unit, shop: Connected, orders: Sequence[Order], items: Mapping[str, str]
) -> set[str]:
    """Book what the stock master had taken for orders nobody understood when its books opened.

    Their units were missing from what it showed then. `orders` are new here; gives the ids of those
    that were kept aside before the opening.
    """
    now = get_connection(unit.connection, shop.id) if orders else shop
    if now.books_opened_at is None or not orders:
        return set()
    kept = tables.quarantine
    query = select(kept.c.external_id).where(
        kept.c.connection_id == shop.id, kept.c.kind == ORDER,
        kept.c.external_id.in_([order.external_id for order in orders]),
        kept.c.created_at < now.books_opened_at,
    )  # fmt: skip
    late = set(unit.execute(query).scalars())
    place = default_location(unit) if late else ""
    for order in orders:
        for line in order.lines if order.external_id in late and shop.stock_master else ():
            item = items.get(line.listing_external_id or "")
            if item and line.stock_taken:
                command = f"opening:{shop.id}:{order.external_id}:{line.external_id}"
                reason = f"taken by {shop.code} for {order.number} before the opening"
                ledger.adjust(unit, item, place, line.stock_taken, command, reason)
    return late


def default_location(unit: Unit) -> str:
    """Give the place that stock belongs to when nobody says: the one that ships first."""
    return stock_names.default_location(unit.connection)


def _shown_by_item(unit: Unit, shop: Connected) -> dict[str, int]:
    """Give the quantity shown per stock item; a shared pool counts its parent, once."""
    listing, variant = tables.listing, tables.variant
    own = unit.execute(
        select(variant.c.stock_item_id, listing.c.observed_quantity)
        .join(variant, variant.c.id == listing.c.variant_id)
        .where(listing.c.connection_id == shop.id, listing.c.tracking == Tracking.COUNTED.value,
               variant.c.kind != KIT)
    )  # fmt: skip
    shown = {row.stock_item_id: row.observed_quantity or 0 for row in own}
    parent = listing.alias()
    pools = unit.execute(
        select(variant.c.stock_item_id, parent.c.observed_quantity)
        .join(listing, listing.c.variant_id == variant.c.id)
        .join(parent, parent.c.external_id == listing.c.parent_external_id)
        .where(
            listing.c.connection_id == shop.id,
            parent.c.connection_id == shop.id,
            listing.c.tracking == Tracking.PARENT.value,
            parent.c.kind == ListingKind.GROUP.value,
        )
    )
    return shown | {row.stock_item_id: row.observed_quantity or 0 for row in pools}


def _units_taken(unit: Unit, shop: Connected) -> dict[str, int]:
    """Give the units by which open orders have already lowered what the shop shows."""
    order, line = tables.sales_order, tables.order_line
    listing, variant = tables.listing, tables.variant
    rows = unit.execute(
        select(variant.c.stock_item_id, func.sum(line.c.stock_taken).label("units"))
        .join(order, order.c.id == line.c.order_id)
        .join(listing, listing.c.external_id == line.c.listing_external_id)
        .join(variant, variant.c.id == listing.c.variant_id)
        .where(
            order.c.connection_id == shop.id,
            listing.c.connection_id == shop.id,
            order.c.channel_state.in_(OPEN_AT_THE_SHOP),
        )
        .group_by(variant.c.stock_item_id)
    )
    return {row.stock_item_id: int(row.units) for row in rows}
