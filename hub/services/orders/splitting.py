"""Splitting below the order: some of its units leave in a parcel of their own."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select, update

from hub.domain.edits import Work, give_up
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.services.shipping.parcel_orders import owe_parcel, waits_for_its_box
from hub.services.shipping.redrafting import (
    contents_of_work,
    is_loose,
    redraft,
    waiting_parcels,
    weight_of,
)
from hub.services.work import owe
from hub.store import ledger, tables
from hub.store.decisions import keep_decision
from hub.store.ids import new_id
from hub.store.ledger import Placement
from hub.store.orders import StoredOrder, get_order, refresh_phase
from hub.store.unit_of_work import Unit

_work, _task = tables.fulfilment_order, tables.pick_task
SPLIT = "split"


class SplitRefusedError(HubError):
    """These units cannot leave by themselves now; the text says why."""


@dataclass(frozen=True)
class SplitPlan:
    """What a split would do: by work and line, the units that get a parcel of their own."""

    order_id: str
    number: str
    parts: Mapping[str, Mapping[str, int]]
    units: Mapping[str, int]
    """By SKU, as asked."""


def plan_split(unit: Unit, order_id: str, units: Mapping[str, int]) -> SplitPlan:
    """Find work without a label that holds these units by SKU; raises `SplitRefusedError`."""
    order = get_order(unit.connection, order_id)
    works = _loose_works(unit, order)
    wanted = _lines(order, units)
    found = give_up(wanted, {}, works)
    if found.too_late:
        skus = {line.id: line.sku for line in order.lines}
        missing = ", ".join(f"{left} of {skus[line]}" for line, left in found.too_late.items())
        raise SplitRefusedError(
            f"{order.number}: {missing} are not in work that still waits for its label; "
            f"hub orders why {order.number}"
        )
    held = {work.id: sum(work.units.values()) for work in works}
    if any(sum(taken.values()) == held[work] for work, taken in found.from_loose.items()):
        raise SplitRefusedError(f"{order.number}: that is all of its parcel; nothing is split")
    return SplitPlan(order.id, order.number, found.from_loose, units)


def split_order(hub: Hub, order_id: str, units: Mapping[str, int], by: str) -> SplitPlan:
    """Give these units (by SKU) a parcel of their own; raises `SplitRefusedError`."""
    with hub.store.unit_of_work() as unit:
        plan = plan_split(unit, order_id, units)
        for work_id, taken in plan.parts.items():
            _split_work(unit, hub, order_id, work_id, taken)
        told = ", ".join(f"{count} of {sku}" for sku, count in units.items())
        document = {"by": by, "units": dict(units), "reasons": [f"{by} split off {told}"]}
        keep_decision(unit, order_id, SPLIT, "split", document)
        owe(unit, "accept_order", order_id)
        refresh_phase(unit, [order_id])
    return plan


def set_shipping(hub: Hub, order_id: str, ships: str) -> bool:
    """Say whether an order ships together or what is there goes first; False when it was so."""
    orders = tables.sales_order
    with hub.store.unit_of_work() as unit:
        changed = unit.changed(
            update(orders)
            .where(orders.c.id == order_id, orders.c.ships != ships)
            .values(ships=ships)
        )
        if changed:
            owe(unit, "accept_order", order_id)
        return bool(changed)


def _lines(order: StoredOrder, units: Mapping[str, int]) -> dict[str, int]:
    """Spread units by SKU over the order's lines of it."""
    wanted: dict[str, int] = {}
    for sku, count in units.items():
        left = count
        for line in order.lines:
            if line.sku == sku and (taken := min(left, line.counters.allocated)):
                wanted[line.id] = taken
                left -= taken
        if left:
            raise SplitRefusedError(
                f"{order.number} has {count - left} of {sku} that have a place, not {count}"
            )
    return wanted


def _loose_works(unit: Unit, order: StoredOrder) -> list[Work]:
    """Give the work of an order whose label was not asked for and that nobody fetches yet."""
    begun = select(_task.c.fulfilment_order_id)
    ids = unit.execute(
        select(_work.c.id)
        .where(_work.c.order_id == order.id, _work.c.state == "open", _work.c.id.not_in(begun))
        .order_by(_work.c.id)
    ).scalars()
    return [Work(id, True, contents_of_work(unit, id)) for id in ids.all() if is_loose(unit, id)]


def _split_work(
    unit: Unit, hub: Hub, order_id: str, work_id: str, taken: Mapping[str, int]
) -> None:
    place = unit.execute(select(_work.c.location_id).where(_work.c.id == work_id)).scalar_one()
    new_work = new_id()
    unit.execute(
        _work.insert().values(
            id=new_work, order_id=order_id, location_id=place, created_at=unit.now
        )
    )
    _move_promise(unit, work_id, new_work, place, taken)
    parcels = waiting_parcels(unit, work_id)
    redraft(unit, hub.policy, work_id)
    if parcels and not waits_for_its_box(unit, place):
        owe_parcel(
            unit, order_id, new_work, place, parcels[0].connection_id, taken,
            weight_of(unit, hub.policy, taken),
        )  # fmt: skip


def _move_promise(
    unit: Unit, source: str, target: str, place: str, taken: Mapping[str, int]
) -> None:
    """Move allocated units from one piece of work to another at the same place, in this unit."""
    line, promise = tables.order_line, tables.stock_promise
    ledger.unallocate(unit, source, taken)
    for line_id, units in taken.items():
        row = unit.execute(
            select(line.c.stock_item_id, promise.c.tracked)
            .join(promise, promise.c.stock_item_id == line.c.stock_item_id)
            .where(line.c.id == line_id)
        ).one()
        ledger.release(unit, line_id)  # a line has one promise at a time; `accept` renews it
        if not ledger.reserve(unit, line_id, row.stock_item_id, units, None):
            raise SplitRefusedError("more is promised than there is; mend the stock first")
        ledger.allocate(unit, Placement(line_id, row.stock_item_id, place, units), target,
                        row.tracked)  # fmt: skip
        ledger.consume_reservation(unit, line_id)
