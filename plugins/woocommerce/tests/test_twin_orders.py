"""Orders at the WooCommerce twin: made, changed, noted, refunded, as measured on a real shop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.testing.twins import spawned
from plugins.woocommerce.tests.twin_shop import (
    TWIN,
    Shop,
    moved,
    open_shop,
    signed,
    stock_of,
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as shop:
        yield shop


# -- writing orders -----


def test_a_bad_coupon_is_refused_and_leaves_a_draft_each_time(shop: Shop) -> None:
    before = len(shop.read("orders", status="checkout-draft"))
    for _ in range(2):
        body = {"line_items": [{"product_id": shop.product("HB-250")["id"]}]}
        answer = shop.post("orders", **body, coupon_lines=[{"code": "nope"}])
        assert answer.json()["code"] == "woocommerce_rest_invalid_coupon"
    assert len(shop.read("orders", status="checkout-draft")) == before + 2


def test_an_unknown_product_makes_a_blank_line(shop: Shop) -> None:
    answer = shop.post("orders", line_items=[{"product_id": 999999, "quantity": 1}])
    (line,) = answer.json()["line_items"]
    assert answer.status_code == 201
    assert (line["product_id"], line["sku"], line["total"]) == (0, None, "0.00")


def test_a_line_put_without_id_is_appended_and_with_id_changed(shop: Shop) -> None:
    order = shop.place("HB-250", 2)
    dripper = shop.product("DRIP-01")["id"]
    more = shop.put(f"orders/{order['id']}", line_items=[{"product_id": dripper}]).json()
    assert [line["sku"] for line in more["line_items"]] == ["HB-250", "DRIP-01"]
    first = {"id": order["line_items"][0]["id"], "quantity": 1}
    less = shop.put(f"orders/{order['id']}", line_items=[first]).json()
    assert [line["quantity"] for line in less["line_items"]] == [1, 1]
    assert float(less["total"]) == float(more["total"]) - 9.50 * 1.08


def test_deleting_first_bins_then_erases(shop: Shop) -> None:
    order = shop.place()
    path = f"orders/{order['id']}"
    assert shop.delete(path).json()["status"] == "processing"  # as it was before
    assert shop.read(path)["status"] == "trash"
    shop.delete(path, force="true")
    assert shop.get(path).status_code == 404


def test_orders_are_not_checked_against_stock(shop: Shop) -> None:
    shop.twin.action("set_stock", sku="MUG-SET", quantity=1)
    mug = shop.product("MUG-SET")["id"]
    for _ in range(3):
        line = {"product_id": mug, "quantity": 1}
        assert shop.post("orders", line_items=[line], set_paid=True).status_code == 201
    after = shop.product("MUG-SET")
    assert (after["stock_quantity"], after["stock_status"]) == (-2, "outofstock")


def test_stock_is_taken_when_an_order_is_on_and_given_back_when_cancelled(shop: Shop) -> None:
    before = stock_of(shop, "HB-250")
    order = shop.place("HB-250", 3, status="pending", paid=False)
    assert stock_of(shop, "HB-250") == before
    for status in ("on-hold", "processing", "completed"):
        shop.put(f"orders/{order['id']}", status=status)
        assert stock_of(shop, "HB-250") == before - 3
    shop.put(f"orders/{order['id']}", status="cancelled")
    assert stock_of(shop, "HB-250") == before
    changes = [e.detail["change"] for e in shop.twin.log.effects("stock_moved")]
    assert changes == [-3, 3]


def test_completing_sets_its_date_and_paying_the_other(shop: Shop) -> None:
    order = shop.place(status="pending", paid=False)
    paid = shop.put(f"orders/{order['id']}", set_paid=True).json()
    assert paid["status"] == "processing" and paid["date_paid"] and not paid["date_completed"]
    assert shop.put(f"orders/{order['id']}", status="completed").json()["date_completed_gmt"]


def test_meta_data_is_added_by_key_changed_by_id_and_removed_by_null(shop: Shop) -> None:
    path = f"orders/{shop.place()['id']}"
    (made,) = shop.put(path, meta_data=[{"key": "_track", "value": "1"}]).json()["meta_data"]
    (same,) = shop.put(path, meta_data=[{"key": "_track", "value": "2"}]).json()["meta_data"]
    assert same == {"id": made["id"], "key": "_track", "value": "2"}
    by_id = [{"id": made["id"], "key": "_track", "value": {"deep": [1]}}]
    assert shop.put(path, meta_data=by_id).json()["meta_data"][0]["value"] == {"deep": [1]}
    gone = shop.put(path, meta_data=[{"key": "_track", "value": None}])
    assert gone.json()["meta_data"] == []


def test_what_moves_an_orders_date_and_what_does_not(shop: Shop) -> None:
    path = f"orders/{shop.place()['id']}"
    meta = [{"key": "_a", "value": "1"}]
    assert moved(shop, path, lambda: shop.put(path, status="completed"))
    assert moved(shop, path, lambda: shop.put(path, meta_data=meta))
    assert moved(shop, path, lambda: shop.put(path, meta_data=meta))
    refund = {"amount": "1.00", "api_refund": False}
    assert moved(shop, path, lambda: shop.post(f"{path}/refunds", **refund))
    (made,) = shop.read(f"{path}/refunds")
    erase = f"{path}/refunds/{made['id']}"
    assert not moved(shop, path, lambda: shop.delete(erase, force="true"))
    assert not moved(shop, path, lambda: shop.post(f"{path}/notes", note="hello"))


def test_notes_are_listed_newest_first_and_testified(shop: Shop) -> None:
    order = shop.place()["id"]
    shop.twin.advance(1)
    for _ in range(2):
        assert shop.post(f"orders/{order}/notes", note="shipped", customer_note=True).is_success
    notes = shop.read(f"orders/{order}/notes")
    assert [n["note"] for n in notes[:2]] == ["shipped", "shipped"]
    assert len(shop.read(f"orders/{order}/notes", type="customer")) == 2
    added = shop.twin.log.effects("note_added", order)
    assert [e.reference for e in added] == ["shipped", "shipped"]
    path = f"orders/{order}/notes/{notes[0]['id']}"
    assert shop.delete(path).status_code == 501
    assert shop.delete(path, force="true").status_code == 200
    assert len(shop.read(f"orders/{order}/notes", type="customer")) == 1


def test_a_note_needs_its_text(shop: Shop) -> None:
    answer = shop.post("orders/110/notes")
    assert (answer.status_code, answer.json()["code"]) == (400, "rest_missing_callback_param")


# -- refunds -----


def test_refused_refunds_are_server_errors(shop: Shop) -> None:
    path = f"orders/{shop.place()['id']}/refunds"
    gateway = shop.post(path, amount="1.00")
    too_much = shop.post(path, amount="9999", api_refund=False)
    assert [gateway.status_code, too_much.status_code] == [500, 500]
    assert too_much.json()["message"] == "Invalid refund amount."
    assert shop.twin.log.effects("refund_created") == []


def test_a_line_refund_is_negative_names_its_line_and_restocks(shop: Shop) -> None:
    order = shop.place("HB-250", 3)
    before = stock_of(shop, "HB-250")
    line = order["line_items"][0]["id"]
    wanted = {"id": line, "quantity": 1, "refund_total": "9.50",
              "refund_tax": [{"id": 1, "refund_total": "0.76"}]}  # fmt: skip
    path = f"orders/{order['id']}"
    made = shop.post(f"{path}/refunds", line_items=[wanted], api_refund=False).json()
    (mirrored,) = made["line_items"]
    assert made["amount"] == "10.26"
    assert (mirrored["quantity"], mirrored["total"]) == (-1, "-9.50")
    assert mirrored["meta_data"][0]["value"] == str(line)
    after = shop.read(path)
    assert (after["status"], after["refunds"][0]["total"]) == ("processing", "-10.26")
    assert stock_of(shop, "HB-250") == before + 1


def test_a_full_refund_moves_the_order(shop: Shop) -> None:
    order = shop.place()
    shop.post(f"orders/{order['id']}/refunds", amount=order["total"], api_refund=False)
    assert shop.read(f"orders/{order['id']}")["status"] == "refunded"


def test_a_killed_shop_remembers_its_notes(tmp_path: Path) -> None:
    with spawned(TWIN, data=tmp_path / "shop.db") as twin:
        order = twin.action("place_order", lines=[{"sku": "HB-250"}])["id"]
        twin.fault("timeout_after", path="/notes")
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(signed(twin, f"orders/{order}/notes", method="POST"), json={"note": "key-1"})
        twin.kill()
        assert [e.reference for e in twin.log.effects("note_added", order)] == ["key-1"]
        twin.start()
        notes = httpx.get(signed(twin, f"orders/{order}/notes?type=any")).json()
    assert [n["note"] for n in notes].count("key-1") == 1
