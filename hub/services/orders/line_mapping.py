"""Mapping order lines: to the item that their listing sells, or to the components of a kit."""

from sqlalchemy import select, update

from hub.store import tables
from hub.store.catalogue import items_by_listing
from hub.store.kits import KIT, explode, kits_by_listing
from hub.store.lander import rows_by
from hub.store.orders import StoredOrder
from hub.store.unit_of_work import Unit


def map_lines_of(unit: Unit, order: StoredOrder) -> bool:
    """Give unmapped lines the stock item their listing sells, where that is known by now."""
    waiting = {
        line.listing_external_id: line.id
        for line in order.lines
        if line.stock_item_id is None and line.listing_external_id
    }
    items = items_by_listing(unit, order.connection_id, waiting)
    kits = _kits_of(unit, order)
    explode(unit, kits)
    rows = tables.order_line
    by_sku = _variants_by_sku(unit, order, kits=False)
    for line_id, item in by_sku.items():
        unit.execute(update(rows).where(rows.c.id == line_id).values(stock_item_id=item))
    for listing, item in items.items():
        unit.execute(
            update(rows)
            .where(rows.c.order_id == order.id, rows.c.listing_external_id == listing,
                   rows.c.stock_item_id.is_(None), rows.c.is_kit.is_(False))
            .values(stock_item_id=item)
        )  # fmt: skip
    return bool(items or by_sku or kits)


def _kits_of(unit: Unit, order: StoredOrder) -> dict[str, str]:
    """Give the lines that sell a kit and are not yet in its components: line → variant."""
    waiting = [line for line in order.lines if line.stock_item_id is None]
    by_listing = kits_by_listing(
        unit, order.connection_id, {line.listing_external_id or "" for line in waiting}
    )
    by_sku = _variants_by_sku(unit, order, kits=True)
    found = {line.id: by_listing.get(line.listing_external_id or "") for line in waiting}
    return {line_id: kit for line_id, kit in found.items() if kit} | by_sku


def _variants_by_sku(unit: Unit, order: StoredOrder, kits: bool) -> dict[str, str]:
    """Give the kit (its variant), or the item of what is none, that lines name by SKU alone."""
    waiting = {line.id: line.sku for line in order.lines if not line.stock_item_id and line.sku}
    listing, variant = tables.listing, tables.variant
    shows = select(listing.c.id).where(listing.c.connection_id == order.connection_id).limit(1)
    if not waiting or unit.execute(shows).first() is not None:
        return {}
    columns = ("sku", "id", "stock_item_id", "kind")
    known = rows_by(unit, variant, "sku", set(waiting.values()), columns)
    return {
        line_id: known[sku].id if kits else known[sku].stock_item_id
        for line_id, sku in waiting.items()
        if sku in known and (known[sku].kind == KIT) == kits
    }
