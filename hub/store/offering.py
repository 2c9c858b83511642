"""Offering: how many units each item, kit and listing may be sold of at this moment."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import ColumnElement, Connection, func, select

from hub.domain.availability import Selling, Standing, kit_salable, published
from hub.records.order import ChannelState
from hub.records.payment import Verdict
from hub.records.stock import SellPolicy
from hub.store import tables
from hub.store.catalogue import Offer
from hub.store.kits import kit_needs

_promise = tables.stock_promise
_variant = tables.variant
_line = tables.order_line
_order = tables.sales_order
_BATCH = 500


def quantities(database: Connection, offers: Sequence[Offer]) -> dict[str, int]:
    """Give the number each of these listings should show now, by listing."""
    free = salable(database, {offer.stock_item_id for offer in offers})
    buffers = _buffers(database, [offer.listing_id for offer in offers])
    return {
        offer.listing_id: published(free[offer.stock_item_id], buffers[offer.listing_id])
        for offer in offers
    }


def salable(database: Connection, items: Collection[str]) -> dict[str, int]:
    """Give the units of each item that may be sold now; of a kit's, the whole kits."""
    needs = {kit: parts for kit, parts in kit_needs(database).items() if kit in items}
    wanted = {item for item in items if item not in needs}
    stand = standings(database, wanted.union(*needs.values()))
    counted = {item for item, standing in stand.items() if standing is not None}
    found = {item: one.salable for item in wanted if (one := stand.get(item)) is not None}
    for kit, parts in needs.items():
        found[kit] = kit_salable(
            (one, units) for item, units in parts.items()
            if item in counted and (one := stand[item]) is not None
        )  # fmt: skip
    return {item: found.get(item, 0) for item in items}


def standings(database: Connection, items: Collection[str]) -> dict[str, Standing | None]:
    """Give how each item stands; None where nobody counts it."""
    sellings = selling_of(database, items)
    beyond = [item for item, selling in sellings.items() if selling.beyond]
    waiting = waiting_units(database, beyond)
    return {
        row.stock_item_id: Standing(
            row.sellable - row.reserved - row.allocated, waiting.get(row.stock_item_id, 0),
            sellings.get(row.stock_item_id, Selling()),
        ) if row.tracked else None
        for part in _parts(items)
        for row in database.execute(select(_promise).where(_promise.c.stock_item_id.in_(part)))
    }  # fmt: skip


def selling_of(database: Connection, items: Collection[str]) -> dict[str, Selling]:
    """Give what happens beyond stock for those of these items where something does."""
    rows = (
        row
        for part in _parts(items)
        for row in database.execute(
            select(_variant)
            .where(_variant.c.stock_item_id.in_(part),
                   _variant.c.sell_policy != SellPolicy.DENY.value)
            .order_by(_variant.c.id.desc())
        )
    )  # fmt: skip
    return {
        row.stock_item_id: Selling(SellPolicy(row.sell_policy), row.sell_cap, row.sell_date)
        for row in rows
    }


def waiting_units(database: Connection, items: Collection[str]) -> dict[str, int]:
    """Give the units of these items that verified open orders wait for without a promise."""
    unpromised = _unpromised()
    return {
        row.stock_item_id: int(row.units)
        for part in _parts(items)
        for row in database.execute(
            select(_line.c.stock_item_id, func.sum(unpromised).label("units"))
            .join(_order, _order.c.id == _line.c.order_id)
            .where(_line.c.stock_item_id.in_(part), unpromised > 0, *_accepted())
            .group_by(_line.c.stock_item_id)
        )
    }


def waiting_before(database: Connection, item: str, order_id: str) -> int:
    """Give the units of an item that older verified orders wait for."""
    this = select(_order.c.placed_at).where(_order.c.id == order_id).scalar_subquery()
    query = (
        select(func.coalesce(func.sum(_unpromised()), 0))
        .select_from(_line.join(_order, _order.c.id == _line.c.order_id))
        .where(_line.c.stock_item_id == item, _order.c.id != order_id, *_accepted(),
               _order.c.placed_at <= this)
    )  # fmt: skip
    return int(database.execute(query).scalar_one())


def _unpromised() -> ColumnElement[int]:
    left: ColumnElement[int] = (
        _line.c.quantity - _line.c.cancelled - _line.c.shipped - _line.c.reserved
        - _line.c.allocated
    )  # fmt: skip
    return left


def _accepted() -> tuple[ColumnElement[bool], ...]:
    return (
        _order.c.channel_state.in_([ChannelState.OPEN.value, ChannelState.UNKNOWN.value]),
        _order.c.verification == Verdict.PASSED.value,
        _order.c.history.is_(False),
    )


def _buffers(database: Connection, listing_ids: Collection[str]) -> dict[str, int]:
    listing, shop = tables.listing, tables.connection
    return {
        row.id: row.units
        for part in _parts(listing_ids)
        for row in database.execute(
            select(listing.c.id,
                   func.coalesce(listing.c.stock_buffer, shop.c.stock_buffer).label("units"))
            .join(shop, shop.c.id == listing.c.connection_id)
            .where(listing.c.id.in_(part))
        )
    }  # fmt: skip


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(sorted(names))
    while part := list(islice(rest, _BATCH)):
        yield part
