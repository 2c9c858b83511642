"""Where an order is that nobody finds: its traces, and what keeps a shop from being heard."""

from datetime import timedelta

import pytest

from hub.reports.missing import missing
from hub.services.vendors.connect import pause
from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Merchant:
    return Merchant(sqlite_store, clock)


def traces(merchant: Merchant, number: str) -> str:
    with merchant.store.reading() as database:
        found = missing(database, number, merchant.clock())
    return " | ".join(f"{one.what} → {one.remedy}" for one in found)


def test_a_shop_that_was_read_to_its_end_says_so(merchant: Merchant) -> None:
    assert "NYC was read to its end and has not shown it" in traces(merchant, "NYC-99")


def test_a_shop_that_was_not_read_for_long_is_named(merchant: Merchant) -> None:
    merchant.clock.now += timedelta(hours=2)
    assert "NYC was last read to its end at" in traces(merchant, "99")
    pause(merchant.hub, "NYC", "a break")
    assert "NYC is paused: a break → hub connections resume NYC" in traces(merchant, "99")


def test_an_order_nobody_understood_is_found_among_what_is_kept_aside(merchant: Merchant) -> None:
    merchant.says("99", bad="mapping")
    told = traces(merchant, "NYC-99")
    assert "NYC sent it and nobody understood it: status" in told and "hub quarantine show" in told
    assert "nobody understood" not in traces(merchant, "NYC-98")


def test_a_delivery_a_deletion_and_a_paused_schedule_leave_traces(
    merchant: Merchant,
) -> None:
    shop = merchant.hub.connection("NYC").id
    now = merchant.clock()
    with merchant.store.unit_of_work() as unit:
        unit.execute(
            tables.inbox.insert().values(
                id=new_id(), connection_id=shop, dedupe_key="d", topic="order.created",
                kind="order", external_id="99", sealed=b"", received_at=now,
            )
        )  # fmt: skip
        unit.execute(
            tables.link.insert().values(
                connection_id=shop, kind="order", external_id="99", hub_id="x", digest=b"d",
                version="1", deleted_at=now,
            )
        )  # fmt: skip
        unit.execute(
            tables.schedule.insert().values(
                name="pull_orders", connection_id=shop, job_kind="pull_orders", every_s=60,
                next_at=now, enabled=False,
            )
        )  # fmt: skip
    told = traces(merchant, "NYC-99")
    rang = "NYC rang for it (order.created), the delivery is new"
    paused = "pull_orders is paused → hub schedule resume pull_orders --connection NYC"
    for part in (rang, "NYC deleted it on", paused):
        assert part in told, told
