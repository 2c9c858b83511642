"""Giving money back through the shop: reserved before it is asked for, never more than is owed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from hub.domain.effects import EffectState
from hub.domain.refunds import share_of
from hub.records.events import EventKind
from hub.records.money import MoneyError, from_minor, to_minor
from hub.records.payment import PaymentEventKind, RefundLine, RefundRequest
from hub.registry import Opened
from hub.sdk.capabilities import Accepted, ReadRefunds, RefundOrder
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.services.effects.effect_kind import EffectKind, always_wanted, nothing_more, offered
from hub.services.intake.refunds import lock_money, note_money
from hub.services.work import owe
from hub.store import effects, tables
from hub.store.effects import Effect
from hub.store.orders import StoredOrder, find_order_id, get_order
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit

REFUND = "refund"

_refund = tables.refund
_order = tables.sales_order
_events = tables.payment_event


class RefundRefusedError(HubError):
    """This refund may not be asked for; the text says why, and what may be."""


class RefundsBeingReadError(RefundRefusedError):
    """What the shop itself gave back is being read: ask again shortly."""


class UnclearAmountError(RefundRefusedError):
    """What was asked for is no amount of this currency."""


@dataclass(frozen=True)
class RefundPlan:
    """A refund as it would be asked for; amounts in minor units of `currency`."""

    order_id: str
    number: str
    currency: str
    amount_minor: int
    lines: tuple[RefundLine, ...]
    refundable_minor: int
    """What may be given back now, before this."""


def plan_refund(
    hub: Hub, number: str, amount: str | None = None, units: Mapping[str, int] | None = None
) -> RefundPlan:
    """Work out a refund of an `amount` (decimal text) or of `units` by SKU; changes nothing.

    Raises `RefundRefusedError` when it is neither, both, of goods the order does not have, or more
    than what was captured and not given back yet.
    """
    if (amount is None) == (not units):
        raise RefundRefusedError("name either an amount or units of lines")
    with hub.store.reading() as database:
        order = get_order(database, find_order_id(database, number))
        left = refundable(database, order.id)
        lines = tuple(_line(database, order, sku, n) for sku, n in (units or {}).items())
    check_shop(hub, order)
    currency = order.record.currency
    wanted = _exactly(amount, currency) if amount else sum(line.amount_minor for line in lines)
    if wanted <= 0:
        raise RefundRefusedError("a refund gives something back: more than nothing")
    if wanted > left:
        raise RefundRefusedError(_too_much(wanted, left, currency))
    return RefundPlan(order.id, order.number, currency, wanted, lines, left)


def _exactly(amount: str, currency: str) -> int:
    """Read an amount that a person gave: what the currency has no coins for is not rounded."""
    try:
        minor = to_minor(amount, currency)
    except MoneyError as error:
        raise UnclearAmountError(str(error)) from None
    if Decimal(amount) != Decimal(from_minor(minor, currency)):
        raise UnclearAmountError(f"{amount} is more exact than {currency} is")
    return minor


def _too_much(wanted: int, left: int, currency: str) -> str:
    return (
        f"{from_minor(wanted, currency)} {currency} is more than the "
        f"{from_minor(max(left, 0), currency)} that was captured and not given back or asked for"
    )


def check_shop(hub: Hub, order: StoredOrder) -> None:
    """Raise `RefundRefusedError` unless the shop can be asked and all its refunds are known."""
    shop = hub.connection(order.connection_id)
    provides = hub.registry.connector(shop.connector).provides
    if RefundOrder not in provides:
        raise RefundRefusedError(f"{shop.code} cannot be asked for refunds; refund it there")
    known = _refund.c.order_id == order.id, _refund.c.state == "made"
    with hub.store.reading() as database:
        read = database.execute(select(func.sum(_refund.c.amount_minor)).where(*known)).scalar()
        booked = select(_order.c.refunded_minor).where(_order.c.id == order.id)
        told = database.execute(booked).scalar_one()
    if ReadRefunds in provides and (read or 0) != told:
        with hub.store.unit_of_work() as unit:
            owe(unit, "read_refunds", order.id, shop.id)
        raise RefundsBeingReadError(f"the refunds of {order.number} are being read; try again")


def _line(database: Connection, order: StoredOrder, sku: str, units: int) -> RefundLine:
    """Give the share of a line that these units are, after those given back before."""
    shown = {line.external_id: line for line in order.record.lines}
    found = [line for line in order.channel_lines if line.sku == sku and line.external_id in shown]
    if len(found) != 1:
        raise RefundRefusedError(f"{order.number} has {len(found) or 'no'} lines of {sku}")
    line, told = found[0], shown[found[0].external_id]
    before = units_given_back(database, order.id, line.external_id)
    if units <= 0 or before + units > line.counters.quantity:
        left = line.counters.quantity - before
        raise RefundRefusedError(f"of {sku} {left} can still be refunded, not {units}")
    whole = max(told.quantity, 1)
    return RefundLine(
        line_external_id=line.external_id, quantity=units,
        amount_minor=share_of(told.total_minor + told.tax_minor, before, units, whole),
        tax_minor=share_of(told.tax_minor, before, units, whole),
    )  # fmt: skip


def units_given_back(database: Connection, order_id: str, line: str) -> int:
    """Give the units of a line (the channel's id) whose money was given back or is asked for."""
    rows = database.execute(
        select(_refund.c.lines).where(
            _refund.c.order_id == order_id, _refund.c.state.in_(["asked", "made"])
        )
    ).scalars()
    return sum(
        part["quantity"] for parts in rows for part in parts if part["line_external_id"] == line
    )


def _captured(order_id: Any) -> ColumnElement[int]:
    captured = select(func.coalesce(func.sum(_events.c.amount_minor), 0)).where(
        _events.c.order_id == order_id, _events.c.kind == PaymentEventKind.CAPTURED.value
    )
    return captured.scalar_subquery()


def refundable(database: Connection, order_id: str) -> int:
    """Give what may be given back now, in minor units of the order's currency."""
    left = _captured(order_id) - _order.c.refunded_minor - _order.c.refund_reserved_minor
    return int(database.execute(select(left).where(_order.c.id == order_id)).scalar_one())


def ask_refund(
    hub: Hub, plan: RefundPlan, reason: str, request_id: str, pays_back: bool = True
) -> str:
    """Owe a planned refund; gives its effect. The same `request_id` again is the same refund.

    Raises `RefundRefusedError` when another refund came between plan and asking.
    """
    with hub.store.unit_of_work() as unit:
        known = select(tables.effect.c.id).where(tables.effect.c.subject_id == request_id)
        if (effect_id := unit.execute(known).scalar()) is not None:
            return str(effect_id)
        _reserve(unit, plan.order_id, plan.amount_minor, plan.currency)
        order = get_order(unit.connection, plan.order_id)
        _check_units(unit, order, plan.lines)
        key = f"refund:{request_id}"
        unit.execute(
            _refund.insert().values(
                id=request_id, order_id=order.id, connection_id=order.connection_id, key=key,
                state="asked", amount_minor=plan.amount_minor, currency=plan.currency,
                reason=reason, pays_back=pays_back,
                lines=[line.to_document() for line in plan.lines], recorded_at=unit.now,
            )
        )  # fmt: skip
        effect_id = effects.prepare(unit, REFUND, order.connection_id, key, request_id)
        assert effect_id is not None, "the request is new, and so is its key"
        owe(unit, "perform_effect", effect_id, order.connection_id)
    return effect_id


def _reserve(unit: Unit, order_id: str, amount_minor: int, currency: str) -> None:
    """Take the amount out of what may be given back; the row's lock keeps the next one waiting."""
    spent = _order.c.refunded_minor + _order.c.refund_reserved_minor
    taken = unit.changed(
        update(_order)
        .where(_order.c.id == order_id, _captured(order_id) - spent >= amount_minor)
        .values(refund_reserved_minor=_order.c.refund_reserved_minor + amount_minor)
    )
    if not taken:
        left = refundable(unit.connection, order_id)
        raise RefundRefusedError(_too_much(amount_minor, left, currency))


def _check_units(unit: Unit, order: StoredOrder, lines: Sequence[RefundLine]) -> None:
    quantity = {line.external_id: line.counters.quantity for line in order.channel_lines}
    for line in lines:
        before = units_given_back(unit.connection, order.id, line.line_external_id)
        if before + line.quantity > quantity[line.line_external_id]:
            raise RefundRefusedError("another refund of these units was asked for meanwhile")


def _load(database: Connection, keyring: Keyring, effect: Effect) -> RefundRequest:
    row = database.execute(select(_refund).where(_refund.c.id == effect.subject_id)).one()
    order = select(_order.c.external_id).where(_order.c.id == row.order_id)
    return RefundRequest(
        order_external_id=database.execute(order).scalar_one(), reason=row.reason,
        amount_minor=row.amount_minor, currency=row.currency, pays_back=row.pays_back,
        lines=tuple(RefundLine.model_validate(line) for line in row.lines),
    )  # fmt: skip


def _call(opened: Opened, request: RefundRequest, key: str) -> Accepted:
    return offered(opened, RefundOrder).refund_order(request, key=key)


def _find(opened: Opened, request: RefundRequest, key: str) -> Accepted | None:
    return offered(opened, RefundOrder).find_refund(request, key=key)


def _row(unit: Unit, effect: Effect) -> Any:
    """Read the refund of an effect, and keep its order's money to this unit."""
    asked = select(_refund.c.order_id).where(_refund.c.id == effect.subject_id)
    lock_money(unit, unit.execute(asked).scalar_one())
    return unit.execute(select(_refund).where(_refund.c.id == effect.subject_id)).one()


def _made(unit: Unit, effect: Effect, answer: Accepted) -> None:
    """Book it: what was reserved is given back. One already read under its id is this one."""
    row = _row(unit, effect)
    read = (
        _refund.c.connection_id == row.connection_id, _refund.c.id != row.id,
        _refund.c.external_id == answer.external_id,
    )  # fmt: skip
    counted = unit.changed(_refund.delete().where(*read, _refund.c.state == "made"))
    unit.execute(
        update(_refund)
        .where(_refund.c.id == row.id)
        .values(state="made", external_id=answer.external_id, refunded_at=unit.now)
    )
    _settle_reserved(unit, row, given_back=not counted and row.state != "made")
    order = get_order(unit.connection, row.order_id)
    note_money(unit, order, PaymentEventKind.REFUNDED, answer.external_id, row.amount_minor)
    owe(unit, "read_refunds", order.id, order.connection_id)
    owe(unit, "accept_order", order.id)


def _settle_reserved(unit: Unit, row: Any, given_back: bool) -> None:
    """Set free what a refund had reserved: one that is not asked for (any more) has nothing."""
    reserved = row.amount_minor if row.state == "asked" else 0
    given = row.amount_minor if given_back else 0
    unit.record(EventKind.REFUND_SETTLED, row.id, row.connection_id)
    unit.execute(
        update(_order)
        .where(_order.c.id == row.order_id)
        .values(
            refund_reserved_minor=_order.c.refund_reserved_minor - reserved,
            refunded_minor=_order.c.refunded_minor + given,
        )
    )


def _refused(unit: Unit, effect: Effect, reason: str) -> None:
    """Nothing was given back: the amount may be asked for again. What the shop shows was."""
    row = _row(unit, effect)
    shown = row.external_id is not None
    state = "made" if shown else "refused"
    unit.execute(update(_refund).where(_refund.c.id == row.id).values(state=state))
    _settle_reserved(unit, row, given_back=shown and row.state != "made")


def reserve_again(unit: Unit, effect: Effect) -> None:
    """Reserve the amount of a refused refund that is to be asked for once more.

    Raises `RefundRefusedError` when it is no longer owed, or was made after all.
    """
    row = _row(unit, effect)
    if row.external_id is not None:
        raise RefundRefusedError(f"the shop shows it, as refund {row.external_id}: it happened")
    if effect.facts.state == EffectState.REFUSED:
        lines = tuple(RefundLine.model_validate(line) for line in row.lines)
        _check_units(unit, get_order(unit.connection, row.order_id), lines)
        _reserve(unit, row.order_id, row.amount_minor, row.currency)
        unit.execute(update(_refund).where(_refund.c.id == row.id).values(state="asked"))


REFUND_KIND = EffectKind(
    RefundOrder, _load, _call, _find, lambda accepted: accepted.external_id, _made, _refused,
    nothing_more, always_wanted,
)  # fmt: skip
