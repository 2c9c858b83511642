"""One order with everything that is known of it, and the reasons behind every decision about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.domain.axes import Axes
from hub.domain.lifecycle import LineCounters
from hub.records.money import Money
from hub.reports.order_work import EditDetail, Wishes, axes_of, edits_of, notes_of, tags_of
from hub.reports.timeline import Moment, timeline
from hub.store import tables


@dataclass(frozen=True, kw_only=True)
class LineDetail(LineCounters):
    """One line and where its units are."""

    id: str
    sku: str
    title: str
    listing: str | None


@dataclass(frozen=True)
class HoldDetail:
    """A reason not to ship, open or released."""

    reason: str
    note: str
    placed_by: str
    placed_at: datetime
    released_by: str
    released_at: datetime | None
    expires_at: datetime | None = None
    keeps_promise: bool = True


@dataclass(frozen=True)
class DecisionDetail:
    """What a rule answered last, with all it looked at."""

    kind: str
    outcome: str
    document: dict[str, Any]
    at: datetime


@dataclass(frozen=True)
class EffectDetail:
    """An outward call about a parcel and where it stands."""

    id: str
    kind: str
    state: str
    reason: str
    vendor_ref: str


@dataclass(frozen=True)
class ShipmentDetail:
    """A parcel, its label and its way."""

    id: str
    state: str
    carrier: str
    location: str
    service: str
    tracking_number: str
    tracking_url: str
    weight_g: int
    cost: Money | None
    labelled_at: datetime | None
    handed_over_at: datetime | None
    delivered_at: datetime | None
    effects: tuple[EffectDetail, ...]


@dataclass(frozen=True)
class OrderDetail:
    """One order, without the people in it."""

    id: str
    number: str
    connection: str
    external_id: str
    phase: str
    channel_state: str
    channel_status: str
    history: bool
    verification: str
    payment_terms: str
    paid_at: datetime | None
    ship_country: str
    can_ship: bool
    total: Money
    placed_at: datetime
    updated_at: datetime
    lines: tuple[LineDetail, ...]
    holds: tuple[HoldDetail, ...]
    decisions: tuple[DecisionDetail, ...]
    shipments: tuple[ShipmentDetail, ...]
    timeline: tuple[Moment, ...]
    axes: Axes
    tags: tuple[str, ...]
    notes: int
    """How many; what they say may name the customer, and is shown with --reveal."""
    edits: tuple[EditDetail, ...]
    wishes: Wishes

    @property
    def open_holds(self) -> tuple[HoldDetail, ...]:
        """The reasons that still stand."""
        return tuple(hold for hold in self.holds if hold.released_at is None)

    def decision(self, kind: str) -> DecisionDetail | None:
        """Give the newest decision of a kind."""
        return next((one for one in reversed(self.decisions) if one.kind == kind), None)


def order_detail(database: Connection, order_id: str) -> OrderDetail:
    """Read everything about one order."""
    order = tables.sales_order
    row = database.execute(
        select(order, tables.connection.c.code)
        .join(tables.connection, tables.connection.c.id == order.c.connection_id)
        .where(order.c.id == order_id)
    ).one()
    shipments = _shipments(database, order_id)
    return OrderDetail(
        id=row.id, number=row.number, connection=row.code, external_id=row.external_id,
        phase=row.phase, channel_state=row.channel_state, channel_status=row.channel_status,
        history=row.history, verification=row.verification, payment_terms=row.payment_terms,
        paid_at=row.paid_at, ship_country=row.ship_country, can_ship=row.can_ship,
        total=Money(minor=row.total_minor, currency=row.currency), placed_at=row.placed_at,
        updated_at=row.updated_at, lines=_lines(database, order_id),
        holds=_holds(database, order_id), decisions=_decisions(database, order_id),
        shipments=shipments,
        timeline=timeline(database, order_id, [shipment.id for shipment in shipments]),
        axes=axes_of(database, row), tags=tags_of(database, order_id),
        notes=notes_of(database, order_id), edits=edits_of(database, order_id),
        wishes=Wishes(row.wanted_service, row.wanted_location, row.ships),
    )  # fmt: skip


def _lines(database: Connection, order_id: str) -> tuple[LineDetail, ...]:
    line = tables.order_line
    rows = database.execute(
        select(line)
        .where(line.c.order_id == order_id, line.c.is_kit.is_(False))
        .order_by(line.c.position, line.c.id)
    )
    return tuple(
        LineDetail(
            id=row.id, sku=row.sku, title=row.title, listing=row.listing_external_id,
            mapped=row.stock_item_id is not None, quantity=row.quantity, cancelled=row.cancelled,
            reserved=row.reserved, allocated=row.allocated, shipped=row.shipped,
        )
        for row in rows
    )  # fmt: skip


def _holds(database: Connection, order_id: str) -> tuple[HoldDetail, ...]:
    hold = tables.hold
    rows = database.execute(
        select(hold).where(hold.c.order_id == order_id).order_by(hold.c.placed_at, hold.c.id)
    )
    return tuple(
        HoldDetail(
            row.reason,
            row.note,
            row.placed_by,
            row.placed_at,
            row.released_by,
            row.released_at,
            row.expires_at,
            row.keeps_promise,
        )
        for row in rows
    )


def _decisions(database: Connection, order_id: str) -> tuple[DecisionDetail, ...]:
    decision = tables.decision
    rows = database.execute(
        select(decision).where(decision.c.subject_id == order_id).order_by(decision.c.id)
    )
    return tuple(DecisionDetail(row.kind, row.outcome, row.document, row.at) for row in rows)


def _shipments(database: Connection, order_id: str) -> tuple[ShipmentDetail, ...]:
    shipment, carrier, place = tables.shipment, tables.connection, tables.location
    rows = database.execute(
        select(shipment, carrier.c.code.label("carrier"), place.c.code.label("place"))
        .join(carrier, carrier.c.id == shipment.c.connection_id)
        .join(place, place.c.id == shipment.c.location_id)
        .where(shipment.c.order_id == order_id)
        .order_by(shipment.c.id)
    ).all()
    effects = _effects(database, [row.id for row in rows])
    return tuple(
        ShipmentDetail(
            id=row.id, state=row.state, carrier=row.carrier, location=row.place,
            service=row.service, tracking_number=row.tracking_number,
            tracking_url=row.tracking_url, weight_g=row.weight_g, cost=_cost(row),
            labelled_at=row.labelled_at, handed_over_at=row.handed_over_at,
            delivered_at=row.delivered_at, effects=tuple(effects.get(row.id, ())),
        )
        for row in rows
    )  # fmt: skip


def _cost(row: Row[Any]) -> Money | None:
    if row.cost_minor is None:
        return None
    return Money(minor=row.cost_minor, currency=row.cost_currency)


def _effects(database: Connection, shipment_ids: list[str]) -> dict[str, list[EffectDetail]]:
    effect = tables.effect
    rows = database.execute(
        select(effect).where(effect.c.subject_id.in_(shipment_ids)).order_by(effect.c.id)
    )
    found: dict[str, list[EffectDetail]] = {}
    for row in rows:
        detail = EffectDetail(row.id, row.kind, row.state, row.reason, row.vendor_ref)
        found.setdefault(row.subject_id, []).append(detail)
    return found
