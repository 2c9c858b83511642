"""Publishing: what every channel should show, sent as desired state and confirmed by read-back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from hub.records.catalogue import StockTarget
from hub.records.connection import ConnectionState, Family
from hub.sdk.capabilities import PullOrders, PullStock, PushStock, StockAnswer
from hub.services.context import Hub
from hub.services.stock.hand_edits import HandEdit, settle_hand_edits
from hub.services.stock.portions import portions
from hub.services.work import draft, owe
from hub.store import tables
from hub.store.catalogue import Offer, observe_stock, offers_by_id, offers_of, offers_on
from hub.store.connections import Connected, list_connections
from hub.store.cursors import ORDERS, get_cursor
from hub.store.desired import (
    STOCK,
    Wish,
    confirm,
    confirmed_values,
    forget_wishes,
    mark_sent,
    open_wishes,
    refuse,
    times_sent,
    want,
)
from hub.store.jobs import RunningJob, Snooze, insert_jobs, is_owed
from hub.store.life import WHY, restored_at
from hub.store.unit_of_work import Unit

BATCH = 100
"""Listings per job."""

ASKED_AT = "orders_asked_at"
"""Counter of a job: when it asked for the shop's orders, in milliseconds since 1970."""

SALE_GRACE = timedelta(seconds=5)
"""How long a push waits for the sale that a changed quantity on the channel gives away."""

LONGEST_GRACE = timedelta(minutes=15)


def stock_moved(unit: Unit, items: Iterable[str]) -> None:
    """Say that the availability of these stock items changed: every channel is to show it."""
    by_connection: dict[str, list[str]] = {}
    for offer in offers_of(unit.connection, set(items)):
        by_connection.setdefault(offer.connection_id, []).append(offer.listing_id)
    for connection_id, listings in by_connection.items():
        want(unit, connection_id, STOCK, listings)
        if _may_publish(unit.connection, connection_id):
            owe(unit, "publish_stock", connection_id, connection_id)


def repair_drift(unit: Unit, shop: Connected, shown: Mapping[str, int | None]) -> None:
    """Look again at listings (by hub id) that show another number than the hub has confirmed."""
    confirmed = confirmed_values(unit.connection, shop.id, STOCK, list(shown))
    drifted = [
        listing_id
        for listing_id, quantity in shown.items()
        if quantity is not None and confirmed.get(listing_id) not in (None, "", str(quantity))
    ]
    if drifted:
        want(unit, shop.id, STOCK, drifted)
        if _may_publish(unit.connection, shop.id):
            owe(unit, "publish_stock", shop.id, shop.id)


def publish_all_stock(hub: Hub, job: RunningJob) -> None:
    """Want the present quantity on every listing of a connection."""
    with hub.store.unit_of_work() as unit:
        offers = offers_on(unit.connection, job.subject)
        want(unit, job.subject, STOCK, [offer.listing_id for offer in offers])
        if _may_publish(unit.connection, job.subject):
            owe(unit, "publish_stock", job.subject, job.subject)
        job.finish(unit, counters={"seen": len(offers)})


def _may_publish(database: Connection, connection_id: str) -> bool:
    """Stock is published where writes are on and the first sync is over; until then it is kept."""
    return any(
        shop.id == connection_id and shop.writes and shop.books_opened_at
        for shop in list_connections(database, Family.STOREFRONT)
        if shop.state != ConnectionState.DISABLED
    )


UNTIL_RECONCILED = timedelta(minutes=5)


@dataclass(frozen=True)
class _Aim:
    """A listing with the wish for it and the quantity it should show now."""

    wish: Wish
    offer: Offer
    quantity: int
    last_observed: int | None

    @property
    def target(self) -> StockTarget:
        return StockTarget(
            external_id=self.offer.external_id, parent_external_id=self.offer.parent_external_id,
            quantity=self.quantity,
        )  # fmt: skip


def publish_stock(hub: Hub, job: RunningJob) -> None:
    """Bring one connection's listings to the numbers of the hub, a batch at a time.

    Read what the channel shows; what is right already is confirmed. A number that changed by
    itself gives away a sale: its orders are pulled first; what they do not explain was typed by
    a person. Then set. An answer that says what is stored confirms it; else it is read back.
    """
    shop = hub.connection(job.subject)
    opened = hub.open(shop)
    reader, writer = opened.offering(PullStock), opened.offering(PushStock)
    if not shop.writes or reader is None or writer is None:
        return
    with hub.store.reading() as database:
        if restored_at(database) is not None:
            raise Snooze(hub.store.clock() + UNTIL_RECONCILED, WHY)
        aims = _aims(database, shop.id)
    _forget_unoffered(hub, job, shop, aims)
    shown = _read(job, reader, aims)
    if opened.offering(PullOrders) and (wait := _wait_for_a_sale(hub, job, shop, aims, shown)):
        raise Snooze(hub.store.clock() + wait, "the shop sold something: orders come first")
    aims = _settle_hand_edits(hub, job, shop, aims, shown)
    wrong = [aim for aim in aims if shown.get(aim.offer.external_id) != aim.quantity]
    sent, answers = _send(hub, job, shop, writer, wrong, shown)
    told = {one.external_id: one.stored for one in answers.values() if one.stored is not None}
    unclear = [aim for aim in sent if _is_unclear(answers.get(aim.offer.external_id))]
    after = {**shown, **told, **_read(job, reader, unclear)}
    right = [aim for aim in aims if aim not in wrong]
    _settle(hub, job, shop, right + sent, after, answers)


def _forget_unoffered(hub: Hub, job: RunningJob, shop: Connected, aims: Sequence[_Aim]) -> None:
    """Want nothing of listings that ended or show nobody's stock; they would be asked for ever."""
    offered = {aim.wish.target for aim in aims}
    with hub.store.reading() as database:
        wishes = open_wishes(database, shop.id, STOCK, BATCH)
    idle = [wish.target for wish in wishes if wish.target not in offered]
    if not idle:
        return
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        still = {one.listing_id for one in offers_by_id(unit.connection, idle)}
        forget_wishes(unit, shop.id, STOCK, [one for one in idle if one not in still])


def _is_unclear(answer: StockAnswer | None) -> bool:
    return answer is not None and answer.stored is None and answer.problem is None


def _aims(database: Connection, connection_id: str) -> list[_Aim]:
    wishes = {wish.target: wish for wish in open_wishes(database, connection_id, STOCK, BATCH)}
    offers = offers_by_id(database, list(wishes))
    listing, promise = tables.listing, tables.stock_promise
    items = {offer.stock_item_id for offer in offers}
    query = select(promise).where(promise.c.stock_item_id.in_(items))
    free = {row.stock_item_id: available(row) for row in database.execute(query)}
    seen = select(listing.c.id, listing.c.observed_quantity).where(listing.c.id.in_(list(wishes)))
    observed = {row.id: row.observed_quantity for row in database.execute(seen)}
    return [
        _Aim(wishes[one.listing_id], one, free[one.stock_item_id], observed[one.listing_id])
        for one in offers
    ]


def available(row: Any) -> int:
    """Give what may be sold of a `stock_promise` row; never less than nothing."""
    return int(max(0, row.sellable - row.reserved - row.allocated))


def _read(job: RunningJob, reader: PullStock, aims: Sequence[_Aim]) -> dict[str, int | None]:
    shown: dict[str, int | None] = {}
    for part in portions([aim.target for aim in aims]):
        job.pulse.beat()
        shown |= {seen.external_id: seen.quantity for seen in reader.read_stock(part)}
    return shown


def _wait_for_a_sale(
    hub: Hub, job: RunningJob, shop: Connected, aims: Sequence[_Aim],
    shown: Mapping[str, int | None],
) -> timedelta | None:  # fmt: skip
    """Say how long to wait when a quantity moved without us; None once the orders were pulled.

    A number that is neither the confirmed nor the wanted one gives away a sale, or a person's edit.
    The orders are pulled once, from beginning to end; what then still differs is overwritten.
    """
    moved = [aim for aim in aims if _moved_by_itself(aim, shown.get(aim.offer.external_id))]
    if not moved:
        return None
    asked_at = job.counters.get(ASKED_AT)
    with hub.store.unit_of_work() as unit:
        if asked_at and is_owed(unit.connection, f"pull_orders:{shop.id}"):
            return SALE_GRACE  # it comes back at its own pace
        cursor = get_cursor(unit.connection, shop.id, ORDERS)
        pulled_at = cursor.complete_at if cursor else None
        if asked_at and pulled_at and _milliseconds(pulled_at) >= asked_at:
            return None
        job.progress(unit, {ASKED_AT: _milliseconds(unit.now)})
        told = {aim.offer.external_id: shown[aim.offer.external_id] for aim in moved}
        observe_stock(unit, shop.id, told)
        owe(unit, "pull_orders", shop.id, shop.id)
    return LONGEST_GRACE if asked_at else SALE_GRACE


def _moved_by_itself(aim: _Aim, seen: int | None) -> bool:
    confirmed = int(aim.wish.confirmed_value) if aim.wish.confirmed_value else aim.last_observed
    return seen is not None and seen not in (confirmed, aim.quantity)


def _settle_hand_edits(
    hub: Hub, job: RunningJob, shop: Connected, aims: list[_Aim], shown: Mapping[str, int | None]
) -> list[_Aim]:
    """Decide about numbers that no order explains; gives what is still to be published."""
    edits = [
        HandEdit(
            aim.wish, aim.offer, seen, aim.quantity, settled=aim.last_observed == seen
        )
        for aim in aims
        if aim.wish.confirmed_value
        and (seen := shown.get(aim.offer.external_id)) is not None
        and _moved_by_itself(aim, seen)
    ]  # fmt: skip
    if not edits:
        return aims
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        verdicts = settle_hand_edits(unit, shop, edits)
        for item in {verdict.stock_item for verdict in verdicts if verdict.stock_item}:
            stock_moved(unit, [item])
    left_alone = {verdict.listing_id for verdict in verdicts if verdict.waits}
    with hub.store.reading() as database:
        return [aim for aim in _aims(database, shop.id) if aim.wish.target not in left_alone]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _send(
    hub: Hub, job: RunningJob, shop: Connected, writer: PushStock, wrong: Sequence[_Aim],
    shown: Mapping[str, int | None],
) -> tuple[list[_Aim], dict[str, StockAnswer]]:  # fmt: skip
    """Send the numbers as they are at this moment: reading the channel took its time."""
    sent: list[_Aim] = []
    answers: dict[str, StockAnswer] = {}
    for part in portions([aim.target for aim in wrong]):
        asked = {target.external_id for target in part}
        with hub.store.unit_of_work() as unit:
            job.begin_call(unit)
            present = _aims(unit.connection, shop.id)
            fresh = [aim for aim in present if aim.offer.external_id in asked]
            to_send = [aim for aim in fresh if shown.get(aim.offer.external_id) != aim.quantity]
            mark_sent(unit, shop.id, STOCK, [(aim.wish, str(aim.quantity)) for aim in to_send])
        sent += fresh
        if to_send:
            told = writer.push_stock([aim.target for aim in to_send])
            answers |= {answer.external_id: answer for answer in told}
    return sent, answers


def _settle(
    hub: Hub, job: RunningJob, shop: Connected, aims: Sequence[_Aim],
    shown: dict[str, int | None], answers: dict[str, StockAnswer],
) -> None:  # fmt: skip
    confirmed = refused = 0
    with hub.store.unit_of_work() as unit:
        observe_stock(unit, shop.id, shown)
        for aim in aims:
            answer = answers.get(aim.offer.external_id)
            problem = answer.problem if answer else None
            if shown.get(aim.offer.external_id) == aim.quantity:
                confirmed += confirm(unit, shop.id, STOCK, aim.wish, str(aim.quantity))
            elif problem or aim.offer.external_id not in shown:
                refuse(unit, shop.id, STOCK, aim.wish, problem or "the shop has no such listing")
                refused += 1
        if left := open_wishes(unit.connection, shop.id, STOCK, 1):
            at = unit.now if confirmed or refused else _after_a_while(unit, shop.id, left[0])
            insert_jobs(unit, [draft("publish_stock", shop.id, shop.id, run_at=at)])
        job.finish(
            unit, "partial" if refused else "ok",
            {"seen": len(aims), "updated": len(answers), "unchanged": confirmed, "failed": refused},
        )  # fmt: skip


def _after_a_while(unit: Unit, connection_id: str, wish: Wish) -> datetime:
    """Look again soon where a channel lags; ever later where something there undoes our number."""
    doublings = min(times_sent(unit.connection, connection_id, wish), 10)
    return unit.now + min(SALE_GRACE * int(2**doublings), LONGEST_GRACE)
