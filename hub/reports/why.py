"""Why an order is not shipped: the facts that stand against it, each with what would change it."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from hub.domain.edits import EditState
from hub.records.connection import ConnectionState, Family
from hub.records.order import ChannelState, HoldReason
from hub.records.payment import Verdict
from hub.records.shipment import ShipmentState
from hub.reports.order_detail import LineDetail, OrderDetail, ShipmentDetail
from hub.reports.timeline import reasons
from hub.store import tables
from hub.store.connections import Connected, get_connection, list_connections


@dataclass(frozen=True)
class Obstacle:
    """One fact that keeps an order from being shipped, and the way out of it."""

    what: str
    remedy: str = ""


_RELEASE = {
    HoldReason.ADDRESS: "complete the address at the shop; the hold ends by itself",
    HoldReason.STATUS: "name the status in the connection's settings, or change it at the shop",
    HoldReason.STOCK: "hub inventory receive …, or hub counts start …; the hold ends by itself",
    HoldReason.REFUND: "look what was refunded at the shop, then hub orders release {number}",
    HoldReason.CHANGED: "the parcel is not as the order is: ship it so, or void it at the carrier",
}


def obstacles(database: Connection, order: OrderDetail) -> list[Obstacle]:
    """Give everything that stands between an order and its customer; empty when all has left."""
    if not any(line.open > 0 for line in order.lines):
        return []
    if over := _settled_by_the_shop(order):
        return [over]
    shop = get_connection(database, order.connection)
    return [
        *_connection(shop),
        *_payment(order),
        *_holds(order),
        *_edit(order),
        *_lines(database, order),
        *_unplaced(order, shop),
        *_floor(database, order),
        *_carrier(database, order),
        *(found for parcel in order.shipments for found in _parcel(order, parcel)),
    ]


def _settled_by_the_shop(order: OrderDetail) -> Obstacle | None:
    if order.channel_state in (ChannelState.OPEN, ChannelState.UNKNOWN):
        return None
    return Obstacle(f"the shop says it is {order.channel_status} ({order.channel_state})")


def _connection(shop: Connected) -> Iterator[Obstacle]:
    code = shop.code
    if shop.state == ConnectionState.NEEDS_AUTH:
        yield Obstacle(f"{code} refuses the hub's credentials", f"hub connections rotate {code}")
    elif shop.state != ConnectionState.ACTIVE:
        yield Obstacle(f"{code} is {shop.state}: {shop.reason}", f"hub connections resume {code}")
    if shop.books_opened_at is None:
        yield Obstacle(f"the first sync of {code} is not over", f"hub sync {code}")
    if not shop.writes:
        yield Obstacle(f"the hub only reads {code}", f"hub connections writes {code} on")


def _payment(order: OrderDetail) -> Iterator[Obstacle]:
    if order.verification == Verdict.PASSED:
        return
    seen = order.decision("verification")
    if seen is None:
        yield Obstacle("its payment was not looked at yet", "hub jobs list --kind accept_order")
        return
    for check in seen.document.get("checks", []):
        if check["passed"] is not True:
            yield Obstacle(f"payment: {check['reason']}", "settle it at the shop")


def _edit(order: OrderDetail) -> Iterator[Obstacle]:
    for edit in order.edits:
        if edit.state == EditState.PROPOSED:
            said = edit.answers[-1]
            yield Obstacle(
                f"the shop changed it ({edit.told}); {said['party']} {said['answer']}: "
                f"{said['reason']}",
                f"settled by itself, or hub orders release {order.number} to ship it as it was",
            )


def _unplaced(order: OrderDetail, shop: Connected) -> Iterator[Obstacle]:
    """Units that are promised, and that no location was given yet."""
    waits = [line for line in order.lines if line.mapped and line.reserved > 0]
    if not waits or order.open_holds or order.verification != Verdict.PASSED or not shop.writes:
        return
    told = ", ".join(f"{line.reserved} of {line.sku}" for line in waits)
    routed = order.decision("routing")
    said = routed.document if routed else {}
    because = said.get("reason") or "; ".join(said.get("plan", {}).get("missing", []))
    yield Obstacle(
        f"{told} are promised and have no place yet{because and ': ' + because}",
        "hub counts start …, hub inventory receive …; it is looked at again by itself"
        if because else "hub jobs list --kind route_order",
    )  # fmt: skip


def _floor(database: Connection, order: OrderDetail) -> Iterator[Obstacle]:
    """Work that waits to be picked and packed: its label is bought with its boxes."""
    work, place, parcel = tables.fulfilment_order, tables.location, tables.shipment
    drafted = select(parcel.c.fulfilment_order_id).where(
        parcel.c.order_id == order.id, parcel.c.state.in_(["draft", "label_purchased"])
    )
    rows = database.execute(
        select(work.c.state, place.c.code)
        .join(place, place.c.id == work.c.location_id)
        .where(work.c.order_id == order.id, work.c.state.in_(["open", "in_progress"]),
               work.c.id.not_in(drafted))
    )  # fmt: skip
    for row in rows:
        doing = "is being picked and packed" if row.state == "in_progress" else "waits to be picked"
        yield Obstacle(f"it {doing} at {row.code}")


def _holds(order: OrderDetail) -> Iterator[Obstacle]:
    release = f"hub orders release {order.number}"
    for hold in order.open_holds:
        remedy = _RELEASE.get(HoldReason(hold.reason), release).format(number=order.number)
        if hold.expires_at is not None:
            remedy = f"ends by itself at {hold.expires_at:%Y-%m-%d %H:%M}Z, or {remedy}"
        frees = "" if hold.keeps_promise else "; its units are free for others meanwhile"
        yield Obstacle(f"held ({hold.reason}) by {hold.placed_by}: {hold.note}{frees}", remedy)


def _lines(database: Connection, order: OrderDetail) -> Iterator[Obstacle]:
    for line in order.lines:
        if line.open > 0 and not line.mapped:
            yield Obstacle(
                f"nobody knows what {line.sku or line.title!r} is here",
                f"hub catalogue map {order.connection}:{line.listing or 'LISTING'} SKU",
            )
        elif line.unpromised > 0:
            yield _short(database, line)


def _short(database: Connection, line: LineDetail) -> Obstacle:
    rows, promise = tables.order_line, tables.stock_promise
    stock = database.execute(
        select(promise.c.sellable, promise.c.reserved, promise.c.allocated, rows.c.promised_for)
        .join(rows, rows.c.stock_item_id == promise.c.stock_item_id)
        .where(rows.c.id == line.id)
    ).one()
    free = max(0, stock.sellable - stock.reserved - stock.allocated)
    missing = max(0, line.unpromised - free)
    if not missing:
        return Obstacle(f"{line.sku}: {line.unpromised} units are free but not promised yet",
                        "hub jobs list --kind reserve_waiting")  # fmt: skip
    when = f", more is promised for {stock.promised_for:%Y-%m-%d}" if stock.promised_for else ""
    return Obstacle(
        f"{line.sku}: {line.unpromised} wanted, {free} free{when}",
        f"hub inventory receive {line.sku} {missing} --reason …, or hub proposals show {line.sku}",
    )


def _carrier(database: Connection, order: OrderDetail) -> Iterator[Obstacle]:
    if any(line.allocated for line in order.lines) or order.shipments:
        return
    carriers = list_connections(database, Family.CARRIER)
    if not carriers:
        yield Obstacle("no carrier is connected", "hub connect CARRIER --code CODE")
    elif not any(one.writes and one.state == ConnectionState.ACTIVE for one in carriers):
        yield Obstacle("no carrier may be used", f"hub connections writes {carriers[0].code} on")


def _parcel(order: OrderDetail, parcel: ShipmentDetail) -> Iterator[Obstacle]:
    if parcel.state == ShipmentState.LABEL_PURCHASED:
        yield Obstacle(
            "the parcel has its label and was not handed over",
            f"hub orders handover {order.number}",
        )
    if parcel.state != ShipmentState.DRAFT:
        return
    for effect in parcel.effects:
        stuck = effect.state in ("needs_operator", "refused")
        remedy = f"hub effects resolve {effect.id} …"
        yield Obstacle(
            f"its label is {effect.state.replace('_', ' ')}"
            + (f": {effect.reason}" if effect.reason else ""),
            remedy if stuck else "hub jobs list --kind perform_effect",
        )


def routing_reasons(order: OrderDetail) -> list[str]:
    """Give the sentences of the last routing: what was chosen, and what was turned down."""
    routed = order.decision("routing")
    return reasons(routed.document) if routed else []
