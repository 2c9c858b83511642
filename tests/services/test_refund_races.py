"""Money that moves while it is looked at: whatever comes first, no cent is free twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from hub.sdk import Accepted, RejectedError, UnknownOutcomeError
from hub.services.intake import refunds as reading
from hub.services.intake.refunds import land_refunds
from hub.services.orders.refunding import REFUND_KIND, RefundRefusedError, ask_refund, plan_refund
from hub.services.orders.resolve import it_happened, it_never_happened
from hub.services.vendors.connect import pause
from hub.services.work import owe
from hub.store import tables
from hub.store.effects import get_effect
from hub.store.orders import get_order
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, one_row

TOTAL = 600 + 2000  # of an order with one line; see scripted_shop


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    """A merchant whose order 7 is paid and shipped by the shop."""
    made = Merchant(store, clock)
    made.says(state="finished", fulfilled={"1": 2})
    return made


def ask(merchant: Merchant, amount: str, request: str = "q1") -> str:
    plan = plan_refund(merchant.hub, "NYC-7", amount)
    return ask_refund(merchant.hub, plan, "broken", request)


def books(merchant: Merchant) -> tuple[int, int]:
    row = merchant.order()
    return row.refunded_minor, row.refund_reserved_minor


def told(merchant: Merchant, version: int, *refunds: dict[str, Any]) -> None:
    """The shop makes refunds, and shows the order with them."""
    merchant.shop.refunds["7"] = list(refunds)
    said = {
        "refunded_minor": sum(one["amount"] for one in refunds),
        "refund_ids": [one["id"] for one in refunds],
    }
    merchant.says(version=version, state="finished", fulfilled={"1": 2}, override=said)


def test_a_refused_refund_that_a_person_knows_to_be_made_is_booked_once(merchant: Merchant) -> None:
    merchant.shop.trouble = RejectedError("the gateway says no")
    effect_id = ask(merchant, "10.00")
    merchant.run()
    it_happened(merchant.hub, effect_id, "r1", "", "ada")
    assert books(merchant) == (1000, 0), "its reservation was given back when it was refused"
    with pytest.raises(RefundRefusedError, match="is more than"):
        plan_refund(merchant.hub, "NYC-7", "16.01")


def test_a_refund_we_took_for_refused_counts_as_soon_as_the_shop_shows_it(
    merchant: Merchant,
) -> None:
    merchant.shop.trouble = RejectedError("error 500 in disguise")
    effect_id = ask(merchant, "20.00")
    merchant.run()
    assert merchant.effects("refund") == ["refused"] and books(merchant) == (0, 0)
    told(merchant, 2, *merchant.shop.refunds["7"])  # it carries our key
    assert books(merchant) == (2000, 0)
    with pytest.raises(RefundRefusedError, match="is more than"):
        plan_refund(merchant.hub, "NYC-7", "6.01")
    with pytest.raises(RefundRefusedError, match="shows it"):
        it_never_happened(merchant.hub, effect_id, "try again", "ada")
    assert merchant.shop.diary.count("refund 2000") == 1


def test_a_refund_that_the_shop_shows_is_not_asked_for_again_on_anybodys_word(
    merchant: Merchant,
) -> None:
    merchant.shop.trouble = UnknownOutcomeError("lost")
    effect_id = ask(merchant, "10.00")
    merchant.run()
    told(merchant, 2, {**merchant.shop.refunds["7"][0], "lines": {"1": 1}})
    assert one_row(merchant.store, tables.refund).lines == [], "a repeat is the same request"
    with merchant.store.unit_of_work() as unit:
        unit.execute(tables.effect.update().values(state="needs_operator")
                     .where(tables.effect.c.id == effect_id))  # fmt: skip
    with pytest.raises(RefundRefusedError, match="shows it"):
        it_never_happened(merchant.hub, effect_id, "nothing arrived", "ada")
    merchant.later(hours=1)
    assert merchant.shop.diary.count("refund 1000") == 1


def test_a_refund_nobody_can_read_still_counts_as_given_back(merchant: Merchant) -> None:
    told(
        merchant, 2, {"id": "r1", "order": "7", "amount": 1000},
        {"id": "r2", "order": "7", "amount": 1500, "lines": {"1": -1}},
    )  # fmt: skip
    assert [row.external_id for row in all_rows(merchant.store, tables.refund)] == ["r1"]
    assert books(merchant)[0] == 2500, "the shop's own sum"
    with pytest.raises(RefundRefusedError):
        plan_refund(merchant.hub, "NYC-7", "2.00")


def test_a_refund_made_while_the_list_was_read_is_not_taken_for_gone(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(merchant, 2, {"id": "r9", "order": "7", "amount": 100})
    read, ask_now = merchant.shop.read_refunds, [lambda: ask(merchant, "10.00")]

    def slow(order: str) -> Any:
        found = read(order)
        if ask_now:
            ask_now.pop()()
            merchant.run()  # another worker makes the refund before this one lands what it read
        return found

    monkeypatch.setattr(type(merchant.shop), "read_refunds", lambda shop, order: slow(order))
    land: Callable[..., int] = reading.land_refunds
    landed: list[tuple[int, int]] = []

    def watched(unit: Any, *given: Any, **named: Any) -> int:
        changed = land(unit, *given, **named)
        row = unit.execute(tables.sales_order.select()).one()
        landed.append((row.refunded_minor, row.refund_reserved_minor))
        return changed

    monkeypatch.setattr(reading, "land_refunds", watched)
    with merchant.store.unit_of_work() as unit:
        owe(unit, "read_refunds", merchant.order().id, merchant.order().connection_id)
    merchant.run()
    assert all(sum(books) == 1100 for books in landed), landed
    events = all_rows(merchant.store, tables.payment_event)
    assert "refund_reversed" not in {row.kind for row in events}
    assert books(merchant) == (1100, 0)


def test_a_refund_booked_while_refunds_are_counted_is_not_forgotten(merchant: Merchant) -> None:
    """The sum of a list must not overwrite what another worker books at the same time."""
    told(merchant, 2, {"id": "r9", "order": "7", "amount": 100})
    effect_id = ask(merchant, "10.00")
    with merchant.store.reading() as database:
        order = get_order(database, merchant.order().id)
        effect = get_effect(database, effect_id)
    booked, counted = Event(), Event()

    def book() -> None:
        with merchant.store.unit_of_work() as unit:
            REFUND_KIND.succeeded(unit, effect, Accepted("r10"))
            booked.set()
            counted.wait(0.5)  # the other one counts now, or waits for this commit

    def count() -> None:
        booked.wait(5)
        with merchant.store.unit_of_work() as unit:
            land_refunds(unit, order, [], [])
        counted.set()

    with ThreadPoolExecutor(2) as hands:
        for done in (hands.submit(book), hands.submit(count)):
            done.result()
    assert books(merchant) == (1100, 0)


@pytest.mark.parametrize("amount", ["1.005", "nan", "ten", "1e30"])
def test_an_amount_that_is_not_meant_exactly_is_refused(merchant: Merchant, amount: str) -> None:
    with pytest.raises(RefundRefusedError):
        plan_refund(merchant.hub, "NYC-7", amount)


def test_units_that_are_refunded_before_they_leave_are_sold_and_shown_again(
    store: Store, clock: SettableClock
) -> None:
    merchant = Merchant(store, clock)
    pause(merchant.hub, "CAR", "a break")
    merchant.says("7")
    merchant.says("8", lines={"1": 4})
    assert merchant.order("8").phase == "awaiting_stock" and merchant.shop.stock["p1"] == 3
    merchant.shop.refunds["7"] = [{"id": "r1", "order": "7", "amount": 200, "lines": {"1": 2}}]
    merchant.says(version=2, override={"refunded_minor": 200, "refund_ids": ["r1"]})
    merchant.later(minutes=1)
    assert merchant.order("8").phase == "to_route" and merchant.shop.stock["p1"] == 1
