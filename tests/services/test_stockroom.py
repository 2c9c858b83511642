"""The stockroom at work: transfers, counts, buckets and lists from files."""

from datetime import timedelta

import pytest

from hub.records.stock import Bucket
from hub.records.stock_policy import StockPolicy
from hub.services.rulebooks import put_in_force
from hub.services.stock.counts import approve_count, enter_count, leave_count, start_count
from hub.services.stock.imports import apply_import, plan_import, undo_import
from hub.services.stock.locations import add_location, order_bins, put_in_bin
from hub.services.stock.stockroom import adjust_stock, change_bucket, receive_stock, scrap_stock
from hub.services.stock.transfers import receive_transfer, send_transfer
from hub.store import tables
from hub.store.bins import Bin, bins_of
from hub.store.incoming import supply_of
from hub.store.ledger import StockConflictError
from hub.store.stock_names import StockRefusedError, UnknownItemError, item_of
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, one_row
from tests.store.stock_books import audit

on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""What is told once: the questions asked of the database are the same as in the others."""


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    made = Merchant(store, clock)
    add_location(made.hub, "SPARE", "Spare", "US", 200)
    return made


def item(merchant: Merchant, sku: str = "p1") -> str:
    with merchant.store.reading() as database:
        return item_of(database, sku)


def levels(merchant: Merchant, sku: str = "p1") -> dict[str, int]:
    codes = {row.id: row.code for row in all_rows(merchant.store, tables.location)}
    rows = all_rows(merchant.store, tables.stock_level, stock_item_id=item(merchant, sku))
    audit(merchant.store, item(merchant, sku))
    return {codes[row.location_id]: row.on_hand for row in rows}


def send(merchant: Merchant, **units: int) -> str:
    tomorrow = merchant.clock.now + timedelta(days=1)
    return send_transfer(merchant.hub, "MAIN", "SPARE", units, tomorrow)


def test_a_transfer_leaves_is_on_its_way_and_arrives_in_parts(merchant: Merchant) -> None:
    number = send(merchant, p1=3, p2=1)
    merchant.run()
    assert (levels(merchant), merchant.free("p1")) == ({"MAIN": 2}, 2)
    assert merchant.shop.stock["p1"] == 2
    with merchant.store.reading() as database:
        assert supply_of(database, [item(merchant)])[item(merchant)][0].units == 3
    assert receive_transfer(merchant.hub, number, {"p1": 2}, "scan-1")
    assert not receive_transfer(merchant.hub, number, {"p1": 2}, "scan-1")
    assert levels(merchant) == {"MAIN": 2, "SPARE": 2}
    with pytest.raises(StockConflictError):
        receive_transfer(merchant.hub, number, {"p1": 2}, "scan-2")
    assert receive_transfer(merchant.hub, number, {"p1": 1, "p2": 1}, "scan-3")
    merchant.run()
    assert merchant.shop.stock["p1"] == 5
    with pytest.raises(StockRefusedError, match="closed"):
        receive_transfer(merchant.hub, number, {"p1": 1}, "scan-4")


@on_sqlite
def test_what_never_arrives_is_written_off_and_somebody_looks_for_it(merchant: Merchant) -> None:
    number = send(merchant, p1=3)
    assert receive_transfer(merchant.hub, number, {"p1": 1}, "scan-1", close=True)
    assert levels(merchant) == {"MAIN": 2, "SPARE": 1}
    wrong = one_row(merchant.store, tables.operational_exception)
    assert (wrong.kind, wrong.sentence) == ("transfer_short", f"2 p1 of {number} did not arrive")
    with merchant.store.reading() as database:
        assert supply_of(database, [item(merchant)]) == {}


@on_sqlite
def test_a_transfer_carries_what_it_carries(merchant: Merchant) -> None:
    number = send(merchant, p1=1)
    with pytest.raises(StockRefusedError, match="carries no p2"):
        receive_transfer(merchant.hub, number, {"p2": 1}, "scan-1")
    with pytest.raises(StockConflictError):
        send(merchant, p1=9)
    with pytest.raises(UnknownItemError):
        send(merchant, p9=1)


def tolerate(merchant: Merchant, units: int) -> None:
    document = StockPolicy(count_tolerance_units=units).to_document()
    put_in_force(merchant.store, "stock_policy", document, "merchant")


@on_sqlite
def test_a_difference_within_tolerance_is_booked_at_once(merchant: Merchant) -> None:
    tolerate(merchant, 1)
    number = start_count(merchant.hub, "MAIN", ["p1"], "Ada")
    assert enter_count(merchant.hub, number, {"p1": 4}, "Ada") == {"p1": "book"}
    assert levels(merchant) == {"MAIN": 4}
    assert one_row(merchant.store, tables.stock_count).closed_at is not None
    (decision,) = merchant.decisions("count")
    assert (decision["outcome"], decision["version"]) == ("book", 1)


def test_a_greater_difference_is_counted_again_and_approved(merchant: Merchant) -> None:
    number = start_count(merchant.hub, "MAIN", ["p1", "p2"], "Ada")
    assert enter_count(merchant.hub, number, {"p1": 2, "p2": 5}, "Ada") == {
        "p1": "recount", "p2": "book",
    }  # fmt: skip
    with pytest.raises(StockRefusedError, match="counted, not approved"):
        approve_count(merchant.hub, number, "p1", "Grace")
    merchant.says(lines={"1": 1})
    merchant.run()  # one is in a parcel now: still there, and counted
    assert enter_count(merchant.hub, number, {"p1": 2}, "Ben") == {"p1": "approve"}
    assert approve_count(merchant.hub, number, "p1", "Grace") == -3
    assert levels(merchant) == {"MAIN": 2} and merchant.free("p1") == 1
    line = one_row(merchant.store, tables.stock_count_line, stock_item_id=item(merchant))
    assert (line.state, line.approved_by) == ("booked", "Grace")
    assert [entry["by"] for entry in line.entries] == ["Ada", "Ben"]


@on_sqlite
def test_units_that_parcels_hold_cannot_be_counted_away(merchant: Merchant) -> None:
    tolerate(merchant, 9)
    merchant.says(lines={"1": 4})
    number = start_count(merchant.hub, "MAIN", ["p1"], "Ada")
    with pytest.raises(StockConflictError):
        enter_count(merchant.hub, number, {"p1": 3}, "Ada")
    assert levels(merchant) == {"MAIN": 5}


@on_sqlite
def test_an_item_is_in_one_open_count_only_and_a_count_can_be_left(merchant: Merchant) -> None:
    number = start_count(merchant.hub, "MAIN", [], "Ada")
    with pytest.raises(StockRefusedError, match="already"):
        start_count(merchant.hub, "MAIN", ["p1"], "Ben")
    enter_count(merchant.hub, number, {"p1": 1}, "Ada")
    assert leave_count(merchant.hub, number, "Ada") == 2
    assert levels(merchant) == {"MAIN": 5}
    assert start_count(merchant.hub, "MAIN", ["p1"], "Ben") != number


@on_sqlite
def test_damaged_units_come_in_move_and_are_thrown_away(merchant: Merchant) -> None:
    hub = merchant.hub
    receive_stock(hub, "p1", 2, "delivery 9", "r1", bucket=Bucket.QUALITY_CONTROL)
    assert merchant.free("p1") == 5
    assert change_bucket(hub, "p1", 1, Bucket.QUALITY_CONTROL, None, "looked at", "b1")
    assert change_bucket(hub, "p1", 1, Bucket.QUALITY_CONTROL, Bucket.DAMAGED, "torn", "b2")
    assert scrap_stock(hub, "p1", 1, Bucket.DAMAGED, "torn", "s1")
    assert not scrap_stock(hub, "p1", 1, Bucket.DAMAGED, "torn", "s1")
    merchant.run()
    assert (levels(merchant), merchant.shop.stock["p1"]) == ({"MAIN": 6}, 6)


@on_sqlite
def test_bins_are_walked_in_the_order_somebody_says(merchant: Merchant) -> None:
    hub = merchant.hub
    for sku, code in (("p1", "A-01"), ("p2", "B-07")):
        put_in_bin(hub, "MAIN", sku, code)
    order_bins(hub, "MAIN", ["B-07"])
    items = [item(merchant, sku) for sku in ("p1", "p2")]
    place = one_row(merchant.store, tables.location, code="MAIN").id
    with merchant.store.reading() as database:
        assert list(bins_of(database, place, items).values()) == [Bin("A-01", 2), Bin("B-07", 1)]
        assert bins_of(database, "elsewhere", items)[items[0]] == Bin()
    with pytest.raises(UnknownItemError):
        order_bins(hub, "MAIN", ["Z-99"])


@on_sqlite
def test_a_location_closes_when_it_is_empty(merchant: Merchant) -> None:
    with pytest.raises(StockRefusedError, match="still keeps units"):
        add_location(merchant.hub, "MAIN", "Main", "US", state="closed")
    add_location(merchant.hub, "SPARE", "Spare", "US", state="closed")
    with pytest.raises(StockRefusedError, match="nothing new comes to it"):
        send(merchant, p1=1)
    with pytest.raises(StockRefusedError, match="SPARE is closed"):
        receive_stock(merchant.hub, "p1", 1, "delivery", "r1", "SPARE")
    assert one_row(merchant.store, tables.location, code="SPARE").state == "closed"


LIST = "\ufeffSKU;Quantity;Location;Bin\np1;9;;A-01\np2;5;;\np1;2;SPARE;\np9;1;;\np2;x;SPARE;\n"


def test_a_list_is_shown_booked_and_taken_back(merchant: Merchant) -> None:
    plan = plan_import(merchant.hub, LIST)
    assert [(row["sku"], row["delta"], row["problem"]) for row in plan.rows] == [
        ("p1", 4, ""), ("p2", 0, ""), ("p1", 2, ""), ("p9", 0, "there is no variant p9"),
        ("p2", 0, "'x' is no number of units"),
    ]  # fmt: skip
    assert levels(merchant) == {"MAIN": 5}
    with pytest.raises(StockRefusedError, match="2 rows"):
        apply_import(merchant.hub, plan.number)
    told = apply_import(merchant.hub, plan.number, skip_bad=True)
    assert told == {"booked": 2, "unchanged": 1, "skipped": 2}
    assert levels(merchant) == {"MAIN": 9, "SPARE": 2}
    merchant.run()
    assert merchant.shop.stock["p1"] == 11
    with pytest.raises(StockRefusedError, match="applied already"):
        apply_import(merchant.hub, plan.number, skip_bad=True)
    assert undo_import(merchant.hub, plan.number) == {"undone": 2, "left": 0}
    assert undo_import(merchant.hub, plan.number) == {"undone": 0, "left": 0}
    merchant.run()
    assert levels(merchant) == {"MAIN": 5, "SPARE": 0} and merchant.shop.stock["p1"] == 5
    reversals = [row for row in all_rows(merchant.store, tables.stock_movement) if row.reverses]
    assert len(reversals) == 2
    assert plan_import(merchant.hub, LIST).seen_before == plan.number


@on_sqlite
def test_a_row_whose_stock_moved_since_it_was_shown_is_skipped(merchant: Merchant) -> None:
    plan = plan_import(merchant.hub, "sku,quantity\np1,9\np2,6\n")
    adjust_stock(merchant.hub, "p1", 1, "found", "c1")
    told = apply_import(merchant.hub, plan.number)
    assert told == {"booked": 1, "unchanged": 0, "skipped": 1}
    assert levels(merchant) == {"MAIN": 6} and levels(merchant, "p2") == {"MAIN": 6}


@on_sqlite
def test_what_parcels_hold_by_now_is_left_when_a_list_is_taken_back(merchant: Merchant) -> None:
    plan = plan_import(merchant.hub, "sku\tchange\np1\t+2\n")
    apply_import(merchant.hub, plan.number)
    merchant.says(lines={"1": 6})
    assert undo_import(merchant.hub, plan.number) == {"undone": 0, "left": 1}
    assert levels(merchant) == {"MAIN": 7}


@on_sqlite
def test_a_file_that_is_no_list_is_refused_with_what_one_looks_like(merchant: Merchant) -> None:
    with pytest.raises(StockRefusedError, match="sku, and quantity or change"):
        plan_import(merchant.hub, "name,price\nTee,3\n")
    assert plan_import(merchant.hub, "sku,quantity\np1,9\n", keep=False).number == ""
    assert all_rows(merchant.store, tables.stock_import) == []


@on_sqlite
def test_where_more_left_than_the_books_had_somebody_is_asked_to_count(merchant: Merchant) -> None:
    merchant.says(lines={"1": 7})  # five are there
    merchant.says(version=1, state="finished", lines={"1": 7}, fulfilled={"1": 7})
    merchant.later(minutes=1)
    assert levels(merchant) == {"MAIN": -2}
    wrong = one_row(merchant.store, tables.operational_exception)
    assert (wrong.kind, wrong.closed_at) == ("stock_negative", None)
    assert wrong.sentence.startswith("p1 at MAIN stands at -2")
    adjust_stock(merchant.hub, "p1", 3, "counted", "c1")
    assert one_row(merchant.store, tables.operational_exception).closed_at is not None
