"""Reconciling: what changed between the order the hub knows and the order the channel shows now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from hub.records.events import EventKind
from hub.records.order import ChannelState, HoldReason, Order, OrderLine


class Change(StrEnum):
    """How an incoming order relates to the known one."""

    NEW = "new"
    CHANGED = "changed"
    STALE = "stale"


@dataclass(frozen=True)
class KnownLine:
    """A line as the hub has it."""

    id: str
    quantity: int
    cancelled: int
    reserved: int
    allocated: int
    shipped: int


@dataclass(frozen=True)
class KnownOrder:
    """An order as the hub has it; lines by the channel's line id."""

    id: str
    channel_state: ChannelState
    updated_at: datetime
    history: bool
    lines: Mapping[str, KnownLine]
    ship_to_hash: bytes | None = None
    deleted: bool = False
    """The shop no longer has it; only a newer version brings it back."""


@dataclass(frozen=True)
class LineUpdate:
    """New values for a known line; `release` says its reservation must be given back first."""

    line_id: str
    values: Mapping[str, Any]
    release: bool = False


@dataclass(frozen=True)
class Reconciliation:
    """What to write, and the facts it makes."""

    change: Change
    history: bool = False
    events: tuple[EventKind, ...] = ()
    new_lines: tuple[OrderLine, ...] = ()
    updates: tuple[LineUpdate, ...] = ()
    holds: tuple[tuple[HoldReason, str], ...] = field(default=())


_OVER = frozenset({ChannelState.FINISHED, ChannelState.CANCELLED})
_PLACED = frozenset({ChannelState.OPEN, ChannelState.UNKNOWN})
_FIRST_SEEN = {
    ChannelState.OPEN: EventKind.ORDER_PLACED,
    ChannelState.UNKNOWN: EventKind.ORDER_PLACED,
    ChannelState.FINISHED: EventKind.ORDER_SHIPPED_BY_CHANNEL,
}
_ALIVE = frozenset(_FIRST_SEEN)


MOVED = "the address was changed at the shop after its parcel was prepared"


def reconcile(
    known: KnownOrder | None, incoming: Order, books_open: bool, moved: bool = False
) -> Reconciliation:
    """Compare one order; `moved` says that it goes to another address than before.

    Before the books are open nothing follows from what is landed.
    """
    if known is None:
        return _new(incoming, books_open)
    same_again = known.deleted and incoming.updated_at == known.updated_at
    if incoming.updated_at < known.updated_at or same_again:
        return Reconciliation(Change.STALE, known.history)
    return _changed(known, incoming, books_open, moved)


def _new(incoming: Order, books_open: bool) -> Reconciliation:
    """Once the books are open, an order first seen finished was placed since: its units left."""
    event = _FIRST_SEEN.get(incoming.state) if books_open else None
    return Reconciliation(
        Change.NEW,
        history=incoming.state in _OVER and event is None,
        events=(event,) if event else (),
        new_lines=incoming.lines,
    )


def _changed(known: KnownOrder, incoming: Order, books_open: bool, moved: bool) -> Reconciliation:
    updates: list[LineUpdate] = []
    holds: list[tuple[HoldReason, str]] = []
    shown = {line.external_id: line for line in incoming.lines}
    revived = known.channel_state == ChannelState.CANCELLED and incoming.state in _ALIVE
    untouched = _never_in_hand(known, incoming, books_open)
    for external_id, line in known.lines.items():
        if untouched:
            updates.append(_as_told(line, shown.get(external_id), incoming.state))
            continue
        update, hold = _line_change(line, shown.get(external_id), revived)
        updates += [update] if update else []
        holds += [hold] if hold else []
    if moved and any(line.allocated for line in known.lines.values()):
        holds.append((HoldReason.CHANGED, MOVED))
    history = known.history and not revived if books_open else incoming.state in _OVER
    return Reconciliation(
        Change.CHANGED,
        history=history and incoming.state in _OVER,
        events=_events(known, incoming) if books_open else (),
        new_lines=tuple(line for key, line in shown.items() if key not in known.lines),
        updates=tuple(updates),
        holds=tuple(holds),
    )


def _never_in_hand(known: KnownOrder, incoming: Order, books_open: bool) -> bool:
    """Whether the hub has done nothing about it yet, so that the shop's word is all there is."""
    reopened = known.history and incoming.state in _PLACED
    return reopened or (not books_open and incoming.state in _OVER)


def _as_told(line: KnownLine, shown: OrderLine | None, state: ChannelState) -> LineUpdate:
    if shown is None:
        return LineUpdate(line.id, {"shipped": 0, "cancelled": line.quantity}, release=True)
    (told,) = line_counters_of_history([shown], state)
    if state in _PLACED:
        told = {"shipped": min(shown.fulfilled, shown.quantity), "cancelled": 0}
    return LineUpdate(line.id, {**_texts(shown), "quantity": shown.quantity, **told}, release=True)


def _line_change(
    line: KnownLine, shown: OrderLine | None, revived: bool
) -> tuple[LineUpdate | None, tuple[HoldReason, str] | None]:
    quantity = shown.quantity if shown else 0
    values = _texts(shown)
    if revived and shown and not line.allocated and not line.shipped:
        return LineUpdate(line.id, {**values, "quantity": quantity, "cancelled": 0}), None
    if quantity == line.quantity - line.cancelled or (shown and quantity == line.quantity):
        return (LineUpdate(line.id, values) if values else None), None
    if line.allocated or line.shipped:
        sentence = f"the shop changed a line to {quantity} units after it was routed"
        return None, (HoldReason.CHANNEL_REQUEST, sentence)
    if shown is None:
        return LineUpdate(line.id, {"cancelled": line.quantity}, release=True), None
    changes = {**values, "quantity": quantity, "cancelled": 0}
    return LineUpdate(line.id, changes, release=True), None


def _texts(shown: OrderLine | None) -> dict[str, Any]:
    if shown is None:
        return {}
    return {"sku": shown.sku, "title": shown.title, "stock_taken": shown.stock_taken,
            "listing_external_id": shown.listing_external_id}  # fmt: skip


def _events(known: KnownOrder, incoming: Order) -> tuple[EventKind, ...]:
    if incoming.state == ChannelState.CANCELLED:
        return (EventKind.ORDER_CANCELLED,)
    if incoming.state == ChannelState.FINISHED:
        return (EventKind.ORDER_SHIPPED_BY_CHANNEL,)
    if incoming.state in _PLACED and (known.channel_state == ChannelState.DRAFT or known.history):
        return (EventKind.ORDER_PLACED,)
    if incoming.state in _PLACED:
        return (EventKind.ORDER_CHANGED,)
    return ()


def line_counters_of_history(
    lines: Sequence[OrderLine], state: ChannelState
) -> list[dict[str, int]]:
    """Give the counters of lines that were over before the hub came."""
    if state == ChannelState.FINISHED:
        return [
            {"shipped": min(line.fulfilled, line.quantity),
             "cancelled": line.quantity - min(line.fulfilled, line.quantity)}
            for line in lines
        ]  # fmt: skip
    return [{"shipped": 0, "cancelled": line.quantity} for line in lines]
