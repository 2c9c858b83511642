"""Cancelling at the shop: nothing leaves meanwhile, and only the shop's word frees the units."""

import pytest

from hub.sdk import NotSentError, RejectedError, UnknownOutcomeError
from hub.services.orders.cancelling import CancelRefusedError, ask_cancellation
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    return Merchant(store, clock)


def cancel(merchant: Merchant) -> None:
    ask_cancellation(merchant.hub, "NYC-7", "bought twice", "ada")
    merchant.run()


def test_a_cancelled_order_gives_back_its_label_and_its_units(merchant: Merchant) -> None:
    merchant.says()
    cancel(merchant)
    assert merchant.shop.diary.count("cancel 7: bought twice") == 1
    assert merchant.labels() == [] and merchant.free() == 5
    assert merchant.order().phase == "cancelled" and merchant.holds() == {}


def test_no_label_is_bought_while_the_shop_has_not_answered(merchant: Merchant) -> None:
    merchant.carrier.trouble = NotSentError("away")
    merchant.says()
    merchant.shop.trouble = UnknownOutcomeError("lost")
    cancel(merchant)
    assert merchant.labels() == [] and "manual" in merchant.holds()
    merchant.later(minutes=10)
    assert merchant.effects("cancellation") == ["succeeded"]
    assert merchant.shop.diary.count("cancel 7: bought twice") == 1, "it was found, not repeated"
    assert merchant.labels() == [] and merchant.free() == 5


def test_a_refusal_is_shown_and_the_order_stays_held(merchant: Merchant) -> None:
    merchant.says()
    merchant.shop.trouble = RejectedError("it is being packed")
    cancel(merchant)
    assert "it is being packed" in merchant.holds()["channel_request"]
    assert merchant.labels() == ["L1"] and merchant.order().channel_state == "open"
    cancel(merchant)
    assert merchant.order().phase == "cancelled", "asked again, the shop may agree"


def test_what_is_over_cannot_be_cancelled(merchant: Merchant) -> None:
    merchant.says(state="finished", fulfilled={"1": 2})
    with pytest.raises(CancelRefusedError, match="finished at the shop"):
        cancel(merchant)
    assert not [line for line in merchant.shop.diary if line.startswith("cancel")]
