"""Parcels in trouble: one parcel is one ticket, whatever befalls it, until it has arrived."""

from datetime import datetime, timedelta

import pytest

from hub.records.shipment import TrackingCode, TrackingEvent
from hub.services.orders.reship import ReshipRefusedError, plan_reshipment, reship
from hub.services.shipping.handover import hand_over, labelled_shipments
from hub.services.shipping.track import GIVE_UP_AFTER, record_scans
from hub.services.tickets.parcel_watch import note_silence
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, one_row

C = TrackingCode


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Merchant:
    """A merchant whose first parcel has left."""
    return _with_a_parcel(sqlite_store, clock)


@pytest.fixture
def anywhere(store: Store, clock: SettableClock) -> Merchant:
    """The same on either database."""
    return _with_a_parcel(store, clock)


def _with_a_parcel(store: Store, clock: SettableClock) -> Merchant:
    made = Merchant(store, clock)
    made.says()
    (parcel,) = labelled_shipments(made.hub)
    hand_over(made.hub, parcel)
    made.run()
    return made


def scans(merchant: Merchant, *codes: TrackingCode, shipment: str = "") -> str:
    """The carrier's scans arrive, an hour apart, and all that follows is done."""
    shipment = shipment or all_rows(merchant.store, tables.shipment)[0].id
    told = []
    for code in codes:
        merchant.clock.now += timedelta(hours=1)
        at: datetime = merchant.clock.now
        told.append(TrackingEvent(tracking_number="T1", code=code, occurred_at=at))
    with merchant.hub.store.unit_of_work() as unit:
        record_scans(unit, shipment, tuple(told))
    merchant.run()
    return shipment


def troubles(merchant: Merchant) -> dict[str, str]:
    rows = all_rows(merchant.store, tables.operational_exception)
    return {row.kind: row.state for row in rows}


def tickets(merchant: Merchant) -> list[str]:
    return [row.state for row in all_rows(merchant.store, tables.ticket)]


def test_a_delivery_that_succeeds_the_second_time_closes_its_ticket(merchant: Merchant) -> None:
    scans(merchant, C.OUT_FOR_DELIVERY, C.DELIVERY_FAILED)
    assert (troubles(merchant), tickets(merchant)) == ({"delivery_failed": "open"}, ["new"])
    scans(merchant, C.OUT_FOR_DELIVERY, C.DELIVERED)
    assert troubles(merchant) == {"delivery_failed": "auto_resolved"}
    assert tickets(merchant) == ["closed"]


def test_what_goes_from_bad_to_worse_stays_on_one_ticket(merchant: Merchant) -> None:
    scans(merchant, C.DELIVERY_FAILED)
    scans(merchant, C.RETURNING)
    scans(merchant, C.RETURNED)
    assert troubles(merchant) == {"delivery_failed": "auto_resolved", "parcel_returning": "open"}
    assert tickets(merchant) == ["new"], "somebody has to decide what becomes of it"
    row = one_row(merchant.store, tables.operational_exception, kind="parcel_returning")
    assert row.sentence.endswith("came back undelivered")


def test_a_parcel_that_was_lost_and_is_found_needs_nobody(merchant: Merchant) -> None:
    scans(merchant, C.LOST)
    assert troubles(merchant) == {"parcel_lost": "open"}
    scans(merchant, C.DELIVERED)
    assert (troubles(merchant), tickets(merchant)) == ({"parcel_lost": "auto_resolved"}, ["closed"])


def test_a_good_parcel_opens_nothing(merchant: Merchant) -> None:
    scans(merchant, C.IN_TRANSIT, C.OUT_FOR_DELIVERY, C.DELIVERED)
    assert troubles(merchant) == {} and tickets(merchant) == []


def test_a_parcel_nobody_hears_of_is_a_trouble_until_it_arrives(merchant: Merchant) -> None:
    row = one_row(merchant.store, tables.shipment)
    with merchant.hub.store.unit_of_work() as unit:
        note_silence(unit, row.id, row.order_id, GIVE_UP_AFTER)
    merchant.run()
    assert troubles(merchant) == {"parcel_silent": "open"}
    scans(merchant, C.DELIVERED)
    assert (troubles(merchant), tickets(merchant)) == (
        {"parcel_silent": "auto_resolved"}, ["closed"],
    )  # fmt: skip


def test_a_reshipment_takes_its_own_stock_and_ends_the_trouble_when_it_arrives(
    anywhere: Merchant,
) -> None:
    before = anywhere.free()
    scans(anywhere, C.DAMAGED)
    number = anywhere.order().number
    placed = reship(anywhere.hub, plan_reshipment(anywhere.hub, number), "crushed", "ada")
    anywhere.run()
    assert placed == f"{number}-R1" and anywhere.free() < before
    assert tickets(anywhere) == ["waiting_third_party"]
    with pytest.raises(ReshipRefusedError):
        plan_reshipment(anywhere.hub, number)
    (second,) = labelled_shipments(anywhere.hub)
    hand_over(anywhere.hub, second)
    anywhere.run()
    scans(anywhere, C.DELIVERED, shipment=second)
    assert troubles(anywhere) == {"parcel_damaged": "auto_resolved"}
    assert tickets(anywhere) == ["closed"]
