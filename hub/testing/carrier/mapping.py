"""What the scripted carrier's answers mean; no I/O."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from hub.sdk import (
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

CODES = {
    "ACC": TrackingCode.ACCEPTED,
    "TRN": TrackingCode.IN_TRANSIT,
    "OFD": TrackingCode.OUT_FOR_DELIVERY,
    "DLV": TrackingCode.DELIVERED,
    "FAIL": TrackingCode.DELIVERY_FAILED,
    "RTN": TrackingCode.RETURNING,
    "RTD": TrackingCode.RETURNED,
    "LST": TrackingCode.LOST,
    "DMG": TrackingCode.DAMAGED,
}
"""Any other code is `unknown`: kept, shown, and moves nothing."""


class AccountAnswer(Struct):
    """`GET /account`."""

    id: str
    name: str
    currency: str
    flavour: str


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
    reference: str
    service: str
    state: str
    price: str
    currency: str
    tracking_number: str
    tracking_url: str
    document: bytes


class LabelsAnswer(Struct):
    """`GET /labels`."""

    labels: list[LabelAnswer]


class ScanAnswer(Struct):
    """One scan of `GET /tracking/{number}`."""

    at: datetime
    code: str
    text: str
    place: str


class ScansAnswer(Struct):
    """`GET /tracking/{number}`."""

    scans: list[ScanAnswer]


def to_rates(answers: Iterable[RateAnswer]) -> tuple[Rate, ...]:
    """Translate, cheapest first; raises `MappingError` for a price that is no money."""
    rates = [
        Rate(
            service=answer.service,
            title=answer.title,
            cost=_money(answer.price, answer.currency),
            transit_days=answer.days,
        )
        for answer in answers
    ]
    return tuple(sorted(rates, key=lambda rate: rate.cost.minor))


def to_label(answer: LabelAnswer) -> Label:
    """Translate; raises `MappingError` for a price that is no money, or an empty document."""
    if not answer.document.startswith(b"%PDF-"):
        raise MappingError("document", answer.document[:8], "is not a PDF")
    return Label(
        external_id=answer.id,
        service=answer.service,
        tracking_number=answer.tracking_number,
        tracking_url=answer.tracking_url,
        cost=_money(answer.price, answer.currency),
        format=LabelFormat.PDF,
        document=answer.document,
    )


def to_event(tracking_number: str, scan: ScanAnswer) -> TrackingEvent:
    """Translate one scan, the carrier's own words beside our code."""
    return TrackingEvent(
        tracking_number=tracking_number,
        code=CODES.get(scan.code, TrackingCode.UNKNOWN),
        carrier_code=scan.code,
        text=scan.text,
        place=scan.place,
        occurred_at=scan.at,
    )


def to_order(request: LabelRequest, key: str) -> dict[str, object]:
    """Give the body of `POST /labels`."""
    return {
        "reference": key,
        "order": request.reference,
        "service": request.service,
        "weight_g": request.package.weight_g,
        "from": _address(request.ship_from),
        "to": _address(request.ship_to),
    }


def _address(party: Party) -> dict[str, object]:
    return {
        "name": party.name or party.company,
        "street": list(party.street),
        "city": party.city,
        "postal_code": party.postal_code,
        "country": party.country,
    }


def _money(price: str, currency: str) -> Money:
    try:
        return Money(minor=to_minor(price, currency), currency=currency)
    except MoneyError as fault:
        raise MappingError("price", price, str(fault)) from None
