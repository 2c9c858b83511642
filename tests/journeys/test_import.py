"""Connecting is harmless: what the shop has finished is history, what is open is held."""

from pathlib import Path

import pytest

from hub.services.vendors.listing_mapping import map_listing_to
from hub.store import tables
from tests.journeys.story import SHOP_KEYS, Story

WRITES = ("POST", "PUT", "PATCH", "DELETE")
BOOKKEEPING = ("sync_job", "job_attempt", "cursor", "exchange", "pacing", "schedule", "event")


def written(story: Story, code: str = "NYC") -> list[str]:
    """Give the requests of the hub that could have changed something at a shop."""
    log = story.shops[code].log
    return [f"{line.method} {line.path}" for line in log.answers() if line.method in WRITES]


def connect_and_sync(story: Story, seed: Path | None = None) -> None:
    story.open_shop(seed=seed)
    story.open_carrier()
    story.connect_shop()
    story.connect_carrier()
    story.world.run()


def test_old_orders_land_as_history_and_nothing_follows(story: Story) -> None:
    connect_and_sync(story)
    shown = story.shops["NYC"].documents("order")
    finished = ("completed", "refunded", "cancelled", "failed")
    over = [order for order in shown if order["status"] in finished]
    history = story.world.rows(tables.sales_order, history=True)
    assert len(history) == len(over) > 10
    assert not story.labels()
    assert not story.world.rows(tables.effect)
    assert written(story) == [], "a new connection only reads"
    story.end_well()

    story.world.writes_on("NYC")
    story.pass_time(hours=13)
    assert not story.labels(), "nothing is released by itself"
    done = {line.kind for line in story.shops["NYC"].log.effects()}
    assert done <= {"stock_set", "product_updated"}, "numbers of stock, and nothing else"
    story.end_well()


def test_what_is_open_is_held_and_has_its_stock(story: Story) -> None:
    connect_and_sync(story)
    open_orders = story.world.rows(tables.sales_order, channel_state="open")
    assert {"imported"} <= {reason for row in open_orders for reason in story.holds(row.number)}
    assert all("imported" in story.holds(row.number) for row in open_orders)
    held = sum(row.reserved for row in story.world.rows(tables.stock_promise))
    assert held > 10
    story.end_well()


def test_the_merchant_releases_one_order_and_only_that_ships(story: Story) -> None:
    connect_and_sync(story)
    story.world.writes_on("NYC")
    story.world.run()
    ready = [
        row.number
        for row in story.world.rows(tables.sales_order, verification="passed", phase="on_hold")
        if set(story.holds(row.number)) == {"imported"}
    ]
    story.release_imported(ready[0])
    assert story.labels() == [ready[0]]
    story.hand_over()
    story.end_well()


def test_opening_stock_counts_what_open_orders_have_taken(story: Story) -> None:
    shop = story.open_shop(orders=0)
    shown = story.shown("HB-250")
    assert shown is not None
    story.buy("HB-250", 3)
    story.open_carrier()
    story.connect_shop()
    story.world.run()
    promise = story.stock("HB-250")
    assert (promise.sellable, promise.reserved) == (shown, 3)
    assert shop.log.effects("stock_set") == []
    story.end_well()


def test_opening_stock_is_right_when_customers_buy_during_the_first_sync(story: Story) -> None:
    shop = story.open_shop(orders=0)
    shown = story.shown("HB-250")
    story.buy("HB-250", 1)
    story.connect_shop()
    bought = 0

    def customers_go_on() -> bool:
        nonlocal bought
        if bought < 4:
            story.buy("HB-250", 1)
            bought += 1
        return False

    story.world.run(until=customers_go_on)
    story.sync()
    assert bought == 4
    promise = story.stock("HB-250")
    assert (promise.sellable, promise.reserved) == (shown, 5)
    assert story.shown("HB-250") == promise.sellable - promise.reserved
    assert not shop.log.effects("stock_set")
    story.end_well()


def test_a_held_order_that_the_shop_fulfils_itself_leaves_the_books(story: Story) -> None:
    shop = story.open_shop(orders=0)
    shown = story.shown("HB-250")
    assert shown is not None
    number = story.buy("HB-250", 3)
    story.open_carrier()
    story.connect_shop()
    story.connect_carrier()
    story.world.run()
    story.world.writes_on("NYC")
    story.world.run()
    assert story.phase(number) == "on_hold"
    shop.action("complete_order", order_id=story.at_shop(number)["id"])
    story.sync()
    promise = story.stock("HB-250")
    assert (promise.sellable, promise.reserved) == (shown - 3, 0), "its units left the house"
    assert story.line(number).shipped == 3
    assert not story.labels() and not story.notes(number)
    assert story.shown("HB-250") == shown - 3
    story.end_well()


def test_a_second_sync_changes_nothing(story: Story) -> None:
    connect_and_sync(story)
    story.sync()
    before = everything(story)
    story.sync()
    after = everything(story)
    assert {name for name in before if before[name] != after[name]} == set()
    story.end_well()


def everything(story: Story) -> dict[str, list[str]]:
    """Give every row of every table that is not about the work itself."""
    return {
        table.name: sorted(repr(tuple(row)) for row in story.world.rows(table))
        for table in tables.METADATA.sorted_tables
        if table.name not in BOOKKEEPING
    }


def test_an_unmapped_sku_lets_the_order_land_and_the_line_wait(story: Story) -> None:
    shop = story.open_for_business(orders=0)
    order = shop.action("place_order_with_unknown_sku", sku="UNLISTED-1")
    number = f"NYC-{order['id']}"
    story.sync()
    assert story.phase(number) == "mapping_needed"
    assert not story.labels()
    assert story.line(number).stock_item_id is None
    story.end_well()


def test_mapping_a_listing_resumes_the_orders_that_waited_for_it(story: Story) -> None:
    only = "HB-250,MUG-SET"
    story.open_shop("NYC", orders=0, only_products=only)
    story.open_shop("BER", second=1, only_products=only, sku_prefix="B-")
    story.open_carrier()
    for code in ("NYC", "BER"):
        story.connect_shop(code)
    story.connect_carrier()
    story.world.run()
    story.world.writes_on("NYC", "BER")
    story.world.run()
    free = story.stock("HB-250").sellable
    number = story.buy("B-HB-250", at="BER")
    story.sync()
    assert story.phase(number) == "mapping_needed"
    assert not story.labels()
    story.end_well()

    (listing,) = story.world.rows(tables.listing, sku="B-HB-250")
    map_listing_to(story.world.hub, f"BER:{listing.external_id}", "HB-250", "ada")
    story.world.run()
    assert story.labels() == [number]
    story.hand_over()
    assert story.shown("B-HB-250", "BER") == story.shown("HB-250", "NYC") == free - 1
    story.end_well()


def test_the_real_store_is_imported_whole_and_in_peace(story: Story, vendor_data: Path) -> None:
    store = vendor_data / "woocommerce" / "store"
    if not store.is_dir():
        pytest.skip("vendor data is absent: no WooCommerce store in it")
    connect_and_sync(story, seed=store)
    assert len(story.world.rows(tables.sales_order)) > 100
    assert not story.world.rows(tables.quarantine, state="open")
    assert written(story) == []
    assert not story.labels()
    story.end_well()


def test_secrets_of_the_connection_are_canaries(story: Story) -> None:
    """Else the invariant of secrecy would look for nothing."""
    connect_and_sync(story)
    assert set(SHOP_KEYS.values()) <= story.world.canaries
