"""Buying where it meets other things: changed minds, changed terms, and people at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from hub.domain.reorder.choice import settings_for
from hub.domain.reorder.plan import UnknownRuleError
from hub.domain.returns_policy import Asked, decide
from hub.records.address import Party
from hub.records.reorder import ReorderChoice, ReorderPolicy, ReorderSettings
from hub.records.return_policy import Exclusion, ReturnPolicy
from hub.records.returns import ReturnReason
from hub.services.purchasing import orders, proposals, sending, suppliers
from hub.services.purchasing.planning import check_rules
from hub.services.purchasing.stored import PurchaseRefusedError
from hub.services.purchasing.suppliers import SupplierFileError
from hub.services.rulebooks import RulesError, put_in_force, read_file
from hub.store import effects, rulebooks, tables
from hub.store.unit_of_work import Store
from tests.services.buyer import Buyer, Came
from tests.services.conftest import hub_on
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, connect

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def buyer(sqlite_store: Store, clock: SettableClock) -> Buyer:
    connect(sqlite_store, connector="scripted")
    buyer = Buyer(hub_on(sqlite_store), clock)
    buyer.variant("TEE")
    buyer.sells("TEE", (1, "4.00"), (50, "3.50"))
    return buyer


def test_what_was_cancelled_is_not_on_the_paper(buyer: Buyer) -> None:
    buyer.variant("MUG")
    buyer.sells("MUG")
    number = orders.create_purchase(buyer.hub, "ACME", {"TEE": 60, "MUG": 5})
    orders.cancel_purchase(buyer.hub, number, "too many", {"TEE": 40, "MUG": 5})
    written = sending.purchase_files(buyer.hub, number)[f"{number}.csv"].decode()
    assert ",20," in written and "60" not in written and "MUG" not in written


def test_an_edited_quantity_is_bought_at_its_own_price(buyer: Buyer) -> None:
    buyer.policy(rule="min_max", minimum=10, maximum=60)
    buyer.plan()
    wish = buyer.proposal()
    assert (wish.quantity, wish.unit_price) == (60, "3.50")
    proposals.edit_proposal(buyer.hub, wish.id, 20, "ada")
    assert buyer.proposal().unit_price == "4.00"


def test_prices_stay_in_the_currency_they_were_given_in(buyer: Buyer) -> None:
    suppliers.put_supplier(buyer.hub, "ACME", currency="EUR")
    number = orders.create_purchase(buyer.hub, "ACME", {"TEE": 1})
    assert buyer.order(number).row.currency == "USD"
    buyer.variant("MUG")
    buyer.sells("MUG")
    with pytest.raises(PurchaseRefusedError, match="EUR and USD"):
        orders.create_purchase(buyer.hub, "ACME", {"TEE": 1, "MUG": 1})


def test_a_command_that_received_another_order_is_refused(buyer: Buyer) -> None:
    first, second = buyer.bought(), buyer.bought()
    buyer.receive(first, Came("TEE", 1), command="dock-x")
    with pytest.raises(PurchaseRefusedError, match=first):
        buyer.receive(second, Came("TEE", 1), command="dock-x")


@pytest.mark.parametrize("act", ["cancel", "acknowledge", "invoice"])
def test_units_are_never_fewer_than_none(buyer: Buyer, act: str) -> None:
    number = buyer.bought(units=20)
    orders.cancel_purchase(buyer.hub, number, "", {"TEE": 5})
    acts: dict[str, Any] = {
        "cancel": lambda: orders.cancel_purchase(buyer.hub, number, "", {"TEE": -1}),
        "acknowledge": lambda: orders.acknowledge_purchase(
            buyer.hub, number, None, "", {"TEE": -1}),
        "invoice": lambda: orders.invoice_purchase(buyer.hub, number, {"TEE": -1}),
    }  # fmt: skip
    with pytest.raises(PurchaseRefusedError):
        acts[act]()


def test_all_that_is_left_is_what_a_supplier_confirms(buyer: Buyer) -> None:
    number = buyer.bought(units=20)
    orders.cancel_purchase(buyer.hub, number, "", {"TEE": 5})
    orders.acknowledge_purchase(buyer.hub, number, None)
    assert buyer.order(number).line("TEE").acknowledged == 15


# --- rulebooks --------------------------------------------------------------------------------


def test_rules_applied_by_many_at_once_are_each_a_version(store: Store) -> None:
    books = [{"expires_after_days": days} for days in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        versions = list(
            pool.map(lambda book: put_in_force(store, "return_policy", book, "ada"), books)
        )
    assert sorted(versions) == list(range(1, 9))
    with store.reading() as database:
        assert len(rulebooks.history(database, "return_policy")) == 8


@pytest.mark.parametrize("toml", [True, False])
def test_a_file_of_nothing_but_brackets_is_refused(toml: bool) -> None:
    with pytest.raises(RulesError):
        read_file("a = " * toml + "[" * 100_000, toml)


@pytest.mark.parametrize("state", ["sent", "unknown", "needs_operator"])
def test_what_may_be_on_its_way_by_mail_is_not_cancelled_unseen(buyer: Buyer, state: str) -> None:
    number = buyer.bought(sent=False)
    with buyer.store.unit_of_work() as unit:
        effect = effects.prepare(unit, "purchase_order", buyer.shop, "k", buyer.order(number).id)
        unit.execute(update(tables.effect).values(state=state))
    assert effect
    with pytest.raises(PurchaseRefusedError, match="going out"):
        orders.cancel_purchase(buyer.hub, number, "changed my mind")


def test_no_pattern_takes_long() -> None:
    stars = "*a" * 30 + "*b"
    excluded = Exclusion(skus=(stars,), why="never")
    asked = Asked("a" * 200, 1, 1, 100, ReturnReason.OTHER)
    ruling = decide(ReturnPolicy(exclusions=(excluded,)), [asked], NOW, NOW)
    assert ruling.answer == "approve"
    choice = ReorderChoice(name="slow", sku=stars, settings=ReorderSettings())
    assert settings_for(ReorderPolicy(choices=(choice,)), "a" * 200, "", "")[0] == "defaults"


@pytest.mark.parametrize(
    ("pattern", "sku", "fits"),
    [("A[1]*", "A[1]x", True), ("A[1]", "A1", False), ("A?", "A?", True), ("a", "A", False)],
)
def test_brackets_are_letters_in_a_pattern(pattern: str, sku: str, fits: bool) -> None:
    choice = ReorderChoice(name="it", sku=pattern, settings=ReorderSettings())
    chosen, _ = settings_for(ReorderPolicy(choices=(choice,)), sku, "", "")
    assert (chosen == "it") == fits


def test_what_cannot_be_said_of_a_supplier_is_named_without_its_values(buyer: Buyer) -> None:
    whom = Party(name="Tilda", email="tilda@canary.example", country="GB")
    with pytest.raises(SupplierFileError, match="lead_days") as refused:
        suppliers.put_supplier(buyer.hub, "NEW", whom, title="N", currency="USD", lead_days=-1)
    assert "canary" not in str(refused.value)
    assert all_rows(buyer.store, tables.supplier, code="NEW") == []


def test_a_reorder_rule_that_nobody_brings_is_refused(buyer: Buyer) -> None:
    check_rules(buyer.hub, ReorderPolicy())
    unknown = ReorderPolicy(defaults=ReorderSettings(rule="nope"))
    with pytest.raises(UnknownRuleError, match="nope"):
        check_rules(buyer.hub, unknown)
