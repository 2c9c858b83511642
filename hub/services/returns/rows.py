"""A return as its services see it: its rows read together, its story, its number, its state."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.domain.returns import Dues, Goods, ReturnFacts, state
from hub.records.return_policy import ReturnPolicy
from hub.records.returns import Disposition, Resolution, ReturnState
from hub.records.shipment import ShipmentState
from hub.records.ticket import ExceptionKind
from hub.sdk.errors import HubError
from hub.services.intake.refunds import lock_money
from hub.services.rulebooks import InForce, rules_in_force
from hub.services.tickets.exceptions import close_exception
from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

FIRST_NUMBER = 1001
_NUMBER = "next_return_number"
MOVING = (ShipmentState.HANDED_OVER, ShipmentState.IN_TRANSIT, ShipmentState.OUT_FOR_DELIVERY,
          ShipmentState.DELIVERY_FAILED, ShipmentState.DELIVERED)  # fmt: skip
"""A parcel on its way to us, or at the door and not unpacked."""

_return = tables.sales_return
_line = tables.return_line
_money = tables.return_refund
_refund = tables.refund


class UnknownReturnError(LookupError):
    """No return has this number."""


class ReturnRefusedError(HubError):
    """This cannot be done with the return as it stands; the text says why."""


@dataclass(frozen=True)
class StoredReturn:
    """A return with its lines and parcels, as rows."""

    row: Any
    lines: tuple[Any, ...]
    parcels: tuple[Any, ...]
    money: tuple[Any, ...]
    """Rows of `return_refund`, each with `refund_state`: what became of the refund it asked for."""

    @property
    def id(self) -> str:
        """The hub's id."""
        return str(self.row.id)

    @property
    def moving(self) -> bool:
        """Whether a parcel of it is on its way."""
        return any(parcel.state in MOVING for parcel in self.parcels)

    def state(self) -> ReturnState:
        """Derive where it stands."""
        row = self.row
        return state(
            ReturnFacts(
                known_order=row.order_id is not None, approved=row.approved_at is not None,
                declined=row.declined_at is not None, cancelled=row.cancelled_at is not None,
                expired=row.expired_at is not None, closed=row.closed_at is not None,
                labelled=any(one.state == ShipmentState.LABEL_PURCHASED for one in self.parcels),
                moving=self.moving, goods=tuple(map(self.goods, self.lines)),
                dues=tuple(map(self.dues, self.lines)),
            )
        )  # fmt: skip

    def goods(self, line: Any) -> Goods:
        """Give where the goods of a line are."""
        return Goods(
            line.authorised, line.unexpected, line.received, line.missing, line.graded,
            line.disposed, self.moving,
        )  # fmt: skip

    def dues(self, line: Any) -> Dues:
        """Give what is decided about the money of a line; a refund that failed is pending."""
        units = {"asked": 0, "made": 0, "waits": 0}
        for row in self.money:
            if row.state == "dropped":
                continue  # another row asks for it
            mine = [part["units"] for part in row.lines if part["line_id"] == line.id]
            units[_fate(row)] += sum(mine)
        return Dues(
            Resolution(line.resolution), line.authorised, line.settled - units["waits"],
            line.denied, units["asked"], units["made"],
        )  # fmt: skip


def _fate(row: Any) -> str:
    if row.state in ("awaiting_approval", "blocked") or row.refund_state in ("refused", "gone"):
        return "waits"
    return "made" if row.state == "credited" or row.refund_state == "made" else "asked"


def get_return(database: Connection, return_id: str) -> StoredReturn:
    """Read a return by its id."""
    lines = select(_line).where(_line.c.return_id == return_id).order_by(_line.c.id)
    parcel = tables.return_parcel
    parcels = select(parcel).where(parcel.c.return_id == return_id).order_by(parcel.c.id)
    money = (
        select(_money, _refund.c.state.label("refund_state"))
        .outerjoin(_refund, _refund.c.id == _money.c.id)
        .where(_money.c.return_id == return_id)
        .order_by(_money.c.id)
    )
    return StoredReturn(
        database.execute(select(_return).where(_return.c.id == return_id)).one(),
        tuple(database.execute(lines)), tuple(database.execute(parcels)),
        tuple(database.execute(money)),
    )  # fmt: skip


def lock_return(unit: Unit, number: str) -> StoredReturn:
    """Read a return and let nobody else change it, or its order's money, until this unit ends.

    Two returns of one order share what may be given back: each must know of the other.
    """
    return_id = find_return(unit.connection, number)
    locked = select(_return.c.order_id).where(_return.c.id == return_id).with_for_update()
    if (order_id := unit.execute(locked).scalar_one()) is not None:
        lock_money(unit, order_id)
    return get_return(unit.connection, return_id)


def find_return(database: Connection, number: str) -> str:
    """Find a return by its number, with or without its letters, or by its id."""
    found = database.execute(
        select(_return.c.id).where(
            (_return.c.number == number) | (_return.c.number == f"RMA-{number}")
            | (_return.c.id == number)
        )
    ).scalar()  # fmt: skip
    if found is None:
        raise UnknownReturnError(f"there is no return {number}; `hub returns list` shows them")
    return str(found)


def lines_named(stored: StoredReturn, sku: str) -> list[Any]:
    """Give the lines of a SKU, or the one with this id; raises `ReturnRefusedError`."""
    found = [line for line in stored.lines if sku in (line.sku, line.id)]
    if not found:
        raise ReturnRefusedError(f"{stored.row.number} has no line of {sku}")
    return found


def still_here(unit: Unit, line: Any) -> int:
    """Give the unexpected units of a line that were not sent back to whoever sent them."""
    gone, grading = tables.return_disposition, tables.return_grading
    back = (
        select(func.coalesce(func.sum(gone.c.quantity), 0))
        .join(grading, grading.c.id == gone.c.grading_id)
        .where(grading.c.return_line_id == line.id,
               gone.c.disposition == Disposition.RETURN_TO_CUSTOMER.value)
    )  # fmt: skip
    return max(0, int(line.unexpected) - int(unit.execute(back).scalar_one()))


def policy_of(database: Connection) -> InForce[ReturnPolicy]:
    """Read the return policy that holds now."""
    return rules_in_force(database, ReturnPolicy)


def tell(unit: Unit, return_id: str, what: str, by: str) -> None:
    """Add a sentence to the story of a return; it must name no person."""
    row = {"id": new_id(), "return_id": return_id, "what": what, "by": by, "at": unit.now}
    unit.execute(insert(tables.return_event).values(row))


def next_number(unit: Unit) -> str:
    """Give a new return its number, last of all; no number is given twice."""
    facts = tables.hub
    named = facts.c.name == _NUMBER
    while True:
        known = unit.execute(select(facts.c.value).where(named)).scalar()
        if known is None:
            unit.execute(_put_if_absent(unit, FIRST_NUMBER))
            continue
        taken = update(facts).where(named, facts.c.value == known).values(value=str(int(known) + 1))
        if unit.changed(taken):
            return f"RMA-{known}"


def _put_if_absent(unit: Unit, first: int) -> Any:
    made = (sqlite.insert if unit.dialect == "sqlite" else postgresql.insert)(tables.hub)
    return made.values(name=_NUMBER, value=str(first)).on_conflict_do_nothing()


def refresh_state(unit: Unit, return_id: str) -> ReturnState:
    """Compute the state kept for lists anew, in the commit that changed the facts."""
    stored = get_return(unit.connection, return_id)
    now = stored.state()
    unit.execute(update(_return).where(_return.c.id == return_id).values(state=now.value))
    unasked = any(line.unexpected > line.disposed for line in stored.lines)
    for kind, over in _SETTLED_BY.items():
        if now in over or (kind in _ABOUT_STRANGERS and not unasked):
            close_exception(unit, kind, return_id, f"the return is {now}")
    return now


_PUT_AWAY = frozenset({ReturnState.CLOSED, ReturnState.CANCELLED, ReturnState.DECLINED})
_ABOUT_STRANGERS = (ExceptionKind.RETURN_UNEXPECTED, ExceptionKind.RETURN_WRONG_ITEM)
_SETTLED_BY = {
    ExceptionKind.RETURN_SHORT: _PUT_AWAY,
    ExceptionKind.RETURN_DAMAGED: _PUT_AWAY | {ReturnState.RESOLVED},
    ExceptionKind.RETURN_LOST: _PUT_AWAY | {ReturnState.RESOLVED},
    ExceptionKind.RETURN_UNEXPECTED: _PUT_AWAY,
    ExceptionKind.RETURN_WRONG_ITEM: _PUT_AWAY,
}
"""What was wrong with a reception, and the states of the return in which it is repaired."""


def set_line(unit: Unit, line_id: str, *guards: Any, **deltas: int) -> bool:
    """Move the counters of a line by these units; False where a guard, or a sum, forbids it."""
    values = {name: _line.c[name] + delta for name, delta in deltas.items()}
    return bool(unit.changed(update(_line).where(_line.c.id == line_id, *guards).values(values)))


def set_order_line(unit: Unit, order_line_id: str | None, **deltas: int) -> bool:
    """Move the counters of an order line on its way back; False where they would not add up."""
    if order_line_id is None:
        return True
    rows = tables.order_line
    coming = rows.c.coming_back + deltas.get("coming_back", 0)
    returned = rows.c.returned + deltas.get("returned", 0)
    return bool(
        unit.changed(
            update(rows)
            .where(rows.c.id == order_line_id, coming >= 0, returned >= 0,
                   coming + returned <= rows.c.shipped)
            .values({name: rows.c[name] + delta for name, delta in deltas.items()})
        )
    )  # fmt: skip
