"""Another shop's records: told by their links, refused one by one, never taken for our own."""

import json

import msgspec
import pytest

from hub.sdk import MappingError
from hub.testing.twins import running
from hub_woocommerce.home import Home, home_in, place

TWIN = "hub_woocommerce.twin:twin"
KEYS = {"key": "ck_twin", "secret": "cs_twin"}


def links(href: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps({"self": [{"href": href}]}).encode())


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://Shop.Example/wp-json/", "shop.example/wp-json"),
        ("http://www.shop.example:80/", "shop.example"),
        ("https://shop.example:8443/De/", "shop.example:8443/De"),
    ],
)
def test_an_address_has_one_spelling(url, name):
    assert place(url) == name


@pytest.mark.parametrize(
    ("site", "address"),
    [
        ({"routes": {"/": {"_links": {"self": [{"href": "https://a.example/api/"}]}}},
          "home": "https://b.example"}, "a.example/api"),
        ({"routes": {"/": {"_links": {"self": "https://a.example/"}}}, "home": "https://b.example"},
         "b.example"),
        ({"home": "https://b.example/de", "routes": []}, "b.example/de"),
        ({"home": 7}, ""),
        ([], ""),
        (None, ""),
    ],
)  # fmt: skip
def test_a_shop_says_where_it_is_by_its_interface_or_its_home(site, address):
    assert home_in(site) == address


@pytest.mark.parametrize(
    "href",
    ["https://shop.example/wp-json/wc/v3/orders/1", "http://www.Shop.example/wp-json/wc/v3/x"],
)
def test_a_record_of_the_shop_itself_is_taken_however_its_link_is_spelt(href):
    Home("shop.example/wp-json").refuse_foreign(links(href))


@pytest.mark.parametrize("href", [
    "https://other.example/wp-json/wc/v3/orders/1",
    "https://shop.example.evil.example/wp-json/wc/v3/orders/1",
    "https://shop.example/second/wp-json/wc/v3/orders/1",
])  # fmt: skip
def test_a_record_that_names_another_shop_is_refused(href):
    with pytest.raises(MappingError, match="another shop"):
        Home("shop.example/wp-json").refuse_foreign(links(href))


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"self":[]}', b'{"self":7}', b"null"])
def test_links_that_say_nothing_refuse_nothing(raw):
    Home("shop.example").refuse_foreign(msgspec.Raw(raw))


def test_what_another_shop_answers_is_refused_and_its_own_is_taken(tmp_path, connect):
    with (
        running(TWIN, data=tmp_path / "one.db") as one,
        running(TWIN, data=tmp_path / "two.db") as two,
    ):
        account = connect(one.url, **KEYS).check()
        shop = connect(one.url, account=account, **KEYS)
        # What a shared cache does: the answers of the second shop under the first one's name.
        astray = connect(two.url, account=account, **KEYS)
        assert account.address == place(f"{one.url}/wp-json/")
        for page in shop.pull_orders(None):
            for raw in page.items:
                assert shop.to_order(raw)["number"]
        refused = 0
        streams = (
            (astray.pull_orders(None), astray.to_order),
            (astray.pull_products(None), astray.to_listing),
        )
        for pages, translate in streams:
            for raw in (raw for page in pages for raw in page.items):
                with pytest.raises(MappingError, match="another shop"):
                    translate(raw)
                refused += 1
        assert refused > 10
