"""Routing decisions looked back on: what was chosen and why, made again, or made otherwise."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.domain.routing import Rules
from hub.records.routing_policy import RoutingPolicy
from hub.reports.replay import Verdict, inputs_of, replayed, under
from hub.store import tables

_decision = tables.decision
_order = tables.sales_order


@dataclass(frozen=True)
class Decided:
    """One decision about where an order ships from."""

    id: str
    order: str
    at: datetime
    outcome: str
    document: Mapping[str, Any]


def decisions_about(database: Connection, order_id: str) -> list[Decided]:
    """Give every routing decision about one order, the newest first."""
    return list(_decided(database, _decision.c.subject_id == order_id))


def last_plans(
    database: Connection, since: datetime | None = None, limit: int | None = None
) -> Iterator[Decided]:
    """Give the decisions that made a plan, the newest first."""
    recent = [_decision.c.at >= since] if since else []
    plans = (one for one in _decided(database, *recent) if "plan" in one.document)
    for count, one in enumerate(plans):
        if limit is not None and count >= limit:
            return
        yield one


def _decided(database: Connection, *which: Any) -> Iterator[Decided]:
    rows = database.execute(
        select(_decision, _order.c.number)
        .join(_order, _order.c.id == _decision.c.subject_id)
        .where(_decision.c.kind == "routing", *which)
        .order_by(_decision.c.id.desc())
        .execution_options(yield_per=500)
    )
    for row in rows:
        yield Decided(row.id, row.number, row.at, row.outcome, row.document)


@dataclass
class Replay:
    """Decisions made again: how many by verdict, and those that came out otherwise."""

    counts: Counter[Verdict] = field(default_factory=Counter)
    different: list[Decided] = field(default_factory=list)
    other_rules: list[Decided] = field(default_factory=list)


def replay(decisions: Iterable[Decided], rules: Rules) -> Replay:
    """Make every decision again from what was kept of it, and compare."""
    told = Replay()
    lists = {Verdict.DIFFERENT: told.different, Verdict.OTHER_RULES: told.other_rules}
    for one in decisions:
        verdict = replayed(one.document, rules)
        told.counts[verdict] += 1
        if verdict in lists:
            lists[verdict].append(one)
    return told


@dataclass(frozen=True)
class Change:
    """An order that another policy would ship otherwise."""

    order: str
    before: Mapping[str, int]
    """Units by location code."""
    after: Mapping[str, int]


@dataclass
class Trial:
    """What another policy would have made of the same orders and the same stock."""

    orders: int = 0
    not_kept: int = 0
    parcels_before: int = 0
    parcels_after: int = 0
    short_before: int = 0
    """Units that stayed behind."""
    short_after: int = 0
    points_before: int = 0
    """What the plans that were made would cost at the new prices, where both can be compared."""
    points_after: int = 0
    changes: list[Change] = field(default_factory=list)


def trial(decisions: Iterable[Decided], policy: RoutingPolicy, rules: Rules) -> Trial:
    """Plan these orders as another policy would have it. Raises `UnknownStageError`."""
    told = Trial()
    for one in decisions:
        inputs = inputs_of(one.document)
        if inputs is None:
            told.not_kept += 1
            continue
        kept, plan = one.document["plan"], under(inputs, policy, rules).to_document()
        codes = {place.location_id: place.code for place in inputs.candidates}
        before, after = _units(kept, codes), _units(plan, codes)
        told.orders += 1
        told.parcels_before += len(before)
        told.parcels_after += len(after)
        told.short_before += _short(kept)
        told.short_after += _short(plan)
        points = _points(before, plan)
        if points is not None and sum(before.values()) == sum(after.values()):
            told.points_before += points
            told.points_after += plan["cost"]
        if before != after:
            told.changes.append(Change(one.order, before, after))
    return told


def _units(plan: Mapping[str, Any], codes: Mapping[str, str]) -> dict[str, int]:
    units: dict[str, int] = {}
    for part in plan["allocations"]:
        code = codes[part["location_id"]]
        units[code] = units.get(code, 0) + part["quantity"]
    return dict(sorted(units.items()))


def _short(plan: Mapping[str, Any]) -> int:
    return sum(line["quantity"] for line in plan["short"])


def _points(units: Mapping[str, int], plan: Mapping[str, Any]) -> int | None:
    """Price another plan's parcels by this plan's costs; None where it uses a barred location."""
    costs = {cost["location"]: cost for cost in plan["costs"]}
    if not costs.keys() >= units.keys():
        return None
    return sum(costs[code]["parcel"] + costs[code]["unit"] * count for code, count in units.items())
