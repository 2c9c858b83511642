"""The money of a return: worked out by the policy, and written down before it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from hub.domain.returns_money import Around, Due, Given, Giving, work_out
from hub.records.money import Money
from hub.records.returns import Grade, Resolution, ReturnReason
from hub.services.orders.refunding import refundable, units_given_back
from hub.services.returns.rows import (
    ReturnRefusedError,
    StoredReturn,
    get_return,
    policy_of,
    set_line,
    tell,
)
from hub.services.work import owe
from hub.store import tables
from hub.store.decisions import keep_decision
from hub.store.ids import new_id
from hub.store.orders import StoredOrder, get_order
from hub.store.unit_of_work import Unit

DECISION = "return_refund"
RULE_VERSION = "return_money/1"
KINDS = (Resolution.REFUND, Resolution.STORE_CREDIT)
"""What is paid, each apart from the other."""
OPEN = ("awaiting_approval", "agreed", "asked")

_line = tables.return_line
_grading = tables.return_grading
_money = tables.return_refund


@dataclass(frozen=True)
class Units:
    """Units of a line whose money is to be decided about."""

    line_id: str
    grade: Grade
    units: int
    grading_id: str | None = None


def graded_units(unit: Unit, stored: StoredReturn) -> list[Units]:
    """Give the graded units whose money is not decided about yet."""
    rows = unit.execute(
        select(_grading)
        .where(_grading.c.return_line_id.in_([line.id for line in stored.lines]),
               _grading.c.settled < _grading.c.quantity)
        .order_by(_grading.c.id)
    )  # fmt: skip
    room = {line.id: line.authorised - line.settled for line in stored.lines}
    found = []
    for row in rows:
        units = min(row.quantity - row.settled, room[row.return_line_id])
        if units > 0:
            room[row.return_line_id] -= units
            found.append(Units(row.return_line_id, Grade(row.grade), units, row.id))
    return found


def settle(unit: Unit, return_id: str, by: str, parts: Sequence[Units] | None = None) -> int:
    """Decide about the money of units, by default of all that are graded; gives how many payments.

    What is above the policy's limit waits for a person. The caller holds the return.
    """
    stored = get_return(unit.connection, return_id)
    if stored.row.order_id is None:
        return 0
    chosen = graded_units(unit, stored) if parts is None else parts
    made = [_settle(unit, return_id, kind, chosen, by) for kind in KINDS]
    return sum(made)


def _settle(unit: Unit, return_id: str, kind: Resolution, parts: Sequence[Units], by: str) -> bool:
    stored = get_return(unit.connection, return_id)
    order = get_order(unit.connection, stored.row.order_id)
    priced = {line.id for line in order.lines if line.parent_id is None}
    paying = {  # what a component of a kit costs only a person can say
        line.id: line
        for line in stored.lines
        if line.resolution == kind.value and line.order_line_id in priced
    }
    chosen = [one for one in parts if one.line_id in paying and take(unit, one)]
    if not chosen:
        return False
    policy = policy_of(unit.connection)
    dues = [due for line in paying.values() if (due := due_for(unit, order, line, chosen))]
    giving = work_out(policy.rules, dues, around(unit, stored, order))
    keep_decision(unit, return_id, DECISION, str(giving.total_minor), {
        "rule": RULE_VERSION, "policy_version": policy.version, "by": by, "kind": kind.value,
        "currency": order.record.currency, "total_minor": giving.total_minor,
        "shipping_minor": giving.shipping_minor, "fee_minor": giving.fee_minor,
        "chosen": list(giving.reasons), "dues": [vars(due) for due in dues],
    })  # fmt: skip
    _undo_undecided(unit, giving, chosen)
    for line in giving.lines:
        set_line(unit, line.line_id, denied=line.denied)
    limit = policy.rules.refund_limit_minor if by == "policy" else None
    return write(unit, stored, order, kind, giving, by, limit)


def take(unit: Unit, part: Units) -> bool:
    """Count units as decided about, once; False where somebody else was first."""
    if part.grading_id is not None:
        graded = unit.changed(
            update(_grading)
            .where(_grading.c.id == part.grading_id,
                   _grading.c.settled + part.units <= _grading.c.quantity)
            .values(settled=_grading.c.settled + part.units)
        )  # fmt: skip
        if not graded:
            return False
    enough = _line.c.settled + part.units <= _line.c.authorised
    if not set_line(unit, part.line_id, enough, settled=part.units):
        raise ReturnRefusedError("the money of these units was decided about meanwhile")
    return True


def _undo_undecided(unit: Unit, giving: Giving, chosen: Sequence[Units]) -> None:
    """Leave to a person what no rule fits."""
    for line in giving.lines:
        left = line.undecided
        set_line(unit, line.line_id, settled=-left)
        for part in reversed([one for one in chosen if one.line_id == line.line_id]):
            back = min(left, part.units)
            left -= back
            if back and part.grading_id:
                rows = update(_grading).where(_grading.c.id == part.grading_id)
                unit.execute(rows.values(settled=_grading.c.settled - back))


def due_for(unit: Unit, order: StoredOrder, line: Any, chosen: Sequence[Units]) -> Due | None:
    """Give what is due for the units of one line, None where none of them are its."""
    graded = tuple((one.grade, one.units) for one in chosen if one.line_id == line.id)
    if not graded:
        return None
    ordered = tables.order_line
    external_id = unit.execute(
        select(ordered.c.external_id).where(ordered.c.id == line.order_line_id)
    ).scalar_one()
    told = next((one for one in order.record.lines if one.external_id == external_id), None)
    return Due(
        line.id, external_id, line.sku, ReturnReason(line.reason), graded,
        paid_minor=told.total_minor + told.tax_minor if told else 0,
        tax_minor=told.tax_minor if told else 0, quantity=max(told.quantity, 1) if told else 1,
        before=_before(unit, order.id, external_id),
    )  # fmt: skip


def _before(unit: Unit, order_id: str, external_id: str) -> int:
    """Units given back before: by refunds that are known, and by those agreed and not asked yet."""
    returns = tables.sales_return
    waiting = unit.execute(
        select(_money.c.lines)
        .join(returns, returns.c.id == _money.c.return_id)
        .outerjoin(tables.refund, tables.refund.c.id == _money.c.id)
        .where(returns.c.order_id == order_id, tables.refund.c.id.is_(None),
               _money.c.state.in_([*OPEN, "credited"]))
    ).scalars()  # fmt: skip
    ours = sum(
        part["units"]
        for parts in waiting
        for part in parts
        if part["line_external_id"] == external_id
    )
    return int(ours) + units_given_back(unit.connection, order_id, external_id)


def around(unit: Unit, stored: StoredReturn, order: StoredOrder) -> Around:
    """Give what counts besides the goods: what is left, shipping, the label."""
    rows, ordered = tables.sales_return, tables.order_line
    counts = unit.execute(
        select(
            func.sum(ordered.c.shipped).label("shipped"),
            func.sum(ordered.c.returned).label("returned"),
        ).where(ordered.c.order_id == order.id, ordered.c.is_kit.is_(False))
    ).one()
    earlier = unit.execute(
        select(_money.c.shipping_minor, _money.c.fee_minor, _money.c.return_id,
               _money.c.amount_minor, _money.c.state, tables.refund.c.id.label("asked"))
        .join(rows, rows.c.id == _money.c.return_id)
        .outerjoin(tables.refund, tables.refund.c.id == _money.c.id)
        .where(rows.c.order_id == order.id,
               _money.c.state.in_([*OPEN, "credited", "blocked"]))
    ).all()  # fmt: skip
    told = order.record
    shipping_tax = told.tax_minor - sum(line.tax_minor for line in told.lines)
    shipping = told.shipping_minor + (0 if told.fees_minor else max(0, shipping_tax))
    # a credit is owed like money, and no refund row says so; what is blocked goes some other way
    promised = sum(
        row.amount_minor for row in earlier if row.asked is None and row.state != "blocked"
    )
    return Around(
        left_minor=refundable(unit.connection, order.id) - promised,
        whole_order=counts.shipped == counts.returned,
        shipping_minor=max(0, shipping - sum(row.shipping_minor for row in earlier)),
        label_used=any(parcel.label_external_id for parcel in stored.parcels)
        and not any(row.fee_minor for row in earlier if row.return_id == stored.id),
    )


def write(
    unit: Unit, stored: StoredReturn, order: StoredOrder, kind: Resolution, giving: Giving,
    by: str, limit_minor: int | None,
) -> bool:  # fmt: skip
    """Keep what is to be given, and owe it where nobody has to agree first; False if nothing is."""
    lines = [line for line in giving.lines if line.units]
    if giving.total_minor <= 0:
        for line in lines:  # nothing is left to give
            set_line(unit, line.line_id, denied=line.units)
        tell(unit, stored.id, "nothing is given back: hub returns why says the reasons", by)
        return False
    waits = limit_minor is not None and giving.total_minor > limit_minor
    credit = kind == Resolution.STORE_CREDIT
    state = "awaiting_approval" if waits else "credited" if credit else "agreed"
    row_id = new_id()
    unit.execute(
        _money.insert().values(
            id=row_id, return_id=stored.id, kind=kind.value,
            state=state, amount_minor=giving.total_minor, currency=order.record.currency,
            shipping_minor=giving.shipping_minor, fee_minor=giving.fee_minor,
            lines=[_document(line) for line in lines], created_at=unit.now,
            reason="above what the hub gives back by itself" if waits else "",
            agreed_by="" if waits else by,
        )
    )  # fmt: skip
    amount = Money(minor=giving.total_minor, currency=order.record.currency)
    tell(unit, stored.id, f"{amount} {_SAID[state]}", by)
    if state == "agreed":
        owe(unit, "refund_return", row_id)
    return True


_SAID = {
    "credited": "is credited to the customer",
    "agreed": "is to be given back",
    "awaiting_approval": "is to be given back once somebody agrees",
}


def _document(line: Given) -> dict[str, Any]:
    return {
        "line_id": line.line_id, "line_external_id": line.line_external_id, "units": line.units,
        "amount_minor": line.amount_minor, "tax_minor": line.tax_minor,
    }  # fmt: skip
