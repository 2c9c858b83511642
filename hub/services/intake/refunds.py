"""Refunds the shop shows: read when the order names others than known, landed once each."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, select, update

from hub.records.events import EventKind
from hub.records.order import HoldReason
from hub.records.payment import PaymentEventKind, Refund
from hub.sdk.capabilities import ReadRefunds
from hub.services.context import Hub
from hub.services.intake.mapping import Fresh, map_items, unambiguous
from hub.services.orders.holds import release_placed
from hub.services.orders.refund_notes import READER
from hub.store import tables
from hub.store.ids import new_id
from hub.store.intake import keep_aside, resolve_kept
from hub.store.jobs import JobResult, RunningJob
from hub.store.orders import StoredOrder, get_order, refresh_phase
from hub.store.other_hubs import Sign, note_other_hub
from hub.store.unit_of_work import Unit

REFUND = "refund"
_REFUNDS: TypeAdapter[list[Refund]] = TypeAdapter(list[Refund])

_refund = tables.refund
_line = tables.order_line
_order = tables.sales_order


def read_refunds(hub: Hub, job: RunningJob) -> JobResult:
    """Read all refunds of an order and land them; one that is there no longer is reversed."""
    with hub.store.reading() as database:
        order = get_order(database, job.subject)
        before = (
            database.execute(
                select(_refund.c.external_id).where(
                    _refund.c.order_id == order.id, _refund.c.state == "made"
                )
            )
            .scalars()
            .all()
        )
    shop = hub.connection(order.connection_id)
    reader = hub.open(shop).offering(ReadRefunds)
    if reader is None:
        return JobResult("no_change")
    raws = reader.read_refunds(order.external_id)
    fresh = [Fresh(raw, hashlib.sha256(raw).digest()) for raw in raws]
    mapped, problems = map_items(fresh, unambiguous(reader.to_refund), _REFUNDS)
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        keep_aside(unit, shop.id, REFUND, problems)
        resolve_kept(unit, shop.id, REFUND, [one.external_id for _, one in mapped])
        shown = [one for _, one in mapped]
        changed = land_refunds(unit, order, shown, None if problems else before)
        if not problems and release_placed(unit, order.id, HoldReason.REFUND, by=READER):
            unit.record(EventKind.HOLD_RELEASED, order.id, shop.id)
        refresh_phase(unit, [order.id])
    outcome = "partial" if problems else "ok" if changed else "no_change"
    return JobResult(outcome, {"seen": len(raws), "updated": changed, "quarantined": len(problems)})


def land_refunds(
    unit: Unit, order: StoredOrder, shown: Sequence[Refund], before: Collection[str] | None
) -> int:
    """Land the refunds of one order; those that the shop shows no longer are gone.

    Only one made `before` the list was asked for can be missing from it. `before` is None when not
    all of the list could be read. Gives how many are new, or gone. Sum and line counters are
    counted anew from the rows.
    """
    lock_money(unit, order.id)
    rows = unit.execute(select(_refund).where(_refund.c.order_id == order.id)).all()
    by_id = {row.external_id: row for row in rows if row.external_id}
    by_key = {row.key: row for row in rows if row.key and row.external_id is None}
    changed = 0
    for refund in shown:
        if refund.external_id in by_id:
            changed += _seen_again(unit, order, by_id[refund.external_id], refund)
        elif refund.key in by_key:  # ours: its effect books it when it hears of it
            changed += _named(unit, order, by_key[refund.key], refund)
        else:
            _insert(unit, order, refund)
            changed += 1
    for external_id in set(before or ()) - {refund.external_id for refund in shown}:
        if external_id in by_id and by_id[external_id].state == "made":
            _is_gone(unit, order, by_id[external_id])
            changed += 1
    _count_anew(unit, order.id, whole=before is not None)
    return changed


def lock_money(unit: Unit, order_id: str) -> None:
    """Let nobody else book an order's money until this unit ends: sums are made from many rows."""
    unit.execute(select(_order.c.id).where(_order.c.id == order_id).with_for_update())


def _lines(refund: Refund) -> list[dict[str, Any]]:
    return [line.to_document() for line in refund.lines]


def _insert(unit: Unit, order: StoredOrder, refund: Refund) -> None:
    if refund.key:  # only hubs write one, and this one never asked for it
        text = f"it made the refund {refund.external_id} of order {order.number}"
        note_other_hub(unit, order.connection_id, Sign.REFUND, text)
    unit.execute(
        _refund.insert().values(
            id=new_id(),
            order_id=order.id,
            connection_id=order.connection_id,
            external_id=refund.external_id,
            state="made",
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            reason=refund.reason,
            lines=_lines(refund),
            refunded_at=refund.refunded_at,
            recorded_at=unit.now,
        )
    )
    note_money(unit, order, PaymentEventKind.REFUNDED, refund.external_id, refund.amount_minor)
    unit.record(EventKind.REFUND_FOUND, order.id, order.connection_id)


def _named(unit: Unit, order: StoredOrder, row: Any, refund: Refund) -> bool:
    """Keep the shop's id of a refund we asked for; one that we took for refused was made."""
    unit.execute(
        update(_refund)
        .where(_refund.c.id == row.id, _refund.c.external_id.is_(None))
        .values(external_id=refund.external_id)
    )
    return _seen_again(unit, order, row, refund)


def _seen_again(unit: Unit, order: StoredOrder, row: Any, refund: Refund) -> bool:
    """A refund is what it was; one that was gone, or refused, and is shown is made.

    One that is still asked for stays as it was asked for: a repeat must be the same request.
    """
    values: dict[str, Any] = {"refunded_at": refund.refunded_at}
    if row.state != "asked":
        values["lines"] = _lines(refund)
    back = row.state in ("gone", "refused")
    if back:
        values["state"] = "made"
        unit.record(EventKind.REFUND_FOUND, order.id, order.connection_id)
    if row.state == "refused":
        kind = PaymentEventKind.REFUNDED
        note_money(unit, order, kind, refund.external_id, row.amount_minor)
    unit.execute(update(_refund).where(_refund.c.id == row.id).values(**values))
    return bool(back)


def _is_gone(unit: Unit, order: StoredOrder, row: Any) -> None:
    unit.execute(update(_refund).where(_refund.c.id == row.id).values(state="gone"))
    kind = PaymentEventKind.REFUND_REVERSED
    note_money(unit, order, kind, row.external_id, row.amount_minor)
    unit.record(EventKind.REFUND_GONE, order.id, order.connection_id)


def note_money(
    unit: Unit, order: StoredOrder, kind: PaymentEventKind, reference: str, amount_minor: int
) -> None:
    """Append what happened to an order's money, once per reference."""
    rows = tables.payment_event
    said = (
        rows.c.order_id == order.id,
        rows.c.source == order.connection_id,
        rows.c.kind == kind.value,
        rows.c.reference == reference,
    )
    if unit.execute(select(rows.c.id).where(*said)).first() is None:
        unit.execute(
            rows.insert().values(
                id=new_id(),
                order_id=order.id,
                source=order.connection_id,
                kind=kind.value,
                amount_minor=amount_minor,
                currency=order.record.currency,
                reference=reference,
                occurred_at=unit.now,
                recorded_at=unit.now,
            )
        )


def _count_anew(unit: Unit, order_id: str, whole: bool) -> None:
    """Count the rows; of a list that is not `whole` the shop's own sum stands, if it is more."""
    made = (_refund.c.order_id == order_id, _refund.c.state == "made")
    total = unit.execute(
        select(func.coalesce(func.sum(_refund.c.amount_minor), 0)).where(*made)
    ).scalar_one()
    more = [] if whole else [_order.c.refunded_minor < int(total)]
    unit.execute(
        update(_order).where(_order.c.id == order_id, *more).values(refunded_minor=int(total))
    )
    units: dict[str, int] = {}
    for row in unit.execute(select(_refund.c.lines).where(*made)):
        for line in row.lines:
            key = line["line_external_id"]
            units[key] = units.get(key, 0) + line["quantity"]
    _set_units(unit, order_id, units)


def _set_units(unit: Unit, order_id: str, units: Mapping[str, int]) -> None:
    lines = select(_line.c.id, _line.c.external_id, _line.c.quantity, _line.c.refunded)
    for row in unit.execute(lines.where(_line.c.order_id == order_id)).all():
        refunded = min(units.get(row.external_id, 0), row.quantity)
        if refunded != row.refunded:
            unit.execute(update(_line).where(_line.c.id == row.id).values(refunded=refunded))
