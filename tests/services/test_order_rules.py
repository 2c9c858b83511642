"""Order rules at work: they hold, tag and tell, once for what they looked at."""

from typing import Any

import pytest

from hub.records.order import HoldReason
from hub.services.orders.holds import place_hold
from hub.services.orders.resolve import hold_order
from hub.services.orders.splitting import set_shipping
from hub.services.rulebooks import RulesError, put_in_force
from hub.services.vendors.connect import release_orders
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Merchant:
    return Merchant(sqlite_store, clock)


def rules(merchant: Merchant, *written: dict[str, Any]) -> int:
    return put_in_force(merchant.store, "order_rules", {"rules": list(written)}, "ada")


def fired(merchant: Merchant) -> list[str]:
    return [one["outcome"] for one in merchant.decisions("order_rule")]


def tags(merchant: Merchant) -> set[str]:
    return {row.tag for row in all_rows(merchant.store, tables.order_tag)}


BIG = {"name": "big", "when": "units >= 3", "then": "hold", "value": "call first"}
TEES = {"name": "tees", "when": "'TEE' in skus", "then": "tag", "value": "Clothes"}


def test_a_rule_holds_an_order_and_says_why(merchant: Merchant) -> None:
    rules(merchant, BIG, TEES)
    merchant.says(lines={"1": 3})
    assert merchant.holds() == {"policy": "call first"} and merchant.labels() == []
    assert (fired(merchant), tags(merchant)) == (["fired: big", "fired: tees"], {"clothes"})
    (first, _) = merchant.decisions("order_rule")
    assert (first["version"], first["inputs"]) == (1, {"units": "3"})


def test_what_a_person_undid_is_not_done_again_until_something_changed(merchant: Merchant) -> None:
    rules(merchant, BIG)
    merchant.says(lines={"1": 3})
    release_orders(merchant.hub, [merchant.order().id], "ada")
    merchant.run()
    assert merchant.labels() == ["L1"] and fired(merchant) == ["fired: big"]
    merchant.says(version=2, lines={"1": 4})
    assert merchant.holds() == {"policy": "call first"}


def test_a_rule_takes_back_what_it_did_when_it_no_longer_fits(merchant: Merchant) -> None:
    rules(merchant, BIG, TEES)
    merchant.says(lines={"1": 3})
    rules(merchant, TEES)
    merchant.says(version=2, lines={"1": 2})
    assert merchant.holds() == {} and merchant.labels() == ["L1"]
    assert fired(merchant)[-1] == "over: big" and tags(merchant) == {"clothes"}


def test_a_hold_of_a_rule_ends_by_itself_and_another_of_the_same_reason_stays(
    merchant: Merchant,
) -> None:
    rules(merchant, {**BIG, "hold_hours": 2}, {**BIG, "name": "also"})
    merchant.says(lines={"1": 3})
    assert len(all_rows(merchant.store, tables.hold, released_at=None)) == 2
    merchant.later(hours=3)
    (left,) = all_rows(merchant.store, tables.hold, released_at=None)
    assert left.placed_by == "rule:also" and merchant.labels() == []


def test_a_service_is_asked_for_by_the_first_rule_that_fits(merchant: Merchant) -> None:
    rules(
        merchant,
        {"name": "abroad", "when": "country != 'US'", "then": "set_service", "value": "world"},
        {"name": "any", "when": "true", "then": "set_service", "value": "local"},
    )
    merchant.says()
    assert merchant.order().wanted_service == "world"


def test_a_rule_that_notifies_opens_one_ticket(merchant: Merchant) -> None:
    rules(merchant, {"name": "look", "when": "units > 1", "then": "notify", "value": "look here"})
    merchant.says()
    merchant.says(version=2, lines={"1": 2})
    (told,) = all_rows(merchant.store, tables.operational_exception)
    assert told.sentence == "NYC-7: look here" and told.times == 1


def test_a_hold_rule_without_an_answer_holds(merchant: Merchant) -> None:
    rules(merchant, {"name": "odd", "when": "total / (lines - 1) > 5", "then": "hold"})
    merchant.says()
    assert "cannot be answered" in merchant.holds()["policy"]
    assert fired(merchant) == ["no answer: odd"]


def test_wrong_rules_change_nothing(merchant: Merchant) -> None:
    with pytest.raises(RulesError, match="column 1: there is no variable unit"):
        rules(merchant, {**BIG, "when": "unit > 3"})
    assert all_rows(merchant.store, tables.rulebook) == []


def test_several_holds_stand_at_once_and_each_ends_in_its_own_way(merchant: Merchant) -> None:
    rules(merchant, BIG)
    merchant.says(lines={"1": 3})
    until = merchant.clock.now.replace(hour=18)
    hold_order(merchant.hub, merchant.order().id, "asked to wait", "ada", until=until)
    assert merchant.free() == 2, "a hold keeps the promise unless it says otherwise"
    release_orders(merchant.hub, [merchant.order().id], "ada")
    merchant.run()
    assert merchant.labels() == ["L1"]


def test_a_hold_without_its_promise_frees_the_units_until_it_ends(merchant: Merchant) -> None:
    rules(merchant, BIG)
    merchant.says(lines={"1": 3})
    order = merchant.order().id
    until = merchant.clock.now.replace(hour=18)
    hold_order(merchant.hub, order, "pays later", "ada", until=until, keeps_promise=False)
    merchant.run()
    assert merchant.free() == 5
    merchant.later(hours=12)
    assert merchant.free() == 2 and merchant.holds() == {"policy": "call first"}


def test_a_rule_says_how_orders_of_a_shop_ship_and_a_person_s_word_stands(
    merchant: Merchant,
) -> None:
    there = {"name": "there", "when": "connection == 'NYC'", "then": "set_shipping"}
    rules(merchant, {**there, "value": "available"})
    merchant.says(lines={"1": 2, "2": 9})
    assert merchant.labels() == ["L1"] and merchant.order().ships == "available"
    set_shipping(merchant.hub, merchant.order().id, "together")
    merchant.says(version=2, lines={"1": 2, "2": 8})
    assert merchant.order().ships == "together"
    with pytest.raises(RulesError, match="together or available, not 'apart'"):
        rules(merchant, {**there, "value": "apart"})


def test_nothing_follows_for_an_imported_order_until_it_is_released(merchant: Merchant) -> None:
    rules(merchant, TEES)
    merchant.says()
    order = merchant.order().id
    with merchant.store.unit_of_work() as unit:
        place_hold(unit, order, HoldReason.IMPORTED, "was there before", "import")
        unit.execute(tables.order_tag.delete())
        unit.execute(tables.decision.delete())
    merchant.says(version=2, lines={"1": 1})
    assert tags(merchant) == set()
    release_orders(merchant.hub, [order], "ada")
    merchant.run()
    assert tags(merchant) == {"clothes"}
