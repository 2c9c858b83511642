"""An order to vary in tests: paid, open, two lines that add up."""

from datetime import UTC, datetime
from typing import Any

from hub.records.address import Party
from hub.records.order import ChannelState, Order, OrderLine, PaymentTerms

PLACED = datetime(2026, 11, 22, 9, 15, tzinfo=UTC)

ADA = Party(
    name="Ada Byron", street=("1 Main St",), city="London", postal_code="SW1Y 4JH", country="GB",
    email="ada@example.com",
)  # fmt: skip


def line(external_id: str = "1", **fields: Any) -> OrderLine:
    given = {
        "external_id": external_id, "listing_external_id": f"p{external_id}", "sku": "TEE",
        "title": "T-shirt", "quantity": 2, "unit_price": "10.00", "subtotal_minor": 2000,
        "total_minor": 2000,
    }  # fmt: skip
    return OrderLine(**{**given, **fields})


def order(**fields: Any) -> Order:
    given = {
        "external_id": "652", "number": "652", "state": ChannelState.OPEN,
        "channel_status": "processing", "currency": "USD", "placed_at": PLACED,
        "updated_at": PLACED, "lines": (line("1"), line("2")), "shipping_minor": 500,
        "tax_minor": 100, "total_minor": 4600, "payment_terms": PaymentTerms.ONLINE,
        "paid_at": PLACED, "bill_to": ADA,
    }  # fmt: skip
    return Order(**{**given, **fields})
