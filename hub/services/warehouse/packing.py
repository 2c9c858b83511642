"""Packing: every unit is scanned, the boxes are chosen, their labels are owed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, or_, select, update

from hub.domain.cartons import cartonise, one_box
from hub.records.order import ChannelState
from hub.records.warehouse import (
    LabelWhen,
    PackedBox,
    PackingPlan,
    PackLine,
    Size,
)
from hub.services.context import Hub
from hub.services.orders.holds import open_holds
from hub.services.shipping.parcel_orders import owe_parcel, seller_for
from hub.services.warehouse.batches import FloorError, recall_work
from hub.services.warehouse.cartons import kept_cartons
from hub.store import tables
from hub.store.decisions import keep_decision
from hub.store.orders import get_order, refresh_phase
from hub.store.unit_of_work import Unit

_given, _work, _variant = tables.allocation, tables.fulfilment_order, tables.variant
CARTONS = "cartons"
"""The kind of decision that says which boxes were chosen, and why."""


def scan(hub: Hub, fulfilment_order_id: str, code: str, units: int = 1) -> int:
    """Put scanned units of a SKU or GTIN into the box; gives the units the work still lacks.

    Where nobody picked by task, what is packed was picked. Raises `FloorError` for a thing that
    is not ordered, for one more than was ordered, and for work that nobody may ship.
    """
    with hub.store.unit_of_work() as unit:
        _may_be_packed(unit, fulfilment_order_id)
        rows = _wanted(unit, fulfilment_order_id)
        fitting = _lines_of(unit, code, rows)
        missing = [row for row in rows if row.order_line_id in fitting and row.lacking > 0]
        if not fitting:
            raise FloorError(f"{code} does not belong into this box; it wants {_names(unit, rows)}")
        if sum(row.lacking for row in missing) < units:
            raise FloorError(f"{code}: there are enough of it in the box already")
        for row in missing:
            taken = min(units, row.lacking)
            _pack(unit, row.id, taken)
            units -= taken
        return sum(row.lacking for row in _wanted(unit, fulfilment_order_id))


def pack_unchecked(hub: Hub, fulfilment_order_id: str) -> int:
    """Put everything into the box without a scan; gives how many units nobody checked."""
    with hub.store.unit_of_work() as unit:
        _may_be_packed(unit, fulfilment_order_id)
        rows = [row for row in _wanted(unit, fulfilment_order_id) if row.lacking > 0]
        for row in rows:
            _pack(unit, row.id, row.lacking)
        return sum(row.lacking for row in rows)


def close_boxes(hub: Hub, fulfilment_order_id: str, carton: str, by: str) -> PackingPlan:
    """Close the boxes of packed work; where the label waited for that, it is owed now.

    `carton` names the box a person took; empty lets the hub choose. Raises `FloorError` when
    units are missing, or no such carton is kept.
    """
    with hub.store.unit_of_work() as unit:
        work = _may_be_packed(unit, fulfilment_order_id)
        rows = _wanted(unit, fulfilment_order_id)
        lacking = [row for row in rows if row.lacking > 0]
        if lacking:
            raise FloorError(f"not everything is in the box: {_names(unit, lacking)} is missing")
        plan = plan_boxes(unit, hub, rows, carton)
        document = plan.to_document() | {"by": by, "fulfilment_order_id": fulfilment_order_id}
        keep_decision(unit, work.order_id, CARTONS, "packed", document)
        recall_work(unit, work.id)  # what is in the box is not fetched any more
        if work.label_when == LabelWhen.PACKED:
            _owe_parcels(unit, hub, work, plan.boxes)
        refresh_phase(unit, [work.order_id])
        return plan


def preview(hub: Hub, fulfilment_order_id: str, carton: str = "") -> PackingPlan:
    """Say which boxes the whole of this work would go into; changes nothing."""
    with hub.store.unit_of_work() as unit:
        return plan_boxes(unit, hub, _wanted(unit, fulfilment_order_id), carton)


def plan_boxes(unit: Unit, hub: Hub, rows: Sequence[Any], carton: str = "") -> PackingPlan:
    """Choose the boxes for allocations: by the hub, or everything into one that is named."""
    kept = {one.code: one for one in kept_cartons(unit.connection)}
    lines = _pack_lines(unit, rows)
    if not carton:
        return cartonise(lines, list(kept.values()), hub.policy)
    if carton not in kept:
        raise FloorError(f"there is no carton {carton}; hub cartons list shows them")
    box = one_box(lines, kept[carton], hub.policy)
    return PackingPlan(boxes=(box,), reasons=(f"{carton} was chosen by hand",),
                       rule_version="by_hand/1")  # fmt: skip


def _owe_parcels(unit: Unit, hub: Hub, work: Any, boxes: Sequence[PackedBox]) -> None:
    waiting = select(tables.shipment.c.id).where(
        tables.shipment.c.fulfilment_order_id == work.id,
        tables.shipment.c.state.in_(["draft", "label_purchased"]),
    )
    if unit.execute(waiting).first() is not None:
        return  # the boxes were closed before
    order = get_order(unit.connection, work.order_id)
    carrier = seller_for(hub, unit, order)
    if carrier is None:
        raise FloorError("no carrier with writes on sells labels: connect one, or switch it on")
    for box in boxes:
        owe_parcel(
            unit, order.id, work.id, work.location_id, carrier.id, box.contents, box.weight_g
        )


def _may_be_packed(unit: Unit, fulfilment_order_id: str) -> Any:
    """Read work that is to be packed, and keep it from being taken back meanwhile."""
    place, order = tables.location, tables.sales_order
    row = unit.execute(
        select(_work, place.c.label_when, order.c.channel_state, order.c.number)
        .join(place, place.c.id == _work.c.location_id)
        .join(order, order.c.id == _work.c.order_id)
        .where(_work.c.id == fulfilment_order_id)
        .with_for_update(of=_work)
    ).one()
    if row.state not in ("open", "in_progress"):
        raise FloorError(f"the work for {row.number} is {row.state}: put the units back")
    if row.channel_state != ChannelState.OPEN:
        raise FloorError(f"{row.number} is {row.channel_state} at the shop: put the units back")
    held = open_holds(unit, row.order_id)
    if held:
        raise FloorError(f"{row.number} is held ({', '.join(sorted(held))}); leave it where it is")
    return row


def _wanted(unit: Unit, fulfilment_order_id: str) -> list[Any]:
    """Give the open allocations of work: `wanted` units belong into boxes, `lacking` are in none.

    What left was in a box, whether or not somebody scanned it.
    """
    wanted = _given.c.allocated - _given.c.released - _given.c.shipped
    lacking = _given.c.allocated - _given.c.released - _given.c.packed
    unscanned = case((_given.c.shipped > _given.c.packed, wanted), else_=lacking)
    return list(
        unit.execute(
            select(_given, wanted.label("wanted"), unscanned.label("lacking"))
            .where(_given.c.fulfilment_order_id == fulfilment_order_id, wanted > 0)
            .order_by(_given.c.id)
        )
    )


def _pack(unit: Unit, allocation_id: str, units: int) -> None:
    packed = _given.c.packed + units
    unit.execute(
        update(_given)
        .where(_given.c.id == allocation_id, _given.c.picked < packed)
        .values(picked=packed)
    )
    room = packed <= _given.c.allocated - _given.c.released
    if not unit.changed(
        update(_given).where(_given.c.id == allocation_id, room).values(packed=packed)
    ):
        raise FloorError("somebody else packed this unit, or the order wants fewer by now")


def _lines_of(unit: Unit, code: str, rows: Sequence[Any]) -> set[str]:
    """Give the order lines that a scanned SKU or GTIN serves.

    Where several variants share one stock, the line must name the very variant that was scanned.
    """
    known = unit.execute(
        select(_variant.c.sku, _variant.c.stock_item_id)
        .where(or_(_variant.c.sku == code, _variant.c.gtin == code))
        .order_by(_variant.c.sku != code)
    ).first()
    if known is None:
        raise FloorError(f"nobody knows {code}: it is neither a SKU nor a GTIN")
    sharing = select(_variant.c.sku).where(_variant.c.stock_item_id == known.stock_item_id)
    shared = set(unit.execute(sharing).scalars()) - {known.sku}
    line = tables.order_line
    lines = unit.execute(
        select(line.c.id, line.c.sku).where(
            line.c.id.in_([row.order_line_id for row in rows]),
            line.c.stock_item_id == known.stock_item_id,
        )
    )
    return {row.id for row in lines if row.sku not in shared}


def _names(unit: Unit, rows: Sequence[Any]) -> str:
    line = tables.order_line
    known = unit.execute(
        select(line.c.id, line.c.sku).where(line.c.id.in_([row.order_line_id for row in rows]))
    ).all()
    sku = {row.id: row.sku for row in known}
    return ", ".join(f"{row.lacking} × {sku[row.order_line_id]}" for row in rows)


def _pack_lines(unit: Unit, rows: Sequence[Any]) -> list[PackLine]:
    line = tables.order_line
    found = unit.execute(
        select(line.c.id, line.c.sku, _variant.c.weight_g, _variant.c.length_mm,
               _variant.c.width_mm, _variant.c.height_mm)
        .outerjoin(_variant, _variant.c.stock_item_id == line.c.stock_item_id)
        .where(line.c.id.in_([row.order_line_id for row in rows]))
    ).all()  # fmt: skip
    facts = {one.id: one for one in found}
    return [
        PackLine(
            order_line_id=row.order_line_id, sku=facts[row.order_line_id].sku,
            quantity=row.wanted, weight_g=facts[row.order_line_id].weight_g,
            size=_size(facts[row.order_line_id]),
        )
        for row in rows
    ]  # fmt: skip


def _size(row: Any) -> Size | None:
    sides = (row.length_mm, row.width_mm, row.height_mm)
    if not all(sides):
        return None
    return Size(length_mm=sides[0], width_mm=sides[1], height_mm=sides[2])
