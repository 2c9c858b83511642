"""Routing an order: what is reserved becomes work for a place, with its reasons kept."""

from typing import Any

import pytest

from hub.records.catalogue import Listing, Tracking
from hub.records.connection import Account, Family
from hub.registry import load_plugins
from hub.services.context import Hub
from hub.services.intake.ingest import land_order_page
from hub.services.orders.accept import accept
from hub.services.orders.route import route_order
from hub.store import tables
from hub.store.catalogue import land_listings
from hub.store.connections import Connected, mark_books_opened, set_writes
from hub.store.ledger import adjust
from hub.store.matching import map_new_listings, set_mapping
from hub.store.orders import get_order
from tests.records.order_example import PLACED
from tests.services.scripted_shop import ScriptedShop, raw_order
from tests.store.job_rows import start
from tests.store.shop_rows import add_place, all_rows, connect, one_row
from tests.store.stock_books import audit


@pytest.fixture
def hub(hub: Hub) -> Hub:
    """The hub with a carrier that sells labels, and writes on everywhere."""
    carrier = connect(
        hub.store, "FLAT", connector="flatrate", family=Family.CARRIER,
        account=Account(id="flat", title="Flat"),
    )  # fmt: skip
    plugins = load_plugins(only=["flatrate"], modules=["tests.services.scripted_shop"])
    add_place(hub.store)
    with hub.store.unit_of_work() as unit:
        for connection_id in (carrier, hub.connection("NYC").id):
            set_writes(unit, connection_id, True)
        mark_books_opened(unit, hub.connection("NYC").id)
    return Hub(hub.store, plugins, hub.policy, hub.http_for)


def sell_both_lines_from_one_item(hub: Hub, shop: Connected, tracking: Tracking) -> str:
    """Give listings p1 and p2 one variant; its stock item."""
    shown = [
        Listing(external_id=one, sku=one, title=one, tracking=tracking, updated_at=PLACED)
        for one in ("p1", "p2")
    ]
    with hub.store.unit_of_work() as unit:
        landed = land_listings(unit, shop.id, [(one, one.sku.encode()) for one in shown])
        map_new_listings(unit, shop, landed)
    variant = one_row(hub.store, tables.variant, sku="p1")
    with hub.store.unit_of_work() as unit:
        set_mapping(unit, one_row(hub.store, tables.listing, sku="p2").id, variant.id)
    return str(variant.stock_item_id)


def placed(hub: Hub, vendor: ScriptedShop, **said: Any) -> str:
    shop = hub.connection("NYC")
    raw = raw_order("7", lines={"1": 2, "2": 3}, **said)
    land_order_page(hub, shop, [raw], vendor.to_order, lambda unit: None)
    order_id = str(one_row(hub.store, tables.sales_order).id)
    with hub.store.unit_of_work() as unit:
        accept(unit, hub.policy, shop, get_order(unit.connection, order_id))
    return order_id


def route(hub: Hub, order_id: str) -> str:
    route_order(hub, start(hub.store, subject=order_id))
    return str(one_row(hub.store, tables.sales_order).phase)


def test_two_lines_of_what_nobody_counts_are_both_shipped(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    item = sell_both_lines_from_one_item(hub, shop, Tracking.NOT_TRACKED)
    assert route(hub, placed(hub, vendor)) == "ready"
    assert sorted(row.allocated for row in all_rows(hub.store, tables.allocation)) == [2, 3]
    audit(hub.store, item)


def test_two_lines_of_one_item_share_what_the_place_has(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    item = sell_both_lines_from_one_item(hub, shop, Tracking.COUNTED)
    with hub.store.unit_of_work() as unit:
        adjust(unit, item, "main", 5, "opening", "")
    order_id = placed(hub, vendor)
    assert route(hub, order_id) == "ready"
    assert len(all_rows(hub.store, tables.shipment)) == 1
    assert one_row(hub.store, tables.effect).kind == "label"
    assert one_row(hub.store, tables.decision, kind="routing").outcome == "routed"
    route(hub, order_id)
    assert len(all_rows(hub.store, tables.shipment)) == 1
    audit(hub.store, item)


@pytest.mark.parametrize("said", [{"state": "unknown"}, {"override": {"total_minor": 1}}])
def test_an_order_that_may_not_ship_is_not_routed(
    hub: Hub, shop: Connected, vendor: ScriptedShop, said: dict[str, Any]
) -> None:
    sell_both_lines_from_one_item(hub, shop, Tracking.NOT_TRACKED)
    route(hub, placed(hub, vendor, **said))
    assert all_rows(hub.store, tables.allocation) == []
