"""What a carrier may be able to do."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from hub.records.shipment import Label, LabelRequest, Rate, TrackingEvent
from hub.sdk.capabilities.answers import Accepted


@runtime_checkable
class QuoteRates(Protocol):
    """Ask what a package costs."""

    def quote_rates(self, request: LabelRequest) -> tuple[Rate, ...]:
        """Give the services that would carry this package, cheapest first."""
        ...


@runtime_checkable
class BuyLabel(Protocol):
    """Buy a label. An effect that spends money."""

    def buy_label(self, request: LabelRequest, *, key: str) -> Label:
        """Buy, giving the vendor `key` as idempotency key or as a reference it can be found by."""
        ...

    def find_label(self, request: LabelRequest, *, key: str) -> Label | None:
        """Look for a label bought under this key; only called when the traits promise look-up."""
        ...


@runtime_checkable
class BuyReturnLabel(Protocol):
    """Buy a label that the customer sends goods back with. An effect that spends money.

    It is given back by `VoidLabel` and followed by `TrackParcels`, as any other.
    """

    def buy_return_label(self, request: LabelRequest, *, key: str) -> Label:
        """Buy as `buy_label` does; `ship_from` is the customer."""
        ...

    def find_return_label(self, request: LabelRequest, *, key: str) -> Label | None:
        """Look for one bought under this key; only called when the traits promise look-up."""
        ...


@runtime_checkable
class VoidLabel(Protocol):
    """Give a label back. An effect."""

    def void_label(self, external_id: str, *, key: str) -> Accepted:
        """Ask the carrier to void the label."""
        ...


@runtime_checkable
class TrackParcels(Protocol):
    """Follow parcels."""

    def track_parcel(self, tracking_number: str) -> tuple[TrackingEvent, ...]:
        """Give every scan so far, oldest first."""
        ...


@runtime_checkable
class CloseManifest(Protocol):
    """Close the day with the carrier. An effect."""

    def close_manifest(self, label_ids: Sequence[str], *, key: str) -> Accepted:
        """Close a manifest over these labels."""
        ...


@runtime_checkable
class ValidateAddress(Protocol):
    """Ask whether an address can be delivered to."""

    def validate_address(self, party: Mapping[str, Any]) -> tuple[str, ...]:
        """Give the problems found, none when it is good."""
        ...
