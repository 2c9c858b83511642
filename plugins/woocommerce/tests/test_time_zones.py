"""Shops in two time zones, through both changes of the clock: no order is missed or misdated."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from hub.records.order import Order
from hub.testing.twins import running
from plugins.woocommerce.tests.conftest import KEYS, TWIN

CHANGES = {
    "Berlin, an hour twice": ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "Berlin, an hour missing": ("Europe/Berlin", datetime(2027, 3, 28, 1, tzinfo=UTC)),
    "New York, an hour twice": ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "New York, an hour missing": ("America/New_York", datetime(2027, 3, 14, 7, tzinfo=UTC)),
}
STEP = timedelta(minutes=20)


def buy(twin):
    return twin.action("place_order", lines=[{"sku": "HB-250"}])


def pulled(shop, cursor):
    pages = list(shop.pull_orders(cursor))
    orders = [Order.model_validate(shop.to_order(raw)) for page in pages for raw in page.items]
    return {order.external_id: order for order in orders}, pages[-1].cursor


@pytest.mark.parametrize(("zone", "change"), CHANGES.values(), ids=CHANGES)
def test_orders_around_the_change_are_pulled_each_with_its_instant(tmp_path, connect, zone, change):
    with running(TWIN, data=tmp_path / "twin.db", timezone=zone, orders=0) as twin:
        twin.freeze(change - 4 * STEP)
        shop = connect(twin.url, **KEYS, clock=twin.now)
        _, cursor = pulled(shop, None)
        local = []
        for _ in range(8):
            placed_at, order = twin.now(), buy(twin)
            local.append(order["date_created"])
            fresh, cursor = pulled(shop, cursor)
            found = fresh[str(order["id"])]
            assert (found.placed_at, found.updated_at) == (placed_at, placed_at)
            twin.advance(STEP.total_seconds())
        assert listed_since(shop, change) == 4
    # The shop's own clock did jump, so its local dates were never of use.
    steps = [datetime.fromisoformat(b) - datetime.fromisoformat(a) for a, b in pairwise(local)]
    assert {step for step in steps if step != STEP} in ({STEP - HOUR}, {STEP + HOUR})


HOUR = timedelta(hours=1)


def listed_since(shop, moment):
    return sum(len(page) for page in shop.list_ids("order", moment))


@pytest.mark.parametrize(("zone", "change"), CHANGES.values(), ids=CHANGES)
def test_an_order_changed_across_the_change_is_newer_afterwards(tmp_path, connect, zone, change):
    with running(TWIN, data=tmp_path / "twin.db", timezone=zone, orders=0) as twin:
        twin.freeze(change - STEP)
        shop = connect(twin.url, **KEYS, clock=twin.now)
        order = str(buy(twin)["id"])
        first, cursor = pulled(shop, None)
        twin.advance(2 * STEP.total_seconds())
        twin.action("complete_order", order_id=order)
        second, _ = pulled(shop, cursor)
        assert second[order].updated_at - first[order].updated_at == 2 * STEP
        assert second[order].placed_at == first[order].placed_at


def test_several_shops_at_once_are_kept_apart(tmp_path, connect):
    zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata"]
    with ExitStack() as stack:
        twins = [
            stack.enter_context(
                running(
                    TWIN, data=tmp_path / f"{n}.db", timezone=zone, orders=0, sku_prefix=f"{n}-",
                    key=f"ck_{n}", secret=f"cs_{n}",
                )
            )
            for n, zone in enumerate(zones)
        ]  # fmt: skip
        shops = [connect(one.url, key=f"ck_{n}", secret=f"cs_{n}") for n, one in enumerate(twins)]
        for n, twin in enumerate(twins):
            for _ in range(n + 1):
                twin.action("place_order", lines=[{"sku": f"{n}-HB-250"}])
        with ThreadPoolExecutor() as pool:
            found = list(pool.map(lambda shop: pulled(shop, None)[0], [*shops, *shops]))
            accounts = list(pool.map(lambda shop: shop.check(), shops))
    assert [account.time_zone for account in accounts] == zones
    assert len({account.id for account in accounts}) == 3
    for n, orders in enumerate(found):
        assert len(orders) == n % 3 + 1
        assert {line.sku for one in orders.values() for line in one.lines} == {f"{n % 3}-HB-250"}
