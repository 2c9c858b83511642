"""What routing is told: the order's wishes, the policy in force, every location as it is now."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select

from hub.domain.routing import Rules
from hub.domain.routing.day import day_began, is_late, zone_of
from hub.records.plan import RoutingCandidate, RoutingLine, RoutingRequest
from hub.records.routing_policy import RoutingPolicy, WhenShort
from hub.registry import Registry
from hub.services.rulebooks import rules_in_force
from hub.services.warehouse.doubt import doubtful
from hub.store import tables
from hub.store.orders import StoredOrder
from hub.store.unit_of_work import Unit

_SHIPS = {"together": WhenShort.WAIT, "available": WhenShort.SHIP}
"""What an order says of itself → the policy's word for it."""


def rules_brought(registry: Registry) -> Rules:
    """Collect what plugins bring to routing."""
    brought = registry.routing_rules()
    return Rules(
        {rule.name: rule.stage for rule in brought if rule.stage is not None},
        {rule.name: rule.cost for rule in brought if rule.cost is not None},
    )


def routing_request(unit: Unit, order: StoredOrder) -> RoutingRequest:
    """Ask for a place for every reserved unit, under the policy in force and the order's wishes."""
    orders = tables.sales_order
    wishes = unit.execute(
        select(orders.c.wanted_location, orders.c.ships).where(orders.c.id == order.id)
    ).one()
    book = rules_in_force(unit.connection, RoutingPolicy)
    policy = book.rules
    if wishes.ships:
        policy = policy.model_copy(update={"when_short": _SHIPS[wishes.ships]})
    return RoutingRequest(
        lines=tuple(_lines(order)), country=order.ship_country, location=wishes.wanted_location,
        policy=policy, policy_version=book.version,
    )  # fmt: skip


def _lines(order: StoredOrder) -> list[RoutingLine]:
    return [
        RoutingLine(
            order_line_id=line.id, stock_item_id=line.stock_item_id, sku=line.sku,
            quantity=line.counters.reserved,
        )
        for line in order.lines
        if line.stock_item_id and line.counters.reserved > 0
    ]  # fmt: skip


def routing_candidates(unit: Unit, request: RoutingRequest) -> list[RoutingCandidate]:
    """Give every location with what is free there of what is asked for."""
    places = unit.execute(select(tables.location).order_by(tables.location.c.id)).all()
    free = _free(unit, request.lines, [row.id for row in places])
    doubted = sorted(doubtful(unit, {line.stock_item_id for line in request.lines}))
    for item, place in doubted:
        free[place][item] = 0
    given = _parcels_today(unit, request.policy, places)
    zone = zone_of(request.policy)
    return [
        RoutingCandidate(
            location_id=row.id, code=row.code, state=row.state, kind=row.kind, country=row.country,
            priority=row.priority, available=free[row.id], parcels_today=given.get(row.id, 0),
            late=is_late(unit.now, request.policy.terms_of(row.code).cut_off, zone),
            doubtful=tuple(item for item, place in doubted if place == row.id),
        )
        for row in places
    ]  # fmt: skip


def _free(
    unit: Unit, lines: Sequence[RoutingLine], places: Collection[str]
) -> dict[str, dict[str, int]]:
    """Give place → item → units; what nobody counts is everywhere."""
    level, promise = tables.stock_level, tables.stock_promise
    needed = Counter[str]()
    for line in lines:
        needed[line.stock_item_id] += line.quantity
    uncounted = unit.execute(
        select(promise.c.stock_item_id)
        .where(promise.c.stock_item_id.in_(needed), promise.c.tracked.is_(False))
    ).scalars().all()  # fmt: skip
    free = {place: {item: needed[item] for item in uncounted} for place in places}
    for row in unit.execute(select(level).where(level.c.stock_item_id.in_(needed))):
        units = row.on_hand - row.unsellable - row.allocated
        free[row.location_id].setdefault(row.stock_item_id, units)
    return free


def _parcels_today(unit: Unit, policy: RoutingPolicy, places: Sequence[Any]) -> dict[str, int]:
    """Count what locations with a daily limit were given; they are counted by one at a time."""
    limited = [row.id for row in places if policy.terms_of(row.code).parcels_per_day is not None]
    if not limited:
        return {}
    place, work = tables.location, tables.fulfilment_order
    unit.execute(
        select(place.c.id).where(place.c.id.in_(limited)).order_by(place.c.id).with_for_update()
    )
    rows = unit.execute(
        select(work.c.location_id, func.count().label("parcels"))
        .where(work.c.location_id.in_(limited), work.c.state != "cancelled",
               work.c.created_at >= day_began(unit.now, zone_of(policy)))
        .group_by(work.c.location_id)
    )  # fmt: skip
    return {row.location_id: int(row.parcels) for row in rows}
