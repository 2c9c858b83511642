"""Parcels between two wishes: cancelled and revived, given back and handed over, cut short."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep
from typing import Any

import pytest
from sqlalchemy import text

from hub.domain.reconcile import MOVED
from hub.records.address import Party
from hub.sdk import NotSentError, PullOrders, UnknownOutcomeError
from hub.services.effects.effect_kinds import EFFECTS, VOID
from hub.services.intake.ingest import land_order_page
from hub.services.orders import route as routing
from hub.services.orders.cancelling import ask_cancellation
from hub.services.orders.resolve import it_happened
from hub.services.shipping.handover import NotHandedOverError, hand_over
from hub.services.shipping.voids import owe_voids
from hub.services.vendors.connect import pause
from hub.services.work import owe
from hub.store import effects, ledger, tables
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.services.scripted_shop import raw_order
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    return Merchant(store, clock)


@pytest.fixture
def anywhere(store: Store, clock: SettableClock) -> Merchant:
    """A merchant on either database: PostgreSQL lets two units look at the same time."""
    return Merchant(store, clock)


def perform(merchant: Merchant, effect_id: str) -> None:
    """Do the job of one effect, and nothing else."""
    (job,) = [row for row in all_rows(merchant.store, tables.job, subject=effect_id)
              if row.state == "ready"]  # fmt: skip
    merchant.clock.now = max(merchant.clock.now, job.run_at)
    assert merchant.worker.run(job.id, "one") is not None


def land(merchant: Merchant, version: int, **said: Any) -> None:
    """Land an order without doing what follows."""
    shop = merchant.hub.connection("NYC")
    reader = merchant.hub.open(shop).offering(PullOrders)
    assert reader is not None
    raw = raw_order("7", version, **said)
    land_order_page(merchant.hub, shop, [raw], reader.to_order, lambda unit: None)


def test_an_order_revived_after_its_label_was_withdrawn_is_shipped(merchant: Merchant) -> None:
    merchant.carrier.trouble = NotSentError("away")
    merchant.says()
    (label,) = all_rows(merchant.store, tables.effect, kind="label")
    land(merchant, 2, state="cancelled")
    perform(merchant, label.id)  # it is withdrawn before the cancellation is dealt with
    land(merchant, 3)
    merchant.later(hours=1)
    assert merchant.labels() == ["L1"], merchant.order().phase
    assert merchant.free() == 3


def test_a_label_that_comes_after_it_was_given_up_is_shown_to_a_person(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy = merchant.carrier.buy_label

    def slow(request: Any, *, key: str) -> Any:
        bought = buy(request, key=key)
        (label,) = all_rows(merchant.store, tables.effect, kind="label")
        with merchant.store.unit_of_work() as unit:  # the lease ran out; others looked, in vain
            effects.mark_refused(unit, label.id, "nobody needs it any more")
        return bought

    monkeypatch.setattr(merchant.carrier, "buy_label", slow)
    merchant.says()
    (label,) = all_rows(merchant.store, tables.effect, kind="label")
    assert label.state == "needs_operator" and "L1" in label.reason


def test_a_refund_that_cannot_be_read_for_now_stops_nothing_else_of_its_order(
    merchant: Merchant,
) -> None:
    merchant.says()
    order = merchant.order()
    with merchant.store.unit_of_work() as unit:
        owe(unit, "read_refunds", order.id, order.connection_id)
    pause(merchant.hub, "NYC", "its key expired")
    land(merchant, 2, state="cancelled")
    merchant.later(hours=1)
    assert merchant.labels() == [] and merchant.free() == 5


def test_a_label_that_a_person_found_for_a_cancelled_order_is_given_back(
    merchant: Merchant,
) -> None:
    merchant.carrier.trouble = UnknownOutcomeError("lost")
    merchant.says()
    merchant.says(version=2, state="cancelled")
    merchant.later(hours=1)
    (label,) = all_rows(merchant.store, tables.effect, kind="label")
    assert label.state == "needs_operator"
    it_happened(merchant.hub, label.id, "L9", "", "ada")
    merchant.run()
    assert merchant.carrier.voided == ["L9"] and merchant.free() == 5


def test_a_line_cut_below_what_has_left_is_over(merchant: Merchant) -> None:
    merchant.says(lines={"1": 3})
    line = merchant.lines()["1"]
    with merchant.store.unit_of_work() as unit:  # one of its units left in a parcel of its own
        work = all_rows(merchant.store, tables.fulfilment_order)[0]
        unit.execute(tables.order_line.update().values(quantity=4, shipped=1)
                     .where(tables.order_line.c.id == line.id))  # fmt: skip
        assert work.id
    merchant.says(version=2, lines={"2": 1})
    merchant.later(hours=1)
    assert not all_rows(merchant.store, tables.job, state="dead")
    assert [row.last_error_class for row in all_rows(merchant.store, tables.job, state="ready")
            if row.kind == "rework_order"] == []  # fmt: skip
    line = merchant.lines()["1"]
    assert line.quantity - line.cancelled - line.shipped == 0


def test_what_left_before_the_shop_was_asked_is_not_cancelled(merchant: Merchant) -> None:
    merchant.says()
    merchant.shop.trouble = NotSentError("away")
    ask_cancellation(merchant.hub, "NYC-7", "changed her mind", "ada")
    merchant.run()
    with merchant.store.unit_of_work() as unit:
        unit.execute(tables.shipment.update().values(state="handed_over"))
        ledger.ship(unit, all_rows(merchant.store, tables.fulfilment_order)[0].id, "s")
    merchant.later(hours=1)
    tries = [one for one in merchant.shop.diary if one.startswith("cancel")]
    assert len(tries) == 1, "the one that never left"
    assert merchant.effects("cancellation") == ["refused"] and merchant.holds() == {}
    assert [one["outcome"] for one in merchant.decisions("cancellation")] == ["asked", "too_late"]


def test_a_parcel_is_either_given_back_or_handed_over_never_both(
    anywhere: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    anywhere.says()
    order = anywhere.order().id
    with anywhere.store.unit_of_work() as unit:
        owe_voids(unit, anywhere.hub, order)
    (void,) = all_rows(anywhere.store, tables.effect, kind=VOID)
    (parcel,) = all_rows(anywhere.store, tables.shipment)
    asked, left = Event(), Event()
    kind = EFFECTS[VOID]
    need, looks = kind.need, iter(range(9))

    def slow_need(database: Any, effect: Any) -> Any:
        found = need(database, effect)
        if next(looks) == 1:  # the look in the commit that sends
            asked.set()
            left.wait(0.5)
        return found

    object.__setattr__(kind, "need", slow_need)
    try:
        with ThreadPoolExecutor(2) as hands:
            giving_back = hands.submit(perform, anywhere, void.id)
            asked.wait(5)
            try:
                hand_over(anywhere.hub, parcel.id)
                handed_over = True
            except NotHandedOverError:
                handed_over = False
            left.set()
            giving_back.result()
    finally:
        object.__setattr__(kind, "need", need)
    assert handed_over != bool(anywhere.carrier.voided)


def test_an_address_that_lands_while_its_order_is_routed_holds_it(
    postgres_store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has one writer: there the second simply comes after the first."""
    merchant = Merchant(postgres_store, clock)
    merchant.carrier.trouble = NotSentError("away")
    translate, refresh, landing = merchant.shop.to_order, routing.refresh_phase, Event()

    def at_another_street_each_time(raw: bytes) -> Any:
        street = (f"{json.loads(raw)['version']} Elm St",)
        party = Party(name="Ada", street=street, city="Troy", country="US")
        return {**translate(raw), "ship_to": party.model_dump()}

    def routed_but_not_committed(unit: Any, order_ids: Any) -> None:
        refresh(unit, order_ids)
        landing.set()
        _until_somebody_waits(merchant.store)

    monkeypatch.setattr(merchant.shop, "to_order", at_another_street_each_time)
    monkeypatch.setattr(routing, "refresh_phase", routed_but_not_committed)
    with ThreadPoolExecutor(1) as hands:
        routing_it = hands.submit(merchant.says, "7", 1)
        assert landing.wait(10)
        land(merchant, 2)
        routing_it.result()
    holds = [(one.reason, one.note) for one in all_rows(merchant.store, tables.hold)]
    assert holds == [("changed", MOVED)], "and lifted again once nothing goes to the old address"


def _until_somebody_waits(store: Store) -> None:
    """Return when another session waits for a lock; at the latest after two seconds."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(200):
        with store.engines.read.connect() as database:
            if database.execute(waiting).scalar_one():
                return
        sleep(0.01)


def test_an_expired_promise_that_was_paid_for_meanwhile_is_kept(merchant: Merchant) -> None:
    merchant.says(override={"paid_at": None})
    line = merchant.lines()["1"]
    assert line.reserved == 2
    with merchant.store.unit_of_work() as unit:
        unit.execute(tables.reservation.update().values(expires_at=None))
        assert ledger.release(unit, line.id, "expired", only_expired=True) is None
    assert merchant.lines()["1"].reserved == 2
