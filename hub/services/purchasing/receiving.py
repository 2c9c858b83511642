"""Receiving: what came goes into its buckets, costs are kept, and whoever waited is served."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from hub.domain.purchasing import CLAIMED, PurchaseAct
from hub.records.events import EventKind
from hub.records.purchase import PurchaseState, ReceiptPart
from hub.records.stock import Bucket, MovementKind
from hub.records.ticket import ExceptionKind
from hub.services.context import Hub
from hub.services.purchasing.inbound import count_received, find_inbound, restate_inbound
from hub.services.purchasing.incoming import not_late, tell_incoming
from hub.services.purchasing.learning import learn
from hub.services.purchasing.stored import (
    PurchaseRefusedError,
    StoredPurchase,
    change_line,
    counters,
    for_act,
    note_fact,
)
from hub.services.stock.publish import stock_moved
from hub.services.tickets.exceptions import open_exception
from hub.store import ledger, tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

_order = tables.purchase_order
_receipt = tables.receipt
_part = tables.receipt_part


@dataclass(frozen=True)
class Came:
    """Units of a SKU that came, in what state, and what each cost if not what was agreed."""

    sku: str
    units: int
    bucket: Bucket | None = None
    note: str = ""
    unit_cost: str = ""


@dataclass(frozen=True)
class Received:
    """What a receipt did."""

    receipt_id: str
    new: bool
    """False when this command was carried out before."""
    state: PurchaseState
    over: int = 0
    """Units beyond what was ordered."""
    damaged: int = 0


def receive_purchase(
    hub: Hub, number: str, came: Sequence[Came], command_id: str, by: str = "",
    delivery: str = "",
) -> Received:  # fmt: skip
    """Book what came, once per command; more than was ordered is booked and shown as over.

    `delivery` names the announced delivery it came with. Raises `UnknownPurchaseError` for a SKU
    that is on no line: it is another order's, or an adjustment.
    """
    if not came or any(one.units <= 0 for one in came):
        raise PurchaseRefusedError("a receipt needs units")
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.RECEIVE)
        known = unit.execute(
            select(_receipt.c.id, _order.c.number)
            .join(_order, _order.c.id == _receipt.c.purchase_order_id)
            .where(_receipt.c.command_id == command_id)
        ).first()
        if known is not None:
            if known.number != order.row.number:
                raise PurchaseRefusedError(f"the command {command_id} has received {known.number}")
            return Received(str(known.id), False, order.state)
        parts = _parts(order, came)
        inbound = find_inbound(unit, order.id, delivery).id if delivery else None
        receipt_id = _keep(unit, order, parts, command_id, by, inbound)
        _move(unit, order, parts, receipt_id)
        over = _count(unit, order, parts, inbound)
        damaged = sum(part.quantity for part in parts if part.bucket in CLAIMED)
        state = _what_follows(unit, order, parts, over, damaged)
    return Received(receipt_id, True, state, sum(over.values()), damaged)


def _parts(order: StoredPurchase, came: Iterable[Came]) -> list[ReceiptPart]:
    """Give the parts in the order of their stock items, so that two receipts never wait in turn."""
    merged: dict[tuple[str, Bucket | None], ReceiptPart] = {}
    lines = {line.id: line for line in order.lines}
    for one in came:
        line = order.line(one.sku)
        before = merged.get((line.id, one.bucket))
        merged[line.id, one.bucket] = ReceiptPart(
            purchase_line_id=line.id, quantity=one.units + (before.quantity if before else 0),
            bucket=one.bucket, note=one.note, unit_cost=one.unit_cost or line.unit_price,
            currency=order.row.currency,
        )  # fmt: skip
    return sorted(
        merged.values(),
        key=lambda part: (lines[part.purchase_line_id].stock_item_id, part.bucket or ""),
    )


def _keep(
    unit: Unit, order: StoredPurchase, parts: Sequence[ReceiptPart], command_id: str, by: str,
    inbound: str | None,
) -> str:  # fmt: skip
    receipt_id = new_id()
    unit.execute(
        _receipt.insert().values(
            id=receipt_id, command_id=command_id, purchase_order_id=order.id, inbound_id=inbound,
            location_id=order.row.location_id, received_by=by, received_at=unit.now,
        )
    )  # fmt: skip
    items = {line.id: line.stock_item_id for line in order.lines}
    unit.execute(
        _part.insert(),
        [
            {
                "receipt_id": receipt_id, "stock_item_id": items[part.purchase_line_id],
                "rate": order.row.rate, **part.to_document(), "bucket": part.bucket or "",
            }
            for part in parts
        ],
    )  # fmt: skip
    return receipt_id


def _move(unit: Unit, order: StoredPurchase, parts: Sequence[ReceiptPart], receipt_id: str) -> None:
    items = {line.id: line.stock_item_id for line in order.lines}
    for part in parts:
        ledger.move(
            unit, items[part.purchase_line_id], part.quantity, ledger.SUPPLIER,
            ledger.account(order.row.location_id, part.bucket), MovementKind.RECEIVE,
            f"receipt:{receipt_id}:{part.purchase_line_id}:{part.bucket or ''}", order.row.number,
        )  # fmt: skip


def _count(
    unit: Unit, order: StoredPurchase, parts: Sequence[ReceiptPart], inbound: str | None
) -> dict[str, int]:
    """Move the counters of the lines; gives the units over, by SKU."""
    good, damaged = Counter[str](), Counter[str]()
    for part in parts:
        (damaged if part.bucket in CLAIMED else good)[part.purchase_line_id] += part.quantity
    over: dict[str, int] = {}
    for line in order.lines:
        units = good[line.id] + damaged[line.id]
        beyond = max(0, units - counters(line).outstanding)
        if units:
            change_line(
                unit, line.id, received_good=good[line.id], received_damaged=damaged[line.id],
                over=beyond,
            )  # fmt: skip
        if beyond:
            over[line.sku] = beyond
        if units and inbound:
            count_received(unit, inbound, line.id, units)
    if inbound:
        restate_inbound(unit, inbound)
    return over


def _what_follows(
    unit: Unit, order: StoredPurchase, parts: Sequence[ReceiptPart], over: dict[str, int],
    damaged: int,
) -> PurchaseState:  # fmt: skip
    number = order.row.number
    if over:
        told = ", ".join(f"{units} of {sku}" for sku, units in sorted(over.items()))
        open_exception(unit, ExceptionKind.SUPPLY_OVER, order.id,
                       f"{number}: more came than was ordered, {told}")  # fmt: skip
    if damaged:
        open_exception(unit, ExceptionKind.SUPPLY_DAMAGED, order.id,
                       f"{number}: {damaged} units came damaged; claim them")  # fmt: skip
    state = note_fact(unit, order.id)
    tell_incoming(unit, order.id)
    if state == PurchaseState.RECEIVED:
        not_late(unit, order.id, "everything came")
    lines = {line.id: line for line in order.lines}
    touched = [lines[part.purchase_line_id] for part in parts]
    learn(unit, sorted({line.supplier_item_id for line in touched if line.supplier_item_id}))
    _serve(unit, touched)
    return state


def _serve(unit: Unit, lines: Sequence[Any]) -> None:
    """Every channel is to show what came, and orders that wait for it go on."""
    items = sorted({line.stock_item_id for line in lines})
    stock_moved(unit, items)
    for item in items:
        unit.record(EventKind.STOCK_CHANGED, item)
