"""The return policy as data: what may come back, what becomes of it, what is given for it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from hub.records.base import Minor, Record, Text, Word
from hub.records.returns import Condition, Disposition, Grade, ReturnReason

Percent = Annotated[int, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=0, le=3650)]

OUR_FAULT = (
    ReturnReason.DAMAGED,
    ReturnReason.DEFECTIVE,
    ReturnReason.WRONG_ITEM,
    ReturnReason.NOT_AS_DESCRIBED,
    ReturnReason.UNDELIVERED,
)
"""Reasons that no customer pays for, by the defaults."""


class RefundAt(StrEnum):
    """What has to have happened to the goods before money is given back."""

    APPROVED = "approved"
    RECEIVED = "received"
    GRADED = "graded"


class Window(Record):
    """How long goods may be sent back for these reasons; no reasons: for all."""

    days: Days
    reasons: tuple[ReturnReason, ...] = ()


class Exclusion(Record):
    """What may not be sent back. Every part that is given must fit; patterns as in file names."""

    skus: tuple[Word, ...] = ()
    categories: tuple[Word, ...] = ()
    """Names from `categories` of the policy."""
    conditions: tuple[Condition, ...] = ()
    except_reasons: tuple[ReturnReason, ...] = OUR_FAULT
    why: Text
    """What the customer is told."""


class GradeRule(Record):
    """What part of the price is given back; no grades or reasons: for all of them."""

    grades: tuple[Grade, ...] = ()
    reasons: tuple[ReturnReason, ...] = ()
    percent: Percent
    restocking_fee_percent: Percent = 0
    """Of what would be given back."""


class DispositionRule(Record):
    """What becomes of goods of these grades, sent back for these reasons."""

    grades: tuple[Grade, ...] = ()
    reasons: tuple[ReturnReason, ...] = ()
    disposition: Disposition


class ReturnPolicy(Record):
    """What the merchant decided about returns; in every list the first rule that fits decides.

    Amounts are minor units of the order's currency.
    """

    windows: tuple[Window, ...] = (Window(days=365, reasons=OUR_FAULT), Window(days=30))
    """Counted from the delivery, or from the hand-over where nobody reports one."""
    categories: dict[str, tuple[Word, ...]] = {}
    """The merchant's own categories: name → SKU patterns."""
    exclusions: tuple[Exclusion, ...] = ()
    auto_approve: bool = True
    auto_approve_up_to_minor: Minor = 50_000
    """What the goods may be worth for the hub to approve by itself."""
    auto_approve_conditions: tuple[Condition, ...] = (
        Condition.UNKNOWN, Condition.UNOPENED, Condition.OPENED, Condition.BROKEN,
    )  # fmt: skip
    expires_after_days: Days = 21
    """An approval that no parcel followed is over after this; its exchange is too."""
    label_reasons: tuple[ReturnReason, ...] = tuple(ReturnReason)
    """For which reasons the merchant gives a return label, where the carrier sells them."""
    label_fee_minor: Minor = 0
    """Kept for the label, unless `no_fee_reasons` says otherwise."""
    no_fee_reasons: tuple[ReturnReason, ...] = OUR_FAULT
    return_to: Text = ""
    """Code of the location that receives; empty: where it was shipped from."""
    grades: tuple[GradeRule, ...] = (
        GradeRule(reasons=OUR_FAULT, percent=100),
        GradeRule(grades=(Grade.A,), percent=100),
        GradeRule(grades=(Grade.B,), percent=80),
        GradeRule(grades=(Grade.C,), percent=50),
        GradeRule(grades=(Grade.D,), percent=0),
    )
    dispositions: tuple[DispositionRule, ...] = (
        DispositionRule(
            grades=(Grade.A, Grade.B), reasons=(ReturnReason.DEFECTIVE,),
            disposition=Disposition.QUARANTINE,
        ),
        DispositionRule(grades=(Grade.A,), disposition=Disposition.RESTOCK),
        DispositionRule(grades=(Grade.B,), disposition=Disposition.RESTOCK_B_GRADE),
        DispositionRule(grades=(Grade.C,), disposition=Disposition.QUARANTINE),
        DispositionRule(grades=(Grade.D,), disposition=Disposition.SCRAP),
    )  # fmt: skip
    dispose_at_once: bool = True
    """Whether a graded unit goes where the policy says without a person's word."""
    refund_at: RefundAt = RefundAt.GRADED
    refund_limit_minor: Minor = 20_000
    """The hub gives back more than this only after a person agreed."""
    shipping_refund_reasons: tuple[ReturnReason, ...] = OUR_FAULT
    """For which reasons the outward shipping is given back, once the whole order is."""
    exchange_ships_at: RefundAt = RefundAt.RECEIVED
    """What has to have happened to the old unit before the new one leaves."""
