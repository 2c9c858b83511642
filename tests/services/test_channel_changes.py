"""What the shop does by itself: nothing stays promised to an order that is over."""

from typing import Any

import pytest

from hub.records.catalogue import Listing, Tracking
from hub.services.context import Hub
from hub.services.intake.ingest import land_order_page
from hub.services.orders.channel_changes import book_channel_shipment, cancel_order
from hub.store import tables
from hub.store.catalogue import land_listings
from hub.store.connections import Connected, mark_books_opened
from hub.store.ledger import adjust, reserve
from hub.store.matching import map_new_listings
from tests.records.order_example import PLACED
from tests.services.scripted_shop import ScriptedShop, raw_order
from tests.store.job_rows import start
from tests.store.shop_rows import add_place, one_row
from tests.store.stock_books import audit


class Sale:
    """Five units, and an order for two of them, reserved."""

    def __init__(self, hub: Hub, shop: Connected, vendor: ScriptedShop) -> None:
        self.hub, self.shop, self.vendor = hub, shop, vendor
        place = add_place(hub.store)
        listing = Listing(
            external_id="p1", sku="TEE", title="Tee", tracking=Tracking.COUNTED, updated_at=PLACED
        )
        with hub.store.unit_of_work() as unit:
            mark_books_opened(unit, shop.id)
            map_new_listings(unit, shop, land_listings(unit, shop.id, [(listing, b"d")]))
        self.item = one_row(hub.store, tables.variant).stock_item_id
        with hub.store.unit_of_work() as unit:
            adjust(unit, self.item, place, 5, "opening", "")

    def says(self, version: int, **said: Any) -> None:
        shop = self.hub.connection(self.shop.id)
        raw = raw_order("7", version, **said)
        land_order_page(self.hub, shop, [raw], self.vendor.to_order, lambda unit: None)

    def reserve(self) -> None:
        with self.hub.store.unit_of_work() as unit:
            assert reserve(unit, self.line.id, self.item, 2, None)

    def book(self) -> None:
        book_channel_shipment(self.hub, start(self.hub.store, subject=self.line.order_id))

    @property
    def line(self) -> Any:
        return one_row(self.hub.store, tables.order_line)

    @property
    def phase(self) -> str:
        return str(one_row(self.hub.store, tables.sales_order).phase)

    @property
    def promise(self) -> tuple[int, int]:
        row = one_row(self.hub.store, tables.stock_promise)
        return row.sellable, row.reserved


@pytest.fixture
def sale(hub: Hub, shop: Connected, vendor: ScriptedShop) -> Sale:
    return Sale(hub, shop, vendor)


def test_units_the_shop_shipped_leave_the_shelf_and_their_promise_ends(sale: Sale) -> None:
    sale.says(1)
    sale.reserve()
    sale.says(2, state="finished", fulfilled={"1": 2})
    sale.book()
    assert (sale.promise, sale.line.shipped, sale.phase) == ((3, 0), 2, "closed")
    sale.book()
    assert sale.promise == (3, 0)
    audit(sale.hub.store, sale.item)


def test_an_order_first_seen_finished_has_taken_its_units(sale: Sale) -> None:
    sale.says(1, state="finished", fulfilled={"1": 2})
    sale.book()
    assert (sale.promise, sale.line.shipped, sale.phase) == ((3, 0), 2, "closed")
    audit(sale.hub.store, sale.item)


def test_an_order_refunded_before_it_was_shipped_gives_its_promise_back(sale: Sale) -> None:
    sale.says(1)
    sale.reserve()
    sale.says(2, state="finished", fulfilled={"1": 0})
    sale.book()
    assert (sale.promise, sale.line.cancelled, sale.phase) == ((5, 0), 2, "closed")
    audit(sale.hub.store, sale.item)


def test_an_order_shipped_in_part_and_refunded_for_the_rest_is_closed(sale: Sale) -> None:
    sale.says(1)
    sale.reserve()
    sale.says(2, state="finished", fulfilled={"1": 1})
    sale.book()
    assert (sale.promise, sale.line.shipped, sale.line.cancelled) == ((4, 0), 1, 1)
    assert sale.phase == "closed"


def test_a_cancelled_order_that_the_shop_then_ships_is_booked(sale: Sale) -> None:
    sale.says(1)
    sale.reserve()
    sale.says(2, state="cancelled")
    cancel_order(sale.hub, start(sale.hub.store, subject=sale.line.order_id))
    assert (sale.promise, sale.line.cancelled, sale.phase) == ((5, 0), 2, "cancelled")
    sale.says(3, state="finished", fulfilled={"1": 2})
    sale.book()
    assert (sale.promise, sale.line.shipped, sale.phase) == ((3, 0), 2, "closed")
    audit(sale.hub.store, sale.item)


def test_the_shop_may_ship_more_than_was_routed_here(sale: Sale) -> None:
    sale.says(1)
    with sale.hub.store.unit_of_work() as unit:
        unit.execute(tables.order_line.update().values(shipped=2))
    sale.says(2, lines={"1": 3})
    sale.says(3, state="finished", lines={"1": 3}, fulfilled={"1": 3})
    sale.book()
    assert (sale.line.quantity, sale.line.shipped, sale.promise) == (3, 3, (4, 0))
    assert sale.phase == "closed"
