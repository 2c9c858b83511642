"""What a person does with proposals: approve, edit, dismiss; what was approved is ordered."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select, update

from hub.domain.reorder import Terms, on_pack
from hub.services.context import Hub
from hub.services.purchasing.orders import WantedLine, new_purchase, price_at
from hub.services.purchasing.stored import PurchaseRefusedError, UnknownPurchaseError
from hub.store import tables
from hub.store.unit_of_work import Unit

_wish = tables.proposal


def approve_proposals(hub: Hub, ids: Sequence[str], by: str) -> int:
    """Accept proposals: they count as on order from now on. Gives how many were still open."""
    with hub.store.unit_of_work() as unit:
        for one in ids:
            _get(unit, one)
        return unit.changed(
            update(_wish)
            .where(_wish.c.id.in_(ids), _wish.c.state == "proposed")
            .values(state="accepted", decided_by=by, decided_at=unit.now)
        )


def edit_proposal(hub: Hub, proposal_id: str, quantity: int, by: str) -> None:
    """Change how much is bought; a newer plan leaves it alone.

    Raises `PurchaseRefusedError` for a quantity the supplier does not sell, naming the next one.
    """
    with hub.store.unit_of_work() as unit:
        _get(unit, proposal_id)
        item = tables.supplier_item
        terms = unit.execute(
            select(item.c.moq, item.c.pack, item.c.prices)
            .join(_wish, _wish.c.supplier_item_id == item.c.id)
            .where(_wish.c.id == proposal_id)
        ).one()
        sold = on_pack(max(quantity, 1), Terms(terms.moq, terms.pack, ()))
        if quantity != sold:
            raise PurchaseRefusedError(
                f"{quantity} is not sold: packs of {terms.pack}, at least {terms.moq}; "
                f"the next is {sold}"
            )
        edited = unit.changed(
            update(_wish)
            .where(_wish.c.id == proposal_id, _wish.c.state == "proposed")
            .values(quantity=quantity, edited_by=by, unit_price=price_at(terms.prices, quantity))
        )
        if not edited:
            raise PurchaseRefusedError("this proposal is not open any more")


def dismiss_proposal(
    hub: Hub, proposal_id: str, reason: str, until: datetime | None, by: str
) -> None:
    """Turn a proposal down; until then nothing is proposed here. Raises `PurchaseRefusedError`."""
    with hub.store.unit_of_work() as unit:
        _get(unit, proposal_id)
        dismissed = unit.changed(
            update(_wish)
            .where(_wish.c.id == proposal_id, _wish.c.state.in_(("proposed", "accepted")))
            .values(state="dismissed", reason=reason, until=until, decided_by=by,
                    decided_at=unit.now)
        )  # fmt: skip
        if not dismissed:
            raise PurchaseRefusedError("this proposal is not open any more")


def order_accepted(hub: Hub, supplier_code: str = "") -> list[str]:
    """Turn accepted proposals into draft orders, one a supplier, location and currency.

    Gives the numbers of the orders.
    """
    item, supplier = tables.supplier_item, tables.supplier
    query = (
        select(_wish, item.c.supplier_id)
        .join(item, item.c.id == _wish.c.supplier_item_id)
        .join(supplier, supplier.c.id == item.c.supplier_id)
        .where(_wish.c.state == "accepted", supplier.c.state == "active")
        .order_by(item.c.supplier_id, _wish.c.location_id, _wish.c.currency, _wish.c.id)
    )
    if supplier_code:
        query = query.where(supplier.c.code == supplier_code)
    with hub.store.unit_of_work() as unit:
        rows = unit.execute(query).all()
        return [
            _order(unit, supplier_id, location_id, currency, list(group))
            for (supplier_id, location_id, currency), group in groupby(
                rows, lambda row: (row.supplier_id, row.location_id, row.currency)
            )
        ]


def _order(
    unit: Unit, supplier_id: str, location_id: str, currency: str, rows: Sequence[Any]
) -> str:
    wanted = [
        WantedLine(row.variant_id, row.quantity, row.unit_price, row.supplier_item_id)
        for row in rows
    ]
    made = new_purchase(unit, supplier_id, location_id, currency, wanted)
    for row, line_id in zip(rows, made.line_ids, strict=True):
        taken = unit.changed(
            update(_wish)
            .where(_wish.c.id == row.id, _wish.c.state == "accepted")
            .values(state="ordered", purchase_line_id=line_id)
        )
        if not taken:
            raise PurchaseRefusedError("a proposal was decided otherwise meanwhile; try again")
    return made.number


def _get(unit: Unit, proposal_id: str) -> Any:
    row = unit.execute(select(_wish).where(_wish.c.id == proposal_id)).first()
    if row is None:
        raise UnknownPurchaseError(
            f"there is no proposal {proposal_id}; hub proposals list shows them"
        )
    return row
