"""The life of a ticket: which act leads from which state to which; every other pair is refused."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from hub.records.ticket import ExceptionKind, Priority, Severity, TicketState

S = TicketState
LIVE = frozenset({S.NEW, S.OPEN, S.WAITING_CUSTOMER, S.WAITING_THIRD_PARTY, S.SNOOZED})
"""States in which something is still to be done, by whomever."""
OVER = frozenset({S.RESOLVED, S.CLOSED})


class Act(StrEnum):
    """What may happen to a ticket."""

    OPENED = "opened"
    CUSTOMER_WROTE = "customer_wrote"
    ANSWERED = "answered"
    WAIT_CUSTOMER = "wait_customer"
    WAIT_THIRD_PARTY = "wait_third_party"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    RESOLVED = "resolved"
    REPAIRED = "repaired"
    """The fact it was opened for is repaired: nothing is left to do."""
    REOPENED = "reopened"
    LAPSED = "lapsed"
    """Nobody came back to it after it was resolved."""
    MERGED = "merged"
    SPAM = "spam"


class TicketActError(ValueError):
    """This cannot be done to a ticket in its state."""


def _from(states: frozenset[TicketState], to: TicketState) -> dict[TicketState, TicketState]:
    return dict.fromkeys(states, to)


STEPS: Mapping[Act, Mapping[TicketState, TicketState]] = {
    Act.CUSTOMER_WROTE: {**_from(LIVE | OVER, S.OPEN), S.NEW: S.NEW, S.SPAM: S.SPAM},
    Act.ANSWERED: {**_from(LIVE, S.WAITING_CUSTOMER), **{state: state for state in OVER}},
    Act.WAIT_CUSTOMER: _from(LIVE, S.WAITING_CUSTOMER),
    Act.WAIT_THIRD_PARTY: _from(LIVE, S.WAITING_THIRD_PARTY),
    Act.SNOOZED: _from(LIVE, S.SNOOZED),
    Act.WOKEN: {S.SNOOZED: S.OPEN},
    Act.RESOLVED: _from(LIVE, S.RESOLVED),
    Act.REPAIRED: _from(LIVE | {S.RESOLVED}, S.CLOSED),
    Act.REOPENED: {**_from(LIVE | OVER, S.OPEN), S.SPAM: S.OPEN},
    Act.LAPSED: {S.RESOLVED: S.CLOSED},
    Act.MERGED: _from(LIVE | OVER, S.MERGED),
    Act.SPAM: _from(LIVE | OVER, S.SPAM),
}
"""Act → state before → state after. A merged ticket is never left: its target goes on."""


def after(state: TicketState, act: Act) -> TicketState:
    """Give the state that an act leads to; raises `TicketActError` when it leads nowhere."""
    to = STEPS[act].get(state)
    if to is None:
        raise TicketActError(f"a ticket that is {state} cannot be {act}")
    return to


def goes_on(state: TicketState, over_since: datetime | None, now: datetime, days: int) -> bool:
    """Say whether a customer's message belongs to this ticket, or begins a new one linked to it."""
    if state not in OVER or over_since is None:
        return state != S.MERGED
    return now - over_since <= timedelta(days=days)


PRIORITY_OF: Mapping[Severity, Priority] = {
    Severity.MINOR: Priority.NORMAL,
    Severity.MAJOR: Priority.HIGH,
    Severity.CRITICAL: Priority.URGENT,
}

TITLES: Mapping[ExceptionKind, str] = {
    ExceptionKind.PARCEL_LOST: "A parcel is lost",
    ExceptionKind.ORDER_NOTICE: "A rule asks for a look at an order",
    ExceptionKind.CANCELLED_TOO_LATE: "An order was cancelled after units had left",
    ExceptionKind.EDIT_DECLINED: "An order was changed too late",
    ExceptionKind.PARCEL_DAMAGED: "A parcel was damaged on its way",
    ExceptionKind.PARCEL_RETURNING: "A parcel is coming back",
    ExceptionKind.DELIVERY_FAILED: "A parcel could not be delivered",
    ExceptionKind.PARCEL_SILENT: "Nobody knows where a parcel is",
    ExceptionKind.SLA_BREACHED: "A customer waits longer than promised",
    ExceptionKind.MESSAGE_BOUNCED: "A message did not reach the customer",
    ExceptionKind.PICK_SHORT: "Units were not found on their shelf",
    ExceptionKind.RETURN_SHORT: "A return came with less than was announced",
    ExceptionKind.RETURN_WRONG_ITEM: "A return brought something else",
    ExceptionKind.RETURN_DAMAGED: "A return was damaged on its way",
    ExceptionKind.RETURN_LOST: "A return was lost on its way",
    ExceptionKind.RETURN_UNEXPECTED: "Goods came back that nobody had announced",
    ExceptionKind.RETURN_REFUND_BLOCKED: "The money of a return cannot be given back",
    ExceptionKind.TRANSFER_SHORT: "Units of a transfer did not arrive",
    ExceptionKind.STOCK_NEGATIVE: "More units left than the books had",
    ExceptionKind.SUPPLY_LATE: "A supplier's delivery is late",
    ExceptionKind.SUPPLY_OVER: "More came than was ordered",
    ExceptionKind.SUPPLY_DAMAGED: "Goods came damaged from a supplier",
}
"""How a ticket opened by an exception is called; names nobody."""

PARCEL_KINDS = frozenset(
    {
        ExceptionKind.PARCEL_LOST,
        ExceptionKind.PARCEL_DAMAGED,
        ExceptionKind.PARCEL_RETURNING,
        ExceptionKind.DELIVERY_FAILED,
        ExceptionKind.PARCEL_SILENT,
    }
)
"""Exceptions whose subject is a parcel: one parcel's troubles share a ticket."""

ON_ITS_TICKET = frozenset({ExceptionKind.SLA_BREACHED, ExceptionKind.MESSAGE_BOUNCED})
"""Exceptions whose subject is a ticket: they show on it and open no other."""


def title_of(kind: ExceptionKind) -> str:
    """Name a ticket after what went wrong."""
    return TITLES.get(kind) or str(kind).replace("_", " ").capitalize()
