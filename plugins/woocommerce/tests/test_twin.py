"""The WooCommerce twin keeps the measured rules of a real shop; each test is one of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256

from hub.testing.twins import RunningTwin, running
from plugins.woocommerce.tests.twin_shop import (
    TWIN,
    Shop,
    client,
    ids,
    open_shop,
    signed,
    woocommerce_data,
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as shop:
        yield shop


@pytest.fixture(scope="module")
def quiet_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that only gets asked."""
    with open_shop(tmp_path_factory.mktemp("quiet")) as shop:
        yield shop


# -- who may ask -----


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    """The shop over plain http."""
    with running(TWIN, data=tmp_path_factory.mktemp("plain") / "shop.db") as twin:
        yield twin


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


@pytest.mark.parametrize("method", [SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA1])
def test_plain_http_takes_a_signature(plain: RunningTwin, method: str) -> None:
    path = "orders?status=processing&search=a%20b&_fields=id,status"
    assert httpx.get(signed(plain, path, signature_method=method)).status_code == 200


@pytest.mark.parametrize("query", ["", "?consumer_key=ck_twin&consumer_secret=cs_twin"])
def test_plain_http_ignores_basic_and_query_keys(plain: RunningTwin, query: str) -> None:
    with client(plain) as api:
        assert refusal(api.get(f"products{query}")) == (401, "Sorry, you cannot list resources.")


def test_a_wrong_signature_is_named(plain: RunningTwin) -> None:
    answer = httpx.get(signed(plain, secret="cs_wrong"))
    assert refusal(answer) == (401, "Invalid signature - provided signature does not match.")


def test_an_old_timestamp_is_refused(plain: RunningTwin) -> None:
    answer = httpx.get(signed(plain, timestamp=str(int(time.time()) - 3600)))
    assert refusal(answer) == (401, "Invalid timestamp.")


def test_a_nonce_serves_once(plain: RunningTwin) -> None:
    address = signed(plain)
    assert httpx.get(address).status_code == 200
    assert refusal(httpx.get(address)) == (401, "Invalid nonce - nonce has already been used.")


def test_a_signature_also_counts_over_https(quiet_shop: Shop) -> None:
    assert httpx.get(signed(quiet_shop.twin), verify=False).status_code == 200


def test_keys_in_the_query_come_back_in_the_links(quiet_shop: Shop) -> None:
    keys = {"consumer_key": "ck_twin", "consumer_secret": "cs_twin", "per_page": 1}
    with client(quiet_shop.twin, None) as stranger:
        answer = stranger.get("products", params=keys)
    assert answer.status_code == 200 and "consumer_secret=cs_twin" in answer.headers["link"]


def test_the_other_entrance_knows_no_keys(quiet_shop: Shop) -> None:
    address = f"{quiet_shop.twin.url}/?rest_route=/wc/v3/orders"
    assert quiet_shop.api.get(address).status_code == 401


def test_revoked_keys_are_strangers_until_restored(shop: Shop) -> None:
    shop.twin.action("revoke_keys")
    assert refusal(shop.get("orders")) == (401, "Sorry, you cannot list resources.")
    shop.twin.action("restore_keys")
    assert shop.get("orders").status_code == 200
    shop.twin.fault("revoked", times=1)
    assert [shop.get("orders").status_code for _ in range(2)] == [401, 200]


# -- listing orders -----


def test_pages_cover_the_shop_once(quiet_shop: Shop) -> None:
    seen: list[int] = []
    answer = quiet_shop.get("orders", per_page=10)
    total, pages = int(answer.headers["x-wp-total"]), int(answer.headers["x-wp-totalpages"])
    for page in range(1, pages + 1):
        seen += ids(quiet_shop.read("orders", per_page=10, page=page))
    assert len(seen) == len(set(seen)) == total == 31
    assert quiet_shop.read("orders", per_page=10, page=pages + 1) == []


def test_the_next_link_leads_to_the_next_page(quiet_shop: Shop) -> None:
    first = quiet_shop.get("orders", per_page=20, orderby="id", order="asc")
    second = quiet_shop.api.get(first.links["next"]["url"]).json()
    assert first.json()[-1]["id"] < second[0]["id"] and "prev" not in first.links


def test_any_status_includes_drafts_and_leaves_out_the_bin(shop: Shop) -> None:
    (draft,) = shop.read("orders", status="checkout-draft")
    shop.delete(f"orders/{draft['id'] - 1}")
    listed = ids(shop.read("orders", per_page=100))
    assert draft["id"] in listed and draft["id"] - 1 not in listed
    assert shop.get("orders", status="all").status_code == 400


def test_include_exclude_and_several_statuses_narrow_the_list(quiet_shop: Shop) -> None:
    assert ids(quiet_shop.read("orders", include="111,113", order="asc")) == [111, 113]
    without = quiet_shop.read("orders", per_page=100, exclude="111")
    assert 111 not in ids(without) and len(without) == 30
    statuses = {o["status"] for o in quiet_shop.read("orders", status="failed,pending")}
    assert statuses == {"failed", "pending"}


def test_fields_can_be_chosen(quiet_shop: Shop) -> None:
    (order,) = quiet_shop.read("orders", include="111", _fields="id,status,billing.country")
    assert order == {"id": 111, "status": "completed", "billing": {"country": "US"}}


def test_a_refusal_is_whole_whatever_fields_were_chosen(quiet_shop: Shop) -> None:
    missing = quiet_shop.get("orders/999999", _fields="id")
    assert missing.status_code == 404 and missing.json()["code"] and missing.json()["message"]


def test_time_bounds_are_exclusive_and_of_whole_seconds(quiet_shop: Shop) -> None:
    twins = quiet_shop.read("orders", include="126,127", order="asc", orderby="id")
    moment = twins[0]["date_modified_gmt"]
    assert twins[1]["date_modified_gmt"] == moment  # two orders of one second

    def changed(**bound: str) -> set[int]:
        rows = quiet_shop.read("orders", per_page=100, dates_are_gmt="true", **bound)
        return set(ids(rows))

    assert not changed(modified_after=moment) & {126, 127}
    assert not changed(modified_before=moment) & {126, 127}
    earlier = moment[:-2] + f"{int(moment[-2:]) - 1:02d}"
    assert {126, 127} <= changed(modified_after=earlier)


def orders_since(shop: Shop, text: str, **more: str) -> int:
    return len(shop.read("orders", per_page=100, modified_after=text, **more))


def test_a_trailing_z_shows_a_new_york_shop_five_hours_too_much(tmp_path: Path) -> None:
    with open_shop(tmp_path, orders=0) as shop:
        shop.twin.freeze(datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC))
        shop.place()
        assert orders_since(shop, "2026-11-20T12:30:00", dates_are_gmt="true") == 0
        assert orders_since(shop, "2026-11-20T12:30:00Z", dates_are_gmt="true") == 1
        # Without the flag a bare value is shop time, and a GMT value silently finds nothing.
        assert orders_since(shop, "2026-11-20T06:59:59") == 1
        assert orders_since(shop, "2026-11-20T11:59:59") == 0
        assert orders_since(shop, "2026-11-20T11:59:59Z") == 1


def test_a_trailing_z_hides_a_berlin_shops_recent_orders(tmp_path: Path) -> None:
    with open_shop(tmp_path, orders=0, timezone="Europe/Berlin") as shop:
        shop.twin.freeze(datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC))
        shop.place()
        assert orders_since(shop, "2026-11-20T11:30:00", dates_are_gmt="true") == 1
        assert orders_since(shop, "2026-11-20T11:30:00Z", dates_are_gmt="true") == 0


def test_dates_are_told_in_the_shops_zone(tmp_path: Path) -> None:
    with open_shop(tmp_path, timezone="Europe/Berlin") as shop:
        order = shop.read("orders/110")
        assert order["date_created_gmt"] == "2026-10-05T14:10:00"
        assert order["date_created"] == "2026-10-05T16:10:00"
        index = shop.api.get(f"{shop.twin.url}/wp-json/").json()
        assert index["timezone_string"] == "Europe/Berlin"


@pytest.mark.slow
def test_pages_of_the_whole_real_shop_are_quick(tmp_path: Path) -> None:
    with open_shop(tmp_path, woocommerce_data("store")) as shop:
        took = []
        for page in range(1, 7):
            began = time.perf_counter()
            shop.read("orders", per_page=100, page=page)
            took.append(time.perf_counter() - began)
        assert sorted(took)[2] < 0.15
