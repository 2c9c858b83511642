"""Line by line what was measured of products, stock and refunds; see `test_quirks.py`."""

import json

import pytest

from hub.sdk import ListingState, ListingTarget, RefundRequest, RejectedError, StockTarget, Tracking
from hub_woocommerce import stock
from plugins.woocommerce.tests.quirks import a_world, quirk
from plugins.woocommerce.tests.twin_shop import stock_of


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with a_world(tmp_path_factory.mktemp("quirks")) as world:
        yield world


@pytest.fixture
def recorded(vendor_data):
    def load(name):
        path = vendor_data / "woocommerce" / "recordings" / f"{name}.json"
        return json.loads(path.read_text("utf-8"))

    return load


def refusal(answer):
    return answer.status_code, answer.json()["code"], answer.json()["message"]


def recorded_refusal(found):
    return found["status"], found["body"]["code"], found["body"]["message"]


def target(product, quantity):
    parent = product.get("parent_id") or None
    return StockTarget(
        external_id=str(product["id"]), parent_external_id=parent and str(parent), quantity=quantity
    )


def listings(world, cursor=None):
    pages = list(world.hub.pull_products(cursor))
    shown = [world.hub.to_listing(raw) for page in pages for raw in page.items]
    return {one["external_id"]: one for one in shown}, pages[-1].cursor


# --- dates ----------------------------------------------------------------------------------------


@quirk("product: stock reduction/restock by an order")
def test_the_echo_of_our_own_push_shows_our_own_number(world):
    product, tee = world.shop.product("HB-250"), world.shop.product("TEE-S")
    _, cursor = listings(world)
    world.shop.twin.advance(300)
    (answer,) = world.hub.push_stock([target(product, product["stock_quantity"])])
    world.shop.put(f"products/{tee['parent_id']}/variations/{tee['id']}", stock_quantity=4)
    fresh, _ = listings(world, cursor)
    echo = fresh[str(product["id"])]
    assert echo["quantity"] == answer.stored == product["stock_quantity"]
    assert fresh[str(tee["id"])]["quantity"] == 4, "found through the parent, whose date moved"


# --- stock ----------------------------------------------------------------------------------------


@quirk("stock_quantity integer only")
@pytest.mark.parametrize("quantity", ["abc", 2.5])
def test_only_whole_numbers_are_stock(world, recorded, quantity):
    path = f"products/{world.shop.product('HB-250')['id']}"
    answer = world.shop.put(path, stock_quantity=quantity)
    status, code, _ = recorded_refusal(recorded("error_400_invalid_stock_type"))
    assert refusal(answer)[:2] == (status, code)
    with pytest.raises(ValueError, match="quantity"):
        StockTarget(external_id="1", quantity=quantity)


@quirk("stock_quantity on a product with manage_stock=false")
def test_a_number_that_was_ignored_is_not_taken_for_stored(world):
    wrap = world.shop.product("WRAP")
    (answer,) = world.hub.push_stock([target(wrap, 5)])
    assert (answer.stored, answer.problem) == (None, stock.NOT_COUNTED)


@quirk("stock_quantity on a product with manage_stock=false")
def test_a_pool_is_reported_and_can_be_published(world):
    box, bean = world.shop.product("BOX"), world.shop.product("BOX-BEAN")
    shown, _ = listings(world)
    listing = shown[str(bean["id"])]
    assert (listing["tracking"], listing["parent_external_id"]) == (Tracking.PARENT, str(box["id"]))
    assert listing["quantity"] == shown[str(box["id"])]["quantity"]
    (refused,) = world.hub.push_stock([target(bean, 9)])
    assert refused.problem == f"{stock.COUNTED_ON_PARENT}{box['id']}"
    assert refused.stored is None
    (pool,) = world.hub.push_stock([target(box, 9)])
    assert pool.stored == 9
    (seen,) = world.hub.read_stock([target(bean, 0)])
    assert seen.quantity == 9


@quirk("stock_quantity on a product with manage_stock=false")
def test_the_recorded_variation_leaves_counting_to_its_parent(world, recorded):
    body = recorded("variation_parent_managed_stock")["body"]
    assert world.hub.to_listing(json.dumps(body).encode())["tracking"] is Tracking.PARENT


@quirk("inventory_delta")
def test_differences_get_lost_so_only_whole_numbers_are_sent(world):
    dripper = world.shop.product("DRIP-01")
    path = f"products/{dripper['id']}"
    world.shop.put(path, stock_quantity=100)
    for _ in range(20):
        world.shop.put(path, inventory_delta=-1)
    assert stock_of(world.shop, "DRIP-01") == 85
    for _ in range(2):
        (answer,) = world.hub.push_stock([target(dripper, 80)])
        assert answer.stored == 80
    assert stock_of(world.shop, "DRIP-01") == 80


@quirk("regular_price must be a string")
def test_what_the_shop_misreads_as_a_price_is_never_sent(world, recorded):
    product = world.shop.product("HB-250")
    path = f"products/{product['id']}"
    number = world.shop.put(path, regular_price=12.5)
    status, code, _ = recorded_refusal(recorded("error_400_price_number_type"))
    assert refusal(number)[:2] == (status, code)
    assert world.shop.put(path, regular_price="12,50").json()["regular_price"] == "1250"
    assert world.shop.put(path, sale_price="9999").json()["sale_price"] == ""
    wanted = ListingTarget(external_id=str(product["id"]), price="12.34567")
    (answer,) = world.hub.push_listings([wanted])
    assert (answer.stored.price, answer.problem) == ("12.34567", None)
    (dropped,) = world.hub.push_listings([wanted.model_copy(update={"sale_price": "9999.00"})])
    assert dropped.problem and dropped.stored is None


# --- names and numbers ----------------------------------------------------------------------------


@quirk("Duplicate SKU")
def test_a_sku_is_taken_also_from_the_bin_and_among_rivals(world, recorded):
    made = world.shop.post("products", name="One", sku="ONE-1").json()
    codes = {world.shop.post("products", name="One", sku="one-1").json()["code"] for _ in range(4)}
    assert codes == {"product_invalid_sku", "woocommerce_rest_product_not_created"}
    world.shop.twin.advance(2)
    world.shop.delete(f"products/{made['id']}")
    assert world.shop.read("products", sku="ONE-1") == []
    taken = world.shop.post("products", name="Again", sku="ONE-1")
    for name in ("error_400_duplicate_sku", "error_400_duplicate_variation_sku"):
        assert refusal(taken) == recorded_refusal(recorded(name))
    assert taken.json()["data"]["resource_id"] == made["id"]
    with pytest.raises(RejectedError) as caught:
        world.hub._shop.create("products", {"name": "Again", "sku": "ONE-1"})
    assert caught.value.code == "product_invalid_sku"
    trashed = world.shop.read(f"products/{made['id']}")
    listing = world.hub.to_listing(json.dumps(trashed).encode())
    assert listing["state"] is ListingState.ENDED


@quirk("GET /products/{variation id}")
def test_variations_are_written_below_their_product(world):
    tee = world.shop.product("TEE-M")
    assert world.shop.read(f"products/{tee['id']}")["type"] == "variation"
    assert world.shop.put(f"products/{tee['id']}", stock_quantity=1).status_code == 404
    (answer,) = world.hub.push_stock([target(tee, 6)])
    assert answer.stored == 6
    assert f"products/{tee['parent_id']}/variations/{tee['id']}" in world.requests("PUT")[-1]


@quirk("Unknown id")
def test_what_is_gone_is_gone_whatever_the_status_says(world, recorded):
    put = world.shop.put("products/999999", stock_quantity=1)
    assert refusal(put) == recorded_refusal(recorded("error_400_put_unknown_product"))
    assert refusal(world.shop.get("products/999999")) == recorded_refusal(
        recorded("error_404_product")
    )
    (answer,) = world.hub.push_stock([StockTarget(external_id="999999", quantity=1)])
    assert "Invalid ID." in answer.problem
    for ask in (world.hub._shop.read, lambda path: world.hub._shop.set(path, {})):
        with pytest.raises(RejectedError) as caught:
            ask("products/999999")
        assert caught.value.code == "not_found"


@quirk("Batch")
def test_no_batch_is_too_large_and_each_item_is_looked_at(world, recorded):
    one = {"id": 1, "stock_quantity": 1}
    answer = world.shop.post("products/batch", update=[one] * 101)
    assert refusal(answer) == recorded_refusal(recorded("error_413_batch_over_100"))
    good = target(world.shop.product("HB-250"), 5)
    many = [good, *(StockTarget(external_id=str(n), quantity=1) for n in range(900_000, 900_119))]
    answers = world.hub.push_stock(many)
    assert answers[0].stored == 5
    assert all("Invalid ID." in one.problem for one in answers[1:])
    assert len(world.requests("POST", "batch")) == 1 + 2


@quirk("No ETag")
def test_nothing_is_cached_and_names_are_unescaped(world):
    answer = world.shop.get("products", sku="MUG-SET")
    assert not {"etag", "last-modified"} & set(answer.headers)
    assert "no-store" in answer.headers["cache-control"]
    (mug,) = answer.json()
    assert mug["name"] == "Mug &amp; Saucer"
    assert world.hub.to_listing(json.dumps(mug).encode())["title"] == "Mug & Saucer"


# --- refunds --------------------------------------------------------------------------------------


@quirk("Too large an amount")
def test_a_refused_refund_is_final_although_the_shop_calls_it_its_own_error(world, recorded):
    order = world.buy()
    path = f"orders/{order['id']}/refunds"
    too_much = world.shop.post(path, amount="99999", api_refund=False)
    assert refusal(too_much) == recorded_refusal(recorded("error_500_refund_too_much"))
    gateway = world.shop.post(path, amount="1.00")
    assert refusal(gateway) == recorded_refusal(recorded("error_500_refund_gateway"))
    request = RefundRequest(order_external_id=str(order["id"]), amount_minor=100, currency="USD")
    with pytest.raises(RejectedError, match="does not support automatic refunds"):
        world.hub.refund_order(request, key="refund:1")
    booked = request.model_copy(update={"pays_back": False})
    assert world.hub.refund_order(booked, key="refund:2").external_id


@quirk("Line refunds")
def test_mirrored_lines_name_what_they_refund_and_a_whole_refund_ends_the_order(world, recorded):
    order = world.buy("HB-250", 2)
    line = order["line_items"][0]
    wanted = {"id": line["id"], "quantity": 1, "refund_total": "9.50"}
    path = f"orders/{order['id']}"
    made = world.shop.post(f"{path}/refunds", line_items=[wanted], api_refund=False).json()
    real = recorded("refund")["body"]
    assert made["line_items"][0].keys() == real["line_items"][0].keys()
    assert world.shop.read(path)["status"] == "processing"
    (raw,) = world.hub.read_refunds(str(order["id"]))
    refund = world.hub.to_refund(raw)
    assert refund["lines"] == (
        {"line_external_id": str(line["id"]), "quantity": 1, "amount_minor": 950, "tax_minor": 0},
    )
    rest = f"{float(order['total']) - 9.5:.2f}"
    world.shop.post(f"{path}/refunds", amount=rest, api_refund=False)
    after = world.hub.to_order(world.hub.read_order(str(order["id"])))
    assert (after["channel_status"], after["refunded_minor"]) == ("refunded", after["total_minor"])
    assert len(after["refund_ids"]) == 2
