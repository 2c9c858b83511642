"""Selling: what channels are not shown, what is sold beyond stock, what is still to come."""

from datetime import datetime

from sqlalchemy import update

from hub.records.stock import SellPolicy
from hub.services.context import Hub
from hub.services.stock.publish import stock_moved
from hub.services.work import owe
from hub.store import tables
from hub.store.catalogue import offers_on
from hub.store.connections import get_connection
from hub.store.ids import new_id
from hub.store.incoming import expect, no_longer_expected
from hub.store.stock_names import (
    StockRefusedError,
    UnknownItemError,
    default_location,
    item_of,
    location_of,
    variant_of,
)

_variant = tables.variant


def set_sell_policy(
    hub: Hub, sku: str, policy: SellPolicy, cap: int = 0, date: datetime | None = None
) -> None:
    """Say what happens when more is bought than there is; every channel shows what follows.

    Raises `UnknownItemError`, or `StockRefusedError` for a cap or a date that makes no sense.
    """
    if policy != SellPolicy.DENY and cap <= 0:
        raise StockRefusedError(f"{policy} needs a cap: how many units may be sold beyond stock")
    if policy == SellPolicy.PREORDER and date is None:
        raise StockRefusedError("a preorder needs the date on which it can be shipped")
    values = {
        "sell_policy": policy.value, "sell_cap": 0 if policy == SellPolicy.DENY else cap,
        "sell_date": date if policy == SellPolicy.PREORDER else None,
    }  # fmt: skip
    with hub.store.unit_of_work() as unit:
        variant = variant_of(unit.connection, sku)
        unit.execute(update(_variant).where(_variant.c.id == variant).values(**values))
        stock_moved(unit, [item_of(unit.connection, sku)])
        owe(unit, "reserve_waiting", "")


def set_buffer(hub: Hub, code: str, units: int | None, listing: str = "") -> None:
    """Say how many units a connection, or one of its listings, is not shown.

    None lets a listing follow its connection again. Raises `UnknownItemError`.
    """
    rows, shops = tables.listing, tables.connection
    with hub.store.unit_of_work() as unit:
        shop = get_connection(unit.connection, code)
        if not listing:
            changed = update(shops).where(shops.c.id == shop.id)
            unit.execute(changed.values(stock_buffer=units or 0))
        else:
            one = (rows.c.connection_id == shop.id, rows.c.external_id == listing)
            if not unit.changed(update(rows).where(*one).values(stock_buffer=units)):
                raise UnknownItemError(f"{code} has no listing {listing}")
        items = {offer.stock_item_id for offer in offers_on(unit.connection, shop.id)}
        stock_moved(unit, items)


def expect_units(
    hub: Hub, sku: str, quantity: int, at: datetime, location: str | None = None,
    confidence: int = 100,
) -> str:  # fmt: skip
    """Note that units will come, by a person's word; gives the source to name them by."""
    with hub.store.unit_of_work() as unit:
        database = unit.connection
        place = location_of(database, location) if location else default_location(database)
        source = f"manual:{new_id()}"
        expect(unit, item_of(database, sku), place, quantity, at, source, confidence)
        owe(unit, "reserve_waiting", "")
    return source


def forget_expected(hub: Hub, source: str) -> None:
    """Wait no longer for what a source was to bring. Raises `UnknownItemError`."""
    with hub.store.unit_of_work() as unit:
        if not no_longer_expected(unit, source):
            raise UnknownItemError(f"nothing is expected from {source}")
        owe(unit, "reserve_waiting", "")
