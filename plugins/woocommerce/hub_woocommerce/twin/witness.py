"""What the shop says under oath: orders, quantities, prices, refunds, notes for customers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from hub.testing.twins import (
    Document,
    Performed,
    RunningTwin,
    ShownOrder,
    ShownRefund,
    Testimony,
)

CANCELLED = "_commerce_hub_cancelled"
REFUNDED = "_commerce_hub_key"
OVER = ("cancelled", "failed")
_KEY = re.compile(r"\bRef: (\S+)")
_SHORTEST_SECRET = 8
"""Shorter texts, a first name or a house number, are found anywhere by chance."""


def testify(twin: RunningTwin) -> Testimony:
    """Read the shop's documents and its log."""
    orders = [order for order in twin.documents("order") if order["status"] != "trash"]
    goods = [*twin.documents("product"), *twin.documents("variation")]
    return Testimony(
        orders={str(order["id"]): _shown(order) for order in orders},
        stock={
            str(item["id"]): int(item["stock_quantity"])
            for item in goods
            if item["manage_stock"] is True
        },
        prices={
            str(item["id"]): Decimal(item["regular_price"])
            for item in goods
            if item["regular_price"]
        },
        refunds=dict(_standing_refunds(twin, orders)),
        performed=(*_announcements(twin), *_refunds(twin), *_cancellations(orders)),
        personal=frozenset(text for order in orders for text in _personal(order)),
    )


def _shown(order: Document) -> ShownOrder:
    return ShownOrder(
        lines={str(line["id"]): line["quantity"] for line in order["line_items"] or ()},
        total=Decimal(order["total"]),
        currency=order["currency"],
        status=order["status"],
        over=order["status"] in OVER,
    )


def _standing_refunds(
    twin: RunningTwin, orders: Iterable[Document]
) -> Iterator[tuple[str, ShownRefund]]:
    currencies = {order["id"]: order["currency"] for order in orders}
    for refund in twin.documents("refund"):
        if currency := currencies.get(refund["parent_id"]):
            keys = [meta["value"] for meta in refund["meta_data"] if meta["key"] == REFUNDED]
            yield str(refund["id"]), ShownRefund(
                order=str(refund["parent_id"]), amount=Decimal(refund["amount"]),
                currency=currency, key=keys[0] if keys else "",
            )  # fmt: skip


def _announcements(twin: RunningTwin) -> Iterator[Performed]:
    deleted = {line.detail.get("note") for line in twin.log.effects("note_deleted")}
    for line in twin.log.effects("note_added"):
        if found := _KEY.search(line.reference):
            note = line.detail["note"]
            yield Performed(
                kind="announcement", key=found[1], subject=str(note), undone=note in deleted
            )


def _refunds(twin: RunningTwin) -> Iterator[Performed]:
    deleted = {line.detail.get("refund") for line in twin.log.effects("refund_deleted")}
    for line in twin.log.effects("refund_created"):
        if key := line.detail["key"]:
            refund = line.detail["refund"]
            yield Performed(kind="refund", key=key, subject=str(refund), undone=refund in deleted)


def _cancellations(orders: Iterable[Document]) -> Iterator[Performed]:
    for order in orders:
        for meta in order["meta_data"]:
            if meta["key"] == CANCELLED:
                over = order["status"] == "cancelled"
                yield Performed(
                    kind="cancellation", key=meta["value"], subject=str(order["id"]),
                    undone=not over,
                )  # fmt: skip


def _personal(order: Document) -> Iterator[str]:
    for party in (order["billing"], order["shipping"]):
        name = f"{party['first_name']} {party['last_name']}".strip()
        for text in (name, party["address_1"], party.get("email", ""), party.get("phone", "")):
            if len(text) >= _SHORTEST_SECRET:
                yield text
