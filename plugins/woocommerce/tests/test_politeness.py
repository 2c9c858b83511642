"""How often a small shop is asked: once for what one call can say."""

import pytest

from hub.sdk import StockTarget


@pytest.fixture
def asked(new_york):
    """Count the calls made since the last count."""
    seen = 0

    def count():
        nonlocal seen
        before, seen = seen, len(new_york.log.answers())
        return seen - before

    count()
    return count


def targets(twin, *skus):
    both = [*twin.documents("product"), *twin.documents("variation")]
    found = [next(one for one in both if one["sku"] == sku) for sku in skus]
    return [
        StockTarget(
            external_id=str(one["id"]),
            parent_external_id=str(one["parent_id"]) if one["parent_id"] else None,
            quantity=5,
        )
        for one in found
    ]


@pytest.mark.parametrize(
    ("skus", "calls"),
    [
        (("HB-250",), 1),
        (("TEE-S",), 1),
        (("HB-250", "DRIP-01"), 1),
        (("TEE-S", "TEE-M", "TEE-L"), 1),
        (("HB-250", "TEE-S"), 2),  # variations are reached only below their product
    ],
)
def test_a_push_of_stock_is_confirmed_by_its_own_answer(new_york, connected, asked, skus, calls):
    answers = connected.push_stock(targets(new_york, *skus))
    assert [answer.stored for answer in answers] == [5] * len(skus)
    assert asked() == calls


def test_one_product_is_answered_with_the_fields_that_count(new_york, connected):
    connected.push_stock(targets(new_york, "HB-250"))
    assert "_fields=id%2Cmanage_stock%2Cstock_quantity" in new_york.log.answers("PUT")[-1].path


def test_an_idle_shop_is_asked_once_for_orders(new_york, connected, asked):
    *_, last = connected.pull_orders(None)
    asked()
    list(connected.pull_orders(last.cursor))
    assert asked() == 1


def test_the_currency_is_asked_for_once_an_hour(new_york, connected, asked):
    list(connected.pull_products(None))
    list(connected.pull_products(None))
    assert len(new_york.log.answers("GET", "woocommerce_currency")) == 1


def test_an_effect_costs_its_call_and_one_look_at_the_order(new_york, connected, asked):
    order = str(new_york.action("place_order", lines=[{"sku": "HB-250"}])["id"])
    asked()
    connected.cancel_order(order, "", key="cancel:1")
    assert asked() == 2
    assert connected.read_refunds(order) == ()
    assert asked() == 1
