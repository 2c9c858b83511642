"""Bringing one channel's numbers to the hub's; `domain/push_policy.py` decides about each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.domain.push_policy import Act
from hub.sdk.capabilities import PullOrders, PullStock, PushStock, StockAnswer
from hub.services.context import Hub
from hub.services.stock.aims import BATCH, Aim, read_aims
from hub.services.stock.hand_edits import HandEdit, settle_hand_edits
from hub.services.stock.portions import portions
from hub.services.stock.publish import stock_moved
from hub.services.work import draft, owe
from hub.store.catalogue import observe_stock, offers_by_id
from hub.store.connections import Connected
from hub.store.cursors import ORDERS, get_cursor
from hub.store.desired import (
    STOCK,
    Wish,
    acknowledge,
    confirm,
    forget_wishes,
    mark_sent,
    open_wishes,
    refuse,
    times_sent,
)
from hub.store.jobs import RunningJob, Snooze, insert_jobs, is_owed
from hub.store.life import WHY, restored_at
from hub.store.unit_of_work import Unit

ASKED_AT = "orders_asked_at"
"""Counter of a job: when it asked for the shop's orders, in milliseconds since 1970."""

ASKED = "orders_asked"
"""Counter of a job: how often it has asked."""

MOST_QUESTIONS = 5
"""A number that still moves then is no sale that the orders would show: it is overwritten."""

SALE_GRACE = timedelta(seconds=5)
"""How long a push waits for the sale that a changed quantity on the channel gives away."""

LONGEST_GRACE = timedelta(minutes=15)
UNTIL_RECONCILED = timedelta(minutes=5)

SETTLE = timedelta(minutes=2)
"""How long a push whose answer was lost may still arrive, where the connector does not say."""

SENDS = (Act.SEND, Act.SEND_AND_ASK)
ASKS = (Act.ASK, Act.SEND_AND_ASK)
Shown = Mapping[str, int | None]
"""What the channel shows, by its listing's id; None where it shows no number."""


@dataclass(frozen=True)
class _Errand:
    """One job with the shop it goes to, and what that shop can do."""

    hub: Hub
    job: RunningJob
    shop: Connected
    reader: PullStock
    writer: PushStock
    has_orders: bool
    compares: bool
    settle: timedelta

    def aims(self) -> list[Aim]:
        """Read what is wanted, with the numbers as they are at this moment."""
        with self.hub.store.reading() as database:
            return read_aims(database, self.shop, self.hub.store.clock(), self.settle)


def publish_stock(hub: Hub, job: RunningJob) -> None:
    """Bring one connection's listings to the numbers of the hub, a batch at a time.

    Read what the channel shows, decide about each listing, send. What moved by itself gives away a
    sale: the orders are pulled, and the job comes back. What they do not explain was typed by a
    person. An answer that says what is stored confirms it; else it is read back.
    """
    errand = _errand(hub, job)
    if errand is None:
        return
    with hub.store.reading() as database:
        if restored_at(database) is not None:
            raise Snooze(hub.store.clock() + UNTIL_RECONCILED, WHY)
    aims = errand.aims()
    _forget_unoffered(errand, aims)
    shown = _read(errand, aims)
    explained = _explained(errand, aims, shown)
    aims = _settle_hand_edits(errand, aims, shown, explained)
    sent, answers = _send(errand, aims, shown, explained)
    told = {one.external_id: one.stored for one in answers.values() if one.stored is not None}
    unclear = [aim for aim in sent if _is_unclear(answers.get(aim.key))]
    after = {**shown, **told, **_read(errand, unclear)}
    suspects = [aim for aim in aims if _step(aim, shown, explained) in ASKS]
    suspects += [aim for aim in sent if _was_stale(answers.get(aim.key))]
    right = [aim for aim in aims if _step(aim, shown, explained) == Act.CONFIRM]
    _settle(errand, [*right, *sent], after, answers, finish=not suspects)
    if suspects:
        wait = _ask_for_orders(errand, suspects, after)
        raise Snooze(hub.store.clock() + wait, "the shop sold something: orders come first")


def _errand(hub: Hub, job: RunningJob) -> _Errand | None:
    """Give the errand; None where nothing may be written, or the channel cannot do it."""
    shop = hub.connection(job.subject)
    opened = hub.open(shop)
    reader, writer = opened.offering(PullStock), opened.offering(PushStock)
    if not shop.writes or reader is None or writer is None:
        return None
    traits = hub.registry.connector(shop.connector).effects.get(PushStock)
    return _Errand(
        hub, job, shop, reader, writer, opened.offering(PullOrders) is not None,
        traits.compare_and_set if traits else False, traits.settle if traits else SETTLE,
    )  # fmt: skip


def _step(aim: Aim, shown: Shown, explained: frozenset[str]) -> Act:
    return aim.step(shown.get(aim.key), aim.key in explained).act


def _forget_unoffered(errand: _Errand, aims: Sequence[Aim]) -> None:
    """Want nothing of listings that ended or show nobody's stock; they would be asked for ever."""
    offered = {aim.wish.target for aim in aims}
    with errand.hub.store.reading() as database:
        wishes = open_wishes(database, errand.shop.id, STOCK, BATCH)
    idle = [wish.target for wish in wishes if wish.target not in offered]
    if not idle:
        return
    with errand.hub.store.unit_of_work() as unit:
        errand.job.guard(unit)
        still = {one.listing_id for one in offers_by_id(unit.connection, idle)}
        forget_wishes(unit, errand.shop.id, STOCK, [one for one in idle if one not in still])


def _read(errand: _Errand, aims: Sequence[Aim]) -> dict[str, int | None]:
    shown: dict[str, int | None] = {}
    for part in portions([aim.target(0) for aim in aims]):
        errand.job.pulse.beat()
        shown |= {seen.external_id: seen.quantity for seen in errand.reader.read_stock(part)}
    return shown


def _explained(errand: _Errand, aims: Sequence[Aim], shown: Shown) -> frozenset[str]:
    """Give the listings of which the orders were read since they showed what they show now."""
    if not errand.has_orders:
        return frozenset(aim.key for aim in aims)
    counters = errand.job.counters
    asked_at = counters.get(ASKED_AT)
    with errand.hub.store.reading() as database:
        cursor = get_cursor(database, errand.shop.id, ORDERS)
    pulled_at = cursor.complete_at if cursor else None
    if not asked_at or not pulled_at or _milliseconds(pulled_at) < asked_at:
        return frozenset()
    enough = counters.get(ASKED, 0) >= MOST_QUESTIONS
    return frozenset(aim.key for aim in aims if enough or aim.last_observed == shown.get(aim.key))


def _ask_for_orders(errand: _Errand, suspects: Sequence[Aim], shown: Shown) -> timedelta:
    """Owe a pull of the shop's orders; gives how long to wait for it."""
    job, shop = errand.job, errand.shop
    asked_at = job.counters.get(ASKED_AT)
    with errand.hub.store.unit_of_work() as unit:
        if asked_at and is_owed(unit.connection, f"pull_orders:{shop.id}"):
            return SALE_GRACE  # it comes back at its own pace
        cursor = get_cursor(unit.connection, shop.id, ORDERS)
        pulled_at = cursor.complete_at if cursor else None
        unanswered = asked_at and not (pulled_at and _milliseconds(pulled_at) >= asked_at)
        asked = job.counters.get(ASKED, 0) + 1
        job.progress(unit, {ASKED_AT: _milliseconds(unit.now), ASKED: asked})
        observe_stock(unit, shop.id, {aim.key: shown.get(aim.key) for aim in suspects})
        owe(unit, "pull_orders", shop.id, shop.id)
    return LONGEST_GRACE if unanswered else SALE_GRACE


def _settle_hand_edits(
    errand: _Errand, aims: list[Aim], shown: Shown, explained: frozenset[str]
) -> list[Aim]:
    """Decide about numbers that no order explains; gives what is still to be published."""
    edits = [
        HandEdit(aim.wish, aim.offer, seen, aim.quantity, settled=aim.last_observed == seen)
        for aim in aims
        if aim.key in explained
        and aim.wish.confirmed_value
        and (seen := shown.get(aim.key)) is not None
        and aim.moved_by_itself(seen)
    ]
    if not edits:
        return aims
    with errand.hub.store.unit_of_work() as unit:
        errand.job.guard(unit)
        verdicts = settle_hand_edits(unit, errand.shop, edits)
        for item in {verdict.stock_item for verdict in verdicts if verdict.stock_item}:
            stock_moved(unit, [item])
    left_alone = {verdict.listing_id for verdict in verdicts if verdict.waits}
    return [aim for aim in errand.aims() if aim.wish.target not in left_alone]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _send(
    errand: _Errand, aims: Sequence[Aim], shown: Shown, explained: frozenset[str]
) -> tuple[list[Aim], dict[str, StockAnswer]]:
    """Send the numbers as they are at this moment: reading the channel took its time."""
    sent: list[Aim] = []
    answers: dict[str, StockAnswer] = {}
    wrong = [aim for aim in aims if _step(aim, shown, explained) in SENDS]
    for part in portions([aim.target(0) for aim in wrong]):
        asked = {target.external_id for target in part}
        with errand.hub.store.unit_of_work() as unit:
            errand.job.begin_call(unit)
            present = read_aims(unit.connection, errand.shop, unit.now, errand.settle)
            fresh = [aim for aim in present if aim.key in asked]
            steps = {aim.key: aim.step(shown.get(aim.key), aim.key in explained) for aim in fresh}
            to_send = [aim for aim in fresh if steps[aim.key].act in SENDS]
            numbers = [(aim.wish, str(steps[aim.key].quantity)) for aim in to_send]
            mark_sent(unit, errand.shop.id, STOCK, numbers)
        sent += fresh
        if to_send:
            told = errand.writer.push_stock(
                [
                    aim.target(
                        steps[aim.key].quantity, shown.get(aim.key) if errand.compares else None
                    )
                    for aim in to_send
                ]
            )
            answers |= {answer.external_id: answer for answer in told}
    return sent, answers


def _is_unclear(answer: StockAnswer | None) -> bool:
    return answer is not None and answer == StockAnswer(answer.external_id)


def _was_stale(answer: StockAnswer | None) -> bool:
    return answer is not None and answer.stale


def _settle(
    errand: _Errand, aims: Iterable[Aim], shown: Shown, answers: Mapping[str, StockAnswer],
    finish: bool,
) -> None:  # fmt: skip
    """Record what the channel shows now; `finish` the job, unless it comes back."""
    shop, confirmed, refused, seen = errand.shop, 0, 0, 0
    with errand.hub.store.unit_of_work() as unit:
        observe_stock(unit, shop.id, dict(shown))
        for aim in aims:
            seen += 1
            answer = answers.get(aim.key)
            problem = answer.problem if answer else None
            if shown.get(aim.key) == aim.quantity:
                confirmed += confirm(unit, shop.id, STOCK, aim.wish, str(aim.quantity))
            elif problem or aim.key not in shown:
                refuse(unit, shop.id, STOCK, aim.wish, problem or "the shop has no such listing")
                refused += 1
            elif answer is not None and (answer.stale or answer.stored is not None):
                stored = None if answer.stored is None else str(answer.stored)
                acknowledge(unit, shop.id, STOCK, aim.wish, stored)
        if not finish:
            return
        if left := open_wishes(unit.connection, shop.id, STOCK, 1):
            at = unit.now if confirmed or refused else _after_a_while(unit, shop.id, left[0])
            insert_jobs(unit, [draft("publish_stock", shop.id, shop.id, run_at=at)])
        counters = {
            "seen": seen, "updated": len(answers), "unchanged": confirmed, "failed": refused,
        }  # fmt: skip
        errand.job.finish(unit, "partial" if refused else "ok", counters)


def _after_a_while(unit: Unit, connection_id: str, wish: Wish) -> datetime:
    """Look again soon where a channel lags; ever later where something there undoes our number."""
    doublings = min(times_sent(unit.connection, connection_id, wish), 10)
    return unit.now + min(SALE_GRACE * int(2**doublings), LONGEST_GRACE)
