"""What no cursor shows is found by comparing: gaps, deletions, and what changed in silence."""

import itertools
import json

import pytest

from hub.records.order import ChannelState
from hub.sdk import RejectedError, TransientError
from hub.services.vendors.drift import find_drift
from hub.services.work import owe
from hub.store import tables
from hub.store.intake import Arrival, add_to_inbox
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.services.scripted_shop import raw_order
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, one_row


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    return Merchant(store, clock)


def drift(merchant: Merchant) -> list[tuple[str, str, str]]:
    return [(one.kind, one.subject, one.there) for one in find_drift(merchant.hub, "NYC")
            if one.kind != "webhook"]  # fmt: skip


def test_a_shop_like_the_hub_has_no_drift(merchant: Merchant) -> None:
    merchant.says()
    merchant.shop.stock["p1"] = 3
    assert drift(merchant) == []


def test_an_order_that_no_page_showed_is_pulled(merchant: Merchant) -> None:
    merchant.says()
    merchant.shop.raws["8"] = raw_order("8", 1)
    merchant.shop.ids["order"].append("8")
    assert ("order", "8", "there") in drift(merchant)
    merchant.owe("compare_shop")
    assert merchant.order("8").phase == "in_warehouse"


def test_a_list_that_goes_round_in_circles_is_given_up(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant.says()
    circle = (("7",) for _ in itertools.count())
    monkeypatch.setattr(merchant.shop, "list_ids", lambda kind, since: circle)
    with pytest.raises(TransientError, match="repeats itself"):
        find_drift(merchant.hub, "NYC")


def test_an_order_that_is_gone_is_cancelled_and_an_old_version_does_not_revive_it(
    merchant: Merchant,
) -> None:
    merchant.says(version=5)
    merchant.shop.ids["order"].remove("7")
    gone = merchant.shop.raws.pop("7")
    assert ("order", "7", "gone") in drift(merchant)
    merchant.owe("compare_shop")
    assert merchant.order().phase == "cancelled" and merchant.free() == 5
    assert merchant.decisions("comparison")[0]["order"] == "7"
    for late in (raw_order("7", 4), gone):
        merchant.shop.orders.append([late])
        merchant.owe("pull_orders")
        assert merchant.order().channel_state == ChannelState.CANCELLED
    merchant.says(version=6)
    assert merchant.order().channel_state == ChannelState.OPEN


def test_an_order_that_the_list_only_forgot_is_left_alone(merchant: Merchant) -> None:
    merchant.says()
    merchant.shop.ids["order"].remove("7")
    merchant.owe("compare_shop")
    assert merchant.order().channel_state == ChannelState.OPEN


def test_a_listing_that_is_gone_ends_and_its_stock_is_no_longer_pushed(merchant: Merchant) -> None:
    merchant.shop.ids["listing"].remove("p1")
    del merchant.shop.stock["p1"]
    merchant.owe("compare_shop")
    assert one_row(merchant.store, tables.listing, external_id="p1").state == "ended"
    merchant.says()
    assert "p1" not in merchant.shop.stock
    assert drift(merchant) == []


def test_a_listing_that_the_list_only_forgot_stays(merchant: Merchant) -> None:
    merchant.shop.ids["listing"].remove("p1")
    merchant.owe("compare_shop")
    assert one_row(merchant.store, tables.listing, external_id="p1").state == "live"


def test_a_number_changed_in_silence_is_found_and_repaired(merchant: Merchant) -> None:
    merchant.owe("publish_all_stock")
    merchant.shop.stock["p1"] = 9
    assert drift(merchant) == [("stock", "p1", "9")]
    merchant.owe("compare_shop")
    merchant.later(minutes=1)
    assert merchant.shop.stock["p1"] == 5 and drift(merchant) == []


def test_a_number_whose_push_died_is_pushed_by_the_next_comparison(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant.owe("publish_all_stock")
    confirmed = merchant.shop.stock["p1"]

    def refuse(targets: object) -> None:
        raise RejectedError("the route is switched off")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(merchant.shop, "read_stock", refuse)
        merchant.says()
    (dead,) = all_rows(merchant.store, tables.job, state="dead")
    assert dead.kind == "publish_stock" and merchant.shop.stock["p1"] == confirmed
    merchant.owe("compare_shop")
    assert merchant.shop.stock["p1"] == merchant.free() < confirmed


def test_an_order_understood_after_the_opening_brings_the_units_it_had_taken(
    store: Store, clock: SettableClock
) -> None:
    merchant = Merchant(store, clock)
    bad = json.loads(raw_order("9", 1, bad="mapping"))
    shop = merchant.hub.connection("NYC").id
    merchant.shop.orders.append([json.dumps(bad).encode()])
    merchant.owe("pull_orders")
    with merchant.store.unit_of_work() as unit:  # it lay here before the books were opened
        kept = tables.quarantine
        unit.execute(kept.update().values(created_at=clock.now.replace(year=2025)))
        unit.execute(tables.connection.update().values(stock_master=True)
                     .where(tables.connection.c.id == shop))  # fmt: skip
    merchant.shop.takes = 2
    merchant.says("9", version=2)
    assert "imported" in merchant.holds("9")
    assert merchant.free() == 5, "two came on top of five, and are promised"
    moves = all_rows(merchant.store, tables.stock_movement)
    assert len([row for row in moves if row.command_id.startswith(f"opening:{shop}:9:")]) == 1


def test_lines_of_a_shop_without_listings_are_mapped_by_sku(merchant: Merchant) -> None:
    with merchant.store.unit_of_work() as unit:
        unit.execute(tables.variant.update().where(tables.variant.c.sku == "p1").values(sku="TEE"))
        unit.execute(tables.listing.delete())
    merchant.says()
    assert merchant.lines()["1"].stock_item_id is not None and merchant.labels() == ["L1"]


def rings(merchant: Merchant, product: str) -> None:
    """A webhook says that a product was deleted."""
    shop = merchant.hub.connection("NYC")
    with merchant.store.unit_of_work() as unit:
        gone = Arrival(shop.id, f"d:{product}", "product.deleted", "product", product, True, b"{}")
        (item_id,) = add_to_inbox(unit, [gone])
        assert item_id is not None
        owe(unit, "ingest_delivery", item_id, shop.id)
    merchant.run()


def test_a_product_that_was_deleted_ends_at_once(merchant: Merchant) -> None:
    del merchant.shop.stock["p1"]
    rings(merchant, "p1")
    assert one_row(merchant.store, tables.listing, external_id="p1").state == "ended"


def test_a_delete_that_comes_after_the_product_was_restored_ends_nothing(
    merchant: Merchant,
) -> None:
    rings(merchant, "p1")
    merchant.says()
    merchant.later(minutes=1)
    assert merchant.shop.stock["p1"] == 3, "else the shop goes on selling what is sold"
