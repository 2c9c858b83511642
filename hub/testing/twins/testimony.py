"""What a simulated vendor says under oath, in words that hold for every vendor of its family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class ShownOrder:
    """An order as the shop holds it; `lines` gives the quantity by line id.

    `over` says that nobody waits for it any more, whoever cancelled it.
    """

    lines: Mapping[str, int]
    total: Decimal
    currency: str
    status: str
    over: bool = False


@dataclass(frozen=True, kw_only=True)
class ShownRefund:
    """Money given back that stands; `key` is the caller's, empty for one made at the shop."""

    order: str
    amount: Decimal
    currency: str
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Performed:
    """One effect really applied: what it was, the caller's key it carried, the vendor's id."""

    kind: str
    key: str
    subject: str
    undone: bool = False


@dataclass(frozen=True, kw_only=True)
class Testimony:
    """All that an honest hub must agree with.

    orders     every order but those in the bin, by the vendor's id
    stock      the quantity shown for everything that is counted, by the vendor's id
    prices     the usual price shown of everything that has one, by the vendor's id
    refunds    every refund that stands, by the vendor's id
    performed  every keyed effect ever applied (`label`, `refund`), taken back or not
    personal   names, addresses, mails, phones: what nobody may find in clear elsewhere
    """

    __test__ = False

    orders: Mapping[str, ShownOrder] = field(default_factory=dict)
    stock: Mapping[str, int] = field(default_factory=dict)
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    refunds: Mapping[str, ShownRefund] = field(default_factory=dict)
    performed: tuple[Performed, ...] = ()
    personal: frozenset[str] = frozenset()
