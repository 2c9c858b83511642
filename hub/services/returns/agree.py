"""What a person decides about the money of a return: agree, deny, or name an amount."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from hub.domain.returns import PAYS
from hub.domain.returns_money import Due, Given, Giving
from hub.records.money import Money
from hub.records.returns import Grade, Resolution
from hub.services.context import Hub
from hub.services.returns.money import (
    DECISION,
    Units,
    around,
    due_for,
    graded_units,
    settle,
    take,
    write,
)
from hub.services.returns.rows import (
    ReturnRefusedError,
    StoredReturn,
    get_return,
    lines_named,
    lock_return,
    refresh_state,
    set_line,
    tell,
)
from hub.services.work import owe
from hub.store import tables
from hub.store.decisions import keep_decision
from hub.store.ids import new_id
from hub.store.orders import get_order
from hub.store.unit_of_work import Unit

_line = tables.return_line
_grading = tables.return_grading
_money = tables.return_refund


def agree(hub: Hub, number: str, by: str, pays_back: bool = True) -> int:
    """Let go what waits for a person's word, and pay for all that is graded; gives how many.

    What was blocked, or refused by the shop, is asked for once more. Without `pays_back` the shop
    only books it: the money went some other way. Raises `ReturnRefusedError` when nothing is due.
    """
    with hub.store.unit_of_work() as unit:
        stored = _with_order(unit, number)
        again = [_ask_again(unit, stored.id, row) for row in stored.money if _was_refused(row)]
        waiting = [row for row in stored.money if row.state in ("awaiting_approval", "blocked")]
        made = settle(unit, stored.id, by)
        if not waiting and not made and not again:
            raise ReturnRefusedError(f"nothing of {stored.row.number} is due: hub returns why")
        for row in get_return(unit.connection, stored.id).money:
            if row.state in ("awaiting_approval", "blocked", "agreed"):
                _let_go(unit, row, by, pays_back)
        refresh_state(unit, stored.id)
        return len(waiting) + len(again) + made


def _was_refused(row: Any) -> bool:
    return bool(row.state == "asked" and row.refund_state == "refused")


def _ask_again(unit: Unit, return_id: str, row: Any) -> str:
    """Ask for a refused amount as a new request; the old one stays as the shop answered it."""
    kept = {column.name: row._mapping[column.name] for column in _money.columns}
    unit.execute(update(_money).where(_money.c.id == row.id).values(state="dropped"))
    again = kept | {"id": new_id(), "state": "blocked", "created_at": unit.now}
    unit.execute(_money.insert().values(again))
    tell(unit, return_id, "what the shop refused is asked for once more", "hub")
    return str(again["id"])


def _let_go(unit: Unit, row: Any, by: str, pays_back: bool) -> None:
    credit = row.kind == Resolution.STORE_CREDIT.value
    values = {"state": "credited" if credit else "agreed", "agreed_by": by, "reason": "",
              "pays_back": pays_back}  # fmt: skip
    one = update(_money).where(_money.c.id == row.id, _money.c.state == row.state)
    if not unit.changed(one.values(values)) or row.state == "agreed":
        return  # it is owed already
    tell(unit, row.return_id, "what waited for a person is to be given back", by)
    if not credit:
        owe(unit, "refund_return", row.id)


def _with_order(unit: Unit, number: str) -> StoredReturn:
    stored = lock_return(unit, number)
    if stored.row.order_id is None:
        raise ReturnRefusedError(f"match {stored.row.number} to its order first")
    return stored


def deny(hub: Hub, number: str, sku: str, units: int, why: str, by: str) -> None:
    """Decide that nothing is given for these units. Raises `ReturnRefusedError`."""
    with hub.store.unit_of_work() as unit:
        stored = lock_return(unit, number)
        if units <= 0:
            raise ReturnRefusedError("say how many units")
        for line in lines_named(stored, sku):
            enough = _line.c.settled + units <= _line.c.authorised
            if set_line(unit, line.id, enough, settled=units, denied=units):
                break
        else:
            raise ReturnRefusedError(f"of {sku} fewer than {units} wait for a decision")
        document = {"by": by, "units": units, "sku": sku, "chosen": [why]}
        keep_decision(unit, stored.id, DECISION, "denied", document)
        tell(unit, stored.id, f"nothing is given for {units} of {sku}: {why}", by)
        refresh_state(unit, stored.id)


def grant(hub: Hub, number: str, amount_minor: int, by: str, pays_back: bool = True) -> None:
    """Give back an amount that a person names, for all units that wait for a decision.

    It is divided among the lines by what was paid for them. Raises `ReturnRefusedError` when it is
    more than is left, or nothing waits.
    """
    with hub.store.unit_of_work() as unit:
        stored = _with_order(unit, number)
        order = get_order(unit.connection, stored.row.order_id)
        lines = {line.id: line for line in stored.lines if Resolution(line.resolution) in PAYS}
        parts = [
            Units(line.id, Grade.A, line.authorised - line.settled)
            for line in lines.values()
            if line.authorised > line.settled
        ]
        left = around(unit, stored, order).left_minor
        if not parts or not 0 < amount_minor <= left:
            raise ReturnRefusedError(f"{left} (minor units) may be given, for {len(parts)} lines")
        for part in graded_units(unit, stored):
            rows = update(_grading).where(_grading.c.id == part.grading_id)
            unit.execute(rows.values(settled=_grading.c.settled + part.units))
        dues = [due for part in parts if (due := due_for(unit, order, lines[part.line_id], [part]))]
        for part in parts:
            take(unit, part)
        document = {"by": by, "total_minor": amount_minor, "chosen": ["a person named it"]}
        keep_decision(unit, stored.id, DECISION, str(amount_minor), document)
        giving = _divided(order.record.currency, amount_minor, dues)
        kind = Resolution(lines[parts[0].line_id].resolution)
        write(unit, stored, order, kind, giving, by, None)
        for row in get_return(unit.connection, stored.id).money:
            if row.state == "agreed":
                _let_go(unit, row, by, pays_back)
        refresh_state(unit, stored.id)


def _divided(currency: str, amount_minor: int, dues: Sequence[Due]) -> Giving:
    weights = [due.paid_minor * due.graded[0][1] // due.quantity for due in dues]
    whole = Money(minor=amount_minor, currency=currency)
    shares = whole.split(weights if sum(weights) else [1] * len(dues))
    lines = tuple(
        Given(due.line_id, due.line_external_id, due.graded[0][1], share.minor,
              due.tax_minor * share.minor // due.paid_minor if due.paid_minor else 0)
        for due, share in zip(dues, shares, strict=True)
    )  # fmt: skip
    return Giving(lines, 0, 0, amount_minor, ())
