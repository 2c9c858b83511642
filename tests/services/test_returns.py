"""Returns on both databases: from the request to the shelf and to the customer's money."""

import json
from datetime import timedelta
from typing import Any

import pytest

from hub.domain.returns_policy import Answer
from hub.records.return_policy import RefundAt
from hub.records.returns import (
    Custody,
    Disposition,
    Grade,
    MoneyState,
    Reception,
    Resolution,
    ReturnReason,
    ReturnState,
)
from hub.reports.invariants import check_invariants
from hub.sdk import Accepted, Page, RefundRequest, RejectedError
from hub.services.returns.agree import agree, deny, grant
from hub.services.returns.approve import cancel, close, decline
from hub.services.returns.booking import Arrival
from hub.services.returns.dispose import dispose
from hub.services.returns.match import match
from hub.services.returns.parcels import note_sent
from hub.services.returns.receive import receive, receive_orphan
from hub.services.returns.rows import ReturnRefusedError
from hub.services.work import owe
from hub.store import tables
from hub.store.returned import with_returns
from hub.store.unit_of_work import Store
from tests.records.order_example import PLACED
from tests.services.returning import Returning
from tests.store.conftest import SettableClock
from tests.store.shop_rows import add_place, all_rows, one_row


@pytest.fixture
def anywhere(store: Store, clock: SettableClock) -> Returning:
    """A merchant on either database."""
    return Returning(store, clock)


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Returning:
    return Returning(sqlite_store, clock)


def test_graded_a_and_b_it_is_restocked_in_part_and_paid_by_grade(anywhere: Returning) -> None:
    asked = anywhere.ask()
    assert (asked.number, asked.ruling.answer) == ("RMA-1001", Answer.APPROVE)
    assert anywhere.state("RMA-1001") == ReturnState.LABEL_ISSUED
    assert anywhere.lines()["1"].coming_back == 2
    anywhere.came("RMA-1001", 2)
    assert anywhere.buckets() == {"quality_control": 2} and anywhere.free() == 3
    anywhere.graded("RMA-1001", Grade.A)
    assert anywhere.free() == 4 and anywhere.refunds() == []
    anywhere.graded("RMA-1001", Grade.B)
    assert anywhere.buckets() == {"b_grade": 1} and anywhere.on_hand() == 5
    assert anywhere.refunds() == [("made", 1800)]
    assert anywhere.shop.diary.count("refund 1800") == 1
    line = anywhere.lines()["1"]
    assert (line.shipped, line.returned, line.coming_back) == (2, 2, 0)
    assert anywhere.custody("RMA-1001") == [Custody.DISPOSED]
    assert anywhere.money("RMA-1001") == [MoneyState.REFUNDED]
    assert anywhere.state("RMA-1001") == ReturnState.RESOLVED


def test_the_shop_is_told_once_that_it_may_come(merchant: Returning) -> None:
    merchant.ask()
    assert merchant.shop.diary.count("answer RMA-1001: True") == 1


def test_a_fault_of_ours_gives_the_shipping_back_with_the_last_unit(merchant: Returning) -> None:
    merchant.ask(reason=ReturnReason.DEFECTIVE)
    merchant.came("RMA-1001", 2)
    merchant.graded("RMA-1001", Grade.D, 2)
    assert merchant.refunds() == [("made", 2600)] and merchant.buckets() == {}
    assert merchant.moved("scrap") == 2


def test_what_comes_too_late_is_declined_and_the_shop_is_told(merchant: Returning) -> None:
    merchant.later(days=40)
    assert merchant.ask().ruling.answer == Answer.DECLINE
    assert merchant.state("RMA-1001") == ReturnState.DECLINED
    assert merchant.money("RMA-1001") == [MoneyState.DENIED]
    assert "answer RMA-1001: False" in merchant.shop.diary
    assert merchant.lines()["1"].coming_back == 0


def test_more_than_left_can_never_be_authorised(anywhere: Returning) -> None:
    anywhere.ask(1)
    assert anywhere.ask(2).ruling.answer == Answer.DECLINE
    anywhere.decide(auto_approve=False)
    first, second = anywhere.ask(1), anywhere.ask(1)
    anywhere.approved(first.number)
    with pytest.raises(ReturnRefusedError, match="fewer than 1"):
        anywhere.approved(second.number)
    assert anywhere.lines()["1"].coming_back == 2


def test_the_same_receipt_again_changes_nothing(merchant: Returning) -> None:
    merchant.ask()
    assert merchant.came("RMA-1001", 1, command="scan-1") is True
    assert merchant.came("RMA-1001", 1, command="scan-1") is False
    assert merchant.buckets() == {"quality_control": 1} and merchant.lines()["1"].returned == 1


def test_it_may_come_back_to_another_place_than_it_left(merchant: Returning) -> None:
    add_place(merchant.store, "BACK")
    merchant.ask(1)
    receive(merchant.hub, "RMA-1001", [Arrival("TEE", 1)], "scan-1", "bo", location="BACK")
    merchant.graded("RMA-1001", Grade.A)
    levels = {row.location_id: row.on_hand for row in all_rows(merchant.store, tables.stock_level)
              if row.on_hand not in (5,)}  # fmt: skip
    assert levels == {"main": 3, "back": 1} and merchant.free() == 4


def test_what_nobody_allowed_waits_for_a_person_and_blocks_money(merchant: Returning) -> None:
    merchant.ask(1)
    merchant.came("RMA-1001", 2)
    assert merchant.troubles() == {"return_unexpected"}
    assert "had allowed it" in merchant.stored("RMA-1001").row.question
    merchant.graded("RMA-1001", Grade.A)
    merchant.graded("RMA-1001", Grade.A)
    assert merchant.refunds() == [("made", 1000)]
    merchant.approved("RMA-1001")
    assert merchant.refunds() == [("made", 1000), ("made", 1000)]
    assert merchant.lines()["1"].returned == 2 and merchant.troubles() == set()


def test_unasked_goods_reach_no_shelf_before_somebody_accepts_them(merchant: Returning) -> None:
    merchant.ask(1)
    merchant.came("RMA-1001", 1)
    merchant.came("RMA-1001", 1)
    merchant.graded("RMA-1001", Grade.A)
    merchant.graded("RMA-1001", Grade.A)
    assert merchant.free() == 4
    with pytest.raises(ReturnRefusedError, match="match or approve"):
        dispose(merchant.hub, "RMA-1001", "TEE", 1, "bo", Disposition.RESTOCK)
    decline(merchant.hub, "RMA-1001", "not ours", "ada")
    dispose(merchant.hub, "RMA-1001", "TEE", 1, "bo", Disposition.RETURN_TO_CUSTOMER, "not ours")
    assert merchant.free() == 4 and merchant.buckets() == {} and merchant.troubles() == set()


def test_short_is_not_paid_and_lost_is_a_question(merchant: Returning) -> None:
    merchant.ask()
    merchant.came("RMA-1001", 1, reception=Reception.SHORT)
    assert merchant.troubles() == {"return_short"}
    assert merchant.lines()["1"].coming_back == 1
    merchant.came("RMA-1001", 1, reception=Reception.LOST)
    assert merchant.troubles() == {"return_short", "return_lost"}
    assert merchant.custody("RMA-1001") == [Custody.NOT_RETURNED]
    assert merchant.money("RMA-1001") == [MoneyState.PENDING]
    grant(merchant.hub, "RMA-1001", 700, "ada")
    merchant.run()
    assert merchant.refunds() == [("made", 700)]
    assert merchant.state("RMA-1001") == ReturnState.RESOLVED
    assert merchant.troubles() == {"return_short"}


def test_another_disposition_than_the_policys_needs_a_reason(merchant: Returning) -> None:
    merchant.ask(1)
    merchant.came("RMA-1001", 1)
    with pytest.raises(ReturnRefusedError, match="say why"):
        merchant.graded("RMA-1001", Grade.A, disposition=Disposition.SCRAP)
    merchant.graded("RMA-1001", Grade.A, disposition=Disposition.SCRAP, why="smells")
    assert merchant.moved("scrap") == 1


def test_what_the_customer_keeps_is_paid_and_never_waited_for(merchant: Returning) -> None:
    merchant.ask(1)
    dispose(merchant.hub, "RMA-1001", "TEE", 1, "ada", Disposition.CUSTOMER_KEEPS)
    merchant.run()
    assert merchant.refunds() == [("made", 1000)]
    assert merchant.custody("RMA-1001") == [Custody.NOT_RETURNED]
    assert merchant.lines()["1"].coming_back == 0


# --- the way back -----------------------------------------------------------------------------


def test_the_merchants_label_is_bought_and_given_back_when_it_is_cancelled(
    merchant: Returning,
) -> None:
    merchant.ask()
    assert merchant.state("RMA-1001") == ReturnState.LABEL_ISSUED
    assert merchant.labels() == ["L1", "L2"]
    cancel(merchant.hub, "RMA-1001", "changed their mind again", "ada")
    merchant.run()
    assert merchant.labels() == ["L1"] and merchant.state("RMA-1001") == ReturnState.CANCELLED
    assert merchant.lines()["1"].coming_back == 0
    assert merchant.effects("return_void") == ["succeeded"]


def test_without_a_label_the_customer_ships_it_and_says_so(merchant: Returning) -> None:
    merchant.decide(label_reasons=())
    merchant.ask()
    assert "the customer sends it by a carrier of their own choice" in merchant.told("RMA-1001")
    note_sent(merchant.hub, "RMA-1001", "1Z", "ada")
    assert merchant.custody("RMA-1001") == [Custody.IN_TRANSIT]
    expire(merchant)
    merchant.came("RMA-1001", 2)
    assert merchant.state("RMA-1001") == ReturnState.RECEIVING


def expire(merchant: Returning) -> None:
    """The time of every approval is over."""
    merchant.clock.now += timedelta(days=30)
    with merchant.store.unit_of_work() as unit:
        owe(unit, "expire_returns", "")
    merchant.run()


def test_an_approval_that_nobody_used_is_over_and_what_comes_later_is_a_question(
    anywhere: Returning,
) -> None:
    anywhere.ask()
    expire(anywhere)
    assert anywhere.state("RMA-1001") == ReturnState.EXPIRED
    assert anywhere.lines()["1"].coming_back == 0 and anywhere.labels() == ["L1"]
    anywhere.came("RMA-1001", 2)
    assert "after its approval had expired" in anywhere.stored("RMA-1001").row.question
    assert anywhere.buckets() == {"quality_control": 2} and anywhere.free() == 3
    anywhere.approved("RMA-1001")
    anywhere.graded("RMA-1001", Grade.A, 2)
    assert anywhere.refunds() == [("made", 2000)] and anywhere.free() == 5


# --- money ------------------------------------------------------------------------------------


def test_above_the_limit_a_person_agrees_first(merchant: Returning) -> None:
    merchant.decide(refund_limit_minor=1500)
    merchant.ask()
    merchant.came("RMA-1001", 2)
    merchant.graded("RMA-1001", Grade.A, 2)
    assert merchant.refunds() == [] and merchant.money("RMA-1001") == [MoneyState.PENDING]
    agree(merchant.hub, "RMA-1001", "ada")
    merchant.run()
    assert merchant.refunds() == [("made", 2000)]
    with pytest.raises(ReturnRefusedError, match="nothing"):
        agree(merchant.hub, "RMA-1001", "ada")


@pytest.mark.parametrize("when", [RefundAt.APPROVED, RefundAt.RECEIVED])
def test_money_may_go_before_the_goods_came_or_are_looked_at(
    merchant: Returning, when: RefundAt
) -> None:
    merchant.decide(refund_at=when)
    merchant.ask()
    early = [("made", 2000)] if when == RefundAt.APPROVED else []
    assert merchant.refunds() == early
    merchant.came("RMA-1001", 2)
    merchant.graded("RMA-1001", Grade.D, 2)
    assert merchant.refunds() == [("made", 2000)]
    assert merchant.state("RMA-1001") == ReturnState.RESOLVED


def test_what_the_shop_gave_back_itself_is_not_given_again(merchant: Returning) -> None:
    merchant.ask()
    merchant.shop.refunds["7"] = [{"id": "r9", "order": "7", "amount": 2000, "lines": {"1": 2}}]
    told = {"refunded_minor": 2000, "refund_ids": ["r9"]}
    merchant.says(version=2, override=told)
    merchant.came("RMA-1001", 2)
    merchant.graded("RMA-1001", Grade.A, 2)
    assert merchant.refunds() == [("made", 2000)]
    assert merchant.money("RMA-1001") == [MoneyState.DENIED]


def refuse(request: RefundRequest, *, key: str) -> Accepted:
    raise RejectedError("the gateway says no")


def test_a_refund_that_the_shop_refuses_leaves_the_money_pending(merchant: Returning) -> None:
    merchant.shop.refund_order = refuse
    merchant.ask()
    merchant.came("RMA-1001", 2)
    merchant.graded("RMA-1001", Grade.A, 2)
    assert merchant.refunds() == [("refused", 2000)]
    assert merchant.money("RMA-1001") == [MoneyState.PENDING]
    assert merchant.custody("RMA-1001") == [Custody.DISPOSED]
    assert merchant.state("RMA-1001") == ReturnState.INSPECTED
    (told,) = all_rows(merchant.store, tables.operational_exception)
    assert told.kind == "return_refund_blocked" and "the gateway says no" in told.sentence


def test_store_credit_is_recorded_and_asks_nothing_of_the_shop(merchant: Returning) -> None:
    merchant.ask(resolution=Resolution.STORE_CREDIT)
    merchant.came("RMA-1001", 2)
    merchant.graded("RMA-1001", Grade.A, 2)
    (row,) = all_rows(merchant.store, tables.return_refund)
    assert (row.kind, row.state, row.amount_minor) == ("store_credit", "credited", 2000)
    assert merchant.refunds() == [] and merchant.money("RMA-1001") == [MoneyState.REFUNDED]


def test_a_person_may_deny_and_close(merchant: Returning) -> None:
    merchant.decide(grades=())
    merchant.ask()
    merchant.came("RMA-1001", 2)
    merchant.graded("RMA-1001", Grade.A, 2)
    assert merchant.money("RMA-1001") == [MoneyState.PENDING]
    deny(merchant.hub, "RMA-1001", "TEE", 2, "it is not ours", "ada")
    assert merchant.money("RMA-1001") == [MoneyState.DENIED]
    close(merchant.hub, "RMA-1001", "ada")
    assert merchant.state("RMA-1001") == ReturnState.CLOSED


# --- exchange ---------------------------------------------------------------------------------


def test_an_exchange_reserves_at_once_and_ships_when_the_old_one_came(anywhere: Returning) -> None:
    anywhere.ask(1, resolution=Resolution.EXCHANGE, exchange_sku="p2")
    other = anywhere.exchange("RMA-1001")
    assert (other.number, other.replaces_id) == ("NYC-RMA-1001", anywhere.order().id)
    assert anywhere.free("p2") == 4 and anywhere.labels() == ["L1", "L2"]
    anywhere.came("RMA-1001", 1)
    assert len(anywhere.labels()) == 3
    anywhere.leave()
    assert anywhere.free("p2") == 4
    assert one_row(anywhere.store, tables.order_line, order_id=other.id).shipped == 1
    anywhere.graded("RMA-1001", Grade.A)
    assert anywhere.refunds() == [] and anywhere.state("RMA-1001") == ReturnState.RESOLVED
    assert anywhere.money("RMA-1001") == [MoneyState.NOT_REFUNDABLE]
    anywhere.owe("compare_shop")
    assert anywhere.exchange("RMA-1001").channel_state == "open"


def test_an_exchange_that_nobody_used_gives_its_unit_back(merchant: Returning) -> None:
    merchant.ask(1, resolution=Resolution.EXCHANGE, exchange_sku="p2")
    assert merchant.free("p2") == 4
    expire(merchant)
    assert merchant.free("p2") == 5 and merchant.exchange("RMA-1001").phase == "cancelled"


# --- orphans ----------------------------------------------------------------------------------


def test_an_orphan_blocks_stock_and_money_until_it_is_matched(anywhere: Returning) -> None:
    number = receive_orphan(anywhere.hub, [Arrival("TEE", 2)], "scan-9", "bo")
    assert receive_orphan(anywhere.hub, [Arrival("TEE", 2)], "scan-9", "bo") == number
    assert anywhere.state(number) == ReturnState.ORPHAN
    anywhere.graded(number, Grade.B, 2)
    with pytest.raises(ReturnRefusedError, match="whose it is"):
        dispose(anywhere.hub, number, "TEE", 2, "bo")
    assert match(anywhere.hub, number, "NYC-7", "ada") == Answer.APPROVE
    anywhere.run()
    assert anywhere.refunds() == [("made", 1600)] and anywhere.lines()["1"].returned == 2
    dispose(anywhere.hub, number, "TEE", 2, "bo")
    assert anywhere.state(number) == ReturnState.RESOLVED
    with pytest.raises(ReturnRefusedError, match="has its order"):
        match(anywhere.hub, number, "NYC-7", "ada")


def test_what_the_shop_refused_is_asked_for_anew_by_a_person(merchant: Returning) -> None:
    accepts = merchant.shop.refund_order
    merchant.shop.refund_order = refuse
    merchant.ask()
    merchant.came("RMA-1001", 2)
    merchant.graded("RMA-1001", Grade.A, 2)
    merchant.shop.refund_order = accepts
    agree(merchant.hub, "RMA-1001", "ada", pays_back=False)
    merchant.run()
    assert merchant.refunds() == [("refused", 2000), ("made", 2000)]
    assert merchant.money("RMA-1001") == [MoneyState.REFUNDED]
    assert [row.pays_back for row in all_rows(merchant.store, tables.refund, state="made")] == [
        False
    ]


def test_no_word_of_the_shop_undoes_that_what_comes_back_was_shipped(anywhere: Returning) -> None:
    anywhere.ask(1)
    line = tables.order_line
    with anywhere.store.unit_of_work() as unit:
        told = with_returns({"shipped": 0, "cancelled": 0})
        unit.execute(line.update().where(line.c.id == anywhere.lines()["1"].id).values(told))
    row = anywhere.lines()["1"]
    assert (row.shipped, row.coming_back) == (1, 1)


def asks_there(merchant: Returning, *returns: dict[str, Any]) -> None:
    """The shop shows these returns, and the hub pulls them."""
    raws = tuple(json.dumps(one).encode() for one in returns)
    merchant.shop.pull_returns = lambda cursor: iter([Page(raws, "1", last=True)])
    merchant.shop.to_return = as_told
    merchant.owe("pull_returns")


def as_told(raw: bytes) -> dict[str, Any]:
    said = json.loads(raw)
    lines = tuple({"line_external_id": id, "quantity": n} for id, n in said["lines"].items())
    return {"external_id": said["id"], "order_external_id": said["order"], "open": said["open"],
            "requested_at": PLACED, "lines": lines}  # fmt: skip


def test_what_customers_ask_for_at_the_shop_is_asked_for_here_once(merchant: Returning) -> None:
    one = {"id": "R1", "order": "7", "open": True, "lines": {"1": 1}}
    asks_there(merchant, one, {**one, "id": "R2", "order": "99"})
    asks_there(merchant, one)
    (row,) = all_rows(merchant.store, tables.sales_return)
    assert (row.external_id, row.number, row.requested_by) == ("R1", "RMA-1001", "customer")
    assert merchant.shop.diary.count("answer RMA-1001: True") == 1
    (kept,) = all_rows(merchant.store, tables.quarantine)
    assert (kept.kind, kept.external_id, kept.reason) == ("return", "R2", "its order is not here")
    asks_there(merchant, {**one, "id": "R3", "open": False})
    assert merchant.lines()["1"].coming_back == 2


def test_what_goes_back_to_the_customer_is_not_paid_and_may_come_again(
    merchant: Returning,
) -> None:
    merchant.ask(1)
    merchant.came("RMA-1001", 1)
    back = Disposition.RETURN_TO_CUSTOMER
    merchant.graded("RMA-1001", Grade.A, disposition=back, why="it was worn")
    assert merchant.refunds() == [] and merchant.money("RMA-1001") == [MoneyState.DENIED]
    assert merchant.lines()["1"].returned == 0 and merchant.buckets() == {}
    assert merchant.ask(2).ruling.answer == Answer.APPROVE


def test_what_was_declined_and_came_all_the_same_may_be_accepted(merchant: Returning) -> None:
    merchant.later(days=40)
    merchant.ask(1)
    merchant.came("RMA-1001", 1)
    assert merchant.state("RMA-1001") == ReturnState.DECLINED
    merchant.graded("RMA-1001", Grade.A)
    merchant.approved("RMA-1001")
    assert merchant.refunds() == [("made", 1000)]
    dispose(merchant.hub, "RMA-1001", "TEE", 1, "bo")
    assert merchant.state("RMA-1001") == ReturnState.RESOLVED


def test_a_return_put_away_gives_up_what_still_waits_to_be_sent_instead(
    merchant: Returning,
) -> None:
    merchant.ask(1, resolution=Resolution.EXCHANGE, exchange_sku="p2")
    close(merchant.hub, "RMA-1001", "ada")
    merchant.run()
    assert merchant.exchange("RMA-1001").phase == "cancelled" and merchant.free("p2") == 5
    assert merchant.lines()["1"].coming_back == 0


BREAKS = {
    "order_lines_know_what_came_back": (tables.order_line, {"returned": 1}),
    "order_lines_know_what_is_coming": (tables.order_line, {"coming_back": 1}),
    "return_lines_are_the_sum_of_their_rows": (tables.return_receipt, {"quantity": 7}),
    "every_disposition_moved_its_units_once": (tables.return_disposition, {"id": "other"}),
    "returns_pay_what_they_decided": (tables.return_refund, {"amount_minor": 1}),
}


def test_each_invariant_of_returns_notices_what_it_is_for(anywhere: Returning) -> None:
    anywhere.ask(1)
    anywhere.came("RMA-1001", 1)
    anywhere.graded("RMA-1001", Grade.A)

    def broken() -> set[str]:
        with anywhere.store.reading() as database:
            return {one.name for one in check_invariants(database) if not one.holds}

    assert broken() == set()
    for name, (table, values) in BREAKS.items():
        (column,) = values
        before = all_rows(anywhere.store, table)[0]._mapping[column]
        for value in (values[column], before):
            with anywhere.store.unit_of_work() as unit:
                unit.execute(table.update().values({column: value}))
            assert (name in broken()) == (value != before), name
