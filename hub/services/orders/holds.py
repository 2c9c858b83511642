"""Holds: reasons not to ship an order; several may be open, each placed and released by a name."""

from sqlalchemy import select, update

from hub.records.events import EventKind
from hub.records.order import HoldReason
from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

_hold = tables.hold


def place_hold(unit: Unit, order_id: str, reason: HoldReason, note: str, by: str) -> bool:
    """Hold an order; False when it is held for this reason already."""
    known = select(_hold.c.id).where(
        _hold.c.order_id == order_id,
        _hold.c.reason == reason.value,
        _hold.c.released_at.is_(None),
    )
    if unit.execute(known).first() is not None:
        return False
    unit.execute(
        _hold.insert().values(
            id=new_id(), order_id=order_id, reason=reason.value, note=note, placed_by=by,
            placed_at=unit.now,
        )
    )  # fmt: skip
    return True


def release_hold(unit: Unit, order_id: str, reason: HoldReason, by: str) -> bool:
    """Release a hold without telling anybody; False when there was none."""
    return bool(
        unit.changed(
            update(_hold)
            .where(_hold.c.order_id == order_id, _hold.c.reason == reason.value,
                   _hold.c.released_at.is_(None))
            .values(released_by=by, released_at=unit.now)
        )
    )  # fmt: skip


def release_placed(unit: Unit, order_id: str, reason: HoldReason, by: str) -> bool:
    """Lift a hold that `by` itself had placed; one that anybody else placed stays."""
    return bool(
        unit.changed(
            update(_hold)
            .where(_hold.c.order_id == order_id, _hold.c.reason == reason.value,
                   _hold.c.placed_by == by, _hold.c.released_at.is_(None))
            .values(released_by=by, released_at=unit.now)
        )
    )  # fmt: skip


def hold_unless_settled(unit: Unit, order_id: str, reason: HoldReason, note: str, by: str) -> bool:
    """Hold an order, unless a person has released it from just this before."""
    settled = select(_hold.c.id).where(
        _hold.c.order_id == order_id, _hold.c.reason == reason.value, _hold.c.note == note,
        _hold.c.released_by.not_in(["", by]),
    )  # fmt: skip
    if unit.execute(settled).first() is not None:
        return False
    return place_hold(unit, order_id, reason, note, by)


def release_all(unit: Unit, order_id: str, connection_id: str, by: str) -> int:
    """Release every hold of an order, as a person's decision; the order goes on."""
    released = unit.changed(
        update(_hold)
        .where(_hold.c.order_id == order_id, _hold.c.released_at.is_(None))
        .values(released_by=by, released_at=unit.now)
    )
    if released:
        unit.record(EventKind.HOLD_RELEASED, order_id, connection_id)
    return released


def open_holds(unit: Unit, order_id: str) -> set[HoldReason]:
    """Give the reasons an order is held for."""
    query = select(_hold.c.reason).where(
        _hold.c.order_id == order_id, _hold.c.released_at.is_(None)
    )
    return {HoldReason(reason) for reason in unit.execute(query).scalars()}
