"""What the carrier's answers mean, in the hub's words, and back. Pure: no network, no clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from hub.sdk import (
    Account,
    Label,
    LabelFormat,
    LabelRequest,
    MappingError,
    Money,
    MoneyError,
    Party,
    Rate,
    TrackingCode,
    TrackingEvent,
    to_minor,
)

Instant = Annotated[datetime, Meta(tz=True)]

CODES: Mapping[str, TrackingCode] = {
    "accepted": TrackingCode.ACCEPTED,
    "moving": TrackingCode.IN_TRANSIT,
    "out": TrackingCode.OUT_FOR_DELIVERY,
    "delivered": TrackingCode.DELIVERED,
    "failed": TrackingCode.DELIVERY_FAILED,
    "returning": TrackingCode.RETURNING,
    "lost": TrackingCode.LOST,
}
"""Any other code is `unknown`: kept, shown, and moves nothing."""


class AccountAnswer(Struct):
    """`GET /account`."""

    id: str
    name: str
    currency: str


class RateAnswer(Struct):
    """One service of `GET /rates`."""

    service: str
    title: str
    price: str
    currency: str
    days: int


class RatesAnswer(Struct):
    """`GET /rates`."""

    rates: list[RateAnswer]


class LabelAnswer(Struct):
    """A label; `document` is base64 on the wire."""

    id: str
    service: str
    price: str
    currency: str
    tracking_number: str
    document: bytes
    voided: bool


class LabelsAnswer(Struct):
    """`GET /labels`."""

    labels: list[LabelAnswer]


class ScanAnswer(Struct):
    """One scan of `GET /parcels/{number}`."""

    at: Instant
    code: str
    text: str
    place: str


class ScansAnswer(Struct):
    """`GET /parcels/{number}`."""

    scans: list[ScanAnswer]


def to_account(answer: AccountAnswer) -> Account:
    """Translate who we are."""
    return Account(id=answer.id, title=answer.name, currency=answer.currency)


def to_rates(answer: RatesAnswer) -> tuple[Rate, ...]:
    """Translate, cheapest first; raises `MappingError` for a price that is no money."""
    rates = [
        Rate(
            service=one.service,
            title=one.title,
            cost=_money(one.price, one.currency),
            transit_days=one.days,
        )
        for one in answer.rates
    ]
    return tuple(sorted(rates, key=lambda rate: rate.cost.minor))


def to_label(answer: LabelAnswer) -> Label:
    """Translate; raises `MappingError` for a price that is no money, or a label that is no PDF."""
    if not answer.document.startswith(b"%PDF-"):
        raise MappingError("document", "", "is not a PDF")
    return Label(
        external_id=answer.id,
        service=answer.service,
        tracking_number=answer.tracking_number,
        cost=_money(answer.price, answer.currency),
        format=LabelFormat.PDF,
        document=answer.document,
    )


def to_events(tracking_number: str, answer: ScansAnswer) -> tuple[TrackingEvent, ...]:
    """Translate every scan, the carrier's own words beside our code."""
    return tuple(
        TrackingEvent(
            tracking_number=tracking_number,
            code=CODES.get(scan.code, TrackingCode.UNKNOWN),
            carrier_code=scan.code,
            text=scan.text,
            place=scan.place,
            occurred_at=scan.at,
        )
        for scan in answer.scans
    )


def from_request(request: LabelRequest, key: str) -> dict[str, Any]:
    """Give the body of `POST /labels`; the key is the reference by which a label is found."""
    return {
        "reference": key,
        "order": request.reference,
        "service": request.service,
        "weight_g": request.package.weight_g,
        "from": _address(request.ship_from),
        "to": _address(request.ship_to),
    }


def _address(party: Party) -> dict[str, Any]:
    return {
        "name": party.name or party.company,
        "street": list(party.street),
        "city": party.city,
        "postcode": party.postal_code,
        "country": party.country,
    }


def _money(price: str, currency: str) -> Money:
    try:
        return Money(minor=to_minor(price, currency), currency=currency)
    except MoneyError as fault:
        raise MappingError("price", price, str(fault)) from None
