"""Orders beyond stock: whether they were to be sold, and when their units are expected."""

from typing import Any

from sqlalchemy import select, update

from hub.domain.availability import Selling, promise_date
from hub.store import tables
from hub.store.decisions import keep_decision
from hub.store.incoming import supply_of
from hub.store.offering import selling_of, waiting_before
from hub.store.orders import StoredLine, StoredOrder
from hub.store.unit_of_work import Unit

BACKORDER = "backorder"
_line = tables.order_line
_decision = tables.decision


def note_waiting(unit: Unit, order: StoredOrder) -> None:
    """Keep, for each line without a promise, when its units are expected, and why; once each."""
    short = [line for line in order.lines if line.stock_item_id and line.counters.unpromised > 0]
    if not _forget_kept_promises(unit, order, short) and not short:
        return
    items = {line.stock_item_id for line in short if line.stock_item_id}
    sellings = selling_of(unit.connection, items)
    supply = supply_of(unit.connection, items)
    waits = []
    for line in short:
        item = str(line.stock_item_id)
        selling = sellings.get(item, Selling())
        ahead = waiting_before(unit.connection, item, order.id)
        free = _free(unit, item)
        units = line.counters.unpromised
        date = promise_date(ahead, units, selling, supply.get(item, ()), free)
        within = max(0, ahead + units - free) <= selling.beyond
        waits.append({
            "line": line.id, "sku": line.sku, "units": units, "ahead": ahead, "free": free,
            "policy": selling.policy.value, "cap": selling.cap, "within_cap": within,
            "promised_for": date.isoformat() if date else None,
        })  # fmt: skip
        unit.execute(update(_line).where(_line.c.id == line.id).values(promised_for=date))
    _keep(unit, order, waits)


def _free(unit: Unit, item: str) -> int:
    promise = tables.stock_promise
    row = unit.execute(select(promise).where(promise.c.stock_item_id == item)).one()
    return max(0, int(row.sellable - row.reserved - row.allocated))


def _forget_kept_promises(unit: Unit, order: StoredOrder, short: list[StoredLine]) -> int:
    return unit.changed(
        update(_line)
        .where(_line.c.order_id == order.id, _line.c.promised_for.is_not(None),
               _line.c.id.not_in([line.id for line in short]))
        .values(promised_for=None)
    )  # fmt: skip


def _keep(unit: Unit, order: StoredOrder, waits: list[dict[str, Any]]) -> None:
    newest = unit.execute(
        select(_decision.c.document)
        .where(_decision.c.subject_id == order.id, _decision.c.kind == BACKORDER)
        .order_by(_decision.c.id.desc())
    ).scalars()
    before = newest.first()
    if before == {"waits": waits} or (before is None and not waits):
        return
    outcome = "filled" if not waits else _outcome(waits)
    keep_decision(unit, order.id, BACKORDER, outcome, {"waits": waits})


def _outcome(waits: list[dict[str, Any]]) -> str:
    return "waits" if all(one["within_cap"] for one in waits) else "oversold"
