"""Buying as people ask for it: suppliers, what is proposed and why, what is on order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, func, select

from hub.domain.suppliers import Delivery, FinishedLine, Scorecard, scorecard
from hub.store import tables
from hub.store.deliveries import deliveries_of, finished_of

_supplier = tables.supplier
_item = tables.supplier_item
_variant = tables.variant
_wish = tables.proposal
_place = tables.location


@dataclass(frozen=True)
class SupplierRow:
    """A supplier and how much is bought there."""

    code: str
    title: str
    state: str
    currency: str
    lead_days: int
    items: int
    open_orders: int


def list_suppliers(database: Connection) -> list[SupplierRow]:
    """Give suppliers by code."""
    order = tables.purchase_order
    items = select(func.count()).where(_item.c.supplier_id == _supplier.c.id, _item.c.active)
    over = ("received", "closed", "cancelled", "lost")
    orders = select(func.count()).where(
        order.c.supplier_id == _supplier.c.id, order.c.state.not_in(over)
    )
    rows = database.execute(
        select(_supplier.c.code, _supplier.c.title, _supplier.c.state, _supplier.c.currency,
               _supplier.c.lead_days, items.correlate(_supplier).scalar_subquery(),
               orders.correlate(_supplier).scalar_subquery())
        .order_by(_supplier.c.code)
    )  # fmt: skip
    return [SupplierRow(*row) for row in rows]


@dataclass(frozen=True)
class SupplierItemRow:
    """What a supplier asks for one variant, and what was learned of it."""

    supplier: str
    sku: str
    supplier_sku: str
    currency: str
    prices: str
    moq: int
    pack: int
    lead_days: int | None
    primary: bool
    deliveries: int
    learned_lead: float | None
    learned_deviation: float | None
    fill_rate: float | None


def list_items(database: Connection, supplier: str = "", sku: str = "") -> list[SupplierItemRow]:
    """Give what is sold, by supplier and SKU; narrowed to one supplier or one SKU."""
    query = (
        select(_item, _supplier.c.code, _variant.c.sku,
               func.coalesce(_item.c.lead_days, _supplier.c.lead_days).label("stated"))
        .join(_supplier, _supplier.c.id == _item.c.supplier_id)
        .join(_variant, _variant.c.id == _item.c.variant_id)
        .where(_item.c.active)
        .order_by(_supplier.c.code, _variant.c.sku)
    )  # fmt: skip
    if supplier:
        query = query.where(_supplier.c.code == supplier)
    if sku:
        query = query.where(_variant.c.sku == sku)
    return [
        SupplierItemRow(
            row.code, row.sku, row.supplier_sku, row.currency,
            " ".join(f"{one['units']}:{one['price']}" for one in row.prices), row.moq, row.pack,
            row.stated, row.is_primary, row.deliveries, row.lead_mean, row.lead_deviation,
            row.fill_rate,
        )
        for row in database.execute(query)
    ]  # fmt: skip


@dataclass(frozen=True)
class ScorecardRow:
    """One supplier, or one item of it, in numbers."""

    supplier: str
    sku: str
    """Empty for the supplier as a whole."""
    card: Scorecard


def supplier_scorecards(database: Connection, code: str = "") -> list[ScorecardRow]:
    """Judge suppliers; with a code, that one as a whole and then each of its items."""
    query = (
        select(_item.c.id, _supplier.c.code, _variant.c.sku)
        .join(_supplier, _supplier.c.id == _item.c.supplier_id)
        .join(_variant, _variant.c.id == _item.c.variant_id)
        .order_by(_supplier.c.code, _variant.c.sku)
    )
    if code:
        query = query.where(_supplier.c.code == code)
    items = database.execute(query).all()
    ids = query.with_only_columns(_item.c.id).order_by(None)
    facts = _Facts(
        deliveries_of(database, ids), finished_of(database, ids), _prices_paid(database, ids)
    )
    whole = [
        ScorecardRow(one, "", facts.judge([item.id for item in items if item.code == one]))
        for one in sorted({item.code for item in items})
    ]
    each = [ScorecardRow(item.code, item.sku, facts.judge([item.id])) for item in items]
    return whole + (each if code else [])


@dataclass(frozen=True)
class _Facts:
    """What is known of supplier items, by their id."""

    deliveries: dict[str, list[Delivery]]
    finished: dict[str, list[FinishedLine]]
    prices: dict[str, list[Decimal]]

    def judge(self, ids: Sequence[str]) -> Scorecard:
        return scorecard(
            [one for id in ids for one in self.deliveries.get(id, ())],
            [one for id in ids for one in self.finished.get(id, ())],
            [self.prices.get(id, ()) for id in ids],
        )


def _prices_paid(database: Connection, ids: Select[Any]) -> dict[str, list[Decimal]]:
    line, order = tables.purchase_line, tables.purchase_order
    rows = database.execute(
        select(line.c.supplier_item_id, line.c.unit_price)
        .join(order, order.c.id == line.c.purchase_order_id)
        .where(line.c.supplier_item_id.in_(ids), order.c.sent_at.is_not(None))
        .order_by(order.c.sent_at, order.c.id)
    )
    paid: dict[str, list[Decimal]] = {}
    for item, price in rows:
        paid.setdefault(item, []).append(Decimal(price))
    return paid


@dataclass(frozen=True)
class ProposalRow:
    """Units that should be bought, for where, from whom."""

    id: str
    sku: str
    location: str
    supplier: str
    state: str
    quantity: int
    planned_quantity: int
    unit_price: str
    currency: str
    rule: str
    created_at: datetime
    expires_at: datetime
    decided_by: str
    reason: str
    until: datetime | None


def list_proposals(
    database: Connection, state: str = "proposed", limit: int = 1000
) -> list[ProposalRow]:
    """Give proposals in a state (`open`: proposed and accepted; `all`), by supplier and SKU."""
    query = _proposals().limit(limit)
    if state == "open":
        query = query.where(_wish.c.state.in_(("proposed", "accepted")))
    elif state != "all":
        query = query.where(_wish.c.state == state)
    return [ProposalRow(*row) for row in database.execute(query)]


def _proposals() -> Select[Any]:
    return (
        select(_wish.c.id, _variant.c.sku, _place.c.code.label("location"),
               _supplier.c.code.label("supplier"), _wish.c.state, _wish.c.quantity,
               _wish.c.planned_quantity, _wish.c.unit_price, _wish.c.currency, _wish.c.rule,
               _wish.c.created_at, _wish.c.expires_at, _wish.c.decided_by, _wish.c.reason,
               _wish.c.until)
        .join(_variant, _variant.c.id == _wish.c.variant_id)
        .join(_place, _place.c.id == _wish.c.location_id)
        .join(_item, _item.c.id == _wish.c.supplier_item_id)
        .join(_supplier, _supplier.c.id == _item.c.supplier_id)
        .order_by(_supplier.c.code, _variant.c.sku, _wish.c.id)
    )  # fmt: skip


@dataclass(frozen=True)
class ProposalDetail:
    """A proposal with the decision that made it."""

    proposal: ProposalRow
    why: dict[str, Any]


def find_proposals(database: Connection, name: str) -> list[ProposalDetail]:
    """Give the proposal of an id, or the open ones of a SKU, each with its reasons."""
    open_ones = (_variant.c.sku == name) & _wish.c.state.in_(("proposed", "accepted"))
    decision = tables.decision
    rows = [
        ProposalRow(*row)
        for row in database.execute(_proposals().where((_wish.c.id == name) | open_ones))
    ]
    kept = database.execute(
        select(decision.c.subject_id, decision.c.document).where(
            decision.c.subject_id.in_([row.id for row in rows]), decision.c.kind == "reorder"
        )
    )
    why = {row.subject_id: row.document for row in kept}
    return [ProposalDetail(row, why.get(row.id, {})) for row in rows]
