"""Keeping a plan: new proposals with their reasons, and the end of those it no longer makes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import or_, select, update

from hub.domain.reorder import RULE_VERSION, Answer
from hub.records.purchase import ProposalState
from hub.records.reorder import ReorderPolicy
from hub.services.purchasing.position import Pair, planned_places, positions
from hub.services.rulebooks import InForce
from hub.store import tables
from hub.store.decisions import keep_decision
from hub.store.ids import new_id
from hub.store.unit_of_work import Store, Unit

DECISION = "reorder"
NOBODY_NEEDS_IT = "the newer plan needs none of it"
NEWER_PLAN = "a newer plan says otherwise"

_wish = tables.proposal
_BATCH = 200


@dataclass(frozen=True)
class Outlook:
    """What the plan says, before anything is written."""

    policy: InForce[ReorderPolicy]
    seen: int
    """Pairs of item and location that were looked at."""
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Planned:
    """What a plan did."""

    seen: int
    proposed: int = 0
    unchanged: int = 0
    superseded: int = 0
    expired: int = 0
    left: int = 0
    """Left to the next plan: a person has decided, or facts moved while it was made."""


def expire_proposals(unit: Unit) -> int:
    """End the proposals that nobody decided about in time; gives how many."""
    return unit.changed(
        update(_wish)
        .where(_wish.c.state == ProposalState.PROPOSED.value, _wish.c.expires_at <= unit.now)
        .values(state=ProposalState.EXPIRED.value, decided_by="hub", decided_at=unit.now)
    )


def keep_plan(store: Store, outlook: Outlook, expired: int = 0) -> Planned:
    """Keep what the plan says, a batch a commit; made twice it changes nothing."""
    counts = {"proposed": 0, "unchanged": 0, "superseded": 0, "left": 0}
    waiting = iter(outlook.answers)
    while batch := list(islice(waiting, _BATCH)):
        with store.unit_of_work() as unit:
            _keep(unit, outlook.policy, batch, counts)
    with store.unit_of_work() as unit:
        counts["superseded"] += _end_the_rest(unit, outlook.answers)
    return Planned(outlook.seen, expired=expired, **counts)


def _keep(
    unit: Unit, policy: InForce[ReorderPolicy], batch: Sequence[Answer], counts: dict[str, int]
) -> None:
    _lock(unit, {one.need.variant_id for one in batch})
    places = planned_places(unit.connection)
    position = positions(unit.connection, places, {one.need.stock_item_id for one in batch})
    standing = _standing(unit, batch)
    fresh: list[Answer] = []
    for answer in batch:
        word = _what_to_do(answer, position, standing)
        counts[word] += 1
        if word == "proposed":
            fresh.append(answer)
    for answer in fresh:
        _end(unit, answer.need.variant_id, answer.need.location_id, NEWER_PLAN)
    _propose(unit, policy, fresh)


def _lock(unit: Unit, variants: Collection[str]) -> None:
    """Let no other plan decide about these before the commit; it then finds what we proposed."""
    rows = tables.variant
    unit.execute(
        select(rows.c.id).where(rows.c.id.in_(variants)).order_by(rows.c.id).with_for_update()
    )


def _what_to_do(
    answer: Answer, position: Mapping[Pair, int], standing: Mapping[Pair, Sequence[Any]]
) -> str:
    need = answer.need
    if position.get((need.stock_item_id, need.location_id), 0) != need.position:
        return "left"  # facts moved: the next plan sees them
    rows = standing.get((need.variant_id, need.location_id), ())
    if any(_same(row, answer) for row in rows):
        return "unchanged"
    # what was accepted is about to be ordered; what a person wrote, or wants none of, stands
    decided = any(row.state != "proposed" or row.edited_by for row in rows)
    return "left" if decided else "proposed"


def _standing(unit: Unit, batch: Sequence[Answer]) -> dict[Pair, list[Any]]:
    """Give the proposals that a batch meets: open ones, and dismissals that still hold."""
    rows = unit.execute(
        select(_wish).where(
            _wish.c.variant_id.in_([one.need.variant_id for one in batch]),
            or_(_wish.c.state.in_(("proposed", "accepted")),
                (_wish.c.state == "dismissed") & (_wish.c.until > unit.now)),
        )
    )  # fmt: skip
    found: dict[Pair, list[Any]] = {}
    for row in rows:
        found.setdefault((row.variant_id, row.location_id), []).append(row)
    return found


def _same(row: Any, answer: Answer) -> bool:
    return bool(
        row.state == "proposed"
        and row.planned_quantity == answer.quantity
        and row.supplier_item_id == answer.offer.supplier_item_id
        and row.unit_price == answer.unit_price
    )


def _end(unit: Unit, variant_id: str, location_id: str, reason: str) -> int:
    return unit.changed(
        update(_wish)
        .where(_wish.c.variant_id == variant_id, _wish.c.location_id == location_id,
               _wish.c.state == "proposed", _wish.c.edited_by == "")
        .values(state=ProposalState.SUPERSEDED.value, reason=reason, decided_by="hub",
                decided_at=unit.now)
    )  # fmt: skip


def _propose(unit: Unit, policy: InForce[ReorderPolicy], answers: Sequence[Answer]) -> None:
    rows = [_row(unit, policy, answer) for answer in answers]
    if rows:
        unit.execute(_wish.insert(), rows)
    for row, answer in zip(rows, answers, strict=True):
        outcome = f"buy {answer.quantity} of {answer.offer.supplier}"
        keep_decision(unit, row["id"], DECISION, outcome, explanation(policy.version, answer))


def _row(unit: Unit, policy: InForce[ReorderPolicy], answer: Answer) -> dict[str, Any]:
    return {
        "id": new_id(), "variant_id": answer.need.variant_id,
        "stock_item_id": answer.need.stock_item_id, "location_id": answer.need.location_id,
        "supplier_item_id": answer.offer.supplier_item_id, "quantity": answer.quantity,
        "planned_quantity": answer.quantity, "unit_price": answer.unit_price,
        "currency": answer.offer.currency, "rule": answer.rule, "policy_version": policy.version,
        "expires_at": unit.now + timedelta(days=policy.rules.proposal_days),
        "created_at": unit.now,
    }  # fmt: skip


def explanation(version: int, answer: Answer) -> dict[str, Any]:
    """Give everything that an answer follows from, as it is kept beside its proposal."""
    need, offer, levels = answer.need, answer.offer, answer.levels
    return {
        "rule": answer.rule, "rule_version": RULE_VERSION, "policy_version": version,
        "settings": answer.choice, "formula": levels.formula, "note": levels.note,
        "numbers": {name: round(number, 4) for name, number in levels.numbers},
        "reorder_point": levels.reorder_point, "order_up_to": levels.order_up_to,
        "position": need.position, "missing": answer.missing, "quantity": answer.quantity,
        "demand": {
            "units": need.units, "squares": need.squares, "days_with_sales": need.sales_days,
            "days_observed": need.observed_days, "days_without_stock": need.out_days,
        },
        "supplier": {
            "code": offer.supplier, "lead_days": offer.lead_days,
            "lead_deviation": offer.lead_deviation, "fill_rate": offer.fill_rate,
            "moq": offer.terms.moq, "pack": offer.terms.pack, "currency": offer.currency,
            "prices": [list(one) for one in offer.prices],
        },
        "candidates": [list(one) for one in answer.candidates],
    }  # fmt: skip


def _end_the_rest(unit: Unit, answers: Sequence[Answer]) -> int:
    """End the proposals that this plan would no longer make; what a person edited stays."""
    wanted = {(one.need.variant_id, one.need.location_id) for one in answers}
    rows = unit.execute(
        select(_wish.c.variant_id, _wish.c.location_id).where(
            _wish.c.state == ProposalState.PROPOSED.value, _wish.c.edited_by == ""
        )
    ).all()
    return sum(
        _end(unit, row.variant_id, row.location_id, NOBODY_NEEDS_IT)
        for row in rows
        if (row.variant_id, row.location_id) not in wanted
    )
