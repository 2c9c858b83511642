"""Grading: how good a returned unit is; what becomes of it follows, and the money after that."""

from typing import Any

from sqlalchemy import func, select

from hub.domain.returns_policy import RULE_VERSION, disposition_for
from hub.records.return_policy import RefundAt
from hub.records.returns import Disposition, Grade, ReturnReason
from hub.services.context import Hub
from hub.services.returns.dispose import dispose_in
from hub.services.returns.money import settle
from hub.services.returns.replacement import let_go
from hub.services.returns.rows import (
    ReturnRefusedError,
    StoredReturn,
    get_return,
    lines_named,
    lock_return,
    policy_of,
    refresh_state,
    set_line,
    tell,
)
from hub.store import tables
from hub.store.decisions import keep_decision
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

DECISION = "return_grading"

_line = tables.return_line
_grading = tables.return_grading
_receipt = tables.return_receipt


def grade(
    hub: Hub, number: str, sku: str, found: Grade, units: int, by: str,
    disposition: Disposition | None = None, why: str = "",
) -> str:  # fmt: skip
    """Grade units that came; gives the id of the grading.

    The policy says what becomes of them; another `disposition` needs a reason (`why`). Raises
    `ReturnRefusedError`.
    """
    with hub.store.unit_of_work() as unit:
        stored = lock_return(unit, number)
        line = next(
            (one for one in lines_named(stored, sku) if one.received - one.graded >= units), None
        )
        if line is None or units <= 0:
            raise ReturnRefusedError(f"of {sku} not {units} in one line wait to be graded")
        grading = _write(unit, stored, line, found, units, by, why)
        policy = policy_of(unit.connection)
        suggested = disposition_for(policy.rules, found, ReturnReason(line.reason))
        document = {
            "rule": RULE_VERSION, "policy_version": policy.version, "sku": line.sku,
            "units": units, "grade": found.value, "reason": line.reason, "by": by,
            "chosen": [f"grade {found}, {line.reason}: {suggested}"],
        }  # fmt: skip
        keep_decision(unit, stored.id, DECISION, suggested.value, document)
        adopted = stored.row.order_id is not None and not line.unexpected
        if disposition is not None or (policy.rules.dispose_at_once and adopted):
            dispose_in(unit, stored, grading, disposition or suggested, suggested, units, why, by)
        after_grading(unit, stored.id)
        return str(grading.id)


def _write(
    unit: Unit, stored: StoredReturn, line: Any, found: Grade, units: int, by: str, note: str
) -> Any:
    grading_id = new_id()
    place = _where(unit, line.id, units)
    if not set_line(unit, line.id, _line.c.graded + units <= _line.c.received, graded=units):
        raise ReturnRefusedError("these units were graded meanwhile")
    unit.execute(
        _grading.insert().values(
            id=grading_id, return_line_id=line.id, location_id=place, grade=found.value,
            quantity=units, by=by, note=note, at=unit.now,
        )
    )  # fmt: skip
    tell(unit, stored.id, f"{units} of {line.sku or line.title} graded {found}", by)
    return unit.execute(select(_grading).where(_grading.c.id == grading_id)).one()


def _where(unit: Unit, line_id: str, units: int) -> str:
    """Give the place where so many ungraded units of a line lie."""
    came = unit.execute(
        select(_receipt.c.location_id, func.sum(_receipt.c.quantity).label("units"))
        .where(_receipt.c.return_line_id == line_id, _receipt.c.location_id.is_not(None))
        .group_by(_receipt.c.location_id).order_by(_receipt.c.location_id)
    ).all()  # fmt: skip
    graded = {
        row.location_id: int(row.units)
        for row in unit.execute(
            select(_grading.c.location_id, func.sum(_grading.c.quantity).label("units"))
            .where(_grading.c.return_line_id == line_id)
            .group_by(_grading.c.location_id)
        )
    }
    for row in came:
        if int(row.units) - graded.get(row.location_id, 0) >= units:
            return str(row.location_id)
    raise ReturnRefusedError(f"{units} ungraded units lie at no one place: grade fewer at a time")


def after_grading(unit: Unit, return_id: str) -> None:
    """Let follow what the policy has waiting for the grades, once all that comes is graded."""
    stored = get_return(unit.connection, return_id)
    policy = policy_of(unit.connection).rules
    goods = [stored.goods(line) for line in stored.lines]
    whole = all(one.outstanding == 0 and one.graded == one.received for one in goods)
    if whole and policy.refund_at == RefundAt.GRADED:
        settle(unit, return_id, by="policy")
    if whole and policy.exchange_ships_at == RefundAt.GRADED:
        let_go(unit, stored, by="policy")
    refresh_state(unit, return_id)
