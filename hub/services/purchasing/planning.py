"""Planning what to buy: read everything at once, let the rules answer, keep what changed."""

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, select

from hub.domain.reorder import BUILT_IN, Need, Planner
from hub.domain.reorder.rules import Rule
from hub.records.reorder import ReorderPolicy
from hub.sdk.containment import contain
from hub.services.context import Hub
from hub.services.purchasing.demand import count_demand, keep_demand
from hub.services.purchasing.demand_sums import History
from hub.services.purchasing.incoming import watch_late
from hub.services.purchasing.keeping import Outlook, Planned, expire_proposals, keep_plan
from hub.services.purchasing.offers import Lead, leads_by_variant, offers_of
from hub.services.purchasing.position import Pair, Place, in_parts, planned_places, positions
from hub.services.rulebooks import rules_in_force
from hub.store import tables
from hub.store.jobs import RunningJob
from hub.store.rhythm import Rhythm

DAILY = Rhythm(cron="10 4 * * *")
"""When the engine plans; a person may choose another hour with `hub schedule set`."""


def plan_reorders(hub: Hub, job: RunningJob) -> None:
    """Make the plan anew: the job behind the schedule."""
    done = plan(hub)
    with hub.store.unit_of_work() as unit:
        job.finish(
            unit, "ok" if done.proposed or done.superseded or done.expired else "no_change",
            {"seen": done.seen, "created": done.proposed, "unchanged": done.unchanged,
             "updated": done.superseded + done.expired, "skipped": done.left},
        )  # fmt: skip


def plan(hub: Hub) -> Planned:
    """Count demand, plan every item and keep the proposals; made twice it changes nothing."""
    with hub.store.reading() as database:
        if not planned_places(database):
            return Planned(0)
        days = rules_in_force(database, ReorderPolicy).rules.history_days
        counted = count_demand(database, hub.store.clock(), days)
    with hub.store.unit_of_work() as unit:
        keep_demand(unit, counted)
        expired = expire_proposals(unit)
        watch_late(unit)
    return keep_plan(hub.store, foresee(hub), expired)


def foresee(hub: Hub) -> Outlook:
    """Say what would be proposed, by demand as it was last counted; writes nothing."""
    today = hub.store.clock().date().toordinal()
    with hub.store.reading() as database:
        policy = rules_in_force(database, ReorderPolicy)
        places = planned_places(database)
        if not places:
            return Outlook(policy, 0, ())
        planner = Planner(policy.rules, _rules(hub))
        leads = leads_by_variant(database, policy.rules)
        history = History(database, today, policy.rules.history_days)
        seen, short = 0, []
        for need in _needs(database, places, leads, history, positions(database, places)):
            seen += 1
            if _runs_short(planner, need, leads[need.variant_id]):
                short.append(need)
        offers = offers_of(database, {need.variant_id for need in short}, policy.rules)
    answers = (planner.answer(need, offers[need.variant_id]) for need in short)
    return Outlook(policy, seen, tuple(answer for answer in answers if answer))


def _runs_short(planner: Planner, need: Need, leads: Sequence[Lead]) -> bool:
    """Look at lead times first: of most items there is enough, whatever anybody asks for them."""
    return not all([planner.enough(need, *lead) for lead in leads])


def _needs(
    database: Connection, places: Sequence[Place], variants: Container[str], history: History,
    position: Mapping[Pair, int],
) -> Iterator[Need]:  # fmt: skip
    """Give the pairs to be planned: what somebody sells, where it is known; else at the first."""
    variant, promise = tables.variant, tables.stock_promise
    rows = in_parts(
        database,
        select(variant.c.id, variant.c.stock_item_id, variant.c.sku)
        .join(promise, promise.c.stock_item_id == variant.c.stock_item_id)
        .where(promise.c.tracked, variant.c.kind == "simple")
        .order_by(variant.c.sku),
    )
    seen: set[str] = set()
    for variant_id, item, sku in rows:
        if variant_id not in variants or item in seen:
            continue  # variants that share a pool are bought once
        seen.add(item)
        anywhere = False
        for place in places:
            pair = (item, place.id)
            if pair in position or history.known(pair):
                anywhere = True
                yield Need(variant_id, item, sku, place.id, place.code, position.get(pair, 0),
                           *history.of(pair))  # fmt: skip
        if not anywhere:
            home = places[0]
            yield Need(variant_id, item, sku, home.id, home.code, 0, *history.of((item, home.id)))


def check_rules(hub: Hub, policy: ReorderPolicy) -> None:
    """Raise `UnknownRuleError` for a rule that neither the hub nor a plugin brings."""
    Planner(policy, _rules(hub))


def _rules(hub: Hub) -> Mapping[str, Rule]:
    return {
        **BUILT_IN,
        **{rule.name: _contained(rule.name, rule.levels) for rule in hub.registry.reorder_rules()},
    }


def _contained(name: str, rule: Rule) -> Rule:
    return partial(contain, f"the reorder rule {name}", rule)
