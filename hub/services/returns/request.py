"""Asking for a return: the policy decides, and keeps its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.domain.refunds import share_of
from hub.domain.returns_policy import RULE_VERSION, Answer, Asked, Ruling, decide
from hub.records.return_policy import ReturnPolicy
from hub.records.returns import Condition, Resolution, ReturnReason, ReturnState
from hub.services.context import Hub
from hub.services.intake.refunds import lock_money
from hub.services.returns.approve import approve_in, decline_in
from hub.services.returns.rows import (
    ReturnRefusedError,
    StoredReturn,
    get_return,
    next_number,
    policy_of,
    refresh_state,
    tell,
)
from hub.services.rulebooks import InForce
from hub.store import tables
from hub.store.decisions import keep_decision
from hub.store.ids import new_id
from hub.store.orders import StoredLine, StoredOrder, find_order_id, get_order
from hub.store.unit_of_work import Unit

DECISION = "return"

_return = tables.sales_return


@dataclass(frozen=True)
class Wanted:
    """Units that somebody wants to send back."""

    sku: str
    units: int
    reason: ReturnReason = ReturnReason.OTHER
    condition: Condition = Condition.UNKNOWN
    resolution: Resolution = Resolution.REFUND
    exchange_sku: str = ""
    """What is wanted instead; empty: the same again."""
    line_external_id: str = ""
    """The channel's id of the line, where it names one; the SKU does not count then."""


@dataclass(frozen=True)
class Requested:
    """A request with what the policy says of it; the number is empty where nothing was written."""

    id: str
    number: str
    ruling: Ruling


@dataclass(frozen=True)
class _Part:
    """Units of one order line out of what is wanted."""

    wanted: Wanted
    line: StoredLine
    units: int
    left: int
    value_minor: int


def judge_request(hub: Hub, order_number: str, wanted: Sequence[Wanted]) -> Requested:
    """Say what the policy would answer; changes nothing. Raises `ReturnRefusedError`."""
    with hub.store.reading() as database:
        order = get_order(database, find_order_id(database, order_number))
        parts = _parts(database, order, wanted)
        policy = policy_of(database)
        return Requested("", "", _judge(database, policy.rules, order, parts, hub.store.clock()))


def request_return(
    hub: Hub, order_number: str, wanted: Sequence[Wanted], by: str, note: str = ""
) -> Requested:
    """Ask for a return: it is approved, declined or left to a person by the policy.

    Raises `ReturnRefusedError` for goods the order does not have.
    """
    with hub.store.unit_of_work() as unit:
        order_id = find_order_id(unit.connection, order_number)
        return request_in(unit, hub, order_id, wanted, by, note)


def request_in(
    unit: Unit, hub: Hub, order_id: str, wanted: Sequence[Wanted], by: str, note: str = "",
    external_id: str | None = None, settled_there: bool = False,
) -> Requested:  # fmt: skip
    """Ask for a return inside an open unit; a channel's own (`external_id`) is asked for once.

    `settled_there`: the channel has approved it already, and the policy has no say any more.
    """
    lock_money(unit, order_id)
    order = get_order(unit.connection, order_id)
    if known := _asked_before(unit, order, external_id):
        return known
    parts = _parts(unit.connection, order, wanted)
    policy = policy_of(unit.connection)
    ruling = _judge(unit.connection, policy.rules, order, parts, unit.now)
    made = _write(unit, order, parts, by, note, external_id)
    _keep(unit, made.id, policy, ruling, parts, _days(unit, order.id, unit.now))
    tell(unit, made.id, f"asked for; the policy says {ruling.answer}", by)
    if settled_there or ruling.answer == Answer.APPROVE:
        approve_in(unit, hub, made, by="channel" if settled_there else "policy")
    elif ruling.answer == Answer.DECLINE:
        decline_in(unit, hub, made, _against(ruling), by="policy")
    refresh_state(unit, made.id)
    return Requested(made.id, made.row.number, ruling)


def judge_match(
    unit: Unit, order: StoredOrder, stored: StoredReturn, parts: Sequence[tuple[Any, StoredLine]]
) -> Ruling:
    """Let the policy say of goods that are here already whether they could have been sent back."""
    policy = policy_of(unit.connection)
    found = [
        _Part(
            Wanted(line.sku, line.unexpected, ReturnReason(line.reason), Condition(line.condition)),
            ordered, line.unexpected, _left(unit.connection, ordered),
            _value(order, ordered, line.unexpected),
        )
        for line, ordered in parts
    ]  # fmt: skip
    ruling = _judge(unit.connection, policy.rules, order, found, stored.row.requested_at)
    days = _days(unit, order.id, stored.row.requested_at)
    _keep(unit, stored.id, policy, ruling, found, days)
    return ruling


def _asked_before(unit: Unit, order: StoredOrder, external_id: str | None) -> Requested | None:
    if external_id is None:
        return None
    row = unit.execute(
        select(_return.c.id, _return.c.number).where(
            _return.c.connection_id == order.connection_id, _return.c.external_id == external_id
        )
    ).one_or_none()
    return Requested(row.id, row.number, Ruling(Answer.ASK, ())) if row else None


def _parts(database: Connection, order: StoredOrder, wanted: Sequence[Wanted]) -> list[_Part]:
    parts: list[_Part] = []
    taken: dict[str, int] = {}
    for one in (part for kit in wanted for part in _components(order, kit)):
        lines = [line for line in order.lines if _is_meant(one, line)]
        if not lines or one.units <= 0:
            what = one.sku or f"line {one.line_external_id}"
            raise ReturnRefusedError(f"{order.number} has nothing of {what} to send back")
        missing = one.units
        for line in lines:
            left = _left(database, line) - taken.get(line.id, 0)
            units = missing if line is lines[-1] else min(missing, max(0, left))
            if units:
                parts.append(_Part(one, line, units, left, _value(order, line, units)))
                taken[line.id] = taken.get(line.id, 0) + units
                missing -= units
    if not parts:
        raise ReturnRefusedError("name what is to be sent back")
    return parts


def _components(order: StoredOrder, one: Wanted) -> list[Wanted]:
    """Give what is to be sent back of a kit: its components; of anything else itself."""
    kit = next((kit for kit in order.kits if _is_meant(one, kit)), None)
    if kit is None:
        return [one]
    if one.exchange_sku:
        raise ReturnRefusedError(f"{one.sku} is a kit: say of each component what is sent instead")
    return [
        replace(one, sku=part.sku, line_external_id=part.external_id,
                units=one.units * part.per_kit)
        for part in order.lines if part.parent_id == kit.id
    ]  # fmt: skip


def _is_meant(one: Wanted, line: StoredLine) -> bool:
    if one.line_external_id:
        return line.external_id == one.line_external_id
    return line.sku == one.sku


def _left(database: Connection, line: StoredLine) -> int:
    rows = tables.order_line
    query = select(rows.c.shipped - rows.c.returned - rows.c.coming_back).where(
        rows.c.id == line.id
    )
    return int(database.execute(query).scalar_one())


def _value(order: StoredOrder, line: StoredLine, units: int) -> int:
    told = next((one for one in order.record.lines if one.external_id == line.external_id), None)
    if told is None or not told.quantity:
        return 0
    return share_of(told.total_minor + told.tax_minor, 0, min(units, told.quantity), told.quantity)


def _judge(
    database: Connection, policy: ReturnPolicy, order: StoredOrder, parts: Sequence[_Part],
    now: datetime,
) -> Ruling:  # fmt: skip
    return decide(policy, _asked(parts), _since(database, order.id), now)


def _asked(parts: Sequence[_Part]) -> list[Asked]:
    return [
        Asked(part.line.sku, part.units, part.left, part.value_minor, part.wanted.reason,
              part.wanted.condition)
        for part in parts
    ]  # fmt: skip


def _since(database: Connection, order_id: str) -> datetime | None:
    """When the customer got the last of it: delivered, or at least handed over."""
    parcel = tables.shipment
    came = func.coalesce(parcel.c.delivered_at, parcel.c.handed_over_at)
    query = select(func.max(came, type_=parcel.c.handed_over_at.type)).where(
        parcel.c.order_id == order_id, parcel.c.handed_over_at.is_not(None)
    )
    since: datetime | None = database.execute(query).scalar()
    return since


def _days(unit: Unit, order_id: str, now: datetime) -> int | None:
    since = _since(unit.connection, order_id)
    return None if since is None else (now - since).days


def _write(
    unit: Unit, order: StoredOrder, parts: Sequence[_Part], by: str, note: str,
    external_id: str | None,
) -> StoredReturn:  # fmt: skip
    return_id = new_id()
    unit.execute(
        _return.insert().values(
            id=return_id, number=next_number(unit), order_id=order.id, note=note,
            connection_id=order.connection_id, external_id=external_id, requested_by=by,
            requested_at=unit.now, state=ReturnState.REQUESTED.value,
        )
    )  # fmt: skip
    for part in parts:
        unit.execute(
            tables.return_line.insert().values(
                id=new_id(), return_id=return_id, order_line_id=part.line.id,
                stock_item_id=part.line.stock_item_id, sku=part.line.sku, title=part.line.title,
                reason=part.wanted.reason.value, condition=part.wanted.condition.value,
                resolution=part.wanted.resolution.value, asked=part.units,
                exchange_sku=part.wanted.exchange_sku,
            )
        )  # fmt: skip
    return get_return(unit.connection, return_id)


def _keep(
    unit: Unit, return_id: str, policy: InForce[ReturnPolicy], ruling: Ruling,
    parts: Sequence[_Part], days: int | None,
) -> None:  # fmt: skip
    document = {
        "rule": RULE_VERSION,
        "policy_version": policy.version,
        "asked": [
            {"sku": one.sku, "units": one.units, "left": one.left, "value_minor": one.value_minor,
             "reason": one.reason.value, "condition": one.condition.value}
            for one in _asked(parts)
        ],
        "checks": [check.to_document() for check in ruling.checks],
        "days": days,
    }  # fmt: skip
    keep_decision(unit, return_id, DECISION, ruling.answer.value, document)


def _against(ruling: Ruling) -> str:
    return "; ".join(check.reason for check in ruling.checks if check.passed is False)
