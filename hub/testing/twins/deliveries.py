"""Webhooks owed by the vendor: a durable queue, taken one at a time, sent at most once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from hub.testing.twins.dials import FaultDials
from hub.testing.twins.state import TwinState

# A number never comes to begin with a zero, so JSON stays JSON.
OTHER_DIGITS = bytes.maketrans(b"123456789", b"234567891")


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One webhook owed: to which subscription, about what."""

    id: int
    target: str
    topic: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """The request to send, as bytes, because signatures cover bytes."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    method: str = "POST"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A delivery taken off the queue, how often to send it, and whether a forger joins in."""

    delivery: Delivery
    copies: int
    forged: bool = False


def pending(state: TwinState) -> list[Delivery]:
    """Return what is owed, due or not, oldest first."""
    rows = state.connection.execute("SELECT id, target, topic, subject FROM delivery ORDER BY id")
    return [_delivery(row) for row in rows]


def take_next(state: TwinState, dials: FaultDials, *, all_owed: bool = False) -> Taken | None:
    """Take the next due delivery, faults applied; None when nothing is due.

    It leaves the queue before it is sent: a twin killed in between loses it, as vendors that
    never retry do. `all_owed` takes what is not due yet as well.
    """
    while due := _due(state, all_owed):
        if not all_owed and _made_late(state, dials, due[0]):
            continue
        chosen = due[0]
        if len(due) > 1 and dials.take(("reorder",), "POST", chosen.topic):
            chosen = due[-1]
        fault = dials.take(("duplicate", "drop"), "POST", chosen.topic)
        state.connection.execute("DELETE FROM delivery WHERE id = ?", (chosen.id,))
        copies = {"drop": 0, "duplicate": 2}.get(fault.kind if fault else "", 1)
        forged = dials.take(("forged",), "POST", chosen.topic) is not None
        return Taken(delivery=chosen, copies=copies, forged=forged)
    return None


def forge(outgoing: Outgoing) -> Outgoing:
    """Return the same request with other numbers in its body: no signature covers that."""
    body = outgoing.body.translate(OTHER_DIGITS)
    return replace(outgoing, body=body if body != outgoing.body else body + b" ")


def _due(state: TwinState, all_owed: bool) -> list[Delivery]:
    if all_owed:
        return pending(state)
    rows = state.connection.execute(
        "SELECT id, target, topic, subject FROM delivery WHERE due_at <= ? ORDER BY due_at, id",
        (state.clock.now().isoformat(),),
    )
    return [_delivery(row) for row in rows]


def _delivery(row: tuple[int, str, str, str]) -> Delivery:
    return Delivery(id=row[0], target=row[1], topic=row[2], subject=row[3])


def _made_late(state: TwinState, dials: FaultDials, delivery: Delivery) -> bool:
    """Put it off once, if a fault says so; what was late already is not made later."""
    (postponed,) = state.connection.execute(
        "SELECT postponed FROM delivery WHERE id = ?", (delivery.id,)
    ).fetchone()
    fault = None if postponed else dials.take(("late",), "POST", delivery.topic)
    if fault is None:
        return False
    due = state.clock.now() + timedelta(seconds=fault.seconds)
    state.connection.execute(
        "UPDATE delivery SET due_at = ?, postponed = 1 WHERE id = ?", (due.isoformat(), delivery.id)
    )
    return True
