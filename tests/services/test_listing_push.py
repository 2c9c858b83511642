"""What listings show: wanted here, confirmed by the shop's answer, read only when it is silent."""

import pytest
from pydantic import ValidationError

from hub.sdk import ListingAnswer, TransientError
from hub.services.vendors.listing_push import NoListingError, want_listing
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    return Merchant(store, clock)


def problems(merchant: Merchant) -> list[str]:
    return [row.problem for row in all_rows(merchant.store, tables.desired, field="listing")]


def test_a_price_is_set_and_the_answer_confirms_it(merchant: Merchant) -> None:
    assert want_listing(merchant.hub, "p1", "NYC", price="12.90") == ["p1"]
    merchant.run()
    assert merchant.shop.shown["p1"] == {"price": "12.90"}
    assert problems(merchant) == [""] and "read listings" not in merchant.shop.diary


def test_later_wishes_join_the_earlier_ones(merchant: Merchant) -> None:
    want_listing(merchant.hub, "p1", "NYC", price="12.90")
    want_listing(merchant.hub, "p1", "NYC", title="Tee", sale_price="9")
    merchant.run()
    assert merchant.shop.shown["p1"] == {"price": "12.90", "title": "Tee", "sale_price": "9"}
    assert merchant.shop.diary.count("push listings") == 1


def test_after_a_lost_answer_the_shop_is_read_before_anything_is_sent(merchant: Merchant) -> None:
    merchant.shop.trouble = TransientError("lost")
    want_listing(merchant.hub, "p1", "NYC", price="12.90")
    merchant.run()
    merchant.later(minutes=10)
    assert merchant.shop.diary.count("push listings") == 1
    assert merchant.shop.diary.count("read listings") == 1 and problems(merchant) == [""]


def test_a_shop_that_stores_something_else_is_shown(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = [ListingAnswer("p1", problem="the price is too low")]
    monkeypatch.setattr(merchant.shop, "push_listings", lambda targets: tuple(silent))
    want_listing(merchant.hub, "p1", "NYC", price="0.01")
    merchant.run()
    assert problems(merchant) == ["the price is too low"]


def test_what_is_no_price_or_no_listing_is_refused_at_once(merchant: Merchant) -> None:
    with pytest.raises(ValidationError):
        want_listing(merchant.hub, "p1", "NYC", price="12,90")
    with pytest.raises(NoListingError, match="no listing of p9"):
        want_listing(merchant.hub, "p9", "NYC", price="1")
