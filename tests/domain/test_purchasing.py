"""Where a purchase order stands, by its facts; and how a supplier is judged."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.purchasing import (
    MAY,
    ON_ORDER,
    PurchaseAct,
    PurchaseCounters,
    PurchaseFacts,
    inbound_state,
    purchase_state,
)
from hub.domain.suppliers import Delivery, FinishedLine, performance, scorecard
from hub.records.purchase import InboundState, PurchaseState

TEN = PurchaseCounters(10)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (PurchaseFacts([TEN]), "draft"),
        (PurchaseFacts([TEN], approved=True), "approved"),
        (PurchaseFacts([TEN], approved=True, sent=True), "sent"),
        (PurchaseFacts([TEN], sent=True, acknowledged=True), "acknowledged"),
        (PurchaseFacts([PurchaseCounters(10, 3)], sent=True), "partially_received"),
        (PurchaseFacts([PurchaseCounters(10, 3)], sent=True, held=True), "on_hold"),
        (PurchaseFacts([PurchaseCounters(10, 7, 3)], sent=True), "received"),
        (PurchaseFacts([PurchaseCounters(10, 7, cancelled=3)], sent=True), "received"),
        (PurchaseFacts([PurchaseCounters(10, 12, over=2)], sent=True), "received"),
        (PurchaseFacts([PurchaseCounters(10, cancelled=10)], sent=True), "cancelled"),
        (PurchaseFacts([PurchaseCounters(10, 3)], sent=True, lost=True), "lost"),
        (PurchaseFacts([PurchaseCounters(10, 10)], sent=True, closed=True), "closed"),
    ],
)
def test_the_state_follows_from_facts_and_counters(facts: PurchaseFacts, state: str) -> None:
    assert purchase_state(facts) == state


LINES = st.lists(
    st.builds(
        lambda good, damaged, cancelled, rest: PurchaseCounters(
            good + damaged + cancelled + rest, good, damaged, cancelled
        ),
        st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=100)
@given(LINES, st.booleans(), st.booleans(), st.booleans())
def test_nothing_outstanding_is_never_on_order(
    lines: list[PurchaseCounters], approved: bool, sent: bool, lost: bool
) -> None:
    lines = [line for line in lines if line.ordered] or [TEN]
    state = purchase_state(PurchaseFacts(lines, approved, sent, lost=lost))
    outstanding = sum(line.outstanding for line in lines)
    assert all(line.outstanding >= 0 for line in lines)
    assert (state in ON_ORDER) == (outstanding > 0 and not lost)


def test_every_act_has_its_states_and_goods_at_the_door_are_always_booked() -> None:
    assert set(MAY) == set(PurchaseAct)
    assert set(PurchaseState) - MAY[PurchaseAct.RECEIVE] == {PurchaseState.DRAFT}


def test_an_announced_delivery_is_received_when_all_of_it_came() -> None:
    way = InboundState.IN_TRANSIT
    assert inbound_state([(5, 0), (3, 0)], way) == way
    assert inbound_state([(5, 5), (3, 1)], way) == InboundState.RECEIVING
    assert inbound_state([(5, 6), (3, 3)], way) == InboundState.RECEIVED
    assert inbound_state([(5, 0)], InboundState.LOST) == InboundState.LOST


def test_a_scorecard_says_what_the_deliveries_say() -> None:
    came = [Delivery(10, 0, 90, 10), Delivery(14, 2, 50, 0), Delivery(12, None, 50, 0)]
    over = [FinishedLine(100, 0, 90), FinishedLine(100, 0, 100), FinishedLine(50, 50, 0)]
    card = scorecard(came, over, [[Decimal("4.00"), Decimal("4.00"), Decimal("5.00")]])
    assert (card.deliveries, card.lead_mean, card.lead_deviation) == (3, 12, 2)
    assert (card.on_time, card.fill_rate, card.damage_rate) == (0.5, 0.95, 0.05)
    assert (card.price_changes, card.price_change) == (1, 0.25)


def test_nothing_known_is_said_as_nothing() -> None:
    card = scorecard([], [], [])
    assert {card.lead_mean, card.on_time, card.fill_rate, card.damage_rate} == {None}
    assert performance([Delivery(9, None, 1, 0)], []).lead_deviation is None
