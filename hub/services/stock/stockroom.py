"""The stockroom: locations, adjustments by a person, and which listing sells which variant."""

from sqlalchemy import select

from hub.records.events import EventKind
from hub.records.stock import Location
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.services.stock.opening import default_location
from hub.services.stock.publish import stock_moved
from hub.services.work import owe
from hub.store import ledger, tables
from hub.store.connections import get_connection
from hub.store.ids import new_id
from hub.store.matching import set_mapping
from hub.store.unit_of_work import Unit


class UnknownItemError(HubError):
    """No variant, listing or location has this name."""


def add_location(
    hub: Hub, code: str, title: str, country: str, priority: int = 100, **address: str
) -> str:
    """Add a place that keeps stock; the same code again only changes its particulars."""
    location = Location(id=new_id(), code=code, title=title, country=country, priority=priority)
    place = tables.location
    values = {"title": location.title, "country": country, "priority": priority, **address}
    with hub.store.unit_of_work() as unit:
        known = unit.execute(select(place.c.id).where(place.c.code == code)).scalar()
        if known:
            unit.execute(place.update().where(place.c.id == known).values(**values))
            return str(known)
        unit.execute(place.insert().values(id=location.id, code=code, **values))
    return location.id


def adjust_stock(
    hub: Hub, sku: str, delta: int, reason: str, command_id: str, location: str | None = None
) -> bool:
    """Add or remove units by hand, once per command; every channel is to show it.

    Raises `UnknownItemError`, or `StockConflictError` when parcels already hold those units.
    """
    with hub.store.unit_of_work() as unit:
        item = _item_of(unit, sku)
        place = _location(unit, location) if location else default_location(unit)
        moved = ledger.adjust(unit, item, place, delta, command_id, reason)
        if moved:
            stock_moved(unit, [item])
            if delta > 0:
                unit.record(EventKind.STOCK_CHANGED, item)
        return moved


def _item_of(unit: Unit, sku: str) -> str:
    variant = tables.variant
    item = unit.execute(select(variant.c.stock_item_id).where(variant.c.sku == sku)).scalar()
    if item is None:
        raise UnknownItemError(f"there is no variant {sku}; `hub inventory show` lists them")
    return str(item)


def _location(unit: Unit, code: str) -> str:
    place = tables.location
    found = unit.execute(select(place.c.id).where(place.c.code == code)).scalar()
    if found is None:
        raise UnknownItemError(f"there is no location {code}; `hub inventory locations` lists them")
    return str(found)


def map_listing(hub: Hub, connection_code: str, external_id: str, sku: str) -> None:
    """Say which variant a listing sells; order lines that waited for it go on."""
    listing, variant = tables.listing, tables.variant
    with hub.store.unit_of_work() as unit:
        shop = get_connection(unit.connection, connection_code)
        listing_id = unit.execute(
            select(listing.c.id).where(
                listing.c.connection_id == shop.id, listing.c.external_id == external_id
            )
        ).scalar()
        variant_id = unit.execute(select(variant.c.id).where(variant.c.sku == sku)).scalar()
        if listing_id is None:
            raise UnknownItemError(f"{connection_code} has no listing {external_id}")
        if variant_id is None:
            raise UnknownItemError(f"there is no variant {sku}; `hub inventory show` lists them")
        set_mapping(unit, listing_id, variant_id)
        unit.record(EventKind.LISTING_MAPPED, listing_id, shop.id)
        stock_moved(unit, [_item_of(unit, sku)])
        owe(unit, "reserve_waiting", "")
