"""An order that changes after it was routed: its label waits, is given back, or is never bought."""

from datetime import timedelta

import pytest

from hub.sdk import NotSentError, RejectedError, UnknownOutcomeError
from hub.services.orders.resolve import hold_order
from hub.services.shipping.handover import NotHandedOverError, hand_over
from hub.services.vendors.connect import pause, release_orders, resume
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    return Merchant(store, clock)


def test_an_order_ships_as_it_is(merchant: Merchant) -> None:
    merchant.says()
    assert merchant.labels() == ["L1"]
    assert merchant.order().phase == "in_warehouse"


def test_a_hold_placed_after_routing_stops_the_label_until_it_is_lifted(merchant: Merchant) -> None:
    merchant.carrier.trouble = NotSentError("away")
    merchant.says()
    assert merchant.order().phase == "ready"
    hold_order(merchant.hub, merchant.order().id, "wait", "ada")
    merchant.later(hours=1)
    assert merchant.labels() == [] and merchant.effects("label") == ["prepared"]
    release_orders(merchant.hub, [merchant.order().id], "ada")
    merchant.run()
    assert merchant.labels() == ["L1"]


def test_an_order_waits_for_its_carrier_and_goes_on_with_it(merchant: Merchant) -> None:
    pause(merchant.hub, "CAR", "a break")
    merchant.says()
    (waiting,) = [one for one in merchant.decisions("routing") if one["outcome"] == "waiting"]
    assert "CAR is paused" in waiting["reason"]
    assert merchant.order().phase == "to_route" and merchant.holds() == {}
    resume(merchant.hub, "CAR")
    merchant.later(minutes=2)
    assert merchant.labels() == ["L1"] and merchant.holds() == {}


def test_an_edited_order_gives_its_label_back_and_ships_as_edited(merchant: Merchant) -> None:
    merchant.says()
    merchant.says(version=2, lines={"1": 1})
    assert merchant.carrier.voided == ["L1"] and merchant.labels() == ["L2"]
    assert (merchant.lines()["1"].quantity, merchant.lines()["1"].allocated) == (1, 1)
    assert merchant.holds() == {} and merchant.free() == 4


def test_an_order_whose_label_cannot_be_given_back_waits_for_a_person(merchant: Merchant) -> None:
    merchant.says()
    merchant.carrier.trouble = RejectedError("it is on its way")
    merchant.says(version=2, lines={"1": 1})
    assert merchant.labels() == ["L1"]
    assert set(merchant.holds()) == {"channel_request", "changed"}
    assert "it is on its way" in merchant.holds()["changed"]


def test_a_cancelled_order_gives_its_label_and_its_units_back(merchant: Merchant) -> None:
    merchant.says()
    assert merchant.free() == 3
    merchant.says(version=2, state="cancelled")
    assert merchant.labels() == [] and merchant.order().phase == "cancelled"
    assert merchant.holds() == {} and merchant.free() == 5


def test_a_parcel_is_labelled_anew_when_its_address_changed(merchant: Merchant) -> None:
    merchant.says(city="London")
    merchant.says(version=2, city="Leeds")
    assert merchant.carrier.voided == ["L1"]
    assert merchant.carrier.sent_to == ["London", "Leeds"] and merchant.labels() == ["L2"]


def test_the_same_address_again_changes_nothing(merchant: Merchant) -> None:
    merchant.says(city="London")
    merchant.says(version=2, city="London")
    assert merchant.labels() == ["L1"] and merchant.carrier.voided == []


def test_a_hold_for_stock_lifts_itself_when_stock_comes(merchant: Merchant) -> None:
    with merchant.store.unit_of_work() as unit:
        unit.execute(tables.location.update().values(state="closed"))
    merchant.says()
    assert set(merchant.holds()) == {"stock"}
    with merchant.store.unit_of_work() as unit:
        unit.execute(tables.location.update().values(state="active"))
    merchant.owe("reserve_waiting")
    assert merchant.holds() == {} and merchant.labels() == ["L1"]


def test_a_refused_repeat_does_not_prove_that_the_lost_one_failed(merchant: Merchant) -> None:
    merchant.carrier.trouble = UnknownOutcomeError("lost")
    merchant.says()
    assert merchant.effects("label") == ["unknown"]
    merchant.carrier.trouble = RejectedError("no such city")
    merchant.later(hours=1)
    assert merchant.effects("label") == ["needs_operator"], "only a person can look now"
    assert merchant.labels() == []


def test_an_unknown_label_of_a_cancelled_order_is_never_asked_for_again(merchant: Merchant) -> None:
    merchant.carrier.trouble = UnknownOutcomeError("lost")
    merchant.says()
    merchant.says(version=2, state="cancelled")
    merchant.later(hours=1)
    assert merchant.carrier.bought == {}, "a repeat would have bought it"
    assert merchant.effects("label") == ["needs_operator"]
    assert "channel_request" in merchant.holds()


def test_a_label_is_not_handed_over_while_it_is_given_back(merchant: Merchant) -> None:
    merchant.says()
    merchant.carrier.trouble = UnknownOutcomeError("lost")
    merchant.says(version=2, state="cancelled")
    (parcel,) = all_rows(merchant.store, tables.shipment)
    with pytest.raises(NotHandedOverError, match="take its label back"):
        hand_over(merchant.hub, parcel.id)
    merchant.clock.now += timedelta(minutes=10)
    merchant.run()
    assert merchant.labels() == [] and merchant.free() == 5
