"""Landing: a page and its cursor in one commit; repeats and stale arrivals do nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from hub.domain.reconcile import Change, KnownOrder, reconcile
from hub.records.catalogue import Listing
from hub.records.events import EventKind
from hub.records.order import HoldReason, Order
from hub.sdk.capabilities import ReceiveWebhooks
from hub.services.context import Hub
from hub.services.intake.mapping import Fresh, Translate, fresh_items, map_items, unambiguous
from hub.services.orders.edits import note_edits
from hub.services.orders.holds import place_hold
from hub.services.orders.refund_notes import note_refunds
from hub.services.stock.opening import take_late_opening, take_opening_stock
from hub.services.stock.publish import repair_drift, stock_moved
from hub.services.work import owe
from hub.store.catalogue import LISTING, items_by_listing, items_of_listings, land_listings
from hub.store.connections import Connected, are_books_open
from hub.store.hearing import note_changes
from hub.store.ids import new_id
from hub.store.intake import Problem, keep_aside, resolve_kept
from hub.store.known_orders import known_orders
from hub.store.matching import awaited_by_lines, map_followers, map_new_listings
from hub.store.order_lander import (
    ORDER,
    Landing,
    RawOrder,
    land_orders,
    ship_to_hash,
)
from hub.store.orders import lock_known_orders, refresh_phase
from hub.store.unit_of_work import Unit

_ORDERS: TypeAdapter[list[Order]] = TypeAdapter(list[Order])
_LISTINGS: TypeAdapter[list[Listing]] = TypeAdapter(list[Listing])

InSameCommit = Callable[[Unit], None]


@dataclass
class Tally:
    """What became of the records of a walk."""

    seen: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    quarantined: int = 0

    def add(self, other: "Tally") -> None:
        """Count another page in."""
        for name, count in vars(other).items():
            setattr(self, name, getattr(self, name) + count)

    @property
    def moved(self) -> int:
        """Records that were written."""
        return self.created + self.updated


def land_order_page(
    hub: Hub,
    connection: Connected,
    raws: Sequence[bytes],
    translate: Translate,
    in_same_commit: InSameCommit,
    told: bool = False,
) -> Tally:
    """Land a page of orders; `in_same_commit` moves the cursor, or finishes the doorbell.

    `told` says that a webhook rang for it; other changes wait whether one will.
    """
    with hub.store.reading() as database:
        fresh = fresh_items(database, connection.id, ORDER, raws)
    mapped, problems = map_items(fresh, unambiguous(translate), _ORDERS)
    tally = Tally(seen=len(raws), unchanged=len(raws) - len(fresh), quarantined=len(problems))
    with hub.store.unit_of_work() as unit:
        # as it is now: the books may have been opened since this connection was read
        books_open = are_books_open(unit.connection, connection.id)
        landings = _reconciled(unit, connection, books_open, _newest(mapped), tally)
        _write_orders(unit, connection, books_open, landings)
        note_refunds(unit, hub, connection, landings)
        _note_hearing(unit, hub, connection, landings, told)
        _keep(unit, connection, ORDER, problems, [order.external_id for _, order in mapped])
        in_same_commit(unit)
    return tally


def _note_hearing(
    unit: Unit, hub: Hub, shop: Connected, landings: Sequence[Landing], told: bool
) -> None:
    """Count what webhooks should have told of; before the books are open nobody expects them."""
    listens = ReceiveWebhooks in hub.registry.connector(shop.connector).provides
    if listens and shop.books_opened_at is not None:
        ids = [landing.source.order.external_id for landing in landings]
        note_changes(unit, shop.id, ids, told)


def _newest(mapped: Sequence[tuple[Fresh, Order]]) -> list[tuple[Fresh, Order]]:
    """A page that repeats an order (it changed while paging) counts once, newest version last."""
    newest: dict[str, tuple[Fresh, Order]] = {}
    for item, order in mapped:
        known = newest.get(order.external_id)
        if known is None or known[1].updated_at <= order.updated_at:
            newest[order.external_id] = (item, order)
    return list(newest.values())


def _reconciled(
    unit: Unit,
    connection: Connected,
    books_open: bool,
    mapped: Sequence[tuple[Fresh, Order]],
    tally: Tally,
) -> list[Landing]:
    ids = [order.external_id for _, order in mapped]
    lock_known_orders(unit, connection.id, ids)  # what is being routed is seen when it was
    known = known_orders(unit, connection.id, ids)
    landings = []
    for item, order in mapped:
        before, party_id = known.get(order.external_id, (None, None))
        outcome = reconcile(before, order, books_open, _has_moved(unit, before, order))
        if outcome.change == Change.STALE:
            tally.skipped += 1
            continue
        tally.created += outcome.change == Change.NEW
        tally.updated += outcome.change == Change.CHANGED
        source = RawOrder(item.raw, item.digest, order)
        landings.append(Landing(source, outcome, before.id if before else new_id(), party_id))
    return landings


def _has_moved(unit: Unit, before: KnownOrder | None, order: Order) -> bool:
    if before is None or before.ship_to_hash is None:
        return False  # nobody knows where it was to go
    return before.ship_to_hash != ship_to_hash(unit.keyring, order)


def _write_orders(
    unit: Unit, connection: Connected, books_open: bool, landings: Sequence[Landing]
) -> None:
    listings = {
        line.listing_external_id
        for landing in landings
        for line in landing.outcome.new_lines
        if line.listing_external_id
    }
    items = items_by_listing(unit, connection.id, listings)
    new = [one for one in landings if one.outcome.change == Change.NEW]
    note_edits(unit, connection.code, landings)
    freed = land_orders(unit, connection.id, connection.code, landings, items)
    if freed:
        stock_moved(unit, freed)
        owe(unit, "reserve_waiting", "")
    orders = [landing.source.order for landing in new] if books_open else []
    late = take_late_opening(unit, connection, orders, items)
    for landing in new:
        if landing.source.order.external_id in late:
            note = "open when the hub came, and understood only now"
            place_hold(unit, landing.order_id, HoldReason.IMPORTED, note, by="import")
    refresh_phase(unit, [one.order_id for one in landings if one.outcome.change == Change.CHANGED])
    for landing in landings:
        for reason, note in landing.outcome.holds:
            place_hold(unit, landing.order_id, reason, note, by="sync")
        if landing.outcome.holds:
            owe(unit, "rework_order", landing.order_id)
        for kind in landing.outcome.events:
            unit.record(kind, landing.order_id, connection.id)


def land_listing_page(
    hub: Hub,
    connection: Connected,
    raws: Sequence[bytes],
    translate: Translate,
    in_same_commit: InSameCommit,
) -> Tally:
    """Land a page of listings and map the new ones."""
    with hub.store.reading() as database:
        fresh = fresh_items(database, connection.id, LISTING, raws)
    mapped, problems = map_items(fresh, translate, _LISTINGS)
    tally = Tally(seen=len(raws), unchanged=len(raws) - len(fresh), quarantined=len(problems))
    with hub.store.unit_of_work() as unit:
        newest = {listing.external_id: (listing, item.digest) for item, listing in mapped}
        landed = land_listings(unit, connection.id, list(newest.values()))
        tally.created = sum(item.is_new for item in landed)
        tally.updated = len(landed) - tally.created
        mapped_now = map_new_listings(unit, connection, landed)
        _go_on_with_mapped(unit, connection, mapped_now)
        repair_drift(unit, connection, {one.id: one.listing.quantity for one in landed})
        revived = [one.id for one in landed if one.revived]
        stock_moved(unit, items_of_listings(unit, revived))
        _keep(unit, connection, LISTING, problems, list(newest))
        in_same_commit(unit)
    return tally


def _go_on_with_mapped(unit: Unit, shop: Connected, mapped_now: Sequence[str]) -> None:
    """Let go on what waited for these mappings: other channels' listings, order lines, stock.

    Goods listed after the books were opened bring their stock along, when their shop is the master.
    """
    followers = map_followers(unit, mapped_now) if shop.stock_master else []
    mapped = [(listing_id, shop.id) for listing_id in mapped_now] + followers
    for listing_id, connection_id in awaited_by_lines(unit, mapped):
        unit.record(EventKind.LISTING_MAPPED, listing_id, connection_id)
    items = items_of_listings(unit, [listing_id for listing_id, _ in mapped])
    if shop.stock_master and shop.books_opened_at is not None and items:
        take_opening_stock(unit, shop, items)
    if shop.books_opened_at is not None or followers:
        stock_moved(unit, items)


def _keep(
    unit: Unit,
    connection: Connected,
    kind: str,
    problems: Sequence[Problem],
    landed: Sequence[str],
) -> None:
    keep_aside(unit, connection.id, kind, problems)
    unread = {problem.external_id for problem in problems}
    resolve_kept(unit, connection.id, kind, [one for one in landed if one not in unread])
