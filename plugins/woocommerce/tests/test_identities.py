"""Which ids exist: few calls, whole seconds, either time zone, and no half lists."""

from datetime import timedelta

import pytest

from hub.sdk import TransientError
from hub.testing.twins import running
from plugins.woocommerce.tests.conftest import KEYS, TWIN


@pytest.fixture(params=["America/New_York", "Europe/Berlin"])
def twin(request, tmp_path):
    with running(TWIN, data=tmp_path / "twin.db", timezone=request.param) as started:
        started.freeze()
        yield started


def listed(pages):
    return {id for page in pages for id in page}


def buy(twin):
    return str(twin.action("place_order", lines=[{"sku": "HB-250"}])["id"])


def test_every_order_but_those_in_the_bin_is_listed(twin, connect):
    shop, order = connect(twin.url, **KEYS), buy(twin)
    everything = {str(one["id"]) for one in twin.documents("order") if one["status"] != "trash"}
    assert listed(shop.list_ids("order", None)) == everything
    twin.action("trash_order", order_id=order)
    assert listed(shop.list_ids("order", None)) == everything - {order}


def test_orders_made_from_a_moment_on_are_listed_that_second_included(twin, connect):
    shop, old = connect(twin.url, **KEYS), buy(twin)
    twin.advance(60)
    since, fresh = twin.now(), buy(twin)
    assert listed(shop.list_ids("order", since)) == {fresh}
    assert listed(shop.list_ids("order", since - timedelta(seconds=61))) >= {old, fresh}
    assert listed(shop.list_ids("order", since + timedelta(seconds=1))) == set()


def test_products_are_listed_with_their_variations_in_one_call(twin, connect):
    shop = connect(twin.url, **KEYS)
    expected = {str(one["id"]) for kind in ("product", "variation") for one in twin.documents(kind)}
    assert listed(shop.list_ids("listing", None)) == expected
    assert len(twin.log.answers("GET")) == 1
    twin.action("delete_product", sku="TEE-S")
    twin.action("delete_product", sku="HB-250", force=False)
    assert len(expected - listed(shop.list_ids("listing", None))) == 2


def test_half_a_list_is_an_error(twin, connect):
    shop = connect(twin.url, **KEYS)
    shop._shop.pace.size = 10
    pages = shop.list_ids("order", None)
    next(pages)
    twin.fault("error_before")
    with pytest.raises(TransientError):
        listed(pages)
