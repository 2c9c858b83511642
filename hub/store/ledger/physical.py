"""The physical ledger: every unit moves from one account to another, so all sums to zero."""

from sqlalchemy import func, select

from hub.records.stock import MovementKind
from hub.store import tables
from hub.store.ids import new_id
from hub.store.ledger.accounts import (
    ADJUSTMENT,
    StockConflictError,
    account,
    is_transit,
    place_of,
)
from hub.store.ledger.projections import lock_promise, move_good, move_in_bucket
from hub.store.unit_of_work import Unit

_moves = tables.stock_movement


def move(
    unit: Unit, item: str, quantity: int, source: str, target: str, kind: MovementKind,
    command_id: str, reason: str = "", reverses: str | None = None,
) -> bool:  # fmt: skip
    """Move units between two accounts, once per command; every number beside them follows.

    Returns False when this command was carried out before. Raises `StockConflictError` when the
    source has too few, or parcels hold them; reserved units may go, since what is gone is gone.
    A unit that moves several items does so in the order of their ids, or two might wait for ever.
    """
    if quantity <= 0 or source == target:
        raise ValueError("a movement takes at least one unit from one account to another")
    lock_promise(unit, item)
    if moved_before(unit, command_id):
        return False
    if is_transit(source) and balance(unit, item, source) < quantity:
        raise StockConflictError("not that many units are on their way")
    _book(unit, item, source, -quantity)
    _book(unit, item, target, quantity)
    write_movement(unit, item, quantity, source, target, kind, command_id, reason, reverses)
    return True


def adjust(
    unit: Unit, item: str, location_id: str, delta: int, command_id: str, reason: str,
    kind: MovementKind = MovementKind.ADJUST,
) -> bool:  # fmt: skip
    """Add (or with a negative delta remove) good units at a location, once per command.

    Returns False when this command was carried out before, or moves nothing.
    """
    if delta == 0:
        return False
    here = account(location_id)
    source, target = (ADJUSTMENT, here) if delta > 0 else (here, ADJUSTMENT)
    return move(unit, item, abs(delta), source, target, kind, command_id, reason)


def reverse(unit: Unit, movement_id: str, command_id: str, reason: str) -> bool:
    """Take a movement back by a new one that points at it; False when that was done before.

    Raises `StockConflictError` where its units are no longer where it brought them.
    """
    row = unit.execute(select(_moves).where(_moves.c.id == movement_id)).one()
    lock_promise(unit, row.stock_item_id)
    query = select(_moves.c.id).where(_moves.c.reverses == movement_id)
    if unit.execute(query).first() is not None:
        return False
    return move(
        unit, row.stock_item_id, row.quantity, row.to_account, row.from_account,
        MovementKind(row.kind), command_id, reason, reverses=movement_id,
    )  # fmt: skip


def balance(unit: Unit, item: str, name: str) -> int:
    """Give the units of an item that an account holds, by the ledger itself."""
    came = select(func.coalesce(func.sum(_moves.c.quantity), 0)).where(
        _moves.c.stock_item_id == item
    )
    inward = unit.execute(came.where(_moves.c.to_account == name)).scalar_one()
    outward = unit.execute(came.where(_moves.c.from_account == name)).scalar_one()
    return int(inward) - int(outward)


def moved_before(unit: Unit, command_id: str) -> bool:
    """Whether a command has moved units already."""
    query = select(_moves.c.id).where(_moves.c.command_id == command_id)
    return unit.execute(query).first() is not None


def write_movement(
    unit: Unit, item: str, quantity: int, source: str, target: str, kind: MovementKind,
    command_id: str, reason: str, reverses: str | None = None,
) -> None:  # fmt: skip
    """Append a row to the ledger; the caller moves the numbers beside it."""
    unit.execute(
        _moves.insert().values(
            id=new_id(), stock_item_id=item, quantity=quantity, from_account=source,
            to_account=target, kind=kind.value, command_id=command_id, reason=reason,
            reverses=reverses, at=unit.now,
        )
    )  # fmt: skip


def _book(unit: Unit, item: str, name: str, delta: int) -> None:
    place = place_of(name)
    if place is None:
        return  # outside every building nobody counts
    if place.bucket:
        move_in_bucket(unit, item, place.location_id, place.bucket, delta)
    else:
        move_good(unit, item, place.location_id, delta)
