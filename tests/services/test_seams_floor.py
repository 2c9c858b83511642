"""Where picking meets edits, hand-over and counts: nobody fetches or misses twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from hub.sdk import NotSentError
from hub.services.orders.splitting import set_shipping
from hub.services.shipping.handover import hand_over
from hub.services.shipping.parcels import parcel_notice
from hub.services.stock.counts import approve_count, enter_count, start_count
from hub.services.stock.kits import define_kit
from hub.services.stock.locations import add_location
from hub.services.stock.stockroom import adjust_stock
from hub.services.warehouse import packing, picking
from hub.services.warehouse.batches import FloorError
from hub.store import tables
from hub.store.stock_names import StockRefusedError
from hub.store.unit_of_work import Store
from tests.services.flooring import BY, FloorMerchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Iterator[FloorMerchant]:
    made = FloorMerchant(sqlite_store, clock)
    yield made
    made.books_are_right()


@pytest.fixture
def anywhere(store: Store, clock: SettableClock) -> Iterator[FloorMerchant]:
    """On either database."""
    made = FloorMerchant(store, clock)
    yield made
    made.books_are_right()


def test_units_added_to_work_that_waits_are_fetched_with_it(merchant: FloorMerchant) -> None:
    merchant.carrier.trouble = NotSentError("away")
    merchant.says(lines={"1": 1})
    merchant.says(version=2, lines={"1": 3})
    batch = merchant.make_batch()
    assert [task.units for task in merchant.tasks(batch)] == [3]
    merchant.pick(batch)
    merchant.later(hours=1)
    assert merchant.labels() == ["L1"]


def test_units_added_to_picked_work_are_fetched_once(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    merchant.says(lines={"1": 1})
    merchant.pick(merchant.make_batch())
    merchant.says(version=2, lines={"1": 3})
    batch = merchant.make_batch()
    assert [task.units for task in merchant.tasks(batch)] == [2]
    merchant.pick(batch)
    (work,) = merchant.works()
    merchant.pack(work)
    assert [merchant.contents(one) for one in merchant.parcels("label_purchased")] == [[3]]


def test_what_left_unpicked_is_not_to_be_fetched_any_more(anywhere: FloorMerchant) -> None:
    anywhere.says(lines={"1": 2})
    batch = anywhere.make_batch()
    (parcel,) = anywhere.parcels()
    hand_over(anywhere.hub, parcel.id)
    anywhere.run()
    assert [task.left for task in anywhere.tasks(batch)] == [0]
    with pytest.raises(FloorError):
        anywhere.short(batch)
    assert not all_rows(anywhere.store, tables.operational_exception)


def test_what_lies_in_a_closed_box_is_not_missing(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    merchant.says(lines={"1": 2})
    batch = merchant.make_batch()
    merchant.pack(merchant.works()[0])
    with pytest.raises(FloorError):
        merchant.short(batch)
    assert merchant.lines()["1"].allocated == 2


def test_what_lies_in_an_open_box_is_not_missing(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    merchant.says(lines={"1": 2})
    batch = merchant.make_batch()
    packing.scan(merchant.hub, merchant.works()[0], "p1", 1)
    with pytest.raises(FloorError):
        merchant.short(batch, 2)
    merchant.short(batch, 1)
    assert merchant.lines()["1"].allocated == 1


def test_what_was_put_back_is_fetched_again_when_it_is_wanted_again(
    anywhere: FloorMerchant,
) -> None:
    anywhere.labels_wait_for_boxes()
    anywhere.says(lines={"1": 4})
    first = anywhere.make_batch()
    anywhere.pick(first)
    anywhere.says(version=2, lines={"1": 2})
    assert picking.record_put_back(anywhere.hub, first, 1, BY) == 2
    anywhere.says(version=3, lines={"1": 4})
    second = anywhere.make_batch()
    assert [task.units for task in anywhere.tasks(second)] == [2]


def test_units_of_two_walks_that_are_too_many_are_put_back(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    merchant.says(lines={"1": 1})
    first = merchant.make_batch()
    merchant.pick(first)
    merchant.says(version=2, lines={"1": 2})
    second = merchant.make_batch()
    merchant.pick(second)
    merchant.says(version=3, lines={"1": 1})
    told = sum(task.to_put_back for batch in (first, second) for task in merchant.tasks(batch))
    assert told >= 1, "one unit too many lies on the trolley"


def test_a_count_of_the_shelf_does_not_miss_what_was_fetched(anywhere: FloorMerchant) -> None:
    anywhere.labels_wait_for_boxes()
    anywhere.says(lines={"1": 2})
    anywhere.pick(anywhere.make_batch())
    count = start_count(anywhere.hub, "MAIN", ["p1"], BY)
    assert enter_count(anywhere.hub, count, {"p1": 3}, BY) == {"p1": "book"}
    (level,) = [row for row in all_rows(anywhere.store, tables.stock_level) if row.allocated]
    assert level.on_hand == 5


def test_an_order_short_at_its_second_place_says_what_it_waits_for(
    anywhere: FloorMerchant,
) -> None:
    anywhere.says(lines={"1": 3})
    batch = anywhere.make_batch()
    anywhere.pick(batch, 1)
    anywhere.short(batch)
    line = anywhere.lines()["1"]
    assert (line.allocated, line.reserved) == (1, 2)
    assert "p1" in anywhere.why() or "TEE" in anywhere.why(), anywhere.why()
    assert "count" in anywhere.why(), anywhere.why()
    count = start_count(anywhere.hub, "MAIN", ["p1"], BY)
    enter_count(anywhere.hub, count, {"p1": 4}, BY)
    enter_count(anywhere.hub, count, {"p1": 4}, BY)
    approve_count(anywhere.hub, count, "p1", BY)
    anywhere.run()
    assert anywhere.lines()["1"].allocated == 3


def test_a_short_pick_of_an_order_that_waits_in_part_is_sought_elsewhere(
    merchant: FloorMerchant,
) -> None:
    add_location(merchant.hub, "EAST", "Second house", "US", priority=200)
    adjust_stock(merchant.hub, "p2", 1, "delivered", "e1", "EAST")
    merchant.says(lines={"1": 3, "2": 1})
    set_shipping(merchant.hub, merchant.order().id, "available")
    batch = merchant.make_batch()
    merchant.short(batch, 1, position=1)
    merchant.short(batch, 1, position=1)
    line = merchant.lines()["1"]
    assert (line.allocated, line.reserved) == (1, 2), "they wait for a count together"


def test_a_shelf_that_owes_more_than_it_has_can_be_reported_empty(anywhere: FloorMerchant) -> None:
    anywhere.says(lines={"1": 4})
    batch = anywhere.make_batch()
    anywhere.says("8", state="finished", lines={"1": 3}, fulfilled={"1": 3})
    anywhere.says("9", lines={"1": 3})
    anywhere.says("9", version=2, state="finished", lines={"1": 3}, fulfilled={"1": 3})
    anywhere.run()
    anywhere.short(batch)
    assert anywhere.lines()["1"].allocated == 0


def test_a_unit_that_was_counted_as_gone_is_not_missed_once_more(merchant: FloorMerchant) -> None:
    count = start_count(merchant.hub, "MAIN", ["p1"], BY)
    for _ in range(2):
        enter_count(merchant.hub, count, {"p1": 2}, BY)
    merchant.says(lines={"1": 5})
    merchant.clock.now += timedelta(minutes=5)
    batch = merchant.make_batch()
    merchant.pick(batch, 2)
    merchant.short(batch)
    with pytest.raises(StockRefusedError, match="count it again"):
        approve_count(merchant.hub, count, "p1", BY)
    enter_count(merchant.hub, count, {"p1": 0}, BY)
    merchant.run()
    (level,) = [row for row in all_rows(merchant.store, tables.stock_level) if row.allocated]
    assert level.on_hand == 2, "three are gone, once"


def test_a_kit_whose_second_half_is_not_found_is_sought_elsewhere(merchant: FloorMerchant) -> None:
    merchant.shop.products.append([merchant.product("p3")])
    merchant.shop.stock["p3"] = 3
    merchant.shop.ids["listing"].append("p3")
    merchant.owe("pull_products")
    adjust_stock(merchant.hub, "p2", -5, "it is a kit", "c1")
    adjust_stock(merchant.hub, "p3", 8, "delivered", "c2")
    define_kit(merchant.hub, "p2", {"p1": 1, "p3": 1})
    add_location(merchant.hub, "EAST", "Second house", "US", priority=200)
    adjust_stock(merchant.hub, "p3", 3, "delivered", "c3", "EAST")
    merchant.run()
    merchant.says(lines={"2": 1})
    batch = merchant.make_batch()
    at = next(task.position for task in merchant.tasks(batch) if task.sku == "p3")
    merchant.short(batch, position=at)
    first, second = merchant.parcels("label_purchased")
    assert first.location_id != second.location_id
    for parcel, told in ((first, ()), (second, (("2", 1),))):
        hand_over(merchant.hub, parcel.id)
        with merchant.store.reading() as database:
            assert parcel_notice(database, parcel.id).lines == told, "half a kit is no kit"


def test_a_place_that_closes_lets_its_orders_say_so_and_come_back(merchant: FloorMerchant) -> None:
    merchant.says("6", lines={"1": 9})
    with merchant.store.unit_of_work() as unit:
        unit.execute(tables.location.update().values(state="closed"))
    merchant.says(lines={"1": 1})
    assert "stock" in merchant.holds(), merchant.why()
    add_location(merchant.hub, "MAIN", "Main house", "US")
    merchant.run()
    assert merchant.lines()["1"].allocated == 1
