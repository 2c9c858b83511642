"""Cancels an order at the shop; key and reason are stored with the new status, in one request."""

import msgspec

from hub.sdk import Accepted, RejectedError
from hub_woocommerce import wire
from hub_woocommerce.client import Shop, nothing_sent_yet

KEY = "_commerce_hub_cancelled"
REASON = "_commerce_hub_cancelled_because"

_OVER = frozenset({"cancelled", "failed", "trash"})
_TOO_LATE = frozenset({"completed", "refunded"})
_FIELDS = {"_fields": "id,status,meta_data"}


class _Order(msgspec.Struct):
    id: int
    status: str
    meta_data: list[wire.Meta] = []


_order = wire.decoder(_Order)


def cancel_order(shop: Shop, order_id: str, reason: str, key: str) -> Accepted:
    """Cancel an order, so that the shop restocks it and tells its customer.

    Nothing is sent when it is cancelled already. Raises `RejectedError` when it was completed or
    refunded meanwhile: the shop would let that be undone without a word.
    """
    path = f"orders/{order_id}"
    with nothing_sent_yet():
        order, _ = wire.decode(_order, shop.record(path, {"_fields": "id,status"}))
    if order.status in _OVER:
        return Accepted(str(order.id))
    if order.status in _TOO_LATE:
        raise RejectedError(f"the shop's order is {order.status} already", order.status)
    meta = [{"key": KEY, "value": key}, {"key": REASON, "value": reason}]
    body = {"status": "cancelled", "meta_data": meta}
    after = shop.change(path, body, {"_fields": "id,status"}).decode(_Order)
    if after.status not in _OVER:
        raise RejectedError(f"the shop left the order {after.status}", "not_cancelled")
    return Accepted(str(after.id))


def find_cancellation(shop: Shop, order_id: str, key: str) -> Accepted | None:
    """Look whether the order is over, or was once cancelled under this key."""
    order, _ = wire.decode(_order, shop.record(f"orders/{order_id}", _FIELDS))
    quoted = msgspec.json.encode(key)
    ours = any(meta.key == KEY and bytes(meta.value) == quoted for meta in order.meta_data)
    return Accepted(str(order.id)) if ours or order.status in _OVER else None
