"""Purchase orders as they are kept: found by number, guarded in every act, stated anew after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from hub.domain.purchasing import (
    MAY,
    PurchaseAct,
    PurchaseCounters,
    PurchaseFacts,
    purchase_state,
)
from hub.records.purchase import PurchaseLine, PurchaseOrder, PurchaseState
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.store import tables
from hub.store.unit_of_work import Unit

_order = tables.purchase_order
_line = tables.purchase_line


class UnknownPurchaseError(HubError):
    """No purchase order, line or proposal has this name."""


class PurchaseRefusedError(HubError):
    """What stands does not allow this; the text says what does."""


@dataclass(frozen=True)
class StoredPurchase:
    """A purchase order with its rows."""

    row: Any
    lines: tuple[Any, ...]

    @property
    def id(self) -> str:
        """The hub's id."""
        return str(self.row.id)

    @property
    def state(self) -> PurchaseState:
        """Where it stands, by its facts."""
        return purchase_state(
            PurchaseFacts(
                lines=[counters(line) for line in self.lines],
                approved=self.row.approved_at is not None, sent=self.row.sent_at is not None,
                acknowledged=self.row.acknowledged_at is not None,
                held=self.row.held_at is not None, lost=self.row.lost_at is not None,
                closed=self.row.closed_at is not None,
            )
        )  # fmt: skip

    def line(self, sku: str) -> Any:
        """Give the line of a SKU; raises `UnknownPurchaseError`."""
        for line in self.lines:
            if line.sku == sku:
                return line
        raise UnknownPurchaseError(f"{self.row.number} has no line of {sku}")

    def check(self, quantities: Mapping[str, int]) -> None:
        """Raise for a SKU on no line (`UnknownPurchaseError`), or for fewer units than none."""
        for sku, units in quantities.items():
            self.line(sku)
            if units < 0:
                raise PurchaseRefusedError(f"{units} of {sku} is no quantity")

    def record(self) -> PurchaseOrder:
        """Give it as a record."""
        own, of_line = PurchaseOrder.model_fields, PurchaseLine.model_fields
        values = {name: getattr(self.row, name) for name in own if name not in ("lines", "state")}
        lines = tuple(
            PurchaseLine(**{name: getattr(line, name) for name in of_line}) for line in self.lines
        )
        return PurchaseOrder(lines=lines, state=self.state, **values)


def counters(line: Any) -> PurchaseCounters:
    """Give the counters of a line's row."""
    return PurchaseCounters(
        line.ordered, line.received_good, line.received_damaged, line.cancelled, line.over
    )


def get_purchase(database: Connection, number: str) -> StoredPurchase:
    """Read a purchase order by its number or its id; raises `UnknownPurchaseError`."""
    row = database.execute(
        select(_order).where((_order.c.number == number) | (_order.c.id == number))
    ).first()
    if row is None:
        raise UnknownPurchaseError(f"there is no purchase order {number}")
    lines = database.execute(
        select(_line).where(_line.c.purchase_order_id == row.id).order_by(_line.c.position)
    )
    return StoredPurchase(row, tuple(lines))


def refuse_unless(hub: Hub, number: str, act: PurchaseAct) -> None:
    """Raise `PurchaseRefusedError` where the state of an order does not allow an act."""
    with hub.store.reading() as database:
        _refuse_unless(get_purchase(database, number), act)


def for_act(unit: Unit, number: str, act: PurchaseAct) -> StoredPurchase:
    """Read a purchase order for an act, and let nobody else move it before the commit.

    Raises `PurchaseRefusedError` where its state does not allow the act.
    """
    unit.execute(
        select(_order.c.id)
        .where((_order.c.number == number) | (_order.c.id == number))
        .with_for_update()
    )
    order = get_purchase(unit.connection, number)
    _refuse_unless(order, act)
    return order


def _refuse_unless(order: StoredPurchase, act: PurchaseAct) -> None:
    if order.state not in MAY[act]:
        where = ", ".join(sorted(MAY[act]))
        raise PurchaseRefusedError(
            f"{order.row.number} is {order.state.replace('_', ' ')}; to {act} it, it must be "
            f"one of: {where}"
        )


def note_fact(unit: Unit, order_id: str, **values: Any) -> PurchaseState:
    """Write facts of an order, and the state that follows from all of them."""
    if values:
        unit.changed(update(_order).where(_order.c.id == order_id).values(**values))
    state = get_purchase(unit.connection, order_id).state
    unit.changed(update(_order).where(_order.c.id == order_id).values(state=state.value))
    return state


def change_line(unit: Unit, line_id: str, **deltas: int) -> None:
    """Add to the counters of a line; the database keeps their inequalities."""
    values = {name: _line.c[name] + delta for name, delta in deltas.items()}
    unit.changed(update(_line).where(_line.c.id == line_id).values(**values))


def outstanding(lines: Sequence[Any]) -> int:
    """Give the units of these lines that are still to come."""
    return sum(counters(line).outstanding for line in lines)
