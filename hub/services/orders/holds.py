"""Holds: reasons not to ship an order; several may be open, each placed and released by a name."""

from datetime import datetime

from sqlalchemy import and_, select, update

from hub.records.events import EventKind
from hub.records.order import HoldReason
from hub.services.context import Hub
from hub.services.stock.publish import stock_moved
from hub.services.work import draft, owe
from hub.store import ledger, tables
from hub.store.ids import new_id
from hub.store.jobs import RunningJob, insert_jobs
from hub.store.orders import refresh_phase
from hub.store.unit_of_work import Unit

_hold = tables.hold
_order = tables.sales_order

EXPIRED = "expiry"
"""Who released a hold that ended by itself."""


def place_hold(
    unit: Unit, order_id: str, reason: HoldReason, note: str, by: str,
    until: datetime | None = None, keeps_promise: bool = True,
) -> bool:  # fmt: skip
    """Hold an order; False when `by` holds it for this reason already.

    `until`: it ends by itself then. Without its promise the order's reserved units are free for
    others meanwhile; what is already given to a location stays there.
    """
    known = select(_hold.c.id).where(
        _hold.c.order_id == order_id,
        _hold.c.reason == reason.value,
        _hold.c.placed_by == by,
        _hold.c.released_at.is_(None),
    )
    if unit.execute(known).first() is not None:
        return False
    unit.execute(
        _hold.insert().values(
            id=new_id(), order_id=order_id, reason=reason.value, note=note, placed_by=by,
            placed_at=unit.now, expires_at=until, keeps_promise=keeps_promise,
        )
    )  # fmt: skip
    if until is not None:
        insert_jobs(unit, [draft("expire_holds", order_id, run_at=until)])
    if not keeps_promise:
        _give_promise_back(unit, order_id)
    return True


def _give_promise_back(unit: Unit, order_id: str) -> None:
    line = tables.order_line
    lines = unit.execute(
        select(line.c.id).where(line.c.order_id == order_id, line.c.reserved > 0)
    ).scalars()
    freed = {ledger.release(unit, line_id) for line_id in lines.all()} - {None}
    stock_moved(unit, {item for item in freed if item is not None})
    if freed:
        owe(unit, "reserve_waiting", "")


def keeps_its_promise(unit: Unit, order_id: str) -> bool:
    """Whether units may be reserved for an order: no open hold says otherwise."""
    against = select(_hold.c.id).where(
        _hold.c.order_id == order_id,
        _hold.c.released_at.is_(None),
        _hold.c.keeps_promise.is_(False),
    )
    return unit.execute(against.limit(1)).first() is None


def release_hold(unit: Unit, order_id: str, reason: HoldReason, by: str) -> bool:
    """Release the holds of one reason without telling anybody; False when there was none."""
    return bool(
        unit.changed(
            update(_hold)
            .where(_hold.c.order_id == order_id, _hold.c.reason == reason.value,
                   _hold.c.released_at.is_(None))
            .values(released_by=by, released_at=unit.now)
        )
    )  # fmt: skip


def release_placed(
    unit: Unit, order_id: str, reason: HoldReason, by: str, released_by: str = ""
) -> bool:
    """Lift a hold that `by` had placed, as itself or as `released_by`; any other one stays."""
    return bool(
        unit.changed(
            update(_hold)
            .where(_hold.c.order_id == order_id, _hold.c.reason == reason.value,
                   _hold.c.placed_by == by, _hold.c.released_at.is_(None))
            .values(released_by=released_by or by, released_at=unit.now)
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


def release_all(
    unit: Unit, order_id: str, connection_id: str, by: str, only: HoldReason | None = None
) -> int:
    """Release every hold of an order, or those of one reason, as a person's decision."""
    meant = and_(_hold.c.order_id == order_id, _hold.c.released_at.is_(None))
    if only is not None:
        meant &= _hold.c.reason == only.value
    released = unit.changed(update(_hold).where(meant).values(released_by=by, released_at=unit.now))
    if released:
        unit.record(EventKind.HOLD_RELEASED, order_id, connection_id)
    return released


def open_holds(unit: Unit, order_id: str) -> set[HoldReason]:
    """Give the reasons an order is held for."""
    query = select(_hold.c.reason).where(
        _hold.c.order_id == order_id, _hold.c.released_at.is_(None)
    )
    return {HoldReason(reason) for reason in unit.execute(query).scalars()}


def expire_holds(hub: Hub, job: RunningJob) -> None:
    """Lift the holds of an order whose time is over; it goes on, unless others stand."""
    with hub.store.unit_of_work() as unit:
        over = unit.changed(
            update(_hold)
            .where(_hold.c.order_id == job.subject, _hold.c.released_at.is_(None),
                   _hold.c.expires_at <= unit.now)
            .values(released_by=EXPIRED, released_at=unit.now)
        )  # fmt: skip
        if over:
            shop = select(_order.c.connection_id).where(_order.c.id == job.subject)
            unit.record(EventKind.HOLD_RELEASED, job.subject, unit.execute(shop).scalar_one())
        refresh_phase(unit, [job.subject])
        job.finish(unit, "ok" if over else "no_change", {"updated": over})
