"""Asking the refunding service for what a return gives back: once, whatever happens between."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from hub.records.payment import RefundLine
from hub.records.ticket import ExceptionKind
from hub.services.context import Hub
from hub.services.orders.refunding import (
    RefundPlan,
    RefundRefusedError,
    RefundsBeingReadError,
    ask_refund,
    check_shop,
    refundable,
)
from hub.services.returns.rows import lock_return, refresh_state, tell
from hub.services.tickets.exceptions import close_exception, open_exception
from hub.store import tables
from hub.store.jobs import JobResult, RunningJob, Snooze
from hub.store.orders import StoredOrder, get_order
from hub.store.unit_of_work import Unit

SHORTLY = timedelta(seconds=30)

_money = tables.return_refund
_return = tables.sales_return


def refund_return(hub: Hub, job: RunningJob) -> JobResult:
    """Ask for an agreed amount; the row's id is the request, so twice asked is once asked."""
    with hub.store.reading() as database:
        row = database.execute(
            select(_money, _return.c.order_id, _return.c.number)
            .join(_return, _return.c.id == _money.c.return_id)
            .where(_money.c.id == job.subject)
        ).one()
        if row.state != "agreed":
            return JobResult("no_change")
        order = get_order(database, row.order_id)
        left = refundable(database, order.id)
    try:
        check_shop(hub, order)
        reason = f"return {row.number}"
        ask_refund(hub, _plan(order, row, left), reason, row.id, pays_back=row.pays_back)
    except RefundsBeingReadError as error:
        raise Snooze(hub.store.clock() + SHORTLY, str(error)) from None
    except RefundRefusedError as error:
        return _blocked(hub, row, str(error))
    with hub.store.unit_of_work() as unit:
        asked = update(_money).where(_money.c.id == row.id, _money.c.state == "agreed")
        unit.execute(asked.values(state="asked"))
        close_exception(unit, ExceptionKind.RETURN_REFUND_BLOCKED, row.return_id, "asked for")
        refresh_state(unit, row.return_id)
    return JobResult("ok")


def _plan(order: StoredOrder, row: Any, left: int) -> RefundPlan:
    known = {line.external_id for line in order.record.lines}
    lines = tuple(
        RefundLine(
            line_external_id=part["line_external_id"], quantity=part["units"],
            amount_minor=part["amount_minor"], tax_minor=part["tax_minor"],
        )
        for part in row.lines
        if part["line_external_id"] in known
    )  # fmt: skip
    return RefundPlan(order.id, order.number, row.currency, row.amount_minor, lines, left)


def _blocked(hub: Hub, row: Any, why: str) -> JobResult:
    """Leave it to a person: `hub returns refund` asks once more."""
    with hub.store.unit_of_work() as unit:
        kept = update(_money).where(_money.c.id == row.id, _money.c.state == "agreed")
        if unit.changed(kept.values(state="blocked", reason=why)):
            tell(unit, row.return_id, f"the money cannot be given back: {why}", "refunding")
            sentence = f"{row.number}: {why}"
            kind = ExceptionKind.RETURN_REFUND_BLOCKED
            open_exception(unit, kind, row.return_id, sentence, row.order_id)
        refresh_state(unit, row.return_id)
    return JobResult("business_failure")


def look_at_return(hub: Hub, job: RunningJob) -> None:
    """A refund was made or refused: say so in the return it belongs to, if it belongs to one."""
    with hub.store.unit_of_work() as unit:
        return_id = unit.execute(
            select(_money.c.return_id).where(_money.c.id == job.subject)
        ).scalar()
        if return_id is None:
            return job.finish(unit, "no_change")
        stored = lock_return(unit, str(return_id))
        fate = next(row.refund_state for row in stored.money if row.id == job.subject)
        tell(unit, stored.id, f"the refund is {fate}", "shop")
        _tell_a_person(unit, stored.id, job.subject, fate)
        refresh_state(unit, stored.id)
        job.finish(unit)


def _tell_a_person(unit: Unit, return_id: str, refund_id: str, fate: str) -> None:
    """A refund that the shop refuses waits for a person; one that was made needs nobody."""
    kind = ExceptionKind.RETURN_REFUND_BLOCKED
    if fate != "refused":
        close_exception(unit, kind, return_id, f"the refund is {fate}")
        return
    effect = tables.effect
    row = unit.execute(
        select(_return.c.number, _return.c.order_id).where(_return.c.id == return_id)
    ).one()
    reason = unit.execute(
        select(effect.c.reason)
        .where(effect.c.subject_id == refund_id)
        .order_by(effect.c.id.desc())
        .limit(1)
    ).scalar()
    sentence = f"{row.number}: the shop refused the refund: {reason or 'without a reason'}"
    open_exception(unit, kind, return_id, sentence, row.order_id)
