"""What is sold: variants in the hub, listings on the channels."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from hub.records.base import Instant, Minor, Quantity, Record, Text, Word
from hub.records.money import Currency

Shown = Annotated[int, Field(ge=-(10**9), le=10**9)]
"""A quantity as a channel shows it; shops that mean "endless" type a long row of nines."""


class Tracking(StrEnum):
    """How the channel counts a listing's stock."""

    COUNTED = "counted"
    PARENT = "parent"
    NOT_TRACKED = "not_tracked"


class ListingKind(StrEnum):
    """What a listing is on its channel."""

    SINGLE = "single"
    VARIATION = "variation"
    GROUP = "group"
    """A parent that is not itself sold, only its variations are."""


class ListingState(StrEnum):
    """Whether customers can see a listing."""

    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"


class Mapping(StrEnum):
    """Whether the hub knows which variant a listing sells."""

    UNMAPPED = "unmapped"
    PROPOSED = "proposed"
    MAPPED = "mapped"
    RETIRED = "retired"


class Listing(Record):
    """A product or variation as a channel shows it: its word, not what the hub wishes."""

    external_id: Word
    parent_external_id: Word | None = None
    kind: ListingKind = ListingKind.SINGLE
    state: ListingState = ListingState.LIVE
    sku: Text = ""
    gtin: Text = ""
    title: Text
    price_minor: Minor | None = None
    currency: Currency | None = None
    weight_g: Quantity | None = None
    tracking: Tracking
    quantity: Shown | None = None
    """Units the channel offers; negative when it oversold; None when it does not count."""
    updated_at: Instant


class Variant(Record):
    """The stock-keeping unit of the hub; every variant names one stock item."""

    id: Word
    sku: Word
    title: Text
    stock_item_id: Word
    weight_g: Quantity | None = None
    gtin: Text = ""


class ObservedStock(Record):
    """The quantity a channel shows for one listing, read at one moment."""

    external_id: Word
    parent_external_id: Word | None = None
    quantity: Shown | None
    """None when the channel does not count this listing."""


class StockTarget(Record):
    """The quantity the hub wants a channel to show for one listing."""

    external_id: Word
    parent_external_id: Word | None = None
    quantity: Quantity
    expected: Quantity | None = None
    """Set only if the channel still shows this; None where it offers no compare-and-set."""


DecimalText = Annotated[str, Field(pattern=r"^\d{1,15}(\.\d{1,8})?$")]
"""An exact amount: 12.90 stays 12.90."""


class ListingTarget(Record):
    """What a channel should show of one listing, or shows: None is to be left alone."""

    external_id: Word
    parent_external_id: Word | None = None
    price: DecimalText | None = None
    sale_price: DecimalText | Literal[""] | None = None
    """Empty text: there is no sale."""
    title: Text | None = None
    description: Text | None = None
