"""Work that takes more units of its own order, instead of a second parcel for them."""

from collections.abc import Sequence

from sqlalchemy import select

from hub.domain.edits import Work
from hub.records.policy import Policy
from hub.services.shipping.redrafting import redraft
from hub.store import ledger, tables
from hub.store.ledger import Placement
from hub.store.orders import StoredLine, StoredOrder
from hub.store.unit_of_work import Unit

_work, _level, _promise = tables.fulfilment_order, tables.stock_level, tables.stock_promise


def extend_loose_work(
    unit: Unit, policy: Policy, order: StoredOrder, loose: Sequence[Work]
) -> None:
    """Give reserved units to work of the order whose label was not asked for, where they lie there.

    Only an order that is already under way: a first place is chosen by routing.
    """
    waiting = [line for line in order.lines if line.stock_item_id and line.counters.reserved > 0]
    for work in loose:
        place = unit.execute(select(_work.c.location_id).where(_work.c.id == work.id)).scalar_one()
        fitting = [line for line in waiting if _is_there(unit, line, place)]
        for line in fitting:
            _give(unit, line, place, work.id)
            waiting.remove(line)
        if fitting:
            redraft(unit, policy, work.id)


def _is_there(unit: Unit, line: StoredLine, location_id: str) -> bool:
    """Whether a location has all that is reserved of a line; the ledger guards what is taken."""
    here = (_level.c.stock_item_id == _promise.c.stock_item_id) & (
        _level.c.location_id == location_id
    )
    row = unit.execute(
        select(_promise.c.tracked, _level.c.on_hand, _level.c.unsellable, _level.c.allocated)
        .outerjoin(_level, here)
        .where(_promise.c.stock_item_id == line.stock_item_id)
    ).one()
    free = (row.on_hand or 0) - (row.unsellable or 0) - (row.allocated or 0)
    return not row.tracked or free >= line.counters.reserved


def _give(unit: Unit, line: StoredLine, location_id: str, work_id: str) -> None:
    assert line.stock_item_id is not None, "only lines with an item wait for a place"
    placement = Placement(line.id, line.stock_item_id, location_id, line.counters.reserved)
    tracked = unit.execute(
        select(_promise.c.tracked).where(_promise.c.stock_item_id == line.stock_item_id)
    ).scalar_one()
    ledger.allocate(unit, placement, work_id, tracked)
    ledger.consume_reservation(unit, line.id)
