"""Receiving: what came, what did not, what nobody expected. Stock is booked, money is not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from hub.records.return_policy import RefundAt
from hub.records.returns import (
    Condition,
    Grade,
    Reception,
    Resolution,
    ReturnReason,
    ReturnState,
)
from hub.services.context import Hub
from hub.services.returns.booking import (
    NOT_COME,
    Arrival,
    Reported,
    book,
    carried_out,
    place_called,
)
from hub.services.returns.labels import parcel_is_here
from hub.services.returns.money import Units, settle
from hub.services.returns.replacement import let_go
from hub.services.returns.rows import (
    ReturnRefusedError,
    StoredReturn,
    get_return,
    lines_named,
    lock_return,
    next_number,
    policy_of,
    refresh_state,
    set_line,
    set_order_line,
    tell,
)
from hub.services.stock.opening import default_location
from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

_return = tables.sales_return
_line = tables.return_line
_receipt = tables.return_receipt


def receive(
    hub: Hub, number: str, arrivals: Sequence[Arrival], command_id: str, by: str,
    location: str = "", note: str = "",
) -> bool:  # fmt: skip
    """Record what came of a return, at any location; False when this command was carried out.

    What nobody authorised is kept apart, and is a question for a person. Raises
    `ReturnRefusedError`.
    """
    with hub.store.unit_of_work() as unit:
        stored = lock_return(unit, number)
        if known := carried_out(unit, command_id):
            if known != stored.row.number:
                raise ReturnRefusedError(f"the command {command_id} has received {known}")
            return False
        place = place_called(unit, location) or stored.row.location_id or default_location(unit)
        report = Reported(command_id, by, place, note)
        came: list[Units] = []
        for arrival in _together(arrivals):
            came += _receive(unit, get_return(unit.connection, stored.id), arrival, report)
        if any(one.reception not in NOT_COME for one in arrivals):
            parcel_is_here(unit, stored.id)
        after_receipt(unit, stored.id, came)
        return True


def receive_orphan(
    hub: Hub, arrivals: Sequence[Arrival], command_id: str, by: str, location: str = "",
    note: str = "",
) -> str:  # fmt: skip
    """Keep goods that came without anybody knowing of which order; gives the return's number."""
    with hub.store.unit_of_work() as unit:
        if known := carried_out(unit, command_id):
            return known
        place = place_called(unit, location) or default_location(unit)
        return_id, number = new_id(), next_number(unit)
        unit.execute(
            _return.insert().values(
                id=return_id, number=number, location_id=place, requested_by=by, note=note,
                requested_at=unit.now, state=ReturnState.ORPHAN.value,
                question="of which order is it? hub returns match",
            )
        )  # fmt: skip
        tell(unit, return_id, "came without an order", by)
        report = Reported(command_id, by, place, note)
        for arrival in _together(arrivals):
            stranger = replace(arrival, reception=Reception.UNEXPECTED)
            _receive(unit, get_return(unit.connection, return_id), stranger, report)
        refresh_state(unit, return_id)
        return number


def _together(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Count what was said twice in one command together."""
    units = Counter[tuple[str, Reception]]()
    for one in arrivals:
        units[one.sku, one.reception] += one.units
    return [Arrival(sku, count, reception) for (sku, reception), count in units.items()]


def after_receipt(unit: Unit, return_id: str, came: Sequence[Units]) -> None:
    """Let follow what the policy has waiting for goods that came as they were to."""
    stored = get_return(unit.connection, return_id)
    policy = policy_of(unit.connection).rules
    if policy.refund_at == RefundAt.RECEIVED:
        room = {line.id: line.authorised - line.settled for line in stored.lines}
        parts = [replace(one, units=min(one.units, room[one.line_id])) for one in came]
        settle(unit, return_id, "policy", [part for part in parts if part.units > 0])
    if policy.exchange_ships_at == RefundAt.RECEIVED and _all_of(stored, "received"):
        let_go(unit, stored, by="policy")
    refresh_state(unit, return_id)


def _all_of(stored: StoredReturn, counter: str) -> bool:
    """Whether all that is exchanged has come as far as a counter says."""
    lines = [one for one in stored.lines if one.resolution == Resolution.EXCHANGE.value]
    return bool(lines) and all(
        getattr(one, counter) >= one.authorised > 0 and not one.unexpected for one in lines
    )


def _receive(unit: Unit, stored: StoredReturn, arrival: Arrival, report: Reported) -> list[Units]:
    """Book one arrival; gives the units that came as they were to."""
    if arrival.units <= 0:
        raise ReturnRefusedError("say how many units")
    if arrival.reception in NOT_COME:
        _not_come(unit, stored, arrival, report)
        return []
    rest, came = arrival.units, []
    if arrival.reception in (Reception.AS_EXPECTED, Reception.DAMAGED_IN_TRANSIT):
        for line in stored.lines:
            expected = line.authorised - (line.received - line.unexpected) - line.missing
            units = min(rest, expected) if line.sku == arrival.sku else 0
            if units > 0 and _came(unit, line, units):
                book(unit, stored, line, units, arrival.reception, report)
                came.append(Units(line.id, Grade.A, units))
                rest -= units
    if rest:
        wrong = arrival.reception == Reception.WRONG_ITEM
        kind = Reception.WRONG_ITEM if wrong else Reception.UNEXPECTED
        _unasked(unit, stored, replace(arrival, units=rest, reception=kind), report)
    return came


def _came(unit: Unit, line: Any, units: int) -> bool:
    return set_order_line(
        unit, line.order_line_id, coming_back=-units, returned=units
    ) and set_line(unit, line.id, received=units)


def _unasked(unit: Unit, stored: StoredReturn, arrival: Arrival, report: Reported) -> None:
    """Keep what nobody authorised, apart from what was, until a person says what it is."""
    same = [line for line in stored.lines if line.sku == arrival.sku and not line.authorised]
    line = same[0] if same else _strange_line(unit, stored, arrival)
    set_line(unit, line.id, received=arrival.units, unexpected=arrival.units)
    book(unit, stored, line, arrival.units, arrival.reception, report)
    if stored.row.order_id is not None:
        late = stored.row.expired_at is not None
        when = "after its approval had expired" if late else "and nobody had allowed it"
        question = f"{arrival.units} of {arrival.sku} came {when}: hub returns approve or decline"
        unit.execute(update(_return).where(_return.c.id == stored.id).values(question=question))


def _strange_line(unit: Unit, stored: StoredReturn, arrival: Arrival) -> Any:
    """Begin a line for goods nobody announced; of a SKU the order has, it belongs to that line."""
    ordered = _ordered(unit, stored, arrival.sku)
    variant = tables.variant
    known = unit.execute(select(variant).where(variant.c.sku == arrival.sku)).one_or_none()
    what = ordered or known
    line_id = new_id()
    unit.execute(
        _line.insert().values(
            id=line_id, return_id=stored.id, order_line_id=ordered.id if ordered else None,
            sku=arrival.sku, stock_item_id=what.stock_item_id if what else None,
            title=what.title if what else arrival.sku or "unknown goods",
            reason=ReturnReason.OTHER.value, condition=Condition.UNKNOWN.value,
            resolution=Resolution.REFUND.value, asked=0,
        )
    )  # fmt: skip
    return unit.execute(select(_line).where(_line.c.id == line_id)).one()


def _ordered(unit: Unit, stored: StoredReturn, sku: str) -> Any:
    """Give the line of the order that has most of a SKU still with the customer."""
    ordered = tables.order_line
    return unit.execute(
        select(ordered)
        .where(ordered.c.order_id == stored.row.order_id, ordered.c.sku == sku,
               ordered.c.is_kit.is_(False))
        .order_by((ordered.c.shipped - ordered.c.returned - ordered.c.coming_back).desc())
    ).first()  # fmt: skip


def _not_come(unit: Unit, stored: StoredReturn, arrival: Arrival, report: Reported) -> None:
    """Give up waiting: for what is short nothing is paid, what was lost is a person's question."""
    rest = arrival.units
    for line in lines_named(stored, arrival.sku):
        units = min(rest, stored.goods(line).outstanding)
        if units <= 0:
            continue
        set_order_line(unit, line.order_line_id, coming_back=-units)
        set_line(unit, line.id, missing=units)
        if arrival.reception == Reception.SHORT:
            denied = min(units, line.authorised - line.settled)
            set_line(unit, line.id, settled=denied, denied=denied)
        book(unit, stored, line, units, arrival.reception, report)
        rest -= units
    if rest:
        raise ReturnRefusedError(f"{rest} of {arrival.sku} are not waited for")
    if arrival.reception == Reception.LOST:
        question = f"{arrival.units} of {arrival.sku} were lost: hub returns refund or deny"
        unit.execute(update(_return).where(_return.c.id == stored.id).values(question=question))
