"""The connector and the simulated shop, over real HTTP, with the shop's own witness."""

import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import trustme

from hub.records.catalogue import Listing
from hub.records.order import Order
from hub.sdk import (
    AuthError,
    ChannelState,
    MappingError,
    OrderTracking,
    ParcelNotice,
    RejectedError,
    Secret,
    ShipmentNotice,
    SignatureError,
    StockTarget,
    TransientError,
    UnknownOutcomeError,
    WebhookRequest,
)
from hub.testing.twins import TlsFiles, running
from hub_woocommerce import stock

TWIN = "hub_woocommerce.twin:twin"
KEYS = {"key": "ck_twin", "secret": "cs_twin"}
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(params=["America/New_York", "Europe/Berlin"])
def twin(request, tmp_path):
    """An empty-handed shop of our own samples in each of two time zones."""
    with running(TWIN, data=tmp_path / "twin.db", timezone=request.param) as started:
        started.freeze()  # a signature is good for 15 minutes of real time: advance by less
        yield started


@pytest.fixture
def shop(twin, connect):
    return connect(twin.url, **KEYS)


def pulled(pages) -> dict[str, bytes]:
    return {str(json.loads(raw)["id"]): raw for page in pages for raw in page.items}


def last_cursor(pages):
    *_, last = pages
    assert last.last
    return last.cursor


def buy(twin, sku, quantity=1, **more):
    lines = [{"sku": sku, "quantity": quantity}]
    return str(twin.action("place_order", lines=lines, **more)["id"])


def counted_sku(twin):
    return next(one["sku"] for one in twin.documents("product") if one["manage_stock"] is True)


def counted_variation(twin):
    return next(one for one in twin.documents("variation") if one["manage_stock"] is True)


# --- orders ---------------------------------------------------------------------------------------


def test_the_whole_shop_is_pulled_and_understood(twin, shop):
    orders = pulled(shop.pull_orders(None))
    assert set(orders) == {
        str(one["id"]) for one in twin.documents("order") if one["status"] != "trash"
    }
    for raw in orders.values():
        order = Order.model_validate(shop.to_order(raw))
        parts = sum(line.total_minor for line in order.lines) + order.shipping_minor
        assert parts + order.fees_minor + order.tax_minor == order.total_minor


def test_a_real_shop_is_pulled_whole(vendor_data, tmp_path, connect):
    folder = vendor_data / "woocommerce" / "store"
    with running(TWIN, data=tmp_path / "twin.db", seed=folder) as twin:
        shop = connect(twin.url, **KEYS)
        orders = pulled(shop.pull_orders(None))
        listings = pulled(shop.pull_products(None))
    assert (len(orders), len(listings)) == (572, 36 + 20)
    for raw in orders.values():
        Order.model_validate(shop.to_order(raw))
    for raw in listings.values():
        Listing.model_validate(shop.to_listing(raw))


def test_only_what_changed_is_pulled_next_in_either_time_zone(twin, shop):
    cursor = last_cursor(shop.pull_orders(None))
    twin.advance(300)
    sku = counted_sku(twin)
    placed = {buy(twin, sku) for _ in range(3)}
    assert placed <= set(pulled(shop.pull_orders(cursor)))
    cursor = last_cursor(shop.pull_orders(cursor))
    twin.advance(300)
    changed = placed.pop()
    twin.action("complete_order", order_id=changed)
    fresh = pulled(shop.pull_orders(cursor))
    assert changed in fresh
    assert shop.to_order(fresh[changed])["state"] is ChannelState.FINISHED
    assert set(fresh) <= placed | {changed}


def test_an_order_that_comes_into_the_second_just_read_is_not_lost(twin, shop):
    twin.advance(300)
    sku = counted_sku(twin)
    first = buy(twin, sku)
    pages = list(shop.pull_orders(None))
    assert first in pulled(pages)
    second = buy(twin, sku)
    assert second in pulled(shop.pull_orders(pages[-1].cursor))


def test_more_orders_than_a_page_in_one_second_are_all_pulled(twin, shop):
    cursor = last_cursor(shop.pull_orders(None))
    twin.advance(300)
    template = twin.documents("order")[0]
    now = twin.now().strftime("%Y-%m-%dT%H:%M:%S")
    stamps = {"date_modified": "2026-01-01T00:00:00", "date_modified_gmt": now}
    for number in range(90_000, 90_260):
        twin.put("order", number, template | stamps | {"id": number})
    assert set(map(str, range(90_000, 90_260))) <= set(pulled(shop.pull_orders(cursor)))


def test_a_repeated_pull_of_an_idle_shop_is_one_short_page(twin, shop):
    cursor = last_cursor(shop.pull_orders(None))
    twin.advance(600)
    (page,) = shop.pull_orders(cursor)
    assert len(page.items) < 10
    assert page.last


def test_a_deleted_order_is_gone_and_a_trashed_one_is_cancelled(twin, shop):
    order = buy(twin, counted_sku(twin))
    twin.action("trash_order", order_id=order)
    assert shop.to_order(shop.read_order(order))["state"] is ChannelState.CANCELLED
    with pytest.raises(RejectedError) as caught:
        shop.read_order("999999")
    assert caught.value.code == "not_found"


@pytest.mark.parametrize("what", ["currency", "quantity", "fraction", "nan", "date", "lines"])
def test_an_order_broken_by_a_plugin_is_told_apart_from_its_page(twin, shop, what):
    order, other = (buy(twin, counted_sku(twin)) for _ in range(2))
    twin.action("corrupt_order", order_id=order, what=what)
    orders = pulled(shop.pull_orders(None))
    with pytest.raises(MappingError):
        shop.to_order(orders[order])
    assert shop.to_order(orders[other])["state"] is ChannelState.OPEN


def test_a_status_nobody_knows_and_a_character_nobody_can_store_do_not_stop_an_order(twin, shop):
    strange, odd = (buy(twin, counted_sku(twin)) for _ in range(2))
    twin.action("corrupt_order", order_id=strange, what="status")
    twin.action("corrupt_order", order_id=odd, what="nul")
    orders = pulled(shop.pull_orders(None))
    assert shop.to_order(orders[strange])["state"] is ChannelState.UNKNOWN
    assert "cleaned" in Order.model_validate(shop.to_order(orders[odd])).extra


# --- products and stock ---------------------------------------------------------------------------


def test_products_come_with_their_variations_and_prices(twin, shop):
    listings = [Listing.model_validate(shop.to_listing(raw))
                for raw in pulled(shop.pull_products(None)).values()]  # fmt: skip
    expected = {str(one["id"]) for kind in ("product", "variation") for one in twin.documents(kind)}
    assert {listing.external_id for listing in listings} == expected
    assert all(listing.currency for listing in listings)


def test_a_changed_variation_is_pulled_through_its_product(twin, shop):
    cursor = last_cursor(shop.pull_products(None))
    twin.advance(300)
    variation = counted_variation(twin)
    twin.action("set_stock", sku=variation["sku"], quantity=77)
    fresh = pulled(shop.pull_products(cursor))
    assert shop.to_listing(fresh[str(variation["id"])])["quantity"] == 77


def test_stock_is_pushed_and_read_back(twin, shop):
    product = next(one for one in twin.documents("product") if one["manage_stock"] is True)
    variation = counted_variation(twin)
    parent = str(variation.get("parent_id") or variation["_parent"])
    targets = [
        StockTarget(external_id=str(product["id"]), quantity=11),
        StockTarget(external_id=str(variation["id"]), parent_external_id=parent, quantity=12),
        StockTarget(external_id="999999", quantity=1),
    ]
    answers = shop.push_stock(targets)
    assert [answer.stored for answer in answers] == [11, 12, None]
    assert answers[2].problem
    assert {one.external_id: one.quantity for one in shop.read_stock(targets)} == {
        str(product["id"]): 11, str(variation["id"]): 12,
    }  # fmt: skip


def test_a_product_that_is_not_counted_says_so(twin, shop):
    product = next(one for one in twin.documents("product") if one["type"] == "simple")
    twin.merge("product", product["id"], manage_stock=False, stock_quantity=None)
    target = StockTarget(external_id=str(product["id"]), quantity=5)
    (answer,) = shop.push_stock([target])
    assert (answer.stored, answer.problem) == (None, stock.NOT_COUNTED)
    (observed,) = shop.read_stock([target])
    assert observed.quantity is None


# --- parcels --------------------------------------------------------------------------------------


def notice(order):
    parcel = ParcelNotice(carrier="DPD", tracking_number="1", shipped_at=NOW, lines=(("1", 1),))
    return ShipmentNotice(order_external_id=order, parcel=parcel, text="On its way")


def test_a_note_whose_answer_was_lost_is_found_and_not_written_twice(twin, shop):
    order = buy(twin, counted_sku(twin))
    twin.fault("reset", method="POST", path="notes")
    with pytest.raises(UnknownOutcomeError):
        shop.push_shipment(notice(order), key="k1")
    assert shop.find_shipment(notice(order), key="k1") is None
    twin.fault("error_after", method="POST", path="notes")
    with pytest.raises(UnknownOutcomeError):
        shop.push_shipment(notice(order), key="k1")
    found = shop.find_shipment(notice(order), key="k1")
    assert found is not None
    assert shop.find_shipment(notice(order), key="k2") is None
    written = shop.push_shipment(notice(order), key="k2")
    assert shop.find_shipment(notice(order), key="k2") == written != found


def test_tracking_completes_the_order_once(twin, shop):
    order = buy(twin, counted_sku(twin))
    tracking = OrderTracking(
        order_external_id=order, parcels=(notice(order).parcel,), complete=True
    )
    shop.push_tracking(tracking)
    before = twin.document("order", order)
    twin.advance(60)
    shop.push_tracking(tracking)
    after = twin.document("order", order)
    assert after["status"] == "completed"
    assert after["date_modified_gmt"] == before["date_modified_gmt"]
    keys = [one["key"] for one in after["meta_data"]]
    assert keys.count("_commerce_hub_parcels") == keys.count("_wc_shipment_tracking_items") == 1


# --- credentials and faults -----------------------------------------------------------------------


def test_the_check_names_the_shop(twin, shop):
    account = shop.check()
    assert account.id == twin.url.removeprefix("http://")
    assert account.currency
    assert account.time_zone in ("America/New_York", "Europe/Berlin")


@pytest.mark.parametrize(
    "keys", [{"key": "ck_x", "secret": "x"}, {"key": "ck_twin", "secret": "x"}]
)
def test_wrong_keys_are_refused(twin, connect, keys):
    with pytest.raises(AuthError):
        connect(twin.url, **keys).check()


def test_a_reading_key_reads_and_says_why_it_cannot_write(twin, connect):
    shop = connect(twin.url, key="ck_twin_read", secret="cs_twin_read")
    assert shop.check()
    with pytest.raises(AuthError, match="write permissions"):
        shop.push_stock([StockTarget(external_id="1", quantity=1)])


def test_revoked_keys_stop_the_connection(twin, shop):
    twin.action("revoke_keys")
    with pytest.raises(AuthError):
        list(shop.pull_orders(None))


@pytest.mark.parametrize("kind", ["html", "truncated", "malformed", "error_before", "down"])
def test_a_shop_in_trouble_is_asked_again_later(twin, shop, kind):
    twin.fault(kind)
    with pytest.raises(TransientError):
        list(shop.pull_orders(None))


@pytest.mark.parametrize("count", [1, 2])
def test_a_push_with_half_an_answer_is_made_again_later(twin, shop, count):
    shown = twin.documents("product")[:count]
    wanted = [StockTarget(external_id=str(one["id"]), quantity=3) for one in shown]
    twin.fault("malformed", method="P.*")
    with pytest.raises(TransientError, match="did not answer with a JSON object"):
        shop.push_stock(wanted)


@pytest.fixture
def secure_twin(tmp_path):
    """A shop over https, its certificate from an authority of its own."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    tls = TlsFiles(tmp_path / "cert.pem", tmp_path / "key.pem")
    issued.private_key_pem.write_to_path(tls.key)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(tls.certificate, append=True)
    with running(TWIN, data=tmp_path / "twin.db", tls=tls) as started:
        yield started


def test_over_https_with_a_private_authority_basic_is_used(secure_twin, connect, tmp_path):
    shop = connect(secure_twin.url, ca_file=str(tmp_path / "ca.pem"), **KEYS)
    assert shop.check().currency
    assert pulled(shop.pull_orders(None))


@pytest.mark.parametrize("wrong_by", [timedelta(days=-1), timedelta(days=1)])
def test_a_shop_whose_clock_is_a_day_wrong_is_pulled_without_a_gap(
    secure_twin, connect, tmp_path, wrong_by
):
    secure_twin.freeze(datetime.now(UTC) + wrong_by)
    shop = connect(secure_twin.url, ca_file=str(tmp_path / "ca.pem"), **KEYS)
    cursor = last_cursor(shop.pull_orders(None))
    for _ in range(3):
        bought = buy(secure_twin, counted_sku(secure_twin))
        secure_twin.advance(5)
        pages = list(shop.pull_orders(cursor))
        assert bought in pulled(pages)
        cursor = pages[-1].cursor
        secure_twin.advance(3600)


# --- webhooks -------------------------------------------------------------------------------------


@pytest.fixture
def door():
    """An address that takes whatever is posted to it."""
    received: list[WebhookRequest] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received.append(WebhookRequest(headers, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", received
        server.shutdown()
        thread.join()


def test_what_the_shop_sends_is_verified_and_read(twin, connect, door):
    address, received = door
    shop = connect(twin.url, **KEYS, webhook_secret=Secret("hush & <ü>"))
    for topic in ("order.created", "order.deleted"):
        hook = {"topic": topic, "delivery_url": address, "secret": "hush & <ü>"}
        shop._shop.create("webhooks", hook)
    twin.deliver()
    order = buy(twin, counted_sku(twin))
    twin.action("trash_order", order_id=order)
    twin.deliver()
    for request in received:
        shop.verify(request)
        with pytest.raises(SignatureError):
            shop.verify(WebhookRequest(request.headers, request.body + b" "))
    told = [(one.topic, one.external_id) for request in received for one in shop.read(request)]
    assert sorted(told) == [("order.created", order), ("order.deleted", order)]
    assert len(received) == 2 + 2  # two pings, which mean nothing
