"""How one shop is talked to: credentials, pages, batches, and what its errors mean."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

import httpx
import pytest

from hub.sdk import (
    AccountStoppedError,
    AuthError,
    MappingError,
    OrderTracking,
    ParcelNotice,
    RejectedError,
    ShipmentNotice,
    StockTarget,
    TransientError,
    UnknownOutcomeError,
)
from hub_woocommerce import stock
from hub_woocommerce.account import account_id
from hub_woocommerce.batches import NO_ANSWER, NO_ID

API = "https://shop.example/wp-json/wc/v3"
PARCEL = ParcelNotice(
    carrier="DPD",
    tracking_number="0987",
    tracking_url="https://track.example/0987",
    shipped_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    lines=(("70", 3),),
)
NOTICE = ShipmentNotice(order_external_id="7", parcel=PARCEL, text="Your parcel is on its way.")


def error(code, message="No.", status=400):
    return httpx.Response(
        status, json={"code": code, "message": message, "data": {"status": status}}
    )


# --- credentials ----------------------------------------------------------------------------------


def test_over_https_the_key_goes_into_the_header(router, connect):
    route = router.get(f"{API}/orders/7").respond(json={"id": 7})
    connect().read_order("7")
    request = route.calls.last.request
    assert request.headers["authorization"].startswith("Basic ")
    assert not request.url.query


def test_over_http_every_request_is_signed_and_the_secret_stays_here(router, connect):
    route = router.get(path="/wp-json/wc/v3/orders/7").respond(json={"id": 7})
    shop = connect("http://shop.example")
    shop.read_order("7")
    shop.read_order("7")
    queries = [parse_qs(call.request.url.query.decode()) for call in route.calls]
    assert queries[0]["oauth_nonce"] != queries[1]["oauth_nonce"]
    assert "authorization" not in route.calls.last.request.headers
    assert "cs_secret" not in str(route.calls.last.request.url)


@pytest.mark.parametrize(
    "url",
    ["https://shop.example/", "https://shop.example/wp-json/wc/v3/", "https://shop.example"],
)
def test_the_address_may_be_given_in_any_of_its_forms(router, connect, url):
    router.get(f"{API}/orders/7").respond(json={"id": 7})
    assert connect(url).read_order("7") == b'{"id":7}'


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://Shop.Example", "shop.example"), ("http://shop.example:80/", "shop.example"),
        ("https://shop.example:443/de/", "shop.example/de"),
        ("http://127.0.0.1:8480", "127.0.0.1:8480"),
    ],
)  # fmt: skip
def test_one_shop_has_one_name(url, name):
    assert account_id(url) == name


def test_the_check_learns_who_the_shop_is(router, connect):
    router.get(f"{API}/orders").respond(json=[])
    router.get("https://shop.example/wp-json/").respond(
        json={"name": "Cups", "gmt_offset": 5.5, "timezone_string": ""}
    )
    router.get(f"{API}/system_status").respond(
        json={"environment": {"version": "10.5.0"}, "settings": {"currency": "INR"}}
    )
    account = connect().check()
    assert (account.id, account.title, account.currency) == ("shop.example", "Cups", "INR")
    assert account.time_zone == "UTC+05:30"
    assert account.api_version == "wc/v3 on WooCommerce 10.5.0"


def test_a_key_that_may_only_read_orders_is_enough(router, connect):
    router.get(f"{API}/orders").respond(json=[])
    router.route(host="shop.example").mock(
        return_value=error("woocommerce_rest_cannot_view", status=401)
    )
    account = connect().check()
    assert (account.title, account.currency, account.api_version) == ("shop.example", "", "wc/v3")


@pytest.mark.parametrize(
    "name",
    ["bad_secret", "basic_over_http", "no_auth", "oauth_bad_signature", "oauth_old_timestamp",
     "readonly_key_write", "unknown_key"],
)  # fmt: skip
def test_recorded_refusals_of_the_key_stop_the_connection_with_advice(
    router, connect, vendor_data, name
):
    path = vendor_data / "woocommerce" / "recordings" / f"error_401_{name}.json"
    recorded = json.loads(path.read_text("utf-8"))
    router.route(host="shop.example").respond(recorded["status"], json=recorded["body"])
    with pytest.raises(AuthError, match="check the key|the key is unknown|may not write") as caught:
        connect().check()
    assert recorded["body"]["message"] in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(402, text="Payment required"),
        httpx.Response(423, json={"code": "locked", "message": "Locked."}),
        httpx.Response(410, html="<p>This site has been archived or suspended.</p>"),
        error("wp_die", "This site is no longer available.", 410),
    ],
)
def test_a_site_that_was_shut_stops_the_connection(router, connect, answer):
    router.route(host="shop.example").mock(return_value=answer)
    with pytest.raises(AccountStoppedError):
        connect().check()


def test_what_is_in_the_bin_already_is_a_refusal_of_woocommerce(router, connect):
    router.get(f"{API}/orders/7").mock(
        return_value=error("woocommerce_rest_already_trashed", status=410)
    )
    with pytest.raises(RejectedError):
        connect().read_order("7")


# --- what errors mean -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("404_order", "not_found"), ("404_order_id_of_product", "not_found"),
        ("404_product", "not_found"), ("404_variation", "not_found"),
        ("400_put_unknown_product", "not_found"), ("404_route", "no_route"),
        ("413_batch_over_100", "woocommerce_rest_request_entity_too_large"),
        ("400_bad_date", "rest_invalid_param"), ("400_duplicate_sku", "product_invalid_sku"),
        ("500_refund_too_much", "woocommerce_rest_cannot_create_order_refund"),
        ("500_refund_gateway", "woocommerce_rest_cannot_create_order_refund"),
    ],
)  # fmt: skip
def test_recorded_refusals_are_named_with_the_shops_reason(
    router, connect, vendor_data, name, code
):
    path = vendor_data / "woocommerce" / "recordings" / f"error_{name}.json"
    recorded = json.loads(path.read_text("utf-8"))
    router.route(host="shop.example").respond(recorded["status"], json=recorded["body"])
    with pytest.raises(RejectedError) as caught:
        connect().read_order("7")
    assert caught.value.code == code
    assert recorded["body"]["message"] in caught.value.reason


def test_a_missing_interface_is_not_a_missing_order(router, connect):
    """Otherwise a switched-off plugin or permalinks would look like a thousand deleted orders."""
    answers = [error("rest_no_route", status=404), httpx.Response(404, html="<h1>Not found</h1>")]
    router.get(f"{API}/orders/7").side_effect = answers
    for expected in ("no_route", "no_interface"):
        with pytest.raises(RejectedError) as caught:
            connect().read_order("7")
        assert caught.value.code == expected


def test_a_firewall_is_not_a_refused_key(router, connect):
    router.route(host="shop.example").respond(403, html="<h1>Attention required</h1>")
    with pytest.raises(TransientError, match="firewall"):
        connect().check()
    with pytest.raises(UnknownOutcomeError):
        connect().push_shipment(NOTICE, key="k1")


def test_a_nonce_used_before_leaves_an_effect_unknown(router, connect):
    message = "Invalid nonce - nonce has already been used."
    router.route(host="shop.example").mock(
        return_value=error("woocommerce_rest_authentication_error", message, 401)
    )
    with pytest.raises(UnknownOutcomeError):
        connect("http://shop.example").push_shipment(NOTICE, key="k1")
    with pytest.raises(TransientError):
        connect("http://shop.example").read_order("7")


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"null", b"[1]", b"[null]", b'[{"id":1}', b"<br />\n<b>Notice</b>[]", b'"x"',
     b"[[]]"],
)  # fmt: skip
def test_a_page_that_is_no_list_of_records_is_tried_again(router, connect, body):
    router.get(f"{API}/orders").respond(content=body, content_type="application/json")
    with pytest.raises(TransientError):
        list(connect().pull_orders(None))


def test_one_odd_order_does_not_hide_the_other_orders_of_its_page(router, connect, order):
    good = json.dumps(order()).encode()
    odd = good.replace(b"ring twice", rb"ring \ud800 twice")
    router.get(f"{API}/orders").respond(
        content=b"[" + odd + b"," + good + b',{"id":null}]', content_type="application/json"
    )
    shop = connect()
    (page,) = shop.pull_orders(None)
    assert [shop.to_order(raw)["note"] for raw in page.items[:2]] == [
        "ring \ufffd twice", "ring twice",
    ]  # fmt: skip
    assert "cleaned" in shop.to_order(page.items[0])["extra"]
    with pytest.raises(MappingError):
        shop.to_order(page.items[2])


def test_a_page_keeps_each_orders_own_bytes(router, connect):
    body = b'[ {"id": 1, "date_modified_gmt":"2026-03-01T10:00:00"} ,{"id":2,"x":"\\u00e9"}]'
    router.get(f"{API}/orders").respond(content=body, headers={"X-WP-Total": "2"})
    (page,) = connect().pull_orders(None)
    assert page.items[1] == b'{"id":2,"x":"\\u00e9"}'
    assert (page.last, page.total) == (True, 2)


# --- pages over the wire --------------------------------------------------------------------------


class OrderList:
    """Orders with the second of their change, as the shop's list gives them."""

    def __init__(self, stamps):
        self.stamps, self.asked, self.between = dict(stamps), 0, lambda asked: None

    def __call__(self, request):
        self.between(self.asked)
        self.asked += 1
        query = {key: values[0] for key, values in parse_qs(request.url.query.decode()).items()}
        after, before = query.get("modified_after", ""), query.get("modified_before", "9")
        rows = [(at, n) for n, at in self.stamps.items() if after < at < before]
        rows.sort(key=lambda row: row[1] if query["orderby"] == "id" else row[0])
        start = (int(query.get("page", 1)) - 1) * 100
        shown = rows[start : start + 100]
        body = [{"id": n, "date_modified_gmt": at} for at, n in shown]
        total = str(len(rows) if shown else 0)
        return httpx.Response(200, json=body, headers={"X-WP-Total": total})


def ids(pages):
    return [json.loads(raw)["id"] for page in pages for raw in page.items]


def test_over_250_orders_of_one_second_are_all_pulled(router, connect):
    router.get(f"{API}/orders").side_effect = OrderList(
        {n: "2026-03-01T10:00:00" for n in range(260)} | {999: "2026-03-01T11:00:00"}
    )
    pages = list(connect().pull_orders(None))
    assert set(ids(pages)) == {*range(260), 999}
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]


def test_orders_that_change_while_paging_push_none_out_of_sight(router, connect):
    orders = OrderList({n: f"2026-03-01T10:{n // 60:02}:{n % 60:02}" for n in range(350)})

    def change(asked):
        for n in range(asked * 40, asked * 40 + 40):
            orders.stamps[n] = f"2026-03-02T10:00:{asked:02}"

    orders.between = change
    router.get(f"{API}/orders").side_effect = orders
    assert set(ids(connect().pull_orders(None))) >= set(range(350))


def test_a_pull_resumed_after_any_page_gives_the_whole(router, connect):
    stamps = {n: f"2026-03-01T10:00:{n // 130:02}" for n in range(390)}
    router.get(f"{API}/orders").side_effect = OrderList(stamps)
    shop = connect()
    pages = list(shop.pull_orders(None))
    for cut in range(len(pages)):
        rest = shop.pull_orders(pages[cut].cursor)
        assert {*ids(pages[: cut + 1]), *ids(rest)} == set(stamps)


def test_a_variable_product_is_followed_by_its_variations(router, connect):
    stamp = "2026-03-01T10:00:00"
    router.get(f"{API}/products").respond(
        json=[
            {"id": 1, "type": "simple", "date_modified_gmt": stamp},
            {"id": 42, "type": "variable", "name": "Shirt", "date_modified_gmt": stamp},
        ]
    )
    router.get(f"{API}/products/42/variations").respond(
        json=[{"id": 43, "type": "variation", "name": "Red", "price": "2.50",
               "date_modified_gmt": stamp}]
    )  # fmt: skip
    router.get(f"{API}/settings/general/woocommerce_currency").respond(json={"value": "USD"})
    shop = connect()
    (page,) = shop.pull_products(None)
    listings = [shop.to_listing(raw) for raw in page.items]
    assert [one["external_id"] for one in listings] == ["1", "42", "43"]
    assert (listings[2]["parent_external_id"], listings[2]["title"]) == ("42", "Shirt - Red")
    assert (listings[2]["price_minor"], listings[2]["currency"]) == (250, "USD")


def test_variations_that_vanish_while_paging_push_none_out_of_sight(router, connect):
    kept = list(range(1, 251))

    def answer(request):
        page = int(request.url.params["page"])
        shown = kept[(page - 1) * 100 : page * 100]
        response = httpx.Response(
            200, json=[{"id": n} for n in shown], headers={"X-WP-Total": str(len(kept))}
        )
        if page == 1:
            del kept[:3]
        return response

    router.get(f"{API}/products/42/variations").side_effect = answer
    router.get(f"{API}/products").respond(
        json=[{"id": 42, "type": "variable", "date_modified_gmt": "2026-03-01T10:00:00"}]
    )
    router.get(f"{API}/settings/general/woocommerce_currency").respond(404, json={})
    (page,) = connect().pull_products(None)
    assert {json.loads(raw)["id"] for raw in page.items} >= set(kept)


# --- stock ----------------------------------------------------------------------------------------


def target(external_id, quantity=5, parent=None):
    return StockTarget(external_id=external_id, parent_external_id=parent, quantity=quantity)


def test_every_target_is_answered_and_none_silently_ignored(router, connect):
    simple = router.post(f"{API}/products/batch").respond(
        json={
            "update": [
                {"id": 12, "manage_stock": True, "stock_quantity": 5},
                {"id": 13, "manage_stock": False, "stock_quantity": None},
                {"id": 99, "error": {"code": "woocommerce_rest_product_invalid_id",
                                     "message": "Invalid ID."}},
            ]
        }
    )  # fmt: skip
    router.post(f"{API}/products/62/variations/batch").respond(
        json={"update": [{"id": 63, "manage_stock": "parent", "stock_quantity": 49}]}
    )
    targets = [target("12"), target("63", parent="62"), target("13"), target("99"), target("14")]
    targets += [target("64", parent="62"), target("no-number")]
    answers = connect().push_stock(targets)
    assert [answer.external_id for answer in answers] == [one.external_id for one in targets]
    assert [answer.stored for answer in answers] == [5, *[None] * 6]
    assert [answer.problem for answer in answers] == [
        None, stock.COUNTED_ON_PARENT + "62", stock.NOT_COUNTED,
        "Invalid ID. (woocommerce_rest_product_invalid_id)", NO_ANSWER, NO_ANSWER, NO_ID,
    ]  # fmt: skip
    sent = json.loads(simple.calls.last.request.content)
    assert sent["update"][0] == {"id": 12, "stock_quantity": 5}


def test_a_recorded_batch_is_answered_per_item(router, connect, vendor_data):
    path = vendor_data / "woocommerce" / "recordings" / "batch_mixed_errors.json"
    router.post(f"{API}/products/batch").respond(json=json.loads(path.read_text("utf-8"))["body"])
    first, second, third = connect().push_stock([target("12", 55), target("999999"), target("13")])
    assert (first.stored, first.problem) == (55, None)
    assert "Invalid ID." in second.problem
    assert "Invalid or duplicated SKU." in third.problem


def test_no_batch_is_larger_than_the_shop_takes(router, connect):
    sizes = []

    def answer(request):
        updates = json.loads(request.content)["update"]
        sizes.append(len(updates))
        stored = [{"manage_stock": True, **one} for one in updates]
        return httpx.Response(200, json={"update": stored})

    router.post(f"{API}/products/batch").side_effect = answer
    answers = connect().push_stock([target(str(n), n) for n in range(1, 251)])
    assert sizes == [100, 100, 50]
    assert [answer.stored for answer in answers] == list(range(1, 251))


def test_a_product_that_is_gone_answers_for_its_variations(router, connect):
    router.put(f"{API}/products/62/variations/63").mock(
        return_value=error("woocommerce_rest_product_invalid_id", "Invalid ID.", 404)
    )
    (answer,) = connect().push_stock([target("63", parent="62")])
    assert "Invalid ID." in answer.problem


def test_stock_is_read_back_and_what_is_gone_is_left_out(router, connect):
    router.get(f"{API}/products").respond(
        json=[{"id": 12, "manage_stock": True, "stock_quantity": -3},
              {"id": 13, "manage_stock": False, "stock_quantity": None}]
    )  # fmt: skip
    router.get(f"{API}/products/42/variations").respond(
        json=[{"id": 44, "manage_stock": "parent", "stock_quantity": 9}]
    )
    router.get(f"{API}/products/50/variations").mock(
        return_value=error("woocommerce_rest_product_invalid_id", "Invalid ID.", 404)
    )
    observed = connect().read_stock(
        [target("12"), target("13"), target("14"), target("44", parent="42"),
         target("51", parent="50")]
    )  # fmt: skip
    assert {one.external_id: one.quantity for one in observed} == {"12": -3, "13": None, "44": 9}


# --- parcels --------------------------------------------------------------------------------------


def test_the_note_ends_with_the_key(router, connect):
    route = router.post(f"{API}/orders/7/notes").respond(201, json={"id": 31})
    assert connect().push_shipment(NOTICE, key="01HX").external_id == "31"
    assert json.loads(route.calls.last.request.content) == {
        "note": "Your parcel is on its way.\n\nRef: 01HX", "customer_note": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ("On its way.\n\nRef: 01HX", True), ("<p>On its way.</p><p>Ref: 01HX</p>", True),
        ("Ref: 01HX-2", False), ("Ref: 01HXA", False), ("01HX", False), ("", False),
    ],
)  # fmt: skip
def test_a_note_is_found_by_exactly_its_key(router, connect, note, found):
    notes = [{"id": 30, "note": "Order status changed."}, {"id": 31, "note": note}]
    router.get(f"{API}/orders/7/notes").respond(json=notes)
    result = connect().find_shipment(NOTICE, key="01HX")
    assert (result is not None and result.external_id == "31") is found


def tracking(complete=False, parcels=(PARCEL,)):
    return OrderTracking(order_external_id="7", parcels=parcels, complete=complete)


class OneOrder:
    """An order whose meta data can be set, by id or added."""

    def __init__(self, router, status="processing", meta=()):
        self.order = {"status": status, "meta_data": list(meta)}
        self.puts = []
        router.get(f"{API}/orders/7").side_effect = lambda _: httpx.Response(200, json=self.order)
        router.put(f"{API}/orders/7").side_effect = self.put

    def put(self, request):
        body = json.loads(request.content)
        self.puts.append(body)
        for given in body.pop("meta_data", []):
            rest = [one for one in self.order["meta_data"] if one["id"] != given.get("id")]
            self.order["meta_data"] = [*rest, {"id": 100 + len(rest), **given}]
        self.order |= body
        return httpx.Response(200, json=self.order)

    def meta(self, key):
        (value,) = [one["value"] for one in self.order["meta_data"] if one["key"] == key]
        return value


def test_parcels_are_kept_on_the_order_and_the_last_one_completes_it(router, connect):
    shop, order = connect(), OneOrder(router)
    shop.push_tracking(tracking())
    assert order.order["status"] == "processing"
    shop.push_tracking(tracking(complete=True))
    assert order.order["status"] == "completed"
    (parcel,) = json.loads(order.meta("_commerce_hub_parcels"))
    assert (parcel["carrier"], parcel["tracking_number"]) == ("DPD", "0987")
    (item,) = order.meta("_wc_shipment_tracking_items")
    assert (item["tracking_number"], item["date_shipped"]) == ("0987", "1772442000")


def test_saying_it_again_sends_nothing(router, connect):
    shop, order = connect(), OneOrder(router)
    for _ in range(3):
        shop.push_tracking(tracking(complete=True))
    assert len(order.puts) == 1


def test_a_changed_parcel_replaces_the_old_one_and_spares_what_others_wrote(router, connect):
    foreign = {"tracking_id": "by-hand", "tracking_number": "X", "price": 1.10}
    kept = [{"id": 5, "key": "_wc_shipment_tracking_items", "value": [foreign]},
            {"id": 6, "key": "gift", "value": {"wrap": True}}]  # fmt: skip
    shop, order = connect(), OneOrder(router, meta=kept)
    shop.push_tracking(tracking())
    moved = PARCEL.model_copy(update={"tracking_number": "0988"})
    shop.push_tracking(tracking(parcels=(moved,)))
    items = order.meta("_wc_shipment_tracking_items")
    assert [item["tracking_number"] for item in items] == ["X", "0988"]
    assert items[0] == foreign
    assert order.meta("gift") == {"wrap": True}


@pytest.mark.parametrize("status", ["completed", "cancelled", "refunded", "trash"])
def test_a_settled_order_keeps_its_status(router, connect, status):
    shop, order = connect(), OneOrder(router, status=status)
    shop.push_tracking(tracking(complete=True))
    assert all("status" not in put for put in order.puts)
    assert order.order["status"] == status


def test_an_untracked_parcel_invents_no_tracking(router, connect):
    untracked = PARCEL.model_copy(update={"tracking_number": "", "tracking_url": ""})
    shop, order = connect(), OneOrder(router)
    shop.push_tracking(tracking(parcels=(untracked,)))
    assert [one["key"] for one in order.order["meta_data"]] == ["_commerce_hub_parcels"]
