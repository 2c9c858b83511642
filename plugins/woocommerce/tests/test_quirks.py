"""Line by line what was measured at a real shop: the twin does it, the connector survives it.

Credentials, lists of orders and dates stand here; products, refunds and webhooks in the files
beside. The last tests see to it that no line and no recording was left out.
"""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from hub.sdk import AuthError, ChannelState, RejectedError, TransientError
from hub.testing.twins import running
from plugins.woocommerce.tests import test_quirks_products, test_quirks_webhooks
from plugins.woocommerce.tests.conftest import KEYS, TWIN
from plugins.woocommerce.tests.quirks import ROWS, a_world, quirk
from plugins.woocommerce.tests.twin_shop import client, signed


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with a_world(tmp_path_factory.mktemp("quirks")) as world:
        yield world


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A shop over plain http."""
    with running(TWIN, data=tmp_path_factory.mktemp("plain") / "twin.db") as twin:
        yield twin


@pytest.fixture
def recorded(vendor_data):
    def load(name):
        path = vendor_data / "woocommerce" / "recordings" / f"{name}.json"
        found = json.loads(path.read_text("utf-8"))
        return found["status"], found["body"]

    return load


def said(answer):
    return answer.status_code, answer.json()


def query_of(path):
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


# --- credentials ----------------------------------------------------------------------------------


@quirk("http + Basic")
def test_basic_over_http_is_ignored_so_the_connector_signs(plain, connect, recorded):
    with client(plain) as basic:
        assert said(basic.get("orders")) == recorded("error_401_basic_over_http")
    list(connect(plain.url, **KEYS).pull_orders(None))
    assert "oauth_signature" in query_of(plain.log.answers("GET")[-1].path)


@quirk("http + ck/cs in query")
def test_keys_in_the_query_are_ignored_over_http(plain, recorded):
    query = {"consumer_key": "ck_twin", "consumer_secret": "cs_twin"}
    with client(plain, None) as bare:
        answer = bare.get("orders", params=query)
    assert said(answer) == recorded("error_401_basic_over_http")


@quirk("http + ck/cs in query")
@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("error_401_oauth_bad_signature", {"secret": "cs_other"}),
        ("error_401_oauth_old_timestamp", {"timestamp": "1000000000"}),
    ],
)
def test_a_signature_is_refused_as_recorded(plain, recorded, name, more):
    assert said(httpx.get(signed(plain, **more))) == recorded(name)


@quirk("http + ck/cs in query")
def test_a_nonce_serves_once_and_every_try_is_signed_anew(plain, connect, recorded):
    address = signed(plain)
    assert httpx.get(address).status_code == 200
    assert said(httpx.get(address)) == recorded("error_401_oauth_nonce_reused")
    shop = connect(plain.url, **KEYS)
    plain.fault("error_before", method="GET")
    with pytest.raises(TransientError):
        shop.read_order("110")
    assert shop.read_order("110")
    tried = plain.log.answers("GET", "/orders/110")
    assert len({query_of(one.path)["oauth_nonce"] for one in tried}) == len(tried) == 2


@quirk("https + Basic -> 200")
def test_over_https_no_key_and_no_secret_stands_in_an_address(world):
    echo = world.shop.api.get(
        "orders", params={"consumer_key": "ck_twin", "consumer_secret": "cs_twin"}
    )
    assert "cs_twin" in echo.headers["link"]
    before = len(world.requests())
    world.orders()
    assert not any("cs_" in path or "oauth" in path for path in world.requests()[before:])
    assert httpx.get(signed(world.shop.twin), verify=False).status_code == 200


@quirk("https, wrong secret")
@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (("ck_twin", "wrong"), "error_401_bad_secret"),
        (("ck_nobody", "x"), "error_401_unknown_key"),
    ],
)
def test_wrong_keys_stop_the_connection(world, connect, tmp_path_factory, recorded, keys, name):
    with client(world.shop.twin, keys) as stranger:
        assert said(stranger.get("orders")) == recorded(name)
    ca = world.shop.twin.data.with_name("ca.pem")
    key, secret = keys
    with pytest.raises(AuthError, match="check the key|the key is unknown"):
        connect(world.shop.twin.url, key=key, secret=secret, ca_file=str(ca)).check()


@quirk("read key used for POST")
def test_a_reading_key_may_not_write_and_the_other_entrance_is_not_used(world, recorded):
    with client(world.shop.twin, ("ck_twin_read", "cs_twin_read")) as reader:
        answer = reader.post("products", json={"name": "x"})
    assert said(answer) == recorded("error_401_readonly_key_write")
    other = world.shop.api.get(f"{world.shop.twin.url}/?rest_route=/wc/v3/orders")
    assert other.status_code == 401
    world.orders()
    assert not [path for path in world.requests()[-1:] if "rest_route" in path]


# --- lists of orders ------------------------------------------------------------------------------


@quirk("modified_after/before are EXCLUSIVE")
def test_siblings_written_in_one_second_are_all_pulled(world):
    world.shop.twin.advance(300)
    first = {str(world.buy()["id"]) for _ in range(3)}
    pulled, cursor = world.orders()
    assert first <= set(pulled)
    late = {str(world.buy()["id"]) for _ in range(2)}  # in the second the cursor stands in
    newest = world.shop.read("orders/" + min(first))["date_modified_gmt"]
    exact = world.shop.read("orders", modified_after=newest, dates_are_gmt="true")
    assert exact == []
    assert first | late <= set(world.orders(cursor)[0])


@quirk("Use dates_are_gmt=true")
def test_utc_is_asked_for_without_a_zone(world):
    world.shop.twin.advance(300)
    order = world.buy()
    stamp = order["date_modified_gmt"]
    early = world.shop.read("orders", modified_after=stamp + "Z", dates_are_gmt="true")
    assert early, "five hours too much in New York"
    bare = world.shop.read("orders", modified_after=stamp)
    assert bare == [], "a bare value means the shop's own time"
    _, cursor = world.orders()
    world.orders(cursor)
    asked = query_of(world.requests("GET")[-1])
    assert asked["dates_are_gmt"] == "true"
    assert "Z" not in asked["modified_after"] and "+" not in asked["modified_after"]


@quirk("Default status filter")
def test_drafts_are_listed_and_all_is_no_status(world, recorded):
    answer = world.shop.get("orders", status="all")
    assert said(answer) == recorded("error_400_bad_status")
    draft = world.buy(status="checkout-draft", paid=False)
    trashed = world.buy()
    world.shop.delete(f"orders/{trashed['id']}")
    pulled, _ = world.orders()
    assert pulled[str(draft["id"])]["state"] is ChannelState.DRAFT
    assert str(trashed["id"]) not in pulled
    assert query_of(world.requests("GET")[-1])["status"] == "any"


@quirk("per_page max 100")
def test_pages_are_no_larger_than_the_shop_gives_and_end_with_an_empty_one(world, recorded):
    assert said(world.shop.get("orders", per_page=101)) == recorded("error_400_per_page")
    beyond = world.shop.get("orders", page=999)
    assert said(beyond) == (200, [])
    first = world.shop.get("orders", per_page=5)
    assert first.headers["x-wp-total"].isdecimal() and 'rel="next"' in first.headers["link"]
    (page, *_) = world.hub.pull_orders(None)
    assert page.total == int(first.headers["x-wp-total"])
    assert int(query_of(world.requests("GET")[-1])["per_page"]) <= 100


@quirk("POST /orders that fails on a bad coupon")
def test_the_draft_a_refused_coupon_leaves_is_no_order_to_ship(world, recorded):
    item = [{"product_id": world.shop.product("HB-250")["id"]}]
    answer = world.shop.post("orders", line_items=item, coupon_lines=[{"code": "nope"}])
    assert answer.json()["code"] == recorded("error_400_order_bad_coupon")[1]["code"]
    left = str(answer.json()["data"]["new_draft_order_id"])
    assert world.orders()[0][left]["state"] is ChannelState.DRAFT


@quirk("POST /orders with an unknown product_id")
def test_a_blank_line_names_no_product(world):
    made = world.shop.post("orders", line_items=[{"product_id": 999999, "quantity": 1}])
    assert made.status_code == 201
    order = world.hub.to_order(world.hub.read_order(str(made.json()["id"])))
    (line,) = order["lines"]
    assert (line["listing_external_id"], line["sku"], line["total_minor"]) == (None, "", 0)


@quirk("PUT line_items without id")
def test_an_order_in_the_bin_is_cancelled_and_an_erased_one_is_gone(world, recorded):
    order = world.buy()
    path = f"orders/{order['id']}"
    again = {"product_id": order["line_items"][0]["product_id"]}
    assert len(world.shop.put(path, line_items=[again]).json()["line_items"]) == 2
    assert world.shop.delete(path).json()["status"] == "processing"
    read = world.hub.to_order(world.hub.read_order(str(order["id"])))
    assert read["state"] is ChannelState.CANCELLED
    world.shop.delete(path, force="true")
    assert world.shop.get(path).json()["code"] == recorded("error_404_order")[1]["code"]
    with pytest.raises(RejectedError) as caught:
        world.hub.read_order(str(order["id"]))
    assert caught.value.code == "not_found"


@quirk("Three parallel POST orders")
def test_a_shop_that_sold_what_it_had_not_shows_less_than_nothing(world):
    world.shop.twin.action("set_stock", sku="MUG-SET", quantity=1)
    mug = world.shop.product("MUG-SET")["id"]
    for _ in range(3):
        made = world.shop.post("orders", line_items=[{"product_id": mug}], set_paid=True)
        assert made.status_code == 201
    raws = [raw for page in world.hub.pull_products(None) for raw in page.items]
    shown = {one["external_id"]: one for one in map(world.hub.to_listing, raws)}
    assert shown[str(mug)]["quantity"] == -2


# --- what moves a date ----------------------------------------------------------------------------


@quirk("order: status, refund creation, meta PUT")
def test_what_does_not_move_the_date_is_found_by_reading(world):
    order = world.buy()
    path = f"orders/{order['id']}"
    refund = world.shop.post(f"{path}/refunds", amount="1.00", api_refund=False).json()
    stamp = world.shop.read(path)["date_modified_gmt"]
    world.shop.twin.advance(300)
    world.shop.delete(f"{path}/refunds/{refund['id']}", force="true")
    world.shop.post(f"{path}/notes", note="nobody polls this")
    assert world.shop.read("orders", modified_after=stamp, dates_are_gmt="true") == []
    assert world.hub.read_refunds(str(order["id"])) == ()
    for _ in range(2):
        world.shop.put(path, meta_data=[{"key": "_a", "value": "1"}])
        fresh = world.shop.read("orders", modified_after=stamp, dates_are_gmt="true")
        assert [one["id"] for one in fresh] == [order["id"]]
        stamp = fresh[0]["date_modified_gmt"]
        world.shop.twin.advance(2)


# --- speed ----------------------------------------------------------------------------------------


@quirk("GET orders per_page=100")
def test_what_needs_few_fields_asks_for_few(world):
    before = len(world.requests())
    list(world.hub.list_ids("order", None))
    world.hub.read_refunds(str(world.buy()["id"]))
    world.hub.list_subscriptions()
    assert all("_fields" in query_of(path) for path in world.requests("GET")[-3:])
    assert len(world.requests()) == before + 3


@quirk("POST order 3.8/s")
def test_the_declared_rate_is_below_what_a_small_host_manages():
    from hub_woocommerce import CONNECTOR

    assert CONNECTOR.rate is not None
    assert CONNECTOR.rate.calls / CONNECTOR.rate.per.total_seconds() < 9.6
    assert CONNECTOR.rate.concurrency <= 2


# --- nothing left out -----------------------------------------------------------------------------


def bullets(readme: Path):
    """The lines of the measurements, each with those that continue it."""
    found: list[str] = []
    for line in readme.read_text("utf-8").splitlines():
        if line.startswith("- "):
            found.append(line[2:])
        elif line.startswith("  ") and found:
            found[-1] += " " + line.strip()
    return found


def test_every_line_of_the_measurements_has_its_row(vendor_data):
    assert test_quirks_products and test_quirks_webhooks  # whose rows are entered by importing them
    lines = bullets(vendor_data / "woocommerce" / "recordings" / "README.txt")
    assert len(lines) > 30
    assert [line for line in lines if not any(line.startswith(row) for row in ROWS)] == []
    assert [row for row in ROWS if not any(line.startswith(row) for line in lines)] == []


def test_every_recording_is_held_against_the_twin(vendor_data):
    files = (vendor_data / "woocommerce" / "recordings").glob("*.json")
    names = [one.stem.removeprefix("webhook_delivery_") for one in files]
    tests = "".join(one.read_text("utf-8") for one in Path(__file__).parent.glob("test_*.py"))
    assert len(names) > 70
    assert [name for name in names if f'"{name}"' not in tests] == []
