"""Edits after routing: only the difference moves, and every party's answer is kept."""

import pytest

from hub.reports.order_detail import order_detail
from hub.reports.timeline import edit_told
from hub.reports.why import obstacles
from hub.sdk import NotSentError, RejectedError
from hub.services.shipping.handover import hand_over
from hub.services.vendors.connect import pause, release_orders, resume
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Merchant:
    return Merchant(sqlite_store, clock)


def edits(merchant: Merchant) -> list[tuple[str, str]]:
    """Give (state, what its parties said) of every edit."""
    rows = all_rows(merchant.store, tables.order_edit)
    return [(row.state, " ".join(one["answer"] for one in row.answers)) for row in rows]


def works(merchant: Merchant) -> list[str]:
    return [row.id for row in all_rows(merchant.store, tables.fulfilment_order, state="open")]


def test_units_taken_off_before_the_label_leave_the_rest_of_the_work_alone(
    merchant: Merchant,
) -> None:
    merchant.carrier.trouble = NotSentError("away")
    merchant.says(lines={"1": 2, "2": 2})
    (work,) = works(merchant)
    merchant.says(version=2, lines={"1": 1, "2": 2})
    assert works(merchant) == [work], "the work goes on with what is left of it"
    assert {key: line.allocated for key, line in merchant.lines().items()} == {"1": 1, "2": 2}
    merchant.later(hours=1)
    assert merchant.labels() == ["L1"] and merchant.free() == 4
    assert edits(merchant) == [("confirmed", "asks confirmed")]


def test_units_added_before_the_label_go_into_the_same_parcel(merchant: Merchant) -> None:
    merchant.carrier.trouble = NotSentError("away")
    merchant.says(lines={"1": 1})
    (work,) = works(merchant)
    merchant.says(version=2, lines={"1": 3, "2": 1})
    merchant.later(hours=1)
    assert works(merchant) == [work] and merchant.labels() == ["L1"]
    assert {key: line.allocated for key, line in merchant.lines().items()} == {"1": 3, "2": 1}


def test_units_added_after_the_label_get_a_parcel_of_their_own(merchant: Merchant) -> None:
    merchant.says(lines={"1": 1})
    merchant.says(version=2, lines={"1": 3})
    assert merchant.labels() == ["L1", "L2"] and merchant.carrier.voided == []
    assert merchant.lines()["1"].allocated == 3 and merchant.holds() == {}


def test_only_the_parcel_that_holds_what_is_taken_off_loses_its_label(merchant: Merchant) -> None:
    merchant.says(lines={"1": 1})
    merchant.says(version=2, lines={"1": 1, "2": 2})
    merchant.says(version=3, lines={"1": 1, "2": 1})
    assert merchant.carrier.voided == ["L2"] and merchant.labels() == ["L1", "L3"]
    assert {key: line.allocated for key, line in merchant.lines().items()} == {"1": 1, "2": 1}


def test_an_edit_is_pending_until_the_carrier_has_answered(merchant: Merchant) -> None:
    merchant.says()
    pause(merchant.hub, "CAR", "a break")
    merchant.says(version=2, lines={"1": 1})
    assert merchant.order().phase == "edit_pending"
    assert edits(merchant) == [("proposed", "asks waits")]
    with merchant.store.reading() as database:
        against = obstacles(database, order_detail(database, merchant.order().id))
    assert "the shop changed it (TEE 2 → 1); warehouse waits" in " ".join(
        one.what for one in against
    )
    resume(merchant.hub, "CAR")
    merchant.later(minutes=2)
    assert edits(merchant) == [("confirmed", "asks waits confirmed")]


def test_a_newer_edit_takes_the_place_of_one_that_waits(merchant: Merchant) -> None:
    merchant.says()
    pause(merchant.hub, "CAR", "a break")
    merchant.says(version=2, lines={"1": 1})
    merchant.says(version=3, lines={"1": 3})
    resume(merchant.hub, "CAR")
    merchant.later(minutes=2)
    assert [state for state, _ in edits(merchant)] == ["superseded", "confirmed"]
    assert merchant.lines()["1"].allocated == 3


def test_an_order_released_as_it_is_declines_the_edit(merchant: Merchant) -> None:
    merchant.says()
    merchant.carrier.trouble = RejectedError("it is on its way")
    merchant.says(version=2, lines={"1": 1})
    release_orders(merchant.hub, [merchant.order().id], "ada")
    merchant.run()
    assert [state for state, _ in edits(merchant)] == ["declined"]


def test_another_address_is_an_edit_too_and_a_cancellation_ends_it(merchant: Merchant) -> None:
    merchant.says(city="London")
    pause(merchant.hub, "CAR", "a break")
    merchant.says(version=2, city="Leeds")
    (edit,) = all_rows(merchant.store, tables.order_edit)
    assert edit_told(edit.changes) == "another address"
    merchant.says(version=3, state="cancelled")
    assert [state for state, _ in edits(merchant)] == ["superseded"]


def test_what_left_before_the_edit_is_told_as_too_late(merchant: Merchant) -> None:
    merchant.says()
    (parcel,) = [row.id for row in all_rows(merchant.store, tables.shipment)]
    hand_over(merchant.hub, parcel)
    merchant.says(version=2, lines={"1": 1})
    assert edits(merchant) == [("declined", "asks too_late")]
    (told,) = all_rows(merchant.store, tables.operational_exception)
    assert "1 of TEE had left" in told.sentence
