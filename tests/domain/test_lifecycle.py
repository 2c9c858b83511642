"""Where orders and parcels stand: the whole table, and what holds whatever the facts are."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.lifecycle import LineCounters, OrderFacts, advance_shipment, phase
from hub.records.order import ChannelState, Phase
from hub.records.payment import Verdict
from hub.records.shipment import ShipmentState, TrackingCode

P, S, C = Phase, ShipmentState, ChannelState


def line(quantity: int = 2, *, mapped: bool = True, **counters: int) -> LineCounters:
    return LineCounters(mapped=mapped, quantity=quantity, **counters)


def facts(
    *lines: LineCounters, state: ChannelState = C.OPEN, verdict: Verdict | None = Verdict.PASSED,
    held: bool = False, shipments: tuple[ShipmentState, ...] = (),
) -> OrderFacts:  # fmt: skip
    return OrderFacts(state, verdict, held, lines, shipments)


RESERVED, ALLOCATED, SHIPPED = line(reserved=2), line(allocated=2), line(shipped=2)
CANCELLED = line(cancelled=2)

TABLE = [
    # the order                                                          its phase
    (facts(RESERVED, state=C.CANCELLED), P.CANCELLED),
    (facts(CANCELLED, state=C.CANCELLED, shipments=(S.VOIDED,)), P.CANCELLED),
    (facts(RESERVED, state=C.DRAFT), P.DRAFT),
    (facts(SHIPPED, state=C.FINISHED), P.CLOSED),
    (facts(SHIPPED, state=C.FINISHED, shipments=(S.VOIDED,)), P.CLOSED),
    (facts(SHIPPED, shipments=(S.RETURNED,)), P.CLOSED),
    (facts(CANCELLED), P.CLOSED),
    (facts(), P.CLOSED),
    (facts(line(mapped=False), held=True, verdict=None), P.MAPPING_NEEDED),
    (facts(line(mapped=False, cancelled=2), RESERVED), P.TO_ROUTE),
    (facts(RESERVED, held=True, verdict=None), P.ON_HOLD),
    (facts(RESERVED, verdict=None), P.AWAITING_PAYMENT),
    (facts(RESERVED, verdict=Verdict.INCONCLUSIVE), P.AWAITING_PAYMENT),
    (facts(line(reserved=2), line(reserved=1)), P.AWAITING_STOCK),
    (facts(ALLOCATED, RESERVED), P.TO_ROUTE),
    (facts(ALLOCATED, shipments=(S.DRAFT,)), P.READY),
    (facts(ALLOCATED, ALLOCATED, shipments=(S.LABEL_PURCHASED, S.DRAFT)), P.READY),
    (facts(ALLOCATED, shipments=(S.LABEL_PURCHASED,)), P.IN_WAREHOUSE),
    (facts(line(shipped=1, allocated=1), shipments=(S.HANDED_OVER,)), P.PARTIALLY_SHIPPED),
    (facts(SHIPPED, shipments=(S.LOST, S.DELIVERED)), P.DELIVERY_EXCEPTION),
    (facts(SHIPPED, shipments=(S.RETURNING,)), P.DELIVERY_EXCEPTION),
    (facts(SHIPPED, shipments=(S.DELIVERED, S.VOIDED)), P.DELIVERED),
    (facts(SHIPPED, shipments=(S.DELIVERED, S.IN_TRANSIT)), P.IN_TRANSIT),
    (facts(SHIPPED, shipments=(S.HANDED_OVER,)), P.IN_TRANSIT),
    # cancelled at the shop when a parcel had left: the parcel is what there is to watch
    (facts(SHIPPED, state=C.CANCELLED, shipments=(S.IN_TRANSIT,)), P.IN_TRANSIT),
]  # fmt: skip


@pytest.mark.parametrize(("order", "expected"), TABLE)
def test_an_order_is_in_the_first_phase_that_applies(order: OrderFacts, expected: Phase) -> None:
    assert phase(order) == expected


def test_every_phase_can_be_reached_but_the_two_whose_facts_are_not_kept_yet() -> None:
    reached = {expected for _, expected in TABLE}
    assert set(Phase) - reached == {P.DISPUTED, P.EDIT_PENDING}


COUNT = st.integers(0, 3)
LINES = st.builds(
    lambda mapped, c, r, a, s, waiting: line(
        c + r + a + s + waiting, mapped=mapped, cancelled=c, reserved=r, allocated=a, shipped=s
    ),
    st.booleans(), COUNT, COUNT, COUNT, COUNT, COUNT,
)  # fmt: skip
ORDERS = st.builds(
    OrderFacts, st.sampled_from(ChannelState), st.none() | st.sampled_from(Verdict), st.booleans(),
    st.lists(LINES, max_size=4).map(tuple), st.lists(st.sampled_from(S), max_size=3).map(tuple),
)  # fmt: skip


@given(ORDERS)
def test_every_order_has_a_phase_that_does_not_depend_on_the_order_of_its_lines(
    order: OrderFacts,
) -> None:
    turned = OrderFacts(
        order.channel_state, order.verdict, order.held, order.lines[::-1], order.shipments[::-1]
    )
    assert phase(order) == phase(turned)


@given(ORDERS)
def test_no_order_that_may_not_ship_looks_as_if_it_could(order: OrderFacts) -> None:
    owed = any(one.open > 0 for one in order.lines)
    if owed and (order.held or order.verdict != Verdict.PASSED):
        assert phase(order) not in {P.TO_ROUTE, P.READY, P.IN_WAREHOUSE, P.DELIVERED, P.CLOSED}


@given(ORDERS)
def test_an_order_is_over_only_when_nothing_is_owed(order: OrderFacts) -> None:
    if phase(order) in {P.CLOSED, P.DELIVERED}:
        assert not any(one.open > 0 for one in order.lines)


# --- parcels ----------------------------------------------------------------------------------

# Later rows are further; what stands in one row is a matter of opinion between carriers.
WAY = (
    {S.LABEL_PURCHASED}, {S.HANDED_OVER}, {S.IN_TRANSIT}, {S.OUT_FOR_DELIVERY, S.DELIVERY_FAILED},
    {S.LOST, S.DAMAGED}, {S.RETURNING}, {S.DELIVERED}, {S.RETURNED},
)  # fmt: skip
SCANS = {
    TrackingCode.ACCEPTED: S.HANDED_OVER,
    **{code: S(code.value) for code in TrackingCode if code.value in set(S)},
}


def how_far(state: ShipmentState) -> int:
    return next(number for number, row in enumerate(WAY) if state in row)


def walk(state: ShipmentState, codes: list[TrackingCode]) -> ShipmentState:
    for code in codes:
        moved = advance_shipment(state, code)
        assert how_far(moved) >= how_far(state)
        state = moved
    return state


def test_every_scan_but_the_unknown_one_means_a_state() -> None:
    assert set(TrackingCode) - set(SCANS) == {TrackingCode.UNKNOWN}
    for code, state in SCANS.items():
        assert advance_shipment(S.LABEL_PURCHASED, code) == state


@given(st.lists(st.sampled_from(TrackingCode), max_size=8), st.randoms())
def test_scans_in_any_order_bring_a_parcel_equally_far(codes: list[TrackingCode], chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = codes[:]
    chance.shuffle(shuffled)
    ends = {how_far(walk(S.LABEL_PURCHASED, one)) for one in (codes, shuffled)}
    assert ends == {max([0, *(how_far(SCANS[code]) for code in codes if code in SCANS)])}


def test_the_usual_way_ends_delivered_whatever_order_its_scans_arrive_in() -> None:
    usual = [TrackingCode.ACCEPTED, TrackingCode.IN_TRANSIT, TrackingCode.OUT_FOR_DELIVERY,
             TrackingCode.DELIVERED]  # fmt: skip
    for arrived in permutations(usual):
        assert walk(S.LABEL_PURCHASED, list(arrived)) == S.DELIVERED


def test_a_second_attempt_follows_a_failed_one() -> None:
    failed = advance_shipment(S.OUT_FOR_DELIVERY, TrackingCode.DELIVERY_FAILED)
    assert failed == S.DELIVERY_FAILED
    assert advance_shipment(failed, TrackingCode.OUT_FOR_DELIVERY) == S.OUT_FOR_DELIVERY


@pytest.mark.parametrize("state", [S.DRAFT, S.VOIDED])
@pytest.mark.parametrize("code", TrackingCode)
def test_a_parcel_that_does_not_exist_is_not_moved_by_scans(
    state: ShipmentState, code: TrackingCode
) -> None:
    assert advance_shipment(state, code) == state
