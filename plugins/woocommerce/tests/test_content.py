"""Prices and texts as customers see them: set and confirmed, or answered with why not."""

import pytest

from hub.sdk import ListingTarget
from hub_woocommerce import content


def a_product(twin, sku="HB-250"):
    both = [*twin.documents("product"), *twin.documents("variation")]
    return next(one for one in both if one["sku"] == sku)


def target(product, **wanted):
    parent = str(product["parent_id"]) if product["parent_id"] else None
    return ListingTarget(external_id=str(product["id"]), parent_external_id=parent, **wanted)


def pushed(shop, *targets):
    return shop.push_listings(targets)


def test_only_what_is_named_is_changed(new_york, connected):
    before = a_product(new_york)
    (answer,) = pushed(connected, target(before, price="19.90"))
    assert answer.problem is None
    assert answer.stored.price == "19.90"
    after = a_product(new_york)
    kept = ("name", "description", "sale_price", "stock_quantity")
    assert [after[name] for name in kept] == [before[name] for name in kept]


def test_one_product_costs_one_call_and_two_do_too(new_york, connected):
    one, two = (target(a_product(new_york, sku), price="5") for sku in ("HB-250", "DRIP-01"))
    for targets in [(one,), (one, two)]:
        calls = len(new_york.log.answers())
        assert all(answer.stored for answer in pushed(connected, *targets))
        assert len(new_york.log.answers()) == calls + 1


def test_a_sale_is_set_and_ended(new_york, connected):
    product = a_product(new_york)
    (begun,) = pushed(connected, target(product, price="20.00", sale_price="15.50"))
    (ended,) = pushed(connected, target(product, sale_price=""))
    assert (begun.stored.sale_price, ended.stored.sale_price) == ("15.50", "")
    assert begun.problem is None and ended.problem is None


def test_a_sale_that_is_none_is_not_sent(new_york, connected):
    product = a_product(new_york)
    calls = len(new_york.log.answers())
    (answer,) = pushed(connected, target(product, price="10", sale_price="10.00"))
    assert (answer.stored, answer.problem) == (None, content.SALE_NOT_LOWER)
    assert len(new_york.log.answers()) == calls


def test_a_sale_the_shop_drops_without_a_word_is_a_problem(new_york, connected):
    (answer,) = pushed(connected, target(a_product(new_york), sale_price="999.00"))
    assert answer.problem == content.SALE_DROPPED
    assert answer.stored.sale_price == ""


@pytest.mark.parametrize("wrong", ["12,50", "1e3", "-1", "", "12.5 €", "NaN"])
def test_a_price_the_shop_would_misread_cannot_even_be_wished(wrong):
    with pytest.raises(ValueError, match="price"):
        ListingTarget(external_id="1", price=wrong)


def test_a_price_that_came_out_otherwise_is_a_problem(new_york, connected):
    """The parent of variations has no price of its own: the shop answers 200 and ignores it."""
    (answer,) = pushed(connected, target(a_product(new_york, "TEE"), price="10.00"))
    assert answer.problem == "the shop's price is none"


@pytest.mark.parametrize("digits", ["12.34567", "12", "12.5", "0.01"])
def test_no_digit_of_a_price_is_lost(new_york, connected, digits):
    (answer,) = pushed(connected, target(a_product(new_york), price=digits))
    assert (answer.stored.price, answer.problem) == (digits, None)


def test_names_come_back_as_people_wrote_them(new_york, connected):
    product = a_product(new_york)
    (answer,) = pushed(connected, target(product, title="Mug & Saucer", description="Blue"))
    assert answer.problem is None
    assert (answer.stored.title, answer.stored.description) == ("Mug & Saucer", "Blue")
    (read,) = connected.read_listings([target(product)])
    assert read == answer.stored
    assert a_product(new_york)["name"] == "Mug &amp; Saucer"


def test_variations_are_reached_below_their_product(new_york, connected):
    tee = a_product(new_york, "TEE-S")
    (answer,) = pushed(connected, target(tee, price="21.00"))
    assert (answer.stored.price, answer.problem) == ("21.00", None)
    (read,) = connected.read_listings([target(tee)])
    assert (read.price, read.title) == ("21.00", None)
    (named,) = pushed(connected, target(tee, title="Small"))
    assert named.problem == content.NO_TITLE


def test_each_of_many_is_answered_for_itself(new_york, connected):
    good, gone = target(a_product(new_york), price="7"), ListingTarget(external_id="999999")
    first, second = pushed(connected, good, gone.model_copy(update={"price": "1"}))
    assert first.stored.price == "7"
    assert "Invalid ID." in second.problem and second.stored is None
    assert [one.external_id for one in connected.read_listings([good, gone])] == [good.external_id]
