"""Tells a shop of parcels and returns as WooCommerce allows it: notes to customers, meta data."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from hub.sdk import Accepted, OrderTracking, ParcelNotice, ReturnAnswer, ShipmentNotice
from hub_woocommerce import wire
from hub_woocommerce.client import Shop, split

PARCELS = "_commerce_hub_parcels"
"""Everything the hub knows of the order's parcels, as JSON text."""

TRACKING_ITEMS = "_wc_shipment_tracking_items"
"""Where the Shipment Tracking plugin, and what imitates it, keeps parcels for mails and pages."""

_SETTLED = frozenset({"completed", "cancelled", "refunded", "trash"})


class _Note(msgspec.Struct):
    id: int
    note: str = ""


class _Meta(msgspec.Struct):
    id: int | None = None
    key: str | None = None
    value: msgspec.Raw = msgspec.Raw(b"null")


class _Order(msgspec.Struct):
    status: str
    meta_data: list[_Meta] = []


class _Item(msgspec.Struct):
    tracking_id: str | None = None


_note = wire.decoder(_Note)
_order = wire.decoder(_Order)


# --- notes, effects -------------------------------------------------------------------------------


def push_shipment(shop: Shop, notice: ShipmentNotice, key: str) -> Accepted:
    """Write the customer a note about a parcel."""
    return _write_note(shop, notice.order_external_id, notice.text, key)


def find_shipment(shop: Shop, notice: ShipmentNotice, key: str) -> Accepted | None:
    """Look for the note about a parcel."""
    return _find_note(shop, notice.order_external_id, key)


def answer_return(shop: Shop, answer: ReturnAnswer, key: str) -> Accepted:
    """Write the customer a note about a return: of returns themselves WooCommerce knows nothing."""
    return _write_note(shop, answer.order_external_id, answer.text, key)


def find_answer(shop: Shop, answer: ReturnAnswer, key: str) -> Accepted | None:
    """Look for the note about a return."""
    return _find_note(shop, answer.order_external_id, key)


def _write_note(shop: Shop, order_id: str, said: str, key: str) -> Accepted:
    """Write the customer a note that ends with a line carrying the key."""
    note = {"note": f"{said}\n\nRef: {key}", "customer_note": True}
    created = shop.create(f"orders/{order_id}/notes", note, {"_fields": "id"}).decode(_Note)
    return Accepted(str(created.id))


def _find_note(shop: Shop, order_id: str, key: str) -> Accepted | None:
    """Look through the order's notes, which come all at once, for the line with the key."""
    wanted = re.compile(rf"\bRef: {re.escape(key)}(?![\w-])")
    for raw in split(shop.read(f"orders/{order_id}/notes")):
        note, _ = wire.decode(_note, raw)
        if wanted.search(note.note):
            return Accepted(str(note.id))
    return None


# --- the meta data, desired state -----------------------------------------------------------------


def push_tracking(shop: Shop, tracking: OrderTracking) -> None:
    """Bring the order's parcels and, after the last one, its status to what they should be.

    Nothing is sent when all is so already: every write would move the order's date of change.
    """
    path = f"orders/{tracking.order_external_id}"
    order, _ = wire.decode(_order, shop.record(path, {"_fields": "status,meta_data"}))
    body: dict[str, Any] = {}
    if meta := _changes(order, tracking.parcels):
        body["meta_data"] = meta
    if tracking.complete and order.status not in _SETTLED:
        body["status"] = "completed"
    if body:
        shop.set(path, body, {"_fields": "id"})


def _changes(order: _Order, parcels: Sequence[ParcelNotice]) -> list[dict[str, Any]]:
    wanted: dict[str, Any] = {
        PARCELS: _document(parcels) if parcels else "",
        TRACKING_ITEMS: _foreign_items(order, parcels) + _own_items(parcels),
    }
    changes = []
    for key, value in wanted.items():
        # Without its id WooCommerce may add a second entry of the same key.
        known = next((meta for meta in order.meta_data if meta.key == key), None)
        if known is None and value:
            changes.append({"key": key, "value": value})
        elif known is not None and _plain(known.value) != _plain(msgspec.json.encode(value)):
            changes.append({"id": known.id, "key": key, "value": value})
    return changes


def _document(parcels: Sequence[ParcelNotice]) -> str:
    return msgspec.json.encode([
        {
            "carrier": parcel.carrier,
            "tracking_number": parcel.tracking_number,
            "tracking_url": parcel.tracking_url,
            "shipped_at": parcel.shipped_at,
            "lines": [{"id": line, "quantity": quantity} for line, quantity in parcel.lines],
        }
        for parcel in parcels
    ]).decode()  # fmt: skip


def _own_items(parcels: Sequence[ParcelNotice]) -> list[Any]:
    return [
        {
            "tracking_provider": "",
            "custom_tracking_provider": parcel.carrier,
            "custom_tracking_link": parcel.tracking_url,
            "tracking_number": parcel.tracking_number,
            "date_shipped": str(int(parcel.shipped_at.timestamp())),
            "tracking_id": _tracking_id(parcel.carrier, parcel.tracking_number),
        }
        for parcel in parcels
        if parcel.tracking_number
    ]


def _foreign_items(order: _Order, parcels: Sequence[ParcelNotice]) -> list[Any]:
    """Keep, as they are, the parcels that others wrote: their ids are none of ours, old or new."""
    ours = {_tracking_id(parcel.carrier, parcel.tracking_number) for parcel in parcels}
    kept: list[Any] = []
    for meta in order.meta_data:
        if meta.key == PARCELS:
            ours |= _earlier_ids(meta.value)
    for meta in order.meta_data:
        if meta.key == TRACKING_ITEMS:
            kept += [item for item in _items(meta.value) if _id_of(item) not in ours]
    return kept


def _earlier_ids(value: msgspec.Raw) -> set[str]:
    try:
        earlier = msgspec.json.decode(msgspec.json.decode(value, type=str), type=list[_Parcel])
    except msgspec.MsgspecError:
        return set()  # somebody edited it; then no item is known as ours, and none is removed
    return {_tracking_id(parcel.carrier, parcel.tracking_number) for parcel in earlier}


class _Parcel(msgspec.Struct):
    carrier: str = ""
    tracking_number: str = ""


def _items(value: msgspec.Raw) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(value, type=list[msgspec.Raw])
    except msgspec.MsgspecError:
        return []  # PHP writes an empty value as "" or an object


def _id_of(item: msgspec.Raw) -> str | None:
    try:
        return msgspec.json.decode(item, type=_Item).tracking_id
    except msgspec.MsgspecError:
        return None


def _tracking_id(carrier: str, number: str) -> str:
    return hashlib.sha256(f"{carrier}\0{number}".encode()).hexdigest()[:32]


def _plain(value: msgspec.Raw | bytes) -> Any:
    return msgspec.json.decode(value)
