"""What a connector may be able to do: small protocols, one verb and one kind of record each.

Direction is seen from the hub: *pull* in, *push* out. A connector claims a capability by listing
its protocol in the descriptor and having its methods; it never raises `NotImplementedError`.
"""

from collections.abc import Mapping

from hub.records.shipment import Package
from hub.sdk.capabilities.answers import Accepted, ListingAnswer, Page, StockAnswer
from hub.sdk.capabilities.carrier import (
    BuyLabel,
    BuyReturnLabel,
    CloseManifest,
    QuoteRates,
    TrackParcels,
    ValidateAddress,
    VoidLabel,
)
from hub.sdk.capabilities.payments import CapturePayment, PullPayments, RefundPayment, VoidPayment
from hub.sdk.capabilities.storefront import (
    AnswerReturn,
    CancelOrder,
    ListIdentities,
    ManageWebhooks,
    PullOrders,
    PullProducts,
    PullReturns,
    PullStock,
    PushListing,
    PushShipment,
    PushStock,
    PushTracking,
    ReadRefunds,
    ReceiveWebhooks,
    RefundOrder,
)
from hub.sdk.capabilities.support import PullMessages, SendMessage

CAPABILITIES: Mapping[str, tuple[type, ...]] = {
    "storefront": (
        PullOrders, PullProducts, PullStock, PushStock, PushShipment, PushTracking, ReceiveWebhooks,
        ReadRefunds, RefundOrder, CancelOrder, PushListing, ManageWebhooks, ListIdentities,
        PullReturns, AnswerReturn,
    ),
    "carrier": (
        QuoteRates, BuyLabel, VoidLabel, TrackParcels, CloseManifest, ValidateAddress,
        BuyReturnLabel,
    ),
    "payments": (PullPayments, CapturePayment, RefundPayment, VoidPayment),
    "support": (PullMessages, SendMessage),
    "supplier": (),
}  # fmt: skip
"""Per family, everything a connector must provide or say in words that it lacks."""

__all__ = [
    "Accepted", "AnswerReturn", "BuyLabel", "BuyReturnLabel", "CAPABILITIES", "CancelOrder",
    "CapturePayment", "CloseManifest", "ListIdentities", "ListingAnswer", "ManageWebhooks",
    "Package", "Page", "PullMessages", "PullOrders", "PullPayments", "PullProducts",
    "PullReturns", "PullStock", "PushListing", "PushShipment", "PushStock", "PushTracking",
    "QuoteRates", "ReadRefunds", "ReceiveWebhooks", "RefundOrder", "RefundPayment",
    "SendMessage", "StockAnswer", "TrackParcels", "ValidateAddress", "VoidLabel", "VoidPayment",
]  # fmt: skip
