"""Where a return stands, derived from facts; goods and money are asked for separately."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.records.returns import Custody, MoneyState, Resolution, ReturnAxis, ReturnState


@dataclass(frozen=True)
class Goods:
    """Where the units of a line are; nothing in it says what they cost."""

    authorised: int
    unexpected: int = 0
    received: int = 0
    missing: int = 0
    graded: int = 0
    disposed: int = 0
    moving: bool = False
    """Whether its parcel is on its way."""

    @property
    def outstanding(self) -> int:
        """Units that are still to come."""
        return self.authorised + self.unexpected - self.received - self.missing

    @property
    def at_rest(self) -> bool:
        """Whether nothing is left to do with them."""
        return self.outstanding == 0 and self.disposed == self.received


@dataclass(frozen=True)
class Dues:
    """What is decided about the money of a line; nothing in it says where the goods are."""

    resolution: Resolution
    authorised: int
    settled: int = 0
    denied: int = 0
    asked: int = 0
    """Units of refunds that are not made yet."""
    made: int = 0


def custody(line: Goods) -> Custody:
    """Give where the goods of a line are; the least advanced unit decides."""
    if line.outstanding > 0 or not (line.received or line.missing):
        if line.received:
            return Custody.RECEIVED
        return Custody.IN_TRANSIT if line.moving else Custody.ADVISED
    if not line.received:
        return Custody.NOT_RETURNED
    if line.disposed == line.received:
        return Custody.DISPOSED
    return Custody.GRADED if line.graded == line.received else Custody.RECEIVED


def money(line: Dues) -> MoneyState:
    """Give where the money of a line is; what is under way counts before what is done."""
    if line.resolution not in PAYS:
        denied = line.resolution == Resolution.REJECT
        return MoneyState.DENIED if denied else MoneyState.NOT_REFUNDABLE
    if line.asked:
        return MoneyState.TRIGGERED
    if line.settled < line.authorised or not line.settled:
        return MoneyState.PENDING
    return MoneyState.REFUNDED if line.made else MoneyState.DENIED


PAYS = frozenset({Resolution.REFUND, Resolution.STORE_CREDIT})
"""Resolutions that owe the customer an amount."""


@dataclass(frozen=True)
class ReturnFacts:
    """All that the state of a return follows from."""

    known_order: bool
    approved: bool = False
    declined: bool = False
    cancelled: bool = False
    expired: bool = False
    closed: bool = False
    labelled: bool = False
    moving: bool = False
    goods: tuple[Goods, ...] = ()
    dues: tuple[Dues, ...] = ()


def state(facts: ReturnFacts) -> ReturnState:
    """Give the one word for lists: the first that applies."""
    accepted_after_all = any(line.authorised for line in facts.goods)
    ended = (
        (ReturnState.CLOSED, facts.closed),
        (ReturnState.DECLINED, facts.declined and not accepted_after_all),
        (ReturnState.CANCELLED, facts.cancelled and not accepted_after_all),
        (ReturnState.ORPHAN, not facts.known_order),
    )
    for word, applies in ended:
        if applies:
            return word
    came = any(line.received or line.missing for line in facts.goods)
    if came:
        return _of_goods(facts)
    if facts.expired:
        return ReturnState.EXPIRED
    if facts.moving:
        return ReturnState.IN_TRANSIT
    if facts.labelled:
        return ReturnState.LABEL_ISSUED
    return ReturnState.APPROVED if facts.approved else ReturnState.REQUESTED


def _of_goods(facts: ReturnFacts) -> ReturnState:
    if any(line.outstanding or line.graded < line.received for line in facts.goods):
        return ReturnState.RECEIVING
    open_money = (MoneyState.PENDING, MoneyState.TRIGGERED)
    settled = all(money(line) not in open_money for line in facts.dues if line.authorised)
    at_rest = all(line.at_rest for line in facts.goods)
    return ReturnState.RESOLVED if settled and at_rest else ReturnState.INSPECTED


OVER = frozenset({
    ReturnState.RESOLVED, ReturnState.CLOSED, ReturnState.DECLINED, ReturnState.CANCELLED,
    ReturnState.EXPIRED,
})  # fmt: skip
"""States in which nobody waits for anything any more."""


@dataclass(frozen=True)
class CameBack:
    """What an order line says of its way back."""

    shipped: int
    returned: int
    coming_back: int


def axis(lines: Sequence[CameBack]) -> ReturnAxis:
    """Give how much of an order came back, beside how it is paid and shipped."""
    returned = sum(line.returned for line in lines)
    if returned:
        whole = returned == sum(line.shipped for line in lines)
        return ReturnAxis.RETURNED if whole else ReturnAxis.PARTIALLY_RETURNED
    coming = any(line.coming_back for line in lines)
    return ReturnAxis.OPEN if coming else ReturnAxis.NONE
