"""What the gateway's answers mean, in the hub's words, and back. Pure: no network, no clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from hub.sdk import (
    Account,
    MappingError,
    Money,
    MoneyError,
    PaymentEvent,
    PaymentEventKind,
    PaymentRequest,
    from_minor,
    to_minor,
)

Instant = Annotated[datetime, Meta(tz=True)]

KINDS: Mapping[str, PaymentEventKind] = {
    "authorized": PaymentEventKind.AUTHORIZED,
    "captured": PaymentEventKind.CAPTURED,
    "refunded": PaymentEventKind.REFUNDED,
    "voided": PaymentEventKind.VOIDED,
    "failed": PaymentEventKind.FAILED,
}


class AccountAnswer(Struct):
    """`GET /account`."""

    id: str
    name: str
    currency: str


class EventAnswer(Struct):
    """One thing that happened to a payment; the amount is decimal text."""

    id: str
    kind: str
    amount: str
    currency: str
    at: Instant


class EventsAnswer(Struct):
    """`GET /payments/{id}`."""

    events: list[EventAnswer]


def to_account(answer: AccountAnswer) -> Account:
    """Translate who we are."""
    return Account(id=answer.id, title=answer.name, currency=answer.currency)


def to_events(answer: EventsAnswer) -> tuple[PaymentEvent, ...]:
    """Translate every event, oldest first; raises `MappingError`."""
    return tuple(map(to_event, answer.events))


def to_event(answer: EventAnswer) -> PaymentEvent:
    """Translate one event; a kind nobody has heard of is a `MappingError`, never a guess."""
    kind = KINDS.get(answer.kind)
    if kind is None:
        raise MappingError("kind", answer.kind)
    return PaymentEvent(
        kind=kind,
        amount=_money(answer.amount, answer.currency),
        method="card",
        reference=answer.id,
        occurred_at=answer.at,
    )


def from_request(request: PaymentRequest) -> dict[str, Any]:
    """Give the body of a capture, a refund or a void."""
    amount = from_minor(request.amount.minor, request.amount.currency)
    return {
        "amount": amount,
        "currency": request.amount.currency,
        "order": request.order_number,
        "reason": request.reason,
    }


def _money(amount: str, currency: str) -> Money:
    try:
        return Money(minor=to_minor(amount, currency), currency=currency)
    except MoneyError as fault:
        raise MappingError("amount", amount, str(fault)) from None
