"""Which variant a listing sells, said by a person; what waited for it goes on."""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from hub.records.catalogue import Mapping
from hub.records.events import EventKind
from hub.services.context import Hub
from hub.services.stock.publish import stock_moved
from hub.services.work import owe
from hub.store import tables
from hub.store.connections import get_connection
from hub.store.decisions import keep_decision
from hub.store.matching import MAPPING, set_mapping
from hub.store.stock_names import UnknownItemError

_listing, _variant = tables.listing, tables.variant


@dataclass(frozen=True)
class NamedListing:
    """A listing with what it sells so far; an empty SKU where nobody knows."""

    id: str
    connection_id: str
    connection: str
    external_id: str
    title: str
    sells: str
    item: str | None


def find_listing(database: Connection, name: str) -> NamedListing:
    """Find a listing by CODE:ID, as `hub catalogue unmapped` has it; raises `UnknownItemError`."""
    code, _, external_id = name.partition(":")
    shop = get_connection(database, code)
    row = database.execute(
        select(_listing.c.id, _listing.c.title, _variant.c.sku, _variant.c.stock_item_id)
        .outerjoin(_variant, _variant.c.id == _listing.c.variant_id)
        .where(_listing.c.connection_id == shop.id, _listing.c.external_id == external_id)
    ).one_or_none()
    if row is None:
        raise UnknownItemError(f"{code} has no listing {external_id}; hub catalogue unmapped")
    return NamedListing(
        row.id, shop.id, shop.code, external_id, row.title, row.sku or "", row.stock_item_id
    )


def variant_titled(database: Connection, sku: str) -> str:
    """Give the title of a variant; raises `UnknownItemError`."""
    title = database.execute(select(_variant.c.title).where(_variant.c.sku == sku)).scalar()
    if title is None:
        raise UnknownItemError(f"there is no variant {sku}; `hub inventory show` lists them")
    return str(title)


def map_listing_to(hub: Hub, name: str, sku: str, by: str, reasons: tuple[str, ...] = ()) -> bool:
    """Say which variant a listing sells; False when it does already. Raises `UnknownItemError`.

    Its waiting order lines go on, and the channel is to show this variant's quantity. Another
    mapping is replaced, for orders to come: what is promised of older ones stays where it is.
    """
    with hub.store.unit_of_work() as unit:
        listing = find_listing(unit.connection, name)
        variant_titled(unit.connection, sku)
        if listing.sells == sku:
            return False
        row = unit.execute(
            select(_variant.c.id, _variant.c.stock_item_id).where(_variant.c.sku == sku)
        ).one()
        set_mapping(unit, listing.id, row.id)
        document = {"by": by, "from": listing.sells, "sku": sku,
                    "reasons": [*reasons, f"{by} said so"]}  # fmt: skip
        keep_decision(unit, listing.id, MAPPING, "mapped", document)
        unit.record(EventKind.LISTING_MAPPED, listing.id, listing.connection_id)
        stock_moved(unit, {item for item in (listing.item, row.stock_item_id) if item})
        owe(unit, "reserve_waiting", "")
    return True


def unmap_listing(hub: Hub, name: str, by: str) -> bool:
    """Undo a mapping: the listing waits for a person again; False when it did already.

    What older orders were promised stays as it is. Raises `UnknownItemError`.
    """
    with hub.store.unit_of_work() as unit:
        listing = find_listing(unit.connection, name)
        if not listing.sells:
            return False
        unit.execute(
            update(_listing)
            .where(_listing.c.id == listing.id)
            .values(variant_id=None, mapping=Mapping.UNMAPPED.value)
        )
        document = {"by": by, "from": listing.sells, "sku": "", "reasons": [f"{by} undid it"]}
        keep_decision(unit, listing.id, MAPPING, "unmapped", document)
        stock_moved(unit, {listing.item} if listing.item else set())
    return True
