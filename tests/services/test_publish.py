"""What is published: only what the hub counts, what came free too, and never without end."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub.records.catalogue import Listing, Tracking
from hub.sdk import StockAnswer
from hub.services.context import Hub
from hub.services.intake.ingest import land_order_page
from hub.services.stock.publish import stock_moved
from hub.services.stock.stockroom import adjust_stock
from hub.store import tables
from hub.store.catalogue import land_listings
from hub.store.connections import Connected, mark_books_opened
from hub.store.ledger import adjust, reserve
from hub.store.matching import map_new_listings
from hub.store.unit_of_work import Store
from tests.journeys.story import Story
from tests.records.order_example import PLACED
from tests.services.scripted_shop import ScriptedShop, raw_order
from tests.store.shop_rows import add_place, one_row

TEE = {"external_id": "p1", "sku": "TEE", "title": "Tee", "updated_at": PLACED}


def rows_of(store: Store, table: Any) -> list[Any]:
    with store.reading() as database:
        return list(database.execute(select(table)))


def list_tee(hub: Hub, shop: Connected, tracking: Tracking) -> str:
    listing = Listing(tracking=tracking, **TEE)
    with hub.store.unit_of_work() as unit:
        mark_books_opened(unit, shop.id)
        map_new_listings(unit, shop, land_listings(unit, shop.id, [(listing, b"d")]))
    return str(one_row(hub.store, tables.variant).stock_item_id)


def test_of_what_nobody_counts_no_number_is_published(hub: Hub, shop: Connected) -> None:
    """Its channel may count it: 0, all the hub could say, would take it off the shelf there."""
    item = list_tee(hub, shop, Tracking.NOT_TRACKED)
    counted = Listing(tracking=Tracking.COUNTED, **TEE)
    with hub.store.unit_of_work() as unit:
        land_listings(unit, shop.id, [(counted, b"e")])
        stock_moved(unit, [item])
    assert rows_of(hub.store, tables.desired) == []


def test_what_a_removed_line_gave_back_is_shown_again(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    place = add_place(hub.store)
    item = list_tee(hub, shop, Tracking.COUNTED)

    def says(version: int, **said: Any) -> None:
        raw = raw_order("7", version, **said)
        land_order_page(hub, shop, [raw], vendor.to_order, lambda unit: None)

    says(1, lines={"1": 2, "2": 1})
    line = next(row for row in rows_of(hub.store, tables.order_line) if row.external_id == "1")
    with hub.store.unit_of_work() as unit:
        adjust(unit, item, place, 5, "opening", "")
        assert reserve(unit, line.id, item, 2, None)
    says(2, lines={"2": 1})
    assert one_row(hub.store, tables.stock_promise).reserved == 0
    assert one_row(hub.store, tables.desired).desired_version == 1
    assert [job.kind for job in rows_of(hub.store, tables.job)].count("reserve_waiting") == 1


@pytest.fixture
def story(tmp_path: Path, database_url: str) -> Iterator[Story]:
    with ExitStack() as ending:
        yield Story(tmp_path, ending, database_url=database_url)


def test_a_shop_that_undoes_our_number_is_asked_ever_more_seldom(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(shop: Any, targets: Any) -> tuple[StockAnswer, ...]:
        return tuple(StockAnswer(one.external_id) for one in targets)

    shop = story.open_for_business(orders=0, only_products="HB-250,MUG-SET")
    monkeypatch.setattr("hub_woocommerce.stock.push_stock", forgetful)
    adjust_stock(story.world.hub, "HB-250", 1, "found one", "count-1")
    before = len(shop.log.answers())
    story.pass_time(hours=6)
    assert len(story.world.rows(tables.published)) <= 35
    assert len(shop.log.answers()) - before <= 200, "nobody is hammered"

    monkeypatch.undo()
    story.pass_time(minutes=20)
    assert story.shown("HB-250") == story.stock("HB-250").sellable
    story.end_well()
