"""Returns where they meet other things: late goods, other returns, refusals, people at once."""

from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlalchemy import update

from hub.domain.returns_money import Giving, work_out
from hub.records.returns import Disposition, Grade, Resolution, ReturnReason, ReturnState
from hub.reports.invariants import check_invariants
from hub.sdk import Accepted
from hub.services.orders.refunding import (
    RefundRefusedError,
    ask_refund,
    plan_refund,
    reserve_again,
)
from hub.services.orders.resolve import NotForAPersonError, it_never_happened
from hub.services.returns.agree import agree, deny, grant
from hub.services.returns.approve import close
from hub.services.returns.booking import Arrival
from hub.services.returns.dispose import dispose
from hub.services.returns.grade import grade
from hub.services.returns.match import match
from hub.services.returns.receive import receive, receive_orphan
from hub.services.returns.request import Wanted, request_return
from hub.services.returns.rows import ReturnRefusedError
from hub.services.stock.kits import define_kit
from hub.services.stock.stockroom import adjust_stock
from hub.store import effects, tables
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.services.returning import TEE, Returning
from tests.services.test_returns import expire, refuse
from tests.services.test_returns_together import at_once
from tests.store.conftest import SettableClock
from tests.store.shop_rows import add_place, all_rows


@pytest.fixture
def anywhere(store: Store, clock: SettableClock) -> Returning:
    return Returning(store, clock)


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Returning:
    return Returning(sqlite_store, clock)


def sound(merchant: Returning) -> None:
    with merchant.store.reading() as database:
        assert [one for one in check_invariants(database) if not one.holds] == []


def test_goods_for_an_exchange_that_was_given_up_are_paid_for(merchant: Returning) -> None:
    merchant.ask(1, resolution=Resolution.EXCHANGE, exchange_sku="p2")
    expire(merchant)
    assert merchant.state("RMA-1001") == ReturnState.EXPIRED
    merchant.came("RMA-1001", 1)
    merchant.approved("RMA-1001")
    merchant.graded("RMA-1001", Grade.A)
    assert merchant.refunds() == [("made", 1000)], "neither goods nor money would be theft"
    assert merchant.state("RMA-1001") == ReturnState.RESOLVED
    sound(merchant)


def test_what_came_before_it_was_approved_is_counted_once(anywhere: Returning) -> None:
    anywhere.decide(auto_approve=False)
    anywhere.ask(2)
    anywhere.came("RMA-1001", 2)
    anywhere.approved("RMA-1001")
    (line,) = anywhere.stored("RMA-1001").lines
    assert (line.authorised, line.received, line.unexpected) == (2, 2, 0)
    ordered = anywhere.lines()["1"]
    assert (ordered.returned, ordered.coming_back) == (2, 0)
    anywhere.graded("RMA-1001", Grade.A, 2)
    assert anywhere.state("RMA-1001") == ReturnState.RESOLVED
    sound(anywhere)


def test_part_of_it_before_the_approval_leaves_the_rest_to_come(merchant: Returning) -> None:
    merchant.decide(auto_approve=False)
    merchant.ask(2)
    merchant.came("RMA-1001", 1)
    merchant.approved("RMA-1001")
    ordered = merchant.lines()["1"]
    assert (ordered.returned, ordered.coming_back) == (1, 1)
    merchant.came("RMA-1001", 1)
    merchant.graded("RMA-1001", Grade.A, 1)
    merchant.graded("RMA-1001", Grade.A, 1)
    assert merchant.state("RMA-1001") == ReturnState.RESOLVED
    sound(merchant)


def test_an_orphan_that_went_back_to_its_sender_is_never_paid_for(merchant: Returning) -> None:
    number = receive_orphan(merchant.hub, [Arrival(TEE, 2)], "scan-1", "bo")
    merchant.graded(number, Grade.A)
    dispose(merchant.hub, number, TEE, 1, "bo", Disposition.RETURN_TO_CUSTOMER, "nobody's")
    merchant.graded(number, Grade.B)
    match(merchant.hub, number, "NYC-7", "ada")
    merchant.run()
    assert merchant.refunds() == [("made", 800)]
    assert merchant.lines()["1"].returned == 1
    dispose(merchant.hub, number, TEE, 1, "bo")
    assert merchant.state(number) == ReturnState.RESOLVED
    sound(merchant)


def test_goods_that_are_all_gone_again_match_no_order(merchant: Returning) -> None:
    number = receive_orphan(merchant.hub, [Arrival(TEE, 1)], "scan-1", "bo")
    merchant.graded(number, Grade.A)
    dispose(merchant.hub, number, TEE, 1, "bo", Disposition.RETURN_TO_CUSTOMER, "nobody's")
    with pytest.raises(ReturnRefusedError, match="went back"):
        match(merchant.hub, number, "NYC-7", "ada")


def test_the_shipping_is_given_back_once_though_two_returns_are_graded_at_once(
    store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = Returning(store, clock, refund_limit_minor=0)
    together = Barrier(2)

    def wait_for_the_other(*given: Any) -> Giving:
        with suppress(BrokenBarrierError):
            together.wait(0.3)  # nobody else comes here while one decides
        return work_out(*given)

    monkeypatch.setattr("hub.services.returns.money.work_out", wait_for_the_other)
    for _ in range(2):
        merchant.ask(1, reason=ReturnReason.DEFECTIVE)
    merchant.came("RMA-1001", 1)
    merchant.came("RMA-1002", 1)
    acts: list[Callable[[], Any]] = [
        lambda number=number: grade(merchant.hub, number, TEE, Grade.B, 1, "bo")
        for number in ("RMA-1001", "RMA-1002")
    ]
    assert at_once(*acts) == 2
    rows = all_rows(merchant.store, tables.return_refund)
    assert sorted(row.amount_minor for row in rows) == [1000, 1600]
    sound(merchant)


@pytest.mark.parametrize("state", ["blocked", "refused"])
def test_what_could_not_be_paid_yet_is_still_promised(merchant: Returning, state: str) -> None:
    for _ in range(2):
        merchant.ask(1, reason=ReturnReason.DEFECTIVE)
    merchant.came("RMA-1001", 1)
    merchant.came("RMA-1002", 1)
    if state == "refused":
        merchant.shop.refund_order = refuse
    merchant.graded("RMA-1001", Grade.A)
    (first,) = all_rows(merchant.store, tables.return_refund)
    if state == "blocked":
        with merchant.store.unit_of_work() as unit:
            unit.execute(update(tables.return_refund).values(state="blocked"))
            unit.execute(tables.refund.delete())
    assert first.shipping_minor == 600
    merchant.graded("RMA-1002", Grade.A)
    amounts = {row.return_id: row.shipping_minor for row in
               all_rows(merchant.store, tables.return_refund)}  # fmt: skip
    assert sorted(amounts.values()) == [0, 600]


def test_a_refusal_that_was_asked_for_anew_is_never_asked_a_second_time(
    merchant: Returning,
) -> None:
    accepts = merchant.shop.refund_order
    merchant.shop.refund_order = refuse
    merchant.ask(1)
    merchant.came("RMA-1001", 1)
    merchant.graded("RMA-1001", Grade.A)
    merchant.shop.refund_order = accepts
    (refused,) = all_rows(merchant.store, tables.effect, kind="refund")
    agree(merchant.hub, "RMA-1001", "ada")
    merchant.run()
    assert merchant.refunds() == [("refused", 1000), ("made", 1000)]
    with pytest.raises(NotForAPersonError, match="anew"):
        it_never_happened(merchant.hub, refused.id, "", "ada")


def test_a_refusal_is_not_repeated_for_units_that_were_paid_meanwhile(merchant: Returning) -> None:
    accepts = merchant.shop.refund_order
    merchant.shop.refund_order = refuse
    plan = plan_refund(merchant.hub, "NYC-7", units={TEE: 2})
    refused = ask_refund(merchant.hub, plan, "goodwill", "wish-1")
    merchant.run()
    merchant.shop.refund_order = accepts
    ask_refund(merchant.hub, plan_refund(merchant.hub, "NYC-7", units={TEE: 1}), "", "wish-2")
    merchant.run()
    with merchant.store.unit_of_work() as unit, pytest.raises(RefundRefusedError):
        reserve_again(unit, effects.get_effect(unit.connection, refused))


def test_nothing_is_sent_to_a_location_that_is_closed(merchant: Returning) -> None:
    add_place(merchant.store, "DOCK")
    merchant.decide(return_to="DOCK")
    with merchant.store.unit_of_work() as unit:
        place = tables.location
        unit.execute(update(place).where(place.c.code == "DOCK").values(state="inactive"))
    merchant.ask(1)
    where = merchant.stored("RMA-1001").row.location_id
    (main,) = all_rows(merchant.store, tables.location, code="MAIN")
    assert where == main.id


def test_a_return_put_away_pays_for_what_came(merchant: Returning) -> None:
    merchant.ask(2)
    merchant.came("RMA-1001", 1)
    merchant.graded("RMA-1001", Grade.A)
    close(merchant.hub, "RMA-1001", "ada")
    merchant.run()
    assert merchant.refunds() == [("made", 1000)]
    assert merchant.lines()["1"].coming_back == 0
    sound(merchant)


def test_a_command_that_received_something_else_is_refused(merchant: Returning) -> None:
    for _ in range(2):
        merchant.ask(1)
    merchant.came("RMA-1001", 1, command="scan-1")
    with pytest.raises(ReturnRefusedError, match="RMA-1001"):
        receive(merchant.hub, "RMA-1002", [Arrival(TEE, 1)], "scan-1", "bo")


@pytest.mark.parametrize("units", [0, -1])
def test_fewer_units_than_one_are_no_decision(merchant: Returning, units: int) -> None:
    merchant.ask(2)
    merchant.came("RMA-1001", 2)
    deny(merchant.hub, "RMA-1001", TEE, 1, "used", "ada")
    with pytest.raises(ReturnRefusedError):
        deny(merchant.hub, "RMA-1001", TEE, units, "", "ada")


def test_a_kit_comes_back_in_its_components_and_a_person_says_what_it_is_worth(
    sqlite_store: Store, clock: SettableClock
) -> None:
    shop = Merchant(sqlite_store, clock)
    shop.shop.push_shipment = lambda notice, *, key: Accepted(f"n:{key}")
    adjust_stock(shop.hub, "p2", -5, "it is a kit", "c1")
    define_kit(shop.hub, "p2", {"p1": 2})
    shop.run()
    shop.says(lines={"2": 2})
    Returning.leave(shop)  # type: ignore[arg-type]
    kit = all_rows(shop.store, tables.order_line, is_kit=True)[0]
    made = request_return(shop.hub, "NYC-7", [Wanted(kit.sku, 1)], "ada")
    assert made.ruling.answer == "approve"
    shop.run()
    receive(shop.hub, made.number, [Arrival("p1", 2)], "scan-1", "bo")
    grade(shop.hub, made.number, "p1", Grade.A, 2, "bo")
    shop.run()
    (line,) = all_rows(shop.store, tables.return_line)
    assert (line.sku, line.received, line.settled) == ("p1", 2, 0)
    grant(shop.hub, made.number, 500, "ada")
    shop.run()
    assert [row.amount_minor for row in all_rows(shop.store, tables.refund)] == [500]
