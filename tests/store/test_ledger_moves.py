"""Typed movements between accounts: buckets, transit, assembly, and the guards on both sides."""

import pytest

from hub.domain.availability import COUNTS_FOR_SALE
from hub.records.stock import Bucket, MovementKind
from hub.store import tables
from hub.store.ledger import (
    CUSTOMER,
    SCRAP,
    SUPPLIER,
    Placement,
    StockConflictError,
    account,
    allocate,
    balance,
    move,
    place_of,
    reserve,
    transit,
)
from hub.store.unit_of_work import Store
from tests.store.shop_rows import add_item, add_lines, add_place, add_work, connect, one_row
from tests.store.stock_books import audit
from tests.store.stock_books import balance as balance_sheet

MAIN, SPARE = account("main"), account("spare")
DAMAGED = account("main", Bucket.DAMAGED)


@pytest.fixture
def item(store: Store) -> str:
    """Five good units in the main building, beside an empty spare one."""
    add_place(store, "SPARE")
    return add_item(store, add_place(store), 5)


def moved(
    store: Store, item: str, units: int, source: str, target: str, kind: MovementKind,
    command: str = "c1",
) -> bool:  # fmt: skip
    with store.unit_of_work() as unit:
        return move(unit, item, units, source, target, kind, command, "because")


def level(store: Store, item: str, place: str = "main") -> tuple[int, int]:
    row = one_row(store, tables.stock_level, stock_item_id=item, location_id=place)
    return row.on_hand, row.unsellable


def sellable(store: Store, item: str) -> int:
    return int(one_row(store, tables.stock_promise, stock_item_id=item).sellable)


@pytest.mark.parametrize("bucket", list(Bucket))
def test_every_bucket_says_whether_it_counts_for_sale(bucket: Bucket) -> None:
    assert COUNTS_FOR_SALE[bucket] in (True, False)
    assert place_of(account("main", bucket)) != place_of(account("main"))


def test_damaged_units_stay_in_the_building_and_are_not_sold(store: Store, item: str) -> None:
    assert moved(store, item, 2, MAIN, DAMAGED, MovementKind.BUCKET_CHANGE)
    assert (level(store, item), sellable(store, item)) == ((5, 2), 3)
    audit(store, item)
    assert moved(store, item, 1, DAMAGED, MAIN, MovementKind.BUCKET_CHANGE, "mended")
    assert moved(store, item, 1, DAMAGED, SCRAP, MovementKind.SCRAP, "thrown")
    assert (level(store, item), sellable(store, item)) == ((4, 0), 4)
    audit(store, item)


def test_a_command_moves_units_once(store: Store, item: str) -> None:
    assert moved(store, item, 2, SUPPLIER, MAIN, MovementKind.RECEIVE)
    assert not moved(store, item, 2, SUPPLIER, MAIN, MovementKind.RECEIVE)
    assert sellable(store, item) == 7


def test_units_in_transit_are_nowhere_for_sale_and_arrive_once(store: Store, item: str) -> None:
    way = transit("t1")
    assert moved(store, item, 3, MAIN, way, MovementKind.TRANSFER_OUT)
    assert (sellable(store, item), level(store, item)) == (2, (2, 0))
    with pytest.raises(StockConflictError, match="on their way"):
        moved(store, item, 4, way, SPARE, MovementKind.TRANSFER_IN, "too many")
    assert moved(store, item, 3, way, SPARE, MovementKind.TRANSFER_IN, "in")
    assert (sellable(store, item), level(store, item, "spare")) == (5, (3, 0))
    with store.unit_of_work() as unit:
        assert balance(unit, item, way) == 0
    audit(store, item)


def test_a_bucket_gives_no_more_than_it_holds(store: Store, item: str) -> None:
    moved(store, item, 2, CUSTOMER, DAMAGED, MovementKind.RETURN_RECEIVE)
    assert (level(store, item), sellable(store, item)) == ((7, 2), 5)
    with pytest.raises(StockConflictError, match="damaged"):
        moved(store, item, 3, DAMAGED, MAIN, MovementKind.BUCKET_CHANGE, "c2")
    assert balance_sheet(store, item)[DAMAGED] == 2


def test_units_promised_to_parcels_do_not_move(store: Store, item: str) -> None:
    (line,) = add_lines(store, connect(store), item, 4)
    with store.unit_of_work() as unit:
        assert reserve(unit, line, item, 4, None)
    work = add_work(store, line, "main")
    with store.unit_of_work() as unit:
        allocate(unit, Placement(line, item, "main", 4), work, True)
    for target in (DAMAGED, SPARE, SCRAP):
        with pytest.raises(StockConflictError):
            moved(store, item, 2, MAIN, target, MovementKind.BUCKET_CHANGE, target)
    assert moved(store, item, 1, MAIN, DAMAGED, MovementKind.BUCKET_CHANGE)


def test_parcels_get_no_unit_out_of_a_bucket(store: Store, item: str) -> None:
    shop = connect(store)
    lines = add_lines(store, shop, item, 5)
    with store.unit_of_work() as unit:
        assert reserve(unit, lines[0], item, 5, None)
    moved(store, item, 1, MAIN, account("main", Bucket.HELD), MovementKind.BUCKET_CHANGE)
    work = add_work(store, lines[0], "main")
    with pytest.raises(StockConflictError), store.unit_of_work() as unit:
        allocate(unit, Placement(lines[0], item, "main", 5), work, True)


def test_a_movement_of_nothing_is_a_mistake(store: Store, item: str) -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        moved(store, item, 0, SUPPLIER, MAIN, MovementKind.RECEIVE)
