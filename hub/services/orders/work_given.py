"""Work given to locations: the parts of a plan become allocations, parcels and owed labels."""

from collections.abc import Sequence

from sqlalchemy import select

from hub.domain.packing import parcel_weight_g
from hub.records.plan import RoutingPlan
from hub.records.policy import Policy
from hub.services.shipping.parcel_orders import owe_parcel, waits_for_its_box
from hub.store import ledger, tables
from hub.store.ids import new_id
from hub.store.ledger import Placement
from hub.store.unit_of_work import Unit


def carry_out(
    unit: Unit, policy: Policy, order_id: str, plan: RoutingPlan, carrier_id: str
) -> None:
    """Give each location its part of a plan: allocations, work, a draft parcel, an owed label.

    Raises `StockConflictError` when stock moved since the plan was made. What is not placed of a
    line stays reserved.
    """
    ledger.lock_promises(unit, {part.stock_item_id for part in plan.allocations})
    by_location: dict[str, list[Placement]] = {}
    for part in plan.allocations:
        placement = Placement(
            part.order_line_id, part.stock_item_id, part.location_id, part.quantity
        )
        by_location.setdefault(part.location_id, []).append(placement)
    for location_id, placements in by_location.items():
        _give(unit, policy, order_id, location_id, placements, carrier_id)
    left = {line.order_line_id: line.quantity for line in plan.short}
    for line_id in {part.order_line_id for part in plan.allocations}:
        ledger.consume_reservation(unit, line_id, left.get(line_id, 0))


def _give(
    unit: Unit, policy: Policy, order_id: str, location_id: str, placements: Sequence[Placement],
    carrier_id: str,
) -> None:  # fmt: skip
    work_id = new_id()
    unit.execute(
        tables.fulfilment_order.insert().values(
            id=work_id, order_id=order_id, location_id=location_id, created_at=unit.now
        )
    )
    facts = _item_facts(unit, placements)
    for placement in placements:
        ledger.allocate(unit, placement, work_id, tracked=facts[placement.stock_item_id][0])
    if waits_for_its_box(unit, location_id):
        return
    weight = parcel_weight_g(
        [(place.quantity, facts[place.stock_item_id][1]) for place in placements], policy
    )
    contents = {place.line_id: place.quantity for place in placements}
    owe_parcel(unit, order_id, work_id, location_id, carrier_id, contents, weight)


def _item_facts(unit: Unit, placements: Sequence[Placement]) -> dict[str, tuple[bool, int | None]]:
    """Give for each stock item whether it is counted, and the weight of one unit in grams."""
    promise, variant = tables.stock_promise, tables.variant
    rows = unit.execute(
        select(promise.c.stock_item_id, promise.c.tracked, variant.c.weight_g)
        .outerjoin(variant, variant.c.stock_item_id == promise.c.stock_item_id)
        .where(promise.c.stock_item_id.in_([place.stock_item_id for place in placements]))
    )
    return {row.stock_item_id: (row.tracked, row.weight_g) for row in rows}
