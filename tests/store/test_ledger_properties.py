"""The physical ledger under any story, and the last units under a hundred buyers at once."""

from collections import Counter
from threading import Barrier, Thread

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.records.stock import Bucket, MovementKind
from hub.store import tables
from hub.store.ledger import (
    ADJUSTMENT,
    ASSEMBLY,
    CUSTOMER,
    SCRAP,
    SUPPLIER,
    StockConflictError,
    account,
    move,
    release,
    reserve,
    reverse,
    transit,
)
from hub.store.unit_of_work import Store
from tests.store.shop_rows import add_item, add_lines, add_place, all_rows, connect, one_row
from tests.store.stock_books import audit, balance

OUTSIDE = (ADJUSTMENT, ASSEMBLY, CUSTOMER, SCRAP, SUPPLIER)
INSIDE = tuple(
    account(place, bucket) for place in ("main", "spare") for bucket in (None, *Bucket)
)  # fmt: skip
ACCOUNTS = (*OUTSIDE, *INSIDE, transit("t1"), transit("t2"))
MOVES = st.lists(
    st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(1, 6),
              st.integers(0, 11)), max_size=12,
)  # fmt: skip


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_units_sum_to_zero_whatever_is_moved_and_no_account_gives_what_it_has_not(
    store: Store, moves: list[tuple[str, str, int, int]]
) -> None:
    if not all_rows(store, tables.location):
        add_place(store), add_place(store, "SPARE")
    item = add_item(store, "main", 5)
    held = Counter({account("main"): 5, ADJUSTMENT: -5})
    carried_out: set[str] = set()
    for source, target, units, number in moves:
        if source == target:
            continue
        command, kind = f"{item}:{number}", MovementKind.BUCKET_CHANGE
        enough = source in OUTSIDE or held[source] >= units
        try:
            with store.unit_of_work() as unit:
                moved = move(unit, item, units, source, target, kind, command)
        except StockConflictError:
            assert not enough and command not in carried_out
            continue
        assert moved == (command not in carried_out)
        if moved:
            assert enough
            carried_out.add(command)
            held[source] -= units
            held[target] += units
    assert +balance(store, item) == +held and -balance(store, item) == -held
    row = one_row(store, tables.stock_promise, stock_item_id=item)
    assert row.sellable == held[account("main")] + held[account("spare")]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(quantities=st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_to_reserve_and_to_release_again_changes_nothing(
    sqlite_store: Store, quantities: list[int]
) -> None:
    store = sqlite_store
    known = all_rows(store, tables.connection)
    shop = known[0].id if known else connect(store)
    place = "main" if known else add_place(store)
    item = add_item(store, place, 6)
    lines = add_lines(store, shop, item, *quantities)
    with store.unit_of_work() as unit:
        granted = [
            line
            for line, quantity in zip(lines, quantities, strict=True)
            if reserve(unit, line, item, quantity, None)
        ]
    audit(store, item)
    assert granted
    with store.unit_of_work() as unit:
        freed = {release(unit, line) for line in reversed(lines)}
    assert freed <= {item, None}
    promise = one_row(store, tables.stock_promise, stock_item_id=item)
    assert (promise.sellable, promise.reserved, promise.allocated) == (6, 0, 0)
    assert all(row.reserved == 0 for row in all_rows(store, tables.order_line, stock_item_id=item))
    audit(store, item)


def test_a_movement_is_taken_back_once_and_points_at_what_it_undoes(store: Store) -> None:
    item = add_item(store, add_place(store), 5)
    with store.unit_of_work() as unit:
        move(unit, item, 2, account("main"), SCRAP, MovementKind.SCRAP, "c1")
    (thrown,) = all_rows(store, tables.stock_movement, command_id="c1")
    for first in (True, False):
        with store.unit_of_work() as unit:
            assert reverse(unit, thrown.id, f"undo-{first}", "found") == first
    (back,) = all_rows(store, tables.stock_movement, reverses=thrown.id)
    assert (back.from_account, back.to_account, back.quantity) == (SCRAP, account("main"), 2)
    audit(store, item)


def test_of_a_hundred_buyers_of_the_last_unit_one_gets_it(store: Store) -> None:
    """Half of them want the last unit of a second item, too: nobody gets one that is not there."""
    shop, place = connect(store), add_place(store)
    item, other = add_item(store, place, 1), add_item(store, place, 1)
    lines = add_lines(store, shop, item, *[1] * 100)
    granted: list[str] = []
    raised: list[BaseException] = []
    start = Barrier(100)

    def buy(number: int, line: str) -> None:
        start.wait()
        try:
            with store.unit_of_work() as unit:
                if reserve(unit, line, item, 1, None):
                    granted.append(line)
            if number % 2:
                with store.unit_of_work() as unit:
                    scrap = MovementKind.SCRAP
                    move(unit, other, 1, account(place), SCRAP, scrap, f"scrap:{number}")
        except StockConflictError:
            pass
        except BaseException as error:  # handed to the test
            raised.append(error)

    threads = [Thread(target=buy, args=one) for one in enumerate(lines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == [] and len(granted) == 1
    assert one_row(store, tables.stock_promise, stock_item_id=item).reserved == 1
    assert len(all_rows(store, tables.stock_movement, to_account=SCRAP)) == 1
    assert one_row(store, tables.stock_promise, stock_item_id=other).sellable == 0
    audit(store, item)
