# ruff: noqa: D103
"""What each field of the shop's answers becomes."""

import json
from pathlib import Path
from typing import Any

import pytest

from hub.sdk import ChannelState, MappingError, Order
from hub.testing.scaffold.storefront.mapping import to_order

SAMPLES = Path(__file__).parent / "samples"
PAID = json.loads((SAMPLES / "orders" / "paid.json").read_text("utf-8"))


def mapped(**changes: Any) -> Order:
    return Order.model_validate(to_order(json.dumps(PAID | changes).encode()))


def test_amounts_become_minor_units() -> None:
    order = mapped()
    assert (order.total_minor, order.shipping_minor) == (3750, 500)
    assert [line.total_minor for line in order.lines] == [2400, 850]


def test_a_sent_order_has_nothing_left_to_ship() -> None:
    order = mapped(status="sent")
    assert order.state == ChannelState.FINISHED
    assert [line.fulfilled for line in order.lines] == [2, 1]


def test_a_status_nobody_has_heard_of_waits_for_a_person() -> None:
    assert mapped(status="in_limbo").state == ChannelState.UNKNOWN


def test_an_amount_that_is_no_amount_is_named() -> None:
    with pytest.raises(MappingError, match="total"):
        mapped(total="thirty")
