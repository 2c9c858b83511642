"""A piece of work that holds other units than before: its parcel is drafted anew."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from hub.domain.effects import EffectState
from hub.domain.packing import parcel_weight_g
from hub.records.policy import Policy
from hub.services.shipping.labels import LABEL
from hub.services.shipping.parcel_orders import owe_parcel, waits_for_its_box
from hub.services.warehouse.batches import recall
from hub.store import effects, ledger, tables
from hub.store.unit_of_work import Unit

_shipment, _given, _task = tables.shipment, tables.allocation, tables.pick_task
WAITING = ("draft", "label_purchased")


def waiting_parcels(unit: Unit, work_id: str) -> list[Any]:
    """Give the parcels of a piece of work that have not left."""
    return list(
        unit.execute(
            select(_shipment).where(
                _shipment.c.fulfilment_order_id == work_id, _shipment.c.state.in_(WAITING)
            )
        ).all()
    )


def bought_parcels(unit: Unit, work_id: str) -> list[Any]:
    """Give the parcels of a piece of work that have a label; until we commit, none is handed over.

    Only these rows are taken: who buys a label at this moment takes its effect first, then its
    parcel, and to take them the other way round would be to wait in a circle.
    """
    return list(
        unit.execute(
            select(_shipment)
            .where(_shipment.c.fulfilment_order_id == work_id,
                   _shipment.c.state == "label_purchased")
            .with_for_update()
        ).all()
    )  # fmt: skip


def is_loose(unit: Unit, work_id: str) -> bool:
    """Whether no label of this work was asked for yet."""
    parcels = waiting_parcels(unit, work_id)
    if any(parcel.state != "draft" for parcel in parcels):
        return False
    effect = tables.effect
    owed = unit.execute(
        select(effect.c.state)
        .where(effect.c.subject_id.in_([one.id for one in parcels]), effect.c.kind == LABEL)
        .with_for_update()
    ).scalars()
    return all(state in (EffectState.PREPARED, EffectState.REFUSED) for state in owed)


def take_out(unit: Unit, policy: Policy, work_id: str, units: Mapping[str, int]) -> set[str]:
    """Take units (by line) out of loose work; gives the items set free."""
    for line_id in units:
        recall(unit, (_task.c.fulfilment_order_id == work_id) & (_task.c.order_line_id == line_id))
    freed = ledger.unallocate(unit, work_id, units)
    redraft(unit, policy, work_id)
    return freed


def redraft(unit: Unit, policy: Policy, work_id: str) -> None:
    """Let the waiting parcel of loose work hold what the work holds now; its label is owed anew.

    A parcel of other contents is another label: the old one was never asked for, and is not now.
    Where boxes are closed first, what was added, or lay in several boxes, waits for its packer.
    """
    parcels = waiting_parcels(unit, work_id)
    for parcel in parcels:
        _withdraw(unit, parcel.id)
        unit.execute(
            update(_shipment)
            .where(_shipment.c.id == parcel.id, _shipment.c.state == "draft")
            .values(state="voided")
        )
    contents = contents_of_work(unit, work_id)
    if not parcels or not contents or _is_to_be_packed(unit, parcels):
        return
    first = parcels[0]
    owe_parcel(
        unit, first.order_id, work_id, first.location_id, first.connection_id, contents,
        weight_of(unit, policy, contents),
    )  # fmt: skip


def _is_to_be_packed(unit: Unit, parcels: Sequence[Any]) -> bool:
    """Whether boxes of this work are to be closed (again) before a label is bought."""
    if not waits_for_its_box(unit, parcels[0].location_id):
        return False
    outside = select(_given.c.id).where(
        _given.c.fulfilment_order_id == parcels[0].fulfilment_order_id,
        _given.c.packed < _given.c.allocated - _given.c.released,
    )
    return len(parcels) > 1 or unit.execute(outside.limit(1)).first() is not None


def _withdraw(unit: Unit, shipment_id: str) -> None:
    effect = tables.effect
    owed = unit.execute(
        select(effect.c.id).where(
            effect.c.subject_id == shipment_id, effect.c.kind == LABEL,
            effect.c.state == EffectState.PREPARED.value,
        )
    ).scalars()  # fmt: skip
    for effect_id in owed.all():
        effects.mark_refused(unit, effect_id, "the parcel is drafted anew")


def contents_of_work(unit: Unit, work_id: str) -> dict[str, int]:
    """Give the units of each line that a piece of work still holds."""
    rows = unit.execute(select(_given).where(_given.c.fulfilment_order_id == work_id))
    held: dict[str, int] = {}
    for row in rows:
        units = row.allocated - row.released - row.shipped
        held[row.order_line_id] = held.get(row.order_line_id, 0) + units
    return {line: units for line, units in held.items() if units > 0}


def weight_of(unit: Unit, policy: Policy, contents: Mapping[str, int]) -> int:
    """Weigh a parcel of these units by line, in grams."""
    line, variant = tables.order_line, tables.variant
    rows = unit.execute(
        select(line.c.id, variant.c.weight_g)
        .join(variant, variant.c.stock_item_id == line.c.stock_item_id)
        .where(line.c.id.in_(contents))
    )
    weights = {row.id: row.weight_g for row in rows}
    return parcel_weight_g(
        [(units, weights.get(line_id)) for line_id, units in contents.items()], policy
    )
