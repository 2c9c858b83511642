"""The axes of an order: each follows from its own facts."""

import pytest

from hub.domain.axes import AxisFacts, FulfilmentAxis, Lifecycle, PaymentAxis, ReturnAxis, axes
from hub.domain.lifecycle import LineCounters
from hub.records.order import ChannelState as C

OPEN = LineCounters(mapped=True, quantity=2)
HALF = LineCounters(mapped=True, quantity=2, shipped=1)
SHIPPED = LineCounters(mapped=True, quantity=2, shipped=2)
CANCELLED = LineCounters(mapped=True, quantity=2, cancelled=2)


def facts(*lines: LineCounters, state: C = C.OPEN, **more: int) -> AxisFacts:
    given = {"total_minor": 100, "paid_minor": 100, "refunded_minor": 0, **more}
    return AxisFacts(state, lines, **given)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (facts(OPEN, state=C.DRAFT), Lifecycle.DRAFT),
        (facts(OPEN, SHIPPED), Lifecycle.OPEN),
        (facts(SHIPPED, CANCELLED), Lifecycle.CLOSED),
        (facts(CANCELLED, state=C.CANCELLED), Lifecycle.CANCELLED),
        (facts(SHIPPED, state=C.CANCELLED), Lifecycle.CLOSED),
        (facts(OPEN, paid_minor=0), PaymentAxis.UNPAID),
        (facts(OPEN, paid_minor=40), PaymentAxis.PARTIALLY_PAID),
        (facts(OPEN), PaymentAxis.PAID),
        (facts(OPEN, total_minor=0, paid_minor=0), PaymentAxis.PAID),
        (facts(OPEN, refunded_minor=30), PaymentAxis.PARTIALLY_REFUNDED),
        (facts(OPEN, refunded_minor=100), PaymentAxis.REFUNDED),
        (facts(OPEN), FulfilmentAxis.UNFULFILLED),
        (facts(HALF), FulfilmentAxis.PARTIALLY_FULFILLED),
        (facts(SHIPPED, CANCELLED), FulfilmentAxis.FULFILLED),
        (facts(SHIPPED), ReturnAxis.NONE),
        (facts(SHIPPED, open_returns=1), ReturnAxis.OPEN),
        (facts(SHIPPED, returned=1, open_returns=1), ReturnAxis.PARTIALLY_RETURNED),
        (facts(SHIPPED, returned=2), ReturnAxis.RETURNED),
    ],
)
def test_each_axis_is_derived_by_itself(order: AxisFacts, expected: object) -> None:
    assert expected in vars(axes(order)).values()
