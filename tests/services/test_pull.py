"""Pulling: every page and its cursor are one commit, and a walk goes on from where it stopped."""

import gc

import pytest

from hub.domain.health import What, judge
from hub.sdk.errors import TransientError
from hub.services.context import Hub
from hub.services.intake.pull import ORDERS, PRODUCTS, pull_orders, pull_products
from hub.store import tables
from hub.store.connections import Connected, mark_books_opened
from hub.store.cursors import get_cursor
from hub.store.intake import resolve_kept
from hub.store.jobs import JobResult, LeaseLost, RunningJob
from hub.store.misread import TRY_AFTER
from hub.store.signals import read_signals
from tests.services.scripted_shop import ScriptedShop, raw_order
from tests.store.conftest import SettableClock
from tests.store.job_rows import force, start
from tests.store.shop_rows import all_rows, one_row


def pulling(hub: Hub, shop: Connected) -> RunningJob:
    return start(hub.store, kind="pull_orders", subject=shop.id)


def position(hub: Hub, shop: Connected, stream: str = ORDERS) -> str | None:
    with hub.store.reading() as database:
        cursor = get_cursor(database, shop.id, stream)
    return cursor.position if cursor else None


def landed(hub: Hub) -> list[str]:
    return sorted(row.external_id for row in all_rows(hub.store, tables.sales_order))


def owed(hub: Hub, kind: str) -> int:
    return len(all_rows(hub.store, tables.job, kind=kind))


PAGES = [[raw_order("1"), raw_order("2")], [raw_order("3")], [raw_order("4")]]


def test_a_walk_lands_every_page_and_a_second_one_finds_nothing_new(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    vendor.orders = list(PAGES)
    first = pull_orders(hub, pulling(hub, shop))
    assert (first.outcome, first.counters["created"], landed(hub)) == ("ok", 4, list("1234"))
    vendor.orders += [PAGES[0]]  # the overlap shows them again
    second = pull_orders(hub, pulling(hub, shop))
    assert (second.outcome, second.counters["unchanged"]) == ("no_change", 2)
    assert vendor.asked == [None, "3"]


def test_a_walk_that_breaks_keeps_its_pages_and_goes_on_from_the_last_one(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    vendor.orders = [*PAGES[:2], TransientError("503")]
    with pytest.raises(TransientError):
        pull_orders(hub, pulling(hub, shop))
    assert (position(hub, shop), landed(hub)) == ("2", list("123"))
    vendor.orders = list(PAGES)
    pull_orders(hub, pulling(hub, shop))
    assert (position(hub, shop), landed(hub)) == ("3", list("1234"))
    assert gc.isenabled()


def test_a_worker_that_lost_its_lease_lands_neither_page_nor_cursor(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    vendor.orders = list(PAGES)
    job = pulling(hub, shop)
    force(hub.store, job.id, token=job.token + 1)
    with pytest.raises(LeaseLost):
        pull_orders(hub, job)
    assert (position(hub, shop), landed(hub)) == (None, [])


def test_one_bad_order_does_not_stop_the_page_or_the_cursor(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    vendor.orders = [[raw_order("1"), raw_order("2", bad="mistake"), raw_order("3")]]
    found = pull_orders(hub, pulling(hub, shop))
    assert (found.outcome, found.counters["quarantined"]) == ("partial", 1)
    assert (position(hub, shop), landed(hub)) == ("1", ["1", "3"])
    assert one_row(hub.store, tables.quarantine).external_id == "2"


def test_an_empty_shop_is_walked_to_its_end(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    vendor.orders = [[]]
    assert pull_orders(hub, pulling(hub, shop)).outcome == "no_change"
    assert position(hub, shop) == "1"


def test_the_books_are_to_be_opened_once_both_streams_have_reached_the_present(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    vendor.products = [[b'{"id": "TEE"}']]
    vendor.orders = list(PAGES)
    pull_products(hub, pulling(hub, shop))
    assert (position(hub, shop, PRODUCTS), owed(hub, "open_books")) == ("1", 0)
    pull_orders(hub, pulling(hub, shop))
    assert owed(hub, "open_books") == 1
    vendor.orders += [[]]
    pull_orders(hub, pulling(hub, shop))
    assert owed(hub, "open_books") == 1


def test_books_that_are_open_stay_open(hub: Hub, shop: Connected, vendor: ScriptedShop) -> None:
    with hub.store.unit_of_work() as unit:
        mark_books_opened(unit, shop.id)
    vendor.orders = list(PAGES)
    pull_products(hub, pulling(hub, shop))
    pull_orders(hub, pulling(hub, shop))
    assert owed(hub, "open_books") == 0


# --- a vendor that changed its records ------------------------------------------------------------


def strange(first: int, many: int, bad: int) -> list[bytes]:
    """A page of which `bad` orders are not understood."""
    return [raw_order(str(first + n), bad="mapping" if n < bad else None) for n in range(many)]


def finished_pull(hub: Hub, shop: Connected) -> JobResult:
    job = pulling(hub, shop)
    result = pull_orders(hub, job)
    with hub.store.unit_of_work() as unit:
        job.finish(unit, result.outcome, result.counters or None)
    return result


def test_a_stream_that_is_not_understood_stops_keeps_everything_and_tries_hourly(
    hub: Hub, shop: Connected, vendor: ScriptedShop, clock: SettableClock
) -> None:
    vendor.orders = [strange(100, 20, 4), strange(200, 20, 4)]
    assert finished_pull(hub, shop).counters["seen"] == 20  # the second page was not asked for
    assert (position(hub, shop), len(all_rows(hub.store, tables.quarantine))) == ("1", 4)
    with hub.store.reading() as database:
        (signals,) = read_signals(database, ["scripted"], clock())
    assert What.MISREAD in [one.what for one in judge(signals, clock()).troubles]
    vendor.asked.clear()
    assert finished_pull(hub, shop).outcome == "partial"
    assert vendor.asked == []
    clock.advance(TRY_AFTER.total_seconds())
    finished_pull(hub, shop)
    assert (vendor.asked, len(all_rows(hub.store, tables.quarantine))) == (["1"], 8)


def test_a_stream_goes_on_at_once_when_its_records_were_read_again(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    vendor.orders = [strange(100, 20, 4), [raw_order("7")]]
    finished_pull(hub, shop)
    with hub.store.unit_of_work() as unit:  # as after a repair and `hub quarantine retry --all`
        resolve_kept(unit, shop.id, "order", ["100", "101", "102", "103"])
    assert (finished_pull(hub, shop).outcome, position(hub, shop)) == ("ok", "2")
    assert "7" in landed(hub)


@pytest.mark.parametrize(("many", "bad"), [(19, 19), (20, 3), (100, 19)])
def test_few_records_or_few_odd_ones_stop_nothing(
    hub: Hub, shop: Connected, vendor: ScriptedShop, many: int, bad: int
) -> None:
    vendor.orders = [strange(100, many, bad), [raw_order("7")]]
    finished_pull(hub, shop)
    assert "7" in landed(hub)
