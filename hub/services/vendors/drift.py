"""Drift: where a shop shows something else than the hub knows or wants. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from hub.records.catalogue import ListingTarget, StockTarget
from hub.records.connection import Family
from hub.sdk.capabilities import ListIdentities, ManageWebhooks, PullStock, PushListing
from hub.services.context import Hub
from hub.services.intake.comparison import compare_listings, compare_orders
from hub.services.stock.portions import portions
from hub.services.vendors.listing_push import shows
from hub.services.vendors.subscriptions import hook_address
from hub.store import tables
from hub.store.catalogue import Offer, offers_on
from hub.store.connections import Connected
from hub.store.desired import TRACKING
from hub.store.offering import quantities

_listing = tables.listing


@dataclass(frozen=True)
class Drift:
    """One difference: what of which connection, as it is here and as it is there."""

    connection: str
    kind: str
    """stock, order, listing, content, tracking or webhook."""
    subject: str
    here: str
    there: str


def find_drift(hub: Hub, code: str) -> list[Drift]:
    """Compare a connection with its vendor and give every difference; changes nothing.

    A connection that is no storefront has none. Raises what its vendor's calls raise.
    """
    shop = hub.connection(code)
    if shop.family != Family.STOREFRONT:
        return []
    finders = (_stock, _identities, _content, _tracking, _webhooks)
    return [drift for find in finders for drift in find(hub, shop)]


def stock_drift(hub: Hub, code: str) -> list[Drift]:
    """Ask a connection what its listings show now; gives every number that is not the hub's.

    Raises what its vendor's calls raise.
    """
    return list(_stock(hub, hub.connection(code)))


def _stock(hub: Hub, shop: Connected) -> Iterator[Drift]:
    reader = hub.open(shop).offering(PullStock)
    if reader is None or shop.books_opened_at is None:
        return
    with hub.store.reading() as database:
        offers = offers_on(database, shop.id)
        wanted = quantities(database, offers)
    shown: dict[str, int | None] = {}
    for part in portions([_target(offer) for offer in offers]):
        shown |= {seen.external_id: seen.quantity for seen in reader.read_stock(part)}
    for offer in offers:
        here = wanted[offer.listing_id]
        there = shown.get(offer.external_id)
        if there != here:
            text = "gone" if offer.external_id not in shown else str(there)
            yield Drift(shop.code, "stock", offer.external_id, str(here), text)


def _target(offer: Offer) -> StockTarget:
    return StockTarget(
        external_id=offer.external_id, parent_external_id=offer.parent_external_id, quantity=0
    )


def _identities(hub: Hub, shop: Connected) -> Iterator[Drift]:
    lister = hub.open(shop).offering(ListIdentities)
    if lister is None:
        return
    for kind, found in (
        ("order", compare_orders(hub, shop, lister)),
        ("listing", compare_listings(hub, shop, lister)),
    ):
        for external_id in found.missing:
            yield Drift(shop.code, kind, external_id, "missing", "there")
        for external_id in found.vanished:
            yield Drift(shop.code, kind, external_id, "known", "gone")


def _content(hub: Hub, shop: Connected) -> Iterator[Drift]:
    reader = hub.open(shop).offering(PushListing)
    if reader is None:
        return
    with hub.store.reading() as database:
        rows = database.execute(
            select(_listing.c.external_id, _listing.c.parent_external_id, _listing.c.wanted)
            .where(_listing.c.connection_id == shop.id, _listing.c.state != "ended")
            .order_by(_listing.c.id)
        ).all()  # fmt: skip
    aims = [
        ListingTarget(
            external_id=row.external_id, parent_external_id=row.parent_external_id, **row.wanted
        )
        for row in rows
        if row.wanted
    ]
    shown = {one.external_id: one for one in reader.read_listings(aims)} if aims else {}
    for aim in aims:
        there = shown.get(aim.external_id)
        if not shows(there, aim):
            yield Drift(shop.code, "content", aim.external_id, _say(aim), _say(there))


def _say(target: ListingTarget | None) -> str:
    if target is None:
        return "gone"
    price = f"price {target.price}" if target.price else ""
    return ", ".join(filter(None, (price, target.title or ""))) or "other texts"


def _tracking(hub: Hub, shop: Connected) -> Iterator[Drift]:
    """What the shop has not confirmed; how it shows parcels, no connector reads back."""
    desired, order = tables.desired, tables.sales_order
    with hub.store.reading() as database:
        rows = database.execute(
            select(order.c.number, desired.c.confirmed_value, desired.c.problem)
            .join(order, order.c.id == desired.c.target)
            .where(desired.c.connection_id == shop.id, desired.c.field == TRACKING,
                   desired.c.confirmed_version < desired.c.desired_version)
            .order_by(order.c.number)
        ).all()  # fmt: skip
    for row in rows:
        there = row.confirmed_value or row.problem or "not told yet"
        yield Drift(shop.code, "tracking", row.number, "parcels that left", there)


def _webhooks(hub: Hub, shop: Connected) -> Iterator[Drift]:
    opened, address = hub.open(shop), hook_address(hub, shop)
    manager = opened.offering(ManageWebhooks)
    if manager is None or not address:
        return
    found = [one for one in manager.list_subscriptions() if one.address == address]
    active = {one.topic for one in found if one.active}
    for topic in opened.descriptor.webhook_topics:
        if topic not in active:
            off = any(one.topic == topic for one in found)
            there = "switched off" if off else "missing"
            yield Drift(shop.code, "webhook", topic, "wanted", there)
