"""Keys of effects are a contract with every database there is: a stored key is never made anew.

A key that is built otherwise than it was before would name an effect a second time, and buy,
refund or announce it again. Who changes a key's form must keep finding the rows of the old one.
"""

import re

import pytest

from hub.sdk import Accepted, NotSentError
from hub.services.effects.effect_kinds import EFFECTS
from hub.services.orders.cancelling import ask_cancellation
from hub.services.orders.refunding import ask_refund, plan_refund
from hub.services.returns.approve import cancel
from hub.services.returns.request import Wanted, request_return
from hub.services.shipping.handover import hand_over
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, one_row

KEYS = {
    "label": "label:{subject}:1",
    "void": "void:label:{subject}:1",
    "announcement": "announcement:{subject}",
    "refund": "refund:{subject}",
    "cancellation": "cancel:{subject}",
    "return_answer": "return_answer:{subject}:approved",
    "return_label": "return_label:{subject}",
    "return_void": "void:return_label:{subject}",
}
"""As they stand in databases since the first release; `subject` is the effect's own."""
BY_MAIL = {"message", "purchase_order"}
"""Held where there is a post office: `tests/journeys/test_tickets.py` and `test_buying.py`."""
OLD = "of-an-older-hub:1"


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    return Merchant(store, clock)


def stored(merchant: Merchant) -> dict[str, str]:
    """Give the key of each kind with its subject taken out."""
    return {
        row.kind: row.key.replace(row.subject_id, "{subject}")
        for row in all_rows(merchant.store, tables.effect)
    }


def _a_return_is_begun_and_called_off(merchant: Merchant) -> None:
    merchant.shop.push_shipment = lambda notice, *, key: Accepted("n1")
    merchant.shop.push_tracking = lambda tracking: None
    made = request_return(merchant.hub, "NYC-7", [Wanted("TEE", 1)], "ada")
    merchant.run()
    cancel(merchant.hub, made.number, "a test", "ada")


def test_every_kind_has_the_key_that_stored_rows_have(merchant: Merchant) -> None:
    merchant.says("8")
    ask_cancellation(merchant.hub, "NYC-8", "bought twice", "ada")
    merchant.run()
    merchant.says("7")
    shipment = one_row(merchant.store, tables.shipment, state="label_purchased")
    hand_over(merchant.hub, shipment.id)
    ask_refund(merchant.hub, plan_refund(merchant.hub, "NYC-7", "1.00"), "broken", "q1")
    _a_return_is_begun_and_called_off(merchant)
    assert stored(merchant) == KEYS
    assert KEYS.keys() | BY_MAIL == EFFECTS.keys()


def test_an_effect_goes_out_under_the_key_it_was_stored_with(merchant: Merchant) -> None:
    merchant.carrier.trouble = NotSentError("away")
    merchant.says("7")
    with merchant.store.unit_of_work() as unit:
        unit.execute(tables.effect.update().values(key=OLD))
    merchant.later(minutes=10)
    assert list(merchant.carrier.bought) == [OLD]
    assert one_row(merchant.store, tables.effect).state == "succeeded"


def test_no_key_names_a_person_or_breaks_a_header(merchant: Merchant) -> None:
    assert all(re.fullmatch(r"[a-z_:{}0-9]+", key) for key in KEYS.values())
