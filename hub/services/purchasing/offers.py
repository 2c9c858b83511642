"""What suppliers ask and how long they take: first of all items, then of the few that run short."""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from hub.domain.reorder import Terms
from hub.domain.reorder.plan import Offer
from hub.records.reorder import ReorderPolicy
from hub.services.purchasing.position import in_parts
from hub.store import tables

_item = tables.supplier_item
_supplier = tables.supplier
_BATCH = 500


Lead = tuple[str, float, float]
"""A supplier's code, mean and deviation of its lead time in days."""


def leads_by_variant(database: Connection, policy: ReorderPolicy) -> dict[str, tuple[Lead, ...]]:
    """Give who sells each variant, with its lead time: learned where enough came, else stated."""
    stated = func.coalesce(_item.c.lead_days, _supplier.c.lead_days) * 1.0
    rows = in_parts(
        database,
        select(_item.c.variant_id, _supplier.c.code,
               case((_learned(policy), _item.c.lead_mean), else_=stated),
               case((_learned(policy), _item.c.lead_deviation),
                    else_=stated * policy.lead_deviation_share))
        .join(_supplier, _supplier.c.id == _item.c.supplier_id)
        .where(_supplier.c.state == "active", _item.c.active)
        .order_by(_item.c.variant_id, _supplier.c.code),
    )  # fmt: skip
    found: dict[str, tuple[Lead, ...]] = {}
    alone: dict[Lead, tuple[Lead]] = {}  # most are alike: one object of each will do
    for variant_id, supplier, mean, deviation in rows:
        lead = (supplier, mean, deviation)
        before = found.get(variant_id)
        found[variant_id] = (*before, lead) if before else alone.setdefault(lead, (lead,))
    return found


def _learned(policy: ReorderPolicy) -> ColumnElement[bool]:
    return and_(
        _item.c.deliveries >= policy.least_deliveries, _item.c.lead_mean.is_not(None),
        _item.c.lead_deviation.is_not(None),
    )  # fmt: skip


def offers_of(
    database: Connection, variants: Collection[str], policy: ReorderPolicy
) -> dict[str, list[Offer]]:
    """Give what active suppliers ask for these variants."""
    found: dict[str, list[Offer]] = defaultdict(list)
    wanted = sorted(variants)
    for start in range(0, len(wanted), _BATCH):
        rows = database.execute(
            select(_item, _supplier.c.code, _supplier.c.order_cost,
                   _supplier.c.lead_days.label("usual_lead_days"))
            .join(_supplier, _supplier.c.id == _item.c.supplier_id)
            .where(_supplier.c.state == "active", _item.c.active,
                   _item.c.variant_id.in_(wanted[start : start + _BATCH]))
            .order_by(_supplier.c.code)
        )  # fmt: skip
        for row in rows:
            found[row.variant_id].append(_offer(row, policy))
    return found


def _offer(row: Any, policy: ReorderPolicy) -> Offer:
    prices = tuple((int(one["units"]), str(one["price"])) for one in row.prices)
    terms = Terms(row.moq, row.pack, tuple((units, float(price)) for units, price in prices))
    lead, deviation = _lead_time(row, policy)
    fill_rate = 1.0 if row.fill_rate is None else row.fill_rate
    return Offer(
        row.id, row.code, row.currency, prices, terms, _rate(row.currency, policy),
        float(row.order_cost), lead, deviation, fill_rate, row.is_primary,
    )  # fmt: skip


def _lead_time(row: Any, policy: ReorderPolicy) -> tuple[float, float]:
    known = row.deliveries >= policy.least_deliveries
    if known and row.lead_mean is not None and row.lead_deviation is not None:
        return row.lead_mean, row.lead_deviation
    stated = float(row.usual_lead_days if row.lead_days is None else row.lead_days)
    return stated, stated * policy.lead_deviation_share


def _rate(currency: str, policy: ReorderPolicy) -> float | None:
    """Say what a currency is worth in the merchant's; None where nobody says."""
    if currency == policy.currency:
        return 1.0
    rate = policy.rates.get(currency)
    return None if rate is None else float(Decimal(rate))
