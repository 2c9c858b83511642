"""What is decided about a request: approved, declined, cancelled, or over because nobody came."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from hub.records.return_policy import RefundAt, ReturnPolicy
from hub.records.returns import Grade, Resolution
from hub.services.context import Hub
from hub.services.returns.answers import owe_answer
from hub.services.returns.grade import after_grading
from hub.services.returns.labels import owe_label, take_labels_back
from hub.services.returns.money import Units, settle
from hub.services.returns.receive import after_receipt
from hub.services.returns.replacement import (
    cancel_replacement,
    place_replacement,
    still_waits,
)
from hub.services.returns.rows import (
    ReturnRefusedError,
    StoredReturn,
    find_return,
    get_return,
    lock_return,
    policy_of,
    refresh_state,
    set_line,
    set_order_line,
    still_here,
    tell,
)
from hub.services.stock.opening import default_location
from hub.store import tables
from hub.store.jobs import RunningJob
from hub.store.unit_of_work import Unit

REJECTED = Resolution.REJECT.value

_return = tables.sales_return
_line = tables.return_line


def approve(hub: Hub, number: str, by: str) -> None:
    """Approve a request, or accept goods that came unannounced. Raises `ReturnRefusedError`."""
    with hub.store.unit_of_work() as unit:
        stored = lock_return(unit, number)
        if stored.row.order_id is None:
            raise ReturnRefusedError(f"match {stored.row.number} to its order first")
        waiting, came = any(line.unexpected for line in stored.lines), []
        if stored.row.approved_at is None and not _is_over(stored):
            came = approve_in(unit, hub, stored, by)
        elif not waiting:
            raise ReturnRefusedError(f"{stored.row.number} is {stored.state()}")
        if waiting:
            adopt(unit, get_return(unit.connection, stored.id), by, came, strangers=True)
        refresh_state(unit, stored.id)


def _is_over(stored: StoredReturn) -> bool:
    row = stored.row
    return bool(row.declined_at or row.cancelled_at or row.expired_at or row.closed_at)


def approve_in(unit: Unit, hub: Hub, stored: StoredReturn, by: str) -> list[Units]:
    """Authorise all that was asked for: units, place, label, exchange, answer; money by policy.

    Gives the units that had come before anybody allowed it.
    """
    policy = policy_of(unit.connection).rules
    came = [_authorise(unit, line) for line in stored.lines]
    location = _where_to(unit, policy, stored)
    expires = unit.now + timedelta(days=policy.expires_after_days)
    unit.execute(
        update(_return)
        .where(_return.c.id == stored.id)
        .values(approved_at=unit.now, expires_at=expires, location_id=location)
    )
    tell(unit, stored.id, f"approved; it is over on {expires:%Y-%m-%d} unless it is sent", by)
    approved = get_return(unit.connection, stored.id)
    place_replacement(unit, hub, approved, policy)
    if any(line.authorised > line.received for line in approved.lines):
        owe_label(unit, hub, approved, policy)
    owe_answer(unit, hub, approved, approved=True)
    if policy.refund_at == RefundAt.APPROVED:
        parts = [Units(line.id, Grade.A, line.authorised) for line in approved.lines]
        settle(unit, stored.id, "policy", [part for part in parts if part.units])
    return [part for part in came if part.units]


def _authorise(unit: Unit, line: Any) -> Units:
    """Authorise what was asked of a line; gives the units of it that are here already."""
    units = max(0, line.asked - line.authorised)
    here = min(units, still_here(unit, line)) if line.order_line_id else 0
    if not set_order_line(unit, line.order_line_id, coming_back=units - here, returned=here):
        raise ReturnRefusedError(f"{line.sku}: fewer than {units} are with the customer")
    set_line(unit, line.id, authorised=units, unexpected=-here)
    return Units(line.id, Grade.A, here)


def adopt(
    unit: Unit, stored: StoredReturn, by: str, came: Sequence[Units] = (), strangers: bool = False
) -> None:
    """Accept units that nobody had authorised, as if they had been; `came` were just authorised.

    `strangers`: also what the order never had, such as what was sent by mistake; it may then go to
    the shelf, and nothing is paid for it; nor for what went back to its sender meanwhile.
    """
    parts = list(came)
    for line in stored.lines:
        if not line.unexpected or (line.order_line_id is None and not strangers):
            continue
        units, all_of_it = still_here(unit, line), line.unexpected
        if not set_order_line(unit, line.order_line_id, returned=units):
            raise ReturnRefusedError(f"{line.sku}: the order has not that many with the customer")
        free = all_of_it - units if line.order_line_id else all_of_it
        set_line(
            unit, line.id, authorised=all_of_it, unexpected=-all_of_it, settled=free, denied=free
        )
        wanted = line.resolution if line.resolution != REJECTED else Resolution.REFUND.value
        unit.execute(update(_line).where(_line.c.id == line.id).values(resolution=wanted))
        parts += [Units(line.id, Grade.A, units)] if units and line.order_line_id else []
        tell(unit, stored.id, f"{units} of {line.sku} that came unasked accepted", by)
    settled = {"question": "", "approved_at": stored.row.approved_at or unit.now}
    unit.execute(update(_return).where(_return.c.id == stored.id).values(settled))
    after_receipt(unit, stored.id, parts)
    after_grading(unit, stored.id)


def _where_to(unit: Unit, policy: ReturnPolicy, stored: StoredReturn) -> str:
    """Where it is to be sent: where the policy says, else where it came from."""
    place, parcel = tables.location, tables.shipment
    is_open = place.c.state == "active"
    if policy.return_to:
        query = select(place.c.id).where(place.c.code == policy.return_to, is_open)
        if found := unit.execute(query).scalar():
            return str(found)
    origin = (
        select(parcel.c.location_id)
        .join(place, (place.c.id == parcel.c.location_id) & is_open)
        .where(parcel.c.order_id == stored.row.order_id, parcel.c.handed_over_at.is_not(None))
        .order_by(parcel.c.id)
    )
    return str(unit.execute(origin).scalars().first() or default_location(unit))


def decline(hub: Hub, number: str, why: str, by: str) -> None:
    """Refuse a request, or goods that came unannounced: they go back or are thrown away."""
    with hub.store.unit_of_work() as unit:
        stored = lock_return(unit, number)
        unasked = [line for line in stored.lines if line.unexpected]
        if unasked:
            for line in unasked:
                _reject(unit, line.id)
            unit.execute(update(_return).where(_return.c.id == stored.id).values(question=""))
            tell(unit, stored.id, f"goods that came unasked refused: {why}", by)
        elif stored.row.approved_at or _is_over(stored):
            raise ReturnRefusedError(f"{stored.row.number} is {stored.state()}")
        else:
            decline_in(unit, hub, stored, why, by)
        refresh_state(unit, stored.id)


def decline_in(unit: Unit, hub: Hub, stored: StoredReturn, why: str, by: str) -> None:
    """Refuse a request inside an open unit."""
    unit.execute(update(_return).where(_return.c.id == stored.id).values(declined_at=unit.now))
    for line in stored.lines:
        _reject(unit, line.id)
    tell(unit, stored.id, f"declined: {why}", by)
    owe_answer(unit, hub, stored, approved=False)


def _reject(unit: Unit, line_id: str) -> None:
    unit.execute(update(_line).where(_line.c.id == line_id).values(resolution=REJECTED))


def cancel(hub: Hub, number: str, why: str, by: str) -> None:
    """Call a return off before anything of it came. Its label and its exchange are given back."""
    with hub.store.unit_of_work() as unit:
        stored = lock_return(unit, number)
        if _is_over(stored) or any(line.received or line.settled for line in stored.lines):
            raise ReturnRefusedError(f"{stored.row.number} is {stored.state()}")
        _end(unit, hub, stored)
        ended = {"cancelled_at": unit.now}
        unit.execute(update(_return).where(_return.c.id == stored.id).values(ended))
        tell(unit, stored.id, f"cancelled: {why}", by)
        refresh_state(unit, stored.id)


def close(hub: Hub, number: str, by: str, note: str = "") -> None:
    """Put a return away in which nothing is left to do; what is still missing is given up."""
    with hub.store.unit_of_work() as unit:
        stored = lock_return(unit, number)
        goods = [stored.goods(line) for line in stored.lines]
        if stored.row.closed_at or any(one.disposed < one.received for one in goods):
            raise ReturnRefusedError(f"{stored.row.number} is {stored.state()}")
        _end(unit, hub, stored, exchange=still_waits(unit, stored))
        after_grading(unit, stored.id)  # nothing more is waited for: what came is paid
        unit.execute(update(_return).where(_return.c.id == stored.id).values(closed_at=unit.now))
        tell(unit, stored.id, f"closed{': ' if note else ''}{note}", by)
        refresh_state(unit, stored.id)


def expire_returns(hub: Hub, job: RunningJob) -> None:
    """End the approvals that no parcel followed in time."""
    with hub.store.unit_of_work() as unit:
        late = unit.execute(
            select(_return.c.id)
            .where(_return.c.expires_at <= unit.now, _return.c.closed_at.is_(None),
                   _return.c.expired_at.is_(None), _return.c.cancelled_at.is_(None),
                   _return.c.declined_at.is_(None))
            .order_by(_return.c.id).limit(200)
        ).scalars().all()  # fmt: skip
        over = sum(_expire(unit, hub, return_id) for return_id in late)
        job.finish(unit, "ok" if over else "no_change", {"updated": over})


def _expire(unit: Unit, hub: Hub, return_id: str) -> bool:
    stored = lock_return(unit, find_return(unit.connection, return_id))
    came = any(line.received or line.missing for line in stored.lines)
    if came or stored.moving or stored.row.approved_at is None:
        # what is on its way is waited for
        unit.execute(update(_return).where(_return.c.id == return_id).values(expires_at=None))
        return False
    _end(unit, hub, stored)
    unit.execute(update(_return).where(_return.c.id == return_id).values(expired_at=unit.now))
    tell(unit, return_id, "over: nothing was sent in time", "policy")
    refresh_state(unit, return_id)
    return True


def _end(unit: Unit, hub: Hub, stored: StoredReturn, exchange: bool = True) -> None:
    """Authorise nothing more: what is still with the customer stays there."""
    for line in stored.lines:
        still = stored.goods(line).outstanding
        if still <= 0:
            continue
        paid = max(0, still - (line.authorised - line.settled))
        set_order_line(unit, line.order_line_id, coming_back=-still)
        set_line(unit, line.id, authorised=paid - still, missing=paid)
        if paid:
            tell(unit, stored.id, f"{paid} of {line.sku} are paid for and never came", "policy")
    take_labels_back(unit, hub, stored)
    if exchange:
        cancel_replacement(unit, stored)
