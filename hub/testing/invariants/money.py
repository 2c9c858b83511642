"""Invariants of money given back and orders called off; the witness is the shop's own papers."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hub.records.money import to_minor
from hub.records.order import ChannelState
from hub.records.payment import PaymentEventKind
from hub.sdk.capabilities import ReadRefunds
from hub.services.effects.effect_kinds import CANCELLATION
from hub.store import tables
from hub.testing.invariants.facts import Facts, Invariant
from hub.testing.twins import ShownRefund

_PROMISED = ("asked", "made")


def _refunds_agree(facts: Facts) -> Iterator[str]:
    orders = {
        (row.connection_id, row.external_id): row
        for row in facts.rows(tables.sales_order, history=False)
    }
    here = {
        (row.connection_id, row.external_id): row for row in facts.rows(tables.refund, state="made")
    }
    for shop_id in _shops_that_tell(facts):
        shown = {
            (shop_id, id): refund
            for id, refund in facts.testimonies[shop_id].refunds.items()
            if (shop_id, refund.order) in orders
        }
        for one, refund in shown.items():
            yield from _differences(one[1], refund, here.get(one))
        for one, row in here.items():
            if row.connection_id == shop_id and one not in shown:
                yield f"refund {row.external_id} is called made, the shop does not show it"


def _differences(id: str, shown: ShownRefund, row: Any) -> Iterator[str]:
    if row is None:
        yield f"refund {id} of the shop is not here"
        return
    amount = to_minor(str(shown.amount), shown.currency)
    if (row.amount_minor, row.currency) != (amount, shown.currency):
        yield f"refund {id} gave {row.amount_minor} {row.currency} here, {amount} at the shop"
    if shown.key != (row.key or ""):
        yield f"refund {id} has the key {row.key} here, {shown.key!r} at the shop"


def _shops_that_tell(facts: Facts) -> list[str]:
    """Give the shops whose refunds are read, one by one, and that are looked at now."""
    registry = facts.scene.hub.registry
    return [
        shop.id
        for shop in facts.rows(tables.connection, state="active")
        if shop.id in facts.testimonies
        and ReadRefunds in registry.connector(shop.connector).provides
    ]


def _no_more_than_was_paid(facts: Facts) -> Iterator[str]:
    captured, given, asked = Counter[str](), Counter[str](), Counter[str]()
    for event in facts.rows(tables.payment_event, kind=PaymentEventKind.CAPTURED.value):
        captured[event.order_id] += event.amount_minor
    for row in facts.rows(tables.refund):
        given[row.order_id] += row.amount_minor if row.state in _PROMISED else 0
        asked[row.order_id] += row.amount_minor if row.state == "asked" else 0
    ours = {row.order_id for row in facts.rows(tables.refund) if row.key}
    for order in facts.rows(tables.sales_order):
        paid, back = captured[order.id], given[order.id]
        if order.id in ours and back > paid:
            yield f"{back} of {order.number} were given back, {paid} were paid"
        if order.refund_reserved_minor != asked[order.id]:
            reserved = order.refund_reserved_minor
            yield f"{order.number} keeps {reserved} for refunds, {asked[order.id]} are asked for"


def _what_we_cancelled_is_over(facts: Facts) -> Iterator[str]:
    orders = facts.by_id(tables.sales_order)
    for effect in facts.rows(tables.effect, kind=CANCELLATION, state="succeeded"):
        order, shop = orders[effect.subject_id], facts.testimonies.get(effect.connection_id)
        shown = shop.orders.get(order.external_id) if shop else None
        called_off = order.channel_state == ChannelState.CANCELLED.value
        if shown and called_off and not shown.over:
            yield f"{order.number} is called off here, and {shown.status} at the shop"


MONEY = (
    Invariant(
        "refunds-agree",
        "Every refund that stands at a shop is here once, with its amount and key, and no other.",
        _refunds_agree,
    ),
    Invariant(
        "never-more-than-paid",
        "The hub never gives back, or asks to give back, more than was captured.",
        _no_more_than_was_paid,
    ),
    Invariant(
        "cancelled-is-over",
        "What the hub cancelled at a shop is over there.",
        _what_we_cancelled_is_over,
    ),
)
