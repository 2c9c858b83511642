"""Accepting an order: verify its payment, promise its stock, hold it where something is missing."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from hub.domain.verification import trust_shop
from hub.records.events import EventKind
from hub.records.order import ChannelState, HoldReason, PaymentTerms
from hub.records.payment import PaymentVerification, Verdict
from hub.records.policy import Policy
from hub.services.context import Hub
from hub.services.orders.edits import decline_released
from hub.services.orders.holds import (
    keeps_its_promise,
    open_holds,
    place_hold,
    release_hold,
    release_placed,
)
from hub.services.orders.line_mapping import map_lines_of
from hub.services.orders.refund_notes import apply_refunds
from hub.services.orders.rules import apply_order_rules
from hub.services.shipping.labels import wake_labels
from hub.services.stock.backorders import note_waiting
from hub.services.stock.publish import stock_moved
from hub.services.work import owe
from hub.store import ledger, tables
from hub.store.connections import Connected, get_connection
from hub.store.decisions import keep_decision
from hub.store.jobs import RunningJob
from hub.store.matching import names_by_sku
from hub.store.orders import StoredLine, StoredOrder, get_order, refresh_phase
from hub.store.unit_of_work import Unit


def accept_order(hub: Hub, job: RunningJob) -> None:
    """Look at an order anew: after it was placed, changed, mapped, paid or released."""
    with hub.store.unit_of_work() as unit:
        order = get_order(unit.connection, job.subject)
        shop = get_connection(unit.connection, order.connection_id)
        if order.is_open and shop.books_opened_at is not None:
            accept(unit, hub.policy, shop, order)
        job.finish(unit, "ok" if order.is_open else "no_change")


def accept(unit: Unit, policy: Policy, shop: Connected, order: StoredOrder) -> None:
    """Bring holds, verification and promise of one open order up to date, in this unit."""
    map_lines_of(unit, order)
    order = get_order(unit.connection, order.id)
    order = apply_refunds(unit, order)
    decline_released(unit, order.id)
    release_placed(unit, order.id, HoldReason.STOCK, by="routing")  # it says so again if need be
    _hold_for_status_and_address(unit, order)
    verification = trust_shop(order.record, shop.account.currency, policy)
    _keep_verification(unit, order, verification)
    apply_order_rules(unit, shop, replace(order, verdict=verification.verdict))
    expiry = _expiry(policy, shop, order, verification.verdict, unit.now)
    if keeps_its_promise(unit, order.id):
        stock_moved(unit, _promise(unit, order.lines, expiry))
    note_waiting(unit, get_order(unit.connection, order.id))
    if verification.verdict == Verdict.PASSED:
        _make_firm(unit, order)
        if order.verdict != Verdict.PASSED:
            unit.record(EventKind.PAYMENT_VERIFIED, order.id, order.connection_id)
        elif not open_holds(unit, order.id):
            owe(unit, "route_order", order.id)
            wake_labels(unit, order.id)
    refresh_phase(unit, [order.id])


def _hold_for_status_and_address(unit: Unit, order: StoredOrder) -> None:
    unknown = order.channel_state == ChannelState.UNKNOWN
    questions = (
        (HoldReason.STATUS, unknown, f"nobody knows the status {order.record.channel_status!r}"),
        (HoldReason.ADDRESS, not order.can_ship, "there is no address to ship to"),
    )
    for reason, wrong, note in questions:
        if wrong:
            place_hold(unit, order.id, reason, note, by="rule")
        else:
            release_hold(unit, order.id, reason, by="rule")


def _keep_verification(unit: Unit, order: StoredOrder, found: PaymentVerification) -> None:
    if order.verdict == found.verdict:
        return
    orders = tables.sales_order
    unit.execute(
        update(orders).where(orders.c.id == order.id).values(verification=found.verdict.value)
    )
    keep_decision(unit, order.id, "verification", found.verdict.value, found.to_document())


def _expiry(
    policy: Policy, shop: Connected, order: StoredOrder, verdict: Verdict, now: datetime
) -> datetime | None:
    """Only an unpaid order's promise expires, counted from when the hub first could keep it."""
    if verdict == Verdict.PASSED:
        return None
    since = max(order.placed_at, shop.books_opened_at or now)
    if order.record.payment_terms == PaymentTerms.BANK_TRANSFER:
        return since + timedelta(days=policy.bank_transfer_reservation_days)
    return since + timedelta(minutes=policy.unpaid_reservation_minutes)


def _promise(unit: Unit, lines: Iterable[StoredLine], expires_at: datetime | None) -> set[str]:
    """Reserve what of every mapped line is not promised yet; gives the items asked for."""
    if expires_at is not None and expires_at <= unit.now:
        return set()  # the promise would be over before it began
    groups: dict[str, list[StoredLine]] = {}
    for line in lines:
        if line.stock_item_id and line.counters.unpromised > 0:
            groups.setdefault(line.parent_id or line.id, []).append(line)
    ledger.lock_promises(
        unit, {str(line.stock_item_id) for group in groups.values() for line in group}
    )
    for group in groups.values():
        _promise_together(unit, group, expires_at)
    # had it or not: the channel that sold it shows less now
    return {line.stock_item_id for group in groups.values() for line in group if line.stock_item_id}


def _promise_together(unit: Unit, lines: Iterable[StoredLine], expires_at: datetime | None) -> None:
    """Reserve all of these lines or none: the components of a kit are of no use alone."""
    with unit.connection.begin_nested() as attempt:
        for line in sorted(lines, key=lambda one: str(one.stock_item_id)):
            missing = line.counters.unpromised
            assert line.stock_item_id is not None
            if not ledger.reserve(unit, line.id, line.stock_item_id, missing, expires_at):
                return attempt.rollback()


def _make_firm(unit: Unit, order: StoredOrder) -> None:
    """A paid order's promise no longer expires."""
    rows = tables.reservation
    unit.execute(
        update(rows)
        .where(rows.c.order_line_id.in_([line.id for line in order.lines]),
               rows.c.state == "active")
        .values(expires_at=None)
    )  # fmt: skip


def map_lines(hub: Hub, job: RunningJob) -> None:
    """A listing was mapped: the order lines that waited for it go on."""
    listing, line, order = tables.listing, tables.order_line, tables.sales_order
    with hub.store.unit_of_work() as unit:
        shown = unit.execute(
            select(listing.c.connection_id, listing.c.external_id, tables.variant.c.sku)
            .outerjoin(tables.variant, tables.variant.c.id == listing.c.variant_id)
            .where(listing.c.id == job.subject)
        ).one()
        here = (order.c.connection_id == shown.connection_id) & (
            line.c.listing_external_id == shown.external_id
        )
        waiting = unit.execute(
            select(order.c.id).distinct()
            .join(line, line.c.order_id == order.c.id)
            .where(line.c.stock_item_id.is_(None), here | names_by_sku(shown.sku))
        ).scalars().all()  # fmt: skip
        for order_id in waiting:
            owe(unit, "accept_order", order_id)
        job.finish(unit, counters={"seen": len(waiting)})


def reserve_waiting(hub: Hub, job: RunningJob) -> None:
    """Stock came: open orders that wait for it are looked at again, the oldest first.

    Among them those of which something found a place and something reserved did not.
    """
    orders, line, hold = tables.sales_order, tables.order_line, tables.hold
    short = select(hold.c.order_id).where(
        hold.c.reason == HoldReason.STOCK.value, hold.c.released_at.is_(None)
    )
    placed = select(line.c.order_id).where(
        line.c.order_id == orders.c.id, line.c.allocated + line.c.shipped > 0
    )
    in_part = (orders.c.phase == "to_route") & placed.exists()
    for_stock = (orders.c.phase == "awaiting_stock") | orders.c.id.in_(short)
    _look_again(hub, job, for_stock | in_part)


def route_waiting(hub: Hub, job: RunningJob) -> None:
    """Writes were switched on: orders of this connection that only waited for that go on."""
    orders = tables.sales_order
    its_own = orders.c.connection_id == job.subject
    _look_again(hub, job, (orders.c.phase == "to_route") & its_own)


def _look_again(hub: Hub, job: RunningJob, which: ColumnElement[bool]) -> None:
    orders = tables.sales_order
    query = select(orders.c.id).where(which).order_by(orders.c.placed_at)
    with hub.store.unit_of_work() as unit:
        waiting = unit.execute(query).scalars().all()
        for order_id in waiting:
            owe(unit, "accept_order", order_id)
        job.finish(unit, counters={"seen": len(waiting)})


def expire_reservations(hub: Hub, job: RunningJob) -> None:
    """Give back what unpaid orders have held for too long."""
    held, line = tables.reservation, tables.order_line
    with hub.store.unit_of_work() as unit:
        over = unit.execute(
            select(held.c.order_line_id, line.c.order_id)
            .join(line, line.c.id == held.c.order_line_id)
            .where(held.c.state == "active", held.c.expires_at <= unit.now)
            .limit(200)
        ).all()
        freed = {ledger.release(unit, row.order_line_id, "expired", True) for row in over}
        stock_moved(unit, {item for item in freed if item is not None})
        refresh_phase(unit, {row.order_id for row in over})
        if over:
            owe(unit, "reserve_waiting", "")
        job.finish(unit, "ok" if over else "no_change", {"updated": len(over)})
