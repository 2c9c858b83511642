"""Routing an order: its promise becomes allocations, and a label is owed for each parcel."""

from typing import Any

from sqlalchemy import select

from hub.domain.routing import OF_TODAY, route
from hub.domain.routing.day import next_day, zone_of
from hub.records.connection import ConnectionState
from hub.records.events import EventKind
from hub.records.order import ChannelState, HoldReason
from hub.records.payment import Verdict
from hub.records.plan import RoutingPlan, RoutingRequest
from hub.records.routing_policy import WhenShort
from hub.services.context import Hub
from hub.services.orders.holds import open_holds, place_hold
from hub.services.orders.refund_notes import apply_refunds
from hub.services.orders.routing_facts import routing_candidates, routing_request, rules_brought
from hub.services.orders.work_given import carry_out
from hub.services.shipping.parcel_orders import seller_for
from hub.services.work import draft
from hub.store import tables
from hub.store.connections import Connected, get_connection
from hub.store.decisions import keep_decision
from hub.store.jobs import RunningJob, insert_jobs
from hub.store.orders import StoredOrder, get_order, lock_order, refresh_phase
from hub.store.unit_of_work import Unit

ROUTING = "routing"
"""The kind of these decisions, and the name that places and lifts their holds."""


def route_order(hub: Hub, job: RunningJob) -> None:
    """Route what is reserved, if nothing stands against it; otherwise the order waits as it is."""
    with hub.store.unit_of_work() as unit:
        lock_order(unit, job.subject)  # another address must not land while it is routed
        # Holds first: whoever lifts one has stored what it was for.
        held = open_holds(unit, job.subject)
        order = apply_refunds(unit, get_order(unit.connection, job.subject))
        outcome = "no_change"
        if not held and _may_ship(unit, order):
            request = routing_request(unit, order)
            if request.lines and _ships_now(order, request):
                outcome = _route(unit, hub, order, request)
        job.finish(unit, outcome)


def _may_ship(unit: Unit, order: StoredOrder) -> bool:
    shop = get_connection(unit.connection, order.connection_id)
    return (
        shop.writes
        and order.channel_state == ChannelState.OPEN
        and order.verdict == Verdict.PASSED
        and not open_holds(unit, order.id)
    )


def _ships_now(order: StoredOrder, request: RoutingRequest) -> bool:
    """An order that ships together waits for its last unit; only a line nobody can map stays."""
    short = any(line.counters.unpromised > 0 for line in order.lines if line.stock_item_id)
    return not short or request.policy.when_short == WhenShort.SHIP


def _route(unit: Unit, hub: Hub, order: StoredOrder, request: RoutingRequest) -> str:
    carrier = seller_for(hub, unit, order)
    if carrier is None:
        note = "no carrier with writes on sells labels: connect one, or switch it on, then release"
        return _hold(unit, order, HoldReason.POLICY, note)
    if carrier.state != ConnectionState.ACTIVE:
        return _wait_for(unit, order, carrier)
    candidates = routing_candidates(unit, request)
    plan = route(request, candidates, rules_brought(hub.registry))
    document = {
        "request": request.to_document(),
        "candidates": [candidate.to_document() for candidate in candidates],
        "plan": plan.to_document(),
    }
    _keep(unit, order, _outcome(plan), document)
    if plan.short:
        _look_again_tomorrow(unit, order, request, plan)
    if not plan.allocations and _is_under_way(order):
        return "no_change"  # a hold would stop its other parcels; stock that comes brings it back
    if not plan.allocations:
        return _hold(unit, order, HoldReason.STOCK, _why_short(plan))
    carry_out(unit, hub.policy, order.id, plan, carrier.id)
    unit.record(EventKind.ORDER_ROUTED, order.id, order.connection_id)
    refresh_phase(unit, [order.id])
    return "partial" if plan.short else "ok"


def _wait_for(unit: Unit, order: StoredOrder, carrier: Connected) -> str:
    """Leave the order as it is: it goes on by itself when its carrier is back."""
    reason = f"{carrier.code} is {carrier.state}; the order goes on when it is back"
    _keep(unit, order, "waiting", {"reason": reason})
    return "no_change"


def _hold(unit: Unit, order: StoredOrder, reason: HoldReason, note: str) -> str:
    place_hold(unit, order.id, reason, note, by=ROUTING)
    refresh_phase(unit, [order.id])
    return "business_failure"


def _is_under_way(order: StoredOrder) -> bool:
    return any(line.counters.allocated or line.counters.shipped for line in order.lines)


def _outcome(plan: RoutingPlan) -> str:
    if not plan.short:
        return "routed"
    return "routed in part" if plan.allocations else "short"


def _why_short(plan: RoutingPlan) -> str:
    return "no open location has it all: " + "; ".join(plan.missing)


def _keep(unit: Unit, order: StoredOrder, outcome: str, document: dict[str, Any]) -> None:
    """Keep a decision, unless the last one about this order was the same in every respect."""
    rows = tables.decision
    last = unit.execute(
        select(rows.c.outcome, rows.c.document)
        .where(rows.c.subject_id == order.id, rows.c.kind == ROUTING)
        .order_by(rows.c.id.desc()).limit(1)
    ).first()  # fmt: skip
    if last is None or (last.outcome, last.document) != (outcome, document):
        keep_decision(unit, order.id, ROUTING, outcome, document)


def _look_again_tomorrow(
    unit: Unit, order: StoredOrder, request: RoutingRequest, plan: RoutingPlan
) -> None:
    """Where only today stands against a location, no event would bring the order back."""
    if any(no.stage in OF_TODAY for no in plan.rejected):
        at = next_day(unit.now, zone_of(request.policy))
        insert_jobs(unit, [draft("accept_order", order.id, run_at=at)])
