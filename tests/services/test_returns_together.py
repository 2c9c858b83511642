"""Returns under many hands at once, on both databases: no unit is restocked twice, no cent too."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.returns import custody, money
from hub.records.returns import Custody, Disposition, Grade, MoneyState, Reception, Resolution
from hub.reports.invariants import check_invariants
from hub.sdk.errors import HubError
from hub.services.returns.agree import agree
from hub.services.returns.approve import approve, close
from hub.services.returns.booking import Arrival
from hub.services.returns.dispose import dispose
from hub.services.returns.grade import grade
from hub.services.returns.receive import receive
from hub.services.returns.rows import StoredReturn
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.services.returning import TEE, Returning
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Returning:
    return Returning(store, clock, dispose_at_once=False)


def at_once(*acts: Callable[[], Any], hands: int = 6) -> int:
    """Do all of it at the same time; what is refused is refused. Gives how many were done."""

    def one(act: Callable[[], Any]) -> bool:
        try:
            act()
        except HubError:
            return False
        return True

    with ThreadPoolExecutor(hands) as pool:
        return sum(pool.map(one, acts))


def restocked(merchant: Returning) -> int:
    moves = all_rows(merchant.store, tables.stock_movement, kind="bucket_change")
    return sum(row.quantity for row in moves if row.to_account == "location:main")


def sound(merchant: Returning) -> None:
    with merchant.store.reading() as database:
        broken = [one for one in check_invariants(database) if not one.holds]
    assert broken == []
    given_back = sum(amount for state, amount in merchant.refunds() if state in ("asked", "made"))
    assert given_back <= 2600


def test_a_unit_is_restocked_once_though_many_press_at_once(merchant: Returning) -> None:
    merchant.ask()
    merchant.came("RMA-1001", 2)
    merchant.graded("RMA-1001", Grade.A, 2)
    press = [lambda: dispose(merchant.hub, "RMA-1001", TEE, 1, "bo")] * 6
    assert at_once(*press) == 2
    assert restocked(merchant) == 2 and merchant.free() == 5
    rows = all_rows(merchant.store, tables.return_disposition)
    moves = all_rows(merchant.store, tables.stock_movement, kind="bucket_change")
    assert {row.command_id for row in moves} == {f"disposition:{row.id}" for row in rows}
    sound(merchant)


def test_a_parcel_scanned_by_two_hands_is_received_once(merchant: Returning) -> None:
    merchant.ask()
    scan = [lambda: merchant_receives(merchant, "scan-1", 2)] * 4
    grading = [lambda: grade(merchant.hub, "RMA-1001", TEE, Grade.A, 2, "bo")] * 4
    at_once(*scan)
    assert at_once(*grading) == 1
    assert merchant.moved("return_receive") == 2 and merchant.lines()["1"].returned == 2
    merchant.run()
    assert merchant.refunds() == [("made", 2000)]
    sound(merchant)


def merchant_receives(merchant: Returning, command: str, units: int, **said: Any) -> bool:
    return receive(merchant.hub, "RMA-1001", [Arrival(TEE, units, **said)], command, "bo")


@pytest.mark.parametrize("seed", [7])
def test_whatever_comes_first_nothing_is_counted_or_paid_twice(
    merchant: Returning, seed: int
) -> None:
    merchant.decide(dispose_at_once=False, refund_limit_minor=0)
    merchant.ask()
    hub = merchant.hub
    acts: list[Callable[[], Any]] = [
        *[lambda n=n: merchant_receives(merchant, f"scan-{n % 3}", 1) for n in range(5)],
        lambda: merchant_receives(merchant, "short", 1, reception=Reception.SHORT),
        *[lambda g=g: grade(hub, "RMA-1001", TEE, g, 1, "bo") for g in (Grade.A, Grade.B, Grade.A)],
        *[lambda: dispose(hub, "RMA-1001", TEE, 1, "bo", Disposition.RESTOCK, "hurry")] * 4,
        *[lambda: agree(hub, "RMA-1001", "ada")] * 3,
        *[lambda: approve(hub, "RMA-1001", "ada")] * 2,
        lambda: close(hub, "RMA-1001", "ada"),
    ]  # fmt: skip
    Random(seed).shuffle(acts)
    at_once(*acts)
    at_once(*acts)
    merchant.run()
    assert restocked(merchant) <= merchant.moved("return_receive") <= 3
    line = merchant.lines()["1"]
    assert line.returned + line.coming_back <= line.shipped == 2
    sound(merchant)


# --- goods and money are two axes -------------------------------------------------------------

GOODS = st.builds(
    dict, received=st.integers(0, 2), missing=st.integers(0, 1), graded=st.integers(0, 2),
    disposed=st.integers(0, 2),
)  # fmt: skip
DUES = st.builds(
    dict, settled=st.integers(0, 3), denied=st.integers(0, 1),
    resolution=st.sampled_from([one.value for one in Resolution]),
)  # fmt: skip


def both(goods: dict[str, int], dues: dict[str, Any]) -> tuple[Custody, MoneyState]:
    line = SimpleNamespace(id="l1", authorised=3, unexpected=0, **goods, **dues)
    stored = StoredReturn(SimpleNamespace(id="r1"), (line,), (), ())
    return custody(stored.goods(line)), money(stored.dues(line))


@settings(max_examples=60, deadline=None)
@given(GOODS, GOODS, DUES, DUES)
def test_where_the_goods_are_says_nothing_of_the_money(
    goods: dict[str, int], other_goods: dict[str, int], dues: dict[str, Any],
    other_dues: dict[str, Any],
) -> None:  # fmt: skip
    assert both(goods, dues)[0] == both(goods, other_dues)[0]
    assert both(goods, dues)[1] == both(other_goods, dues)[1]
