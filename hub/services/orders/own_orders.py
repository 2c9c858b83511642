"""Orders that the hub places itself instead of another: nothing is owed for them, no shop is asked.

An order and not a line of the first one: that one is the channel's word, and it may be over there.
As an order it is reserved, routed, labelled and handed over by what exists.
"""

from dataclasses import dataclass

from sqlalchemy import select

from hub.records.events import EventKind
from hub.records.order import ChannelState, Order, OrderLine, PaymentTerms
from hub.services.context import Hub
from hub.services.orders.accept import accept
from hub.store import tables
from hub.store.connections import get_connection
from hub.store.ids import new_id
from hub.store.orders import StoredOrder, get_order
from hub.store.unit_of_work import Unit

_order = tables.sales_order


@dataclass(frozen=True)
class OwnLine:
    """Units of one stock item that are to be sent."""

    sku: str
    title: str
    stock_item_id: str
    units: int


def place_own_order(
    unit: Unit, original: StoredOrder, name: str, external_id: str, why: str, lines: list[OwnLine]
) -> str:
    """Place an order to the customer of another one; gives its id. Nothing is promised yet.

    `external_id` is unique for its shop: the same thing is never placed twice. `why` stands where a
    channel would say its status.
    """
    shop = get_connection(unit.connection, original.connection_id)
    record = _record(unit, original, name, external_id, why, lines)
    first = unit.execute(select(_order).where(_order.c.id == original.id)).one()
    order_id = new_id()
    unit.execute(
        _order.insert().values(
            id=order_id, connection_id=shop.id, external_id=external_id,
            number=f"{shop.code}-{name}", bare_number=name, replaces_id=original.id,
            channel_state=record.state.value, channel_status=record.channel_status,
            currency=record.currency, total_minor=0, placed_at=unit.now, updated_at=unit.now,
            payment_terms=record.payment_terms.value, party_id=first.party_id,
            ship_country=first.ship_country, can_ship=first.can_ship,
            ship_to_hash=first.ship_to_hash, phase="to_route", document=record.to_document(),
        )
    )  # fmt: skip
    for position, (line, own) in enumerate(zip(record.lines, lines, strict=True)):
        unit.execute(
            tables.order_line.insert().values(
                id=new_id(), order_id=order_id, position=position, external_id=line.external_id,
                sku=own.sku, title=own.title, stock_item_id=own.stock_item_id, quantity=own.units,
            )
        )  # fmt: skip
    unit.record(EventKind.ORDER_PLACED, order_id, shop.id)
    return order_id


def promise_own_order(unit: Unit, hub: Hub, order_id: str) -> None:
    """Promise its units at once, in the commit that placed it."""
    order = get_order(unit.connection, order_id)
    accept(unit, hub.policy, get_connection(unit.connection, order.connection_id), order)


def _record(
    unit: Unit, original: StoredOrder, name: str, external_id: str, why: str, lines: list[OwnLine]
) -> Order:
    """Describe it as a channel would."""
    described = tuple(
        OrderLine(
            external_id=f"{name}-{place}", sku=own.sku, title=own.title, quantity=own.units,
            unit_price="0", subtotal_minor=0, total_minor=0,
        )
        for place, own in enumerate(lines, start=1)
    )  # fmt: skip
    return Order(
        external_id=external_id, number=name, state=ChannelState.OPEN, channel_status=why,
        currency=original.record.currency, placed_at=unit.now, updated_at=unit.now,
        lines=described, total_minor=0, payment_terms=PaymentTerms.NONE,
        shipping_method=original.record.shipping_method,
    )  # fmt: skip
