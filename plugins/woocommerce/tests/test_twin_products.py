"""Products, stock and the second shop at the WooCommerce twin, as measured on a real shop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.testing.twins import ActionError
from plugins.woocommerce.tests.twin_shop import Shop, ids, moved, open_shop, stock_of


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as shop:
        yield shop


@pytest.fixture(scope="module")
def quiet_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that only gets asked."""
    with open_shop(tmp_path_factory.mktemp("quiet")) as shop:
        yield shop


# -- products and stock -----


@pytest.mark.parametrize("quantity", ["abc", 2.5])
def test_stock_is_a_whole_number(quiet_shop: Shop, quantity: Any) -> None:
    path = f"products/{quiet_shop.product('HB-250')['id']}"
    answer = quiet_shop.put(path, stock_quantity=quantity)
    assert (answer.status_code, answer.json()["code"]) == (400, "rest_invalid_param")


def test_the_status_follows_the_quantity(shop: Shop) -> None:
    path = f"products/{shop.product('HB-250')['id']}"
    for quantity, status in [(-4, "outofstock"), (0, "outofstock"), (1, "instock")]:
        made = shop.put(path, stock_quantity=quantity).json()
        assert (made["stock_quantity"], made["stock_status"]) == (quantity, status)


def test_stock_of_what_is_not_counted_is_ignored(shop: Shop) -> None:
    made = shop.put(f"products/{shop.product('WRAP')['id']}", stock_quantity=5)
    assert (made.status_code, made.json()["stock_quantity"]) == (200, None)


def test_variations_may_leave_counting_to_their_parent(shop: Shop) -> None:
    box = shop.product("BOX")
    shop.put(f"products/{box['id']}", stock_quantity=7)
    for variation in shop.read(f"products/{box['id']}/variations"):
        assert (variation["manage_stock"], variation["stock_quantity"]) == ("parent", 7)
        path = f"products/{box['id']}/variations/{variation['id']}"
        assert shop.put(path, stock_quantity=99).json()["stock_quantity"] == 7
    shop.place("BOX-BEAN", 2)
    assert stock_of(shop, "BOX") == stock_of(shop, "BOX-GRND") == 5


def test_an_unchanged_value_moves_the_date_and_a_variation_moves_its_parent(shop: Shop) -> None:
    product = shop.product("HB-250")
    path = f"products/{product['id']}"
    same = {"stock_quantity": product["stock_quantity"]}
    assert moved(shop, path, lambda: shop.put(path, **same))
    tee = shop.product("TEE")
    variation = f"products/{tee['id']}/variations/{tee['variations'][0]}"
    parent = f"products/{tee['id']}"
    assert moved(shop, parent, lambda: shop.put(variation, stock_quantity=3))
    order = shop.place("HB-250", status="pending", paid=False)
    assert moved(shop, path, lambda: shop.put(f"orders/{order['id']}", status="processing"))


def test_prices_are_read_the_american_way(shop: Shop) -> None:
    path = f"products/{shop.product('HB-250')['id']}"
    assert shop.put(path, regular_price="12,50").json()["regular_price"] == "1250"
    assert shop.put(path, regular_price="12.34567").json()["regular_price"] == "12.34567"
    assert shop.put(path, sale_price="99").json()["sale_price"] == ""


def test_a_sku_is_held_even_from_the_bin(shop: Shop) -> None:
    product = shop.product("HB-250")
    shop.delete(f"products/{product['id']}")
    assert shop.read("products", sku="HB-250") == []
    taken = shop.post("products", name="again", sku="HB-250").json()
    assert taken["code"] == "product_invalid_sku"
    assert taken["data"] == {
        "status": 400, "resource_id": product["id"], "unique_sku": "HB-250-1",
    }  # fmt: skip


def test_skus_are_found_in_any_case_in_lists_and_on_variations(quiet_shop: Shop) -> None:
    found = quiet_shop.read("products", sku="tee-m,HB-250")
    assert {p["sku"]: p["type"] for p in found} == {"TEE-M": "variation", "HB-250": "simple"}


def test_a_variation_can_be_read_as_product_but_not_written(quiet_shop: Shop) -> None:
    id = quiet_shop.product("TEE-M")["id"]
    assert quiet_shop.read(f"products/{id}")["type"] == "variation"
    assert quiet_shop.put(f"products/{id}", stock_quantity=1).status_code == 404


def test_a_batch_answers_item_by_item(shop: Shop) -> None:
    good = shop.product("HB-250")["id"]
    items = [{"id": good, "stock_quantity": 5}, {"id": 999999, "stock_quantity": 1},
             {"id": good, "stock_quantity": "many"}]  # fmt: skip
    answer = shop.post("products/batch", update=items)
    assert answer.status_code == 200
    done, unknown, wrong = answer.json()["update"]
    assert done["stock_quantity"] == 5
    assert unknown["error"]["code"] == "woocommerce_rest_product_invalid_id"
    assert wrong["error"]["code"] == "rest_invalid_param"
    assert [e.detail["asked"] for e in shop.twin.log.effects("stock_set", good)] == [5]


def test_variations_have_a_batch_of_their_own(shop: Shop) -> None:
    tee = shop.product("TEE")
    items = [{"id": id, "stock_quantity": 4} for id in tee["variations"]]
    done = shop.post(f"products/{tee['id']}/variations/batch", update=items).json()["update"]
    assert [item["stock_quantity"] for item in done] == [4, 4, 4]


def test_names_come_back_escaped(quiet_shop: Shop) -> None:
    assert quiet_shop.product("MUG-SET")["name"] == "Mug &amp; Saucer"


# -- what happens without the API -----


def test_staff_edit_cancel_and_complete_orders(shop: Shop) -> None:
    order = shop.place("HB-250", 2)
    edited = shop.twin.action("edit_order", order_id=order["id"], quantities={"HB-250": 5})
    assert edited["line_items"][0]["quantity"] == 5
    assert shop.twin.action("complete_order", order_id=order["id"])["status"] == "completed"
    assert shop.twin.action("cancel_order", order_id=order["id"])["status"] == "cancelled"


def test_selling_over_the_counter_lowers_the_stock(shop: Shop) -> None:
    before = stock_of(shop, "HB-250")
    shop.twin.action("sell", sku="HB-250", quantity=2)
    assert stock_of(shop, "HB-250") == before - 2
    with pytest.raises(ActionError, match="not counted"):
        shop.twin.action("sell", sku="WRAP")


def test_an_order_can_name_a_sku_no_product_has(shop: Shop) -> None:
    order = shop.twin.action("place_order_with_unknown_sku", sku="MYSTERY", quantity=2)
    assert shop.read(f"orders/{order['id']}")["line_items"][0]["sku"] == "MYSTERY"
    assert shop.read("products", sku="MYSTERY") == []


@pytest.mark.parametrize(
    "what", ["currency", "status", "quantity", "fraction", "nul", "nan", "date", "lines"]
)
def test_a_broken_order_is_still_served_among_the_others(shop: Shop, what: str) -> None:
    order = shop.place()
    shop.twin.action("corrupt_order", order_id=order["id"], what=what)
    assert order["id"] in ids(shop.read("orders", per_page=100))


def test_a_deleted_product_is_gone(shop: Shop) -> None:
    shop.twin.action("delete_product", sku="DRIP-01")
    assert shop.read("products", sku="DRIP-01") == []


def test_a_second_shop_sells_the_same_skus_under_other_numbers(tmp_path: Path) -> None:
    with open_shop(tmp_path, second=1, only_products="HB-250,TEE") as shop:
        product, tee = shop.product("HB-250"), shop.product("TEE")
        assert product["id"] == 5000 + 93 and product["stock_quantity"] == 0
        assert product["_links"]["self"][0]["href"].endswith(f"/products/{product['id']}")
        variations = shop.read(f"products/{tee['id']}/variations")
        assert {v["sku"] for v in variations} == {"TEE-S", "TEE-M", "TEE-L"}
        assert sorted(ids(variations)) == sorted(tee["variations"])
        assert shop.read("orders") == [] and len(shop.read("products")) == 2


def test_the_second_shop_is_another_one_in_berlin(tmp_path: Path) -> None:
    with open_shop(tmp_path, second=1) as shop:
        index = shop.api.get(f"{shop.twin.url}/wp-json/").json()
    assert (index["name"], index["timezone_string"]) == ("Second Shop", "Europe/Berlin")
