"""Returns as people ask for them: lists, one with its whole story and reasons, and past cases."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.domain.returns_policy import Asked
from hub.domain.returns_simulation import Case, GradedCase
from hub.records.money import Money
from hub.records.returns import Condition, Grade, ReturnReason
from hub.store import tables

_return = tables.sales_return
_line = tables.return_line
_decision = tables.decision


@dataclass(frozen=True)
class ReturnRow:
    """One line of the list of returns."""

    number: str
    order: str
    state: str
    requested_at: datetime
    expires_at: datetime | None
    units: int
    question: str


def list_returns(
    database: Connection, state: str = "", order_id: str = "", limit: int = 50
) -> list[ReturnRow]:
    """List returns, the newest first, of one state or of one order."""
    order = tables.sales_order
    units = (
        select(func.coalesce(func.sum(_line.c.asked + _line.c.unexpected), 0))
        .where(_line.c.return_id == _return.c.id)
        .scalar_subquery()
    )
    query = (
        select(_return, order.c.number.label("order_number"), units.label("units"))
        .outerjoin(order, order.c.id == _return.c.order_id)
        .order_by(_return.c.requested_at.desc(), _return.c.id.desc())
        .limit(limit)
    )
    if state:
        query = query.where(_return.c.state == state)
    if order_id:
        query = query.where(_return.c.order_id == order_id)
    return [
        ReturnRow(row.number, row.order_number or "", row.state, row.requested_at, row.expires_at,
                  int(row.units), row.question)
        for row in database.execute(query)
    ]  # fmt: skip


@dataclass(frozen=True)
class Told:
    """One sentence of the story of a return."""

    at: datetime
    what: str
    by: str


def story_of(database: Connection, return_id: str) -> list[Told]:
    """Give the story of a return, oldest first."""
    rows = tables.return_event
    query = select(rows).where(rows.c.return_id == return_id).order_by(rows.c.id)
    return [Told(row.at, row.what, row.by) for row in database.execute(query)]


@dataclass(frozen=True)
class Reasons:
    """One automatic decision about a return: what was answered, by which rules, and why."""

    at: datetime
    kind: str
    outcome: str
    rule: str
    policy_version: int | None
    because: tuple[str, ...]


def reasons_for(database: Connection, return_id: str) -> list[Reasons]:
    """Give every decision about a return with its reasons, oldest first."""
    query = select(_decision).where(_decision.c.subject_id == return_id).order_by(_decision.c.id)
    return [
        Reasons(
            row.at, row.kind, row.outcome, row.document.get("rule", "a person"),
            row.document.get("policy_version"), tuple(_because(row.document)),
        )
        for row in database.execute(query)
    ]  # fmt: skip


def _because(document: dict[str, Any]) -> Iterator[str]:
    for check in document.get("checks", []):
        mark = {True: "yes", False: "no", None: "cannot be told"}[check["passed"]]
        yield f"{check['name']}: {mark}, {check['reason']}"
    yield from document.get("chosen", [])


@dataclass(frozen=True)
class Payment:
    """Money given, or to be given, for a return."""

    id: str
    kind: str
    state: str
    amount: Money
    reason: str
    agreed_by: str


def payments_of(database: Connection, return_id: str) -> list[Payment]:
    """Give what was decided about the money of a return, with what became of it."""
    rows, refund = tables.return_refund, tables.refund
    query = (
        select(rows, refund.c.state.label("refund_state"))
        .outerjoin(refund, refund.c.id == rows.c.id)
        .where(rows.c.return_id == return_id)
        .order_by(rows.c.id)
    )
    return [
        Payment(
            row.id, row.kind, row.refund_state or row.state,
            Money(minor=row.amount_minor, currency=row.currency), row.reason, row.agreed_by,
        )
        for row in database.execute(query)
    ]  # fmt: skip


def past_cases(database: Connection) -> list[Case]:
    """Give every past request and grading as it was asked of the policy then."""
    graded: dict[str, list[GradedCase]] = {}
    for row in _gradings(database):
        graded.setdefault(row.return_id, []).append(
            GradedCase(
                Grade(row.grade), ReturnReason(row.reason), row.quantity,
                _price(row.document, row.external_id), row.currency,
            )
        )  # fmt: skip
    return [
        Case(
            row.number, row.outcome,
            tuple(_asked(part) for part in row.document["asked"]),
            row.document.get("days"), tuple(graded.get(row.id, ())),
        )
        for row in _requests(database)
    ]  # fmt: skip


def _requests(database: Connection) -> list[Any]:
    query = (
        select(_return.c.id, _return.c.number, _decision.c.outcome, _decision.c.document)
        .join(_decision, _decision.c.subject_id == _return.c.id)
        .where(_decision.c.kind == "return")
        .order_by(_decision.c.id)
    )
    return list(database.execute(query))


def _gradings(database: Connection) -> list[Any]:
    grading, order, ordered = tables.return_grading, tables.sales_order, tables.order_line
    query = (
        select(_line.c.return_id, _line.c.reason, grading.c.grade, grading.c.quantity,
               order.c.document, order.c.currency, ordered.c.external_id)
        .join(_line, _line.c.id == grading.c.return_line_id)
        .join(ordered, ordered.c.id == _line.c.order_line_id)
        .join(order, order.c.id == ordered.c.order_id)
        .order_by(grading.c.id)
    )  # fmt: skip
    return list(database.execute(query))


def _price(document: dict[str, Any], external_id: str) -> int:
    """Give what was paid for one unit of a line, with tax, in minor units."""
    for line in document["lines"]:
        if line["external_id"] == external_id and line["quantity"]:
            return int((line["total_minor"] + line["tax_minor"]) // line["quantity"])
    return 0


def _asked(part: dict[str, Any]) -> Asked:
    return Asked(
        part["sku"], part["units"], part["left"], part["value_minor"],
        ReturnReason(part["reason"]), Condition(part["condition"]),
    )  # fmt: skip
