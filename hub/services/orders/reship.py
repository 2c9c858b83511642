"""Sending again what a carrier lost: an order of the hub's own, once for each parcel."""

from dataclasses import dataclass

from sqlalchemy import Select, func, select

from hub.domain.tickets import LIVE, PARCEL_KINDS, Act
from hub.records.shipment import ShipmentState
from hub.records.ticket import Link
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.services.orders.own_orders import OwnLine, place_own_order, promise_own_order
from hub.services.work import owe
from hub.store import tables
from hub.store.decisions import keep_decision
from hub.store.orders import find_order_id, get_order
from hub.store.tickets import get_ticket, link_ticket, move_ticket
from hub.store.unit_of_work import Unit

RESHIPMENT = "reshipment"
_MARK = "hub:reship:"
GONE = (ShipmentState.LOST, ShipmentState.DAMAGED, ShipmentState.RETURNED)
"""States of a parcel whose customer has nothing, or nothing of use."""

_order = tables.sales_order
_shipment = tables.shipment


class ReshipRefusedError(HubError):
    """Nothing of this order is sent again; the text says why."""


@dataclass(frozen=True)
class Reshipment:
    """What would be sent again: of which parcel, and what."""

    order_id: str
    shipment_id: str
    name: str
    lines: tuple[OwnLine, ...]


def plan_reshipment(hub: Hub, number: str, parcel: str = "") -> Reshipment:
    """Say what would be sent again; raises `ReshipRefusedError`, `UnknownOrderError`.

    `parcel` is its tracking number or its id, where several are gone.
    """
    with hub.store.reading() as database:
        order = get_order(database, find_order_id(database, number))
        rows = database.execute(
            select(_shipment.c.id, _shipment.c.tracking_number)
            .where(_shipment.c.order_id == order.id,
                   _shipment.c.state.in_([state.value for state in GONE]))
            .order_by(_shipment.c.id)
        ).all()  # fmt: skip
        known = set(database.execute(_placed_for([row.id for row in rows])).scalars())
        gone = [row for row in rows if _mark(row.id) not in known]
        chosen = [row.id for row in gone if parcel in ("", row.id, row.tracking_number)]
        if len(chosen) != 1:
            raise ReshipRefusedError(_why_not(order.number, len(rows), [r.id for r in gone]))
        again = database.execute(
            select(func.count()).where(_order.c.replaces_id == order.id)
        ).scalar_one()
        line, part = tables.order_line, tables.shipment_line
        lines = database.execute(
            select(line.c.sku, line.c.title, line.c.stock_item_id, part.c.quantity)
            .join(part, part.c.order_line_id == line.c.id)
            .where(part.c.shipment_id == chosen[0])
            .order_by(line.c.position)
        ).all()
    name = f"{order.record.number}-R{again + 1}"
    return Reshipment(order.id, chosen[0], name, tuple(OwnLine(*row) for row in lines))


def _why_not(number: str, gone: int, left: list[str]) -> str:
    if not gone:
        return f"no parcel of {number} is lost, damaged or back: there is nothing to send again"
    if not left:
        return f"what {number} lost was sent again already"
    return f"say which parcel of {number}: {', '.join(left)}"


def _placed_for(shipments: list[str]) -> Select[str]:
    marks = [_mark(one) for one in shipments]
    return select(_order.c.external_id).where(_order.c.external_id.in_(marks))


def _mark(shipment_id: str) -> str:
    return f"{_MARK}{shipment_id}"


def reship(hub: Hub, plan: Reshipment, reason: str, by: str) -> str:
    """Place the order that sends it again; gives its number. The first parcel's ticket waits."""
    with hub.store.unit_of_work() as unit:
        if unit.execute(_placed_for([plan.shipment_id])).first() is not None:
            raise ReshipRefusedError("it was sent again already")
        original = get_order(unit.connection, plan.order_id)
        mark = _mark(plan.shipment_id)
        order_id = place_own_order(unit, original, plan.name, mark, RESHIPMENT, list(plan.lines))
        promise_own_order(unit, hub, order_id)
        keep_decision(unit, order_id, RESHIPMENT, "placed", {
            "instead_of": original.number, "parcel": plan.shipment_id, "reason": reason, "by": by,
            "units": {line.sku: line.units for line in plan.lines},
        })  # fmt: skip
        _tell_ticket(unit, plan.shipment_id, order_id, plan.name, by)
        return get_order(unit.connection, order_id).number


def _tell_ticket(unit: Unit, shipment_id: str, order_id: str, name: str, by: str) -> None:
    row = tables.operational_exception
    found = unit.execute(
        select(row.c.ticket_id).where(
            row.c.subject_id == shipment_id, row.c.closed_at.is_(None),
            row.c.kind.in_([kind.value for kind in PARCEL_KINDS]),
        )
    ).scalars()  # fmt: skip
    for ticket_id in {one for one in found if one is not None}:
        ticket = get_ticket(unit.connection, ticket_id)
        link_ticket(unit, ticket_id, [(Link.ORDER, order_id)])
        if ticket.state in LIVE:
            move_ticket(unit, ticket, Act.WAIT_THIRD_PARTY, by, f"sent again as {name}")
            owe(unit, "tend_ticket", ticket_id)


def reshipped_parcel(unit: Unit, order_id: str) -> str | None:
    """Give the parcel that an order of ours was placed for; None for any other order."""
    query = select(_order.c.external_id).where(_order.c.id == order_id)
    external_id = str(unit.execute(query).scalar_one())
    return external_id.removeprefix(_MARK) if external_id.startswith(_MARK) else None
