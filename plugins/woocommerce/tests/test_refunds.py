"""Refunds: read with what they are for, made once, found again, refused in time."""

import json

import pytest

from hub.records.order import Order
from hub.records.payment import Refund
from hub.sdk import (
    MappingError,
    NotSentError,
    RefundLine,
    RefundRequest,
    RejectedError,
    UnknownOutcomeError,
)


def buy(twin, sku="HB-250", quantity=3, **more):
    return twin.action("place_order", lines=[{"sku": sku, "quantity": quantity}], **more)


def wish(order, amount, *lines, reason="broken", **more):
    return RefundRequest(
        order_external_id=str(order["id"]), amount_minor=amount, currency="USD", reason=reason,
        lines=lines, **more,
    )  # fmt: skip


def shown(shop, order):
    raws = shop.read_refunds(str(order["id"]))
    return [Refund.model_validate(shop.to_refund(raw)) for raw in raws]


def one_unit(order):
    return RefundLine(
        line_external_id=str(order["line_items"][0]["id"]),
        quantity=1, amount_minor=1026, tax_minor=76,
    )  # fmt: skip


def test_a_refund_of_a_line_is_made_and_read_as_it_was_asked_for(new_york, connected):
    order = buy(new_york)
    made = connected.refund_order(wish(order, 1026, one_unit(order)), key="refund:1")
    (refund,) = shown(connected, order)
    assert refund.external_id == made.external_id
    assert (refund.amount_minor, refund.currency, refund.reason) == (1026, "USD", "broken")
    assert (refund.lines, refund.key) == ((one_unit(order),), "refund:1")
    raw = connected.read_order(str(order["id"]))
    after = Order.model_validate(connected.to_order(raw))
    assert (after.refund_ids, after.refunded_minor) == ((made.external_id,), 1026)


def test_a_refund_of_freight_names_its_line(new_york, connected):
    order = buy(new_york)
    freight = RefundLine(line_external_id=str(order["shipping_lines"][0]["id"]), amount_minor=490)
    connected.refund_order(wish(order, 490, freight), key="refund:1")
    assert shown(connected, order)[0].lines == (freight,)


def test_an_order_without_refunds_costs_one_call(new_york, connected):
    order = buy(new_york)
    before = len(new_york.log.answers())
    assert connected.read_refunds(str(order["id"])) == ()
    assert len(new_york.log.answers()) == before + 1


@pytest.mark.parametrize("pays_back", [True, False])
def test_the_gateway_pays_back_only_where_it_is_to(new_york, connected, pays_back):
    order = buy(new_york)
    connected.refund_order(wish(order, 100, pays_back=pays_back), key="refund:1")
    (done,) = new_york.log.effects("refund_created")
    assert done.detail["paid_back"] is pays_back


def test_a_gateway_that_cannot_pay_back_is_a_refusal(new_york, connected):
    order = buy(new_york, payment_method="bacs", status="processing")
    with pytest.raises(RejectedError, match="does not support automatic refunds"):
        connected.refund_order(wish(order, 100), key="refund:1")


def test_goods_are_not_restocked_by_a_refund(new_york, connected):
    order = buy(new_york)
    connected.refund_order(wish(order, 1026, one_unit(order)), key="refund:1")
    assert [done.detail["change"] for done in new_york.log.effects("stock_moved")] == [-3]


def test_more_than_is_left_is_refused_before_anything_is_sent(new_york, connected):
    order = buy(new_york)
    connected.refund_order(wish(order, 3000), key="refund:1")
    with pytest.raises(RejectedError, match=r"only \d+\.\d\d USD of the order are left"):
        connected.refund_order(wish(order, 1000), key="refund:2")
    assert len(new_york.log.effects("refund_created")) == 1
    assert [one.status for one in new_york.log.answers() if one.status == 500] == []


def test_a_refund_made_late_is_not_refused_for_want_of_money(new_york, connected):
    order = buy(new_york)
    whole = wish(order, round(float(order["total"]) * 100))
    new_york.fault("late_apply", method="POST", path="refunds", seconds=60)
    with pytest.raises(UnknownOutcomeError):
        connected.refund_order(whole, key="refund:1")
    assert connected.find_refund(whole, key="refund:1") is None
    new_york.advance(61)
    found = connected.find_refund(whole, key="refund:1")
    assert found is not None
    assert connected.refund_order(whole, key="refund:1") == found
    assert len(new_york.log.effects("refund_created")) == 1


def test_the_shops_own_refusal_of_an_amount_is_final(new_york, connected, monkeypatch):
    """Somebody else's refund may come between the look and ours."""
    order = buy(new_york)
    monkeypatch.setattr("hub_woocommerce.refunding._body", lambda *_: {
        "amount": "9999", "api_refund": False,
    })  # fmt: skip
    with pytest.raises(RejectedError, match="Invalid refund amount"):
        connected.refund_order(wish(order, 100), key="refund:1")


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (500, "woocommerce_rest_cannot_create_order_refund", "Ungültiger Betrag."),
        (500, "woocommerce_rest_cannot_create_order_refund", "The gateway broke off."),
        (500, "internal_server_error", "Invalid refund amount."),
        (502, "", ""),
    ],
)
def test_any_other_failure_leaves_a_refund_unknown(new_york, connected, status, code, message):
    order = buy(new_york)
    body = json.dumps({"code": code, "message": message, "data": status})
    new_york.fault("error_after", method="POST", path="refunds", status=status, body=body)
    with pytest.raises(UnknownOutcomeError):
        connected.refund_order(wish(order, 100), key="refund:1")
    assert connected.find_refund(wish(order, 100), key="refund:1") is not None
    assert connected.find_refund(wish(order, 200), key="refund:2") is None


def test_a_shop_that_is_down_was_not_asked_for_a_refund(new_york, connected):
    order = buy(new_york)
    new_york.fault("error_before", method="GET")
    with pytest.raises(NotSentError):
        connected.refund_order(wish(order, 100), key="refund:1")


def test_a_refund_cut_off_before_its_key_was_stored_is_for_a_person(new_york, connected):
    order = buy(new_york)
    made = connected.refund_order(wish(order, 100), key="refund:1")
    new_york.merge("refund", made.external_id, meta_data=[])
    with pytest.raises(RejectedError) as caught:
        connected.find_refund(wish(order, 100), key="refund:1")
    assert caught.value.code == "ambiguous"
    assert connected.find_refund(wish(order, 100, reason="other"), key="refund:1") is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"currency": "EUR"}, "the order is in USD"),
        ({"lines": (RefundLine(line_external_id="999999", amount_minor=1),)}, "no line 999999"),
    ],
)
def test_a_refund_that_does_not_fit_the_order_is_not_sent(new_york, connected, changed, why):
    order = buy(new_york)
    with pytest.raises(RejectedError, match=why):
        connected.refund_order(wish(order, 100).model_copy(update=changed), key="refund:1")


def test_a_refund_of_an_order_that_is_gone_is_refused(connected):
    with pytest.raises(RejectedError) as caught:
        connected.refund_order(wish({"id": 999999}, 100), key="refund:1")
    assert caught.value.code == "not_found"


def test_a_refund_that_was_deleted_in_silence_is_missing_at_the_next_look(new_york, connected):
    order = buy(new_york)
    made = connected.refund_order(wish(order, 100), key="refund:1")
    path = f"orders/{order['id']}/refunds/{made.external_id}"
    connected._shop.remove(path)
    assert connected.read_refunds(str(order["id"])) == ()


def test_tax_of_two_rates_is_divided_as_the_line_bears_it(vendor_data):
    from hub_woocommerce import refunding, refunds, wire

    path = vendor_data / "woocommerce" / "recordings" / "order_with_variation_two_tax_rates.json"
    body = json.loads(path.read_text("utf-8"))["body"]
    order, _ = wire.decode(refunds.an_order, json.dumps(body).encode())
    item = next(one for one in order.items if len(one.taxes) > 1)
    borne = {tax.id: round(float(tax.total) * 100) for tax in item.taxes}
    line = RefundLine(
        line_external_id=str(item.id),
        quantity=1,
        amount_minor=10_000,
        tax_minor=sum(borne.values()),
    )
    minor = refunding.minor_of("USD")
    assert dict(refunding._tax_parts(item, line, minor)) == borne
    odd = line.model_copy(update={"tax_minor": 101})
    assert sum(part for _, part in refunding._tax_parts(item, odd, minor)) == 101


@pytest.mark.parametrize("order", ["68", "70", "74", "80", "601"])
def test_every_refund_of_the_real_shop_is_understood(vendor_data, order):
    from hub_woocommerce import refunds

    path = vendor_data / "woocommerce" / "store" / "refunds.json"
    for refund in json.loads(path.read_text("utf-8"))[order]:
        raw = json.dumps(refund | {"_hub": {"order": int(order), "currency": "USD"}}).encode()
        read = Refund.model_validate(refunds.to_refund(raw))
        assert read.amount_minor == round(float(refund["amount"]) * 100)
        mirrored = sum(line.amount_minor for line in read.lines)
        assert mirrored in (0, read.amount_minor)


def test_a_refund_of_no_money_is_kept_aside():
    from hub_woocommerce import refunds

    raw = b"""{"_hub":{"order":7,"currency":"USD"},"id":1,"amount":"0.00",
        "date_created_gmt":"2026-03-01T10:00:00"}"""
    with pytest.raises(MappingError, match="no money"):
        refunds.to_refund(raw)
