"""What a merchant decided about the stockroom, as data."""

from pydantic import Field

from hub.records.base import Record


class StockPolicy(Record):
    """Differences that a count may have without a question: up to either of these."""

    count_tolerance_units: int = Field(default=0, ge=0, le=1_000_000)
    count_tolerance_percent: int = Field(default=0, ge=0, le=100)
