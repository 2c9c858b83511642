"""Purchase orders: made, approved, acknowledged, held, cancelled, lost, invoiced, closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from hub.domain.purchasing import PurchaseAct
from hub.records.purchase import PurchaseState
from hub.records.reorder import ReorderPolicy
from hub.services.context import Hub
from hub.services.purchasing.incoming import tell_incoming
from hub.services.purchasing.sending import refuse_while_mailed, wake_mail
from hub.services.purchasing.stored import (
    PurchaseRefusedError,
    StoredPurchase,
    change_line,
    counters,
    for_act,
    note_fact,
)
from hub.services.purchasing.suppliers import UnknownSupplierError, find_supplier
from hub.services.rulebooks import rules_in_force
from hub.services.stock.opening import default_location
from hub.store import tables
from hub.store.ids import new_id
from hub.store.numbers import next_number
from hub.store.unit_of_work import Unit

_order = tables.purchase_order
_line = tables.purchase_line


@dataclass(frozen=True)
class WantedLine:
    """Units of a variant that are to be bought, at a price."""

    variant_id: str
    quantity: int
    unit_price: str
    supplier_item_id: str | None = None


@dataclass(frozen=True)
class NewPurchase:
    """A purchase order that was made."""

    number: str
    line_ids: tuple[str, ...]


def new_purchase(
    unit: Unit, supplier_id: str, location_id: str, currency: str, wanted: Sequence[WantedLine]
) -> NewPurchase:
    """Write a draft; its number is taken last, so that none is lost."""
    if not wanted:
        raise PurchaseRefusedError("an order needs a line")
    order_id = new_id()
    rows = [_line_row(unit, order_id, at, line) for at, line in enumerate(wanted, start=1)]
    policy = rules_in_force(unit.connection, ReorderPolicy).rules
    rate = "1" if currency == policy.currency else policy.rates.get(currency, "")
    number = f"PO-{next_number(unit, 'purchase_order')}"
    unit.execute(
        _order.insert().values(
            id=order_id, number=number, supplier_id=supplier_id, location_id=location_id,
            currency=currency, rate=rate, created_at=unit.now,
        )
    )  # fmt: skip
    unit.execute(_line.insert(), rows)
    return NewPurchase(number, tuple(row["id"] for row in rows))


def _line_row(unit: Unit, order_id: str, position: int, line: WantedLine) -> dict[str, Any]:
    variant, item = tables.variant, tables.supplier_item
    known = unit.execute(select(variant).where(variant.c.id == line.variant_id)).one()
    theirs = unit.execute(
        select(item.c.supplier_sku).where(item.c.id == line.supplier_item_id)
    ).scalar()
    return {
        "id": new_id(), "purchase_order_id": order_id, "position": position,
        "variant_id": line.variant_id, "stock_item_id": known.stock_item_id, "sku": known.sku,
        "title": known.title, "supplier_sku": theirs or "", "unit_price": line.unit_price,
        "supplier_item_id": line.supplier_item_id, "ordered": line.quantity,
    }  # fmt: skip


def create_purchase(
    hub: Hub, supplier_code: str, quantities: Mapping[str, int], location: str = ""
) -> str:
    """Write a draft by hand, at the supplier's prices; gives its number.

    Raises `UnknownSupplierError` for a SKU that the supplier does not sell.
    """
    item, variant = tables.supplier_item, tables.variant
    with hub.store.unit_of_work() as unit:
        supplier = find_supplier(unit.connection, supplier_code)
        rows = unit.execute(
            select(item, variant.c.sku)
            .join(variant, variant.c.id == item.c.variant_id)
            .where(item.c.supplier_id == supplier.id, item.c.active,
                   variant.c.sku.in_(list(quantities)))
        ).all()  # fmt: skip
        if any(units <= 0 for units in quantities.values()):
            raise PurchaseRefusedError("an order needs units")
        if missing := sorted(set(quantities) - {row.sku for row in rows}):
            raise UnknownSupplierError(f"{supplier_code} does not sell {', '.join(missing)}")
        wanted = [
            WantedLine(row.variant_id, quantities[row.sku],
                       price_at(row.prices, quantities[row.sku]), row.id)
            for row in sorted(rows, key=lambda row: list(quantities).index(row.sku))
        ]  # fmt: skip
        place = _location(unit, location) if location else default_location(unit)
        currencies = sorted({row.currency for row in rows})
        if len(currencies) != 1:
            raise PurchaseRefusedError(f"its prices are in {' and '.join(currencies) or 'nothing'}")
        return new_purchase(unit, supplier.id, place, currencies[0], wanted).number


def price_at(breaks: Sequence[Mapping[str, object]], quantity: int) -> str:
    """Give the price of a unit, as the supplier prints it, when so many are bought at once."""
    reached = [one for one in breaks if int(str(one["units"])) <= quantity]
    return str((reached or breaks[:1])[-1]["price"])


def _location(unit: Unit, code: str) -> str:
    place = tables.location
    found = unit.execute(select(place.c.id).where(place.c.code == code)).scalar()
    if found is None:
        raise UnknownSupplierError(f"there is no location {code}")
    return str(found)


def approve_purchase(hub: Hub, number: str, by: str) -> PurchaseState:
    """Let an order be sent."""
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.APPROVE)
        return note_fact(unit, order.id, approved_at=unit.now, approved_by=by)


def acknowledge_purchase(
    hub: Hub, number: str, expected_at: datetime | None, reference: str = "",
    quantities: Mapping[str, int] | None = None,
) -> PurchaseState:  # fmt: skip
    """Keep the supplier's word: what it confirmed (all, where nothing is said), and by when."""
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.ACKNOWLEDGE)
        order.check(quantities or {})
        for line in order.lines:
            left = line.ordered - line.cancelled
            confirmed = left if quantities is None else quantities.get(line.sku, 0)
            if confirmed > line.ordered:
                raise PurchaseRefusedError(f"only {line.ordered} of {line.sku} were ordered")
            change_line(unit, line.id, acknowledged=confirmed - line.acknowledged)
        facts = {"acknowledged_at": unit.now, "supplier_reference": reference}
        if expected_at:
            facts["expected_at"] = expected_at
        state = note_fact(unit, order.id, **facts)
        tell_incoming(unit, order.id)
        return state


def hold_purchase(hub: Hub, number: str, reason: str) -> PurchaseState:
    """Stop an order; it still counts as on order, so that nobody buys it a second time."""
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.HOLD)
        return note_fact(unit, order.id, held_at=unit.now, hold_reason=reason)


def release_purchase(hub: Hub, number: str) -> PurchaseState:
    """Let a held order go on from where it stood."""
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.RELEASE)
        wake_mail(unit, order.id)
        return note_fact(unit, order.id, held_at=None, hold_reason="")


def cancel_purchase(
    hub: Hub, number: str, reason: str, quantities: Mapping[str, int] | None = None
) -> int:
    """Cancel what has not come: all of it, or some units by SKU. Gives the units cancelled.

    Raises `PurchaseRefusedError` for more than is outstanding.
    """
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.CANCEL)
        refuse_while_mailed(unit, order)
        order.check(quantities or {})
        units = 0
        for line in order.lines:
            left = counters(line).outstanding
            wanted = left if quantities is None else quantities.get(line.sku, 0)
            if wanted > left:
                raise PurchaseRefusedError(f"only {left} of {line.sku} are still to come")
            change_line(unit, line.id, cancelled=wanted)
            units += wanted
        note_fact(unit, order.id, note=reason)
        tell_incoming(unit, order.id)
        return units


def lose_purchase(hub: Hub, number: str, reason: str) -> PurchaseState:
    """Say that what is outstanding will not come; it counts as on order no more."""
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.LOSE)
        state = note_fact(unit, order.id, lost_at=unit.now, note=reason)
        tell_incoming(unit, order.id)
        return state


def invoice_purchase(hub: Hub, number: str, quantities: Mapping[str, int]) -> PurchaseState:
    """Keep what the supplier's invoice bills, in units by SKU."""
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.INVOICE)
        order.check(quantities)
        for sku, units in quantities.items():
            change_line(unit, order.line(sku).id, invoiced=units)
        return note_fact(unit, order.id)


def close_purchase(hub: Hub, number: str) -> PurchaseState:
    """End an order from which nothing more is to come."""
    with hub.store.unit_of_work() as unit:
        order: StoredPurchase = for_act(unit, number, PurchaseAct.CLOSE)
        return note_fact(unit, order.id, closed_at=unit.now)
