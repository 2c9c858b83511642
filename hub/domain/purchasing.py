"""Where a purchase order and an announced delivery stand, and what may be done with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.records.purchase import InboundState, PurchaseState
from hub.records.stock import Bucket

CLAIMED = frozenset({Bucket.DAMAGED, Bucket.B_GRADE})
"""Buckets of units that are not what was ordered; in the others they still may be."""


@dataclass(frozen=True)
class PurchaseCounters:
    """Where the units of one purchase line are."""

    ordered: int
    received_good: int = 0
    received_damaged: int = 0
    cancelled: int = 0
    over: int = 0

    @property
    def received(self) -> int:
        """Units that came, whatever state they were in."""
        return self.received_good + self.received_damaged

    @property
    def outstanding(self) -> int:
        """Units that are still to come."""
        return self.ordered + self.over - self.received - self.cancelled


@dataclass(frozen=True)
class PurchaseFacts:
    """All that the state of a purchase order follows from."""

    lines: Sequence[PurchaseCounters]
    approved: bool = False
    sent: bool = False
    acknowledged: bool = False
    held: bool = False
    lost: bool = False
    closed: bool = False


def purchase_state(order: PurchaseFacts) -> PurchaseState:
    """Give the one word for where a purchase order stands: the first that applies."""
    received = sum(line.received for line in order.lines)
    outstanding = sum(line.outstanding for line in order.lines)
    words = (
        (PurchaseState.CANCELLED, outstanding == 0 and received == 0),
        (PurchaseState.CLOSED, order.closed),
        (PurchaseState.RECEIVED, outstanding == 0),
        (PurchaseState.LOST, order.lost),
        (PurchaseState.ON_HOLD, order.held),
        (PurchaseState.PARTIALLY_RECEIVED, received > 0),
        (PurchaseState.ACKNOWLEDGED, order.acknowledged),
        (PurchaseState.SENT, order.sent),
        (PurchaseState.APPROVED, order.approved),
    )
    return next((word for word, applies in words if applies), PurchaseState.DRAFT)


class PurchaseAct(StrEnum):
    """What is done with a purchase order."""

    EDIT = "edit"
    APPROVE = "approve"
    SEND = "send"
    ACKNOWLEDGE = "acknowledge"
    ANNOUNCE = "announce"
    RECEIVE = "receive"
    INVOICE = "invoice"
    CANCEL = "cancel"
    HOLD = "hold"
    RELEASE = "release"
    LOSE = "lose"
    CLOSE = "close"


_WITH_THE_SUPPLIER = frozenset(
    {PurchaseState.SENT, PurchaseState.ACKNOWLEDGED, PurchaseState.PARTIALLY_RECEIVED}
)
_UNDELIVERED = _WITH_THE_SUPPLIER | {PurchaseState.DRAFT, PurchaseState.APPROVED}

MAY: Mapping[PurchaseAct, frozenset[PurchaseState]] = {
    PurchaseAct.EDIT: frozenset({PurchaseState.DRAFT}),
    PurchaseAct.APPROVE: frozenset({PurchaseState.DRAFT}),
    PurchaseAct.SEND: frozenset({PurchaseState.APPROVED}),
    PurchaseAct.ACKNOWLEDGE: _WITH_THE_SUPPLIER,
    PurchaseAct.ANNOUNCE: _WITH_THE_SUPPLIER,
    # what stands at the door is booked, whatever the papers say of it
    PurchaseAct.RECEIVE: frozenset(PurchaseState) - {PurchaseState.DRAFT},
    PurchaseAct.INVOICE: frozenset(PurchaseState) - {PurchaseState.DRAFT, PurchaseState.APPROVED},
    PurchaseAct.CANCEL: _UNDELIVERED | {PurchaseState.ON_HOLD, PurchaseState.LOST},
    PurchaseAct.HOLD: _UNDELIVERED,
    PurchaseAct.RELEASE: frozenset({PurchaseState.ON_HOLD}),
    PurchaseAct.LOSE: _WITH_THE_SUPPLIER,
    PurchaseAct.CLOSE: frozenset(
        {PurchaseState.RECEIVED, PurchaseState.CANCELLED, PurchaseState.LOST}
    ),
}
"""In which states each may be done."""

ON_ORDER = frozenset(
    {
        PurchaseState.DRAFT,
        PurchaseState.APPROVED,
        PurchaseState.SENT,
        PurchaseState.ACKNOWLEDGED,
        PurchaseState.PARTIALLY_RECEIVED,
        PurchaseState.ON_HOLD,
    }
)
"""States in which what is outstanding counts as on order: nobody buys it a second time."""


def inbound_state(announced: Sequence[tuple[int, int]], said: InboundState) -> InboundState:
    """Say where an announced delivery stands: (announced, received) by line, and what was said."""
    if said in (InboundState.SHORT_CLOSED, InboundState.REFUSED, InboundState.LOST):
        return said
    if all(received >= units for units, received in announced):
        return InboundState.RECEIVED
    if any(received for _, received in announced):
        return InboundState.RECEIVING
    return said
