"""Refunds: read when an order names others than known, left out of what ships, never overspent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from hub.domain.effects import EffectState
from hub.sdk import RejectedError, UnknownOutcomeError
from hub.services.orders.refunding import RefundRefusedError, ask_refund, plan_refund
from hub.services.orders.resolve import it_happened, it_never_happened
from hub.services.vendors.connect import release_orders
from hub.store import tables
from hub.store.other_hubs import other_hubs
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, one_row

TOTAL = 600 + 2000  # of an order with one line; see scripted_shop


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    return Merchant(store, clock)


@pytest.fixture
def anywhere(store: Store, clock: SettableClock) -> Merchant:
    """A merchant on either database: where money is guarded, both must hold."""
    return Merchant(store, clock)


def shop_refunds(merchant: Merchant, *refunds: tuple[str, int, dict[str, int]]) -> None:
    """The shop makes refunds: (id, amount, units by line)."""
    merchant.shop.refunds["7"] = [
        {"id": id, "order": "7", "amount": amount, "lines": lines} for id, amount, lines in refunds
    ]


def said(merchant: Merchant) -> dict[str, object]:
    made = merchant.shop.refunds.get("7", [])
    ids = [one["id"] for one in made]
    return {"override": {"refunded_minor": sum(one["amount"] for one in made), "refund_ids": ids}}


def money(merchant: Merchant) -> list[tuple[str, int]]:
    rows = sorted(all_rows(merchant.store, tables.payment_event), key=lambda row: row.id)
    return [(row.kind, row.amount_minor) for row in rows if row.kind != "captured"]


def test_refunds_are_read_once_and_only_when_they_changed(anywhere: Merchant) -> None:
    shop_refunds(anywhere, ("r1", 100, {"1": 1}))
    anywhere.says(**said(anywhere))
    anywhere.says(version=2, **said(anywhere))
    assert anywhere.shop.diary.count("read refunds of 7") == 1
    assert money(anywhere) == [("refunded", 100)]
    assert anywhere.order().refunded_minor == 100


def test_a_refund_with_a_key_that_is_not_ours_tells_of_another_hub(anywhere: Merchant) -> None:
    shop_refunds(anywhere, ("r1", 100, {"1": 1}))
    anywhere.shop.refunds["7"][0]["key"] = "refund:of-another-hub"
    anywhere.says(**said(anywhere))
    shop = anywhere.hub.connection("NYC").id
    with anywhere.store.reading() as database:
        found = other_hubs(database, anywhere.clock())
        later = other_hubs(database, anywhere.clock() + timedelta(days=8))
    assert found[shop].text == "it made the refund r1 of order NYC-7" and later == {}


def test_what_was_refunded_before_it_was_shipped_is_not_shipped(merchant: Merchant) -> None:
    shop_refunds(merchant, ("r1", 100, {"1": 1}))
    merchant.says(**said(merchant))
    line = merchant.lines()["1"]
    assert (line.quantity, line.cancelled, line.allocated, line.refunded) == (2, 1, 1, 1)
    assert merchant.labels() == ["L1"] and merchant.holds() == {} and merchant.free() == 4


def test_a_refund_after_the_label_gives_the_label_back(merchant: Merchant) -> None:
    merchant.says()
    shop_refunds(merchant, ("r1", 100, {"1": 1}))
    merchant.says(version=2, **said(merchant))
    assert merchant.carrier.voided == ["L1"] and merchant.labels() == ["L2"]
    assert (merchant.lines()["1"].allocated, merchant.free()) == (1, 4)


def test_money_that_names_no_unit_holds_the_order_until_a_person_says(merchant: Merchant) -> None:
    shop_refunds(merchant, ("r1", 300, {}))
    merchant.says(**said(merchant))
    assert "3.00 USD was refunded for no line" in merchant.holds()["refund"]
    assert merchant.labels() == []
    release_orders(merchant.hub, [merchant.order().id], "ada")
    merchant.run()
    assert merchant.labels() == ["L1"] and merchant.holds() == {}, "asked once, answered once"


def test_a_refund_that_was_deleted_in_silence_is_found_by_comparing(merchant: Merchant) -> None:
    merchant.says(state="finished", fulfilled={"1": 2})
    shop_refunds(merchant, ("r1", 100, {"1": 1}), ("r2", 200, {}))
    merchant.says(version=2, state="finished", fulfilled={"1": 2}, **said(merchant))
    shop_refunds(merchant, ("r1", 100, {"1": 1}))
    merchant.owe("compare_shop")
    assert money(merchant) == [("refunded", 100), ("refunded", 200), ("refund_reversed", 200)]
    assert merchant.order().refunded_minor == 100
    states = {row.external_id: row.state for row in all_rows(merchant.store, tables.refund)}
    assert states == {"r1": "made", "r2": "gone"}
    assert "refund_gone" in [row.kind for row in all_rows(merchant.store, tables.event)]


def ask(merchant: Merchant, amount: str, request: str = "q1") -> str:
    plan = plan_refund(merchant.hub, "NYC-7", amount)
    return ask_refund(merchant.hub, plan, "broken", request)


def test_a_refund_is_made_once_however_often_it_is_asked_for(merchant: Merchant) -> None:
    merchant.says(state="finished", fulfilled={"1": 2})
    plan = plan_refund(merchant.hub, "NYC-7", "10.00")
    first, again = (ask_refund(merchant.hub, plan, "broken", "q1") for _ in range(2))
    merchant.run()
    assert first == again and len(merchant.shop.refunds["7"]) == 1
    row = merchant.order()
    assert (row.refunded_minor, row.refund_reserved_minor) == (1000, 0)
    merchant.says(version=2, state="finished", fulfilled={"1": 2}, **said(merchant))
    assert len(all_rows(merchant.store, tables.refund)) == 1, "what the shop shows is our own"
    assert money(merchant) == [("refunded", 1000)]


def test_never_more_is_given_back_than_was_captured(anywhere: Merchant) -> None:
    anywhere.says(state="finished", fulfilled={"1": 2})
    both = [plan_refund(anywhere.hub, "NYC-7", "20.00") for _ in range(2)]
    ask_refund(anywhere.hub, both[0], "", "q1")
    with pytest.raises(RefundRefusedError, match="6.00 that was captured and not given back"):
        ask_refund(anywhere.hub, both[1], "", "q2")
    with pytest.raises(RefundRefusedError, match="is more than"):
        plan_refund(anywhere.hub, "NYC-7", "6.01")
    anywhere.run()
    assert plan_refund(anywhere.hub, "NYC-7", "6.00").refundable_minor == 600


def test_many_hands_at_once_give_back_no_more_than_there_is(anywhere: Merchant) -> None:
    anywhere.says(state="finished", fulfilled={"1": 2})
    plan = plan_refund(anywhere.hub, "NYC-7", "5.00")

    def ask_for(request: str) -> bool:
        try:
            ask_refund(anywhere.hub, plan, "", request)
        except RefundRefusedError:
            return False
        return True

    with ThreadPoolExecutor(8) as hands:
        done = list(hands.map(ask_for, [f"q{number}" for number in range(12)]))
    assert done.count(True) == 5 and anywhere.order().refund_reserved_minor == 2500


def test_units_of_a_line_carry_their_share_and_no_more_than_there_are(merchant: Merchant) -> None:
    merchant.says(state="finished", lines={"1": 3}, fulfilled={"1": 3})
    merchant.shop.orders.clear()
    one = plan_refund(merchant.hub, "NYC-7", units={"TEE": 1})
    assert [(line.quantity, line.amount_minor) for line in one.lines] == [(1, 667)]
    ask_refund(merchant.hub, one, "", "q1")
    two = plan_refund(merchant.hub, "NYC-7", units={"TEE": 2})
    assert two.amount_minor == 2000 - 667
    with pytest.raises(RefundRefusedError, match="of TEE 2 can still be refunded, not 3"):
        plan_refund(merchant.hub, "NYC-7", units={"TEE": 3})


def test_a_lost_answer_is_looked_for_and_never_repeated(merchant: Merchant) -> None:
    merchant.says(state="finished", fulfilled={"1": 2})
    merchant.shop.trouble = UnknownOutcomeError("lost")
    ask(merchant, "10.00")
    merchant.run()
    assert merchant.effects("refund") == ["unknown"]
    assert merchant.order().refund_reserved_minor == 1000, "unknown counts as spent"
    merchant.later(hours=1)
    assert merchant.effects("refund") == ["succeeded"]
    assert merchant.shop.diary.count("refund 1000") == 1
    assert merchant.order().refunded_minor == 1000


def test_our_refund_read_before_its_answer_was_found_is_one_refund(anywhere: Merchant) -> None:
    anywhere.says(state="finished", fulfilled={"1": 2})
    anywhere.shop.trouble = UnknownOutcomeError("lost")
    ask(anywhere, "10.00")
    anywhere.run()
    anywhere.says(version=2, state="finished", fulfilled={"1": 2}, **said(anywhere))
    anywhere.later(hours=1)
    row = one_row(anywhere.store, tables.refund)
    assert (row.state, row.external_id) == ("made", "r1")
    assert (anywhere.order().refunded_minor, anywhere.order().refund_reserved_minor) == (1000, 0)


def test_a_refusal_sets_the_amount_free_and_asking_again_takes_it_back(merchant: Merchant) -> None:
    merchant.says(state="finished", fulfilled={"1": 2})
    merchant.shop.trouble = RejectedError("the gateway says no")
    effect_id = ask(merchant, "26.00")
    merchant.run()
    merchant.shop.refunds.clear()
    assert merchant.effects("refund") == ["refused"]
    assert merchant.order().refund_reserved_minor == 0
    it_never_happened(merchant.hub, effect_id, "the gateway is mended", "ada")
    merchant.run()
    assert merchant.effects("refund") == ["succeeded"]
    assert merchant.order().refunded_minor == TOTAL


def test_a_person_may_say_that_a_refund_was_made(merchant: Merchant) -> None:
    merchant.says(state="finished", fulfilled={"1": 2})
    merchant.shop.trouble = RejectedError("no")
    effect_id = ask(merchant, "5.00")
    merchant.run()
    merchant.shop.refunds.clear()
    with merchant.store.unit_of_work() as unit:
        unit.execute(tables.effect.update().where(tables.effect.c.kind == "refund")
                     .values(state=EffectState.NEEDS_OPERATOR.value))  # fmt: skip
        unit.execute(tables.refund.update().values(state="asked"))
        unit.execute(tables.sales_order.update().values(refund_reserved_minor=500))
    it_happened(merchant.hub, effect_id, "by-hand-1", "", "ada")
    row = merchant.order()
    assert (row.refunded_minor, row.refund_reserved_minor) == (500, 0)
