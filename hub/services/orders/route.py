"""Routing an order: its promise becomes allocations, and a label is owed for each parcel."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from hub.domain.packing import parcel_weight_g
from hub.domain.routing import STAGES, route
from hub.records.connection import ConnectionState, Family
from hub.records.events import EventKind
from hub.records.order import ChannelState, HoldReason
from hub.records.payment import Verdict
from hub.records.plan import RoutingCandidate, RoutingLine, RoutingPlan
from hub.sdk.capabilities import BuyLabel
from hub.services.context import Hub
from hub.services.effects.effect_kinds import LABEL
from hub.services.orders.holds import open_holds, place_hold
from hub.services.orders.refund_notes import apply_refunds
from hub.services.work import owe
from hub.store import effects, ledger, tables
from hub.store.connections import Connected, get_connection, list_connections
from hub.store.decisions import keep_decision
from hub.store.ids import new_id
from hub.store.jobs import RunningJob
from hub.store.ledger import Placement
from hub.store.orders import StoredOrder, get_order, refresh_phase
from hub.store.unit_of_work import Unit


def route_order(hub: Hub, job: RunningJob) -> None:
    """Route what is reserved, if nothing stands against it; otherwise the order waits as it is."""
    with hub.store.unit_of_work() as unit:
        # Holds first: whoever lifts one has stored what it was for.
        held = open_holds(unit, job.subject)
        order = apply_refunds(unit, get_order(unit.connection, job.subject))
        outcome = "no_change"
        if not held and _may_ship(unit, order) and (lines := _lines_to_route(order)):
            outcome = _route(unit, hub, order, lines)
        job.finish(unit, outcome)


def _may_ship(unit: Unit, order: StoredOrder) -> bool:
    shop = get_connection(unit.connection, order.connection_id)
    short = any(line.counters.unpromised > 0 for line in order.lines if line.stock_item_id)
    return (
        shop.writes
        and order.channel_state == ChannelState.OPEN
        and order.verdict == Verdict.PASSED
        and not open_holds(unit, order.id)
        and not short  # an order ships together; only a line nobody can map stays behind
    )


def _lines_to_route(order: StoredOrder) -> list[RoutingLine]:
    return [
        RoutingLine(
            order_line_id=line.id, stock_item_id=line.stock_item_id, sku=line.sku,
            quantity=line.counters.reserved,
        )
        for line in order.lines
        if line.stock_item_id and line.counters.reserved > 0
    ]  # fmt: skip


def _route(unit: Unit, hub: Hub, order: StoredOrder, lines: Sequence[RoutingLine]) -> str:
    sellers = _sellers(hub, unit)
    carrier = next((one for one in sellers if one.state == ConnectionState.ACTIVE), None)
    if sellers and carrier is None:
        return _wait_for(unit, order, sellers[0])
    if carrier is None:
        note = "no carrier with writes on sells labels: connect one, or switch it on, then release"
        place_hold(unit, order.id, HoldReason.POLICY, note, by="routing")
        refresh_phase(unit, [order.id])
        return "business_failure"
    candidates = _candidates(unit, lines)
    stages = {**STAGES, **{rule.name: rule.stage for rule in hub.registry.routing_rules()}}
    plan = route(lines, candidates, order.ship_country, hub.policy, stages)
    _keep(unit, order, lines, candidates, plan)
    if plan.short:
        place_hold(unit, order.id, HoldReason.STOCK, "no open location has it all", by="routing")
        refresh_phase(unit, [order.id])
        return "business_failure"
    _carry_out(unit, hub, order, plan, carrier)
    unit.record(EventKind.ORDER_ROUTED, order.id, order.connection_id)
    refresh_phase(unit, [order.id])
    return "ok"


def _sellers(hub: Hub, unit: Unit) -> list[Connected]:
    """The connected carriers that may sell labels, in use or not; rate shopping joins here."""
    return [
        carrier
        for carrier in list_connections(unit.connection, Family.CARRIER)
        if carrier.writes and carrier.state != ConnectionState.DISABLED
        and BuyLabel in hub.registry.connector(carrier.connector).provides
    ]  # fmt: skip


def _wait_for(unit: Unit, order: StoredOrder, carrier: Connected) -> str:
    """Leave the order as it is: it goes on by itself when its carrier is back."""
    reason = f"{carrier.code} is {carrier.state}; the order goes on when it is back"
    keep_decision(unit, order.id, "routing", "waiting", {"reason": reason})
    return "no_change"


def _candidates(unit: Unit, lines: Sequence[RoutingLine]) -> list[RoutingCandidate]:
    level, promise, place = tables.stock_level, tables.stock_promise, tables.location
    items = [line.stock_item_id for line in lines]
    needed = Counter[str]()
    for line in lines:
        needed[line.stock_item_id] += line.quantity
    uncounted = set(
        unit.execute(
            select(promise.c.stock_item_id)
            .where(promise.c.stock_item_id.in_(items), promise.c.tracked.is_(False))
        ).scalars()
    )  # fmt: skip
    free: dict[str, dict[str, int]] = {}
    for row in unit.execute(select(level).where(level.c.stock_item_id.in_(items))):
        free.setdefault(row.location_id, {})[row.stock_item_id] = row.on_hand - row.allocated
    return [
        RoutingCandidate(
            location_id=row.id, code=row.code, state=row.state, country=row.country,
            priority=row.priority,
            available={**free.get(row.id, {}), **{item: needed[item] for item in uncounted}},
        )
        for row in unit.execute(select(place).order_by(place.c.priority, place.c.code))
    ]  # fmt: skip


def _keep(
    unit: Unit, order: StoredOrder, lines: Sequence[RoutingLine],
    candidates: Sequence[RoutingCandidate], plan: RoutingPlan,
) -> None:  # fmt: skip
    document: dict[str, Any] = {
        "lines": [line.to_document() for line in lines],
        "candidates": [candidate.to_document() for candidate in candidates],
        "plan": plan.to_document(),
    }
    keep_decision(unit, order.id, "routing", "short" if plan.short else "routed", document)


def _carry_out(
    unit: Unit, hub: Hub, order: StoredOrder, plan: RoutingPlan, carrier: Connected
) -> None:
    by_location: dict[str, list[Placement]] = {}
    for part in plan.allocations:
        placement = Placement(
            part.order_line_id, part.stock_item_id, part.location_id, part.quantity
        )
        by_location.setdefault(part.location_id, []).append(placement)
    for location_id, placements in by_location.items():
        _give_work(unit, hub, order, location_id, placements, carrier)
    for line in {part.order_line_id for part in plan.allocations}:
        ledger.consume_reservation(unit, line)


def _give_work(
    unit: Unit, hub: Hub, order: StoredOrder, location_id: str, placements: Sequence[Placement],
    carrier: Connected,
) -> None:  # fmt: skip
    """Give one location its part: allocations, work, a draft shipment, an owed label."""
    work_id, shipment_id = new_id(), new_id()
    unit.execute(
        tables.fulfilment_order.insert().values(
            id=work_id, order_id=order.id, location_id=location_id, created_at=unit.now
        )
    )
    facts = _item_facts(unit, placements)
    for placement in placements:
        ledger.allocate(unit, placement, work_id, tracked=facts[placement.stock_item_id][0])
    weight = parcel_weight_g(
        [(place.quantity, facts[place.stock_item_id][1]) for place in placements], hub.policy
    )
    unit.execute(
        tables.shipment.insert().values(
            id=shipment_id, order_id=order.id, fulfilment_order_id=work_id,
            location_id=location_id, connection_id=carrier.id, weight_g=weight,
            created_at=unit.now,
        )
    )  # fmt: skip
    unit.execute(
        tables.shipment_line.insert(),
        [
            {"shipment_id": shipment_id, "order_line_id": place.line_id, "quantity": place.quantity}
            for place in placements
        ],
    )
    effect_id = effects.prepare(unit, LABEL, carrier.id, f"label:{shipment_id}:1", shipment_id)
    if effect_id:
        owe(unit, "perform_effect", effect_id, carrier.id)


def _item_facts(unit: Unit, placements: Sequence[Placement]) -> dict[str, tuple[bool, int | None]]:
    """Give for each stock item whether it is counted, and the weight of one unit in grams."""
    promise, variant = tables.stock_promise, tables.variant
    rows = unit.execute(
        select(promise.c.stock_item_id, promise.c.tracked, variant.c.weight_g)
        .outerjoin(variant, variant.c.stock_item_id == promise.c.stock_item_id)
        .where(promise.c.stock_item_id.in_([place.stock_item_id for place in placements]))
    )
    return {row.stock_item_id: (row.tracked, row.weight_g) for row in rows}
