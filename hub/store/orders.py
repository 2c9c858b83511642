"""Orders as services see them: their facts read together, and the phase kept for lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from hub.domain.kits import whole_kits
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


class AmbiguousOrderError(UnknownOrderError):
    """More than one order has this number."""


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
    parent_id: str | None = None
    """The kit's line that this component belongs to; the channel knows that one only."""
    per_kit: int = 1
    """Units of this line in one unit of its parent."""


@dataclass(frozen=True)
class StoredOrder:
    """An order with its lines; the people are sealed apart.

    `lines` are what is reserved, routed and shipped: a kit is there by its components. The kits'
    own lines, as the channel knows them, are `kits`; their counters follow from the components.
    """

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
    kits: tuple[StoredLine, ...] = ()
    replaces_id: str | None = None
    """The order instead of which the hub made this one; no shop knows it."""

    @property
    def channel_lines(self) -> tuple[StoredLine, ...]:
        """The lines as the channel knows them: with kits, without their components."""
        return (*(line for line in self.lines if line.parent_id is None), *self.kits)

    def told(self, line: StoredLine, field: str = "quantity") -> int:
        """Give units of a line by the channel's word: its `quantity`, `fulfilled`, …; 0 if gone."""
        known = {kit.id: kit.external_id for kit in self.kits}
        name = known.get(line.parent_id or "", line.external_id)
        shown = (getattr(one, field) for one in self.record.lines if one.external_id == name)
        return int(next(shown, 0)) * line.per_kit

    @property
    def is_open(self) -> bool:
        """Whether the shop still expects something to be shipped."""
        return self.channel_state in (ChannelState.OPEN, ChannelState.UNKNOWN)


def get_order(connection: Connection, order_id: str) -> StoredOrder:
    """Read an order by its hub id."""
    row = connection.execute(select(_order).where(_order.c.id == order_id)).one()
    rows = connection.execute(
        select(_line).where(_line.c.order_id == order_id).order_by(_line.c.position, _line.c.id)
    ).all()
    return StoredOrder(
        id=row.id, connection_id=row.connection_id, external_id=row.external_id, number=row.number,
        record=stored_order(row.document), channel_state=ChannelState(row.channel_state),
        verdict=Verdict(row.verification) if row.verification else None, party_id=row.party_id,
        ship_country=row.ship_country, can_ship=row.can_ship, history=row.history,
        placed_at=row.placed_at,
        lines=tuple(_stored_line(line, rows) for line in rows if not line.is_kit),
        kits=tuple(_stored_kit(line, rows) for line in rows if line.is_kit),
        replaces_id=row.replaces_id,
    )  # fmt: skip


def _stored_line(line: Any, rows: Sequence[Any]) -> StoredLine:
    refunded = line.refunded
    for parent in rows:
        if parent.id == line.parent_line_id:
            refunded = parent.refunded * line.per_kit
    return StoredLine(
        line.id, line.external_id, line.listing_external_id, line.sku, line.title,
        line.stock_item_id, _counters(line), refunded, line.parent_line_id, line.per_kit,
    )  # fmt: skip


def _stored_kit(kit: Any, rows: Sequence[Any]) -> StoredLine:
    own = [row for row in rows if row.parent_line_id == kit.id]
    whole = {
        name: whole_kits((getattr(row, name), row.per_kit) for row in own)
        for name in ("reserved", "allocated", "shipped")
    }
    counters = LineCounters(mapped=True, quantity=kit.quantity, cancelled=kit.cancelled, **whole)
    return StoredLine(
        kit.id, kit.external_id, kit.listing_external_id, kit.sku, kit.title, None, counters,
        kit.refunded,
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
        raise AmbiguousOrderError(f"{number} may be {numbers}; give the whole number")
    return str(found[0].id)


def lock_order(unit: Unit, order_id: str) -> None:
    """Let nobody land or route this order before the unit ends: the one would not see the other."""
    unit.execute(select(_order.c.id).where(_order.c.id == order_id).with_for_update())


def lock_known_orders(unit: Unit, connection_id: str, external_ids: Sequence[str]) -> None:
    """Lock those of these orders that are known, as `lock_order` does, in an order of their own."""
    if unit.dialect == "sqlite":
        return  # its one writer is alone already
    known = (_order.c.connection_id == connection_id, _order.c.external_id.in_(external_ids))
    unit.execute(select(_order.c.id).where(*known).order_by(_order.c.id).with_for_update())


def refresh_phase(unit: Unit, order_ids: Iterable[str]) -> None:
    """Compute the phase of orders anew from their facts, in the commit that changed them."""
    for order_id in set(order_ids):
        row = unit.execute(
            select(_order.c.channel_state, _order.c.verification).where(_order.c.id == order_id)
        ).one()
        pending = _has_pending_edit(unit, order_id)
        facts = OrderFacts(
            channel_state=ChannelState(row.channel_state),
            verdict=Verdict(row.verification) if row.verification else None,
            held=_is_held(unit, order_id, pending),
            edit_pending=pending,
            lines=tuple(
                _counters(line)
                for line in unit.execute(
                    select(_line).where(_line.c.order_id == order_id, _line.c.is_kit.is_(False))
                )
            ),
            shipments=_shipment_states(unit, order_id),
        )
        unit.execute(update(_order).where(_order.c.id == order_id).values(phase=phase(facts).value))


def _is_held(unit: Unit, order_id: str, edit_pending: bool) -> bool:
    """Whether anything but a pending edit itself keeps the order."""
    hold = tables.hold
    query = select(hold.c.id).where(hold.c.order_id == order_id, hold.c.released_at.is_(None))
    if edit_pending:
        query = query.where(hold.c.placed_by != "sync")
    return unit.execute(query.limit(1)).first() is not None


def _has_pending_edit(unit: Unit, order_id: str) -> bool:
    edit = tables.order_edit
    query = select(edit.c.id).where(edit.c.order_id == order_id, edit.c.state == "proposed")
    return unit.execute(query.limit(1)).first() is not None


def _shipment_states(unit: Unit, order_id: str) -> tuple[ShipmentState, ...]:
    query = select(tables.shipment.c.state).where(tables.shipment.c.order_id == order_id)
    return tuple(ShipmentState(state) for state in unit.execute(query).scalars())
