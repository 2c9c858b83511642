"""The four axes of an order, each derived from facts by itself; the phase is made for lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.domain.lifecycle import LineCounters
from hub.records.order import ChannelState


class Lifecycle(StrEnum):
    """Whether the order is still to be dealt with."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class PaymentAxis(StrEnum):
    """What has been paid and given back."""

    UNPAID = "unpaid"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class FulfilmentAxis(StrEnum):
    """What has left the building."""

    UNFULFILLED = "unfulfilled"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    FULFILLED = "fulfilled"


class ReturnAxis(StrEnum):
    """What came back, or is to."""

    NONE = "none"
    OPEN = "open"
    PARTIALLY_RETURNED = "partially_returned"
    RETURNED = "returned"


@dataclass(frozen=True)
class AxisFacts:
    """All that the axes follow from; money in minor units of the order's currency."""

    channel_state: ChannelState
    lines: tuple[LineCounters, ...]
    total_minor: int
    paid_minor: int
    refunded_minor: int
    returned: int = 0
    """Units that came back, over all lines."""
    open_returns: int = 0
    """Returns that are not settled."""


@dataclass(frozen=True)
class Axes:
    """Where an order stands on each axis."""

    lifecycle: Lifecycle
    payment: PaymentAxis
    fulfilment: FulfilmentAxis
    returns: ReturnAxis


def axes(order: AxisFacts) -> Axes:
    """Derive all four; none of them follows from another."""
    return Axes(_lifecycle(order), _payment(order), _fulfilment(order.lines), _returns(order))


def _lifecycle(order: AxisFacts) -> Lifecycle:
    shipped = any(line.shipped for line in order.lines)
    if order.channel_state == ChannelState.CANCELLED and not shipped:
        return Lifecycle.CANCELLED
    if order.channel_state == ChannelState.DRAFT:
        return Lifecycle.DRAFT
    return Lifecycle.OPEN if any(line.open > 0 for line in order.lines) else Lifecycle.CLOSED


def _payment(order: AxisFacts) -> PaymentAxis:
    if order.refunded_minor > 0:
        whole = order.refunded_minor >= max(order.paid_minor, 1)
        return PaymentAxis.REFUNDED if whole else PaymentAxis.PARTIALLY_REFUNDED
    if order.paid_minor >= order.total_minor and (order.paid_minor or not order.total_minor):
        return PaymentAxis.PAID
    return PaymentAxis.PARTIALLY_PAID if order.paid_minor else PaymentAxis.UNPAID


def _fulfilment(lines: Sequence[LineCounters]) -> FulfilmentAxis:
    if not any(line.shipped for line in lines):
        return FulfilmentAxis.UNFULFILLED
    left = any(line.open > 0 for line in lines)
    return FulfilmentAxis.PARTIALLY_FULFILLED if left else FulfilmentAxis.FULFILLED


def _returns(order: AxisFacts) -> ReturnAxis:
    shipped = sum(line.shipped for line in order.lines)
    if order.returned and order.returned >= shipped:
        return ReturnAxis.RETURNED
    if order.returned:
        return ReturnAxis.PARTIALLY_RETURNED
    return ReturnAxis.OPEN if order.open_returns else ReturnAxis.NONE
