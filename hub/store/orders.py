"""Orders as services see them: their facts read together, and the phase kept for lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from hub.domain.lifecycle import LineCounters, OrderFacts, phase
from hub.records.order import ChannelState, Order
from hub.records.payment import Verdict
from hub.records.shipment import ShipmentState
from hub.store import tables
from hub.store.order_lander import stored_order
from hub.store.unit_of_work import Unit

_order = tables.sales_order
_line = tables.order_line


class UnknownOrderError(LookupError):
    """No order, or more than one, has this number."""


@dataclass(frozen=True)
class StoredLine:
    """A line with its counters."""

    id: str
    external_id: str
    listing_external_id: str | None
    sku: str
    title: str
    stock_item_id: str | None
    counters: LineCounters
    refunded: int = 0
    """Units whose money was given back."""


@dataclass(frozen=True)
class StoredOrder:
    """An order with its lines; the people are sealed apart."""

    id: str
    connection_id: str
    external_id: str
    number: str
    record: Order
    channel_state: ChannelState
    verdict: Verdict | None
    party_id: str
    ship_country: str
    can_ship: bool
    history: bool
    placed_at: datetime
    lines: tuple[StoredLine, ...]

    @property
    def is_open(self) -> bool:
        """Whether the shop still expects something to be shipped."""
        return self.channel_state in (ChannelState.OPEN, ChannelState.UNKNOWN)


def get_order(connection: Connection, order_id: str) -> StoredOrder:
    """Read an order by its hub id."""
    row = connection.execute(select(_order).where(_order.c.id == order_id)).one()
    lines = connection.execute(
        select(_line).where(_line.c.order_id == order_id).order_by(_line.c.position, _line.c.id)
    )
    return StoredOrder(
        id=row.id, connection_id=row.connection_id, external_id=row.external_id, number=row.number,
        record=stored_order(row.document), channel_state=ChannelState(row.channel_state),
        verdict=Verdict(row.verification) if row.verification else None, party_id=row.party_id,
        ship_country=row.ship_country, can_ship=row.can_ship, history=row.history,
        placed_at=row.placed_at, lines=tuple(
            StoredLine(line.id, line.external_id, line.listing_external_id, line.sku, line.title,
                       line.stock_item_id, _counters(line), line.refunded)
            for line in lines
        ),
    )  # fmt: skip


def _counters(line: Any) -> LineCounters:
    return LineCounters(
        mapped=line.stock_item_id is not None, quantity=line.quantity, cancelled=line.cancelled,
        reserved=line.reserved, allocated=line.allocated, shipped=line.shipped,
    )  # fmt: skip


def find_order_id(connection: Connection, number: str) -> str:
    """Find an order by number, with or without the connection's code, or by id."""
    query = select(_order.c.id, _order.c.number).where(
        (_order.c.number == number) | (_order.c.bare_number == number) | (_order.c.id == number)
    )
    found = connection.execute(query).all()
    if not found:
        raise UnknownOrderError(f"there is no order {number}; `hub orders list` shows them")
    if len(found) > 1:
        numbers = ", ".join(sorted(row.number for row in found))
        raise UnknownOrderError(f"{number} may be {numbers}; give the whole number")
    return str(found[0].id)


def refresh_phase(unit: Unit, order_ids: Iterable[str]) -> None:
    """Compute the phase of orders anew from their facts, in the commit that changed them."""
    for order_id in set(order_ids):
        row = unit.execute(
            select(_order.c.channel_state, _order.c.verification).where(_order.c.id == order_id)
        ).one()
        facts = OrderFacts(
            channel_state=ChannelState(row.channel_state),
            verdict=Verdict(row.verification) if row.verification else None,
            held=_is_held(unit, order_id),
            lines=tuple(
                _counters(line)
                for line in unit.execute(select(_line).where(_line.c.order_id == order_id))
            ),
            shipments=_shipment_states(unit, order_id),
        )
        unit.execute(update(_order).where(_order.c.id == order_id).values(phase=phase(facts).value))


def _is_held(unit: Unit, order_id: str) -> bool:
    hold = tables.hold
    query = select(hold.c.id).where(hold.c.order_id == order_id, hold.c.released_at.is_(None))
    return unit.execute(query.limit(1)).first() is not None


def _shipment_states(unit: Unit, order_id: str) -> tuple[ShipmentState, ...]:
    query = select(tables.shipment.c.state).where(tables.shipment.c.order_id == order_id)
    return tuple(ShipmentState(state) for state in unit.execute(query).scalars())
