"""What WooCommerce's orders and products mean to the hub."""

import json
from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from hub.records.catalogue import Listing
from hub.records.order import Order
from hub.sdk import ChannelState, ListingKind, ListingState, MappingError, PaymentTerms, Tracking
from hub_woocommerce import wire
from hub_woocommerce.listings import to_listing
from hub_woocommerce.mapping import _terms, to_order
from hub_woocommerce.text import plain

an_order = TypeAdapter(Order)
a_listing = TypeAdapter(Listing)


def mapped(document, *open_statuses) -> Order:
    return an_order.validate_python(to_order(json.dumps(document).encode(), open_statuses))


def listed(document, unit="kg") -> Listing:
    return a_listing.validate_python(to_listing(json.dumps(document).encode(), unit))


# --- a whole real shop ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(vendor_data):
    folder = vendor_data / "woocommerce" / "store"
    return {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}


def test_every_order_of_the_real_shop_maps(store):
    orders = [mapped(document) for document in store["orders"]]
    assert Counter(order.state.value for order in orders) == {
        "open": 414, "finished": 123, "cancelled": 29, "draft": 6,
    }  # fmt: skip
    assert sum(order.refunded_minor > 0 for order in orders) == 9
    assert sum(order.ship_to is None for order in orders) == 260 + 13


def test_the_parts_of_every_real_order_add_up_to_its_total(store):
    for document in store["orders"]:
        order = mapped(document)
        lines = sum(line.total_minor for line in order.lines)
        assert lines + order.shipping_minor + order.fees_minor + order.tax_minor == (
            order.total_minor
        )


def test_no_digit_of_a_real_unit_price_is_lost(vendor_data):
    text = (vendor_data / "woocommerce" / "store" / "orders.json").read_bytes()
    printed = [
        [line["price"] for line in document["line_items"]]
        for document in json.loads(text, parse_float=str, parse_int=str)
    ]
    raws = msgspec.json.decode(text, type=list[msgspec.Raw])
    told = [[line["unit_price"] for line in to_order(bytes(raw))["lines"]] for raw in raws]
    assert told == printed
    assert "27.926666666666666" in str(told)


@pytest.mark.parametrize(
    ("printed", "told"), [("1e-7", "0.0000001"), ('"6.50"', "6.50"), ("1E2", "100"), ("0", "0")]
)
def test_a_unit_price_never_has_an_exponent(order, printed, told):
    raw = json.dumps(order()).encode().replace(b"6.666666666666667", printed.encode())
    assert to_order(raw)["lines"][0]["unit_price"] == told


def test_every_product_and_variation_of_the_real_shop_maps(store):
    listings = [listed(document) for document in store["products"]]
    variations = [listed(one) for some in store["variations"].values() for one in some]
    assert Counter(listing.kind for listing in listings) == {
        ListingKind.SINGLE: 31, ListingKind.GROUP: 5,
    }  # fmt: skip
    assert Counter(listing.tracking for listing in variations) == {
        Tracking.COUNTED: 16, Tracking.PARENT: 4,
    }  # fmt: skip
    assert all(listing.parent_external_id for listing in variations)


@pytest.mark.parametrize(
    "name", ["order_pending", "order_with_coupon", "order_with_fee", "order_with_refunds",
             "order_with_variation_two_tax_rates", "order_201_with_unknown_product_id",
             "refund_full_order"],
)  # fmt: skip
def test_recorded_orders_map(vendor_data, name):
    recording = vendor_data / "woocommerce" / "recordings" / f"{name}.json"
    mapped(json.loads(recording.read_text("utf-8"))["body"])


def test_the_samples_of_the_documentation_map(vendor_data):
    for path in (vendor_data / "woocommerce" / "doc-samples").glob("orders-0*.json"):
        document = json.loads(path.read_text("utf-8"))
        for order in document.get("update", [document]):
            mapped(order)


# --- what the words mean --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", ChannelState.OPEN), ("on-hold", ChannelState.OPEN),
        ("processing", ChannelState.OPEN), ("completed", ChannelState.FINISHED),
        ("refunded", ChannelState.FINISHED), ("cancelled", ChannelState.CANCELLED),
        ("failed", ChannelState.CANCELLED), ("trash", ChannelState.CANCELLED),
        ("checkout-draft", ChannelState.DRAFT), ("packing", ChannelState.UNKNOWN),
    ],
)  # fmt: skip
def test_each_status_has_its_state_and_an_unknown_one_says_so(order, status, state):
    result = mapped(order(status=status))
    assert (result.state, result.channel_status) == (state, status)


def test_a_status_of_the_shops_own_counts_as_open_when_the_merchant_said_so(order):
    assert mapped(order(status="packing"), "packing").state is ChannelState.OPEN


@pytest.mark.parametrize(
    ("method", "terms"),
    [
        ("bacs", PaymentTerms.BANK_TRANSFER), ("cheque", PaymentTerms.BANK_TRANSFER),
        ("cod", PaymentTerms.CASH_ON_DELIVERY), ("", PaymentTerms.NONE),
        ("stripe", PaymentTerms.ONLINE),
    ],
)  # fmt: skip
def test_the_method_decides_how_the_customer_is_to_pay(order, method, terms):
    assert mapped(order(payment_method=method)).payment_terms is terms


def test_an_open_order_has_taken_stock_and_shipped_nothing(order):
    (line,) = mapped(order()).lines
    assert (line.quantity, line.stock_taken, line.fulfilled, line.refunded) == (3, 3, 0, 0)
    assert (line.title, line.unit_price) == ("Cup & saucer", "6.666666666666667")
    assert (line.subtotal_minor, line.total_minor, line.tax_minor) == (2100, 2000, 380)


def with_meta(document, **counts):
    meta = [{"id": 1, "key": key, "value": str(count)} for key, count in counts.items()]
    document["line_items"][0]["meta_data"] = meta
    return document


def test_units_refunded_and_restocked_were_not_shipped_by_a_completed_order(order):
    document = with_meta(order(status="completed"), _reduced_stock=2, _restock_refunded_items=1)
    (line,) = mapped(document).lines
    assert (line.fulfilled, line.refunded, line.stock_taken) == (2, 1, 2)


def test_units_refunded_and_restocked_of_an_open_order_are_not_to_be_shipped(order):
    document = with_meta(order(), _reduced_stock=2, _restock_refunded_items=1)
    (line,) = mapped(document).lines
    assert (line.fulfilled, line.refunded) == (0, 1)


@pytest.mark.parametrize(("completed", "units"), [(None, 0), ("2026-03-02T10:00:00", 3)])
def test_a_refunded_order_had_shipped_only_if_it_was_completed_once(order, completed, units):
    refunds = [{"id": 9, "reason": "", "total": "-29.80"}]
    result = mapped(order(status="refunded", date_completed_gmt=completed, refunds=refunds))
    assert (result.lines[0].fulfilled, result.lines[0].refunded) == (units, 3)
    assert result.refunded_minor == 2980


def test_dates_are_utc_whatever_the_shops_zone(order):
    result = mapped(order(date_created="2026-03-01T05:00:00"))
    assert result.placed_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert result.paid_at == datetime(2026, 3, 1, 10, 0, 1, tzinfo=UTC)


def test_an_empty_shipping_address_is_no_address(order):
    document = order()
    document["shipping"] = dict.fromkeys(document["shipping"], "")
    result = mapped(document)
    assert result.ship_to is None
    assert result.bill_to is not None


def test_a_line_whose_product_is_gone_names_no_listing(order):
    document = order()
    document["line_items"][0] |= {"product_id": 0, "sku": None, "name": ""}
    (line,) = mapped(document).lines
    assert (line.listing_external_id, line.sku, line.title) == (None, "", "")


def test_a_line_of_a_variation_names_the_variation(order):
    document = order()
    document["line_items"][0]["variation_id"] = 65
    assert mapped(document).lines[0].listing_external_id == "65"


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [("JPY", "1200", 1200), ("JPY", "1200.00", 1200), ("KWD", "1.2345", 1235),
     ("EUR", "12.345678", 1235), ("EUR", "12", 1200), ("EUR", "-0.50", -50), ("EUR", "", 0)],
)  # fmt: skip
def test_amounts_have_the_digits_of_their_currency(order, currency, text, minor):
    assert mapped(order(currency=currency, shipping_total=text)).shipping_minor == minor


def test_a_number_that_is_not_the_id_is_kept(order):
    assert mapped(order(number="2026-0007")).number == "2026-0007"


# --- what cannot be understood --------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"currency": "BTC"}, {"currency": ""}, {"total": "twelve"}, {"total": ""},
        {"total": "NaN"}, {"total": "1e999999"}, {"total": 12.5}, {"line_items": None},
        {"date_modified_gmt": "yesterday"}, {"id": "x"}, {"shipping_total": "9" * 40},
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said_so(order, changed):
    with pytest.raises(MappingError):
        mapped(order(**changed))


@pytest.mark.parametrize("quantity", [-1, 2.5, "two", 1_000_001, 10**30, None, True])
def test_an_absurd_quantity_is_not_understood(order, quantity):
    document = order()
    document["line_items"][0]["quantity"] = quantity
    with pytest.raises(MappingError, match="quantity"):
        mapped(document)


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"[]", b"{", b"<html>", b'{"id": NaN}', b"[" * 100_000, b'{"id":1}x']
)
def test_a_body_that_is_no_order_is_not_understood(raw):
    with pytest.raises(MappingError):
        to_order(raw)


def test_an_error_never_repeats_a_persons_words(order):
    document = order(billing={"first_name": ["Ada"], "city": "Secretville"})
    with pytest.raises(MappingError) as caught:
        mapped(document)
    assert "Ada" not in str(caught.value)
    assert "billing.first_name" in str(caught.value)


@pytest.mark.parametrize("odd", ["a\0b", "a\ud800b"])
def test_characters_that_cannot_be_stored_are_replaced_and_flagged(order, odd):
    result = mapped(order(customer_note=odd))
    assert result.note == "a\ufffdb"
    assert "cleaned" in result.extra


def test_bytes_that_are_no_text_are_replaced_and_flagged(order):
    raw = json.dumps(order()).encode().replace(b"ring", b"r\xffng")
    result = an_order.validate_python(to_order(raw))
    assert result.note == "r\ufffdng twice"
    assert "cleaned" in result.extra


def test_an_emoji_is_nothing_odd(order):
    result = mapped(order(customer_note="\U0001f381 a\\u0000b"))
    assert result.note == "\U0001f381 a\\u0000b"
    assert not result.extra


@pytest.mark.parametrize(
    ("escaped", "written"),
    [("&lt;b&gt; &amp; &#36;&euro;", "<b> & $€"), ("AT&T", "AT&T"), ("R&D &copies", "R&D &copies"),
     ("&nonsense;", "&nonsense;")],
)  # fmt: skip
def test_only_whole_entities_are_unescaped(escaped, written):
    assert plain(escaped) == written


def _paths(value, path=()):
    if isinstance(value, dict):
        for key, child in value.items():
            yield (*path, key)
            yield from _paths(child, (*path, key))
    if isinstance(value, list):
        for index, child in enumerate(value):
            yield from _paths(child, (*path, index))


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_with_any_field_gone_or_odd_an_order_maps_or_says_why_not(order, data):
    document = order()
    path = data.draw(st.sampled_from(sorted(_paths(document), key=str)))
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    odd = data.draw(st.sampled_from(["gone", None, "", [], {}, -1, 0, 2.5, "x", True]))
    if odd == "gone":
        del holder[path[-1]]
    else:
        holder[path[-1]] = odd
    try:
        result = to_order(json.dumps(document).encode())
    except MappingError:
        return
    an_order.validate_python(result)


# --- listings -------------------------------------------------------------------------------------

PRODUCT = {
    "id": 12, "name": "Cup &amp; saucer", "type": "simple", "status": "publish",
    "catalog_visibility": "visible", "sku": "CUP", "global_unique_id": "4006381333931",
    "price": "9.99", "manage_stock": True, "stock_quantity": -2, "weight": "0.35", "parent_id": 0,
    "date_modified_gmt": "2026-03-01T10:00:00",
}  # fmt: skip


def test_a_product_is_listed_with_what_the_shop_says_of_it():
    listing = listed(PRODUCT | {"_hub": {"currency": "EUR"}})
    assert (listing.title, listing.gtin, listing.weight_g) == (
        "Cup & saucer", "4006381333931", 350,
    )  # fmt: skip
    assert (listing.quantity, listing.tracking, listing.price_minor, listing.currency) == (
        -2, Tracking.COUNTED, 999, "EUR",
    )  # fmt: skip


def test_a_price_without_its_currency_is_not_money():
    assert listed(PRODUCT).price_minor is None


@pytest.mark.parametrize(
    ("unit", "text", "grams"),
    [
        ("kg", "1.2345", 1235),
        ("g", "12", 12),
        ("lbs", "1", 454),
        ("oz", "3.5", 99),
        ("kg", "", None),
    ],
)
def test_weights_become_grams(unit, text, grams):
    assert listed(PRODUCT | {"weight": text}, unit).weight_g == grams


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, ListingState.LIVE), ({"status": "draft"}, ListingState.PAUSED),
        ({"status": "private"}, ListingState.PAUSED), ({"status": "trash"}, ListingState.ENDED),
        ({"catalog_visibility": "hidden"}, ListingState.PAUSED),
        ({"catalog_visibility": "search"}, ListingState.LIVE),
    ],
)  # fmt: skip
def test_customers_see_what_is_published_and_not_hidden(changed, state):
    assert listed(PRODUCT | changed).state is state


def test_a_product_the_shop_does_not_count_has_no_quantity():
    listing = listed(PRODUCT | {"manage_stock": False, "stock_quantity": None})
    assert (listing.tracking, listing.quantity) == (Tracking.NOT_TRACKED, None)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("variable", ListingKind.GROUP), ("grouped", ListingKind.GROUP),
     ("variable-subscription", ListingKind.GROUP), ("external", ListingKind.SINGLE),
     ("subscription_variation", ListingKind.VARIATION), ("bundle", ListingKind.SINGLE)],
)  # fmt: skip
def test_kinds_that_plugins_add_are_recognised_by_their_names(kind, expected):
    assert listed(PRODUCT | {"type": kind}).kind is expected


def test_a_variation_learns_from_its_product_what_its_own_body_does_not_say():
    raw = b' { "id": 44, "type": "variation", "name": "Red, L", "status": "publish", "price": "2",'
    raw += b'"manage_stock":"parent","stock_quantity":49,"date_modified_gmt":"2026-03-01T10:00:00"}'
    added = wire.Context("USD", wire.Parent(42, "Shirt", "draft"))
    listing = a_listing.validate_python(to_listing(wire.with_context(raw, added)))
    assert (listing.parent_external_id, listing.title) == ("42", "Shirt - Red, L")
    assert (listing.state, listing.price_minor) == (ListingState.PAUSED, 200)
    assert (listing.tracking, listing.quantity) == (Tracking.PARENT, 49)


@pytest.mark.parametrize("raw", [b"{}", b'{"id":1}', b'\n{ "id" : 1 }'])
def test_adding_context_leaves_the_products_own_text_whole(raw):
    assert wire.with_context(raw, wire.Context()) == raw
    added = json.loads(wire.with_context(raw, wire.Context("EUR")))
    assert added == {"_hub": {"currency": "EUR"}, **json.loads(raw)}


@pytest.mark.parametrize(
    "changed",
    [{"weight": "heavy"}, {"weight": "1e30"}, {"stock_quantity": 2.5}, {"id": None},
     {"price": "abc", "_hub": {"currency": "EUR"}}, {"date_modified_gmt": None}],
)  # fmt: skip
def test_a_product_that_is_not_understood_is_said_so(changed):
    with pytest.raises(MappingError):
        listed(PRODUCT | changed)


def test_cash_on_delivery_counts_only_once_the_checkout_is_over() -> None:
    assert _terms("processing", "cod") == PaymentTerms.CASH_ON_DELIVERY
    assert _terms("pending", "cod") == PaymentTerms.ONLINE
    assert _terms("pending", "bacs") == PaymentTerms.BANK_TRANSFER
