"""The base of every record: strict, frozen, unknown fields refused, instants with a zone."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Clock = Callable[[], datetime]
"""Gives the present as an aware UTC instant; passed in everywhere, so tests own the time."""


def system_clock() -> datetime:
    """Give the present by the machine's clock."""
    return datetime.now(UTC)


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone; give UTC")
    return value.astimezone(UTC)


_NO_NUL = r"^[^\x00]*$"  # and the check itself refuses lone surrogates; neither can be stored


Instant = Annotated[datetime, AfterValidator(_aware)]
"""A moment in UTC."""

Text = Annotated[str, Field(pattern=_NO_NUL)]
"""Free text that both databases can keep."""

Word = Annotated[str, Field(min_length=1, max_length=255, pattern=_NO_NUL)]
"""A short non-empty text: a code, a name, an external id."""

Quantity = Annotated[int, Field(ge=0, le=1_000_000)]
"""A count of units; more than a million of one thing on one line is a fault, not an order."""

Minor = Annotated[int, Field(ge=-(10**15), le=10**15)]
"""An amount in minor units (cents) of the currency named beside it."""


class Record(BaseModel):
    """A checked, immutable piece of the hub's language."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True,
        ser_json_bytes="base64", val_json_bytes="base64",  # a label is no text
    )  # fmt: skip

    def to_document(self) -> dict[str, Any]:
        """Give the record as JSON-ready data."""
        return self.model_dump(mode="json")
