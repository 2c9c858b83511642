"""What people call things in the stockroom: SKUs, location codes; and the ids behind them."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from hub.records.stock import LocationState
from hub.sdk.errors import HubError
from hub.store import tables

_variant = tables.variant
_place = tables.location


class UnknownItemError(HubError):
    """No variant, listing or location has this name."""


class StockRefusedError(HubError):
    """This cannot be done in the stockroom as things are; the text says why and what helps."""


def item_of(database: Connection, sku: str) -> str:
    """Give the stock item of a SKU; raises `UnknownItemError`."""
    return items_of(database, [sku])[sku]


def items_of(database: Connection, skus: Collection[str]) -> dict[str, str]:
    """Give the stock item of each SKU; raises `UnknownItemError` naming those nobody knows."""
    wanted = sorted(set(skus))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        query = select(_variant.c.sku, _variant.c.stock_item_id).where(
            _variant.c.sku.in_(wanted[start : start + 500])
        )
        found.update((row.sku, row.stock_item_id) for row in database.execute(query))
    if missing := [sku for sku in wanted if sku not in found]:
        raise UnknownItemError(
            f"there is no variant {', '.join(missing[:5])}; `hub inventory show` lists them"
        )
    return found


def variant_of(database: Connection, sku: str) -> str:
    """Give the id of a variant; raises `UnknownItemError`."""
    found = database.execute(select(_variant.c.id).where(_variant.c.sku == sku)).scalar()
    if found is None:
        raise UnknownItemError(f"there is no variant {sku}; `hub inventory show` lists them")
    return str(found)


def skus_of(database: Connection, items: Collection[str]) -> Mapping[str, str]:
    """Give the SKU of each stock item; of a shared pool the first of its variants'."""
    query = (
        select(_variant.c.stock_item_id, _variant.c.sku)
        .where(_variant.c.stock_item_id.in_(items))
        .order_by(_variant.c.sku.desc())
    )
    return {row.stock_item_id: row.sku for row in database.execute(query)}


def location_of(database: Connection, code: str) -> str:
    """Give the id of a location; raises `UnknownItemError`."""
    found = database.execute(select(_place.c.id).where(_place.c.code == code)).scalar()
    if found is None:
        raise UnknownItemError(f"there is no location {code}; `hub locations list` shows them")
    return str(found)


def receiving_location_of(database: Connection, code: str) -> str:
    """Give the id of a location that units may come to.

    Raises `UnknownItemError`, or `StockRefusedError` where it is closed or draining.
    """
    location_id = location_of(database, code)
    query = select(_place.c.state).where(_place.c.id == location_id)
    state = database.execute(query).scalar_one()
    if state != LocationState.ACTIVE.value:
        raise StockRefusedError(f"{code} is {state}: nothing new comes to it")
    return location_id


def default_location(database: Connection) -> str:
    """Give the place that stock belongs to when nobody says: the one that ships first."""
    first = select(_place.c.id).order_by(_place.c.priority, _place.c.code).limit(1)
    return str(database.execute(first).scalars().first())
