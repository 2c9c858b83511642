"""What a fact makes pointless is not begun, and is owed again when the fact is taken back."""

from typing import Any

import pytest

from hub.jobs.idle import run_until_idle
from hub.sdk import PullOrders
from hub.services.intake.ingest import land_order_page
from hub.services.reactions import POINTLESS
from hub.services.work import WORK
from hub.store import tables
from hub.store.effects import sent_by_jobs_to_unknown
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.services.scripted_shop import raw_order
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    return Merchant(store, clock)


def land(merchant: Merchant, version: int, **said: Any) -> None:
    """Land an order without doing what follows."""
    shop = merchant.hub.connection("NYC")
    reader = merchant.hub.open(shop).offering(PullOrders)
    assert reader is not None
    raw = raw_order("7", version, **said)
    land_order_page(merchant.hub, shop, [raw], reader.to_order, lambda unit: None)


def routes(merchant: Merchant) -> list[Any]:
    return all_rows(merchant.store, tables.job, kind="route_order")


def accepted(merchant: Merchant) -> None:
    """Work until the order is to be routed, and stop there."""
    run_until_idle(
        merchant.worker,
        sent_by_jobs_to_unknown,
        until=lambda: any(row.state == "ready" for row in routes(merchant)),
    )


def test_an_order_cancelled_before_it_was_routed_is_not_routed(merchant: Merchant) -> None:
    land(merchant, 1)
    accepted(merchant)
    land(merchant, 2, state="cancelled")
    (route,) = routes(merchant)
    (cancel,) = all_rows(merchant.store, tables.job, kind="cancel_order")
    assert (route.state, route.superseded_by, route.attempt) == ("superseded", cancel.id, 0)
    merchant.run()
    assert (merchant.free(), merchant.labels()) == (5, [])


def test_an_order_that_is_revived_is_routed_after_all(merchant: Merchant) -> None:
    land(merchant, 1)
    accepted(merchant)
    land(merchant, 2, state="cancelled")
    land(merchant, 3)
    merchant.run()
    assert merchant.labels() == ["L1"]
    states = [row.state for row in sorted(routes(merchant), key=lambda row: row.id)]
    assert states == ["superseded", "succeeded"]


def test_one_revived_after_its_cancellation_was_carried_out_is_routed_too(
    merchant: Merchant,
) -> None:
    land(merchant, 1)
    accepted(merchant)
    land(merchant, 2, state="cancelled")
    merchant.run()
    land(merchant, 3)
    merchant.run()
    assert merchant.labels() == ["L1"]
    assert merchant.free() == 3


def test_only_work_that_exists_is_called_pointless() -> None:
    assert {kind for kinds in POINTLESS.values() for kind in kinds} <= set(WORK)
