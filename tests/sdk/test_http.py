"""What an answer means for what happens next, and what is kept of the call."""

from datetime import UTC, datetime

import httpx
import pytest
import respx

from hub.sdk.errors import (
    AccountStoppedError,
    AuthError,
    MappingError,
    NotSentError,
    RateLimitedError,
    RedirectedError,
    RejectedError,
    TransientError,
    UnknownOutcomeError,
)
from hub.sdk.http import HttpClient, Response
from hub.sdk.outcomes import retry_after
from hub.sdk.tripwire import CallInsideTransactionError, transaction_open

SHOP = "https://shop.example/wp-json/wc/v3"

READS = {
    301: RedirectedError,
    302: TransientError,
    303: TransientError,
    304: RejectedError,
    307: TransientError,
    308: RedirectedError,
    400: RejectedError,
    401: AuthError,
    402: AccountStoppedError,
    403: AuthError,
    404: RejectedError,
    405: RejectedError,
    408: TransientError,
    409: RejectedError,
    410: RejectedError,
    413: RejectedError,
    415: RejectedError,
    422: RejectedError,
    423: AccountStoppedError,
    425: TransientError,
    429: RateLimitedError,
    451: RejectedError,
    500: TransientError,
    501: TransientError,
    502: TransientError,
    503: TransientError,
    504: TransientError,
    520: TransientError,
}

PROVEN = {
    400: RejectedError,
    401: AuthError,
    403: AuthError,
    404: RejectedError,
    422: RejectedError,
    429: RateLimitedError,
}

BEFORE_SENDING = [httpx.ConnectError("no"), httpx.ConnectTimeout("no"), httpx.PoolTimeout("no")]
AFTER_SENDING = [
    httpx.ReadError("reset"),
    httpx.ReadTimeout("slow"),
    httpx.WriteError("reset"),
    httpx.WriteTimeout("slow"),
    httpx.RemoteProtocolError("closed"),
]


@pytest.fixture
def shop():
    with HttpClient(SHOP) as made:
        yield made


@pytest.fixture
def vendor_says():
    with respx.mock(assert_all_called=False) as router:
        yield router.route(host="shop.example")


@pytest.mark.parametrize(("status", "kind"), READS.items())
def test_a_refused_read_is_named(shop, vendor_says, status, kind):
    vendor_says.respond(status, json={})
    with pytest.raises(kind) as caught:
        shop.get("orders")
    assert type(caught.value) is kind
    assert f"GET shop.example/wp-json/wc/v3/orders answered {status}" in str(caught.value)


@pytest.mark.parametrize("status", READS)
def test_an_effect_is_unknown_unless_its_refusal_is_proven(shop, vendor_says, status):
    vendor_says.respond(status, json={})
    kind = PROVEN.get(status, UnknownOutcomeError)
    with pytest.raises(kind) as caught:
        shop.post("orders/1/refunds", json={"amount": "5.00"}, effect=True)
    assert type(caught.value) is kind


@pytest.mark.parametrize("error", BEFORE_SENDING, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("effect", [False, True])
def test_a_call_that_never_left_is_proven_unsent(shop, vendor_says, error, effect):
    vendor_says.side_effect = error
    with pytest.raises(NotSentError):
        shop.post("labels", effect=effect)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_given_back(shop, vendor_says, status):
    vendor_says.respond(status, content=b'{"id": 7}', headers={"X-WP-Total": "3"})
    response = shop.put("orders/7", json={"status": "completed"}, effect=True)
    assert (response.status, response.json()) == (status, {"id": 7})
    assert response.headers["x-wp-total"] == response.headers["X-WP-Total"] == "3"
    assert response.elapsed > 0


def test_an_expected_status_is_an_answer_not_an_error(shop, vendor_says):
    vendor_says.respond(404, json={"code": "gone"})
    assert shop.get("orders/7", expect=frozenset({200, 404})).status == 404


def test_another_success_than_the_expected_one_is_not_a_success(shop, vendor_says):
    vendor_says.respond(200, json={})
    with pytest.raises(UnknownOutcomeError):
        shop.post("labels", expect=frozenset({201}), effect=True)


def test_what_is_not_there_has_its_own_code(shop, vendor_says):
    vendor_says.respond(404, json={"code": "woocommerce_rest_shop_order_invalid_id"})
    with pytest.raises(RejectedError) as caught:
        shop.get("orders/7")
    assert caught.value.code == "not_found"


@pytest.mark.parametrize(
    ("body", "reason", "code"),
    [
        ({"code": "rest_invalid_param", "message": "Invalid parameter(s): status"},
         "Invalid parameter(s): status", "rest_invalid_param"),
        ({"error": {"code": "resource_missing", "message": "No such charge"}},
         "No such charge", "resource_missing"),
        ({"errors": [{"message": "Weight is required"}, {"message": "Zip is wrong"}]},
         "Weight is required; Zip is wrong", None),
        ({"errors": {"quantity": ["must be positive"]}}, "quantity: must be positive", None),
        ({"error": "invalid_grant", "error_description": "Expired"}, "Expired", None),
        ({"title": "Bad", "detail": "Postal code\n unknown"}, "Postal code unknown", None),
        ({"address": ["is not complete"]}, "address: is not complete", None),
        (["first", "second"], "first; second", None),
        ({"message": None, "code": 3}, "", None),
    ],
)  # fmt: skip
def test_the_vendors_own_reason_is_shown(shop, vendor_says, body, reason, code):
    vendor_says.respond(422, json=body)
    with pytest.raises(RejectedError) as caught:
        shop.post("orders", effect=True)
    assert caught.value.reason.endswith(f"answered 422: {reason}" if reason else "answered 422")
    assert caught.value.code == code


def test_a_long_reason_is_shortened(shop, vendor_says):
    vendor_says.respond(400, json={"message": "x" * 100_000})
    with pytest.raises(RejectedError) as caught:
        shop.get("orders")
    assert len(str(caught.value)) <= 401


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest?key=cs_x", "https://[", ""])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_never_followed(shop, vendor_says, status, location):
    vendor_says.respond(status, headers={"Location": location})
    with pytest.raises(READS[status], match="the hub never follows") as caught:
        shop.get("orders")
    assert vendor_says.call_count == 1
    assert "latest" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("1.5", 1.5),
        ("0", 1.0),
        ("-5", 1.0),
        ("999999999", 3600.0),
        ("inf", 3600.0),
        ("1e400", 3600.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Mon, 01 Jan 2024 00:02:00 GMT", 120.0),
        ("Mon, 01 Jan 2024 00:02:00", 120.0),
        ("Mon, 01 Jan 2020 00:00:00 GMT", 1.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
        ("Fri, 99 Dec 9999 23:59:59 GMT", None),
    ],
)
def test_the_wait_a_vendor_asks_for_is_bounded(value, seconds):
    now = datetime(2024, 1, 1, tzinfo=UTC)
    assert retry_after({"retry-after": value}, now) == seconds


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimitedError), (503, TransientError)])
def test_the_wait_reaches_the_one_who_schedules(shop, vendor_says, status, kind):
    vendor_says.respond(status, headers={"Retry-After": "7"})
    with pytest.raises(kind) as caught:
        shop.get("orders")
    assert caught.value.retry_after == 7.0


BAD_BODIES = [b'{"id": 1', b"<html>", b"", b"NaN", b"[1] x", b"[" * 5000, b'"\xff"', b"1" * 41]


@pytest.mark.parametrize("body", BAD_BODIES)
def test_json_that_cannot_be_read_is_tried_again_for_a_read(shop, vendor_says, body):
    vendor_says.respond(200, content=body, content_type="application/json")
    with pytest.raises(TransientError, match="cannot be read") as caught:
        shop.get("orders").json()
    assert not isinstance(caught.value, UnknownOutcomeError)


@pytest.mark.parametrize("body", BAD_BODIES)
def test_json_that_cannot_be_read_leaves_an_effect_unknown(shop, vendor_says, body):
    vendor_says.respond(201, content=body, content_type="application/json")
    with pytest.raises(UnknownOutcomeError, match="cannot be read"):
        shop.post("labels", effect=True).json()


def test_an_effects_answer_is_read_even_when_its_connector_does_not_look(shop, vendor_says):
    vendor_says.respond(201, content=b'{"id": 1', content_type="application/json")
    with pytest.raises(UnknownOutcomeError, match="cannot be read"):
        shop.post("labels", effect=True)
    assert shop.post("labels").status == 201


@pytest.mark.parametrize(("effect", "kind"), [(False, TransientError), (True, UnknownOutcomeError)])
def test_a_login_page_is_not_a_success(shop, vendor_says, effect, kind):
    vendor_says.respond(200, html="<html>Please log in</html>")
    with pytest.raises(kind, match="a web page instead of JSON") as caught:
        shop.post("orders", effect=effect)
    assert type(caught.value) is kind


def test_a_web_page_may_be_asked_for(shop, vendor_says):
    vendor_says.respond(200, html="<html>")
    assert shop.get("page", headers={"Accept": "text/html"}).text == "<html>"


def test_a_known_shape_is_decoded_strictly(shop, vendor_says):
    vendor_says.respond(200, json=[{"id": "seven"}])
    with pytest.raises(MappingError, match=r"Expected `int`, got `str` - at `\$\[0\]"):
        shop.get("orders").decode(list[dict[str, int]])
    with pytest.raises(UnknownOutcomeError):
        shop.post("orders", effect=True).decode(list[dict[str, int]])
    assert shop.get("orders").decode(list[dict[str, str]]) == [{"id": "seven"}]


def test_a_vendors_quirk_is_named_by_its_connector(vendor_says):
    def classify(response: Response):
        if response.status == 500 and response.json().get("code") == "refund_failed":
            return RejectedError("the gateway refused", code="refund_failed")
        return None

    with HttpClient(SHOP, classify=classify) as shop:
        vendor_says.respond(500, json={"code": "refund_failed"})
        with pytest.raises(RejectedError, match="the gateway refused"):
            shop.post("orders/1/refunds", effect=True)
        vendor_says.respond(500, json={"code": "other"})
        with pytest.raises(UnknownOutcomeError):
            shop.post("orders/1/refunds", effect=True)
        vendor_says.respond(500, content=b"<br />Fatal error")
        with pytest.raises(UnknownOutcomeError, match="cannot be read"):
            shop.post("orders/1/refunds", effect=True)


def test_a_success_with_an_error_inside_is_named_by_its_connector(vendor_says):
    def classify(response: Response):
        return RejectedError("no") if response.json().get("errors") else None

    vendor_says.respond(200, json={"errors": [{"message": "no"}]})
    with HttpClient(SHOP, classify=classify) as shop, pytest.raises(RejectedError):
        shop.post("graphql", effect=True)


@pytest.mark.parametrize(
    ("path", "params", "sent"),
    [
        ("orders", {}, "/wp-json/wc/v3/orders"),
        ("/orders/", {}, "/wp-json/wc/v3/orders/"),
        ("", {}, "/wp-json/wc/v3"),
        ("orders", {"page": 2, "x": None}, "/wp-json/wc/v3/orders?page=2"),
        ("orders", {"a[]": [1, 2]}, "/wp-json/wc/v3/orders?a%5B%5D=1&a%5B%5D=2"),
        (
            "orders",
            {"s": "a b&c+é", "f": True},
            "/wp-json/wc/v3/orders?s=a%20b%26c%2B%C3%A9&f=true",
        ),
        ("sku/a b\\é", {}, "/wp-json/wc/v3/sku/a%20b%5C%C3%A9"),
        ("//evil.example/x", {}, "/wp-json/wc/v3/evil.example/x"),
        (f"{SHOP}/orders?page=3", {}, "/wp-json/wc/v3/orders?page=3"),
        ("https://SHOP.example:443/x?page=3", {"a": 1}, "/x?page=3&a=1"),
    ],
)
def test_a_path_stays_below_the_shop(shop, vendor_says, path, params, sent):
    vendor_says.respond(200, json={})
    shop.get(path, params=params)
    assert vendor_says.calls.last.request.url.raw_path.decode() == sent
    assert vendor_says.calls.last.request.url.host == "shop.example"


@pytest.mark.parametrize(
    "path",
    [
        "orders?page=2",
        "orders#1",
        "../users",
        "orders/../../users",
        "orders/%2e%2e/users",
        "orders/%2E./users",
        "a\\..\\b",
        "https://evil.example/orders",
        "http://shop.example/orders",
        "https://u:p@shop.example/orders",
        "https://shop.example:444/orders",
        "https://[/",
        "https://shop.example:x/",
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(shop, vendor_says, path):
    with pytest.raises(RejectedError):
        shop.get(path)
    assert not vendor_says.called


def test_a_header_cannot_smuggle_another(shop, vendor_says):
    with pytest.raises(RejectedError, match="line break"):
        shop.get("orders", headers={"X-Key": "a\r\nX-Other: b"})
    assert not vendor_says.called


def test_no_cookie_of_one_answer_travels_with_the_next_request(shop, vendor_says):
    vendor_says.respond(200, json={}, headers={"Set-Cookie": "session=1"})
    shop.get("orders")
    shop.get("orders")
    assert "cookie" not in vendor_says.calls.last.request.headers


def test_a_proxy_of_the_environment_is_not_used(monkeypatch, vendor, client, whole_answer):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    heard = vendor(whole_answer())
    client(heard.url).get("orders")
    assert heard.requests[0].startswith(b"GET /orders ")


def test_no_call_leaves_from_inside_a_transaction(shop, vendor_says):
    with transaction_open():
        with transaction_open():
            pass
        with pytest.raises(CallInsideTransactionError, match=r"a call to shop\.example"):
            shop.get("orders")
    assert not vendor_says.called
    vendor_says.respond(200, json={})
    assert shop.get("orders").status == 200


@pytest.mark.parametrize(
    ("status", "effect", "outcome"),
    [
        (200, False, "ok"),
        (404, True, "refused"),
        (401, True, "auth"),
        (429, True, "rate_limited"),
        (503, False, "transient"),
        (503, True, "unknown"),
        (409, True, "unknown"),
    ],
)
def test_every_call_is_recorded(vendor_says, status, effect, outcome):
    seen = []
    vendor_says.respond(status, content=b'{"a":1}', headers={"X-Shopify-API-Version": "2026-04"})
    with HttpClient(SHOP, connection="con-1", observe=seen.append) as shop:
        try:
            shop.post("orders", json={"b": 2}, params={"page": 1, "email": "x"}, effect=effect)
        except Exception as error:
            assert outcome != "ok", error
    (exchange,) = seen
    assert (exchange.connection, exchange.method, exchange.host) == (
        "con-1",
        "POST",
        "shop.example",
    )
    assert exchange.path == "/wp-json/wc/v3/orders?page=1&email=••••"
    assert (exchange.status, exchange.outcome, exchange.effect) == (status, outcome, effect)
    assert (exchange.request_bytes, exchange.response_bytes) == (7, 7)
    assert exchange.api_version == "2026-04"
    assert exchange.elapsed_ms > 0
    assert (exchange.reason == "") is (outcome == "ok")


def test_a_call_that_never_left_is_recorded_too(vendor_says):
    seen = []
    vendor_says.side_effect = httpx.ConnectError("refused")
    with HttpClient(SHOP, observe=seen.append) as shop, pytest.raises(NotSentError):
        shop.get("orders")
    assert (seen[0].status, seen[0].outcome) == (None, "not_sent")


def test_an_observer_that_fails_does_not_change_the_outcome(vendor_says, caplog):
    vendor_says.respond(201, json={"id": 1})
    with HttpClient(SHOP, observe=lambda exchange: 1 / 0) as shop:
        assert shop.post("labels", effect=True).json() == {"id": 1}
    assert "an observer of exchanges failed" in caplog.text


def test_a_closed_client_says_so(vendor_says):
    shop = HttpClient(SHOP)
    shop.close()
    shop.close()
    with pytest.raises(RuntimeError, match="closed"):
        shop.get("orders")


def test_a_mistake_in_the_program_is_not_called_a_network_fault(shop, vendor_says):
    vendor_says.side_effect = ZeroDivisionError("ours")
    with pytest.raises(ZeroDivisionError):
        shop.get("orders")


@pytest.mark.parametrize("error", AFTER_SENDING, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("effect", "kind"), [(False, TransientError), (True, UnknownOutcomeError)])
def test_a_call_broken_after_sending_is_unknown_for_an_effect(
    shop, vendor_says, error, effect, kind
):
    vendor_says.side_effect = error
    with pytest.raises(TransientError) as caught:
        shop.post("labels", effect=effect)
    assert type(caught.value) is kind
