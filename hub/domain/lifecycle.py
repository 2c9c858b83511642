"""Where an order and a parcel stand, derived from facts."""

from dataclasses import dataclass

from hub.records.order import ChannelState, Phase
from hub.records.payment import Verdict
from hub.records.shipment import ShipmentState, TrackingCode


@dataclass(frozen=True)
class LineCounters:
    """Where the units of one line are."""

    mapped: bool
    quantity: int
    cancelled: int = 0
    reserved: int = 0
    allocated: int = 0
    shipped: int = 0

    @property
    def open(self) -> int:
        """Units still to be shipped."""
        return self.quantity - self.cancelled - self.shipped

    @property
    def unpromised(self) -> int:
        """Units for which no stock is promised yet."""
        return self.open - self.reserved - self.allocated


@dataclass(frozen=True)
class OrderFacts:
    """All that the phase of an order follows from."""

    channel_state: ChannelState
    verdict: Verdict | None
    held: bool
    lines: tuple[LineCounters, ...]
    shipments: tuple[ShipmentState, ...] = ()
    edit_pending: bool = False
    """The shop changed it after it was routed, and that is not settled."""


_TROUBLE = frozenset({
    ShipmentState.DELIVERY_FAILED, ShipmentState.LOST, ShipmentState.DAMAGED,
    ShipmentState.RETURNING,
})  # fmt: skip


_AWAY = frozenset({ShipmentState.VOIDED, ShipmentState.RETURNED})
"""Parcels nobody waits for any more."""


def phase(order: OrderFacts) -> Phase:
    """Give the one word operators filter by: the first that applies, most urgent first."""
    return next(word for word, applies in _PHASES if applies(order))


def _open_lines(order: OrderFacts) -> list[LineCounters]:
    return [line for line in order.lines if line.open > 0]


def _is_cancelled(order: OrderFacts) -> bool:
    nothing_shipped = not any(line.shipped for line in order.lines)
    return order.channel_state == ChannelState.CANCELLED and nothing_shipped


def _is_draft(order: OrderFacts) -> bool:
    return order.channel_state == ChannelState.DRAFT


def _is_over(order: OrderFacts) -> bool:
    return not _open_lines(order) and all(state in _AWAY for state in order.shipments)


def _needs_mapping(order: OrderFacts) -> bool:
    return any(not line.mapped for line in _open_lines(order))


def _is_held(order: OrderFacts) -> bool:
    return order.held and bool(_open_lines(order))


def _has_pending_edit(order: OrderFacts) -> bool:
    return order.edit_pending and bool(_open_lines(order))


def _awaits_payment(order: OrderFacts) -> bool:
    return order.verdict != Verdict.PASSED and bool(_open_lines(order))


def _awaits_stock(order: OrderFacts) -> bool:
    return any(line.unpromised > 0 for line in _open_lines(order))


def _is_to_route(order: OrderFacts) -> bool:
    return any(line.reserved > 0 for line in _open_lines(order))


def _is_ready(order: OrderFacts) -> bool:
    return any(state == ShipmentState.DRAFT for state in order.shipments)


def _is_in_warehouse(order: OrderFacts) -> bool:
    labelled = any(state == ShipmentState.LABEL_PURCHASED for state in order.shipments)
    begun = any(line.allocated > 0 for line in order.lines)
    return labelled or (begun and not any(line.shipped for line in order.lines))


def _is_partially_shipped(order: OrderFacts) -> bool:
    return bool(_open_lines(order)) and any(line.shipped for line in order.lines)


def _has_trouble(order: OrderFacts) -> bool:
    return any(state in _TROUBLE for state in order.shipments)


def _is_delivered(order: OrderFacts) -> bool:
    gone = [state for state in order.shipments if state != ShipmentState.VOIDED]
    return bool(gone) and all(state == ShipmentState.DELIVERED for state in gone)


_PHASES = (
    (Phase.CANCELLED, _is_cancelled),
    (Phase.DRAFT, _is_draft),
    (Phase.CLOSED, _is_over),
    (Phase.MAPPING_NEEDED, _needs_mapping),
    (Phase.ON_HOLD, _is_held),
    (Phase.AWAITING_PAYMENT, _awaits_payment),
    (Phase.EDIT_PENDING, _has_pending_edit),
    (Phase.AWAITING_STOCK, _awaits_stock),
    (Phase.TO_ROUTE, _is_to_route),
    (Phase.READY, _is_ready),
    (Phase.IN_WAREHOUSE, _is_in_warehouse),
    (Phase.PARTIALLY_SHIPPED, _is_partially_shipped),
    (Phase.DELIVERY_EXCEPTION, _has_trouble),
    (Phase.DELIVERED, _is_delivered),
    (Phase.IN_TRANSIT, lambda order: True),
)


_FROM_SCAN = {
    TrackingCode.ACCEPTED: ShipmentState.HANDED_OVER,
    TrackingCode.IN_TRANSIT: ShipmentState.IN_TRANSIT,
    TrackingCode.OUT_FOR_DELIVERY: ShipmentState.OUT_FOR_DELIVERY,
    TrackingCode.DELIVERED: ShipmentState.DELIVERED,
    TrackingCode.DELIVERY_FAILED: ShipmentState.DELIVERY_FAILED,
    TrackingCode.RETURNING: ShipmentState.RETURNING,
    TrackingCode.RETURNED: ShipmentState.RETURNED,
    TrackingCode.LOST: ShipmentState.LOST,
    TrackingCode.DAMAGED: ShipmentState.DAMAGED,
}

_RANK = {
    ShipmentState.LABEL_PURCHASED: 0,
    ShipmentState.HANDED_OVER: 1,
    ShipmentState.IN_TRANSIT: 2,
    ShipmentState.OUT_FOR_DELIVERY: 3,
    ShipmentState.DELIVERY_FAILED: 3,
    ShipmentState.LOST: 4,
    ShipmentState.DAMAGED: 4,
    ShipmentState.RETURNING: 5,
    ShipmentState.DELIVERED: 6,
    ShipmentState.RETURNED: 7,
}


def advance_shipment(state: ShipmentState, code: TrackingCode) -> ShipmentState:
    """Move a shipment by one scan. Scans arrive late and out of order: it never moves back.

    An unknown scan moves nothing. A draft or voided shipment is not moved by scans.
    """
    scanned = _FROM_SCAN.get(code)
    if scanned is None or state not in _RANK:
        return state
    same_place = {state, scanned} == {ShipmentState.OUT_FOR_DELIVERY, ShipmentState.DELIVERY_FAILED}
    return scanned if same_place or _RANK[scanned] > _RANK[state] else state
