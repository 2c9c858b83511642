"""What a connector may be able to do: small protocols, one verb and one kind of record each.

Direction is seen from the hub: *pull* in, *push* out. A connector claims a capability by listing
its protocol in the descriptor and having its methods; it never raises `NotImplementedError`.
"""

from collections.abc import Mapping

from hub.records.shipment import Package
from hub.sdk.capabilities.answers import Accepted, ListingAnswer, Page, StockAnswer
from hub.sdk.capabilities.carrier import (
    BuyLabel,
    CloseManifest,
    QuoteRates,
    TrackParcels,
    ValidateAddress,
    VoidLabel,
)
from hub.sdk.capabilities.payments import CapturePayment, PullPayments, RefundPayment, VoidPayment
from hub.sdk.capabilities.storefront import (
    CancelOrder,
    ListIdentities,
    ManageWebhooks,
    PullOrders,
    PullProducts,
    PullStock,
    PushListing,
    PushShipment,
    PushStock,
    PushTracking,
    ReadRefunds,
    ReceiveWebhooks,
    RefundOrder,
)

CAPABILITIES: Mapping[str, tuple[type, ...]] = {
    "storefront": (
        PullOrders, PullProducts, PullStock, PushStock, PushShipment, PushTracking, ReceiveWebhooks,
        ReadRefunds, RefundOrder, CancelOrder, PushListing, ManageWebhooks, ListIdentities,
    ),
    "carrier": (QuoteRates, BuyLabel, VoidLabel, TrackParcels, CloseManifest, ValidateAddress),
    "payments": (PullPayments, CapturePayment, RefundPayment, VoidPayment),
    "support": (),
    "supplier": (),
}  # fmt: skip
"""Per family, everything a connector must provide or say in words that it lacks."""

__all__ = [
    "CAPABILITIES", "Accepted", "BuyLabel", "CancelOrder", "CapturePayment", "CloseManifest",
    "ListIdentities", "ListingAnswer", "ManageWebhooks", "Package", "Page", "PullOrders",
    "PullPayments", "PullProducts", "PullStock", "PushListing", "PushShipment", "PushStock",
    "PushTracking", "QuoteRates", "ReadRefunds", "ReceiveWebhooks", "RefundOrder", "RefundPayment",
    "StockAnswer", "TrackParcels", "ValidateAddress", "VoidLabel", "VoidPayment",
]  # fmt: skip
