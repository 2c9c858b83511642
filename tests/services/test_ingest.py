"""Landing orders: whatever comes twice, late or in any order, the newest word stands."""

from datetime import timedelta
from itertools import permutations

import pytest

from hub.records.events import EventKind
from hub.services.context import Hub
from hub.services.intake.ingest import Tally, land_order_page
from hub.store import tables
from hub.store.connections import Connected, mark_books_opened
from tests.records.order_example import PLACED
from tests.services.scripted_shop import ScriptedShop, raw_order
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, one_row


def land(hub: Hub, vendor: ScriptedShop, *raws: bytes) -> Tally:
    shop = hub.connection("NYC")
    return land_order_page(hub, shop, raws, vendor.to_order, lambda unit: None)


def open_books(hub: Hub, shop: Connected) -> None:
    with hub.store.unit_of_work() as unit:
        mark_books_opened(unit, shop.id)


def order_row(hub: Hub, external_id: str):  # type: ignore[no-untyped-def]
    return one_row(hub.store, tables.sales_order, external_id=external_id)


def open_units(hub: Hub, external_id: str) -> dict[str, int]:
    lines = all_rows(hub.store, tables.order_line, order_id=order_row(hub, external_id).id)
    units = {line.external_id: line.quantity - line.cancelled - line.shipped for line in lines}
    return {key: left for key, left in units.items() if left}


def events(hub: Hub) -> list[str]:
    return [row.kind for row in sorted(all_rows(hub.store, tables.event), key=lambda row: row.id)]


def test_the_same_page_twice_is_the_page_once(hub: Hub, vendor: ScriptedShop) -> None:
    page = [raw_order(str(number)) for number in range(20)]
    assert land(hub, vendor, *page) == Tally(seen=20, created=20)
    before = all_rows(hub.store, tables.sales_order), all_rows(hub.store, tables.order_line)
    assert land(hub, vendor, *page) == Tally(seen=20, unchanged=20)
    assert (all_rows(hub.store, tables.sales_order), all_rows(hub.store, tables.order_line)) == (
        before
    )  # fmt: skip


def test_a_page_that_shows_an_order_twice_lands_its_newest_version(
    hub: Hub, vendor: ScriptedShop
) -> None:
    land(hub, vendor, raw_order("7", 2, lines={"1": 5}), raw_order("7", 1))
    assert (order_row(hub, "7").channel_status, open_units(hub, "7")) == ("v2", {"1": 5})


def test_a_stale_version_never_wins(hub: Hub, shop: Connected, vendor: ScriptedShop) -> None:
    open_books(hub, shop)
    land(hub, vendor, raw_order("7", 2, lines={"1": 5}))
    assert land(hub, vendor, raw_order("7", 1, state="cancelled")) == Tally(seen=1, skipped=1)
    assert (order_row(hub, "7").channel_status, open_units(hub, "7")) == ("v2", {"1": 5})
    assert events(hub) == [EventKind.ORDER_PLACED]


VERSIONS = [
    raw_order("X", 1, lines={"1": 2, "2": 1}),
    raw_order("X", 2, lines={"1": 3}),
    raw_order("X", 3, lines={"1": 3}, state="cancelled"),
    raw_order("X", 4, lines={"1": 1, "9": 2}),
]


def test_versions_in_any_order_end_at_the_newest(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    open_books(hub, shop)
    for number, arrived in enumerate(permutations(VERSIONS)):
        name = f"order-{number}"
        for raw in arrived:
            land(hub, vendor, raw.replace(b'"X"', f'"{name}"'.encode()))
        row = order_row(hub, name)
        assert (row.channel_status, row.channel_state) == ("v4", "open")
        assert open_units(hub, name) == {"1": 1, "9": 2}
        assert row.number == f"NYC-{name}"


@pytest.mark.parametrize("ahead", [timedelta(days=-1), timedelta(days=1)])
def test_a_shop_whose_clock_is_a_day_wrong_is_compared_with_itself_alone(
    hub: Hub, shop: Connected, vendor: ScriptedShop, clock: SettableClock, ahead: timedelta
) -> None:
    clock.now = PLACED - ahead  # to the hub, all of this is of tomorrow, or of yesterday
    open_books(hub, shop)
    land(hub, vendor, VERSIONS[1])
    assert land(hub, vendor, VERSIONS[0]).skipped == 1, "stale, whenever it arrives"
    assert land(hub, vendor, VERSIONS[3]).updated == 1
    assert open_units(hub, "X") == {"1": 1, "9": 2}


def test_a_finished_order_of_the_first_sync_is_history_and_one_seen_later_is_a_fact(
    hub: Hub, shop: Connected, vendor: ScriptedShop
) -> None:
    shipped = {"state": "finished", "fulfilled": {"1": 2}}
    land(hub, vendor, raw_order("old", **shipped))
    open_books(hub, shop)
    land(hub, vendor, raw_order("quick", **shipped))
    assert (order_row(hub, "old").history, open_units(hub, "old")) == (True, {})
    assert (order_row(hub, "quick").history, open_units(hub, "quick")) == (False, {"1": 2})
    assert events(hub) == [EventKind.ORDER_SHIPPED_BY_CHANNEL]
    assert [job.kind for job in all_rows(hub.store, tables.job)] == ["book_channel_shipment"]


def test_an_order_that_ends_before_the_books_open_is_closed(hub: Hub, vendor: ScriptedShop) -> None:
    land(hub, vendor, raw_order("7"))
    land(hub, vendor, raw_order("7", 1, state="finished", fulfilled={"1": 2}))
    assert (order_row(hub, "7").phase, order_row(hub, "7").history) == ("closed", True)


def test_an_order_of_a_lifetime_lands_whole(hub: Hub, vendor: ScriptedShop) -> None:
    """Rupiah have two minor digits: thirty million of them are an ordinary bicycle."""
    total = {"total_minor": 3_000_000_000, "currency": "IDR"}
    assert land(hub, vendor, raw_order("7", override=total)).created == 1
    assert order_row(hub, "7").total_minor == 3_000_000_000
    money = one_row(hub.store, tables.payment_event)
    assert (money.amount_minor, money.currency) == (3_000_000_000, "IDR")


def test_a_bad_record_waits_until_a_good_version_lands(hub: Hub, vendor: ScriptedShop) -> None:
    bad = raw_order("7", 1, bad="mapping")
    assert land(hub, vendor, raw_order("6"), bad).quarantined == 1
    assert land(hub, vendor, bad).quarantined == 1
    kept = one_row(hub.store, tables.quarantine)
    assert (kept.state, kept.seen, kept.external_id) == ("open", 2, "7")
    land(hub, vendor, raw_order("7", 2))
    assert one_row(hub.store, tables.quarantine).state == "auto_resolved"


def test_an_order_in_which_a_key_stands_twice_is_kept_aside_with_its_path(
    hub: Hub, vendor: ScriptedShop
) -> None:
    twice = raw_order("7").replace(b'"lines": {', b'"lines": {"1": 9, ')
    assert land(hub, vendor, raw_order("6"), twice).quarantined == 1
    assert "lines.1: this key stands twice" in one_row(hub.store, tables.quarantine).reason
    assert open_units(hub, "6")


def test_a_bad_version_is_not_forgotten_for_an_older_one_on_the_same_page(
    hub: Hub, vendor: ScriptedShop
) -> None:
    land(hub, vendor, raw_order("7", 1), raw_order("7", 2, bad="mapping"))
    assert order_row(hub, "7").channel_status == "v1"
    assert one_row(hub.store, tables.quarantine).state == "open"
