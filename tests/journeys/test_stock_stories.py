"""Stories of the stockroom, told to their end at the shop and at the carrier."""

from datetime import timedelta

from hub.records.stock import SellPolicy
from hub.reports.order_detail import order_detail
from hub.reports.why import obstacles
from hub.services.stock.counts import approve_count, enter_count, start_count
from hub.services.stock.kits import define_kit
from hub.services.stock.locations import add_location
from hub.services.stock.selling import expect_units, set_sell_policy
from hub.services.stock.stockroom import adjust_stock, receive_stock
from hub.services.stock.transfers import receive_transfer, send_transfer
from hub.store import tables
from tests.journeys.story import Story

GOODS = "HB-250,MUG-SET,DRIP-01"


def open_shop(story: Story) -> None:
    story.open_for_business(orders=0, only_products=GOODS)


def set_stock(story: Story, sku: str, units: int) -> None:
    """Bring what is on hand to a number."""
    delta = units - story.stock(sku).sellable
    adjust_stock(story.world.hub, sku, delta, "counted", f"count-{sku}-{units}")
    story.world.run()


def parts(story: Story, number: str) -> dict[str, tuple[int, int]]:
    """Give of every line without components its units, and how many of them have left."""
    rows = story.world.rows(tables.order_line, order_id=story.order(number).id, is_kit=False)
    return {row.sku: (row.quantity, row.shipped) for row in rows}


def test_goods_on_their_way_are_for_sale_nowhere_and_ship_from_where_they_arrive(
    story: Story,
) -> None:
    open_shop(story)
    add_location(story.world.hub, "EAST", "East", "US", 200, street="1 Quay", city="Albany",
                 region="NY", postal_code="12207")  # fmt: skip
    set_stock(story, "MUG-SET", 3)
    tomorrow = story.world.hub.store.clock() + timedelta(days=1)
    number = send_transfer(story.world.hub, "MAIN", "EAST", {"MUG-SET": 3}, tomorrow)
    story.world.run()
    assert story.shown("MUG-SET") == 0, "what is on its way is for sale nowhere"

    receive_transfer(story.world.hub, number, {"MUG-SET": 2}, "scan-1", close=True)
    story.world.run()
    assert story.shown("MUG-SET") == 2
    (short,) = story.world.rows(tables.operational_exception, kind="transfer_short")
    assert short.sentence == f"1 MUG-SET of {number} did not arrive"
    second = story.buy("MUG-SET", 2)
    story.sync()
    (work,) = story.world.rows(tables.fulfilment_order, order_id=story.order(second).id)
    (east,) = story.world.rows(tables.location, code="EAST")
    assert work.location_id == east.id and story.phase(second) == "in_warehouse"
    story.hand_over()
    story.end_well()


def test_a_count_finds_less_and_the_shop_shows_it_when_somebody_agrees(story: Story) -> None:
    open_shop(story)
    set_stock(story, "MUG-SET", 10)
    order = story.buy("MUG-SET", 2)
    story.sync()
    number = start_count(story.world.hub, "MAIN", ["MUG-SET"], "Ada")
    # two of them stand packed at the door: they are in the building, and are counted
    assert enter_count(story.world.hub, number, {"MUG-SET": 7}, "Ada") == {"MUG-SET": "recount"}
    assert story.shown("MUG-SET") == 8
    story.hand_over()
    assert enter_count(story.world.hub, number, {"MUG-SET": 5}, "Ben") == {"MUG-SET": "approve"}
    assert approve_count(story.world.hub, number, "MUG-SET", "Grace") == -3
    story.world.run()
    assert story.shown("MUG-SET") == 5 and parts(story, order) == {"MUG-SET": (2, 2)}
    story.end_well()


def test_a_kit_is_sold_packed_and_told_of_as_what_it_is_to_each(story: Story) -> None:
    open_shop(story)
    set_stock(story, "DRIP-01", 0)
    define_kit(story.world.hub, "DRIP-01", {"HB-250": 2, "MUG-SET": 1})
    set_stock(story, "MUG-SET", 4)
    story.world.run()
    assert story.shown("DRIP-01") == 4

    order = story.buy("DRIP-01", 3)
    story.sync()
    assert parts(story, order) == {"HB-250": (6, 0), "MUG-SET": (3, 0)}
    assert story.shown("DRIP-01") == story.shown("MUG-SET") == 1
    story.hand_over()
    assert parts(story, order) == {"HB-250": (6, 6), "MUG-SET": (3, 3)}
    assert story.phase(order) == "in_transit" and story.at_shop(order)["status"] == "completed"

    second = story.buy("DRIP-01", 2)  # the shop believed it had more than the hub has
    story.sync()
    assert story.phase(second) == "awaiting_stock" and story.stock("HB-250").reserved == 0
    story.end_well()


def test_a_backorder_waits_with_a_date_and_a_receipt_sends_it_off(story: Story) -> None:
    open_shop(story)
    set_stock(story, "MUG-SET", 1)
    set_sell_policy(story.world.hub, "MUG-SET", SellPolicy.BACKORDER, cap=5)
    in_a_week = story.world.hub.store.clock() + timedelta(days=7)
    expect_units(story.world.hub, "MUG-SET", 10, in_a_week)
    story.world.run()
    assert story.shown("MUG-SET") == 6
    order = story.buy("MUG-SET", 4)
    story.sync()
    assert story.phase(order) == "awaiting_stock" and story.labels() == []
    assert story.line(order).promised_for == in_a_week
    waiting = story.order(order)
    with story.world.hub.store.reading() as database:
        told = [one.what for one in obstacles(database, order_detail(database, waiting.id))]
    assert f"MUG-SET: 4 wanted, 1 free, more is promised for {in_a_week:%Y-%m-%d}" in told

    story.pass_time(hours=1)
    receive_stock(story.world.hub, "MUG-SET", 10, "delivery 1", "delivery-1")
    story.world.run()
    assert story.phase(order) == "in_warehouse" and story.line(order).promised_for is None
    kinds = [row.outcome for row in story.world.rows(tables.decision, kind="backorder")]
    assert kinds == ["waits", "filled"]
    story.hand_over()
    assert story.shown("MUG-SET") == 7 + 5
    story.end_well()
