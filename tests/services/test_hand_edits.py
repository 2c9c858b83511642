"""Numbers typed at the shop, pools counted on a parent, and answers that confirm a number."""

import pytest

from hub.records.catalogue import Listing, ListingKind, Tracking
from hub.services.stock.hand_edits import set_stock_policy
from hub.services.stock.stockroom import adjust_stock
from hub.store import tables
from hub.store.catalogue import land_listings
from hub.store.matching import map_new_listings
from hub.store.unit_of_work import Store
from tests.records.order_example import PLACED
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, one_row


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    made = Merchant(store, clock)
    made.shop.diary.clear()
    return made


def sells(merchant: Merchant, count: int, command: str = "c1") -> None:
    adjust_stock(merchant.hub, "p1", count, "counted", command)
    merchant.run()


def read(merchant: Merchant) -> int:
    return sum(line.startswith("read stock") for line in merchant.shop.diary)


def test_an_answer_that_says_what_is_stored_needs_no_second_look(merchant: Merchant) -> None:
    sells(merchant, 1)
    assert merchant.shop.stock["p1"] == 6 and read(merchant) == 1
    merchant.shop.tells_what_it_stored = False
    sells(merchant, 1, "c2")
    assert merchant.shop.stock["p1"] == 7 and read(merchant) == 3


def test_a_number_typed_at_the_shop_is_overwritten_and_the_decision_kept(
    merchant: Merchant,
) -> None:
    sells(merchant, 1)
    merchant.shop.stock["p1"] = 25
    sells(merchant, 1, "c2")
    merchant.later(minutes=1)
    assert merchant.shop.stock["p1"] == 7 and merchant.free() == 7
    (kept,) = merchant.decisions("stock_drift")
    assert (kept["outcome"], kept["seen"], kept["wanted"]) == ("overwritten", 25, 7)


def test_where_the_channel_wins_stock_follows_the_typed_number(merchant: Merchant) -> None:
    set_stock_policy(merchant.hub, "NYC", "channel_wins")
    sells(merchant, 1)
    merchant.shop.stock["p1"] = 25
    sells(merchant, 1, "c2")
    merchant.later(minutes=1)
    assert merchant.shop.stock["p1"] == 25 and merchant.free() == 25
    (kept,) = merchant.decisions("stock_drift")
    assert (kept["outcome"], kept["seen"]) == ("followed", 25)


def test_a_sale_is_no_hand_edit(merchant: Merchant) -> None:
    set_stock_policy(merchant.hub, "NYC", "channel_wins")
    sells(merchant, 1)
    merchant.shop.stock["p1"] = 4  # two were sold; the order is pulled when the number is seen
    merchant.shop.orders.append([])
    raw_version = {"lines": {"1": 2}}
    merchant.says(**raw_version)
    merchant.later(minutes=1)
    assert merchant.free() == 4 and merchant.decisions("stock_drift") == []


def test_a_pool_is_published_once_to_the_parent_that_counts_for_its_variations(
    merchant: Merchant,
) -> None:
    shown = [
        Listing(external_id="g", title="g", kind=ListingKind.GROUP, tracking=Tracking.COUNTED,
                quantity=3, updated_at=PLACED),
        *(Listing(external_id=one, parent_external_id="g", sku=one, title=one, updated_at=PLACED,
                  kind=ListingKind.VARIATION, tracking=Tracking.PARENT) for one in ("v1", "v2")),
    ]  # fmt: skip
    shop = merchant.hub.connection("NYC")
    with merchant.store.unit_of_work() as unit:
        landed = land_listings(unit, shop.id, [(one, one.external_id.encode()) for one in shown])
        map_new_listings(unit, shop, landed)
    merchant.shop.stock["g"] = 3
    adjust_stock(merchant.hub, "v1", 8, "counted", "c9")
    merchant.run()
    merchant.later(minutes=1)
    assert merchant.shop.stock["g"] == 8
    targets = [row.target for row in all_rows(merchant.store, tables.desired, field="stock")]
    pool = one_row(merchant.store, tables.listing, external_id="g").id
    assert targets.count(pool) == 1 and "v1" not in merchant.shop.stock


def test_nothing_is_wanted_of_a_listing_that_ended(merchant: Merchant) -> None:
    with merchant.store.unit_of_work() as unit:
        unit.execute(tables.listing.update().where(tables.listing.c.external_id == "p1")
                     .values(state="ended"))  # fmt: skip
    sells(merchant, 1)
    assert merchant.shop.stock["p1"] == 5
    open_jobs = [row.kind for row in all_rows(merchant.store, tables.job, state="ready")]
    assert "publish_stock" not in open_jobs
