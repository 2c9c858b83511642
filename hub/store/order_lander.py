"""Landing a page of orders: people, parties, orders, lines, links, raw bytes; few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Table, update

from hub.domain.lifecycle import LineCounters, OrderFacts, phase
from hub.domain.reconcile import (
    Change,
    Reconciliation,
    line_counters_of_history,
)
from hub.records.order import ChannelState, Order, OrderLine
from hub.records.payment import PaymentEventKind
from hub.store import tables
from hub.store.ids import new_id
from hub.store.kits import follow_parents
from hub.store.lander import instant_text, land
from hub.store.ledger import release
from hub.store.people import Person, people_for, seal_parties
from hub.store.returned import with_returns
from hub.store.sealing import Keyring, seal
from hub.store.unit_of_work import Unit

ORDER = "order"


@dataclass(frozen=True)
class RawOrder:
    """An order to land: the vendor's bytes, their digest, the record they mean."""

    raw: bytes
    digest: bytes
    order: Order


@dataclass(frozen=True)
class Landing:
    """An order with what reconciling said of it; `order_id` is new or the known one."""

    source: RawOrder
    outcome: Reconciliation
    order_id: str
    party_id: str | None


_PEOPLE = {"bill_to", "ship_to", "note"}
"""The fields of an order that name a person: sealed, and not in its document."""


def land_orders(
    unit: Unit, connection_id: str, code: str, landings: Sequence[Landing],
    items_by_listing: Mapping[str, str],
) -> set[str]:  # fmt: skip
    """Write a page of new and changed orders; `items_by_listing` maps listing to stock item.

    Gives the stock items of which changed lines gave a promise back.
    """
    people = people_for(
        unit, [(_mail(landing.source.order), landing.party_id) for landing in landings]
    )
    party_ids = [landing.party_id or new_id() for landing in landings]
    parties = map(_party, landings, people, party_ids)
    _land_by_novelty(unit, tables.party, _PARTY, landings, parties)
    heads = (
        _head(unit, connection_id, code, landing, party_id, items_by_listing)
        for landing, party_id in zip(landings, party_ids, strict=True)
    )
    _land_by_novelty(unit, tables.sales_order, _HEAD, landings, heads, keep=_OURS)
    _land_lines(unit, landings, items_by_listing)
    freed = _update_lines(unit, landings)
    _land_payments(unit, connection_id, landings)
    _land_links(unit, connection_id, landings, people)
    return freed


_OURS = ("verification",)
"""What the hub decided, not the shop: a landing leaves it as it is."""


def ship_to_hash(keyring: Keyring, order: Order) -> bytes | None:
    """Give a keyed hash of the receiver: it tells a change, and nobody who lives there."""
    receiver = order.ship_to or order.bill_to
    return keyring.hash(receiver.model_dump_json()) if receiver else None


def _mail(order: Order) -> str:
    party = order.bill_to or order.ship_to
    return party.email if party else ""


def _land_by_novelty(
    unit: Unit, table: Table, columns: Sequence[str], landings: Sequence[Landing],
    rows: Iterable[tuple[Any, ...]], *, keep: Sequence[str] = (),
) -> None:  # fmt: skip
    """Insert the rows of new orders, update those of known ones; one row an order."""
    new: list[tuple[Any, ...]] = []
    known: list[tuple[Any, ...]] = []
    for landing, row in zip(landings, rows, strict=True):
        (new if landing.outcome.change == Change.NEW else known).append(row)
    land(unit, table, columns, new, fresh=True)
    land(unit, table, columns, known, keep=keep)


_PARTY = ("id", "person_id", "sealed", "country", "postal_prefix")


def _party(landing: Landing, person: Person, party_id: str) -> tuple[Any, ...]:
    order = landing.source.order
    receiver = order.ship_to or order.bill_to
    sealed = seal_parties(person, party_id, order.model_dump_json(include=_PEOPLE).encode())
    country = receiver.country if receiver else ""
    prefix = receiver.postal_code[:3] if receiver else ""
    return party_id, person.id, sealed, country, prefix


_HEAD = (
    "id", "connection_id", "external_id", "number", "bare_number", "channel_state",
    "channel_status", "currency", "total_minor", "placed_at", "updated_at", "payment_terms",
    "paid_at", "verification", "party_id", "ship_country", "can_ship", "ship_to_hash", "history",
    "phase", "document",
)  # fmt: skip


def _head(
    unit: Unit, connection_id: str, code: str, landing: Landing, party_id: str,
    items: Mapping[str, str],
) -> tuple[Any, ...]:  # fmt: skip
    order = landing.source.order
    receiver = order.ship_to or order.bill_to
    return (
        landing.order_id, connection_id, order.external_id, f"{code}-{order.number}", order.number,
        order.state.value, order.channel_status, order.currency, order.total_minor,
        instant_text(order.placed_at), instant_text(order.updated_at), order.payment_terms.value,
        instant_text(order.paid_at) if order.paid_at else None, "", party_id,
        receiver.country if receiver else "", bool(receiver and receiver.can_receive()),
        ship_to_hash(unit.keyring, order), landing.outcome.history, _first_phase(landing, items),
        order.model_dump_json(exclude=_PEOPLE),
    )  # fmt: skip


def _first_phase(landing: Landing, items: Mapping[str, str]) -> str:
    order = landing.source.order
    return _phase_of(
        order.state,
        tuple(
            (_item(line, items) is not None, line.quantity, counters["cancelled"],
             counters["shipped"])
            for line, counters in zip(order.lines, _counters(landing, order.lines), strict=True)
        ),
    )  # fmt: skip


@lru_cache(maxsize=1024)  # the orders of a page are of a few kinds
def _phase_of(state: ChannelState, lines: tuple[tuple[bool, int, int, int], ...]) -> str:
    counted = tuple(
        LineCounters(mapped=mapped, quantity=quantity, cancelled=cancelled, shipped=shipped)
        for mapped, quantity, cancelled, shipped in lines
    )
    return phase(OrderFacts(state, None, False, counted)).value


_UNTOUCHED = {"shipped": 0, "cancelled": 0}


def _counters(landing: Landing, lines: Sequence[OrderLine]) -> Sequence[Mapping[str, int]]:
    if landing.outcome.history:
        return line_counters_of_history(lines, landing.source.order.state)
    return [_UNTOUCHED] * len(lines)


def _item(line: OrderLine, items: Mapping[str, str]) -> str | None:
    return items.get(line.listing_external_id) if line.listing_external_id else None


_LINE = (
    "id", "order_id", "position", "external_id", "listing_external_id", "sku", "title",
    "stock_item_id", "quantity", "cancelled", "reserved", "allocated", "shipped", "stock_taken",
)  # fmt: skip


def _land_lines(unit: Unit, landings: Sequence[Landing], items: Mapping[str, str]) -> None:
    rows = []
    for landing in landings:
        fresh = landing.outcome.new_lines
        for position, (line, counters) in enumerate(
            zip(fresh, _counters(landing, fresh), strict=True)
        ):
            rows.append(
                (new_id(), landing.order_id, position, line.external_id, line.listing_external_id,
                 line.sku, line.title, _item(line, items), line.quantity, counters["cancelled"], 0,
                 0, counters["shipped"], line.stock_taken)
            )  # fmt: skip
    land(unit, tables.order_line, _LINE, rows, fresh=True)


def _update_lines(unit: Unit, landings: Sequence[Landing]) -> set[str]:
    freed: set[str] = set()
    changed: dict[str, Mapping[str, Any]] = {}
    for landing in landings:
        for change in landing.outcome.updates:
            if change.release and (item := release(unit, change.line_id)):
                freed.add(item)
            unit.execute(
                update(tables.order_line)
                .where(tables.order_line.c.id == change.line_id)
                .values(**with_returns(change.values))
            )
            changed[change.line_id] = change.values
    return freed | follow_parents(unit, changed)


_PAYMENT = (
    "id", "order_id", "source", "kind", "amount_minor", "currency", "method", "reference",
    "occurred_at", "recorded_at",
)  # fmt: skip


def _land_payments(unit: Unit, connection_id: str, landings: Sequence[Landing]) -> None:
    rows = [
        (_payment_id(landing), landing.order_id, connection_id, PaymentEventKind.CAPTURED.value,
         order.total_minor, order.currency, order.payment_method,
         order.payment_reference or f"paid:{order.external_id}", instant_text(order.paid_at),
         instant_text(unit.now))
        for landing in landings
        if (order := landing.source.order).paid_at
    ]  # fmt: skip
    land(unit, tables.payment_event, _PAYMENT, rows, keep=_PAYMENT)


def _payment_id(landing: Landing) -> str:
    return f"paid-{landing.order_id}"  # the shop's word that it was paid is one fact per order


_LINK = ("connection_id", "kind", "external_id", "hub_id", "digest", "version")
_RAW = ("connection_id", "kind", "external_id", "person_id", "sealed", "received_at")


def _land_links(
    unit: Unit, connection_id: str, landings: Sequence[Landing], people: Sequence[Person]
) -> None:
    links, raws = [], []
    now = instant_text(unit.now)
    for landing, person in zip(landings, people, strict=True):
        external_id = landing.source.order.external_id
        version = instant_text(landing.source.order.updated_at)
        links.append(
            (connection_id, ORDER, external_id, landing.order_id, landing.source.digest, version)
        )
        sealed = seal(person.key, landing.source.raw, f"raw:{connection_id}:{external_id}")
        raws.append((connection_id, ORDER, external_id, person.id, sealed, now))
    land(unit, tables.link, _LINK, links)
    land(unit, tables.raw_payload, _RAW, raws)


def stored_order(document: Mapping[str, Any]) -> Order:
    """Read the record of an order back from its document; the people are not in it."""
    return Order.model_validate_json(msgspec.json.encode(document))
