"""Announced deliveries: what a supplier says is on its way, and when it will be here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from hub.domain.purchasing import PurchaseAct, inbound_state
from hub.records.purchase import InboundState
from hub.services.context import Hub
from hub.services.purchasing.incoming import not_late, tell_incoming
from hub.services.purchasing.stored import (
    PurchaseRefusedError,
    StoredPurchase,
    UnknownPurchaseError,
    change_line,
    counters,
    for_act,
)
from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

_inbound = tables.inbound_shipment
_part = tables.inbound_line

ENDED = frozenset(
    {InboundState.RECEIVED, InboundState.SHORT_CLOSED, InboundState.REFUSED, InboundState.LOST}
)


def announce_inbound(
    hub: Hub, number: str, reference: str, expected_at: datetime,
    quantities: Mapping[str, int] | None = None,
) -> str:  # fmt: skip
    """Keep a supplier's word of a delivery; nothing said of quantities means all that is left.

    The same reference again changes only its day. Raises `PurchaseRefusedError` for more units
    than are neither here nor announced.
    """
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.ANNOUNCE)
        known = unit.execute(
            select(_inbound.c.id).where(
                _inbound.c.purchase_order_id == order.id, _inbound.c.reference == reference
            )
        ).scalar()
        inbound_id = str(known) if known else _announce(unit, order, reference, quantities)
        unit.execute(
            update(_inbound).where(_inbound.c.id == inbound_id).values(expected_at=expected_at)
        )
        if expected_at > unit.now:
            not_late(unit, order.id, f"announced for {expected_at:%Y-%m-%d}")
        tell_incoming(unit, order.id)
    return inbound_id


def _announce(
    unit: Unit, order: StoredPurchase, reference: str, quantities: Mapping[str, int] | None
) -> str:
    inbound_id = new_id()
    unit.execute(
        _inbound.insert().values(
            id=inbound_id, purchase_order_id=order.id, reference=reference,
            expected_at=unit.now, announced_at=unit.now,
        )
    )  # fmt: skip
    order.check(quantities or {})
    on_its_way = _on_its_way(unit, order.id)
    said = False
    for line in order.lines:
        left = max(0, counters(line).outstanding - on_its_way.get(line.id, 0))
        units = left if quantities is None else quantities.get(line.sku, 0)
        if units > left:
            raise PurchaseRefusedError(f"only {left} of {line.sku} are not announced yet")
        if units:
            said = True
            change_line(unit, line.id, announced=units)
            unit.execute(
                _part.insert().values(
                    inbound_id=inbound_id, purchase_line_id=line.id, announced=units
                )
            )
    if not said:
        raise PurchaseRefusedError("there is nothing left to announce")
    return inbound_id


def _on_its_way(unit: Unit, order_id: str) -> dict[str, int]:
    """Give, by line, the units of announced deliveries that are not here yet."""
    rows: Any = unit.execute(
        select(_part.c.purchase_line_id, _part.c.announced - _part.c.received)
        .join(_inbound, _inbound.c.id == _part.c.inbound_id)
        .where(_inbound.c.purchase_order_id == order_id,
               _inbound.c.state.not_in([state.value for state in ENDED]))
    )  # fmt: skip
    found: dict[str, int] = {}
    for line_id, units in rows:
        found[line_id] = found.get(line_id, 0) + max(0, units)
    return found


def move_inbound(hub: Hub, number: str, reference: str, state: InboundState) -> InboundState:
    """Say where an announced delivery is: on its way, here, refused, lost, or short and over."""
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.ANNOUNCE)
        row = find_inbound(unit, order.id, reference)
        if row.state in ENDED:
            raise PurchaseRefusedError(f"{reference} is {row.state.replace('_', ' ')} already")
        facts = {"arrived_at": unit.now} if state == InboundState.ARRIVED else {}
        unit.execute(
            update(_inbound).where(_inbound.c.id == row.id).values(state=state.value, **facts)
        )
        if state in ENDED:
            _take_back(unit, row.id)
        tell_incoming(unit, order.id)
    return state


def _take_back(unit: Unit, inbound_id: str) -> None:
    """What did not come with this delivery may be announced again."""
    rows = unit.execute(select(_part).where(_part.c.inbound_id == inbound_id)).all()
    for row in rows:
        change_line(unit, row.purchase_line_id, announced=-max(0, row.announced - row.received))


def find_inbound(unit: Unit, order_id: str, reference: str) -> Any:
    """Read an announced delivery's row by its reference; raises `UnknownPurchaseError`."""
    row = unit.execute(
        select(_inbound).where(
            _inbound.c.purchase_order_id == order_id, _inbound.c.reference == reference
        )
    ).first()
    if row is None:
        raise UnknownPurchaseError(f"no delivery {reference} was announced for this order")
    return row


def count_received(unit: Unit, inbound_id: str, line_id: str, units: int) -> None:
    """Count units that came with an announced delivery, and say where it stands."""
    here = (_part.c.inbound_id == inbound_id) & (_part.c.purchase_line_id == line_id)
    counted = unit.changed(update(_part).where(here).values(received=_part.c.received + units))
    if not counted:  # nobody said that this would be in it
        unit.execute(
            _part.insert().values(
                inbound_id=inbound_id, purchase_line_id=line_id, announced=units, received=units
            )
        )
        change_line(unit, line_id, announced=units)


def restate_inbound(unit: Unit, inbound_id: str) -> None:
    """Write where a delivery stands by what has come of it."""
    row = unit.execute(select(_inbound).where(_inbound.c.id == inbound_id)).one()
    parts = unit.execute(
        select(_part.c.announced, _part.c.received).where(_part.c.inbound_id == inbound_id)
    )
    state = inbound_state([(one.announced, one.received) for one in parts],
                          InboundState(row.state))  # fmt: skip
    unit.execute(
        update(_inbound)
        .where(_inbound.c.id == inbound_id)
        .values(state=state.value, arrived_at=row.arrived_at or unit.now)
    )
