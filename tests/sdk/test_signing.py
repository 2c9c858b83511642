"""Requests prove who sends them, as the servers of the vendors check it."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest

from hub.sdk.http import BasicAuth, HeaderAuth, OAuth1
from hub.sdk.secrets import Secret

KEY, SECRET = Secret("ck_0123456789abcdef"), Secret("cs_fedcba9876543210")
NOW = 1_700_000_000


def php_arrays(query):
    """Parse a query as PHP does: brackets make arrays, which keep the order of arrival."""
    parsed = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        key, bracket, index = name.partition("[")
        if not bracket:
            parsed[key] = value
            continue
        elements = parsed.setdefault(key, {})
        index = index.rstrip("]")
        elements[int(index) if index.isdigit() else len(elements)] = value
    return parsed


def rfc3986(text):
    return quote(unquote(text), safe="-._~")


def signature_a_shop_expects(method, url, secret):
    """The steps of a WooCommerce server: parse, sort the top level, join with indices, hash."""
    parts = urlsplit(url)
    params = php_arrays(parts.query)
    params.pop("oauth_signature", None)
    joined = []
    for name in sorted(params):
        value = params[name]
        if isinstance(value, dict):
            joined += [
                f"{rfc3986(name)}%5B{index}%5D={rfc3986(element)}"
                for index, element in value.items()
            ]
        else:
            joined.append(f"{rfc3986(name)}={rfc3986(value)}")
    base = f"{parts.scheme}://{parts.netloc}{parts.path}"
    text = "&".join(
        [method, quote(base, safe="-._~"), "%26".join(quote(one, safe="-._~") for one in joined)]
    )
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "page=2&per_page=100",
        "search=T-Shirt%20%26%20Caf%C3%A9%20%2B%20%7E%2A",
        "modified_after=2026-01-31T10%3A00%3A00&dates_are_gmt=true",
        "include%5B%5D=7&include%5B%5D=9&include%5B%5D=8",
        "&".join(f"include%5B%5D={n}" for n in range(25)),
        "status%5B0%5D=processing&status%5B1%5D=on-hold",
        "status=any&stat=1&status_x=2&z=&a=b%3Dc",
        "when=2026-01-31T10%3A00%3A00%2B02%3A00",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_shop_agrees_with_the_signature(query, method):
    url = "http://127.0.0.1:8123/wp-json/wc/v3/orders" + (f"?{query}" if query else "")
    signed, headers = OAuth1(KEY, SECRET, now=lambda: NOW).sign(method, url, b'{"a": 1}')
    given = dict(parse_qsl(urlsplit(signed).query, keep_blank_values=True))
    assert headers == {}
    assert given["oauth_signature"] == signature_a_shop_expects(method, signed, SECRET.reveal())
    assert given["oauth_signature_method"] == "HMAC-SHA256"
    assert given["oauth_timestamp"] == str(NOW)
    assert "oauth_token" not in given


def test_a_signature_made_with_another_secret_does_not_match():
    signed, _ = OAuth1(KEY, SECRET).sign("GET", "http://127.0.0.1/orders", b"")
    given = dict(parse_qsl(urlsplit(signed).query))
    assert given["oauth_signature"] != signature_a_shop_expects("GET", signed, "cs_other")


def test_every_attempt_has_its_own_nonce():
    auth = OAuth1(KEY, SECRET, now=lambda: NOW)
    urls = {auth.sign("GET", "http://127.0.0.1/orders", b"")[0] for _ in range(50)}
    assert len(urls) == 50


def test_the_signed_query_arrives_byte_for_byte(vendor, client, whole_answer):
    heard = vendor(whole_answer())
    shop = client(f"{heard.url}/wp-json/wc/v3", auth=OAuth1(KEY, SECRET))
    shop.get("orders", params={"include[]": [7, 9], "search": "a&b ~*é+", "after": "10:00"})
    target = heard.requests[0].split(b" ")[1].decode()
    arrived = dict(parse_qsl(urlsplit(target).query))
    expected = signature_a_shop_expects("GET", heard.url + target, SECRET.reveal())
    assert arrived["oauth_signature"] == expected
    assert arrived["search"] == "a&b ~*é+"


def test_basic_credentials_travel_in_the_header_alone(vendor, client, whole_answer):
    heard = vendor(whole_answer())
    client(heard.url, auth=BasicAuth(Secret("ük"), Secret("p:w"))).get("orders")
    line = next(line for line in heard.requests[0].split(b"\r\n") if b"uthorization" in line)
    assert base64.b64decode(line.split(b" ")[-1]).decode() == "ük:p:w"
    assert heard.requests[0].startswith(b"GET /orders HTTP/1.1")


def test_a_token_travels_in_the_header_its_vendor_names(vendor, client, whole_answer):
    heard = vendor(whole_answer())
    client(heard.url, auth=HeaderAuth(Secret("tok-1"), name="X-Access-Token")).get("a")
    client(heard.url, auth=HeaderAuth(Secret("tok-2"), prefix="Bearer ")).get("a")
    assert b"x-access-token: tok-1" in heard.requests[0].lower()
    assert b"authorization: bearer tok-2" in heard.requests[1].lower()


@pytest.mark.parametrize("auth", [BasicAuth(KEY, SECRET), OAuth1(KEY, SECRET), HeaderAuth(KEY)])
def test_no_signer_prints_its_credentials(auth):
    shown = f"{auth!r} {auth} {vars(auth)} {auth.secrets()}"
    assert "0123456789" not in shown
    assert "9876543210" not in shown
